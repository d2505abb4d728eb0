"""Figures in SQL: the same judgement as models/timeliness.py, counted where the snapshots lie."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, or_, select

from database.scopes import coordinates, seen_by
from models.sight import EVERYTHING, Scope
from models.tables import DIRECTIVE, is_open
from models.timeliness import Figures
from models.vocabulary import Status, Timeliness, Urgency

NOBODY: Final = "-"
"""As agency, field or leader of a filter: those that have none."""

_OPEN: Final = (Timeliness.NO_DEADLINE, Timeliness.ON_TIME, Timeliness.DUE_SOON, Timeliness.OVERDUE)
_DONE: Final = (Timeliness.COMPLETED_ON_TIME, Timeliness.COMPLETED_LATE)

FIGURES: Final[dict[str, tuple[Timeliness, ...]]] = {
    "total": (*_OPEN, *_DONE),
    "open": _OPEN,
    "on_time": (Timeliness.NO_DEADLINE, Timeliness.ON_TIME),
    "due_soon": (Timeliness.DUE_SOON,),
    "overdue": (Timeliness.OVERDUE,),
    "completed": _DONE,
    "completed_on_time": (Timeliness.COMPLETED_ON_TIME,),
    "completed_late": (Timeliness.COMPLETED_LATE,),
}
"""Which directives each figure of `Figures` counts, by its name."""


def timeliness_column(now: dt.datetime) -> ColumnElement[Any]:
    """The timeliness of a snapshot at an instant; NULL for a cancelled one."""
    judged_at = func.coalesce(DIRECTIVE.c.judged_at, literal(now, DIRECTIVE.c.judged_at.type))
    late = and_(DIRECTIVE.c.due_at.is_not(None), judged_at > DIRECTIVE.c.due_at)
    return case(
        (DIRECTIVE.c.status == Status.CANCELLED.value, None),
        (and_(DIRECTIVE.c.status == Status.COMPLETED.value, late), Timeliness.COMPLETED_LATE.value),
        (DIRECTIVE.c.status == Status.COMPLETED.value, Timeliness.COMPLETED_ON_TIME.value),
        (DIRECTIVE.c.due_at.is_(None), Timeliness.NO_DEADLINE.value),
        (late, Timeliness.OVERDUE.value),
        (judged_at >= DIRECTIVE.c.due_soon_at, Timeliness.DUE_SOON.value),
        else_=Timeliness.ON_TIME.value,
    )


@dataclass(frozen=True)
class Filter:
    """Which directives a list or a board is about; what is None or empty does not narrow it.

    Attributes:
        figure: a name of `FIGURES`: exactly what that figure counts.
        agency, field, leader: leads it, is its field, supervises it; `NOBODY` for those without.
        coordinating: an agency that coordinates it.
        document: part of the document's number, as `normalise_number` writes it.
        level: the least level of escalation.
        due_after, due_until: falls due after the one and not after the other; so the end of a day belongs to that day.
        registered_from, registered_before: registered at or after the one and before the other.
        text: searched in code, document number, abstract and content, folded.
        scope: what the person who asks may see.
    """

    status: str | None = None
    timeliness: str | None = None
    figure: str | None = None
    agency: str | None = None
    coordinating: str | None = None
    field: str | None = None
    leader: str | None = None
    urgency: Urgency | None = None
    document: str = ""
    level: int = 0
    due_after: dt.datetime | None = None
    due_until: dt.datetime | None = None
    registered_from: dt.datetime | None = None
    registered_before: dt.datetime | None = None
    text: str = ""
    open_only: bool = False
    scope: Scope = EVERYTHING

    def conditions(self, now: dt.datetime) -> list[ColumnElement[bool]]:
        """The conditions on the snapshots."""
        found = [*self._columns(), *self._stretches()]
        if self.timeliness is not None:
            found.append(timeliness_column(now) == self.timeliness)
        if self.figure is not None:
            statuses = _statuses(FIGURES[self.figure])
            found += [DIRECTIVE.c.status.in_(statuses), timeliness_column(now).in_(FIGURES[self.figure])]
        if not self.scope.everything:
            found.append(seen_by(self.scope))
        if self.open_only:
            found += [DIRECTIVE.c.status.in_(_statuses(_OPEN)), is_open()]
        if self.text:
            search = DIRECTIVE.c.search.contains(self.text, autoescape=True)
            found.append(or_(search, func.lower(DIRECTIVE.c.code) == self.text.lower()))
        return found

    def _columns(self) -> list[ColumnElement[bool]]:
        columns = {
            "status": self.status,
            "lead_agency": self.agency,
            "field": self.field,
            "supervising_leader": self.leader,
            "urgency": self.urgency and self.urgency.value,
        }
        found: list[ColumnElement[bool]] = [
            DIRECTIVE.c[name].is_(None) if value == NOBODY else DIRECTIVE.c[name] == value
            for name, value in columns.items()
            if value is not None
        ]
        if self.coordinating is not None:
            found.append(coordinates(self.coordinating))
        if self.document:
            found.append(DIRECTIVE.c.document_number.contains(self.document, autoescape=True))
        if self.level:
            found.append(DIRECTIVE.c.escalation_level >= self.level)
        return found

    def _stretches(self) -> list[ColumnElement[bool]]:
        due, registered = DIRECTIVE.c.due_at, DIRECTIVE.c.registered_at
        found = []
        if self.due_after is not None:
            found.append(due > self.due_after)
        if self.due_until is not None:
            found.append(due <= self.due_until)
        if self.registered_from is not None:
            found.append(registered >= self.registered_from)
        if self.registered_before is not None:
            found.append(registered < self.registered_before)
        return found


def _statuses(judged: tuple[Timeliness, ...]) -> list[str]:
    """The statuses that can be judged so; told to the database because they are what its index begins with."""
    closed = {Status.COMPLETED: any(one in _DONE for one in judged), Status.CANCELLED: False}
    still = any(one in _OPEN for one in judged)
    return [status.value for status in Status if closed.get(status, still)]


@dataclass(frozen=True)
class Counted:
    """How many directives share these properties."""

    group: str | None
    status: str
    timeliness: str | None
    has_deadline: bool
    number: int


def count_by(connection: Connection, axis: str, now: dt.datetime, only: Filter | None = None) -> list[Counted]:
    """Count the snapshots by one column, status and timeliness, in one statement.

    Args:
        axis: `lead_agency`, `field` or `supervising_leader`.
    """
    group, judged = DIRECTIVE.c[axis], timeliness_column(now)
    has_deadline = DIRECTIVE.c.due_at.is_not(None)
    statement = select(
        group.label("group"),
        DIRECTIVE.c.status,
        judged.label("timeliness"),
        has_deadline.label("has_deadline"),
        func.count().label("number"),
    ).group_by(group, DIRECTIVE.c.status, judged, has_deadline)
    if only is not None:
        statement = statement.where(*only.conditions(now))
    return [
        Counted(row.group, row.status, row.timeliness, bool(row.has_deadline), row.number)
        for row in connection.execute(statement)
    ]


def figures_of(counted: list[Counted]) -> Figures:
    """Add up what was counted."""
    sums: dict[str, int] = {}

    def add(name: str, number: int) -> None:
        sums[name] = sums.get(name, 0) + number

    for one in counted:
        match one.timeliness:
            case None:
                add("cancelled", one.number)
            case Timeliness.NO_DEADLINE.value:
                add("on_time", one.number)
                add("no_deadline_open", one.number)
            case judged:
                add(str(judged), one.number)
                if judged == Timeliness.COMPLETED_ON_TIME.value and not one.has_deadline:
                    add("no_deadline_completed", one.number)
    return Figures(**sums)


@dataclass(frozen=True)
class Axes:
    """How many directives share all three axes and what is counted."""

    agency: str | None
    field: str | None
    leader: str | None
    counted: Counted


def count_axes(
    connection: Connection, now: dt.datetime, only: Filter | None = None, *also: ColumnElement[bool]
) -> list[Axes]:
    """Count the snapshots by all three axes, status and timeliness at once: everything that a board adds up.

    Args:
        also: conditions besides those of the filter.
    """
    instant = func.coalesce(DIRECTIVE.c.judged_at, literal(now, DIRECTIVE.c.judged_at.type))
    late, due_at = instant > DIRECTIVE.c.due_at, DIRECTIVE.c.due_at
    soon = and_(instant <= due_at, instant >= DIRECTIVE.c.due_soon_at)
    # In the order of the index `directive_by_axis`, which holds every column of this: the table itself is not read, and
    # nothing is sorted.
    keys = (DIRECTIVE.c.status, DIRECTIVE.c.lead_agency, DIRECTIVE.c.field, DIRECTIVE.c.supervising_leader)
    statement = select(
        *keys,
        func.count().label("number"),
        func.count(due_at).label("timed"),
        func.count().filter(late).label("late"),
        func.count().filter(soon).label("soon"),
    ).group_by(*keys)
    statement = statement.where(*also, *(only.conditions(now) if only is not None else ()))
    return [
        Axes(row.lead_agency, row.field, row.supervising_leader, one)
        for row in connection.execute(statement)
        for one in _judged(row.status, row.number, row.timed, row.late, row.soon)
    ]


def _judged(status: str, number: int, timed: int, late: int, soon: int) -> list[Counted]:
    """The judgement of `timeliness_column` on a group of one status."""
    untimed = number - timed
    if status == Status.CANCELLED.value:
        parts: list[tuple[Timeliness | None, bool, int]] = [(None, True, timed), (None, False, untimed)]
    elif status == Status.COMPLETED.value:
        parts = [
            (Timeliness.COMPLETED_LATE, True, late),
            (Timeliness.COMPLETED_ON_TIME, True, timed - late),
            (Timeliness.COMPLETED_ON_TIME, False, untimed),
        ]
    else:
        parts = [
            (Timeliness.OVERDUE, True, late),
            (Timeliness.DUE_SOON, True, soon),
            (Timeliness.ON_TIME, True, timed - late - soon),
            (Timeliness.NO_DEADLINE, False, untimed),
        ]
    return [Counted(None, status, judged, has_deadline, count) for judged, has_deadline, count in parts if count]
