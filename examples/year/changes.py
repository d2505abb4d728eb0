"""What changes for the whole office in a year, and when: its policy, its calendar, its agencies, who is away."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import yaml

from models.calendar import Calendar, at
from models.directory import Agency, Directory

NOON: Final = dt.time(12, 20)
"""When the whole office changes something: nothing is planned over lunch, so everybody stands at the same instant."""

FIRST_REMINDER: Final = 5
"""Working days before a deadline at which the policy of May first reminds."""

_NOT_MERGED: Final = frozenset({"VPUBND", "TTT"})


@dataclass(frozen=True)
class Held:
    """Which agency leads a directive, from the day of its registration to its due day (None without one)."""

    agency: str
    since: dt.date
    due: dt.date | None


@dataclass(frozen=True)
class PolicyChange:
    """From `at` on another policy (YAML) is in force."""

    at: dt.datetime
    text: str


@dataclass(frozen=True)
class SwapAnnounced:
    """A working day is swapped with a Saturday, and the letter comes three days before it."""

    at: dt.datetime
    off: dt.date
    worked: dt.date


@dataclass(frozen=True)
class AgencySucceeded:
    """One agency takes over all that another one does."""

    at: dt.datetime
    old: str
    new: str


@dataclass(frozen=True)
class AbsenceEntered:
    """Somebody will be away, with a deputy or (empty) without."""

    at: dt.datetime
    person: str
    deputy: str
    first: dt.date
    last: dt.date


Change = PolicyChange | SwapAnnounced | AgencySucceeded | AbsenceEntered


def changed_policy(text: str) -> str:
    """The policy that is put in force in May: reminders closer to the deadline, the chief of office hears earlier."""
    policy = yaml.safe_load(text)
    policy["name"] = f"{policy['name']} (sửa đổi tháng 5)"
    clocks = policy["ladders"]["normal"]["clocks"]
    moved = {-7: -FIRST_REMINDER, -3: -2, 3: 2}
    for step in clocks["deadline"]["steps"]:
        step["at"] = moved.get(step["at"], step["at"])
    clocks["silence"]["steps"][0]["at"] = 15
    clocks["review"]["steps"].append({"at": 7, "to": ["vice_chairman"], "at_once": True})
    return yaml.safe_dump(policy, allow_unicode=True, sort_keys=False)


def policy_change(year: int, text: str) -> PolicyChange:
    """In May another policy is put in force."""
    return PolicyChange(at(weekday(dt.date(year, 5, 8), 1), NOON), changed_policy(text))


def swap_announced(year: int, calendar: Calendar) -> SwapAnnounced:
    """A Friday of June is swapped with the Saturday of the week after; the office learns it on the Tuesday before."""
    off = weekday(dt.date(year, 6, 15), 4)
    return SwapAnnounced(at(calendar.add(off, -3), NOON), off, off + dt.timedelta(days=8))


def agency_succeeded(year: int, calendar: Calendar, directory: Directory, held: Sequence[Held]) -> AgencySucceeded:
    """In October the department that has most in hand is taken over by the one that has least."""
    day = calendar.next_working(weekday(dt.date(year, 10, 5), 2))
    leads = Counter(one.agency for one in held if one.since <= day and (one.due is None or one.due >= day))
    there = [agency.code for agency in _departments(directory) if agency.holds_on(day)]
    old = max(there, key=lambda code: (leads[code], code))
    new = min(there, key=lambda code: (leads[code], code))
    return AgencySucceeded(at(day, NOON), old, new)


def busiest(directory: Directory, held: Sequence[Held], but: set[str]) -> list[str]:
    """The departments that last, those that lead most first."""
    leads = Counter(one.agency for one in held)
    lasting = [
        agency.code for agency in _departments(directory) if agency.valid_until is None and agency.code not in but
    ]
    return sorted(lasting, key=lambda code: (-leads[code], code))


def _departments(directory: Directory) -> list[Agency]:
    return [one for one in directory.agencies if one.kind == "department" and one.code not in _NOT_MERGED]


def absences(year: int, departments: Sequence[str], calendar: Calendar) -> tuple[AbsenceEntered, ...]:
    """A vice-chairman, the chief of office and a head have deputies; another head leaves nobody behind."""
    first, second = (code.lower() for code in departments[:2])
    away = (
        ("pct.kinhte", "pct.vanxa", dt.date(year, 3, 9), 11),
        (f"truong.{first}", f"pho.{first}", dt.date(year, 4, 6), 13),
        ("chanhvanphong", "phochanhvanphong", dt.date(year, 7, 20), 13),
        (f"truong.{second}", "", dt.date(year, 11, 9), 5),
    )
    return tuple(
        AbsenceEntered(at(calendar.add(start, -1), NOON), person, deputy, start, start + dt.timedelta(days=days))
        for person, deputy, start, days in away
    )


def weekday(day: dt.date, number: int) -> dt.date:
    """The first such weekday (Monday is 0) on or after a day."""
    return day + dt.timedelta(days=(number - day.weekday()) % 7)
