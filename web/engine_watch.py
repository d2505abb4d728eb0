"""Whether the engine can take commands now, known to every page that is written."""

import asyncio
import time
from typing import Final

from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send
from temporalio.service import RPCError

from services.temporal import worker_is_there
from web.health import TemporalClient

FRESH_SECONDS: Final = 3.0
"""How long an answer holds, for however many pages."""

PATIENCE_SECONDS: Final = 0.5
"""How long a page waits for the answer; an engine that takes longer is away."""

ANSWER_SECONDS: Final = 3.0

_KEY: Final = "dondoc.engine_up"


class EngineWatch:
    """Asks Temporal and the worker, one question at a time."""

    def __init__(self, temporal_client: TemporalClient) -> None:
        self._temporal_client = temporal_client
        self._asking: asyncio.Task[None] | None = None
        self._asked_at = float("-inf")
        self._up = False

    async def look(self) -> bool:
        """Whether commands are taken and recorded now; otherwise they are kept."""
        if time.monotonic() - self._asked_at < FRESH_SECONDS:
            return self._up
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        done, _ = await asyncio.wait({self._asking}, timeout=PATIENCE_SECONDS)
        return self._up if done else False

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                client = await self._temporal_client()
                up = await client.service_client.check_health() and await worker_is_there(client)
        except (RuntimeError, RPCError, TimeoutError):  # the SDK says "not reachable" as either of the first two
            up = False
        self._up, self._asked_at = up, time.monotonic()


class EngineNoted:
    """Notes in what a signed-in browser asks for whether the engine is up; nobody else waits for that answer."""

    def __init__(self, app: ASGIApp, watch: EngineWatch) -> None:
        self.app = app
        self.watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and not scope["path"].startswith("/static/") and _has_session(scope):
            scope[_KEY] = await self.watch.look()
        await self.app(scope, receive, send)


def engine_up(scope: Scope) -> bool:
    """What was noted; True where nobody looked."""
    return bool(scope.get(_KEY, True))


def _has_session(scope: Scope) -> bool:
    cookies = (value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie")
    return any(name.endswith("dondoc") for text in cookies for name in cookie_parser(text))
