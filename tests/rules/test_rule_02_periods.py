"""RULES 2: a period starts the day after and ends on a working day; a day that a leader named never moves."""

import datetime as dt

import pytest
from builders import a_deadline, a_directive, clock_face, day, local
from hypothesis import given, settings
from hypothesis import strategies as st
from standing_office import StandingOffice

from database.seed_data import read_calendar_file
from documents.language import Language
from models.calendar import Calendar, CalendarRow
from models.deadline import Deadline, Unit, WarningKind, make_deadline, period_end, warnings
from models.deadline_text import parse_deadline
from models.vocabulary import Clock
from services.intake_warnings import Oddity, find_warnings

CALENDAR = read_calendar_file().to_calendar()

BEFORE_THE_SWAP_OF_2024 = Calendar(
    rows=tuple(
        row for row in CALENDAR.rows if row.day not in (day("2024-04-29", "Monday"), day("2024-05-04", "Saturday"))
    )
)
"""What was known until letter 2450/VPCP-KGVX of 12 April 2024."""


def read(text: str, issued: str, calendar: Calendar = CALENDAR) -> Deadline:
    weekday, date = issued.split()
    found = local(f"{weekday} {date} 09:00")
    deadline = parse_deadline(text, dt.date.fromisoformat(date), calendar, received_at=found)
    assert deadline is not None
    return deadline


def ends(text: str, issued: str, calendar: Calendar = CALENDAR) -> str:
    return read(text, issued, calendar).day.strftime("%a %Y-%m-%d")


@pytest.mark.parametrize(
    ("text", "issued", "expected"),
    [
        ("trong 01 ngày làm việc", "Mon 2026-03-02", "Tue 2026-03-03"),  # the day of issue does not count
        ("trong 01 ngày", "Mon 2026-03-02", "Tue 2026-03-03"),
        ("trong 01 ngày làm việc", "Sat 2026-03-07", "Mon 2026-03-09"),  # issued on a day off
        ("trong 5 ngày làm việc kể từ ngày ban hành", "Tue 2023-01-17", "Tue 2023-01-31"),  # over Tết Quý Mão
        ("trong 1 ngày làm việc", "Thu 2023-01-19", "Fri 2023-01-27"),
        ("trong 5 ngày làm việc", "Fri 2026-02-13", "Fri 2026-02-27"),  # over Tết Bính Ngọ, nine days
        ("trong 10 ngày làm việc", "Wed 2025-12-31", "Thu 2026-01-15"),  # 2 January off, Saturday the 10th worked
        ("trong 2 ngày làm việc", "Fri 2024-04-26", "Fri 2024-05-03"),  # 29 April is swapped away
        ("trong 3 ngày làm việc", "Fri 2024-04-26", "Sat 2024-05-04"),  # and worked on this Saturday
        ("trong 1 ngày làm việc", "Fri 2026-08-21", "Sat 2026-08-22"),
        ("trong 6 ngày làm việc", "Fri 2026-08-21", "Fri 2026-08-28"),
        ("trong 7 ngày làm việc", "Fri 2026-08-21", "Thu 2026-09-03"),
    ],
)
def test_rule_02_a_period_of_working_days_starts_the_day_after_and_counts_only_days_that_are_worked(
    text: str, issued: str, expected: str
) -> None:
    assert ends(text, issued) == expected


