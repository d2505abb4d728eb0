"""How a directive stands against its deadline, and figures that add up."""

import datetime as dt

import pytest
from builders import (
    COORDINATING_AGENCY,
    LEAD,
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
    recorded,
)

from models import commands as c
from models.directive import Directive
from models.life import fold
from models.timeliness import Figures, LateDays, count, days_left, due_soon_at, late_days, timeliness
from models.vocabulary import Status, Timeliness


def judged(directive: Directive, now: str) -> Timeliness | None:
    return timeliness(directive, a_calendar(), local(now))


def submitted(directive: Directive, at: str) -> Directive:
    return apply(directive, c.Submit(result="Báo cáo"), LEAD_AGENCY, at)


def extension_to(date: str) -> c.RequestExtension:
    return c.RequestExtension(deadline=a_deadline(date), reason="Cần thêm số liệu")


# --- Open ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "expected", "left"),
    [
        ("Mon 2026-03-16 23:59", Timeliness.ON_TIME, 4),
        ("Tue 2026-03-17 00:00", Timeliness.DUE_SOON, 3),
        ("Thu 2026-03-19 12:00", Timeliness.DUE_SOON, 1),
        ("Fri 2026-03-20 23:30", Timeliness.DUE_SOON, 0),
        ("Sat 2026-03-21 00:00", Timeliness.DUE_SOON, 0),  # 24:00 of Friday is still in time
        ("Sat 2026-03-21 00:01", Timeliness.OVERDUE, 0),
        ("Mon 2026-03-23 00:30", Timeliness.OVERDUE, -1),
    ],
)
def test_a_deadline_on_friday_is_due_soon_from_tuesday_and_overdue_after_its_24_00(
    now: str, expected: Timeliness, left: int
) -> None:
    directive = a_directive("in_progress", deadline="2026-03-20")

    assert judged(directive, now) is expected
    assert days_left(directive, a_calendar(), local(now)) == left


@pytest.mark.parametrize(
    ("deadline", "weekday", "soon"),
    [
        ("2026-03-20", "Friday", "Tue 2026-03-17 00:00"),
        ("2026-03-22", "Sunday", "Tue 2026-03-17 00:00"),  # its last working day is Friday
        ("2026-03-23", "Monday", "Wed 2026-03-18 00:00"),
        ("2023-05-04", "Thursday", "Wed 2023-04-26 00:00"),  # Thursday, Friday and Thursday are left
    ],
)
def test_due_soon_counts_working_days(deadline: str, weekday: str, soon: str) -> None:
    instant = due_soon_at(day(deadline, weekday), a_calendar())

    assert instant == local(soon)


def test_a_worked_saturday_shortens_the_days_that_are_left() -> None:
    # After Thursday 8 January: Friday, the worked Saturday and Monday are left.
    assert due_soon_at(day("2026-01-12", "Monday"), a_calendar()) == local("Thu 2026-01-08 00:00")


def test_a_deadline_at_an_hour_is_overdue_after_that_hour() -> None:
    directive = a_directive("in_progress", deadline="2026-03-20 10:00")

    assert judged(directive, "2026-03-20 10:00") is Timeliness.DUE_SOON
    assert judged(directive, "2026-03-20 10:01") is Timeliness.OVERDUE


def test_without_a_deadline_it_is_open_and_never_overdue() -> None:
    directive = a_directive("in_progress", deadline=None)

    assert judged(directive, "2036-03-20 10:00") is Timeliness.NO_DEADLINE
    assert days_left(directive, a_calendar(), local("2036-03-20 10:00")) is None


@pytest.mark.parametrize("status", ["registered", "assigned", "in_progress", "declined"])
def test_whatever_open_state_it_is_in_it_is_overdue_when_the_due_instant_has_passed(status: str) -> None:
    assert judged(a_directive(status), "2026-03-23 09:00") is Timeliness.OVERDUE


def test_asking_for_an_extension_does_not_make_it_in_time() -> None:
    directive = apply(a_directive("in_progress"), extension_to("2026-04-10"), LEAD_AGENCY, "2026-03-19 09:00")

    assert judged(directive, "2026-03-23 09:00") is Timeliness.OVERDUE


