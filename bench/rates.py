"""Intake, commands and the storm of due moments: how many a second and how much CPU each, on one side."""

import contextlib
import datetime as dt
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bench.machine import Machine, running, sleep_until
from bench.postgresql import postgresql
from bench.sides import Bare, Ours, Side, database_of, open_office

STORMS = 6
"""Moments in a life, as the foundation's figures have it."""

WARM_UP = 40
"""Lives that a side leads before anything is measured: they warm it, and show its pace."""

SPARE = 1.3
"""By how much slower than in the warm-up it may go."""

STALLED = 0.25
"""Seconds that no intake and no command takes: such a warm-up was held up, and its storms would be an hour away."""

ATTEMPTS = 4
"""How often something that must be timed in advance is tried, each time with twice the time."""

STARTING = "start, warm-up"
INTAKE = "intake"
STORM = "storm"
COMMANDS = ("acknowledge", "submit", "accept")


Measured = TypeVar("Measured")


class TooSlow(RuntimeError):
    """The machine was slower than its pace promised, or showed none, so a storm would not be met alone."""


@dataclass
class Phase:
    """One measured phase.

    Attributes:
        seconds: from its begin until all of it is done.
        cpu: CPU milliseconds each, by process.
        memory: bytes that each process holds at its end.
    """

    name: str
    number: int
    seconds: float
    cpu: dict[str, float] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """How many a second."""
        return self.number / self.seconds

    @property
    def cpu_each(self) -> float:
        """CPU milliseconds each, in all processes."""
        return sum(self.cpu.values())


@dataclass(frozen=True)
class Pace:
    """Seconds that one intake and one command took in the warm-up, with some to spare."""

    intake: float
    command: float

    @classmethod
    def of(cls, warm_up: list[Phase]) -> "Pace":
        """The pace that phases show.

        Raises:
            TooSlow: it is none.
        """
        commands = [phase.seconds / phase.number for phase in warm_up if phase.name in COMMANDS]
        pace = cls(SPARE * warm_up[0].seconds / warm_up[0].number, SPARE * sum(commands) / len(commands))
        if max(pace.intake, pace.command) > STALLED:
            raise TooSlow(f"the warm-up stood still ({pace.intake:.2f} s an intake, {pace.command:.2f} s a command)")
        return pace


@dataclass(frozen=True)
class Setting:
    """On what a side is measured.

    Attributes:
        database: where our ledger lies, `sqlite` or `postgresql`; Temporal's own store is the same on both sides.
        workers: worker processes.
    """

    database: str = "sqlite"
    workers: int = 1

    def __str__(self) -> str:
        several = "" if self.workers == 1 else f", {self.workers} workers"
        return f"{'' if self.database == 'sqlite' else f', {self.database}'}{several}"


EMBEDDED = Setting()


@contextlib.asynccontextmanager
async def side(name: str, setting: Setting = EMBEDDED) -> AsyncIterator[tuple[Machine, Side]]:
    """Start one side alone on the machine: `ours` or `bare`."""
    with tempfile.TemporaryDirectory(prefix=f"dondoc-bench-{name}-") as made, contextlib.ExitStack() as open_ones:
        folder = Path(made)
        if name == "bare":
            count_file = folder / "steps"
            count_file.touch()
            bare = Machine(folder, ("bench.bare_worker", str(count_file)), workers=setting.workers)
            async with running(bare) as (machine, client):
                yield machine, Bare(client, count_file)
            return
        database = open_ones.enter_context(postgresql()) if setting.database == "postgresql" else None
        url = database.create("dondoc") if database else f"sqlite:///{database_of(folder)}"
        office = open_office(folder, url)
        open_ones.callback(office.engine.dispose)
        environment = {"DONDOC_DATABASE_URL": url, "DONDOC_DATA_DIR": str(folder)}
        async with running(Machine(folder, ("worker",), environment, setting.workers, database)) as (machine, client):
            yield machine, Ours(client, office, folder)


