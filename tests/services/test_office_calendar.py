import datetime as dt

import pytest
from builders import a_deadline, day
from office_fixture import Desk

from models.calendar import CalendarRefused
from models.refusal import Code, Refused
from services.office_calendar import (
    announced_days,
    confirm_year,
    make_working,
    proposed_days,
    read_day,
    read_period,
    take_back,
    take_off,
)


def working(desk: Desk, text: str) -> bool:
    return desk.office.reference().calendar.is_working(dt.date.fromisoformat(text))


def test_a_holiday_of_several_days_gives_each_of_them_once_and_replaces_what_stood_there(desk: Desk) -> None:
    first, last = day("2026-06-04", "Thursday"), day("2026-06-08", "Monday")

    take_off(desk.office, first, last, "Nghỉ thử", "1/TB", "")
    change = take_off(desk.office, first, last, "Nghỉ hè", "2/TB", "")

    found = [row for row in desk.office.reference().calendar.rows if first <= row.day <= last]
    assert [(row.day.day, row.reason, row.announced_by) for row in found] == [
        (number, "Nghỉ hè", "2/TB") for number in (4, 5, 6, 7, 8)
    ]
    assert [known.working for known in change.days] == [False] * 5


def test_a_worked_saturday_and_taking_it_back(desk: Desk) -> None:
    saturday = day("2026-06-13", "Saturday")

    assert make_working(desk.office, saturday, "Làm bù", None, "vanthu").days[0].working
    assert working(desk, "2026-06-13")

    change = take_back(desk.office, saturday, "vanthu")
    assert change is not None
    assert not change.days[0].working
    assert not working(desk, "2026-06-13")
    assert take_back(desk.office, saturday, "vanthu") is None


def test_a_change_says_how_many_open_directives_are_planned_anew_and_gives_them_another_plan(desk: Desk) -> None:
    desk.register("NV-1", "2026-03-02 09:00", deadline=a_deadline("2026-06-12"))
    desk.register("NV-2", "2026-03-02 09:10")
    before = desk.office.reference().plan

    change = take_off(desk.office, day("2026-06-04", "Thursday"), day("2026-06-04", "Thursday"), "Nghỉ", None, "")

    assert change.replanned == 2
    assert desk.office.reference().plan != before


def test_a_calendar_that_leaves_no_working_day_within_60_days_is_refused_and_nothing_changes(desk: Desk) -> None:
    before = desk.office.reference()
    take_off(desk.office, dt.date(2026, 6, 1), dt.date(2026, 7, 15), "Nghỉ", None, "")

    with pytest.raises(CalendarRefused):
        take_off(desk.office, dt.date(2026, 7, 16), dt.date(2026, 8, 15), "Nghỉ", None, "")

    assert working(desk, "2026-07-16")
    take_back(desk.office, dt.date(2026, 6, 1), "")
    assert desk.office.reference().calendar.confirmed_years == before.calendar.confirmed_years


def test_taking_back_a_worked_day_may_not_leave_too_long_a_rest_either(desk: Desk) -> None:
    make_working(desk.office, day("2026-07-04", "Saturday"), "Làm bù", None, "")
    take_off(desk.office, dt.date(2026, 6, 1), dt.date(2026, 7, 3), "Nghỉ", None, "")
    take_off(desk.office, dt.date(2026, 7, 5), dt.date(2026, 8, 7), "Nghỉ", None, "")

    with pytest.raises(CalendarRefused):
        take_back(desk.office, day("2026-07-04", "Saturday"), "")

    assert working(desk, "2026-07-04")


def test_confirming_a_year_changes_no_day(desk: Desk) -> None:
    rows = desk.office.reference().calendar.rows

    assert confirm_year(desk.office, 2027, "chanhvanphong")
    assert not confirm_year(desk.office, 2027, "chanhvanphong")

    calendar = desk.office.reference().calendar
    assert 2027 in calendar.confirmed_years
    assert calendar.rows == rows


@pytest.mark.parametrize("person", ["truong.syt", "chutich", "thanhtra"])
def test_only_the_secretariat_or_the_administrator_changes_the_calendar(desk: Desk, person: str) -> None:
    with pytest.raises(Refused) as refused:
        make_working(desk.office, day("2026-06-13", "Saturday"), "Làm bù", None, person)

    assert refused.value.code is Code.NOT_ALLOWED
    assert not working(desk, "2026-06-13")


def test_a_change_without_a_reason_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        make_working(desk.office, day("2026-06-13", "Saturday"), "  ", None, "")

    assert refused.value.code is Code.REASON_REQUIRED


def test_what_is_proposed_decides_nothing_until_somebody_enters_it(desk: Desk) -> None:
    calendar = desk.office.reference().calendar

    assert [row.day for row in proposed_days(calendar, 2027)] == [dt.date(2027, 11, 24)]
    assert working(desk, "2027-11-24")
    assert dt.date(2027, 11, 24) not in [known.day for known in announced_days(calendar, 2027)]

    take_off(desk.office, dt.date(2027, 11, 24), dt.date(2027, 11, 24), "Ngày Văn hóa Việt Nam", None, "")
    assert proposed_days(desk.office.reference().calendar, 2027) == ()


@pytest.mark.parametrize("text", ["30/04/2027", "30/4/2027", "2027-04-30", " 30.04.2027 ", "30-04-2027"])
def test_days_are_read_as_people_and_as_machines_write_them(text: str) -> None:
    assert read_day(text) == dt.date(2027, 4, 30)


def test_a_period_is_one_day_or_two_with_dots_between() -> None:
    assert read_period("30/04/2027..02/05/2027") == (dt.date(2027, 4, 30), dt.date(2027, 5, 2))
    assert read_period("2027-04-30") == (dt.date(2027, 4, 30), dt.date(2027, 4, 30))


@pytest.mark.parametrize("text", ["31/04/2027", "hôm nay", "", "2027-4", "30/04/2027.."])
def test_what_is_no_day_is_refused_with_what_was_written(text: str) -> None:
    with pytest.raises(Refused) as refused:
        read_period(text)

    assert refused.value.code is Code.BAD_DATE
