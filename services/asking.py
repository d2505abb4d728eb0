"""Answering questions from the snapshots and the ledger: status, list, board, history, what comes next.

Nothing here waits for Temporal, and no question costs more statements for more directives.
"""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, case, func, select

from database.figures import Axes, Counted, Filter, count_axes, figures_of, timeliness_column
from database.ledger import read_rows
from database.reference import Reference
from database.scopes import seen_by
from database.snapshots import read_snapshot
from models.directive import Directive
from models.events import Recorded
from models.moments import Moment, upcoming
from models.refusal import Code, Refused
from models.sight import Scope
from models.tables import DIRECTIVE
from models.timeliness import Figures
from models.vocabulary import Timeliness

WORST_FIRST = (Timeliness.OVERDUE, Timeliness.DUE_SOON, Timeliness.ON_TIME, Timeliness.NO_DEADLINE)


class Sort(StrEnum):
    """By what a list is ordered."""

    WORST = "worst"
    CODE = "code"
    AGENCY = "agency"
    DEADLINE = "deadline"
    LEVEL = "level"
    UPDATED = "updated"


@dataclass(frozen=True)
class Order:
    """The order of a list; what is alike is ordered by code.

    Attributes:
        agencies: their codes in the order of their names; needed to sort by agency.
    """

    by: Sort = Sort.WORST
    descending: bool = False
    agencies: tuple[str, ...] = ()

    def columns(self, now: dt.datetime) -> list[ColumnElement[Any]]:
        """What the database orders by."""
        return [key.desc() if descending else key for key, descending in self.keys(now)]

    def keys(self, now: dt.datetime) -> list[tuple[ColumnElement[Any], bool]]:
        """What the database orders by, and whether the greatest comes first."""
        code, turned = (DIRECTIVE.c.code, False), self.descending
        match self.by:
            case Sort.WORST:
                return [*_worst(now), code]
            case Sort.CODE:
                return [(DIRECTIVE.c.code, turned)]
            case Sort.AGENCY:
                places = {agency: place for place, agency in enumerate(self.agencies)}
                lead = DIRECTIVE.c.lead_agency
                return [(case(places, value=lead, else_=len(places)) if places else lead, turned), code]
            case Sort.DEADLINE:  # those without one come last, whichever way
                return [(DIRECTIVE.c.due_at.is_(None), False), (DIRECTIVE.c.due_at, turned), code]
            case Sort.LEVEL:
                return [(DIRECTIVE.c.escalation_level, turned), code]
            case Sort.UPDATED:
                return [(DIRECTIVE.c.updated_at, turned), code]


WORST: Final = Order()


def _worst(now: dt.datetime) -> list[tuple[ColumnElement[Any], bool]]:
    places = {one.value: place for place, one in enumerate(WORST_FIRST)}
    worst = case(places, value=timeliness_column(now), else_=len(WORST_FIRST))
    return [(worst, False), (DIRECTIVE.c.escalation_level, True), (DIRECTIVE.c.due_at, False)]


@dataclass(frozen=True)
class Standing:
    """Where one directive stands at an instant.

    Attributes:
        seq: its last event; 0 while it awaits its start.
    """

    directive: Directive
    timeliness: Timeliness | None
    seq: int
    awaiting_start: bool
    following: Moment | None


def status_of(connection: Connection, code: str, now: dt.datetime) -> Standing:
    """Where does this stand?

    Raises:
        Refused: not_found.
    """
    standing = next(_standings(connection, Filter(), now, code=code), None)
    if standing is None:
        raise Refused(Code.NOT_FOUND, directive=code)
    return standing


def list_directives(
    connection: Connection,
    only: Filter,
    now: dt.datetime,
    limit: int | None = None,
    offset: int = 0,
    order: Order = WORST,
) -> Iterator[Standing]:
    """The directives that a filter leaves, the worst first unless another order is asked for."""
    return _standings(connection, only, now, limit=limit, offset=offset, order=order)


def is_seen(connection: Connection, code: str, scope: Scope) -> bool:
    """Whether a directive is there and somebody sees it, without reading it."""
    statement = select(DIRECTIVE.c.code).where(DIRECTIVE.c.code == code, seen_by(scope))
    return connection.execute(statement).first() is not None


