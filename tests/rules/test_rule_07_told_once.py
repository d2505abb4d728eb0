"""RULES 7: a moment is (directive, clock, run of the clock, step); each is told at most once, for ever."""

import datetime as dt
from typing import Any

import pytest
from builders import (
    COORDINATING_AGENCY,
    LEAD_AGENCY,
    LEADER,
    OTHER,
    SECRETARIAT,
    a_calendar,
    a_deadline,
    a_directive,
    a_registration,
    apply,
    day,
    local,
    the_policy,
    the_policy_data,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from office_fixture import Desk
from real_office import RealOffice
from told_life import ToldLife

from database.engine import reading
from database.ledger import read_rows
from database.reference import write_calendar_days
from models import commands as c
from models.calendar import CalendarRow
from models.directive import Directive
from models.events import MomentReached
from models.life import fold
from models.moments import due_moments
from models.policy import Policy, PolicyPeriod, PolicyTimeline, read_policy
from models.refusal import Refused
from models.vocabulary import Clock, Opinion, Urgency
from services.reconciling import rebuild_snapshots

LATER = a_deadline("2026-04-10", "Friday")


def asked() -> Directive:
    return apply(a_directive("in_progress"), c.RequestExtension(deadline=LATER, reason="Cần"), LEAD_AGENCY, AT)


AT = "Tue 2026-03-03 10:00"


# --- What a moment is ------------------------------------------------------------------------------------------


def test_rule_07_a_moment_is_named_by_clock_run_and_step_within_its_directive() -> None:
    life = ToldLife().do(a_registration(), SECRETARIAT, "Mon 2026-03-02 09:00").do(c.Acknowledge(), LEAD_AGENCY, AT)
    life.tell("Wed 2026-03-11 08:00")

    # Rows 1 and 2 register and assign; the deadline was set by row 1, acknowledging was asked for by row 2.
    assert life.keys == ["acknowledgement/2/+1", "deadline/1/-7"]


STARTS: list[tuple[str, Directive, c.Command, c.Actor, Clock]] = [
    ("a lead", a_directive("registered"), c.Assign(agency=OTHER), SECRETARIAT, Clock.ACKNOWLEDGEMENT),
    ("another lead", a_directive("assigned"), c.Reassign(agency=OTHER), LEADER, Clock.ACKNOWLEDGEMENT),
    ("a refusal to lead", a_directive("assigned"), c.Decline(reason="Không"), LEAD_AGENCY, Clock.HANDOUT),
    ("taking it", a_directive("assigned"), c.Acknowledge(), LEAD_AGENCY, Clock.SILENCE),
    ("a report", a_directive("in_progress"), c.ReportProgress(text="…"), LEAD_AGENCY, Clock.SILENCE),
    ("a submission", a_directive("in_progress"), c.Submit(result="…"), LEAD_AGENCY, Clock.REVIEW),
    ("a demand", a_directive("in_progress"), c.DemandExplanation(text="?"), LEADER, Clock.EXPLANATION),
    (
        "a request",
        a_directive("in_progress"),
        c.RequestExtension(deadline=LATER, reason="Cần"),
        LEAD_AGENCY,
        Clock.EXTENSION,
    ),
    ("a new deadline", a_directive("in_progress"), c.Amend(reason="…", deadline=LATER), LEADER, Clock.DEADLINE),
    ("an extension", asked(), c.DecideExtension(granted=True), LEADER, Clock.DEADLINE),
    ("a return", a_directive("submitted"), c.Return(reason="…", deadline=LATER), LEADER, Clock.DEADLINE),
    ("a resumption", a_directive("suspended"), c.Resume(deadline=LATER), LEADER, Clock.DEADLINE),
    ("a reopening", a_directive("completed"), c.Reopen(deadline=LATER), LEADER, Clock.DEADLINE),
]


@pytest.mark.parametrize(
    ("before", "command", "actor", "clock"), [row[1:] for row in STARTS], ids=[r[0] for r in STARTS]
)
def test_rule_07_a_clock_starts_a_new_run_when_its_anchor_is_set_anew(
    before: Directive, command: c.Command, actor: c.Actor, clock: Clock
) -> None:
    after = apply(before, command, actor, "Tue 2026-03-03 11:00")

    earlier = before.clocks.get(clock)
    assert after.clocks[clock].run == before.seq + 1
    assert earlier is None or earlier.run < after.clocks[clock].run


@pytest.mark.parametrize(
    ("command", "actor"),
    [
        (c.Urge(text="Khẩn trương"), LEADER),
        (c.Comment(text="Đã biết"), LEADER),
        (c.Contribute(opinion=Opinion.AGREE), COORDINATING_AGENCY),
        (c.ReportProgress(text="Phần việc của sở"), COORDINATING_AGENCY),
        (c.Amend(reason="Sửa", content="Nội dung khác"), LEADER),
        (c.Amend(reason="Khẩn", urgency=Urgency.FLASH), LEADER),
        (c.Succeed(old_agency="SYT", new_agency=OTHER), SECRETARIAT),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_rule_07_an_act_that_sets_no_anchor_starts_no_run(command: c.Command, actor: c.Actor) -> None:
    before = a_directive("in_progress")

    after = apply(before, command, actor, AT)

    assert {clock: run.run for clock, run in after.clocks.items()} == {
        clock: run.run for clock, run in before.clocks.items()
    }


# --- At most once, for ever ------------------------------------------------------------------------------------


def another_policy(version: int) -> Policy:
    """A policy that has lost, moved and gained steps; its names partly those of the default one."""
    data = the_policy_data()
    data["version"] = version
    data["ladders"]["normal"]["clocks"]["deadline"]["steps"] = [
        {"at": -5, "to": ["lead_head"]},
        {"at": -1, "to": ["lead_officers"], "time": "14:00"},
        {"at": 1, "to": ["lead_head"], "level": 1},
        {"at": 2, "to": ["chairman"], "level": 4, "then_every": 3},
    ]
    return read_policy(data)


MARCH = [dt.date(2026, 3, number) for number in range(2, 32)]
ACTS: list[tuple[c.Command, c.Actor]] = [
    (c.Acknowledge(), LEAD_AGENCY),
    (c.ReportProgress(text="Đang làm"), LEAD_AGENCY),
    (c.Submit(result="Xong"), LEAD_AGENCY),
    (c.Return(reason="Thiếu"), SECRETARIAT),
    (c.Suspend(reason="Chờ"), LEADER),
    (c.Resume(deadline=a_deadline("2026-03-27")), LEADER),
    (c.Amend(reason="Gần lại", deadline=a_deadline("2026-03-17")), LEADER),
    (c.Amend(reason="Xa ra", deadline=a_deadline("2026-03-31")), LEADER),
    (c.Amend(reason="Hỏa tốc", urgency=Urgency.FLASH), LEADER),
    (c.Amend(reason="Thường", urgency=Urgency.NORMAL), LEADER),
    (c.Reassign(agency=OTHER), LEADER),
    (c.Reassign(agency="SYT"), LEADER),
    (c.DemandExplanation(text="Vì sao?"), LEADER),
    (c.Cancel(reason="Thu hồi"), LEADER),
    (c.Reopen(deadline=a_deadline("2026-04-03")), LEADER),
]
HAPPENS = st.one_of(
    st.tuples(st.just("act"), st.sampled_from(ACTS)),
    st.tuples(st.just("tell"), st.integers(1, 3)),  # replanned, restarted, woken twice
    st.tuples(st.just("day"), st.sampled_from(MARCH)),  # announced to be off, or worked
    st.tuples(st.just("policy"), st.none()),
    st.tuples(st.just("restart"), st.none()),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 120), HAPPENS), min_size=4, max_size=16))
