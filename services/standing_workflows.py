"""What runs beside the directives: the schedules of dispatch and sweep, the canary, the search attributes."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.common import SearchAttributeIndexedValueType, WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode

from workflows.canary import CANARY_ID, CANARY_ID_OF_0_1, CanaryWorkflow
from workflows.directive import SEARCH_ATTRIBUTES
from workflows.dispatch import DISPATCH_ID, DispatchWorkflow
from workflows.queue import CANARY_QUEUE, TASK_QUEUE
from workflows.sweep import SWEEP_ID, SweepWorkflow

CATCH_UP = dt.timedelta(seconds=30)
"""A run missed in an outage is made up for once, not once for each interval."""


@dataclass(frozen=True)
class Standing:
    """A workflow that a Schedule starts, one run at a time."""

    id: str
    run: Any
    every: dt.timedelta

    def schedule(self) -> Schedule:
        """Its schedule: overlap is skipped, and only the last missed run is made up for."""
        return Schedule(
            action=ScheduleActionStartWorkflow(self.run, id=self.id, task_queue=TASK_QUEUE),
            spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=self.every)]),
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=CATCH_UP),
        )


STANDING = (
    Standing(DISPATCH_ID, DispatchWorkflow.run, dt.timedelta(seconds=10)),
    Standing(SWEEP_ID, SweepWorkflow.run, dt.timedelta(seconds=15)),
)


async def ensure_standing_workflows(client: Client) -> None:
    """Create what is missing and bring schedules to this release's intervals; safe to call from every worker.

    Raises:
        RPCError: Temporal cannot be reached.
    """
    await ensure_search_attributes(client)
    for standing in STANDING:
        schedule = standing.schedule()
        try:
            await client.create_schedule(standing.id, schedule)
        except ScheduleAlreadyRunningError:

            async def renewed(_known: ScheduleUpdateInput, fresh: Schedule = schedule) -> ScheduleUpdate:
                return ScheduleUpdate(schedule=fresh)

            await client.get_schedule_handle(standing.id).update(renewed)
    await client.start_workflow(
        CanaryWorkflow.run,
        id=CANARY_ID,
        task_queue=CANARY_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
    await _end_the_former_canary(client)


async def _end_the_former_canary(client: Client) -> None:
    try:
        await client.get_workflow_handle(CANARY_ID_OF_0_1).terminate(f"{CANARY_ID} sings in its place")
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


async def ensure_search_attributes(client: Client) -> None:
    """Register what is missing of the search attributes; a directive's task would fail without them."""
    types = {
        SearchAttributeIndexedValueType.KEYWORD: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
        SearchAttributeIndexedValueType.DATETIME: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
        SearchAttributeIndexedValueType.INT: IndexedValueType.INDEXED_VALUE_TYPE_INT,
    }
    known = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    missing = {
        key.name: types[key.indexed_value_type] for key in SEARCH_ATTRIBUTES if key.name not in known.custom_attributes
    }
    if not missing:
        return
    try:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise
