"""Both sides of the comparison do the same: take in, command, ring. Ours with all it is, bare with only Temporal."""

import asyncio
import datetime as dt
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import yaml
from sqlalchemy import func, select
from temporalio.client import Client

from activities.commit import Door
from bench.bare import RECORD, BareInput, BareWorkflow
from bench.bare_worker import QUEUE
from bench.workbook import CLERK, OFFICER, write_directives
from database.engine import open_engine, reading, writing
from database.migrate import migrate
from database.reference import write_policy, write_setting
from database.seed_data import SEED, read_default_policy, seed
from documents.language import Language
from models.calendar import LOCAL, local_day
from models.commands import Accept, Acknowledge, Command, Submit
from models.tables import LEDGER, NOTICE
from services.acting import Desk, Wish
from services.intake import Intake, Verdict, start_all
from services.office import Office
from services.sending import Sender
from services.workbook_import import import_workbook
from workflows.queue import TASK_TIMEOUT

AT_ONCE = 20
"""Clients that send commands at the same time."""

POLL = 0.05
"""Seconds between two looks at whether all of it is done."""

OVERLAP = 500
"""Rows of the ledger that are looked at again: PostgreSQL shows a lower number after a higher one now and then."""

PATIENCE = 600.0
"""Seconds after which something that is waited for will not come."""

OPENING = dt.datetime(2026, 11, 25, 8, 0, tzinfo=LOCAL)
"""What the office's clock shows when a side gets ready: a Wednesday's working morning, so that hours of work pass."""

LEAD_TIME = dt.timedelta(hours=2)
"""A deadline is so long after its first reminder."""

FAR = dt.timedelta(days=60)
"""When those fall due of which nothing is to be heard."""

WORKBOOK = "directives.xlsx"

COMMANDS: dict[str, tuple[Command, str]] = {
    "in_progress": (Acknowledge(), OFFICER),
    "submitted": (Submit(result="Đã hoàn thành, có báo cáo kèm theo", document_number="12/BC-SYT"), OFFICER),
    "completed": (Accept(), CLERK),
}
"""The commands of a life, by the status to which they lead."""


class Wrong(RuntimeError):
    """A side did not do what it was to do, so its figure would mean nothing."""


class Side(Protocol):
    """What is measured, step by step; each call returns when all of it is done.

    Attributes:
        taken: how many directives were taken in.
    """

    client: Client
    taken: int

    async def arrange(self, ring_after: Sequence[float]) -> None:
        """Let each directive ring so many seconds after its first instant, again and again."""

    async def hand_in(self, number: int, ring_at: dt.datetime | None) -> dt.datetime:
        """Get so many directives ready to be taken in.

        Args:
            ring_at: they ring first within the second after it; None: not within this run.

        Returns: the very instant.
        """

    async def intake(self) -> None:
        """Take in what was handed in, until each is assigned."""

    async def command(self, status: str, places: Sequence[int]) -> None:
        """Give each of these directives the command that leads to a status."""

    async def rung(self) -> int:
        """Wait until each of those handed in last has rung once more; how many rings too many there were."""

    def told(self) -> int:
        """How many of them have rung so far, this time."""


