"""Builds of the worker follow each other: one gets the tasks, lives move to it, and a rolling restart loses nothing."""

import asyncio
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest
from crowd import environment
from faults_engine import Workers, an_engine_without_workers, eventually
from office_on_trial import figure
from released import directive_0_1_0
from running_engine import RunningEngine
from temporal_server import running_server
from temporalio.api.enums.v1 import PendingWorkflowTaskState

from database import commands
from database.engine import reading, writing
from database.ledger import broken_rows
from models import commands as c
from models.engine import CommandEnvelope
from models.payload_keys import new_key
from models.vocabulary import Status
from services.deployments import BuildState, BuildUnknown, become_current_if_first, builds, make_current
from services.doctor_engine import engine_checks
from services.standing_workflows import ensure_search_attributes
from services.temporal import handle, worker_is_there
from workflows.directive import DirectiveWorkflow
from workflows.queue import TASK_QUEUE

__all__ = ["figure"]
pytestmark = [pytest.mark.server, pytest.mark.slow]

RELEASED, OLD, NEW = "unversioned worker", "worker 0.1.0", "worker 0.2.0"
V1, V2 = "0.1.0", "0.2.0"


@pytest.fixture
async def workers(seeded_database: Path, tmp_path: Path) -> AsyncIterator[Workers]:
    """One office on a Temporal of its own: which build is current holds for all of a server's workers."""
    shutil.copy(seeded_database, tmp_path / "dondoc.db")
    with running_server(tmp_path) as address:
        async with an_engine_without_workers(tmp_path / "dondoc.db", address, TASK_QUEUE) as found:
            yield found


async def begin(engine: RunningEngine, name: str) -> str:
    code = await engine.register(name, lead_agency="SYT", deadline=engine.deadline("2026-03-06"))
    await engine.do(code, c.Acknowledge(), "chuyenvien.syt")
    return code


async def say(engine: RunningEngine, codes: list[str], text: str) -> None:
    await asyncio.gather(*(engine.do(code, c.Comment(text=text), "chanhvanphong") for code in codes))


async def finish(engine: RunningEngine, code: str) -> None:
    await engine.do(code, c.Submit(result="Xong"), "truong.syt")
    await engine.do(code, c.Accept(), "chutich")
    await handle(engine.client, code).result()


async def newest_worker(engine: RunningEngine, code: str) -> str:
    """Who completed the last workflow task."""
    return [
        event.workflow_task_completed_event_attributes.identity
        async for event in handle(engine.client, code).fetch_history_events()
        if event.HasField("workflow_task_completed_event_attributes")
    ][-1]


async def what_doctor_says(engine: RunningEngine) -> tuple[bool, str]:
    checks = await engine_checks(engine.client, "127.0.0.1", ())
    return next((one.ok, str(one.said.data)) for one in checks if one.name == "builds")


async def test_lives_move_to_the_build_that_is_made_current_and_back_and_no_other_worker_gets_a_task(
    workers: Workers,
) -> None:
    engine, client = workers.engine, workers.engine.client
    released = directive_0_1_0.DirectiveWorkflow
    await engine.time_is("Mon 2026-03-02 09:00")
    async with workers.running(released, RELEASED):
        codes = [await begin(engine, "unversioned")]
        assert (await builds(client)).current is None

    async with workers.running(released, OLD, build=V1):
        await become_current_if_first(client, V1)
        assert (await builds(client)).current == V1
        codes.append(await begin(engine, "first"))
        await say(engine, codes, "Bản đầu")
        assert {await newest_worker(engine, code) for code in codes} == {OLD}

        async with workers.running(DirectiveWorkflow, NEW, build=V2):
            await become_current_if_first(client, V2)  # there is a current one: a person decides
            await eventually(lambda: asks_for_tasks(engine, V2))
            assert (await builds(client)).current == V1
            await say(engine, codes, "Chưa chuyển")
            assert {await newest_worker(engine, code) for code in codes} == {OLD}

            await make_current(client, V2)
            await say(engine, codes, "Đã chuyển")
            assert {await newest_worker(engine, code) for code in codes} == {NEW}
            codes.append(await begin(engine, "second"))

            await make_current(client, V1)
            await say(engine, codes[:2], "Đã lùi")
            assert {await newest_worker(engine, code) for code in codes[:2]} == {OLD}
            await make_current(client, V2)
    async with workers.running(DirectiveWorkflow, NEW, build=V2), workers.running(DirectiveWorkflow, RELEASED):
        await asyncio.gather(*(engine.until(code, "Wed 2026-03-04 09:00") for code in codes))
        await eventually(lambda: asks_for_tasks(engine, ""))
        ok, said = await what_doctor_says(engine)
        await asyncio.gather(*(finish(engine, code) for code in codes))
    with pytest.raises(BuildUnknown):
        await make_current(client, "9.9.9")
    found = await builds(client)

    assert not ok, "a worker that gets no task is named"
    assert V2 in said
    assert [(one.id, one.state) for one in found.known] == [(V2, BuildState.CURRENT), (V1, BuildState.LEFT)]
    assert [one.open_directives for one in found.known] == [0, 0]
    assert await workers.workers_of(codes[2]) == {NEW}
    for code in codes:
        assert engine.directive(code).status is Status.COMPLETED
        assert engine.told(code) == [("2026-03-03 08:00", "deadline -3")]
        assert await workers.failed_tasks(code) == [], "no build met a history that it cannot follow"
        with reading(engine.office.engine) as connection:
            assert list(broken_rows(connection, code)) == []


