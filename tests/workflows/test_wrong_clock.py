"""Which commands a directive's history has never depends on the clock that an activation shows.

A query that meets a cold worker between a timer's ring and the task that follows lets the SDK (1.35) hand over the ring
with the clock of the task before. Eight of 1,320 directives then set their timer once more, and stood still for ever
when their histories were replayed with the right clock ("No command scheduled for event TimerStarted").
"""

import asyncio
import contextlib
import datetime as dt
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest
import temporalio.workflow
from builders import local
from replaying import failure_of
from running_engine import RunningEngine
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.catching_up import Behind
from activities.doorkeeper import Doorkeeper
from database import commands
from database.engine import writing
from models.calendar import LOCAL
from models.commands import Command, Comment, Register
from models.engine import CommandEnvelope, DirectiveInput
from services.engine_access import EngineAccess
from services.temporal import begin_anew_if_stuck, handle, start_registered, workflow_id
from workflows.directive import DirectiveWorkflow
from workflows.queue import TASK_QUEUE

pytestmark = pytest.mark.server

BEHIND = dt.timedelta(seconds=30)
ENOUGH = dt.timedelta(seconds=1)
TOLD = ("2026-03-02 08:00", "deadline -1")


@asynccontextmanager
async def a_worker(engine: RunningEngine, queue: str) -> AsyncIterator[None]:
    async with Worker(
        engine.client,
        task_queue=queue,
        workflows=[DirectiveWorkflow],
        activities=[Doorkeeper(engine.door).commit],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        yield


async def registered(engine: RunningEngine) -> CommandEnvelope:
    """A directive whose reminder of the day before its deadline comes within seconds of real time."""
    await engine.time_is("Mon 2026-03-02 07:59:56")
    now = engine.office.now()
    actor = engine.office.reference().directory.actor("vanthu", now.astimezone(LOCAL).date())
    command = Register(content="Báo cáo", lead_agency="SYT", deadline=engine.deadline("2026-03-03"))
    code = engine.code(f"late{uuid.uuid4().hex[:4]}")
    envelope = CommandEnvelope(id=str(uuid.uuid4()), directive=code, actor=actor, command=command)
    with writing(engine.office.engine) as connection:
        commands.keep(connection, envelope, now)
    return envelope


async def kept(engine: RunningEngine, code: str, command: Command) -> CommandEnvelope:
    """What the chief of the Office asks for, kept as his own client keeps it."""
    now = engine.office.now()
    actor = engine.office.reference().directory.actor("chanhvanphong", now.astimezone(LOCAL).date())
    envelope = CommandEnvelope(id=str(uuid.uuid4()), directive=code, actor=actor, command=command)
    with writing(engine.office.engine) as connection:
        commands.keep(connection, envelope, now)
    return envelope


async def eventually(reached: Callable[[], Awaitable[bool]]) -> None:
    give_up_at = asyncio.get_running_loop().time() + 60
    while not await reached():
        assert asyncio.get_running_loop().time() < give_up_at, "it did not come"
        await asyncio.sleep(0.05)


async def lived_behind_the_clock(
    engine: RunningEngine,
    monkeypatch: pytest.MonkeyPatch,
    start: Callable[[CommandEnvelope], Awaitable[object]],
    reached: Callable[[RunningEngine, str], Awaitable[bool]],
) -> str:
    """Let a workflow see a clock that is behind from when it waits for its moment until something is reached.

    Returns: its directive's code.
    """
    right = temporalio.workflow.now
    while True:
        envelope = await registered(engine)
        await start(envelope)
        await eventually(partial(it_waits, engine, envelope.directive))
        if local(TOLD[0]) - engine.office.now() > ENOUGH:  # else the machine was too slow, and its moment may have come
            break
    with monkeypatch.context() as patched:
        patched.setattr(temporalio.workflow, "now", lambda: right() - BEHIND)
        await eventually(partial(reached, engine, envelope.directive))
    return envelope.directive


async def it_waits(engine: RunningEngine, code: str) -> bool:
    """Whether it is handed out and its timer set; a ledger row comes before the timer."""
    return EventType.EVENT_TYPE_TIMER_STARTED in await kinds_of(engine, code)


async def kinds_of(engine: RunningEngine, code: str) -> list[int]:
    return [event.event_type for event in (await handle(engine.client, code).fetch_history()).events]


async def start_as_0_1_0(engine: RunningEngine, queue: str, envelope: CommandEnvelope) -> None:
    shift = engine.office.reference().clock_shift
    await engine.client.start_workflow(
        DirectiveWorkflow.run,
        DirectiveInput(code=envelope.directive, registration=envelope, clock_shift=shift),
        id=workflow_id(envelope.directive),
        task_queue=queue,
    )


async def told_it(engine: RunningEngine, code: str) -> bool:
    return TOLD in engine.told(code)


async def set_its_timer_once_more(engine: RunningEngine, code: str) -> bool:
    """Whether a run that was rung for did not tell what was due, but set its timer again."""
    events = await kinds_of(engine, code)
    if EventType.EVENT_TYPE_TIMER_FIRED not in events:
        return False
    return EventType.EVENT_TYPE_TIMER_STARTED in events[events.index(EventType.EVENT_TYPE_TIMER_FIRED) :]


async def failure_of_a_replay(engine: RunningEngine, code: str) -> Exception | None:
    return await failure_of(await handle(engine.client, code).fetch_history())


async def test_a_ring_is_told_and_replays_although_the_clock_was_behind(
    engine: RunningEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = f"behind-{engine.mark}"

    async def start(envelope: CommandEnvelope) -> None:
        await start_registered(engine.client, envelope, engine.office.reference().clock_shift, queue)

    async with a_worker(engine, queue):
        code = await lived_behind_the_clock(engine, monkeypatch, start, told_it)

    assert engine.told(code).count(TOLD) == 1
    assert await failure_of_a_replay(engine, code) is None


async def test_a_run_of_release_0_1_0_asks_the_clock_which_is_why_later_ones_do_not(
    engine: RunningEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = f"asking-{engine.mark}"
    async with a_worker(engine, queue):
        start = partial(start_as_0_1_0, engine, queue)
        code = await lived_behind_the_clock(engine, monkeypatch, start, set_its_timer_once_more)

    assert TOLD not in engine.told(code)
    assert "No command scheduled for event" in str(await failure_of_a_replay(engine, code))


@pytest.mark.parametrize("left", ["a row that nobody compared", "a kept command"])
async def test_the_sweep_ends_a_run_that_cannot_be_replayed_whatever_it_has_to_do_with_it(
    engine: RunningEngine, monkeypatch: pytest.MonkeyPatch, left: str
) -> None:
    queue = f"swept-{engine.mark}"
    async with a_worker(engine, queue):
        start = partial(start_as_0_1_0, engine, queue)
        code = await lived_behind_the_clock(engine, monkeypatch, start, set_its_timer_once_more)
    rows, access = engine.rows(code), EngineAccess(engine.client, engine.office)
    wish = await kept(engine, code, Comment(text="Đang chờ"))

    async def swept() -> bool:
        with contextlib.suppress(RPCError, WorkflowUpdateRPCTimeoutOrCancelledError):  # it is told in the log
            if left == "a kept command":
                await access.send(wish)
                return engine.kinds(code).count("commented") == 1
            await access.catch_up(Behind(code, len(rows), closed=False))
            return await told_it(engine, code)
        return False

    async with a_worker(engine, queue), a_worker(engine, TASK_QUEUE):  # the first has to replay it, and cannot
        await eventually(swept)

    assert engine.rows(code)[: len(rows)] == rows
    assert engine.told(code).count(TOLD) == 1
    assert await failure_of_a_replay(engine, code) is None


async def test_a_run_that_cannot_be_replayed_is_ended_and_goes_on_from_the_ledger(
    engine: RunningEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = f"stuck-{engine.mark}"
    async with a_worker(engine, queue):
        start = partial(start_as_0_1_0, engine, queue)
        code = await lived_behind_the_clock(engine, monkeypatch, start, set_its_timer_once_more)
    rows, shift = engine.rows(code), engine.office.reference().clock_shift

    async with a_worker(engine, queue):  # has to replay it, and cannot
        assert not await begin_anew_if_stuck(engine.client, code, rows, shift, queue)
        asked = asyncio.create_task(handle(engine.client, code).execute_update("replan"))
        for _ in range(120):
            if await begin_anew_if_stuck(engine.client, code, rows, shift, queue):
                break
            await asyncio.sleep(0.5)
        await asyncio.gather(asked, return_exceptions=True)  # its run has ended; whoever asked asks again
        await eventually(partial(told_it, engine, code))

    assert engine.told(code).count(TOLD) == 1
    assert engine.rows(code)[: len(rows)] == rows
    assert await failure_of_a_replay(engine, code) is None
