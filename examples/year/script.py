"""The script of a year: which directives come when, what becomes of each, and what changes for the whole office.

Everything follows from the year, the number of directives and the seed; the same three give the same year.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import cycle, islice
from random import Random
from typing import Final

from examples.drafting import Row, draft
from examples.grammar import read_grammar
from examples.timing import Issue, Timing
from examples.year import stories
from examples.year.changes import (
    FIRST_REMINDER,
    AgencySucceeded,
    Change,
    Held,
    SwapAnnounced,
    absences,
    agency_succeeded,
    busiest,
    policy_change,
    swap_announced,
    weekday,
)
from examples.year.diary import Act, Diary
from examples.year.stories import Story
from models.calendar import Calendar, at, local_day
from models.directory import Directory
from models.vocabulary import Urgency
from services.registration import RawDirective

CAUGHT: Final = "caught_by_the_swap"
"""Directives with a reminder that the swap moves from tomorrow to this morning, so that it is told late (RULES 9)."""


@dataclass(frozen=True)
class Kind:
    """A kind of story.

    Attributes:
        share: how many of a hundred directives go this way, roughly.
        reach: the least and the most working days from registration to the deadline; None without a deadline.
        until: the last month in which such a directive is registered.
    """

    name: str
    story: Story
    share: int
    reach: tuple[int, int] | None
    until: int = 12
    urgency: Urgency | None = None
    has_lead: bool = True


KINDS: Final = (
    Kind("in_time", stories.in_time, 24, (6, 60)),
    Kind("late_to_acknowledge", stories.late_to_acknowledge, 10, (9, 50)),
    Kind("silent", stories.silent, 6, (48, 75), until=9),
    Kind("late", stories.late, 13, (5, 40)),
    Kind("never_done", stories.never_done, 4, (5, 40), until=11),
    Kind("returned", stories.returned, 6, (8, 40)),
    Kind("extended", stories.extended, 6, (8, 40)),
    Kind("declined", stories.declined, 4, (12, 50)),
    Kind("suspended", stories.suspended, 3, (8, 40), until=10),
    Kind("suspended_over_tet", stories.suspended_over_tet, 3, (15, 45), until=1),
    Kind("reassigned", stories.reassigned, 4, (20, 55), until=11),
    Kind("cancelled", stories.cancelled, 3, (15, 45), until=11),
    Kind("reopened", stories.reopened, 3, (10, 30), until=10),
    Kind("amended", stories.amended, 4, (12, 50), until=11),
    Kind("slowly_reviewed", stories.slowly_reviewed, 3, (5, 35)),
    Kind("handed_out_late", stories.handed_out_late, 2, (12, 40), has_lead=False),
    Kind("open_ended", stories.open_ended, 3, None, until=9),
    Kind("flash", stories.flash, 5, (1, 2), urgency=Urgency.FLASH),
    Kind(CAUGHT, stories.in_time, 1, (15, 15)),
)
"""Every kind is there as soon as there are as many directives as kinds."""

_URGENCIES: Final = {Urgency.NORMAL: 86, Urgency.URGENT: 9, Urgency.VERY_URGENT: 5}
_WORDINGS: Final = ("{day:%d/%m/%Y}", "trước ngày {day:%d/%m/%Y}", "chậm nhất ngày {day:%d/%m/%Y}")


@dataclass(frozen=True)
class Life:
    """One directive of the script: how it is registered, and what people do with it, in order."""

    kind: str
    at: dt.datetime
    raw: RawDirective
    acts: tuple[Act, ...]

    @property
    def code(self) -> str:
        """Its code."""
        return self.raw.code


@dataclass(frozen=True)
class Script:
    """A year: the lives by registration, the changes of the office by instant."""

    year: int
    seed: int
    lives: tuple[Life, ...]
    changes: tuple[Change, ...]

    @property
    def starts(self) -> dt.datetime:
        """The first instant of the year."""
        return at(dt.date(self.year, 1, 1), dt.time.min)

    @property
    def ends(self) -> dt.datetime:
        """The last one."""
        return at(dt.date(self.year + 1, 1, 1), dt.time.min)


@dataclass(frozen=True)
class _Plan:
    """One directive before it has words."""

    kind: Kind
    at: dt.datetime
    due: dt.date | None
    urgency: Urgency


def write_script(
    year: int, directives: int, seed: int, calendar: Calendar, directory: Directory, policy: str
) -> Script:
    """Write the script of a year.

    Args:
        calendar: the announced days before anything is swapped.
        directory: agencies and people.
        policy: the policy in force at the start, as YAML.
    """
    chance = Random(f"{year} {directives} {seed}")
    swap = swap_announced(year, calendar)
    plans = [_caught(plan, swap, calendar) for plan in _plans(year, directives, calendar, chance)]
    plans.sort(key=lambda plan: plan.at)
    rows = _rows(plans, directory, chance, year)
    held = [
        Held(directory.find_agency(row.lead, local_day(plan.at)).code, local_day(plan.at), plan.due)
        for plan, row in zip(plans, rows, strict=True)
    ]
    succession = agency_succeeded(year, calendar, directory, held)
    departments = busiest(directory, held, but={succession.old, succession.new})
    changes: tuple[Change, ...] = (
        policy_change(year, policy),
        swap,
        succession,
        *absences(year, departments, calendar),
    )
    clerk = _Clerk(calendar, directory, chance, succession, departments)
    lives = tuple(clerk.life(plan, row) for plan, row in zip(plans, rows, strict=True))
    return Script(year, seed, lives, tuple(sorted(changes, key=lambda change: change.at)))


# --- What comes when ---------------------------------------------------------------------------------------------


def _plans(year: int, directives: int, calendar: Calendar, chance: Random) -> Iterable[_Plan]:
    first = calendar.next_working(dt.date(year, 1, 3))
    for kind in _kinds(directives, chance):
        months = chance.random() * (kind.until - 1 / 3)  # the last third of December is for finishing
        day = calendar.next_working(max(first, dt.date(year, 1, 1) + dt.timedelta(days=round(months * 30.4))))
        if kind.urgency is Urgency.FLASH:
            day = calendar.add(weekday(day, 4), 0)  # a Friday, or the day before it
        due = calendar.add(day, chance.randint(*kind.reach)) if kind.reach else None
        hour = dt.time(chance.randint(14, 16) if kind.urgency is Urgency.FLASH else chance.randint(8, 10))
        registered = at(day, hour) + dt.timedelta(minutes=chance.randint(30, 58), seconds=chance.randint(1, 58))
        urgency = kind.urgency or chance.choices(list(_URGENCIES), list(_URGENCIES.values()))[0]
        yield _Plan(kind, registered, due, urgency)


def _caught(plan: _Plan, swap: SwapAnnounced, calendar: Calendar) -> _Plan:
    """Make a directive that the swap shall catch due so that its first reminder stands on the day after the letter."""
    if plan.kind.name != CAUGHT:
        return plan
    due = calendar.add(local_day(swap.at), FIRST_REMINDER + 1)
    registered = at(calendar.add(due, -15), dt.time(9)) + dt.timedelta(seconds=plan.at.second, minutes=plan.at.minute)
    return replace(plan, due=due, at=registered)


def _kinds(directives: int, chance: Random) -> list[Kind]:
    """One of each first, then by their shares."""
    each = list(islice(cycle(KINDS), min(directives, len(KINDS))))
    return each + chance.choices(KINDS, [kind.share for kind in KINDS], k=directives - len(each))


def _rows(plans: list[_Plan], directory: Directory, chance: Random, year: int) -> list[Row]:
    """Give each directive its document and its words."""
    issues = [
        Issue(
            local_day(plan.at),
            plan.urgency,
            (Timing(_written(plan, chance), plan.due),),
            lasts_until=dt.date(year, 12, 31),
        )
        for plan in plans
    ]
    return draft(issues, directory, read_grammar(), chance, f"ND-{year}-", even=True)


def _written(plan: _Plan, chance: Random) -> str | None:
    """A deadline as a clerk writes it; that of a flash document names an hour."""
    if plan.due is None:
        return None
    if plan.urgency is Urgency.FLASH:
        return f"trước {chance.choice((10, 14, 16))} giờ 00 ngày {plan.due:%d/%m/%Y}"
    return chance.choice(_WORDINGS).format(day=plan.due)


# --- The lives ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Clerk:
    """Writes the lives, with the agencies of the day."""

    calendar: Calendar
    directory: Directory
    chance: Random
    succession: AgencySucceeded
    others: list[str]

    def life(self, plan: _Plan, row: Row) -> Life:
        day = local_day(plan.at)
        lead, lead_name = self._today(row.lead, plan)
        partners = dict(self._today(name, plan) for name in row.coordinating.split("; ") if name)
        partners.pop(lead, None)
        other = self.chance.choice([code for code in self.others[:8] if code not in (lead, *partners)])
        diary = Diary(
            calendar=self.calendar,
            chance=self.chance,
            now=plan.at,
            due=plan.due,
            ends=at(dt.date(day.year, 12, 31), dt.time(16, 0)),
            other=other,
            coordinated=bool(partners),
        )
        plan.kind.story(diary)
        raw = RawDirective(
            code=row.code,
            document_number=row.number,
            document_date=day,
            abstract=row.abstract,
            assigning_leader=row.leader,
            field=row.field,
            content=row.content,
            lead_agency=lead_name if plan.kind.has_lead else "",
            coordinating_agencies=tuple(partners.values()),
            deadline=row.deadline,
            imposed_deadline=self._imposed(plan),
            urgency=plan.urgency,
        )
        return Life(plan.kind.name, plan.at, raw, tuple(diary.acts))

    def _today(self, name: str, plan: _Plan) -> tuple[str, str]:
        """Who is meant on that day, by code and name: after the succession, the agency that took over."""
        code = self.directory.find_agency(name, local_day(plan.at)).code
        if code == self.succession.old and plan.at > self.succession.at:
            return self.succession.new, self.directory.agency_name(self.succession.new)
        return code, name

    def _imposed(self, plan: _Plan) -> dt.date | None:
        """Now and then a superior has set a deadline of its own."""
        if plan.due is None or self.chance.random() > 0.07:
            return None
        return self.calendar.add(plan.due, self.chance.randint(-2, 5))
