"""Checking that the ledger is what was written, every row letter by letter, and that the snapshots follow from it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, func, select, true

from database.engine import reading
from database.ledger import broken_rows, read_rows
from models.directive import Directive
from models.events import MomentReached, Recorded, read_event
from models.life import fold
from models.refusal import Code, Refused
from models.tables import DIRECTIVE, LEDGER
from models.timeliness import frozen_at
from services.office import Office

MOMENT_REACHED: Final = "moment_reached"
"""The kind of a row that tells a moment."""


class Fault(StrEnum):
    """What can be wrong with a row."""

    GAP = "gap"  # its number does not follow the row before
    CHAIN = "chain"  # it does not hold the hash of the row before: that one was exchanged, or rows were swapped
    CONTENT = "content"  # its content is not what its hash was made of
    UNREADABLE = "unreadable"  # a value that no release writes, such as a date that is none
    CUT = "cut"  # the last rows are gone: the snapshot, or an anchor, has seen later ones
    REWRITTEN = "rewritten"  # an anchor has seen another row under this number: the chain was written anew
    MOMENT = "moment"  # its key of a moment, by which each is told once, is not that of its content
    ORDER = "order"  # it stands before an earlier row of its directive in the order of recording
    SNAPSHOT = "snapshot"  # the rows are right, but what lists and figures show is not what follows from them


FOLLOWS: Final[Mapping[str, Callable[[Directive], object]]] = {
    "status": lambda one: one.status.value,
    "lead_agency": lambda one: one.lead_agency,
    "coordinating_agencies": lambda one: list(one.coordinating_agencies),
    "field": lambda one: one.field,
    "assigning_leader": lambda one: one.assigning_leader,
    "supervising_leader": lambda one: one.supervising_leader,
    "urgency": lambda one: one.urgency.value,
    "content": lambda one: one.content,
    "document_number": lambda one: one.document.number,
    "document_date": lambda one: one.document.date,
    "due_at": lambda one: one.deadline.due_at if one.deadline else None,
    "judged_at": frozen_at,
    "escalation_level": lambda one: one.escalation_level,
    "registered_at": lambda one: one.registered_at,
    "updated_at": lambda one: one.updated_at,
}
"""Columns of a snapshot that follow from the ledger alone: those that figures are made of. The others follow from the
calendar and the policy as well, and are planned anew whenever these change."""


@dataclass(frozen=True)
class BrokenRow:
    """A row that is not as it was written."""

    code: str
    seq: int
    fault: Fault


@dataclass(frozen=True)
class Verification:
    """What a check of the ledger found.

    Attributes:
        rows: how many rows were checked.
        directives: to how many directives they belong.
    """

    rows: int
    directives: int
    broken: tuple[BrokenRow, ...]


def verify(office: Office, code: str | None = None) -> Verification:
    """Check the ledger, in one transaction, so that what is written meanwhile changes nothing.

    Args:
        code: only this directive.

    Raises:
        Refused: not_found, when nobody knows that directive.
    """
    with reading(office.engine) as connection:
        counted = select(func.count(), func.count(LEDGER.c.directive.distinct()))
        known = select(DIRECTIVE.c.code, DIRECTIVE.c.seq)
        if code is not None:
            counted = counted.where(LEDGER.c.directive == code)
            known = known.where(DIRECTIVE.c.code == code)
        rows, directives = connection.execute(counted).one()
        seen = {row.code: row.seq for row in connection.execute(known)}
        if code is not None and not rows and not seen:
            raise Refused(Code.NOT_FOUND, directive=code)
        broken = [*_broken(connection, code), *_cut(connection, seen)]
        doubted = {one.code for one in broken}
        beside = (*_misplaced(connection, code), *_snapshots(connection, code))
        broken += [one for one in beside if one.code not in doubted]  # a broken chain needs no second finding
    return Verification(rows, directives, tuple(sorted(broken, key=lambda one: (one.code, one.seq))))


def _broken(connection: Connection, code: str | None) -> list[BrokenRow]:
    try:
        return [BrokenRow(directive, seq, Fault(fault)) for directive, seq, fault in broken_rows(connection, code)]
    except ValueError:  # a value that cannot even be read ends the pass, so each directive has its own
        codes = [code] if code else [row[0] for row in connection.execute(select(LEDGER.c.directive).distinct())]
        return [broken for one in codes for broken in _broken_of(connection, one)]


def _broken_of(connection: Connection, code: str) -> Iterator[BrokenRow]:
    try:
        yield from [BrokenRow(code, seq, Fault(fault)) for _, seq, fault in broken_rows(connection, code)]
    except ValueError:
        yield BrokenRow(code, _first_unreadable(connection, code), Fault.UNREADABLE)


def _first_unreadable(connection: Connection, code: str) -> int:
    numbers = [
        row.seq
        for row in connection.execute(select(LEDGER.c.seq).where(LEDGER.c.directive == code).order_by(LEDGER.c.seq))
    ]
    for seq in numbers:
        try:
            connection.execute(select(LEDGER).where(LEDGER.c.directive == code, LEDGER.c.seq == seq)).all()
        except ValueError:
            return int(seq)
    return int(numbers[-1])


def _cut(connection: Connection, seen: dict[str, int]) -> Iterator[BrokenRow]:
    """The snapshot is written with the row it stands at, so a ledger that ends before it has lost rows."""
    last = {
        row.directive: row.seq
        for row in connection.execute(
            select(LEDGER.c.directive, func.max(LEDGER.c.seq).label("seq")).group_by(LEDGER.c.directive)
        )
    }
    for code, seq in seen.items():
        if seq > last.get(code, 0):
            yield BrokenRow(code, last.get(code, 0) + 1, Fault.CUT)


def _misplaced(connection: Connection, code: str | None) -> Iterator[BrokenRow]:
    """What a row's hash does not cover: its key of a moment, and its place in the order of recording."""
    chosen = LEDGER.c.directive == code if code is not None else true()
    keyed = select(LEDGER.c.directive, LEDGER.c.seq, LEDGER.c.kind, LEDGER.c.data, LEDGER.c.moment).where(
        chosen, LEDGER.c.moment.is_not(None) | (LEDGER.c.kind == MOMENT_REACHED)
    )
    for row in connection.execute(keyed):
        if row.moment != _moment_of(row.kind, row.data, row.moment):
            yield BrokenRow(row.directive, row.seq, Fault.MOMENT)
    before = func.lag(LEDGER.c.id).over(partition_by=LEDGER.c.directive, order_by=LEDGER.c.seq).label("before")
    placed = select(LEDGER.c.directive, LEDGER.c.seq, LEDGER.c.id, before).where(chosen).subquery()
    for row in connection.execute(select(placed).where(placed.c.id < placed.c.before)):
        yield BrokenRow(row.directive, row.seq, Fault.ORDER)


