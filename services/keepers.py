"""Who may change what the office goes by: calendar, policy, directory."""

import datetime as dt

from sqlalchemy import Connection, func, select

from database.reference import Reference
from models.calendar import local_day
from models.commands import Actor
from models.directory import Directory
from models.refusal import Code, Refused
from models.tables import DIRECTIVE
from models.vocabulary import Position, Role, Status
from services.acting import find_actor

KEEPERS = frozenset({Role.SECRETARIAT, Role.ADMINISTRATOR})
"""The roles that may."""

DEFAULT_POSITIONS = (Position.ADMINISTRATOR, Position.CLERK, Position.CHIEF_OF_OFFICE)
"""Who is taken to act at the machine itself when nobody is named, the first post that somebody holds."""

CLOSED = tuple(status.value for status in Status if status.closed)


def find_keeper(reference: Reference, person: str, now: dt.datetime) -> Actor:
    """Find who changes calendar, policy or directory.

    Args:
        person: his code, e-mail address or name; empty for the administrator, else the clerk.

    Raises:
        Refused: unknown_person, or not_allowed when he belongs neither to the secretariat nor to the administration.
    """
    chosen = person or default_keeper(reference.directory, local_day(now))
    actor = find_actor(reference, chosen, None, now)
    if not actor.roles & KEEPERS:
        raise Refused(Code.NOT_ALLOWED, actor=actor.person)
    return actor


def find_administrator(reference: Reference, person: str, now: dt.datetime) -> Actor:
    """Find who administers people, agencies, accounts and tokens.

    Raises:
        Refused: unknown_person, or not_allowed when he is no administrator.
    """
    actor = find_keeper(reference, person, now)
    if Role.ADMINISTRATOR not in actor.roles:
        raise Refused(Code.NOT_ALLOWED, actor=actor.person)
    return actor


def default_keeper(directory: Directory, day: dt.date) -> str:
    """Who is taken to act at the machine itself when nobody is named; empty when there is nobody."""
    for position in DEFAULT_POSITIONS:
        holders = directory.holders((position,), day)
        if holders:
            return holders[0]
    return ""


def open_directives(connection: Connection) -> int:
    """How many directives are open, and so are planned anew when calendar or policy change."""
    return connection.execute(
        select(func.count()).select_from(DIRECTIVE).where(DIRECTIVE.c.status.not_in(CLOSED))
    ).scalar_one()
