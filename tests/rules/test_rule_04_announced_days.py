"""RULES 4: only announced rows decide what a working day is; the library proposes, a person confirms."""

import datetime as dt

import holidays
import pytest
from builders import a_directive, clock_face, day, local, the_policy
from hypothesis import given, settings
from hypothesis import strategies as st
from office_fixture import Desk
from standing_office import StandingOffice

import shell.calendar
from database.seed_data import read_calendar_file
from documents.language import Language
from models.calendar import Calendar, CalendarRefused, CalendarRow, expand_off
from models.moments import upcoming
from models.vocabulary import Clock
from services.doctor_office import office_checks
from services.intake_warnings import find_warnings
from services.office_calendar import announced_days, make_working, proposed_days, take_back, take_off

FILE = read_calendar_file()
CALENDAR = FILE.to_calendar()
LIBRARY = holidays.country_holidays("VN", years=range(2022, 2028))

WORKED_SATURDAYS = [
    day("2024-05-04", "Saturday"),
    day("2025-04-26", "Saturday"),
    day("2026-01-10", "Saturday"),
    day("2026-08-22", "Saturday"),
]

LATE = {
    row.day
    for row in CALENDAR.rows
    if row.announced_by and row.announced_by.startswith(("2450/VPCP-KGVX", "12729/VPCP-KGVX"))
}
"""Swaps announced when the year or its plans had begun: on 12 April 2024, and on 25 December 2025 for January."""


def known_before_the_late_letters() -> Calendar:
    return Calendar(rows=tuple(row for row in CALENDAR.rows if row.day not in LATE))


# --- Rows decide, the library does not ------------------------------------------------------------------------


@pytest.mark.parametrize("saturday", WORKED_SATURDAYS, ids=str)
def test_rule_04_a_worked_saturday_is_worked_though_the_library_calls_it_a_weekend(saturday: dt.date) -> None:
    assert LIBRARY.is_weekend(saturday)

    assert CALENDAR.is_working(saturday)
    assert CALENDAR.add(saturday - dt.timedelta(days=1), 1) == saturday
    assert CALENDAR.add(saturday, 0) == saturday


def test_rule_04_without_rows_no_holiday_of_the_library_is_off() -> None:
    plain = Calendar()

    on_weekdays = [holiday for holiday in LIBRARY if holiday.weekday() < 5]
    assert len(on_weekdays) > 60
    assert all(plain.is_working(holiday) for holiday in on_weekdays)


@pytest.mark.parametrize(
    ("text", "weekday", "before", "after"),
    [
        ("2024-04-29", "Monday", True, False),
        ("2024-05-04", "Saturday", False, True),
        ("2026-01-02", "Friday", True, False),
        ("2026-01-10", "Saturday", False, True),
        ("2024-04-30", "Tuesday", False, False),
        ("2024-05-11", "Saturday", False, False),
    ],
)
def test_rule_04_a_swap_counts_from_the_letter_that_announces_it_and_not_before(
    text: str, weekday: str, before: bool, after: bool
) -> None:
    assert known_before_the_late_letters().is_working(day(text, weekday)) is before
    assert CALENDAR.is_working(day(text, weekday)) is after


def test_rule_04_a_late_swap_moves_the_steps_of_a_deadline_that_stays_where_it_was() -> None:
    directive = a_directive("in_progress", at="2024-04-10 09:00", deadline="2024-05-04")

    def ladder(calendar: Calendar) -> dict[str, str]:
        found = upcoming(directive, the_policy(), calendar, local("Wed 2024-04-10 09:00"))
        return {one.step: clock_face(one.at) for one in found if one.clock is Clock.DEADLINE and one.level < 3}

    assert ladder(known_before_the_late_letters()) == {
        "-7": "Tue 2024-04-23 08:00",
        "-3": "Mon 2024-04-29 08:00",
        "-1": "Fri 2024-05-03 08:00",
        "0": "Fri 2024-05-03 08:00",
        "+1": "Mon 2024-05-06 08:00",
        "+3": "Wed 2024-05-08 08:00",
    }
    assert ladder(CALENDAR) == {
        "-7": "Mon 2024-04-22 08:00",
        "-3": "Fri 2024-04-26 08:00",
        "-1": "Fri 2024-05-03 08:00",
        "0": "Sat 2024-05-04 08:00",
        "+1": "Mon 2024-05-06 08:00",
        "+3": "Wed 2024-05-08 08:00",
    }


def test_rule_04_what_is_proposed_counts_only_when_a_person_enters_it(desk: Desk) -> None:
    culture_day = day("2026-11-24", "Tuesday")
    reference = desk.office.reference()
    [proposal] = [row for row in proposed_days(reference.calendar, 2026) if row.day == culture_day]
    assert not proposal.working
    assert reference.calendar.is_working(culture_day)

    take_off(desk.office, culture_day, culture_day, proposal.reason, "Nghị quyết 80-NQ/TW", "vanthu")

    assert not desk.office.reference().calendar.is_working(culture_day)
    assert culture_day not in {row.day for row in proposed_days(desk.office.reference().calendar, 2026)}


