"""What a deadline is, when it falls due, how a period ends, and what is odd about one.

What people write as a deadline is read in `models/deadline_text.py`.
"""

import calendar as gregorian
from datetime import date, datetime, timedelta
from datetime import time as LocalTime  # noqa: N812  a field named "time" hides the type from its own annotation
from enum import StrEnum
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict

from models.calendar import LOCAL, Calendar, at, end_of_day, local_day
from models.local_time import TimeOfDay
from models.vocabulary import Qualifier

LATEST_YEAR: Final = 2100
"""A deadline after it is a slip of the hand."""

_DAY: Final = timedelta(days=1)


class Unit(StrEnum):
    """In what a period is counted."""

    WORKING_HOUR = "working_hour"  # giờ làm việc
    HOUR = "hour"  # giờ, round the clock
    WORKING_DAY = "working_day"  # ngày làm việc
    DAY = "day"  # ngày
    WEEK = "week"  # tuần
    MONTH = "month"  # tháng
    YEAR = "year"  # năm


class OfficeHours(BaseModel):
    """What an office sets about its deadlines (rule 1 of the fine rules)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    strict_before: bool = False
    """"Trước ngày D" means by the end of the day before D."""
    closing_hour: TimeOfDay | None = None
    """The local time at which a deadline without an hour falls due; the end of the day when None."""


class Deadline(BaseModel):
    """A deadline as a leader set it and the instant that follows from it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    day: date
    """The day as named, also where "before" makes the day before it the last one."""
    time: LocalTime | None = None
    """The local hour, if one is named."""
    qualifier: Qualifier = Qualifier.BY
    text: str | None = None
    """As people wrote it."""
    due_at: AwareDatetime
    """The last instant in time, in UTC."""

    @property
    def last_day(self) -> date:
        """The last local day on which it is kept: the day before `day` where the office is strict about "before"."""
        return local_day(self.due_at - timedelta(microseconds=1))


class DeadlineUnreadable(ValueError):
    """What people wrote as a deadline is none.

    `code` is `bad_date` for a day that no calendar has ("31/4/2023"), `unclear_deadline` for a text from which no
    one deadline follows, `no_start_of_hours` for a period in hours when nobody said from which instant.
    `value` is the part to show to people.
    """

    BAD_DATE: Final = "bad_date"
    UNCLEAR: Final = "unclear_deadline"
    NO_START_OF_HOURS: Final = "no_start_of_hours"

    def __init__(self, code: str, value: str) -> None:
        super().__init__(f"{code}: {value}")
        self.code = code
        self.value = value


class WarningKind(StrEnum):
    """What may be odd about a deadline; people are asked, nothing is refused or moved."""

    DAY_OFF = "day_off"  # the day is a weekend or a holiday; it does not move
    BEFORE_DOCUMENT = "before_document"  # the deadline is before the document's own date
    PROVISIONAL_YEAR = "provisional_year"  # nobody confirmed the calendar of that year


