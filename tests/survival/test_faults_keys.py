"""With a key, nothing of a directive stands in Temporal's store; keys change in the middle of a life; none is lost."""

import asyncio
import base64
import datetime as dt
import re
import shutil
import sqlite3
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from databases import fresh_database
from faults_engine import Workers, an_engine_without_workers, eventually
from running_engine import RunningEngine, run_engine
from temporal_server import TEMPORAL, free_port, running_server
from temporalio import activity
from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    StartWorkflowInput,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.converter import PayloadConverter
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from database import commands
from database.engine import reading, writing
from database.ledger import broken_rows
from models import commands as c
from models.engine import CommandEnvelope
from models.payload_keys import new_key
from models.refusal import Refused
from models.vocabulary import Status
from services import tokens
from services.doctor import awaited_directives
from services.doctor_engine import engine_checks
from services.key_renewal import payloads_of, renew
from services.payload_encryption import EncryptingCodec, key_id_of
from services.temporal import connect, handle
from web.app import Surroundings, create_app
from web.codec import Decoding
from workflows.directive import SEARCH_ATTRIBUTES, DirectiveWorkflow
from workflows.dispatch import DispatchWorkflow

pytestmark = [pytest.mark.server, pytest.mark.slow]

OLD, NEW = new_key("old"), new_key("new")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A Temporal of its own: its address, and the file in which it keeps everything."""
    folder = tmp_path_factory.mktemp("store")
    with running_server(folder) as address:
        yield address, folder / "temporal.db"


def values_in(file: Path) -> Iterator[bytes]:
    """Every value of every table, and the files as they lie on the disk, with what has not been folded in yet."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - its own names
                yield from (one if isinstance(one, bytes) else str(one).encode() for one in row)
    yield from (one.read_bytes() for one in file.parent.glob(f"{file.name}*"))


def found_in(file: Path, canaries: dict[str, str]) -> set[str]:
    """Which of the canaries stand somewhere in the store."""
    left = {name: text.encode() for name, text in canaries.items()}
    found: set[str] = set()
    for value in values_in(file):
        found |= {name for name, text in left.items() if text in value}
    return found


def canaries() -> dict[str, str]:
    """A word in each place into which people write, and into which we do."""
    mark = uuid.uuid4().hex[:8]
    places = ("content", "comment", "reason", "result", "failure", "cause", "heartbeat", "memo", "header")
    return {place: f"Canary{place}{mark}" for place in places}


class HeaderPutter(Interceptor):
    """Puts a header on every start, as tracing does."""

    def __init__(self, text: str) -> None:
        self.text = text

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 - the SDK's name
        text = self.text

        class Putting(OutboundInterceptor):
            async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:  # noqa: A002
                payload: Payload = PayloadConverter.default.to_payload(text)
                input.headers = {**input.headers, "canary": payload}
                return await super().start_workflow(input)

        return Putting(next)


