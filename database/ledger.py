"""The ledger in SQL: reading and appending rows, and checking the chain. Nothing updates or deletes a row."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, bindparam, func, insert, select, text

from models.events import MomentReached, Recorded, read_event, row_hash
from models.tables import LEDGER

SETTLED: Final = dt.timedelta(minutes=1)
"""Rows older than this are all to be seen: an event's instant is taken before its transaction ends."""

_numbered = select(LEDGER.c.directive, func.max(LEDGER.c.seq).label("seq")).group_by(LEDGER.c.directive)
_last = _numbered.where(LEDGER.c.directive.in_(bindparam("codes", expanding=True))).subquery()
_LAST_ROWS = select(LEDGER.c.directive, LEDGER.c.seq, LEDGER.c.hash).join(
    _last, and_(LEDGER.c.directive == _last.c.directive, LEDGER.c.seq == _last.c.seq)
)


def lock_directives(connection: Connection, codes: Iterable[str]) -> None:
    """Make sure that nobody else appends to these directives until the transaction ends.

    SQLite has one writer anyway; PostgreSQL takes advisory locks, since a first row has nothing to lock. Always in
    the order of the codes, so that two who lock several do not wait for each other.
    """
    if connection.dialect.name == "postgresql":
        for code in sorted(codes):
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:code))"), {"code": code})


def last_row(connection: Connection, code: str) -> tuple[int, str]:
    """The number and the hash of the directive's last row; 0 and an empty text when there is none."""
    return last_rows(connection, (code,)).get(code, (0, ""))


def last_rows(connection: Connection, codes: Sequence[str]) -> dict[str, tuple[int, str]]:
    """The number and the hash of the last row of each directive that has one."""
    found = connection.execute(_LAST_ROWS, {"codes": codes})
    return {row.directive: (row.seq, row.hash) for row in found}


def read_rows(connection: Connection, code: str, after: int = 0) -> tuple[Recorded, ...]:
    """Read a directive's rows with numbers above `after`, in order.

    Raises:
        ValueError: a row holds no event that this release knows.
    """
    rows = connection.execute(
        select(LEDGER).where(LEDGER.c.directive == code, LEDGER.c.seq > after).order_by(LEDGER.c.seq)
    )
    return tuple(recorded(row) for row in rows)


def read_rows_of(connection: Connection, codes: Sequence[str]) -> dict[str, tuple[Recorded, ...] | None]:
    """Read the rows of many directives at once.

    Returns: by code the rows in order; None where one of them holds no event that this release knows.
    """
    statement = select(LEDGER).where(LEDGER.c.directive.in_(codes)).order_by(LEDGER.c.directive, LEDGER.c.seq)
    found: dict[str, tuple[Recorded, ...] | None] = dict.fromkeys(codes, ())
    for code, group in groupby(connection.execute(statement).all(), key=lambda row: str(row.directive)):
        try:
            found[code] = tuple(recorded(row) for row in group)
        except ValueError:
            found[code] = None
    return found


def read_all(connection: Connection) -> Iterator[tuple[str, tuple[Recorded, ...]]]:
    """Read the whole ledger, directive by directive, without holding it all in memory."""
    statement = select(LEDGER).order_by(LEDGER.c.directive, LEDGER.c.seq)
    rows = connection.execute(statement.execution_options(yield_per=1_000))
    for code, group in groupby(rows, key=lambda row: str(row.directive)):
        yield code, tuple(recorded(row) for row in group)


def rows_of_command(connection: Connection, command_id: str) -> tuple[Recorded, ...]:
    """The rows that a command caused, in order; none when the ledger does not know it."""
    rows = connection.execute(select(LEDGER).where(LEDGER.c.command_id == command_id).order_by(LEDGER.c.part))
    return tuple(recorded(row) for row in rows)


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
        connection.execute(_INSERT, values)


_INSERT = insert(LEDGER)


def recorded(row: Row[Any]) -> Recorded:
    """Read one row of the table.

    Raises:
        ValueError: it holds no event that this release knows.
    """
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
    rows = connection.execute(statement.execution_options(yield_per=1_000))
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
