"""The engine as tests drive it: real Temporal, real SQLite, a worker in the sandbox, and a clock per directive."""

import asyncio
import contextlib
import datetime as dt
import time
import uuid
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from builders import local
from temporalio.client import Client
from temporalio.testing import TimeSkipper, TimeSkippingConfig
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from activities.commit import Door
from activities.doorkeeper import Doorkeeper
from database import commands
from database.engine import open_engine, reading, writing
from database.ledger import read_rows
from database.reference import write_setting
from database.snapshots import read_directive
from models.calendar import LOCAL
from models.commands import Command, Register
from models.deadline import Deadline, make_deadline
from models.directive import Directive
from models.engine import CommandEnvelope
from models.engine_link import EngineLink
from models.events import MomentReached, Recorded
from models.notices import NoticeContent
from models.payload_keys import PayloadKey
from models.tables import NOTICE
from services.office import Office
from services.sending import Sender, Sent
from services.standing_workflows import ensure_search_attributes
from services.temporal import connect_by, handle, start_registered
from workflows.directive import DirectiveWorkflow


@dataclass
class RunningEngine:
    """One office on the shared server. Codes are its own, so that tests do not meet in Temporal."""

    office: Office
    door: Door
    client: Client
    skipper: TimeSkipper
    sender: Sender
    task_queue: str
    mark: str

    def code(self, name: str) -> str:
        return f"{name}-{self.mark}"

    async def time_is(self, text: str) -> None:
        """Let the office's clock stand at a local instant for directives that are registered from now on."""
        shift = (local(text) - dt.datetime.now(dt.UTC)).total_seconds()
        with writing(self.office.engine) as connection:
            write_setting(connection, "clock_shift", str(shift))
        self.office.references._reference = None

    async def register(self, name: str, person: str = "vanthu", **fields: Any) -> str:
        """Register a directive as the secretariat and wait until its workflow has taken it."""
        code = self.code(name)
        now = self.office.now()
        actor = self.office.reference().directory.actor(person, now.astimezone(LOCAL).date())
        command = Register(content=fields.pop("content", "Báo cáo kết quả thực hiện nhiệm vụ"), **fields)
        envelope = CommandEnvelope(id=str(uuid.uuid4()), directive=code, actor=actor, command=command)
        with writing(self.office.engine) as connection:
            commands.keep(connection, envelope, now)
        shift = self.office.reference().clock_shift
        await start_registered(self.skipper.client, envelope, shift, self.task_queue)
        await handle(self.client, code).execute_update("replan")
        return code

    async def do(self, code: str, command: Command, person: str, **wish: Any) -> Sent:
        """Act as a person, at the directive's own instant."""
        directory = self.office.reference().directory
        today = (await self.now(code)).astimezone(LOCAL).date()
        actor = directory.actor(person, today, wish.pop("on_behalf_of", None))
        envelope = CommandEnvelope(
            id=wish.pop("id", None) or str(uuid.uuid4()), directive=code, actor=actor, command=command, **wish
        )
        with writing(self.office.engine) as connection:
            commands.keep(connection, envelope, self.office.now())
        return await self.sender.send(envelope)

    async def now(self, code: str) -> dt.datetime:
        """The directive's own instant."""
        own = await self.skipper.get_current_time(handle(self.client, code))
        return own + dt.timedelta(seconds=self.office.reference().clock_shift)

    async def until(self, code: str, text: str) -> None:
        """Let the directive's clock run to a local instant; every timer on the way rings."""
        await self._due_timers_have_rung(code)
        left = local(text) - await self.now(code)
        assert left > dt.timedelta(), f"{text} is past for {code}"
        await self.skipper.fast_forward(handle(self.client, code), left)
        await self._due_timers_have_rung(code)

    async def _due_timers_have_rung(self, code: str) -> None:
        """Skipping jumps over a timer that is due in this very instant, which no clock of the world does."""
        give_up_at = time.monotonic() + 30
        while time.monotonic() < give_up_at:
            now = await self.skipper.get_current_time(handle(self.client, code))
            pending: dict[str, dt.datetime] = {}
            async for event in handle(self.client, code).fetch_history_events():
                if event.HasField("timer_started_event_attributes"):
                    started = event.timer_started_event_attributes
                    at = event.event_time.ToDatetime(dt.UTC) + started.start_to_fire_timeout.ToTimedelta()
                    pending[started.timer_id] = at
                pending.pop(event.timer_fired_event_attributes.timer_id, None)
                pending.pop(event.timer_canceled_event_attributes.timer_id, None)
            if all(at > now for at in pending.values()):
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"a timer of {code} is due and does not ring")

    def directive(self, code: str) -> Directive:
        with reading(self.office.engine) as connection:
            found = read_directive(connection, code)
        assert found is not None
        return found

    def rows(self, code: str) -> tuple[Recorded, ...]:
        with reading(self.office.engine) as connection:
            return read_rows(connection, code)

    def kinds(self, code: str) -> list[str]:
        return [row.event.kind for row in self.rows(code)]

    def told(self, code: str) -> list[tuple[str, str]]:
        """The moments told: local planned instant to the minute, and clock with step."""
        return [
            (row.planned_at.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M"), f"{row.event.clock.value} {row.event.step}")
            for row in self.rows(code)
            if isinstance(row.event, MomentReached) and row.planned_at is not None
        ]

    def late_by(self, code: str) -> dt.timedelta:
        """By how much the latest moment was told late."""
        return max(row.at - row.planned_at for row in self.rows(code) if row.planned_at is not None)

    def notices(self, code: str) -> list[tuple[str, NoticeContent]]:
        with reading(self.office.engine) as connection:
            rows = connection.execute(NOTICE.select().where(NOTICE.c.directive == code).order_by(NOTICE.c.id))
            return [(row.recipient, NoticeContent.model_validate_json(row.content)) for row in rows]

    def deadline(self, day: str) -> Deadline:
        return make_deadline(dt.date.fromisoformat(day))


@contextlib.asynccontextmanager
async def run_engine(
    database_url: str, address: str, keys: tuple[PayloadKey, ...] = (), *, refuses_plain: bool = False
) -> AsyncIterator[RunningEngine]:
    """Run a worker for one test on a task queue of its own."""
    client = await connect_by(EngineLink(address, keys=keys, refuses_plain=refuses_plain))
    await ensure_search_attributes(client)
    office = Office(open_engine(database_url))
    door = Door(office.engine, office.references)
    mark = uuid.uuid4().hex[:8]
    queue = f"dondoc-{mark}"
    skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False))
    with ThreadPoolExecutor(8) as threads:
        async with Worker(
            client,
            task_queue=queue,
            workflows=[DirectiveWorkflow],
            activities=[Doorkeeper(door).commit],
            activity_executor=threads,
            workflow_runner=SandboxedWorkflowRunner(),
        ):
            sender = Sender(skipper.client, office, task_queue=queue)
            yield RunningEngine(office, door, client, skipper, sender, queue, mark)
    office.engine.dispose()
