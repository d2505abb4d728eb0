"""The worker of the bare workflow, with the settings of our own: `python -m bench.bare_worker COUNT_FILE`."""

import asyncio
import os
import signal
import sys

from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from bench.bare import BareDoor, BareWorkflow
from services.memory import settle_in
from services.temporal import connect
from settings import load_settings
from worker import GRACE, fast_loop, tuning

QUEUE = "bare"


async def main(count_file: str) -> None:
    """Run until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    client = await connect(load_settings().temporal_address or "127.0.0.1:7233", "default")
    door = BareDoor(os.open(count_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT))
    async with Worker(
        client,
        task_queue=QUEUE,
        workflows=[BareWorkflow],
        activities=[door.commit],
        workflow_runner=UnsandboxedWorkflowRunner(),
        graceful_shutdown_timeout=GRACE,
        **tuning(),
    ):
        settle_in()
        await stop.wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=fast_loop()) as runner:
        runner.run(main(sys.argv[1]))
    os._exit(0)
