"""Requests that bear an Idempotency-Key: the same request is carried out once and answered the same again."""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from database.engine import reading, writing
from models.tables import ANSWERED_REQUEST
from services.office import Office

REMEMBERED: Final = dt.timedelta(days=1)
"""For so long an answer is kept."""

ABANDONED_AFTER: Final = dt.timedelta(minutes=15)
"""A request that was not answered for so long was lost with its process; it may be sent again."""


class KeyTrouble(StrEnum):
    """Why a key cannot be used now."""

    REUSED = "key_reused"  # it stands for another request
    IN_USE = "key_in_use"  # the first request is being carried out


class KeyRefused(Exception):
    """A key cannot be used for this request."""

    def __init__(self, trouble: KeyTrouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


@dataclass(frozen=True)
class KeptAnswer:
    """What was answered."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


def fingerprint(*parts: str | bytes) -> str:
    """What makes two requests the same: method, path and content."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def claim(office: Office, token: int, key: str, mark: str) -> KeptAnswer | None:
    """Take a key for a request; None when it is to be carried out now, else the answer that it was given before.

    Args:
        mark: the request's fingerprint.

    Raises:
        KeyRefused: the key stands for another request, or its request is being carried out.
    """
    now = office.now()
    mine = (ANSWERED_REQUEST.c.token == token) & (ANSWERED_REQUEST.c.key == key)
    try:
        with writing(office.engine) as connection:
            unanswered = ANSWERED_REQUEST.c.status.is_(None) & (ANSWERED_REQUEST.c.created_at < now - ABANDONED_AFTER)
            old = ANSWERED_REQUEST.c.created_at < now - REMEMBERED
            connection.execute(delete(ANSWERED_REQUEST).where(old | unanswered))
            if connection.execute(select(ANSWERED_REQUEST.c.key).where(mine)).first() is None:
                values = {"token": token, "key": key, "fingerprint": mark, "created_at": now}
                connection.execute(insert(ANSWERED_REQUEST).values(**values))
                return None
    except IntegrityError:
        pass  # another process took it in this instant
    with reading(office.engine) as connection:
        row = connection.execute(select(ANSWERED_REQUEST).where(mine)).first()
    if row is None or (row.fingerprint == mark and row.status is None):
        raise KeyRefused(KeyTrouble.IN_USE)
    if row.fingerprint != mark:
        raise KeyRefused(KeyTrouble.REUSED)
    return KeptAnswer(row.status, row.body or "", json.loads(row.headers or "{}"))


def settle(office: Office, token: int, key: str, answer: KeptAnswer) -> None:
    """Keep what was answered."""
    values = {"status": answer.status, "body": answer.body, "headers": json.dumps(answer.headers)}
    with writing(office.engine) as connection:
        connection.execute(
            update(ANSWERED_REQUEST)
            .where(ANSWERED_REQUEST.c.token == token, ANSWERED_REQUEST.c.key == key)
            .values(**values)
        )


def release(office: Office, token: int, key: str) -> None:
    """Give a key back: the request was refused or broke, and nothing was done."""
    with writing(office.engine) as connection:
        connection.execute(
            delete(ANSWERED_REQUEST).where(
                ANSWERED_REQUEST.c.token == token, ANSWERED_REQUEST.c.key == key, ANSWERED_REQUEST.c.status.is_(None)
            )
        )
