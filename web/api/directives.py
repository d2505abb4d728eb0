"""Directives: the list, one of them, its history, what comes next, and registering one."""

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field
from sqlalchemy import Connection
from temporalio.client import Client

from activities.commit import Door
from database.deliveries import undelivered
from database.engine import reading
from database.figures import Filter
from database.reference import Reference
from models.refusal import Code as RefusalCode
from models.refusal import Refused
from models.vocabulary import Status, Timeliness, Urgency
from services.answers import (
    ComingSaid,
    DirectiveSaid,
    EventSaid,
    Said,
    StatusSaid,
    coming_said,
    directive_said,
    status_said,
)
from services.asking import Standing, directives_after, next_of, status_of
from services.filters import make_filter
from services.following import history_page
from services.intake import Intake, Taken, Verdict, require_may_enter, start_all
from services.intake_answers import reasons_said
from services.office import Office
from services.registration import Reason, read_registration
from services.registration_words import raw_directive
from web.api.described import PREFIX, etag, problems
from web.api.door import Caller, Reads, Writes, code_of
from web.api.parts import (
    AnyDay,
    Code,
    Cursor,
    Given,
    IdempotencyKey,
    Limit,
    Line,
    Lines,
    Searched,
    TrueOrFalse,
    answer,
    make_cursor,
    number_after,
    once,
    read_cursor,
)
from web.api.problems import ApiProblem, Fault, ProblemCode

ClientOrNone = Callable[[], Awaitable[Client | None]]
"""Gives Temporal's client; None while it cannot be reached."""


DayAsked = Annotated[AnyDay | None, Query(description="Included; nothing is left out without it.")]


@dataclass(frozen=True)
class FilterGiven:
    """What a list is narrowed by, as it stands in the address."""

    given: dict[str, str]
    open_only: bool

    def filter(self, caller: Caller, reference: Reference, now: dt.datetime) -> Filter:
        """What it leaves of all that the caller sees.

        Raises:
            Refused: it names an agency, field or leader that nobody knows.
        """
        only = make_filter(self.given, reference, now, open_only=self.open_only)
        return dataclasses.replace(only, scope=caller.holder.sight)


def read_filter(
    timeliness: Timeliness | None = None,
    status: Status | None = None,
    agency: Searched = "",
    field: Searched = "",
    leader: Searched = "",
    text: Searched = "",
    coordinating: Searched = "",
    document: Searched = "",
    urgency: Urgency | None = None,
    level: Annotated[int, Query(ge=0, le=4, description="The least level of escalation.")] = 0,
    due_from: DayAsked = None,
    due_until: DayAsked = None,
    registered_from: DayAsked = None,
    registered_until: DayAsked = None,
    everything: Annotated[TrueOrFalse, Query(alias="all", description="Closed ones too.")] = "false",
) -> FilterGiven:
    """Read it out of the address."""
    given = {"agency": agency, "field": field, "leader": leader, "text": text, "coordinating": coordinating}
    given |= {"timeliness": timeliness or "", "status": status or "", "document": document}
    given |= {"urgency": urgency or "", "level": str(level)}
    days = {"due_from": due_from, "due_until": due_until}
    days |= {"registered_from": registered_from, "registered_until": registered_until}
    given |= {name: day.isoformat() for name, day in days.items() if day is not None}
    return FilterGiven(given, everything == "false")


Filters = Annotated[FilterGiven, Depends(read_filter)]


class DirectivePage(Said):
    """A page of the list, in the order of codes."""

    items: tuple[DirectiveSaid, ...]
    next: str | None


class HistoryPage(Said):
    """A page of a directive's history, in the order of recording."""

    items: tuple[EventSaid, ...]
    next: str | None


class Coming(Said):
    """Every coming moment, if nobody acts."""

    items: tuple[ComingSaid, ...]


class DocumentGiven(Given):
    """The document in which a leader gave the directive."""

    number: Line = ""
    date: Annotated[Line, Field(description="dd/mm/yyyy or ISO.", examples=["2026-11-02"])] = ""
    type: Line = ""
    abstract: Lines = ""
    signer: Line = ""


