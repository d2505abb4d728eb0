"""Every row of the default clock table, to the minute, on real days; and rules 3 and 7 to 15 on the pure functions.

`schedule` lists the coming moments of one clock as lines "step  local instant  level  audience".
"""

import datetime as dt
from typing import Any

import pytest
from builders import (
    COORDINATING_AGENCY,
    LEAD,
    LEAD_AGENCY,
    LEADER,
    OTHER,
    OTHER_AGENCY,
    SECRETARIAT,
    a_calendar,
    a_deadline,
    a_directive,
    apply,
    clock_face,
    day,
    local,
    tell,
    the_policy,
    the_policy_data,
)

from models import commands as c
from models.calendar import Calendar, CalendarRow
from models.directive import Directive
from models.moments import Moment, covered_steps, due_moments, next_moment, upcoming
from models.policy import Policy, PolicyPeriod, PolicyTimeline, read_policy
from models.vocabulary import Clock, Status, Urgency

SHORT = {
    "monitoring_officer": "follows",
    "lead_officers": "officers",
    "lead_head": "head",
    "coordinating_agencies": "coordinators",
    "chief_of_office": "chief",
    "vice_chairman": "vice",
    "chairman": "chairman",
    "decider": "decider",
}


def line(moment: Moment) -> str:
    audience = ",".join(SHORT[audience] for audience in moment.audience)
    level = f" L{moment.level}" if moment.level else ""
    return f"{moment.step} {clock_face(moment.at)}{level} {audience}"


def schedule(
    directive: Directive, clock: Clock, after: str, policy: Policy | None = None, calendar: Calendar | None = None
) -> list[str]:
    coming = upcoming(directive, policy or the_policy(), calendar or a_calendar(), local(after))
    return [line(moment) for moment in coming if moment.clock is clock]


def due(
    directive: Directive, now: str, timeline: PolicyTimeline | None = None, calendar: Calendar | None = None
) -> list[str]:
    timeline = timeline or PolicyTimeline.of(the_policy())
    return [
        f"{moment.clock.value} {moment.step} {clock_face(moment.at)}"
        for moment in due_moments(directive, timeline, calendar or a_calendar(), local(now))
    ]


def deadlines(directive: Directive, now: str, timeline: PolicyTimeline | None = None) -> list[str]:
    return [line for line in due(directive, now, timeline) if line.startswith("deadline ")]


def due_then_told(directive: Directive, now: str) -> Directive:
    return tell(directive, due_moments(directive, PolicyTimeline.of(the_policy()), a_calendar(), local(now)), now)


# --- The rows of the clock table -----------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["registered", "declined"])
def test_handing_out_is_asked_of_the_officer_who_follows_after_one_day_and_of_the_chief_after_two(status: str) -> None:
    directive = a_directive(status, at="Fri 2026-03-06 15:00")

    assert schedule(directive, Clock.HANDOUT, "2026-03-06 15:00") == [
        "+1 Mon 2026-03-09 08:00 follows",
        "+2 Tue 2026-03-10 08:00 chief",
    ]


def test_acknowledging_is_asked_of_the_officers_then_of_the_head_then_told_to_the_chief() -> None:
    directive = a_directive("assigned", at="Thu 2023-04-27 09:00", deadline="2023-06-30")

    assert schedule(directive, Clock.ACKNOWLEDGEMENT, "2023-04-27 09:00") == [
        "+1 Fri 2023-04-28 08:00 officers",
        "+2 Thu 2023-05-04 08:00 head",
        "+3 Fri 2023-05-05 08:00 chief",
    ]


@pytest.mark.parametrize("status", ["assigned", "in_progress"])
def test_a_deadline_climbs_the_whole_ladder_over_the_holidays_of_april_2026(status: str) -> None:
    directive = a_directive(status, at="Mon 2026-03-02 09:00", deadline="2026-03-20")

    assert schedule(directive, Clock.DEADLINE, "2026-03-02 09:00") == [
        "-7 Wed 2026-03-11 08:00 officers",
        "-3 Tue 2026-03-17 08:00 officers",
        "-1 Thu 2026-03-19 08:00 officers,head,coordinators",
        "0 Fri 2026-03-20 08:00 officers,head,coordinators",
        "+1 Mon 2026-03-23 08:00 L1 head",
        "+3 Wed 2026-03-25 08:00 L2 chief",
        "+7 Tue 2026-03-31 08:00 L3 vice",
        "+15 Fri 2026-04-10 08:00 L4 chairman",
        "+20 Fri 2026-04-17 08:00 L4 chairman",
        "+25 Fri 2026-04-24 08:00 L4 chairman",
        "+30 Wed 2026-05-06 08:00 L4 chairman",
    ]


