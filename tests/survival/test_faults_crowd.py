"""Five hundred people act on one directive in the same moment; and one directive that five thousand events befall."""

import asyncio
import json
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dondoc_command import Dondoc, until
from running_engine import RunningEngine
from sqlalchemy import select
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

import cli
from database.engine import open_engine, reading
from database.ledger import broken_rows
from models import commands as c
from models.tables import COMMAND, LEDGER
from services.temporal import handle
from workflows.directive import DirectiveWorkflow

pytestmark = [pytest.mark.server, pytest.mark.slow]

CLIENTS = Path(__file__).with_name("faults_clients.py")
PROCESSES = 4


@pytest.fixture
def dondoc(tmp_path: Path) -> Iterator[Dondoc]:
    found = Dondoc(tmp_path / "data", {"DONDOC_CLOCK": "2026-11-25T09:00:00+07:00"})
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


def test_500_people_who_act_at_once_on_one_directive_all_hear_the_truth(dondoc: Dondoc) -> None:
    task = {"content": "Xin ý kiến", "lead_agency": "SYT"}
    code = json.loads(dondoc("register", "--json", "-", stdin=json.dumps(task)))["code"]
    until(lambda: dondoc.json("status", code)["seq"] == 2)

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


async def many_events(engine: RunningEngine, tmp_path: Path, capsys: pytest.CaptureFixture[str], number: int) -> None:
    """Comments and progress by turns, forty at a time, while the life hands over from run to run."""
    await engine.time_is("Mon 2026-03-02 09:00")
    code = await engine.register("busy", lead_agency="SYT", deadline=engine.deadline("2026-12-18"))
    await engine.do(code, c.Acknowledge(), "truong.syt")
    before = len(engine.rows(code))
    first_run = (await handle(engine.client, code).describe()).run_id
    first_wish = str(uuid.uuid4())
    first = await engine.do(code, c.Comment(text="Ý kiến đầu tiên"), "chanhvanphong", id=first_wish)

    async def act(place: int) -> str:
        command = (
            c.Comment(text=f"Ý kiến {place}") if place % 2 else c.ReportProgress(text=f"Tiến độ {place}", percent=50)
        )
        sent = await engine.do(code, command, "chuyenvien.syt")
        assert sent.outcome == "recorded"
        return sent.command_id

    given: list[str] = []
    for start in range(1, number, 40):
        given += await asyncio.gather(*(act(place) for place in range(start, min(number, start + 40))))
    again = await engine.do(code, c.Comment(text="Ý kiến đầu tiên"), "chanhvanphong", id=first_wish)

    rows = engine.rows(code)
    assert len(rows) == before + number
    assert [row.seq for row in rows] == list(range(1, before + number + 1))
    assert Counter(row.command_id for row in rows[before:]) == Counter([first_wish, *given])
    assert again == first, "its id travelled through every run"
    with reading(engine.office.engine) as connection:
        assert list(broken_rows(connection, code)) == []
    last = await handle(engine.client, code).describe()
    assert last.run_id != first_run
    history = await handle(engine.client, code).fetch_history()
    assert len(history.events) < 1_000, "continued as new in time"
    await replay(history)
    state = await handle(engine.client, code).query(DirectiveWorkflow.state)
    assert (state.seq, state.hash) == (rows[-1].seq, rows[-1].hash)
    told = json.loads(printed(capsys, tmp_path, "history", code, "--json"))
    assert [row["seq"] for row in told] == [row.seq for row in rows]
    page = printed(capsys, tmp_path, "history", code)
    assert f"Ý kiến {number - 1 if number % 2 == 0 else number - 2}" in page
    await engine.do(code, c.Submit(result="Xong"), "truong.syt")
    await engine.do(code, c.Accept(), "chutich")
    await handle(engine.client, code).result()


async def replay(history: WorkflowHistory) -> None:
    replayer = Replayer(workflows=[DirectiveWorkflow], data_converter=pydantic_data_converter)
    replayed = await replayer.replay_workflow(history)
    assert replayed.replay_failure is None


def printed(capsys: pytest.CaptureFixture[str], data: Path, *words: str) -> str:
    capsys.readouterr()
    started = time.monotonic()
    assert cli.run([*words, "--data", str(data)]) == 0
    assert time.monotonic() - started < 30, "no page takes minutes, however long the life"
    return capsys.readouterr().out


async def test_600_events_on_one_directive_are_all_there_once_in_order_and_its_last_run_replays(
    engine: RunningEngine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await many_events(engine, tmp_path, capsys, 600)


@pytest.mark.proof
@pytest.mark.timeout(900)
async def test_5000_events_on_one_directive_are_all_there_once_in_order_and_its_last_run_replays(
    engine: RunningEngine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await many_events(engine, tmp_path, capsys, 5_000)
