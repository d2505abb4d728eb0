"""Keeping commands in SQL before they are sent, and what became of them."""

import datetime as dt

from sqlalchemy import Connection, insert, select, update

from database.ledger import read_rows, rows_of_command
from models.engine import Answer, CommandEnvelope
from models.life import fold
from models.tables import COMMAND

PENDING, RECORDED, REFUSED = "pending", "recorded", "refused"


def keep(connection: Connection, envelope: CommandEnvelope, now: dt.datetime) -> None:
    """Keep a command; one that is kept already stays as it is, since its id is the same wish."""
    known = connection.execute(select(COMMAND.c.id).where(COMMAND.c.id == envelope.id)).first()
    if known is None:
        connection.execute(insert(COMMAND).values(**row_of(envelope, now)))


def row_of(envelope: CommandEnvelope, now: dt.datetime, state: str = PENDING) -> dict[str, object]:
    """The row in which a command is kept."""
    return {
        "id": envelope.id,
        "directive": envelope.directive,
        "kind": envelope.command.kind,
        "envelope": envelope.model_dump_json(),
        "state": state,
        "created_at": now,
        "attempts": 0,
    }


def close(connection: Connection, command_id: str, state: str, answer: str | None = None) -> None:
    """Note how a command ended; it is not sent again."""
    connection.execute(
        update(COMMAND).where(COMMAND.c.id == command_id, COMMAND.c.state == PENDING).values(state=state, answer=answer)
    )


def note_attempt(connection: Connection, command_id: str, now: dt.datetime) -> None:
    """Note that a pending command was sent."""
    connection.execute(
        update(COMMAND).where(COMMAND.c.id == command_id).values(attempts=COMMAND.c.attempts + 1, tried_at=now)
    )


def answer_from_ledger(connection: Connection, command_id: str) -> Answer | None:
    """The answer to a command as the ledger proves it; None when the ledger does not know the command."""
    rows = rows_of_command(connection, command_id)
    if not rows:
        return None
    last = rows[-1]
    then = fold([row for row in read_rows(connection, last.directive) if row.seq <= last.seq])
    if then is None:
        return None
    return Answer(
        command_id=command_id,
        directive=last.directive,
        seq=last.seq,
        at=last.at,
        kinds=tuple(row.event.kind for row in rows),
        status=then.status,
    )


def registration_of(connection: Connection, code: str) -> CommandEnvelope | None:
    """The command that registered a directive, or brought it in as done."""
    found = connection.execute(
        select(COMMAND.c.envelope).where(COMMAND.c.directive == code, COMMAND.c.kind.in_(("register", "move_in")))
    ).scalar()
    return CommandEnvelope.model_validate_json(found) if found else None
