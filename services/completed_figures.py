"""A board adds up everything that was ever completed: nine tenths of a province's directives, which hardly change.

So what is completed is counted once an hour for each filter. Between, only what was completed since is added; once
something was reopened, all is counted anew.
"""

import datetime as dt
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, func, select

from database.figures import Axes, Filter, count_axes
from database.ledger import SETTLED
from models.tables import DIRECTIVE, LEDGER, is_open, is_turn
from models.vocabulary import Status

COMPLETING: Final = ("accepted", "moved_in")
"""The events that complete a directive; `reopened` alone takes it back, and nothing else changes a completed one's
agency, field, leader, deadline or registration (the life table; tests/models/test_life_matrix.py)."""

MOST_ADDED: Final = 1_000
"""Directives completed since that are added; more of them are counted with all others."""

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
        since = _completed_since(connection, known.until)
        fresh = count_axes(connection, now, only, _COMPLETED, DIRECTIVE.c.code.in_(since)) if since else ()
        return [
            *count_axes(connection, now, only, *_OPEN),
            *count_axes(connection, now, only, DIRECTIVE.c.status == Status.CANCELLED.value),
            *known.axes,
            *fresh,
        ]

    def count(self, connection: Connection, now: dt.datetime, only: Filter) -> _Known:
        """What is remembered; counted now where that is nothing, or no longer true."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        known = self._known.pop(only, None)
        if known is None or known.hour != hour or known.until > now or _is_outdated(connection, known.until):
            until = now - SETTLED
            since = _completed_since(connection, until)
            conditions = (_COMPLETED, DIRECTIVE.c.code.not_in(since)) if since else (_COMPLETED,)
            known = _Known(hour, until, tuple(count_axes(connection, now, only, *conditions)))
        self._known[only] = known
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        return known


_COMPLETED: Final = DIRECTIVE.c.status == Status.COMPLETED.value
_OPEN: Final = (DIRECTIVE.c.status.in_([one.value for one in Status if not one.closed]), is_open())
"""Said twice: the one is where the index of everything begins, the other is what the indexes of the open ones hold."""


def _completed_since(connection: Connection, instant: dt.datetime) -> list[str]:
    """What was completed at an instant or later; asked for by itself, since a database would go through everything."""
    completed = select(LEDGER.c.directive).where(_turned(COMPLETING, instant)).distinct()
    return list(connection.execute(completed).scalars())


def _is_outdated(connection: Connection, instant: dt.datetime) -> bool:
    """Whether something was reopened since, or so much was completed that it is better counted anew."""
    if connection.execute(select(LEDGER.c.id).where(_turned(("reopened",), instant)).limit(1)).first() is not None:
        return True
    completed = select(LEDGER.c.id).where(_turned(COMPLETING, instant)).limit(MOST_ADDED + 1).subquery()
    return connection.execute(select(func.count()).select_from(completed)).scalar_one() > MOST_ADDED


def _turned(kinds: tuple[str, ...], instant: dt.datetime) -> ColumnElement[bool]:
    return and_(is_turn(), LEDGER.c.kind.in_(kinds), LEDGER.c.at >= instant)
