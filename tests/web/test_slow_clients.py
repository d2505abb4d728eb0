"""Clients that are slow or big on purpose, at a real web server on a socket of its own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx2
import pytest
import uvicorn
from api_office import no_temporal
from office_fixture import Desk
from starlette.types import ASGIApp, Receive, Scope, Send

from web import impatient, never_hanging
from web.app import create_app
from web.bodies import LARGEST_FORM
from web.impatient import ImpatientProtocol
from web.never_hanging import NeverHanging


@pytest.fixture
def quick_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(impatient, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(never_hanging, "FORM_SECONDS", 0.5)


@contextlib.asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[int]:
    server = uvicorn.Server(
        uvicorn.Config(
            app, port=0, http=ImpatientProtocol, log_config=None, lifespan="off", timeout_graceful_shutdown=1
        )
    )
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it in no other way
        await asyncio.sleep(0.02)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await running


async def said_to(port: int, sent: bytes) -> bytes:
    """All that comes back for what was sent, until the other side closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    async with asyncio.timeout(60):
        said = await reader.read()
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return said


@pytest.mark.usefixtures("quick_patience")
async def test_a_connection_that_brings_no_whole_request_is_closed(desk: Desk) -> None:
    async with serving(create_app(desk.office, no_temporal)) as port:
        assert await said_to(port, b"GET /sign-in HTTP/1.1\r\nHost: x\r\nX-Slow: ") == b""
        assert await said_to(port, b"") == b""
        async with httpx2.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{port}/sign-in")).status_code == 200


@pytest.mark.usefixtures("quick_patience")
async def test_a_form_that_never_comes_in_whole_is_given_up(desk: Desk) -> None:
    async with serving(create_app(desk.office, no_temporal)) as port:
        half = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nname=tr"
        assert (await said_to(port, half)).startswith(b"HTTP/1.1 408")


async def test_a_form_of_more_than_a_form_can_have_is_turned_away_unread(desk: Desk) -> None:
    async with serving(create_app(desk.office, no_temporal)) as port, httpx2.AsyncClient() as client:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        address = f"http://127.0.0.1:{port}/sign-in"
        answer = await client.post(address, content=b"name=" + bytes(LARGEST_FORM), headers=form)

    assert answer.status_code == 413


async def test_who_waits_for_the_engine_while_the_process_ends_hears_503_and_is_given_his_form(desk: Desk) -> None:
    waiting = asyncio.Event()

    async def waits_for_ever(scope: Scope, receive: Receive, _send: Send) -> None:
        await receive()
        waiting.set()
        await asyncio.Event().wait()

    async with httpx2.AsyncClient(timeout=60) as client:
        async with serving(NeverHanging(waits_for_ever, desk.office.engine)) as port:
            sent = asyncio.create_task(client.post(f"http://127.0.0.1:{port}/do", data={"text": "Đã xem"}))
            await waiting.wait()
        answer = await sent

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert 'name="text" value="Đã xem"' in answer.text


@pytest.mark.usefixtures("quick_patience")
async def test_five_hundred_slow_connections_hinder_nobody_and_are_closed(desk: Desk) -> None:
    async with serving(create_app(desk.office, no_temporal)) as port, httpx2.AsyncClient() as client:

        async def slow() -> bytes:
            return await said_to(port, b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nname=tr")

        async def slower() -> bytes:
            return await said_to(port, b"GET /board HTTP/1.1\r\nHost: x\r\nX-Slow: ")

        waiting = [asyncio.create_task(slow() if number % 2 else slower()) for number in range(500)]
        await asyncio.sleep(0.3)
        assert not any(task.done() for task in waiting)
        answers = [await client.get(f"http://127.0.0.1:{port}/sign-in") for _ in range(5)]
        ended = await asyncio.gather(*waiting)

    assert [answer.status_code for answer in answers] == [200] * 5
    assert all(said.startswith(b"HTTP/1.1 408") for said in ended[1::2])
    assert set(ended[0::2]) == {b""}