@dataclass
class Bare:
    """Bare Temporal: the lines of a file say which steps were done."""

    client: Client
    count_file: Path
    taken: int = 0
    _ring_after: Sequence[float] = ()
    _wake_at: list[float] = field(default_factory=list)
    _last: range = range(0)
    _read: int = 0
    _noted: list[int] = field(default_factory=list)

    async def arrange(self, ring_after: Sequence[float]) -> None:
        """Remember them."""
        self._ring_after = ring_after

    async def hand_in(self, number: int, ring_at: dt.datetime | None) -> dt.datetime:
        """Number them."""
        first = ring_at or dt.datetime.now(dt.UTC) + FAR
        self._wake_at = [first.timestamp() + after for after in self._ring_after]
        self._last = range(self.taken, self.taken + number)
        return first

    async def intake(self) -> None:
        """Start, and wait until each has gone through its first step."""
        self._forget()
        await at_once(self._last, self._start)
        await until(lambda: self.told() == len(self._last))
        self.taken = self._last.stop
        self._forget()

    async def _start(self, place: int) -> None:
        await self.client.start_workflow(
            BareWorkflow.run,
            BareInput(self._wake_at),
            id=f"bare/{place}",
            task_queue=QUEUE,
            task_timeout=TASK_TIMEOUT,
        )

    async def command(self, status: str, places: Sequence[int]) -> None:
        """One Update each."""

        async def one(place: int) -> None:
            await self.client.get_workflow_handle(f"bare/{place}").execute_update(BareWorkflow.command, status)

        await at_once(places, one)
        self._forget()

    async def rung(self) -> int:
        """Each ring is a step; one that a SIGKILL cut off is done again."""
        await until(lambda: self.told() == len(self._last))
        too_many = len(self._noted) - len(self._last)
        self._forget()
        return too_many

    def told(self) -> int:
        """How many different ones stand in the lines since the last phase."""
        with self.count_file.open("rb") as file:
            file.seek(self._read)
            lines = file.read()
        whole = lines[: len(lines) - len(lines) % RECORD]
        self._read += len(whole)
        self._noted += [place for line in whole.split() if (place := int(line)) in self._last]
        return len(set(self._noted))

    def _forget(self) -> None:
        self._read, self._noted = self.count_file.stat().st_size, []


