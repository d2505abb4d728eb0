"""The ledger in SQL: reading and appending rows, and checking the chain. Nothing updates or deletes a row."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, insert, select, text

from models.events import MomentReached, Recorded, read_event, row_hash
from models.tables import LEDGER


def lock_directive(connection: Connection, code: str) -> None:
    """Make sure that nobody else appends to this directive until the transaction ends.

    SQLite has one writer anyway; PostgreSQL takes an advisory lock, since the first row has nothing to lock.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:code))"), {"code": code})


def last_row(connection: Connection, code: str) -> tuple[int, str]:
    """The number and the hash of the directive's last row; 0 and an empty text when there is none."""
    found = connection.execute(
        select(LEDGER.c.seq, LEDGER.c.hash).where(LEDGER.c.directive == code).order_by(LEDGER.c.seq.desc()).limit(1)
    ).first()
    return (found.seq, found.hash) if found else (0, "")


def read_rows(connection: Connection, code: str, after: int = 0) -> tuple[Recorded, ...]:
    """Read a directive's rows with numbers above `after`, in order.

    Raises:
        ValueError: a row holds no event that this release knows.
    """
    rows = connection.execute(
        select(LEDGER).where(LEDGER.c.directive == code, LEDGER.c.seq > after).order_by(LEDGER.c.seq)
    )
    return tuple(_recorded(row) for row in rows)


def read_all(connection: Connection) -> Iterator[tuple[str, tuple[Recorded, ...]]]:
    """Read the whole ledger, directive by directive, without holding it all in memory."""
    rows = connection.execution_options(yield_per=1_000).execute(
        select(LEDGER).order_by(LEDGER.c.directive, LEDGER.c.seq)
    )
    for code, group in groupby(rows, key=lambda row: str(row.directive)):
        yield code, tuple(_recorded(row) for row in group)


def rows_of_command(connection: Connection, command_id: str) -> tuple[Recorded, ...]:
    """The rows that a command caused, in order; none when the ledger does not know it."""
    rows = connection.execute(select(LEDGER).where(LEDGER.c.command_id == command_id).order_by(LEDGER.c.part))
    return tuple(_recorded(row) for row in rows)


def append(connection: Connection, rows: Iterable[Recorded]) -> None:
    """Append sealed rows.

    Raises:
        sqlalchemy.exc.IntegrityError: a number, a command or a moment is there already.
    """
    values = [
        {
            "directive": row.directive,
            "seq": row.seq,
            "at": row.at,
            "planned_at": row.planned_at,
            "kind": row.event.kind,
            "actor": row.actor,
            "on_behalf_of": row.on_behalf_of,
            "command_id": row.command_id,
            "part": row.part,
            "moment": row.event.key if isinstance(row.event, MomentReached) else None,
            "data": row.data,
            "previous_hash": row.previous_hash,
            "hash": row.hash,
        }
        for row in rows
    ]
    if values:
        connection.execute(insert(LEDGER), values)


def _recorded(row: Row[Any]) -> Recorded:
    return Recorded(
        directive=row.directive,
        seq=row.seq,
        at=row.at,
        planned_at=row.planned_at,
        actor=row.actor,
        on_behalf_of=row.on_behalf_of,
        command_id=row.command_id,
        part=row.part,
        event=read_event(row.kind, row.data),
        previous_hash=row.previous_hash,
        hash=row.hash,
    )


def broken_rows(connection: Connection, code: str | None = None) -> Iterator[tuple[str, int, str]]:
    """Check the chain and name each row that does not fit: directive, number and what is wrong.

    Checked letter by letter as stored, so a row that this release cannot read is checked too.

    Args:
        code: only this directive.
    """
    statement = select(LEDGER).order_by(LEDGER.c.directive, LEDGER.c.seq)
    if code is not None:
        statement = statement.where(LEDGER.c.directive == code)
    rows = connection.execution_options(yield_per=1_000).execute(statement)
    for directive, group in groupby(rows, key=lambda row: str(row.directive)):
        expected_seq, previous_hash = 1, ""
        for row in group:
            if row.seq != expected_seq:
                yield directive, row.seq, "gap"
            elif row.previous_hash != previous_hash:
                yield directive, row.seq, "chain"
            elif row_hash(row, row.kind, row.data) != row.hash:
                yield directive, row.seq, "content"
            expected_seq, previous_hash = row.seq + 1, row.hash
