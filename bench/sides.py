"""Both sides of the comparison do the same: take in, command, ring. Ours with all it is, bare with only Temporal."""

import asyncio
import datetime as dt
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import yaml
from sqlalchemy import func, select
from temporalio.client import Client

from activities.commit import Door
from bench.bare import BareInput, BareWorkflow
from bench.bare_worker import QUEUE
from bench.machine import Machine
from database.engine import open_engine, reading, writing
from database.migrate import migrate
from database.reference import write_policy, write_setting
from database.seed_data import SEED, read_default_policy, seed
from models.calendar import LOCAL, local_day
from models.commands import Accept, Acknowledge, Command, Submit
from models.tables import LEDGER
from services.acting import Desk, Wish
from services.intake import Intake, start_all
from services.office import Office
from services.registration import RawDirective, read_registration
from services.sending import Sender

AT_ONCE = 20
"""Clients that send commands at the same time."""

POLL = 0.05

OPENING = dt.datetime(2026, 11, 25, 8, 0, tzinfo=LOCAL)
"""What the office's clock shows when a side gets ready: a Wednesday's working morning, so that hours of work pass."""

DUE_AT = dt.datetime(2026, 11, 25, 11, 0, tzinfo=LOCAL)


class Side(Protocol):
    """What is measured, step by step; each call returns when all of it is done."""

    async def prepare(self, ring_at: list[dt.datetime]) -> None:
        """Get ready; every directive will ring at these instants."""

    async def intake(self, number: int) -> None:
        """Take in so many directives, until each is assigned."""

    async def command(self, name: str) -> None:
        """Give each directive this command."""

    async def rung(self, times: int) -> None:
        """Wait until each directive has rung so many times."""


@dataclass
class Bare:
    """Bare Temporal: the bytes in a file say how many steps were done."""

    client: Client
    count_file: Path
    number: int = 0
    before: int = 0
    ring_at: list[float] = field(default_factory=list)

    async def prepare(self, ring_at: list[dt.datetime]) -> None:
        """Remember the instants."""
        self.ring_at = [instant.timestamp() for instant in ring_at]
        warm = await self.client.start_workflow(BareWorkflow.run, BareInput(), id="bare/warm", task_queue=QUEUE)
        await warm.execute_update(BareWorkflow.command, "completed")
        self.before = self._steps()

    async def intake(self, number: int) -> None:
        """Start, and wait until each has gone through its first step."""
        self.number = number
        await at_once(number, self._start)
        await until(lambda: self._steps() >= self.before + number)
        self.before = self._steps()

    async def _start(self, place: int) -> None:
        await self.client.start_workflow(
            BareWorkflow.run,
            BareInput(self.ring_at),
            id=f"bare/{place}",
            task_queue=QUEUE,
            task_timeout=dt.timedelta(seconds=60),
        )

    async def command(self, name: str) -> None:
        """One Update each."""
        await at_once(
            self.number,
            lambda place: self.client.get_workflow_handle(f"bare/{place}").execute_update(BareWorkflow.command, name),
        )
        self.before = self._steps()

    async def rung(self, times: int) -> None:
        """Each ring is a step."""
        await until(lambda: self._steps() >= self.before + times * self.number)
        self.before += times * self.number

    def _steps(self) -> int:
        return self.count_file.stat().st_size if self.count_file.exists() else 0


COMMANDS: dict[str, tuple[Command, str]] = {
    "in_progress": (Acknowledge(), "chuyenvien.syt"),
    "submitted": (Submit(result="Đã hoàn thành, có báo cáo kèm theo", document_number="12/BC-SYT"), "chuyenvien.syt"),
    "completed": (Accept(), "vanthu"),
}


