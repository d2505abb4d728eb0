"""The calendar: which days an office works, and how working days and hours are counted.

Only announced rows decide; a weekday without a row is worked, a Saturday or Sunday without one is not. Every count
is arithmetic on the number of working days up to a date, so none can loop and all are fast.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Final

from pydantic import BaseModel, ConfigDict

from models.calendar_rows import (
    LONGEST_REST,
    N_,
    OFFICE_HOURS,
    CalendarDay,
    CalendarRefused,
    CalendarRow,
    OpeningHours,
    expand_off,
    written_date,
)
from models.local_time import LOCAL, Pause, at, aware, end_of_day, local_day, merged

FURTHEST_COUNT: Final = 10_000
"""Working days, some forty years. A longer count is a slip of the hand."""

_MICROSECOND: Final = timedelta(microseconds=1)
_WEEKEND_REASONS: Final = {5: "Thứ bảy", 6: "Chủ nhật"}


@dataclass(frozen=True)
class Calendar:
    """Announced rows, the years people confirmed and the office's hours; immutable, comparable, safe to share.

    Args:
        rows: at most one for a day, in any order.
        confirmed_years: years whose rows a person confirmed; all others are used, and shown as provisional.
        opening_hours: parted stretches of a working day in rising order, for counts of working hours.

    Raises: CalendarRefused if a day has two rows, if 60 days in a row are off, or if the hours overlap.
    Source: rule 4 of the fine rules.
    """

    rows: tuple[CalendarRow, ...] = ()
    confirmed_years: frozenset[int] = frozenset()
    opening_hours: tuple[OpeningHours, ...] = OFFICE_HOURS

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", tuple(sorted(self.rows, key=lambda row: row.day)))
        for earlier, later in pairwise(self.rows):
            if earlier.day == later.day:
                raise CalendarRefused(
                    "calendar_day_twice", N_("Ngày {day} được khai hai lần."), day=written_date(later.day)
                )
        hours = self.opening_hours
        if not hours or any(one.closes > two.opens for one, two in pairwise(hours)):
            raise CalendarRefused(
                "opening_hours", N_("Giờ làm việc phải có ít nhất một buổi và các buổi không chồng nhau.")
            )
        for ordinal, change in self._changes:
            if change < 0:
                self._refuse_a_long_rest(ordinal)

    def _refuse_a_long_rest(self, ordinal: int) -> None:
        before = self._ordinal_of(self._count(ordinal))
        after = self._ordinal_of(self._count(ordinal) + 1)
        if after - before > LONGEST_REST:
            raise CalendarRefused(
                "no_working_day",
                N_("Từ ngày {first} đến ngày {last} không còn ngày làm việc nào."),
                first=written_date(date.fromordinal(before + 1)),
                last=written_date(date.fromordinal(after - 1)),
            )

    # --- What is known of a day ----------------------------------------------------------------------------

    def is_working(self, day: date) -> bool:
        """Tell whether the office works on a day."""
        row = self._row_by_day.get(day)
        return row.working if row is not None else day.weekday() < 5

    def lookup(self, day: date) -> CalendarDay:
        """Say what is known of a day and why; a weekend without a row is off for being one."""
        provisional = day.year not in self.confirmed_years
        row = self._row_by_day.get(day)
        if row is not None:
            return CalendarDay(
                day=day, working=row.working, reason=row.reason, announced_by=row.announced_by, provisional=provisional
            )
        reason = _WEEKEND_REASONS.get(day.weekday(), "")
        return CalendarDay(day=day, working=not reason, reason=reason, provisional=provisional)

    def overlay(self, rows: Iterable[CalendarRow]) -> "Calendar":
        """Make the calendar that has these rows in the place of its own; of two rows for a day the later wins."""
        merged = {row.day: row for row in (*self.rows, *rows)}
        return replace(self, rows=tuple(merged.values()))

    def confirm(self, *years: int) -> "Calendar":
        """Make the calendar in which these years, too, are confirmed."""
        return replace(self, confirmed_years=self.confirmed_years | set(years))

    # --- Counting days -------------------------------------------------------------------------------------

    def add(self, day: date, count: int) -> date:
        """Find the count-th working day strictly after `day`, or before it for a negative count.

        A count of 0 is that day, or the working day before it where it is off.

        Raises: ValueError if the count is beyond 10,000 working days or leaves the years 1 to 9999.
        Source: rule 3 of the fine rules.
        """
        _refuse_an_endless_count(count)
        ordinal = day.toordinal()
        start = self._count(ordinal) if count >= 0 else self._count(ordinal - 1) + 1
        return self._working_day(start + count)

    def add_with_pauses(self, day: date, count: int, at: time, pauses: Sequence[Pause]) -> date:
        """Find the count-th working day strictly after `day` among those whose instant at `at` lies in no pause.

        So a clock that stood still has lost exactly the working days of the pauses and does not fire when they end.
        A count of 0 is `add(day, 0)`.

        Args:
            day: the local day of the clock's anchor.
            count: working days, 0 or more.
            at: the local time of day of the step.
            pauses: half-open, in any order, overlapping or not.

        Raises: ValueError for a negative or endless count, or for an instant without a time zone.
        Source: rule 12 of the fine rules.
        """
        _refuse_an_endless_count(count)
        if count < 0:
            msg = "a count with pauses only goes forward"
            raise ValueError(msg)
        if count == 0 or not pauses:
            return self.add(day, count)
        anchor = self._count(day.toordinal())
        wanted = anchor + count
        for start, end in merged(pauses):
            # Working days numbered after `first` up to `last` fall in this pause.
            first = max(anchor, self._count(_first_day_at(start, at) - 1))
            last = self._count(_first_day_at(end, at) - 1)
            if last > first and wanted > first:
                wanted += last - first
        return self._working_day(wanted)

    def working_days_between(self, start: date, end: date) -> int:
        """Count the working days d with start < d <= end; with the ends exchanged, the same number below zero."""
        if end < start:
            return -self.working_days_between(end, start)
        return self._count(end.toordinal()) - self._count(start.toordinal())

    def next_working(self, day: date) -> date:
        """Find that day, or the next working day where it is off."""
        return day if self.is_working(day) else self.add(day, 1)

    # --- Counting hours ------------------------------------------------------------------------------------

    def add_working_hours(self, instant: datetime, hours: float, pauses: Sequence[Pause] = ()) -> datetime:
        """Move an instant by working hours, forward or (below zero) back, leaving out the pauses.

        Forward gives the earliest instant at which so many hours have been worked (four hours after 07:30 is
        11:30), back gives the latest; so forward and back again returns to any instant inside opening hours. Zero
        hours is the instant itself, or the closing before it where the office is closed.

        Returns: an aware instant in UTC.
        Raises: ValueError for an instant without a time zone or for more than 10,000 working days' hours.
        """
        moved = round(hours * timedelta(hours=1) / _MICROSECOND)
        _refuse_an_endless_count(moved // self._worked_in_a_day)
        worked = self._worked_until(instant)
        if moved == 0:
            return instant.astimezone(UTC) if self._is_open(instant) else self._earliest(worked)
        if moved < 0:
            wanted = worked + moved
            for start, end in reversed(merged(pauses)):
                first, last = self._worked_until(start), min(worked, self._worked_until(end))
                if last > first and wanted < last:
                    wanted -= last - first
            return self._latest(wanted)
        wanted = worked + moved
        for start, end in merged(pauses):
            first, last = max(worked, self._worked_until(start)), self._worked_until(end)
            if last > first and wanted >= first:
                wanted += last - first
        found = self._earliest(wanted)
        # The last hour may be up exactly where a pause begins or ends: then it is up when work goes on.
        if any(start <= found < end for start, end in pauses):
            return self._latest(wanted)
        return found

    def working_hours_between(self, start: datetime, end: datetime, pauses: Sequence[Pause] = ()) -> float:
        """Count the working hours from one instant to another, without the pauses; below zero when end < start."""
        if end < start:
            return -self.working_hours_between(end, start, pauses)
        worked = self._worked_until(end) - self._worked_until(start)
        for pause_start, pause_end in merged(pauses):
            clipped_start, clipped_end = max(start, pause_start), min(end, pause_end)
            if clipped_start < clipped_end:
                worked -= self._worked_until(clipped_end) - self._worked_until(clipped_start)
        return worked * _MICROSECOND / timedelta(hours=1)

    # --- Arithmetic on ordinals ----------------------------------------------------------------------------

    @cached_property
    def _row_by_day(self) -> dict[date, CalendarRow]:
        return {row.day: row for row in self.rows}

    @cached_property
    def _changes(self) -> tuple[tuple[int, int], ...]:
        """The ordinals at which rows part from the plain week, with +1 (a weekend day worked) or −1 (a weekday off)."""
        return tuple(
            (row.day.toordinal(), 1 if row.working else -1)
            for row in self.rows
            if row.working != (row.day.weekday() < 5)
        )

    @cached_property
    def _change_ordinals(self) -> tuple[int, ...]:
        return tuple(ordinal for ordinal, _ in self._changes)

    @cached_property
    def _change_sums(self) -> tuple[int, ...]:
        return tuple(accumulate((change for _, change in self._changes), initial=0))

    def _count(self, ordinal: int) -> int:
        """Count the working days from the first of the Gregorian calendar (a Monday) up to an ordinal, inclusive."""
        weeks, rest = divmod(ordinal, 7)
        return weeks * 5 + min(rest, 5) + self._change_sums[bisect_right(self._change_ordinals, ordinal)]

    def _ordinal_of(self, number: int) -> int:
        """Find the ordinal of the number-th working day: the first up to which so many are counted."""
        # Each row adds or removes one working day, so the wanted day cannot lie further off than all of them together.
        slack = len(self._changes)
        low = max(0, (number - slack) * 7 // 5 - 7)
        high = (number + slack) * 7 // 5 + 7
        return low + bisect_left(range(low, high), number, key=self._count)

    @cached_property
    def _found_days(self) -> dict[int, date]:
        """Working days by their number, as they were found: an office asks for the same ones again and again."""
        return {}

    def _working_day(self, number: int) -> date:
        known = self._found_days.get(number)
        if known is None:
            known = self._found_days[number] = self._find_working_day(number)
        return known

    def _find_working_day(self, number: int) -> date:
        ordinal = self._ordinal_of(number)
        if not date.min.toordinal() <= ordinal <= date.max.toordinal():
            msg = "the count leaves the years 1 to 9999"
            raise ValueError(msg)
        return date.fromordinal(ordinal)

    # --- Arithmetic on worked time, in microseconds since the first working day's opening --------------------

    @cached_property
    def _stretches(self) -> tuple[tuple[int, int], ...]:
        return tuple((_microseconds(hours.opens), _microseconds(hours.closes)) for hours in self.opening_hours)

    @cached_property
    def _worked_in_a_day(self) -> int:
        return sum(closes - opens for opens, closes in self._stretches)

    def _worked_until(self, instant: datetime) -> int:
        local = aware(instant).astimezone(LOCAL)
        day, clock = local.date(), _microseconds(local.time())
        whole = self._count(day.toordinal() - 1) * self._worked_in_a_day
        if not self.is_working(day):
            return whole
        return whole + sum(min(max(clock - opens, 0), closes - opens) for opens, closes in self._stretches)

    def _is_open(self, instant: datetime) -> bool:
        """Tell whether an instant lies in opening hours, both ends included."""
        local = instant.astimezone(LOCAL)
        clock = _microseconds(local.time())
        return self.is_working(local.date()) and any(opens <= clock <= closes for opens, closes in self._stretches)

    def _earliest(self, worked: int) -> datetime:
        number, rest = divmod(worked - 1, self._worked_in_a_day)
        day = self._working_day(number + 1)
        rest += 1
        for opens, closes in self._stretches:
            if rest <= closes - opens:
                return at(day, time.min) + (opens + rest) * _MICROSECOND
            rest -= closes - opens
        raise AssertionError

    def _latest(self, worked: int) -> datetime:
        number, rest = divmod(worked, self._worked_in_a_day)
        day = self._working_day(number + 1)
        for opens, closes in self._stretches:
            if rest < closes - opens:
                return at(day, time.min) + (opens + rest) * _MICROSECOND
            rest -= closes - opens
        raise AssertionError


class CalendarFile(BaseModel):
    """The calendar as people keep it in YAML: what holds, and apart from it what is only proposed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    confirmed_years: frozenset[int] = frozenset()
    opening_hours: tuple[OpeningHours, ...] = OFFICE_HOURS
    days: tuple[CalendarRow, ...] = ()
    proposed: tuple[CalendarRow, ...] = ()

    def to_calendar(self) -> Calendar:
        """Make the calendar of the rows that hold; proposed ones wait for a person.

        Raises: CalendarRefused, as `Calendar` does.
        """
        return Calendar(rows=self.days, confirmed_years=self.confirmed_years, opening_hours=self.opening_hours)


def _microseconds(clock: time) -> int:
    return ((clock.hour * 60 + clock.minute) * 60 + clock.second) * 1_000_000 + clock.microsecond


def _refuse_an_endless_count(count: int) -> None:
    if abs(count) > FURTHEST_COUNT:
        msg = f"{count} working days are more than the {FURTHEST_COUNT} that can be counted"
        raise ValueError(msg)


def _first_day_at(instant: datetime, clock: time) -> int:
    """Find the ordinal of the first day whose local time `clock` is not before an instant."""
    day = local_day(instant)
    return day.toordinal() + (at(day, clock) < instant)


__all__ = [
    "FURTHEST_COUNT",
    "LOCAL",
    "LONGEST_REST",
    "OFFICE_HOURS",
    "Calendar",
    "CalendarDay",
    "CalendarFile",
    "CalendarRefused",
    "CalendarRow",
    "OpeningHours",
    "Pause",
    "at",
    "end_of_day",
    "expand_off",
    "local_day",
]
