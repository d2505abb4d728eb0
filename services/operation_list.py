"""What goes on in the background, for the administrators' list."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from models.tables import OPERATION

SILENCE: Final = dt.timedelta(minutes=1)
"""What was not heard of for so long was interrupted: its process ended."""


@dataclass(frozen=True)
class ListedOperation:
    """One operation; `state` is `running`, `interrupted`, or how it ended."""

    kind: str
    person: str
    title: str
    started_at: dt.datetime
    state: str
    done: int
    total: int | None


def operations(connection: Connection, now: dt.datetime, limit: int = 50) -> tuple[ListedOperation, ...]:
    """The newest operations of all people."""
    rows = connection.execute(select(OPERATION).order_by(OPERATION.c.started_at.desc()).limit(limit))
    return tuple(
        ListedOperation(
            row.kind,
            row.person,
            row.title,
            row.started_at,
            row.outcome or ("interrupted" if now - row.seen_at > SILENCE else "running"),
            row.done,
            row.total,
        )
        for row in rows
    )