@dataclass(frozen=True)
class Page:
    """A part of a list, and how many directives the whole of it has."""

    standings: list[Standing]
    total: int


def page_of(
    connection: Connection, only: Filter, now: dt.datetime, limit: int, number: int = 1, order: Order = WORST
) -> tuple[Page, int]:
    """One page of a list, or the last one where there are not so many; and which one it is.

    Args:
        limit: directives a page.
        number: from 1.
    """
    offset = (number - 1) * limit
    if only.text or not only.scope.everything:  # looked up once, and not for the number and then for the order
        page = _looked_up(connection, only, now, limit, offset, order)
        if page.standings or number == 1:
            return page, number
    total = count_directives(connection, only, now)
    number = min(number, max(1, -(-total // limit)))
    standings = list_directives(connection, only, now, limit, (number - 1) * limit, order) if total else ()
    return Page(list(standings), total), number


def _looked_up(connection: Connection, only: Filter, now: dt.datetime, limit: int, offset: int, order: Order) -> Page:
    keys = order.keys(now)
    labelled = [key.label(f"key_{place}") for place, (key, _) in enumerate(keys)]
    found = select(DIRECTIVE.c.code, *labelled).where(*only.conditions(now)).cte("found")
    # PostgreSQL would sort all directives and look into each for the text, in several processes.
    found = found.prefix_with("MATERIALIZED", dialect="postgresql")
    sorted_by = [
        found.c[label.name].desc() if down else found.c[label.name]
        for label, (_, down) in zip(labelled, keys, strict=True)
    ]
    chosen = (
        select(found.c.code, select(func.count()).select_from(found).scalar_subquery().label("total"))
        .order_by(*sorted_by)
        .limit(limit)
        .offset(offset)
        .subquery("chosen")
    )
    statement = _selected([], now).add_columns(chosen.c.total)
    statement = statement.join(chosen, chosen.c.code == DIRECTIVE.c.code).order_by(*order.columns(now))
    rows = connection.execute(statement).all()
    return Page(list(_readable(rows)), rows[0].total if rows else 0)


def count_directives(connection: Connection, only: Filter, now: dt.datetime) -> int:
    """How many directives a filter leaves."""
    statement = select(func.count()).select_from(DIRECTIVE).where(*only.conditions(now))
    return int(connection.execute(statement).scalar_one())


def _standings(
    connection: Connection,
    only: Filter,
    now: dt.datetime,
    *,
    code: str | None = None,
    limit: int | None = None,
    offset: int = 0,
    order: Order = WORST,
) -> Iterator[Standing]:
    conditions = only.conditions(now)
    if code is not None:
        conditions.append(DIRECTIVE.c.code == code)
    if only.text:  # found in the index of texts first, so that no row is read in vain
        conditions = [DIRECTIVE.c.code.in_(select(DIRECTIVE.c.code).where(*conditions))]
    columns = order.columns(now)
    if limit is not None:  # first which ones, out of the index alone; then their rows
        page = select(DIRECTIVE.c.code).where(*conditions).order_by(*columns).limit(limit).offset(offset)
        conditions = [DIRECTIVE.c.code.in_(select(page.subquery().c.code))]
    statement = _selected(conditions, now).order_by(*columns)
    if code is None and limit is None:  # all of them need not stand in memory at once
        statement = statement.execution_options(yield_per=500)
    rows = connection.execute(statement)
    return map(_standing, rows) if code is not None else _readable(rows)


def _readable(rows: Iterable[Row[Any]]) -> Iterator[Standing]:
    """One whose data break the code hides no other; `doctor` and `verify` name it (RULES 18)."""
    for row in rows:
        with contextlib.suppress(ValueError):
            yield _standing(row)


def directives_after(
    connection: Connection, only: Filter, now: dt.datetime, after: str, limit: int
) -> tuple[list[Standing], str | None]:
    """A page of the directives that a filter leaves, in the order of codes, so that none is missed or shown twice.

    Args:
        after: the code that the page before ended with; empty for the first page.

    Returns: the page, and the code after which the next one begins; None when this is the last.
    """
    conditions = [*only.conditions(now), DIRECTIVE.c.code > after]
    statement = _selected(conditions, now).order_by(DIRECTIVE.c.code).limit(limit + 1)
    rows = connection.execute(statement).all()
    return list(_readable(rows[:limit])), rows[limit - 1].code if len(rows) > limit else None


def _selected(conditions: list[ColumnElement[bool]], now: dt.datetime) -> Select[Any]:
    return select(
        DIRECTIVE.c.code,
        DIRECTIVE.c.state,
        DIRECTIVE.c.seq,
        DIRECTIVE.c.awaiting_start,
        DIRECTIVE.c.next_moment,
        timeliness_column(now).label("judged"),
    ).where(*conditions)


def _standing(row: Row[Any]) -> Standing:
    return Standing(
        directive=Directive.model_validate_json(row.state),
        timeliness=Timeliness(row.judged) if row.judged else None,
        seq=row.seq,
        awaiting_start=row.awaiting_start,
        following=Moment.model_validate_json(row.next_moment) if row.next_moment else None,
    )


@dataclass(frozen=True)
class Board:
    """The aggregated status that leaders look at; every figure adds up to `figures`."""

    as_of: dt.datetime
    figures: Figures
    by_status: dict[str, int]
    by_agency: list[tuple[str | None, Figures]]
    by_field: list[tuple[str | None, Figures]]
    by_leader: list[tuple[str | None, Figures]]
    awaiting_start: int


def board(
    connection: Connection,
    now: dt.datetime,
    only: Filter | None = None,
    count: Callable[[Connection, dt.datetime, Filter], list[Axes]] = count_axes,
) -> Board:
    """Add everything up at one instant, in one transaction.

    Args:
        only: narrow the board to these directives.
        count: counts them; `CompletedFigures.axes` where a process is asked again and again.
    """
    axes = count(connection, now, only or Filter())
    counted = [one.counted for one in axes]
    by_status: dict[str, int] = {}
    for one in counted:
        if one.timeliness is not None:
            by_status[one.status] = by_status.get(one.status, 0) + one.number
    awaiting = select(func.count()).select_from(DIRECTIVE).where(DIRECTIVE.c.awaiting_start.is_(True))
    return Board(
        as_of=now,
        figures=figures_of(counted),
        by_status=by_status,
        by_agency=_grouped(axes, lambda one: one.agency),
        by_field=_grouped(axes, lambda one: one.field),
        by_leader=_grouped(axes, lambda one: one.leader),
        awaiting_start=connection.execute(awaiting.where(*(only or Filter()).conditions(now))).scalar_one(),
    )


def _grouped(axes: list[Axes], axis: Callable[[Axes], str | None]) -> list[tuple[str | None, Figures]]:
    """Figures of each group, the worst first: most overdue, then most open."""
    groups: dict[str | None, list[Counted]] = {}
    for one in axes:
        groups.setdefault(axis(one), []).append(one.counted)
    figures = [(group, figures_of(members)) for group, members in groups.items()]
    return sorted(
        (pair for pair in figures if pair[1].total),
        key=lambda pair: (-pair[1].overdue, -pair[1].open, -pair[1].total, pair[0] or ""),
    )


def history_of(connection: Connection, code: str) -> tuple[Recorded, ...]:
    """What happened to a directive, in the order of recording; empty while it awaits its start.

    Raises:
        Refused: not_found.
    """
    rows = read_rows(connection, code)
    if not rows and read_snapshot(connection, code) is None:
        raise Refused(Code.NOT_FOUND, directive=code)
    return rows


def next_of(
    connection: Connection, code: str, reference: Reference, now: dt.datetime
) -> tuple[Directive, tuple[Moment, ...]]:
    """Every coming moment of a directive if nobody acts.

    Raises:
        Refused: not_found.
    """
    found = read_snapshot(connection, code)
    if found is None:
        raise Refused(Code.NOT_FOUND, directive=code)
    return found[1], upcoming(found[1], reference.timeline.current, reference.calendar, now)
