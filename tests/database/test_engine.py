"""Instants keep their zone and order; writers lose nothing; a broken connection is thrown away."""

import datetime as dt
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from builders import local
from databases import empty_database, postgresql_only, server
from sqlalchemy import Column, Engine, Integer, MetaData, Table, event, insert, select, text, update
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import OperationalError, StatementError

from database.engine import can_answer, open_engine, reading, writing
from models.column_types import Instant

HAPPENED = Table("happened", MetaData(), Column("id", Integer, primary_key=True), Column("at", Instant))
COUNTED = Table("counted", MetaData(), Column("id", Integer, primary_key=True), Column("number", Integer))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_engine(f"sqlite:///{tmp_path / 'data' / 'dondoc.db'}", lock_patience=20)
    with writing(made) as connection:
        HAPPENED.create(connection)
        COUNTED.create(connection)
        connection.execute(insert(COUNTED).values(id=1, number=0))
    yield made
    made.dispose()


def number_in(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.execute(select(COUNTED.c.number)).scalar_one())


def stop_half_way(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(update(COUNTED).values(number=7))
        raise RuntimeError("half way")


# --- Instants --------------------------------------------------------------------------------------------------


def test_an_instant_without_a_zone_is_refused(engine: Engine) -> None:
    naive = dt.datetime(2026, 3, 4, 9, 0)  # noqa: DTZ001 - the point of the test

    with pytest.raises(StatementError, match="has no time zone"), writing(engine) as connection:
        connection.execute(insert(HAPPENED).values(at=naive))

    with pytest.raises(StatementError, match="has no time zone"), reading(engine) as connection:
        connection.execute(select(HAPPENED).where(HAPPENED.c.at > naive))


def test_an_instant_of_any_zone_comes_back_in_utc(engine: Engine) -> None:
    there = dt.datetime(2026, 3, 4, 9, 0, 0, 5, tzinfo=dt.timezone(dt.timedelta(hours=7)))

    with writing(engine) as connection:
        connection.execute(insert(HAPPENED), [{"at": there}, {"at": None}])
        found = [at for (at,) in connection.execute(select(HAPPENED.c.at).order_by(HAPPENED.c.id))]

    assert found == [dt.datetime(2026, 3, 4, 2, 0, 0, 5, tzinfo=dt.UTC), None]
    assert found[0].utcoffset() == dt.timedelta()


def test_the_order_of_instants_as_text_is_their_order_in_time(engine: Engine) -> None:
    instants = [
        dt.datetime(2, 1, 1, tzinfo=dt.UTC),
        dt.datetime(999, 12, 31, 23, 59, tzinfo=dt.UTC),
        local("2026-03-04 00:30"),
        local("2026-03-04 09:00"),
        local("2026-03-04 09:00") + dt.timedelta(microseconds=1),
        local("2026-03-04 23:30"),
        dt.datetime(9998, 12, 31, tzinfo=dt.UTC),
    ]
    with writing(engine) as connection:
        connection.execute(insert(HAPPENED), [{"at": instant} for instant in reversed(instants)])
        in_order = connection.execute(select(HAPPENED.c.at).order_by(HAPPENED.c.at)).scalars().all()
        later = connection.execute(select(HAPPENED.c.at).where(HAPPENED.c.at > instants[3])).scalars().all()

    assert in_order == instants
    assert set(later) == set(instants[4:])


# --- Writing ---------------------------------------------------------------------------------------------------


def test_four_threads_that_read_and_then_write_lose_no_update(engine: Engine) -> None:
    together = threading.Barrier(4)

    def raise_it(_thread: int) -> None:
        together.wait()
        for _ in range(25):
            with writing(engine) as connection:
                number = connection.execute(select(COUNTED.c.number)).scalar_one()
                connection.execute(update(COUNTED).values(number=number + 1))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(raise_it, range(4)))

    assert number_in(engine) == 100


