"""Lives, invented by Hypothesis: plain scripts of what people, the Government, the policy's keepers and bad luck do.

A life is drawn as a list of small numbers and written down move by move; the naive state says which acts are possible
where it stands, so that lives get far. Instants are chosen to hurt: nights, days off, Tết, exactly on a step.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from oracle.naive_calendar import ONE_DAY, Days, day_of, instant_of
from oracle.naive_life import Life, happen
from oracle.naive_script import CalendarChange, Happening, PeopleChange, PolicyChange, Script, Wish
from oracle.naive_wishes import STATUS_FOR, facts_of
from oracle.offices import (
    ANNOUNCED,
    CHANGES_OF_PEOPLE,
    COORDINATING,
    LEAD,
    OTHER,
    POLICIES,
    changed_people,
    the_people,
)

MORNING = dt.time(8, 0)

FLAVOURS: Mapping[str, tuple[str, ...]] = {
    "ordinary": (),
    "flash": (),
    "outages": (),
    "calendar": ("calendar",),
    "policy": ("policy",),
    "people": ("people",),
    "everything": ("calendar", "policy", "people"),
}
"""What happens beside people's acts."""

WITH_OUTAGES = ("outages", "everything")
DOWN_FOR = (
    dt.timedelta(hours=1),
    dt.timedelta(hours=9),
    dt.timedelta(days=1),
    dt.timedelta(days=3, hours=5),
    dt.timedelta(days=8),
    dt.timedelta(days=21),
    dt.timedelta(days=45),
)
USUAL_ACTS = tuple(
    kind
    for kind, times in {
        "assign": 3, "reassign": 2, "acknowledge": 4, "decline": 1, "report_progress": 2, "request_extension": 2,
        "decide_extension": 4, "submit": 3, "accept": 1, "return": 4, "suspend": 2, "resume": 4, "amend": 3, "urge": 1,
        "demand_explanation": 3, "explain": 1, "contribute": 1, "comment": 1, "cancel": 1, "reopen": 4, "succeed": 1,
    }.items()
    for _ in range(times)
)  # fmt: skip
WAY_ON = {
    "registered": "assign",
    "assigned": "acknowledge",
    "in_progress": "submit",
    "submitted": "return",
    "suspended": "resume",
    "declined": "assign",
    "completed": "reopen",
    "cancelled": "reopen",
}
STANDS_STILL = 5
"""Of a number's remainders by six, the one by which a life stands still for a while instead of going on."""
ANOTHER_CHANGE, ANY_ACT, PERHAPS_REFUSED = 30, 60, 95
"""Of a number to 99, from where on a move is a change of calendar, policy or people; any act; perhaps one refused."""
URGENCIES = ("normal", "normal", "urgent", "very_urgent", "flash")
numbers = st.integers(0, 59)
moves = st.tuples(st.integers(0, 11), st.integers(0, 99), numbers, numbers)


@st.composite
def lives(draw: st.DrawFn, flavour: str = "everything", most: int = 11) -> Script:
    """A whole life of some flavour, with so many moves at most after the registration."""
    start = draw(st.tuples(st.integers(0, 1700), st.integers(0, 6), numbers, numbers))
    drawn = draw(st.lists(moves, min_size=4, max_size=most))
    down = draw(st.lists(st.tuples(st.integers(0, 70), numbers, st.integers(0, 6)), min_size=1, max_size=3)) if (
        flavour in WITH_OUTAGES
    ) else []  # fmt: skip
    return _Writer(flavour).write(start, drawn, down)


def a_life(name: str, flavour: str = "ordinary") -> Script:
    """The life that follows from a name, always the same; for tests that can afford only a few."""
    dice = list(hashlib.sha256(name.encode()).digest())
    drawn = [(dice[i] % 12, dice[i + 1] % 100, dice[i + 2] % 60, dice[i + 3] % 60) for i in range(4, 32, 4)]
    return _Writer(flavour).write((dice[0] * 6, dice[1] % 7, dice[2] % 60, dice[3] % 60), drawn, [])


