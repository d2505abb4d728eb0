"""A province's office after years of work: very many directives, some of them open, as rows that only questions read.

The open and the done directives of the examples are taken in as always, without Temporal, and then copied inside the
database under other codes: snapshots, ledger rows, commands and notices. Each copy lies a week before the one before
it, and the clocks of copies stand still. The hashes of copied ledger rows are those of what they were copied from.
"""

import datetime as dt
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, Table, func, select, text

from activities.catching_up import compared
from activities.commit import Door
from bench.sides import Wrong
from bench.workbook import CLERK
from database.engine import writing
from documents.intake_workbook import open_intake
from examples.make import DONE_WORKBOOK, OPEN_WORKBOOK, make_examples
from models.calendar import local_day
from models.column_types import Instant
from models.engine import CommandEnvelope, CommitRequest, Draft
from models.life import decide
from models.tables import COMMAND, DIRECTIVE, LEDGER, NOTICE
from services.intake import Intake
from services.office import Office
from services.registration import read_registration
from services.workbook_import import raw_directive

OF_EXAMPLES: Final = 1_320
"""Directives in each of the two workbooks of the examples."""

_STILL: Final = "now() + interval '60 days'"
"""When the next moment of a copy is: nobody may wait for a workflow that it does not have."""

_SUFFIX: Final = "'-' || lpad(n::text, 4, '0')"


def settle(office: Office, folder: Path, opened: int, done: int) -> None:
    """Fill an office on PostgreSQL.

    Args:
        folder: where the examples' workbooks are written.
        opened: how many open directives there are in the end; `done` the same of those that are done.

    Raises:
        Wrong: the numbers cannot be reached.
    """
    make_examples(local_day(office.now()), folder, office.reference().calendar)
    for workbook, number in ((OPEN_WORKBOOK, opened), (DONE_WORKBOOK, done)):
        take(office, folder / workbook, min(OF_EXAMPLES, number))
    with writing(office.engine) as connection:
        closed = "status IN ('completed', 'cancelled')"
        connection.execute(text(f"CREATE TEMP TABLE first AS SELECT code, {closed} AS closed FROM directive"))  # noqa: S608
        connection.execute(text(f"UPDATE directive SET next_at = {_STILL}, awaiting_start = false WHERE NOT {closed}"))  # noqa: S608
        for whether, number in (("NOT first.closed", opened), ("first.closed", done)):
            _copy_all(connection, whether, number)
        counted = connection.execute(text(f"SELECT count(*) FILTER (WHERE NOT {closed}), count(*) FROM directive"))  # noqa: S608
        if tuple(counted.one()) != (opened, opened + done):
            raise Wrong(f"the office does not have {opened} open directives and {done} done ones")
        # As after any night: else the sweep would ask Temporal for each of them, and begin those that it does not have.
        compared(connection, connection.execute(select(func.max(LEDGER.c.id))).scalar_one())
    with office.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))


def take(office: Office, workbook: Path, most: int) -> None:
    """Take in directives and record them as their workflows would, without Temporal.

    Raises:
        Wrong: a row was refused.
    """
    reference, now = office.reference(), office.now()
    door = Door(office.engine, office.references)
    intake = Intake(office, door, reference.directory.actor(CLERK, local_day(now)))
    with open_intake(workbook) as sheet:
        rows = islice(sheet.rows(), most)
        taken = list(
            intake.take(read_registration(raw_directive(row), reference, now, needs_lead=True) for row in rows)
        )
    refused = [one for one in taken if one.reasons]
    if refused:
        raise Wrong(f"{workbook.name}: {refused[0]}")
    with writing(office.engine) as connection:
        door.commit_in(connection, [_registering(one.envelope, office.now()) for one in taken if one.envelope])


def _registering(envelope: CommandEnvelope, now: dt.datetime) -> CommitRequest:
    drafts = tuple(
        Draft(event=event, actor=envelope.actor.person, command_id=envelope.id, part=part)
        for part, event in enumerate(decide(None, envelope.command, envelope.actor, now))
    )
    return CommitRequest(directive=envelope.directive, after_seq=0, after_hash="", now=now, drafts=drafts)


def _copy_all(connection: Connection, whether: str, number: int) -> None:
    """Copy until there are so many: whole copies of all that is there, and a last one of as many as are left."""
    own = f"SELECT code FROM first WHERE {whether} ORDER BY code"  # noqa: S608
    there = len(connection.execute(text(own)).all())
    if not there:
        return
    copies, left = divmod(number - there, there)
    for kept, first, last in ((there, 1, copies), (left, copies + 1, copies + 1)):
        if kept and first <= last:
            chosen = f"({own} LIMIT {kept}) AS chosen CROSS JOIN generate_series({first}, {last}) AS n"
            for table, code in (
                (COMMAND, "directive"),
                (DIRECTIVE, "code"),
                (LEDGER, "directive"),
                (NOTICE, "directive"),
            ):
                _copy(connection, table, code, chosen)


def _copy(connection: Connection, table: Table, code: str, chosen: str) -> None:
    """Copy a table's rows of the chosen codes once for each n."""
    columns = [column for column in table.columns if column is not table.autoincrement_column]
    names = ", ".join(f'"{column.name}"' for column in columns)
    values = ", ".join(_copied(column, code) for column in columns)
    source = f'{table.name} AS t JOIN {chosen} ON t."{code}" = chosen.code'
    connection.execute(text(f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {source}"))  # noqa: S608


def _copied(column: Column[object], code: str) -> str:
    """What a copy has in a column."""
    own = f't."{column.name}"'
    if column.name in (code, "id", "command_id", "fingerprint"):
        return f"{own} || {_SUFFIX}"
    if column.name == "search":
        return f"lower(t.code || {_SUFFIX}) || ' ' || {own}"
    if column.name == "state" and column.table is DIRECTIVE:
        return f"replace({own}, '\"code\":\"' || t.code || '\"', '\"code\":\"' || t.code || {_SUFFIX} || '\"')"
    if column.name == "next_at":
        return own
    if column.name in ("due_at", "due_soon_at", "judged_at") and column.table is DIRECTIVE:
        # What is open stays as late or as early as it was; what is done lies in the past.
        return f"CASE WHEN t.status = 'completed' THEN {own} - n * interval '7 days' ELSE {own} END"
    return f"{own} - n * interval '7 days'" if isinstance(column.type, Instant) else own
