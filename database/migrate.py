"""Bringing a database to the schema of this release."""

import warnings
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from database.engine import reading, writing
from models.tables import METADATA

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def newest_revision() -> str:
    """The revision that this release expects."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def revisions() -> list[tuple[str, str]]:
    """Every revision of this release with its first line, the oldest first."""
    script = ScriptDirectory.from_config(_config())
    return [(one.revision, (one.doc or "").strip()) for one in reversed(list(script.walk_revisions()))]


def current_revision(engine: Engine) -> str | None:
    """The revision a database is at; None when it is empty."""
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def migrate(engine: Engine, to: str | None = None) -> bool:
    """Bring the database to a revision, in one transaction.

    Args:
        to: the newest when None.

    Returns: whether anything was to be done.
    """
    if current_revision(engine) == (to or newest_revision()):
        return False
    config = _config()
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to or "head")
    return True


def has_extension(connection: Connection, name: str) -> bool:
    """Whether a database of PostgreSQL has an extension; the index that needs one is left out without it."""
    statement = text("SELECT count(*) FROM pg_extension WHERE extname = :name")
    return bool(connection.execute(statement, {"name": name}).scalar())


def schema_differences(engine: Engine) -> list[str]:
    """Name what differs between a migrated database and models/tables.py; nothing should."""
    with reading(engine) as connection:
        dialect = connection.dialect.name

        def belongs_here(thing: Any, *_: object) -> bool:  # noqa: ANN401 - any part of a schema
            info = getattr(thing, "info", {})
            needed = info.get("needs")
            return info.get("only_on", dialect) == dialect and (needed is None or has_extension(connection, needed))

        options = {"compare_type": False, "include_object": belongs_here}
        context = MigrationContext.configure(connection, opts=options)
        with warnings.catch_warnings():  # it names the index of an expression that SQLite does not have
            warnings.filterwarnings("ignore", "autogenerate skipping metadata-specified expression-based index")
            return [str(difference) for difference in compare_metadata(context, METADATA)]
