"""All tokens by which programs act for people, and ending one of them."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select, update

from database.engine import reading, writing
from models.tables import TOKEN
from services.audit import note
from services.keepers import find_administrator
from services.office import Office


@dataclass(frozen=True)
class RegisteredToken:
    """A token without its secret; `person` is the code of whom it acts for."""

    id: int
    name: str
    person: str
    scopes: tuple[str, ...]
    created_at: dt.datetime
    expires_at: dt.datetime | None
    used_at: dt.datetime | None
    revoked_at: dt.datetime | None


def listed(office: Office) -> tuple[RegisteredToken, ...]:
    """All tokens, the newest first."""
    with reading(office.engine) as connection:
        rows = connection.execute(select(TOKEN).order_by(TOKEN.c.id.desc())).all()
    return tuple(
        RegisteredToken(
            row.id,
            row.name,
            row.person,
            tuple(row.scopes),
            row.created_at,
            row.expires_at,
            row.used_at,
            row.revoked_at,
        )
        for row in rows
    )


def revoke(office: Office, number: int, by: str) -> bool:
    """End a token at once; False when none of that number stands.

    Raises:
        Refused: he is no administrator.
    """
    with writing(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        actor = find_administrator(reference, by, now)
        standing = (TOKEN.c.id == number) & TOKEN.c.revoked_at.is_(None)
        if connection.execute(update(TOKEN).where(standing).values(revoked_at=now)).rowcount == 0:
            return False
        note(connection, actor.person, "token.revoke", str(number), now)
    return True
