"""Whatever comes while the database is away, each directive's history replays and each moment is told once.

A worker that starts again replays every life from its history. One that does not replay answers nobody.
"""

import asyncio
import datetime as dt
import itertools
import os
import random
import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from builders import local
from replaying import failure_of, start_beating_early
from running_engine import RunningEngine
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from trial_policy import RULES, write_policy_file

from activities.doorkeeper import Doorkeeper
from database import commands
from database.engine import writing
from database.ledger import lock_directives
from database.reference import write_policy
from models.calendar import LOCAL
from models.commands import (
    Acknowledge,
    Amend,
    Command,
    Comment,
    Register,
    ReportProgress,
    Resume,
    Return,
    Submit,
    Suspend,
)
from models.engine import CommandEnvelope
from models.events import MomentReached
from models.refusal import Refused
from services.sending import Sender
from services.temporal import handle
from workflows.directive import DirectiveWorkflow

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.proof, pytest.mark.timeout(900)]

ROUNDS = 6
WISHES: Sequence[tuple[str, Command]] = (
    ("chuyenvien.syt", Acknowledge()),
    ("chuyenvien.syt", ReportProgress(text="Nửa việc", percent=50)),
    ("chuyenvien.syt", Submit(result="Đã xong")),
    ("chanhvanphong", Return(reason="Thiếu số liệu")),
    ("chanhvanphong", Suspend(reason="Chờ hướng dẫn")),
    ("chanhvanphong", Resume()),
    ("chanhvanphong", Comment(text="Đang chờ")),
    ("chanhvanphong", Amend(content="Báo cáo lại", reason="Theo chỉ đạo")),
)


async def begun(engine: RunningEngine, queue: str) -> str:
    """A directive whose reminders come every few seconds."""
    now = engine.office.now()
    actor = engine.office.reference().directory.actor("vanthu", now.astimezone(LOCAL).date())
    code = engine.code(f"beat{uuid.uuid4().hex[:6]}")
    command = Register(content="Báo cáo", lead_agency="SYT", deadline=engine.deadline("2026-12-25"))
    envelope = CommandEnvelope(id=str(uuid.uuid4()), directive=code, actor=actor, command=command)
    with writing(engine.office.engine) as connection:
        commands.keep(connection, envelope, now)
    await start_beating_early(engine, queue, envelope)
    return code


async def somebody_acts(engine: RunningEngine, sender: Sender, code: str, dice: random.Random) -> str:
    await asyncio.sleep(dice.uniform(0, 10))
    person, command = dice.choice(WISHES)
    now = engine.office.now()
    actor = engine.office.reference().directory.actor(person, now.astimezone(LOCAL).date())
    envelope = CommandEnvelope(id=str(uuid.uuid4()), directive=code, actor=actor, command=command)
    await asyncio.to_thread(keep, engine, envelope, now)
    try:
        return (await sender.send(envelope, 120)).outcome
    except Refused:
        return "refused"


def keep(engine: RunningEngine, envelope: CommandEnvelope, now: dt.datetime) -> None:
    with writing(engine.office.engine) as connection:
        commands.keep(connection, envelope, now)


async def the_database_is_away(engine: RunningEngine, codes: Sequence[str], dice: random.Random) -> None:
    """Nothing can be written now and again, mostly for longer than a task may take."""
    for _ in range(3):
        await asyncio.sleep(dice.uniform(0, 0.5))
        with writing(engine.office.engine) as connection:
            lock_directives(connection, codes)
            await asyncio.sleep(dice.uniform(3, 6))


def beats(history: WorkflowHistory) -> int:
    """How often a task ended and began again with nothing in between."""
    kinds = [event.event_type for event in history.events]
    completed, scheduled = (
        EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
    )
    return sum(pair == (completed, scheduled) for pair in itertools.pairwise(kinds))


@pytest.mark.filterwarnings("ignore:Cannot find activity to cancel:UserWarning")  # the SDK, of one that has just ended
async def test_whatever_comes_while_the_database_is_away_every_history_replays(
    engine: RunningEngine, tmp_path: Path
) -> None:
    dice = random.Random(seed := int(os.environ.get("SEED", str(random.randrange(10**6)))))
    policy = write_policy_file(tmp_path / "policy.yaml", RULES).read_text(encoding="utf-8")
    await engine.time_is("Wed 2026-11-25 13:35")
    with writing(engine.office.engine) as connection:
        write_policy(connection, policy, local("2026-11-25 08:00"), "quantri")
    queue = f"beats-{engine.mark}"
    async with Worker(
        engine.client,
        task_queue=queue,
        workflows=[DirectiveWorkflow],
        activities=[Doorkeeper(engine.door).commit],
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_cached_workflows=100,
    ):
        codes = [await begun(engine, queue) for _ in range(int(os.environ.get("NUMBER", "150")))]
        sender = Sender(engine.client, engine.office, task_queue=queue)
        told: Counter[str] = Counter()
        for _ in range(ROUNDS):
            acts = [somebody_acts(engine, sender, code, dice) for code in codes for _ in range(dice.randrange(1, 3))]
            *outcomes, _ = await asyncio.gather(*acts, the_database_is_away(engine, codes, dice))
            told.update(outcome for outcome in outcomes if isinstance(outcome, str))
        histories = [await handle(engine.client, code).fetch_history() for code in codes]

    assert told["recorded"] > len(codes), told
    assert sum(map(beats, histories)) > len(codes), "the database was away for too short a time"
    assert [moment for code in codes for moment in doubled(engine, code)] == [], f"SEED={seed}"
    assert await unreplayable(histories) == {}, f"SEED={seed}"


def doubled(engine: RunningEngine, code: str) -> list[object]:
    """Moments of one clock's one run that were told more than once."""
    moments = Counter(
        (row.event.clock, row.event.run, row.event.step)
        for row in engine.rows(code)
        if isinstance(row.event, MomentReached)
    )
    return [moment for moment, times in moments.items() if times > 1]


async def unreplayable(histories: Sequence[WorkflowHistory]) -> dict[str, str]:
    return {one.workflow_id: str(why)[:200] for one in histories if (why := await failure_of(one)) is not None}
