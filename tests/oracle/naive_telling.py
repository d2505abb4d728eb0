"""Who should have been told what, and when: computed a second time, day by day, in the simplest possible way.

Shares no code with the engine: standard library and yaml only. Written from RULES.md (numbers in the comments),
docs/policy.md and the text of the policy.

Interface for those who have a history (`make year`, crash checkers):

    expected_moments(facts, calendar, policy_versions, until, outages=()) -> [(planned_at, clock, step, level), ...]

facts
    The rows of `dondoc history CODE --json`, as they come: a list of dictionaries
    `{"seq": 3, "at": "2026-03-03T02:30:00+00:00", "kind": "acknowledged", "actor": …, "data": {…}}`, in order.
    Rows of kind `moment_reached` may be among them and are overlooked (that is what is to be proved).
    `at` is an ISO text or an aware datetime.
calendar
    `{day: working}`: the announced days, `datetime.date` (or ISO text) to bool. A day that is absent is worked from
    Monday to Friday. Or, when the calendar changed during the life, a list of `(since, {day: working})`, the
    first `since` being None; each entry is the whole calendar known from that instant on.
policy_versions
    A list of `(since, policy)`, oldest first: the aware instant since which it is in force (None for "always") and
    the policy as `yaml.safe_load` reads its file.
until
    An aware datetime: what is planned up to it, itself included, is expected.
outages
    Stretches `(start, end)` in which the engine was down. They change what is expected only together with a change
    of calendar; leave them out otherwise.

Returns the moments in the order of their planned instants: `(planned_at, clock, step, level)`, the instant aware and
in UTC, clock and step as in `history --json` (`deadline`, `+15`), level 0 to 4.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from oracle.naive_calendar import ONE_DAY, Days, Stretch, day_of, in_one_of
from oracle.naive_life import Life, Run, happen
from oracle.naive_people import Hearers, who_hears
from oracle.naive_rows import Done, Expected, Key, Message, Moment, Row, Version
from oracle.naive_script import CalendarChange, Happening, PeopleChange, PolicyChange, Script, Wish
from oracle.naive_wishes import facts_of

Announced = Mapping[dt.date, bool] | Mapping[str, bool]
LONG_AGO = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
NEVER_MOVED = ("deadline", "imposed_deadline")
"""Clocks to a day that a leader named, which never moves (rule 2): a suspension takes nothing out of them (rule 12)."""
TO_A_DAY = (*NEVER_MOVED, "explanation")
"""Clocks that count back from a day, so that an announcement can move their steps to before the act that set them."""


@dataclass
class Telling:
    """One directive, the office around it, and what was said so far."""

    days: Days
    versions: list[Version]
    people: Mapping[str, Any] | None = None
    life: Life | None = None
    told: set[Key] = field(default_factory=set)
    passed_over: set[Key] = field(default_factory=set)
    rows: list[Row] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    # --- What is planned -----------------------------------------------------------------------------------------

    def planned(self, version: Version, until: dt.datetime) -> list[Moment]:
        """The moments of one policy of the clocks that run, up to an instant; of each step also the first after it."""
        life = self.life
        if life is None:
            return []
        found = []
        ladders = version.policy["ladders"]
        for clock, rule in ladders.get(life.urgency, ladders["normal"])["clocks"].items():
            run = life.clocks.get(clock)
            if run is None or life.status not in rule["while"]:
                continue
            for step in rule["steps"]:
                offset = step["hours"] if "hours" in step else step["at"]
                while True:
                    planned_at = self._instant(clock, run, step, offset)
                    moment = Moment(
                        planned_at,
                        clock,
                        run.number,
                        _name(offset, "h" if "hours" in step else ""),
                        step.get("level", 0),
                        tuple(step["to"]),
                        version.number,
                        again=offset != (step["hours"] if "hours" in step else step["at"]),
                    )
                    found.append(moment)
                    said = moment.key in self.told or moment.key in self.passed_over
                    if "then_every" not in step or (planned_at > until and not said):
                        break
                    offset += step["then_every"]
        return found

    def _instant(self, clock: str, run: Run, step: Mapping[str, Any], offset: float) -> dt.datetime:
        """When a step of a run of a clock is planned."""
        life = self.life
        assert life is not None
        lost = () if clock in NEVER_MOVED else tuple(life.stood_still)
        if "hours" in step:
            plain = self.days.step_in_hours(run.instant, offset)
            set_at = life.demanded_at if clock == "explanation" and life.demanded_at else run.instant
            if not lost or plain <= set_at:
                return plain
            return self.days.step_in_hours(set_at, self.days.hours_between(set_at, plain), lost)
        time = dt.time.fromisoformat(step.get("time", "08:00"))
        plain = self.days.step_in_days(run.day, int(offset), time)
        set_on = day_of(life.demanded_at) if clock == "explanation" and life.demanded_at else run.day
        if not lost or day_of(plain) <= set_on:
            return plain
        # As many working days after the act that set the clock, without those lost: an explanation's day moves too.
        return self.days.step_in_days(set_on, self.days.days_between(set_on, day_of(plain)), time, lost)

    def may_be_said(self, moment: Moment, version: Version) -> bool:
        """Whether a planned moment is one at all, whenever that is."""
        life = self.life
        assert life is not None
        if moment.key in self.told or moment.key in self.passed_over:
            return False  # rules 7 and 8: at most once, for ever, and what an act's notice covered was said by it
        # Rule 9: a moment belongs to the policy in force at its planned instant; one that an announcement moved to
        # before the act that set the clock or let it go on belongs to the policy of that act.
        begins = max(life.clocks[moment.clock].since, self._running_since(moment.clock, version))
        if moment.clock in TO_A_DAY and moment.planned_at <= begins:
            return self.version_of_act(begins) is version
        if self.version_in_force(moment.planned_at) is not version:
            return False
        # These count forward from an act, so what lies before it, or before the act that let the clock go on, passed
        # while the clock stood still and is not sent (rules 12, 14), nor what lies at that very instant.
        return moment.planned_at > begins

    def _running_since(self, clock: str, version: Version) -> dt.datetime:
        """Since when, without a break, the directive has been in states in which that clock runs."""
        life = self.life
        assert life is not None
        ladders = version.policy["ladders"]
        states = ladders.get(life.urgency, ladders["normal"])["clocks"][clock]["while"]
        since = LONG_AGO
        for at, status in life.statuses:
            if status not in states:
                since = LONG_AGO
            elif since == LONG_AGO:
                since = at
        return since

    def _pass_over(self, at: dt.datetime, number: int, *, urgency: str) -> None:
        """What an act covers: the steps already past of each clock that it sets, lets go on, or puts on another ladder.

        Its notice says so, and they are never told on their own (rules 8, 14, 15), also when an announcement moves
        them later. What an announcement moves to before the act afterwards was not covered by it (rule 9).
        """
        version, life = self.versions[-1], self.life
        assert life is not None
        for moment in self.planned(version, at):
            if moment.clock not in TO_A_DAY:
                continue  # the others count forward from an act, and their instants alone decide: see may_be_said
            set_now = life.clocks[moment.clock].number == number
            goes_on = self._running_since(moment.clock, version) == at
            if moment.planned_at <= at and (set_now or goes_on or urgency != life.urgency):
                self.passed_over.add(moment.key)

    def version_in_force(self, at: dt.datetime) -> Version:
        """The policy in force at an instant; at the very instant of a change it is still the old one."""
        in_force = self.versions[0]
        for version in self.versions:
            if version.since < at:
                in_force = version
        return in_force

    def version_of_act(self, at: dt.datetime) -> Version:
        """The policy under which an act was judged."""
        return [version for version in self.versions if version.since <= at][-1]

    def due(self, now: dt.datetime) -> list[Moment]:
        """All that should have been said by now and was not, in the order of the planned instants."""
        first: dict[Key, Moment] = {}
        for version in self.versions:
            for moment in self.planned(version, now):
                if moment.planned_at <= now and self.may_be_said(moment, version):
                    known = first.get(moment.key, moment)
                    first[moment.key] = min(known, moment, key=lambda one: one.planned_at)
        return sorted(first.values(), key=lambda moment: (moment.planned_at, moment.clock, moment.step))

    def next_planned(self, now: dt.datetime) -> dt.datetime | None:
        """The next instant at which something is to be said, if nobody acts and nothing changes."""
        ahead = [
            moment.planned_at
            for moment in self.planned(self.versions[-1], now)
            if moment.planned_at > now and self.may_be_said(moment, self.versions[-1])
        ]
        return min(ahead, default=None)

    # --- What happens ----------------------------------------------------------------------------------------------

    def look(self, now: dt.datetime) -> None:
        """The engine is awake: it says everything that is due, as one message for each person (rules 3, 10)."""
        due = self.due(now)
        heard: dict[str, list[tuple[Moment, str | None]]] = {}
        for moment in due:
            assert self.life is not None
            hearers: Hearers = {}
            vacant: frozenset[str] = frozenset()
            if self.people is not None:
                hearers, vacant = who_hears(list(moment.audiences), self.life, self.people, day_of(now))
            for person, absent in hearers.items():
                heard.setdefault(person, []).append((moment, absent))
            # Those planned for the last of these instants are told; what passed before is merged into that message.
            outcome = "told" if moment.planned_at == due[-1].planned_at else "merged"
            self.told.add(moment.key)
            if moment.clock == "deadline":
                self.life.level = max(self.life.level, moment.level)
            self.life.rows += 1
            known = tuple(sorted(hearers.items(), key=str))
            self.rows.append(Row(self.life.rows, now, "moment_reached", moment, outcome, known, vacant))
        level = max((moment.level for said in heard.values() for moment, _ in said), default=0)
        for person, said in heard.items():
            absentees = [absent for _, absent in said]
            absent = None if None in absentees else absentees[0]  # who also hears for himself hears as himself
            steps = tuple(sorted((moment.clock, moment.step) for moment, _ in said))
            self.messages.append(Message(self.rows[-1].number, now, person, absent, level, steps))

    def take(self, fact: Mapping[str, Any], number: int | None = None) -> None:
        """Somebody did something."""
        if number is None:
            number = self.life.rows + 1 if self.life is not None else 1
        urgency, level = (self.life.urgency, self.life.level) if self.life is not None else ("", 0)
        self.life = happen(self.life, fact, number)
        self._pass_over(fact["at"], number, urgency=urgency)
        self.rows.append(Row(number, fact["at"], fact["kind"], covered=self._covered(fact), escalated=level))

    def _covered(self, fact: Mapping[str, Any]) -> tuple[str, ...] | None:
        """The deadline's steps already past that the notice of this act names (rule 8); None when it names none."""
        data = fact.get("data") or {}
        sets_a_deadline = fact["kind"] in ("extension_decided", "amended") and data.get("deadline")
        if not sets_a_deadline and fact["kind"] not in ("assigned", "returned", "resumed", "reopened"):
            return None
        past = [
            moment.step
            for moment in self.planned(self.versions[-1], LONG_AGO)
            if moment.clock == "deadline" and moment.planned_at <= fact["at"] and not moment.again
        ]
        return tuple(sorted(past, key=lambda step: float(step.removesuffix("h"))))


