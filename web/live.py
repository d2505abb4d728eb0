"""What happens in the engine appears on open pages: one reader of the ledger a process, one stream a page.

A stream says only which directives changed, how many notices are unread, and whether the engine is up; the page then
asks for its parts again by the ordinary door. So nothing is told here that its reader could not see there.
"""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Final

import structlog
from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, format_sse_event
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from database.engine import reading
from database.snapshots import read_snapshots
from models.directive import Directive
from models.sight import Scope
from models.tables import LEDGER, NOTICE
from services.office import Office
from web.door import NOT_IN, reader_of
from web.engine_watch import EngineWatch

BEAT_SECONDS: Final = 1.0
HEARTBEAT_SECONDS: Final = 15.0
LIFETIME_SECONDS: Final = 600.0
"""A stream ends after this time, and the browser comes back through the door: who lost his access hears no more."""

MOST_STREAMS: Final = 500
MOST_STREAMS_EACH: Final = 12

OVERLAP: Final = 200
"""Rows of the ledger that are looked at again: PostgreSQL shows a lower number after a higher one now and then."""

EVERYTHING: Final = "*"
"""Stands for all directives, where more changed at once than are worth naming."""

MOST_NAMED: Final = 300

log = structlog.get_logger()


@dataclass(eq=False)
class Listener:
    """One open page, and what it was not told yet."""

    person: str
    scope: Scope
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    changed: set[str] = field(default_factory=set)
    unread: int | None = None
    engine: bool | None = None
    _told: dict[str, object] = field(default_factory=dict)

    def take(self) -> list[bytes]:
        """The messages that are due, each said once."""
        self.woken.clear()
        messages = []
        if self.changed:
            messages.append(_message("changed", sorted(self.changed)))
            self.changed = set()
        for name, value in (("inbox", self.unread), ("engine", self.engine)):
            if value is not None and self._told.get(name) != value:
                self._told[name] = value
                messages.append(_message(name, value))
        return messages


@dataclass(frozen=True)
class _Heard:
    """What one look at the database found."""

    newest: int
    rows: frozenset[int]
    changed: dict[str, Directive]
    everything: bool
    unread: dict[str, int]


class Pulse:
    """Looks once a second, while anybody listens, and tells every listener what concerns him."""

    def __init__(self, office: Office, engine: EngineWatch, closing: threading.Event) -> None:
        self._office = office
        self._engine = engine
        self._closing = closing
        self._listeners: set[Listener] = set()
        self._beating: asyncio.Task[None] | None = None
        self._newest: int | None = None
        self._seen: frozenset[int] = frozenset()

    def has_room(self, person: str) -> bool:
        """Whether one more page may listen."""
        own = sum(listener.person == person for listener in self._listeners)
        return len(self._listeners) < MOST_STREAMS and own < MOST_STREAMS_EACH

    async def stream(self, listener: Listener) -> AsyncIterator[bytes]:
        """What a listener hears until he goes, his time is over, or the process ends."""
        ends_at = time.monotonic() + LIFETIME_SECONDS
        self._join(listener)
        try:
            yield b": \n\n"  # the browser knows at once that it is connected
            while time.monotonic() < ends_at and not self._closing.is_set():
                heartbeat = True
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        await listener.woken.wait()
                        heartbeat = False
                for message in listener.take():
                    yield message
                if heartbeat:
                    yield b": \n\n"
        finally:
            self._listeners.discard(listener)

    def _join(self, listener: Listener) -> None:
        self._listeners.add(listener)
        if self._beating is None or self._beating.done():
            self._newest, self._seen = None, frozenset()
            self._beating = asyncio.create_task(self._beat())

    async def _beat(self) -> None:
        while self._listeners and not self._closing.is_set():
            await self._look()
            await asyncio.sleep(BEAT_SECONDS)
        for listener in self._listeners:
            listener.woken.set()

    async def _look(self) -> None:
        up = await self._engine.look()
        people = {listener.person for listener in self._listeners}
        try:
            heard = await asyncio.to_thread(self._read, people)
        except SQLAlchemyError as problem:  # the next look finds what this one missed
            log.warning("live_look_failed", problem=type(problem).__name__)
            heard = None
        for listener in self._listeners:
            listener.engine = up
            if heard is not None:
                listener.unread = heard.unread.get(listener.person, 0)
                listener.changed |= _concerning(listener.scope, heard)
            listener.woken.set()
        if heard is not None:
            self._newest, self._seen = heard.newest, heard.rows

    def _read(self, people: Iterable[str]) -> _Heard:
        with reading(self._office.engine) as connection:
            newest = self._newest
            if newest is None:
                newest = connection.execute(select(func.coalesce(func.max(LEDGER.c.id), 0))).scalar_one()
            since = newest - OVERLAP
            rows = connection.execute(
                select(LEDGER.c.id, LEDGER.c.directive).where(LEDGER.c.id > since).order_by(LEDGER.c.id)
            ).all()
            fresh = {row.directive for row in rows if row.id not in self._seen} if self._newest is not None else set()
            everything = len(fresh) > MOST_NAMED
            snapshots = {} if everything or not fresh else read_snapshots(connection, sorted(fresh))
            unread = select(NOTICE.c.recipient, func.count().label("number"))
            unread = unread.where(NOTICE.c.recipient.in_(sorted(people)), NOTICE.c.read_at.is_(None))
            counts = connection.execute(unread.group_by(NOTICE.c.recipient))
            return _Heard(
                newest=max(newest, *(row.id for row in rows)) if rows else newest,
                rows=frozenset(row.id for row in rows),
                changed=_readable(snapshots),
                everything=everything,
                unread={row.recipient: row.number for row in counts},
            )


def live_routes(office: Office, pulse: Pulse) -> APIRouter:
    """The route `/live`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/live")
    async def live(request: Request) -> Response:
        try:
            reader = await asyncio.to_thread(reader_of, request, office, used=False)
        except NOT_IN:
            return Response(status_code=401)
        if not pulse.has_room(reader.actor.person):
            return Response(status_code=503, headers={"Retry-After": "60"})
        listener = Listener(reader.actor.person, reader.scope)
        return EventSourceResponse(
            pulse.stream(listener), headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )

    return router


def _concerning(scope: Scope, heard: _Heard) -> set[str]:
    if heard.everything:
        return {EVERYTHING}
    return {code for code, directive in heard.changed.items() if scope.covers(directive)}


def _readable(snapshots: dict[str, tuple[int, str]]) -> dict[str, Directive]:
    found = {}
    for code, (_, state) in snapshots.items():
        with contextlib.suppress(ValueError):  # one whose data break the code holds up no other (RULES 18)
            found[code] = Directive.model_validate_json(state)
    return found


def _message(event: str, value: object) -> bytes:
    return format_sse_event(event=event, data_str=json.dumps(value, ensure_ascii=False))
