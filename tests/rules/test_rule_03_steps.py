"""RULES 3: step −k is the k-th working day strictly before the anchor's day, +k strictly after; 0 is that day."""

import datetime as dt

import pytest
from builders import a_calendar, a_deadline, a_directive, clock_face, day, local, the_policy
from hypothesis import given, settings
from hypothesis import strategies as st
from real_office import Mailbox, RealOffice
from sqlalchemy import select

from activities.delivery import Delivery
from database.engine import reading
from database.ledger import read_rows
from database.seed_data import read_calendar_file
from models import commands as c
from models.events import MomentReached
from models.moments import upcoming
from models.notices import NoticeContent
from models.tables import NOTICE
from models.vocabulary import Clock

CALENDAR = read_calendar_file().to_calendar()
DAYS = st.dates(dt.date(2021, 6, 1), dt.date(2028, 6, 1))


def steps(anchor: str, weekday: str) -> dict[int, str]:
    """The days of steps −3 to +3 around an anchor, with their weekdays."""
    named = day(anchor, weekday)
    return {count: CALENDAR.add(named, count).strftime("%a %Y-%m-%d") for count in range(-3, 4)}


@pytest.mark.parametrize(
    ("anchor", "weekday", "before", "itself", "after"),
    [
        # A plain working day.
        ("2026-03-18", "Wednesday", ("Fri 2026-03-13", "Mon 2026-03-16", "Tue 2026-03-17"), "Wed 2026-03-18",
         ("Thu 2026-03-19", "Fri 2026-03-20", "Mon 2026-03-23")),
        # A Sunday: 0 and −1 are the Friday before, +1 the Monday after.
        ("2026-03-22", "Sunday", ("Wed 2026-03-18", "Thu 2026-03-19", "Fri 2026-03-20"), "Fri 2026-03-20",
         ("Mon 2026-03-23", "Tue 2026-03-24", "Wed 2026-03-25")),
        # The last day before Tết Bính Ngọ, and a day within it.
        ("2026-02-13", "Friday", ("Tue 2026-02-10", "Wed 2026-02-11", "Thu 2026-02-12"), "Fri 2026-02-13",
         ("Mon 2026-02-23", "Tue 2026-02-24", "Wed 2026-02-25")),
        ("2026-02-18", "Wednesday", ("Wed 2026-02-11", "Thu 2026-02-12", "Fri 2026-02-13"), "Fri 2026-02-13",
         ("Mon 2026-02-23", "Tue 2026-02-24", "Wed 2026-02-25")),
        # Tết Quý Mão with its compensations: Thursday 26 January is still off.
        ("2023-01-26", "Thursday", ("Tue 2023-01-17", "Wed 2023-01-18", "Thu 2023-01-19"), "Thu 2023-01-19",
         ("Fri 2023-01-27", "Mon 2023-01-30", "Tue 2023-01-31")),
        # The day swapped away and the Saturday worked for it, announced on 12 April 2024.
        ("2024-04-29", "Monday", ("Wed 2024-04-24", "Thu 2024-04-25", "Fri 2024-04-26"), "Fri 2024-04-26",
         ("Thu 2024-05-02", "Fri 2024-05-03", "Sat 2024-05-04")),
        ("2024-05-04", "Saturday", ("Fri 2024-04-26", "Thu 2024-05-02", "Fri 2024-05-03"), "Sat 2024-05-04",
         ("Mon 2024-05-06", "Tue 2024-05-07", "Wed 2024-05-08")),
        ("2024-05-05", "Sunday", ("Thu 2024-05-02", "Fri 2024-05-03", "Sat 2024-05-04"), "Sat 2024-05-04",
         ("Mon 2024-05-06", "Tue 2024-05-07", "Wed 2024-05-08")),
        # The turn of the year: 1 January off, 2 January swapped for Saturday the 10th.
        ("2025-12-31", "Wednesday", ("Fri 2025-12-26", "Mon 2025-12-29", "Tue 2025-12-30"), "Wed 2025-12-31",
         ("Mon 2026-01-05", "Tue 2026-01-06", "Wed 2026-01-07")),
        ("2026-01-01", "Thursday", ("Mon 2025-12-29", "Tue 2025-12-30", "Wed 2025-12-31"), "Wed 2025-12-31",
         ("Mon 2026-01-05", "Tue 2026-01-06", "Wed 2026-01-07")),
        # The turn into a year that nobody confirmed.
        ("2027-01-01", "Friday", ("Tue 2026-12-29", "Wed 2026-12-30", "Thu 2026-12-31"), "Thu 2026-12-31",
         ("Mon 2027-01-04", "Tue 2027-01-05", "Wed 2027-01-06")),
    ],
)  # fmt: skip
def test_rule_03_step_minus_k_is_the_kth_working_day_strictly_before_and_plus_k_strictly_after_and_0_the_day_or_before(
    anchor: str, weekday: str, before: tuple[str, ...], itself: str, after: tuple[str, ...]
) -> None:
    assert steps(anchor, weekday) == dict(zip(range(-3, 4), (*before, itself, *after), strict=True))


