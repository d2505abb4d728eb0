"""Keeping commands in SQL before they are sent, and what became of them."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from database.ledger import read_rows, rows_of_command
from models.engine import Answer, CommandEnvelope
from models.life import fold
from models.tables import COMMAND, LEDGER

PENDING, RECORDED, REFUSED = "pending", "recorded", "refused"

# Built once: to put a statement together anew costs more than SQLite takes to carry it out.
_INSERT = {
    dialect: build(COMMAND).on_conflict_do_update(
        index_elements=["id"], set_={"state": PENDING, "answer": None}, where=COMMAND.c.state == REFUSED
    )
    for dialect, build in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_CLOSE_RECORDED = (
    update(COMMAND).where(COMMAND.c.id == bindparam("the_id"), COMMAND.c.state == PENDING).values(state=RECORDED)
)


def keep(connection: Connection, envelope: CommandEnvelope, now: dt.datetime) -> None:
    """Keep a command; one that is kept already stays as it is, since its id is the same wish."""
    keep_all(connection, (envelope,), now)


def keep_all(connection: Connection, envelopes: Sequence[CommandEnvelope], now: dt.datetime) -> None:
    """Keep several commands of different ids with one statement; one that was refused before is tried anew."""
    if not envelopes:
        return
    insert_command = _INSERT[connection.dialect.name]
    connection.execute(insert_command, [row_of(envelope, now) for envelope in envelopes])


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


def close_recorded(connection: Connection, command_ids: Iterable[str]) -> None:
    """Note, in the transaction that records their events, that these commands are answered."""
    ids = [{"the_id": command_id} for command_id in command_ids]
    if ids:
        connection.execute(_CLOSE_RECORDED, ids)


def note_attempt(connection: Connection, command_id: str, now: dt.datetime) -> None:
    """Note that a pending command was sent."""
    connection.execute(
        update(COMMAND).where(COMMAND.c.id == command_id).values(attempts=COMMAND.c.attempts + 1, tried_at=now)
    )


@dataclass(frozen=True)
class Known:
    """What the database knows of a command's id.

    Attributes:
        envelope: as the command is kept.
        waits: it is kept and not answered yet.
        recorded: the ledger has a row of it, whether or not it is kept.
    """

    envelope: CommandEnvelope | None
    waits: bool
    recorded: bool


def look_up(connection: Connection, command_id: str) -> Known:
    """What is known of a command, with one statement: most that come were never heard of."""
    found = connection.execute(_KNOWN, {"the_id": command_id}).one()
    envelope = CommandEnvelope.model_validate_json(found.envelope) if found.envelope else None
    return Known(envelope, found.state == PENDING, bool(found.recorded))


_OF_THE_ID = COMMAND.c.id == bindparam("the_id")
_KNOWN = select(
    select(COMMAND.c.envelope).where(_OF_THE_ID).scalar_subquery().label("envelope"),
    select(COMMAND.c.state).where(_OF_THE_ID).scalar_subquery().label("state"),
    select(LEDGER.c.id).where(LEDGER.c.command_id == bindparam("the_id")).exists().label("recorded"),
)


def find(connection: Connection, command_id: str) -> CommandEnvelope | None:
    """The command that is kept under an id."""
    return look_up(connection, command_id).envelope


def waiting_on(connection: Connection, code: str) -> tuple[tuple[dt.datetime, CommandEnvelope], ...]:
    """The commands on a directive that are kept and not answered, and when each was given, in that order."""
    rows = connection.execute(
        select(COMMAND.c.created_at, COMMAND.c.envelope)
        .where(COMMAND.c.directive == code, COMMAND.c.state == PENDING)
        .order_by(COMMAND.c.created_at)
    )
    return tuple((row.created_at, CommandEnvelope.model_validate_json(row.envelope)) for row in rows)


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
