"""Opening the database: SQLite embedded, PostgreSQL in production; the same schema and rules of transaction on both."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.pool import ConnectionPoolEntry

from database import bounded_postgresql

LOCK_PATIENCE_SECONDS = 30
"""How long one attempt waits for a locked SQLite before it fails with a sentence; workflows then try again."""

POOL_PATIENCE_SECONDS = 30

DATABASE_AWAY: Final = (OperationalError, InterfaceError, NoConnection)
"""What is raised while the database cannot be asked or written. It passes, so whoever can wait tries again."""


def open_engine(url: str, lock_patience: float = LOCK_PATIENCE_SECONDS, answer_within: float | None = None) -> Engine:
    """Make an engine; nothing is connected yet.

    SQLite runs in WAL with full synchronisation and begins every transaction as a writer: in the driver's default
    mode, threads that read and then write lose updates without an error. `postgresql://` means psycopg 3.

    Args:
        url: an SQLAlchemy URL, such as `sqlite:///var/dondoc.db`.
        lock_patience: seconds.
        answer_within: seconds that PostgreSQL has for one statement, after which the connection is given up; None for
            work that may take long. SQLite has no server that could fall silent.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = create_engine(
            parsed,
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=10,
            pool_timeout=answer_within or POOL_PATIENCE_SECONDS,
            hide_parameters=True,
        )
        bounded_postgresql.bind(engine, answer_within)
        event.listen(engine, "before_cursor_execute", _without_nul, retval=True)
        event.listen(engine, "checkin", _discard_if_inside_transaction)
        return engine
    if parsed.database and not parsed.database.startswith("file:"):  # SQLite's own URI names what is there
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        parsed,
        connect_args={"check_same_thread": False, "timeout": lock_patience},
        pool_size=10,
        max_overflow=10,
        hide_parameters=True,  # a refused statement is logged; what a directive says is not
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: ConnectionPoolEntry) -> None:  # noqa: ANN401 - a driver's connection
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "recursive_triggers=ON",  # else INSERT OR REPLACE deletes a ledger row past its trigger
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    event.listen(engine, "checkin", _discard_if_inside_transaction)
    return engine


def _without_nul(
    _connection: Connection,
    _cursor: object,
    statement: str,
    parameters: Any,  # noqa: ANN401 - as the dialect makes them
    _context: object,
    many: bool,
) -> tuple[str, Any]:
    """Let a text with a NUL be one that stands nowhere: PostgreSQL keeps none, and fails when it is asked for one."""

    def clean(one: Any) -> Any:  # noqa: ANN401
        if isinstance(one, dict) and any(isinstance(value, str) and "\x00" in value for value in one.values()):
            texts = {name: value.replace("\x00", "\ufffd") for name, value in one.items() if isinstance(value, str)}
            return {**one, **texts}
        return one

    return statement, [clean(one) for one in parameters] if many else clean(parameters)


def _discard_if_inside_transaction(
    connection: Any,  # noqa: ANN401 - a driver's connection
    record: ConnectionPoolEntry,
) -> None:
    """Throw away a connection that comes back inside a transaction: a cancelled thread may have left it so.

    The pool has rolled back by now; a connection that is still inside a transaction is broken.
    """
    if connection is not None and getattr(connection, "in_transaction", False) is True:
        record.invalidate()


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes: committed at the end, rolled back by an exception."""
    with engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One transaction that only reads, and sees one state of everything; it never waits for a writer."""
    # SQLite's transactions see one state anyway; PostgreSQL's do so when they are asked to.
    one_state: dict[str, Any] = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with engine.connect() as connection:
        prepared = connection.execution_options(reads=True, **one_state)
        with prepared.begin():
            yield prepared


def hold_alone(connection: Connection, what: str) -> None:
    """Let nobody else do the same until the transaction ends; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:what))"), {"what": what})


def insert_or_leave(connection: Connection, table: Table) -> Any:  # noqa: ANN401 - each dialect has an Insert of its own
    """An insert that leaves a row of the same key as it is."""
    build = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return build(table).on_conflict_do_nothing()


def can_answer(engine: Engine) -> bool:
    """Whether the database answers a question; used by the health checks."""
    with reading(engine) as connection:
        return bool(connection.execute(text("SELECT 1")).scalar() == 1)


def is_read_only(connection: Connection) -> bool:
    """Whether nothing can be written just now, as far as the database says so before it is tried."""
    if connection.dialect.name == "postgresql":
        return bool(connection.execute(text("SHOW transaction_read_only")).scalar() == "on")
    return not may_write(Path(connection.engine.url.database or ""))


def may_write(file: Path) -> bool:
    """Whether an SQLite file can be written; a connection that was open before notices only with its next commit."""
    beside = file.with_name(f"{file.name}-wal")
    return all(os.access(one, os.W_OK) for one in (file, beside) if one.exists())


__all__ = [
    "DATABASE_AWAY",
    "can_answer",
    "hold_alone",
    "insert_or_leave",
    "is_read_only",
    "may_write",
    "open_engine",
    "reading",
    "writing",
]