def test_a_deadline_climbs_the_whole_ladder_over_the_holidays_of_april_2023() -> None:
    directive = a_directive("in_progress", at="Mon 2023-04-03 09:00", deadline="2023-04-28")

    assert schedule(directive, Clock.DEADLINE, "2023-04-03 09:00") == [
        "-7 Wed 2023-04-19 08:00 officers",
        "-3 Tue 2023-04-25 08:00 officers",
        "-1 Thu 2023-04-27 08:00 officers,head,coordinators",
        "0 Fri 2023-04-28 08:00 officers,head,coordinators",
        "+1 Thu 2023-05-04 08:00 L1 head",
        "+3 Mon 2023-05-08 08:00 L2 chief",
        "+7 Fri 2023-05-12 08:00 L3 vice",
        "+15 Wed 2023-05-24 08:00 L4 chairman",
        "+20 Wed 2023-05-31 08:00 L4 chairman",
        "+25 Wed 2023-06-07 08:00 L4 chairman",
        "+30 Wed 2023-06-14 08:00 L4 chairman",
    ]


def test_a_superiors_earlier_deadline_has_its_own_steps_beside_the_provinces_own() -> None:
    directive = a_directive("assigned", imposed_deadline=a_deadline("2026-03-16", "Monday"))

    assert schedule(directive, Clock.IMPOSED_DEADLINE, "2026-03-02 09:00") == [
        "-3 Wed 2026-03-11 08:00 officers",
        "-1 Fri 2026-03-13 08:00 officers,head",
        "+1 Tue 2026-03-17 08:00 head,chief",
    ]
    assert schedule(directive, Clock.DEADLINE, "2026-03-02 09:00")[0].startswith("-7 Wed 2026-03-11")


def test_silence_is_spoken_to_after_twenty_days_then_every_ten_with_the_head_from_the_second_on() -> None:
    directive = a_directive("in_progress", at="Mon 2026-03-02 10:00", deadline=None)

    assert schedule(directive, Clock.SILENCE, "2026-03-02 10:00") == [
        "+20 Mon 2026-03-30 08:00 officers",
        "+30 Mon 2026-04-13 08:00 officers,head",
        "+40 Tue 2026-04-28 08:00 officers,head",
        "+50 Thu 2026-05-14 08:00 officers,head",
        "+60 Thu 2026-05-28 08:00 officers,head",
    ]


def test_a_report_of_the_lead_agency_breaks_the_silence_and_one_of_a_coordinating_agency_does_not() -> None:
    directive = a_directive("in_progress", at="Mon 2026-03-02 10:00", deadline=None)
    report = c.ReportProgress(text="Đã họp với các sở")

    by_lead = apply(directive, report, LEAD_AGENCY, "Tue 2026-03-10 10:00")
    by_other = apply(directive, report, COORDINATING_AGENCY, "Tue 2026-03-10 10:00")

    assert schedule(by_lead, Clock.SILENCE, "2026-03-10 10:00")[0] == "+20 Tue 2026-04-07 08:00 officers"
    assert schedule(by_other, Clock.SILENCE, "2026-03-10 10:00")[0] == "+20 Mon 2026-03-30 08:00 officers"


def test_the_office_is_timed_like_everybody_else_while_a_result_waits_for_its_review() -> None:
    directive = a_directive("submitted", at="Wed 2026-03-18 16:00")

    coming = upcoming(directive, the_policy(), a_calendar(), local("2026-03-18 16:00"))

    assert [line(moment) for moment in coming] == [
        "+2 Fri 2026-03-20 08:00 follows",
        "+4 Tue 2026-03-24 08:00 chief",
    ]


def test_an_explanation_is_asked_of_the_head_on_its_day_and_told_to_the_chief_the_day_after() -> None:
    directive = apply(
        a_directive("in_progress"),
        c.DemandExplanation(text="Vì sao chậm?", respond_by=a_deadline("2026-03-12", "Thursday")),
        LEADER,
        "Mon 2026-03-09 10:00",
    )

    assert schedule(directive, Clock.EXPLANATION, "2026-03-09 10:00") == [
        "0 Thu 2026-03-12 08:00 head",
        "+1 Fri 2026-03-13 08:00 head,chief",
    ]


def test_an_explanation_demanded_for_today_after_eight_is_told_by_the_demand_itself() -> None:
    demand = c.DemandExplanation(text="Vì sao chậm?")

    late = apply(a_directive("in_progress"), demand, LEADER, "Mon 2026-03-09 10:00")
    early = apply(a_directive("in_progress"), demand, LEADER, "Mon 2026-03-09 07:00")

    assert schedule(late, Clock.EXPLANATION, "2026-03-09 10:00") == ["+1 Tue 2026-03-10 08:00 head,chief"]
    assert schedule(early, Clock.EXPLANATION, "2026-03-09 07:00")[0] == "0 Mon 2026-03-09 08:00 head"


@pytest.mark.parametrize("status", ["registered", "assigned", "in_progress", "submitted", "declined"])
def test_an_explanation_is_timed_in_whatever_open_state_the_directive_is(status: str) -> None:
    assert status in the_policy().ladder(Urgency.NORMAL).clocks[Clock.EXPLANATION].runs_while
    assert status in the_policy().ladder(Urgency.NORMAL).clocks[Clock.EXTENSION].runs_while


def test_an_explanation_given_ends_its_clock() -> None:
    directive = apply(a_directive("in_progress"), c.DemandExplanation(text="Vì sao?"), LEADER, "2026-03-09 10:00")

    directive = apply(directive, c.Explain(text="Do thiếu số liệu"), LEAD_AGENCY, "2026-03-09 15:00")

    assert schedule(directive, Clock.EXPLANATION, "2026-03-09 15:00") == []


