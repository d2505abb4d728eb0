"""Changing the directory: people with their posts, agencies, fields, who follows whom; for administrators."""

import asyncio
import datetime as dt
from http import HTTPStatus
from typing import Annotated, TypeVar

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from documents.intake_values import plain_text
from models.directory import Agency, FieldOfWork, Kind, Person, Post
from models.local_time import local_day
from models.refusal import Code as RefusalCode
from models.refusal import Refused
from models.vocabulary import Position
from services.answers import Said
from services.directory_editing import (
    add_agency,
    add_field,
    add_person,
    change_agency,
    change_field,
    change_person,
    field_meant,
    post_meant,
    version_of,
)
from services.office import Office
from services.succession import Plan, carry_out, plan
from web.api.described import PREFIX, problems, version_tag
from web.api.door import Caller, Keeps, Reads, code_of
from web.api.parts import (
    Day,
    Flag,
    Given,
    IdempotencyKey,
    Line,
    Lines,
    Name,
    SeenTag,
    answer,
    no_such,
    once,
    once_in_thread,
    require_seen,
    tag,
)

One = TypeVar("One")
Aliases = Annotated[tuple[Line, ...], Field(max_length=50)]
NEW = {201: {"description": "Entered.", "headers": version_tag()}, **problems(400, 409, 413, 415)}
ONE = {200: {"headers": version_tag()}, **problems(404)}
CHANGED = {200: {"description": "Changed.", "headers": version_tag()}, **problems(400, 404, 412, 413, 415)}


class PostWhole(Said):
    """A post with its days; an absent end is open."""

    position: Position
    agency: str
    fields: tuple[str, ...]
    valid_from: dt.date | None
    valid_until: dt.date | None


class AbsenceSaid(Said):
    """Days on which a person is away, and who stands in."""

    first: dt.date | None
    last: dt.date | None
    deputy: str | None


class PersonWhole(Said):
    """A person with all posts and absences, those of other days too; agencies, fields and people by code."""

    code: str
    name: str
    email: str
    locked: bool
    posts: tuple[PostWhole, ...]
    absences: tuple[AbsenceSaid, ...]


class PostGiven(Given):
    """A post; agency and fields by name, alias or code."""

    position: Position
    agency: Line
    fields: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    valid_from: Day | None = None
    valid_until: Day | None = None


class PersonGiven(Given):
    """A person with all his posts: those that are left out are taken from him."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Lê Thị An",
                    "email": "an.le@quangngai.example",
                    "posts": [{"position": "officer", "agency": "Sở Y tế", "valid_from": "2026-12-01"}],
                }
            ]
        }
    )

    name: Line
    email: Line = ""
    locked: Flag = False
    posts: Annotated[tuple[PostGiven, ...], Field(max_length=50)] = ()


class NewPerson(PersonGiven):
    """A person to be entered."""

    code: Annotated[Line, Field(examples=["an.le"])]


class AgencyGiven(Given):
    """An agency; one that ends has its last day and is never removed."""

    name: Line
    kind: Kind
    field: Annotated[Line | None, Field(description="Of its directives that name none; by name or code.")] = None
    aliases: Aliases = ()
    valid_from: Day | None = None
    valid_until: Day | None = None


class NewAgency(AgencyGiven):
    """An agency to be entered."""

    code: Annotated[Line, Field(examples=["SYT"])]


class FieldGiven(Given):
    """A field of work (lĩnh vực); people by code, address or name."""

    name: Line
    vice_chairman: Line | None = None
    monitoring_officer: Line | None = None
    aliases: Aliases = ()


class NewField(FieldGiven):
    """A field to be entered."""

    code: Annotated[Line, Field(examples=["y-te"])]


class SuccessionGiven(Given):
    """One agency follows another, whole or for some fields; names or codes."""

    old: Line
    new: Line
    fields: Annotated[tuple[Line, ...], Field(max_length=50)] = ()


class SuccessionOrdered(SuccessionGiven):
    """The same, to be carried out as it was shown."""

    reason: Lines
    seen: Annotated[Line, Field(description="`seen` of the preview: exactly what was shown is carried out.")]


class MovingSaid(Said):
    """A directive that would move."""

    code: str
    content: str
    leads: bool


class SuccessionSaid(Said):
    """What would move; agencies and fields by code."""

    old: str
    new: str
    fields: tuple[str, ...]
    directives: tuple[MovingSaid, ...]
    seen: str


class SuccessionTaken(Said):
    """What moves; each command is kept and recorded one after another."""

    old: str
    new: str
    directives: int


def person_routes(office: Office) -> APIRouter:
    """The routes of one person."""
    router = APIRouter(prefix=PREFIX, tags=["directory"])

    @router.post(
        "/people", operation_id="addPerson", status_code=HTTPStatus.CREATED, response_model=PersonWhole, responses=NEW
    )
    async def add(caller: Keeps, given: NewPerson, key: IdempotencyKey = None) -> Response:
        """Enter a person with his posts."""

        def act() -> Response:
            person = _person(given, plain_text(given.code).casefold())
            add_person(office, person, _posts(caller, given, person.code), caller.person)
            return _told_person(office, person.code, HTTPStatus.CREATED)

        return await once_in_thread(office, caller, key, ("POST", "/people", given.model_dump_json()), act)

    @router.get("/people/{code}", operation_id="getPerson", response_model=PersonWhole, responses=ONE)
    def one(caller: Reads, code: Name) -> Response:
        """One person with all posts and absences."""
        del caller
        return _told_person(office, code_of(code))

    @router.put("/people/{code}", operation_id="changePerson", response_model=PersonWhole, responses=CHANGED)
    def change(caller: Keeps, code: Name, given: PersonGiven, if_match: SeenTag) -> Response:
        """Change a person's name, address, lock and posts."""
        directory = office.reference().directory
        before = _known(directory.person(code_of(code)))
        seen = require_seen(if_match, version_of(directory, before))
        change_person(office, _person(given, before.code), _posts(caller, given, before.code), seen, caller.person)
        return _told_person(office, before.code)

    return router


