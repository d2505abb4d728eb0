"""Searching the ledger across directives: what a person did, what happened to a directive."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select

from database.ledger import recorded
from models.events import Recorded
from models.tables import LEDGER
from services.audit import A_PAGE


@dataclass(frozen=True)
class Found:
    """One row of the ledger and its number in it; `row` is None where this release cannot read it."""

    id: int
    directive: str
    row: Recorded | None


def search_ledger(
    connection: Connection, *, person: str = "", directive: str = "", before: int | None = None, limit: int = A_PAGE
) -> tuple[Found, ...]:
    """Events, the newest first.

    Args:
        person: code of who acted, himself or on behalf of another, or on whose behalf somebody did; empty for all.
        directive: its code; empty for all.
        before: only those with a lesser number: the page after it.
    """
    statement = select(LEDGER).where(*asked_for(person, directive, before)).order_by(LEDGER.c.id.desc()).limit(limit)
    found = []
    for row in connection.execute(statement):
        try:
            found.append(Found(row.id, row.directive, recorded(row)))
        except ValueError:  # one that cannot be read hides no other (RULES 18)
            found.append(Found(row.id, row.directive, None))
    return tuple(found)


def asked_for(person: str, directive: str, before: int | None) -> list[ColumnElement[bool]]:
    """The conditions of such a search on the rows of the ledger."""
    found: list[ColumnElement[bool]] = []
    if person:
        found.append((LEDGER.c.actor == person) | (LEDGER.c.on_behalf_of == person))
    if directive:
        found.append(LEDGER.c.directive == directive)
    if before is not None:
        found.append(LEDGER.c.id < before)
    return found
