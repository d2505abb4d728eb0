import os
import time as clock
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import holidays
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from models.calendar import (
    Calendar,
    CalendarFile,
    CalendarRefused,
    CalendarRow,
    OpeningHours,
    at,
    end_of_day,
    expand_off,
    local_day,
)

SEED = Path(__file__).parents[2] / "database" / "seed" / "calendar.yaml"
FILE = CalendarFile.model_validate(yaml.safe_load(SEED.read_text(encoding="utf-8")))
VIETNAM = FILE.to_calendar()

DAYS = st.dates(date(2021, 6, 1), date(2028, 6, 1))
INSTANTS = st.datetimes(datetime(2021, 6, 1), datetime(2028, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001
PAUSES = st.lists(
    st.tuples(INSTANTS, st.timedeltas(timedelta(0), timedelta(days=60))).map(
        lambda pause: (pause[0], sum(pause[1:], pause[0]))
    ),
    max_size=4,
)
fast = settings(deadline=None, max_examples=200)


def local(text: str) -> datetime:
    """Read "2023-04-28 16:00" as local time; the answers are compared as instants."""
    written = datetime.fromisoformat(text)
    return at(written.date(), written.time())


# --- Real days --------------------------------------------------------------------------------------------------


def test_one_working_day_after_friday_28_april_2023_is_thursday_4_may() -> None:
    friday = date(2023, 4, 28)
    assert friday.strftime("%w") == "5"

    assert VIETNAM.add(friday, 1) == date(2023, 5, 4)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        ("2022-01-28", 1, "2022-02-07"),  # Tết Nhâm Dần: Friday to the Monday after next
        ("2022-02-07", -1, "2022-01-28"),
        ("2021-12-31", 1, "2022-01-04"),  # New Year on a Saturday is made up on Monday
        ("2022-04-08", 1, "2022-04-12"),  # Giỗ Tổ on a Sunday is made up on Monday
        ("2022-04-29", 1, "2022-05-04"),  # 30 April and 1 May on a weekend are made up on two days
        ("2022-08-31", 1, "2022-09-05"),
        ("2022-12-30", 1, "2023-01-03"),
        ("2023-01-19", 1, "2023-01-27"),  # Tết Quý Mão
        ("2023-01-27", 1, "2023-01-30"),
        ("2023-08-31", 1, "2023-09-05"),
        ("2024-02-07", 1, "2024-02-15"),  # Tết Giáp Thìn
        ("2024-04-17", 1, "2024-04-19"),
        ("2024-04-26", 1, "2024-05-02"),  # 29 April is swapped away
        ("2024-05-03", 1, "2024-05-04"),  # and worked on this Saturday
        ("2024-05-06", -1, "2024-05-04"),
        ("2024-05-04", 1, "2024-05-06"),
        ("2024-08-30", 1, "2024-09-04"),
        ("2025-01-24", 1, "2025-02-03"),  # Tết Ất Tỵ, nine days
        ("2025-04-25", 1, "2025-04-26"),  # a worked Saturday
        ("2025-04-29", 1, "2025-05-05"),
        ("2025-08-29", 1, "2025-09-03"),
        ("2025-12-31", 1, "2026-01-05"),  # 2 January 2026 is swapped away
        ("2026-01-09", 1, "2026-01-10"),
        ("2026-02-13", 1, "2026-02-23"),  # Tết Bính Ngọ, nine days
        ("2026-04-24", 1, "2026-04-28"),
        ("2026-04-29", 1, "2026-05-04"),
        ("2026-08-21", 1, "2026-08-22"),
        ("2026-08-28", 1, "2026-09-03"),
        ("2026-11-23", 1, "2026-11-24"),  # 24 November is proposed, not announced
        ("2027-02-03", 1, "2027-02-11"),  # a forecast
        ("2027-04-15", 1, "2027-04-19"),
        ("2027-04-29", 1, "2027-05-04"),
        ("2023-04-28", 5, "2023-05-10"),
        ("2023-05-04", -3, "2023-04-26"),
        ("2023-04-30", 0, "2023-04-28"),  # zero on a day off is the working day before
        ("2023-04-28", 0, "2023-04-28"),
        ("2023-04-30", -1, "2023-04-28"),
        ("2024-05-04", 0, "2024-05-04"),
        ("2023-01-23", 10, "2023-02-09"),
        ("2023-01-03", 248, "2023-12-29"),  # the first and the last of 249
    ],
)
def test_working_days_are_counted_over_real_holidays_and_swaps(day: str, count: int, expected: str) -> None:
    assert VIETNAM.add(date.fromisoformat(day), count) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2023-04-28", "2023-05-04", 1),
        ("2023-05-04", "2023-04-28", -1),
        ("2023-04-28", "2023-04-28", 0),
        ("2023-04-28", "2023-05-03", 0),
        ("2024-04-26", "2024-05-06", 4),
        ("2022-12-31", "2023-12-31", 249),
    ],
)
def test_working_days_between_leave_out_the_start_and_count_the_end(start: str, end: str, expected: int) -> None:
    assert VIETNAM.working_days_between(date.fromisoformat(start), date.fromisoformat(end)) == expected


