"""Source documents with their directives: a document is what directives of one number and one day have in common."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from database.figures import Filter
from database.snapshots import read_snapshots
from models.directive import Directive, SourceDocument
from models.tables import DIRECTIVE

_NO_DAY = dt.date(1, 1, 1)
"""Stands for the day of a document whose day nobody wrote, so that all of them have an order."""

_DAY = func.coalesce(DIRECTIVE.c.document_date, _NO_DAY)


@dataclass(frozen=True)
class DocumentKey:
    """What names a document: its number as it was written, and its day."""

    number: str
    day: dt.date | None


@dataclass(frozen=True)
class OfDocument(Filter):
    """The directives of one document, as a list of them is asked for."""

    key: DocumentKey = DocumentKey("", None)

    def conditions(self, now: dt.datetime) -> list[ColumnElement[bool]]:
        """The conditions on the snapshots."""
        numbered = DIRECTIVE.c.document_number == self.key.number
        return [*super().conditions(now), numbered, DIRECTIVE.c.document_date.is_not_distinct_from(self.key.day)]


@dataclass(frozen=True)
class DocumentSeen:
    """A document, and how many directives of it a person sees.

    Attributes:
        document: as the first of them has it.
    """

    key: DocumentKey
    document: SourceDocument
    directives: int


def documents_after(
    connection: Connection, only: Filter, now: dt.datetime, after: DocumentKey | None, limit: int
) -> tuple[list[DocumentSeen], DocumentKey | None]:
    """A page of documents in the order of number and day; none is missed or shown twice.

    Args:
        only: which of their directives count; a document without one is left out.
        after: what the page before ended with.

    Returns: the page, and what the next one begins after; None when this is the last.
    """
    conditions: list[ColumnElement[bool]] = [*only.conditions(now), DIRECTIVE.c.document_number != ""]
    if after is not None:
        day = after.day or _NO_DAY
        later = and_(DIRECTIVE.c.document_number == after.number, day < _DAY)
        conditions.append(or_(DIRECTIVE.c.document_number > after.number, later))
    rows = connection.execute(
        select(
            DIRECTIVE.c.document_number,
            DIRECTIVE.c.document_date,
            func.count().label("number"),
            func.min(DIRECTIVE.c.code).label("first"),
        )
        .where(*conditions)
        .group_by(DIRECTIVE.c.document_number, DIRECTIVE.c.document_date)
        .order_by(DIRECTIVE.c.document_number, _DAY)
        .limit(limit + 1)
    ).all()
    found = _read(connection, rows[:limit])
    return found, found[-1].key if len(rows) > limit else None


def _read(connection: Connection, rows: Sequence[Row[Any]]) -> list[DocumentSeen]:
    states = read_snapshots(connection, [row.first for row in rows])
    found = []
    for row in rows:
        key = DocumentKey(row.document_number, row.document_date)
        try:
            document = Directive.model_validate_json(states[row.first][1]).document
        except ValueError:  # its data break this release; it is named all the same (RULES 18)
            document = SourceDocument(number=key.number, date=key.day)
        found.append(DocumentSeen(key, document, row.number))
    return found
