"""RULES 15: reopened, nothing of the old deadline is said again; the closed time is neither overdue nor suspended."""

import pytest
from builders import (
    LEAD,
    LEAD_AGENCY,
    LEADER,
    SECRETARIAT,
    a_calendar,
    a_deadline,
    a_directive,
    a_directory,
    a_registration,
    apply,
    local,
    recorded,
    the_policy,
)
from office_fixture import Desk
from told_life import ToldLife

from database.engine import reading
from database.figures import count_by, figures_of
from documents.language import Language
from documents.sentences import refusal_sentence
from models import commands as c
from models.directive import Directive
from models.life import fold
from models.notices import notices_owed
from models.refusal import Code, Refused
from models.timeliness import LateDays, days_left, late_days, timeliness
from models.vocabulary import Clock, Status, Timeliness

REOPEN = c.Reopen(deadline=a_deadline("2026-04-24", "Friday"), reason="Kết quả chưa đúng")


def closed_late() -> ToldLife:
    """Due on 20 March, level 2 told, handed in on the 26th and accepted."""
    life = ToldLife().do(
        a_registration(deadline=a_deadline("2026-03-20", "Friday")), SECRETARIAT, "Mon 2026-03-02 09:00"
    )
    life.do(c.Acknowledge(), LEAD_AGENCY, "Mon 2026-03-02 10:00")
    life.tell("Wed 2026-03-25 08:00")
    life.do(c.Submit(result="Xong"), LEAD_AGENCY, "Thu 2026-03-26 09:00")
    return life.do(c.Accept(), LEADER, "Thu 2026-03-26 10:00")


# --- Nothing of the old deadline -------------------------------------------------------------------------------


def test_rule_15_closed_it_says_nothing_and_reopened_it_says_only_what_the_new_deadline_says() -> None:
    life = closed_late()
    assert life.tell("Thu 2026-04-09 09:00") == []

    life.do(REOPEN, LEADER, "Thu 2026-04-09 10:00")

    assert life.tell("Thu 2026-04-09 10:00") == []
    assert life.directive.escalation_level == 0
    assert life.ahead(Clock.DEADLINE, "Thu 2026-04-09 10:00")[:2] == [
        "-7 Wed 2026-04-15 08:00",
        "-3 Tue 2026-04-21 08:00",
    ]
    told = life.tell("Mon 2026-04-27 23:00")
    assert all("2026-04-" in line for line in told)


def test_rule_15_a_demand_a_request_and_a_wait_of_before_are_not_owed_again() -> None:
    directive = a_directive("in_progress")
    directive = apply(directive, c.DemandExplanation(text="?"), LEADER, "Tue 2026-03-03 10:00")
    directive = apply(
        directive, c.ReportProgress(text="Chờ", waiting_for=("STC",)), LEAD_AGENCY, "Tue 2026-03-03 11:00"
    )
    request = c.RequestExtension(deadline=a_deadline("2026-04-10"), reason="Cần")
    directive = apply(directive, request, LEAD_AGENCY, "Tue 2026-03-03 12:00")
    directive = apply(directive, c.Cancel(reason="Thu hồi"), LEADER, "Tue 2026-03-03 13:00")

    directive = apply(directive, REOPEN, LEADER, "Tue 2026-03-10 10:00")

    assert (directive.explanation, directive.extension, directive.awaited) == (None, None, None)
    assert set(directive.clocks) == {Clock.DEADLINE, Clock.SILENCE}


def test_rule_15_a_superiors_deadline_that_lies_ahead_is_timed_again_and_one_that_is_past_is_silent() -> None:
    def reopened(imposed: str) -> ToldLife:
        registration = a_registration(deadline=a_deadline("2026-03-13", "Friday"), imposed_deadline=a_deadline(imposed))
        life = ToldLife().do(registration, SECRETARIAT, "Mon 2026-03-02 09:00")
        life.do(c.Cancel(reason="Nhầm"), LEADER, "Mon 2026-03-02 11:00")
        return life.do(REOPEN, LEADER, "Mon 2026-03-16 09:00")

    ahead, past = reopened("2026-03-27"), reopened("2026-03-10")

    assert ahead.ahead(Clock.IMPOSED_DEADLINE, "Mon 2026-03-16 09:00") == [
        "-3 Tue 2026-03-24 08:00",
        "-1 Thu 2026-03-26 08:00",
        "+1 Mon 2026-03-30 08:00",
    ]
    assert past.ahead(Clock.IMPOSED_DEADLINE, "Mon 2026-03-16 09:00") == []
    assert past.tell("Mon 2026-03-16 09:00") == []


# --- The closed time -------------------------------------------------------------------------------------------


def test_rule_15_the_closed_time_counts_not_as_overdue() -> None:
    directive = closed_late().directive
    assert timeliness(directive, a_calendar(), local("Thu 2026-04-09 09:00")) is Timeliness.COMPLETED_LATE
    assert late_days(directive, a_calendar(), local("Thu 2026-04-09 09:00")) == LateDays(lead=4)

    directive = apply(directive, REOPEN, LEADER, "Thu 2026-04-09 10:00")

    now = local("Mon 2026-04-13 10:00")
    assert timeliness(directive, a_calendar(), now) is Timeliness.ON_TIME
    assert late_days(directive, a_calendar(), now) == LateDays()
    assert days_left(directive, a_calendar(), now) == 9
    assert late_days(directive, a_calendar(), local("Wed 2026-04-29 18:00")) == LateDays(lead=2)  # Monday was off