def test_an_extension_waits_one_day_for_who_decides_and_three_for_the_chief_and_no_other_clock_stops() -> None:
    directive = a_directive("in_progress")
    request = c.RequestExtension(deadline=a_deadline("2026-04-10"), reason="Cần thêm số liệu")

    asked = apply(directive, request, LEAD_AGENCY, "Mon 2026-03-09 10:00")

    assert schedule(asked, Clock.EXTENSION, "2026-03-09 10:00") == [
        "+1 Tue 2026-03-10 08:00 decider",
        "+3 Thu 2026-03-12 08:00 chief",
    ]
    before = schedule(directive, Clock.DEADLINE, "2026-03-09 10:00")
    assert schedule(asked, Clock.DEADLINE, "2026-03-09 10:00") == before


def test_a_refused_extension_ends_its_clock_and_leaves_the_deadlines_ladder_as_it_was() -> None:
    directive = a_directive("in_progress")
    request = c.RequestExtension(deadline=a_deadline("2026-04-10"), reason="Cần thêm số liệu")
    asked = apply(directive, request, LEAD_AGENCY, "2026-03-09 10:00")

    refused = apply(asked, c.DecideExtension(granted=False, reason="Không đồng ý"), LEADER, "2026-03-10 10:00")

    assert schedule(refused, Clock.EXTENSION, "2026-03-10 10:00") == []
    assert refused.clocks[Clock.DEADLINE] == directive.clocks[Clock.DEADLINE]


# --- Flash directives count in working hours -----------------------------------------------------------------


def test_a_flash_directives_hours_go_on_after_the_weekend() -> None:
    directive = a_directive("assigned", at="Fri 2026-03-20 16:00", deadline="2026-03-24 10:00", urgency=Urgency.FLASH)

    assert schedule(directive, Clock.ACKNOWLEDGEMENT, "2026-03-20 16:00") == [
        "+1h Fri 2026-03-20 17:00 officers",
        "+2h Mon 2026-03-23 08:30 head",
        "+3h Mon 2026-03-23 09:30 chief",
    ]


def test_a_flash_deadline_at_an_hour_is_counted_back_and_forward_in_working_hours() -> None:
    directive = a_directive("assigned", at="Fri 2026-03-20 08:00", deadline="2026-03-24 10:00", urgency=Urgency.FLASH)

    assert schedule(directive, Clock.DEADLINE, "2026-03-20 08:00") == [
        "-16h Fri 2026-03-20 09:00 officers",
        "-8h Mon 2026-03-23 09:30 officers",
        "-2h Tue 2026-03-24 08:00 officers,head,coordinators",
        "0h Tue 2026-03-24 10:00 officers,head,coordinators",
        "+1h Tue 2026-03-24 11:00 L1 head",
        "+4h Tue 2026-03-24 16:00 L2 chief",
        "+8h Wed 2026-03-25 10:30 L3 vice",
        "+16h Thu 2026-03-26 11:00 L4 chairman",
        "+24h Fri 2026-03-27 11:30 L4 chairman",
        "+32h Mon 2026-03-30 14:00 L4 chairman",
        "+40h Tue 2026-03-31 14:30 L4 chairman",
    ]


def test_a_flash_deadline_at_the_end_of_a_friday_is_told_at_closing_and_climbs_on_monday() -> None:
    directive = a_directive("assigned", at="Fri 2026-03-20 08:00", deadline="2026-03-20", urgency=Urgency.FLASH)

    assert schedule(directive, Clock.DEADLINE, "2026-03-20 08:00")[:3] == [
        "-2h Fri 2026-03-20 15:00 officers,head,coordinators",
        "0h Fri 2026-03-20 17:00 officers,head,coordinators",
        "+1h Mon 2026-03-23 08:30 L1 head",
    ]


@pytest.mark.parametrize("urgency", [Urgency.URGENT, Urgency.VERY_URGENT])
def test_an_urgency_without_a_ladder_of_its_own_climbs_the_normal_one(urgency: Urgency) -> None:
    directive = a_directive("assigned", urgency=urgency)

    assert schedule(directive, Clock.DEADLINE, "2026-03-02 09:00") == schedule(
        a_directive("assigned"), Clock.DEADLINE, "2026-03-02 09:00"
    )


# --- Rule 3: days off ----------------------------------------------------------------------------------------


def test_step_zero_and_step_minus_one_of_a_deadline_on_a_sunday_fall_together_on_friday() -> None:
    directive = a_directive("in_progress", deadline="2026-03-22")

    found = due(directive, "Fri 2026-03-20 08:00")

    assert found[-2:] == ["deadline -1 Fri 2026-03-20 08:00", "deadline 0 Fri 2026-03-20 08:00"]
    assert "+1 Mon 2026-03-23 08:00 L1 head" in schedule(directive, Clock.DEADLINE, "2026-03-20 08:00")


def test_a_deadline_inside_the_holidays_of_2023_is_reminded_on_the_last_day_before_and_overdue_on_the_first_after() -> (
    None
):
    directive = a_directive("in_progress", at="2023-04-03 09:00", deadline="2023-05-02")

    assert schedule(directive, Clock.DEADLINE, "Thu 2023-04-27 09:00")[:3] == [
        "-1 Fri 2023-04-28 08:00 officers,head,coordinators",
        "0 Fri 2023-04-28 08:00 officers,head,coordinators",
        "+1 Thu 2023-05-04 08:00 L1 head",
    ]


