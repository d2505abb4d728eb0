"""A polling loop over one table beside the engine: the same intake, commands and storm, and the same SIGKILL."""

import asyncio
import contextlib
import datetime as dt
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

import psycopg

from bench.polling_loop import TABLES
from bench.postgresql import PostgreSQL, postgresql
from bench.rates import in_seconds, say
from bench.sides import AT_ONCE, PATIENCE, WORKBOOK, Wrong
from bench.workbook import write_directives
from documents.intake_workbook import open_intake
from services.workbook_import import raw_directive

EVERY: Final = 10.0
"""Seconds between two looks of the loop; many are started once a minute."""

BATCH: Final = 200
"""Rows that intake writes in one transaction, as ours does."""

TOLD_AT_ONCE: Final = 100
"""Tasks of which the loop tells in one transaction; fewer where there are not several hundred."""

ATTEMPTS: Final = 5

_ACT: Final = "UPDATE task SET status = %s WHERE code = %s AND status = %s"
_SAY: Final = "INSERT INTO outbox (task, step, body) SELECT id, %s, %s FROM task WHERE code = %s"
_Act = tuple[str, str, int]
_ACTS: Final[tuple[_Act, ...]] = (
    ("in_progress", "assigned", -1),
    ("submitted", "in_progress", -2),
    ("completed", "submitted", -3),
)


@dataclass(frozen=True)
class Cut:
    """A storm cut short by SIGKILL for everything.

    Attributes:
        seconds: from starting everything again until all are told.
        late: seconds from the instant at which they were due until the last is told.
        twice: mails that were sent twice; `lost`: tasks that were not told.
    """

    seconds: float
    late: float
    twice: int
    lost: int


@dataclass(frozen=True)
class Polled:
    """What was measured.

    Attributes:
        intake, commands: a second; `storm`: moments told a second, once the loop has looked.
        late: seconds from the instant at which all were due until the last is told.
        outbox: the cut storm where the loop only fills the outbox; `sending` where it sends the mails itself.
    """

    intake: float
    commands: float
    storm: float
    late: float
    outbox: Cut
    sending: Cut