# --- Submitted, accepted, returned ---------------------------------------------------------------------------


def test_a_result_submitted_on_time_stays_on_time_however_late_the_office_accepts_it() -> None:
    directive = submitted(a_directive("in_progress"), "Fri 2026-03-20 16:59")

    accepted = apply(directive, c.Accept(), SECRETARIAT, "Fri 2026-05-29 10:00")

    assert judged(directive, "2026-05-28 10:00") is Timeliness.DUE_SOON
    assert judged(accepted, "2026-05-29 10:00") is Timeliness.COMPLETED_ON_TIME


def test_a_result_submitted_at_the_very_due_instant_is_on_time() -> None:
    directive = submitted(a_directive("in_progress"), "Sat 2026-03-21 00:00")

    accepted = apply(directive, c.Accept(), SECRETARIAT, "Mon 2026-03-23 10:00")

    assert accepted.deadline is not None
    assert accepted.deadline.due_at == local("Sat 2026-03-21 00:00")
    assert judged(accepted, "2026-03-23 10:00") is Timeliness.COMPLETED_ON_TIME


def test_a_result_submitted_a_minute_late_is_late_however_fast_the_office_accepts_it() -> None:
    directive = submitted(a_directive("in_progress"), "Sat 2026-03-21 00:01")

    accepted = apply(directive, c.Accept(), SECRETARIAT, "Sat 2026-03-21 00:02")

    assert judged(directive, "2026-03-21 00:02") is Timeliness.OVERDUE
    assert judged(accepted, "2026-03-21 00:02") is Timeliness.COMPLETED_LATE


def test_a_returned_result_counts_as_not_done() -> None:
    directive = submitted(a_directive("in_progress"), "Fri 2026-03-20 16:00")

    returned = apply(directive, c.Return(reason="Thiếu phụ lục"), SECRETARIAT, "Mon 2026-03-23 09:00")

    assert judged(directive, "2026-03-23 09:00") is Timeliness.DUE_SOON
    assert judged(returned, "2026-03-23 09:00") is Timeliness.OVERDUE


def test_the_submission_that_was_accepted_decides_not_an_earlier_one_that_was_returned() -> None:
    directive = submitted(a_directive("in_progress"), "Fri 2026-03-20 16:00")
    directive = apply(directive, c.Return(reason="Thiếu phụ lục"), SECRETARIAT, "Mon 2026-03-23 09:00")
    directive = submitted(directive, "Tue 2026-03-24 09:00")

    directive = apply(directive, c.Accept(), SECRETARIAT, "Tue 2026-03-24 10:00")

    assert judged(directive, "2026-03-24 10:00") is Timeliness.COMPLETED_LATE


def test_given_to_another_agency_while_its_result_was_under_review_it_is_judged_by_today_again() -> None:
    directive = submitted(a_directive("in_progress"), "Fri 2026-03-20 16:00")

    directive = apply(directive, c.Reassign(agency=OTHER, reason="Sai chức năng"), LEADER, "Mon 2026-03-23 09:00")

    assert directive.submission is None
    assert judged(directive, "2026-03-23 09:00") is Timeliness.OVERDUE


def test_reopened_it_is_judged_by_its_new_deadline() -> None:
    directive = a_directive("completed")

    directive = apply(directive, c.Reopen(deadline=a_deadline("2026-04-10")), LEADER, "Wed 2026-03-25 09:00")

    assert judged(directive, "2026-03-25 09:00") is Timeliness.ON_TIME
    assert judged(directive, "2026-04-13 09:00") is Timeliness.OVERDUE


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        ("2023-04-28 16:00", Timeliness.COMPLETED_ON_TIME),
        ("2023-05-04 09:00", Timeliness.COMPLETED_LATE),
    ],
)
def test_moved_in_as_done_it_has_its_true_timeliness(reported: str, expected: Timeliness) -> None:
    registration = a_registration(document=c.SourceDocument(), deadline=a_deadline("2023-04-28", "Friday"))
    move_in = c.MoveIn(registration=registration, reported_at=local(reported), result_document="45/BC-SYT")

    directive = fold(recorded(None, move_in, SECRETARIAT, local("2026-03-02 09:00")))

    assert directive is not None
    assert directive.status is Status.COMPLETED
    assert directive.completed_at == local(reported)
    assert judged(directive, "2026-03-02 09:00") is expected


