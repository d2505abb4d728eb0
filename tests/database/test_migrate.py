"""A migrated database is what models/tables.py says; migrating again does nothing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from office_fixture import Desk
from sqlalchemy import Connection, Engine, create_engine, inspect, select, text
from sqlalchemy.engine import Inspector

from database.engine import can_answer, open_engine, reading, writing
from database.migrate import MIGRATIONS, current_revision, migrate, newest_revision, schema_differences
from models import commands as c
from models.tables import DIRECTIVE, METADATA
from models.vocabulary import Opinion


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'folder' / 'dondoc.db'}")
    yield engine
    engine.dispose()


def shape(inspector: Inspector) -> dict[str, object]:
    """Columns with type and nullability, keys, unique constraints and indexes of every table."""
    return {
        table: (
            {column["name"]: (str(column["type"]), column["nullable"]) for column in inspector.get_columns(table)},
            inspector.get_pk_constraint(table)["constrained_columns"],
            sorted(str(sorted(unique["column_names"])) for unique in inspector.get_unique_constraints(table)),
            sorted(
                (index["name"], tuple(index["column_names"]), index["unique"]) for index in inspector.get_indexes(table)
            ),
        )
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def test_an_empty_database_migrated_equals_the_tables(empty: Engine, tmp_path: Path) -> None:
    assert current_revision(empty) is None
    assert migrate(empty) is True

    made = create_engine(f"sqlite:///{tmp_path / 'made.db'}")
    METADATA.create_all(made)
    assert shape(inspect(empty)) == shape(inspect(made))
    assert set(shape(inspect(empty))) == set(METADATA.tables)
    assert schema_differences(empty) == []
    made.dispose()


def test_migrating_again_does_nothing(empty: Engine) -> None:
    migrate(empty)

    assert migrate(empty) is False
    assert current_revision(empty) == newest_revision() != ""


def test_a_difference_is_named(empty: Engine) -> None:
    migrate(empty)
    with writing(empty) as connection:
        connection.execute(text("CREATE TABLE stray (id INTEGER PRIMARY KEY)"))

    assert len(schema_differences(empty)) == 1
    assert "stray" in schema_differences(empty)[0]


def test_the_ledger_is_guarded_by_triggers_from_the_start(empty: Engine) -> None:
    migrate(empty)

    with reading(empty) as connection:
        guards = connection.execute(text("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'")).all()
    assert sorted(tuple(guard) for guard in guards) == [("ledger_no_delete", "ledger"), ("ledger_no_update", "ledger")]


def test_a_migration_that_fails_leaves_an_empty_database(empty: Engine) -> None:
    with writing(empty) as connection:
        connection.execute(text("CREATE TABLE ledger (id INTEGER PRIMARY KEY)"))

    with pytest.raises(Exception, match="already exists"):
        migrate(empty)

    assert current_revision(empty) is None
    assert inspect(empty).get_table_names() == ["ledger"]


def test_two_processes_that_migrate_at_once_end_with_one_schema(empty: Engine) -> None:
    assert can_answer(empty)
    others = [open_engine(str(empty.url)) for _ in range(2)]

    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(migrate, others))

    assert True in done
    assert schema_differences(empty) == []
    for engine in others:
        engine.dispose()


def test_a_database_of_before_learns_whose_contribution_is_awaited(seeded_database: Path, tmp_path: Path) -> None:
    """Old rows have their coordinating agencies and what these said in the state alone."""
    desk = Desk.copied(seeded_database, tmp_path / "office")
    said = c.Contribute(opinion=Opinion.AGREE)
    for code in ("NV-1", "NV-2", "NV-3"):
        desk.register(code, "Wed 2026-03-04 09:00", coordinating_agencies=("STC", "SXD"))
    desk.act("NV-1", said, "truong.stc", "Wed 2026-03-04 10:00")
    desk.act("NV-2", said, "truong.stc", "Wed 2026-03-04 10:00")
    desk.act("NV-2", said, "truong.sxd", "Wed 2026-03-04 10:30")
    desk.act("NV-3", c.Cancel(reason="Thu hồi"), "chutich", "Wed 2026-03-04 11:00")
    silent = select(DIRECTIVE.c.code, DIRECTIVE.c.silent_agencies).order_by(DIRECTIVE.c.code)
    with reading(desk.office.engine) as connection:
        written = connection.execute(silent).all()

    owned = desk.office.engine.url.difference_update_query(["options"])  # by whom it belongs to, not by who works in it
    owners = open_engine(owned.render_as_string(hide_password=False))
    with writing(owners) as connection:
        downgrade(connection, "0004")
    migrate(owners)

    assert written == [("NV-1", ["SXD"]), ("NV-2", []), ("NV-3", [])]
    with reading(desk.office.engine) as connection:
        assert connection.execute(silent).all() == written
    assert schema_differences(owners) == []
    owners.dispose()
    desk.office.engine.dispose()


def downgrade(connection: Connection, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.downgrade(config, to)