def test_a_transaction_is_kept_whole_or_not_at_all(engine: Engine) -> None:
    with pytest.raises(RuntimeError, match="half way"):
        stop_half_way(engine)

    assert number_in(engine) == 0


def test_who_reads_sees_one_state_and_waits_for_no_writer(engine: Engine) -> None:
    with reading(engine) as reader:
        assert reader.execute(select(COUNTED.c.number)).scalar() == 0
        with writing(engine) as writer:
            writer.execute(update(COUNTED).values(number=5))

        assert reader.execute(select(COUNTED.c.number)).scalar() == 0

    with writing(engine) as writer:
        writer.execute(update(COUNTED).values(number=6))
        assert number_in(engine) == 5
    assert number_in(engine) == 6


def test_a_database_locked_for_longer_than_the_patience_fails_and_heals(tmp_path: Path, engine: Engine) -> None:
    hasty = open_engine(f"sqlite:///{tmp_path / 'data' / 'dondoc.db'}", lock_patience=0.05)
    with writing(engine) as connection:
        connection.execute(update(COUNTED).values(number=1))
        with pytest.raises(OperationalError, match="locked"), writing(hasty) as other:
            other.execute(update(COUNTED).values(number=2))

    with writing(hasty) as other:
        other.execute(update(COUNTED).values(number=3))
    assert number_in(engine) == 3
    hasty.dispose()


def test_each_connection_is_prepared(engine: Engine) -> None:
    with reading(engine) as connection:
        pragmas = [
            connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert pragmas == ["wal", 2, 1]
    assert can_answer(engine)


# --- Connections that come back broken -------------------------------------------------------------------------


class Stuck(sqlite3.Connection):
    """A connection whose rollback does nothing, as after a thread that was cancelled inside the driver."""

    def rollback(self) -> None:
        """Do nothing."""


def test_a_connection_left_in_a_transaction_is_discarded(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'dondoc.db'}", lock_patience=1)
    made: list[sqlite3.Connection] = []

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, where: Any, how: dict[str, Any]) -> sqlite3.Connection:
        kind = Stuck if not made else sqlite3.Connection
        made.append(sqlite3.connect(*where, **{**how, "factory": kind}))
        return made[-1]

    stuck = engine.raw_connection()
    stuck.cursor().execute("CREATE TABLE kept (id INTEGER)")
    stuck.cursor().execute("BEGIN IMMEDIATE")
    stuck.cursor().execute("INSERT INTO kept VALUES (1)")
    stuck.close()

    with writing(engine) as connection:
        connection.execute(text("INSERT INTO kept VALUES (2)"))
        assert connection.execute(text("SELECT id FROM kept")).scalars().all() == [2]
    assert len(made) == 2
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        made[0].execute("SELECT 1")
    engine.dispose()


def test_a_connection_that_comes_back_whole_is_used_again(engine: Engine) -> None:
    opened: list[object] = []
    event.listen(engine, "connect", lambda connection, _record: opened.append(connection))
    engine.dispose()

    for _ in range(5):
        with writing(engine) as connection:
            connection.execute(update(COUNTED).values(number=1))
    with pytest.raises(RuntimeError, match="half way"):
        stop_half_way(engine)
    assert number_in(engine) == 1

    assert len(opened) == 1


@postgresql_only
def test_a_connection_that_the_server_has_ended_is_not_handed_out_and_no_other_is_asked_whether_it_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []
    ask = PGDialect_psycopg.do_ping

    def counted(dialect: PGDialect_psycopg, connection: Any) -> bool:
        asked.append(connection)
        return bool(ask(dialect, connection))

    monkeypatch.setattr(PGDialect_psycopg, "do_ping", counted)
    engine = open_engine(empty_database())

    def process() -> int:
        with reading(engine) as connection:
            return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())

    first = process()
    assert process() == first
    assert asked == []
    with psycopg.connect(server(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (first,))
    assert process() != first
    assert len(asked) == 1
    engine.dispose()
