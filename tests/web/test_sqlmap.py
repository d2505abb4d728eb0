"""sqlmap asks every parameter of the API and of the pages whether it reaches SQL as a statement.

sqlmap is not ours to install (GPL): `python -m venv X; X/bin/pip install sqlmap`, then DONDOC_SQLMAP=X/bin/sqlmap.
"""

import contextlib
import os
import re
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from api_office import EVERYTHING, MINE, furnish, no_temporal
from dondoc_command import until
from fastapi import FastAPI, HTTPException
from office_fixture import Desk
from signed_in import a_session
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from temporal_server import free_port

from models.rate import Allowance
from services import tokens
from web.api import door
from web.app import create_app

pytestmark = [pytest.mark.proof, pytest.mark.timeout(7_200)]

SQLMAP = os.environ.get("DONDOC_SQLMAP") or shutil.which("sqlmap")
TRIED = re.compile(r"testing for SQL injection on (.+)")
VULNERABLE = re.compile(r"^(.+ parameter .+) is vulnerable", re.MULTILINE)
UNLIMITED = Allowance(name="test", quota=10_000_000, window=1)

FILTER = (
    "text=bao+cao&timeliness=overdue&status=in_progress&figure=open&agency=SYT&coordinating=STC&field=y-te"
    "&leader=chutich&document=1234&urgency=normal&level=1&due_from=2026-03-01&due_until=2026-03-31"
    "&registered_from=2026-03-01&registered_until=2026-03-31"
)
PAGES = (
    f"/directives?{FILTER}&sort=deadline&page=1&columns=code&all=1&mine=1&waiting=review",
    f"/board?{FILTER}&period=month&by=successor",
    "/inbox?page=1&unread=1",
    f"/directives/{MINE}?done=1",
)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    furnish(desk)
    return desk


@dataclass
class Counted:
    """An application, and how often it answered what."""

    app: ASGIApp
    statuses: Counter[int] = field(default_factory=Counter)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.statuses[message["status"]] += 1
            await send(message)

        await self.app(scope, receive, noted)


@contextlib.contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Serve it on a port of its own; its address."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started, 60)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(30)


def weak(desk: Desk) -> FastAPI:
    """A door that nobody would build, so that it is seen that sqlmap finds one."""
    app = FastAPI()

    @app.get("/weak")
    def _weak(code: str) -> int:
        with desk.office.engine.connect() as connection:
            asked = f"SELECT count(*) FROM directive WHERE code = '{code}'"  # noqa: S608 - the very fault
            try:
                return int(connection.exec_driver_sql(asked.replace("%", "%%")).scalar_one())
            except SQLAlchemyError as fault:
                raise HTTPException(500, str(fault)) from fault

    return app


@dataclass(frozen=True)
class Found:
    """What sqlmap says: the parameters that it tried, and those by which it reaches SQL."""

    tried: int
    vulnerable: tuple[str, ...]


def found(folder: Path, *words: str) -> Found:
    """Run sqlmap."""
    assert SQLMAP is not None
    folder.mkdir()
    command = [SQLMAP, "--batch", "--disable-coloring", "--flush-session", "--technique=BEU"]
    command += ["--ignore-code=*", f"--output-dir={folder}", *words]
    with (folder / "sqlmap.log").open("wb") as log:
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True, timeout=6_000)
    said = (folder / "sqlmap.log").read_text(encoding="utf-8", errors="replace")
    return Found(len(TRIED.findall(said)), tuple(VULNERABLE.findall(said)))


@pytest.mark.skipif(SQLMAP is None, reason="sqlmap is not on this machine")
def test_sqlmap_finds_no_parameter_of_api_and_pages_that_reaches_sql_and_finds_the_one_that_does(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(door, "READING", UNLIMITED)
    monkeypatch.setattr(door, "WRITING", UNLIMITED)
    _, secret = tokens.create(desk.office, "quantri", "sqlmap", EVERYTHING)
    session = a_session(desk.office, "chanhvanphong")
    app = Counted(create_app(desk.office, no_temporal))
    with served(app) as address, served(weak(desk)) as weak_address:
        pages = tmp_path / "pages.txt"
        pages.write_text("\n".join(f"{address}{path}" for path in PAGES), encoding="utf-8")
        begun = time.monotonic()
        reached = {
            "weak": found(tmp_path / "weak", "-u", f"{weak_address}/weak?code={MINE}"),
            "pages": found(tmp_path / "pages", "-m", str(pages), f"--cookie=dondoc={session}"),
            "api": found(
                tmp_path / "api", f"--openapi={address}/api/openapi.json", "-H", f"Authorization: Bearer {secret}"
            ),
        }
    with capsys.disabled():
        print(f"{time.monotonic() - begun:.0f} s: {reached}; {dict(app.statuses)}")  # noqa: T201 - the figure to report

    assert len(reached["weak"].vulnerable) == 1
    assert reached["pages"].vulnerable == reached["api"].vulnerable == ()
    assert reached["pages"].tried >= 20
    assert reached["api"].tried >= 100
    assert app.statuses[401] < app.statuses[200]
    assert not [status for status in app.statuses if status >= 500 and status != 503]
