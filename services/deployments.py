"""Builds of the worker that follow each other: which gets the tasks, and who lives on which (decision 0015)."""

import asyncio
import datetime as dt
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import structlog
from temporalio.api.deployment.v1 import WorkerDeploymentInfo
from temporalio.api.enums.v1 import RoutingConfigUpdateState, TaskQueueType, WorkerDeploymentVersionStatus
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import WorkerDeploymentConfig

from services.temporal import build_of, is_fresh
from workflows.queue import TASK_QUEUE

DEPLOYMENT: Final = "dondoc"
"""The name of all our workers together, whatever their build."""

PATIENCE: Final = dt.timedelta(seconds=5)

CHANGE_PATIENCE: Final = dt.timedelta(seconds=30)
"""For the server to decide; it tells the task queues after that."""

TIMES_ASKED: Final = 100
ASKED_EVERY: Final = 0.2
"""Seconds between the questions whether each task queue knows."""

SEEN_WITHIN: Final = 30.0
"""Seconds in which the server has heard of a worker that just began to ask for tasks."""

log = structlog.get_logger()


class BuildState(StrEnum):
    """What a build is to the server."""

    CURRENT = "current"  # gets every new task
    RAMPING = "ramping"
    WAITING = "waiting"  # its workers ask for tasks and get none
    LEFT = "left"  # was current before


@dataclass(frozen=True)
class Build:
    """One build.

    Attributes:
        open_directives: workflows of all kinds that run and had their last task from this build; each moves to the
            current one with its next task.
        workers: that asked for tasks lately.
    """

    id: str
    state: BuildState
    open_directives: int
    workers: int


@dataclass(frozen=True)
class Builds:
    """All builds that the server knows, the newest first; workers without a build beside them."""

    known: tuple[Build, ...]
    unversioned_workers: int

    @property
    def current(self) -> str | None:
        """The build that gets the tasks; None while unversioned workers do."""
        return next((build.id for build in self.known if build.state is BuildState.CURRENT), None)


class BuildUnknown(Exception):
    """No worker of that build has asked for tasks, so it would be the end of all work to make it current."""


def deployment_config(build: str) -> WorkerDeploymentConfig:
    """How a worker of a build presents itself: a directive moves to the current build with its next task."""
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=DEPLOYMENT, build_id=build),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


async def builds(client: Client) -> Builds:
    """All builds of our workers.

    Raises:
        temporalio.service.RPCError: Temporal does not answer.
    """
    queue = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=TASK_QUEUE),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        ),
        timeout=PATIENCE,
    )
    asking = Counter(build_of(poller) for poller in queue.pollers if is_fresh(poller))
    info = await _described(client)
    summaries = info.version_summaries if info else ()
    known = [
        Build(
            id=one.deployment_version.build_id,
            state=_STATES.get(one.status, BuildState.WAITING),
            open_directives=await _living_on(client, one.deployment_version.build_id),
            workers=asking[one.deployment_version.build_id],
        )
        for one in sorted(summaries, key=lambda one: one.create_time.ToNanoseconds(), reverse=True)
    ]
    return Builds(tuple(known), asking[""])


async def make_current(client: Client, build: str, *, unattended: bool = False) -> None:
    """Let a build get every task from now on; directives move to it one by one, each with its next task.

    Args:
        build: of workers that ask for tasks already; an earlier one, to go back to it. Empty: unversioned workers.
        unattended: also when no worker of that build asks for tasks.

    Raises:
        BuildUnknown: no worker of that build is known.
        temporalio.service.RPCError: Temporal does not answer.
    """
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace, deployment_name=DEPLOYMENT, build_id=build, allow_no_pollers=unattended
    )
    service = client.workflow_service
    try:
        await service.set_worker_deployment_current_version(request, retry=True, timeout=CHANGE_PATIENCE)
    except RPCError as error:
        if error.status in (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION):
            raise BuildUnknown(build) from error
        raise
    for _ in range(TIMES_ASKED):  # decided it is; a part of a cluster that is away hears of it later
        if await _told_everywhere(client):
            return
        await asyncio.sleep(ASKED_EVERY)


async def become_current_if_first(client: Client, build: str) -> None:
    """Let the very first build of an office get the tasks by itself; every later one is made current by a person.

    Many workers may do so at once; nothing is awaited from a server that knows no builds.
    """
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + SEEN_WITHIN
    while loop.time() < give_up_at:
        try:
            info = await _described(client)
            if info is not None and info.routing_config.current_deployment_version.build_id:
                return
            await make_current(client, build)
        except BuildUnknown:
            await asyncio.sleep(0.2)  # the server has not heard of this worker yet
        except RPCError as error:
            log.warning("build_not_current", build=build, problem=error.message)
            return
        else:
            log.info("build_current", build=build)
            return


async def _described(client: Client) -> WorkerDeploymentInfo | None:
    request = DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=DEPLOYMENT)
    try:  # again and again: the server holds few such questions at a time and refuses who comes beside them
        found = await client.workflow_service.describe_worker_deployment(request, retry=True, timeout=PATIENCE)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    return found.worker_deployment_info


async def _told_everywhere(client: Client) -> bool:
    """Whether each task queue knows which build gets its tasks; the server tells them one by one after its answer."""
    info = await _described(client)
    in_progress = RoutingConfigUpdateState.ROUTING_CONFIG_UPDATE_STATE_IN_PROGRESS
    return info is None or info.routing_config_update_state != in_progress


async def _living_on(client: Client, build: str) -> int:
    query = f"TemporalWorkerDeploymentVersion = '{DEPLOYMENT}:{build}' AND ExecutionStatus = 'Running'"
    return (await client.count_workflows(query, rpc_timeout=PATIENCE)).count


_STATES: Final = {
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT: BuildState.CURRENT,
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING: BuildState.RAMPING,
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING: BuildState.LEFT,
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED: BuildState.LEFT,
}
