"""RULES 10: after an outage all that passed is in the ledger, told or merged; one message a person, never a burst."""

import datetime as dt

from builders import LEAD_AGENCY, SECRETARIAT, a_calendar, a_deadline, a_registration, clock_face, day, local
from hypothesis import given, settings
from hypothesis import strategies as st
from office_fixture import Desk
from sqlalchemy import select
from told_life import ToldLife

from database.engine import reading
from database.ledger import read_rows
from documents.language import Language
from documents.notice_text import render
from models import commands as c
from models.directive import SourceDocument
from models.events import MomentReached
from models.notices import NoticeContent
from models.tables import DELIVERY, NOTICE

FRIDAY = a_deadline("2026-03-20", "Friday")


def a_life() -> ToldLife:
    life = ToldLife().do(a_registration(deadline=FRIDAY), SECRETARIAT, "Mon 2026-03-02 09:00")
    return life.do(c.Acknowledge(), LEAD_AGENCY, "Mon 2026-03-02 09:01")


def an_outage(desk: Desk, back: str) -> None:
    """A directive acknowledged on 2 March, told until the 11th; then nobody was there until `back`."""
    desk.register("NV-1", "Mon 2026-03-02 09:00", deadline=FRIDAY)
    desk.act("NV-1", c.Acknowledge(), "truong.syt", "Mon 2026-03-02 09:30")
    desk.tell("NV-1", "Wed 2026-03-11 08:00")
    desk.tell("NV-1", back)


def messages(desk: Desk) -> dict[str, NoticeContent]:
    """What each person got at the instant when the engine was back; one message a person."""
    with reading(desk.office.engine) as connection:
        last = connection.execute(select(NOTICE.c.at).order_by(NOTICE.c.at.desc())).scalar()
        rows = connection.execute(select(NOTICE).where(NOTICE.c.at == last)).all()
        assert connection.execute(select(DELIVERY.c.id)).first() is not None
    people = [row.recipient for row in rows]
    assert len(people) == len(set(people)), "a burst: somebody got two"
    return {row.recipient: NoticeContent.model_validate_json(row.content) for row in rows}


# --- In the ledger ---------------------------------------------------------------------------------------------


def test_rule_10_each_step_that_passed_is_in_the_ledger_with_planned_and_actual_instant_told_or_merged(
    desk: Desk,
) -> None:
    an_outage(desk, "Wed 2026-03-25 10:17")

    with reading(desk.office.engine) as connection:
        rows = [row for row in read_rows(connection, "NV-1") if isinstance(row.event, MomentReached)]

    assert [
        (row.event.step, clock_face(row.planned_at), clock_face(row.at), row.event.outcome)
        for row in rows
        if isinstance(row.event, MomentReached) and row.planned_at is not None
    ] == [
        ("-7", "Wed 2026-03-11 08:00", "Wed 2026-03-11 08:00", "told"),
        ("-3", "Tue 2026-03-17 08:00", "Wed 2026-03-25 10:17", "merged"),
        ("-1", "Thu 2026-03-19 08:00", "Wed 2026-03-25 10:17", "merged"),
        ("0", "Fri 2026-03-20 08:00", "Wed 2026-03-25 10:17", "merged"),
        ("+1", "Mon 2026-03-23 08:00", "Wed 2026-03-25 10:17", "merged"),
        ("+3", "Wed 2026-03-25 08:00", "Wed 2026-03-25 10:17", "told"),
    ]


def test_rule_10_a_timer_that_is_late_by_hours_is_an_outage_of_one_step(desk: Desk) -> None:
    an_outage(desk, "Tue 2026-03-17 16:59")

    assert {person: [step.step for step in one.steps] for person, one in messages(desk).items()} == {
        "chuyenvien.syt": ["-3"]
    }


# --- To people -------------------------------------------------------------------------------------------------


