"""One directive: where it stands, what happened, what will happen, what one may do."""

import asyncio
import datetime as dt
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from temporalio.client import Client

from database.commands import waiting_on
from database.deliveries import DeliveryRecord, undelivered
from database.engine import DATABASE_AWAY, reading
from database.reference import Reference
from documents.act_words import command_label
from documents.event_sentences import event_sentence
from documents.language import N_, Language, sentence
from documents.moment_words import moment_sentence, step_words
from documents.phrases import deadline_words, person_words
from documents.sentences import refusal_sentence
from models.attachments import AT_ONCE, SIZE_LIMIT, read_reference
from models.audience import resolve
from models.commands import Actor
from models.directive import Directive
from models.engine import CommandEnvelope
from models.events import MomentReached, Recorded
from models.local_time import local_day
from models.moments import Moment, upcoming
from models.refusal import Code, Refused
from models.vocabulary import Clock, Grade, Opinion, Urgency
from services.acting import Desk, Wish, find_actor
from services.asking import Standing, history_of, status_of
from services.attachments import Attachment, FileStore, files_of, find, keep_for_act, kept_before
from services.command_words import make_command
from services.directive_story import Contribution, Story, story_of
from services.my_work import actors_of
from services.offers import offers
from services.office import Office
from services.sending import Sender
from services.troubles import why_away
from web.away import ACTING, RETRY
from web.door import reader_of, safe_next
from web.headers import DOWNLOAD_HEADERS
from web.life_chart import LifeChart, life_charts
from web.pages.act_forms import ActGroup, act_forms
from web.pages.lines import Line, line_of
from web.pages.posted_act import MOST_FIELDS, MOST_FILES, PostedAct
from web.rendering import Reader, View, page

BODY_LIMIT: Final = AT_ONCE * SIZE_LIMIT + 2 * 1024 * 1024
"""Bytes of a form with its files."""

NAMED: Final = 6
"""People whom a coming moment names; the others are meant by its audience."""

UNDELIVERED_SHOWN: Final = 10

AWAY_PATIENCE: Final = 2.0
"""Seconds that somebody waits for an engine that is away already; his act is kept then."""

NOTICEABLE: Final = dt.timedelta(minutes=1)
"""From so much later than planned on, a moment is shown with both instants."""


@dataclass(frozen=True)
class FileLink:
    """A file beside something that was said; without an id where only its name is known."""

    name: str
    id: str = ""
    kilobytes: int = 0


@dataclass(frozen=True)
class Happened:
    """One event of the history, told to people.

    Attributes:
        planned_at: when the policy wanted a moment, where that differs from when it came.
        rule: under which rule of the policy a moment came.
    """

    at: dt.datetime
    planned_at: dt.datetime | None
    told: str
    is_moment: bool
    level: int
    rule: str
    files: tuple[FileLink, ...]


@dataclass(frozen=True)
class Coming:
    """One moment that will come if nobody acts; `people` hear of it as the posts are held today."""

    at: dt.datetime
    told: str
    level: int
    then_every: str
    rule: str
    people: str


@dataclass(frozen=True)
class Pending:
    """A command that is kept and not recorded yet."""

    at: dt.datetime
    what: str
    who: str


@dataclass(frozen=True)
class Coordinating:
    """A coordinating agency and what it said; without an opinion it is silent."""

    code: str
    name: str
    contribution: Contribution | None
    awaited: bool


@dataclass(frozen=True)
class Choices:
    """What the forms let people choose from."""

    grades: tuple[Grade, ...]
    opinions: tuple[Opinion, ...]
    urgencies: tuple[Urgency, ...]
    agencies: tuple[str, ...]
    coordinating: tuple[tuple[str, str], ...]
    file_count: int = AT_ONCE
    file_size: int = SIZE_LIMIT // (1024 * 1024)


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
    typed: PostedAct
    line: Line
    directive: Directive
    standing: Standing
    supervising: str
    field_name: str
    coordinating: tuple[Coordinating, ...]
    first_deadline: str
    imposed_deadline: str
    extension_deadline: str
    story: Story
    files: dict[str, FileLink]
    history: tuple[Happened, ...]
    coming: tuple[Coming, ...]
    charts: tuple[LifeChart, ...]
    pending: tuple[Pending, ...]
    undelivered: tuple[DeliveryRecord, ...]
    policy_version: int
    now: dt.datetime
    groups: tuple[ActGroup, ...]
    choices: Choices
    command_id: str