@dataclass
class Ours:
    """The engine as it is in production: ledger, snapshot, notices, sweep and dispatch."""

    client: Client
    office: Office
    codes: list[str] = field(default_factory=list)
    rings: int = 0

    @classmethod
    def made(cls, client: Client, machine: Machine) -> "Ours":
        """An empty office with the shipped directory, in the machine's folder."""
        office = Office(open_engine(database_url(machine.folder)))
        return cls(client, office)

    async def prepare(self, ring_at: list[dt.datetime]) -> None:
        """Put a policy in force whose steps are these instants, for all."""
        _let_ring(self.office, ring_at)
        await self._take(["Việc để khởi động"])
        desk = Desk(self.office, Sender(self.client, self.office))
        for command, person in COMMANDS.values():
            await desk.act(Wish(self.codes[0], command, person))
        self.codes.clear()

    async def intake(self, number: int) -> None:
        """Save, start, and wait until the ledger says assigned."""
        await self._take([f"Báo cáo số {place}" for place in range(number)])

    async def _take(self, contents: list[str]) -> None:
        now = self.office.now()
        before = self._count("assigned")
        today = local_day(now)
        actor = self.office.reference().directory.actor("vanthu", today)
        intake = Intake(self.office, Door(self.office.engine, self.office.references), actor)
        reference = self.office.reference()
        raws = (
            RawDirective(content=content, lead_agency="SYT", deadline=DUE_AT.replace(tzinfo=None))
            for content in contents
        )
        taken = list(intake.take(read_registration(raw, reference, now, needs_lead=False) for raw in raws))
        await start_all(
            self.client, [one.envelope for one in taken if one.envelope], reference.clock_shift, lambda: None
        )
        self.codes = [one.code or "" for one in taken]
        await until(lambda: self._count("assigned") >= before + len(contents))

    async def command(self, name: str) -> None:
        """One command each, as the pages and the shell give it."""
        command, person = COMMANDS[name]
        desk = Desk(self.office, Sender(self.client, self.office))
        await at_once(len(self.codes), lambda place: desk.act(Wish(self.codes[place], command, person)))

    async def rung(self, times: int) -> None:
        """Each ring is a row of the ledger, and its notices are in the outbox by then."""
        self.rings += times
        await until(lambda: self._count("moment_reached") >= self.rings * len(self.codes))

    def _count(self, kind: str) -> int:
        with reading(self.office.engine) as connection:
            found = connection.execute(select(func.count()).select_from(LEDGER).where(LEDGER.c.kind == kind))
            return int(found.scalar_one())


def database_url(folder: Path) -> str:
    """The office's database in a folder."""
    return f"sqlite:///{folder / 'dondoc.db'}"


def make_office(folder: Path) -> None:
    """Make the tables and enter the shipped directory; before the worker starts."""
    engine = open_engine(database_url(folder))
    migrate(engine)
    now = dt.datetime.now(dt.UTC)
    seed(engine, SEED / "quang_ngai.yaml", now)
    with writing(engine) as connection:
        write_setting(connection, "clock_shift", str((OPENING - now).total_seconds()))
    engine.dispose()


def _let_ring(office: Office, ring_at: list[dt.datetime]) -> None:
    """A policy whose only steps are these instants for whatever is due at the working hour of `DUE_AT`."""
    policy = yaml.safe_load(read_default_policy())
    left = [DUE_AT - office_time(instant, office.reference().clock_shift) for instant in ring_at]
    steps = [{"hours": -one / dt.timedelta(hours=1), "to": ["lead_head"]} for one in left]
    clocks = {"deadline": {"while": ["assigned", "in_progress"], "steps": steps}} if steps else {}
    policy["ladders"] = {"normal": {"clocks": clocks}}
    with writing(office.engine) as connection:
        write_policy(connection, yaml.safe_dump(policy, allow_unicode=True), office.now(), "bench")


def office_time(instant: dt.datetime, shift: float) -> dt.datetime:
    """What the office's clock shows at an instant."""
    return instant + dt.timedelta(seconds=shift)


async def at_once(number: int, work: Callable[[int], Awaitable[object]]) -> None:
    """Do something so many times, `AT_ONCE` at the same time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(place: int) -> None:
        async with gate:
            await work(place)

    await asyncio.gather(*(one(place) for place in range(number)))


async def until(reached: Callable[[], bool], patience: float = 600.0) -> None:
    """Wait for a condition.

    Raises:
        TimeoutError: it did not come.
    """
    give_up_at = time.monotonic() + patience
    while not reached():
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"the engine did not get there in {patience:.0f} s")
        await asyncio.sleep(POLL)
