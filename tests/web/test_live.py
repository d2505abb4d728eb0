"""What happens in the engine appears on open pages, to each what he may see, on one look at the database a second."""

import asyncio
import contextlib
import json
import re
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
from office_fixture import Desk
from running_engine import RunningEngine
from signed_in import HOST, a_session, browsing
from sqlalchemy import select
from temporalio.client import Client
from temporalio.worker import Worker

import services.temporal
import web.engine_watch
import web.live
from database.engine import reading
from models import commands as c
from models.sight import EVERYTHING, Scope
from models.tables import SESSION
from services.office import Office
from services.temporal import connect
from web.app import Surroundings, create_app
from web.engine_watch import EngineWatch
from web.live import MOST_STREAMS_EACH, Listener, Pulse
from workflows.canary import CanaryWorkflow

PATIENCE = 10.0


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


@pytest.fixture
def office(desk: Desk) -> Office:
    desk.register("NV-1", "Wed 2026-03-04 09:00")
    desk.register("NV-2", "Wed 2026-03-04 09:00", lead_agency="STC")
    return desk.office


@pytest.fixture
def closing() -> threading.Event:
    return threading.Event()


@pytest.fixture
def pulse(office: Office, closing: threading.Event, monkeypatch: pytest.MonkeyPatch) -> Pulse:
    monkeypatch.setattr(web.live, "BEAT_SECONDS", 0.05)
    return Pulse(office, EngineWatch(no_temporal), closing)


@dataclass
class Page:
    """An open page: what it was told, by name."""

    told: list[tuple[str, object]] = field(default_factory=list)

    async def hears(self, name: str, value: object) -> None:
        give_up_at = time.monotonic() + PATIENCE
        while (name, value) not in self.told:
            assert time.monotonic() < give_up_at, f"heard only {self.told}"
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def listening(pulse: Pulse, person: str, scope: Scope) -> AsyncIterator[Page]:
    page = Page()

    async def listen() -> None:
        async for message in pulse.stream(Listener(person, scope)):
            fields = dict(line.split(": ", 1) for line in message.decode().splitlines() if ": " in line)
            if "event" in fields:
                page.told.append((fields["event"], json.loads(fields["data"])))

    task = asyncio.create_task(listen())
    await page.hears("engine", False)  # from now on he hears what changes
    try:
        yield page
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_an_act_is_heard_by_who_sees_the_directive_and_by_nobody_else(pulse: Pulse, desk: Desk) -> None:
    lead, other = Scope(agencies=frozenset({"SYT"})), Scope(agencies=frozenset({"STC"}))
    async with (
        listening(pulse, "truong.syt", lead) as his,
        listening(pulse, "truong.stc", other) as hers,
        listening(pulse, "chanhvanphong", EVERYTHING) as office_page,
    ):
        desk.act("NV-1", c.Acknowledge(), "truong.syt", "Wed 2026-03-04 10:00")
        await his.hears("changed", ["NV-1"])
        await office_page.hears("changed", ["NV-1"])
        desk.act("NV-2", c.Acknowledge(), "truong.stc", "Wed 2026-03-04 10:01")
        await hers.hears("changed", ["NV-2"])

    assert [value for name, value in hers.told if name == "changed"] == [["NV-2"]]
    assert [value for name, value in his.told if name == "changed"] == [["NV-1"]]


async def test_the_number_of_unread_notices_is_told_when_it_changes(pulse: Pulse, desk: Desk) -> None:
    async with listening(pulse, "truong.syt", Scope(agencies=frozenset({"SYT"}))) as page:
        await page.hears("inbox", 1)
        desk.act("NV-1", c.Acknowledge(), "chuyenvien.syt", "Wed 2026-03-04 10:00")
        desk.act("NV-1", c.Urge(text="Khẩn trương"), "chanhvanphong", "Wed 2026-03-04 10:01")
        await page.hears("inbox", 2)

    assert [value for name, value in page.told if name == "inbox"] == [1, 2]


