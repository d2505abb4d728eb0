"""A board adds up everything that was ever completed: nine tenths of a province's directives, which hardly change.

So what is completed is counted once an hour for each filter. Between, only what was completed since is added; once
something was reopened, all is counted anew.
"""

import datetime as dt
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, Select, select

from database.figures import Axes, Filter, count_axes
from models.tables import DIRECTIVE, LEDGER, is_open, is_turn
from models.vocabulary import Status

COMPLETING: Final = ("accepted", "moved_in")
"""The events that complete a directive; `reopened` alone takes it back, and nothing else changes a completed one's
agency, field, leader, deadline or registration (the life table; tests/models/test_life_matrix.py)."""

SETTLED: Final = dt.timedelta(minutes=1)
"""What is older is in the database: an event's instant is taken before its transaction ends."""

KEPT: Final = 100
"""Filters that one process remembers."""


@dataclass(frozen=True)
class _Known:
    """What was completed before an instant, counted within an hour."""

    hour: dt.datetime
    until: dt.datetime
    axes: tuple[Axes, ...]


@dataclass
class CompletedFigures:
    """Remembers in one process."""

    _known: OrderedDict[Filter, _Known] = field(default_factory=OrderedDict)

    def axes(self, connection: Connection, now: dt.datetime, only: Filter) -> list[Axes]:
        """The same as `database.figures.count_axes`."""
        known = self.count(connection, now, only)
        return [
            *count_axes(connection, now, only, is_open()),
            *count_axes(connection, now, only, DIRECTIVE.c.status == Status.CANCELLED.value),
            *known.axes,
            *count_axes(connection, now, only, _COMPLETED, DIRECTIVE.c.code.in_(_completed_since(known.until))),
        ]

    def count(self, connection: Connection, now: dt.datetime, only: Filter) -> _Known:
        """What is remembered; counted now where that is nothing, or no longer true."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        known = self._known.pop(only, None)
        if known is None or known.hour != hour or known.until > now or _reopened_since(connection, known.until):
            until = now - SETTLED
            before = DIRECTIVE.c.code.not_in(_completed_since(until))
            known = _Known(hour, until, tuple(count_axes(connection, now, only, _COMPLETED, before)))
        self._known[only] = known
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        return known


_COMPLETED: Final = DIRECTIVE.c.status == Status.COMPLETED.value


def _completed_since(instant: dt.datetime) -> Select[tuple[str]]:
    return select(LEDGER.c.directive).where(is_turn(), LEDGER.c.kind.in_(COMPLETING), LEDGER.c.at >= instant)


def _reopened_since(connection: Connection, instant: dt.datetime) -> bool:
    reopened = select(LEDGER.c.directive).where(is_turn(), LEDGER.c.kind == "reopened", LEDGER.c.at >= instant)
    return connection.execute(reopened.limit(1)).first() is not None