class _Writer:
    """Writes a life down from the numbers drawn."""

    def __init__(self, flavour: str) -> None:
        self.flavour = flavour
        self.days = Days(ANNOUNCED)
        self.policy = POLICIES[0]
        self.people: Any = the_people()
        self.life: Life | None = None
        self.happenings: list[Happening] = []
        self.outages: list[tuple[dt.datetime, dt.datetime]] = []

    def write(
        self,
        start: tuple[int, int, int, int],
        drawn: list[tuple[int, int, int, int]],
        down: list[tuple[int, int, int]],
    ) -> Script:
        people = self.people
        first_day = dt.date(2022, 1, 4) + start[0] * ONE_DAY
        clock = (dt.time(8, 0), dt.time(7, 59, 59), dt.time(9, start[2], start[3]), dt.time(15, start[2]),
                 dt.time(23, 30), dt.time(0, 30), dt.time(11, 30))[start[1]]  # fmt: skip
        now = instant_of(first_day, clock)
        for offset, minute, length in sorted(down):
            begins = instant_of(first_day + offset * ONE_DAY, dt.time(7 + minute % 3, minute))
            begins = max(begins, now + ONE_DAY, self.outages[-1][1] + ONE_DAY if self.outages else begins)
            self.outages.append((begins, begins + DOWN_FOR[length]))
        if "policy" in FLAVOURS[self.flavour] and start[2] % 2:
            self._change(now - ONE_DAY, "policy", start[2], start[3])
        self._wish(now, "register", start[2], start[3])
        for gap, kind, first, second in drawn:
            now = max(self._later(now, gap, second), now + dt.timedelta(seconds=1))
            others = FLAVOURS[self.flavour]
            if others and ANOTHER_CHANGE <= kind < ANY_ACT:
                self._change(now, others[first % len(others)], first, second)
                continue
            now = self._taken_at(now)
            self._wish(now, self._act(kind, first, second), first, second)
        until = self._taken_at(now + dt.timedelta(days=6 if self.flavour == "flash" else 25))
        return Script(ANNOUNCED, POLICIES[0], people, tuple(self.happenings), tuple(self.outages), until)

    def _taken_at(self, now: dt.datetime) -> dt.datetime:
        """A wish that comes while the engine is down is taken when it comes back, and judged then (rule 16)."""
        return next((end for start, end in self.outages if start <= now < end), now)

    def _act(self, kind: int, first: int, second: int) -> str:
        """What is wished next: what brings the life on, what is possible where it stands, or anything at all."""
        life = self.life
        assert life is not None
        if kind >= PERHAPS_REFUSED:
            return tuple(STATUS_FOR)[(first + second) % len(STATUS_FOR)]
        if kind < ANOTHER_CHANGE:
            if life.asked_for is not None and second % 2:
                return "decide_extension"
            if life.status in ("assigned", "in_progress") and second % 6 == STANDS_STILL:
                return "suspend"
            return WAY_ON[life.status]
        possible = [act for act in USUAL_ACTS if life.status in STATUS_FOR[act] and self._has_a_point(act)]
        return possible[(kind * 7 + first) % len(possible)]

    def _has_a_point(self, act: str) -> bool:
        life = self.life
        assert life is not None
        match act:
            case "decide_extension":
                return life.asked_for is not None
            case "request_extension":
                return life.due is not None and life.asked_for is None
            case "explain":
                return life.demanded_at is not None
            case "demand_explanation":
                return life.demanded_at is None
            case _:
                return True

    def _later(self, now: dt.datetime, gap: int, number: int) -> dt.datetime:  # noqa: C901 - one arm a way
        """The next instant, by one of the ways that hurt."""
        day = day_of(now)
        match gap:
            case 0:
                return now + dt.timedelta(minutes=7, seconds=number)
            case 1:
                return now + dt.timedelta(hours=1 + number % 9)
            case 2:
                return instant_of(day + ONE_DAY, MORNING)
            case 3:  # exactly on a step in days of what was done just now
                return self.days.step_in_days(day, 1 + number % 8, MORNING)
            case 4:  # exactly on a step in hours
                return self.days.step_in_hours(now, 1 + number % 16)
            case 5:  # exactly on a step of the deadline
                due = self.life.due if self.life is not None else None
                if due is None:
                    return now + ONE_DAY
                return self.days.step_in_days(day_of(due - dt.timedelta(seconds=1)), number % 12 - 4, MORNING)
            case 6:
                return instant_of(day + (1 + number % 3) * ONE_DAY, dt.time(2, number))
            case 7:
                return now + dt.timedelta(days=number % 26, minutes=number)
            case 8:
                return now + dt.timedelta(days=number % 41)
            case 9:  # a day off
                while self.days.worked(day := day + ONE_DAY):
                    pass
                return instant_of(day, dt.time(10, number))
            case 10:
                due = self.life.due if self.life is not None else None
                return now + ONE_DAY if due is None else due + dt.timedelta(seconds=number % 3 - 1)
            case _:
                return now + dt.timedelta(days=1 + number % 5, minutes=number)

    def _wish(self, now: dt.datetime, kind: str, first: int, second: int) -> None:
        wish = Wish(now, kind, self._by(kind, second), self._data(kind, now, first, second))
        self.happenings.append(wish)
        for fact in facts_of(self.life, wish, now, self.policy["office"]) or ():
            self.life = happen(self.life, fact, self.life.rows + 1 if self.life is not None else 1)

    def _by(self, kind: str, number: int) -> str:
        if kind == "contribute" or (kind == "report_progress" and number % 4 == 0):
            return "coordinating"
        lead = ("acknowledge", "decline", "report_progress", "request_extension", "submit", "explain")
        return "lead" if kind in lead else "office"

    def _data(self, kind: str, now: dt.datetime, first: int, second: int) -> dict[str, Any]:  # noqa: C901 - one arm a kind
        deadline = self._deadline(now, first, second)
        agency = (LEAD, COORDINATING, OTHER)[first % 3]
        match kind:
            case "register":
                urgency = "flash" if self.flavour == "flash" else URGENCIES[first % 5 if first % 2 else 0]
                return {
                    "urgency": urgency,
                    "lead_agency": LEAD if second % 5 else None,
                    "coordinating_agencies": ((), (COORDINATING,), (COORDINATING, OTHER))[first % 3],
                    "field": ("y-te", None, "giao-thong")[second % 3],
                    "supervising_leader": "pct.kinhte" if second % 7 == 0 else None,
                    "deadline": None if second % 8 == 0 else deadline,
                    "imposed_deadline": self._deadline(now, second, first) if first % 3 == 0 else None,
                }
            case "assign" | "reassign":
                return {"agency": agency}
            case "request_extension":
                return {"deadline": self._deadline(now, first, second, later=20)}
            case "decide_extension":
                longer = self._deadline(now, first, second, later=30) if second % 4 == 0 else None
                return {"granted": bool(first % 4), "deadline": longer if first % 4 else None}
            case "return":
                return {"deadline": deadline if second % 3 == 0 else None}
            case "resume":
                return {"no_deadline": True} if second % 9 == 0 else {"deadline": deadline}
            case "reopen":
                return {"deadline": deadline}
            case "amend":
                return (
                    {"deadline": deadline},
                    {"urgency": URGENCIES[first % 5]},
                    {"deadline": deadline, "urgency": URGENCIES[first % 5]},
                    {"no_deadline": True},
                    {"coordinating_agencies": (COORDINATING,) if first % 2 else ()},
                    {"supervising_leader": "pct.kinhte", "field": "giao-thong"},
                )[second % 6]
            case "demand_explanation":
                return {"respond_by": self._deadline(now, first, second, later=1) if second % 2 else None}
            case "succeed":
                return {"old_agency": agency, "new_agency": (OTHER, LEAD, COORDINATING)[second % 3]}
            case _:
                return {}

    def _deadline(self, now: dt.datetime, first: int, second: int, later: int = 0) -> dict[str, Any]:
        """A day around the next weeks, sometimes past, sometimes with an hour."""
        offset = (first * 5 + second) % 34 - 1
        hour = (None, None, None, dt.time(10, 0), dt.time(17, 0), dt.time(8, 0))[second % 6]
        return {
            "day": day_of(now) + (offset + later) * ONE_DAY,
            "time": hour,
            "qualifier": "before" if first % 3 == 0 else "by",
        }

    def _change(self, now: dt.datetime, what: str, first: int, second: int) -> None:
        day = day_of(now)
        match what:
            case "calendar":
                days: dict[dt.date, bool | None] = {}
                for offset in range(1 + first % 3):
                    announced = day + (second % 31 - 8 + offset) * ONE_DAY
                    days[announced] = None if announced in self.days.announced and first % 2 else (
                        not self.days.worked(announced)
                    )  # fmt: skip
                kept = {**self.days.announced, **days}
                self.days = Days({one: worked for one, worked in kept.items() if worked is not None})
                self.happenings.append(CalendarChange(now, days))
            case "policy":
                self.policy = POLICIES[(first + second) % len(POLICIES)]
                self.happenings.append(PolicyChange(now, self.policy))
            case "people":
                change = CHANGES_OF_PEOPLE[(first + second) % len(CHANGES_OF_PEOPLE)]
                self.people = changed_people(self.people, change, day, second % 12)
                self.happenings.append(PeopleChange(now, self.people))
            case _:
                raise AssertionError(what)