def test_rule_07_no_moment_is_told_twice_under_any_interleaving_of_acts_replans_restarts_and_outages(
    story: list[tuple[int, tuple[str, Any]]],
) -> None:
    """Between two things that happen up to five days pass, with nobody there to tell what falls due meanwhile."""
    life = ToldLife().do(a_registration(), SECRETARIAT, "Mon 2026-03-02 09:00")
    now, versions = local("Mon 2026-03-02 09:00"), 1
    for hours, (kind, what) in story:
        now += dt.timedelta(hours=hours)
        match kind, what:
            case "act", (command, actor):
                try:
                    life.do(command, actor, now)
                except Refused:
                    life.tell(now)
            case "day", dt.date() as changed:
                working = not life.calendar.is_working(changed)
                row = CalendarRow(day=changed, working=working, reason="Thông báo muộn")
                life.calendar = life.calendar.overlay([row])
            case "policy", _:
                versions += 1
                policy = (
                    another_policy(versions)
                    if versions % 2 == 0
                    else the_policy().model_copy(update={"version": versions})
                )
                period = PolicyPeriod(policy=policy, since=now)
                life.timeline = PolicyTimeline(periods=(*life.timeline.periods, period))
            case "restart", _:
                assert fold(life.rows) == life.directive
            case _, times:
                for _ in range(int(str(times))):
                    life.tell(now)
        if kind in ("act", "tell"):
            assert due_moments(life.directive, life.timeline, life.calendar, now) == ()

    assert len(life.keys) == len(set(life.keys))
    assert all(row.planned_at is None or row.planned_at <= row.at for row in life.rows)