async def test_however_many_pages_are_open_the_database_is_asked_once_a_beat(
    pulse: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    read = pulse._read

    def counted(people: set[str]) -> web.live._Heard:
        looks.append(len(people))
        return read(people)

    monkeypatch.setattr(pulse, "_read", counted)
    async with contextlib.AsyncExitStack() as pages:
        for number in range(30):
            await pages.enter_async_context(listening(pulse, f"person-{number}", EVERYTHING))
        looks.clear()
        await asyncio.sleep(0.5)

    assert set(looks) == {30}
    assert len(looks) <= 11


async def test_nobody_asks_the_database_when_no_page_is_open(pulse: Pulse) -> None:
    async with listening(pulse, "truong.syt", EVERYTHING):
        pass
    beating = pulse._beating
    assert beating is not None

    await asyncio.wait_for(beating, PATIENCE)

    assert pulse._listeners == set()


async def test_a_stream_ends_when_the_process_does(pulse: Pulse, closing: threading.Event) -> None:
    async def listen() -> int:
        return len([message async for message in pulse.stream(Listener("truong.syt", EVERYTHING))])

    task = asyncio.create_task(listen())
    await asyncio.sleep(0.1)
    closing.set()

    assert await asyncio.wait_for(task, PATIENCE) > 0


async def test_a_person_has_so_many_open_pages_and_no_more(pulse: Pulse) -> None:
    async with contextlib.AsyncExitStack() as pages:
        for _ in range(MOST_STREAMS_EACH):
            await pages.enter_async_context(listening(pulse, "truong.syt", EVERYTHING))

        assert not pulse.has_room("truong.syt")
        assert pulse.has_room("truong.stc")


async def test_who_is_not_signed_in_hears_nothing(office: Office) -> None:
    transport = httpx2.ASGITransport(create_app(office, no_temporal))
    async with httpx2.AsyncClient(transport=transport, base_url=HOST) as browser:
        answer = await browser.get("/live")

    assert (answer.status_code, answer.content) == (401, b"")


async def test_what_a_page_asks_by_itself_keeps_no_session_alive(office: Office, desk: Desk) -> None:
    app = create_app(office, no_temporal)
    async with browsing(app, office, "truong.syt") as browser:

        def seen_at() -> object:
            with reading(office.engine) as connection:
                return connection.execute(select(SESSION.c.seen_at)).scalar_one()

        before = seen_at()
        desk.time_is("Wed 2026-03-04 12:00")
        by_itself = await browser.get("/directives/NV-1", headers={"Dondoc-Live": "1"})
        after_that = seen_at()
        await browser.get("/directives/NV-1")

    assert by_itself.status_code == 200
    assert after_that == before
    assert seen_at() != before


async def test_a_page_written_while_temporal_is_away_shows_everything_and_says_so(office: Office) -> None:
    async with browsing(create_app(office, no_temporal), office, "truong.syt") as browser:
        text = (await browser.get("/directives/NV-1")).text

    assert '<p id="engine" class="engine" role="status">' in text
    assert 'name="kind" value="acknowledge"' in text


@pytest.mark.server
async def test_the_line_goes_when_temporal_and_a_worker_answer(
    office: Office, temporal_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = False

    async def temporal() -> Client:
        if not there:
            raise RuntimeError("connection refused")
        return await connect(temporal_address, "default")

    monkeypatch.setattr(services.temporal, "TASK_QUEUE", "dondoc-live")  # no other test's worker is taken for ours
    monkeypatch.setattr(web.engine_watch, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(web.engine_watch, "PATIENCE_SECONDS", PATIENCE)
    monkeypatch.setattr(web.live, "BEAT_SECONDS", 0.05)
    pulse = Pulse(office, EngineWatch(temporal), threading.Event())

    async with listening(pulse, "truong.syt", EVERYTHING) as page:
        there = True
        client = await connect(temporal_address, "default")
        async with Worker(client, task_queue="dondoc-live", workflows=[CanaryWorkflow]):
            await page.hears("engine", True)


async def test_the_stream_of_a_signed_in_person_is_one_that_browsers_read(office: Office) -> None:
    """Over a real socket: the test transport answers only when an answer is whole."""
    import uvicorn

    from web.__main__ import StoppableServer, listen

    closing = threading.Event()
    server = StoppableServer(
        uvicorn.Config(create_app(office, no_temporal, Surroundings(closing=closing)), log_config=None, lifespan="off")
    )
    server.closing = closing
    socket = listen("127.0.0.1", 0)
    port = socket.getsockname()[1]
    serving = threading.Thread(target=lambda: asyncio.run(server._serve([socket])))
    serving.start()
    try:
        cookies = {"dondoc": a_session(office, "truong.syt")}
        async with (
            httpx2.AsyncClient(cookies=cookies, timeout=PATIENCE) as browser,
            browser.stream("GET", f"http://127.0.0.1:{port}/live") as answer,
        ):
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.aiter_lines()
            heard = [await anext(lines) for _ in range(4)]
            server.handle_exit(15, None)
            heard += [line async for line in lines]  # and it ends by itself
    finally:
        server.handle_exit(15, None)
        serving.join(PATIENCE)

    assert "event: inbox" in heard
    assert not serving.is_alive()


@pytest.mark.server
async def test_an_act_on_a_page_is_recorded_by_the_engine_and_other_open_pages_hear_of_it(
    engine: RunningEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def temporal() -> Client:
        return engine.client

    monkeypatch.setattr(web.live, "BEAT_SECONDS", 0.05)
    code = await engine.register("NV", lead_agency="SYT")
    pulse = Pulse(engine.office, EngineWatch(temporal), threading.Event())
    app = create_app(engine.office, temporal, Surroundings(data_dir=tmp_path))

    async with (
        listening(pulse, "chanhvanphong", EVERYTHING) as other,
        browsing(app, engine.office, "truong.syt") as browser,
    ):
        file = [("files", ("Báo cáo.pdf", b"%PDF-1.7\n", "application/pdf"))]
        answer = await browser.post(
            f"/directives/{code}/do", data={"kind": "report_progress", "text": "Nửa việc", "id": "w-1"}, files=file
        )
        await other.hears("changed", [code])
        text = (await browser.get(answer.headers["location"])).text

    assert answer.headers["location"] == f"/directives/{code}?done=recorded"
    assert engine.kinds(code)[-2:] == ["acknowledged", "progress_reported"]
    assert "Đã ghi nhận." in text
    assert re.search(rf'href="/directives/{code}/files/\w+">Báo cáo\.pdf</a>', text)
