"""Reaching Temporal: the client, the ids and options of our workflows, and whether a worker is there."""

import datetime as dt
import functools
import logging
from typing import Any

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle, WorkflowQueryFailedError
from temporalio.common import HeaderCodecBehavior, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
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
from temporalio.service import RPCError, RPCStatusCode, TLSConfig

from models.engine import CommandEnvelope, DirectiveInput, pack, unpack
from models.engine_link import EngineLink, EngineTls
from models.events import Recorded
from services.payload_encryption import ConcealingFailureConverter, EncryptingCodec
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
"""How all that we send to Temporal is written, where it is not encrypted."""


def data_converter(link: EngineLink) -> DataConverter:
    """How all that we send over this link is written: without keys exactly `DATA_CONVERTER`, which costs nothing."""
    if not link.keys:
        return DATA_CONVERTER
    return DataConverter(
        payload_converter_class=SharedPayloadConverter,
        payload_codec=EncryptingCodec(link.keys, refuses_plain=link.refuses_plain),
        failure_converter_class=ConcealingFailureConverter,
    )


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
    """Connect to a Temporal of this machine, in clear and without encryption.

    Args:
        runtime: of the SDK; quiet when none is given.

    Raises:
        RuntimeError: it cannot be reached.
    """
    return await connect_by(EngineLink(address, namespace), runtime)


async def connect_by(link: EngineLink, runtime: Runtime | None = None) -> Client:
    """Connect to Temporal as the settings say.

    Args:
        runtime: of the SDK; quiet when none is given.

    Raises:
        RuntimeError: it cannot be reached, or it or we are not who the certificates say.
    """
    return await Client.connect(
        link.address,
        namespace=link.namespace,
        data_converter=data_converter(link),
        runtime=runtime or quiet_runtime(),
        api_key=link.api_key,
        tls=_tls(link.tls) if link.tls else False,
        header_codec_behavior=HeaderCodecBehavior.CODEC if link.keys else HeaderCodecBehavior.NO_CODEC,
    )


def _tls(tls: EngineTls) -> TLSConfig:
    return TLSConfig(
        server_root_ca_cert=tls.ca, domain=tls.server_name, client_cert=tls.certificate, client_private_key=tls.key
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


_REMEMBERS_NOTHING = (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION)
"""The server asks no run that has done no task yet, or whose last task failed when it was ended."""


async def remembered(client: Client, code: str, rows: tuple[Recorded, ...]) -> tuple[Recorded, ...]:
    """The directive's rows as the ledger has them, or as its last run remembers them where that is more.

    A ledger that was restored from an older backup lacks what was recorded since; an ended run still knows it.

    Raises:
        temporalio.service.RPCError: the run is there and cannot be asked now.
    """
    try:
        packed = await handle(client, code).query(DirectiveWorkflow.rows, rpc_timeout=ASKING)
    except RPCError as error:
        if error.status not in _REMEMBERS_NOTHING:
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
    await _begin_anew(client, code, rows, clock_shift, task_queue, "its tasks fail; it goes on from the ledger")
    return True


async def begin_anew(
    client: Client, code: str, rows: tuple[Recorded, ...], clock_shift: float, task_queue: str = TASK_QUEUE
) -> None:
    """End a run that is well and start the directive again from its ledger rows, so that all is written anew.

    Raises:
        temporalio.service.RPCError: Temporal does not answer, or nothing runs.
    """
    await _begin_anew(client, code, rows, clock_shift, task_queue, "it is written anew from the ledger")


async def _begin_anew(
    client: Client, code: str, rows: tuple[Recorded, ...], clock_shift: float, task_queue: str, why: str
) -> None:
    await handle(client, code).terminate(why, rpc_timeout=ASKING)
    await _begin(client, code, rows, clock_shift, task_queue)


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
    """Whether a worker that gets tasks polled for our workflows lately; False also when Temporal does not answer."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=TASK_QUEUE),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    try:
        described = await client.workflow_service.describe_task_queue(request, timeout=dt.timedelta(seconds=3))
    except RPCError:
        return False
    current = described.versioning_info.current_deployment_version.build_id
    # Once a build is current, workers of other builds and those without one ask for tasks and get none.
    return any(is_fresh(poller) and build_of(poller) == current for poller in described.pollers)


def is_fresh(poller: PollerInfo) -> bool:
    """Whether a worker asked for tasks lately."""
    return dt.datetime.now(dt.UTC) - poller.last_access_time.ToDatetime(dt.UTC) < FRESH_POLLER


def build_of(poller: PollerInfo) -> str:
    """The build of a worker's code; empty for an unversioned one."""
    return poller.deployment_options.build_id