def _moment_of(kind: str, data: str, kept: str | None) -> str | None:
    """The key that a row's content gives it; None when it tells no moment."""
    try:
        event = read_event(kind, data)
    except ValueError:  # no release wrote this, or not this one: the chain says which
        return kept
    return event.key if isinstance(event, MomentReached) else None


def _snapshots(connection: Connection, code: str | None) -> Iterator[BrokenRow]:
    """Snapshots that do not follow from the rows; one that awaits its start follows from its registration."""
    statement = select(DIRECTIVE.c.code).where(DIRECTIVE.c.awaiting_start.is_(False))
    if code is not None:
        statement = statement.where(DIRECTIVE.c.code == code)
    for one in connection.execute(statement.order_by(DIRECTIVE.c.code)).scalars().all():
        life = readable_life(connection, one)
        if life is not None and not _follows(connection, one, life[1]):
            yield BrokenRow(one, life[1].seq, Fault.SNAPSHOT)


def _follows(connection: Connection, code: str, directive: Directive) -> bool:
    try:
        found = connection.execute(select(DIRECTIVE).where(DIRECTIVE.c.code == code)).one()
        state = Directive.model_validate_json(found.state)
    except ValueError:  # a value that no release writes
        return False
    shown = found._mapping  # noqa: SLF001 - SQLAlchemy's name for it
    return (
        found.seq == directive.seq
        and state == directive
        and all(shown[name] == of(directive) for name, of in FOLLOWS.items())
    )


def readable_life(connection: Connection, code: str) -> tuple[tuple[Recorded, ...], Directive] | None:
    """A directive's rows and what they make of it; None when this release cannot make sense of them (RULES 18)."""
    try:
        rows = read_rows(connection, code)
        directive = fold(rows)
    except (ValueError, TypeError, LookupError, AttributeError):  # whatever a row written by a stranger can cause
        return None
    return None if directive is None else (rows, directive)
