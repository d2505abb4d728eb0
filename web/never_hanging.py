"""Answers 503 in bounded time where the database gives none: no page hangs with it, and no thread waits in a row.

What has not begun to answer for a while is looked into: while the database answers a plain question it may go on, as
commands do that wait for the engine. From the first request that was given up until the database answers again,
others are turned away at once.
"""

import asyncio
from http import HTTPStatus
from typing import Final

import structlog
from sqlalchemy import Engine
from starlette.datastructures import FormData, Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from database.engine import DATABASE_AWAY, can_answer, open_engine
from web.away import FORM_BYTES, away
from web.probes import NoAnswer, Probe

LOOK_AFTER: Final = 3.0
"""Seconds without an answer after which the database is asked."""

ASKING: Final = 1.5

FORM_SECONDS: Final = 60.0
"""For a small form to come in whole."""

WITHOUT_DATABASE: Final = ("/static/", "/healthz", "/readyz", "/metrics")
"""What bounds its own time or asks no database."""

log = structlog.get_logger()


class NeverHanging:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, engine: Engine) -> None:
        self.app = app
        self._url = engine.url.render_as_string(hide_password=False)
        self._database = Probe(self._ask, ASKING)
        self._away = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"].startswith(WITHOUT_DATABASE):
            await self.app(scope, receive, send)
            return
        heard = _Heard(scope, receive)
        try:
            async with asyncio.timeout(FORM_SECONDS):
                await heard.read_ahead()
        except TimeoutError:
            await Response(status_code=HTTPStatus.REQUEST_TIMEOUT, headers={"Connection": "close"})(
                scope, receive, send
            )
            return
        if self._away and not await self._answers():
            await away(Request(scope), form=await heard.form())(scope, receive, send)
            return
        answer = _Answer(send)
        work = asyncio.ensure_future(self.app(scope, heard, answer))
        try:
            while not (await asyncio.wait({work}, timeout=LOOK_AFTER))[0]:
                if answer.begun or await self._answers():
                    continue
                if answer.give_up():
                    self._away = True
                    work.add_done_callback(_forget)
                    log.warning("request_given_up", path=scope["path"])
                    await away(Request(scope), form=await heard.form())(scope, receive, send)
                    return
        except asyncio.CancelledError:  # this process ends, and a command waits for the engine
            work.cancel()
            if not answer.give_up():
                raise
            await away(Request(scope), form=await heard.form())(scope, receive, send)
            return
        work.result()

    def _ask(self) -> bool:
        """Ask by a connection of our own, made for this question: whoever hangs may hold every other.

        A question that was given up goes on in its thread beside the next one, so they share no pool either.
        """
        engine = open_engine(self._url, ASKING, ASKING)
        try:
            return can_answer(engine)
        finally:
            engine.dispose()

    async def _answers(self) -> bool:
        try:
            self._away = not await self._database.ask()
        except (*DATABASE_AWAY, NoAnswer):
            self._away = True
        return not self._away


class _Heard:
    """What comes in. A small form is read ahead, so that it can be given back to whoever filled it in."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive
        self._read: list[Message] = []
        self._given = 0

    async def read_ahead(self) -> None:
        length = Headers(scope=self._scope).get("content-length", "")
        small = length.isascii() and length.isdigit() and int(length[:16]) <= FORM_BYTES
        if self._scope["method"] != "POST" or self._scope["path"].startswith("/api/") or not small:
            return
        more = True
        while more:
            message = await self._receive()
            self._read.append(message)
            more = bool(message.get("more_body", False))

    async def __call__(self) -> Message:
        if self._given < len(self._read):
            self._given += 1
            return self._read[self._given - 1]
        return await self._receive()

    async def form(self) -> FormData | None:
        """The form; None for what is none, or too large to be given back."""
        if not self._read:
            return None
        parts = iter(self._read)

        async def again() -> Message:
            return next(parts, {"type": "http.disconnect"})

        try:
            return await Request(self._scope, again).form(max_files=100, max_fields=200)
        except (HTTPException, ClientDisconnect):
            return None


class _Answer:
    """Where an answer goes, until nobody waits for it any more: what comes then is thrown away."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False
        self._given_up = False

    async def __call__(self, message: Message) -> None:
        if not self._given_up:
            self.begun = True
            await self._send(message)

    def give_up(self) -> bool:
        """Wait no longer; False when it has begun in this instant."""
        self._given_up = not self.begun
        return self._given_up


def _forget(work: "asyncio.Future[None]") -> None:
    if not work.cancelled() and work.exception() is not None:
        log.info("given_up_request_ended", problem=type(work.exception()).__name__)
