"""The processes of one side of a comparison, with what they cost: a server of its own, a worker, and this process."""

import asyncio
import contextlib
import datetime as dt
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from temporalio.client import Client

from embedded.temporal_binary import find_temporal
from services.standing_workflows import ensure_search_attributes
from services.temporal import connect

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Machine:
    """One Temporal server with one worker, on loopback, with files under `folder`."""

    folder: Path
    worker: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    address: str = ""

    async def start_server(self) -> Client:
        """Start the server with the flags of the embedded system, and connect."""
        self.address = self.address or f"127.0.0.1:{_free_port()}"
        binary = find_temporal(None, None, self.folder / "bin").binary
        self.processes["server"] = subprocess.Popen(
            [
                *(str(binary), "server", "start-dev", "--headless", "--ip", "127.0.0.1"),
                *("--port", self.address.rpartition(":")[2]),
                *("--db-filename", str(self.folder / "temporal.db"), "--sqlite-pragma", "journal_mode=WAL"),
                *("--dynamic-config-value", "history.maxInFlightUpdates=1000", "--log-level", "error"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        client = await self.connected()
        await ensure_search_attributes(client)
        return client

    async def connected(self) -> Client:
        """A client, once the server answers."""
        give_up_at = time.monotonic() + 60
        while True:
            try:
                return await connect(self.address, "default")
            except RuntimeError:
                if time.monotonic() > give_up_at:
                    raise
                await asyncio.sleep(0.1)

    def start_worker(self) -> None:
        """Start the worker; a first step shows that it is there."""
        environment = os.environ | {"DONDOC_TEMPORAL_ADDRESS": self.address} | self.environment
        self.processes["worker"] = subprocess.Popen([sys.executable, "-m", *self.worker], env=environment)

    def kill(self, *names: str) -> None:
        """SIGKILL."""
        for name in names:
            process = self.processes.pop(name)
            process.kill()
            process.wait(30)

    def stop(self) -> None:
        """Stop everything that runs."""
        for name in ("worker", "server"):
            process = self.processes.pop(name, None)
            if process is not None:
                process.terminate()
                process.wait(60)

    def cpu(self) -> dict[str, float]:
        """CPU seconds used so far by each process; the client is this one."""
        used = {name: _cpu_of(process.pid) for name, process in self.processes.items()}
        return used | {"client": time.process_time()}

    def memory(self, name: str) -> int:
        """Bytes that a process holds in memory."""
        return int(Path(f"/proc/{self.processes[name].pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE

    def size(self, *patterns: str) -> int:
        """Bytes of files in the folder."""
        return sum(file.stat().st_size for pattern in patterns for file in self.folder.glob(pattern))


@contextlib.asynccontextmanager
async def running(folder: Path, worker: tuple[str, ...], **environment: str) -> AsyncIterator[tuple[Machine, Client]]:
    """A machine with server and worker, stopped at the end."""
    machine = Machine(folder, worker, environment)
    try:
        client = await machine.start_server()
        machine.start_worker()
        yield machine, client
    finally:
        machine.stop()


def _cpu_of(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def sleep_until(instant: dt.datetime) -> None:
    """Sleep until an instant."""
    await asyncio.sleep(max(0.0, (instant - dt.datetime.now(dt.UTC)).total_seconds()))
