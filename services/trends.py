"""How the office has been doing, week by week: entered, completed, and overdue at each week's end."""

import datetime as dt
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from database.figures import Filter
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
        (entered,), (completed,) = counted_in(connection, (ENTERED, COMPLETED), (start, end), only)
        return cls(entered, completed)


@dataclass
class Trends:
    """Counts weeks.

    Weeks gone by stay as they were: they are counted once a day for each filter, and the one costly thing, which
    directives were overdue at their ends, once a week for all filters.
    """

    _past: OrderedDict[tuple[dt.date, Filter], _Past] = field(default_factory=OrderedDict)
    _hours: OrderedDict[Filter, tuple[dt.datetime, _Begun]] = field(default_factory=OrderedDict)
    _late: tuple[dt.date, dict[str, tuple[int, ...]]] | None = None
    _reading: threading.Lock = field(default_factory=threading.Lock)

    def weeks(self, connection: Connection, now: dt.datetime, only: Filter, overdue: int) -> tuple[Week, ...]:
        """The last `WEEKS` weeks, the running one last.

        Args:
            overdue: how many are now, as the board has it.
        """
        today = local_day(now)
        monday = today - dt.timedelta(days=today.weekday())
        mondays = [monday - dt.timedelta(weeks=number) for number in reversed(range(WEEKS))]
        ends = [at(day, dt.time.min) for day in mondays]
        past = self._gone_by(connection, today, ends, only)
        begun = self._begun(connection, ends[-1], now, only)
        entered, completed = [*past.entered, begun.entered], [*past.completed, begun.completed]
        late = [*past.overdue, overdue]
        lasts = [*(day - dt.timedelta(days=1) for day in mondays[1:]), today]
        return tuple(Week(*one) for one in zip(mondays, lasts, entered, completed, late, strict=True))

    def _begun(self, connection: Connection, monday: dt.datetime, now: dt.datetime, only: Filter) -> "_Begun":
        """What the running week has until now; its hours gone by are counted once an hour for each filter."""
        hour = max(monday, now.replace(minute=0, second=0, microsecond=0))
        known = self._hours.get(only)
        if known is None or known[0] != hour:
            gone_by = _Begun.between(connection, monday, hour, only)
            self._hours.pop(only, None)
            known = self._hours[only] = hour, gone_by
            while len(self._hours) > KEPT:
                self._hours.popitem(last=False)
        running = _Begun.between(connection, hour, now + dt.timedelta(microseconds=1), only)
        return _Begun(known[1].entered + running.entered, known[1].completed + running.completed)

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
