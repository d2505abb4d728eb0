"""How the office has been doing, week by week: entered, completed, and overdue at each week's end."""

import datetime as dt
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from database.figures import Filter
from database.ledger import SETTLED
from database.trend import counted_in, late_then, overdue_then
from models.local_time import at, local_day

WEEKS: Final = 26
ENTERED: Final = ("registered",)
COMPLETED: Final = ("accepted", "moved_in")
KEPT: Final = 512
"""Filters whose past one process remembers: the scopes of an office's people, and what they ask for besides."""


@dataclass(frozen=True)
class Week:
    """One week.

    Attributes:
        first, last: its local days; the running week ends today.
        overdue: at its end, or now.
    """

    first: dt.date
    last: dt.date
    entered: int
    completed: int
    overdue: int


@dataclass(frozen=True)
class _Past:
    """The weeks gone by: what was entered and completed in each, and overdue at its end."""

    entered: list[int]
    completed: list[int]
    overdue: list[int]


@dataclass(frozen=True)
class _Begun:
    """What was entered and completed in a stretch of the running week."""

    entered: int
    completed: int

    @classmethod
    def between(cls, connection: Connection, start: dt.datetime, end: dt.datetime, only: Filter) -> "_Begun":
        """Count it."""
        if start >= end:
            return cls(0, 0)
        (entered,), (completed,) = counted_in(connection, (ENTERED, COMPLETED), (start, end), only)
        return cls(entered, completed)

    def __add__(self, other: "_Begun") -> "_Begun":
        """Both together."""
        return _Begun(self.entered + other.entered, self.completed + other.completed)


@dataclass(frozen=True)
class _Running:
    """What is known of the running week.

    Attributes:
        hour: in which it was counted anew.
        until: the instant before which everything is counted.
    """

    hour: dt.datetime
    until: dt.datetime
    begun: _Begun


@dataclass
class Trends:
    """Counts weeks.

    Weeks gone by stay as they were: they are counted once a day for each filter, and the one costly thing, which
    directives were overdue at their ends, once a week for all filters.
    """

    _past: OrderedDict[tuple[dt.date, Filter], _Past] = field(default_factory=OrderedDict)
    _running: OrderedDict[Filter, _Running] = field(default_factory=OrderedDict)
    _late: tuple[dt.date, dict[str, tuple[int, ...]]] | None = None
    _reading: threading.Lock = field(default_factory=threading.Lock)

    def weeks(self, connection: Connection, now: dt.datetime, only: Filter, overdue: int) -> tuple[Week, ...]:
        """The last `WEEKS` weeks, the running one last.

        Args:
            overdue: how many are now, as the board has it.
        """
        today = local_day(now)
        mondays = _mondays(today)
        ends = [at(day, dt.time.min) for day in mondays]
        past = self._gone_by(connection, today, ends, only)
        begun = self._begun(connection, ends[-1], now, only)
        entered, completed = [*past.entered, begun.entered], [*past.completed, begun.completed]
        late = [*past.overdue, overdue]
        lasts = [*(day - dt.timedelta(days=1) for day in mondays[1:]), today]
        return tuple(Week(*one) for one in zip(mondays, lasts, entered, completed, late, strict=True))

    def count_weeks(self, connection: Connection, now: dt.datetime, only: Filter) -> None:
        """Count the weeks gone by where they are not known, so that the next one who asks does not wait for it."""
        today = local_day(now)
        self._gone_by(connection, today, [at(day, dt.time.min) for day in _mondays(today)], only)

    def _begun(self, connection: Connection, monday: dt.datetime, now: dt.datetime, only: Filter) -> "_Begun":
        """What the running week has until now.

        For each filter it is counted anew once an hour; between, only what came since it was counted last.
        """
        until = now + dt.timedelta(microseconds=1)
        hour = max(monday, now.replace(minute=0, second=0, microsecond=0))
        known = self._running.pop(only, None)
        if known is None or known.hour != hour or known.until > now:
            known = _Running(hour, hour, _Begun.between(connection, monday, hour, only))
        settled = max(known.until, now - SETTLED)
        gone_by = known.begun + _Begun.between(connection, known.until, settled, only)
        self._running[only] = _Running(hour, settled, gone_by)
        while len(self._running) > KEPT:
            self._running.popitem(last=False)
        return gone_by + _Begun.between(connection, settled, until, only)

    def _gone_by(self, connection: Connection, today: dt.date, ends: list[dt.datetime], only: Filter) -> _Past:
        key = (today, only)
        known = self._past.get(key)
        if known is None:
            late = self._late_then(connection, today, ends[1:])
            entered, completed = counted_in(connection, (ENTERED, COMPLETED), ends, only)
            known = self._past[key] = _Past(
                entered=entered,
                completed=completed,
                overdue=overdue_then(connection, ends[1:], only, late),
            )
            while len(self._past) > KEPT:
                self._past.popitem(last=False)
        return known

    def _late_then(self, connection: Connection, today: dt.date, ends: list[dt.datetime]) -> dict[str, tuple[int, ...]]:
        monday = today - dt.timedelta(days=today.weekday())
        with self._reading:  # whoever comes second waits for what the first one reads
            if self._late is None or self._late[0] != monday:
                self._late = monday, late_then(connection, ends)
            return self._late[1]


def _mondays(today: dt.date) -> list[dt.date]:
    """With which each of the last `WEEKS` weeks begins."""
    monday = today - dt.timedelta(days=today.weekday())
    return [monday - dt.timedelta(weeks=number) for number in reversed(range(WEEKS))]
