"""Reaching Temporal: the client, the ids and options of our workflows, and whether a worker is there."""

import datetime as dt
import functools
import logging
from typing import Any

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle, WorkflowQueryFailedError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import CompositePayloadConverter, DataConverter
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)
from temporalio.service import RPCError, RPCStatusCode

from models.engine import CommandEnvelope, DirectiveInput, pack, unpack
from models.events import Recorded
from services.worker_measures import at_address
from workflows.directive import DirectiveWorkflow
from workflows.queue import TASK_QUEUE, TASK_TIMEOUT

ASKING = dt.timedelta(seconds=10)
"""How long a run may take to say what it knows; it may have to be replayed."""

STUCK_ATTEMPTS = 3
"""A workflow task that is tried for the third time has failed twice: within half a minute, and it will fail again."""

FRESH_POLLER = dt.timedelta(seconds=75)
"""A worker polls at least once a minute; one that was heard of within this time is there."""

_CONVERTERS = tuple(PydanticPayloadConverter().converters.values())


class SharedPayloadConverter(CompositePayloadConverter):
    """Pydantic's JSON, with what it has learnt of our types kept once for the process.

    The SDK makes a converter for every activation of every workflow; with caches of its own each would learn anew.
    """

    def __init__(self) -> None:
        """Take the converters that are there."""
        super().__init__(*_CONVERTERS)


DATA_CONVERTER = DataConverter(payload_converter_class=SharedPayloadConverter)
"""How all that we send to Temporal is written."""


@functools.cache
def quiet_runtime() -> Runtime:
    """The SDK's machinery without a log of its own, which would stand between what a command says to people."""
    return Runtime(telemetry=TelemetryConfig(logging=None))


@functools.cache
def logging_runtime(metrics_address: str | None = None) -> Runtime:
    """The SDK's machinery whose warnings go into the process's log like all others.

    Args:
        metrics_address: where it answers `/metrics`, with its own figures and with ours that are told to its meter.

    Raises:
        ValueError: it cannot listen there.
    """
    forwarding = LogForwardingConfig(logger=logging.getLogger("temporalio.core"))
    levels = TelemetryFilter(core_level="WARN", other_level="ERROR")
    metrics = at_address(metrics_address) if metrics_address is not None else None
    logs = LoggingConfig(filter=levels, forwarding=forwarding)
    return Runtime(telemetry=TelemetryConfig(logging=logs, metrics=metrics, attach_service_name=False))


async def connect(address: str, namespace: str, runtime: Runtime | None = None) -> Client:
    """Connect to Temporal.

    Args:
        runtime: of the SDK; quiet when none is given.

    Raises:
        RuntimeError: it cannot be reached.
    """
    return await Client.connect(
        address, namespace=namespace, data_converter=DATA_CONVERTER, runtime=runtime or quiet_runtime()
    )


def workflow_id(code: str) -> str:
    """The workflow id of a directive."""
    return f"directive/{code}"


def handle(client: Client, code: str) -> WorkflowHandle[Any, Any]:
    """The handle of a directive's newest run."""
    return client.get_workflow_handle(workflow_id(code))


async def start_registered(
    client: Client, registration: CommandEnvelope, clock_shift: float, task_queue: str = TASK_QUEUE
) -> None:
    """Start the workflow of a directive that was just registered; once, however often it is asked for."""
    try:
        await client.start_workflow(
            DirectiveWorkflow.run,
            DirectiveInput(
                code=registration.directive, registration=registration, clock_shift=clock_shift, waits_by_clock=False
            ),
            id=workflow_id(registration.directive),
            task_queue=task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            task_timeout=TASK_TIMEOUT,
        )
    except WorkflowAlreadyStartedError:
        return


async def remembered(client: Client, code: str, rows: tuple[Recorded, ...]) -> tuple[Recorded, ...]:
    """The directive's rows as the ledger has them, or as its last run remembers them where that is more.

    A ledger that was restored from an older backup lacks what was recorded since; an ended run still knows it.

    Raises:
        temporalio.service.RPCError: the run is there and cannot be asked now.
    """
    try:
        packed = await handle(client, code).query(DirectiveWorkflow.rows, rpc_timeout=ASKING)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return rows
    except WorkflowQueryFailedError:  # a run that no release can replay remembers nothing
        return rows
    known = unpack(packed)
    return known if len(known) > len(rows) else rows


async def start_from_ledger(
    client: Client, code: str, rows: tuple[Recorded, ...], clock_shift: float, task_queue: str = TASK_QUEUE
) -> None:
    """Start a workflow again from its ledger rows, or from what its last run knows beyond them. One that runs stays.

    Raises:
        temporalio.service.RPCError: Temporal does not answer.
    """
    await _begin(client, code, await remembered(client, code, rows), clock_shift, task_queue)


async def _begin(client: Client, code: str, rows: tuple[Recorded, ...], clock_shift: float, task_queue: str) -> None:
    await client.start_workflow(
        DirectiveWorkflow.run,
        DirectiveInput(code=code, rows=pack(rows), clock_shift=clock_shift, waits_by_clock=False),
        id=workflow_id(code),
        task_queue=task_queue,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        task_timeout=TASK_TIMEOUT,
    )


async def begin_anew_if_stuck(
    client: Client, code: str, rows: tuple[Recorded, ...], clock_shift: float, task_queue: str = TASK_QUEUE
) -> bool:
    """End a run whose tasks fail again and again, and start the directive again from its ledger rows.

    Such a run cannot be replayed by the code that runs now; the ledger has all that was ever acknowledged. A command
    that waits in the run is sent again by whoever sent it.

    Returns: whether it was stuck.

    Raises:
        temporalio.service.RPCError: Temporal does not answer.
    """
    own = handle(client, code)
    described = await own.describe(rpc_timeout=ASKING)
    if described.raw_description.pending_workflow_task.attempt < STUCK_ATTEMPTS:
        return False
    await own.terminate("its tasks fail; it goes on from the ledger", rpc_timeout=ASKING)
    await _begin(client, code, rows, clock_shift, task_queue)
    return True


def start_operation(
    code: str, rows: tuple[Recorded, ...], clock_shift: float, task_queue: str = TASK_QUEUE
) -> WithStartWorkflowOperation[DirectiveWorkflow, None]:
    """A new run for a closed directive, to be started together with an Update."""
    return WithStartWorkflowOperation(
        DirectiveWorkflow.run,
        DirectiveInput(code=code, rows=pack(rows), clock_shift=clock_shift, waits_by_clock=False),
        id=workflow_id(code),
        task_queue=task_queue,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        task_timeout=TASK_TIMEOUT,
    )


async def worker_is_there(client: Client) -> bool:
    """Whether a worker polled for our workflows lately; False also when Temporal does not answer."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=TASK_QUEUE),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    try:
        described = await client.workflow_service.describe_task_queue(request, timeout=dt.timedelta(seconds=3))
    except RPCError:
        return False
    heard = [poller.last_access_time.ToDatetime(dt.UTC) for poller in described.pollers]
    return any(dt.datetime.now(dt.UTC) - instant < FRESH_POLLER for instant in heard)