# --- A year that nobody confirmed -----------------------------------------------------------------------------


def test_rule_04_an_unconfirmed_year_is_used_but_shown_as_provisional_everywhere_until_a_person_confirms_it(
    desk: Desk, standing: StandingOffice
) -> None:
    tet = day("2027-02-05", "Friday")

    def shown() -> dict[str, bool]:
        reference = desk.office.reference()
        registration = standing.read(deadline="20/4/2027").registration
        assert registration is not None
        warned = {one.kind.value for one in find_warnings(registration, reference, desk.office.now())}
        return {
            "is": desk.dondoc(shell.calendar, "calendar", "is", "2027-02-05", "--json").json["provisional"],
            "list": all(
                known["provisional"] for known in desk.dondoc(shell.calendar, "calendar", "list", "2027", "--json").json
            ),
            "intake": "provisional_year" in warned,
        }

    assert shown() == {"is": True, "list": True, "intake": True}
    assert not desk.office.reference().calendar.is_working(tet), "its rows are used"
    assert desk.dondoc(shell.calendar, "calendar", "is", "2026-02-17", "--json").json["provisional"] is False

    assert desk.dondoc(shell.calendar, "calendar", "confirm", "2027", "--as", "vanthu").code == 0
    standing.references._reference = None

    assert desk.dondoc(shell.calendar, "calendar", "is", "2027-02-05", "--json").json["provisional"] is False
    assert not any(known.provisional for known in announced_days(desk.office.reference().calendar, 2027))
    assert not desk.office.reference().calendar.is_working(tet)


def test_rule_04_doctor_names_the_running_year_that_nobody_confirmed(desk: Desk) -> None:
    desk.sql("DELETE FROM calendar_year WHERE year = 2026", "UPDATE revision SET number = number + 1")

    with desk.office.engine.connect() as connection:
        checks = {one.name: one for one in office_checks(connection, desk.office.reference(), desk.office.now())}

    found = next(one for name, one in checks.items() if "calendar" in name)
    assert not found.ok
    assert "2026" in found.said.explain(Language.VI)


# --- Entering holidays ----------------------------------------------------------------------------------------


def test_rule_04_tet_2023_entered_in_overlapping_pieces_gives_each_of_its_days_once(desk: Desk) -> None:
    desk.sql("DELETE FROM calendar_day WHERE day BETWEEN '2023-01-01' AND '2023-02-01'")
    desk.sql("UPDATE revision SET number = number + 1")
    pieces = [
        ("2023-01-20", "2023-01-24", "Tết Nguyên đán"),
        ("2023-01-20", "2023-01-24", "Tết Nguyên đán"),  # the same letter entered twice
        ("2023-01-22", "2023-01-26", "Tết Nguyên đán và nghỉ bù"),
    ]

    for first, last, reason in pieces:
        take_off(desk.office, dt.date.fromisoformat(first), dt.date.fromisoformat(last), reason, "8056", "vanthu")

    rows = [row for row in desk.office.reference().calendar.rows if row.day.year == 2023 and row.day.month == 1]
    assert [(row.day.day, row.reason) for row in rows] == [
        (20, "Tết Nguyên đán"),
        (21, "Tết Nguyên đán"),
        *((number, "Tết Nguyên đán và nghỉ bù") for number in range(22, 27)),
    ]
    assert desk.office.reference().calendar.add(day("2023-01-19", "Thursday"), 1) == day("2023-01-27", "Friday")


def test_rule_04_a_holiday_over_the_end_of_a_year_gives_the_days_of_both_years_once(desk: Desk) -> None:
    take_off(desk.office, day("2026-12-30", "Wednesday"), day("2027-01-02", "Saturday"), "Nghỉ", None, "vanthu")

    listed = {
        year: [row.day for row in announced_days(desk.office.reference().calendar, year) if row.reason == "Nghỉ"]
        for year in (2026, 2027)
    }
    assert listed == {
        2026: [dt.date(2026, 12, 30), dt.date(2026, 12, 31)],
        2027: [dt.date(2027, 1, 1), dt.date(2027, 1, 2)],
    }


def test_rule_04_a_day_entered_as_off_and_then_as_worked_is_one_day_that_is_worked(desk: Desk) -> None:
    saturday = day("2026-08-22", "Saturday")

    take_off(desk.office, saturday, saturday, "Nhầm", None, "vanthu")
    assert not desk.office.reference().calendar.is_working(saturday)
    make_working(desk.office, saturday, "Làm bù cho thứ Hai 31/8/2026", "9441/TB-BNV", "vanthu")

    assert [row.working for row in desk.office.reference().calendar.rows if row.day == saturday] == [True]


# --- A calendar without end -----------------------------------------------------------------------------------