def test_a_worked_saturday_counts() -> None:
    directive = a_directive("assigned", at="Fri 2026-01-09 09:00", deadline="2026-03-20")

    assert schedule(directive, Clock.ACKNOWLEDGEMENT, "2026-01-09 09:00")[:2] == [
        "+1 Sat 2026-01-10 08:00 officers",
        "+2 Mon 2026-01-12 08:00 head",
    ]


def test_without_a_deadline_there_is_no_deadline_clock() -> None:
    directive = a_directive("in_progress", deadline=None)

    assert schedule(directive, Clock.DEADLINE, "2026-03-02 09:00") == []


# --- Rule 7: each moment at most once ------------------------------------------------------------------------


def test_a_moment_that_was_told_is_never_found_again() -> None:
    directive = a_directive("in_progress")

    told = due_then_told(directive, "Wed 2026-03-11 08:00")

    assert deadlines(directive, "2026-03-11 08:00") == ["deadline -7 Wed 2026-03-11 08:00"]
    assert due(told, "2026-03-11 08:00") == []
    assert "-7" not in {moment.step for moment in upcoming(told, the_policy(), a_calendar(), local("2026-03-02 10:00"))}


def test_repetitions_are_told_one_by_one_however_long_it_is_overdue() -> None:
    directive = a_directive("in_progress")
    directive = due_then_told(directive, "2026-04-17 08:00")

    found = deadlines(directive, "Wed 2026-05-06 08:00")

    assert found == ["deadline +25 Fri 2026-04-24 08:00", "deadline +30 Wed 2026-05-06 08:00"]


def test_years_after_the_deadline_the_next_repetition_is_still_found() -> None:
    directive = a_directive("in_progress", deadline="2026-03-20")

    found = next_moment(directive, the_policy(), a_calendar(), local("2036-03-20 09:00"))

    assert found is not None
    assert local("2036-03-20 09:00") < found.at < local("2036-03-31 09:00")
    assert found.clock is Clock.SILENCE or int(found.step) % 5 == 0


def test_a_moment_is_due_at_its_very_instant_and_not_a_second_before() -> None:
    directive = a_directive("in_progress")
    eight = local("Wed 2026-03-11 08:00")
    timeline = PolicyTimeline.of(the_policy())

    before = due_moments(directive, timeline, a_calendar(), eight - dt.timedelta(seconds=1))

    assert before == ()
    assert [moment.step for moment in due_moments(directive, timeline, a_calendar(), eight)] == ["-7"]


def test_at_the_instant_of_a_moment_the_next_one_is_the_one_that_follows() -> None:
    directive = a_directive("in_progress")

    before = next_moment(directive, the_policy(), a_calendar(), local("2026-03-11 07:59"))
    at_its_instant = next_moment(directive, the_policy(), a_calendar(), local("2026-03-11 08:00"))

    assert before is not None
    assert at_its_instant is not None
    assert (before.step, at_its_instant.step) == ("-7", "-3")


# --- Rule 8: steps already past ------------------------------------------------------------------------------


def test_steps_past_at_assignment_are_covered_by_its_notice_and_never_told_again() -> None:
    directive = a_directive("assigned", at="Wed 2026-03-18 09:00", deadline="2026-03-20")

    covered = covered_steps(directive, the_policy(), a_calendar(), local("2026-03-18 09:00"))

    assert covered == ("-7", "-3")
    assert schedule(directive, Clock.DEADLINE, "2026-03-01 09:00")[0].startswith("-1 Thu 2026-03-19 08:00")
    assert due(directive, "2026-03-18 23:00") == []


def test_a_step_of_the_very_instant_of_the_assignment_is_covered_by_it_and_not_told_besides() -> None:
    directive = a_directive("assigned", at="Tue 2026-03-17 08:00", deadline="2026-03-20")

    assert covered_steps(directive, the_policy(), a_calendar(), local("2026-03-17 08:00")) == ("-7", "-3")
    assert due(directive, "2026-03-17 08:00") == []


def test_a_directive_assigned_long_after_its_deadline_starts_where_the_ladder_is_today() -> None:
    directive = a_directive("assigned", at="Thu 2026-03-26 09:00", deadline="2026-03-20")

    covered = covered_steps(directive, the_policy(), a_calendar(), local("2026-03-26 09:00"))

    assert covered == ("-7", "-3", "-1", "0", "+1", "+3")
    assert schedule(directive, Clock.DEADLINE, "2026-03-26 09:00")[0] == "+7 Tue 2026-03-31 08:00 L3 vice"


def test_what_passed_while_it_was_only_registered_is_covered_when_it_is_assigned() -> None:
    directive = a_directive("registered", at="Mon 2026-03-02 09:00")
    assert covered_steps(directive, the_policy(), a_calendar(), local("2026-03-12 09:00")) == ()

    directive = apply(directive, c.Assign(agency=LEAD), SECRETARIAT, "Thu 2026-03-12 09:00")

    assert covered_steps(directive, the_policy(), a_calendar(), local("2026-03-12 09:00")) == ("-7",)
    assert deadlines(directive, "Tue 2026-03-17 08:00") == ["deadline -3 Tue 2026-03-17 08:00"]


