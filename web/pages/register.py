"""Registering: one form for a document and its directives, with the preview of what will happen before it is saved."""

import asyncio
import datetime as dt
import uuid
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from temporalio.client import Client

from database.engine import reading
from database.reference import Reference
from documents.language import N_, Language, sentence
from documents.moment_words import moment_sentence
from documents.phrases import deadline_words, due_words
from models.engine import CommandEnvelope
from models.local_time import local_day
from models.moments import Moment
from models.refusal import Refused
from models.vocabulary import Position, Urgency
from services.asking import status_of
from services.intake import start_all
from services.office import Office
from services.registering import ROWS, DirectiveWords, DocumentWords, Judged, NotSaved, judge, require_secretariat, save
from services.registration import Reason
from services.workbook_import import reason_sentence
from web.door import reader_of
from web.pages.lines import Line, line_of
from web.pages.register_form import DOCUMENT_FIELDS, Sent, read_form
from web.rendering import Reader, View, page

CLIENT_PATIENCE: Final = 5.0
"""Seconds that a page waits for workflows to be started; the sweep starts what is left."""

FIRST_ROWS: Final = 1
_OF_DOCUMENT: Final = frozenset({*DOCUMENT_FIELDS, "document"})

MaybeClient = Callable[[], Awaitable[Client | None]]


@dataclass(frozen=True)
class Step:
    """One moment of a ladder, told to people."""

    at: dt.datetime
    told: str
    level: int
    then_every: str


@dataclass(frozen=True)
class Understood:
    """What the engine understood of one row."""

    known_as: str
    lead: str
    coordinating: tuple[str, ...]
    supervising: str
    deadline: str
    due: str
    imposed_due: str
    warnings: tuple[str, ...]
    steps: tuple[Step, ...]
    complete: bool


@dataclass(frozen=True)
class Row:
    """One directive in the form.

    Attributes:
        number: names its fields; `__N__` in the row that a script copies.
        refused: why, by field.
    """

    number: str
    words: DirectiveWords
    refused: dict[str, tuple[str, ...]] = field(default_factory=dict)
    understood: Understood | None = None


@dataclass(frozen=True)
class RegisterView(View):
    """The form as it stands, and all that it offers to choose from."""

    form_id: str
    document: dict[str, str]
    document_refused: dict[str, tuple[str, ...]]
    rows: tuple[Row, ...]
    blank: Row
    told: str
    may_add: bool
    agencies: tuple[tuple[str, str], ...]
    leaders: tuple[tuple[str, str], ...]
    fields: tuple[tuple[str, str], ...]
    urgencies: tuple[Urgency, ...]


@dataclass(frozen=True)
class PreviewView(View):
    """What is told beside one row while somebody writes it."""

    understood: Understood | None
    refused: tuple[str, ...]


@dataclass(frozen=True)
class SavedView(View):
    """What was registered."""

    lines: tuple[Line, ...]
    awaiting: int