@settings(max_examples=300, deadline=None)
@given(anchor=DAYS, count=st.integers(1, 60))
def test_rule_03_between_a_step_and_its_anchor_lie_exactly_its_working_days(anchor: dt.date, count: int) -> None:
    def worked(first: dt.date, last: dt.date) -> int:
        return sum(CALENDAR.is_working(first + dt.timedelta(days=n)) for n in range((last - first).days + 1))

    one_day = dt.timedelta(days=1)
    before, itself, after = (CALENDAR.add(anchor, step) for step in (-count, 0, count))

    assert before < anchor < after
    assert worked(before, anchor - one_day) == count
    assert worked(anchor + one_day, after) == count
    assert itself <= anchor
    assert worked(itself, anchor) == 1
    assert all(CALENDAR.is_working(found) for found in (before, itself, after))


@settings(max_examples=300, deadline=None)
@given(start=DAYS, count=st.integers(-2_000, 2_000))
def test_rule_03_counting_back_and_forward_again_returns(start: dt.date, count: int) -> None:
    worked = CALENDAR.add(start, 0)

    assert CALENDAR.add(CALENDAR.add(worked, count), -count) == worked
    assert CALENDAR.working_days_between(worked, CALENDAR.add(worked, count)) == count


@settings(max_examples=200, deadline=None)
@given(
    start=st.datetimes(dt.datetime(2021, 6, 1), dt.datetime(2027, 6, 1), timezones=st.just(dt.UTC)),  # noqa: DTZ001
    minutes=st.integers(1, 30_000),
)
def test_rule_03_counting_hours_back_and_forward_again_returns_too(start: dt.datetime, minutes: int) -> None:
    at_work = CALENDAR.add_working_hours(start, 1)

    there = CALENDAR.add_working_hours(at_work, minutes / 60)

    assert abs(CALENDAR.add_working_hours(there, -minutes / 60) - at_work) < dt.timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("deadline", "registered", "expected"),
    [
        (
            "2024-05-04",  # the worked Saturday
            "2024-04-10 09:00",
            ["-7 Mon 2024-04-22 08:00", "-3 Fri 2024-04-26 08:00", "-1 Fri 2024-05-03 08:00", "0 Sat 2024-05-04 08:00",
             "+1 Mon 2024-05-06 08:00", "+3 Wed 2024-05-08 08:00", "+7 Tue 2024-05-14 08:00"],
        ),
        (
            "2026-02-18",  # within Tết: −1 and 0 fall together on the last Friday
            "2026-01-05 09:00",
            ["-7 Thu 2026-02-05 08:00", "-3 Wed 2026-02-11 08:00", "-1 Fri 2026-02-13 08:00", "0 Fri 2026-02-13 08:00",
             "+1 Mon 2026-02-23 08:00", "+3 Wed 2026-02-25 08:00", "+7 Tue 2026-03-03 08:00"],
        ),
        (
            "2026-01-03",  # a Saturday after New Year and a swapped Friday
            "2025-12-01 09:00",
            ["-7 Tue 2025-12-23 08:00", "-3 Mon 2025-12-29 08:00", "-1 Wed 2025-12-31 08:00", "0 Wed 2025-12-31 08:00",
             "+1 Mon 2026-01-05 08:00", "+3 Wed 2026-01-07 08:00", "+7 Mon 2026-01-12 08:00"],
        ),
    ],
)  # fmt: skip
def test_rule_03_the_ladder_of_a_deadline_stands_on_these_days(
    deadline: str, registered: str, expected: list[str]
) -> None:
    directive = a_directive("in_progress", at=registered, deadline=deadline)

    found = [
        f"{moment.step} {clock_face(moment.at)}"
        for moment in upcoming(directive, the_policy(), CALENDAR, local(registered))
        if moment.clock is Clock.DEADLINE and moment.level < 4
    ]

    assert sorted(found) == sorted(expected)