def test_a_nearer_deadline_the_same_day_is_announced_even_if_today_was_told_for_the_old_one() -> None:
    directive = due_then_told(a_directive("in_progress"), "Fri 2026-03-20 08:00")
    nearer = c.Amend(reason="Bộ yêu cầu sớm hơn", deadline=a_deadline("2026-03-20 15:00", "Friday"))

    directive = apply(directive, nearer, LEADER, "Fri 2026-03-20 09:00")

    now = local("2026-03-20 09:00")
    assert covered_steps(directive, the_policy(), a_calendar(), now) == ("-7", "-3", "-1", "0")
    assert schedule(directive, Clock.DEADLINE, "2026-03-20 09:00")[0] == "+1 Mon 2026-03-23 08:00 L1 head"


def test_a_nearer_deadline_set_in_the_night_has_a_today_of_its_own_in_the_morning() -> None:
    directive = due_then_told(a_directive("in_progress", deadline="2026-03-20"), "Thu 2026-03-19 08:00")
    nearer = c.Amend(reason="Sớm hơn", deadline=a_deadline("2026-03-20 10:00", "Friday"))

    directive = apply(directive, nearer, LEADER, "Fri 2026-03-20 06:00")

    assert deadlines(directive, "2026-03-20 08:00") == ["deadline 0 Fri 2026-03-20 08:00"]


def test_a_farther_deadline_has_its_whole_ladder_again() -> None:
    directive = due_then_told(a_directive("in_progress"), "Wed 2026-03-25 08:00")
    assert directive.escalation_level == 2
    farther = c.Amend(reason="Lãnh đạo đồng ý lùi", deadline=a_deadline("2026-04-24", "Friday"))

    directive = apply(directive, farther, LEADER, "Wed 2026-03-25 10:00")

    assert directive.escalation_level == 0
    assert [line.split()[0] for line in schedule(directive, Clock.DEADLINE, "2026-03-25 10:00")] == (
        ["-7", "-3", "-1", "0", "+1", "+3", "+7", "+15", "+20", "+25", "+30"]
    )
    assert schedule(directive, Clock.DEADLINE, "2026-03-25 10:00")[0] == "-7 Wed 2026-04-15 08:00 officers"


def test_a_granted_extension_has_its_whole_ladder_and_the_first_deadline_is_kept() -> None:
    directive = due_then_told(a_directive("in_progress"), "Fri 2026-03-20 08:00")
    request = c.RequestExtension(deadline=a_deadline("2026-04-10", "Friday"), reason="Cần thêm số liệu")
    directive = apply(directive, request, LEAD_AGENCY, "2026-03-20 09:00")

    directive = apply(directive, c.DecideExtension(granted=True), LEADER, "2026-03-20 10:00")

    assert schedule(directive, Clock.DEADLINE, "2026-03-20 10:00")[0] == "-7 Wed 2026-04-01 08:00 officers"
    assert directive.first_deadline == a_deadline("2026-03-20")


# --- Rule 9: a changed calendar, a changed policy ------------------------------------------------------------


def with_day_off(*days: dt.date) -> Calendar:
    return a_calendar().overlay(CalendarRow(day=off, working=False, reason="Nghỉ bão") for off in days)


def test_steps_that_a_changed_calendar_puts_into_the_past_are_told_at_once_and_told_ones_never_again() -> None:
    directive = due_then_told(a_directive("in_progress"), "Tue 2026-03-17 08:00")

    changed = with_day_off(day("2026-03-19", "Thursday"))

    assert due(directive, "Wed 2026-03-18 14:00") == []
    assert due(directive, "Wed 2026-03-18 14:00", calendar=changed) == ["deadline -1 Wed 2026-03-18 08:00"]


def test_steps_ahead_follow_a_changed_calendar() -> None:
    directive = a_directive("in_progress")

    changed = with_day_off(day("2026-03-23", "Monday"), day("2026-03-24", "Tuesday"))

    assert schedule(directive, Clock.DEADLINE, "2026-03-20 09:00", calendar=changed)[:2] == [
        "+1 Wed 2026-03-25 08:00 L1 head",
        "+3 Fri 2026-03-27 08:00 L2 chief",
    ]


def a_policy_with_deadline_steps(version: int, *steps: dict[str, Any]) -> Policy:
    data = the_policy_data()
    data["version"] = version
    data["ladders"]["normal"]["clocks"]["deadline"]["steps"] = list(steps)
    return read_policy(data)


def changed_at(instant: str, new: Policy) -> PolicyTimeline:
    old = PolicyTimeline.of(the_policy()).periods
    return PolicyTimeline(periods=(*old, PolicyPeriod(policy=new, since=local(instant))))


