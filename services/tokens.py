"""Access tokens: a program that acts for a person by the API, or a calendar that reads his deadlines."""

import contextlib
import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from database.engine import DATABASE_AWAY, reading, writing
from database.reference import Reference
from documents.intake_values import plain_text
from models.commands import Actor
from models.local_time import local_day
from models.refusal import Code, Refused
from models.sight import Scope, scope_of
from models.tables import TOKEN
from models.tokens import DEFAULT_DAYS, LONGEST_DAYS, NAME_LIMIT, PREFIX, TokenScope, TokenTimes
from models.vocabulary import Role
from services import audit
from services.acting import find_actor, find_person
from services.keepers import find_keeper
from services.office import Office

USED_EVERY: Final = dt.timedelta(minutes=1)
"""How exactly it is kept when a token was last used; each request would be a write otherwise."""

CALENDAR_NAME: Final = "iCalendar"


@dataclass(frozen=True)
class Token:
    """A token without its secret.

    Attributes:
        person: for whom it acts; his code.
    """

    id: int
    name: str
    person: str
    scopes: tuple[TokenScope, ...]
    created_by: str
    created_at: dt.datetime
    expires_at: dt.datetime | None
    used_at: dt.datetime | None
    revoked_at: dt.datetime | None

    def lives(self, now: dt.datetime) -> bool:
        """Whether it still counts."""
        return TokenTimes(expires_at=self.expires_at, revoked_at=self.revoked_at).lives(now)


@dataclass(frozen=True)
class Holder:
    """Who comes with a token, and what he may do and see today.

    Attributes:
        reference: directory, calendar and policy as they were when the token was looked at.
    """

    token: Token
    actor: Actor
    sight: Scope
    reference: Reference
    now: dt.datetime


