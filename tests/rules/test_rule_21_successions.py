"""RULES 21: agencies succeed one another as one previewed act; no clock restarts; history keeps the old names."""

import asyncio
import dataclasses
import datetime as dt

import pytest
from builders import (
    COORDINATING,
    COORDINATING_AGENCY,
    LEAD,
    LEAD_AGENCY,
    LEADER,
    OTHER,
    SECRETARIAT,
    a_calendar,
    a_deadline,
    a_directive,
    a_directory,
    apply,
    local,
    the_policy,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from office_fixture import Desk
from sqlalchemy import select

from database.engine import reading
from database.figures import Filter, count_by, figures_of
from database.ledger import broken_rows, read_rows
from documents.language import Language
from documents.sentences import event_sentence
from models import commands as c
from models.directive import Directive
from models.moments import due_moments, upcoming
from models.policy import PolicyTimeline
from models.tables import LEDGER, SUCCESSION
from models.vocabulary import Opinion
from services.asking import board
from services.succession import carry_out, figures_by_successor, plan

MERGE = c.Succeed(old_agency=LEAD, new_agency=OTHER, reason="Nghị quyết sắp xếp")


def coming(directive: Directive, after: str) -> list[tuple[str, str]]:
    found = upcoming(directive, the_policy(), a_calendar(), local(after))
    return [(moment.key, str(moment.at)) for moment in found]


# --- No clock restarts -----------------------------------------------------------------------------------------

LIVES = {
    "handed out": a_directive("assigned"),
    "in work": a_directive("in_progress"),
    "handed in": a_directive("submitted"),
    "declined": a_directive("declined"),
    "asked for more time": apply(
        a_directive("in_progress"),
        c.RequestExtension(deadline=a_deadline("2026-04-10"), reason="Cần"),
        LEAD_AGENCY,
        "Tue 2026-03-03 09:00",
    ),
    "owes an explanation": apply(
        a_directive("in_progress"),
        c.DemandExplanation(text="Vì sao?", respond_by=a_deadline("2026-03-12")),
        LEADER,
        "Tue 2026-03-03 09:00",
    ),
    "suspended and resumed": apply(
        apply(a_directive("in_progress"), c.Suspend(reason="Chờ"), LEADER, "Tue 2026-03-03 09:00"),
        c.Resume(deadline=a_deadline("2026-03-31")),
        LEADER,
        "Mon 2026-03-09 09:00",
    ),
}


@pytest.mark.parametrize("name", LIVES)
def test_rule_21_whatever_it_waits_for_no_clock_restarts_and_no_coming_moment_moves(name: str) -> None:
    before = LIVES[name]

    after = apply(before, MERGE, SECRETARIAT, "Tue 2026-03-10 09:00")

    assert (after.lead_agency, after.clocks, after.status) == (OTHER, before.clocks, before.status)
    assert coming(after, "2026-03-10 09:00") == coming(before, "2026-03-10 09:00")


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 900))
def test_rule_21_what_falls_due_is_the_same_with_a_succession_at_any_hour_as_without(hours: int) -> None:
    before = a_directive("in_progress")
    at = before.registered_at + dt.timedelta(hours=hours)

    after = apply(before, MERGE, SECRETARIAT, at)

    def due(directive: Directive) -> list[str]:
        found = due_moments(directive, PolicyTimeline.of(the_policy()), a_calendar(), local("2026-05-14 09:00"))
        return [f"{moment.key} {moment.at}" for moment in found]

    assert due(after) == due(before)
    assert len(due(before)) > 10


# --- Lead, coordinator, both -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lead", "coordinating", "old", "new", "then"),
    [
        (LEAD, (COORDINATING,), LEAD, OTHER, (OTHER, (COORDINATING,))),
        (LEAD, (COORDINATING,), COORDINATING, OTHER, (LEAD, (OTHER,))),
        (LEAD, (COORDINATING,), LEAD, COORDINATING, (COORDINATING, ())),  # the two of them merge
        (LEAD, (COORDINATING,), COORDINATING, LEAD, (LEAD, ())),
        (LEAD, (COORDINATING, OTHER), COORDINATING, OTHER, (LEAD, (OTHER,))),
        (LEAD, (COORDINATING, OTHER), OTHER, "SKHCN", (LEAD, (COORDINATING, "SKHCN"))),
    ],
)
def test_rule_21_the_successor_takes_the_place_and_nobody_stands_there_twice(
    lead: str, coordinating: tuple[str, ...], old: str, new: str, then: tuple[str, tuple[str, ...]]
) -> None:
    directive = a_directive("in_progress", lead=lead, coordinating=coordinating)

    after = apply(directive, c.Succeed(old_agency=old, new_agency=new), SECRETARIAT, "Tue 2026-03-10 09:00")

    assert (after.lead_agency, after.coordinating_agencies) == then


def test_rule_21_an_opinion_given_by_the_old_agency_is_not_shown_as_the_new_ones_silence() -> None:
    given_one = apply(
        a_directive("in_progress"), c.Contribute(opinion=Opinion.AGREE), COORDINATING_AGENCY, "2026-03-03 09:00"
    )

    after = apply(given_one, c.Succeed(old_agency=COORDINATING, new_agency=OTHER), SECRETARIAT, "2026-03-10 09:00")

    assert after.contributions == {COORDINATING: Opinion.AGREE, OTHER: Opinion.AGREE}