def register_routes(office: Office, client: MaybeClient) -> APIRouter:
    """The page `/register`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/register")
    def form(request: Request) -> Response:
        reader = reader_of(request, office)
        require_secretariat(reader.actor)
        sent = Sent("", DocumentWords(), {number: DirectiveWords() for number in range(FIRST_ROWS)})
        return _form_page(office, reader, sent)

    @router.post("/register")
    async def take(request: Request) -> Response:
        reader = await asyncio.to_thread(reader_of, request, office)
        require_secretariat(reader.actor)
        sent = read_form(await _texts_of(request))
        answer, to_start = await asyncio.to_thread(_take, office, reader, sent)
        await start_patiently(office, await client() if to_start else None, to_start)
        return answer

    @router.post("/register/preview")
    async def preview(request: Request) -> Response:
        reader = await asyncio.to_thread(reader_of, request, office)
        require_secretariat(reader.actor)
        return await asyncio.to_thread(_preview, office, reader, read_form(await _texts_of(request)))

    @router.get("/register/saved")
    def saved(request: Request) -> Response:
        reader = reader_of(request, office)
        require_secretariat(reader.actor)
        return _saved_page(office, reader, request.query_params.getlist("code")[:ROWS])

    return router


async def start_patiently(
    office: Office, client: Client | None, envelopes: Iterable[CommandEnvelope], patience: float = CLIENT_PATIENCE
) -> int:
    """Start workflows for so many seconds; what is left the sweep starts. Returns how many are known to be started."""
    if client is None:
        return 0
    shift = (await asyncio.to_thread(office.reference)).clock_shift
    try:
        async with asyncio.timeout(patience):
            return await start_all(client, envelopes, shift, lambda: None)
    except TimeoutError:
        return 0


async def _texts_of(request: Request) -> dict[str, str]:
    form = await request.form(max_files=0)
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _take(office: Office, reader: Reader, sent: Sent) -> tuple[Response, tuple[CommandEnvelope, ...]]:
    """Do what the button says: add a row, preview, save."""
    if sent.act == "add":
        after = max(sent.directives, default=-1) + 1
        more = {after: DirectiveWords()} if len(sent.directives) < ROWS and after < 1_000 else {}
        return _form_page(office, reader, Sent(sent.id, sent.document, sent.directives | more)), ()
    if not sent.written:
        told = sentence(N_("Chưa có nhiệm vụ nào. Ghi ít nhất một nhiệm vụ rồi gửi lại."), reader.language)
        return _form_page(office, reader, sent, told=told, status=422), ()
    if sent.act != "save":
        judged = judge(office, reader.actor, sent.document, tuple(sent.written.values()))
        return _form_page(office, reader, sent, judged), ()
    try:
        done = save(office, reader.actor, sent.id or uuid.uuid4().hex, sent.document, tuple(sent.written.values()))
    except NotSaved as refused:
        told = sentence(N_("Chưa lưu gì. Sửa những chỗ ghi lý do bên dưới rồi lưu lại."), reader.language)
        return _form_page(office, reader, sent, refused.judged, told=told, status=422), ()
    address = "/register/saved?" + urlencode([("code", code) for code in done.codes])
    return RedirectResponse(address, HTTPStatus.SEE_OTHER), done.to_start


def _preview(office: Office, reader: Reader, sent: Sent) -> Response:
    words = sent.written.get(sent.row)
    if words is None:
        return page("register_preview.html", reader.language, reader, PreviewView(None, ()))
    (judged,) = judge(office, reader.actor, sent.document, (words,), unfinished=True)
    reference = office.reference()
    told = tuple(reason_sentence(reason, reference.directory, reader.language) for reason in judged.reasons)
    view = PreviewView(_understood(judged, reference, reader.language), told)
    return page("register_preview.html", reader.language, reader, view)


def _form_page(
    office: Office, reader: Reader, sent: Sent, judged: tuple[Judged, ...] = (), *, told: str = "", status: int = 200
) -> Response:
    reference = office.reference()
    directory, today = reference.directory, local_day(office.now(reference))
    verdicts = dict(zip(sent.written, judged, strict=True)) if judged else {}
    reasons = [reason for one in verdicts.values() for reason in one.reasons if reason.field in _OF_DOCUMENT]
    agencies = [agency for agency in directory.agencies if agency.holds_on(today)]
    positions = (Position.CHAIRMAN, Position.VICE_CHAIRMAN)
    view = RegisterView(
        form_id=sent.id or uuid.uuid4().hex,
        document={name: getattr(sent.document, own) for name, own in DOCUMENT_FIELDS.items()},
        document_refused=_by_field(reasons, reference, reader.language),
        rows=tuple(
            _row(number, words, verdicts.get(number), reference, reader.language)
            for number, words in sent.directives.items()
        ),
        blank=Row("__N__", DirectiveWords()),
        told=told,
        may_add=len(sent.directives) < ROWS,
        agencies=tuple(
            (name, "" if name == agency.name else agency.name)
            for agency in sorted(agencies, key=lambda one: one.name)
            for name in (agency.name, *agency.aliases)
        ),
        leaders=tuple((code, directory.person_name(code)) for code in directory.holders(positions, today)),
        fields=tuple((one.code, one.name) for one in directory.fields),
        urgencies=tuple(Urgency),
    )
    return page("register.html", reader.language, reader, view, status=status)


def _row(number: int, words: DirectiveWords, judged: Judged | None, reference: Reference, language: Language) -> Row:
    if judged is None:
        return Row(str(number), words)
    own = [reason for reason in judged.reasons if reason.field not in _OF_DOCUMENT]
    refused = _by_field(own, reference, language)
    return Row(str(number), words, refused, _understood(judged, reference, language))


def _by_field(reasons: Iterable[Reason], reference: Reference, language: Language) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for reason in reasons:
        told = reason_sentence(reason, reference.directory, language)
        found[reason.field] = tuple(dict.fromkeys((*found.get(reason.field, ()), told)))
    return found


def _understood(judged: Judged, reference: Reference, language: Language) -> Understood:
    directory, registration = reference.directory, judged.registration
    imposed = registration.imposed_deadline if registration else None
    named = registration.coordinating_agencies if registration else ()
    return Understood(
        known_as=judged.known_as or "",
        lead=directory.agency_name(registration.lead_agency) if registration else "",
        coordinating=tuple(directory.agency_name(code) for code in named),
        supervising=directory.person_name(registration.supervising_leader) if registration else "",
        deadline=deadline_words(judged.deadline, language) if judged.deadline or registration else "",
        due=due_words(judged.deadline, language) if judged.deadline else "",
        imposed_due=due_words(imposed, language) if imposed else "",
        warnings=tuple(warning.explain(language) for warning in judged.warnings),
        steps=tuple(_step(moment, language) for moment in judged.moments),
        complete=registration is not None,
    )


def _step(moment: Moment, language: Language) -> Step:
    every = "" if moment.then_every is None else f"{moment.then_every:g}"
    return Step(moment.at, moment_sentence(moment, language), moment.level, every)


def _saved_page(office: Office, reader: Reader, codes: Iterable[str]) -> Response:
    lines = []
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        for code in codes:
            try:
                standing = status_of(connection, code, now)
            except Refused:
                continue
            if reader.scope.covers(standing.directive):
                lines.append(line_of(standing, reference, now, reader.language))
    view = SavedView(tuple(lines), sum(line.awaiting_start for line in lines))
    return page("registered.html", reader.language, reader, view)