def directive_routes(office: Office, desk: "DeskOfProcess", store: FileStore) -> APIRouter:
    """The page of one directive, its files, and the acts on it."""
    router = APIRouter(include_in_schema=False)

    @router.get("/directives/{code:path}/files/{number}")
    def file(request: Request, code: str, number: str) -> Response:
        return _download(office, store, reader_of(request, office), code, number)

    @router.get("/directives/{code:path}")
    def one(request: Request, code: str) -> Response:
        done = request.query_params.get("done", "")
        return _directive_page(office, reader_of(request, office), code, Tried(done=done))

    @router.post("/directives/{code:path}/do", max_body_size=BODY_LIMIT)
    async def act(request: Request, code: str) -> Response:
        reader = await asyncio.to_thread(reader_of, request, office)
        async with request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS) as form:
            return await _act(office, await desk(), store, reader, code, PostedAct.of(form))

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
    typed: PostedAct = field(default_factory=PostedAct)
    away: bool = False

    @property
    def status(self) -> int:
        """Of the answer: 409 when it was refused, 503 when the database could not take it."""
        return 503 if self.away else 409 if self.refused else 200


def acting_as(reader: Reader, now: dt.datetime) -> tuple[Actor, ...]:
    """In whose name a reader may act today: his own, and that of each absent person whose deputy he is."""
    return actors_of(reader.actor, reader.directory, now)


def act_groups(directive: Directive, reader: Reader, now: dt.datetime) -> tuple[ActGroup, ...]:
    """The forms of all that a reader may do with a directive now, in each name in which he may act."""
    groups = (
        ActGroup(
            actor.on_behalf_of or "",
            reader.directory.person_name(actor.on_behalf_of),
            act_forms(offers(directive, actor, now), reader.language, leads=directive.lead_agency in actor.agencies),
        )
        for actor in acting_as(reader, now)
    )
    return tuple(group for group in groups if group.forms)


def choices_for(directive: Directive, reader: Reader, now: dt.datetime) -> Choices:
    """What the forms for a directive let people choose from."""
    directory = reader.directory
    return Choices(
        grades=tuple(Grade),
        opinions=tuple(Opinion),
        urgencies=tuple(Urgency),
        agencies=tuple(sorted(one.name for one in directory.agencies if one.holds_on(local_day(now)))),
        coordinating=tuple((code, directory.agency_name(code)) for code in directive.coordinating_agencies),
    )


def _directive_page(office: Office, reader: Reader, code: str, tried: Tried) -> Response:
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        standing = _seen(connection, reader, code, now)
        rows = history_of(connection, code)
        beside = _Beside(
            files_of(connection, code),
            undelivered(connection, UNDELIVERED_SHOWN, code=code),
            waiting_on(connection, code),
        )
    view = _view(reader, reference, standing, rows, beside, tried, now)
    headers = RETRY if tried.away else None
    return page("directive.html", reader.language, reader, view, status=tried.status, headers=headers)


@dataclass(frozen=True)
class _Beside:
    """What lies beside a directive's ledger."""

    files: dict[str, Attachment]
    undelivered: tuple[DeliveryRecord, ...]
    pending: tuple[tuple[dt.datetime, CommandEnvelope], ...]


