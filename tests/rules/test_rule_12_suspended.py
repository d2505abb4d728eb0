"""RULES 12: a suspension: the deadline is named anew, other clocks lose the working time between; sums by identity."""

import datetime as dt

import pytest
from builders import (
    LEAD,
    LEAD_AGENCY,
    LEADER,
    OTHER,
    SECRETARIAT,
    a_calendar,
    a_deadline,
    a_directive,
    apply,
    local,
    the_policy,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from office_fixture import Desk

from database.engine import reading
from database.figures import count_by
from models import commands as c
from models.directive import Directive
from models.moments import due_moments, upcoming
from models.policy import PolicyTimeline
from models.refusal import Code, Refused
from models.vocabulary import Clock, Urgency

SUSPEND = c.Suspend(reason="Nghỉ Tết")
AFTER_TET = a_deadline("2026-03-31", "Tuesday")
RESUME = c.Resume(deadline=AFTER_TET)


def first(directive: Directive, clock: Clock, after: str) -> str:
    coming = upcoming(directive, the_policy(), a_calendar(), local(after))
    moment = next(moment for moment in coming if moment.clock is clock)
    return f"{moment.step} {(moment.at + dt.timedelta(hours=7)).strftime('%a %Y-%m-%d %H:%M')}"


def due(directive: Directive, now: str | dt.datetime) -> list[str]:
    instant = local(now) if isinstance(now, str) else now
    found = due_moments(directive, PolicyTimeline.of(the_policy()), a_calendar(), instant)
    return [f"{moment.clock.value} {moment.step}" for moment in found]


# --- The deadline is named anew --------------------------------------------------------------------------------


def test_rule_12_resuming_asks_what_the_deadline_now_is() -> None:
    directive = a_directive("suspended")

    with pytest.raises(Refused) as refused:
        apply(directive, c.Resume(), LEADER, "Tue 2026-03-10 09:00")

    assert refused.value.code is Code.DEADLINE_REQUIRED
    assert apply(directive, RESUME, LEADER, "Tue 2026-03-10 09:00").deadline == AFTER_TET
    assert apply(directive, c.Resume(no_deadline=True), LEADER, "Tue 2026-03-10 09:00").deadline is None


def test_rule_12_a_deadline_named_again_unchanged_has_its_ladder_and_what_passed_is_covered() -> None:
    directive = apply(a_directive("in_progress"), c.Suspend(reason="Chờ"), LEADER, "Tue 2026-03-10 09:00")

    same = c.Resume(deadline=a_deadline("2026-03-20", "Friday"))
    directive = apply(directive, same, LEADER, "Wed 2026-03-18 09:00")

    assert due(directive, "Wed 2026-03-18 09:00") == []
    assert first(directive, Clock.DEADLINE, "Wed 2026-03-18 09:00") == "-1 Thu 2026-03-19 08:00"


# --- All other clocks lose the working time between ------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "before", "without", "with_"),
    [
        # Suspended from Mon 9 Feb 09:00 to Tue 24 Feb 09:00: six mornings lost (10, 11, 12, 13, 23, 24 February).
        (
            Clock.SILENCE,
            a_directive("in_progress", at="Mon 2026-02-02 09:00"),
            "+20 Mon 2026-03-09",
            "+20 Tue 2026-03-17",
        ),
        (
            Clock.ACKNOWLEDGEMENT,
            a_directive("assigned", at="Mon 2026-02-09 08:30"),
            "+1 Tue 2026-02-10",
            "+1 Wed 2026-02-25",
        ),
        (Clock.REVIEW, a_directive("submitted", at="Fri 2026-02-06 16:00"), "+2 Tue 2026-02-10", "+2 Wed 2026-02-25"),
        (Clock.HANDOUT, a_directive("registered", at="Mon 2026-02-09 08:30"), "+1 Tue 2026-02-10", "+1 Wed 2026-02-25"),
        (
            Clock.EXTENSION,
            apply(
                a_directive("in_progress", at="Mon 2026-02-02 09:00"),
                c.RequestExtension(deadline=a_deadline("2026-04-30"), reason="Cần"),
                LEAD_AGENCY,
                "Mon 2026-02-09 08:30",
            ),
            "+1 Tue 2026-02-10",
            "+1 Wed 2026-02-25",
        ),
        (
            Clock.EXPLANATION,
            apply(
                a_directive("in_progress", at="Mon 2026-02-02 09:00"),
                c.DemandExplanation(text="Vì sao?", respond_by=a_deadline("2026-02-11", "Wednesday")),
                LEADER,
                "Mon 2026-02-09 08:30",
            ),
            "0 Wed 2026-02-11",
            "0 Thu 2026-02-26",
        ),
    ],
    ids=lambda value: value.value if isinstance(value, Clock) else "",
)
def test_rule_12_every_other_clock_has_lost_the_working_time_of_tet_and_does_not_fire_on_resuming(
    clock: Clock, before: Directive, without: str, with_: str
) -> None:
    assert first(before, clock, "Mon 2026-02-09 09:00") == f"{without} 08:00"

    directive = apply(before, SUSPEND, LEADER, "Mon 2026-02-09 09:00")
    assert due(directive, "Tue 2026-02-24 08:59") == []
    directive = apply(directive, RESUME, LEADER, "Tue 2026-02-24 09:00")

    assert due(directive, "Tue 2026-02-24 09:00") == []
    assert first(directive, clock, "Tue 2026-02-24 09:00") == f"{with_} 08:00"


