"""The engine with workers that a test starts and stops itself: old code, new code, wrong code."""

import asyncio
import contextlib
import datetime as dt
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from running_engine import RunningEngine
from temporalio import workflow
from temporalio.client import Client
from temporalio.testing import TimeSkipper, TimeSkippingConfig
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.commit import Door
from activities.doorkeeper import Doorkeeper
from database.engine import open_engine
from models.engine import DirectiveInput
from models.engine_link import EngineLink
from models.payload_keys import PayloadKey
from services.deployments import deployment_config
from services.office import Office
from services.sending import Sender
from services.standing_workflows import ensure_search_attributes
from services.temporal import connect, connect_by, handle
from workflows.directive import DirectiveWorkflow


@workflow.defn(name="DirectiveWorkflow")
class ImpatientDirectiveWorkflow(DirectiveWorkflow):
    """A build that nobody should have let out: one timer more than every history has, and no `patched`."""

    @workflow.init
    def __init__(self, start: DirectiveInput) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: DirectiveInput) -> None:
        """Sleep first."""
        await workflow.sleep(dt.timedelta(milliseconds=10))
        await super().run(start)


@dataclass(frozen=True)
class FailedTask:
    """A workflow task that a worker failed, as the history names it."""

    identity: str
    cause: int
    message: str


@dataclass
class Workers:
    """The workers of one test on one queue; one that stops leaves its lives to those that run."""

    address: str
    engine: RunningEngine
    threads: ThreadPoolExecutor

    @contextlib.asynccontextmanager
    async def running(
        self, code: type, identity: str, *, build: str = "", keys: tuple[PayloadKey, ...] = ()
    ) -> AsyncIterator[None]:
        """Run one build while the block lasts."""
        # A client of its own, as a process of its own has.
        client = await connect_by(EngineLink(self.address, keys=keys))
        async with Worker(
            client,
            task_queue=self.engine.task_queue,
            identity=identity,
            workflows=[code],
            activities=[Doorkeeper(self.engine.door).commit],
            activity_executor=self.threads,
            workflow_runner=UnsandboxedWorkflowRunner(),
            max_concurrent_workflow_tasks=4,
            deployment_config=deployment_config(build) if build else None,
        ):
            yield

    async def with_keys(self, *keys: PayloadKey) -> RunningEngine:
        """The same office as a process with these keys sees it."""
        client = await connect_by(EngineLink(self.address, keys=keys))
        skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False))
        queue = self.engine.task_queue
        sender = Sender(skipper.client, self.engine.office, patience=self.engine.sender.patience, task_queue=queue)
        return replace(self.engine, client=client, skipper=skipper, sender=sender)

    async def failed_tasks(self, code: str) -> list[FailedTask]:
        """The failed workflow tasks in the histories of all runs of a directive."""
        return [
            FailedTask(failed.identity, failed.cause, failed.failure.message)
            for run in await self.runs(code)
            async for event in self.engine.client.get_workflow_handle(
                f"directive/{code}", run_id=run
            ).fetch_history_events()
            if event.HasField("workflow_task_failed_event_attributes")
            for failed in (event.workflow_task_failed_event_attributes,)
        ]

    async def workers_of(self, code: str) -> set[str]:
        """Who completed the workflow tasks of a directive."""
        return {
            event.workflow_task_completed_event_attributes.identity
            for run in await self.runs(code)
            async for event in self.engine.client.get_workflow_handle(
                f"directive/{code}", run_id=run
            ).fetch_history_events()
            if event.HasField("workflow_task_completed_event_attributes")
        }

    async def patched(self, code: str) -> bool:
        """Whether new code left a mark of a change in a history that old code cannot follow."""
        for run in await self.runs(code):
            own = self.engine.client.get_workflow_handle(f"directive/{code}", run_id=run)
            async for event in own.fetch_history_events():
                if event.marker_recorded_event_attributes.marker_name == "core_patch":
                    return True
        return False

    async def runs(self, code: str) -> list[str]:
        """All runs of a directive, the newest first, by following each to the one before."""
        described = await handle(self.engine.client, code).describe()
        found = [described.run_id]
        while True:
            own = self.engine.client.get_workflow_handle(f"directive/{code}", run_id=found[-1])
            started = await anext(aiter(own.fetch_history_events()))
            before = started.workflow_execution_started_event_attributes.continued_execution_run_id
            if not before:
                return found
            found.append(before)


@contextlib.asynccontextmanager
async def an_engine_without_workers(database: Path, address: str, queue: str = "") -> AsyncIterator[Workers]:
    """One office on a queue of its own, or on the one that is named; the test runs the workers."""
    client: Client = await connect(address, "default")
    await ensure_search_attributes(client)
    office = Office(open_engine(f"sqlite:///{database}"))
    door = Door(office.engine, office.references)
    mark = uuid.uuid4().hex[:8]
    queue = queue or f"dondoc-{mark}"
    skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False))
    sender = Sender(skipper.client, office, patience=60, task_queue=queue)
    with ThreadPoolExecutor(8) as threads:
        yield Workers(address, RunningEngine(office, door, client, skipper, sender, queue, mark), threads)
    office.engine.dispose()


async def eventually(condition: Callable[[], Awaitable[object]], seconds: float = 60) -> float:
    """Wait for a condition; how many seconds that took."""
    started = time.monotonic()
    while not await condition():
        assert time.monotonic() - started < seconds, f"the condition did not come true in {seconds} seconds"
        await asyncio.sleep(0.2)
    return time.monotonic() - started
