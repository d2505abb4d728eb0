import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from services.logs import configure_logging


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
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

    assert "ValueError" in stream.getvalue()
    assert secret not in stream.getvalue()


def test_what_libraries_say_in_passing_is_left_out() -> None:
    stream = io.StringIO()
    configure_logging("console", stream)

    logging.getLogger("temporalio.worker").info("Beginning worker")
    logging.getLogger("temporalio.worker").warning("Task failed")

    assert "Beginning" not in stream.getvalue()
    assert "Task failed" in stream.getvalue()