def test_a_changed_policy_fires_nothing_of_the_past_and_its_removed_steps_are_silent_at_once() -> None:
    directive = due_then_told(a_directive("in_progress"), "Tue 2026-03-17 08:00")
    new = a_policy_with_deadline_steps(2, {"at": -5, "to": ["lead_head"]}, {"at": 0, "to": ["lead_head"]})

    timeline = changed_at("Wed 2026-03-18 09:00", new)

    assert due(directive, "Wed 2026-03-18 09:00", timeline=timeline) == []
    assert due(directive, "Fri 2026-03-20 07:59", timeline=timeline) == []
    assert deadlines(directive, "Fri 2026-03-20 08:00", timeline=timeline) == ["deadline 0 Fri 2026-03-20 08:00"]
    assert deadlines(directive, "Fri 2026-04-10 08:00", timeline=timeline) == ["deadline 0 Fri 2026-03-20 08:00"]


def test_removed_steps_are_silent_also_for_what_is_overdue_and_the_next_step_counts_from_today() -> None:
    directive = due_then_told(a_directive("in_progress"), "Mon 2026-03-23 08:00")
    new = a_policy_with_deadline_steps(
        2, {"at": 2, "to": ["chief_of_office"], "level": 2}, {"at": 4, "to": ["chairman"], "level": 4}
    )

    timeline = changed_at("Tue 2026-03-24 09:00", new)

    assert due(directive, "Wed 2026-03-25 08:00", timeline=timeline) == []
    assert due(directive, "Thu 2026-03-26 08:00", timeline=timeline) == ["deadline +4 Thu 2026-03-26 08:00"]


def test_what_was_missed_in_an_outage_is_judged_by_the_policy_of_its_own_day() -> None:
    directive = due_then_told(a_directive("in_progress"), "Wed 2026-03-11 08:00")
    new = a_policy_with_deadline_steps(2, {"at": 0, "to": ["lead_head"]}, {"at": 1, "to": ["lead_head"], "level": 1})
    timeline = changed_at("Wed 2026-03-18 09:00", new)

    found = due_moments(directive, timeline, a_calendar(), local("Mon 2026-03-23 09:00"))

    assert [(moment.step, moment.policy_version) for moment in found] == [("-3", 0), ("0", 2), ("+1", 2)]


# --- Rule 10: after an outage --------------------------------------------------------------------------------


def test_after_an_outage_every_step_that_passed_is_due_with_its_planned_instant_in_order() -> None:
    directive = due_then_told(a_directive("in_progress"), "Wed 2026-03-11 08:00")

    found = due(directive, "Wed 2026-03-25 09:00")

    assert found == [
        "deadline -3 Tue 2026-03-17 08:00",
        "deadline -1 Thu 2026-03-19 08:00",
        "deadline 0 Fri 2026-03-20 08:00",
        "deadline +1 Mon 2026-03-23 08:00",
        "deadline +3 Wed 2026-03-25 08:00",
    ]


def test_an_outage_of_months_finds_the_steps_of_all_clocks_and_every_repetition_once() -> None:
    directive = a_directive("in_progress", at="Mon 2026-03-02 09:00")

    found = due(directive, "Tue 2026-04-28 09:00")

    assert len(found) == len(set(found))
    assert [line for line in found if line.startswith("silence")] == [
        "silence +20 Mon 2026-03-30 08:00",
        "silence +30 Mon 2026-04-13 08:00",
        "silence +40 Tue 2026-04-28 08:00",
    ]
    assert found[-2:] == ["deadline +25 Fri 2026-04-24 08:00", "silence +40 Tue 2026-04-28 08:00"]
    assert due(due_then_told(directive, "2026-04-28 09:00"), "2026-04-28 09:00") == []


# --- Rule 12: suspended --------------------------------------------------------------------------------------


def test_suspended_over_tet_no_clock_runs() -> None:
    directive = a_directive("in_progress", at="Mon 2026-02-02 09:00", deadline="2026-02-13")

    directive = apply(directive, c.Suspend(reason="Nghỉ Tết"), LEADER, "Mon 2026-02-09 09:00")

    assert next_moment(directive, the_policy(), a_calendar(), local("2026-02-09 09:00")) is None
    assert due(directive, "Mon 2026-02-23 09:00") == []


def test_suspended_over_tet_the_silence_clock_loses_the_working_time_between_and_nothing_fires_on_resuming() -> None:
    # Without the suspension the twentieth day is Monday 9 March. Its mornings of 10, 11, 12, 13, 23 and
    # 24 February lie in it: six are lost; the five days of Tết were off in any case.
    directive = a_directive("in_progress", at="Mon 2026-02-02 09:00", deadline="2026-03-31")
    assert schedule(directive, Clock.SILENCE, "2026-02-02 09:00")[0] == "+20 Mon 2026-03-09 08:00 officers"
    directive = apply(directive, c.Suspend(reason="Nghỉ Tết"), LEADER, "Mon 2026-02-09 09:00")

    resume = c.Resume(deadline=a_deadline("2026-03-31", "Tuesday"))
    directive = apply(directive, resume, LEADER, "Tue 2026-02-24 09:00")

    assert due(directive, "2026-02-24 09:00") == []
    assert schedule(directive, Clock.SILENCE, "2026-02-24 09:00")[:2] == [
        "+20 Tue 2026-03-17 08:00 officers",
        "+30 Tue 2026-03-31 08:00 officers,head",
    ]


