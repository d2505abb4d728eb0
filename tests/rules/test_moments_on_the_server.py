"""RULES 8-15 on the real server under skipped time: real timers, the real door, the moments written by hand."""

import datetime as dt
from typing import Any

import pytest
from builders import clock_face, day, local
from running_engine import RunningEngine

from database.engine import writing
from database.reference import write_calendar_days
from models import commands as c
from models.calendar import CalendarRow
from models.deadline import make_deadline
from models.events import MomentReached
from models.timeliness import LateDays, late_days, timeliness
from models.vocabulary import Opinion, Status, Timeliness, Urgency
from services.temporal import handle, start_from_ledger

pytestmark = [pytest.mark.server, pytest.mark.slow]


async def a_life(engine: RunningEngine, name: str, deadline: str = "2026-03-20", **fields: Any) -> str:
    """A directive of Sở Y tế of Monday 2 March 2026, acknowledged at once."""
    await engine.time_is("Mon 2026-03-02 09:00")
    code = await engine.register(name, lead_agency="SYT", deadline=engine.deadline(deadline), **fields)
    await engine.do(code, c.Acknowledge(), "chuyenvien.syt")
    return code


def covered(engine: RunningEngine, code: str, kind: str) -> list[tuple[str, ...]]:
    """The covered steps that the lead's officer read of, in each act of a kind."""
    return [
        content.covered
        for person, content in engine.notices(code)
        if person == "chuyenvien.syt" and content.kind == kind
    ]


async def test_rule_08_a_deadline_moved_nearer_and_then_farther_the_same_day(engine: RunningEngine) -> None:
    code = await a_life(engine, "nearer-farther")
    await engine.until(code, "Thu 2026-03-19 09:00")
    nearer = make_deadline(day("2026-03-19", "Thursday"), time=dt.time(16, 0))

    await engine.do(code, c.Amend(reason="Bộ họp chiều nay", deadline=nearer), "pct.vanxa")
    await engine.until(code, "Thu 2026-03-19 15:00")
    await engine.do(code, c.Amend(reason="Bộ hoãn họp", deadline=engine.deadline("2026-04-03")), "pct.vanxa")
    await engine.until(code, "Thu 2026-04-02 09:00")

    assert engine.told(code) == [
        ("2026-03-11 08:00", "deadline -7"),
        ("2026-03-17 08:00", "deadline -3"),
        ("2026-03-19 08:00", "deadline -1"),
        ("2026-03-25 08:00", "deadline -7"),
        ("2026-03-30 08:00", "silence +20"),
        ("2026-03-31 08:00", "deadline -3"),
        ("2026-04-02 08:00", "deadline -1"),
    ]
    assert covered(engine, code, "amended") == [("-7", "-3", "-1", "0"), ()]


async def test_rule_08_a_flash_directive_over_a_weekend_is_told_in_working_hours(engine: RunningEngine) -> None:
    """Handed out on Friday at 15:50, due on Monday at 10:00; nothing is said on Saturday and Sunday."""
    await engine.time_is("Fri 2026-03-20 15:50")
    monday = make_deadline(day("2026-03-23", "Monday"), time=dt.time(10, 0))
    code = await engine.register("flash", lead_agency="SYT", deadline=monday, urgency=Urgency.FLASH)

    await engine.until(code, "Mon 2026-03-23 11:30")

    assert covered(engine, code, "assigned") == [("-16h", "-8h")]
    assert engine.told(code) == [
        ("2026-03-20 16:50", "acknowledgement +1h"),
        ("2026-03-23 08:00", "deadline -2h"),
        ("2026-03-23 08:20", "acknowledgement +2h"),
        ("2026-03-23 09:20", "acknowledgement +3h"),
        ("2026-03-23 10:00", "deadline 0h"),
        ("2026-03-23 11:00", "deadline +1h"),
    ]


