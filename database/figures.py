"""Figures in SQL: the same judgement as models/timeliness.py, counted where the snapshots lie."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, or_, select

from database.scopes import seen_by
from models.sight import EVERYTHING, Scope
from models.tables import DIRECTIVE
from models.timeliness import Figures
from models.vocabulary import Status, Timeliness


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
        text: searched in code, document number, abstract and content, folded.
        agency: leads it.
        scope: what the person who asks may see.
    """

    status: str | None = None
    timeliness: str | None = None
    agency: str | None = None
    field: str | None = None
    leader: str | None = None
    urgency: str | None = None
    text: str = ""
    open_only: bool = False
    scope: Scope = EVERYTHING

    def conditions(self, now: dt.datetime) -> list[ColumnElement[bool]]:
        """The conditions on the snapshots."""
        columns = {
            "status": self.status,
            "lead_agency": self.agency,
            "field": self.field,
            "supervising_leader": self.leader,
            "urgency": self.urgency,
        }
        found = [DIRECTIVE.c[name] == value for name, value in columns.items() if value is not None]
        if self.timeliness is not None:
            found.append(timeliness_column(now) == self.timeliness)
        if not self.scope.everything:
            found.append(seen_by(self.scope))
        if self.open_only:
            found.append(DIRECTIVE.c.status.not_in([status.value for status in Status if status.closed]))
        if self.text:
            search = DIRECTIVE.c.search.contains(self.text, autoescape=True)
            found.append(or_(search, func.lower(DIRECTIVE.c.code) == self.text.lower()))
        return found


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
