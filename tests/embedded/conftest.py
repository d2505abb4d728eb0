"""An embedded system with the real Temporal server and stand-ins for worker and web."""

import os
import socket
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from embedded.plan import Plan
from embedded.stop import stop

ROOT = Path(__file__).parents[2]
PARTS = Path(__file__).parent / "parts"

Condition = Callable[[], object]


@pytest.fixture
def until() -> Callable[..., None]:
    """Wait until a condition holds; fail after so many seconds."""

    def wait(condition: Condition, seconds: float = 20) -> None:
        give_up_at = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < give_up_at, f"the condition did not come true in {seconds} seconds"
            Event().wait(0.02)

    return wait


@pytest.fixture
def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
    return port


@pytest.fixture
def a_plan(tmp_path: Path, free_port: int) -> Iterator[Callable[..., Plan]]:
    """Make a plan that shows only what matters; whatever runs in its folder is stopped after the test."""
    folders = []

    def make(worker: str = "well", folder: str = "data", port: int = free_port, address: str | None = None) -> Plan:
        folders.append(tmp_path / folder)
        return Plan(
            data_dir=tmp_path / folder,
            web_port=port,
            temporal_binary=None if address else Path(sysconfig.get_path("scripts")) / "temporal",
            temporal_address=address,
            worker_command=(sys.executable, str(PARTS / "standing_worker.py"), worker),
            web_command=(sys.executable, str(PARTS / "standing_web.py")),
            environment={**os.environ, "PYTHONPATH": str(ROOT), "DONDOC_SECRET_KEY": "canary-value-of-a-secret-key"},
        )

    yield make
    for folder in folders:
        stop(folder)
