"""Clients that are slow on purpose, at a real web server on a socket of its own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx2
import pytest
import uvicorn
from api_office import no_temporal
from office_fixture import Desk
from starlette.types import ASGIApp

from web import impatient, never_hanging
from web.app import create_app
from web.impatient import ImpatientProtocol


@pytest.fixture
def quick_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(impatient, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(never_hanging, "FORM_SECONDS", 0.5)


@contextlib.asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[int]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, http=ImpatientProtocol, log_config=None, lifespan="off"))
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
