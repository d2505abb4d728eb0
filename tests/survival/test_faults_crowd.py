"""Five hundred people act on one directive in the same moment; and one directive that five thousand events befall."""

import asyncio
import json
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dondoc_command import Dondoc, until
from sqlalchemy import select
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from database.engine import open_engine, reading
from database.ledger import broken_rows, read_rows
from embedded.locate import running_system
from models import commands as c
from models.events import Recorded
from models.tables import COMMAND, LEDGER
from services.acting import Wish, act
from services.office import Office
from services.sending import Sender, Sent
from services.temporal import connect, handle
from workflows.directive import DirectiveWorkflow

pytestmark = [pytest.mark.server, pytest.mark.slow]

CLIENTS = Path(__file__).with_name("faults_clients.py")
PROCESSES = 4


@pytest.fixture(scope="module")
def dondoc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dondoc]:
    found = Dondoc(tmp_path_factory.mktemp("crowd") / "data", {"DONDOC_CLOCK": "2026-11-25T09:00:00+07:00"})
    found.up()
    yield found
    found.down()


def all_at_once(dondoc: Dondoc, code: str, clients: int) -> list[dict[str, Any]]:
    """Start the processes, say go when all are ready, and hear what every client was told."""
    each = clients // PROCESSES
    processes = [
        subprocess.Popen(
            [sys.executable, str(CLIENTS), str(dondoc.data), code, str(each), str(number * each)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    told = []
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        out, _ = process.communicate(timeout=120)
        told += json.loads(out)
    return told


def registered(dondoc: Dondoc, content: str) -> str:
    task = {"content": content, "lead_agency": "SYT", "deadline": "2027-03-19"}
    code = str(json.loads(dondoc("register", "--json", "-", stdin=json.dumps(task)))["code"])
    until(lambda: dondoc.json("status", code)["seq"] == 2)
    return code


def test_500_people_who_act_at_once_on_one_directive_all_hear_the_truth(dondoc: Dondoc) -> None:
    code = registered(dondoc, "Xin ý kiến")

    told = all_at_once(dondoc, code, 500)

    assert len(told) == len({one["id"] for one in told}) == 500
    outcomes = Counter((one["kind"], one["outcome"]) for one in told)
    assert {outcome for _, outcome in outcomes} <= {"recorded", "refused", "kept"}, outcomes
    assert outcomes["comment", "refused"] == 0
    assert {one["code"] for one in told if one["outcome"] == "refused"} == {"wrong_state"}
    engine = open_engine(f"sqlite:///{dondoc.data / 'dondoc.db'}")
    until(lambda: not pending(engine, code), 60)
    with reading(engine) as connection:
        rows = connection.execute(select(LEDGER).where(LEDGER.c.directive == code).order_by(LEDGER.c.seq)).all()
        broken = list(broken_rows(connection, code))
    engine.dispose()
    by_command = Counter(row.command_id for row in rows if row.command_id)
    seqs = {row.command_id: row.seq for row in rows}
    for one in told:
        if one["outcome"] == "recorded":
            assert seqs[one["id"]] == one["seq"]
        if one["outcome"] == "refused":
            assert by_command[one["id"]] == 0
    assert Counter(row.kind for row in rows) == {"registered": 1, "assigned": 1, "acknowledged": 1, "commented": 450}
    assert [row.seq for row in rows] == list(range(1, 454))
    assert broken == []
    assert dondoc.json("verify")["broken"] == []
    assert dondoc.json("reconcile")["differences"] == []


def pending(engine: Any, code: str) -> list[str]:
    with reading(engine) as connection:
        found = select(COMMAND.c.id).where(COMMAND.c.state == "pending", COMMAND.c.directive == code)
        return list(connection.execute(found).scalars())


async def many_events(dondoc: Dondoc, number: int) -> None:
    """Comments and progress by turns, forty at a time, while the life hands over from run to run."""
    code = registered(dondoc, "Việc được nhắc đến nhiều")
    running = running_system(dondoc.data)
    assert running is not None
    assert running.temporal_address is not None
    client = await connect(running.temporal_address, "default")
    office = Office.at(f"sqlite:///{dondoc.data / 'dondoc.db'}")
    sender = Sender(client, office, patience=60)

    async def do(command: c.Command, person: str, wish: str | None = None) -> Sent:
        sent = await act(office, sender, Wish(code=code, command=command, person=person, id=wish or str(uuid.uuid4())))
        assert sent.outcome == "recorded"
        return sent

    async def one(place: int) -> Sent:
        text, odd = f"Việc thứ {place}", place % 2 == 1
        return await do(c.Comment(text=text) if odd else c.ReportProgress(text=text, percent=50), "chuyenvien.syt")

    def rows() -> tuple[Recorded, ...]:
        with reading(office.engine) as connection:
            return read_rows(connection, code)

    await do(c.Acknowledge(), "truong.syt")
    before, first_run = len(rows()), (await handle(client, code).describe()).run_id
    first_wish = str(uuid.uuid4())
    first = await do(c.Comment(text="Ý kiến đầu tiên"), "chanhvanphong", first_wish)
    given: list[Sent] = []
    for start in range(1, number, 40):
        given += await asyncio.gather(*(one(place) for place in range(start, min(number, start + 40))))
    again = await do(c.Comment(text="Ý kiến đầu tiên"), "chanhvanphong", first_wish)

    recorded = rows()
    assert [row.seq for row in recorded] == list(range(1, before + number + 1))
    assert Counter(row.command_id for row in recorded[before:]) == Counter(
        [first_wish, *(sent.command_id for sent in given)]
    )
    assert again.answer == first.answer, "its id travelled through every run"
    with reading(office.engine) as connection:
        assert list(broken_rows(connection, code)) == []
    assert (await handle(client, code).describe()).run_id != first_run
    history = await handle(client, code).fetch_history()
    assert len(history.events) < 1_000, "continued as new in time"
    await replay(history)
    state = await handle(client, code).query(DirectiveWorkflow.state)
    assert (state.seq, state.hash) == (recorded[-1].seq, recorded[-1].hash)
    told = dondoc.json("history", code, seconds=60)
    assert [row["seq"] for row in told] == [row.seq for row in recorded]
    assert f"Việc thứ {number - 1}" in dondoc("history", code, seconds=60), "no page takes minutes"
    await do(c.Submit(result="Xong"), "truong.syt")
    await do(c.Accept(), "chutich")
    await handle(client, code).result()
    office.engine.dispose()


async def replay(history: WorkflowHistory) -> None:
    replayer = Replayer(
        workflows=[DirectiveWorkflow],
        data_converter=pydantic_data_converter,
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    replayed = await replayer.replay_workflow(history)
    assert replayed.replay_failure is None


async def test_600_events_on_one_directive_are_all_there_once_in_order_and_its_last_run_replays(dondoc: Dondoc) -> None:
    await many_events(dondoc, 600)


@pytest.mark.proof
@pytest.mark.timeout(900)
async def test_5000_events_on_one_directive_are_all_there_once_in_order_and_its_last_run_replays(
    dondoc: Dondoc,
) -> None:
    await many_events(dondoc, 5_000)
