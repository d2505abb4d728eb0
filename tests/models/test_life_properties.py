"""No sequence of commands, by whomever, with time passing and moments told late or not, breaks what must hold.

What is expected is recomputed from the ledger's rows by plain loops that share no code with the engine's rules.
"""

import datetime as dt
from collections.abc import Callable, Sequence

from builders import (
    ADMINISTRATOR,
    COORDINATING,
    COORDINATING_AGENCY,
    INSPECTOR,
    LEAD,
    LEAD_AGENCY,
    LEADER,
    OTHER,
    OTHER_AGENCY,
    SECRETARIAT,
    a_calendar,
    local,
    recorded,
    the_policy,
    told_rows,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from models import commands as c
from models import events as e
from models.deadline import Deadline, make_deadline
from models.directive import Directive, SourceDocument
from models.life import decide, evolve, fold
from models.local_time import LOCAL
from models.moments import due_moments, next_moment, upcoming
from models.policy import PolicyTimeline
from models.refusal import Refused
from models.timeliness import count, days_left, late_days, timeliness
from models.vocabulary import Grade, Opinion, Status, Timeliness, Urgency

START = local("Mon 2026-02-02 09:00")
MOST_DIRECTIVES = 2
TIMELINE = PolicyTimeline.of(the_policy())

ACTORS = (
    SECRETARIAT,
    LEADER,
    LEAD_AGENCY,
    COORDINATING_AGENCY,
    OTHER_AGENCY,
    INSPECTOR,
    ADMINISTRATOR,
)
AGENCIES = (LEAD, COORDINATING, OTHER)

# --- What may be sent: a command is made when the instant is known, since deadlines lie around it --------------

Making = Callable[[dt.datetime], c.Command]

offsets = st.one_of(st.none(), st.integers(-5, 45))
hours = st.sampled_from([None, None, dt.time(10, 0), dt.time(17, 0)])
reasons = st.sampled_from(["", "Có lý do", "Có lý do", "Có lý do"])
agencies = st.sampled_from(AGENCIES)


def a_day_from(now: dt.datetime, offset: int | None, hour: dt.time | None) -> Deadline | None:
    if offset is None:
        return None
    return make_deadline(now.astimezone(LOCAL).date() + dt.timedelta(days=offset), time=hour)


def with_deadline(command: type[c.Command], **fields: st.SearchStrategy[object]) -> st.SearchStrategy[Making]:
    return st.builds(
        lambda offset, hour, known: (
            lambda now: command(deadline=None if known.get("no_deadline") else a_day_from(now, offset, hour), **known)
        ),
        offsets,
        hours,
        st.fixed_dictionaries(fields),
    )


def plain(command: type[c.Command], **fields: st.SearchStrategy[object]) -> st.SearchStrategy[Making]:
    return st.fixed_dictionaries(fields).map(lambda known: lambda _now: command(**known))


registrations = with_deadline(
    c.Register,
    content=st.sampled_from(["Xây dựng phương án", "Xây dựng phương án", " "]),
    document=st.just(SourceDocument(number="1/UBND")),
    urgency=st.sampled_from([Urgency.NORMAL, Urgency.NORMAL, Urgency.FLASH]),
    lead_agency=st.sampled_from([LEAD, LEAD, None]),
    coordinating_agencies=st.sampled_from([(), (COORDINATING,), (COORDINATING, OTHER)]),
)

moved_in = st.builds(
    lambda making, days: lambda now: c.MoveIn(registration=making(now), reported_at=now - dt.timedelta(days=days)),
    registrations,
    st.integers(0, 60),
)

commands = st.one_of(
    plain(c.Assign, agency=agencies),
    plain(c.Reassign, agency=agencies, reason=reasons),
    plain(c.Acknowledge),
    plain(c.Decline, reason=reasons),
    plain(c.ReportProgress, text=reasons, percent=st.sampled_from([None, 0, 50, 100])),
    plain(c.ReportProgress, text=reasons, waiting_for=st.sampled_from([(COORDINATING,), (COORDINATING, OTHER)])),
    with_deadline(c.RequestExtension, reason=reasons),
    with_deadline(c.DecideExtension, granted=st.booleans(), citation=reasons, reason=reasons),
    plain(c.Submit, result=reasons),
    plain(c.Submit, result=st.just("Báo cáo")),
    plain(c.Accept, grade=st.sampled_from([None, Grade.GOOD])),
    with_deadline(c.Return, reason=reasons),
    plain(c.Suspend, reason=reasons),
    with_deadline(c.Resume, no_deadline=st.booleans()),
    with_deadline(
        c.Amend,
        reason=reasons,
        no_deadline=st.booleans(),
        urgency=st.sampled_from([None, Urgency.NORMAL, Urgency.FLASH]),
        coordinating_agencies=st.sampled_from([None, (), (COORDINATING,), (OTHER,)]),
    ),
    plain(c.Urge, text=reasons),
    plain(c.DemandExplanation, text=reasons),
    plain(c.Explain, text=reasons),
    plain(c.Contribute, opinion=st.sampled_from(Opinion), text=reasons),
    plain(c.Comment, text=reasons),
    plain(c.Cancel, reason=reasons),
    with_deadline(c.Reopen, reason=reasons),
    plain(c.Succeed, old_agency=agencies, new_agency=agencies),
)


def ways_on(now: dt.datetime, days: int) -> tuple[c.Command, ...]:
    """Acts that bring a life further, filled in."""
    deadline = a_day_from(now, days, None)
    return (
        c.Assign(agency=OTHER),
        c.Assign(agency=LEAD),
        c.Reassign(agency=COORDINATING),
        c.Acknowledge(),
        c.Decline(reason="Không thuộc chức năng"),
        c.ReportProgress(text="Đang làm", percent=days),
        c.ReportProgress(text="Chờ ý kiến", waiting_for=(COORDINATING,)),
        c.RequestExtension(deadline=deadline, reason="Cần thêm số liệu"),
        c.DecideExtension(granted=days % 2 == 0, deadline=deadline, citation="Phiếu 15", reason="Có lý do"),
        *(c.Submit(result="Báo cáo"),) * 3,
        *(c.Accept(),) * 2,
        c.Return(reason="Thiếu phụ lục", deadline=deadline if days % 3 == 0 else None),
        c.Suspend(reason="Chờ Bộ"),
        c.Resume(deadline=deadline),
        c.Amend(reason="Đổi hạn", deadline=deadline),
        c.DemandExplanation(text="Vì sao chậm?", respond_by=deadline if days % 2 == 0 else None),
        c.Explain(text="Do thiếu số liệu"),
        c.Reopen(deadline=deadline, reason="Chưa đạt"),
    )


def permits(directive: Directive, command: c.Command, actor: c.Actor, now: dt.datetime) -> bool:
    try:
        decide(directive, command, actor, now)
    except Refused:
        return False
    return True


waits = st.sampled_from(
    [
        dt.timedelta(0),
        dt.timedelta(minutes=7),
        dt.timedelta(hours=1),
        dt.timedelta(hours=9),
        dt.timedelta(days=1),
        dt.timedelta(days=3, hours=2),
        dt.timedelta(days=16),
    ]
)


# --- The expected, from the rows alone -----------------------------------------------------------------------

LEADS_TO = {
    "registered": "registered",
    "moved_in": "completed",
    "assigned": "assigned",
    "acknowledged": "in_progress",
    "declined": "declined",
    "submitted": "submitted",
    "accepted": "completed",
    "returned": "in_progress",
    "suspended": "suspended",
    "cancelled": "cancelled",
    "reopened": "in_progress",
}


def status_at(rows: Sequence[e.Recorded], instant: dt.datetime) -> str:
    status = before = ""
    led = False
    for row in rows:
        if row.at > instant:
            break
        kind = row.event.kind
        led = led or kind in ("assigned", "moved_in")
        if kind == "suspended":
            before = status
        status = before if kind == "resumed" else LEADS_TO.get(kind, status)
        if kind == "reopened" and not led:
            status = "registered"
    return status


def deadline_of(rows: Sequence[e.Recorded]) -> Deadline | None:
    deadline = None
    for row in rows:
        event = row.event
        match event.kind:
            case "registered" | "resumed" | "reopened":
                deadline = event.deadline
            case "extension_decided" | "returned":
                deadline = event.deadline or deadline
            case "amended" if event.deadline is not None or event.no_deadline:
                deadline = event.deadline
    return deadline


def stands_still_at(rows: Sequence[e.Recorded]) -> dt.datetime | None:
    """When the clock by which it is judged was stopped by a result handed in or a suspension; None while it runs."""
    handed_in = suspended = None
    for row in rows:
        match row.event.kind:
            case "moved_in":
                handed_in = row.event.reported_at
            case "submitted":
                handed_in = row.at
            case "assigned" | "returned" | "reopened":
                handed_in = None
                suspended = None
            case "suspended":
                suspended = row.at
            case "resumed":
                suspended = None
    return handed_in or suspended


def expected_timeliness(rows: Sequence[e.Recorded], now: dt.datetime) -> Timeliness | None:
    status, deadline = status_at(rows, now), deadline_of(rows)
    if status == "cancelled":
        return None
    instant = stands_still_at(rows) or now
    late = deadline is not None and instant > deadline.due_at
    if status == "completed":
        return Timeliness.COMPLETED_LATE if late else Timeliness.COMPLETED_ON_TIME
    if deadline is None:
        return Timeliness.NO_DEADLINE
    if late:
        return Timeliness.OVERDUE
    day, left = instant.astimezone(LOCAL).date(), 0
    while day < deadline.day and left <= 3:
        day += dt.timedelta(days=1)
        left += a_calendar().is_working(day)
    return Timeliness.DUE_SOON if left <= 3 else Timeliness.ON_TIME


# --- The machine ---------------------------------------------------------------------------------------------


class LivesOfDirectives(RuleBasedStateMachine):
    """Some directives, people who try everything, and a clock that only goes forward."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.rows: dict[str, list[e.Recorded]] = {}
        self.lives: dict[str, Directive] = {}

    def _take(self, code: str, rows: Sequence[e.Recorded]) -> None:
        directive = self.lives.get(code)
        for row in rows:
            directive = evolve(directive, row)
        assert directive is not None
        self.rows.setdefault(code, []).extend(rows)
        self.lives[code] = directive

    @precondition(lambda self: len(self.lives) < MOST_DIRECTIVES)
    @rule(
        making=st.one_of(registrations, registrations, registrations, moved_in),
        actor=st.sampled_from((SECRETARIAT, SECRETARIAT, LEADER)),
    )
    def register(self, making: Making, actor: c.Actor) -> None:
        code = f"QNG-2026-{len(self.lives) + 1:04}"
        try:
            rows = recorded(None, making(self.now), actor, self.now, code=code)
        except Refused:
            return
        self._take(code, rows)

    @precondition(lambda self: self.lives)
    @rule(which=st.integers(0, MOST_DIRECTIVES - 1), making=commands, actor=st.sampled_from(ACTORS), wait=waits)
    def act(self, which: int, making: Making, actor: c.Actor, wait: dt.timedelta) -> None:
        self.now += wait
        code = sorted(self.lives)[which % len(self.lives)]
        before = self.lives[code].model_dump_json()
        try:
            rows = recorded(self.lives[code], making(self.now), actor, self.now)
        except Refused:
            rows = ()
        assert self.lives[code].model_dump_json() == before, "deciding changed the directive"
        self._take(code, rows)

    @precondition(lambda self: self.lives)
    @rule(which=st.integers(0, MOST_DIRECTIVES - 1), choice=st.integers(0, 999), days=st.integers(1, 45), wait=waits)
    def go_on(self, which: int, choice: int, days: int, wait: dt.timedelta) -> None:
        """One of the acts that somebody may do now, so that lives get far."""
        self.now += wait
        code = sorted(self.lives)[which % len(self.lives)]
        possible: dict[int, tuple[c.Command, c.Actor]] = {}
        for number, command in enumerate(ways_on(self.now, days)):
            for actor in ACTORS[:5]:
                if permits(self.lives[code], command, actor, self.now):
                    possible.setdefault(number, (command, actor))
        if possible:
            command, actor = list(possible.values())[choice % len(possible)]
            self._take(code, recorded(self.lives[code], command, actor, self.now))

    @precondition(lambda self: self.lives)
    @rule(wait=waits)
    def the_engine_tells_what_is_due(self, wait: dt.timedelta) -> None:
        self.now += wait
        for code, directive in self.lives.items():
            due = due_moments(directive, TIMELINE, a_calendar(), self.now)
            for moment in due:
                planned = status_at(self.rows[code], moment.at)
                clock = the_policy().ladder(directive.urgency).clocks[moment.clock]
                assert Status(planned) in clock.runs_while, "a moment of a time in which its clock stood still"
                assert directive.registered_at < moment.at <= self.now
            self._take(code, told_rows(directive, due, self.now))
            assert due_moments(self.lives[code], TIMELINE, a_calendar(), self.now) == ()

    @invariant()
    def the_numbers_of_the_rows_have_no_gap(self) -> None:
        for code, rows in self.rows.items():
            assert [row.seq for row in rows] == list(range(1, self.lives[code].seq + 1))

    @invariant()
    def the_fold_of_the_ledger_is_the_life(self) -> None:
        for code, rows in self.rows.items():
            assert fold(rows) == self.lives[code]

    @invariant()
    def the_life_survives_being_written_down(self) -> None:
        for directive in self.lives.values():
            assert Directive.model_validate_json(directive.model_dump_json()) == directive

    @invariant()
    def the_status_is_that_of_the_rows(self) -> None:
        for code, rows in self.rows.items():
            assert self.lives[code].status.value == status_at(rows, self.now)

    @invariant()
    def a_closed_or_suspended_directive_has_no_moment(self) -> None:
        for directive in self.lives.values():
            if directive.closed or directive.paused:
                assert next_moment(directive, the_policy(), a_calendar(), self.now) is None
                assert upcoming(directive, the_policy(), a_calendar(), START) == ()
                assert due_moments(directive, TIMELINE, a_calendar(), self.now + dt.timedelta(days=400)) == ()

    @invariant()
    def the_next_moment_is_the_first_of_all_that_come_and_lies_ahead(self) -> None:
        for directive in self.lives.values():
            following = next_moment(directive, the_policy(), a_calendar(), self.now)
            coming = upcoming(directive, the_policy(), a_calendar(), self.now)
            assert following == next(iter(coming), None)
            assert following is None or following.at > self.now

    @invariant()
    def each_moment_is_told_at_most_once_and_never_before_its_time(self) -> None:
        for code, rows in self.rows.items():
            told = [row for row in rows if isinstance(row.event, e.MomentReached)]
            keys = [row.event.key for row in told]
            assert len(keys) == len(set(keys))
            assert tuple(keys) == self.lives[code].told
            assert all(row.planned_at is not None and row.planned_at <= row.at for row in told)

    @invariant()
    def timeliness_never_lies(self) -> None:
        for code, rows in self.rows.items():
            directive = self.lives[code]
            assert directive.deadline == deadline_of(rows)
            assert timeliness(directive, a_calendar(), self.now) == expected_timeliness(rows, self.now)
            left = days_left(directive, a_calendar(), self.now)
            assert (left is None) == (directive.deadline is None)

    @invariant()
    def the_figures_add_up(self) -> None:
        figures = count(self.lives.values(), a_calendar(), self.now)
        statuses = [directive.status for directive in self.lives.values()]
        assert figures.total + figures.cancelled == len(statuses)
        assert figures.cancelled == statuses.count(Status.CANCELLED)
        assert figures.completed == statuses.count(Status.COMPLETED)
        assert figures.total == (
            figures.completed_on_time + figures.completed_late + (figures.on_time + figures.due_soon) + figures.overdue
        )
        assert 0 <= figures.overdue_rate <= 1
        assert figures.no_deadline_open <= figures.on_time
        assert figures.no_deadline_completed <= figures.completed_on_time

    @invariant()
    def days_late_add_up_to_no_more_than_the_working_days_that_passed(self) -> None:
        for directive in self.lives.values():
            late = late_days(directive, a_calendar(), self.now)
            assert late.total == late.lead + late.coordinator + late.office + late.leader
            if directive.deadline is None or self.now <= directive.deadline.due_at:
                assert late.total == 0
            else:
                today = self.now.astimezone(LOCAL).date()
                assert late.total <= a_calendar().working_days_between(directive.deadline.day, today)

    @invariant()
    def what_belongs_to_a_state_is_there_in_that_state_only(self) -> None:
        for directive in self.lives.values():
            if directive.closed:
                assert (directive.clocks, directive.extension, directive.explanation) == ({}, None, None)
            if directive.awaited is not None:
                assert directive.status in (Status.ASSIGNED, Status.IN_PROGRESS, Status.SUSPENDED)
                assert set(directive.awaited.agencies) <= set(directive.coordinating_agencies)
            if directive.status in (Status.SUBMITTED, Status.COMPLETED):
                assert directive.submission is not None
            if directive.status in (Status.REGISTERED, Status.ASSIGNED, Status.IN_PROGRESS, Status.DECLINED):
                assert directive.submission is None
            open_ended = [suspension for suspension in directive.suspensions if suspension.end is None]
            assert len(open_ended) == (1 if directive.paused else 0)
            assert directive.lead_agency not in directive.coordinating_agencies
            assert 0 <= directive.escalation_level <= 4


# The same lives at each run, so that the suite says the same twice; more of them are lived by hand with
# `--hypothesis-seed` and a larger `max_examples`.
LivesOfDirectives.TestCase.settings = settings(
    max_examples=250, stateful_step_count=40, deadline=None, derandomize=True, database=None
)
TestNoSequenceOfCommandsBreaksWhatMustHold = LivesOfDirectives.TestCase
