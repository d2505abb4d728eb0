from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from models.calendar import Calendar, CalendarRow, at, end_of_day
from models.deadline import (
    Deadline,
    DeadlineWarning,
    OfficeHours,
    Unit,
    WarningKind,
    due_instant,
    hours_end,
    make_deadline,
    period_end,
    warnings,
)
from models.vocabulary import Qualifier

DAY = date(2026, 12, 15)

VIETNAM = Calendar(
    rows=tuple(
        CalendarRow(day=date.fromisoformat(day), working=False, reason=reason)
        for day, reason in [
            ("2023-04-29", "Giỗ Tổ Hùng Vương"),
            ("2023-04-30", "Ngày Chiến thắng"),
            ("2023-05-01", "Ngày Quốc tế lao động"),
            ("2023-05-02", "Nghỉ bù Giỗ Tổ Hùng Vương"),
            ("2023-05-03", "Nghỉ bù Ngày Chiến thắng"),
        ]
    ),
    confirmed_years=frozenset({2023, 2024}),
)


@pytest.mark.parametrize(
    ("qualifier", "hour", "office", "expected"),
    [
        (Qualifier.BY, None, OfficeHours(), datetime(2026, 12, 15, 17, tzinfo=UTC)),  # 24:00 in Vietnam
        (Qualifier.BEFORE, None, OfficeHours(), datetime(2026, 12, 15, 17, tzinfo=UTC)),
        (Qualifier.WITHIN, None, OfficeHours(), datetime(2026, 12, 15, 17, tzinfo=UTC)),
        (Qualifier.BEFORE, None, OfficeHours(strict_before=True), datetime(2026, 12, 14, 17, tzinfo=UTC)),
        (Qualifier.BY, None, OfficeHours(strict_before=True), datetime(2026, 12, 15, 17, tzinfo=UTC)),
        (Qualifier.BY, None, OfficeHours(closing_hour=time(17)), datetime(2026, 12, 15, 10, tzinfo=UTC)),
        (
            Qualifier.BEFORE,
            None,
            OfficeHours(strict_before=True, closing_hour=time(17)),
            datetime(2026, 12, 14, 10, tzinfo=UTC),
        ),
        (Qualifier.BEFORE, time(16, 30), OfficeHours(), datetime(2026, 12, 15, 9, 30, tzinfo=UTC)),
        (
            Qualifier.BEFORE,
            time(16, 30),
            OfficeHours(strict_before=True, closing_hour=time(11)),
            datetime(2026, 12, 15, 9, 30, tzinfo=UTC),
        ),
    ],
)
def test_a_named_day_is_due_at_its_end_unless_an_hour_or_the_office_says_otherwise(
    qualifier: Qualifier, hour: time | None, office: OfficeHours, expected: datetime
) -> None:
    deadline = make_deadline(DAY, time=hour, qualifier=qualifier, text="thời hạn", office=office)

    assert due_instant(DAY, hour, qualifier, office) == expected
    assert deadline.due_at == expected
    assert (deadline.day, deadline.time, deadline.qualifier, deadline.text) == (DAY, hour, qualifier, "thời hạn")


def test_a_named_day_never_moves_also_when_it_is_off() -> None:
    sunday = date(2023, 4, 30)

    assert make_deadline(sunday).due_at == end_of_day(sunday)


def test_a_deadline_survives_its_way_through_json() -> None:
    deadline = make_deadline(DAY, time=time(16, 30), qualifier=Qualifier.BEFORE, text="trước 16h30 ngày 15/12/2026")

    assert type(deadline).model_validate_json(deadline.model_dump_json()) == deadline


def test_a_due_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        Deadline(day=DAY, due_at=datetime(2026, 12, 15, 17))  # noqa: DTZ001  what is refused


