"""The data a calendar is made of: announced days, opening hours, and why such data are refused."""

from datetime import date, time, timedelta
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

LONGEST_REST: Final = 60
"""Days. A calendar in which so many days in a row are off is refused (rule 4 of the fine rules)."""

_DAY: Final = timedelta(days=1)


def N_(msgid: str) -> str:  # noqa: N802  gettext's name for it
    """Mark a sentence for the catalog of translations, which lies above and looks for this name."""
    return msgid


class CalendarRefused(ValueError):
    """A calendar that cannot be used, with a code, its data and a sentence for people (a msgid with its holes)."""

    def __init__(self, code: str, msgid: str, **data: object) -> None:
        super().__init__(msgid.format(**data))
        self.code = code
        self.msgid = msgid
        self.data = data


class CalendarRow(BaseModel):
    """One announced exception: a weekday off, or a Saturday or Sunday worked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    day: date
    working: bool
    reason: str = Field(min_length=1)
    announced_by: str | None = None


class CalendarDay(CalendarRow):
    """What the calendar knows of one day; `reason` is empty for an ordinary working day."""

    reason: str = ""
    provisional: bool
    """True while nobody has confirmed the year."""


class OpeningHours(BaseModel):
    """One stretch of a working day in which the office is open, in local time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    opens: time
    closes: time

    @field_validator("opens", "closes", mode="before")
    @classmethod
    def _written_as_text(cls, value: object) -> object:
        # An unquoted 13:30 in YAML is the number 810, which pydantic would take for 00:13:30.
        if isinstance(value, int | float):
            msg = f"Giờ {value} phải viết trong dấu nháy, ví dụ '13:30'"
            raise ValueError(msg)  # noqa: TRY004  pydantic reports only ValueError
        return value

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.opens >= self.closes:
            msg = f"Giờ mở cửa {self.opens:%H:%M} phải trước giờ đóng cửa {self.closes:%H:%M}"
            raise ValueError(msg)
        return self


OFFICE_HOURS: Final = (
    OpeningHours(opens=time(7, 30), closes=time(11, 30)),
    OpeningHours(opens=time(13, 30), closes=time(17, 0)),
)


def expand_off(first: date, last: date, reason: str, announced_by: str | None = None) -> tuple[CalendarRow, ...]:
    """Give each day of a holiday from `first` to `last`, both included, one row.

    Raises: CalendarRefused if the last day is before the first or the holiday is 60 days or longer.
    """
    days = (last - first).days + 1
    if days < 1:
        raise CalendarRefused(
            "holiday_ends_before_it_starts",
            N_("Kỳ nghỉ kết thúc ngày {last} trước khi bắt đầu ngày {first}."),
            first=written_date(first),
            last=written_date(last),
        )
    if days >= LONGEST_REST:
        raise CalendarRefused(
            "holiday_too_long", N_("Kỳ nghỉ {days} ngày dài quá. Kiểm tra lại ngày, tháng, năm."), days=days
        )
    return tuple(
        CalendarRow(day=first + offset * _DAY, working=False, reason=reason, announced_by=announced_by)
        for offset in range(days)
    )


def written_date(day: date) -> str:
    """Write a date as offices do, dd/mm/yyyy, whatever the host's locale."""
    return f"{day.day:02}/{day.month:02}/{day.year:04}"
