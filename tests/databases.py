"""A seeded database of its own for each test: SQLite, or real PostgreSQL with DONDOC_TEST_DATABASE=postgresql.

DONDOC_TEST_POSTGRESQL names a server that runs already (`postgresql://USER:PASSWORD@HOST/postgres`, whose user is its
superuser); without it one is started from Debian's package, on a socket of its own. What is tested there works under
an account that may do what docs/operations.md gives to worker and web, and no more.
"""

import atexit
import contextlib
import functools
import getpass
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_memory import folder_in_memory
from sqlalchemy import Connection, Engine, create_engine, delete, event, func, insert, select, text
from sqlalchemy.engine import make_url

from database.engine import open_engine, reading, writing
from database.migrate import migrate
from database.roles import grant_to
from models.tables import METADATA

ON_POSTGRESQL = os.environ.get("DONDOC_TEST_DATABASE", "sqlite") == "postgresql"

sqlite_only = pytest.mark.skipif(ON_POSTGRESQL, reason="what it does can only be done to SQLite")
postgresql_only = pytest.mark.skipif(not ON_POSTGRESQL, reason="what it is about is PostgreSQL's alone")

_ACCOUNT = "postgres"
_FOLDER = "dondoc-pg-"
_ON_DISK = Path("/tmp")  # noqa: S108 - short, for the path of a socket
_numbers = itertools.count(1)
_made_for_tests: list[str] = []


def fresh_database(seeded: Path, folder: Path) -> str:
    """A copy of a seeded SQLite file: a file in the folder, or a database of the PostgreSQL server with the same rows.

    Returns: its URL.
    """
    if not ON_POSTGRESQL:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(seeded, folder / "dondoc.db")
        return f"sqlite:///{folder / 'dondoc.db'}"
    return under(_of_the_test(_made(_template(seeded))), _working_account())


def under(url: str, account: str) -> str:
    """The URL by which whoever connects has the rights of this account, until `SET ROLE NONE`."""
    parsed = make_url(url).update_query_dict({"options": f"-c role={account}"})
    return parsed.render_as_string(hide_password=False)


@functools.cache
def _working_account() -> str:
    """The account of worker and web."""
    name = f"dondoc_works_{os.getpid()}"
    _administer(f"CREATE ROLE {name}")
    return name


def empty_database() -> str:
    """The URL of a new, empty PostgreSQL database, whatever the tests run on."""
    return _of_the_test(_made(None))


@contextlib.contextmanager
def dropped_afterwards() -> Iterator[None]:
    """Drop the PostgreSQL databases made meanwhile: two thousand tests would leave 18 GB."""
    before, _made_for_tests[:] = _made_for_tests[:], []
    try:
        yield
    finally:
        made, _made_for_tests[:] = _made_for_tests[:], before
        for name in made:
            _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _of_the_test(url: str) -> str:
    _made_for_tests.append(str(make_url(url).database))
    return url


@functools.cache
def _template(seeded: Path) -> str:
    """The name of a PostgreSQL database with the rows of a seeded SQLite file."""
    url = _made(None)
    there, here = open_engine(f"sqlite:///{seeded}"), open_engine(url)
    migrate(here)
    with reading(there) as source, writing(here) as target:
        for table in METADATA.sorted_tables:
            if table.name != "ledger":  # the migrations write rows of their own; nothing may be deleted there
                target.execute(delete(table))
            rows = [dict(row._mapping) for row in source.execute(select(table))]
            if rows:
                target.execute(insert(table), rows)
            number = table.autoincrement_column
            if rows and number is not None:  # what was copied took no number from the series
                series = func.pg_get_serial_sequence(table.name, number.name)
                target.execute(select(func.setval(series, max(row[number.name] for row in rows))))
        grant_to(target, _working_account())
    there.dispose()
    here.dispose()
    return str(make_url(url).database)


def _made(template: str | None) -> str:
    """Make a database; a copy of another where one is named."""
    name = f"dondoc_{os.getpid()}_{next(_numbers)}"
    copied = f' TEMPLATE "{template}" STRATEGY FILE_COPY' if template else ""  # a quarter of the time of WAL_LOG
    _administer(f'CREATE DATABASE "{name}"{copied}')
    return make_url(server()).set(database=name).render_as_string(hide_password=False)


