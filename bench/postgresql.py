"""A PostgreSQL for one measurement, as durable as in production: Debian's package, on a socket in a folder."""

import contextlib
import getpass
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

PROGRAMS: Final = Path("/usr/lib/postgresql")
ACCOUNT: Final = "postgres"
"""PostgreSQL refuses to run as root; then it runs as this account."""

SETTINGS: Final[dict[str, str]] = {
    "max_connections": "300",
    "shared_buffers": "512MB",
    "effective_cache_size": "1536MB",
    "random_page_cost": "1.1",
    "listen_addresses": "",
}
"""What docker-compose.yml sets for a server of 2 GB with an SSD; all else is PostgreSQL's default, fsync among it."""


@dataclass
class PostgreSQL:
    """One server: its data, socket and log lie in a folder that belongs to whoever it runs as."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def account(self) -> str:
        """The role that owns everything."""
        return ACCOUNT if os.geteuid() == 0 else getpass.getuser()

    @property
    def pid(self) -> int:
        """Of its first process."""
        return int((self.folder / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0])

    def make(self) -> None:
        """Make an empty cluster."""
        words = ("-U", self.account, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums")
        self._run("initdb", *words)

    def start(self) -> None:
        """Start, and wait until it answers; after a SIGKILL it first repeats what its log holds."""
        given = {**SETTINGS, "unix_socket_directories": str(self.folder), **self.settings}
        options = " ".join(f"-c {name}='{value}'" for name, value in given.items())
        self._run("pg_ctl", "-l", str(self.folder / "log"), "-w", "-t", "120", "-o", options, "start")

    def kill(self) -> None:
        """SIGKILL for all of its processes."""
        first = self.pid
        struck = [first, *children_of(first)]
        for pid in struck:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while any(Path(f"/proc/{pid}").exists() for pid in struck):
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop it where it runs."""
        with contextlib.suppress(RuntimeError):
            self._run("pg_ctl", "-m", "immediate", "stop")

    def memory(self) -> int:
        """Bytes that its processes hold in memory: what each has of its own, and the buffers that they share once."""
        pids = [self.pid, *children_of(self.pid)]
        own = shared = 0
        for pid in pids:
            with contextlib.suppress(FileNotFoundError):
                _, resident, of_files = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[:3]
                own += int(resident) - int(of_files)
                shared = max(shared, int(of_files))
        return (own + shared) * os.sysconf("SC_PAGE_SIZE")

    def url(self, database: str) -> str:
        """Where a database is, as `DONDOC_DATABASE_URL` takes it."""
        return f"postgresql://{self.account}@/{database}?host={self.folder}"

    def create(self, database: str) -> str:
        """Make an empty database; its URL."""
        administration = create_engine(
            make_url(self.url("postgres")).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
        )
        with administration.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{database}"'))
        administration.dispose()
        return self.url(database)

    def _run(self, program: str, *words: str) -> None:
        """Run one of its programs on its data.

        Raises:
            RuntimeError: it failed, or is not there.
        """
        as_account = ["runuser", "-u", ACCOUNT, "--"] if os.geteuid() == 0 else []
        command = [*as_account, str(_programs() / program), "-D", str(self.folder / "data"), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
        if done.returncode:
            raise RuntimeError(f"PostgreSQL: {done.stderr.strip() or done.stdout.strip()}")


@contextlib.contextmanager
def postgresql(settings: dict[str, str] | None = None) -> Iterator[PostgreSQL]:
    """Run a PostgreSQL, and remove it with all that it held.

    Args:
        settings: beside those of `SETTINGS`, or in their place.

    Raises:
        RuntimeError: it is not installed, or does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="dondoc-bench-pg-", dir="/tmp"))  # a socket's path must be short
    server = PostgreSQL(folder, settings or {})
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, ACCOUNT)
        server.make()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def children_of(pid: int) -> list[int]:
    """The processes that a process has started."""
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except FileNotFoundError:
        return []


def _programs() -> Path:
    """The newest release's folder of programs.

    Raises:
        RuntimeError: there is none.
    """
    found = sorted(PROGRAMS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise RuntimeError("PostgreSQL is not installed: apt install postgresql")
    return found[-1].parent
