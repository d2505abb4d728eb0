import asyncio
import datetime as dt
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from builders import SEED, a_directive, local
from office_fixture import Desk
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event, insert
from temporalio import workflow
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.clock_guard import ClockGuard
from database.engine import writing
from database.migrate import migrate
from database.seed_data import seed
from database.snapshots import write_snapshot
from models.moments import Moment
from models.payload_keys import new_key
from models.tables import COMMAND, DELIVERY, LEDGER, NOTICE
from models.vocabulary import Audience, Clock
from services.key_guard import take_keys
from services.office import Office
from web import health
from web.app import Surroundings, create_app
from web.probes import NoAnswer, Probe
from workflows.queue import TASK_QUEUE

ROOT = Path(__file__).parent.parent.parent
TEMPORAL = Path(sys.executable).parent / "temporal"


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office.at(f"sqlite:///{tmp_path / 'dondoc.db'}")
    migrate(office.engine)
    seed(office.engine, SEED / "quang_ngai.yaml", local("2026-01-05 08:00"))
    yield office
    office.engine.dispose()


Get = Callable[[str], Awaitable[httpx2.Response]]


def asking(office: Office, clock: ClockGuard | None = None) -> Get:
    application = create_app(office, no_temporal, Surroundings(clock))

    async def get(path: str) -> httpx2.Response:
        transport = httpx2.ASGITransport(application, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://dondoc.test") as client:
            return await client.get(path)

    return get


def missing_database(tmp_path: Path) -> Office:
    """An office whose database is a folder."""
    (tmp_path / "folder.db").mkdir()
    return Office.at(f"sqlite:///{tmp_path / 'folder.db'}")


# --- Health ---------------------------------------------------------------------------------------------------


async def test_the_process_says_that_it_lives_whatever_became_of_the_others(tmp_path: Path) -> None:
    answer = await asking(missing_database(tmp_path))("/healthz")

    assert answer.status_code == 200
    assert answer.json() == {"alive": True}


async def test_without_temporal_it_is_not_ready_and_says_what_is_missing(office: Office) -> None:
    answer = await asking(office)("/readyz")

    assert answer.status_code == 503
    checks = {check["name"]: check for check in answer.json()["checks"]}
    assert {name: check["ok"] for name, check in checks.items()} == {
        "database": True,
        "temporal": False,
        "worker": False,
        "writing": True,
        "clock": True,
    }
    assert checks["temporal"]["sentence"].startswith("Temporal không trả lời.")
    assert answer.json()["ready"] is False


async def test_without_a_database_it_is_not_ready(tmp_path: Path) -> None:
    answer = await asking(missing_database(tmp_path))("/readyz")

    assert answer.status_code == 503
    assert [check["ok"] for check in answer.json()["checks"] if check["name"] == "database"] == [False]


async def test_each_of_many_who_ask_over_and_over_hears_an_answer() -> None:
    """The first who is woken asks again at once; the others are not to be told of that question, which is open."""
    probe = Probe(lambda: True, 60)

    async def over_and_over() -> list[bool]:
        return [await probe.ask() for _ in range(20)]

    assert await asyncio.gather(*(over_and_over() for _ in range(5))) == [[True] * 20] * 5


async def test_a_database_that_hangs_costs_one_thread_and_two_seconds_however_often_it_is_asked() -> None:
    asked: list[int] = []
    hang = threading.Event()

    def question() -> bool:
        asked.append(1)
        return hang.wait(20)

    probe = Probe(question, 0.1)
    answers = await asyncio.gather(*(probe.ask() for _ in range(20)), return_exceptions=True)
    hang.set()

    assert all(isinstance(answer, NoAnswer) for answer in answers)
    assert asked == [1]
    assert await probe.ask() is True


async def test_a_temporal_that_never_answers_is_given_up_in_time(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hanging() -> Client:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(health, "ANSWER_SECONDS", 0.1)
    transport = httpx2.ASGITransport(create_app(office, hanging))
    async with httpx2.AsyncClient(transport=transport, base_url="http://dondoc.test") as client:
        answer = await asyncio.wait_for(client.get("/readyz"), 5)

    assert answer.status_code == 503


@workflow.defn(name="Nothing", sandboxed=False)
class Nothing:
    @workflow.run
    async def run(self) -> None:
        """Do nothing: a worker needs one to poll for."""


@pytest.fixture
async def temporal() -> AsyncIterator[Client]:
    environment = await WorkflowEnvironment.start_local(dev_server_existing_path=str(TEMPORAL))
    yield environment.client
    await environment.shutdown()


@pytest.mark.server
async def test_it_is_ready_when_database_temporal_and_a_worker_answer(office: Office, temporal: Client) -> None:
    async def client() -> Client:
        return temporal

    transport = httpx2.ASGITransport(create_app(office, client))
    async with httpx2.AsyncClient(transport=transport, base_url="http://dondoc.test") as browser:
        without_worker = await browser.get("/readyz")
        async with Worker(temporal, task_queue=TASK_QUEUE, workflows=[Nothing]):
            async with asyncio.timeout(30):
                while (with_worker := await browser.get("/readyz")).status_code != 200:
                    pass  # each question takes a while itself

    assert without_worker.status_code == 503
    assert {check["name"] for check in without_worker.json()["checks"] if not check["ok"]} == {"worker"}
    assert with_worker.json()["ready"] is True


# --- Metrics --------------------------------------------------------------------------------------------------


def figures(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def fill(office: Office, now: dt.datetime, directives: int) -> None:
    """Some directives, two of them late, and something of everything that is measured."""
    reference = office.reference()
    hour = dt.timedelta(hours=1)
    moment = Moment(
        at=now - hour, clock=Clock.DEADLINE, run=1, step="+1", level=1, audience=(Audience.LEAD_HEAD,), at_once=True
    )
    with writing(office.engine) as connection:
        for number in range(directives):
            directive = a_directive("in_progress", code=f"A-{number}", at="2026-03-02 09:00", deadline="2026-03-20")
            if number < 2:
                directive = directive.model_copy(update={"escalation_level": 2})
            write_snapshot(connection, directive, reference, moment if number == 0 else None, mark="x")
        waiting = a_directive("registered", code="B-1", at="2026-03-02 09:00", deadline=None)
        write_snapshot(connection, waiting, reference, None, mark="x", awaiting_start=True)
        done = a_directive("completed", code="C-1", at="2026-03-02 09:00")
        write_snapshot(connection, done, reference, None, mark="x")
        for number, late in enumerate((3, 90, 7)):
            connection.execute(
                insert(LEDGER).values(
                    directive="A-1",
                    seq=number + 1,
                    at=now - hour + dt.timedelta(seconds=late),
                    planned_at=now - hour,
                    kind="moment_reached",
                    actor="engine",
                    part=0,
                    data="{}",
                    previous_hash="",
                    hash="",
                )
            )
        for number, (state, due) in enumerate(
            (("pending", now + hour), ("pending", now - hour), ("parked", now - hour), ("sent", now - 9 * hour))
        ):
            notice = connection.execute(
                insert(NOTICE)
                .values(
                    directive="A-1",
                    seq=number,
                    recipient="vanthu",
                    at=now - (2 + number) * hour,
                    kind="x",
                    content="{}",
                    level=0,
                    at_once=False,
                    any_hour=False,
                )
                .returning(NOTICE.c.id)
            ).scalar_one()
            connection.execute(
                insert(DELIVERY).values(notice=notice, channel="email", state=state, attempts=0, due_at=due)
            )
        connection.execute(
            insert(COMMAND).values(
                id="c-1",
                directive="A-1",
                kind="comment",
                envelope="{}",
                state="pending",
                attempts=0,
                created_at=now - hour,
            )
        )


async def test_the_metrics_are_the_figures_that_lie_in_sql(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    now = local("2026-03-24 10:00")
    monkeypatch.setattr(Office, "now", lambda _self: now)
    fill(office, now, 3)

    answer = await asking(office)("/metrics")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    found = figures(answer.text)
    assert found["dondoc_database_up", ()] == 1
    assert found["dondoc_directives_open", ("in_progress",)] == 3
    assert found["dondoc_directives_open", ("registered",)] == 1
    assert ("dondoc_directives_open", ("completed",)) not in found
    assert found["dondoc_directives_overdue", ()] == 3
    assert found["dondoc_directives_awaiting_start", ()] == 1
    assert found["dondoc_directives_escalated", ("2",)] == 2
    assert found["dondoc_directives_escalated", ("4",)] == 0
    assert found["dondoc_moment_told_late_seconds", ()] == 90
    assert found["dondoc_moment_untold_late_seconds", ()] == 3_600
    assert found["dondoc_outbox_notices", ("pending",)] == 2
    assert found["dondoc_outbox_notices", ("parked",)] == 1
    assert found["dondoc_outbox_oldest_seconds", ()] == 3 * 3_600
    assert found["dondoc_outbox_overdue_seconds", ()] == 3_600
    assert found["dondoc_commands_pending", ()] == 1
    assert found["dondoc_commands_oldest_seconds", ()] == 3_600
    assert abs(found["dondoc_clock_jump_seconds", ()]) < 5


async def test_a_scrape_costs_as_many_queries_for_many_directives_as_for_few(office: Office) -> None:
    statements: list[str] = []
    event.listen(office.engine, "before_cursor_execute", lambda *arguments: statements.append(str(arguments[2])))
    get = asking(office)
    await get("/metrics")
    statements.clear()
    await get("/metrics")
    of_none = len(statements)
    fill(office, local("2026-03-24 10:00"), 40)
    statements.clear()

    await get("/metrics")

    assert 0 < of_none == len(statements) <= 20


async def test_without_a_database_the_metrics_say_so_and_still_tell_of_the_clock(tmp_path: Path) -> None:
    clock = ClockGuard(offset=ClockGuard().offset - 7_200)

    answer = await asking(missing_database(tmp_path), clock)("/metrics")

    found = figures(answer.text)
    assert answer.status_code == 200
    assert found["dondoc_database_up", ()] == 0
    assert 7_195 < found["dondoc_clock_jump_seconds", ()] < 7_205


# --- Pages and headers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 303),
        ("/sign-in", 200),
        ("/static/dondoc.css", 200),
        ("/healthz", 200),
        ("/readyz", 503),
        ("/metrics", 200),
        ("/docs", 404),
        ("/api/v1/me", 401),
        ("/api/openapi.json", 200),
        ("/bad", 500),
    ],
)
async def test_every_answer_bears_the_security_headers(
    office: Office, monkeypatch: pytest.MonkeyPatch, path: str, status: int
) -> None:
    def broken(_name: str) -> str:
        raise ValueError("bad")

    if path == "/bad":
        path = "/sign-in?next=/board"
        monkeypatch.setattr("web.pages.sign_in.safe_next", broken)
    answer = await asking(office)(path)

    assert answer.status_code == status
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] in ("no-referrer", "same-origin")


async def test_what_is_not_there_is_answered_as_a_problem_with_a_sentence(office: Office) -> None:
    answer = await asking(office)("/docs")

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {"type": "about:blank", "status": 404, "title": "Không có trang này."}


# --- The entry point ------------------------------------------------------------------------------------------


def started(tmp_path: Path, port: int, **settings: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "web"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "DONDOC_DATA_DIR": str(tmp_path),
            "DONDOC_WEB_PORT": str(port),
            "DONDOC_TEMPORAL_ADDRESS": "127.0.0.1:9",
            "DONDOC_LOG_FORMAT": "json",
            **settings,
        },
        stderr=subprocess.PIPE,
        text=True,
    )


