"""The weeks behind us, counted in the ledger: what was entered, what was completed, what was overdue at their ends."""

import datetime as dt
import json
from collections.abc import Sequence
from itertools import groupby, pairwise

from sqlalchemy import Connection, and_, case, func, or_, select

from database.figures import Filter
from models.tables import DIRECTIVE, LEDGER
from models.trend import STEPS, Step, overdue_at
from models.vocabulary import Status


def counted_in(connection: Connection, kinds: Sequence[str], ends: Sequence[dt.datetime], only: Filter) -> list[int]:
    """How many events of these kinds there were between each two instants, in one statement."""
    parts = [
        func.coalesce(func.sum(case((and_(LEDGER.c.at >= start, LEDGER.c.at < end), 1), else_=0)), 0)
        for start, end in pairwise(ends)
    ]
    statement = (
        select(*parts)
        .select_from(LEDGER.join(DIRECTIVE, LEDGER.c.directive == DIRECTIVE.c.code))
        .where(LEDGER.c.kind.in_(kinds), LEDGER.c.at >= ends[0], LEDGER.c.at < ends[-1], *only.conditions(ends[-1]))
    )
    return [int(number) for number in connection.execute(statement).one()]


def overdue_then(connection: Connection, instants: Sequence[dt.datetime], only: Filter) -> list[int]:
    """How many directives were overdue at each of some instants of the past, which are in order; one statement."""
    still = DIRECTIVE.c.status.not_in([status.value for status in Status if status.closed])
    statement = (
        select(LEDGER.c.directive, LEDGER.c.at, LEDGER.c.kind, LEDGER.c.data)
        .select_from(LEDGER.join(DIRECTIVE, LEDGER.c.directive == DIRECTIVE.c.code))
        .where(
            LEDGER.c.kind.in_(sorted(STEPS)),
            LEDGER.c.at < instants[-1],
            or_(still, DIRECTIVE.c.updated_at >= instants[0]),  # what was closed before is not overdue in any week
            *only.conditions(instants[-1]),
        )
        .order_by(LEDGER.c.directive, LEDGER.c.seq)
    )
    sums = [0] * len(instants)
    rows = connection.execution_options(yield_per=2_000).execute(statement)
    for _code, life in groupby(rows, key=lambda row: row.directive):
        steps = [_step(row.at, row.kind, row.data) for row in life]
        for number, late in enumerate(overdue_at(steps, instants)):
            sums[number] += late
    return sums


def _step(at: dt.datetime, kind: str, data: str) -> Step:
    if '"deadline"' not in data and '"no_deadline"' not in data and kind != "resumed":
        return Step(at, kind)
    said = json.loads(data)
    deadline = said.get("deadline")
    if kind not in ("registered", "extension_decided", "returned", "resumed", "amended", "reopened"):
        return Step(at, kind)
    if deadline is None:
        takes_away = kind == "resumed" or bool(said.get("no_deadline"))
        return Step(at, kind, None, sets_deadline=takes_away)
    return Step(at, kind, dt.datetime.fromisoformat(deadline["due_at"]), sets_deadline=True)
