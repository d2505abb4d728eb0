"""Whole lives and everything that follows from them: CPU, and the bytes that remain in Temporal and in SQL."""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass

from bench.machine import Machine, used_bytes
from bench.rates import STORMS, Pace, lived, side, warmed, with_more_time
from bench.sides import Side, database_of

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
        temporal: bytes a life in Temporal's file; `sql` in ours, zero where there is none. Both without what an idle
            machine writes in the same time.
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
        idle = await _watched(machine, asyncio.sleep(min(IDLE_SECONDS, settle)))
        both = await _watched(machine, _lived_out(machine, one, number, settle, pace, patience))
    return Sizes(
        cpu=(both.cpu - idle.cpu * both.seconds / idle.seconds) / number * 1000,
        idle=idle.cpu / idle.seconds * 1000,
        temporal=(both.temporal - idle.temporal * both.seconds / idle.seconds) / number,
        sql=(both.sql - idle.sql * both.seconds / idle.seconds) / number,
    )


async def _lived_out(machine: Machine, one: Side, number: int, settle: float, pace: Pace, patience: float) -> None:
    await lived(machine, one, number, STORMS, pace, patience)
    await asyncio.sleep(settle)


@dataclass(frozen=True)
class _Watched:
    """What a machine used in some seconds: CPU seconds of all processes, and bytes by which its files grew."""

    seconds: float
    cpu: float
    temporal: float
    sql: float


async def _watched(machine: Machine, while_doing: Awaitable[None]) -> _Watched:
    database = database_of(machine.folder)

    def used() -> tuple[float, float, float]:
        sql = used_bytes(database) if database.exists() else 0
        return sum(machine.cpu().values()), used_bytes(machine.folder / "temporal.db"), sql

    before, start = used(), time.monotonic()
    await while_doing
    seconds, after = time.monotonic() - start, used()
    return _Watched(seconds, *(late - early for early, late in zip(before, after, strict=True)))
