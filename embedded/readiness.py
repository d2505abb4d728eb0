"""When a part is ready: Temporal answers as healthy, the worker says that it polls, the web says /readyz.

Agreed with worker.py: after it began polling it writes its pid to `run/worker.ready`, and about every
5 seconds the instant of its canary, CLOCK_BOOTTIME in seconds as text, to `run/canary`.
"""

import asyncio
import http.client
from datetime import timedelta
from pathlib import Path

from embedded.ports import HOST, listening

WORKER_READY = "worker.ready"
PROBE_SECONDS = 3.0  # how long one question may take


def temporal_is_ready(address: str, namespace: str, keep: timedelta | None) -> bool:
    """Whether the server answers as healthy and knows the namespace.

    Args:
        address: `host:port` of the server.
        namespace: the namespace that worker and web use.
        keep: how long our own server keeps closed workflows, set here because `start-dev` has no flag for
            it and says 24 hours; None leaves somebody else's server as it is.
    """
    if keep is not None and not listening(int(address.rpartition(":")[2])):
        return False  # spares loading the SDK, which takes half a second, until somebody listens
    try:
        return asyncio.run(asyncio.wait_for(_ask_temporal(address, namespace, keep), PROBE_SECONDS))
    except (TimeoutError, RuntimeError):  # the SDK says "not reachable" as RuntimeError and RPCError
        return False


async def _ask_temporal(address: str, namespace: str, keep: timedelta | None) -> bool:
    from google.protobuf.duration_pb2 import Duration
    from temporalio.api.namespace.v1 import NamespaceConfig
    from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest
    from temporalio.service import ConnectConfig, RPCError, ServiceClient

    try:
        service = await ServiceClient.connect(ConnectConfig(target_host=address))
        if not await service.check_health():
            return False
        known = await service.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
        if keep is not None and known.config.workflow_execution_retention_ttl.ToTimedelta() != keep:
            wanted = Duration()
            wanted.FromTimedelta(keep)
            config = NamespaceConfig(workflow_execution_retention_ttl=wanted)
            await service.workflow_service.update_namespace(UpdateNamespaceRequest(namespace=namespace, config=config))
    except RPCError:
        return False
    return True


def worker_is_ready(run_dir: Path, pid: int) -> bool:
    """Whether this very worker, not the one before it, has said that it polls."""
    try:
        return int((run_dir / WORKER_READY).read_text()) == pid
    except (OSError, ValueError):
        return False


def forget_worker(run_dir: Path) -> None:
    """Remove what the worker before said."""
    (run_dir / WORKER_READY).unlink(missing_ok=True)


def web_is_ready(port: int) -> bool:
    """Whether the web part answers 200 at /readyz."""
    connection = http.client.HTTPConnection(HOST, port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
