"""RULES 1: a deadline that names a day is due at its end, 24:00, unless it names an hour or the office sets one."""

import datetime as dt

import pytest
from builders import a_deadline, a_directive, a_registration, clock_face, day, local, the_policy_data
from hypothesis import given, settings
from hypothesis import strategies as st
from real_office import RealOffice
from standing_office import StandingOffice
from yaml import safe_dump

from database.engine import reading, writing
from database.reference import write_policy
from database.seed_data import read_calendar_file
from database.snapshots import read_directive
from models import commands as c
from models.deadline import OfficeHours, due_instant, make_deadline
from models.deadline_text import parse_deadline
from models.local_time import LOCAL, local_day
from models.timeliness import timeliness
from models.vocabulary import Qualifier, Timeliness

CALENDAR = read_calendar_file().to_calendar()

PLAIN = OfficeHours()
STRICT = OfficeHours(strict_before=True)
CLOSING = OfficeHours(closing_hour=dt.time(17))
BOTH = OfficeHours(strict_before=True, closing_hour=dt.time(17))


def due(text: str, office: OfficeHours, issued: str = "2026-03-02") -> str:
    """The due instant of what people wrote, as a local weekday, day and hour."""
    deadline = parse_deadline(
        text, dt.date.fromisoformat(issued), CALENDAR, office, received_at=local(f"{issued} 09:00")
    )
    assert deadline is not None
    return clock_face(deadline.due_at)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15/12/2026", "Wed 2026-12-16 00:00"),  # Tuesday the 15th, 24:00
        ("chậm nhất ngày 15/12/2026", "Wed 2026-12-16 00:00"),
        ("trước ngày 15/12/2026", "Wed 2026-12-16 00:00"),
        ("hết ngày 31/12/2026", "Fri 2027-01-01 00:00"),  # over the end of a year
        ("trước ngày 28/02/2027", "Mon 2027-03-01 00:00"),
        ("trước ngày 28/02/2028", "Tue 2028-02-29 00:00"),  # a leap year
        ("trước ngày 29/02/2028", "Wed 2028-03-01 00:00"),
        ("trong tháng 02/2026", "Sun 2026-03-01 00:00"),  # the 28th is a Saturday and stays
        ("quý IV/2026", "Fri 2027-01-01 00:00"),
        ("trong 3 ngày làm việc", "Fri 2026-03-06 00:00"),  # Thursday the 5th, 24:00
    ],
)
def test_rule_01_a_deadline_that_names_a_day_is_due_at_24_00_of_that_day(text: str, expected: str) -> None:
    assert due(text, PLAIN) == expected


@pytest.mark.parametrize("office", [PLAIN, STRICT, CLOSING, BOTH])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("trước 16 giờ ngày 05/3/2026", "Thu 2026-03-05 16:00"),
        ("trước 16h30 ngày 05/3/2026", "Thu 2026-03-05 16:30"),
        ("20:00 05/3/2026", "Thu 2026-03-05 20:00"),  # later than any closing hour
        ("trước 9 giờ sáng ngày 01/01/2027", "Fri 2027-01-01 09:00"),  # also on a day off
        ("trước 0 giờ ngày 01/01/2027", "Fri 2027-01-01 00:00"),  # the very beginning of the day
        ("trước 24 giờ ngày 31/12/2026", "Fri 2027-01-01 00:00"),  # the very end
        ("24h00 ngày 31/12/2026", "Fri 2027-01-01 00:00"),
    ],
)
def test_rule_01_a_deadline_that_names_an_hour_is_due_at_that_hour_whatever_the_office_sets(
    text: str, expected: str, office: OfficeHours
) -> None:
    assert due(text, office) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15/12/2026", "Tue 2026-12-15 17:00"),
        ("trước ngày 15/12/2026", "Tue 2026-12-15 17:00"),
        ("trong 3 ngày làm việc", "Thu 2026-03-05 17:00"),
        ("quý I/2026", "Tue 2026-03-31 17:00"),
    ],
)
def test_rule_01_where_the_office_sets_a_closing_hour_a_day_is_due_then(text: str, expected: str) -> None:
    assert due(text, CLOSING) == expected


@pytest.mark.parametrize(
    ("text", "office", "expected"),
    [
        ("trước ngày 15/12/2026", STRICT, "Tue 2026-12-15 00:00"),  # Monday the 14th, 24:00
        ("trước ngày 01/01/2027", STRICT, "Fri 2027-01-01 00:00"),  # the last day of the year before
        ("trước ngày 01/3/2028", STRICT, "Wed 2028-03-01 00:00"),  # 29 February
        ("trước ngày 23/02/2026", STRICT, "Mon 2026-02-23 00:00"),  # a Sunday in Tết: named, so it does not move
        ("trước ngày 15/12/2026", BOTH, "Mon 2026-12-14 17:00"),
        ("chậm nhất ngày 15/12/2026", STRICT, "Wed 2026-12-16 00:00"),  # only "trước" is meant
        ("hết ngày 15/12/2026", BOTH, "Tue 2026-12-15 17:00"),
        ("trong 3 ngày làm việc", STRICT, "Fri 2026-03-06 00:00"),
    ],
)
def test_rule_01_before_a_day_is_by_the_day_before_only_where_the_office_is_strict(
    text: str, office: OfficeHours, expected: str
) -> None:
    assert due(text, office) == expected


