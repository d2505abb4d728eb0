"""Growth: what intake, a storm, the board, a restart, memory and bytes cost among ever more directives."""

import asyncio
import statistics
import time
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from bench.machine import Machine, used_bytes
from bench.province import settle
from bench.rates import INTAKE, STORM, Setting, in_seconds, measured, met, say, side, warmed, with_more_time
from bench.restarts import DUE, OPEN_A_SECOND, RESTART_SECONDS, start_again
from bench.sides import Ours, Wrong
from database.engine import reading
from services.asking import board
from services.office import Office

BOARDS: Final = 20
"""Times that the board is asked for; the middle one counts."""

ON: Final = "postgresql"
"""The database of this part: so many closed directives belong to an office that has one."""


@dataclass(frozen=True)
class Scaled:
    """What was measured with so many open and so many closed directives.

    Attributes:
        intake, storm: a second, of the last ones that were taken in; all of these are due in the same second.
        board: seconds of one board over all of them.
        restart: seconds from starting everything after a SIGKILL until a command is answered.
        worker, server, database: bytes in memory; the database's own buffers are counted once.
        temporal, sql: bytes an open directive in Temporal's file and in ours.
    """

    open: int
    closed: int
    intake: float
    storm: float
    board: float
    restart: float
    worker: int
    server: int
    database: int
    temporal: float
    sql: float


async def scaled(opened: int, closed: int, workers: int = 1) -> Scaled:
    """Fill an office, measure it, kill it."""

    async def once(patience: float) -> Scaled:
        async with side("ours", Setting(ON, workers)) as (machine, one):
            if not isinstance(one, Ours):
                raise TypeError("bare Temporal has no board")
            return await _scaled(machine, one, opened, closed, patience)

    return await with_more_time("scale", once)


async def _scaled(machine: Machine, one: Ours, opened: int, closed: int, patience: float) -> Scaled:
    if closed:
        await asyncio.to_thread(settle, one.office, machine.folder, 0, closed)
    _, pace = await warmed(machine, one, opened)
    before = _bytes(machine, one.office)
    due = min(DUE, opened)
    if opened > due:
        await one.hand_in(opened - due, None)
        await measured(machine, INTAKE, opened - due, one.intake())
    ring_at = await one.hand_in(
        due, in_seconds(patience * (due * pace.intake + RESTART_SECONDS + opened / OPEN_A_SECOND))
    )
    taken = await measured(machine, INTAKE, due, one.intake())
    grown = [(late - early) / opened for early, late in zip(before, _bytes(machine, one.office), strict=True)]
    asked = _board(one.office, opened + closed)
    await met(ring_at)
    storm = await measured(machine, STORM, due, one.rung())
    machine.kill_all()
    start = time.monotonic()
    machine.start_database()
    await start_again(machine, one)
    await one.command("in_progress", [one.taken - 1])
    restart = time.monotonic() - start
    say(f"  {opened} open, {closed} closed: board {asked * 1000:.0f} ms, restart {restart:.1f} s")
    return Scaled(
        open=opened,
        closed=closed,
        intake=taken.rate,
        storm=storm.rate,
        board=asked,
        restart=restart,
        worker=storm.memory["worker"],
        server=storm.memory["server"],
        database=storm.memory.get("database", 0),
        temporal=grown[0],
        sql=grown[1],
    )


def _bytes(machine: Machine, office: Office) -> tuple[int, int]:
    """Bytes in Temporal's file and in our database."""
    with reading(office.engine) as connection:
        ours = int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    return used_bytes(machine.folder / "temporal.db"), ours


def _board(office: Office, least: int) -> float:
    """Seconds of a board over everything.

    Raises:
        Wrong: it does not hold so many.
    """
    taken = []
    for _ in range(BOARDS):
        start = time.perf_counter()
        with reading(office.engine) as connection:
            shown = board(connection, office.now())
        taken.append(time.perf_counter() - start)
        if shown.figures.total < least:
            raise Wrong(f"the board has {shown.figures.total} of {least}")
    return statistics.median(taken)