def create(
    office: Office, person: str, name: str, scopes: Iterable[str], days: int = DEFAULT_DAYS, by: str = ""
) -> tuple[Token, str]:
    """Make a token that acts for a person.

    Args:
        person: code, e-mail address or name.
        days: for how many days it counts.
        by: who makes it; empty for the first administrator.

    Returns: the token, and its secret, which is kept nowhere else and shown this once.

    Raises:
        Refused: unknown_person, not_allowed (only administrators make tokens for others), missing or too_long (name),
            unknown_value (a scope, or the days).
    """
    wanted = _wanted_scopes(scopes)
    if not 1 <= days <= LONGEST_DAYS:
        raise Refused(Code.UNKNOWN_VALUE, value=days, values=f"1–{LONGEST_DAYS}")
    if not (named := plain_text(name)):
        raise Refused(Code.MISSING, field="name")
    if len(named) > NAME_LIMIT:
        raise Refused(Code.TOO_LONG, field="name", limit=NAME_LIMIT)
    with writing(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        owner = find_person(reference.directory, person)
        actor = _who(reference, by, owner, now)
        return _insert(connection, owner, named, wanted, now + dt.timedelta(days=days), actor, now)


def renew_calendar(office: Office, person: str) -> str:
    """Give a person a new secret address of his calendar; the one before it is revoked.

    Raises:
        Refused: unknown_person.
    """
    with writing(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        actor = find_actor(reference, person, None, now)
        for token in _tokens(connection, actor.person):
            if token.scopes == (TokenScope.CALENDAR,) and token.lives(now):
                _revoke(connection, token, actor, now)
        return _insert(connection, actor.person, CALENDAR_NAME, (TokenScope.CALENDAR,), None, actor, now)[1]


def listed(office: Office, person: str | None = None) -> list[Token]:
    """All tokens, or a person's; the newest first, those that no longer count among them.

    Args:
        person: his code.
    """
    with reading(office.engine) as connection:
        return _tokens(connection, person)


def revoke(office: Office, number: int, by: str = "") -> bool:
    """End a token at once; False when there is none of that number that still stands.

    Args:
        by: who does it; empty for the first administrator.

    Raises:
        Refused: unknown_person, or not_allowed for another person's token.
    """
    with writing(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        row = connection.execute(select(TOKEN).where(TOKEN.c.id == number, TOKEN.c.revoked_at.is_(None))).first()
        if row is None:
            return False
        token = _token(row)
        _revoke(connection, token, _who(reference, by, token.person, now), now)
    return True


def find(office: Office, secret: str) -> Holder | None:
    """Who holds this secret; None when it is unknown, revoked or expired, or its person is locked or has left."""
    if not secret.startswith(PREFIX):
        return None
    with reading(office.engine) as connection:
        row = connection.execute(select(TOKEN).where(TOKEN.c.hash == _hash(secret))).first()
        reference = office.reference(connection)
    now = office.now(reference)
    if row is None:
        return None
    token, day, directory = _token(row), local_day(now), reference.directory
    person = directory.person(token.person)
    if not token.lives(now) or person is None or person.locked or not directory.posts_on(token.person, day):
        return None
    if token.used_at is None or now - token.used_at >= USED_EVERY:
        with contextlib.suppress(*DATABASE_AWAY), writing(office.engine) as connection:  # reading goes on without it
            connection.execute(update(TOKEN).where(TOKEN.c.id == token.id).values(used_at=now))
    actor = directory.actor(token.person, day)
    return Holder(token, actor, scope_of(token.person, directory, day), reference, now)


def _wanted_scopes(scopes: Iterable[str]) -> tuple[TokenScope, ...]:
    wanted = []
    for scope in dict.fromkeys(scopes):
        if scope not in list(TokenScope):
            raise Refused(Code.UNKNOWN_VALUE, value=scope, values=", ".join(TokenScope))
        wanted.append(TokenScope(scope))
    if not wanted:
        raise Refused(Code.MISSING, field="scopes")
    return tuple(wanted)


def _who(reference: Reference, by: str, owner: str, now: dt.datetime) -> Actor:
    """Who makes or ends a token of this owner."""
    actor = find_actor(reference, by, None, now) if by else find_keeper(reference, "", now)
    if actor.person != owner and Role.ADMINISTRATOR not in actor.roles:
        raise Refused(Code.NOT_ALLOWED, actor=actor.person)
    return actor


def _insert(
    connection: Connection,
    person: str,
    name: str,
    scopes: tuple[TokenScope, ...],
    expires_at: dt.datetime | None,
    by: Actor,
    now: dt.datetime,
) -> tuple[Token, str]:
    secret = PREFIX + secrets.token_urlsafe(32)
    values: dict[str, Any] = {
        "hash": _hash(secret),
        "name": name,
        "person": person,
        "scopes": [scope.value for scope in scopes],
        "created_by": by.person,
        "created_at": now,
        "expires_at": expires_at,
    }
    row = connection.execute(insert(TOKEN).values(**values).returning(*TOKEN.c)).one()
    told = {"name": name, "person": person, "scopes": " ".join(scopes)}
    audit.note(connection, by.person, "token.create", str(row.id), now, told)
    return _token(row), secret


def _revoke(connection: Connection, token: Token, by: Actor, now: dt.datetime) -> None:
    connection.execute(update(TOKEN).where(TOKEN.c.id == token.id).values(revoked_at=now))
    audit.note(connection, by.person, "token.revoke", str(token.id), now, {"name": token.name, "person": token.person})


def _tokens(connection: Connection, person: str | None) -> list[Token]:
    statement = select(TOKEN).order_by(TOKEN.c.id.desc())
    if person is not None:
        statement = statement.where(TOKEN.c.person == person)
    return [_token(row) for row in connection.execute(statement)]


def _token(row: Row[Any]) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        person=row.person,
        scopes=tuple(TokenScope(scope) for scope in row.scopes),
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
    )


def _hash(secret: str) -> str:
    """A fast hash is enough: the secret is random and long, nobody guesses it."""
    return hashlib.sha256(secret.encode()).hexdigest()