async def test_rule_09_days_called_off_tell_at_once_merged_what_they_put_into_the_past(engine: RunningEngine) -> None:
    """Registered on Tuesday the 10th; that afternoon two days of next week are called off: −7 was yesterday."""
    await engine.time_is("Tue 2026-03-10 09:00")
    code = await engine.register("storm", lead_agency="SYT", deadline=engine.deadline("2026-03-20"))
    await engine.do(code, c.Acknowledge(), "chuyenvien.syt")
    storm = (day("2026-03-18", "Wednesday"), day("2026-03-19", "Thursday"))

    await engine.until(code, "Tue 2026-03-10 15:00")
    with writing(engine.office.engine) as connection:
        write_calendar_days(connection, tuple(CalendarRow(day=one, working=False, reason="Nghỉ bão") for one in storm))
    await handle(engine.client, code).execute_update("replan")
    await engine.until(code, "Fri 2026-03-20 09:00")

    assert engine.told(code) == [
        ("2026-03-09 08:00", "deadline -7"),
        ("2026-03-13 08:00", "deadline -3"),
        ("2026-03-17 08:00", "deadline -1"),
        ("2026-03-20 08:00", "deadline 0"),
    ]
    first = next(row for row in engine.rows(code) if isinstance(row.event, MomentReached))
    assert clock_face(first.at).startswith("Tue 2026-03-10 15:00")


async def test_rule_10_after_an_outage_of_two_weeks_each_person_gets_one_message_naming_what_was_missed(
    engine: RunningEngine,
) -> None:
    """Temporal is lost on the 11th and comes back, from the ledger, on Wednesday the 25th at 10:17."""
    code = await a_life(engine, "outage")
    await engine.until(code, "Wed 2026-03-11 09:00")
    rows = engine.rows(code)
    await handle(engine.client, code).terminate("the store was lost")

    await engine.time_is("Wed 2026-03-25 10:17")
    shift = engine.office.reference().clock_shift
    await start_from_ledger(engine.skipper.client, code, rows, shift, engine.task_queue)
    await handle(engine.client, code).execute_update("replan")

    reached = [row for row in engine.rows(code)[len(rows) :] if isinstance(row.event, MomentReached)]
    assert [(row.event.step, row.event.outcome) for row in reached if isinstance(row.event, MomentReached)] == [
        ("-3", "merged"),
        ("-1", "merged"),
        ("0", "merged"),
        ("+1", "merged"),
        ("+3", "told"),
    ]
    assert {clock_face(row.at)[:20] for row in reached} == {"Wed 2026-03-25 10:17"}
    got = [(person, content) for person, content in engine.notices(code) if content.kind == "moment"][1:]
    assert {person: [step.step for step in content.steps] for person, content in got} == {
        "chuyenvien.syt": ["-3", "-1", "0"],
        "truong.syt": ["-1", "0", "+1"],
        "chanhvanphong": ["+3"],
    }
    assert len(got) == 3
    assert {content.level for _, content in got} == {2}
    await engine.until(code, "Tue 2026-03-31 09:00")
    assert engine.told(code)[-2:] == [("2026-03-30 08:00", "silence +20"), ("2026-03-31 08:00", "deadline +7")]


async def test_rule_12_suspended_over_tet_2026_with_an_explanation_owed(engine: RunningEngine) -> None:
    """Demanded on Monday 9 February for Thursday the 12th; suspended from Tuesday until the Tuesday after Tết."""
    await engine.time_is("Mon 2026-02-02 09:00")
    code = await engine.register("over-tet", lead_agency="SYT", deadline=engine.deadline("2026-02-13"))
    await engine.do(code, c.Acknowledge(), "chuyenvien.syt")
    await engine.until(code, "Mon 2026-02-09 10:00")
    demand = c.DemandExplanation(text="Vì sao chậm?", respond_by=engine.deadline("2026-02-12"))
    await engine.do(code, demand, "pct.vanxa")
    await engine.until(code, "Tue 2026-02-10 10:00")
    await engine.do(code, c.Suspend(reason="Nghỉ Tết"), "pct.vanxa")

    await engine.until(code, "Tue 2026-02-24 10:00")
    await engine.do(code, c.Resume(deadline=engine.deadline("2026-03-06")), "pct.vanxa")
    await engine.until(code, "Mon 2026-03-02 09:00")

    # Two working days were left to explain on the 10th; two are left on the 24th: Thursday the 26th.
    assert engine.told(code) == [
        ("2026-02-04 08:00", "deadline -7"),
        ("2026-02-10 08:00", "deadline -3"),
        ("2026-02-25 08:00", "deadline -7"),
        ("2026-02-26 08:00", "explanation 0"),
        ("2026-02-27 08:00", "explanation +1"),
    ]