# --- Suspended, cancelled ------------------------------------------------------------------------------------


def test_suspended_in_time_it_does_not_become_overdue() -> None:
    directive = apply(a_directive("in_progress"), c.Suspend(reason="Chờ Bộ"), LEADER, "Wed 2026-03-18 09:00")

    assert judged(directive, "2026-06-30 09:00") is Timeliness.DUE_SOON
    assert days_left(directive, a_calendar(), local("2026-06-30 09:00")) == 2


def test_suspended_overdue_it_stays_overdue() -> None:
    directive = apply(a_directive("in_progress"), c.Suspend(reason="Chờ Bộ"), LEADER, "Mon 2026-03-23 09:00")

    assert judged(directive, "2026-06-30 09:00") is Timeliness.OVERDUE


def test_cancelled_it_counts_nowhere() -> None:
    directive = a_directive("cancelled")

    assert judged(directive, "2026-03-23 09:00") is None
    figures = count([directive], a_calendar(), local("2026-03-23 09:00"))
    assert figures == Figures(cancelled=1)
    assert figures.total == 0


# --- Figures -------------------------------------------------------------------------------------------------


def test_the_figures_add_up_and_the_overdue_rate_is_open_overdue_by_done_and_open_overdue() -> None:
    on_time = apply(submitted(a_directive("in_progress"), "2026-03-19 09:00"), c.Accept(), LEADER, "2026-03-19 10:00")
    late = apply(submitted(a_directive("in_progress"), "2026-03-23 09:00"), c.Accept(), LEADER, "2026-03-23 10:00")
    directives = [
        *[on_time] * 3,
        *[late] * 2,
        a_directive("completed", deadline=None),
        a_directive("in_progress", deadline="2026-06-30"),
        a_directive("in_progress", deadline=None),
        *[a_directive("assigned", deadline="2026-03-25")] * 4,
        *[a_directive("assigned", deadline="2026-03-20")] * 2,
        a_directive("cancelled"),
    ]

    figures = count(directives, a_calendar(), local("Mon 2026-03-23 12:00"))

    assert figures == Figures(
        on_time=2,
        due_soon=4,
        overdue=2,
        completed_on_time=4,
        completed_late=2,
        no_deadline_open=1,
        no_deadline_completed=1,
        cancelled=1,
    )
    assert figures.total == 14 == len(directives) - 1
    assert figures.total == (
        figures.completed_on_time + figures.completed_late + (figures.on_time + figures.due_soon) + figures.overdue
    )
    assert (figures.open, figures.completed) == (8, 6)
    assert figures.overdue_rate == 2 / (6 + 2)


def test_of_nothing_the_overdue_rate_is_zero() -> None:
    assert count([], a_calendar(), local("2026-03-23 12:00")).overdue_rate == 0


@pytest.mark.parametrize("now", ["Fri 2026-03-20 23:30", "Sat 2026-03-21 00:30"])
def test_list_and_board_agree_at_half_past_eleven_and_at_half_past_midnight(now: str) -> None:
    directives = [a_directive("in_progress", deadline=f"2026-03-{date}") for date in (19, 20, 21, 22, 23)]

    figures = count(directives, a_calendar(), local(now))

    listed = [judged(directive, now) for directive in directives]
    assert figures.overdue == listed.count(Timeliness.OVERDUE) == (1 if "23:30" in now else 2)


# --- Days late, by who held it (rule 14) ---------------------------------------------------------------------


def late(directive: Directive, now: str) -> LateDays:
    return late_days(directive, a_calendar(), local(now))


def test_before_its_deadline_and_on_time_nothing_is_late() -> None:
    assert late(a_directive("in_progress"), "2026-03-20 17:00").total == 0
    assert late(a_directive("in_progress", deadline=None), "2027-03-20 17:00").total == 0
    assert late(a_directive("cancelled"), "2027-03-20 17:00").total == 0


def test_days_late_with_the_agency_are_the_agencys() -> None:
    assert late(a_directive("in_progress"), "Wed 2026-03-25 18:00") == LateDays(lead=3)


