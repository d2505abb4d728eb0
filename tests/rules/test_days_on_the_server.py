"""The group "Days and instants" on the real Temporal server under skipped time; moments are written by hand."""

import datetime as dt

import pytest
from builders import a_deadline, clock_face, day
from running_engine import RunningEngine
from temporalio.testing import ActivityEnvironment

from activities.sweep import Sweep
from database.engine import reading, writing
from database.reference import remove_calendar_day
from models.commands import Acknowledge, Submit
from models.deadline import make_deadline
from models.timeliness import timeliness
from models.vocabulary import Timeliness, Urgency
from services.asking import board, status_of
from services.engine_access import EngineAccess
from services.office_calendar import make_working, take_off

pytestmark = [pytest.mark.server, pytest.mark.slow]

MONDAY, SATURDAY = day("2024-04-29", "Monday"), day("2024-05-04", "Saturday")


async def sweep(engine: RunningEngine) -> None:
    """One real sweep, with its real clients: what is planned under another calendar is replanned."""
    failures: list[str] = []
    access = EngineAccess(engine.skipper.client, engine.office)
    swept = Sweep(engine.office.engine, engine.office.references, access, lambda what, _: failures.append(what))
    await ActivityEnvironment().run(swept.sweep)
    assert failures == []


def next_moment(engine: RunningEngine, code: str) -> str:
    with reading(engine.office.engine) as connection:
        following = status_of(connection, code, engine.office.now()).following
    assert following is not None
    return f"{clock_face(following.at.replace(second=0, microsecond=0))} {following.clock.value} {following.step}"


async def test_rule_04_and_05_flash_over_a_weekend_whose_saturday_the_government_makes_a_working_day_late_on_friday(
    engine: RunningEngine,
) -> None:
    with writing(engine.office.engine) as connection:  # as it was known until the letter came
        remove_calendar_day(connection, SATURDAY)
    await engine.time_is("Fri 2024-05-03 16:45")
    code = await engine.register(
        "flash",
        lead_agency="SYT",
        urgency=Urgency.FLASH,
        deadline=make_deadline(day("2024-05-06", "Monday"), time=dt.time(10)),
    )
    before = next_moment(engine, code)

    await engine.until(code, "Fri 2024-05-03 20:00")
    make_working(engine.office, SATURDAY, "Làm bù cho thứ Hai 29/4/2024", "2450/VPCP-KGVX", "vanthu")
    await sweep(engine)
    after = next_moment(engine, code)
    await engine.until(code, "Mon 2024-05-06 11:30")

    assert before == "Mon 2024-05-06 08:00 deadline -2h"
    assert after == "Sat 2024-05-04 08:15 acknowledgement +1h"
    assert engine.told(code) == [
        ("2024-05-04 08:15", "acknowledgement +1h"),  # a quarter of an hour on Friday, three quarters on Saturday
        ("2024-05-04 09:15", "acknowledgement +2h"),
        # "-8h" stands at 09:30 now, but at registering it was past, and the assignment's notice covered it (RULES 8).
        ("2024-05-04 10:15", "acknowledgement +3h"),
        ("2024-05-06 08:00", "deadline -2h"),
        ("2024-05-06 10:00", "deadline 0h"),
        ("2024-05-06 11:00", "deadline +1h"),
    ]
    assert engine.late_by(code) < dt.timedelta(seconds=30)
    assigned = {content.covered for _, content in engine.notices(code) if content.kind == "assigned"}
    assert assigned == {("-16h", "-8h")}


async def test_rule_01_02_and_03_a_deadline_on_a_day_of_tet_stays_and_its_steps_stand_on_the_days_around_it(
    engine: RunningEngine,
) -> None:
    await engine.time_is("Mon 2026-02-09 09:00")
    code = await engine.register("tet", lead_agency="SYT", deadline=a_deadline("2026-02-18", "Wednesday"))
    await engine.do(code, Acknowledge(), "chuyenvien.syt")

    await engine.until(code, "Wed 2026-02-18 23:30")
    in_time = timeliness(engine.directive(code), engine.office.reference().calendar, await engine.now(code))
    await engine.until(code, "Thu 2026-02-19 00:30")
    over = timeliness(engine.directive(code), engine.office.reference().calendar, await engine.now(code))
    with reading(engine.office.engine) as connection:
        overdue = board(connection, await engine.now(code)).figures.overdue
    await engine.until(code, "Wed 2026-02-25 09:00")
    await engine.do(code, Submit(result="Báo cáo"), "truong.syt")

    assert engine.told(code) == [
        ("2026-02-11 08:00", "deadline -3"),
        ("2026-02-13 08:00", "deadline -1"),  # the last working day before Tết: −1 and 0 fall together
        ("2026-02-13 08:00", "deadline 0"),
        ("2026-02-23 08:00", "deadline +1"),
        ("2026-02-25 08:00", "deadline +3"),
    ]
    assert (in_time, over, overdue) == (Timeliness.DUE_SOON, Timeliness.OVERDUE, 1)
    together = [
        content for person, content in engine.notices(code) if person == "truong.syt" and len(content.steps) > 1
    ]
    assert [sorted(step.step for step in content.steps) for content in together] == [["-1", "0"]]


async def test_rule_05_a_storm_declared_while_directives_run_moves_their_moments_without_a_restart(
    engine: RunningEngine,
) -> None:
    await engine.time_is("Wed 2026-03-04 09:00")
    code = await engine.register("storm", lead_agency="SYT", deadline=a_deadline("2026-03-20", "Friday"))
    await engine.do(code, Acknowledge(), "chuyenvien.syt")
    await engine.until(code, "Thu 2026-03-05 09:00")
    before = next_moment(engine, code)

    take_off(engine.office, day("2026-03-16", "Monday"), day("2026-03-17", "Tuesday"), "Bão số 1", "1/CĐ", "vanthu")
    await sweep(engine)
    after = next_moment(engine, code)
    await engine.until(code, "Thu 2026-03-19 09:00")

    assert before == "Wed 2026-03-11 08:00 deadline -7"
    assert after == "Mon 2026-03-09 08:00 deadline -7"
    assert engine.told(code) == [
        ("2026-03-09 08:00", "deadline -7"),
        ("2026-03-13 08:00", "deadline -3"),
        ("2026-03-19 08:00", "deadline -1"),
    ]
