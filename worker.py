"""Wires the worker and runs it: `python -m worker`. Everything it needs comes from the settings."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TypedDict

import structlog
from sqlalchemy.exc import OperationalError
from temporalio.client import Client
from temporalio.common import MetricMeter
from temporalio.runtime import Runtime
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkflowRunner

from activities.canary import Canary
from activities.clock_guard import ClockGuard
from activities.commit import Door
from activities.delivery import Delivery
from activities.doorkeeper import Doorkeeper
from activities.retention import Retention
from activities.sweep import Sweep
from activities.transports import transport_for
from models.payload_keys import PayloadKey
from services import tracing
from services.deployments import become_current_if_first, deployment_config
from services.engine_access import EngineAccess
from services.key_guard import take_keys
from services.logs import configure_logging
from services.memory import settle_in
from services.office import Office
from services.payload_encryption import PayloadRefused
from services.standing_workflows import ensure_standing_workflows
from services.temporal import connect_by, logging_runtime
from services.watchers import Watchers, together, watchers_of
from settings import Settings, SettingsRefused, load_settings
from workflows.canary import CanaryWorkflow
from workflows.directive import DirectiveWorkflow
from workflows.dispatch import DispatchWorkflow
from workflows.queue import CANARY_QUEUE, TASK_QUEUE
from workflows.sweep import SweepWorkflow

WORKFLOWS = (DirectiveWorkflow, DispatchWorkflow, SweepWorkflow, CanaryWorkflow)

COMMITS = 64
"""Commits that wait for the door at the same time in one worker; they go through together."""

ANSWER_WITHIN = 60.0
"""Seconds that a database server has for one statement; then the connection is given up, and workflows try again."""

THREADS = 8
"""Threads for what is not asynchronous: the deliveries."""

TASKS_A_CORE = 4
"""Workflow tasks under way at once for each core: a cold worker that takes on more lets them all time out."""

CACHED_DIRECTIVES = 2_000
"""Directives whose workflow stays in memory; the others are replayed when something happens to them."""

GRACE = timedelta(seconds=10)

DEAD_WORKERS_QUEUE = timedelta(seconds=4)
"""How long a task waits for the worker that has its directive in memory, which may be dead, before any may take it."""

LONG_ENOUGH = Retention()

log = structlog.get_logger()


class Tuning(TypedDict):
    """The worker's limits, as the SDK names them."""

    max_concurrent_workflow_tasks: int
    max_concurrent_local_activities: int
    max_concurrent_activities: int
    max_cached_workflows: int


def tuning() -> Tuning:
    """The limits of every worker of ours; the bench gives the same ones to bare Temporal."""
    return Tuning(
        max_concurrent_workflow_tasks=TASKS_A_CORE * (os.cpu_count() or 1),
        max_concurrent_local_activities=COMMITS,
        max_concurrent_activities=4,
        max_cached_workflows=CACHED_DIRECTIVES,
    )


def build_worker(
    client: Client,
    office: Office,
    door: Door,
    delivery: Delivery,
    canary: Canary,
    runner: WorkflowRunner,
    retention: Retention = LONG_ENOUGH,
    watchers: Watchers | None = None,
    build: str = "",
) -> Worker:
    """Put the worker together.

    Args:
        runner: the sandbox in tests; in production none, which saves a third of the CPU.
        retention: how long traces are kept.
        watchers: who is told what happens; None where nobody is.
        build: of this code, where workers of several builds follow each other; empty: the worker is unversioned.
    """
    watchers = watchers or Watchers()
    access = EngineAccess(client, office, watchers.refused)
    sweep = Sweep(office.engine, office.references, access, _failed, retention)
    doorkeeper = Doorkeeper(door, together(watchers.passed))
    delivery.tried = together(watchers.tried)
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=WORKFLOWS,
        activities=[doorkeeper.commit, canary.beat, delivery.deliver, sweep.sweep],
        activity_executor=ThreadPoolExecutor(THREADS, thread_name_prefix="activity"),
        workflow_runner=runner,
        graceful_shutdown_timeout=GRACE,
        sticky_queue_schedule_to_start_timeout=DEAD_WORKERS_QUEUE,
        deployment_config=deployment_config(build) if build else None,
        **tuning(),
    )


