"""What was done outside any directive: who changed people, calendar, policy, tokens or webhooks, and when."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, insert, select

from models.tables import AUDIT

A_PAGE: Final = 100


@dataclass(frozen=True)
class Audited:
    """One act.

    Attributes:
        person: who did it; his code.
        act: what, such as `calendar.off`.
        subject: to whom or what: a code, a day, a number.
        data: what else was said, by name; no secret.
    """

    id: int
    at: dt.datetime
    person: str
    act: str
    subject: str
    data: dict[str, str]


def note(
    connection: Connection,
    person: str,
    act: str,
    subject: str,
    now: dt.datetime,
    data: Mapping[str, str] | None = None,
) -> None:
    """Note an act in the transaction that carries it out."""
    text = json.dumps(dict(data or {}), ensure_ascii=False)
    connection.execute(insert(AUDIT).values(at=now, person=person, act=act, subject=subject, data=text))


def audited(
    connection: Connection, *, person: str | None = None, text: str = "", before: int | None = None, limit: int = A_PAGE
) -> list[Audited]:
    """Acts, the newest first.

    Args:
        text: stands in the act, the subject or the data.
        before: only those with a lesser number: the page after it.
    """
    statement = select(AUDIT).order_by(AUDIT.c.id.desc()).limit(limit)
    if person is not None:
        statement = statement.where(AUDIT.c.person == person)
    if text:
        joined = AUDIT.c.act + " " + AUDIT.c.subject + " " + AUDIT.c.data
        statement = statement.where(joined.icontains(text, autoescape=True))
    if before is not None:
        statement = statement.where(AUDIT.c.id < before)
    return [
        Audited(row.id, row.at, row.person, row.act, row.subject, json.loads(row.data))
        for row in connection.execute(statement)
    ]
