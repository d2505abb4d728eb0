"""When a part is ready: Temporal answers as healthy, the worker says that it polls, the web says /readyz.

Agreed with worker.py: after it began polling it writes its pid to `run/worker.ready`, and about every
5 seconds the instant of its canary to `run/canary`: CLOCK_BOOTTIME in seconds as text, and after it the wall clock.
"""

import contextlib
import http.client
import socket
from datetime import timedelta
from pathlib import Path

from embedded.ports import HOST, listening
from embedded.sdk_child import ask

WORKER_READY = "worker.ready"
PROBE_SECONDS = 5.0  # how long one question may take, loading the SDK included


def temporal_is_ready(address: str, namespace: str, keep: timedelta | None) -> bool:
    """Whether the server answers as healthy and knows the namespace.

    Args:
        address: `host:port` of the server.
        namespace: the namespace that worker and web use.
        keep: how long our own server keeps closed workflows, in whole days, set here because `start-dev` has no
            flag for it and says 24 hours; None leaves somebody else's server as it is.
    """
    if keep is not None and not listening(int(address.rpartition(":")[2])):
        return False  # the question costs half a second; spared until somebody listens
    question = ["ready", address, namespace, *([str(keep.days)] if keep is not None else [])]
    return ask(*question, seconds=PROBE_SECONDS)


def somebody_listens(address: str) -> bool:
    """Whether anything listens at `host:port`."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), PROBE_SECONDS):
            return True
    except OSError:
        return False


def worker_is_ready(run_dir: Path, pid: int) -> bool:
    """Whether this very worker, not the one before it, has said that it polls."""
    try:
        return int((run_dir / WORKER_READY).read_text()) == pid
    except (OSError, ValueError):
        return False


def forget_worker(run_dir: Path) -> None:
    """Remove what the worker before said; where nothing can be removed, its pid tells that it was another."""
    with contextlib.suppress(OSError):
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
