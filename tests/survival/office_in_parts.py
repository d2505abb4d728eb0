"""An office whose parts a test starts and kills one by one: its own Temporal, its own worker, armed or not; no web."""

import asyncio
import contextlib
import datetime as dt
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crowd import HERE, environment
from dondoc_command import until
from office_on_trial import OfficeOnTrial, listens
from temporal_server import TEMPORAL, free_port
from trial_policy import AFTERNOON

from database.engine import writing
from database.reference import write_setting
from services.standing_workflows import ensure_search_attributes
from services.temporal import connect


@dataclass
class OfficeInParts(OfficeOnTrial):
    """The same office, with a hand on each process.

    Attributes:
        deaths: a line for each death of the armed worker.
    """

    port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.dondoc.environment |= {"DONDOC_TEMPORAL_ADDRESS": self.temporal_address()}

    @property
    def deaths(self) -> Path:
        return self.folder / "deaths"

    def died(self) -> int:
        return len(self.deaths.read_text().splitlines()) if self.deaths.exists() else 0

    def temporal_address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def open_with(self, database: Path) -> Iterator["OfficeInParts"]:
        """Start Temporal and a worker on a copy of a seeded database; end every process afterwards."""
        (self.data / "run").mkdir(parents=True)
        (self.data / "log").mkdir()
        shutil.copy(database, self.database)
        office, now = self.office(), dt.datetime.now(dt.UTC)
        with writing(office.engine) as connection:
            shift = dt.datetime.fromisoformat(AFTERNOON) - now
            write_setting(connection, "clock_shift", str(shift.total_seconds()))
        office.engine.dispose()
        try:
            self.start_temporal()
            self.put_in_force()
            self.start_worker()
            yield self
        finally:
            for part in ("worker", "temporal"):
                self.end(part)

    def start_temporal(self) -> None:
        command: list[str | Path] = [
            TEMPORAL,
            "server",
            "start-dev",
            "--headless",
            "--ip",
            "127.0.0.1",
            "--port",
            str(self.port),
        ]
        command += ["--db-filename", str(self.data / "temporal.db"), "--log-level", "error"]
        command += ["--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=FULL"]
        command += ["--dynamic-config-value", "history.maxInFlightUpdates=1000"]
        self._start("temporal", command)
        until(lambda: listens("127.0.0.1", self.port), 60)
        asyncio.run(self._prepare())

    async def _prepare(self) -> None:
        give_up_at = time.monotonic() + 30
        while True:
            try:
                await ensure_search_attributes(await connect(self.temporal_address(), "default"))
            except RuntimeError:
                if time.monotonic() > give_up_at:
                    raise
            else:
                return

    def start_worker(self, *, armed: bool = False) -> None:
        """Start a worker; an armed one dies after the COMMIT of each row and is born again."""
        (self.data / "run" / "worker.ready").unlink(missing_ok=True)
        command = [sys.executable, "-P", "-m", "worker"]
        if armed:
            command = [sys.executable, "-P", str(HERE / "armed_worker.py"), str(self.database), str(self.deaths)]
        self._start("worker", command)
        until((self.data / "run" / "worker.ready").exists, 60)

    def worker_lives(self) -> bool:
        """Whether the worker that said last that it is ready is still alive, and takes tasks."""
        ready = self.data / "run" / "worker.ready"
        return ready.exists() and Path(f"/proc/{ready.read_text().strip()}").exists()

    def _start(self, part: str, command: Sequence[str | Path]) -> None:
        with (self.data / "log" / f"{part}.log").open("ab") as log:
            self.processes[part] = subprocess.Popen(
                command,
                env=environment() | self.dondoc.environment | {"DONDOC_DATA_DIR": str(self.data)},
                stdout=log,
                stderr=log,
            )

    def end(self, part: str, number: int = signal.SIGTERM) -> None:
        process = self.processes.pop(part, None)
        if process is not None:
            process.send_signal(number)
            process.wait(30)