async def test_many_who_ask_for_the_builds_at_once_are_all_answered(workers: Workers) -> None:
    """The server holds few such questions at a time and refuses the others with "too many requests"."""
    client = workers.engine.client
    async with workers.running(DirectiveWorkflow, NEW, build=V2):
        await become_current_if_first(client, V2)

        found = await asyncio.gather(*(builds(client) for _ in range(40)))

    assert {one.current for one in found} == {V2}


async def asks_for_tasks(engine: RunningEngine, build: str) -> bool:
    found = await builds(engine.client)
    return bool(found.unversioned_workers if not build else any(one.workers for one in found.known if one.id == build))


class Fleet:
    """Workers in processes of their own, as production has them: `dondoc worker --build …`."""

    def __init__(self, folder: Path, address: str, keys: str) -> None:
        self.folder = folder
        (folder / "run").mkdir()
        (folder / "keys").write_text(keys)
        (folder / "keys").chmod(0o600)
        self.environment = {name: value for name, value in environment().items() if not name.startswith("DONDOC_")} | {
            "DONDOC_DATA_DIR": str(folder),
            "DONDOC_TEMPORAL_ADDRESS": address,
            "DONDOC_TEMPORAL_KEYS_FILE": str(folder / "keys"),
            "DONDOC_TEMPORAL_REFUSE_PLAIN": "true",
        }
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, build: str) -> None:
        command = [str(Path(sys.executable).parent / "dondoc"), "worker", "--build", build]
        with (self.folder / "workers.log").open("ab") as log:
            self.running.append(subprocess.Popen(command, env=self.environment, stdout=log, stderr=log))

    async def ask_to_stop(self, process: subprocess.Popen[bytes]) -> float:
        """SIGTERM; how many seconds it took to finish what was under way."""
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        self.running.remove(process)
        assert await asyncio.to_thread(process.wait, 40) == 0, "it ended by itself, in order"
        return time.monotonic() - began


@pytest.fixture
async def rolling(seeded_database: Path, tmp_path: Path) -> AsyncIterator[tuple[RunningEngine, Fleet]]:
    """An encrypting office whose workers are processes, and a client of it."""
    shutil.copy(seeded_database, tmp_path / "dondoc.db")
    key = new_key("k1")
    with running_server(tmp_path) as address:
        fleet = Fleet(tmp_path, address, key.written())
        try:
            async with an_engine_without_workers(tmp_path / "dondoc.db", address, TASK_QUEUE) as found:
                yield await found.with_keys(key), fleet
        finally:
            for process in fleet.running:
                process.kill()
                process.wait()