def test_suspended_before_it_was_acknowledged_its_acknowledgement_clock_goes_on_where_it_stood() -> None:
    directive = a_directive("assigned", at="Mon 2026-02-09 08:30", deadline="2026-03-31")
    directive = apply(directive, c.Suspend(reason="Chờ Bộ"), LEADER, "Mon 2026-02-09 15:00")

    directive = apply(directive, c.Resume(deadline=a_deadline("2026-03-31")), LEADER, "Tue 2026-02-24 10:00")

    assert directive.status is Status.ASSIGNED
    assert schedule(directive, Clock.ACKNOWLEDGEMENT, "2026-02-24 10:00") == [
        "+1 Wed 2026-02-25 08:00 officers",
        "+2 Thu 2026-02-26 08:00 head",
        "+3 Fri 2026-02-27 08:00 chief",
    ]


def test_two_suspensions_are_both_taken_out() -> None:
    directive = a_directive("in_progress", at="Mon 2026-03-02 09:00", deadline=None)
    directive = apply(directive, c.Suspend(reason="Lần một"), LEADER, "Tue 2026-03-03 09:00")
    directive = apply(directive, c.Resume(), LEADER, "Thu 2026-03-05 09:00")
    directive = apply(directive, c.Suspend(reason="Lần hai"), LEADER, "Mon 2026-03-09 09:00")
    directive = apply(directive, c.Resume(), LEADER, "Wed 2026-03-11 09:00")

    found = schedule(directive, Clock.SILENCE, "2026-03-11 09:00")

    assert found[0] == "+20 Fri 2026-04-03 08:00 officers"


def test_time_already_taken_out_stays_out_when_urgency_and_agency_change_later() -> None:
    directive = a_directive("in_progress", at="Mon 2026-02-02 09:00", deadline="2026-03-31")
    directive = apply(directive, c.Suspend(reason="Nghỉ Tết"), LEADER, "Mon 2026-02-09 09:00")
    directive = apply(directive, c.Resume(deadline=a_deadline("2026-03-31")), LEADER, "Tue 2026-02-24 09:00")

    directive = apply(directive, c.Amend(reason="Khẩn", urgency=Urgency.URGENT), LEADER, "Tue 2026-02-24 10:00")
    succession = c.Succeed(old_agency=LEAD, new_agency=OTHER)
    directive = apply(directive, succession, SECRETARIAT, "Tue 2026-02-24 11:00")

    assert schedule(directive, Clock.SILENCE, "2026-02-24 11:00")[0] == "+20 Tue 2026-03-17 08:00 officers"


def test_a_flash_clock_loses_the_working_hours_of_a_suspension() -> None:
    directive = a_directive("assigned", at="Mon 2026-03-23 08:00", deadline="2026-03-27", urgency=Urgency.FLASH)
    directive = apply(directive, c.Suspend(reason="Chờ"), LEADER, "Mon 2026-03-23 08:30")

    directive = apply(directive, c.Resume(deadline=a_deadline("2026-03-27")), LEADER, "Mon 2026-03-23 10:30")

    assert schedule(directive, Clock.ACKNOWLEDGEMENT, "2026-03-23 10:30") == [
        "+1h Mon 2026-03-23 11:00 officers",
        "+2h Mon 2026-03-23 14:00 head",
        "+3h Mon 2026-03-23 15:00 chief",
    ]


# --- Rule 13: reassigned -------------------------------------------------------------------------------------


def test_reassigned_the_deadline_and_what_was_told_stay_and_the_new_lead_has_its_own_time_to_acknowledge() -> None:
    directive = due_then_told(a_directive("in_progress"), "Wed 2026-03-25 08:00")

    directive = apply(directive, c.Reassign(agency=OTHER, reason="Đúng chức năng"), LEADER, "Wed 2026-03-25 10:00")

    assert directive.deadline == a_deadline("2026-03-20")
    assert directive.escalation_level == 2
    assert schedule(directive, Clock.DEADLINE, "2026-03-25 10:00")[0] == "+7 Tue 2026-03-31 08:00 L3 vice"
    assert schedule(directive, Clock.ACKNOWLEDGEMENT, "2026-03-25 10:00")[0] == "+1 Thu 2026-03-26 08:00 officers"


def test_reassigned_before_anybody_acknowledged_the_acknowledgement_clock_starts_anew() -> None:
    directive = due_then_told(a_directive("assigned", at="Mon 2026-03-02 09:00"), "Wed 2026-03-04 08:00")

    directive = apply(directive, c.Reassign(agency=OTHER), LEADER, "Wed 2026-03-04 10:00")

    assert [line.split()[0] for line in schedule(directive, Clock.ACKNOWLEDGEMENT, "2026-03-04 10:00")] == [
        "+1",
        "+2",
        "+3",
    ]


# --- Rule 14: submitted and returned -------------------------------------------------------------------------


def test_while_submitted_the_deadline_clock_stands_still() -> None:
    directive = a_directive("in_progress")

    directive = apply(directive, c.Submit(result="Báo cáo"), LEAD_AGENCY, "Wed 2026-03-18 16:00")

    assert schedule(directive, Clock.DEADLINE, "2026-03-18 16:00") == []
    assert deadlines(directive, "Mon 2026-03-23 09:00") == []


