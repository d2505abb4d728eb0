"""Another process holds the database: who writes waits, then hears one sentence; nothing is lost, doubled or denied."""

import contextlib
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dondoc_command import until
from machine_office import MachineOffice, hold, tomorrow
from running_engine import RunningEngine
from sqlalchemy import event
from trial_policy import RULES

from models.commands import Comment
from models.engine import CommandEnvelope
from services.office import Office
from services.sending import Sender

pytestmark = pytest.mark.server

HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def held(database: Path) -> Iterator[None]:
    """Another process has the database to itself while the block runs."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield
        holder.kill()


@contextlib.contextmanager
def locked_once_recorded(engine: RunningEngine, command_id: str) -> Iterator[None]:
    """Take the database as soon as the ledger has the command: before anybody can note that it was answered."""
    lock = sqlite3.connect(engine.office.engine.url.database or "", isolation_level=None, check_same_thread=False)
    one_at_a_time = threading.Lock()

    def look(_connection: Any, _record: object) -> None:
        with one_at_a_time:
            if lock.in_transaction:
                return
            if lock.execute("SELECT count(*) FROM ledger WHERE command_id = ?", (command_id,)).fetchone()[0]:
                lock.execute("BEGIN IMMEDIATE")

    event.listen(engine.office.engine, "checkin", look)
    try:
        yield
        assert lock.in_transaction
    finally:
        event.remove(engine.office.engine, "checkin", look)
        lock.close()


async def test_a_command_that_is_recorded_is_told_as_recorded_though_its_answer_cannot_be_noted(
    engine: RunningEngine,
) -> None:
    await engine.time_is("Mon 2026-03-02 09:00")
    code = await engine.register("denied", lead_agency="SYT")
    wish = str(uuid.uuid4())
    actor = engine.office.reference().directory.actor("chanhvanphong", engine.office.now().date())
    envelope = CommandEnvelope(id=wish, directive=code, actor=actor, command=Comment(text="Đã ghi"))
    impatient = Office.at(str(engine.office.engine.url), 0.2)

    with locked_once_recorded(engine, wish):
        sent = await Sender(engine.skipper.client, impatient, task_queue=engine.task_queue).send(envelope)
    impatient.engine.dispose()

    assert sent.outcome == "recorded"
    again = await engine.sender.send(envelope)
    assert again == sent
    assert engine.kinds(code).count("commented") == 1


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_a_database_that_is_locked_for_90_seconds_fails_no_task_and_loses_and_doubles_nothing(tmp_path: Path) -> None:
    office = MachineOffice(tmp_path, RULES)
    with office.open():
        office.register(60, tomorrow)
        with office.crowd("crowd", 9) as crowd:
            until(lambda: sum(line.told == "done" for line in crowd.lines) >= 20, 60)
            with held(office.database):
                locked_at = time.monotonic()
                assert "bận" in office.sentence("do", "NV-1", "comment", "--as", "chanhvanphong", "--text", "Chờ")
                assert len(office.dondoc.json("status")) == 60
                hold(max(0, 90 - (time.monotonic() - locked_at)))
            recorded = office.count("ledger")
            until(lambda: office.count("ledger") > recorded + 20, 60)
            crowd.stop()
        verdict = office.all_in_order()
        assert verdict.acknowledged > 20
        assert not [line for line in crowd.lines if (line.refusal or "").startswith("NO SENTENCE")]
        for log in ("worker.log", "temporal.log"):
            text = (office.data / "log" / log).read_text(encoding="utf-8", errors="replace")
            assert "WORKFLOW_TASK_FAILED" not in text
            assert "Failing workflow task" not in text