# --- One previewed act -----------------------------------------------------------------------------------------


@pytest.fixture
def merging(desk: Desk) -> Desk:
    """Sở Y tế leads three, one of them done late; Sở Tài chính leads one and Sở Y tế helps with it."""
    due = a_deadline("2026-03-03", "Tuesday")
    desk.register("NV-1", "Mon 2026-03-02 09:00", deadline=due)
    desk.register("NV-2", "Mon 2026-03-02 09:10", field="tu-phap", deadline=due)
    desk.register("NV-3", "Mon 2026-03-02 09:20", lead_agency="STC", coordinating_agencies=("SYT",), field=None)
    desk.register("NV-4", "Mon 2026-03-02 09:30", deadline=due)
    desk.act("NV-4", c.Acknowledge(), "truong.syt", "Mon 2026-03-02 10:00")
    desk.act("NV-4", c.Submit(result="Xong"), "truong.syt", "Wed 2026-03-04 08:30")
    desk.act("NV-4", c.Accept(), "chanhvanphong", "Wed 2026-03-04 08:40")
    return desk


def test_rule_21_the_preview_names_what_would_move_and_changes_nothing(merging: Desk) -> None:
    def everything() -> tuple[int, int, str]:
        with reading(merging.office.engine) as connection:
            rows = len(connection.execute(select(LEDGER.c.id)).all())
            links = len(connection.execute(select(SUCCESSION.c.old)).all())
        return rows, links, merging.office.reference().plan

    before = everything()

    planned = plan(merging.office, "Sở Y tế", "Sở Tư pháp", (), "vanthu")

    assert [(one.code, one.leads) for one in planned.moving] == [("NV-1", True), ("NV-2", True), ("NV-3", False)]
    assert everything() == before


def succeed_all(desk: Desk, new: str, *fields: str) -> None:
    """Carry the act out; what it keeps for the engine goes through the door as its workflows would bring it."""
    planned = plan(desk.office, "SYT", new, fields, "vanthu")
    outcome = asyncio.run(carry_out(desk.office, None, planned, "vanthu", "Sắp xếp bộ máy"))
    assert outcome.refused == {}
    for one in planned.moving:
        desk.act(one.code, c.Succeed(old_agency="SYT", new_agency=planned.new), "vanthu", "Wed 2026-03-04 10:00")


def test_rule_21_history_keeps_the_old_names_and_no_row_of_before_changes(merging: Desk) -> None:
    with reading(merging.office.engine) as connection:
        before = read_rows(connection, "NV-1")

    succeed_all(merging, "STP")

    directory = merging.office.reference().directory
    with reading(merging.office.engine) as connection:
        after = read_rows(connection, "NV-1")
        assert list(broken_rows(connection)) == []
    assert after[: len(before)] == before
    told = [event_sentence(row, directory, Language.VI) for row in after]
    assert any("phân công Sở Y tế chủ trì" in one for one in told)
    assert told[-1].startswith("Sở Tư pháp thay Sở Y tế trong nhiệm vụ này do sắp xếp tổ chức; các mốc giữ nguyên.")


def test_rule_21_figures_are_shown_by_who_led_then_or_by_who_stands_there_now_and_both_add_up(merging: Desk) -> None:
    succeed_all(merging, "STP")
    now = local("Thu 2026-03-05 09:00")

    with reading(merging.office.engine) as connection:
        by_old = {agency: figures.total for agency, figures in board(connection, now).by_agency}
        by_new = dict(figures_by_successor(connection, merging.office.reference(connection), now))
        whole = figures_of(count_by(connection, "lead_agency", now))
        narrowed = figures_by_successor(connection, merging.office.reference(connection), now, Filter(open_only=True))

    assert by_old == {"SYT": 1, "STC": 1, "STP": 2}  # what Sở Y tế finished stays its own
    assert {agency: (one.total, one.overdue, one.completed_late) for agency, one in by_new.items()} == {
        "STC": (1, 0, 0),
        "STP": (3, 2, 1),
    }
    assert sum(one.total for one in by_new.values()) == whole.total
    for name in type(whole).model_fields:
        assert sum(getattr(one, name) for one in by_new.values()) == getattr(whole, name)
    assert sum(one.total for _, one in narrowed) == whole.open


def test_rule_21_an_agency_divided_by_field_has_its_past_shown_by_field_too(merging: Desk) -> None:
    succeed_all(merging, "STP", "tu-phap")

    with reading(merging.office.engine) as connection:
        reference = merging.office.reference(connection)
        found = dict(figures_by_successor(connection, reference, local("Thu 2026-03-05 09:00")))

    assert {agency: one.total for agency, one in found.items()} == {"STC": 1, "STP": 1, "SYT": 2}


def test_rule_21_before_its_day_a_succession_changes_no_figure(merging: Desk) -> None:
    with reading(merging.office.engine) as connection:
        reference = merging.office.reference(connection)
        later = reference.directory.model_copy(update={"successions": a_directory().successions})
        found = figures_by_successor(
            connection, dataclasses.replace(reference, directory=later), local("Thu 2026-03-05 09:00")
        )

    assert {agency: one.total for agency, one in found} == {"STC": 1, "SYT": 3}
