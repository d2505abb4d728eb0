"""From what was measured to the figures of the issue, each beside what was aimed at."""

import statistics
from collections.abc import Callable, Sequence

from bench.rates import COMMANDS, INTAKE, STARTING, STORM, STORMS, Phase
from bench.reading import BareRead, Read
from bench.report import Aim, Figure
from bench.restarts import Restarted
from bench.sizes import Sizes

AS_FAST = Aim("ratio", at_least=0.9)
CPU_A_LIFE = Aim("ratio", at_most=1.25)
ALL_TOLD = Aim("ours", at_most=20.0)
MORE_OPEN = Aim("ours", at_most=1.1)
MEMORY = Aim("ours", at_most=600.0)

FEW, MANY = 1_320, 13_200
MEGABYTE = 1_000_000

ENOUGH_FOR_MEMORY = 500
"""With fewer directives, what a process grows by is chance."""

Lives = Sequence[Phase]


def of_rates(ours: Sequence[Lives], bare: Sequence[Lives]) -> list[Figure]:
    """Rates, CPU and memory of whole lives."""
    number = ours[0][1].number

    def figure(name: str, unit: str, value: Callable[[Lives], float], aim: Aim | None = None) -> Figure:
        return Figure(f"{name}, {number}", unit, [value(one) for one in ours], [value(one) for one in bare], aim)

    found = [
        figure("intake, file to assigned", "/s", lambda one: _rate(one, (INTAKE,)), AS_FAST),
        figure("commands", "/s", lambda one: _rate(one, COMMANDS), AS_FAST),
        figure("08:00 storm, moments told", "/s", lambda one: _rate(one, (STORM,)), AS_FAST),
        figure("08:00 storm, until the last is told", "s", lambda one: number / _rate(one, (STORM,))),
        figure("CPU of an intake", "ms", lambda one: _cpu(one, (INTAKE,))),
        figure("CPU of a command", "ms", lambda one: _cpu(one, COMMANDS)),
        figure("CPU of a moment", "ms", lambda one: _cpu(one, (STORM,))),
        figure(f"CPU per life of {STORMS} moments, 3 commands", "ms", _cpu_a_life, CPU_A_LIFE),
    ]
    if number >= ENOUGH_FOR_MEMORY:
        found += [
            figure("worker memory an open directive", "kB", lambda one: _memory(one, "worker")),
            figure("server memory an open directive", "kB", lambda one: _memory(one, "server")),
        ]
    return found


def _rate(life: Lives, names: Sequence[str]) -> float:
    phases = [phase for phase in life if phase.name in names]
    return sum(phase.number for phase in phases) / sum(phase.seconds for phase in phases)


def _cpu(life: Lives, names: Sequence[str]) -> float:
    return statistics.mean(phase.cpu_each for phase in life if phase.name in names)


def _cpu_a_life(life: Lives) -> float:
    return _cpu(life, (INTAKE,)) + len(COMMANDS) * _cpu(life, COMMANDS) + STORMS * _cpu(life, (STORM,))


def _memory(life: Lives, process: str) -> float:
    """What a process grew by while all were open, from after the warm-up to the last storm."""
    before = next(phase for phase in life if phase.name == STARTING)
    last = [phase for phase in life if phase.name == STORM][-1]
    return (last.memory[process] - before.memory[process]) / last.number / 1000


def of_sizes(ours: Sequence[Sizes], bare: Sequence[Sizes], number: int) -> list[Figure]:
    """What whole lives cost in the end."""

    def figure(name: str, unit: str, value: Callable[[Sizes], float], aim: Aim | None = None) -> Figure:
        return Figure(f"{name}, {number}", unit, [value(one) for one in ours], [value(one) for one in bare], aim)

    return [
        figure("CPU per life and all that follows it", "ms", lambda one: one.cpu, CPU_A_LIFE),
        figure("CPU of the idle machine", "ms/s", lambda one: one.idle),
        figure("bytes a life in Temporal", "kB", lambda one: one.temporal / 1000),
        Figure(f"bytes a life in SQL, {number}", "kB", [one.sql / 1000 for one in ours]),
    ]


def of_restarts(ours: Sequence[Restarted], bare: Sequence[Restarted]) -> list[Figure]:
    """Figures with so many open."""
    number = ours[0].open

    def figure(name: str, unit: str, value: Callable[[Restarted], float], aim: Aim | None = None) -> Figure:
        return Figure(f"{name}, {number} open", unit, [value(one) for one in ours], [value(one) for one in bare], aim)

    return [
        figure("CPU of a command to any", "ms", lambda one: one.step_cpu),
        figure("commands to any", "/s", lambda one: one.step_rate),
        figure("restart, until a command is answered", "s", lambda one: one.restart),
        figure("all killed in the storm, until all are told once", "s", lambda one: one.storm, ALL_TOLD),
        figure(
            "worker memory at the most", "MB", lambda one: one.memory / MEGABYTE, MEMORY if number >= MANY else None
        ),
    ]


def of_growth(
    few: tuple[Sequence[Restarted], Sequence[Restarted]], many: tuple[Sequence[Restarted], Sequence[Restarted]]
) -> Figure:
    """What a step costs among many, against the same among few."""
    ours, bare = (
        [one.step_cpu / other.step_cpu for one, other in zip(among_many, among_few, strict=True)]
        for among_many, among_few in zip(many, few, strict=True)
    )
    name = f"cost of a step at {many[0][0].open} open against {few[0][0].open}"
    return Figure(name, "", ours, bare, MORE_OPEN)


def of_reading(ours: Sequence[Sequence[Read]], bare: Sequence[BareRead]) -> list[Figure]:
    """Latencies of questions; bare Temporal is asked about as many as our smaller office has."""

    def figures(place: int, beside: Sequence[BareRead]) -> list[Figure]:
        runs = [run[place] for run in ours]
        among = f"{runs[0].directives} directives"
        return [
            Figure(f"board, {among}", "ms", [1000 * one.board for one in runs], [1000 * one.board for one in beside]),
            Figure(f"list of the worst 50, {among}", "ms", [1000 * one.page for one in runs]),
            Figure(
                f"status, {among}", "ms", [1000 * one.status for one in runs], [1000 * one.status for one in beside]
            ),
            Figure(f"the command dondoc board, {among}", "ms", [1000 * one.board_command for one in runs]),
            Figure(f"the command dondoc status, {among}", "ms", [1000 * one.status_command for one in runs]),
        ]

    return [*figures(0, bare), *figures(1, ())]
