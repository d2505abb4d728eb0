"""An office with many open directives that began some days ago, run by the installed `dondoc`, and people who act."""

import asyncio
import contextlib
import json
import os
import pty
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from builders import a_registration, local
from dondoc_command import DONDOC, Dondoc, until
from office_fixture import Desk
from sqlalchemy import Engine, Row, text

from database.engine import open_engine
from embedded.locate import running_system
from models import commands as c
from models.calendar import local_day
from models.engine import CommitRequest, Draft
from models.life import decide
from services.acting import Wish, act
from services.office import Office
from services.sending import Sender
from services.temporal import connect

MORNING = "2026-11-25T09:00:00+07:00"
"""A Wednesday of mail hours; the office's clock stands there when it starts."""

CLOSED = "('completed', 'cancelled')"


def from_json(column: Any) -> Any:
    """What a column of JSON holds; SQLite gives its text."""
    return json.loads(column) if isinstance(column, str) else column


def enter(desk: Desk, code: str, *, told: tuple[str, ...] = (), **changes: Any) -> None:
    """Write a directive into the ledger as if it had been taken in on Monday the 23rd and acknowledged at once.

    Args:
        told: the local instants at which its moments were told since then.
    """
    registration = a_registration(**{"coordinating_agencies": (), "deadline": None, **changes})
    directory, directive, last = desk.office.reference().directory, None, (0, "")
    acts: list[tuple[str, c.Command | None, str]] = [
        ("2026-11-23 09:00", registration, "vanthu"),
        ("2026-11-23 09:01", c.Acknowledge(), f"truong.{str(registration.lead_agency).lower()}"),
        *((when, None, "") for when in told),
    ]
    for when, command, person in acts:
        now = local(when)
        drafts: tuple[Draft, ...] = ()
        if command is not None:
            events = decide(directive, command, directory.actor(person, local_day(now)), now)
            drafts = tuple(
                Draft(event=event, actor=person, command_id=f"{code}-{when}", part=part)
                for part, event in enumerate(events)
            )
        result = desk.door.commit(
            CommitRequest(directive=code, after_seq=last[0], after_hash=last[1], now=now, drafts=drafts)
        )
        if result.rows:
            last = (result.rows[-1].seq, result.rows[-1].hash)
        directive = desk.directive(code)


@dataclass
class ManyOpen:
    """The office, its processes, and what stands in its database."""

    dondoc: Dondoc
    engine: Engine

    @property
    def data(self) -> Path:
        return self.dondoc.data

    @property
    def url(self) -> str:
        return self.engine.url.render_as_string(hide_password=False)

    def rows(self, statement: str, **values: object) -> list[Row[Any]]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(statement), values))

    def count(self, statement: str, **values: object) -> int:
        return int(self.rows(statement, **values)[0][0])

    def snapshots(self) -> dict[str, Row[Any]]:
        found = self.rows("SELECT code, seq, lead_agency, coordinating_agencies, next_at, plan, state FROM directive")
        return {row.code: row for row in found}

    def kill(self, *parts: str) -> None:
        for part in parts:
            os.kill(self.dondoc.pids()[part], signal.SIGKILL)

    def sound(self, *, by_itself: bool) -> None:
        """Ledger and both stores agree, as people ask.

        Args:
            by_itself: wait until the sweep has woken whoever was killed between COMMIT and reply, a minute and a half;
                else `reconcile --repair` does it now, and may find nothing else.
        """
        assert self.dondoc.json("verify")["broken"] == []
        if by_itself:
            until(lambda: self.differences() == [], 180)
            return
        assert {one["kind"] for one in self.differences("--repair")} <= {"ledger_ahead"}
        assert self.differences() == []

    def differences(self, *options: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.dondoc.run("reconcile", *options, "--json").stdout)["differences"]
        return found