class DeadlineWarning(BaseModel):
    """One oddity of a deadline, with what is needed to tell it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: WarningKind
    day: date
    reason: str = ""
    """Why the day is off."""
    suggested: date | None = None
    """The same day of the first year in which it is not before the document."""


def due_instant(
    day: date, time: LocalTime | None = None, qualifier: Qualifier = Qualifier.BY, office: OfficeHours | None = None
) -> datetime:
    """Find the last instant, in UTC, at which a named day is kept.

    That hour, if one is named; else the office's closing hour; else the end of the day, 24:00 local time. "Before"
    a day is by its end, or by the end of the day before where the office is strict; "before" an hour is that hour.

    Source: rule 1 of the fine rules; Civil Code 2015, art. 148.
    """
    office = office or OfficeHours()
    if time is not None:
        return at(day, time)
    last = day - _DAY if office.strict_before and qualifier is Qualifier.BEFORE else day
    return at(last, office.closing_hour) if office.closing_hour is not None else end_of_day(last)


def make_deadline(
    day: date,
    *,
    time: LocalTime | None = None,
    qualifier: Qualifier = Qualifier.BY,
    text: str | None = None,
    office: OfficeHours | None = None,
) -> Deadline:
    """Make a deadline of a named day; its due instant follows by `due_instant`."""
    return Deadline(
        day=day, time=time, qualifier=qualifier, text=text, due_at=due_instant(day, time, qualifier, office)
    )


def period_end(start_day: date, amount: int, unit: Unit, calendar: Calendar) -> date:
    """Find the last day of a period that is counted in days, weeks, months or years.

    It starts the day after `start_day`. A period of calendar days, weeks, months or years that ends on a day off
    ends on the next working day; a month without such a day ends on its last.

    Raises: ValueError for an amount below 1, for hours, or for a period that ends after the year 2100.
    Source: rule 2 of the fine rules; Civil Code 2015, arts. 147-148.
    """
    if amount < 1:
        msg = "a period lasts one unit or more"
        raise ValueError(msg)
    match unit:
        case Unit.WORKING_DAY:
            end = calendar.add(start_day, amount)
        case Unit.DAY:
            end = calendar.next_working(_days_after(start_day, amount))
        case Unit.WEEK:
            end = calendar.next_working(_days_after(start_day, 7 * amount))
        case Unit.MONTH:
            end = calendar.next_working(_months_after(start_day, amount))
        case Unit.YEAR:
            end = calendar.next_working(_months_after(start_day, 12 * amount))
        case Unit.HOUR | Unit.WORKING_HOUR:
            msg = "a period of hours ends at an instant, see hours_end"
            raise ValueError(msg)
    if end.year > LATEST_YEAR:
        msg = f"the period ends after the year {LATEST_YEAR}"
        raise ValueError(msg)
    return end


def hours_end(start: datetime, amount: int, unit: Unit, calendar: Calendar) -> datetime:
    """Find the instant, in UTC, at which a period of hours ends, to the next full minute.

    Hours run round the clock from the instant itself, working hours in opening hours only.

    Raises: ValueError for an amount below 1, for another unit, or for an instant without a time zone.
    Source: Civil Code 2015, art. 147, clause 1.
    """
    if amount < 1 or unit not in (Unit.HOUR, Unit.WORKING_HOUR):
        msg = "a period of hours lasts one hour or more"
        raise ValueError(msg)
    if unit is Unit.WORKING_HOUR:
        end = calendar.add_working_hours(start, amount)
    else:
        end = at(start.astimezone(LOCAL).date(), start.astimezone(LOCAL).time()) + timedelta(hours=amount)
    part = timedelta(seconds=end.second, microseconds=end.microsecond)
    return end - part + timedelta(minutes=1) if part else end


def _days_after(day: date, amount: int) -> date:
    try:
        return day + amount * _DAY
    except OverflowError:
        return date.max


def _months_after(day: date, amount: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + amount, 12)
    if year > date.max.year - 1:
        return date.max
    return date(year, month + 1, min(day.day, gregorian.monthrange(year, month + 1)[1]))


def warnings(deadline: Deadline, issued_on: date, calendar: Calendar) -> tuple[DeadlineWarning, ...]:
    """Name what is odd about a deadline: a day off, before its document, in a year nobody confirmed.

    Source: rules 2 and 4 of the fine rules.
    """
    found = []
    known = calendar.lookup(deadline.day)
    if deadline.day < issued_on:
        suggested = next(
            (
                day
                for year in (issued_on.year, issued_on.year + 1)
                if (day := _in_year(deadline.day, year)) >= issued_on
            ),
            None,
        )
        found.append(DeadlineWarning(kind=WarningKind.BEFORE_DOCUMENT, day=deadline.day, suggested=suggested))
    if not known.working:
        found.append(DeadlineWarning(kind=WarningKind.DAY_OFF, day=deadline.day, reason=known.reason))
    if known.provisional:
        found.append(DeadlineWarning(kind=WarningKind.PROVISIONAL_YEAR, day=deadline.day))
    return tuple(found)


def _in_year(day: date, year: int) -> date:
    return date(year, day.month, min(day.day, gregorian.monthrange(year, day.month)[1]))
