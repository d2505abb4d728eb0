"""Answering questions from the snapshots and the ledger: status, list, board, history, what comes next, inbox.

Nothing here waits for Temporal, and no question costs more statements for more directives.
"""

import contextlib
import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, case, literal, select, tuple_, update

from database.figures import Counted, Filter, count_by, figures_of, timeliness_column
from database.ledger import read_rows
from database.reference import Reference
from database.snapshots import read_snapshot
from models.directive import Directive
from models.events import Recorded
from models.moments import Moment, upcoming
from models.notices import NoticeContent
from models.office_notices import OfficeNotice, read_office_notice
from models.refusal import Code, Refused
from models.tables import DIRECTIVE, NOTICE
from models.timeliness import Figures
from models.vocabulary import Timeliness

WORST_FIRST = (Timeliness.OVERDUE, Timeliness.DUE_SOON, Timeliness.ON_TIME, Timeliness.NO_DEADLINE)


MARKED_AT_ONCE = 500
"""Notices that one statement marks as read."""


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
    standing = next(_standings(connection, Filter(), now, code=code, limit=1), None)
    if standing is None:
        raise Refused(Code.NOT_FOUND, directive=code)
    return standing


def list_directives(
    connection: Connection, only: Filter, now: dt.datetime, limit: int | None = None, offset: int = 0
) -> Iterator[Standing]:
    """The directives that a filter leaves, the worst first."""
    return _standings(connection, only, now, limit=limit, offset=offset)


def _standings(
    connection: Connection,
    only: Filter,
    now: dt.datetime,
    *,
    code: str | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> Iterator[Standing]:
    judged = timeliness_column(now)
    worst = case({one.value: place for place, one in enumerate(WORST_FIRST)}, value=judged, else_=len(WORST_FIRST))
    statement = _selected(only, now).order_by(
        worst, DIRECTIVE.c.escalation_level.desc(), DIRECTIVE.c.due_at, DIRECTIVE.c.code
    )
    if code is not None:
        statement = statement.where(DIRECTIVE.c.code == code)
    if limit is not None:
        statement = statement.limit(limit).offset(offset)
    if code is None and limit is None:  # all of them need not stand in memory at once
        statement = statement.execution_options(yield_per=500)
    for row in connection.execute(statement):
        try:
            standing = _standing(row)
        except ValueError:  # one whose data break the code hides no other; `doctor` and `verify` name it (RULES 18)
            if code is not None:
                raise
            continue
        yield standing


def directives_after(
    connection: Connection, only: Filter, now: dt.datetime, after: str, limit: int
) -> tuple[list[Standing], str | None]:
    """A page of the directives that a filter leaves, in the order of codes, so that none is missed or shown twice.

    Args:
        after: the code that the page before ended with; empty for the first page.

    Returns: the page, and the code after which the next one begins; None when this is the last.
    """
    statement = _selected(only, now).where(DIRECTIVE.c.code > after).order_by(DIRECTIVE.c.code).limit(limit + 1)
    rows = connection.execute(statement).all()
    found = []
    for row in rows[:limit]:
        with contextlib.suppress(ValueError):  # as in every list (RULES 18)
            found.append(_standing(row))
    return found, rows[limit - 1].code if len(rows) > limit else None


def _selected(only: Filter, now: dt.datetime) -> Select[Any]:
    return select(
        DIRECTIVE.c.code,
        DIRECTIVE.c.state,
        DIRECTIVE.c.seq,
        DIRECTIVE.c.awaiting_start,
        DIRECTIVE.c.next_moment,
        timeliness_column(now).label("judged"),
    ).where(*only.conditions(now))


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


def board(connection: Connection, now: dt.datetime, only: Filter | None = None) -> Board:
    """Add everything up at one instant, in one transaction.

    Args:
        only: narrow the board to these directives.
    """
    counted = count_by(connection, "lead_agency", now, only)
    by_status: dict[str, int] = {}
    for one in counted:
        if one.timeliness is not None:
            by_status[one.status] = by_status.get(one.status, 0) + one.number
    awaiting = select(DIRECTIVE.c.code).where(DIRECTIVE.c.awaiting_start.is_(True))
    return Board(
        as_of=now,
        figures=figures_of(counted),
        by_status=by_status,
        by_agency=_grouped(counted),
        by_field=_grouped(count_by(connection, "field", now, only)),
        by_leader=_grouped(count_by(connection, "supervising_leader", now, only)),
        awaiting_start=len(connection.execute(awaiting.where(*(only or Filter()).conditions(now))).all()),
    )


def _grouped(counted: list[Counted]) -> list[tuple[str | None, Figures]]:
    """Figures of each group, the worst first: most overdue, then most open."""
    groups: dict[str | None, list[Counted]] = {}
    for one in counted:
        groups.setdefault(one.group, []).append(one)
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


@dataclass(frozen=True)
class InboxItem:
    """One notice in a person's inbox."""

    id: int
    at: dt.datetime
    code: str
    kind: str
    level: int
    content: NoticeContent | OfficeNotice
    read_at: dt.datetime | None


def inbox_of(
    connection: Connection,
    person: str,
    *,
    unread_only: bool = False,
    limit: int | None = None,
    before: tuple[dt.datetime, int] | None = None,
    offset: int = 0,
) -> list[InboxItem]:
    """A person's inbox, the newest first.

    Args:
        before: only what is older than this: instant and number of the notice that the page before ended with.
    """
    statement = select(NOTICE).where(NOTICE.c.recipient == person).order_by(NOTICE.c.at.desc(), NOTICE.c.id.desc())
    if unread_only:
        statement = statement.where(NOTICE.c.read_at.is_(None))
    if before is not None:
        at, number = (
            literal(value, column.type) for value, column in zip(before, (NOTICE.c.at, NOTICE.c.id), strict=True)
        )
        statement = statement.where(tuple_(NOTICE.c.at, NOTICE.c.id) < tuple_(at, number))
    if limit is not None:
        statement = statement.limit(limit).offset(offset)
    return [
        InboxItem(
            id=row.id,
            at=row.at,
            code=row.directive,
            kind=row.kind,
            level=row.level,
            content=_content(row.kind, row.content),
            read_at=row.read_at,
        )
        for row in connection.execute(statement)
    ]


def _content(kind: str, stored: str) -> NoticeContent | OfficeNotice:
    return read_office_notice(kind, stored) or NoticeContent.model_validate_json(stored)


def mark_read(connection: Connection, person: str, shown: Iterable[InboxItem], now: dt.datetime) -> int:
    """Mark as read what a person was shown, and nothing that came or lay below meanwhile.

    Returns: how many of these were unread.
    """
    return mark_numbers_read(connection, person, [item.id for item in shown if item.read_at is None], now)


def mark_numbers_read(connection: Connection, person: str, ids: list[int], now: dt.datetime) -> int:
    """Mark these of a person's notices as read; returns how many of them were his and unread."""
    unread = update(NOTICE).where(NOTICE.c.recipient == person, NOTICE.c.read_at.is_(None))
    return sum(
        connection.execute(unread.where(NOTICE.c.id.in_(some)).values(read_at=now)).rowcount
        for some in _batched(ids, MARKED_AT_ONCE)
    )


def _batched(ids: list[int], size: int) -> Iterator[list[int]]:
    """Part a list: a statement takes only so many parameters."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
