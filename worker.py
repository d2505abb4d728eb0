"""Wires the worker and runs it: `python -m worker`. Everything it needs comes from the settings."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TypedDict

import structlog
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkflowRunner

from activities.canary import Canary
from activities.clock_guard import ClockGuard
from activities.commit import Door
from activities.delivery import Delivery
from activities.doorkeeper import Doorkeeper
from activities.sweep import Sweep
from activities.transports import transport_for
from services.engine_access import EngineAccess
from services.logs import configure_logging
from services.office import Office
from services.standing_workflows import ensure_standing_workflows
from services.temporal import connect, logging_runtime
from settings import Settings, SettingsRefused, load_settings
from workflows.canary import CanaryWorkflow
from workflows.directive import DirectiveWorkflow
from workflows.dispatch import DispatchWorkflow
from workflows.queue import TASK_QUEUE
from workflows.sweep import SweepWorkflow

WORKFLOWS = (DirectiveWorkflow, DispatchWorkflow, SweepWorkflow, CanaryWorkflow)

COMMITS = 64
"""Commits that wait for the door at the same time in one worker; they go through together."""

ANSWER_WITHIN = 60.0
"""Seconds that a database server has for one statement; then the connection is given up, and workflows try again."""

THREADS = 8
"""Threads for what is not asynchronous: deliveries and the canary."""

TASKS_A_CORE = 4
"""Workflow tasks under way at once for each core: a cold worker that takes on more lets them all time out."""

CACHED_DIRECTIVES = 2_000
"""Directives whose workflow stays in memory; the others are replayed when something happens to them."""

GRACE = timedelta(seconds=10)

DEAD_WORKERS_QUEUE = timedelta(seconds=4)
"""How long a task waits for the worker that has its directive in memory, which may be dead, before any may take it."""

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
    client: Client, office: Office, door: Door, delivery: Delivery, canary: Canary, runner: WorkflowRunner
) -> Worker:
    """Put the worker together.

    Args:
        runner: the sandbox in tests; in production none, which saves a third of the CPU.
    """
    sweep = Sweep(office.engine, office.references, EngineAccess(client, office), _failed)
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=WORKFLOWS,
        activities=[Doorkeeper(door).commit, canary.beat, delivery.deliver, sweep.sweep],
        activity_executor=ThreadPoolExecutor(THREADS, thread_name_prefix="activity"),
        workflow_runner=runner,
        graceful_shutdown_timeout=GRACE,
        sticky_queue_schedule_to_start_timeout=DEAD_WORKERS_QUEUE,
        **tuning(),
    )


def _failed(what: str, problem: BaseException) -> None:
    log.warning("sweep_failed", what=what, problem=type(problem).__name__)


async def run(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; what is under way is finished first."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    address = settings.temporal_address or "127.0.0.1:7233"
    client = await connect(address, settings.temporal_namespace, logging_runtime())
    office = Office.at(settings.database_url, answer_within=ANSWER_WITHIN)
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
    async with build_worker(client, office, door, delivery, canary, UnsandboxedWorkflowRunner()):
        if run_dir.is_dir():
            _say_ready(run_dir / "worker.ready")
        log.info("worker_started", task_queue=TASK_QUEUE, temporal=settings.temporal_address)
        await stop.wait()
        log.info("worker_stopping")


def _say_ready(file: Path) -> None:
    fresh = file.with_suffix(".new")
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
    configure_logging(settings.log_format)
    try:
        with asyncio.Runner(loop_factory=fast_loop()) as runner:
            runner.run(run(settings))
    except RuntimeError as unreachable:
        log.error("temporal_unreachable", problem=str(unreachable))  # noqa: TRY400 - one line, no traceback
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the SDK's threads may crash an interpreter that winds down