@pytest.mark.parametrize(("year", "expected"), [(2022, 249), (2023, 249), (2024, 251), (2025, 250), (2026, 250)])
def test_a_year_has_its_weekdays_less_the_eleven_holidays_of_the_law(year: int, expected: int) -> None:
    # 2022: 260 weekdays, 11 paid holidays, swaps and substitute days change nothing but where they lie.
    first, last = date(year - 1, 12, 31), date(year, 12, 31)
    plain = Calendar().working_days_between(first, last)

    assert plain - 11 == expected
    assert VIETNAM.working_days_between(first, last) == expected


@pytest.mark.parametrize(
    ("day", "working", "reason", "provisional"),
    [
        ("2023-05-02", False, "Nghỉ bù Giỗ Tổ Hùng Vương", False),
        ("2024-05-04", True, "Làm bù cho thứ Hai 29/4/2024", False),
        ("2023-05-06", False, "Thứ bảy", False),
        ("2023-05-07", False, "Chủ nhật", False),
        ("2023-05-08", True, "", False),
        ("2023-04-30", False, "Ngày Chiến thắng", False),
        ("2027-02-08", False, "Tết Nguyên đán Đinh Mùi (dự kiến)", True),
        ("2031-03-04", True, "", True),
    ],
)
def test_a_day_is_shown_with_its_reason_and_as_provisional_while_nobody_confirmed_its_year(
    day: str, working: bool, reason: str, provisional: bool
) -> None:
    known = VIETNAM.lookup(date.fromisoformat(day))

    assert (known.working, known.reason, known.provisional) == (working, reason, provisional)
    assert VIETNAM.is_working(date.fromisoformat(day)) is working


def test_each_swap_has_its_day_off_and_its_worked_saturday_by_the_same_letter() -> None:
    worked = [row for row in FILE.days if row.working]
    swapped_off = [row for row in FILE.days if "hoán đổi" in row.reason]

    assert [row.day.isoformat() for row in worked] == ["2024-05-04", "2025-04-26", "2026-01-10", "2026-08-22"]
    assert [row.day.isoformat() for row in swapped_off] == ["2024-04-29", "2025-05-02", "2026-01-02", "2026-08-31"]
    assert [row.announced_by for row in worked] == [row.announced_by for row in swapped_off]


def test_every_row_of_a_confirmed_year_names_the_document_that_announced_it() -> None:
    unnamed = [row.day for row in FILE.days if row.day.year in FILE.confirmed_years and not row.announced_by]

    assert FILE.confirmed_years == {2022, 2023, 2024, 2025, 2026}
    assert unnamed == []


def test_the_library_differs_from_our_rows_only_where_we_know_why() -> None:
    years = range(2022, 2028)
    library = holidays.country_holidays("VN", years=years)
    differing = {}
    for offset in range((date(2027, 12, 31) - date(2022, 1, 1)).days + 1):
        day = date(2022, 1, 1) + timedelta(days=offset)
        if library.is_working_day(day) != VIETNAM.is_working(day):
            differing[day.isoformat()] = VIETNAM.is_working(day)

    assert differing == {
        "2026-01-02": False,  # the swap of 25 December 2025 is missing there
        "2026-01-10": True,
        "2026-11-24": True,  # Ngày Văn hóa Việt Nam: present there, only proposed here
        "2027-11-24": True,
    }


