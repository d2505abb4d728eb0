"""The real engine of the year: a Temporal server that can skip time, SQLite, and the worker as it runs in production.

Each directive has its own virtual clock. The office's clock is wherever the year has come to; nothing waits for it.
"""

import asyncio
import contextlib
import datetime as dt
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from sqlalchemy import Connection
from temporalio.client import Client
from temporalio.testing import TimeSkipper, TimeSkippingConfig
from temporalio.worker import UnsandboxedWorkflowRunner

from activities.canary import Canary
from activities.commit import Door
from activities.delivery import Delivery
from activities.transports import transport_for
from database.engine import writing
from database.migrate import migrate
from database.reference import Reference, write_setting
from database.seed_data import seed
from embedded.temporal_binary import find_temporal
from examples.year.words import YearFailed
from services.logs import configure_logging
from services.office import Office
from services.standing_workflows import ensure_search_attributes
from services.temporal import connect
from settings import load_settings
from worker import build_worker

DATABASE: Final = "dondoc.db"
MAILS: Final = "mail"
PATIENCE_SECONDS: Final = 120.0
"""How long one command may take on a busy machine."""

_READY_SECONDS: Final = 60
_STOP_SECONDS: Final = 20
_SERVER_SETTINGS: Final = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    "history.maxInFlightUpdates=1000",
    # The server looks at its timers up to this much late, a second if nobody says otherwise; a year has thousands.
    'history.timerProcessorMaxTimeShift="20ms"',
)


@dataclass
class OfficeAt(Office):
    """The office as somebody sees it who acts at an instant of the year."""

    instant: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))

    def now(self, reference: Reference | None = None) -> dt.datetime:  # noqa: ARG002 - it needs none
        """That instant."""
        return self.instant

    def reference(self, connection: Connection | None = None) -> Reference:
        """Directory, calendar and policy as they are now, and the clock shifted to that instant."""
        shift = (self.instant - dt.datetime.now(dt.UTC)).total_seconds()
        return replace(super().reference(connection), clock_shift=shift)


@dataclass
class YearEngine:
    """Everything that runs.

    Attributes:
        skipper: its client starts workflows whose time can be skipped.
        instant: where the office's clock stands; mails leave by it.
    """

    office: Office
    door: Door
    client: Client
    skipper: TimeSkipper
    instant: dt.datetime

    def at(self, instant: dt.datetime) -> OfficeAt:
        """The office at an instant."""
        return OfficeAt(self.office.engine, self.office.references, instant)

    def leave_clock_at(self, instant: dt.datetime) -> None:
        """Let the office's clock stand at an instant for whoever looks at the data folder later."""
        shift = (instant - dt.datetime.now(dt.UTC)).total_seconds()
        with writing(self.office.engine) as connection:
            write_setting(connection, "clock_shift", str(shift))


def make_office(folder: Path, begins: dt.datetime) -> Office:
    """Make the data folder of an office that begins at that instant, with the shipped directory, calendar and policy.

    Raises:
        YearFailed: somebody's office is in that folder already.
    """
    if (folder / DATABASE).exists():
        raise YearFailed("Trong {folder} đã có dữ liệu; hãy chọn thư mục khác.", folder=folder)
    folder.mkdir(parents=True, exist_ok=True)
    office = Office.at(f"sqlite:///{folder / DATABASE}")
    migrate(office.engine)
    seed(office.engine, load_settings(data_dir=folder).directory, begins)
    return office


@contextlib.asynccontextmanager
async def running_engine(folder: Path, scratch: Path, office: Office, begins: dt.datetime) -> AsyncIterator[YearEngine]:
    """Run the engine over an office until the block ends.

    Args:
        folder: the data folder; mails are kept in it.
        scratch: for Temporal's own files. They do not outlive the year, since only a server that skips time can go on.

    Raises:
        YearFailed: Temporal does not start.
    """
    with (folder / "year.log").open("a", encoding="utf-8") as log:
        configure_logging("console", log)
        logging.getLogger("temporalio").setLevel(logging.ERROR)  # it warns of each refusal, and refusals are played
        with _temporal(scratch) as address:
            client = await _connect(address)
            await ensure_search_attributes(client)
            skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False))
            door = Door(office.engine, office.references)
            year = YearEngine(office, door, client, skipper, begins)
            delivery = Delivery(
                engine=office.engine,
                references=office.references,
                transport=transport_for(None, folder / MAILS),
                sender=load_settings(data_dir=folder).mail_from,
                base_url="http://127.0.0.1:8000",
                now=lambda: year.instant,
            )
            async with build_worker(client, office, door, delivery, Canary(None), UnsandboxedWorkflowRunner()):
                yield year
    configure_logging("console", sys.stderr)


@contextlib.contextmanager
def _temporal(scratch: Path) -> Iterator[str]:
    """Start a Temporal server and stop it afterwards; yields its address."""
    settings = load_settings(data_dir=scratch)
    binary = find_temporal(None, settings.temporal_binary, settings.data_dir / "bin").binary
    if binary is None:
        raise YearFailed("Temporal không khởi động được; xem {log}.", log=scratch)
    port = _free_port()
    # As the parts of `dondoc up`: if this process is killed, its server goes with it.
    child = Path(__file__).parents[2] / "embedded" / "child.py"
    command = [sys.executable, "-I", "-S", str(child), str(os.getpid()), "15", str(binary)]
    command += ["server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(port), "--log-level", "error"]
    command += ["--db-filename", str(scratch / "temporal.db"), "--sqlite-pragma", "journal_mode=WAL"]
    command += ["--sqlite-pragma", "synchronous=OFF"]  # its files do not outlive the year, so no power cut matters
    for setting in _SERVER_SETTINGS:
        command += ["--dynamic-config-value", setting]
    with (scratch / "temporal.log").open("ab") as log:
        server = subprocess.Popen(  # noqa: S603 - our own; in a session of its own, so that Ctrl-C ends us first
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        try:
            _wait_for(port, server)
            yield f"127.0.0.1:{port}"
        finally:
            server.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(_STOP_SECONDS)
            server.kill()
            server.wait()


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    give_up_at = time.monotonic() + _READY_SECONDS
    while server.poll() is None and time.monotonic() < give_up_at:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.05)
    raise YearFailed("Temporal không khởi động được; xem {log}.", log="temporal.log")


async def _connect(address: str) -> Client:
    """Connect; a server that listens may need another moment until it answers."""
    give_up_at = time.monotonic() + _READY_SECONDS
    while True:
        try:
            return await connect(address, "default")
        except RuntimeError:
            if time.monotonic() > give_up_at:
                raise
            await asyncio.sleep(0.1)