class DeadlineGiven(Given):
    """A deadline as a day, perhaps with its hour."""

    day: Line
    time: Annotated[str | None, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = None


class DirectiveGiven(Given):
    """A directive to be registered, by the names that its answer has."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "content": "Báo cáo kết quả khám sức khỏe học sinh",
                    "document": {"number": "1234/UBND-KGVX", "date": "2026-11-02"},
                    "lead_agency": "Sở Y tế",
                    "deadline": "trước ngày 15/12/2026",
                }
            ]
        }
    )

    code: Line = ""
    content: Lines
    document: DocumentGiven = DocumentGiven()
    lead_agency: Line | None = None
    coordinating_agencies: Annotated[tuple[Line, ...], Field(max_length=200)] = ()
    deadline: Line | DeadlineGiven | None = None
    imposed_deadline: Line | DeadlineGiven | None = None
    urgency: Line = ""
    assigning_leader: Line = ""
    supervising_leader: Line | None = None
    field: Line | None = None
    secrecy: Line = ""


def directive_routes(office: Office, client: ClientOrNone) -> APIRouter:
    """The routes under `/directives`."""
    router = APIRouter(prefix=PREFIX, tags=["directives"])

    @router.get("/directives", operation_id="listDirectives", responses=problems())
    def listed(caller: Reads, asked: Filters, after: Cursor = "", limit: Limit = 50) -> DirectivePage:
        """The directives that the person sees and the filters leave. Agencies, fields and leaders by name or code."""
        begin = read_cursor(after)
        with reading(office.engine) as connection:
            reference = office.reference(connection)
            now = office.now(reference)
            found, following = directives_after(connection, asked.filter(caller, reference, now), now, begin, limit)
        items = tuple(directive_said(one, reference.directory) for one in found)
        return DirectivePage(items=items, next=make_cursor(following))

    @router.post(
        "/directives",
        operation_id="registerDirective",
        status_code=HTTPStatus.CREATED,
        response_model=StatusSaid,
        responses={
            200: {"model": StatusSaid, "description": "It was known already, exactly so.", "headers": etag()},
            201: {"description": "Registered.", "headers": etag()},
            **problems(400, 409, 413, 415),
        },
    )
    async def register(caller: Writes, given: DirectiveGiven, key: IdempotencyKey = None) -> Response:
        """Register a directive. Until its workflow has started it shows `awaiting_start`."""

        async def work() -> Response:
            taken = await asyncio.to_thread(_take, office, caller, given)
            temporal = await client() if taken.envelope is not None else None
            if temporal is not None and taken.envelope is not None:
                await start_all(temporal, [taken.envelope], office.reference().clock_shift, lambda: None)
            return await asyncio.to_thread(_registered, office, caller, taken)

        return await once(office, caller, key, ("POST", "/directives", given.model_dump_json()), work)

    @router.get("/directives/{code}/history", operation_id="directiveHistory", responses=problems(404))
    def history(caller: Reads, code: Code, after: Cursor = "", limit: Limit = 100) -> HistoryPage:
        """What happened, from the first event on; empty while it awaits its start."""
        begin = number_after(after)
        with reading(office.engine) as connection:
            seen(connection, caller, code_of(code), office)
            events, following = history_page(connection, code_of(code), begin, limit)
        return HistoryPage(items=tuple(events), next=make_cursor(None if following is None else str(following)))

    @router.get("/directives/{code}/next", operation_id="directiveNext", responses=problems(404))
    def coming(caller: Reads, code: Code) -> Coming:
        """Every coming moment if nobody acts; a step that repeats for ever is listed a few times."""
        with reading(office.engine) as connection:
            _, reference = seen(connection, caller, code_of(code), office)
            _, moments = next_of(connection, code_of(code), reference, office.now(reference))
        return Coming(items=tuple(coming_said(one, reference, caller.language) for one in moments))

    @router.get(
        "/directives/{code}",
        operation_id="getDirective",
        response_model=StatusSaid,
        responses={200: {"headers": etag()}, **problems(404)},
    )
    def one(caller: Reads, code: Code) -> Response:
        """Where one directive stands."""
        with reading(office.engine) as connection:
            standing, reference = seen(connection, caller, code_of(code), office)
            lost = undelivered(connection, code=code_of(code))
        return answer(status_said(standing, reference.directory, lost), headers=tagged(standing))

    return router


def seen(connection: Connection, caller: Caller, code: str, office: Office) -> tuple[Standing, Reference]:
    """The directive, if the caller sees it; what he may not see is as if it did not exist.

    Raises:
        Refused: not_found.
    """
    reference = office.reference(connection)
    if "\x00" in code:  # which PostgreSQL does not take
        raise Refused(RefusalCode.NOT_FOUND, directive=code.replace("\x00", ""))
    standing = status_of(connection, code, office.now(reference))
    if not caller.holder.sight.covers(standing.directive):
        raise Refused(RefusalCode.NOT_FOUND, directive=code)
    return standing, reference


def tagged(standing: Standing) -> dict[str, str]:
    """The ETag of a directive as it stands."""
    return {"ETag": f'"{standing.directive.seq}"'}


def address_of(code: str) -> str:
    """Where a directive is."""
    return f"/api/v1/directives/{quote(code, safe='')}"


def _take(office: Office, caller: Caller, given: DirectiveGiven) -> Taken:
    reference = office.reference()
    now = office.now(reference)
    actor = caller.holder.actor
    require_may_enter(actor, now)
    raw = raw_directive(given.model_dump(exclude_none=True))
    intake = Intake(office=office, door=Door(office.engine, office.references), actor=actor)
    return next(intake.take([read_registration(raw, reference, now, needs_lead=False)]))


def _registered(office: Office, caller: Caller, taken: Taken) -> Response:
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        if taken.verdict is Verdict.REFUSED:
            raise _refusal(taken.reasons, reference, caller)
        standing = status_of(connection, taken.code or "", office.now(reference))
    status = HTTPStatus.CREATED if taken.verdict is Verdict.ACCEPTED else HTTPStatus.OK
    headers = tagged(standing) | {"Location": address_of(standing.directive.code)}
    return answer(status_said(standing, reference.directory), status, headers)


def _refusal(reasons: list[Reason], reference: Reference, caller: Caller) -> ApiProblem:
    faults = tuple(
        Fault(field=one.field, code=one.code, message=one.message)
        for one in reasons_said(reasons, reference.directory, caller.language)
    )
    known = any(one.code is RefusalCode.DUPLICATE for one in reasons)
    status = HTTPStatus.CONFLICT if known else HTTPStatus.UNPROCESSABLE_ENTITY
    return ApiProblem(
        status, ProblemCode.NOT_REGISTERED, detail=" ".join(fault.message for fault in faults), errors=faults
    )