def test_a_proposed_row_counts_only_after_a_person_puts_it_among_the_days() -> None:
    culture_day = date(2026, 11, 24)
    proposed = [row for row in FILE.proposed if row.day == culture_day]

    assert VIETNAM.is_working(culture_day)
    assert not VIETNAM.overlay(proposed).is_working(culture_day)


# --- Making and changing a calendar ----------------------------------------------------------------------------


def test_a_calendar_without_a_working_day_within_60_days_is_refused_and_59_days_are_taken() -> None:
    monday = date(2024, 1, 1)
    off = [CalendarRow(day=monday + timedelta(days=days), working=False, reason="thiên tai") for days in range(58)]

    # From Saturday 30 December to Tuesday 27 February are 60 days.
    assert Calendar(rows=tuple(off[:57])).add(date(2023, 12, 29), 1) == date(2024, 2, 27)
    with pytest.raises(CalendarRefused) as refused:
        Calendar(rows=tuple(off))
    assert refused.value.code == "no_working_day"
    assert str(refused.value) == "Từ ngày 30/12/2023 đến ngày 27/02/2024 không còn ngày làm việc nào."


def test_a_day_with_two_rows_is_refused_when_made_and_replaced_when_laid_over() -> None:
    off = CalendarRow(day=date(2024, 7, 1), working=False, reason="bão")
    worked = CalendarRow(day=date(2024, 7, 1), working=True, reason="bão tan")

    with pytest.raises(CalendarRefused, match="Ngày 01/07/2024 được khai hai lần"):
        Calendar(rows=(off, worked))
    assert not Calendar().overlay([off]).is_working(off.day)
    assert Calendar().overlay([off, worked]).is_working(off.day)
    assert Calendar(rows=(off,)).overlay([worked]).lookup(off.day).reason == "bão tan"


def test_a_change_leaves_the_calendar_it_was_made_from_as_it_was() -> None:
    storm = expand_off(date(2024, 9, 9), date(2024, 9, 10), "bão số 3", "CĐ 88")
    changed = VIETNAM.overlay(storm).confirm(2027)

    assert VIETNAM.add(date(2024, 9, 6), 1) == date(2024, 9, 9)
    assert changed.add(date(2024, 9, 6), 1) == date(2024, 9, 11)
    assert not changed.lookup(date(2027, 2, 8)).provisional
    assert VIETNAM.lookup(date(2027, 2, 8)).provisional


def test_a_holiday_of_several_days_gives_each_of_them_once() -> None:
    rows = expand_off(date(2024, 2, 8), date(2024, 2, 14), "Tết Nguyên đán", "8662/VPCP-KGVX")

    assert [row.day.day for row in rows] == [8, 9, 10, 11, 12, 13, 14]
    assert {row.announced_by for row in rows} == {"8662/VPCP-KGVX"}


@pytest.mark.parametrize(
    ("first", "last", "code", "sentence"),
    [
        ("2024-02-14", "2024-02-08", "holiday_ends_before_it_starts", "kết thúc ngày 08/02/2024 trước khi bắt đầu"),
        ("2024-02-08", "2025-02-08", "holiday_too_long", "Kỳ nghỉ 367 ngày dài quá"),
    ],
)
def test_a_holiday_whose_dates_are_mistyped_is_refused(first: str, last: str, code: str, sentence: str) -> None:
    with pytest.raises(CalendarRefused, match=sentence) as refused:
        expand_off(date.fromisoformat(first), date.fromisoformat(last), "Tết")
    assert refused.value.code == code


def test_opening_hours_that_yaml_read_as_numbers_or_that_overlap_are_refused() -> None:
    with pytest.raises(ValidationError, match="Giờ 810 phải viết trong dấu nháy"):
        OpeningHours.model_validate(yaml.safe_load("{opens: 13:30, closes: '17:00'}"))
    with pytest.raises(ValidationError, match="Giờ mở cửa 17:00 phải trước giờ đóng cửa 13:30"):
        OpeningHours(opens=time(17), closes=time(13, 30))
    with pytest.raises(CalendarRefused, match="không chồng nhau"):
        Calendar(
            opening_hours=(OpeningHours(opens=time(7), closes=time(12)), OpeningHours(opens=time(11), closes=time(17)))
        )


@pytest.mark.parametrize("count", [10_001, -10_001])
def test_a_count_that_would_never_end_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="10000"):
        VIETNAM.add(date(2024, 1, 1), count)