@pytest.mark.parametrize(
    ("text", "issued", "expected"),
    [
        ("trong 15 ngày", "Mon 2026-03-02", "Tue 2026-03-17"),  # ends on a working day: stays
        ("trong 5 ngày", "Mon 2026-03-02", "Mon 2026-03-09"),  # Saturday the 7th
        ("trong 5 ngày", "Tue 2023-01-17", "Fri 2023-01-27"),  # Sunday the 22nd, in Tết, with its compensations
        ("trong 3 ngày", "Fri 2023-04-28", "Thu 2023-05-04"),  # five days off in a row, two of them made up
        ("trong 1 ngày", "Fri 2024-05-03", "Sat 2024-05-04"),  # a worked Saturday is no day off
        ("trong 3 ngày", "Fri 2024-04-26", "Thu 2024-05-02"),  # Monday the 29th was swapped away
        ("trong vòng 07 ngày, kể từ ngày ký", "Fri 2026-08-21", "Fri 2026-08-28"),
        ("trong 10 ngày", "Fri 2026-08-21", "Thu 2026-09-03"),  # Monday the 31st is off until 2 September
        ("trong 1 tuần", "Thu 2022-01-27", "Mon 2022-02-07"),  # Thursday of Tết Nhâm Dần
        ("trong 2 tuần", "Fri 2023-12-15", "Fri 2023-12-29"),
        ("trong 1 tuần", "Thu 2026-12-24", "Thu 2026-12-31"),
        ("trong 8 ngày", "Thu 2026-12-24", "Mon 2027-01-04"),  # New Year's Day is a Friday
    ],
)
def test_rule_02_a_period_of_calendar_days_that_ends_on_a_day_off_ends_on_the_next_working_day(
    text: str, issued: str, expected: str
) -> None:
    assert ends(text, issued) == expected


@pytest.mark.parametrize(
    ("text", "issued", "expected"),
    [
        ("trong 1 tháng kể từ ngày ban hành", "Tue 2023-01-31", "Tue 2023-02-28"),  # February has no 31st
        ("trong 1 tháng", "Fri 2025-01-31", "Fri 2025-02-28"),  # issued on a day of Tết
        ("trong 1 tháng", "Sat 2026-01-31", "Mon 2026-03-02"),  # 28 February is a Saturday
        ("trong 1 tháng", "Wed 2024-01-31", "Thu 2024-02-29"),  # a leap year
        ("trong 4 tháng", "Tue 2023-10-31", "Thu 2024-02-29"),
        ("trong 2 tháng", "Wed 2025-12-31", "Mon 2026-03-02"),  # over the end of a year, onto Saturday the 28th
        ("trong 1 tháng", "Wed 2025-12-31", "Mon 2026-02-02"),  # Saturday 31 January
        ("trong 1 tháng", "Sat 2024-03-30", "Thu 2024-05-02"),  # 30 April and 1 May
        ("trong 1 tháng", "Fri 2024-03-29", "Thu 2024-05-02"),  # Monday 29 April, swapped away
        ("trong 1 tháng", "Thu 2024-04-04", "Sat 2024-05-04"),  # the Saturday worked for it
        ("trong 3 tháng", "Mon 2022-10-31", "Tue 2023-01-31"),
        ("trong 3 tháng", "Thu 2022-10-20", "Fri 2023-01-27"),  # 20 January 2023 is the first day of Tết
        ("trong 1 năm", "Thu 2024-02-29", "Fri 2025-02-28"),
        ("trong 1 năm", "Sat 2022-04-30", "Thu 2023-05-04"),
        ("trong 6 tháng", "Tue 2026-03-31", "Wed 2026-09-30"),  # the 31st of March and the 30th of September
    ],
)
def test_rule_02_a_period_of_months_ends_on_the_same_date_or_the_months_last_and_moves_to_a_working_day(
    text: str, issued: str, expected: str
) -> None:
    assert ends(text, issued) == expected


@pytest.mark.parametrize(
    ("text", "issued", "known_before", "known_after"),
    [
        ("trong 1 tháng", "Fri 2024-03-29", "Mon 2024-04-29", "Thu 2024-05-02"),
        ("trong 1 tháng", "Thu 2024-04-04", "Mon 2024-05-06", "Sat 2024-05-04"),
        ("trong 10 ngày làm việc", "Fri 2024-04-12", "Mon 2024-04-29", "Thu 2024-05-02"),
    ],
)
def test_rule_02_a_swap_that_was_announced_late_counts_for_periods_read_after_it(
    text: str, issued: str, known_before: str, known_after: str
) -> None:
    assert ends(text, issued, BEFORE_THE_SWAP_OF_2024) == known_before
    assert ends(text, issued) == known_after


