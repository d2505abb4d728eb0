"""Was each moment of a life told once, in time, and no other? Computed step by step from the rows alone.

The trial's policy counts in hours, the trial lies within one afternoon's working hours, so an hour is an hour.
"""

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from checked_files import Fault, Row
from checked_life import MOMENT, Life, Run

HAIR = dt.timedelta(microseconds=2)
"""By how much two ways of multiplying may differ."""


@dataclass(frozen=True)
class Step:
    """A step so many hours from its clock's anchor, told again every so many hours after."""

    hours: float
    every: float | None = None


@dataclass(frozen=True)
class Rule:
    """A clock of the trial's policy: in which states it runs, and its steps."""

    clock: str
    states: frozenset[str]
    steps: tuple[Step, ...]


def check_moments(
    rows: list[Row], rules: tuple[Rule, ...], until: dt.datetime
) -> tuple[Life, list[Fault], dt.datetime | None]:
    """Follow a life row by row.

    Args:
        until: what was planned up to this instant must be told by now.

    Returns: the life, what is wrong with its moments, and the next one.
    """
    life = Life(rows[0].directive)
    faults: list[Fault] = []
    group: list[Row] = []
    for row in rows:
        if group and (row.kind != MOMENT or row.at != group[0].at):
            faults += _told_together(group)
            group = []
        if row.kind == MOMENT:
            faults += _moment(life, row, rules)
            group.append(row)
            continue
        faults += _missing(life, rules, row.at, f"before row {row.seq}")
        life.take(row)
    faults += _told_together(group)
    faults += _missing(life, rules, until, "by now")
    upcoming = [planned for _key, planned in itertools.chain(*(_firsts(life, rule) for rule in rules))]
    return life, faults, min(upcoming, default=None)


def _moment(life: Life, row: Row, rules: tuple[Rule, ...]) -> Iterator[Fault]:
    content = row.content
    key = (str(content["clock"]), int(content["run"]), str(content["step"]))
    about = f"row {row.seq}, {'/'.join(map(str, key))}"
    life.seq, life.last_at = row.seq, row.at
    if key in life.told:
        yield Fault("moment_doubled", row.directive, about)
        return
    if row.planned_at is None or row.at < row.planned_at:
        yield Fault("moment_early", row.directive, f"{about} was planned for {row.planned_at} and told at {row.at}")
    rule = next((rule for rule in rules if rule.clock == key[0]), None)
    due = dict(_due(life, rule, row.at)) if rule else {}
    planned = due.get(key)
    if planned is None:
        yield Fault("moment_unasked", row.directive, f"{about}: nothing of that kind was due at {row.at}")
    elif row.planned_at is not None and abs(planned - row.planned_at) > HAIR:
        yield Fault("moment_misplaced", row.directive, f"{about} was due at {planned}, not at {row.planned_at}")
    life.told.add(key)


def _told_together(group: list[Row]) -> Iterator[Fault]:
    """Of the moments told at one instant the last planned is the message, and the others are merged into it."""
    last = max((row.planned_at for row in group if row.planned_at), default=None)
    for row in group:
        expected = "told" if row.planned_at == last else "merged"
        if row.content["outcome"] != expected:
            yield Fault("burst", row.directive, f"row {row.seq} is {row.content['outcome']}, not {expected}")


def _missing(life: Life, rules: tuple[Rule, ...], until: dt.datetime, when: str) -> Iterator[Fault]:
    for rule in rules:
        for (clock, run, step), planned in _due(life, rule, until):
            yield Fault("moment_missing", life.code, f"{clock}/{run}/{step}, due at {planned}, was not told {when}")


def _due(life: Life, rule: Rule, until: dt.datetime) -> Iterator[tuple[tuple[str, int, str], dt.datetime]]:
    """The steps of a clock that are due and not told."""
    for step in rule.steps:
        yield from itertools.takewhile(lambda found: found[1] <= until, _untold(life, rule, step))


def _firsts(life: Life, rule: Rule) -> Iterator[tuple[tuple[str, int, str], dt.datetime]]:
    for step in rule.steps:
        yield from itertools.islice(_untold(life, rule, step), 1)


def _untold(life: Life, rule: Rule, step: Step) -> Iterator[tuple[tuple[str, int, str], dt.datetime]]:
    """One step's moments that are not told, in order, as long as nothing changes."""
    run, since = life.runs.get(rule.clock), life.running_since(rule.states)
    if run is None or since is None:
        return
    after = max(run.since, since)
    for number in itertools.count() if step.every else range(1):
        hours = step.hours + number * (step.every or 0.0)
        planned = _planned(life, rule, run, hours)
        key = (rule.clock, run.seq, f"{'+' if hours > 0 else ''}{hours:g}h")
        if planned > after and key not in life.told:
            yield key, planned


def _planned(life: Life, rule: Rule, run: Run, hours: float) -> dt.datetime:
    """So many hours from the anchor; time in which the directive stood still is left out, but not before a deadline."""
    planned = run.anchor + dt.timedelta(microseconds=round(hours * 3_600_000_000))
    if rule.clock == "deadline" or hours <= 0:
        return planned
    for start, end in life.pauses:
        if end is not None and end > run.anchor and start <= planned:
            planned += end - max(start, run.anchor)
    return planned
