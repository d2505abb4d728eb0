"""From what was measured to the figures of the issue, each beside what was aimed at."""

import math
import statistics
from collections.abc import Callable, Sequence

from bench.backups import Restored
from bench.browsing import BARE, BOARD, CHOSEN, COMMAND, DIRECTIVE, LIST, SEARCH
from bench.pages import Paged
from bench.polling import Polled
from bench.rates import COMMANDS, EMBEDDED, INTAKE, STARTING, STORM, STORMS, Phase, Setting
from bench.reading import BareRead, Read
from bench.report import Aim, Figure
from bench.restarts import Restarted
from bench.scale import Scaled
from bench.sizes import Sizes

AS_FAST = Aim("ratio", at_least=0.9)
CPU_A_LIFE = Aim("ratio", at_most=1.25)
ALL_TOLD = Aim("ours", at_most=20.0)
MORE_OPEN = Aim("ours", at_most=1.1)
MEMORY = Aim("ours", at_most=600.0)

NOTHING = Aim("ours", at_most=0.0)
RESTORE = Aim("ours", at_most=1.5)

ALL_TOLD_AGAIN = "all killed in the storm, until all are told once"
LATE = "all killed in the storm, the last is told after it was due"
TWICE = "all killed in the storm, told twice or not at all"

PAGE = Aim("ours", at_most=150.0)
AIMED_AT = (LIST, SEARCH, BOARD, DIRECTIVE)
PERCENTILES = (50, 95, 99)

FEW, MANY = 1_320, 13_200
MEGABYTE = 1_000_000

ENOUGH_FOR_MEMORY = 500
"""With fewer directives, what a process grows by is chance."""

Lives = Sequence[Phase]


def of_rates(
    ours: Sequence[Lives], bare: Sequence[Lives], polled: Sequence[Polled] = (), setting: Setting = EMBEDDED
) -> list[Figure]:
    """Rates, CPU and memory of whole lives."""
    number = ours[0][1].number
    polls: dict[str, list[float]] = {
        "intake, file to assigned": [one.intake for one in polled],
        "commands": [one.commands for one in polled],
        "08:00 storm, moments told": [one.storm for one in polled],
        "08:00 storm, until the last is told": [one.late for one in polled],
    }

    def figure(name: str, unit: str, value: Callable[[Lives], float], aim: Aim | None = None) -> Figure:
        both = [value(one) for one in ours], [value(one) for one in bare]
        return Figure(f"{name}, {number}{setting}", unit, *both, aim, polls.get(name, []))

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


def of_backup(found: Sequence[Restored]) -> list[Figure]:
    """What it takes to lose everything and have it again."""
    number = found[0].open

    def figure(name: str, unit: str, value: Callable[[Restored], float], aim: Aim | None = None) -> Figure:
        return Figure(f"{name}, {number} open", unit, [value(one) for one in found], aim=aim)

    return [
        figure("intake", "s", lambda one: one.intake),
        figure("dondoc backup, while it runs", "s", lambda one: one.backup),
        figure("a backup's size", "MB", lambda one: one.size / MEGABYTE),
        figure("dondoc restore", "s", lambda one: one.restore),
        figure("dondoc rebuild workflows, until they answer", "s", lambda one: one.rebuild),
        figure("CPU of an intake", "ms", lambda one: one.intake_cpu),
        figure("CPU of a rebuilt directive", "ms", lambda one: one.rebuild_cpu),
        figure("restore and rebuild against intake", "", lambda one: one.back, RESTORE),
    ]


def of_scale(found: Sequence[Scaled]) -> list[Figure]:
    """A curve of each, one value a size."""
    return [
        Figure(f"{name}, {one.open} open and {one.closed} closed", unit, [value(one)])
        for name, unit, value in _CURVES
        for one in found
    ]


_CURVES: tuple[tuple[str, str, Callable[[Scaled], float]], ...] = (
    ("intake", "/s", lambda one: one.intake),
    ("08:00 storm, moments told", "/s", lambda one: one.storm),
    ("board", "ms", lambda one: 1000 * one.board),
    ("restart, until a command is answered", "s", lambda one: one.restart),
    ("worker memory", "MB", lambda one: one.worker / MEGABYTE),
    ("server memory", "MB", lambda one: one.server / MEGABYTE),
    ("database memory", "MB", lambda one: one.database / MEGABYTE),
    ("bytes an open directive in Temporal", "kB", lambda one: one.temporal / 1000),
    ("bytes an open directive in SQL", "kB", lambda one: one.sql / 1000),
)


def of_pages(found: Paged) -> list[Figure]:
    """Latencies of pages beside those of the bare page, in the same process under the same load."""
    figures = []
    beside = found.seconds[BARE]
    for kind in (*CHOSEN, BARE, COMMAND):
        measured = found.seconds.get(kind, [])
        for percent in PERCENTILES if measured else ():
            aim = PAGE if kind in AIMED_AT and percent == PERCENTILES[1] else None
            bare = [] if kind in (BARE, COMMAND) else [1000 * _percentile(beside, percent)]
            name = f"{kind}, p{percent}" + (f", {len(measured)} answers" if percent == PERCENTILES[0] else "")
            figures.append(Figure(name, "ms", [1000 * _percentile(measured, percent)], bare, aim))
    heaviest = max(found.heaviest.values()) / 1000
    return [
        *figures,
        Figure("the first board of a web process", "ms", [1000 * found.first_board]),
        Figure("the heaviest page, before compression", "kB", [heaviest], aim=Aim("ours", at_most=150.0)),
        Figure("pages", "/s", [found.pages_a_second]),
        Figure("commands", "/s", [found.commands_a_second]),
        Figure("commands kept, not recorded at once", "", [found.kept]),
        Figure('answers "come again" (503)', "", [found.turned_away], aim=NOTHING),
        *(Figure(f"CPU of {name}", "ms/s", [1000 * used]) for name, used in sorted(found.cpu.items())),
    ]


def _percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many in a hundred do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


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


def of_restarts(
    ours: Sequence[Restarted],
    bare: Sequence[Restarted],
    polled: Sequence[Polled] = (),
    setting: Setting = EMBEDDED,
) -> list[Figure]:
    """Figures with so many open."""
    number = ours[0].open
    polls: dict[str, list[float]] = {
        ALL_TOLD_AGAIN: [one.outbox.seconds for one in polled],
        LATE: [one.outbox.late for one in polled],
        TWICE: [float(one.outbox.twice + one.outbox.lost) for one in polled],
    }

    def figure(name: str, unit: str, value: Callable[[Restarted], float], aim: Aim | None = None) -> Figure:
        both = [value(one) for one in ours], [value(one) for one in bare]
        return Figure(f"{name}, {number} open{setting}", unit, *both, aim, polls.get(name, []))

    sending = [float(one.sending.twice + one.sending.lost) for one in polled]
    that_sends = f"the same, where the loop sends the mails itself, {number} open{setting}"

    return [
        figure("CPU of a command to any", "ms", lambda one: one.step_cpu),
        figure("commands to any", "/s", lambda one: one.step_rate),
        figure("restart, until a command is answered", "s", lambda one: one.restart),
        figure(ALL_TOLD_AGAIN, "s", lambda one: one.storm, ALL_TOLD),
        figure(LATE, "s", lambda one: one.late),
        figure(TWICE, "", lambda one: float(one.twice), NOTHING),
        *([Figure(that_sends, "", [0.0 for _ in ours], polling=sending)] if sending else []),
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
