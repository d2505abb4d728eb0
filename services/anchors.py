"""Anchors: what the ledger's chains ended with at an instant, kept where whoever can change the ledger cannot reach.

A chain of hashes shows every change but two: its last rows cut off together with what else knows of them, and all of it
written anew. Both show against an anchor that lies elsewhere: on another machine, in a mailbox, on paper.
"""

import datetime as dt
import hashlib
import json
from typing import Annotated, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection, func, select

from database.engine import reading
from models.tables import LEDGER
from services.office import Office
from services.verifying import BrokenRow, Fault

VERSION: Final = 1
HASH: Final = r"^[0-9a-f]{64}$"


class AnchorRefused(ValueError):
    """A text is no anchor, or was changed after it was written."""


class Head(BaseModel):
    """The last row of one directive's chain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(min_length=1)
    seq: int = Field(ge=1)
    hash: Annotated[str, Field(pattern=HASH)]


class Anchor(BaseModel):
    """All heads at an instant, and one hash over them, short enough to be read out and written down.

    Attributes:
        at: when it was taken, in UTC.
        digest: SHA-256 over instant and heads; see `digest_of`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(default=VERSION, ge=VERSION, le=VERSION)
    at: AwareDatetime
    digest: Annotated[str, Field(pattern=HASH)]
    heads: tuple[Head, ...]

    @property
    def rows(self) -> int:
        """How many rows the ledger had."""
        return sum(head.seq for head in self.heads)

    def to_text(self) -> str:
        """Write it for a file: JSON, one head a line, so that two anchors can be compared line by line."""
        lines = ",\n".join(json.dumps(head.model_dump(), ensure_ascii=False) for head in self.heads)
        start = {"version": self.version, "at": self.at.isoformat(), "digest": self.digest}
        return f'{json.dumps(start)[:-1]}, "heads": [\n{lines}\n]}}\n'

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `to_text` wrote.

        Raises:
            AnchorRefused: it is no anchor, or its digest does not fit its heads.
        """
        try:
            anchor = cls.model_validate_json(text)
        except ValidationError as invalid:
            raise AnchorRefused("no anchor") from invalid
        if anchor.digest != digest_of(anchor.at, anchor.heads):
            raise AnchorRefused("changed after it was written")
        return anchor


def digest_of(at: dt.datetime, heads: tuple[Head, ...]) -> str:
    """The one hash over an instant and all heads, by code."""
    parts = [at.astimezone(dt.UTC).isoformat(), *([head.code, head.seq, head.hash] for head in heads)]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def take_anchor(office: Office) -> Anchor:
    """Note the heads of all chains, as one transaction sees them."""
    at = office.now()
    with reading(office.engine) as connection:
        heads = tuple(Head(code=code, seq=seq, hash=row_hash) for code, seq, row_hash in _heads(connection))
    return Anchor(at=at, digest=digest_of(at, heads), heads=heads)


def compare(office: Office, anchor: Anchor) -> tuple[BrokenRow, ...]:
    """Look whether the ledger still has every row that the anchor saw; rows written since are no difference.

    A row that is there under its number with another hash means that the chain was written anew, up to it at the
    latest; which row was the first, only an older anchor can tell.

    Returns: of each directive the first row that is known not to be as it was.
    """
    with reading(office.engine) as connection:
        last = {code: seq for code, seq, _ in _heads(connection)}
        missing = []
        for head in anchor.heads:
            seq = last.get(head.code, 0)
            if seq < head.seq:
                missing.append(BrokenRow(head.code, seq + 1, Fault.CUT))
            elif _hash_of(connection, head) != head.hash:
                missing.append(BrokenRow(head.code, head.seq, Fault.REWRITTEN))
    return tuple(missing)


def _heads(connection: Connection) -> list[tuple[str, int, str]]:
    """Code, number and hash of the last row of each directive, by code as Python orders it, on every database."""
    newest = select(LEDGER.c.directive, func.max(LEDGER.c.seq).label("seq")).group_by(LEDGER.c.directive).subquery()
    rows = connection.execute(
        select(LEDGER.c.directive, LEDGER.c.seq, LEDGER.c.hash).join(
            newest, (LEDGER.c.directive == newest.c.directive) & (LEDGER.c.seq == newest.c.seq)
        )
    )
    return sorted((row.directive, row.seq, row.hash) for row in rows)


def _hash_of(connection: Connection, head: Head) -> str | None:
    """The hash that the row has now; None when it is gone from the middle."""
    return connection.execute(
        select(LEDGER.c.hash).where(LEDGER.c.directive == head.code, LEDGER.c.seq == head.seq)
    ).scalar()