def build_canary_worker(client: Client, canary: Canary, runner: WorkflowRunner) -> Worker:
    """A worker for the canary alone.

    Tasks of directives that wait for a database that is away fill every place of the other one; the canary would be
    silent, and the supervisor would start a Temporal again that has nothing wrong with it. It has no build: whichever
    worker is there may answer.
    """
    return Worker(
        client,
        task_queue=CANARY_QUEUE,
        workflows=[CanaryWorkflow],
        activities=[canary.beat],
        activity_executor=ThreadPoolExecutor(1, thread_name_prefix="canary"),
        workflow_runner=runner,
        max_concurrent_workflow_task_polls=2,
        no_remote_activities=True,
    )


def _failed(what: str, problem: BaseException) -> None:
    log.warning("sweep_failed", what=what, problem=type(problem).__name__)


def _runtime(settings: Settings) -> tuple[Runtime, MetricMeter | None]:
    """The SDK's machinery, and its meter where it answers `/metrics`; a port that is taken stops no work."""
    if settings.worker_metrics_address is None:
        return logging_runtime(), None
    try:
        runtime = logging_runtime(settings.worker_metrics_address)
    except ValueError as fault:
        log.warning("metrics_not_answered", address=settings.worker_metrics_address, problem=str(fault))
        return logging_runtime(), None
    return runtime, runtime.metric_meter


async def run(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; what is under way is finished first."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    office = Office.at(settings.database_url, answer_within=ANSWER_WITHIN)
    runtime, meter = _runtime(settings)
    client = await connect_by(settings.engine_link(), runtime)
    if not await _keys_fit(office, settings.payload_keys, stop):
        return
    run_dir = settings.data_dir / "run"
    clock = ClockGuard.kept_in(run_dir / "clock") if run_dir.is_dir() else ClockGuard()
    door = Door(office.engine, office.references, clock)
    delivery = Delivery(
        engine=office.engine,
        references=office.references,
        transport=transport_for(settings.smtp_url, settings.data_dir / "mail"),
        sender=settings.mail_from,
        base_url=settings.public_url,
        webhook_allow=frozenset(settings.webhook_allow),
        clock=clock,
    )
    canary = Canary(run_dir / "canary" if run_dir.is_dir() else None, clock=clock)
    await ensure_standing_workflows(client)
    watchers = watchers_of(office, meter)
    retention = Retention(timedelta(days=settings.keep_traces_days), timedelta(days=settings.keep_audit_days))
    build, runner = settings.worker_build, UnsandboxedWorkflowRunner()
    async with (
        build_worker(client, office, door, delivery, canary, runner, retention, watchers, build),
        build_canary_worker(client, canary, runner),
    ):
        if build:
            await become_current_if_first(client, build)
        if run_dir.is_dir():
            _say_ready(run_dir / "worker.ready")
        settle_in()
        log.info("worker_started", task_queue=TASK_QUEUE, temporal=settings.temporal_address, build=build or None)
        await stop.wait()
        log.info("worker_stopping")


async def _keys_fit(office: Office, keys: tuple[PayloadKey, ...], stop: asyncio.Event) -> bool:
    """Wait until the database says whether this office encrypts; False when the worker is to stop meanwhile.

    Raises:
        PayloadRefused: it does, and our keys are not those.
    """
    while not stop.is_set():
        try:
            await asyncio.to_thread(take_keys, office, keys)
        except OperationalError:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 1)
        else:
            return True
    return False


def _say_ready(file: Path) -> None:
    fresh = file.with_name(f"{file.name}.{os.getpid()}.new")  # of this worker alone: several may start at once
    fresh.write_text(f"{os.getpid()}\n", encoding="ascii")
    fresh.replace(file)


def fast_loop() -> Callable[[], asyncio.AbstractEventLoop]:
    """The event loop of a process that runs for long: uvloop where it is to be had."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


def main() -> int:
    """Run the worker; returns the exit code."""
    try:
        settings = load_settings()
    except SettingsRefused as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    configure_logging(settings.log_format, level=settings.log_level)
    tracing.begin_tracing(settings.otlp_endpoint, "dondoc-worker")
    try:
        with asyncio.Runner(loop_factory=fast_loop()) as runner:
            runner.run(run(settings))
    except PayloadRefused as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    except RuntimeError as unreachable:
        log.error("temporal_unreachable", problem=str(unreachable))  # noqa: TRY400 - one line, no traceback
        return 1
    finally:
        tracing.end_tracing()
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the SDK's threads may crash an interpreter that winds down