def _name(offset: float, unit: str) -> str:
    return f"{'+' if offset > 0 else ''}{offset:g}{unit}"


def live(script: Script) -> Telling:
    """Live a whole script: from instant to instant, saying what is due whenever the engine is awake."""
    telling = Telling(Days(script.calendar), [Version(LONG_AGO, script.policy, 0)], script.people)
    _walk(telling, list(script.happenings), script.outages, script.until)
    return telling


def expected_moments(
    facts: Iterable[Mapping[str, Any]],
    calendar: Announced | Sequence[tuple[dt.datetime | None, Announced]],
    policy_versions: Sequence[tuple[dt.datetime | None, Mapping[str, Any]]],
    until: dt.datetime,
    outages: Sequence[Stretch] = (),
) -> list[Expected]:
    """List the moments of one directive that should have been told by `until`; see the top of this module."""
    happenings: list[Happening | Done] = [
        Done(_instant(fact["at"]), fact["kind"], fact.get("data") or {}, int(fact["seq"]))
        for fact in facts
        if fact["kind"] != "moment_reached"
    ]
    if not happenings:
        return []
    begins = happenings[0].at
    calendars = [(None, calendar)] if isinstance(calendar, Mapping) else list(calendar)
    known: dict[dt.date, bool] = {}
    latest: dict[dt.date, bool] = {}
    for since, announced in calendars:
        days = {_day(day): worked for day, worked in announced.items()}
        if since is None or since <= begins:
            known = days
        else:  # the whole calendar as known from then on: what stands in it no more was taken back
            happenings.append(CalendarChange(since, {**dict.fromkeys(latest), **days}))
        latest = days
    versions = []
    for number, (since, policy) in enumerate(policy_versions):
        if since is None or since <= begins:
            versions.append(Version(since or LONG_AGO, policy, number))
        else:
            happenings.append(PolicyChange(since, policy))
    telling = Telling(Days(known), versions)
    _walk(telling, sorted(happenings, key=lambda happening: happening.at), tuple(outages), until)
    told = [row.moment for row in telling.rows if row.moment is not None and row.moment.planned_at <= until]
    return sorted(Expected(moment.planned_at, moment.clock, moment.step, moment.level) for moment in told)


