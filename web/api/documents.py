"""Source documents: the list, one with its directives, a new one with all of them, and what would become of it."""

import asyncio
import datetime as dt
import uuid
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import ConfigDict, Field

from database.engine import reading
from database.figures import Filter
from database.reference import Reference
from models.refusal import Code as RefusalCode
from models.text import fold_key
from services.answers import (
    ComingSaid,
    DirectiveSaid,
    DocumentSaid,
    Said,
    StatusSaid,
    coming_said,
    directive_said,
    status_said,
)
from services.asking import list_directives, status_of
from services.documents_list import DocumentKey, DocumentSeen, OfDocument, documents_after
from services.intake import start_all
from services.intake_answers import ReasonSaid, WarningSaid, reasons_said
from services.office import Office
from services.registering import ROWS, DirectiveWords, DocumentWords, Judged, NotSaved, Saved, judge, save
from web.api.described import PREFIX, problems
from web.api.directives import ClientOrNone, DocumentGiven
from web.api.door import Caller, Reads, Writes
from web.api.parts import (
    Cursor,
    Given,
    IdempotencyKey,
    Limit,
    Line,
    Lines,
    Searched,
    answer,
    bad_part,
    make_cursor,
    no_such,
    once,
    read_cursor,
)
from web.api.problems import ApiProblem, Fault, ProblemCode


class DocumentListed(Said):
    """A document, and how many of its directives the person sees."""

    id: str
    document: DocumentSaid
    directives: int


class DocumentPage(Said):
    """A page of documents, in the order of their numbers."""

    items: tuple[DocumentListed, ...]
    next: str | None


class DocumentWhole(Said):
    """A document with its directives that the person sees."""

    id: str
    document: DocumentSaid
    directives: tuple[DirectiveSaid, ...]


class DirectiveOfDocument(Given):
    """One directive of a document, as people write it."""

    content: Lines
    lead_agency: Line = ""
    coordinating_agencies: Annotated[tuple[Line, ...], Field(max_length=200)] = ()
    deadline: Annotated[Line, Field(description="As people write it: “trước 15/12”, “30 ngày làm việc”.")] = ""
    imposed_deadline: Line = ""
    urgency: Line = ""
    assigning_leader: Line = ""
    supervising_leader: Line = ""
    field: Line = ""

    def words(self) -> DirectiveWords:
        """The same as a form has it."""
        together = "; ".join(self.coordinating_agencies)
        return DirectiveWords(**(self.model_dump() | {"coordinating_agencies": together}))


