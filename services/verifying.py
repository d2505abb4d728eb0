"""Checking that the ledger is what was written: every row of every chain, letter by letter."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, func, select

from database.engine import reading
from database.ledger import broken_rows, read_rows
from models.directive import Directive
from models.events import Recorded
from models.life import fold
from models.refusal import Code, Refused
from models.tables import DIRECTIVE, LEDGER
from services.office import Office


class Fault(StrEnum):
    """What can be wrong with a row."""

    GAP = "gap"  # its number does not follow the row before
    CHAIN = "chain"  # it does not hold the hash of the row before: that one was exchanged, or rows were swapped
    CONTENT = "content"  # its content is not what its hash was made of
    UNREADABLE = "unreadable"  # a value that no release writes, such as a date that is none
    CUT = "cut"  # the last rows are gone: the snapshot has seen later ones


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


def readable_life(connection: Connection, code: str) -> tuple[tuple[Recorded, ...], Directive] | None:
    """A directive's rows and what they make of it; None when this release cannot make sense of them (RULES 18)."""
    try:
        rows = read_rows(connection, code)
        directive = fold(rows)
    except (ValueError, TypeError, LookupError, AttributeError):  # whatever a row written by a stranger can cause
        return None
    return None if directive is None else (rows, directive)
