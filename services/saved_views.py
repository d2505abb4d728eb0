"""Filters of the list that a person keeps under a name of his own."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, update

from models.refusal import Code, Refused
from models.tables import SAVED_VIEW

NAME_LETTERS: Final = 60
MOST: Final = 30
"""Views that one person keeps."""


class TooManyViews(Exception):
    """A person keeps `MOST` views already."""


@dataclass(frozen=True)
class SavedView:
    """A filter under its name; `query` is that of its address."""

    id: int
    name: str
    query: str


def saved_views(connection: Connection, person: str) -> tuple[SavedView, ...]:
    """A person's views, by name."""
    rows = connection.execute(
        select(SAVED_VIEW.c.id, SAVED_VIEW.c.name, SAVED_VIEW.c.query)
        .where(SAVED_VIEW.c.person == person)
        .order_by(SAVED_VIEW.c.name)
    )
    return tuple(SavedView(row.id, row.name, row.query) for row in rows)


def save_view(connection: Connection, person: str, name: str, query: str, now: dt.datetime) -> None:
    """Keep a view; one of the same name is replaced.

    Raises:
        Refused: missing, too_long.
        TooManyViews: one more than a person may keep.
    """
    called = " ".join(name.split())
    if not called:
        raise Refused(Code.MISSING)
    if len(called) > NAME_LETTERS:
        raise Refused(Code.TOO_LONG)
    mine = SAVED_VIEW.c.person == person
    if connection.execute(update(SAVED_VIEW).where(mine, SAVED_VIEW.c.name == called).values(query=query)).rowcount:
        return
    if connection.execute(select(func.count()).select_from(SAVED_VIEW).where(mine)).scalar_one() >= MOST:
        raise TooManyViews
    connection.execute(insert(SAVED_VIEW).values(person=person, name=called, query=query, created_at=now))


def forget_view(connection: Connection, person: str, view: int) -> None:
    """Forget one of a person's views; nothing happens to another person's."""
    connection.execute(delete(SAVED_VIEW).where(SAVED_VIEW.c.person == person, SAVED_VIEW.c.id == view))