async def test_rule_14_submitted_returned_waiting_for_a_coordinating_agency_and_the_days_add_up(
    engine: RunningEngine,
) -> None:
    code = await a_life(engine, "late-days", "2026-03-06", coordinating_agencies=("STC",))
    await engine.until(code, "Fri 2026-03-06 16:00")
    await engine.do(code, c.Submit(result="Bản một"), "truong.syt")
    await engine.until(code, "Wed 2026-03-11 10:00")  # Monday and Tuesday: the Office
    await engine.do(code, c.Return(reason="Thiếu số liệu của Sở Tài chính"), "chanhvanphong")
    await engine.until(code, "Thu 2026-03-12 10:00")  # Wednesday: the agency
    await engine.do(code, c.ReportProgress(text="Chờ số liệu", waiting_for=("STC",)), "truong.syt")
    await engine.until(code, "Mon 2026-03-16 10:00")  # Thursday and Friday: the coordinating agency
    await engine.do(code, c.Contribute(opinion=Opinion.AGREE), "chuyenvien.stc")
    ask = c.RequestExtension(deadline=engine.deadline("2026-04-30"), reason="Cần thêm số liệu")
    await engine.do(code, ask, "truong.syt")
    await engine.until(code, "Tue 2026-03-17 10:00")  # Monday: the leader
    await engine.do(code, c.DecideExtension(granted=False, reason="Không"), "pct.vanxa")
    await engine.until(code, "Wed 2026-03-18 10:00")  # Tuesday, and the day of handing in: the agency
    await engine.do(code, c.Submit(result="Bản hai"), "truong.syt")
    await engine.do(code, c.Accept(), "chanhvanphong")

    directive, calendar = engine.directive(code), engine.office.reference().calendar
    found = late_days(directive, calendar, directive.updated_at)
    assert found == LateDays(office=2, lead=3, coordinator=2, leader=1)
    assert found.total == calendar.working_days_between(day("2026-03-06", "Friday"), day("2026-03-18", "Wednesday"))
    steps = [step for _, step in engine.told(code) if step.startswith("deadline")]
    assert steps == ["deadline -3", "deadline -1", "deadline 0", "deadline +7"]
    asked = [one for person, one in engine.notices(code) if person == "chuyenvien.stc" and one.waiting_for == ("STC",)]
    assert len(asked) == 1


async def test_rule_15_reopened_after_a_month_it_hears_only_of_its_new_deadline(engine: RunningEngine) -> None:
    code = await a_life(engine, "reopened", "2026-03-06")
    await engine.until(code, "Tue 2026-03-10 09:00")
    await engine.do(code, c.Submit(result="Xong"), "truong.syt")
    await engine.do(code, c.Accept(), "chanhvanphong")
    before = engine.told(code)

    await engine.time_is("Mon 2026-04-13 09:00")
    reopen = c.Reopen(deadline=engine.deadline("2026-04-24"), reason="Kết quả chưa đúng")
    await engine.do(code, reopen, "chutich")
    await engine.until(code, "Fri 2026-04-24 09:00")

    assert [step for _, step in before] == ["deadline -3", "deadline -1", "deadline 0", "deadline +1"]
    assert engine.told(code)[len(before) :] == [
        ("2026-04-15 08:00", "deadline -7"),
        ("2026-04-21 08:00", "deadline -3"),
        ("2026-04-23 08:00", "deadline -1"),
        ("2026-04-24 08:00", "deadline 0"),
    ]
    directive, calendar = engine.directive(code), engine.office.reference().calendar
    assert timeliness(directive, calendar, local("Fri 2026-04-24 10:00")) is Timeliness.DUE_SOON
    assert late_days(directive, calendar, local("Mon 2026-04-27 23:00")).total == 0


async def test_rule_15_one_that_nobody_ever_led_waits_to_be_handed_out_again(engine: RunningEngine) -> None:
    await engine.time_is("Mon 2026-03-02 09:00")
    code = await engine.register("never-led", deadline=engine.deadline("2026-03-20"))
    await engine.do(code, c.Cancel(reason="Nhầm"), "vanthu")

    await engine.do(code, c.Reopen(deadline=engine.deadline("2026-03-27"), reason="Vẫn cần"), "pct.vanxa")
    assert engine.directive(code).status is Status.REGISTERED
    await engine.until(code, "Wed 2026-03-04 09:00")
    await engine.do(code, c.Assign(agency="SYT"), "vanthu")
    await engine.until(code, "Thu 2026-03-05 09:00")

    assert engine.told(code) == [
        ("2026-03-03 08:00", "handout +1"),
        ("2026-03-04 08:00", "handout +2"),
        ("2026-03-05 08:00", "acknowledgement +1"),
    ]
