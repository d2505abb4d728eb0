"""What the account of worker and web cannot do, tried as that account on the real PostgreSQL.

What it can do is shown by all other tests on PostgreSQL: they work under it (tests/databases.py).
"""

import os
from collections.abc import Iterator

import pytest
from builders import SEED, local
from databases import empty_database, postgresql_only, server
from psycopg.errors import InsufficientPrivilege
from real_office import RealOffice
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from database.engine import open_engine, reading, writing
from database.migrate import migrate
from database.roles import NoSuchRole, RoleOwnsAll, grant_to, may_change_ledger
from database.seed_data import seed
from models.tables import LEDGER, METADATA

pytestmark = postgresql_only

FORBIDDEN = [
    "UPDATE ledger SET actor = 'x'",
    "DELETE FROM ledger",
    "TRUNCATE ledger",
    "DROP TRIGGER ledger_append_only ON ledger",
    "ALTER TABLE ledger DISABLE TRIGGER ALL",
    "CREATE OR REPLACE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$",
    "DROP TABLE ledger",
    "ALTER TABLE ledger RENAME TO other",
    "CREATE TABLE other (id integer)",
    "CREATE SCHEMA other",
    "CREATE RULE other AS ON INSERT TO ledger DO INSTEAD NOTHING",
    "CREATE TRIGGER other BEFORE INSERT ON ledger EXECUTE FUNCTION refuse_ledger_change()",
    "SET session_replication_role = replica",
    "SELECT setval('ledger_id_seq', 1)",
    "UPDATE alembic_version SET version_num = '0'",
    "TRUNCATE audit",
    "CREATE ROLE other",
    "COPY ledger TO PROGRAM 'cat'",
    "SELECT pg_read_file('/etc/passwd')",
]


@pytest.fixture(scope="module")
def owned() -> Iterator[Engine]:
    """A migrated database as its owner sees it, an account of its own with a password, not the superuser."""
    owner = account("owner")
    url = make_url(empty_database())
    administer(f'ALTER DATABASE "{url.database}" OWNER TO {owner}')
    engine = open_engine(url.set(username=owner).render_as_string(hide_password=False))
    migrate(engine)
    seed(engine, SEED / "quang_ngai.yaml", local("2020-01-06 08:00"))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def working(owned: Engine) -> Iterator[Engine]:
    """The same database as worker and web see it, really signed in under their account."""
    name = account("app")
    with writing(owned) as connection:
        grant_to(connection, name)
        grant_to(connection, name)  # as each upgrade does
    engine = open_engine(owned.url.set(username=name).render_as_string(hide_password=False))
    yield engine
    engine.dispose()


def account(name: str) -> str:
    made = f"{name}_{os.getpid()}"
    administer(f"CREATE ROLE {made} LOGIN")
    return made


def administer(statement: str) -> None:
    engine = create_engine(make_url(server()).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_working_account_cannot(working: Engine, statement: str) -> None:
    with pytest.raises(ProgrammingError) as refused, writing(working) as connection:
        connection.exec_driver_sql(statement)

    assert isinstance(refused.value.orig, InsufficientPrivilege)


def test_it_appends_to_the_ledger_and_writes_every_other_table(working: Engine, owned: Engine) -> None:
    office = RealOffice(working)
    office.register("NV-1", acknowledged=True)

    with reading(working) as connection:
        assert connection.execute(select(LEDGER.c.kind)).scalars().all()
        told = "SELECT has_table_privilege(:table, 'INSERT') AND has_table_privilege(:table, :more)"
        for table in METADATA.sorted_tables:
            more = "SELECT" if table is LEDGER else "UPDATE"
            assert connection.execute(text(told), {"table": table.name, "more": more}).scalar(), table.name
        assert not may_change_ledger(connection)
    with reading(owned) as connection:
        assert may_change_ledger(connection)


def test_what_an_account_was_given_before_is_taken_away_again(owned: Engine) -> None:
    name = account("greedy")
    with writing(owned) as connection:
        connection.exec_driver_sql(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}")
        grant_to(connection, name)
        has = text("SELECT has_table_privilege(:name, 'ledger', 'UPDATE, DELETE, TRUNCATE, TRIGGER')")
        assert not connection.execute(has, {"name": name}).scalar()


def test_nothing_is_granted_to_whom_nothing_could_be_withheld_from(owned: Engine) -> None:
    friend = account("friend")
    administer(f"GRANT {owned.url.username} TO {friend}")

    for name in (friend, str(owned.url.username), str(make_url(server()).username)):
        with pytest.raises(RoleOwnsAll), writing(owned) as connection:
            grant_to(connection, name)
    with pytest.raises(NoSuchRole), writing(owned) as connection:
        grant_to(connection, 'no"; DROP TABLE ledger; --')