@contextlib.contextmanager
def many_open(seeded_database: Path, folder: Path, fill: Callable[[Desk], None]) -> Iterator[ManyOpen]:
    """Fill an office, start it, and let Temporal take its directives over from the ledger."""
    data = folder / "data"
    desk = Desk.copied(seeded_database, data)
    fill(desk)
    desk.office.engine.dispose()
    url = desk.office.engine.url.render_as_string(hide_password=False)
    dondoc = Dondoc(data, {"DONDOC_CLOCK": MORNING, "DONDOC_DATABASE_URL": url})
    engine = open_engine(url)
    dondoc.up()
    try:
        dondoc("rebuild", "workflows", seconds=600)
        yield ManyOpen(dondoc, engine)
    finally:
        dondoc.down()
        engine.dispose()


@dataclass
class Busy:
    """Somebody who comments on one directive after the other until he is told to stop, and what he heard.

    Attributes:
        heard: id of each command and what became of it.
        seconds: how long he waited for each that was recorded.
    """

    data: Path
    url: str
    codes: list[str]
    heard: dict[str, str] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def at_work(self) -> Iterator["Busy"]:
        thread = threading.Thread(target=lambda: asyncio.run(self._work()), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join(60)
            assert not thread.is_alive()

    async def _work(self) -> None:
        office, sender, known = Office.at(self.url), None, None
        number = 0
        while not self._over.is_set():
            running = running_system(self.data)
            address = running.temporal_address if running else None
            if address != known:
                known, sender = address, await _sender(office, address)
            wish = Wish(
                code=self.codes[number % len(self.codes)],
                command=c.Comment(text=f"Ý kiến {number}"),
                person="chanhvanphong",
                id=f"busy-{number}",
            )
            started = time.monotonic()
            sent = await act(office, sender, wish)
            self.heard[sent.command_id] = sent.outcome
            if sent.outcome == "recorded":
                self.seconds.append(time.monotonic() - started)
            number += 1
            await asyncio.to_thread(self._over.wait, 0.05)
        office.engine.dispose()


async def _sender(office: Office, address: str | None) -> Sender | None:
    if address is None:
        return None
    try:
        return Sender(await connect(address, "default"), office, patience=10)
    except RuntimeError:
        return None


def all_kept_are_recorded(office: ManyOpen, busy: Busy) -> bool:
    """Whether every command of his stands in the ledger once."""
    rows = office.rows("SELECT command_id, count(*) AS number FROM ledger WHERE command_id LIKE 'busy-%' GROUP BY 1")
    return {row.command_id: row.number for row in rows} == dict.fromkeys(busy.heard, 1)


@dataclass
class OnATerminal:
    """A `dondoc` command whose stderr is a terminal, so that it shows its progress."""

    process: subprocess.Popen[bytes]
    shown: bytearray
    reader: threading.Thread

    @classmethod
    def start(cls, dondoc: Dondoc, *words: str) -> "OnATerminal":
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [DONDOC, *words, "--data", str(dondoc.data)],
            env=os.environ | {"DONDOC_LANG": "vi", "TERM": "xterm", "COLUMNS": "120"} | dondoc.environment,
            stdout=subprocess.PIPE,
            stderr=theirs,
        )
        os.close(theirs)
        shown = bytearray()

        def read() -> None:
            with contextlib.suppress(OSError), open(ours, "rb", buffering=0) as terminal:  # noqa: PTH123 - a descriptor
                while part := terminal.read(4096):
                    shown.extend(part)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        return cls(process, shown, reader)

    def end(self, seconds: float = 300) -> tuple[int, str, str]:
        """Wait for its end: exit code, what it printed, what the terminal showed."""
        out, _ = self.process.communicate(timeout=seconds)
        self.reader.join(10)
        return self.process.returncode, out.decode(), self.shown.decode("utf-8", "replace")

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=30)
        self.reader.join(10)


def when(condition: Callable[[], object], seconds: float = 120) -> None:
    """Wait for a condition that may hold for a moment only, looking every few milliseconds."""
    ends_at, pause = time.monotonic() + seconds, threading.Event()
    while not pause.wait(0.005) and not condition():
        assert time.monotonic() < ends_at, "the condition did not come true"


__all__ = [
    "Busy",
    "ManyOpen",
    "OnATerminal",
    "all_kept_are_recorded",
    "enter",
    "from_json",
    "many_open",
    "until",
    "when",
]
