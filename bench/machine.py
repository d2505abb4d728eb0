"""The processes of one side of a comparison, with what they cost: a server of its own, a worker, and this process."""

import asyncio
import contextlib
import datetime as dt
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from temporalio.client import Client
from temporalio.service import RPCError

from embedded.assembly import assemble
from embedded.files import prepare_data_folder
from embedded.plan import Part, Plan
from embedded.temporal_binary import find_temporal
from services.standing_workflows import ensure_search_attributes
from services.temporal import connect
from shell.running import SEARCH_ATTRIBUTES

START_SECONDS = 60.0
"""How long a server may take until it answers."""

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_WEB_PORT = 1
"""No web part is started; the plan of an embedded system names a port all the same."""


@dataclass
class Machine:
    """One Temporal server with one worker, on loopback, with files under `folder`.

    Attributes:
        worker: the worker's module and its arguments.
        environment: what the worker gets beside this process's own environment.
    """

    folder: Path
    worker: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    address: str = ""

    async def start_server(self) -> Client:
        """Start the server by the very command line of `dondoc up`, and connect."""
        prepare_data_folder(self.folder)
        plan = Plan(
            data_dir=self.folder,
            web_port=_WEB_PORT,
            temporal_binary=find_temporal(None, None, self.folder / "bin").binary,
            environment=os.environ,
            search_attributes=SEARCH_ATTRIBUTES,
        )
        assembly = assemble(plan)
        self.address = assembly.addresses.temporal_address
        server = assembly.parts[Part.TEMPORAL]
        self.processes["server"] = subprocess.Popen(
            server.command, env=server.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        return await self.connected()

    async def connected(self) -> Client:
        """A client, once the server answers.

        Raises:
            RuntimeError: it does not come up.
        """
        give_up_at = time.monotonic() + START_SECONDS
        while True:
            try:
                client = await connect(self.address, "default")
                await ensure_search_attributes(client)
            except (RuntimeError, RPCError):
                if time.monotonic() > give_up_at:
                    raise
                await asyncio.sleep(0.05)
            else:
                return client

    def start_worker(self) -> None:
        """Start the worker; a first step shows that it is there."""
        environment = os.environ | {"DONDOC_TEMPORAL_ADDRESS": self.address} | self.environment
        with (self.folder / "log" / "worker.log").open("ab") as log:
            self.processes["worker"] = subprocess.Popen(
                [sys.executable, "-m", *self.worker], env=environment, stdout=log, stderr=log
            )

    def kill_all(self) -> None:
        """SIGKILL for both, at the same time."""
        struck = [self.processes.pop(name) for name in ("worker", "server")]
        for process in struck:
            process.kill()
        for process in struck:
            process.wait(30)

    def stop(self) -> None:
        """Stop everything that runs."""
        for name in ("worker", "server"):
            process = self.processes.pop(name, None)
            if process is not None:
                process.terminate()
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    process.kill()

    def cpu(self) -> dict[str, float]:
        """CPU seconds used so far by each process; the client is this one."""
        used = {name: _cpu_of(process.pid) for name, process in self.processes.items()}
        return used | {"client": time.process_time()}

    def memory(self) -> dict[str, int]:
        """Bytes that each process holds in memory now."""
        return {name: _resident(process.pid) for name, process in self.processes.items()}

    def peak(self, name: str) -> int:
        """The most bytes that a process has held in memory since its start."""
        status = Path(f"/proc/{self.processes[name].pid}/status").read_text(encoding="ascii", errors="replace")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024


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


def used_bytes(database: Path) -> int:
    """Bytes of the pages of an SQLite file that hold something, those still in its write-ahead log among them."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as connection:
        connection.execute("BEGIN")
        size, pages, free = (
            int(connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_size", "page_count", "freelist_count")
        )
    return size * (pages - free)


def _cpu_of(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE


async def sleep_until(instant: dt.datetime) -> None:
    """Sleep until an instant."""
    await asyncio.sleep(max(0.0, (instant - dt.datetime.now(dt.UTC)).total_seconds()))