async def a_failing_dispatch(engine: RunningEngine, words: dict[str, str]) -> BaseException:
    """A workflow with a memo and a header, whose activity beats with words and fails with words."""

    @activity.defn(name="deliver")
    async def deliver() -> int:
        activity.heartbeat(words["heartbeat"])
        raise ValueError(words["failure"]) from KeyError(words["cause"])

    client = Client(**{**engine.client.config(), "interceptors": [HeaderPutter(words["header"])]})
    queue = f"failing-{uuid.uuid4().hex[:8]}"
    async with Worker(
        client,
        task_queue=queue,
        workflows=[DispatchWorkflow],
        activities=[deliver],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        with pytest.raises(WorkflowFailureError) as failed:
            await client.execute_workflow(
                DispatchWorkflow.run, id=queue, task_queue=queue, memo={"note": words["memo"]}
            )
    return failed.value.cause


async def live(engine: RunningEngine, words: dict[str, str]) -> str:
    """A whole life in which people say the words; refusals, questions and moments among it."""
    await engine.time_is("Mon 2026-03-02 09:00")
    code = await engine.register(
        "NV", content=words["content"], lead_agency="SYT", deadline=engine.deadline("2026-03-06")
    )
    await engine.do(code, c.Acknowledge(), "truong.syt")
    await engine.do(code, c.Comment(text=words["comment"]), "chanhvanphong")
    with pytest.raises(Refused):
        await engine.do(code, c.Accept(), "chutich")
    await engine.do(code, c.Suspend(reason=words["reason"]), "pct.vanxa")
    await handle(engine.client, code).query("state")
    await engine.do(code, c.Resume(deadline=engine.deadline("2026-03-06")), "pct.vanxa")
    await engine.until(code, "Wed 2026-03-04 09:00")
    await engine.do(code, c.Submit(result=words["result"]), "truong.syt")
    await engine.do(code, c.Accept(), "chutich")
    await handle(engine.client, code).result()
    return code


@pytest.fixture
def office_file(seeded_database: Path, tmp_path: Path) -> Callable[[str], str]:
    def made(name: str) -> str:
        shutil.copy(seeded_database, tmp_path / name)
        return f"sqlite:///{tmp_path / name}"

    return made


async def test_with_a_key_no_word_of_a_life_stands_in_temporals_store_and_without_one_each_does(
    store: tuple[str, Path], office_file: Callable[[str], str]
) -> None:
    address, file = store
    plain, hidden = canaries(), canaries()

    async with run_engine(office_file("plain.db"), address) as engine:
        await live(engine, plain)
        await a_failing_dispatch(engine, plain)
    async with run_engine(office_file("hidden.db"), address, (NEW,)) as engine:
        code = await live(engine, hidden)
        told = await a_failing_dispatch(engine, hidden)
        rows = engine.rows(code)
        attributes = (await handle(engine.client, code).describe()).typed_search_attributes

    assert found_in(file, plain) == set(plain), "the search finds what is there"
    assert found_in(file, hidden) == set()
    # Whoever has the key reads as ever.
    assert [row.event.kind for row in rows][-2:] == ["submitted", "accepted"]
    assert isinstance(told, ActivityError)
    assert isinstance(told.__cause__, ApplicationError)
    assert told.__cause__.message == hidden["failure"]
    # What stays in clear for the server's own search is state, agency, day and level: nothing that anybody wrote.
    ours = {pair.key.name: pair.value for pair in attributes if pair.key.name.startswith("Dondoc")}
    assert set(ours) == {key.name for key in SEARCH_ATTRIBUTES}
    assert (ours["DondocStatus"], ours["DondocLeadAgency"]) == ("completed", "SYT")


@pytest.fixture
async def workers(
    seeded_database: Path, tmp_path: Path, store: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Workers]:
    shutil.copy(seeded_database, tmp_path / "dondoc.db")
    async with an_engine_without_workers(tmp_path / "dondoc.db", store[0]) as found:
        yield found


async def keys_in(engine: RunningEngine, code: str) -> set[bytes | None]:
    """With which keys the newest run of a directive is written."""
    return {
        key_id_of(payload)
        async for event in handle(engine.client, code).fetch_history_events()
        for payload in payloads_of(event)
    }


async def begin(engine: RunningEngine, name: str) -> str:
    code = await engine.register(name, lead_agency="SYT", deadline=engine.deadline("2026-03-06"))
    await engine.do(code, c.Acknowledge(), "truong.syt")
    return code


async def finish(engine: RunningEngine, code: str) -> None:
    await engine.do(code, c.Submit(result="Xong"), "truong.syt")
    await engine.do(code, c.Accept(), "chutich")
    await handle(engine.client, code).result()


def nothing_said(_done: int, _of: int) -> None:
    pass


async def test_lives_begun_in_clear_and_with_an_older_key_go_on_are_written_anew_and_end_when_that_key_is_gone(
    workers: Workers,
) -> None:
    in_clear, queue = workers.engine, workers.engine.task_queue
    await in_clear.time_is("Mon 2026-03-02 09:00")
    async with workers.running(DirectiveWorkflow, "plain worker"):
        clear = await begin(in_clear, "clear")
    old = await workers.with_keys(OLD)
    async with workers.running(DirectiveWorkflow, "old key", keys=(OLD,)):
        aged = await begin(old, "aged")
        await old.do(clear, c.Comment(text="Bắt đầu mã hóa"), "chanhvanphong")
    both = await workers.with_keys(NEW, OLD)
    async with workers.running(DirectiveWorkflow, "both keys", keys=(NEW, OLD)):
        await both.do(aged, c.Comment(text="Đã đổi khóa"), "chanhvanphong")
        fresh = await begin(both, "fresh")
        await both.until(aged, "Wed 2026-03-04 09:00")
        mixed = await keys_in(both, clear), await keys_in(both, aged)
        told = both.told(aged)

        outcome = await renew(both.office, both.client, (NEW, OLD), nothing_said, queue)
        again = await renew(both.office, both.client, (NEW, OLD), nothing_said, queue)
        renewed = [await keys_in(both, code) for code in (clear, aged, fresh)]
    new = await workers.with_keys(NEW)
    async with workers.running(DirectiveWorkflow, "new key", keys=(NEW,)):
        for code in (clear, aged, fresh):
            await finish(new, code)

    assert mixed == ({None, b"old"}, {b"old", b"new"})
    assert outcome == (2, 1, [])
    assert again == (0, 3, [])
    assert renewed == [{b"new"}] * 3
    assert told == new.told(aged)[: len(told)] == [("2026-03-03 08:00", "deadline -3")], "and not told once more"
    for code in (clear, aged, fresh):
        assert new.directive(code).status is Status.COMPLETED
        with reading(new.office.engine) as connection:
            assert list(broken_rows(connection, code)) == []


async def the_keys_check(engine: RunningEngine) -> str:
    """What `dondoc doctor` says of keys; empty while it says nothing."""
    with reading(engine.office.engine) as connection:
        awaited = awaited_directives(connection, engine.office.now())
    checks = await engine_checks(engine.client, "127.0.0.1", awaited)
    return next((str(one.said.data["reason"]) for one in checks if one.name == "worker_keys"), "")


async def test_a_key_that_was_taken_away_too_early_is_named_in_one_sentence_and_nothing_is_lost_when_it_is_back(
    workers: Workers,
) -> None:
    await workers.engine.time_is("Mon 2026-03-02 09:00")
    old, new, both = await workers.with_keys(OLD), await workers.with_keys(NEW), await workers.with_keys(NEW, OLD)
    async with workers.running(DirectiveWorkflow, "old key", keys=(OLD,)):
        code = await begin(old, "aged")
    rows = old.rows(code)

    new.sender.patience = 6
    async with workers.running(DirectiveWorkflow, "new key", keys=(NEW,)):
        sent = await new.do(code, c.Comment(text="Chờ khóa"), "chanhvanphong", id="waits")
        await eventually(lambda: the_keys_check(new), 90)
        said = await the_keys_check(new)
    async with workers.running(DirectiveWorkflow, "both keys", keys=(NEW, OLD)):
        await both.do(code, c.Comment(text="Chờ khóa"), "chanhvanphong", id="waits")
        await finish(both, code)

    assert sent.outcome == "kept"
    assert "khóa old" in said
    assert "\n" not in said
    assert both.rows(code)[: len(rows)] == rows
    assert both.kinds(code)[len(rows) :] == ["commented", "submitted", "accepted"]
    with reading(both.office.engine) as connection:
        assert list(broken_rows(connection, code)) == []


async def test_what_a_lost_key_wrote_goes_on_from_the_ledger_and_so_it_does_when_an_office_encrypts_no_longer(
    workers: Workers,
) -> None:
    await workers.engine.time_is("Mon 2026-03-02 09:00")
    old, new, queue = await workers.with_keys(OLD), await workers.with_keys(NEW), workers.engine.task_queue
    async with workers.running(DirectiveWorkflow, "old key", keys=(OLD,)):
        code = await begin(old, "aged")

    async with workers.running(DirectiveWorkflow, "new key", keys=(NEW,)):
        lost = await renew(new.office, new.client, (NEW,), nothing_said, queue)
        await new.do(code, c.Comment(text="Khóa cũ đã mất"), "chanhvanphong")
        after = await keys_in(new, code)
    async with workers.running(DirectiveWorkflow, "no key"):
        ended = await renew(workers.engine.office, workers.engine.client, (), nothing_said, queue)
        await finish(workers.engine, code)

    assert (lost, after, ended) == ((1, 0, []), {b"new"}, (1, 0, []))
    assert await keys_in(new, code) == {None}
    assert new.kinds(code) == ["registered", "assigned", "acknowledged", "commented", "submitted", "accepted"]


async def test_temporals_own_command_line_shows_an_administrator_what_the_store_hides(
    workers: Workers, tmp_path: Path, store: tuple[str, Path]
) -> None:
    """The protocol is tried with the program that speaks it: `temporal workflow show --codec-endpoint`."""
    await workers.engine.time_is("Mon 2026-03-02 09:00")
    new = await workers.with_keys(NEW)
    async with workers.running(DirectiveWorkflow, "new key", keys=(NEW,)):
        code = await begin(new, "NV")
        await new.do(code, c.Comment(text="CanaryShown"), "chanhvanphong")

    async def no_temporal() -> Client:
        raise RuntimeError("connection refused")

    decoding = Decoding(EncryptingCodec((NEW,)), "https://temporal.example.vn")
    port = free_port()
    web = uvicorn.Server(
        uvicorn.Config(create_app(new.office, no_temporal, Surroundings(decoding=decoding)), port=port, log_config=None)
    )
    serving = asyncio.create_task(web.serve())

    async def answers() -> bool:
        return web.started

    await eventually(answers)

    async def shown(*words: str) -> str:
        show = [str(TEMPORAL), "workflow", "show", "--output", "json", "-w", f"directive/{code}", "--address", store[0]]
        process = await asyncio.create_subprocess_exec(
            *show, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        return (await process.communicate())[0].decode()

    endpoint = ("--codec-endpoint", f"http://127.0.0.1:{port}/codec", "--codec-auth")
    _, administrator = tokens.create(new.office, "quantri", "Temporal", ["admin"])
    _, officer = tokens.create(new.office, "truong.syt", "Temporal", ["admin"])
    try:
        hidden = await shown()
        read = await shown(*endpoint, f"Bearer {administrator}")
        refused = await shown(*endpoint, f"Bearer {officer}")
    finally:
        web.should_exit = True
        await serving

    assert b"CanaryShown" in contents(read)
    assert b"CanaryShown" not in contents(hidden) + contents(refused)


def contents(shown: str) -> bytes:
    """The payloads in a history as JSON."""
    return b"".join(base64.b64decode(data) for data in re.findall(r'"data": ?"([^"]*)"', shown)) + shown.encode()


async def test_who_reaches_temporal_without_the_key_reads_nothing_acts_in_nobodys_name_and_ends_nothing(
    seeded_database: Path, tmp_path: Path, store: tuple[str, Path]
) -> None:
    address, _ = store
    stranger = await connect(address, "default")  # another account of the machine: the port asks for no password
    async with run_engine(fresh_database(seeded_database, tmp_path), address, (NEW,), refuses_plain=True) as engine:
        await engine.time_is("Mon 2026-03-02 09:00")
        code = await engine.register("foreign", lead_agency="SYT", deadline=engine.deadline("2026-03-20"))
        rows, today = engine.rows(code), dt.date(2026, 3, 2)
        directory, theirs = engine.office.reference().directory, handle(stranger, code)

        with pytest.raises(KeyError, match="encrypted"):
            await theirs.query("rows")
        chairman, cancel = directory.actor("chutich", today), c.Cancel(reason="Thôi")
        forged = CommandEnvelope(id=engine.code("forged"), directive=code, actor=chairman, command=cancel)
        with pytest.raises((WorkflowUpdateRPCTimeoutOrCancelledError, RPCError)):
            await theirs.execute_update("command", forged, id=forged.id, rpc_timeout=dt.timedelta(seconds=3))
        assert engine.rows(code) == rows
        await theirs.terminate("a stranger's whim")

        officer = directory.actor("chuyenvien.syt", today)
        wish = CommandEnvelope(id=engine.code("own"), directive=code, actor=officer, command=c.Acknowledge())
        with writing(engine.office.engine) as connection:
            commands.keep(connection, wish, engine.office.now())
        sent = await engine.sender.send(wish)

        assert sent.outcome == "recorded"
        assert engine.rows(code)[: len(rows)] == rows
        assert "cancelled" not in engine.kinds(code)