@settings(max_examples=200, deadline=None)
@given(
    issued=st.dates(dt.date(2022, 1, 1), dt.date(2027, 6, 30)),
    amount=st.integers(1, 90),
    unit=st.sampled_from([Unit.WORKING_DAY, Unit.DAY, Unit.WEEK]),
)
def test_rule_02_every_period_is_the_one_counted_on_the_fingers(issued: dt.date, amount: int, unit: Unit) -> None:
    one_day = dt.timedelta(days=1)
    fingers, left = issued, amount * (7 if unit is Unit.WEEK else 1)
    while left:
        fingers += one_day
        left -= unit is not Unit.WORKING_DAY or CALENDAR.is_working(fingers)
    while not CALENDAR.is_working(fingers):
        fingers += one_day

    assert period_end(issued, amount, unit, CALENDAR) == fingers
    assert fingers > issued


@pytest.mark.parametrize("row", [row for row in CALENDAR.rows if not row.working], ids=lambda row: str(row.day))
def test_rule_02_a_day_that_a_leader_named_never_moves_on_whatever_day_off_it_lies(row: CalendarRow) -> None:
    off = row.day
    written = f"{off.day:02}/{off.month:02}/{off.year}"

    deadline = parse_deadline(f"trước ngày {written}", off - dt.timedelta(days=40), CALENDAR)

    assert deadline is not None
    assert deadline.day == off
    assert clock_face(deadline.due_at).endswith(f"{off + dt.timedelta(days=1)} 00:00")
    kinds = {warning.kind for warning in warnings(deadline, off - dt.timedelta(days=40), CALENDAR)}
    assert WarningKind.DAY_OFF in kinds


def test_rule_02_a_named_day_that_is_declared_off_later_stays_and_only_its_reminder_moves_to_the_day_before() -> None:
    monday = a_deadline("2024-04-29", "Monday")
    directive = a_directive("in_progress", at="2024-04-01 09:00", deadline=monday)

    assert directive.deadline == make_deadline(day("2024-04-29", "Monday"))
    assert BEFORE_THE_SWAP_OF_2024.add(monday.day, 0) == day("2024-04-29", "Monday")
    assert CALENDAR.add(directive.clocks[Clock.DEADLINE].day, 0) == day("2024-04-26", "Friday")
    assert clock_face(directive.deadline.due_at) == "Tue 2024-04-30 00:00"


@pytest.mark.parametrize(
    ("deadline", "kinds", "reason"),
    [
        ("22/3/2026", {Oddity.DAY_OFF}, "Chủ nhật"),
        ("27/4/2026", {Oddity.DAY_OFF}, "Nghỉ bù Giỗ Tổ Hùng Vương"),
        ("31/8/2026", {Oddity.DAY_OFF}, "Nghỉ hoán đổi với thứ Bảy 22/8/2026"),
        ("22/8/2026", set(), ""),  # a worked Saturday
        ("20/3/2026", set(), ""),
        ("trong 20 ngày", set(), ""),  # 22 March, a Sunday, so the 23rd: a period is never off
        ("16/4/2027", {Oddity.DAY_OFF, Oddity.PROVISIONAL_YEAR}, "Giỗ Tổ Hùng Vương"),
    ],
)
def test_rule_02_a_named_day_off_is_taken_in_as_it_is_and_warned_about_with_its_reason(
    standing: StandingOffice, deadline: str, kinds: set[Oddity], reason: str
) -> None:
    reading = standing.read(deadline=deadline)
    registration = reading.registration
    assert registration is not None
    assert registration.deadline is not None
    assert reading.reasons == []

    found = {one.kind: one for one in find_warnings(registration, standing.reference(), standing.now())}

    assert set(found) == kinds
    if reason:
        told = found[Oddity.DAY_OFF]
        assert told.day == registration.deadline.day
        assert reason in told.explain(Language.VI)
        assert "thời hạn vẫn giữ nguyên" in told.explain(Language.VI)
