"""Plays a script on the real rules and compares what they did with the oracle, row by row.

`played` makes the same calls as the one door (activities/commit.py), without SQL, so that thousands of lives take
seconds. `played_through_the_door` is the door itself on a real SQLite.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from oracle.engine_values import actor_of, calendar_of, command_of, directory_of, policy_of
from oracle.naive_rows import Expected, Row
from oracle.naive_script import CalendarChange, PeopleChange, PolicyChange, Script, Wish
from oracle.naive_telling import LONG_AGO, Telling, live
from oracle.offices import POLICIES

from models.audience import resolve
from models.calendar import Calendar, local_day
from models.directive import Directive
from models.directory import Directory
from models.events import ENGINE, Assigned, Event, MomentReached, Recorded
from models.life import decide, evolve
from models.moments import covered_steps, due_moments, next_moment, note_covered
from models.policy import PolicyPeriod, PolicyTimeline
from models.refusal import Refused

CODE = "NV-1"

# --- The engine ------------------------------------------------------------------------------------------------------


@dataclass
class Surroundings:
    """What the engine reads beside the ledger."""

    calendar: Calendar
    timeline: PolicyTimeline
    directory: Directory
    announced: Mapping[dt.date, bool]

    @classmethod
    def at_first(cls, script: Script) -> "Surroundings":
        first = PolicyPeriod(policy=policy_of(script.policy, 0), since=LONG_AGO)
        return cls(
            calendar_of(script.calendar),
            PolicyTimeline(periods=(first,)),
            directory_of(script.people),
            script.calendar,
        )

    def change(self, change: CalendarChange | PolicyChange | PeopleChange) -> None:
        match change:
            case CalendarChange():
                kept = {**self.announced, **change.days}
                self.announced = {day: worked for day, worked in kept.items() if worked is not None}
                self.calendar = calendar_of(self.announced)
            case PolicyChange():
                periods = self.timeline.periods
                newest = PolicyPeriod(policy=policy_of(change.policy, len(periods)), since=change.at)
                self.timeline = PolicyTimeline(periods=(*periods, newest))
            case PeopleChange():
                self.directory = directory_of(change.people)


@dataclass
class Played:
    """What the real rules made of a script.

    Attributes:
        covered: by the number of an act's last row, the steps that its notice says it covers.
        together: the planned instants of the moments that were told at once, in the order of recording.
    """

    directive: Directive | None = None
    rows: list[Recorded] = field(default_factory=list)
    covered: dict[int, tuple[str, ...]] = field(default_factory=dict)
    together: list[tuple[dt.datetime, ...]] = field(default_factory=list)


Commit = Callable[[tuple[Event, ...], dt.datetime], dt.datetime | None]
"""Tells what is due at an instant, records events, and says when to wake next."""


@dataclass
class PureDoor:
    """The calls of the one door, in its order, without SQL and without hashes."""

    around: Surroundings
    played: Played = field(default_factory=Played)

    def commit(self, events: tuple[Event, ...], now: dt.datetime) -> dt.datetime | None:
        played, around = self.played, self.around
        if played.directive is not None:
            due = due_moments(played.directive, around.timeline, around.calendar, now)
            played.together.append(tuple(moment.at for moment in due))
            for moment in due:
                hearers = resolve(moment.audience, played.directive, around.directory, local_day(now))
                reached = MomentReached(
                    clock=moment.clock,
                    run=moment.run,
                    step=moment.step,
                    level=moment.level,
                    outcome="told" if moment.at == due[-1].at else "merged",
                    audience=moment.audience,
                    recipients=hearers.recipients,
                    vacant=hearers.vacant,
                    at_once=moment.at_once,
                    policy_version=moment.policy_version,
                )
                self._add(reached, now, planned_at=moment.at)
        for part, event in enumerate(events):
            level = played.directive.escalation_level if played.directive is not None else 0
            late = isinstance(event, Assigned) and part == 0
            self._add(event.model_copy(update={"escalation_level": level}) if late else event, now)
        assert played.directive is not None
        if events:
            arguments = (played.directive, around.timeline.current, around.calendar, now)
            played.covered[played.directive.seq] = covered_steps(*arguments)
        following = next_moment(played.directive, around.timeline.current, around.calendar, now)
        return following.at if following else None

    def _add(self, event: Event, now: dt.datetime, planned_at: dt.datetime | None = None) -> None:
        played = self.played
        row = Recorded(
            directive=CODE,
            seq=len(played.rows) + 1,
            at=now,
            planned_at=planned_at,
            actor=ENGINE if isinstance(event, MomentReached) else "somebody",
            event=event,
        )
        row = note_covered(played.directive, row, self.around.timeline.current, self.around.calendar)
        played.directive = evolve(played.directive, row)
        played.rows.append(row)


def played(script: Script) -> Played:
    """The script on the real rules."""
    door = PureDoor(Surroundings.at_first(script))
    play(script, door.around, door.commit, lambda: door.played.directive)
    return door.played


def play(script: Script, around: Surroundings, commit: Commit, now_known: Callable[[], Directive | None]) -> None:
    """What the workflow does: one timer, set by the answer of each commit; a replan after each change of the plan.

    Of a timer and a wish in the same instant the wish goes first: what fell due must be told all the same (rule 16).
    """
    wake: dt.datetime | None = None
    stale = False  # whether calendar or policy changed while nobody could replan
    ahead = list(script.happenings)
    now = ahead[0].at
    while True:
        down = next(((start, end) for start, end in script.outages if start <= now < end), None)
        happens = ahead[0].at if ahead else script.until
        rings = wake
        if stale and down is not None:
            rings = down[1]
        if rings is not None:  # a timer that rings while the engine is down is heard when it comes back
            rings = next((end for start, end in script.outages if start <= rings < end), max(rings, now))
        acts = bool(ahead) and isinstance(ahead[0], Wish)
        if rings is not None and (rings < happens or (rings == happens and not acts)):
            now, stale = rings, False
            wake = commit((), now)
            continue
        if not ahead:
            return
        happening = ahead.pop(0)
        now = happening.at
        if isinstance(happening, Wish):
            known = now_known()
            try:
                command = command_of(happening, around.timeline.current)
                wake = commit(decide(known, command, actor_of(happening, known), now), now)
            except Refused:
                continue
        else:
            around.change(happening)
            if not isinstance(happening, PeopleChange) and now_known() is not None:
                stale = any(start <= now < end for start, end in script.outages)
                wake = wake if stale else commit((), now)


# --- Comparing -------------------------------------------------------------------------------------------------------


def lines_of_oracle(telling: Telling, first_version: int = 0) -> list[str]:
    """The oracle's history, one line a row; moments told together in a fixed order.

    Args:
        first_version: the number by which the engine calls the first policy.
    """
    return sorted_lines([_oracle_line(row, first_version) for row in telling.rows])


def _oracle_line(row: Row, first_version: int) -> tuple[tuple[Any, ...], str]:
    moment = row.moment
    if moment is None:
        return (row.number, 1, ""), f"{row.number:>3} {row.at:%F %T} {row.kind}"
    return _moment_line(
        row.at, moment.planned_at, moment.clock, moment.run, moment.step, moment.level, row.outcome,
        dict(row.hearers), row.vacant, moment.version + first_version,
    )  # fmt: skip


def lines_of_engine(rows: list[Recorded] | tuple[Recorded, ...]) -> list[str]:
    """The engine's history in the same words."""
    return sorted_lines([_engine_line(row) for row in rows])


