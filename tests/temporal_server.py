"""A real Temporal server for tests, with skipped time: every workflow has its own virtual clock."""

import contextlib
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

TEMPORAL = Path(sysconfig.get_path("scripts")) / "temporal"


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextlib.contextmanager
def running_server(folder: Path, port: int | None = None) -> Iterator[str]:
    """Start a server with its files in a folder and stop it afterwards; yields its address."""
    port = port or free_port()
    log = (folder / "temporal.log").open("ab")
    process = subprocess.Popen(
        [
            TEMPORAL,
            *("server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(port)),
            *("--db-filename", str(folder / "temporal.db"), "--sqlite-pragma", "journal_mode=WAL"),
            *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
            *("--dynamic-config-value", "history.maxInFlightUpdates=1000"),
            # The server looks at a timer at most this much late; with its own 1s each skipped timer costs a second.
            *("--dynamic-config-value", 'history.timerProcessorMaxTimeShift="20ms"'),
            *("--log-level", "error"),
        ],
        stdout=log,
        stderr=log,
    )
    try:
        _wait_for(port, process)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """A server listens a moment before it answers: "Frontend is not healthy yet"."""
    give_up_at = time.monotonic() + 60
    health = [TEMPORAL, "operator", "cluster", "health", "--address", f"127.0.0.1:{port}", "--command-timeout", "2s"]
    while time.monotonic() < give_up_at and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            if subprocess.run(health, capture_output=True, check=False).returncode == 0:
                return
        time.sleep(0.05)
    raise AssertionError("Temporal did not start")