def _batch(number: int) -> int:
    """So that a storm takes several transactions, and can be cut short between them."""
    return max(1, min(TOLD_AT_ONCE, number // 12))


@dataclass
class _Loops:
    """The loops that run."""

    url: str
    workers: int
    batch: int
    mails: Path | None = None
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        """Start them; the first look is at once."""
        words = [sys.executable, "-m", "bench.polling_loop", self.url, str(EVERY), str(self.batch)]
        words += [str(self.mails)] if self.mails else []
        self.processes = [subprocess.Popen(words, stderr=subprocess.DEVNULL) for _ in range(self.workers)]

    def kill(self) -> None:
        """SIGKILL for all."""
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait(30)
        self.processes = []


async def polled(number: int, workers: int = 1) -> Polled:
    """Measure the loop on a PostgreSQL of its own."""
    with tempfile.TemporaryDirectory(prefix="dondoc-bench-polling-") as made, postgresql() as database:
        folder, url = Path(made), database.create("tickets")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(TABLES)
        intake = await asyncio.to_thread(_taken_in, folder, url, number)
        storm, late = await asyncio.to_thread(_storm, url, number, workers)
        commands = await _commanded(url, number)
        outbox = await asyncio.to_thread(_cut, database, url, number, workers, None)
        sending = await asyncio.to_thread(_cut, database, url, number, workers, folder / "mails")
    say(f"  polling: intake {intake:.0f}/s, commands {commands:.0f}/s, storm {storm:.0f}/s, {late:.1f} s late")
    return Polled(intake, commands, storm, late, outbox, sending)


def _taken_in(folder: Path, url: str, number: int) -> float:
    """Rows a second, from opening the workbook until all are there."""
    today = dt.datetime.now(dt.UTC).date()
    write_directives(folder / WORKBOOK, range(number), today, dt.datetime.combine(today, dt.time(17)))
    start = time.monotonic()
    with psycopg.connect(url, autocommit=True) as connection, open_intake(folder / WORKBOOK) as sheet:
        places = enumerate(raw_directive(row) for row in sheet.rows())
        while rows := list(islice(places, BATCH)):
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO task (code, content, lead) VALUES (%s, %s, %s)",
                    [(f"T-{place:06d}", raw.content, raw.lead_agency) for place, raw in rows],
                )
    return number / (time.monotonic() - start)


async def _commanded(url: str, number: int) -> float:
    """Commands a second: a status, and a line in the outbox, in a transaction of their own."""

    async def client(connection: psycopg.AsyncConnection[tuple[object, ...]], queue: Iterator[int], act: _Act) -> None:
        status, before, step = act
        for place in queue:
            code = f"T-{place:06d}"
            async with connection.transaction():
                changed = await connection.execute(_ACT, (status, code, before))
                if changed.rowcount != 1:
                    raise Wrong(f"{code} was not {before}")
                await connection.execute(_SAY, (step, f"{code}: {status}", code))

    async with contextlib.AsyncExitStack() as opened:
        connect = psycopg.AsyncConnection.connect
        clients = [await opened.enter_async_context(await connect(url, autocommit=True)) for _ in range(AT_ONCE)]
        start = time.monotonic()
        for act in _ACTS:
            queue = iter(range(number))
            await asyncio.gather(*(client(connection, queue, act) for connection in clients))
        seconds = time.monotonic() - start
    return number * len(_ACTS) / seconds


def _due_in(url: str, seconds: float) -> tuple[dt.datetime, int]:
    """Let all tasks be due at one instant; it, and the last line of the outbox before."""
    at = in_seconds(seconds)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE task SET next_due = %s", (at,))
        last = connection.execute("SELECT coalesce(max(id), 0) FROM outbox").fetchone()
    return at, int(last[0]) if last else 0


@contextlib.contextmanager
def _running(loops: _Loops, until: dt.datetime) -> Iterator[None]:
    """Run the loops; they look for the first time half a turn before an instant, which is their mean."""
    time.sleep(max(0.0, (until - dt.datetime.now(dt.UTC)).total_seconds() - EVERY / 2))
    loops.start()
    try:
        yield
    finally:
        loops.kill()


def _storm(url: str, number: int, workers: int) -> tuple[float, float]:
    """Moments told a second, from the first to the last; seconds from when they were due until the last is told."""
    at, before = _due_in(url, EVERY)
    with _running(_Loops(url, workers, _batch(number)), at), psycopg.connect(url, autocommit=True) as connection:
        _until(connection, before, number, 0.05)
        query = "SELECT extract(epoch FROM max(at) - min(at)), extract(epoch FROM max(at) - %s) FROM outbox"
        query += " WHERE id > %s"
        row = connection.execute(query, (at, before)).fetchone()
    if row is None:
        raise Wrong("nothing was told")
    return number / max(float(row[0]), 0.001), float(row[1])


def _cut(database: PostgreSQL, url: str, number: int, workers: int, mails: Path | None) -> Cut:
    """Kill everything when a third is told; start it again."""
    for _ in range(ATTEMPTS):
        if mails is not None:
            mails.unlink(missing_ok=True)
        at, before = _due_in(url, EVERY)
        loops = _Loops(url, workers, _batch(number), mails)
        with _running(loops, at):
            with psycopg.connect(url, autocommit=True) as connection:
                told = _until(connection, before, max(1, number // 3), 0.0)
            loops.kill()
            database.kill()
            start = time.monotonic()
            database.start()
            loops.start()
            if told >= number:
                continue  # it was over before it was cut short
            with psycopg.connect(url, autocommit=True) as connection:
                told = _until(connection, before, number, 0.05)
            seconds = time.monotonic() - start
            late = (dt.datetime.now(dt.UTC) - at).total_seconds()
        sent = Counter(mails.read_text(encoding="ascii").split()) if mails is not None else Counter[str]()
        return Cut(seconds, late, twice=sum(times - 1 for times in sent.values()), lost=number - told)
    raise Wrong(f"the loop tells {number} before anybody can kill it")


def _until(connection: psycopg.Connection[tuple[object, ...]], before: int, number: int, pause: float) -> int:
    """Wait until so many are told; how many they are by then."""
    give_up_at = time.monotonic() + PATIENCE
    while True:
        row = connection.execute("SELECT count(DISTINCT task) FROM outbox WHERE id > %s", (before,)).fetchone()
        told = int(str(row[0])) if row else 0
        if told >= number:
            return told
        if time.monotonic() > give_up_at:
            raise Wrong(f"the loop told {told} of {number}")
        time.sleep(pause)
