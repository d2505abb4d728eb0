"""Two accounts in PostgreSQL: the owner changes the schema, the other one works and can change no ledger row.

See docs/decisions/0018. SQLite knows no accounts; there the triggers and the file's mode stand alone.
"""

from typing import Final

from sqlalchemy import Connection, text

from models.tables import LEDGER, METADATA

READS: Final = ("alembic_version",)
"""Tables that the working account only reads: which release the schema is of."""

APPENDS: Final = (LEDGER.name,)
"""Tables to which it only adds rows: no UPDATE, DELETE or TRUNCATE, and a trigger is not its own to drop."""


class NoSuchRole(Exception):
    """There is nobody of this name to grant to."""


class RoleOwnsAll(Exception):
    """What belongs to an account, or to one that it may become, cannot be withheld from it."""


def grant_to(connection: Connection, role: str) -> None:
    """Give an account what an office's daily work needs, and take away whatever else it had on these tables.

    Repeating it does no harm, and is needed after each change of the schema. Only the tables' owner can.

    Args:
        role: as PostgreSQL knows it, letter for letter.

    Raises:
        NoSuchRole: PostgreSQL does not know it.
        RoleOwnsAll: it is a superuser, or the owner of the ledger, or a member of the owner's role.
    """
    known = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).first()
    if known is None:
        raise NoSuchRole(role)
    owns = text("SELECT pg_has_role(:role, tableowner, 'MEMBER') FROM pg_tables WHERE tablename = 'ledger'")
    if connection.execute(owns, {"role": role}).scalar():  # true of superusers, too
        raise RoleOwnsAll(role)
    quoted = connection.dialect.identifier_preparer.quote_identifier
    to, database = quoted(role), quoted(str(connection.engine.url.database))
    works = ", ".join(quoted(table.name) for table in METADATA.sorted_tables if table.name not in APPENDS)
    for statement in (
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"REVOKE ALL ON SCHEMA public FROM {to}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {to}",
        f"GRANT CONNECT ON DATABASE {database} TO {to}",
        f"GRANT USAGE ON SCHEMA public TO {to}",
        f"GRANT SELECT ON {', '.join(map(quoted, READS))} TO {to}",
        f"GRANT SELECT, INSERT ON {', '.join(map(quoted, APPENDS))} TO {to}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {works} TO {to}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {to}",
    ):
        connection.exec_driver_sql(statement)


def may_change_ledger(connection: Connection) -> bool:
    """Whether the account of this connection could change or delete what the ledger holds."""
    if connection.dialect.name != "postgresql":
        return True
    may = "pg_has_role(tableowner, 'MEMBER') OR has_table_privilege('ledger', 'UPDATE, DELETE, TRUNCATE')"
    return bool(connection.execute(text(f"SELECT {may} FROM pg_tables WHERE tablename = 'ledger'")).scalar())  # noqa: S608 - a constant