def _engine_line(row: Recorded) -> tuple[tuple[Any, ...], str]:
    event = row.event
    if not isinstance(event, MomentReached):
        return (row.seq, 1, ""), f"{row.seq:>3} {row.at:%F %T} {event.kind}"
    assert row.planned_at is not None
    hearers = {recipient.person: recipient.on_behalf_of for recipient in event.recipients}
    vacant = frozenset(audience.value for audience in event.vacant)
    return _moment_line(
        row.at, row.planned_at, event.clock.value, event.run, event.step, event.level, event.outcome,
        hearers, vacant, event.policy_version,
    )  # fmt: skip


def _moment_line(
    at: dt.datetime, planned_at: dt.datetime, clock: str, run: int, step: str, level: int, outcome: str,
    hearers: Mapping[str, str | None], vacant: frozenset[str], version: int,
) -> tuple[tuple[Any, ...], str]:  # fmt: skip
    who = ", ".join(f"{person} for {absent}" if absent else person for person, absent in sorted(hearers.items()))
    line = (
        f"    {at:%F %T} {outcome} {clock}/{run}/{step} L{level} planned {planned_at:%F %T} v{version}"
        f" → {who} vacant={sorted(vacant)}"
    )
    return (0, 0, line), line


def sorted_lines(keyed: list[tuple[tuple[Any, ...], str]]) -> list[str]:
    """Rows in their order; moments told together, between two facts, by what they say."""
    lines: list[str] = []
    together: list[str] = []
    for (_, is_fact, _), line in keyed:
        if is_fact:
            lines += [*sorted(together), line]
            together = []
        else:
            together.append(line)
    return lines + sorted(together)


