"""A life as a script of plain data: what people, the Government, the policy's keepers and bad luck do."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oracle.naive_calendar import Stretch


@dataclass(frozen=True)
class Wish:
    """Somebody wants something; `by` is the lead agency (`lead`), a coordinating one (`coordinating`) or the office."""

    at: dt.datetime
    kind: str
    by: str = "office"
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CalendarChange:
    """Days are announced, or an announcement is taken back (None)."""

    at: dt.datetime
    days: Mapping[dt.date, bool | None]


@dataclass(frozen=True)
class PolicyChange:
    """Another policy is in force from this instant on."""

    at: dt.datetime
    policy: Mapping[str, Any]


@dataclass(frozen=True)
class PeopleChange:
    """The directory is another one from this instant on (see naive_people)."""

    at: dt.datetime
    people: Mapping[str, Any]


Happening = Wish | CalendarChange | PolicyChange | PeopleChange


@dataclass(frozen=True)
class Script:
    """A whole life: what there is at first, what happens, in order, and when the engine is down."""

    calendar: Mapping[dt.date, bool]
    policy: Mapping[str, Any]
    people: Mapping[str, Any]
    happenings: tuple[Happening, ...]
    outages: tuple[Stretch, ...]
    until: dt.datetime
