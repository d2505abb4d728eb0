"""What must stay secret stands in no log, no output and no crash, in both formats, also where nothing works."""

import io
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from dondoc_command import DONDOC
from machine_secrets import (
    CANARIES,
    DATABASE_PASSWORD,
    DATABASE_URL,
    SETTINGS,
    SMTP_PASSWORD,
    TEMPORAL_KEY,
    forms,
    found_in,
)
from office_fixture import Desk, desk
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from database.engine import writing
from services.logs import configure_logging
from settings import Settings, SettingsRefused, load_settings

__all__ = ["desk"]

ROOT = Path(__file__).parents[2]


def output_of(tmp_path: Path, *command: str | Path, **settings: str) -> bytes:
    """All that a process says; it must fail, for nothing that it needs is there."""
    done = subprocess.run(
        [*command],
        env=os.environ | SETTINGS | {"DONDOC_DATA_DIR": str(tmp_path)} | settings,
        cwd=ROOT,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode != 0
    assert done.stderr + done.stdout
    return done.stderr + done.stdout


@pytest.mark.parametrize("secret", CANARIES)
def test_the_search_finds_a_secret_in_every_form(secret: str) -> None:
    for form in forms(secret):
        assert found_in(b"x = " + form + b"\n", CANARIES) == [secret]
    assert found_in(b"nothing here", CANARIES) == []


@pytest.mark.slow
@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize("part", ["worker", "web"])
def test_a_part_that_cannot_start_shows_no_password(tmp_path: Path, part: str, log_format: str) -> None:
    command = [sys.executable, "-X", "dev", "-W", "ignore", "-m", part]
    wrong_port = {"DONDOC_WEB_PORT": "1"} if os.geteuid() else {"DONDOC_WEB_HOST": "192.0.2.1"}

    said = output_of(
        tmp_path,
        *command,
        DONDOC_DATABASE_URL=DATABASE_URL,
        DONDOC_TEMPORAL_ADDRESS="127.0.0.1:1",
        DONDOC_LOG_FORMAT=log_format,
        **wrong_port,
    )

    assert found_in(said, CANARIES) == []


@pytest.mark.slow
@pytest.mark.parametrize("words", [("doctor", "--json"), ("status",), ("up", "--detach", "--port", "1"), ("verify",)])
def test_a_command_that_reaches_no_database_says_one_sentence_without_the_password(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    said = output_of(tmp_path, DONDOC, *words, DONDOC_DATABASE_URL=DATABASE_URL)

    assert found_in(said, CANARIES) == []
    assert b"Traceback" not in said
    written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert found_in(written, CANARIES) == []


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("smtp_url", f"http://a:{SMTP_PASSWORD}@x"),
        ("smtp_url", f"smtp://a:{SMTP_PASSWORD}@x:99999"),
        ("database_url", f"mysql://a:{DATABASE_PASSWORD}@x/y"),
        ("secret_key", SMTP_PASSWORD),
        ("temporal_keys", SMTP_PASSWORD),
        ("temporal_keys", f"k1:{TEMPORAL_KEY}=="),
    ],
)
def test_a_setting_that_is_refused_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    monkeypatch.setenv(f"DONDOC_{setting.upper()}", value)

    with pytest.raises(SettingsRefused) as refused:
        load_settings()

    assert f"DONDOC_{setting.upper()}" in str(refused.value)
    assert found_in(f"{refused.value!s}{refused.value!r}{refused.getrepr()}".encode(), CANARIES) == []


def test_settings_that_are_printed_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (SETTINGS | {"DONDOC_DATABASE_URL": DATABASE_URL}).items():
        monkeypatch.setenv(name, value)

    settings = Settings()

    assert found_in(f"{settings!r} {settings}".encode(), CANARIES) == []
    assert settings.secret_key is not None


@pytest.fixture
def a_log() -> Iterator[io.StringIO]:
    """The log of a part, as its file would have it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_statement_that_the_database_refuses_is_logged_without_what_people_wrote(
    desk: Desk, a_log: io.StringIO, log_format: str
) -> None:
    configure_logging(log_format, a_log)
    desk.register("NV-1", "2026-03-04 09:00", content="Nội dung không ai được thấy trong nhật ký")

    with pytest.raises(DBAPIError) as refused, writing(desk.office.engine) as connection:
        connection.execute(
            text("UPDATE ledger SET data = :data"), {"data": "Nội dung không ai được thấy trong nhật ký"}
        )
    structlog.get_logger("worker").error("commit_failed", exc_info=refused.value)

    assert "commit_failed" in a_log.getvalue()
    assert "IntegrityError" in a_log.getvalue()
    assert "không ai được thấy" not in a_log.getvalue()