def _administer(statement: str) -> None:
    administration = create_engine(
        make_url(server()).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with administration.connect() as connection:
        connection.execute(text(statement))
    administration.dispose()


@functools.cache
def server() -> str:
    """The URL of a PostgreSQL server, started for this process unless one is named."""
    if named := os.environ.get("DONDOC_TEST_POSTGRESQL"):
        return named
    as_account = ["runuser", "-u", _ACCOUNT, "--"] if os.geteuid() == 0 else []
    account = _ACCOUNT if as_account else getpass.getuser()
    _clear_away_left_behind(as_account)
    place = folder_in_memory() or _ON_DISK  # a new database is 520 files: 18 ms in memory, here 450 on the disk
    folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-", dir=place))
    if as_account:
        shutil.chown(folder, _ACCOUNT)
    programs = programs_of_postgresql()

    def run(*words: str) -> None:
        done = subprocess.run([*as_account, *words], capture_output=True, text=True, check=False, cwd="/")
        if done.returncode:
            raise AssertionError(f"PostgreSQL: {done.stderr.strip() or done.stdout.strip()}")

    data, log = str(folder / "data"), str(folder / "log")
    run(str(programs / "initdb"), "-D", data, "-U", account, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c max_connections=300"
    options += " -c fsync=off -c dynamic_shared_memory_type=mmap"  # nothing to lose, nothing left in /dev/shm
    run(str(programs / "pg_ctl"), "-D", data, "-l", log, "-w", "-o", options, "start")

    def stop() -> None:
        run(str(programs / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    return f"postgresql://{account}@/postgres?host={folder}"


def _clear_away_left_behind(as_account: list[str]) -> None:
    """Stop and delete the servers of test processes that were killed; each holds gigabytes."""
    places = (_ON_DISK, folder_in_memory() or _ON_DISK)
    for folder in (found for place in places for found in place.glob(f"{_FOLDER}*")):
        process = folder.name.removeprefix(_FOLDER).partition("-")[0]
        if process.isdigit() and not Path("/proc", process).exists():
            stop = [*as_account, programs_of_postgresql() / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop"]
            subprocess.run(stop, capture_output=True, check=False, cwd="/")
            shutil.rmtree(folder, ignore_errors=True)


def programs_of_postgresql() -> Path:
    """The folder of initdb and pg_ctl.

    Raises:
        AssertionError: there is none, with what to do.
    """
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if found:
        return found[-1]
    if on_path := shutil.which("pg_ctl"):
        return Path(on_path).parent
    raise AssertionError("PostgreSQL is not installed: apt install postgresql, or set DONDOC_TEST_POSTGRESQL")


def as_superuser(connection: Connection) -> None:
    """Be PostgreSQL's superuser until the transaction ends; SQLite knows none."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL ROLE NONE"))


def lift_guards(connection: Connection) -> None:
    """Take away the triggers that keep the ledger from being changed, as somebody does who changes it by hand."""
    if connection.dialect.name == "postgresql":
        as_superuser(connection)
        connection.execute(text("DROP TRIGGER ledger_append_only ON ledger"))
        return
    for guard in ("ledger_no_update", "ledger_no_delete"):
        connection.execute(text(f"DROP TRIGGER {guard}"))


def refuse_inserts(connection: Connection, table: str, why: str, code: str | None = None) -> None:
    """Let inserts into a table fail from now on, until `allow_inserts`: all, or those of one directive's code."""
    only = f"WHEN (NEW.code = '{code}') " if code else ""
    if connection.dialect.name == "postgresql":
        as_superuser(connection)
        connection.execute(
            text(
                "CREATE FUNCTION refuse_insert() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{why}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
            )
        )
        connection.execute(
            text(
                f"CREATE TRIGGER refusing BEFORE INSERT ON {table} FOR EACH ROW {only}EXECUTE FUNCTION refuse_insert()"
            )
        )
        return
    refusal = f"BEGIN SELECT RAISE(ABORT, '{why}'); END"
    connection.execute(text(f"CREATE TRIGGER refusing BEFORE INSERT ON {table} {only}{refusal}"))


def allow_inserts(connection: Connection, table: str) -> None:
    """Undo `refuse_inserts`."""
    as_superuser(connection)
    on = f" ON {table}" if connection.dialect.name == "postgresql" else ""
    connection.execute(text(f"DROP TRIGGER refusing{on}"))


@contextlib.contextmanager
def session_ended_before(engine: Engine, statement: str) -> Iterator[None]:
    """Let PostgreSQL end the session that is about to carry out a statement with these words in it, the first time."""
    left = [statement]

    @event.listens_for(engine, "before_cursor_execute")
    def end(connection: Connection, _cursor: object, sent: str, *_others: object) -> None:
        if left and left[0] in sent:
            left.clear()
            driver = connection.connection.driver_connection
            assert driver is not None
            _administer(f"SELECT pg_terminate_backend({driver.info.backend_pid}, 5000)")

    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", end)
    assert not left, "no such statement came"


@contextlib.contextmanager
def nothing_recorded(engine: Engine) -> Iterator[None]:
    """Hold the ledger, so that nobody can append to it meanwhile."""
    with writing(engine) as connection:  # SQLite has one writer
        if connection.dialect.name == "postgresql":
            as_superuser(connection)
            connection.execute(text("LOCK TABLE ledger IN EXCLUSIVE MODE"))
        yield