@dataclass
class Ours:
    """The engine as it is in production: workbook, ledger, snapshot, notices, sweep and dispatch."""

    client: Client
    office: Office
    folder: Path
    taken: int = 0
    codes: list[str] = field(default_factory=list)
    _number: int = 0
    _mark: int = 0
    _tail: int = 0
    _read: set[int] = field(default_factory=set)
    _told: list[str] = field(default_factory=list)

    async def arrange(self, ring_after: Sequence[float]) -> None:
        """Put a policy in force whose only steps are these, before any deadline."""
        steps = [{"hours": (after - LEAD_TIME.total_seconds()) / 3600, "to": ["lead_head"]} for after in ring_after]
        policy = yaml.safe_load(read_default_policy())
        clocks = {"deadline": {"while": ["assigned", "in_progress"], "steps": steps}} if steps else {}
        policy["ladders"] = {"normal": {"clocks": clocks}}
        with writing(self.office.engine) as connection:
            write_policy(connection, yaml.safe_dump(policy, allow_unicode=True), self.office.now(), "bench")

    async def hand_in(self, number: int, ring_at: dt.datetime | None) -> dt.datetime:
        """Write the workbook; a deadline in it is a whole second of the office's clock."""
        shift = dt.timedelta(seconds=self.office.reference().clock_shift)
        first = (ring_at or dt.datetime.now(dt.UTC) + FAR) + shift
        deadline = (first + LEAD_TIME + dt.timedelta(seconds=1)).replace(microsecond=0)
        numbers = range(self.taken, self.taken + number)
        due_at = deadline.astimezone(LOCAL).replace(tzinfo=None)
        write_directives(self.folder / WORKBOOK, numbers, local_day(self.office.now()), due_at)
        self._number = number
        return deadline - LEAD_TIME - shift

    async def intake(self) -> None:
        """Read the workbook, save and start as `dondoc import` does, and wait until the ledger says assigned."""
        self._forget()
        reference = self.office.reference()
        actor = reference.directory.actor(CLERK, local_day(self.office.now()))
        intake = Intake(self.office, Door(self.office.engine, self.office.references), actor)
        report = import_workbook(self.folder / WORKBOOK, intake, Language.VI)
        if report.count(Verdict.ACCEPTED) != self._number:
            raise Wrong(f"not every row was taken: {report.rows[0]}")
        await start_all(self.client, report.to_start, reference.clock_shift, lambda: None)
        self.codes += [row.code or "" for row in report.rows]
        await until(lambda: self._seen("assigned") == self._number)
        self.taken += self._number
        self._forget()

    async def command(self, status: str, places: Sequence[int]) -> None:
        """One command each, as the pages and the shell give it."""
        command, person = COMMANDS[status]
        desk = Desk(self.office, Sender(self.client, self.office, patience=PATIENCE))

        async def one(place: int) -> None:
            sent = await desk.act(Wish(self.codes[place], command, person))
            if sent.outcome != "recorded":
                raise Wrong(f"{self.codes[place]}: {status} was not answered")

        await at_once(places, one)

    async def rung(self) -> int:
        """Each ring is a row of the ledger, and its notice is in the outbox by then.

        Raises:
            Wrong: one was told twice, or there is not one notice for each.
        """
        await until(lambda: self.told() == self._number)
        rows, notices = len(self._told), self._owed()
        if not rows == notices == self._number:
            raise Wrong(f"{self._number} were to be told once; there are {rows} rows and {notices} notices")
        self._forget()
        return 0

    def told(self) -> int:
        """How many different directives have a row of it since the last phase."""
        return self._seen("moment_reached")

    def _seen(self, kind: str) -> int:
        """Read only what is new: to count all of the ledger at each look would cost more than what is measured."""
        since = max(self._mark, self._tail - OVERLAP)
        fresh = select(LEDGER.c.id, LEDGER.c.directive, LEDGER.c.kind).where(LEDGER.c.id > since)
        with reading(self.office.engine) as connection:
            for row in connection.execute(fresh.order_by(LEDGER.c.id)):
                self._tail = max(self._tail, row.id)
                if row.kind == kind and row.id not in self._read:
                    self._told.append(row.directive)
                self._read.add(row.id)
        return len(set(self._told))

    def _owed(self) -> int:
        """Notices of the moments told since the last phase."""
        told = (LEDGER.c.directive == NOTICE.c.directive) & (LEDGER.c.seq == NOTICE.c.seq)
        owed = select(func.count()).select_from(LEDGER.join(NOTICE, told))
        with reading(self.office.engine) as connection:
            found = connection.execute(owed.where(LEDGER.c.id > self._mark, LEDGER.c.kind == "moment_reached"))
            return int(found.scalar_one())

    def _forget(self) -> None:
        with reading(self.office.engine) as connection:
            self._mark = self._tail = int(connection.execute(select(func.max(LEDGER.c.id))).scalar() or 0)
        self._told, self._read = [], set()


def database_of(folder: Path) -> Path:
    """The office's database in a folder, where `dondoc` looks for it too."""
    return folder / "dondoc.db"


def open_office(folder: Path, url: str = "") -> Office:
    """An office: a new one has the tables, the shipped directory, and a working morning on its clock.

    Args:
        url: of its database; the file in the folder when empty.
    """
    engine = open_engine(url or f"sqlite:///{database_of(folder)}")
    if migrate(engine):
        now = dt.datetime.now(dt.UTC)
        seed(engine, SEED / "quang_ngai.yaml", now)
        with writing(engine) as connection:
            write_setting(connection, "clock_shift", str((OPENING - now).total_seconds()))
    return Office(engine)


async def at_once(places: Sequence[int], work: Callable[[int], Awaitable[None]]) -> None:
    """Do something for each, `AT_ONCE` at the same time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(place: int) -> None:
        async with gate:
            await work(place)

    await asyncio.gather(*(one(place) for place in places))


async def until(reached: Callable[[], bool]) -> None:
    """Wait for a condition.

    Raises:
        Wrong: it did not come.
    """
    give_up_at = time.monotonic() + PATIENCE
    while not reached():
        if time.monotonic() > give_up_at:
            raise Wrong(f"it did not get there in {PATIENCE:.0f} s")
        await asyncio.sleep(POLL)
