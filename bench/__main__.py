"""`make bench`: intake, commands and the storm of due moments, each beside bare Temporal in the same run.

Prints a table and keeps the figures in bench/results/ as JSON. The machine is noisy: read the ratios, not the seconds.
"""

import argparse
import asyncio
import contextlib
import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import yaml
from sqlalchemy import select
from temporalio.client import Client

from activities.commit import Door
from bench.bare import BareWorkflow
from database.engine import open_engine, reading, writing
from database.migrate import migrate
from database.reference import write_policy
from database.seed_data import SEED, read_default_policy, seed
from embedded.temporal_binary import find_temporal
from models.calendar import LOCAL, local_day
from models.commands import Acknowledge
from models.deadline import make_deadline
from models.tables import LEDGER
from services.acting import Wish, act
from services.intake import Intake, start_all
from services.office import Office
from services.registration import RawDirective, read_registration
from services.sending import Sender
from services.standing_workflows import ensure_search_attributes
from services.temporal import connect

RESULTS = Path(__file__).parent / "results"
AT_ONCE = 20
BARE_QUEUE = "bare"


@dataclass
class Measured:
    """One figure on both sides: things a second."""

    name: str
    number: int
    engine: float
    bare: float

    @property
    def ratio(self) -> float:
        """The engine's rate against bare Temporal's; 1 is as fast."""
        return self.engine / self.bare if self.bare else 0.0


async def main(number: int) -> list[Measured]:
    """Measure all of it with this many directives."""
    with tempfile.TemporaryDirectory(prefix="dondoc-bench-") as folder:
        async with _everything(Path(folder)) as (office, client):
            await _wait_for_worker(client)
            bare_rates = await _bare(client, number)
            engine_rates = await _engine(office, client, number)
    names = ("intake, until assigned", "commands", "storm of due moments")
    return [
        Measured(name, number, engine_rate, bare_rate)
        for name, engine_rate, bare_rate in zip(names, engine_rates, bare_rates, strict=True)
    ]


@contextlib.asynccontextmanager
async def _everything(folder: Path) -> AsyncIterator[tuple[Office, Client]]:
    binary = find_temporal(None, None, folder / "bin").binary
    port = 17_000 + os.getpid() % 10_000
    address = f"127.0.0.1:{port}"
    server = subprocess.Popen(
        [
            *(str(binary), "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(port)),
            *("--db-filename", str(folder / "temporal.db"), "--sqlite-pragma", "journal_mode=WAL"),
            *("--dynamic-config-value", "history.maxInFlightUpdates=1000", "--log-level", "error"),
        ],
        stdout=subprocess.DEVNULL,
    )
    workers: list[subprocess.Popen[bytes]] = []
    try:
        client = await _connect(address)
        await ensure_search_attributes(client)
        url = f"sqlite:///{folder / 'dondoc.db'}"
        office = Office(open_engine(url))
        migrate(office.engine)
        seed(office.engine, SEED / "quang_ngai.yaml", dt.datetime.now(dt.UTC))
        environment = os.environ | {
            "DONDOC_DATABASE_URL": url,
            "DONDOC_DATA_DIR": str(folder),
            "DONDOC_TEMPORAL_ADDRESS": address,
        }
        workers.extend(
            subprocess.Popen([sys.executable, "-m", module], env=environment)
            for module in ("worker", "bench.bare_worker")
        )
        yield office, client
    finally:
        for process in (*workers, server):
            process.terminate()
            process.wait(20)


async def _connect(address: str) -> Client:
    give_up_at = time.monotonic() + 30
    while True:
        try:
            return await connect(address, "default")
        except RuntimeError:
            if time.monotonic() > give_up_at:
                raise
            await asyncio.sleep(0.1)


async def _wait_for_worker(client: Client) -> None:
    """Both workers are warm when each has done a first task."""
    handle = await client.start_workflow(BareWorkflow.run, _soon(3600), id="warm", task_queue=BARE_QUEUE)
    await handle.execute_update(BareWorkflow.command, "warm")


def _soon(seconds: float) -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)).isoformat()


async def _rate(number: int, work: Callable[[int], Awaitable[object]]) -> float:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(place: int) -> None:
        async with gate:
            await work(place)

    start = time.monotonic()
    await asyncio.gather(*(one(place) for place in range(number)))
    return number / (time.monotonic() - start)


