"""Whether the engine runs: Temporal answers, a worker is there, and no directive's workflow stands still."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterable

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.failure.v1 import Failure
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    GetSystemInfoRequest,
    GetWorkflowExecutionHistoryReverseRequest,
)
from temporalio.client import Client
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError, RPCStatusCode

from activities.clock_guard import TOLERANCE_SECONDS, wall_seconds
from documents.language import N_
from services.deployments import builds
from services.doctor import Check, check, some
from services.payload_encryption import PayloadRefused
from services.standing_workflows import STANDING
from services.temporal import handle, worker_is_there, workflow_id
from workflows.canary import CANARY_ID
from workflows.directive import SEARCH_ATTRIBUTES

PATIENCE = dt.timedelta(seconds=5)
STUCK_ATTEMPTS = 2
"""A workflow task that was tried more often than this does not heal by itself; a worker says so only of the first
try, and lets each later one run into its time-out of a minute."""

_LOOK_AT_TEMPORAL = N_("Kiểm tra DONDOC_TEMPORAL_ADDRESS, máy chủ Temporal và tường lửa.")

LOOKED_AT = 50
"""How many directives are asked one by one."""

TROUBLED = "TemporalReportedProblems IS NOT NULL AND WorkflowType = 'DirectiveWorkflow' AND ExecutionStatus = 'Running'"


async def engine_checks(client: Client | None, address: str | None, late: Iterable[str]) -> list[Check]:
    """Check Temporal, the worker, and the directives that are late.

    Args:
        client: None when it could not be reached.
        address: None when nobody knows where Temporal is.
        late: the directives to look at more closely.
    """
    if client is None:
        found = (
            check("temporal", False, N_("Temporal ở {address} không trả lời."), todo=_LOOK_AT_TEMPORAL, address=address)
            if address
            else check("temporal", False, N_("Bộ máy chưa chạy. Chạy “dondoc up”."))
        )
        return [found, _no_worker()]
    try:
        info = await client.workflow_service.get_system_info(GetSystemInfoRequest(), timeout=PATIENCE)
    except RPCError as problem:
        return [
            check(
                "temporal",
                False,
                N_("Temporal không trả lời: {problem}."),
                todo=_LOOK_AT_TEMPORAL,
                problem=problem.message,
            ),
            _no_worker(),
        ]
    checks = [
        check(
            "temporal",
            True,
            N_("Temporal {version} trả lời ở {address}."),
            version=info.server_version,
            address=address,
        )
    ]
    if not await _has_namespace(client):
        message = N_(
            "Temporal không có không gian tên “{namespace}”. Tạo nó (deploy/temporal/namespace.sh) hoặc sửa "
            "DONDOC_TEMPORAL_NAMESPACE."
        )
        return [*checks, check("namespace", False, message, namespace=client.namespace), _no_worker()]
    checks.append(check("namespace", True, N_("Temporal có không gian tên “{namespace}”."), namespace=client.namespace))
    checks += [await _search_attributes(client), await _schedules(client)]
    if await worker_is_there(client):
        checks.append(check("worker", True, N_("Bộ máy đang làm việc.")))
    else:
        checks.append(_no_worker())
    checks += [one async for one in _builds(client)]
    checks += [one async for one in _clock(client)]
    stuck = await stuck_directives(client, late)
    if stuck and (reason := await _key_missing(client, stuck)):
        checks.append(check("worker_keys", False, N_("Worker thiếu khóa mã hóa: {reason}"), reason=reason))
    if stuck:
        checks.append(
            check(
                "stuck",
                False,
                N_("{number} nhiệm vụ bị kẹt, bộ máy thử lại mãi không được: {codes}. Xem nhật ký của worker."),
                number=len(stuck),
                codes=some(stuck),
            )
        )
    else:
        checks.append(check("stuck", True, N_("Không có nhiệm vụ nào bị kẹt.")))
    return checks


async def _has_namespace(client: Client) -> bool:
    try:
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=client.namespace), timeout=PATIENCE
        )
    except RPCError as problem:
        return problem.status is not RPCStatusCode.NOT_FOUND
    return True


async def _search_attributes(client: Client) -> Check:
    """Whether Temporal knows the attributes that each directive sets; without them its tasks fail."""
    try:
        known = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace), timeout=PATIENCE
        )
    except RPCError as problem:
        return check(
            "search_attributes", True, N_("Không hỏi được thuộc tính tìm kiếm: {problem}."), problem=problem.message
        )
    missing = [key.name for key in SEARCH_ATTRIBUTES if key.name not in known.custom_attributes]
    if missing:
        message = N_(
            "Temporal thiếu thuộc tính tìm kiếm {names} nên nhiệm vụ không chạy. Khởi động lại worker, hoặc đăng ký "
            "bằng “temporal operator search-attribute create”."
        )
        return check("search_attributes", False, message, names=missing)
    return check("search_attributes", True, N_("Temporal có đủ thuộc tính tìm kiếm."))


async def _schedules(client: Client) -> Check:
    """Whether the schedules of dispatch and sweep are there and go."""
    missing: list[str] = []
    paused: list[str] = []
    for standing in STANDING:
        try:
            described = await client.get_schedule_handle(standing.id).describe(rpc_timeout=PATIENCE)
        except RPCError:
            missing.append(standing.id)
            continue
        if described.schedule.state.paused:
            paused.append(standing.id)
    if paused:
        message = N_(
            "Lịch {names} trong Temporal bị tạm dừng nên thư và việc sót lại nằm chờ. Cho chạy lại bằng “temporal "
            "schedule toggle --unpause --schedule-id {first}”."
        )
        return check("schedules", False, message, names=paused, first=paused[0])
    if missing:
        message = N_("Temporal thiếu lịch {names} nên thư và việc sót lại nằm chờ. Khởi động lại worker để tạo lịch.")
        return check("schedules", False, message, names=missing)
    return check("schedules", True, N_("Lịch gửi thư và lịch quét đang chạy."))


def _no_worker() -> Check:
    return check(
        "worker",
        False,
        N_("Không có worker nào nhận việc: mốc không được nhắc, lệnh được giữ lại chờ."),
        todo=N_("Khởi động worker với cùng DONDOC_TEMPORAL_ADDRESS và DONDOC_TEMPORAL_NAMESPACE."),
    )


async def _builds(client: Client) -> AsyncIterator[Check]:
    """Whether every worker that runs also gets tasks; nothing is said where there are no builds."""
    try:
        found = await builds(client)
    except RPCError:
        return
    if found.current is None:
        return
    waiting = [one.id for one in found.known if one.workers and one.id != found.current]
    if found.unversioned_workers:
        message = N_(
            "{number} worker không đánh số bản đang chạy mà không được giao việc: bản {current} nhận việc. "
            "Đặt DONDOC_WORKER_BUILD cho chúng, hoặc dừng chúng."
        )
        yield check("builds", False, message, number=found.unversioned_workers, current=found.current)
    elif waiting:
        message = N_("Bản {current} nhận việc; worker của bản {waiting} đang chạy chờ.")
        yield check("builds", True, message, current=found.current, waiting=waiting)
    else:
        yield check("builds", True, N_("Bản {current} nhận việc."), current=found.current)


async def _key_missing(client: Client, stuck: list[str]) -> str | None:
    """What a worker said that could not read what it was to go on with; None where that is not the reason."""
    for code in stuck:
        failure = await _newest_failure(client, code)
        if failure is not None and failure.application_failure_info.type == PayloadRefused.__name__:
            return failure.message
    return None


async def _clock(client: Client) -> AsyncIterator[Check]:
    """Whether Temporal's clock is ours: its canary's last event is seconds old; nothing is said while it has none.

    An event of long ago may also be a canary that fell silent, which has a check of its own.
    """
    request = GetWorkflowExecutionHistoryReverseRequest(
        namespace=client.namespace, execution=WorkflowExecution(workflow_id=CANARY_ID), maximum_page_size=1
    )
    try:
        found = await client.workflow_service.get_workflow_execution_history_reverse(request, timeout=PATIENCE)
    except RPCError:
        return
    for event in found.history.events[:1]:
        ahead = event.event_time.ToSeconds() - wall_seconds()
        if ahead > TOLERANCE_SECONDS:
            message = N_("Đồng hồ máy sai: Temporal đã đi trước giờ ở đây {seconds} giây.")
            yield check("temporal_clock", False, message, seconds=round(ahead))
        else:
            yield check("temporal_clock", True, N_("Temporal không đi trước đồng hồ máy."))


async def stuck_directives(client: Client, late: Iterable[str]) -> list[str]:
    """The directives whose workflow task keeps failing: those the server names, those of the late that it retries."""
    named = await _named_by_server(client)
    gate = asyncio.Semaphore(10)

    async def look(code: str) -> str | None:
        async with gate:
            return code if await _keeps_failing(client, code) else None

    asked = [code for code in dict.fromkeys(late) if code not in named][:LOOKED_AT]
    found = await asyncio.gather(*(look(code) for code in asked))
    return [*named, *(code for code in found if code is not None)]


async def _named_by_server(client: Client) -> list[str]:
    try:
        return [
            execution.id.removeprefix(workflow_id(""))
            async for execution in client.list_workflows(TROUBLED, limit=LOOKED_AT, rpc_timeout=PATIENCE)
        ]
    except TemporalError:  # an older server does not know the question
        return []


async def _keeps_failing(client: Client, code: str) -> bool:
    try:
        described = await handle(client, code).describe(rpc_timeout=PATIENCE)
    except TemporalError:
        return False
    attempt = described.raw_description.pending_workflow_task.attempt
    return attempt > STUCK_ATTEMPTS or (attempt == STUCK_ATTEMPTS and await _newest_failure(client, code) is not None)


async def _newest_failure(client: Client, code: str) -> Failure | None:
    """Why a worker gave the last task back as one that it cannot do; None where it rather died over it."""
    request = GetWorkflowExecutionHistoryReverseRequest(
        namespace=client.namespace, execution=WorkflowExecution(workflow_id=workflow_id(code)), maximum_page_size=5
    )
    try:
        found = await client.workflow_service.get_workflow_execution_history_reverse(request, timeout=PATIENCE)
    except RPCError:
        return None
    for event in found.history.events:
        if event.HasField("workflow_task_failed_event_attributes"):
            return event.workflow_task_failed_event_attributes.failure
        if event.HasField("workflow_task_completed_event_attributes"):
            return None
    return None