def test_rule_12_an_explanation_owed_by_a_day_has_as_many_working_days_left_after_the_suspension_as_before() -> None:
    demand = c.DemandExplanation(text="Vì sao?", respond_by=a_deadline("2026-03-12", "Thursday"))
    directive = apply(a_directive("in_progress"), demand, LEADER, "Mon 2026-03-09 10:00")
    directive = apply(directive, c.Suspend(reason="Chờ"), LEADER, "Wed 2026-03-11 09:00")
    directive = apply(directive, RESUME, LEADER, "Wed 2026-03-18 09:00")

    # Told on Thursday the 12th it would have had one day left on the 11th; it has one left on the 18th.
    assert due(directive, "Wed 2026-03-18 23:00") == []
    assert first(directive, Clock.EXPLANATION, "Wed 2026-03-18 09:00") == "0 Thu 2026-03-19 08:00"


def test_rule_12_a_flash_explanation_loses_working_hours() -> None:
    directive = a_directive("in_progress", at="Mon 2026-03-23 08:00", deadline="2026-03-27", urgency=Urgency.FLASH)
    directive = apply(directive, c.DemandExplanation(text="Vì sao?"), LEADER, "Mon 2026-03-23 08:00")
    assert first(directive, Clock.EXPLANATION, "Mon 2026-03-23 08:00") == "+4h Mon 2026-03-23 14:00"
    directive = apply(directive, c.Suspend(reason="Chờ"), LEADER, "Mon 2026-03-23 09:00")

    directive = apply(directive, c.Resume(deadline=a_deadline("2026-03-27")), LEADER, "Mon 2026-03-23 11:00")

    assert first(directive, Clock.EXPLANATION, "Mon 2026-03-23 11:00") == "+4h Mon 2026-03-23 16:00"


@settings(max_examples=80, deadline=None)
@given(st.integers(9, 400), st.integers(1, 600), st.integers(1, 200), st.integers(1, 400))
def test_rule_12_however_long_two_suspensions_last_a_clock_fires_never_on_resuming_and_loses_just_their_mornings(
    wait: int, long: int, between: int, again: int
) -> None:
    directive = a_directive("in_progress", at="Mon 2026-02-02 09:00", deadline=None)
    now = local("Mon 2026-02-02 09:00")
    lost = 0
    for before, during in ((wait, long), (between, again)):
        start = now + dt.timedelta(hours=before)
        end = start + dt.timedelta(hours=during)
        directive = apply(directive, c.Suspend(reason="Chờ"), LEADER, start)
        directive = apply(directive, c.Resume(), LEADER, end)
        assert [line for line in due(directive, end) if not told_before(directive, line)] == []
        lost += mornings(start, end)
        now = end

    coming = [one for one in upcoming(directive, the_policy(), a_calendar(), now) if one.clock is Clock.SILENCE]
    found = coming[0]
    steps = int(found.step)
    anchor = dt.date(2026, 2, 2)
    counted = a_calendar().working_days_between(anchor, (found.at + dt.timedelta(hours=7)).date())
    assert counted == steps + lost


