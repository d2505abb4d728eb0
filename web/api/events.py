"""Following what happens: a feed to be polled, and the same as a stream of server-sent events."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Response
from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import StreamingResponse

from database.engine import DATABASE_AWAY, reading
from models.tables import GREATEST_NUMBER, LEDGER
from models.tokens import TokenScope
from services import tokens
from services.answers import Said
from services.following import FeedEvent, events_after, events_before
from services.office import Office
from services.tokens import Holder
from web.api.described import PREFIX, problems
from web.api.door import Caller, Follows
from web.api.parts import Limit, Searched, answer
from web.api.problems import ApiProblem, ProblemCode

STREAM: Final = "text/event-stream"
LOOK_SECONDS: Final = 1.0
"""How often a stream asks for what is new."""

HEARTBEAT_SECONDS: Final = 15.0
STREAMS_AT_ONCE: Final = 100
"""In this process; `STREAMS_OF_A_TOKEN` of one token."""

STREAMS_OF_A_TOKEN: Final = 5
EVENTS_AT_ONCE: Final = 200

EventNumber = Annotated[int, Query(ge=0, le=GREATEST_NUMBER, description="The number from which to go on.")]


class EventPage(Said):
    """Events in the order of recording; ask again with `after` = `next`, also when there were none."""

    items: tuple[FeedEvent, ...]
    next: int


class EventsFound(Said):
    """Events, the newest first; ask again with `before` = `next` for older ones."""

    items: tuple[FeedEvent, ...]
    next: int | None


class Streams:
    """The open streams of this process; they end when it is asked to stop."""

    def __init__(self, closing: threading.Event) -> None:
        self.closing = closing
        self._open: dict[int, int] = {}

    def enter(self, token: int) -> None:
        """Open one more.

        Raises:
            ApiProblem: there are too many.
        """
        mine = self._open.get(token, 0)
        if mine >= STREAMS_OF_A_TOKEN or sum(self._open.values()) >= STREAMS_AT_ONCE:
            raise ApiProblem(HTTPStatus.TOO_MANY_REQUESTS, ProblemCode.TOO_MANY_STREAMS, headers={"Retry-After": "30"})
        self._open[token] = mine + 1

    def leave(self, token: int) -> None:
        """One ended."""
        self._open[token] -= 1
        if self._open[token] == 0:
            del self._open[token]


def event_routes(office: Office, closing: threading.Event) -> APIRouter:
    """The route `/events`."""
    router = APIRouter(prefix=PREFIX, tags=["events"])
    streams = Streams(closing)
    described: dict[int | str, dict[str, Any]] = {
        200: {"content": {STREAM: {"schema": {"type": "string", "description": "`id`, `event` (the kind), `data`"}}}}
    }

    @router.get("/events", operation_id="followEvents", response_model=EventPage, responses=described | problems())
    async def follow(
        request: Request,
        caller: Follows,
        after: EventNumber = 0,
        limit: Limit = 100,
        last: Annotated[
            int | None, Header(alias="Last-Event-ID", ge=0, le=GREATEST_NUMBER, description="For streams, as `after`.")
        ] = None,
    ) -> Response:
        """Events of what the person sees today. With `Accept: text/event-stream` the answer is a stream.

        A stream begins after `Last-Event-ID`, else after `after` where it is given, else with what comes from now on.
        """
        if STREAM not in request.headers.get("accept", ""):
            return answer(await asyncio.to_thread(_page, office, caller.holder, after, limit))
        begin = last if last is not None else after
        if last is None and "after" not in request.query_params:
            begin = await asyncio.to_thread(_newest, office)
        streams.enter(caller.holder.token.id)
        secret = request.headers["authorization"].partition(" ")[2].strip()
        return StreamingResponse(_stream(office, streams, caller, secret, begin), media_type=STREAM)

    @router.get("/ledger", operation_id="searchLedger", responses=problems())
    def search(
        caller: Follows,
        person: Searched = "",
        directive: Searched = "",
        before: Annotated[int, Query(ge=1, le=GREATEST_NUMBER, description="Only events with a lesser number.")] = (
            GREATEST_NUMBER
        ),
        limit: Limit = 100,
    ) -> EventsFound:
        """What was recorded of the directives that the person sees today, the newest first.

        `person` is who acted, or on whose behalf, by code, address or name; `directive` is a code.
        """
        with reading(office.engine) as connection:
            directory = office.reference(connection).directory
            code = directory.find_person(person).code if person else ""
            items, following = events_before(
                connection, caller.holder.sight, before, limit, person=code, directive=directive
            )
        return EventsFound(items=tuple(items), next=following)

    return router


def _page(office: Office, holder: Holder, after: int, limit: int) -> EventPage:
    with reading(office.engine) as connection:
        now = office.now(office.reference(connection))
        found, following = events_after(connection, holder.sight, after, limit, now)
    return EventPage(items=tuple(found), next=following)


def _newest(office: Office) -> int:
    with reading(office.engine) as connection:
        newest: int = connection.execute(select(func.coalesce(func.max(LEDGER.c.id), 0))).scalar_one()
    return newest


async def _stream(office: Office, streams: Streams, caller: Caller, secret: str, begin: int) -> AsyncIterator[str]:
    """Tell what is new until the caller goes, his token ends, or this process is to stop."""
    try:
        yield "retry: 5000\n\n"
        said_at = time.monotonic()
        while not streams.closing.is_set():
            try:
                # Asked for anew each time: a token that is revoked in use is over at once.
                holder = await asyncio.to_thread(tokens.find, office, secret)
                if holder is None or TokenScope.EVENTS not in holder.token.scopes:
                    return
                page = await asyncio.to_thread(_page, office, holder, begin, EVENTS_AT_ONCE)
            except DATABASE_AWAY:
                page = EventPage(items=(), next=begin)
            for event in page.items:
                yield f"id: {event.id}\nevent: {event.kind}\ndata: {event.model_dump_json()}\n\n"
                said_at = time.monotonic()
            begin = page.next
            if time.monotonic() - said_at >= HEARTBEAT_SECONDS:
                yield ": \n\n"
                said_at = time.monotonic()
            if len(page.items) < EVENTS_AT_ONCE:
                await asyncio.sleep(LOOK_SECONDS)
    finally:
        streams.leave(caller.holder.token.id)