async def _bare(client: Client, number: int) -> tuple[float, float, float]:
    wake_at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=20 + number / 20)
    handles = [client.get_workflow_handle(f"bare/{place}") for place in range(number)]

    async def start(place: int) -> None:
        await client.start_workflow(BareWorkflow.run, wake_at.isoformat(), id=f"bare/{place}", task_queue=BARE_QUEUE)
        await handles[place].query(BareWorkflow.state)

    intake = await _rate(number, start)
    commands = await _rate(number, lambda place: handles[place].execute_update(BareWorkflow.command, "acknowledge"))
    await asyncio.sleep(max(0.0, (wake_at - dt.datetime.now(dt.UTC)).total_seconds()))
    start_at = time.monotonic()
    for handle in handles:
        while "reminded" not in await handle.query(BareWorkflow.state):
            await asyncio.sleep(0.05)
    return intake, commands, number / (time.monotonic() - start_at)


async def _engine(office: Office, client: Client, number: int) -> tuple[float, float, float]:
    now = office.now()
    ring_at = now + dt.timedelta(seconds=30 + number / 15)
    _let_ring(office, ring_at)
    intake = _intake(office)
    due = make_deadline(local_day(ring_at))
    raws = [RawDirective(content=f"Báo cáo số {place}", lead_agency="SYT", deadline=due.day) for place in range(number)]
    reference = office.reference()
    start_at = time.monotonic()
    taken = list(intake.take(read_registration(raw, reference, now, needs_lead=False) for raw in raws))
    await start_all(client, [one.envelope for one in taken if one.envelope], 0.0, lambda: None)
    await _until(office, lambda: _count(office, LEDGER.c.kind == "assigned") >= number)
    intake_rate = number / (time.monotonic() - start_at)
    sender = Sender(client, office)
    codes = [one.code or "" for one in taken]
    commands = await _rate(
        number, lambda place: act(office, sender, Wish(codes[place], Acknowledge(), "chuyenvien.syt"))
    )
    await asyncio.sleep(max(0.0, (ring_at - office.now()).total_seconds()))
    start_at = time.monotonic()
    await _until(office, lambda: _count(office, LEDGER.c.kind == "moment_reached") >= number)
    return intake_rate, commands, number / (time.monotonic() - start_at)


def _intake(office: Office) -> Intake:
    today = local_day(office.now())
    actor = office.reference().directory.actor("vanthu", today)
    return Intake(office, Door(office.engine, office.references), actor)


def _let_ring(office: Office, ring_at: dt.datetime) -> None:
    """A policy whose only step falls in one second for all."""
    policy = yaml.safe_load(read_default_policy())
    policy["ladders"] = {
        "normal": {
            "clocks": {
                "deadline": {
                    "while": ["assigned", "in_progress"],
                    "steps": [{"at": 0, "time": ring_at.astimezone(LOCAL).strftime("%H:%M:%S"), "to": ["lead_head"]}],
                }
            }
        }
    }
    with writing(office.engine) as connection:
        write_policy(connection, yaml.safe_dump(policy, allow_unicode=True), office.now(), "bench")


def _count(office: Office, condition: object) -> int:
    with reading(office.engine) as connection:
        return len(connection.execute(select(LEDGER.c.id).where(condition)).all())  # type: ignore[arg-type]


async def _until(office: Office, reached: Callable[[], bool]) -> None:
    del office
    give_up_at = time.monotonic() + 300
    while not reached():
        if time.monotonic() > give_up_at:
            raise TimeoutError("the engine did not get there in five minutes")
        await asyncio.sleep(0.05)


def show(measured: list[Measured]) -> None:
    """Print the table and keep it."""
    print(f"{'':28}{'directives':>11}{'engine /s':>11}{'bare /s':>10}{'ratio':>8}")
    for one in measured:
        print(f"{one.name:28}{one.number:>11}{one.engine:>11.1f}{one.bare:>10.1f}{one.ratio:>8.2f}")
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:4]}.json"
    file.write_text(json.dumps([one.__dict__ | {"ratio": one.ratio} for one in measured], indent=2), encoding="utf-8")
    print(f"kept in {file}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=300, help="directives on each side")
    show(asyncio.run(main(parser.parse_args().number)))
    sys.stdout.flush()
    os._exit(0)