def a_free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answers(port: int, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return 0


def test_the_web_part_starts_without_temporal_answers_and_stops_within_five_seconds(tmp_path: Path) -> None:
    port = a_free_port()
    process = started(tmp_path, port)
    try:
        ends_at = time.monotonic() + 30
        while answers(port, "/healthz") != 200:
            assert time.monotonic() < ends_at, "it did not start"
            assert process.poll() is None
        ready = answers(port, "/readyz")
        asked_to_stop = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=10)
        took = time.monotonic() - asked_to_stop
    finally:
        process.kill()

    assert ready == 503
    assert took < 5
    assert process.returncode == 0
    assert [json.loads(line)["event"] for line in log.splitlines() if '"web_' in line] == ["web_started", "web_stopped"]


def test_a_port_that_is_taken_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = started(tmp_path, port)
        _, said = process.communicate(timeout=30)

    assert process.returncode == 1
    assert said.startswith(f"Không mở được cổng {port} trên 127.0.0.1")
    assert len(said.splitlines()) == 1


def test_where_the_office_encrypts_a_web_part_without_a_key_says_so_in_one_sentence_and_ends(desk: Desk) -> None:
    take_keys(desk.office, (new_key("k1"),))
    url = desk.office.engine.url.render_as_string(hide_password=False)
    process = started(desk.data, a_free_port(), DONDOC_DATABASE_URL=url)

    _, said = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "DONDOC_TEMPORAL_KEYS" in said
    assert len(said.splitlines()) == 1


def test_a_bad_setting_is_said_in_one_sentence(tmp_path: Path) -> None:
    process = started(tmp_path, 8000, DONDOC_LOG_FORMAT="xml")
    _, said = process.communicate(timeout=30)

    assert process.returncode == 1
    assert said == "DONDOC_LOG_FORMAT chỉ nhận console hoặc json, không phải xml.\n"
