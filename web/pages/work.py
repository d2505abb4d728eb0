"""The first page: what waits for this person, by his role, with one act for several where that is enough."""

import asyncio
import uuid
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from database.engine import reading
from documents.act_words import command_label
from documents.sentences import refusal_sentence
from models.refusal import Code, Refused
from models.vocabulary import Role
from services.acting import Desk, Wish
from services.bulk import MOST, act_on_all, own_id
from services.command_words import Words, make_command
from services.my_work import Card, FailedMail, cards_of, failed_mails
from services.office import Office
from web.door import reader_of
from web.pages.directive import DeskOfProcess, acting_as
from web.pages.lines import Line, line_of
from web.rendering import Reader, View, page

ACTS: Final = ("acknowledge", "accept", "urge")
"""What may be done to several at once: acts that need no words, or the same for all."""


@dataclass(frozen=True)
class ShownCard:
    """A card with its directives as lines, each with the last event that its reader saw."""

    card: Card
    principal: str
    lines: tuple[tuple[Line, int], ...]
    act: str


@dataclass(frozen=True)
class WorkView(View):
    """What waits for this person.

    Attributes:
        form: names the forms of this page; one that is sent twice is carried out once.
    """

    cards: tuple[ShownCard, ...]
    failed: tuple[tuple[str, FailedMail], ...]
    form: str


@dataclass(frozen=True)
class Done:
    """What became of an act on one directive."""

    code: str
    outcome: str
    told: str


@dataclass(frozen=True)
class DoneView(View):
    """What became of an act on several."""

    act: str
    done: tuple[Done, ...]


def work_routes(office: Office, desk: DeskOfProcess) -> APIRouter:
    """The page `/` and the acts on several directives."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def my_work(request: Request) -> Response:
        return _work_page(office, reader_of(request, office))

    @router.post("/work/do")
    async def act(request: Request) -> Response:
        reader = await asyncio.to_thread(reader_of, request, office)
        async with request.form(max_files=0, max_fields=MOST + 20) as form:
            return await _act(office, await desk(), reader, form)

    return router


def _work_page(office: Office, reader: Reader) -> Response:
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        actors = acting_as(reader, now)
        cards = cards_of(connection, actors, reader.directory, reader.scope, now)
        in_office = any(Role.SECRETARIAT in actor.roles for actor in actors)
        failed = failed_mails(connection, now) if in_office else ()
    shown = tuple(
        ShownCard(
            card,
            reader.directory.person_name(card.on_behalf_of),
            tuple((line_of(one, reference, now, reader.language), one.seq) for one in card.standings),
            command_label(card.kind.act, reader.language) if card.kind.act else "",
        )
        for card in cards
    )
    names = tuple((reader.directory.person_name(one.person), one) for one in failed)
    return page("work.html", reader.language, reader, WorkView(shown, names, str(uuid.uuid4())))


async def _act(office: Office, desk: Desk, reader: Reader, form: FormData) -> Response:
    def given(name: str) -> str:
        value = form.get(name, "")
        return value if isinstance(value, str) else ""

    kind = given("kind")
    if kind not in ACTS:
        raise Refused(Code.UNKNOWN_COMMAND, value=kind, commands=", ".join(ACTS))
    picked = dict.fromkeys(value for value in form.getlist("pick") if isinstance(value, str))
    reference = await asyncio.to_thread(office.reference)
    command = make_command(kind, Words(text=given("text")), reference, office.now(reference))
    wishes = []
    for value in picked:
        seen, _, code = value.partition(":")
        wish = Wish(
            code=code,
            command=command,
            person=reader.actor.person,
            on_behalf_of=given("on_behalf_of") or None,
            seen_seq=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None,
        )
        wishes.append(own_id(wish, given("form")))
    outcomes = await act_on_all(desk, reader.scope, wishes)
    done = tuple(
        Done(
            one.code,
            one.outcome,
            refusal_sentence(one.refused.code, one.refused.data, reader.language, reader.directory)
            if one.refused
            else "",
        )
        for one in outcomes
    )
    return page("work_done.html", reader.language, reader, DoneView(command_label(kind, reader.language), done))
