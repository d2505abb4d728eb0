"""How the office has been doing, week by week: entered, completed, and overdue at each week's end."""

import datetime as dt
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from database.figures import Filter
from database.trend import counted_in, overdue_then
from models.local_time import at, local_day

WEEKS: Final = 26
ENTERED: Final = ("registered",)
COMPLETED: Final = ("accepted", "moved_in")
KEPT: Final = 64
"""Trends of the past that one process remembers."""


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


@dataclass
class Trends:
    """Counts weeks. What was overdue in weeks gone by stays as it was and is counted once a day for each filter."""

    _past: OrderedDict[tuple[dt.date, Filter], list[int]] = field(default_factory=OrderedDict)

    def weeks(self, connection: Connection, now: dt.datetime, only: Filter, overdue: int) -> tuple[Week, ...]:
        """The last `WEEKS` weeks, the running one last.

        Args:
            overdue: how many are now, as the board has it.
        """
        today = local_day(now)
        monday = today - dt.timedelta(days=today.weekday())
        mondays = [monday - dt.timedelta(weeks=number) for number in reversed(range(WEEKS))]
        ends = [at(day, dt.time.min) for day in mondays]
        until = [*ends, now + dt.timedelta(microseconds=1)]
        entered = counted_in(connection, ENTERED, until, only)
        completed = counted_in(connection, COMPLETED, until, only)
        late = [*self._overdue(connection, today, ends[1:], only), overdue]
        lasts = [*(day - dt.timedelta(days=1) for day in mondays[1:]), today]
        return tuple(Week(*one) for one in zip(mondays, lasts, entered, completed, late, strict=True))

    def _overdue(self, connection: Connection, today: dt.date, ends: list[dt.datetime], only: Filter) -> list[int]:
        key = (today, only)
        if key not in self._past:
            self._past[key] = overdue_then(connection, ends, only)
            while len(self._past) > KEPT:
                self._past.popitem(last=False)
        return self._past[key]
