"""What takes longer than a page: who began it, how far it is, how it ended. It is told truly after a restart, too."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from database.engine import writing
from models.refusal import Code, Refused
from models.tables import OPERATION
from services.office import Office

SILENCE: Final = dt.timedelta(minutes=1)
"""What was not heard of for so long was interrupted: its process ended."""

A_PAGE: Final = 20


class Kind(StrEnum):
    """What goes on."""

    IMPORT = "import"


class State(StrEnum):
    """Where an operation is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Operation:
    """One operation.

    Attributes:
        person: who began it; his code.
        title: what it is about, such as the name of a file.
        total: how many steps there are; None when nobody knows.
        figures: what came of it, by name.
    """

    id: str
    kind: str
    person: str
    title: str
    started_at: dt.datetime
    seen_at: dt.datetime
    state: State
    done: int
    total: int | None
    figures: dict[str, int]


def start(office: Office, operation: str, kind: Kind, person: str, title: str, total: int | None = None) -> bool:
    """Note that something begins, or begins again after it was interrupted or failed.

    Args:
        operation: its id; whoever begins the same twice begins it once.

    Returns: whether the caller is the one who is to carry it out.
    """
    now = office.now()
    fresh = {"started_at": now, "seen_at": now, "done": 0, "total": total, "outcome": None, "data": "{}"}
    try:
        with writing(office.engine) as connection:
            connection.execute(insert(OPERATION).values(id=operation, kind=kind, person=person, title=title, **fresh))
    except IntegrityError:
        silent = OPERATION.c.outcome.is_(None) & (OPERATION.c.seen_at < now - SILENCE)
        again = update(OPERATION).where(
            OPERATION.c.id == operation, silent | (OPERATION.c.outcome == State.FAILED.value)
        )
        with writing(office.engine) as connection:
            return connection.execute(again.values(fresh)).rowcount == 1
    return True


def note(office: Office, operation: str, done: int) -> None:
    """Note how far it is, and that it goes on."""
    with writing(office.engine) as connection:
        connection.execute(update(OPERATION).where(OPERATION.c.id == operation).values(done=done, seen_at=office.now()))


def finish(office: Office, operation: str, state: State, figures: Mapping[str, int]) -> None:
    """Note how it ended."""
    ended = {"outcome": state.value, "seen_at": office.now(), "data": json.dumps(dict(figures))}
    with writing(office.engine) as connection:
        connection.execute(update(OPERATION).where(OPERATION.c.id == operation).values(ended))


def find(connection: Connection, operation: str, person: str, now: dt.datetime) -> Operation:
    """One of a person's own operations.

    Raises:
        Refused: not_found, also for another person's.
    """
    statement = select(OPERATION).where(OPERATION.c.id == operation, OPERATION.c.person == person)
    row = connection.execute(statement).first()
    if row is None:
        raise Refused(Code.NOT_FOUND, upload=operation[:8])
    return _operation(row, now)


def list_operations(
    connection: Connection, now: dt.datetime, *, person: str | None = None, limit: int = A_PAGE
) -> list[Operation]:
    """Operations, the newest first.

    Args:
        person: only his.
    """
    statement = select(OPERATION).order_by(OPERATION.c.started_at.desc(), OPERATION.c.id).limit(limit)
    if person is not None:
        statement = statement.where(OPERATION.c.person == person)
    return [_operation(row, now) for row in connection.execute(statement)]


def _operation(row: Row[Any], now: dt.datetime) -> Operation:
    if row.outcome is not None:
        state = State(row.outcome)
    else:
        state = State.INTERRUPTED if now - row.seen_at > SILENCE else State.RUNNING
    return Operation(
        id=row.id,
        kind=row.kind,
        person=row.person,
        title=row.title,
        started_at=row.started_at,
        seen_at=row.seen_at,
        state=state,
        done=row.done,
        total=row.total,
        figures=json.loads(row.data),
    )