def test_rule_04_holidays_that_together_leave_no_working_day_within_60_days_are_refused_and_nothing_changes(
    desk: Desk,
) -> None:
    first = day("2026-06-01", "Monday")  # Sunday 31 May before it is off, too
    take_off(desk.office, first, first + dt.timedelta(days=29), "Đợt một", None, "vanthu")
    before = desk.office.reference()

    with pytest.raises(CalendarRefused) as refused:
        take_off(desk.office, first + dt.timedelta(days=30), first + dt.timedelta(days=59), "Đợt hai", None, "vanthu")

    assert refused.value.code == "no_working_day"
    assert desk.office.reference().calendar == before.calendar
    assert desk.office.reference().plan == before.plan
    take_off(desk.office, first + dt.timedelta(days=30), first + dt.timedelta(days=55), "Đợt hai", None, "vanthu")
    assert desk.office.reference().calendar.add(dt.date(2026, 5, 29), 1) == day("2026-07-27", "Monday")


def test_rule_04_the_one_worked_day_between_two_long_rests_cannot_be_taken_back(desk: Desk) -> None:
    sunday = day("2026-06-28", "Sunday")
    make_working(desk.office, sunday, "Trực bão", None, "vanthu")
    take_off(desk.office, dt.date(2026, 5, 30), dt.date(2026, 6, 27), "Đợt một", None, "vanthu")
    take_off(desk.office, dt.date(2026, 6, 29), dt.date(2026, 8, 2), "Đợt hai", None, "vanthu")

    with pytest.raises(CalendarRefused):
        take_back(desk.office, sunday, "vanthu")

    assert desk.office.reference().calendar.is_working(sunday)


@pytest.mark.timeout(60)
@settings(max_examples=150, deadline=None)
@given(
    first=st.dates(dt.date(2026, 1, 1), dt.date(2026, 6, 1)),
    rests=st.lists(st.integers(1, 59), min_size=1, max_size=8),
    work=st.lists(st.integers(0, 2), min_size=8, max_size=8),
    count=st.integers(-10_000, 10_000),
)
def test_rule_04_no_count_of_days_can_loop_in_any_calendar_that_is_taken(
    first: dt.date, rests: list[int], work: list[int], count: int
) -> None:
    """Long rests with hardly a working day between them: taken and countable in both directions, or refused."""
    rows: list[CalendarRow] = []
    start = first
    for rest, worked in zip(rests, work, strict=False):
        rows += expand_off(start, start + dt.timedelta(days=rest - 1), "Nghỉ")
        start += dt.timedelta(days=rest + worked)
    longest = _longest_rest({row.day for row in rows}, first - dt.timedelta(days=7), start + dt.timedelta(days=7))
    if longest >= 60:
        with pytest.raises(CalendarRefused):
            Calendar(rows=tuple(rows))
        return
    calendar = Calendar(rows=tuple(rows))

    for anchor in (first, start):
        found = calendar.add(anchor, count)
        assert calendar.is_working(found)
        assert calendar.next_working(anchor) - anchor < dt.timedelta(days=60)
        assert anchor - calendar.add(anchor, 0) < dt.timedelta(days=60)


def _longest_rest(off: set[dt.date], first: dt.date, last: dt.date) -> int:
    longest = run = 0
    for number in range((last - first).days + 1):
        one = first + dt.timedelta(days=number)
        run = run + 1 if one in off or one.weekday() >= 5 else 0
        longest = max(longest, run)
    return longest


@pytest.mark.parametrize("count", [10_001, -10_001, 10**9, 10**30])
def test_rule_04_a_count_beyond_any_life_is_refused_at_once(count: int) -> None:
    with pytest.raises(ValueError, match="10000"):
        CALENDAR.add(day("2026-03-02", "Monday"), count)


@pytest.mark.parametrize("anchor", [dt.date.min, dt.date.max])
def test_rule_04_a_count_at_the_ends_of_time_ends_with_a_sentence_or_a_day(anchor: dt.date) -> None:
    outwards = -1 if anchor == dt.date.min else 1

    with pytest.raises(ValueError, match="1 to 9999"):
        CALENDAR.add(anchor, outwards * 400)
    assert CALENDAR.is_working(CALENDAR.add(anchor, -outwards))


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (Language.VI, "Kỳ nghỉ 365 ngày dài quá. Kiểm tra lại ngày, tháng, năm."),
        (Language.EN, "A holiday of 365 days is too long. Check day, month and year."),
    ],
)
def test_rule_04_a_calendar_that_is_refused_is_refused_in_the_readers_language(
    desk: Desk, language: Language, sentence: str
) -> None:
    words = ("calendar", "off", "2027-01-01..2027-12-31", "--reason", "Nghỉ", "--as", "vanthu")

    told = desk.dondoc(shell.calendar, *words, language=language)

    assert (told.code, told.err.strip()) == (1, sentence)