def test_a_result_submitted_on_the_first_day_after_the_deadline_is_one_day_of_the_agency() -> None:
    directive = submitted(a_directive("in_progress"), "Mon 2026-03-23 10:00")

    directive = apply(directive, c.Accept(), SECRETARIAT, "Fri 2026-03-27 10:00")

    assert late(directive, "2026-04-30 10:00") == LateDays(lead=1)


def test_days_of_the_offices_review_before_a_return_are_the_offices() -> None:
    directive = submitted(a_directive("in_progress"), "Fri 2026-03-20 16:00")
    directive = apply(directive, c.Return(reason="Thiếu phụ lục"), SECRETARIAT, "Wed 2026-03-25 10:00")

    directive = submitted(directive, "Fri 2026-03-27 10:00")
    directive = apply(directive, c.Accept(), SECRETARIAT, "Mon 2026-03-30 10:00")

    # Monday and Tuesday with the Office; Wednesday (back at its close), Thursday and Friday with the agency.
    assert late(directive, "2026-04-30 10:00") == LateDays(lead=3, office=2)


def test_days_of_a_leaders_decision_stay_the_leaders_also_after_he_refused() -> None:
    directive = apply(a_directive("in_progress"), extension_to("2026-04-10"), LEAD_AGENCY, "Mon 2026-03-23 16:00")
    assert late(directive, "Wed 2026-03-25 18:00") == LateDays(leader=3)

    directive = apply(directive, c.DecideExtension(granted=False, reason="Không"), LEADER, "Thu 2026-03-26 10:00")

    assert late(directive, "Fri 2026-03-27 18:00") == LateDays(lead=2, leader=3)
    directive = submitted(directive, "Mon 2026-03-30 10:00")
    directive = apply(directive, c.Accept(), SECRETARIAT, "Mon 2026-03-30 11:00")
    assert late(directive, "2026-04-30 10:00") == LateDays(lead=3, leader=3)


def test_days_in_which_nobody_led_are_the_offices() -> None:
    directive = a_directive("registered")

    assert late(directive, "Tue 2026-03-24 18:00") == LateDays(office=2)


def test_suspended_days_are_nobodys() -> None:
    directive = apply(a_directive("in_progress"), c.Suspend(reason="Chờ Bộ"), LEADER, "Tue 2026-03-24 09:00")

    assert late(directive, "2026-06-30 09:00") == LateDays(lead=1)


def test_days_late_of_a_directive_moved_in_as_done_are_its_agencys() -> None:
    registration = a_registration(document=c.SourceDocument(), deadline=a_deadline("2023-04-28", "Friday"))
    move_in = c.MoveIn(registration=registration, reported_at=local("Fri 2023-05-05 09:00"))

    directive = fold(recorded(None, move_in, SECRETARIAT, local("2026-03-02 09:00")))

    assert directive is not None
    assert late(directive, "2026-03-02 09:00") == LateDays(lead=2)


def test_the_split_adds_up_to_every_working_day_after_the_deadline() -> None:
    directive = apply(a_directive("in_progress"), extension_to("2026-05-29"), LEAD_AGENCY, "2026-03-24 09:00")
    directive = apply(directive, c.ReportProgress(text="…"), COORDINATING_AGENCY, "2026-03-25 09:00")
    directive = apply(directive, c.DecideExtension(granted=False, reason="Không"), LEADER, "2026-03-30 10:00")
    directive = submitted(directive, "2026-04-03 09:00")
    directive = apply(directive, c.Return(reason="Thiếu"), SECRETARIAT, "2026-04-14 09:00")
    directive = apply(directive, c.Reassign(agency=OTHER), LEADER, "2026-04-15 09:00")
    directive = apply(directive, c.Reassign(agency=LEAD), LEADER, "2026-04-16 09:00")

    found = late(directive, "Fri 2026-05-08 18:00")

    calendar, date, days = a_calendar(), dt.date(2026, 3, 20), 0
    while date < dt.date(2026, 5, 8):
        date += dt.timedelta(days=1)
        days += calendar.is_working(date)
    assert found.total == found.lead + found.office + found.leader == days
    assert min(found.lead, found.office, found.leader) > 0
