"""A moment comes while a command waits for the database: the history replays, whatever the command does to the moment.

While a task waits it beats: it ends and begins again with no command in between. What came in such beats the SDK (1.35)
hands over at once when the history is replayed, together with the answer of the database, which came long after. A
ring that was judged as it came was then judged otherwise ("Missing associated machine for LocalActivity"), and the
directive answered nobody any more.
"""

import asyncio
from collections.abc import Callable

import pytest
from replaying import start_beating_early
from running_engine import RunningEngine
from temporalio.api.enums.v1 import EventType
from test_wrong_clock import a_worker, eventually, failure_of_a_replay, it_waits, kept, kinds_of, registered

from database.engine import writing
from database.ledger import lock_directives
from models.commands import Amend, Command, Comment, Suspend
from services.sending import Sender

pytestmark = pytest.mark.server


async def rang_and_beat(engine: RunningEngine, code: str) -> bool:
    """Whether the task that waits for the database has taken note of the ring and has ended and begun again since."""
    kinds = await kinds_of(engine, code)
    if EventType.EVENT_TYPE_TIMER_FIRED not in kinds:
        return False
    since = kinds[kinds.index(EventType.EVENT_TYPE_TIMER_FIRED) :]
    return since.count(EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED) >= 2


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(lambda _: Suspend(reason="Chờ hướng dẫn"), id="nothing comes any more"),
        pytest.param(
            lambda engine: Amend(deadline=engine.deadline("2026-04-20"), reason="Gia hạn theo chỉ đạo"),
            id="it comes later",
        ),
        pytest.param(lambda _: Comment(text="Đang chờ"), id="it is due"),
    ],
)
async def test_a_ring_while_a_command_waits_for_the_database_replays(
    engine: RunningEngine, command: Callable[[RunningEngine], Command]
) -> None:
    queue = f"slow-{engine.mark}"
    envelope = await registered(engine)
    code = envelope.directive
    async with a_worker(engine, queue):
        await start_beating_early(engine, queue, envelope)
        await eventually(lambda: it_waits(engine, code))
        wish = await kept(engine, code, command(engine))
        with writing(engine.office.engine) as connection:
            lock_directives(connection, [code])
            sent = asyncio.create_task(Sender(engine.client, engine.office, task_queue=queue).send(wish))
            await eventually(lambda: rang_and_beat(engine, code))
        assert (await sent).outcome == "recorded"

    assert await failure_of_a_replay(engine, code) is None