class DocumentAndDirectives(Given):
    """A document with all directives that are to be registered: all of them are, or none."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "document": {"number": "1234/UBND-KGVX", "date": "2026-11-02", "abstract": "V/v y tế học đường"},
                    "directives": [
                        {"content": "Báo cáo kết quả", "lead_agency": "Sở Y tế", "deadline": "trước ngày 15/12/2026"},
                        {"content": "Kiểm tra trạm y tế", "lead_agency": "Sở Y tế", "deadline": "30 ngày làm việc"},
                    ],
                }
            ]
        }
    )

    document: DocumentGiven
    directives: Annotated[tuple[DirectiveOfDocument, ...], Field(min_length=1, max_length=ROWS)]


class DocumentRegistered(Said):
    """The directives as they stand now; those that were known already stand among them."""

    directives: tuple[StatusSaid, ...]


class DirectiveJudged(Said):
    """What would become of one directive.

    `moments` is its whole ladder if nobody acts; `known_as` the code under which exactly this is registered.
    """

    verdict: str
    known_as: str | None
    reasons: tuple[ReasonSaid, ...]
    deadline: dt.date | None
    warnings: tuple[WarningSaid, ...]
    moments: tuple[ComingSaid, ...]


class DocumentJudged(Said):
    """What would become of each directive, in order."""

    directives: tuple[DirectiveJudged, ...]


def document_routes(office: Office, client: ClientOrNone) -> APIRouter:
    """The routes under `/documents`, and `/document-previews`."""
    router = APIRouter(prefix=PREFIX, tags=["documents"])

    @router.get("/documents", operation_id="listDocuments", responses=problems())
    def listed(caller: Reads, text: Searched = "", after: Cursor = "", limit: Limit = 50) -> DocumentPage:
        """Documents of which the person sees a directive, closed ones too; a search looks at all that they say."""
        only = Filter(scope=caller.holder.sight, text=fold_key(text) or text)
        with reading(office.engine) as connection:
            now = office.now(office.reference(connection))
            begin = _key(after) if after else None
            found, following = documents_after(connection, only, now, begin, limit)
        return DocumentPage(items=tuple(map(_listed, found)), next=None if following is None else _id(following))

    @router.get("/documents/{id}", operation_id="getDocument", responses=problems(404))
    def one(
        caller: Reads,
        id: Annotated[str, Path(max_length=400, description="`id` of the list.")],  # noqa: A002
    ) -> DocumentWhole:
        """One document with its directives."""
        key = _key(id, "path.id")
        with reading(office.engine) as connection:
            reference = office.reference(connection)
            only = OfDocument(scope=caller.holder.sight, key=key)
            found = tuple(list_directives(connection, only, office.now(reference)))
        if not found:
            raise no_such()
        told = tuple(directive_said(standing, reference.directory) for standing in found)
        return DocumentWhole(id=_id(key), document=told[0].document, directives=told)

    @router.post(
        "/documents",
        operation_id="registerDocument",
        status_code=HTTPStatus.CREATED,
        response_model=DocumentRegistered,
        responses=problems(400, 409, 413, 415),
    )
    async def register(caller: Writes, given: DocumentAndDirectives, key: IdempotencyKey = None) -> Response:
        """Register a document with its directives: all of them, or none with the reasons of each."""

        async def work() -> Response:
            saved = await asyncio.to_thread(_save, office, caller, given)
            temporal = await client() if saved.to_start else None
            if temporal is not None:
                await start_all(temporal, saved.to_start, office.reference().clock_shift, lambda: None)
            return await asyncio.to_thread(_registered, office, saved)

        return await once(office, caller, key, ("POST", "/documents", given.model_dump_json()), work)

    @router.post("/document-previews", operation_id="previewDocument", responses=problems(400, 413, 415))
    def preview(caller: Writes, given: DocumentAndDirectives) -> DocumentJudged:
        """Say what would become of a document, with the whole ladder of each directive; nothing is saved."""
        judged = judge(office, caller.holder.actor, *_words(given))
        reference = office.reference()
        return DocumentJudged(directives=tuple(_judged(one, reference, caller) for one in judged))

    return router


def _words(given: DocumentAndDirectives) -> tuple[DocumentWords, tuple[DirectiveWords, ...]]:
    return DocumentWords(**given.document.model_dump()), tuple(one.words() for one in given.directives)


def _save(office: Office, caller: Caller, given: DocumentAndDirectives) -> Saved:
    try:
        return save(office, caller.holder.actor, uuid.uuid4().hex, *_words(given))
    except NotSaved as refused:
        raise _refusal(refused.judged, office.reference(), caller) from None


def _registered(office: Office, saved: Saved) -> Response:
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        found = tuple(status_said(status_of(connection, code, now), reference.directory) for code in saved.codes)
    return answer(DocumentRegistered(directives=found), HTTPStatus.CREATED)


def _refusal(judged: tuple[Judged, ...], reference: Reference, caller: Caller) -> ApiProblem:
    faults = tuple(
        Fault(field=f"directives.{number}.{one.field}", code=one.code, message=one.message)
        for number, of in enumerate(judged)
        for one in reasons_said(of.reasons, reference.directory, caller.language)
    )
    known = any(reason.code is RefusalCode.DUPLICATE for of in judged for reason in of.reasons)
    status = HTTPStatus.CONFLICT if known else HTTPStatus.UNPROCESSABLE_ENTITY
    detail = " ".join(dict.fromkeys(fault.message for fault in faults))
    return ApiProblem(status, ProblemCode.NOT_REGISTERED, detail=detail, errors=faults)


def _judged(one: Judged, reference: Reference, caller: Caller) -> DirectiveJudged:
    verdict = "refused" if one.registration is None else "unchanged" if one.known_as else "accepted"
    return DirectiveJudged(
        verdict=verdict,
        known_as=one.known_as,
        reasons=reasons_said(one.reasons, reference.directory, caller.language),
        deadline=one.deadline.day if one.deadline else None,
        warnings=tuple(WarningSaid(kind=odd.kind, message=odd.explain(caller.language)) for odd in one.warnings),
        moments=tuple(coming_said(moment, reference, caller.language) for moment in one.moments),
    )


def _listed(one: DocumentSeen) -> DocumentListed:
    said = DocumentSaid(**one.document.model_dump())
    return DocumentListed(id=_id(one.key), document=said, directives=one.directives)


def _id(key: DocumentKey) -> str:
    return make_cursor(f"{key.day.isoformat() if key.day else ''}|{key.number}") or ""


def _key(written: str, place: str = "query.after") -> DocumentKey:
    """The document that an id names.

    Raises:
        ApiProblem: it is none of ours.
    """
    day, _, number = read_cursor(written).partition("|")
    try:
        found = DocumentKey(number, dt.date.fromisoformat(day) if day else None)
    except ValueError:
        raise bad_part(place) from None
    if not number:
        raise bad_part(place)
    return found
