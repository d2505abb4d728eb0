"""Intake, commands and the storm of due moments: how many a second and how much CPU each, on one side."""

import contextlib
import datetime as dt
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.bare_worker import QUEUE
from bench.machine import Machine, running, sleep_until
from bench.sides import Bare, Ours, Side, database_url, make_office

STORMS = 6
"""Moments in a life, as the foundation's figures have it."""


@dataclass
class Phase:
    """One measured phase.

    Attributes:
        seconds: from its begin until all of it is done.
        cpu: CPU milliseconds each, by process.
    """

    name: str
    number: int
    seconds: float
    cpu: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """How many a second."""
        return self.number / self.seconds

    @property
    def cpu_each(self) -> float:
        """CPU milliseconds each, in all processes."""
        return sum(self.cpu.values())


@contextlib.asynccontextmanager
async def side(name: str) -> AsyncIterator[tuple[Machine, Side]]:
    """Start one side alone on the machine: `ours` or `bare`."""
    with tempfile.TemporaryDirectory(prefix=f"dondoc-bench-{name}-") as made:
        folder = Path(made)
        if name == "bare":
            count_file = folder / "steps"
            async with running(folder, ("bench.bare_worker", str(count_file))) as (machine, client):
                yield machine, Bare(client, count_file)
            return
        make_office(folder)
        environment = {"DONDOC_DATABASE_URL": database_url(folder), "DONDOC_DATA_DIR": str(folder)}
        async with running(folder, ("worker",), **environment) as (machine, client):
            ours = Ours.made(client, machine)
            try:
                yield machine, ours
            finally:
                ours.office.engine.dispose()


async def lives(name: str, number: int, storms: int = STORMS) -> list[Phase]:
    """Whole lives on one side: intake, acknowledge, so many storms, submit, accept."""
    async with side(name) as (machine, one):
        spacing = 4 + number / 40
        first = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(seconds=10 + number / 15)
        ring_at = [first + dt.timedelta(seconds=round(spacing) * place) for place in range(storms)]
        await one.prepare(ring_at)
        phases = [await measured(machine, "intake", number, one.intake(number))]
        phases.append(await measured(machine, "acknowledge", number, one.command("in_progress")))
        for place, instant in enumerate(ring_at):
            await sleep_until(instant)
            phases.append(await measured(machine, f"storm {place + 1}", number, one.rung(1)))
        for title, status in (("submit", "submitted"), ("accept", "completed")):
            phases.append(await measured(machine, title, number, one.command(status)))
    return phases


async def measured(machine: Machine, name: str, number: int, work: object) -> Phase:
    """Time one phase and add up the CPU that it took."""
    before, start = machine.cpu(), time.monotonic()
    await work  # type: ignore[misc]
    seconds = time.monotonic() - start
    after = machine.cpu()
    return Phase(name, number, seconds, {part: (after[part] - before[part]) / number * 1000 for part in after})


__all__ = ["QUEUE", "STORMS", "Phase", "lives", "measured", "side"]