@pytest.mark.parametrize(
    ("start", "amount", "unit", "expected"),
    [
        ("2023-04-28", 1, Unit.WORKING_DAY, "2023-05-04"),
        ("2023-04-10", 15, Unit.WORKING_DAY, "2023-05-04"),
        ("2023-04-28", 1, Unit.DAY, "2023-05-04"),  # ends on Giỗ Tổ, moves to the next working day
        ("2023-04-28", 7, Unit.DAY, "2023-05-05"),
        ("2023-04-22", 7, Unit.DAY, "2023-05-04"),
        ("2023-03-06", 15, Unit.DAY, "2023-03-21"),
        ("2023-03-06", 1, Unit.WEEK, "2023-03-13"),
        ("2023-03-04", 1, Unit.WEEK, "2023-03-13"),  # a Saturday and a week: Saturday, so Monday
        ("2023-03-06", 2, Unit.MONTH, "2023-05-08"),  # 6 May is a Saturday
        ("2023-01-31", 1, Unit.MONTH, "2023-02-28"),  # February has no 31st: its last day
        ("2024-01-31", 1, Unit.MONTH, "2024-02-29"),
        ("2023-08-31", 6, Unit.MONTH, "2024-02-29"),
        ("2023-11-30", 3, Unit.MONTH, "2024-02-29"),
        ("2023-03-31", 1, Unit.MONTH, "2023-05-04"),  # 30 April is off
        ("2024-02-29", 1, Unit.YEAR, "2025-02-28"),
        ("2023-12-15", 1, Unit.MONTH, "2024-01-15"),
    ],
)
def test_a_period_starts_the_day_after_and_one_of_calendar_time_ends_on_a_working_day(
    start: str, amount: int, unit: Unit, expected: str
) -> None:
    assert period_end(date.fromisoformat(start), amount, unit, VIETNAM) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("amount", "unit", "sentence"),
    [
        (0, Unit.DAY, "one unit or more"),
        (-3, Unit.WORKING_DAY, "one unit or more"),
        (24, Unit.HOUR, "hours_end"),
        (100, Unit.YEAR, "after the year 2100"),
        (10**9, Unit.DAY, "after the year 2100"),
        (10**9, Unit.MONTH, "after the year 2100"),
        (10**9, Unit.WORKING_DAY, "10000"),
    ],
)
def test_a_period_that_is_none_is_refused(amount: int, unit: Unit, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        period_end(date(2023, 3, 6), amount, unit, VIETNAM)


@pytest.mark.parametrize(
    ("amount", "unit", "expected"),
    [
        (24, Unit.HOUR, at(date(2023, 4, 29), time(16, 0))),
        (2, Unit.HOUR, at(date(2023, 4, 28), time(18, 0))),
        (2, Unit.WORKING_HOUR, at(date(2023, 5, 4), time(8, 30))),
    ],
)
def test_hours_run_round_the_clock_from_the_instant_and_working_hours_only_while_the_office_is_open(
    amount: int, unit: Unit, expected: datetime
) -> None:
    assert hours_end(at(date(2023, 4, 28), time(16, 0)), amount, unit, VIETNAM) == expected


def test_a_period_of_hours_ends_on_a_full_minute_in_favour_of_the_agency() -> None:
    start = at(date(2023, 4, 28), time(16, 0, 20, 5))

    assert hours_end(start, 1, Unit.HOUR, VIETNAM) == at(date(2023, 4, 28), time(17, 1))


@pytest.mark.parametrize(("amount", "unit"), [(0, Unit.HOUR), (3, Unit.DAY)])
def test_a_period_of_hours_is_refused_for_anything_else(amount: int, unit: Unit) -> None:
    with pytest.raises(ValueError, match="one hour or more"):
        hours_end(at(date(2023, 4, 28), time(16, 0)), amount, unit, VIETNAM)


@settings(deadline=None)
@given(st.dates(date(2000, 1, 1), date(2060, 1, 1)), st.integers(1, 400), st.sampled_from(list(Unit)))
def test_a_longer_period_never_ends_earlier_and_every_period_ends_on_a_working_day(
    start: date, amount: int, unit: Unit
) -> None:
    if unit in (Unit.HOUR, Unit.WORKING_HOUR) or (unit is Unit.YEAR and amount > 30):
        return
    end = period_end(start, amount, unit, VIETNAM)

    assert end > start
    assert VIETNAM.is_working(end)
    assert amount == 1 or period_end(start, amount - 1, unit, VIETNAM) <= end


def test_a_named_day_off_is_warned_about_with_its_reason() -> None:
    assert warnings(make_deadline(date(2023, 5, 2)), date(2023, 4, 1), VIETNAM) == (
        DeadlineWarning(kind=WarningKind.DAY_OFF, day=date(2023, 5, 2), reason="Nghỉ bù Giỗ Tổ Hùng Vương"),
    )
    assert warnings(make_deadline(date(2023, 5, 6)), date(2023, 4, 1), VIETNAM) == (
        DeadlineWarning(kind=WarningKind.DAY_OFF, day=date(2023, 5, 6), reason="Thứ bảy"),
    )


@pytest.mark.parametrize(
    ("named", "issued", "suggested"),
    [
        ("2022-11-21", "2023-11-14", "2023-11-21"),  # the typing error of Công văn 6012/UBND-KT
        ("2023-01-05", "2023-12-20", "2024-01-05"),
        ("2024-02-29", "2024-03-01", "2025-02-28"),
    ],
)
def test_a_deadline_before_its_document_is_warned_about_with_the_day_that_was_probably_meant(
    named: str, issued: str, suggested: str
) -> None:
    found = warnings(make_deadline(date.fromisoformat(named)), date.fromisoformat(issued), VIETNAM)

    assert [(warning.kind, warning.suggested) for warning in found if warning.kind is WarningKind.BEFORE_DOCUMENT] == [
        (WarningKind.BEFORE_DOCUMENT, date.fromisoformat(suggested))
    ]


def test_a_deadline_in_a_year_nobody_confirmed_is_warned_about() -> None:
    found = warnings(make_deadline(date(2027, 3, 1)), date(2026, 12, 1), VIETNAM)

    assert [warning.kind for warning in found] == [WarningKind.PROVISIONAL_YEAR]


def test_an_ordinary_deadline_on_the_documents_own_day_has_no_warning() -> None:
    assert warnings(make_deadline(date(2023, 5, 4)), date(2023, 5, 4), VIETNAM) == ()