def _walk(
    telling: Telling, ahead: Sequence[Happening | Done], outages: tuple[Stretch, ...], until: dt.datetime
) -> None:
    """Go from instant to instant: the next at which something is planned, the engine comes back, or people act."""
    left = [happening for happening in ahead if happening.at <= until]
    now = left[0].at
    while True:
        looks = [end for _, end in outages if end > now]
        coming = telling.next_planned(now)
        if coming is not None and not in_one_of(coming, outages):
            looks.append(coming)
        look_at = min(looks, default=until + ONE_DAY)
        if look_at <= (left[0].at if left else until):
            now = look_at
            telling.look(now)
        elif left:
            now = left[0].at
            _happens(telling, left.pop(0), awake=not in_one_of(now, outages))
        else:
            return


def _happens(telling: Telling, happening: Happening | Done, *, awake: bool) -> None:
    now = happening.at
    match happening:
        case Wish():
            telling.look(now)  # what fell due goes before the act that comes after it (rule 16, decision 0007)
            office = telling.versions[-1].policy.get("office") or {}
            for fact in facts_of(telling.life, happening, now, office) or ():
                telling.take(fact)
        case Done():
            telling.look(now)
            telling.take({"kind": happening.kind, "at": now, "data": happening.data}, happening.number)
        case CalendarChange():
            announced = {**telling.days.announced, **happening.days}
            telling.days = Days({day: worked for day, worked in announced.items() if worked is not None})
        case PolicyChange():
            telling.versions.append(Version(now, happening.policy, len(telling.versions)))
        case PeopleChange():
            telling.people = happening.people
    if awake:
        telling.look(now)


def _instant(at: dt.datetime | str) -> dt.datetime:
    return at if isinstance(at, dt.datetime) else dt.datetime.fromisoformat(at)


def _day(day: dt.date | str) -> dt.date:
    return day if isinstance(day, dt.date) else dt.date.fromisoformat(day)
