"""RULES 9: what a changed calendar puts into the past is told at once, merged; a changed policy fires nothing of it."""

import datetime as dt
from typing import Any

import pytest
import yaml
from builders import (
    LEAD_AGENCY,
    LEADER,
    SECRETARIAT,
    a_calendar,
    a_deadline,
    a_registration,
    clock_face,
    day,
    local,
    the_policy,
    the_policy_data,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st
from real_office import RealOffice
from sqlalchemy import select
from told_life import ToldLife

from database.engine import reading, writing
from database.ledger import read_rows
from database.reference import write_calendar_days, write_policy
from database.seed_data import read_calendar_file
from models import commands as c
from models.calendar import Calendar, CalendarRow, expand_off
from models.directive import SourceDocument
from models.events import MomentReached
from models.notices import NoticeContent
from models.policy import Policy, PolicyPeriod, PolicyTimeline, read_policy
from models.tables import NOTICE
from models.vocabulary import Clock

FRIDAY = a_deadline("2026-03-20", "Friday")


def off(*days: dt.date, reason: str = "Nghỉ bão") -> list[CalendarRow]:
    return [CalendarRow(day=one, working=False, reason=reason) for one in days]


def working(*days: dt.date) -> list[CalendarRow]:
    return [CalendarRow(day=one, working=True, reason="Làm bù") for one in days]


def a_life(registered: str = "Mon 2026-03-02 09:00", deadline: str = "2026-03-20") -> ToldLife:
    """A directive acknowledged as soon as it was assigned."""
    life = ToldLife().do(a_registration(deadline=a_deadline(deadline)), SECRETARIAT, registered)
    return life.do(c.Acknowledge(), LEAD_AGENCY, local(registered) + dt.timedelta(minutes=1))


# --- A changed calendar ----------------------------------------------------------------------------------------


def test_rule_09_steps_that_a_storm_puts_into_the_past_are_told_at_once_merged() -> None:
    """On Tuesday the 17th, 14:00, the rest of the week is called off: −1 and 0 are this very morning."""
    life = a_life()
    life.tell("Tue 2026-03-17 08:00")
    stormy = [day("2026-03-18", "Wednesday"), day("2026-03-19", "Thursday"), day("2026-03-20", "Friday")]

    life.calendar = life.calendar.overlay(off(*stormy))

    assert life.tell("Tue 2026-03-17 14:00") == [
        "deadline -1 Tue 2026-03-17 08:00",
        "deadline 0 Tue 2026-03-17 08:00",
    ]
    assert life.ahead(Clock.DEADLINE, "Tue 2026-03-17 14:00")[0] == "+1 Mon 2026-03-23 08:00"
    assert life.tell("Mon 2026-03-23 07:59") == []


def test_rule_09_the_swap_of_29_april_2024_announced_on_the_12th_moves_what_is_ahead_and_tells_nothing_twice() -> None:
    """Monday 29 April was made a day off and Saturday 4 May a working day, seventeen days before."""
    known = Calendar(
        rows=tuple(expand_off(day("2024-04-30", "Tuesday"), day("2024-05-01", "Wednesday"), "30/4 và 1/5")),
        confirmed_years=frozenset({2024}),
    )
    life = ToldLife(calendar=known)
    registration = a_registration(deadline=a_deadline("2024-05-06", "Monday"), document=SourceDocument())
    life.do(registration, SECRETARIAT, "Mon 2024-04-01 09:00").do(c.Acknowledge(), LEAD_AGENCY, "2024-04-01 10:00")
    assert life.ahead(Clock.DEADLINE, "2024-04-12 09:00")[:4] == [
        "-7 Tue 2024-04-23 08:00",
        "-3 Mon 2024-04-29 08:00",
        "-1 Fri 2024-05-03 08:00",
        "0 Mon 2024-05-06 08:00",
    ]

    life.calendar = read_calendar_file().to_calendar()

    assert life.tell("Fri 2024-04-12 17:00") == []
    assert life.ahead(Clock.DEADLINE, "2024-04-12 17:00")[:4] == [
        "-7 Tue 2024-04-23 08:00",
        "-3 Thu 2024-05-02 08:00",
        "-1 Sat 2024-05-04 08:00",
        "0 Mon 2024-05-06 08:00",
    ]


def test_rule_09_a_step_that_was_told_is_not_told_again_when_its_day_moves_ahead() -> None:
    life = a_life()
    assert "deadline -3 Tue 2026-03-17 08:00" in life.tell("Tue 2026-03-17 08:00")

    life.calendar = life.calendar.overlay(working(day("2026-03-21", "Saturday"), day("2026-03-14", "Saturday")))
    later = a_calendar().overlay(off(day("2026-03-17", "Tuesday")))
    life.calendar = later

    assert "-3" not in [line.split()[0] for line in life.ahead(Clock.DEADLINE, "Tue 2026-03-17 09:00")]


# --- …moves a step to before its clock's run began -------------------------------------------------------------


def test_rule_09_an_untold_step_moved_to_before_its_deadline_was_set_is_told_at_once_all_the_same() -> None:
    """Registered on Tuesday the 10th: −7 is tomorrow. Two days off make it last Monday, before anybody knew of it."""
    life = a_life("Tue 2026-03-10 09:00")
    assert life.ahead(Clock.DEADLINE, "2026-03-10 09:01")[0] == "-7 Wed 2026-03-11 08:00"

    life.calendar = life.calendar.overlay(off(day("2026-03-18", "Wednesday"), day("2026-03-19", "Thursday")))

    assert life.tell("Tue 2026-03-10 15:00") == ["deadline -7 Mon 2026-03-09 08:00"]
    assert life.tell("Tue 2026-03-10 15:00") == []


def test_rule_09_a_step_that_the_act_covered_stays_covered_when_the_calendar_moves_it_ahead() -> None:
    """Registered on Wednesday the 11th at 09:00, the notice covers −7. A worked Saturday moves that to Thursday."""
    life = a_life("Wed 2026-03-11 09:00")

    life.calendar = life.calendar.overlay(working(day("2026-03-14", "Saturday")))

    assert life.ahead(Clock.DEADLINE, "2026-03-11 10:00")[0] == "-3 Tue 2026-03-17 08:00"
    assert life.tell("Mon 2026-03-16 17:00") == []


def test_rule_09_what_passed_while_a_result_was_reviewed_stays_unsaid_and_what_did_not_is_told() -> None:
    life = a_life("Mon 2026-03-02 09:00")
    life.tell("Wed 2026-03-11 08:00")
    life.do(c.Submit(result="Xong"), LEAD_AGENCY, "Mon 2026-03-16 09:00")
    life.do(c.Return(reason="Thiếu"), SECRETARIAT, "Wed 2026-03-18 10:00")  # −3 passed meanwhile, −1 did not

    life.calendar = life.calendar.overlay(off(day("2026-03-18", "Wednesday"), day("2026-03-19", "Thursday")))

    assert life.tell("Wed 2026-03-18 14:00") == ["deadline -1 Tue 2026-03-17 08:00"]


def test_rule_09_an_explanations_day_moved_to_before_the_demand_is_told_at_once() -> None:
    life = a_life("Mon 2026-03-02 09:00")
    demand = c.DemandExplanation(text="Vì sao?", respond_by=a_deadline("2026-03-05", "Thursday"))
    life.do(demand, LEADER, "Tue 2026-03-03 10:00")

    storm = [day("2026-03-04", "Wednesday"), day("2026-03-05", "Thursday")]
    life.calendar = life.calendar.overlay(off(*storm))

    assert life.tell("Tue 2026-03-03 11:00") == ["explanation 0 Tue 2026-03-03 08:00"]


@settings(max_examples=60, deadline=None)
@example(registered=0, hour=6, changed=[23, 24, 25, 26, 30], before=0)
@given(
    registered=st.integers(0, 18),
    hour=st.integers(6, 20),
    changed=st.lists(st.integers(1, 30), max_size=8, unique=True),
    before=st.integers(0, 200),
)
def test_rule_09_after_any_announcement_every_step_of_the_ladder_is_covered_or_told_once_and_none_is_lost(
    registered: int, hour: int, changed: list[int], before: int
) -> None:
    set_at = local("2026-03-02 00:00") + dt.timedelta(days=registered, hours=hour)
    life = ToldLife().do(a_registration(deadline=FRIDAY), SECRETARIAT, set_at)
    life.do(c.Acknowledge(), LEAD_AGENCY, set_at + dt.timedelta(minutes=1))
    noted = life.directive.clocks[Clock.DEADLINE].covered
    announced = set_at + dt.timedelta(hours=before)
    life.tell(announced)

    days = [dt.date(2026, 3, number) for number in changed]
    life.calendar = life.calendar.overlay(
        CalendarRow(day=one, working=not life.calendar.is_working(one), reason="Thông báo") for one in days
    )
    life.tell(announced + dt.timedelta(minutes=5))
    life.tell("Fri 2026-04-24 09:00")  # the fifteenth working day after, were all eight announced days off

    told = [key.split("/")[2] for key in life.keys if key.startswith("deadline/")]
    ladder = ["-7", "-3", "-1", "0", "+1", "+3", "+7", "+15"]
    assert len(told) == len(set(told))
    assert sorted(step for step in [*told, *noted] if step in ladder) == sorted(ladder)


# --- A changed policy ------------------------------------------------------------------------------------------


def a_policy(version: int, *steps: dict[str, Any]) -> Policy:
    data = the_policy_data()
    data["version"] = version
    data["ladders"]["normal"]["clocks"]["deadline"]["steps"] = list(steps)
    return read_policy(data)


def test_rule_09_steps_of_an_older_policy_are_not_told_by_an_act_that_covers_them_under_the_new_one() -> None:
    """A nearer deadline under a policy without −7 does not bring back the −7 of the policy before."""
    life = a_life()
    changed(life, "Fri 2026-03-06 08:00", a_policy(1, {"at": -5, "to": ["lead_head"]}, {"at": 1, "to": ["chairman"]}))

    life.do(c.Amend(reason="Gần lại", deadline=a_deadline("2026-03-17", "Tuesday")), LEADER, "Fri 2026-03-06 11:00")

    assert life.tell("Fri 2026-03-06 11:00") == []
    assert life.tell("Tue 2026-03-10 08:00") == ["deadline -5 Tue 2026-03-10 08:00"]


def changed(life: ToldLife, at: str, policy: Policy) -> None:
    life.timeline = PolicyTimeline(periods=(*life.timeline.periods, PolicyPeriod(policy=policy, since=local(at))))


def test_rule_09_a_new_policy_fires_nothing_of_the_past() -> None:
    """On the 18th a step −5, which would have been on the 13th, and a 0 in the morning of the 17th are brought in."""
    life = a_life()
    life.tell("Tue 2026-03-17 08:00")

    changed(life, "Wed 2026-03-18 09:00", a_policy(1, {"at": -5, "to": ["lead_head"]}, {"at": 2, "to": ["chairman"]}))

    assert life.tell("Wed 2026-03-18 09:00") == []
    assert life.tell("Mon 2026-03-23 23:00") == []
    assert life.tell("Tue 2026-03-24 08:00") == ["deadline +2 Tue 2026-03-24 08:00"]


def test_rule_09_removed_steps_are_silent_at_once_also_for_what_is_overdue_and_the_next_counts_from_today() -> None:
    life = a_life()
    life.tell("Mon 2026-03-23 08:00")  # overdue, level 1 told
    assert life.ahead(Clock.DEADLINE, "2026-03-23 09:00")[0] == "+3 Wed 2026-03-25 08:00"

    changed(life, "Mon 2026-03-23 10:00", a_policy(1, {"at": 1, "to": ["lead_head"]}, {"at": 10, "to": ["chairman"]}))

    assert life.tell("Thu 2026-04-02 08:00") == ["silence +20 Mon 2026-03-30 08:00"]
    assert life.tell("Fri 2026-04-03 08:00") == ["deadline +10 Fri 2026-04-03 08:00"]


def test_rule_09_a_policy_and_a_calendar_changed_together_still_lose_nothing_that_held() -> None:
    life = a_life("Tue 2026-03-10 09:00")
    kept = a_policy(1, {"at": -7, "to": ["lead_officers"]}, {"at": 1, "to": ["lead_head"], "level": 1})

    life.calendar = life.calendar.overlay(off(day("2026-03-18", "Wednesday"), day("2026-03-19", "Thursday")))
    changed(life, "Tue 2026-03-10 10:00", kept)

    assert life.tell("Tue 2026-03-10 10:00") == ["deadline -7 Mon 2026-03-09 08:00"]


def test_rule_09_the_same_policy_put_in_force_again_changes_nothing() -> None:
    once, twice = a_life(), a_life()
    changed(twice, "Thu 2026-03-12 09:00", the_policy().model_copy(update={"version": 1}))
    changed(twice, "Fri 2026-03-20 08:00", the_policy().model_copy(update={"version": 2}))

    for life in (once, twice):
        for at in ("Wed 2026-03-11 08:00", "Fri 2026-03-20 08:00", "Thu 2026-04-30 09:00"):
            life.tell(at)

    assert once.fell_due == twice.fell_due
    assert len(once.fell_due) > 8


# --- Through the door ------------------------------------------------------------------------------------------


def told_in(office: RealOffice, code: str = "NV-1") -> list[tuple[str, str, str]]:
    with reading(office.engine) as connection:
        return [
            (f"{row.event.clock.value} {row.event.step}", clock_face(row.planned_at), row.event.outcome)
            for row in read_rows(connection, code)
            if isinstance(row.event, MomentReached) and row.planned_at is not None
        ]


def test_rule_09_a_step_moved_to_before_its_run_is_told_at_once_through_the_door(office: RealOffice) -> None:
    office.at("Tue 2026-03-10 09:00").register("NV-1", deadline=FRIDAY, acknowledged=True)
    with writing(office.engine) as connection:
        write_calendar_days(connection, tuple(off(day("2026-03-18", "Wednesday"), day("2026-03-19", "Thursday"))))

    office.at("Tue 2026-03-10 15:00").tell("NV-1")

    assert told_in(office) == [("deadline -7", "Mon 2026-03-09 08:00", "told")]


def test_rule_09_what_a_storm_puts_into_the_past_is_one_message_for_each_person(office: RealOffice) -> None:
    office.at("Mon 2026-03-02 09:00").register("NV-1", deadline=FRIDAY, acknowledged=True)
    office.at("Tue 2026-03-17 08:00").tell("NV-1")
    with reading(office.engine) as connection:
        before = connection.execute(select(NOTICE.c.id).order_by(NOTICE.c.id.desc())).scalar()
    stormy = [day("2026-03-18", "Wednesday"), day("2026-03-19", "Thursday"), day("2026-03-20", "Friday")]
    with writing(office.engine) as connection:
        write_calendar_days(connection, tuple(off(*stormy)))

    office.at("Tue 2026-03-17 14:00").tell("NV-1")

    assert told_in(office)[-2:] == [
        ("deadline -1", "Tue 2026-03-17 08:00", "told"),
        ("deadline 0", "Tue 2026-03-17 08:00", "told"),
    ]
    with reading(office.engine) as connection:
        new = connection.execute(select(NOTICE).where(NOTICE.c.id > before)).all()
    steps = {row.recipient: [step.step for step in NoticeContent.model_validate_json(row.content).steps] for row in new}
    assert steps == {"chuyenvien.syt": ["-1", "0"], "truong.syt": ["-1", "0"]}
    assert len(new) == 2


def test_rule_09_a_policy_put_in_force_fires_nothing_of_the_past_through_the_door(office: RealOffice) -> None:
    office.at("Mon 2026-03-02 09:00").register("NV-1", deadline=FRIDAY, acknowledged=True)
    office.at("Mon 2026-03-23 08:00").tell("NV-1")
    told = told_in(office)
    data = the_policy_data()
    data["ladders"]["normal"]["clocks"]["deadline"]["steps"] = [
        {"at": -5, "to": ["chairman"]},
        {"at": 2, "to": ["vice_chairman"], "level": 3},
    ]
    with writing(office.engine) as connection:
        write_policy(connection, yaml.safe_dump(data, allow_unicode=True), local("Mon 2026-03-23 10:00"), "quantri")

    office.at("Mon 2026-03-23 10:00").tell("NV-1")
    assert told_in(office) == told

    office.at("Tue 2026-03-24 08:00").tell("NV-1")
    assert told_in(office) == [*told, ("deadline +2", "Tue 2026-03-24 08:00", "told")]


@pytest.mark.parametrize("event", ["assigned", "amended"])
def test_rule_09_what_an_act_covered_stands_in_its_row_of_the_ledger_and_old_rows_have_no_such_word(event: str) -> None:
    life = ToldLife().do(a_registration(deadline=FRIDAY), SECRETARIAT, "Wed 2026-03-18 09:00")
    life.do(c.Amend(reason="Gần", deadline=a_deadline("2026-03-19", "Thursday")), LEADER, "Wed 2026-03-18 10:00")

    plain = next(row for row in life.rows if row.event.kind == event)
    old = plain.model_copy(update={"event": plain.event.model_copy(update={"covered": None})})

    assert '"covered":{"deadline":["-7","-3"' in plain.data
    assert "covered" not in old.data
