"""One directive: where it stands, what happened, what will happen, what one may do."""

import asyncio
import datetime as dt
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from temporalio.client import Client

from database.engine import reading
from documents.event_sentences import event_sentence
from documents.moment_words import moment_sentence
from documents.phrases import deadline_words
from documents.sentences import refusal_sentence
from models.directive import Directive
from models.local_time import local_day
from models.moments import upcoming
from models.refusal import Code, Refused
from models.vocabulary import Grade, Opinion
from services.acting import Desk, Wish
from services.asking import Standing, history_of, status_of
from services.command_words import Words, make_command
from services.offers import offers
from services.office import Office
from services.sending import Sender
from web.door import reader_of
from web.pages.act_forms import ActForm, act_forms
from web.pages.lines import Line, line_of
from web.rendering import Reader, View, page

REACHED: Final = "moment_reached"


@dataclass(frozen=True)
class Happened:
    """One event of the history, told to people."""

    at: dt.datetime
    planned_at: dt.datetime | None
    told: str
    is_moment: bool


@dataclass(frozen=True)
class Coming:
    """One moment that will come if nobody acts."""

    at: dt.datetime
    told: str
    level: int
    then_every: str


@dataclass(frozen=True)
class DirectiveView(View):
    """One directive as a person sees it.

    Attributes:
        refused: why the act that was tried was refused.
        done: `recorded` or `kept` after an act.
        typed: what was typed into the form that was refused; nothing is lost.
        command_id: names the wish, so that a form that is sent twice is carried out once.
    """

    refused: str
    done: str
    typed: dict[str, str]
    line: Line
    directive: Directive
    standing: Standing
    coordinating: tuple[tuple[str, Opinion | None], ...]
    first_deadline: str
    history: tuple[Happened, ...]
    coming: tuple[Coming, ...]
    policy_version: int
    now: dt.datetime
    forms: tuple[ActForm, ...]
    command_id: str
    grades: tuple[Grade, ...]
    opinions: tuple[Opinion, ...]
    agencies: tuple[str, ...]


def directive_routes(office: Office, desk: "DeskOfProcess") -> APIRouter:
    """The page of one directive, and the acts on it."""
    router = APIRouter(include_in_schema=False)

    @router.get("/directives/{code:path}")
    def one(request: Request, code: str) -> Response:
        done = request.query_params.get("done", "")
        return _directive_page(office, reader_of(request, office), code, Tried(done=done))

    @router.post("/directives/{code:path}/do")
    async def act(request: Request, code: str) -> Response:
        reader = await asyncio.to_thread(reader_of, request, office)
        form = await request.form()
        typed = {name: value for name, value in form.items() if isinstance(value, str)}
        return await _act(office, await desk(), reader, code, typed)

    return router


class DeskOfProcess:
    """The one desk of this process, whose sender is there once Temporal is reached."""

    def __init__(self, office: Office, client: Callable[[], Awaitable[Client | None]]) -> None:
        self._office = office
        self._client = client
        self._desk: Desk | None = None

    async def __call__(self) -> Desk:
        """The desk; without a sender while Temporal is away, and commands are then kept."""
        if self._desk is None or self._desk.sender is None:
            client = await self._client()
            self._desk = Desk(self._office, Sender(client, self._office) if client is not None else None)
        return self._desk


@dataclass(frozen=True)
class Tried:
    """What became of an act on this page."""

    refused: str = ""
    done: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """Of the answer: 409 when it was refused."""
        return 409 if self.refused else 200


def _directive_page(office: Office, reader: Reader, code: str, tried: Tried) -> Response:
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        standing = _seen(connection, reader, code, now)
        history = history_of(connection, code)
    directive, language, directory = standing.directive, reader.language, reference.directory
    policy = reference.timeline.current
    moments = () if standing.awaiting_start else upcoming(directive, policy, reference.calendar, now)
    view = DirectiveView(
        refused=tried.refused,
        done=tried.done,
        typed={"kind": "", **tried.typed},
        line=line_of(standing, reference, now, language),
        directive=directive,
        standing=standing,
        coordinating=tuple(
            (directory.agency_name(agency), directive.contributions.get(agency))
            for agency in directive.coordinating_agencies
        ),
        first_deadline=deadline_words(directive.first_deadline, language),
        history=tuple(
            Happened(row.at, row.planned_at, event_sentence(row, directory, language), row.event.kind == REACHED)
            for row in reversed(history)
        ),
        coming=tuple(
            Coming(
                moment.at,
                moment_sentence(moment, language),
                moment.level,
                "" if moment.then_every is None else f"{moment.then_every:g}",
            )
            for moment in moments
        ),
        policy_version=policy.version,
        now=now,
        forms=act_forms(offers(directive, reader.actor, now), language),
        command_id=str(uuid.uuid4()),
        grades=tuple(Grade),
        opinions=tuple(Opinion),
        agencies=tuple(sorted(one.name for one in directory.agencies if one.holds_on(local_day(now)))),
    )
    return page("directive.html", language, reader, view, status=tried.status)


async def _act(office: Office, desk: Desk, reader: Reader, code: str, typed: Mapping[str, str]) -> Response:
    try:
        sent = await desk.act(await asyncio.to_thread(_wish, office, reader, code, typed))
    except Refused as refused:
        if refused.code is Code.NOT_FOUND:
            raise
        told = refusal_sentence(refused.code, refused.data, reader.language, reader.directory)
        return await asyncio.to_thread(_directive_page, office, reader, code, Tried(refused=told, typed=typed))
    return RedirectResponse(f"/directives/{quote(code)}?done={sent.outcome}", HTTPStatus.SEE_OTHER)


def _wish(office: Office, reader: Reader, code: str, typed: Mapping[str, str]) -> Wish:
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        _seen(connection, reader, code, now)
    seen = typed.get("seen", "")
    return Wish(
        code=code,
        command=make_command(typed.get("kind", ""), _words(typed), reference, now),
        person=reader.actor.person,
        id=typed.get("id") or None,
        seen_seq=int(seen) if seen.isdigit() else None,
    )


def _seen(connection: Connection, reader: Reader, code: str, now: dt.datetime) -> Standing:
    """The directive, if the reader sees it; what he may not see is as if it did not exist.

    Raises:
        Refused: not_found.
    """
    standing = status_of(connection, code, now)
    if not reader.scope.covers(standing.directive):
        raise Refused(Code.NOT_FOUND, directive=code)
    return standing


def _words(given: Mapping[str, str]) -> Words:
    percent = given.get("percent", "").strip()
    return Words(
        reason=given.get("reason", ""),
        text=given.get("text", ""),
        deadline=given.get("deadline", ""),
        no_deadline=given.get("no_deadline") == "1",
        agency=given.get("agency", ""),
        percent=int(percent) if percent.isdigit() else None,
        document=given.get("document", ""),
        grant={"1": True, "0": False}.get(given.get("grant", "")),
        citation=given.get("citation", ""),
        grade=given.get("grade", ""),
        opinion=given.get("opinion", ""),
        content=given.get("content", ""),
    )
