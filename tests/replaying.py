"""Lives whose tasks beat early, and whether a history replays on today's code."""

import datetime as dt

from running_engine import RunningEngine
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from models.engine import CommandEnvelope, DirectiveInput
from services.temporal import DATA_CONVERTER, workflow_id
from workflows.directive import DirectiveWorkflow

TASK_TIMEOUT = dt.timedelta(seconds=2)
"""Short, so that a task that waits for the database beats before two seconds have passed."""


async def start_beating_early(engine: RunningEngine, queue: str, registration: CommandEnvelope) -> None:
    """Start the workflow of a kept registration."""
    await engine.client.start_workflow(
        DirectiveWorkflow.run,
        DirectiveInput(
            code=registration.directive,
            registration=registration,
            clock_shift=engine.office.reference().clock_shift,
            waits_by_clock=False,
        ),
        id=workflow_id(registration.directive),
        task_queue=queue,
        task_timeout=TASK_TIMEOUT,
    )


async def failure_of(history: WorkflowHistory) -> Exception | None:
    """Why it does not replay; None when it does."""
    replayer = Replayer(
        workflows=[DirectiveWorkflow], data_converter=DATA_CONVERTER, workflow_runner=UnsandboxedWorkflowRunner()
    )
    return (await replayer.replay_workflow(history, raise_on_replay_failure=False)).replay_failure