async def warmed(machine: Machine, one: Side, number: int) -> tuple[Phase, Pace]:
    """Lead a few lives from end to end, fewer than the number that is to be measured."""
    number = min(WARM_UP, number)
    start = time.monotonic()
    await one.arrange([0.0])
    await one.hand_in(1, None)
    await one.intake()  # alone, since it waits until the worker has come up, which is no pace
    await one.hand_in(number, None)
    phases = [await measured(machine, INTAKE, number, one.intake())]
    phases += await _commanded(machine, one, range(number + 1), COMMANDS)
    return Phase(STARTING, number, time.monotonic() - start, {}, machine.memory()), Pace.of(phases)


async def lives(name: str, number: int, storms: int = STORMS, setting: Setting = EMBEDDED) -> list[Phase]:
    """Whole lives on one side: intake, acknowledge, so many storms, submit, accept."""

    async def once(patience: float) -> list[Phase]:
        async with side(name, setting) as (machine, one):
            warm_up, pace = await warmed(machine, one, number)
            return [warm_up, *await lived(machine, one, number, storms, pace, patience)]

    return await with_more_time(name, once)


async def with_more_time(name: str, once: Callable[[float], Awaitable[Measured]]) -> Measured:
    """Measure something whose storms are timed in advance; again, with twice the time, where that was too little.

    Args:
        once: measures it; given by how much more time to leave than the pace asks for.

    Raises:
        TooSlow: not even the last attempt had time enough.
    """
    for attempt in range(ATTEMPTS - 1):
        try:
            return await once(2.0**attempt)
        except TooSlow as slow:
            say(f"{name}: {slow}; once more with more time")
    return await once(2.0 ** (ATTEMPTS - 1))


async def lived(
    machine: Machine, one: Side, number: int, storms: int, pace: Pace, patience: float = 1.0
) -> list[Phase]:
    """Let one side lead so many lives at once.

    Raises:
        TooSlow: a storm would begin before what stands before it has ended.
    """
    acknowledge, *others = COMMANDS
    spacing = round(3 + patience * number * pace.command)
    await one.arrange([float(spacing * place) for place in range(storms)])
    wished = in_seconds(4 + patience * number * (pace.intake + pace.command))
    ring_at = await one.hand_in(number, wished)
    places = range(one.taken, one.taken + number)
    phases = [await measured(machine, INTAKE, number, one.intake())]
    phases += await _commanded(machine, one, places, (acknowledge,))
    for _ in range(storms):
        await met(ring_at)
        phases.append(await measured(machine, STORM, number, one.rung()))
        ring_at += dt.timedelta(seconds=spacing)
    return phases + await _commanded(machine, one, places, others)


async def _commanded(machine: Machine, one: Side, places: range, names: Sequence[str]) -> list[Phase]:
    leads_to = dict(zip(COMMANDS, ("in_progress", "submitted", "completed"), strict=True))
    return [await measured(machine, name, len(places), one.command(leads_to[name], places)) for name in names]


async def measured(machine: Machine, name: str, number: int, work: Awaitable[object]) -> Phase:
    """Time one phase and add up the CPU that it took."""
    before, start = machine.cpu(), time.monotonic()
    await work
    seconds = time.monotonic() - start
    after = machine.cpu()
    cpu = {part: (after[part] - before[part]) / number * 1000 for part in after}
    phase = Phase(name, number, seconds, cpu, machine.memory())
    say(f"  {name}: {phase.rate:.0f}/s, {phase.cpu_each:.1f} ms CPU each")
    return phase


async def met(instant: dt.datetime) -> None:
    """Wait for an instant that must still be to come.

    Raises:
        TooSlow: it has passed.
    """
    late = (dt.datetime.now(dt.UTC) - instant).total_seconds()
    if late > 0:
        raise TooSlow(f"ready {late:.1f} s after the storm began")
    say(f"  {-late:.0f} s until the storm")
    await sleep_until(instant)


def in_seconds(seconds: float) -> dt.datetime:
    """The instant so many seconds from now."""
    return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)


def say(sentence: str) -> None:
    """Tell whoever waits how far it is; the table alone goes to the standard output."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
