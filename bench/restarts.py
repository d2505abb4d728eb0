"""Many open directives: what a step costs among them, how long a restart takes, and a storm cut short by SIGKILL."""

import asyncio
import datetime as dt
import random
import time
from dataclasses import dataclass

from bench.machine import Machine
from bench.rates import (
    COMMANDS,
    EMBEDDED,
    INTAKE,
    STORM,
    Setting,
    TooSlow,
    in_seconds,
    measured,
    met,
    say,
    side,
    warmed,
    with_more_time,
)
from bench.sides import PATIENCE, POLL, Side, Wrong

STEPS = 400
"""Commands to directives drawn by lot, by which the cost of a step is measured."""

DUE = 1_320
"""Directives due in the same second, among those open."""

RESTART_SECONDS = 15.0
"""Time that is left for the first restart before the storm, beside what many open directives add to it."""

OPEN_A_SECOND = 800
"""One more second is left for so many open directives."""


@dataclass(frozen=True)
class Restarted:
    """What was measured among so many open directives.

    Attributes:
        step_cpu: CPU milliseconds of a command to one drawn by lot, in all processes.
        step_rate: such commands a second.
        restart: seconds from starting everything after a SIGKILL until a first command is answered.
        storm: seconds from starting everything, killed in the middle of a storm, until all are told, each once.
        late: seconds from the instant at which these were due until the last is told.
        left: how many of them the SIGKILL left untold.
        twice: how many were told twice; ours refuses to go on if any was, or was lost.
        memory: the most bytes that a worker held.
    """

    open: int
    step_cpu: float
    step_rate: float
    restart: float
    storm: float
    late: float
    left: int
    twice: int
    memory: int


async def restarts(name: str, number: int, due: int = DUE, setting: Setting = EMBEDDED) -> Restarted:
    """Fill one side with open directives, and kill it twice."""

    async def once(patience: float) -> Restarted:
        async with side(name, setting) as (machine, one):
            return await _restarts(machine, one, number, min(due, number), patience)

    return await with_more_time(name, once)


async def _restarts(machine: Machine, one: Side, number: int, due: int, patience: float) -> Restarted:
    _, pace = await warmed(machine, one, number)
    first = one.taken
    if number > due:
        await one.hand_in(number - due, None)
        await measured(machine, INTAKE, number - due, one.intake())
    steps = min(STEPS, number - 1)
    expected = due * pace.intake + steps * pace.command + RESTART_SECONDS + number / OPEN_A_SECOND
    ring_at = await one.hand_in(due, in_seconds(patience * expected))
    await measured(machine, INTAKE, due, one.intake())
    *drawn, last = random.Random(number).sample(range(first, first + number), steps + 1)
    acknowledged = await measured(machine, COMMANDS[0], steps, one.command("in_progress", drawn))
    memory = machine.peak("worker")

    machine.kill_all()
    start = time.monotonic()
    machine.start_database()
    await start_again(machine, one)
    await one.command("in_progress", [last])
    answered = time.monotonic() - start
    say(f"  restart: {answered:.1f} s until a command is answered")
    memory = max(memory, machine.peak("worker"))

    await met(ring_at)
    await _in_the_middle(one, due)
    machine.kill_all()
    start = time.monotonic()
    machine.start_database()
    left = due - one.told()
    if left == 0:
        raise TooSlow("the storm was over before it was cut short")
    await start_again(machine, one)
    twice = await one.rung()
    storm = time.monotonic() - start
    late = (dt.datetime.now(dt.UTC) - ring_at).total_seconds()
    say(f"  {STORM}, killed with {left} of {due} left: {storm:.1f} s until all are told; {twice} of them twice")
    return Restarted(
        open=number,
        step_cpu=acknowledged.cpu_each,
        step_rate=acknowledged.rate,
        restart=answered,
        storm=storm,
        late=late,
        left=left,
        twice=twice,
        memory=max(memory, machine.peak("worker")),
    )


async def _in_the_middle(one: Side, due: int) -> None:
    """Wait until a third of them is told, which leaves a storm to be cut short.

    Raises:
        Wrong: that many were not told in time.
    """
    give_up_at = time.monotonic() + PATIENCE
    while (told := one.told()) < due // 3:
        if time.monotonic() > give_up_at:
            raise Wrong(f"only {told} of {due} were told in {PATIENCE:.0f} s")
        await asyncio.sleep(POLL / 5)


async def start_again(machine: Machine, one: Side) -> None:
    """Start server and workers after a SIGKILL."""
    one.client = await machine.start_server()
    machine.start_worker()
