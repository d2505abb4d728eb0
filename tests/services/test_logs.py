import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from sqlalchemy.exc import OperationalError

from services.logs import OURS, configure_logging, kind_of, says_much


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger(OURS).setLevel(logging.NOTSET)
    structlog.reset_defaults()


def test_a_json_log_has_one_object_a_line_with_vietnamese_as_it_is_written() -> None:
    stream = io.StringIO()
    configure_logging("json", stream)

    structlog.get_logger("x").warning("mail_parked", recipient="Sở Y tế")
    logging.getLogger("uvicorn.error").info("Shutting down")

    ours, theirs = stream.getvalue().splitlines()
    assert "Sở Y tế" in ours
    found = json.loads(ours)
    assert (found["event"], found["level"]) == ("mail_parked", "warning")
    assert found["timestamp"].endswith("Z")
    assert json.loads(theirs)["event"] == "Shutting down"


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_names_places_and_never_the_values_that_stood_there(log_format: str) -> None:
    stream = io.StringIO()
    configure_logging(log_format, stream)
    secret = "whsec_" + "0" * 8

    try:
        [].index(len(secret))
    except ValueError:
        structlog.get_logger("x").exception("webhook_broke")
    try:
        raise LookupError(secret) from KeyError(secret)  # noqa: TRY301 - it is logged where it arises
    except LookupError:
        logging.getLogger("library").exception("it broke")

    assert "ValueError" in stream.getvalue()
    assert "KeyError" in stream.getvalue()
    assert "test_logs.py" in stream.getvalue()
    assert secret not in stream.getvalue()


def test_what_libraries_say_in_passing_is_left_out() -> None:
    stream = io.StringIO()
    configure_logging("console", stream)

    logging.getLogger("temporalio.worker").info("Beginning worker")
    logging.getLogger("temporalio.worker").warning("Task failed")

    assert "Beginning" not in stream.getvalue()
    assert "Task failed" in stream.getvalue()


def test_an_exception_says_what_is_about_machines() -> None:
    assert (
        kind_of(OSError(28, "No space left on device", "/var/lib/Nguyễn Văn A")) == "OSError: No space left on device"
    )
    refused = OperationalError("INSERT INTO x", {"a": "riêng tư"}, Exception("database is locked\nDETAIL: riêng tư"))
    assert kind_of(refused) == "OperationalError: database is locked"
    assert kind_of(ValueError("riêng tư")) == "ValueError"


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_nothing_in_a_line_is_obeyed_by_what_shows_it(log_format: str) -> None:
    stream = io.StringIO()
    configure_logging(log_format, stream)
    hostile = "a\r\n2026-01-01 [error] root_signed_in\x1b[31m\u202ecod.exe\u2028\x7f\ud800"

    structlog.get_logger("x").warning("refused", path=hostile, several=[hostile], inside={hostile: 1})
    logging.getLogger("library").warning("said %s", hostile)

    assert len(stream.getvalue().splitlines()) == 2
    assert not set("\r\x1b\u202e\u2028\x7f\ud800") & set(stream.getvalue())


def test_a_talkative_log_is_talkative_of_ours_alone() -> None:
    stream = io.StringIO()
    configure_logging("json", stream, level="debug")

    assert says_much()
    structlog.get_logger("x").debug("recorded", seq=1)
    logging.getLogger("sqlalchemy.engine").debug("SELECT")
    configure_logging("json", stream)

    assert not says_much()
    structlog.get_logger("x").debug("recorded", seq=2)
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["recorded"]