def test_a_count_that_leaves_all_years_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 9999"):
        VIETNAM.add(date(9999, 12, 1), 500)
    with pytest.raises(ValueError, match="1 to 9999"):
        VIETNAM.add(date(1, 1, 3), -500)


# --- Pauses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "pauses", "expected"),
    [
        # From Monday 6 March 2023; each step is due at 08:00.
        (3, [], "2023-03-09"),
        (3, [("2023-03-07 09:00", "2023-03-09 09:00")], "2023-03-13"),  # 08:00 of Wednesday and Thursday lost
        (3, [("2023-03-07 08:00", "2023-03-08 08:00")], "2023-03-10"),  # half-open: Tuesday lost, Wednesday not
        (3, [("2023-03-11 00:00", "2023-03-12 23:00")], "2023-03-09"),  # a pause after the step changes nothing
        (3, [("2023-03-07 10:00", "2023-03-07 16:00")], "2023-03-09"),  # within one day, past its 08:00
        (3, [("2023-03-01 00:00", "2023-03-05 00:00")], "2023-03-09"),  # before the anchor
        (3, [("2023-03-07 00:00", "2023-03-08 00:00"), ("2023-03-07 06:00", "2023-03-09 00:00")], "2023-03-13"),
        (3, [("2023-03-10 00:00", "2023-03-11 00:00"), ("2023-03-07 00:00", "2023-03-08 00:00")], "2023-03-13"),
        (1, [("2023-03-06 12:00", "2024-03-06 12:00")], "2024-03-07"),
        (0, [("2023-03-01 00:00", "2023-03-30 00:00")], "2023-03-06"),
    ],
)
def test_a_clock_loses_exactly_the_working_days_of_its_pauses(
    count: int, pauses: list[tuple[str, str]], expected: str
) -> None:
    stood_still = [(local(start), local(end)) for start, end in pauses]

    found = VIETNAM.add_with_pauses(date(2023, 3, 6), count, time(8), stood_still)

    assert found == date.fromisoformat(expected)


def test_a_suspension_over_tet_takes_out_only_the_days_that_would_have_been_worked() -> None:
    # Suspended from Wednesday 18 to Tuesday 31 January 2023: 18, 19, 27, 30 and 31 January are lost.
    suspended = [(local("2023-01-18 00:00"), local("2023-02-01 00:00"))]

    assert VIETNAM.add_with_pauses(date(2023, 1, 16), 2, time(8), suspended) == date(2023, 2, 1)
    assert VIETNAM.add(VIETNAM.add(date(2023, 1, 16), 2), 5) == date(2023, 2, 1)


@fast
@given(DAYS, st.integers(1, 300), st.times(), PAUSES)
def test_a_step_never_lies_in_a_pause_and_the_days_before_it_were_all_counted(
    day: date, count: int, hour: time, pauses: list[tuple[datetime, datetime]]
) -> None:
    found = VIETNAM.add_with_pauses(day, count, hour, pauses)

    def counted(offset: int) -> bool:
        candidate = day + timedelta(days=offset)
        return VIETNAM.is_working(candidate) and not any(start <= at(candidate, hour) < end for start, end in pauses)

    days = (found - day).days
    assert counted(days)
    assert sum(counted(offset) for offset in range(1, days + 1)) == count


@fast
@given(DAYS, st.integers(0, 500), st.times())
def test_a_count_with_no_pause_is_the_plain_count(day: date, count: int, hour: time) -> None:
    assert VIETNAM.add_with_pauses(day, count, hour, []) == VIETNAM.add(day, count)
    assert VIETNAM.add_with_pauses(day, count, hour, [(at(day, hour), at(day, hour))]) == VIETNAM.add(day, count)


@pytest.mark.parametrize("count", [-1, 10_001])
def test_a_count_with_pauses_that_goes_back_or_never_ends_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match=r"only goes forward|10000"):
        VIETNAM.add_with_pauses(date(2023, 3, 6), count, time(8), [])


# --- Properties of counting --------------------------------------------------------------------------------------


@fast
@given(DAYS, st.integers(-400, 400))
def test_counting_forward_and_back_again_returns_to_the_working_day(day: date, count: int) -> None:
    start = VIETNAM.add(day, 0)

    assert VIETNAM.add(VIETNAM.add(start, count), -count) == start


