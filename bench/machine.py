"""The processes of one side of a comparison, with what they cost: a server of its own, workers, and this process."""

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

from bench.postgresql import PostgreSQL, children_of
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
    """One Temporal server with its workers, on loopback, with files under `folder`.

    Attributes:
        worker: the worker's module and its arguments.
        environment: what the worker gets beside this process's own environment.
        workers: how many worker processes there are.
        database: the PostgreSQL that belongs to it; None where there is none.
    """

    folder: Path
    worker: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    workers: int = 1
    database: PostgreSQL | None = None
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
        """Start the workers; a first step shows that one is there."""
        for number in range(self.workers):
            self.start(f"worker-{number}" if number else "worker", *self.worker)

    def start(self, name: str, *module: str, **environment: str) -> None:
        """Start a module of ours as a process, with a log of its name."""
        given = os.environ | {"DONDOC_TEMPORAL_ADDRESS": self.address} | self.environment | environment
        with (self.folder / "log" / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen([sys.executable, "-m", *module], env=given, stdout=log, stderr=log)

    def start_database(self) -> None:
        """Start the database that was killed, where there is one of its own."""
        if self.database is not None:
            self.database.start()

    def kill_all(self) -> None:
        """SIGKILL for all of them at the same time, the database among them."""
        struck = [self.processes.pop(name) for name in sorted(self.processes, reverse=True)]
        for process in struck:
            process.kill()
        if self.database is not None:
            self.database.kill()
        for process in struck:
            process.wait(30)

    def stop(self) -> None:
        """Stop everything that runs, the server last."""
        for name in sorted(self.processes, key=lambda name: name == "server"):
            process = self.processes.pop(name)
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()

    def cpu(self) -> dict[str, float]:
        """CPU seconds used so far by each kind of process; the client is this one."""
        used = {"client": time.process_time()}
        for name, process in self.processes.items():
            kind = name.partition("-")[0]
            used[kind] = used.get(kind, 0.0) + _cpu_of(process.pid)
        if self.database is not None:
            used["database"] = _cpu_of_family(self.database.pid)
        return used

    def memory(self) -> dict[str, int]:
        """Bytes that each kind of process holds in memory now."""
        held: dict[str, int] = {}
        for name, process in self.processes.items():
            kind = name.partition("-")[0]
            held[kind] = held.get(kind, 0) + _resident(process.pid)
        if self.database is not None:
            held["database"] = self.database.memory()
        return held

    def peak(self, name: str) -> int:
        """The most bytes that the processes of a kind have held in memory since their start, one by one."""
        return max(self._peak(one) for one in self.processes if one.partition("-")[0] == name)

    def _peak(self, name: str) -> int:
        status = Path(f"/proc/{self.processes[name].pid}/status").read_text(encoding="ascii", errors="replace")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024


@contextlib.asynccontextmanager
async def running(machine: Machine) -> AsyncIterator[tuple[Machine, Client]]:
    """A machine with server and workers, stopped at the end."""
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


def _cpu_of_family(pid: int) -> float:
    """CPU seconds of a process, of those that it has started, and of those among them that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    own = sum(int(one) for one in fields[11:15]) / _TICKS
    return own + sum(_cpu_of(child) for child in children_of(pid))


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE


async def sleep_until(instant: dt.datetime) -> None:
    """Sleep until an instant."""
    await asyncio.sleep(max(0.0, (instant - dt.datetime.now(dt.UTC)).total_seconds()))