@pytest.mark.parametrize(
    ("deadline", "instant", "expected"),
    [
        ("2026-03-20", "Fri 2026-03-20 23:59:59.999999", Timeliness.DUE_SOON),
        ("2026-03-20", "Sat 2026-03-21 00:00", Timeliness.DUE_SOON),  # 24:00 itself is still in time
        ("2026-03-20", "Sat 2026-03-21 00:00:00.000001", Timeliness.OVERDUE),
        ("2026-03-20 10:00", "Fri 2026-03-20 10:00", Timeliness.DUE_SOON),
        ("2026-03-20 10:00", "Fri 2026-03-20 10:00:00.000001", Timeliness.OVERDUE),
        ("2025-12-31", "Thu 2026-01-01 00:00", Timeliness.DUE_SOON),
        ("2025-12-31", "Thu 2026-01-01 00:00:01", Timeliness.OVERDUE),
    ],
)
def test_rule_01_the_due_instant_itself_is_in_time_and_the_first_instant_after_it_is_overdue(
    deadline: str, instant: str, expected: Timeliness
) -> None:
    directive = a_directive("in_progress", at="2025-12-15 09:00", deadline=deadline)

    assert timeliness(directive, CALENDAR, local(instant)) is expected


@settings(max_examples=100, deadline=None)
@given(
    named=st.dates(dt.date(2000, 1, 2), dt.date(2100, 12, 31)),
    hour=st.none() | st.times(),
    qualifier=st.sampled_from(Qualifier),
    office=st.sampled_from([PLAIN, STRICT, CLOSING, BOTH]),
)
def test_rule_01_every_deadline_falls_due_on_its_last_day_or_at_the_midnight_that_ends_it(
    named: dt.date, hour: dt.time | None, qualifier: Qualifier, office: OfficeHours
) -> None:
    deadline = make_deadline(named, time=hour, qualifier=qualifier, office=office)
    face = deadline.due_at.astimezone(LOCAL)

    strict = hour is None and office.strict_before and qualifier is Qualifier.BEFORE
    last = named - dt.timedelta(days=1) if strict else named
    if hour is not None:
        assert (face.date(), face.time()) == (named, hour)
    elif office.closing_hour is not None:
        assert (face.date(), face.time()) == (last, office.closing_hour)
    else:
        assert (face.date(), face.time()) == (last + dt.timedelta(days=1), dt.time(0))
        assert deadline.last_day == last
    assert due_instant(named, hour, qualifier, office).tzinfo is dt.UTC


def test_rule_01_the_offices_own_settings_hold_for_what_is_written_and_for_a_spreadsheets_day(
    standing: StandingOffice,
) -> None:
    policy = the_policy_data()
    policy["office"] = {"strict_before": True, "closing_hour": "16:30"}
    with writing(standing.engine) as connection:
        write_policy(connection, safe_dump(policy, allow_unicode=True), local("2026-03-03 08:00"), "quantri")

    def read(deadline: object) -> str:
        registration = standing.read(deadline=deadline).registration
        assert registration is not None
        assert registration.deadline is not None
        return clock_face(registration.deadline.due_at)

    assert read("trước ngày 20/3/2026") == "Thu 2026-03-19 16:30"
    assert read("20/3/2026") == "Fri 2026-03-20 16:30"
    assert read(day("2026-03-20", "Friday")) == "Fri 2026-03-20 16:30"
    assert read(dt.datetime(2026, 3, 20, 10, 0)) == "Fri 2026-03-20 10:00"  # noqa: DTZ001  a cell knows no zone


def test_rule_01_a_result_submitted_in_the_last_second_of_the_day_is_on_time_and_one_a_second_later_is_late(
    office: RealOffice,
) -> None:
    deadline = a_deadline("2026-03-20", "Friday")
    judged: dict[str, Timeliness | None] = {}

    for code, instant in (("IN-TIME", "Fri 2026-03-20 23:59:59"), ("LATE", "Sat 2026-03-21 00:00:01")):
        office.at("Wed 2026-03-04 09:00").register(code, acknowledged=True, deadline=deadline)
        office.at(instant).act(code, c.Submit(result="Báo cáo"), "truong.syt")
        office.at("Wed 2026-04-15 09:00").act(code, c.Accept(), "chanhvanphong")
        with reading(office.engine) as connection:
            directive = read_directive(connection, code)
        assert directive is not None
        judged[code] = timeliness(directive, CALENDAR, office.clock)

    assert judged == {"IN-TIME": Timeliness.COMPLETED_ON_TIME, "LATE": Timeliness.COMPLETED_LATE}


def test_rule_01_the_day_of_a_deadline_is_the_local_one_also_where_it_is_another_day_in_utc() -> None:
    registration = a_registration(deadline=a_deadline("2026-03-20 05:00"))

    assert registration.deadline is not None
    assert registration.deadline.due_at == dt.datetime(2026, 3, 19, 22, tzinfo=dt.UTC)
    assert local_day(registration.deadline.due_at) == day("2026-03-20", "Friday")