def test_rule_10_each_person_gets_one_message_of_the_highest_level_naming_what_he_missed(desk: Desk) -> None:
    an_outage(desk, "Wed 2026-03-25 10:17")

    got = messages(desk)

    assert {person: [step.step for step in one.steps] for person, one in got.items()} == {
        "chuyenvien.syt": ["-3", "-1", "0"],
        "truong.syt": ["-1", "0", "+1"],
        "chanhvanphong": ["+3"],
    }
    assert {one.level for one in got.values()} == {2}
    back, directory = local("Wed 2026-03-25 10:17"), desk.office.reference().directory
    told = render(got["truong.syt"], directory, Language.VI, "https://dondoc.example", at=back)
    assert told.headline == "Đôn đốc cấp 2: quá hạn 3 ngày làm việc."
    assert "Mốc “trước hạn 1 ngày làm việc” đáng lẽ được nhắc" in told.text
    assert "Mốc “quá hạn 1 ngày làm việc” đáng lẽ được nhắc" in told.text


def test_rule_10_an_outage_over_the_whole_of_tet_ends_in_one_message_a_person(desk: Desk) -> None:
    """Due on Friday 13 February 2026, the last day before Tết; everything was off until Monday 9 March."""
    desk.register(
        "NV-1", "Mon 2026-02-02 09:00", deadline=a_deadline("2026-02-13", "Friday"), document=SourceDocument()
    )
    desk.act("NV-1", c.Acknowledge(), "truong.syt", "Mon 2026-02-02 09:30")
    desk.tell("NV-1", "Tue 2026-02-10 08:00")

    desk.tell("NV-1", "Mon 2026-03-09 07:30")

    got = messages(desk)
    assert {person: [step.step for step in one.steps] for person, one in got.items()} == {
        "chuyenvien.syt": ["-1", "0"],
        "truong.syt": ["-1", "0", "+1"],
        "chanhvanphong": ["+3"],
        "pct.vanxa": ["+7"],
    }
    assert {one.level for one in got.values()} == {3}


def test_rule_10_who_hears_is_who_holds_the_post_when_the_engine_is_back_not_when_the_step_was(desk: Desk) -> None:
    desk.register("NV-1", "Mon 2026-03-02 09:00", deadline=FRIDAY)
    desk.act("NV-1", c.Acknowledge(), "truong.syt", "Mon 2026-03-02 09:30")
    desk.sql("UPDATE post SET valid_until = '2026-03-24' WHERE person = 'truong.syt'", *RAISED)

    desk.tell("NV-1", "Wed 2026-03-25 09:00")

    got = messages(desk)
    assert "truong.syt" not in got
    assert [step.step for step in got["chanhvanphong"].steps] == ["-1", "0", "+1", "+3"]


RAISED = ("UPDATE revision SET number = number + 1 WHERE subject = 'directory'",)


# --- Whatever the outage ---------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 2_000), max_size=12))
def test_rule_10_the_same_steps_are_told_with_the_same_planned_instants_however_often_nobody_was_there(
    gaps: list[int],
) -> None:
    always, sometimes = a_life(), a_life()
    end, now = local("Thu 2026-05-14 09:00"), local("Mon 2026-03-02 09:01")

    for hour in range(24 * 73):
        if always.calendar.is_working((now + dt.timedelta(hours=hour)).date()) and hour % 24 == 23:
            always.tell(now + dt.timedelta(hours=hour))
    for gap in gaps:
        now = min(now + dt.timedelta(hours=gap), end)
        sometimes.tell(now)
    always.tell(end)
    sometimes.tell(end)

    assert sorted(sometimes.fell_due) == sorted(always.fell_due)
    assert len(sometimes.fell_due) == len(set(sometimes.fell_due))


def test_rule_10_the_stories_count_on_these_days() -> None:
    assert not a_calendar().is_working(day("2026-02-20", "Friday"))
    assert a_calendar().is_working(day("2026-02-23", "Monday"))
