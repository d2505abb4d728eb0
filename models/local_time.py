"""The local time of the office: days and hours of Asia/Ho_Chi_Minh as instants in UTC, and stretches of them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator

LOCAL: Final = ZoneInfo("Asia/Ho_Chi_Minh")

Pause = tuple[datetime, datetime]
"""A half-open stretch [start, end) of aware instants in which a clock stood still."""

_DAY: Final = timedelta(days=1)


def _in_quotes(value: object) -> object:
    # An unquoted 14:00 in YAML is the number 840, which pydantic would take for 00:14:00.
    if isinstance(value, int | float):
        raise ValueError(f"{value:g} is no time of day: write a time of day in quotes, such as '14:00'")  # noqa: TRY004
    return value


TimeOfDay = Annotated[time, BeforeValidator(_in_quotes)]
"""A local time of day that may come from YAML."""


def at(day: date, clock: time) -> datetime:
    """Give the instant, in UTC, of a local time on a local day."""
    return datetime.combine(day, clock, LOCAL).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """Give the instant, in UTC, of 24:00 local time of a day."""
    return at(day + _DAY, time.min)


def local_day(instant: datetime) -> date:
    """Give the local day in which an instant lies; 24:00 belongs to the next.

    Raises: ValueError if the instant has no time zone.
    """
    return aware(instant).astimezone(LOCAL).date()


def aware(instant: datetime) -> datetime:
    """Give back an instant that has a time zone.

    Raises: ValueError if it has none.
    """
    if instant.tzinfo is None:
        msg = f"the instant {instant.isoformat()} has no time zone"
        raise ValueError(msg)
    return instant


def merged(pauses: Sequence[Pause]) -> list[Pause]:
    """Put pauses in order, without overlap and without empty ones."""
    merged: list[Pause] = []
    for start, end in sorted((aware(start), aware(end)) for start, end in pauses):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
