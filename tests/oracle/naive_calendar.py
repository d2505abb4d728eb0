"""Working days and working hours, counted on the fingers: day after day, stretch after stretch. No arithmetic.

Rules 1 to 4 of RULES.md. All instants are aware; days and times of day are those of Asia/Ho_Chi_Minh.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
ONE_DAY = dt.timedelta(days=1)
NOTHING = dt.timedelta(0)

OPEN_FROM_UNTIL = ((dt.time(7, 30), dt.time(11, 30)), (dt.time(13, 30), dt.time(17, 0)))
"""The Office's hours, database/seed/calendar.yaml."""

Stretch = tuple[dt.datetime, dt.datetime]
"""From an instant, itself included, until another one, which no longer belongs to it."""


def instant_of(day: dt.date, clock: dt.time) -> dt.datetime:
    """The instant, in UTC, of a local time of a local day."""
    return dt.datetime.combine(day, clock, HERE).astimezone(dt.UTC)


def day_of(instant: dt.datetime) -> dt.date:
    """The local day of an instant; midnight belongs to the day that begins."""
    return instant.astimezone(HERE).date()


def in_one_of(instant: dt.datetime, stretches: tuple[Stretch, ...]) -> bool:
    return any(start <= instant < end for start, end in stretches)


class Days:
    """Which days are worked: the announced ones as announced, all others from Monday to Friday (rule 4)."""

    def __init__(self, announced: Mapping[dt.date, bool]) -> None:
        self.announced = dict(announced)
        self._answers: dict[tuple[object, ...], dt.datetime] = {}
        self._counts: dict[tuple[object, ...], float] = {}

    def worked(self, day: dt.date) -> bool:
        return self.announced.get(day, day.weekday() < 5)

    def step_in_days(
        self, day: dt.date, count: int, clock: dt.time, stood_still: tuple[Stretch, ...] = ()
    ) -> dt.datetime:
        """The instant of step `count` of something anchored on `day` (rule 3).

        A working day whose step time lies in a stretch in which the clock stood still is lost and counts for nothing
        when we count forward (rule 12).
        """
        question = ("days", day, count, clock, stood_still)
        if question not in self._answers:
            self._answers[question] = self._walk_days(day, count, clock, stood_still)
        return self._answers[question]

    def _walk_days(self, day: dt.date, count: int, clock: dt.time, stood_still: tuple[Stretch, ...]) -> dt.datetime:
        if count == 0:  # that day, or the working day before where it is off
            while not self.worked(day):
                day -= ONE_DAY
        for _ in range(-count):  # the k-th working day strictly before
            day -= ONE_DAY
            while not self.worked(day):
                day -= ONE_DAY
        for _ in range(count):  # the k-th strictly after
            day += ONE_DAY
            while not self.worked(day) or (stood_still and in_one_of(instant_of(day, clock), stood_still)):
                day += ONE_DAY
        return instant_of(day, clock)

    def days_between(self, start: dt.date, end: dt.date) -> int:
        """How many worked days there are after `start` up to `end`, itself included."""
        count = 0
        while start < end:
            start += ONE_DAY
            count += self.worked(start)
        return count

    def hours_between(self, start: dt.datetime, end: dt.datetime) -> float:
        """How many hours the office is open from one instant to a later one."""
        question = ("hours between", start, end)
        if question not in self._counts:
            self._counts[question] = self._count_hours(start, end)
        return self._counts[question]

    def _count_hours(self, start: dt.datetime, end: dt.datetime) -> float:
        open_for = NOTHING
        for opens, closes in self._open_after(start):
            if opens >= end:
                return open_for / dt.timedelta(hours=1)
            open_for += min(closes, end) - max(opens, start)
        raise AssertionError

    def step_in_hours(self, anchor: dt.datetime, hours: float, stood_still: tuple[Stretch, ...] = ()) -> dt.datetime:
        """The instant at which so many working hours from the anchor are up, forward or back."""
        question = ("hours", anchor, hours, stood_still)
        if question not in self._answers:
            self._answers[question] = self._walk_hours(anchor, hours, stood_still)
        return self._answers[question]

    def _walk_hours(self, anchor: dt.datetime, hours: float, stood_still: tuple[Stretch, ...]) -> dt.datetime:
        left = dt.timedelta(hours=hours)
        if left == NOTHING:
            _, closes = next(self._open_before(anchor))
            return min(anchor, closes)  # that instant, or the closing before it where the office is closed
        if left < NOTHING:
            left = -left
            for opens, closes in self._open_before(anchor):
                closes = min(closes, anchor)
                if left <= closes - opens:
                    return closes - left
                left -= closes - opens
        found: dt.datetime | None = None
        for opens, closes in self._open_after(anchor):
            for start, end in _without(max(opens, anchor), closes, stood_still):
                if found is not None:
                    return start  # the last hour was up exactly where the clock was stopped: said when work goes on
                if left > end - start:
                    left -= end - start
                    continue
                found = start + left
                if not in_one_of(found, stood_still):
                    return found
        raise AssertionError

    def _open_after(self, instant: dt.datetime) -> Iterator[Stretch]:
        """The stretches in which the office is open and which end after an instant, without end."""
        day = day_of(instant)
        while True:
            if self.worked(day):
                for opens, closes in OPEN_FROM_UNTIL:
                    if instant_of(day, closes) > instant:
                        yield instant_of(day, opens), instant_of(day, closes)
            day += ONE_DAY

    def _open_before(self, instant: dt.datetime) -> Iterator[Stretch]:
        """The stretches in which the office is open and which begin at or before an instant, backwards."""
        day = day_of(instant)
        while True:
            if self.worked(day):
                for opens, closes in reversed(OPEN_FROM_UNTIL):
                    if instant_of(day, opens) <= instant:
                        yield instant_of(day, opens), instant_of(day, closes)
            day -= ONE_DAY


def _without(start: dt.datetime, end: dt.datetime, holes: tuple[Stretch, ...]) -> list[Stretch]:
    """What is left of a stretch without the holes."""
    parts = [(start, end)] if start < end else []
    for hole_start, hole_end in holes:
        parts = [
            (first, last)
            for whole_start, whole_end in parts
            for first, last in (
                (whole_start, min(whole_end, hole_start)),
                (max(whole_start, hole_end), whole_end),
            )
            if first < last
        ]
    return parts