def test_rule_15_the_closed_time_counts_not_as_suspended() -> None:
    """Suspended on Monday, cancelled on Wednesday, reopened two weeks later: two mornings were taken out of nothing."""
    directive = apply(a_directive("in_progress"), c.Suspend(reason="Chờ"), LEADER, "Mon 2026-03-09 09:00")
    directive = apply(directive, c.Cancel(reason="Thu hồi"), LEADER, "Wed 2026-03-11 09:00")

    directive = apply(directive, REOPEN, LEADER, "Wed 2026-03-25 09:00")

    assert [(one.start, one.end) for one in directive.suspensions] == [
        (local("Mon 2026-03-09 09:00"), local("Wed 2026-03-11 09:00"))
    ]
    life = ToldLife(rows=[])
    life._directive = directive
    assert life.ahead(Clock.SILENCE, "Wed 2026-03-25 09:00")[0] == "+20 Wed 2026-04-22 08:00"


def test_rule_15_on_the_board_a_reopened_one_is_open_in_time_though_it_was_done_late(desk: Desk) -> None:
    desk.register("NV-1", "Mon 2026-03-02 09:00", deadline=a_deadline("2026-03-06", "Friday"))
    desk.act("NV-1", c.Acknowledge(), "truong.syt", "Mon 2026-03-02 10:00")
    desk.act("NV-1", c.Submit(result="Xong"), "truong.syt", "Tue 2026-03-10 10:00")
    desk.act("NV-1", c.Accept(), "chutich", "Tue 2026-03-10 11:00")

    def figures(at: str) -> tuple[int, int, int]:
        with reading(desk.office.engine) as connection:
            found = figures_of(count_by(connection, "lead_agency", local(at)))
        return found.completed_late, found.on_time, found.overdue

    assert figures("Wed 2026-03-25 09:00") == (1, 0, 0)
    desk.act("NV-1", REOPEN, "chutich", "Wed 2026-03-25 10:00")
    assert figures("Wed 2026-03-25 11:00") == (0, 1, 0)


# --- Who leads it then -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_rule_15_reopened_it_is_in_progress_with_the_agency_that_led(status: str) -> None:
    directive = apply(a_directive(status), REOPEN, LEADER, "Wed 2026-03-25 09:00")

    assert (directive.status, directive.lead_agency) == (Status.IN_PROGRESS, LEAD)


def cancelled_before_anybody_led() -> Directive:
    return apply(a_directive("registered"), c.Cancel(reason="Nhầm"), LEADER, "Tue 2026-03-03 09:00")


def test_rule_15_one_that_nobody_ever_led_waits_again_to_be_handed_out() -> None:
    life = ToldLife().do(a_registration(lead_agency=None), SECRETARIAT, "Mon 2026-03-02 09:00")
    life.do(c.Cancel(reason="Nhầm"), LEADER, "Tue 2026-03-03 07:00")

    life.do(REOPEN, LEADER, "Wed 2026-03-25 09:00")

    assert life.directive.status is Status.REGISTERED
    assert life.tell("Fri 2026-03-27 08:00") == ["handout +1 Thu 2026-03-26 08:00", "handout +2 Fri 2026-03-27 08:00"]
    life.do(c.Assign(agency=LEAD), SECRETARIAT, "Fri 2026-03-27 09:00")
    assert life.ahead(Clock.DEADLINE, "Fri 2026-03-27 09:00")[0] == "-7 Wed 2026-04-15 08:00"


def test_rule_15_who_hands_out_hears_of_it_and_no_post_is_taken_for_vacant() -> None:
    directive = cancelled_before_anybody_led()
    rows = recorded(directive, REOPEN, LEADER, local("Wed 2026-03-25 09:00"))
    after = fold(rows, directive)
    assert after is not None

    owed = notices_owed(after, rows, a_directory(), the_policy(), a_calendar(), None)

    assert {one.recipient: [why.value for why in one.content.why] for one in owed} == {
        "theodoi.vanxa": ["monitoring_officer"],
        "chuyenvien.stc": ["coordinating_agencies"],
    }


def test_rule_15_reopening_needs_a_deadline_ahead_whoever_led() -> None:
    for directive in (a_directive("completed"), cancelled_before_anybody_led()):
        for reopen, code in (
            (c.Reopen(), Code.DEADLINE_REQUIRED),
            (c.Reopen(deadline=a_deadline("2026-03-24")), Code.DEADLINE_IN_PAST),
        ):
            with pytest.raises(Refused) as refused:
                apply(directive, reopen, LEADER, "Wed 2026-03-25 09:00")
            assert refused.value.code is code
            assert refusal_sentence(code, refused.value.data, Language.VI, a_directory())
