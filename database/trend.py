"""The weeks behind us, counted in the ledger: what was entered, what was completed, what was overdue at their ends."""

import datetime as dt
import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, literal_column, or_, select

from database.figures import Filter
from models.tables import DIRECTIVE, LEDGER, is_turn
from models.trend import MOVES_DEADLINE, STEPS, Step, overdue_at
from models.vocabulary import Status


def counted_in(
    connection: Connection, sums: Sequence[Sequence[str]], ends: Sequence[dt.datetime], only: Filter
) -> list[list[int]]:
    """How many events there were between each two instants, for each of some sums of kinds, in one statement.

    Args:
        sums: kinds that are added up, all of them some of `models.tables.TURNS`.
        ends: whole hours, but for the first and the last.
    """
    hour = _hour(connection)
    conditions = only.conditions(ends[-1])
    source = LEDGER.join(DIRECTIVE, LEDGER.c.directive == DIRECTIVE.c.code) if conditions else LEDGER
    kinds = sorted({kind for some in sums for kind in some})
    statement = (
        select(hour.label("hour"), LEDGER.c.kind, func.count().label("number"))
        .select_from(source)
        .where(is_turn(), LEDGER.c.kind.in_(kinds), LEDGER.c.at >= ends[0], LEDGER.c.at < ends[-1], *conditions)
        .group_by(hour, LEDGER.c.kind)
    )
    counted = [[0] * (len(ends) - 1) for _ in sums]
    for row in connection.execute(statement):
        begun = row.hour if isinstance(row.hour, dt.datetime) else dt.datetime.fromisoformat(f"{row.hour}:00+00:00")
        place = max(0, bisect_right(ends, begun, hi=len(ends) - 1) - 1)
        for some, numbers in zip(sums, counted, strict=True):
            if row.kind in some:
                numbers[place] += row.number
    return counted


def _hour(connection: Connection) -> ColumnElement[Any]:
    """The hour in which an event was: so many rows are counted where they lie, and few are read."""
    if connection.dialect.name == "postgresql":
        return func.date_trunc(literal_column("'hour'"), LEDGER.c.at)  # the same words where it is grouped by
    return func.substr(LEDGER.c.at, 1, len("2026-03-02T09"))


def overdue_then(
    connection: Connection,
    instants: Sequence[dt.datetime],
    only: Filter,
    late: Mapping[str, Sequence[int]] | None = None,
) -> list[int]:
    """How many directives were overdue at each of some instants of the past, which are in order.

    Args:
        late: what `late_then` says of these instants, where it is known already.
    """
    lives = late_then(connection, instants) if late is None else late
    conditions = only.conditions(instants[-1])
    chosen: Iterable[Sequence[int]] = lives.values()
    if conditions and lives:
        codes = select(DIRECTIVE.c.code).where(*_may_have_been_late(instants), *conditions)
        chosen = [lives[row.code] for row in connection.execute(codes) if row.code in lives]
    sums = [0] * len(instants)
    for numbers in chosen:
        for number in numbers:
            sums[number] += 1
    return sums


def late_then(connection: Connection, instants: Sequence[dt.datetime]) -> dict[str, tuple[int, ...]]:
    """Which directives were overdue at some of these instants, and at which: their numbers, from 0."""
    candidates = select(DIRECTIVE.c.code).where(*_may_have_been_late(instants))
    statement = (
        select(LEDGER.c.directive, LEDGER.c.at, LEDGER.c.kind, LEDGER.c.data)
        .where(LEDGER.c.directive.in_(candidates), LEDGER.c.kind.in_(sorted(STEPS)), LEDGER.c.at < instants[-1])
        .order_by(LEDGER.c.directive, LEDGER.c.seq)
    )
    found = {}
    rows = connection.execution_options(yield_per=2_000).execute(statement)
    for code, life in groupby(rows, key=lambda row: str(row.directive)):
        steps = [_step(row.at, row.kind, row.data) for row in life]
        numbers = tuple(number for number, late in enumerate(overdue_at(steps, instants)) if late)
        if numbers:
            found[code] = numbers
    return found


def _may_have_been_late(instants: Sequence[dt.datetime]) -> list[ColumnElement[bool]]:
    """Which directives are worth a look: most were handed in in time, and their deadline never moved.

    The snapshot alone proves it of one whose deadline never moved: judged at its last result, it is in time, and what
    it did before was earlier still.
    """
    still = DIRECTIVE.c.status.not_in([status.value for status in Status if status.closed])
    moved = select(LEDGER.c.directive).where(is_turn(), LEDGER.c.kind.in_(sorted(MOVES_DEADLINE)))
    judged_late = or_(DIRECTIVE.c.judged_at.is_(None), DIRECTIVE.c.judged_at > DIRECTIVE.c.due_at)
    return [
        or_(still, DIRECTIVE.c.updated_at >= instants[0]),  # what was closed before is not overdue at any of them
        or_(and_(DIRECTIVE.c.due_at < instants[-1], judged_late), DIRECTIVE.c.code.in_(moved)),
    ]


def _step(at: dt.datetime, kind: str, data: str) -> Step:
    if kind != "registered" and kind not in MOVES_DEADLINE:
        return Step(at, kind)
    if '"deadline"' not in data and '"no_deadline"' not in data and kind != "resumed":
        return Step(at, kind)
    said = json.loads(data)
    deadline = said.get("deadline")
    if deadline is None:
        takes_away = kind == "resumed" or bool(said.get("no_deadline"))
        return Step(at, kind, None, sets_deadline=takes_away)
    return Step(at, kind, dt.datetime.fromisoformat(deadline["due_at"]), sets_deadline=True)
