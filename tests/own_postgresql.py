"""A PostgreSQL server that belongs to one test, which may kill it, stop its processes and take its right to write."""

import contextlib
import getpass
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from databases import programs_of_postgresql
from temporal_server import free_port

ACCOUNT = "postgres"


@dataclass
class OwnPostgresql:
    """The server, in a folder of its own, run by an account that is not root. It listens on 127.0.0.1.

    Attributes:
        says: the least that it writes to its log.
        log: its log; outside its folder where that lies on a disk that the test breaks.
    """

    folder: Path
    port: int = field(default_factory=free_port)
    says: str = "fatal"
    log: Path | None = None

    def __post_init__(self) -> None:
        self._as_account = ["runuser", "-u", ACCOUNT, "--"] if os.geteuid() == 0 else []
        self.account = ACCOUNT if self._as_account else getpass.getuser()

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def _log(self) -> Path:
        return self.log or self.folder / "log"

    def url(self, database: str = "dondoc") -> str:
        return f"postgresql://{self.account}@127.0.0.1:{self.port}/{database}"

    def make(self) -> None:
        """Make an empty cluster and start it; what it acknowledges is on the disk (fsync)."""
        if self._as_account:
            shutil.chown(self.folder, ACCOUNT)
        self._run("initdb", "-D", self.data, "-U", self.account, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        self.start()

    def start(self) -> None:
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self.folder}"
        options += f" -c max_connections=200 -c log_min_messages={self.says}"
        self._run("pg_ctl", "-D", self.data, "-l", self._log, "-w", "-o", options, "start")

    def stop(self) -> None:
        """End it at once, as a crash does."""
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")

    def kill(self) -> None:
        """SIGKILL for all its processes, the first one first."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def restart(self) -> None:
        """`pg_ctl restart -m immediate`."""
        self.stop()
        self.start()

    def processes(self) -> list[int]:
        """The postmaster and all that it started."""
        with contextlib.suppress(OSError, IndexError, ValueError):
            first = int((self.data / "postmaster.pid").read_text().split()[0])
            children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
            return [first, *map(int, children)]
        return []

    @contextlib.contextmanager
    def hanging(self) -> Iterator[None]:
        """Stop all its processes; it accepts connections and says nothing any more."""
        stopped: list[int] = []
        for _ in range(2):  # who was being started in this instant is stopped by the second look
            for pid in self.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
                    stopped.append(pid)
        try:
            yield
        finally:
            for pid in reversed(stopped):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    @contextlib.contextmanager
    def read_only(self) -> Iterator[None]:
        """Let nobody write, whoever is connected already too."""
        self._read_only("on")
        try:
            yield
        finally:
            self._read_only("off")

    def _read_only(self, value: str) -> None:
        self.sql(f"ALTER SYSTEM SET default_transaction_read_only = {value}", "SELECT pg_reload_conf()")
        time.sleep(0.3)  # each session takes it over when it is next asked something

    def sql(self, *statements: str, database: str = "postgres") -> str:
        """Run statements with psql, each in a transaction of its own; what they printed, unaligned."""
        words = [word for statement in statements for word in ("-c", statement)]
        address = ["-h", "127.0.0.1", "-p", str(self.port), "-U", self.account, "-d", database]
        return self._run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *address, *words)

    def dump(self, file: Path) -> None:
        """Write the whole database `dondoc` into a file, for whoever looks at it afterwards."""
        made, address = self.folder / "dump.sql", ["-h", "127.0.0.1", "-p", str(self.port), "-U", self.account]
        self._run("pg_dump", *address, "-f", made, "dondoc")
        shutil.copy(made, file)

    def _run(self, program: str, *words: str | Path) -> str:
        command: Sequence[str | Path] = [*self._as_account, programs_of_postgresql() / program, *words]
        done = subprocess.run(  # pg_ctl's server keeps what it inherits open, so that nothing may wait for its end
            command,
            stdout=subprocess.PIPE if program == "psql" else subprocess.DEVNULL,
            stderr=subprocess.PIPE if program == "psql" else subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            cwd="/",
        )
        assert done.returncode == 0, f"{program}: {done.stderr or self._log.read_text()[-2000:]}"
        return done.stdout or ""


@contextlib.contextmanager
def own_postgresql() -> Iterator[OwnPostgresql]:
    """Make a server with an empty database `dondoc`; take it away afterwards."""
    server = OwnPostgresql(Path(tempfile.mkdtemp(prefix="dondoc-own-pg-", dir="/tmp")))
    try:
        server.make()
        server.sql("CREATE DATABASE dondoc")
        yield server
    finally:
        with contextlib.suppress(AssertionError):
            server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


__all__ = ["OwnPostgresql", "own_postgresql"]