def _view(
    reader: Reader,
    reference: Reference,
    standing: Standing,
    rows: tuple[Recorded, ...],
    beside: "_Beside",
    tried: Tried,
    now: dt.datetime,
) -> DirectiveView:
    directive, language, directory = standing.directive, reader.language, reference.directory
    policy = reference.timeline.current
    moments = () if standing.awaiting_start else upcoming(directive, policy, reference.calendar, now)
    told = [event_sentence(row, directory, language) for row in rows]
    coming = [_coming(moment, directive, reader, now) for moment in moments]
    story = story_of(rows)
    field_of_work = directory.field_of(directive.field, directive.lead_agency)
    charts = life_charts(directive, rows, moments, told, [one.told for one in coming], now, language)
    return DirectiveView(
        refused=tried.refused,
        done=tried.done,
        typed=tried.typed,
        line=line_of(standing, reference, now, language),
        directive=directive,
        standing=standing,
        supervising=directory.person_name(directive.supervising_leader),
        field_name=field_of_work.name if field_of_work else "",
        coordinating=_coordinating(directive, story, reader),
        first_deadline=deadline_words(directive.first_deadline, language),
        imposed_deadline=deadline_words(directive.imposed_deadline, language),
        extension_deadline=deadline_words(directive.extension.deadline, language) if directive.extension else "",
        story=story,
        files={reference: FileLink(one.name, one.id, -(-one.size // 1024)) for reference, one in beside.files.items()},
        history=tuple(
            _happened(row, words, beside.files, language)
            for row, words in zip(reversed(rows), reversed(told), strict=True)
        ),
        coming=tuple(coming),
        charts=charts,
        pending=tuple(
            Pending(
                at,
                command_label(one.command.kind, language),
                person_words(one.actor.person, directory, language, one.actor.on_behalf_of),
            )
            for at, one in beside.pending
        ),
        undelivered=beside.undelivered,
        policy_version=policy.version,
        now=now,
        groups=act_groups(directive, reader, now),
        choices=choices_for(directive, reader, now),
        command_id=_command_id(tried),
    )


def _command_id(tried: Tried) -> str:
    """A new one for each form; the same once more where nobody knows what became of the first."""
    before = tried.typed.id.removesuffix(f"-{tried.typed.kind}")
    return before if tried.away and before else str(uuid.uuid4())


def _coordinating(directive: Directive, story: Story, reader: Reader) -> tuple[Coordinating, ...]:
    awaited = directive.awaited.agencies if directive.awaited else ()
    return tuple(
        Coordinating(code, reader.directory.agency_name(code), story.contributions.get(code), code in awaited)
        for code in directive.coordinating_agencies
    )


def _happened(row: Recorded, told: str, kept: dict[str, Attachment], language: Language) -> Happened:
    event = row.event
    is_moment = isinstance(event, MomentReached)
    late = row.planned_at is not None and row.at - row.planned_at >= NOTICEABLE
    return Happened(
        at=row.at,
        planned_at=row.planned_at if late else None,
        told=told,
        is_moment=is_moment,
        level=event.level if isinstance(event, MomentReached) else 0,
        rule=_rule(event.clock, event.step, event.policy_version, language) if isinstance(event, MomentReached) else "",
        files=tuple(file_links(getattr(event, "attachments", ()), kept)),
    )


def file_links(references: Sequence[str], kept: dict[str, Attachment]) -> list[FileLink]:
    """The files that an event names; one that was never kept here has a name and nothing to open."""
    links = []
    for reference in references:
        one = kept.get(reference)
        link = FileLink(one.name, one.id, -(-one.size // 1024)) if one else FileLink(read_reference(reference)[1])
        links.append(link)
    return links


def _coming(moment: Moment, directive: Directive, reader: Reader, now: dt.datetime) -> Coming:
    language, directory = reader.language, reader.directory
    heard = resolve(moment.audience, directive, directory, local_day(now)).recipients
    names = [person_words(one.person, directory, language, one.on_behalf_of) for one in heard]
    return Coming(
        moment.at,
        moment_sentence(moment, language),
        moment.level,
        "" if moment.then_every is None else f"{moment.then_every:g}",
        _rule(moment.clock, moment.step, moment.policy_version, language),
        "; ".join((*names[:NAMED], *(["…"] if len(names) > NAMED else []))),
    )


def _rule(clock: Clock, step: str, version: int, language: Language) -> str:
    """Name the rule of the policy by which a moment comes."""
    return sentence(
        N_("Thang đôn đốc phiên bản {version}, đồng hồ “{clock}”, mốc “{step}”"),
        language,
        version=version,
        clock=clock,
        step=step_words(clock, step, language),
    )


def _download(office: Office, store: FileStore, reader: Reader, code: str, number: str) -> Response:
    with reading(office.engine) as connection:
        _seen(connection, reader, code, office.now(office.reference(connection)))
        one, path = find(connection, store, code, number)
    return FileResponse(path, media_type=one.media_type, filename=one.name, headers=DOWNLOAD_HEADERS)


# --- Acting ---------------------------------------------------------------------------------------------------


async def _act(office: Office, desk: Desk, store: FileStore, reader: Reader, code: str, posted: PostedAct) -> Response:
    try:
        posted = await asyncio.to_thread(_with_files, office, store, reader, code, posted)
        wish = await asyncio.to_thread(_wish, office, reader, code, posted)
        sent = await desk.act(wish, None if reader.engine_up else AWAY_PATIENCE)
    except Refused as refused:
        if refused.code is Code.NOT_FOUND:
            raise
        told = refusal_sentence(refused.code, refused.data, reader.language, reader.directory)
        tried = Tried(refused=told, typed=posted)
        return await asyncio.to_thread(_directive_page, office, reader, code, tried)
    except DATABASE_AWAY as problem:  # if it can be read all the same, the form stands there with what was typed
        told = why_away(problem, reader.language) or sentence(ACTING, reader.language)
        tried = Tried(refused=told, typed=posted.naming(posted.references), away=True)
        return await asyncio.to_thread(_directive_page, office, reader, code, tried)
    wanted = safe_next(posted.back) if posted.back else f"/directives/{quote(code)}?done={sent.outcome}"
    return RedirectResponse(wanted, HTTPStatus.SEE_OTHER)


def _with_files(office: Office, store: FileStore, reader: Reader, code: str, posted: PostedAct) -> PostedAct:
    """Keep the files that came, if this person may do it at all.

    Raises:
        Refused: not_found, or a file is not taken.
    """
    person = reader.actor.person
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        standing = _seen(connection, reader, code, now)
        before = kept_before(connection, code, person, posted.references)
    if posted.uploads:
        actor = find_actor(reference, person, posted.on_behalf_of or None, now)
        before += keep_for_act(office, store, standing.directive, actor, posted.kind, posted.uploads)
    return posted.naming(tuple(dict.fromkeys(before)))


def _wish(office: Office, reader: Reader, code: str, posted: PostedAct) -> Wish:
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
    return Wish(
        code=code,
        command=make_command(posted.kind, posted.as_words(), reference, now),
        person=reader.actor.person,
        on_behalf_of=posted.on_behalf_of or None,
        id=posted.id or None,
        seen_seq=posted.seen,
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