def history_of(rows: Iterable[Recorded]) -> list[dict[str, object]]:
    """The rows as `dondoc history --json` tells them."""
    told = [
        {
            "seq": row.seq,
            "at": row.at.isoformat(),
            "planned_at": row.planned_at.isoformat() if row.planned_at else None,
            "kind": row.event.kind,
            "actor": row.actor,
            "on_behalf_of": row.on_behalf_of,
            "data": json.loads(row.data),
        }
        for row in rows
    ]
    found: list[dict[str, object]] = json.loads(json.dumps(told))
    return found


def moments_of(rows: Iterable[Recorded]) -> list[Expected]:
    return sorted(
        Expected(row.planned_at, row.event.clock.value, row.event.step, row.event.level)
        for row in rows
        if isinstance(row.event, MomentReached) and row.planned_at is not None
    )


def disagreement(script: Script) -> str:
    """What the oracle and the real rules say differently of a script; empty when they agree."""
    telling, engine = live(script), played(script)
    expected, found = lines_of_oracle(telling), lines_of_engine(engine.rows)
    if expected != found:
        return "\n".join(["", *difference(expected, found), "", *told(script)])
    if any(list(planned) != sorted(planned) for planned in engine.together):
        return "moments that passed together are not recorded in the order of their planned instants (rule 10)"
    level = engine.directive.escalation_level if engine.directive else 0
    if telling.life is not None and telling.life.level != level:
        return f"the escalation level is {level}, the oracle says {telling.life.level}"
    due_at = engine.directive.deadline.due_at if engine.directive and engine.directive.deadline else None
    if telling.life is not None and telling.life.due != due_at:
        return f"it is due at {due_at}, the oracle says {telling.life.due}"
    for row in telling.rows:
        event = engine.rows[row.number - 1].event
        if isinstance(event, Assigned) and event.previous is not None and event.escalation_level != row.escalated:
            return f"row {row.number}: the new lead hears of level {event.escalation_level}, it was {row.escalated}"
        covered = engine.covered.get(row.number)
        if row.covered is not None and covered is not None and row.covered != covered:
            return f"row {row.number} {row.kind} covers {covered}, the oracle says {row.covered}"
    return ""


def difference(expected: list[str], found: list[str]) -> list[str]:
    missing = [line for line in expected if line not in found]
    extra = [line for line in found if line not in expected]
    return ["only the oracle:", *missing, "only the engine:", *extra]


def told(script: Script) -> list[str]:
    """A script as people read it."""
    lines = [f"down {start:%F %T} - {end:%F %T}" for start, end in script.outages]
    for happening in script.happenings:
        match happening:
            case Wish():
                lines.append(f"{happening.at:%F %T} {happening.by}: {happening.kind} {happening.data}")
            case CalendarChange():
                lines.append(f"{happening.at:%F %T} announced {happening.days}")
            case PolicyChange():
                lines.append(f"{happening.at:%F %T} policy {POLICIES.index(happening.policy)}")
            case PeopleChange():
                lines.append(f"{happening.at:%F %T} people")
    return [*lines, f"until {script.until:%F %T}"]
