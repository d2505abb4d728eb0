"""The canary says whether Temporal's timers ring, whatever the directives wait for."""

import asyncio
import contextlib
import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from dondoc_command import until
from standing_office import StandingOffice
from temporal_server import running_server
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.worker import UnsandboxedWorkflowRunner

from activities.canary import Canary
from activities.commit import Door
from activities.delivery import Delivery
from activities.transports import transport_for
from services.intake import awaiting_start, start_all
from services.standing_workflows import ensure_standing_workflows
from services.temporal import connect
from worker import build_canary_worker, build_worker, tuning
from workflows.canary import CANARY_ID, CANARY_ID_OF_0_1, CanaryWorkflow
from workflows.queue import TASK_QUEUE

pytestmark = pytest.mark.server

MORE_THAN_PLACES = 3 * tuning()["max_concurrent_workflow_tasks"]
PATIENCE = 60


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    """Connected to a Temporal of its own: what stands, stands for a whole server."""
    with running_server(tmp_path) as address:
        yield await connect(address, "default")


@pytest.fixture
def office(seeded_database: Path, tmp_path: Path) -> StandingOffice:
    shutil.copy(seeded_database, tmp_path / "dondoc.db")
    return StandingOffice.at(f"sqlite:///{tmp_path / 'dondoc.db'}", answer_within=PATIENCE)


async def test_directives_that_wait_for_the_database_in_every_place_do_not_silence_the_canary(
    client: Client, office: StandingOffice, tmp_path: Path
) -> None:
    beats: asyncio.Queue[float] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    canary = Canary(None, heard=lambda instant: loop.call_soon_threadsafe(beats.put_nowait, instant))
    door, runner = Door(office.engine, office.references), UnsandboxedWorkflowRunner()
    transport = transport_for(None, tmp_path / "mail")
    delivery = Delivery(office.engine, office.references, transport, "noreply@dondoc.test", "http://127.0.0.1:8000")
    taken = office.take(*(office.read(content=f"Nhiệm vụ {place}") for place in range(MORE_THAN_PLACES)))
    await ensure_standing_workflows(client)

    async with (
        build_worker(client, office, door, delivery, canary, runner),
        build_canary_worker(client, canary, runner),
    ):
        with contextlib.closing(sqlite3.connect(tmp_path / "dondoc.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await start_all(client, [one.envelope for one in taken if one.envelope], 0.0, lambda: None)
            await asyncio.sleep(2)  # by now every place is taken
            while not beats.empty():
                beats.get_nowait()
            async with asyncio.timeout(30):
                heard = [await beats.get(), await beats.get()]
            with contextlib.closing(sqlite3.connect(tmp_path / "dondoc.db")) as looking:
                waiting = looking.execute("SELECT count(*) FROM directive WHERE awaiting_start").fetchone()[0]
            other.execute("ROLLBACK")
        await asyncio.to_thread(until, lambda: _waiting(office) == 0, PATIENCE)

    assert waiting == MORE_THAN_PLACES
    assert heard[0] < heard[1]


async def test_the_canary_of_the_release_before_ends_and_the_new_one_sings(client: Client) -> None:
    await client.start_workflow(CanaryWorkflow.run, id=CANARY_ID_OF_0_1, task_queue=TASK_QUEUE)

    for _ in range(2):
        await ensure_standing_workflows(client)

    former = await client.get_workflow_handle(CANARY_ID_OF_0_1).describe()
    now = await client.get_workflow_handle(CANARY_ID).describe()
    assert (former.status, now.status) == (WorkflowExecutionStatus.TERMINATED, WorkflowExecutionStatus.RUNNING)


def _waiting(office: StandingOffice) -> int:
    with office.engine.connect() as connection:
        return awaiting_start(connection)