@fast
@given(DAYS, st.integers(1, 60))
def test_a_count_is_the_same_as_walking_day_by_day(day: date, count: int) -> None:
    forward = back = day
    for _ in range(count):
        forward += timedelta(days=1)
        while not VIETNAM.is_working(forward):
            forward += timedelta(days=1)
        back -= timedelta(days=1)
        while not VIETNAM.is_working(back):
            back -= timedelta(days=1)

    assert VIETNAM.add(day, count) == forward
    assert VIETNAM.add(day, -count) == back
    assert VIETNAM.working_days_between(day, forward) == count


@fast
@given(DAYS, st.integers(-200, 200), st.integers(-200, 200))
def test_counts_rise_with_the_count_and_with_the_day(day: date, one: int, other: int) -> None:
    low, high = sorted((one, other))

    assert VIETNAM.add(day, low) <= VIETNAM.add(day, high)
    assert VIETNAM.add(day, low) <= VIETNAM.add(day + timedelta(days=1), low)


@fast
@given(DAYS, DAYS, DAYS)
def test_working_days_add_up_over_any_day_between(one: date, two: date, three: date) -> None:
    assert VIETNAM.working_days_between(one, two) == -VIETNAM.working_days_between(two, one)
    assert VIETNAM.working_days_between(one, two) + VIETNAM.working_days_between(
        two, three
    ) == VIETNAM.working_days_between(one, three)


@fast
@given(st.lists(st.tuples(DAYS, st.booleans()), unique_by=lambda row: row[0], max_size=80), DAYS, st.integers(-50, 50))
def test_any_rows_give_a_calendar_that_counts_or_a_refusal(
    rows: list[tuple[date, bool]], day: date, count: int
) -> None:
    try:
        calendar = Calendar(rows=tuple(CalendarRow(day=row, working=working, reason="thử") for row, working in rows))
    except CalendarRefused:
        return
    found = calendar.add(day, count)

    assert calendar.is_working(found)
    assert calendar.add(calendar.add(found, 7), -7) == found


# --- Working hours -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ("2023-03-06 08:00", 2, "2023-03-06 10:00"),
        ("2023-03-06 10:30", 2, "2023-03-06 14:30"),  # over lunch
        ("2023-03-06 07:30", 4, "2023-03-06 11:30"),  # exactly the morning
        ("2023-03-06 07:30", 7.5, "2023-03-06 17:00"),
        ("2023-03-10 16:00", 2, "2023-03-13 08:30"),  # over a weekend
        ("2023-03-11 09:00", 1, "2023-03-13 08:30"),  # begun on a Saturday
        ("2023-04-28 16:30", 1, "2023-05-04 08:00"),  # over five days off
        ("2024-05-03 16:00", 2, "2024-05-04 08:30"),  # into a worked Saturday
        ("2023-03-06 20:00", 0.5, "2023-03-07 08:00"),
        ("2023-03-06 14:30", -2, "2023-03-06 10:30"),
        ("2023-03-07 00:00", -2, "2023-03-06 15:00"),  # before the end of a day
        ("2023-03-06 13:30", -4, "2023-03-06 07:30"),
        ("2023-05-04 08:00", -1, "2023-04-28 16:30"),
        ("2023-03-06 12:00", 0, "2023-03-06 11:30"),  # zero while closed is the closing before
        ("2023-03-12 12:00", 0, "2023-03-10 17:00"),
        ("2023-03-06 13:30", 0, "2023-03-06 13:30"),
        ("2023-03-06 08:00", 75, "2023-03-20 08:00"),
    ],
)
def test_working_hours_run_only_while_the_office_is_open(start: str, hours: float, expected: str) -> None:
    assert VIETNAM.add_working_hours(local(start), hours) == local(expected)


