"""Whole lives and everything that follows from them: CPU, and the bytes that remain in Temporal and in SQL."""

import asyncio
import time
from dataclasses import dataclass

from bench.machine import Machine, used_bytes
from bench.rates import STORMS, lived, side, warmed, with_more_time
from bench.sides import database_of

IDLE_SECONDS = 20.0
"""How long an idle machine is watched: dispatch runs every 10 s, the sweep every 15 s."""

SETTLE_SECONDS = 80.0
"""After this long nothing of a life is left to do: the sweep looks once more at each command a minute later."""


@dataclass(frozen=True)
class Sizes:
    """What a life costs altogether.

    Attributes:
        cpu: CPU milliseconds a life, in all processes, without what an idle machine uses in the same time.
        idle: CPU milliseconds a second of the idle machine.
        temporal: bytes a life in Temporal's file; `sql` in ours, zero where there is none.
    """

    cpu: float
    idle: float
    temporal: float
    sql: float


async def sizes(name: str, number: int, settle: float = SETTLE_SECONDS) -> Sizes:
    """Let one side lead whole lives, and wait until nothing more comes of them."""
    return await with_more_time(name, lambda patience: _sizes(name, number, settle, patience))


async def _sizes(name: str, number: int, settle: float, patience: float) -> Sizes:
    async with side(name) as (machine, one):
        _, pace = await warmed(machine, one, number)
        idle = await _idle(machine, min(IDLE_SECONDS, settle))
        before, temporal, sql = _used(machine), *_bytes(machine)
        start = time.monotonic()
        await lived(machine, one, number, STORMS, pace, patience)
        await asyncio.sleep(settle)
        passed = time.monotonic() - start
        after, temporal_after, sql_after = _used(machine), *_bytes(machine)
    return Sizes(
        cpu=(after - before - idle * passed) / number * 1000,
        idle=idle * 1000,
        temporal=(temporal_after - temporal) / number,
        sql=(sql_after - sql) / number,
    )


async def _idle(machine: Machine, seconds: float) -> float:
    """CPU seconds a second while nothing is asked for."""
    before, start = _used(machine), time.monotonic()
    await asyncio.sleep(seconds)
    return (_used(machine) - before) / (time.monotonic() - start)


def _used(machine: Machine) -> float:
    return sum(machine.cpu().values())


def _bytes(machine: Machine) -> tuple[int, int]:
    database = database_of(machine.folder)
    return used_bytes(machine.folder / "temporal.db"), used_bytes(database) if database.exists() else 0
