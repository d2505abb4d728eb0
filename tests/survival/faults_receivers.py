"""Receivers of webhooks that misbehave: they hang, refuse, send on, or answer without end."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

HUNDRED_MEGABYTES = 100_000_000

Answer = Callable[["BadReceiver", asyncio.StreamWriter], Awaitable[None]]


@dataclass
class BadReceiver:
    """An asyncio server on this machine; remembers what it was told and what it got rid of.

    Attributes:
        connections: how often somebody connected, whatever came of it.
        written: bytes of answers that the other side took, or that the kernel keeps for it.
    """

    answer: Answer
    told: list[dict[str, Any]] = field(default_factory=list)
    connections: int = 0
    written: int = 0
    port: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}/nhan?token=bi-mat"

    def events(self) -> list[tuple[str, int]]:
        """Directive and row of each event it was told, in the order of arrival."""
        return [(event["directive"], event["seq"]) for event in self.told]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
            )
            self.told.append(json.loads(await reader.readexactly(length)))
            await self.answer(self, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # the other side has heard enough
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


def answers(status: int, headers: str = "") -> Answer:
    """Answer at once with this status."""

    async def answer(_receiver: BadReceiver, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status} X\r\n{headers}Content-Length: 0\r\n\r\n".encode())

    return answer


async def hangs(receiver: BadReceiver, _writer: asyncio.StreamWriter) -> None:
    """Take the event and never answer."""
    await receiver.over.wait()


async def answers_100_megabytes(receiver: BadReceiver, writer: asyncio.StreamWriter) -> None:
    """Say 200 and go on for a hundred megabytes."""
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {HUNDRED_MEGABYTES}\r\n\r\n".encode())
    chunk = b"x" * 65_536
    while receiver.written < HUNDRED_MEGABYTES:
        writer.write(chunk)
        await writer.drain()
        receiver.written += len(chunk)


class Receivers:
    """Runs receivers in a thread with a loop of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._servers: list[tuple[BadReceiver, asyncio.Server]] = []

    def start(self, answer: Answer) -> BadReceiver:
        receiver = BadReceiver(answer)

        async def open_() -> asyncio.Server:
            return await asyncio.start_server(receiver.serve, "127.0.0.1", 0)

        server = asyncio.run_coroutine_threadsafe(open_(), self._loop).result(10)
        receiver.port = int(server.sockets[0].getsockname()[1])
        self._servers.append((receiver, server))
        return receiver

    def __enter__(self) -> "Receivers":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        async def close() -> None:
            for receiver, server in self._servers:
                receiver.over.set()
                server.close()
            talking = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            await asyncio.wait_for(asyncio.gather(*talking, return_exceptions=True), 10)

        asyncio.run_coroutine_threadsafe(close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@contextlib.contextmanager
def running_receivers() -> Iterator[Receivers]:
    with Receivers() as receivers:
        yield receivers
