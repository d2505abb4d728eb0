"""Plays a script on the real rules and compares what they did with the oracle, row by row.

`played` makes the same calls as the one door (activities/commit.py), without SQL, so that thousands of lives take
seconds. `played_through_the_door` is the door itself on a real SQLite.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from oracle.lives import POLICIES, POLICY_TEXTS
from oracle.naive_life import CalendarChange, PeopleChange, PolicyChange, Script, Wish
from oracle.naive_telling import LONG_AGO, Expected, Row, Telling, live

from models import commands as c
from models.audience import resolve
from models.calendar import Calendar, CalendarRow, local_day
from models.deadline import Deadline, make_deadline
from models.directive import Directive
from models.directory import Absence, Agency, Directory, FieldOfWork, Person, Post
from models.events import ENGINE, Assigned, Event, MomentReached, Recorded
from models.life import decide, evolve
from models.moments import covered_steps, due_moments, next_moment, note_covered
from models.policy import Policy, PolicyPeriod, PolicyTimeline, read_policy
from models.refusal import Refused
from models.vocabulary import Qualifier, Role

CODE = "NV-1"

# --- From plain data to the engine's values --------------------------------------------------------------------------


@cache
def _policy_of(place: int) -> Policy:
    return read_policy(POLICIES[place])


def policy_of(policy: Mapping[str, Any], version: int) -> Policy:
    """The engine's policy of plain data, under the number of its version."""
    return _policy_of(POLICIES.index(policy)).model_copy(update={"version": version})


def policy_text_of(policy: Mapping[str, Any]) -> str:
    return POLICY_TEXTS[POLICIES.index(policy)]


_calendars: dict[frozenset[tuple[dt.date, bool]], Calendar] = {}


def calendar_of(announced: Mapping[dt.date, bool]) -> Calendar:
    """The engine's calendar of plain data."""
    known = frozenset(announced.items())
    if known not in _calendars:
        _calendars[known] = Calendar(rows=tuple(row_of(day, working=worked) for day, worked in announced.items()))
    return _calendars[known]


def row_of(day: dt.date, *, working: bool) -> CalendarRow:
    return CalendarRow(day=day, working=working, reason="Công bố")


def directory_of(people: Mapping[str, Any]) -> Directory:
    """The engine's directory of plain data."""
    posts, fields = people["posts"], people["fields"]
    kinds = {"UBND": "leadership", "VPUBND": "office"}
    return Directory(
        agencies=tuple(
            Agency.model_validate(
                {
                    "code": code,
                    "name": code,
                    "kind": kinds.get(code, "department"),
                    "field": people["field_of"].get(code),
                }
            )
            for code in dict.fromkeys(post["agency"] for post in posts)
        ),
        people=tuple(
            Person(code=person, name=person, locked=person in people["locked"])
            for person in dict.fromkeys(post["person"] for post in posts)
        ),
        posts=tuple(
            Post(person=post["person"], agency=post["agency"], position=post["position"], valid_until=post["until"])
            for post in posts
        ),
        fields=tuple(FieldOfWork(code=code, name=code, **known) for code, known in fields.items()),
        absences=tuple(
            Absence(person=one["person"], deputy=one["deputy"], valid_from=one["since"], valid_until=one["until"])
            for one in people["away"]
        ),
    )


def command_of(wish: Wish, policy: Policy) -> c.Command:
    """The engine's command of a wish; its deadlines are understood under the policy in force."""
    data: dict[str, Any] = {"kind": wish.kind, **_FILLED_IN.get(wish.kind, {}), **wish.data}
    for name in ("deadline", "imposed_deadline", "respond_by"):
        if data.get(name) is not None:
            data[name] = _deadline_of(data[name], policy)
    return c.COMMANDS.validate_python(data)


_FILLED_IN: Mapping[str, Mapping[str, Any]] = {
    "register": {"content": "Xây dựng phương án"},
    "decline": {"reason": "Không thuộc chức năng"},
    "report_progress": {"text": "Đang làm"},
    "request_extension": {"reason": "Cần thêm số liệu"},
    "decide_extension": {"reason": "Đã xem xét", "citation": "Phiếu trình 15"},
    "submit": {"result": "Báo cáo"},
    "return": {"reason": "Thiếu phụ lục"},
    "suspend": {"reason": "Chờ ý kiến Bộ"},
    "amend": {"reason": "Đổi nội dung"},
    "urge": {"text": "Đề nghị khẩn trương"},
    "demand_explanation": {"text": "Vì sao chậm?"},
    "explain": {"text": "Do thiếu số liệu"},
    "contribute": {"opinion": "agree"},
    "comment": {"text": "Đã trao đổi"},
    "cancel": {"reason": "Văn bản bị thu hồi"},
}
"""What a command needs beside what the oracle looks at."""


def _deadline_of(plain: Mapping[str, Any], policy: Policy) -> Deadline:
    return make_deadline(
        plain["day"], time=plain["time"], qualifier=Qualifier(plain["qualifier"]), office=policy.office
    )


def actor_of(wish: Wish, directive: Directive | None) -> c.Actor:
    """Somebody who may make that wish, if anybody may."""
    agency = "VPUBND"
    if directive is not None and wish.by == "lead":
        agency = directive.lead_agency or "NOBODY"
    if directive is not None and wish.by == "coordinating":
        agency = next(iter(directive.coordinating_agencies), "NOBODY")
    role = Role.SECRETARIAT if wish.by == "office" else Role.AGENCY
    return c.Actor(
        person="somebody", roles=frozenset({role}), agencies=frozenset({agency}), connected_agencies=frozenset({agency})
    )


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