def test_returned_the_steps_that_passed_meanwhile_are_not_sent_and_the_ladder_goes_on() -> None:
    directive = a_directive("in_progress")
    directive = apply(directive, c.Submit(result="Báo cáo"), LEAD_AGENCY, "Wed 2026-03-18 16:00")

    directive = apply(directive, c.Return(reason="Thiếu phụ lục"), SECRETARIAT, "Tue 2026-03-24 10:00")

    assert due(directive, "2026-03-24 10:00") == []
    assert schedule(directive, Clock.DEADLINE, "2026-03-24 10:00")[0] == "+3 Wed 2026-03-25 08:00 L2 chief"


def test_submitted_again_after_a_return_the_review_has_a_new_run() -> None:
    directive = a_directive("submitted", at="Wed 2026-03-18 16:00")
    directive = due_then_told(directive, "Fri 2026-03-20 08:00")
    directive = apply(directive, c.Return(reason="Thiếu phụ lục"), SECRETARIAT, "Fri 2026-03-20 10:00")

    directive = apply(directive, c.Submit(result="Báo cáo đủ"), LEAD_AGENCY, "Mon 2026-03-23 10:00")

    assert schedule(directive, Clock.REVIEW, "2026-03-23 10:00")[0] == "+2 Wed 2026-03-25 08:00 follows"


# --- Rule 15: closed and reopened ----------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_a_closed_directive_has_no_moment(status: str) -> None:
    directive = a_directive(status)

    assert next_moment(directive, the_policy(), a_calendar(), local("2026-03-02 09:00")) is None
    assert upcoming(directive, the_policy(), a_calendar(), local("2026-03-02 09:00")) == ()
    assert due(directive, "2027-03-02 09:00") == []


def test_reopened_nothing_of_the_old_deadline_is_said_again() -> None:
    directive = apply(a_directive("in_progress"), c.Cancel(reason="Thu hồi"), LEADER, "Mon 2026-03-16 09:00")

    reopen = c.Reopen(deadline=a_deadline("2026-04-10", "Friday"), reason="Vẫn cần")
    directive = apply(directive, reopen, LEADER, "Wed 2026-03-25 09:00")

    assert due(directive, "2026-03-25 09:00") == []
    assert schedule(directive, Clock.DEADLINE, "2026-03-25 09:00")[0] == "-7 Wed 2026-04-01 08:00 officers"
    assert directive.escalation_level == 0


def test_a_directive_cancelled_while_suspended_and_reopened_is_not_suspended_any_more() -> None:
    directive = apply(a_directive("in_progress"), c.Suspend(reason="Chờ"), LEADER, "Mon 2026-03-09 09:00")
    directive = apply(directive, c.Cancel(reason="Thu hồi"), LEADER, "Mon 2026-03-16 09:00")

    directive = apply(directive, c.Reopen(deadline=a_deadline("2026-04-10")), LEADER, "Wed 2026-03-25 09:00")

    assert [suspension.end for suspension in directive.suspensions] == [local("2026-03-16 09:00")]
    assert not directive.paused


# --- Succession, urgency, asking -----------------------------------------------------------------------------


def test_when_an_agency_succeeds_another_no_clock_restarts() -> None:
    directive = due_then_told(a_directive("assigned"), "Tue 2026-03-03 08:00")

    after = apply(directive, c.Succeed(old_agency=LEAD, new_agency=OTHER), SECRETARIAT, "Tue 2026-03-03 09:00")

    assert after.lead_agency == OTHER
    assert after.clocks == directive.clocks
    assert apply(after, c.Acknowledge(), OTHER_AGENCY, "2026-03-03 10:00").status is Status.IN_PROGRESS


def test_a_directive_made_flash_says_nothing_of_what_the_flash_ladder_would_have_said_before() -> None:
    directive = a_directive("in_progress", deadline="2026-03-20")

    flash = c.Amend(reason="Hỏa tốc", urgency=Urgency.FLASH)
    directive = apply(directive, flash, LEADER, "Fri 2026-03-20 10:30")

    assert due(directive, "2026-03-20 10:30") == []
    assert schedule(directive, Clock.DEADLINE, "2026-03-20 10:30")[0].startswith("-2h Fri 2026-03-20 15:00")


def test_the_next_moment_is_the_first_of_all_that_come() -> None:
    directive = a_directive("assigned", imposed_deadline=a_deadline("2026-03-16"))
    after = local("2026-03-02 09:00")

    coming = upcoming(directive, the_policy(), a_calendar(), after)

    assert next_moment(directive, the_policy(), a_calendar(), after) == coming[0]
    assert [moment.at for moment in coming] == sorted(moment.at for moment in coming)


def test_an_instant_without_a_time_zone_is_an_error() -> None:
    directive, naive = a_directive("assigned"), dt.datetime(2026, 3, 2, 9)  # noqa: DTZ001 - that is the fault

    with pytest.raises(ValueError, match="no time zone"):
        next_moment(directive, the_policy(), a_calendar(), naive)
    with pytest.raises(ValueError, match="no time zone"):
        upcoming(directive, the_policy(), a_calendar(), naive)
    with pytest.raises(ValueError, match="no time zone"):
        due_moments(directive, PolicyTimeline.of(the_policy()), a_calendar(), naive)