def agency_routes(office: Office) -> APIRouter:
    """The routes of one agency."""
    router = APIRouter(prefix=PREFIX, tags=["directory"])

    @router.post(
        "/agencies", operation_id="addAgency", status_code=HTTPStatus.CREATED, response_model=Agency, responses=NEW
    )
    async def add(caller: Keeps, given: NewAgency, key: IdempotencyKey = None) -> Response:
        """Enter an agency."""

        def act() -> Response:
            agency = _agency(caller, given, given.code)
            add_agency(office, agency, caller.person)
            return _told_agency(office, agency.code, HTTPStatus.CREATED)

        return await once_in_thread(office, caller, key, ("POST", "/agencies", given.model_dump_json()), act)

    @router.get("/agencies/{code}", operation_id="getAgency", response_model=Agency, responses=ONE)
    def one(caller: Reads, code: Name) -> Response:
        """One agency, whether it still exists or not."""
        del caller
        return _told_agency(office, code_of(code))

    @router.put("/agencies/{code}", operation_id="changeAgency", response_model=Agency, responses=CHANGED)
    def change(caller: Keeps, code: Name, given: AgencyGiven, if_match: SeenTag) -> Response:
        """Change an agency's names, kind, field and the days between which it exists."""
        directory = office.reference().directory
        before = _known(directory.agency(code_of(code)))
        seen = require_seen(if_match, version_of(directory, before))
        change_agency(office, _agency(caller, given, before.code), seen, caller.person)
        return _told_agency(office, before.code)

    return router


def field_routes(office: Office) -> APIRouter:
    """The routes of one field."""
    router = APIRouter(prefix=PREFIX, tags=["directory"])

    @router.post(
        "/fields", operation_id="addField", status_code=HTTPStatus.CREATED, response_model=FieldOfWork, responses=NEW
    )
    async def add(caller: Keeps, given: NewField, key: IdempotencyKey = None) -> Response:
        """Enter a field of work."""

        def act() -> Response:
            field = _field(caller, given, given.code)
            add_field(office, field, caller.person)
            return _told_field(office, field.code, HTTPStatus.CREATED)

        return await once_in_thread(office, caller, key, ("POST", "/fields", given.model_dump_json()), act)

    @router.get("/fields/{code}", operation_id="getField", response_model=FieldOfWork, responses=ONE)
    def one(caller: Reads, code: Name) -> Response:
        """One field, with who is in charge and who follows it."""
        del caller
        return _told_field(office, code_of(code))

    @router.put("/fields/{code}", operation_id="changeField", response_model=FieldOfWork, responses=CHANGED)
    def change(caller: Keeps, code: Name, given: FieldGiven, if_match: SeenTag) -> Response:
        """Change a field's names, who is in charge and who follows it."""
        directory = office.reference().directory
        before = _known(directory.field(code_of(code)))
        seen = require_seen(if_match, version_of(directory, before))
        change_field(office, _field(caller, given, before.code), seen, caller.person)
        return _told_field(office, before.code)

    return router


