"""Finding directives whose workflow may not know what the ledger holds.

A worker or Temporal killed between COMMIT and reply leaves the ledger a row ahead, and where the client has gone nobody
sends that command again: the workflow would miss a nearer deadline until something else happens to it. So what commands
recorded is compared once, a minute later. Moments and registrations need none of it: their tasks are Temporal's own and
are done again.
"""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from database.reference import read_setting, write_setting
from models.tables import DIRECTIVE, LEDGER
from models.vocabulary import Status

SETTLED = dt.timedelta(seconds=60)
"""After so long no client waits any more, and a lost task was done again if it ever is."""

SKEWED = dt.timedelta(hours=1)
"""A row dated so far ahead bears a clock of its own, as in tests that skip time; nobody waits for it."""

LOOKED_BACK = dt.timedelta(days=1)
"""How far back the first look at a database goes."""

ROWS = 2_000
"""Ledger rows that one look takes on; the next one goes on from there."""

MARK = "compared_up_to"
"""The setting that holds the last ledger row that was compared."""

CLOSED = frozenset(status.value for status in Status if status.closed)


@dataclass(frozen=True)
class Behind:
    """A directive whose workflow is to be asked whether it knows the ledger's last row.

    Attributes:
        closed: the ledger says that it is over, so its workflow should have ended.
    """

    directive: str
    seq: int
    closed: bool


def to_compare(connection: Connection, now: dt.datetime) -> tuple[tuple[Behind, ...], int | None]:
    """The directives whose newest row came of a command and is settled; and up to which row that was looked at.

    Args:
        now: the office's clock.

    Returns: with None when there is nothing new.
    """
    mark = _mark(connection, now)
    rows = connection.execute(
        select(
            LEDGER.c.id,
            LEDGER.c.seq,
            LEDGER.c.at,
            LEDGER.c.kind,
            LEDGER.c.command_id,
            LEDGER.c.directive,
            DIRECTIVE.c.seq.label("newest"),
            DIRECTIVE.c.status,
        )
        .join(DIRECTIVE, DIRECTIVE.c.code == LEDGER.c.directive)
        .where(LEDGER.c.id > mark)
        .order_by(LEDGER.c.id)
        .limit(ROWS)
    ).all()
    found: dict[str, Behind] = {}
    last = None
    for row in rows:
        if now - SETTLED < row.at < now + SKEWED:
            break
        last = row.id
        by_command = row.command_id is not None and row.seq > 1
        if by_command and row.seq == row.newest and row.kind != "moved_in":
            found[row.directive] = Behind(row.directive, row.seq, row.status in CLOSED)
    return tuple(found.values()), last


def _mark(connection: Connection, now: dt.datetime) -> int:
    kept = read_setting(connection, MARK)
    if kept is not None:
        return int(kept)
    first = connection.execute(select(func.min(LEDGER.c.id)).where(LEDGER.c.at > now - LOOKED_BACK)).scalar()
    newest = connection.execute(select(func.max(LEDGER.c.id))).scalar()
    return (newest or 0) if first is None else first - 1


def compared(connection: Connection, up_to: int) -> None:
    """Note up to which row of the ledger it was looked at."""
    write_setting(connection, MARK, str(up_to))
