"""Following what happened and happens: the ledger's events in parts, for another system that keeps up with it."""

import datetime as dt
import json
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from database.scopes import seen_by
from models.sight import Scope
from models.tables import DIRECTIVE, LEDGER
from services.answers import EventSaid, Said
from services.ledger_search import asked_for

GAP_SETTLES_AFTER: Final = dt.timedelta(minutes=1)
"""A missing number in the ledger may be a transaction that is not done yet; after so long it never comes."""


class _InFeed(Said):
    id: int
    code: str


class FeedEvent(EventSaid, _InFeed):
    """One event of any directive; `id` rises in the order of recording."""


def events_after(
    connection: Connection, sight: Scope, after: int, limit: int, now: dt.datetime
) -> tuple[list[FeedEvent], int]:
    """The next events of what somebody sees today.

    Args:
        after: the number from which to go on; 0 for the beginning.

    Returns: the events, and the number from which to go on.
    """
    settled = _settled(connection, now)
    rows = connection.execute(
        select(LEDGER)
        .join(DIRECTIVE, DIRECTIVE.c.code == LEDGER.c.directive)
        .where(LEDGER.c.id > after, LEDGER.c.id <= settled, seen_by(sight))
        .order_by(LEDGER.c.id)
        .limit(limit)
    ).all()
    events = [FeedEvent(id=row.id, code=row.directive, **_content(row)) for row in rows]
    return events, rows[-1].id if len(rows) == limit else max(after, settled)


def events_before(
    connection: Connection, sight: Scope, before: int, limit: int, *, person: str = "", directive: str = ""
) -> tuple[list[FeedEvent], int | None]:
    """Search what somebody sees today for what a person did or what happened to a directive, the newest first.

    Args:
        before: only events with a lesser number.
        person: code of who acted, himself or on behalf of another, or on whose behalf somebody did; empty for all.
        directive: its code; empty for all.

    Returns: the events, and the number before which the next part begins; None when this is the last.
    """
    statement = (
        select(LEDGER)
        .join(DIRECTIVE, DIRECTIVE.c.code == LEDGER.c.directive)
        .where(*asked_for(person, directive, before), seen_by(sight))
        .order_by(LEDGER.c.id.desc())
        .limit(limit + 1)
    )
    rows = connection.execute(statement).all()
    events = [FeedEvent(id=row.id, code=row.directive, **_content(row)) for row in rows[:limit]]
    return events, events[-1].id if len(rows) > limit else None


def history_page(connection: Connection, code: str, after: int, limit: int) -> tuple[list[EventSaid], int | None]:
    """A part of one directive's history, which may be thousands of events long.

    Args:
        after: the number that the part before ended with; 0 for the first.

    Returns: the events, and the number after which the next part begins; None when this is the last.
    """
    rows = connection.execute(
        select(LEDGER).where(LEDGER.c.directive == code, LEDGER.c.seq > after).order_by(LEDGER.c.seq).limit(limit + 1)
    ).all()
    return [EventSaid(**_content(row)) for row in rows[:limit]], rows[limit - 1].seq if len(rows) > limit else None


def _content(row: Row[Any]) -> dict[str, Any]:
    """A row as it stands in the ledger, also one that this release cannot read."""
    return {
        "seq": row.seq,
        "at": row.at,
        "planned_at": row.planned_at,
        "kind": row.kind,
        "actor": row.actor,
        "on_behalf_of": row.on_behalf_of,
        "data": json.loads(row.data),
    }


def _settled(connection: Connection, now: dt.datetime) -> int:
    """The number up to which no row can come any more.

    PostgreSQL gives numbers before transactions end, so a later number can show first.
    """
    young = LEDGER.c.at > now - GAP_SETTLES_AFTER
    numbers = connection.execute(select(LEDGER.c.id).where(young).order_by(LEDGER.c.id)).scalars().all()
    older = select(func.coalesce(func.max(LEDGER.c.id), 0))
    if numbers:
        older = older.where(LEDGER.c.id < numbers[0])
    settled: int = connection.execute(older).scalar_one()
    for number in numbers:
        if number != settled + 1 and settled:
            return settled
        settled = number
    return settled