@pytest.mark.parametrize(
    ("hours", "pauses", "expected"),
    [
        # From Monday 6 March 2023, 08:00.
        (2, [("2023-03-06 09:00", "2023-03-06 10:00")], "2023-03-06 11:00"),
        (2, [("2023-03-06 09:00", "2023-03-07 09:00")], "2023-03-07 10:00"),
        (1, [("2023-03-06 09:00", "2023-03-07 09:30")], "2023-03-07 09:30"),  # up as the pause began: when work goes on
        (1, [("2023-03-06 09:00", "2023-03-06 20:00")], "2023-03-07 07:30"),
        (2, [("2023-03-06 12:00", "2023-03-06 13:00")], "2023-03-06 10:00"),
        (2, [("2023-03-06 06:00", "2023-03-06 08:30")], "2023-03-06 10:30"),
        (-1, [("2023-03-03 16:30", "2023-03-06 07:45")], "2023-03-03 15:45"),
    ],
)
def test_working_hours_in_a_pause_are_lost(hours: float, pauses: list[tuple[str, str]], expected: str) -> None:
    stood_still = [(local(start), local(end)) for start, end in pauses]

    assert VIETNAM.add_working_hours(local("2023-03-06 08:00"), hours, stood_still) == local(expected)


def test_working_hours_between_leave_out_nights_holidays_and_pauses() -> None:
    start, end = local("2023-04-28 15:00"), local("2023-05-04 09:00")
    pause = [(local("2023-04-28 16:00"), local("2023-04-28 23:00"))]

    assert VIETNAM.working_hours_between(start, end) == 3.5
    assert VIETNAM.working_hours_between(end, start) == -3.5
    assert VIETNAM.working_hours_between(start, end, pause) == 2.5


@fast
@given(DAYS, st.integers(1, 7 * 60 + 29), st.integers(1, 40_000))
def test_hours_forward_and_back_again_return_to_an_instant_inside_opening_hours(
    day: date, into: int, minutes: int
) -> None:
    start = VIETNAM.add_working_hours(at(VIETNAM.add(day, 0), time(7, 30)), into / 60)
    if start == at(local_day(start), time(11, 30)):
        start += timedelta(hours=2)  # 11:30 and 13:30 are one point of worked time

    moved = VIETNAM.add_working_hours(start, minutes / 60)

    assert VIETNAM.add_working_hours(moved, -minutes / 60) == start
    assert VIETNAM.working_hours_between(start, moved) == pytest.approx(minutes / 60)


@fast
@given(INSTANTS, st.integers(1, 20_000), PAUSES)
def test_an_hour_count_with_pauses_works_exactly_its_hours_and_never_ends_in_a_pause(
    start: datetime, minutes: int, pauses: list[tuple[datetime, datetime]]
) -> None:
    found = VIETNAM.add_working_hours(start, minutes / 60, pauses)

    assert VIETNAM.working_hours_between(start, found, pauses) == pytest.approx(minutes / 60, abs=1e-6)
    assert not any(begin <= found < end for begin, end in pauses)


# --- Instants ------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["UTC", "America/Los_Angeles", "Asia/Ho_Chi_Minh", "Pacific/Kiritimati"])
def host_zone(request: pytest.FixtureRequest) -> Iterator[str]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    clock.tzset()
    yield request.param
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    clock.tzset()


def test_days_and_instants_are_local_to_vietnam_whatever_the_zone_of_the_host(host_zone: str) -> None:
    assert at(date(2023, 4, 28), time(8)) == datetime(2023, 4, 28, 1, tzinfo=UTC)
    assert at(date(2023, 4, 28), time(8)).tzinfo is UTC
    assert end_of_day(date(2023, 4, 28)) == datetime(2023, 4, 28, 17, tzinfo=UTC)
    assert local_day(datetime(2023, 4, 28, 16, 30, tzinfo=UTC)) == date(2023, 4, 28)  # 23:30
    assert local_day(datetime(2023, 4, 28, 17, 30, tzinfo=UTC)) == date(2023, 4, 29)  # 00:30
    assert VIETNAM.add_working_hours(local("2023-04-28 16:30"), 1) == local("2023-05-04 08:00")
    assert VIETNAM.add_with_pauses(
        date(2023, 3, 6), 3, time(8), [(local("2023-03-07 00:00"), local("2023-03-08 00:00"))]
    ) == date(2023, 3, 10)


def test_an_instant_without_a_zone_is_refused() -> None:
    naive = datetime(2023, 4, 28, 8)  # noqa: DTZ001  what is refused

    with pytest.raises(ValueError, match="has no time zone"):
        local_day(naive)
    with pytest.raises(ValueError, match="has no time zone"):
        VIETNAM.add_working_hours(naive, 1)
    with pytest.raises(ValueError, match="has no time zone"):
        VIETNAM.add_with_pauses(date(2023, 4, 28), 1, time(8), [(naive, naive)])
