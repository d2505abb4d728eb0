"""Following what happens: by asking again and again, or by a stream."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from api_office import MINE, NOW, Api, connected, furnish
from office_fixture import Desk
from test_health import a_free_port, answers

from models import commands as c
from services import tokens

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
async def api(desk: Desk) -> AsyncIterator[Api]:
    furnish(desk)
    async with connected(desk) as client:
        yield Api(desk, client)


async def test_whoever_goes_on_from_where_he_stopped_hears_each_event_once(api: Api) -> None:
    caller = api.caller("chanhvanphong")

    heard: list[dict[str, Any]] = []
    after = 0
    for _ in range(10):
        page = (await caller.get(f"/events?after={after}&limit=2")).json()
        heard += page["items"]
        after = page["next"]
    quiet = (await caller.get(f"/events?after={after}")).json()
    api.desk.act(MINE, c.Comment(text="Mới"), "truong.syt", NOW)
    news = (await caller.get(f"/events?after={after}")).json()

    assert [one["id"] for one in heard] == sorted({one["id"] for one in heard})
    assert {(one["code"], one["seq"]) for one in heard} == {(one["code"], one["seq"]) for one in heard}
    assert [one["kind"] for one in heard if one["code"] == MINE][:3] == ["registered", "assigned", "acknowledged"]
    assert quiet == {"items": [], "next": after}
    assert [(one["kind"], one["data"]) for one in news["items"]] == [("commented", {"text": "Mới"})]


async def test_an_event_before_which_one_may_still_come_waits(api: Api) -> None:
    """PostgreSQL gives numbers before transactions end; a later number can show first."""
    caller = api.caller("chanhvanphong")
    after = (await caller.get("/events")).json()["next"]
    api.desk.act(MINE, c.Comment(text="Sau"), "truong.syt", NOW)
    api.desk.tamper("UPDATE ledger SET id = id + 1 WHERE id = (SELECT max(id) FROM ledger)")

    waiting = (await caller.get(f"/events?after={after}")).json()
    api.desk.time_is("Fri 2026-03-20 09:05")
    settled = (await caller.get(f"/events?after={after}")).json()

    assert waiting == {"items": [], "next": after}
    assert [one["id"] for one in settled["items"]] == [after + 2]


# --- Streams, on a real server -------------------------------------------------------------------------------


@pytest.fixture
def served(desk: Desk) -> Iterator[tuple[Desk, int, "subprocess.Popen[str]"]]:
    furnish(desk)
    port = a_free_port()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "web"],
        cwd=desk.data,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "DONDOC_DATA_DIR": str(desk.data),
            "DONDOC_WEB_PORT": str(port),
            "DONDOC_TEMPORAL_ADDRESS": "127.0.0.1:9",
        },
        stderr=subprocess.DEVNULL,
        text=True,
    )
    give_up_at = time.monotonic() + 60
    while answers(port, "/healthz") != 200:
        assert time.monotonic() < give_up_at, "it did not start"
        time.sleep(0.1)
    yield desk, port, process
    process.kill()
    process.wait()


@contextlib.asynccontextmanager
async def stream(port: int, secret: str, **headers: str) -> AsyncIterator[tuple[httpx2.Response, AsyncIterator[str]]]:
    wanted = {"Authorization": f"Bearer {secret}", "Accept": "text/event-stream", **headers}
    async with (
        httpx2.AsyncClient(timeout=60) as client,
        client.stream("GET", f"http://127.0.0.1:{port}/api/v1/events", headers=wanted) as response,
    ):
        yield response, response.aiter_lines()


async def next_event(lines: AsyncIterator[str]) -> dict[str, Any]:
    async with asyncio.timeout(30):
        async for line in lines:
            if line.startswith("data: "):
                found: dict[str, Any] = json.loads(line.removeprefix("data: "))
                return found
    raise AssertionError("the stream ended")


@pytest.mark.slow
async def test_a_stream_tells_what_happens_goes_on_where_it_broke_and_ends_with_its_token(
    served: tuple[Desk, int, "subprocess.Popen[str]"],
) -> None:
    desk, port, _ = served
    token, secret = tokens.create(desk.office, "truong.syt", "Thử", ["events"])

    async with stream(port, secret) as (response, lines):
        assert response.headers["content-type"].startswith("text/event-stream")
        await anext(lines)  # it is open, so what comes now is heard
        desk.act(MINE, c.Comment(text="Một"), "truong.syt", NOW)
        first = await next_event(lines)
    desk.act(MINE, c.Comment(text="Hai"), "truong.syt", "Fri 2026-03-20 09:01")
    async with stream(port, secret, **{"Last-Event-ID": str(first["id"])}) as (_response, lines):
        second = await next_event(lines)
        tokens.revoke(desk.office, token.id)
        async with asyncio.timeout(30):
            left = [line async for line in lines if line.startswith("data: ")]

    assert (first["data"], second["data"], left) == ({"text": "Một"}, {"text": "Hai"}, [])


@pytest.mark.slow
async def test_open_streams_do_not_keep_the_web_part_from_stopping(
    served: tuple[Desk, int, "subprocess.Popen[str]"],
) -> None:
    desk, port, process = served
    _, secret = tokens.create(desk.office, "truong.syt", "Thử", ["events"])

    async with stream(port, secret) as (_response, lines):
        await anext(lines)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            async for _line in lines:
                pass
    assert await asyncio.to_thread(process.wait, 20) == 0


@pytest.mark.slow
async def test_one_token_opens_only_so_many_streams(served: tuple[Desk, int, "subprocess.Popen[str]"]) -> None:
    desk, port, _ = served
    _, secret = tokens.create(desk.office, "truong.syt", "Thử", ["events"])

    async with contextlib.AsyncExitStack() as opened:
        told = [await opened.enter_async_context(stream(port, secret)) for _ in range(5)]
        assert [response.status_code for response, _ in told] == [200] * 5
        sixth, _lines = await opened.enter_async_context(stream(port, secret))
        assert sixth.status_code == 429