def told_before(directive: Directive, line: str) -> bool:
    return line in {key.replace("/", " ") for key in directive.told}


def mornings(start: dt.datetime, end: dt.datetime) -> int:
    """Working mornings, 08:00, within a time, counted one by one."""
    found, day = 0, (start + dt.timedelta(hours=7)).date()
    while day <= (end + dt.timedelta(hours=7)).date():
        eight = local(f"{day} 08:00")
        found += start <= eight < end and a_calendar().is_working(day)
        day += dt.timedelta(days=1)
    return found


# --- What changes later ----------------------------------------------------------------------------------------


def resumed() -> Directive:
    directive = apply(a_directive("in_progress", at="Mon 2026-02-02 09:00"), SUSPEND, LEADER, "Mon 2026-02-09 09:00")
    return apply(directive, RESUME, LEADER, "Tue 2026-02-24 09:00")


@pytest.mark.parametrize(
    "changes",
    [
        ((c.Amend(reason="Khẩn", urgency=Urgency.VERY_URGENT), LEADER),),
        ((c.Succeed(old_agency=LEAD, new_agency=OTHER), SECRETARIAT),),
        (
            (c.Amend(reason="Hỏa tốc", urgency=Urgency.FLASH), LEADER),
            (c.Amend(reason="Thôi", urgency=Urgency.NORMAL), LEADER),
        ),
        ((c.Amend(reason="Lĩnh vực", field="ngan-sach"), LEADER),),
    ],
    ids=["urgency", "agency", "flash and back", "field"],
)
def test_rule_12_later_changes_do_not_alter_time_already_taken_out(
    changes: tuple[tuple[c.Command, c.Actor], ...],
) -> None:
    directive = resumed()

    for command, actor in changes:
        directive = apply(directive, command, actor, "Tue 2026-02-24 10:00")

    assert directive.suspensions == resumed().suspensions
    assert first(directive, Clock.SILENCE, "Tue 2026-02-24 11:00") == "+20 Tue 2026-03-17 08:00"


def test_rule_12_another_policy_does_not_alter_time_already_taken_out() -> None:
    other = the_policy().model_copy(update={"version": 7, "name": "Thang mới"})

    coming = upcoming(resumed(), other, a_calendar(), local("Tue 2026-02-24 11:00"))

    assert next(str(one.at) for one in coming if one.clock is Clock.SILENCE) == "2026-03-17 01:00:00+00:00"


# --- Sums by identity ------------------------------------------------------------------------------------------


def test_rule_12_renaming_agencies_fields_and_people_changes_no_figure(desk: Desk) -> None:
    desk.register("NV-1", "Mon 2026-03-02 09:00", deadline=a_deadline("2026-03-03", "Tuesday"))
    desk.register("NV-2", "Mon 2026-03-02 09:01", deadline=a_deadline("2026-03-20", "Friday"))
    desk.register("NV-3", "Mon 2026-03-02 09:02", lead_agency="STC", field=None, deadline=None)
    desk.act("NV-2", c.Acknowledge(), "truong.syt", "Mon 2026-03-02 09:30")
    desk.act("NV-2", c.Suspend(reason="Chờ"), "pct.vanxa", "Tue 2026-03-03 09:30")

    def figures() -> list[object]:
        with reading(desk.office.engine) as connection:
            return [
                sorted(map(str, count_by(connection, axis, local("Wed 2026-03-04 10:00"))))
                for axis in ("lead_agency", "field", "supervising_leader")
            ]

    before, directive = figures(), desk.directive("NV-2")

    desk.sql(
        "UPDATE agency SET name = 'Sở Chăm sóc sức khỏe', aliases = '[]' WHERE code = 'SYT'",
        "UPDATE field_of_work SET name = 'Chăm sóc sức khỏe' WHERE code = 'y-te'",
        "UPDATE person SET name = 'Tên mới' WHERE code IN ('pct.vanxa', 'truong.syt')",
        "UPDATE revision SET number = number + 1 WHERE subject = 'directory'",
    )

    assert desk.office.reference().directory.agency_name("SYT") == "Sở Chăm sóc sức khỏe"
    assert figures() == before
    assert desk.directive("NV-2") == directive
