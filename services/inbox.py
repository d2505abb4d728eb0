"""A person's inbox: the notices that reached him, and what he has read of them."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, literal, select, tuple_, update

from models.notices import NoticeContent
from models.office_notices import OfficeNotice, read_office_notice
from models.tables import NOTICE

MARKED_AT_ONCE = 500
"""Notices that one statement marks as read."""


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