def test_rule_03_a_step_of_an_anchor_late_in_the_evening_counts_from_its_local_day() -> None:
    # 23:30 local is still Wednesday 4 March; in UTC, too, but 00:30 local on Thursday is Wednesday there.
    wednesday = a_directive("registered", at="2026-03-04 23:30", deadline=None)
    thursday = a_directive("registered", at="2026-03-05 00:30", deadline=None)

    first_of = [
        clock_face(upcoming(directive, the_policy(), a_calendar(), directive.registered_at)[0].at)
        for directive in (wednesday, thursday)
    ]

    assert first_of == ["Thu 2026-03-05 08:00", "Fri 2026-03-06 08:00"]


def heard(office: RealOffice, person: str) -> list[NoticeContent]:
    with reading(office.engine) as connection:
        rows = connection.execute(
            select(NOTICE.c.content).where(NOTICE.c.recipient == person, NOTICE.c.kind == "moment")
        )
        return [NoticeContent.model_validate_json(row.content) for row in rows]


def test_rule_03_steps_that_fall_together_for_one_person_are_one_message_with_both_reasons(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.at("Mon 2026-03-02 09:00").register("A-1", acknowledged=True, deadline=a_deadline("2026-03-22", "Sunday"))
    for morning in ("Tue 2026-03-03 08:00", "Wed 2026-03-11 08:00", "Wed 2026-03-18 08:00"):  # the steps before
        office.at(morning).tell_all()
        delivery.deliver()
    mailbox.received.clear()

    office.at("Fri 2026-03-20 08:00").tell_all()
    delivery.deliver()

    for person in ("truong.syt", "chuyenvien.syt"):
        [told] = [content for content in heard(office, person) if {step.step for step in content.steps} & {"0", "-1"}]
        assert sorted(step.step for step in told.steps) == ["-1", "0"]
        [mail] = mailbox.to(person)
        words = " ".join(mail.get_body(("plain",)).get_content().split())  # type: ignore[union-attr]
        assert "trước hạn 1 ngày làm việc" in words
        assert "vào ngày đến hạn" in words
    with reading(office.engine) as connection:
        events = [row.event for row in read_rows(connection, "A-1")]
    assert sorted(event.step for event in events[-2:] if isinstance(event, MomentReached)) == ["-1", "0"]


def test_rule_03_steps_of_two_clocks_that_fall_together_are_one_message_with_both_reasons(office: RealOffice) -> None:
    office.at("Mon 2026-03-09 09:00").register("A-1", acknowledged=True, deadline=a_deadline("2026-03-18", "Wednesday"))
    office.at("Fri 2026-03-13 08:00").tell_all()
    office.at("Mon 2026-03-16 10:00").act("A-1", c.DemandExplanation(text="Vì sao chưa báo cáo?"), "chutich")

    office.at("Tue 2026-03-17 08:00").tell_all()

    steps_of = {person: _steps(heard(office, person)[-1]) for person in ("truong.syt", "chanhvanphong")}
    assert steps_of == {
        "truong.syt": {("deadline", "-1"), ("explanation", "+1")},
        "chanhvanphong": {("explanation", "+1")},
    }
    assert len(heard(office, "truong.syt")) == 1
    assert _steps(heard(office, "chuyenvien.syt")[-1]) == {("deadline", "-1")}


def _steps(content: NoticeContent) -> set[tuple[str, str]]:
    return {(step.clock.value, step.step) for step in content.steps}
