"""The worker of the bare workflow, with the settings of our own: `python -m bench.bare_worker`."""

import asyncio
import os
import signal

from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from bench.bare import BareWorkflow
from services.temporal import connect
from settings import load_settings
from worker import CACHED_DIRECTIVES, TASKS_A_CORE


async def main() -> None:
    """Run until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    client = await connect(load_settings().temporal_address or "127.0.0.1:7233", "default")
    async with Worker(
        client,
        task_queue="bare",
        workflows=[BareWorkflow],
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_concurrent_workflow_tasks=TASKS_A_CORE * (os.cpu_count() or 1),
        max_cached_workflows=CACHED_DIRECTIVES,
    ):
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(main())
    os._exit(0)