def succession_routes(office: Office) -> APIRouter:
    """The routes under `/successions`."""
    router = APIRouter(prefix=PREFIX, tags=["directory"])

    @router.post("/successions/preview", operation_id="previewSuccession", responses=problems(400, 413, 415))
    def preview(caller: Keeps, given: SuccessionGiven) -> SuccessionSaid:
        """Say which open directives would move; nothing changes."""
        return _succession(_planned(office, caller, given))

    @router.post(
        "/successions",
        operation_id="carryOutSuccession",
        status_code=HTTPStatus.ACCEPTED,
        response_model=SuccessionTaken,
        responses=problems(400, 409, 412, 413, 415),
    )
    async def succeed(caller: Keeps, given: SuccessionOrdered, key: IdempotencyKey = None) -> Response:
        """Let one agency follow another: what was shown moves, its commands are kept and recorded one by one."""

        async def work() -> Response:
            planned = await asyncio.to_thread(_planned, office, caller, given)
            if planned.fingerprint != given.seen:
                raise Refused(RefusalCode.CHANGED_MEANWHILE)
            if not given.reason:
                raise Refused(RefusalCode.REASON_REQUIRED)
            # Without a sender every command is kept at once, and the sweep sends them: nobody waits for the engine.
            await carry_out(office, None, planned, caller.person, given.reason)
            said = SuccessionTaken(old=planned.old, new=planned.new, directives=len(planned.moving))
            return answer(said, HTTPStatus.ACCEPTED)

        return await once(office, caller, key, ("POST", "/successions", given.model_dump_json()), work)

    return router


def _known(found: One | None) -> One:
    if found is None:
        raise no_such()
    return found


def _person(given: PersonGiven, code: str) -> Person:
    return Person(code=code, name=given.name, email=given.email, locked=given.locked)


def _posts(caller: Caller, given: PersonGiven, person: str) -> tuple[Post, ...]:
    directory, today = caller.holder.reference.directory, local_day(caller.holder.now)
    return tuple(
        post_meant(
            directory, person, post.agency, post.position, post.fields, (post.valid_from, post.valid_until), today
        )
        for post in given.posts
    )


def _agency(caller: Caller, given: AgencyGiven, code: str) -> Agency:
    field = field_meant(caller.holder.reference.directory, given.field) if given.field else None
    return Agency(
        code=code,
        name=given.name,
        kind=given.kind,
        field=field,
        aliases=tuple(filter(None, given.aliases)),
        valid_from=given.valid_from,
        valid_until=given.valid_until,
    )


def _field(caller: Caller, given: FieldGiven, code: str) -> FieldOfWork:
    directory = caller.holder.reference.directory

    def person(name: str | None) -> str | None:
        return directory.find_person(name).code if name else None

    return FieldOfWork(
        code=code,
        name=given.name,
        vice_chairman=person(given.vice_chairman),
        monitoring_officer=person(given.monitoring_officer),
        aliases=tuple(filter(None, given.aliases)),
    )


def _told_agency(office: Office, code: str, status: int = HTTPStatus.OK) -> Response:
    directory = office.reference().directory
    agency = _known(directory.agency(code))
    return answer(agency, status, tag(version_of(directory, agency)))


def _told_field(office: Office, code: str, status: int = HTTPStatus.OK) -> Response:
    directory = office.reference().directory
    field = _known(directory.field(code))
    return answer(field, status, tag(version_of(directory, field)))


def _told_person(office: Office, code: str, status: int = HTTPStatus.OK) -> Response:
    directory = office.reference().directory
    person = _known(directory.person(code))
    said = PersonWhole(
        **person.model_dump(),
        posts=tuple(
            PostWhole(**post.model_dump(exclude={"person"})) for post in directory.posts if post.person == code
        ),
        absences=tuple(
            AbsenceSaid(first=one.valid_from, last=one.valid_until, deputy=one.deputy)
            for one in directory.absences
            if one.person == code
        ),
    )
    return answer(said, status, tag(version_of(directory, person)))


def _planned(office: Office, caller: Caller, given: SuccessionGiven) -> Plan:
    return plan(office, given.old, given.new, tuple(filter(None, given.fields)), caller.person)


def _succession(planned: Plan) -> SuccessionSaid:
    return SuccessionSaid(
        old=planned.old,
        new=planned.new,
        fields=planned.fields,
        directives=tuple(MovingSaid(**vars(one)) for one in planned.moving),
        seen=planned.fingerprint,
    )
