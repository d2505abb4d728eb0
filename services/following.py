"""Following what happens: the ledger's events in the order of recording, for another system that keeps up with it."""

import datetime as dt
import json
from typing import Final

from sqlalchemy import Connection, func, select

from database.scopes import seen_by
from models.sight import Scope
from models.tables import DIRECTIVE, LEDGER
from services.answers import EventSaid, Said

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
    events = [
        FeedEvent(
            id=row.id,
            code=row.directive,
            seq=row.seq,
            at=row.at,
            planned_at=row.planned_at,
            kind=row.kind,
            actor=row.actor,
            on_behalf_of=row.on_behalf_of,
            data=json.loads(row.data),
        )
        for row in rows
    ]
    return events, rows[-1].id if len(rows) == limit else max(after, settled)


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