async def roll(
    engine: RunningEngine, fleet: Fleet, builds_after_each_other: list[str], figure: Callable[..., None]
) -> None:
    """Replace two workers by two of the next build, and again, while people act without a pause."""
    engine.sender.patience = 60
    await ensure_search_attributes(engine.client)
    for _ in range(2):
        fleet.start("0")
    await eventually(lambda: worker_is_there(engine.client))
    codes = [await begin(engine, f"NV{number}") for number in range(6)]
    stop, sent = asyncio.Event(), dict[str, list[str]]()

    async def people(code: str) -> None:
        while not stop.is_set():
            command_id = str(uuid.uuid4())
            told = await engine.do(code, c.Comment(text="Ghi thêm"), "chanhvanphong", id=command_id)
            sent.setdefault(told.outcome, []).append(command_id)

    acting = [asyncio.create_task(people(code)) for code in codes]
    stopped: list[float] = []
    try:
        for build in builds_after_each_other:
            leaving = list(fleet.running)
            for _ in leaving:
                fleet.start(build)
            await eventually(lambda build=build: two_ask_for_tasks(engine, build))  # type: ignore[misc]
            await make_current(engine.client, build)
            stopped += [await fleet.ask_to_stop(process) for process in leaving]
            before = sum(map(len, sent.values()))
            await eventually(lambda before=before: more_than(sent, before + 12))  # type: ignore[misc]
    finally:
        stop.set()
    await asyncio.gather(*acting)
    failed = [event for code in codes async for event in failures(engine, code)]

    figure("commands under way without a pause", len(sent["recorded"]))
    figure("longest drain, s", f"{max(stopped):.1f}")
    assert set(sent) == {"recorded"}, "each was answered, none was left to the sweep"
    recorded = [
        row.command_id
        for code in codes
        for row in engine.rows(code)
        if row.event.kind == "commented" and row.command_id
    ]
    assert sorted(recorded) == sorted(sent["recorded"]), "each once"
    assert failed == []
    with reading(engine.office.engine) as connection:
        assert list(broken_rows(connection)) == []


async def failures(engine: RunningEngine, code: str) -> AsyncIterator[int]:
    async for event in handle(engine.client, code).fetch_history_events():
        if event.HasField("workflow_task_failed_event_attributes"):
            yield event.workflow_task_failed_event_attributes.cause


async def two_ask_for_tasks(engine: RunningEngine, build: str) -> bool:
    found = await builds(engine.client)
    return any(one.workers >= 2 for one in found.known if one.id == build)


async def more_than(sent: dict[str, list[str]], number: int) -> bool:
    return sum(map(len, sent.values())) > number


async def test_a_rolling_restart_of_two_workers_under_load_loses_and_doubles_nothing(
    rolling: tuple[RunningEngine, Fleet], figure: Callable[..., None]
) -> None:
    await roll(*rolling, ["1"], figure)


async def test_a_worker_that_is_told_to_stop_answers_what_is_in_flight_and_ends_in_order(
    rolling: tuple[RunningEngine, Fleet],
) -> None:
    engine, fleet = rolling
    await ensure_search_attributes(engine.client)
    fleet.start("0")
    await eventually(lambda: worker_is_there(engine.client))
    code = await begin(engine, "NV")
    actor = engine.office.reference().directory.actor("chanhvanphong", engine.office.now().date())
    envelope = CommandEnvelope(id="in-flight", directive=code, actor=actor, command=c.Comment(text="Đang ghi"))
    with writing(engine.office.engine) as connection:
        commands.keep(connection, envelope, engine.office.now())

    with closing(sqlite3.connect(fleet.folder / "dondoc.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        sending = asyncio.create_task(engine.sender.send(envelope))
        await eventually(lambda: a_task_is_under_way(engine, code))
        await asyncio.sleep(0.5)  # its commit waits for the database by now
        stopping = asyncio.create_task(fleet.ask_to_stop(fleet.running[0]))
        await asyncio.sleep(1)
        other.execute("ROLLBACK")
    sent = await sending
    await stopping

    assert sent.outcome == "recorded"
    assert engine.kinds(code)[-1] == "commented"


async def a_task_is_under_way(engine: RunningEngine, code: str) -> bool:
    described = await handle(engine.client, code).describe()
    pending = described.raw_description.pending_workflow_task
    return pending.state == PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_STARTED


@pytest.mark.proof
@pytest.mark.timeout(1200)
async def test_twenty_rolling_restarts_of_two_workers_under_load_lose_and_double_nothing(
    rolling: tuple[RunningEngine, Fleet], figure: Callable[..., None]
) -> None:
    await roll(*rolling, [str(number) for number in range(1, 21)], figure)
