"""RULES 19-21 on the real server under skipped time: vacancies, deputies, a merger of two agencies as one act."""

import asyncio

import pytest
from running_engine import RunningEngine
from sqlalchemy import text

from database.engine import reading, writing
from database.ledger import broken_rows
from database.reference import DIRECTORY, raise_revision
from models import commands as c
from models.events import MomentReached, Recipient
from models.moments import upcoming
from models.refusal import Code, Refused
from models.vocabulary import Audience
from services.succession import carry_out, plan

pytestmark = [pytest.mark.server, pytest.mark.slow]


def change(engine: RunningEngine, statement: str, **values: str) -> None:
    """Change the directory by hand, as the next question reads it."""
    with writing(engine.office.engine) as connection:
        connection.execute(text(statement), values)
        raise_revision(connection, DIRECTORY)


def away(engine: RunningEngine, person: str, deputy: str) -> None:
    """Somebody is away all March 2026 and names a deputy."""
    statement = "INSERT INTO absence (person, deputy, valid_from, valid_until) VALUES (:person, :deputy, :first, :last)"
    change(engine, statement, person=person, deputy=deputy, first="2026-03-01", last="2026-03-31")


def last_moment(engine: RunningEngine, code: str) -> MomentReached:
    return [row.event for row in engine.rows(code) if isinstance(row.event, MomentReached)][-1]


async def test_rule_19_a_head_who_left_in_the_night_is_not_told_and_the_chief_hears_at_once(
    engine: RunningEngine,
) -> None:
    await engine.time_is("Mon 2026-03-02 09:00")
    code = await engine.register("vacant", lead_agency="SYT", deadline=engine.deadline("2026-03-20"))
    await engine.until(code, "Tue 2026-03-03 09:00")

    change(engine, "UPDATE post SET valid_until = '2026-03-03' WHERE person = 'truong.syt'")
    await engine.until(code, "Wed 2026-03-04 09:00")

    found = last_moment(engine, code)
    assert (found.step, found.vacant) == ("+2", (Audience.LEAD_HEAD,))
    assert found.recipients == (Recipient(person="chanhvanphong"),)
    told = [person for person, content in engine.notices(code) if content.kind == "moment"]
    assert told == ["chuyenvien.syt", "chanhvanphong"]
    assert engine.late_by(code).total_seconds() < 30


async def test_rule_20_deputies_in_a_chain_hear_and_act_and_those_in_a_ring_do_not(engine: RunningEngine) -> None:
    await engine.time_is("Mon 2026-03-02 09:00")
    code = await engine.register("deputies", lead_agency="SYT", deadline=engine.deadline("2026-03-20"))
    away(engine, "truong.syt", "pho.syt")
    away(engine, "pho.syt", "chuyenvien.syt")
    await engine.until(code, "Wed 2026-03-04 09:00")  # +2: the head, whose chain ends with the officer
    assert last_moment(engine, code).recipients == (Recipient(person="chuyenvien.syt", on_behalf_of="truong.syt"),)

    with pytest.raises(Refused) as refused:
        await engine.do(code, c.Acknowledge(), "pho.syt", on_behalf_of="truong.syt")
    assert refused.value.code is Code.NOT_DEPUTY
    await engine.do(code, c.Acknowledge(), "chuyenvien.syt", on_behalf_of="truong.syt")
    away(engine, "chuyenvien.syt", "truong.syt")  # now all three stand in for one another
    await engine.until(code, "Wed 2026-03-11 09:00")

    row = next(row for row in engine.rows(code) if row.event.kind == "acknowledged")
    assert (row.actor, row.on_behalf_of) == ("chuyenvien.syt", "truong.syt")
    found = last_moment(engine, code)
    assert (found.clock.value, found.step) == ("deadline", "-7")
    assert found.recipients == (Recipient(person="chanhvanphong"),)
    assert found.vacant == (Audience.LEAD_OFFICERS, Audience.LEAD_HEAD)


async def test_rule_21_two_agencies_merge_as_one_act_and_every_clock_goes_on_as_it_stood(engine: RunningEngine) -> None:
    """In February 2025 the Department of Planning and Investment (SKHDT) becomes part of that of Finance (STC)."""
    await engine.time_is("Mon 2025-02-24 09:00")
    leads = await engine.register("leads", lead_agency="SKHDT", deadline=engine.deadline("2025-03-07"))
    both = await engine.register(
        "both", lead_agency="STC", coordinating_agencies=("SKHDT", "SYT"), deadline=engine.deadline("2025-03-14")
    )
    helps = await engine.register("helps", lead_agency="SYT", coordinating_agencies=("SKHDT", "STC"))
    other = await engine.register("other", lead_agency="SYT", deadline=engine.deadline("2025-03-07"))
    codes = (leads, both, helps, other)
    before = {code: engine.directive(code) for code in codes}
    reference = engine.office.reference()
    change(engine, "DELETE FROM succession WHERE old = 'SKHDT'")

    planned = plan(engine.office, "SKHDT", "STC", (), "vanthu")
    assert {one.code: one.leads for one in planned.moving} == {leads: True, both: False, helps: False}
    outcome = await carry_out(engine.office, engine.sender, planned, "vanthu", "Nghị quyết sắp xếp")
    again = await carry_out(engine.office, engine.sender, planned, "vanthu", "Nghị quyết sắp xếp")
    await engine.until(leads, "Wed 2025-02-26 09:00")

    assert sorted(outcome.moved) == sorted(again.moved) == sorted((leads, both, helps))
    assert (outcome.refused, again.refused) == ({}, {})
    after = {code: engine.directive(code) for code in codes}
    assert {code: (after[code].lead_agency, after[code].coordinating_agencies) for code in codes} == {
        leads: ("STC", ()),
        both: ("STC", ("SYT",)),
        helps: ("SYT", ("STC",)),
        other: ("SYT", ()),
    }
    assert [engine.kinds(code).count("succeeded") for code in codes] == [1, 1, 1, 0]
    for code in codes:
        assert after[code].clocks == before[code].clocks
        was, now = (
            [
                (moment.key, moment.at)
                for moment in upcoming(one, reference.timeline.current, reference.calendar, before[code].updated_at)
                if moment.key not in after[code].told
            ]
            for one in (before[code], after[code])
        )
        assert now == was
    assert engine.told(leads) == [
        ("2025-02-25 08:00", "acknowledgement +1"),
        ("2025-02-26 08:00", "acknowledgement +2"),
        ("2025-02-26 08:00", "deadline -7"),
    ]
    moments = [person for person, content in engine.notices(leads) if content.kind == "moment"]
    assert moments
    assert {person.split(".")[1] for person in moments} == {"stc"}
    with reading(engine.office.engine) as connection:
        assert await asyncio.to_thread(list, broken_rows(connection)) == []
