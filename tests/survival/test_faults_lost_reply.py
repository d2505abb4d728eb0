"""Killed between COMMIT and reply, and nobody asks again: the sweep tells the workflow what the ledger holds."""

import datetime as dt

import pytest
from builders import local
from running_engine import RunningEngine
from temporalio.client import WorkflowExecutionStatus

from activities.catching_up import to_compare
from database.engine import reading
from models import commands as c
from models.commands import Command
from models.engine import CommitRequest, Draft
from models.life import decide
from services.engine_access import EngineAccess
from services.temporal import handle
from workflows.directive import DirectiveWorkflow

pytestmark = pytest.mark.server


async def a_life(engine: RunningEngine, name: str) -> str:
    await engine.time_is("Mon 2026-03-02 09:00")
    code = await engine.register(name, lead_agency="SYT", deadline=engine.deadline("2026-12-18"))
    await engine.do(code, c.Acknowledge(), "chuyenvien.syt")
    return code


async def recorded_without_a_reply(engine: RunningEngine, code: str, command: Command, person: str) -> None:
    """What a worker leaves that dies right after its COMMIT, with a client that does not come back."""
    last, now = engine.rows(code)[-1], await engine.now(code)
    actor = engine.office.reference().directory.actor(person, now.date())
    drafts = tuple(
        Draft(event=event, actor=person, command_id=f"lost-{command.kind}", part=part)
        for part, event in enumerate(decide(engine.directive(code), command, actor, now))
    )
    engine.door.commit(CommitRequest(directive=code, after_seq=last.seq, after_hash=last.hash, drafts=drafts, now=now))


async def sweep(engine: RunningEngine) -> None:
    """Ask what the sweep asks two minutes later."""
    with reading(engine.office.engine) as connection:
        found, _ = to_compare(connection, engine.office.now() + dt.timedelta(minutes=2))
    access = EngineAccess(engine.client, engine.office)
    for one in found:
        await access.catch_up(one)


async def test_a_nearer_deadline_whose_reply_was_lost_with_its_client_rings_on_time(engine: RunningEngine) -> None:
    code = await a_life(engine, "nearer")
    nearer = c.Amend(deadline=engine.deadline("2026-03-06"), reason="Cấp trên yêu cầu")
    await recorded_without_a_reply(engine, code, nearer, "chutich")
    before = await handle(engine.client, code).query(DirectiveWorkflow.state)

    await sweep(engine)

    after = await handle(engine.client, code).query(DirectiveWorkflow.state)
    assert (before.seq, after.seq) == (3, 4)
    await engine.until(code, "Tue 2026-03-03 08:01")
    assert engine.told(code) == [("2026-03-03 08:00", "deadline -3")]


async def test_an_acceptance_whose_reply_was_lost_with_its_client_ends_the_workflow(engine: RunningEngine) -> None:
    code = await a_life(engine, "accepted")
    await engine.do(code, c.Submit(result="Xong"), "truong.syt")
    await recorded_without_a_reply(engine, code, c.Accept(), "chutich")
    assert (await handle(engine.client, code).describe()).status is WorkflowExecutionStatus.RUNNING

    await sweep(engine)

    await handle(engine.client, code).result()
    assert engine.kinds(code)[-1] == "accepted"


async def test_a_workflow_that_knows_its_ledger_is_only_asked(engine: RunningEngine) -> None:
    code = await a_life(engine, "calm")
    before = (await handle(engine.client, code).describe()).history_length

    await sweep(engine)

    assert (await handle(engine.client, code).describe()).history_length == before


async def test_a_directive_that_overslept_its_next_moment_is_woken_and_tells_it_once(engine: RunningEngine) -> None:
    """Nobody asked it in time: Temporal's store was an older copy, in which its timer stood elsewhere."""
    code = await a_life(engine, "overslept")
    nearer = c.Amend(deadline=engine.deadline("2026-03-06"), reason="Cấp trên yêu cầu")
    await recorded_without_a_reply(engine, code, nearer, "chutich")
    next_at = local("Tue 2026-03-03 08:00")
    await engine.until(code, "Tue 2026-03-03 08:06")
    assert engine.told(code) == []

    access = EngineAccess(engine.client, engine.office)
    await access.wake(code, next_at)
    await access.wake(code, next_at)

    assert engine.told(code) == [("2026-03-03 08:00", "deadline -3")]
