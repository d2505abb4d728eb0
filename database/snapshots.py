"""The snapshot of each directive, which lists, boards and searches read. It follows from the ledger."""

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from database.reference import Reference
from models.commands import Register
from models.directive import Directive
from models.events import Assigned, MovedIn, Recorded, Registered
from models.moments import Moment
from models.tables import DIRECTIVE
from models.text import fold_key, normalise_number
from models.timeliness import due_soon_at, frozen_at


def fingerprint(registration: Register) -> str:
    """What makes two registrations the same task: document, content and lead agency."""
    document = registration.document
    parts = (
        normalise_number(document.number),
        document.date.isoformat() if document.date else "",
        fold_key(registration.content),
        registration.lead_agency or "",
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def mark_of(rows: tuple[Recorded, ...]) -> str:
    """The fingerprint of a registration, found again in its first rows; empty when they register nothing."""
    registered, lead = rows[0].event, None
    for row in rows[1:2]:
        if isinstance(row.event, Assigned) and row.command_id == rows[0].command_id:
            lead = row.event.agency
        elif isinstance(row.event, MovedIn):
            lead = row.event.lead_agency
    if not isinstance(registered, Registered):
        return ""
    return fingerprint(Register(content=registered.content, document=registered.document, lead_agency=lead))


def write_snapshot(
    connection: Connection,
    directive: Directive,
    reference: Reference,
    following: Moment | None,
    *,
    mark: str = "",
    awaiting_start: bool = False,
) -> None:
    """Bring the snapshot to this state, unless a newer one stands there.

    Args:
        following: the next moment.
        mark: the fingerprint, for a directive that has no snapshot yet.
        awaiting_start: only the intake is saved; the ledger has no row and the workflow is not started.
    """
    values = snapshot_columns(directive, reference, following, awaiting_start=awaiting_start)
    if update_snapshots(connection, [values]) == 0:
        known = connection.execute(select(DIRECTIVE.c.seq).where(DIRECTIVE.c.code == directive.code)).first()
        if known is None:
            insert_snapshots(connection, [values | {"fingerprint": mark}])


def update_snapshots(connection: Connection, snapshots: Sequence[dict[str, Any]]) -> int:
    """Bring snapshots that are there to a new state, unless a newer one stands there; how many were changed."""
    if not snapshots:
        return 0
    keyed = [values | {"the_code": values["code"], "the_seq": values["seq"]} for values in snapshots]
    return connection.execute(_UPDATE, keyed).rowcount


def insert_snapshots(connection: Connection, snapshots: Sequence[dict[str, Any]]) -> None:
    """Add the snapshots of new directives; each has its `fingerprint` beside the columns."""
    if snapshots:
        connection.execute(_INSERT, snapshots)


# Built once: to put a statement of so many columns together anew costs more than SQLite takes to carry it out.
_UPDATE = update(DIRECTIVE).where(DIRECTIVE.c.code == bindparam("the_code"), DIRECTIVE.c.seq <= bindparam("the_seq"))
_INSERT = insert(DIRECTIVE)
_READ = select(DIRECTIVE.c.code, DIRECTIVE.c.seq, DIRECTIVE.c.state).where(
    DIRECTIVE.c.code.in_(bindparam("codes", expanding=True))
)


def snapshot_columns(
    directive: Directive, reference: Reference, following: Moment | None, *, awaiting_start: bool = False
) -> dict[str, Any]:
    """What a snapshot of this state says, column by column."""
    return _columns(directive, reference, following) | {
        "code": directive.code,
        "seq": 0 if awaiting_start else directive.seq,
        "awaiting_start": awaiting_start,
    }


def _columns(directive: Directive, reference: Reference, following: Moment | None) -> dict[str, Any]:
    deadline, document = directive.deadline, directive.document
    return {
        "status": directive.status.value,
        "lead_agency": directive.lead_agency,
        "coordinating_agencies": list(directive.coordinating_agencies),
        "silent_agencies": [] if directive.closed else list(directive.silent_agencies),
        "field": directive.field,
        "assigning_leader": directive.assigning_leader,
        "supervising_leader": directive.supervising_leader,
        "urgency": directive.urgency.value,
        "content": directive.content,
        "search": fold_key(f"{directive.code} {document.number} {document.abstract} {directive.content}"),
        "document_number": document.number,
        "document_date": document.date,
        "due_at": deadline.due_at if deadline else None,
        "due_soon_at": due_soon_at(deadline.last_day, reference.calendar) if deadline else None,
        "judged_at": frozen_at(directive),
        "escalation_level": directive.escalation_level,
        "next_at": following.at if following else None,
        "next_moment": following.model_dump_json() if following else None,
        "plan": reference.plan,
        "registered_at": directive.registered_at,
        "updated_at": directive.updated_at,
        "state": directive.model_dump_json(exclude_defaults=True),
    }


def read_directive(connection: Connection, code: str) -> Directive | None:
    """The directive as its snapshot holds it; None when nobody knows the code."""
    found = connection.execute(select(DIRECTIVE.c.state).where(DIRECTIVE.c.code == code)).scalar()
    return Directive.model_validate_json(found) if found else None


def read_snapshot(connection: Connection, code: str) -> tuple[int, Directive] | None:
    """The number of the ledger row that the snapshot stands at, and the directive; 0 while it awaits its start."""
    found = read_snapshots(connection, (code,)).get(code)
    return (found[0], Directive.model_validate_json(found[1])) if found else None


def read_snapshots(connection: Connection, codes: Sequence[str]) -> dict[str, tuple[int, str]]:
    """The same for several, with each state still as JSON: one that breaks this release breaks no other."""
    return {row.code: (row.seq, row.state) for row in connection.execute(_READ, {"codes": codes})}