def moments_in(office: RealOffice) -> list[str]:
    with reading(office.engine) as connection:
        return [row.event.key for row in read_rows(connection, "NV-1") if isinstance(row.event, MomentReached)]


def test_rule_07_told_once_also_when_asked_again_replanned_and_the_day_moves_ahead(office: RealOffice) -> None:
    """The calendar moves a step that was told into the future; when its day comes again nothing is said."""
    office.at("Mon 2026-03-02 09:00").register("NV-1", deadline=a_deadline("2026-03-10", "Tuesday"), acknowledged=True)
    office.at("Thu 2026-03-05 08:00").tell("NV-1")
    assert moments_in(office) == ["deadline/1/-3"]

    # Saturday the 7th is declared a working day: three working days before the 10th is now the 6th.
    with office.engine.begin() as connection:
        swapped = CalendarRow(day=day("2026-03-07", "Saturday"), working=True, reason="Làm bù")
        write_calendar_days(connection, (swapped,))
    for again in ("Thu 2026-03-05 08:00", "Fri 2026-03-06 08:00", "Fri 2026-03-06 17:00"):
        office.at(again).tell("NV-1")

    assert moments_in(office) == ["deadline/1/-3"]


def test_rule_07_told_once_also_when_the_snapshots_are_rebuilt_from_the_ledger(desk: Desk) -> None:
    desk.register("NV-1", "Mon 2026-03-02 09:00", deadline=a_deadline("2026-03-10", "Tuesday"))
    desk.tell("NV-1", "Thu 2026-03-05 09:00")
    before = desk.directive("NV-1").told
    assert before == ("acknowledgement/2/+1", "acknowledgement/2/+2", "acknowledgement/2/+3", "deadline/1/-3")

    desk.sql("DELETE FROM directive")
    assert rebuild_snapshots(desk.office) == (1, [])
    desk.tell("NV-1", "Thu 2026-03-05 10:00")

    assert desk.directive("NV-1").told == before


def test_rule_07_the_calendar_of_the_tests_has_the_days_that_these_stories_count_on() -> None:
    assert a_calendar().is_working(day("2026-03-05", "Thursday"))
    assert not a_calendar().is_working(day("2026-03-07", "Saturday"))
