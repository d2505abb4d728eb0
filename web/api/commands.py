"""Acting on a directive: a command is recorded, or kept until the engine can record it."""

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable, Collection
from enum import StrEnum
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Header, Path, Response
from pydantic import ConfigDict, Field
from sqlalchemy import Connection

from database import commands
from database.engine import reading
from database.snapshots import read_directive
from models.refusal import Code as RefusalCode
from models.refusal import Refused
from models.vocabulary import Grade, Opinion
from services.acting import Desk, Wish, kept_command
from services.answers import CommandSaid, command_said
from services.asking import is_seen, status_of
from services.attachments import kept_before
from services.command_words import KINDS, Words, make_command
from services.office import Office
from web.api.described import PREFIX, etag, problems
from web.api.door import Caller, Reads, Writes, code_of
from web.api.parts import Code, Flag, Given, IdempotencyKey, Line, Lines, Percent, answer, bad_part
from web.api.problems import RETRY_SECONDS, ApiProblem, ProblemCode

DeskMaker = Callable[[], Awaitable[Desk]]

NAMES_OF_KEYS: Final = uuid.UUID("8f2c6c1e-5a0d-4b5e-9a55-2f6d7a1f9c3b")
"""The id of a command follows from its token and Idempotency-Key, so the same key is the same wish everywhere."""

Kind = StrEnum("Kind", [(kind.upper(), kind) for kind in KINDS])  # type: ignore[misc]  # made of the one list there is

_TAG: Final = re.compile(r'(?:W/)?"([0-9]{1,15})"')


class CommandGiven(Given):
    """A command and its words; what a kind does not know is left aside. `dondoc do --help` lists them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"kind": "report_progress", "percent": 50, "text": "Đã khảo sát xong"},
                {"kind": "submit", "text": "Đã có báo cáo", "document": "56/BC-SYT"},
            ]
        }
    )

    kind: Kind
    on_behalf_of: Annotated[Line | None, Field(description="The absent person whose deputy the person is.")] = None
    reason: Lines = ""
    text: Lines = ""
    deadline: Annotated[Line, Field(description="As people write it: “trước 15/12”, “30 ngày làm việc”.")] = ""
    no_deadline: Flag = False
    agency: Line = ""
    old_agency: Line = ""
    coordinating: Annotated[tuple[Line, ...], Field(max_length=200)] = ()
    percent: Percent | None = None
    document: Line = ""
    attachments: Annotated[
        tuple[Line, ...],
        Field(max_length=50, description="The `reference` of each file that was handed in; or a name alone."),
    ] = ()
    grant: Flag | None = None
    citation: Line = ""
    grade: Grade | None = None
    opinion: Opinion | None = None
    content: Lines = ""
    urgency: Line = ""
    field: Line = ""
    leader: Line = ""
    waiting_for: Annotated[tuple[Line, ...], Field(max_length=200)] = ()

    def words(self, own_files: Collection[str]) -> Words:
        """The same as a person gives them.

        Args:
            own_files: references of files that he handed in himself; of any other attachment only the name is told.
        """
        return Words(
            reason=self.reason,
            text=self.text,
            deadline=self.deadline,
            no_deadline=self.no_deadline,
            agency=self.agency,
            old_agency=self.old_agency,
            coordinating=self.coordinating,
            percent=self.percent,
            document=self.document,
            attachments=tuple(name if name in own_files else PurePosixPath(name).name for name in self.attachments),
            grant=self.grant,
            citation=self.citation,
            grade=self.grade or "",
            opinion=self.opinion or "",
            content=self.content,
            urgency=self.urgency,
            field=self.field,
            leader=self.leader,
            waiting_for=self.waiting_for,
        )


class CommandOutcome(CommandSaid):
    """What became of a command that was given earlier."""

    kind: str
    refusal: RefusalCode | None


IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=40,
        description="The ETag that was seen; refused (412) when somebody acted since. Moments do not count.",
        examples=['"12"'],
    ),
]


def command_routes(office: Office, desk: DeskMaker) -> APIRouter:
    """The routes for commands."""
    router = APIRouter(prefix=PREFIX, tags=["commands"])

    @router.post(
        "/directives/{code}/commands",
        operation_id="giveCommand",
        response_model=CommandSaid,
        responses={
            200: {"description": "Recorded.", "headers": etag()},
            202: {"model": CommandSaid, "description": "Kept; it is recorded as soon as the engine can."},
            **problems(400, 404, 409, 412, 413, 415),
        },
    )
    async def give(
        caller: Writes, code: Code, given: CommandGiven, key: IdempotencyKey = None, if_match: IfMatch = None
    ) -> Response:
        """Act on a directive. 202 means: kept safely, look at `Location` what became of it."""
        wish = await asyncio.to_thread(_wish, office, caller, code_of(code), given, key, if_match)
        sent = await (await desk()).act(wish)
        said = command_said(sent.command_id, sent.outcome, wish.code, sent.answer)
        if sent.answer is not None:
            return answer(said, headers={"ETag": f'"{sent.answer.seq}"'})
        headers = {"Location": f"/api/v1/commands/{sent.command_id}", "Retry-After": str(RETRY_SECONDS)}
        return answer(said, HTTPStatus.ACCEPTED, headers)

    @router.get("/commands/{id}", operation_id="getCommand", responses=problems(404))
    def outcome(caller: Reads, id: Annotated[str, Path(max_length=100)]) -> CommandOutcome:  # noqa: A002
        """What became of a command."""
        with reading(office.engine) as connection:
            found = kept_command(connection, id.replace("\x00", ""))
            directive = read_directive(connection, found.envelope.directive) if found else None
        # Another's on a directive that is not seen is like one that never was.
        own = found is not None and found.envelope.actor.person == caller.person
        if found is None or directive is None or not (own or caller.holder.sight.covers(directive)):
            raise ApiProblem(HTTPStatus.NOT_FOUND, ProblemCode.NO_SUCH_ADDRESS)
        state: Literal["recorded", "kept", "refused"] = "refused" if found.refusal else "kept"
        if found.answer is not None:
            state = "recorded"
        said = command_said(id, state, found.envelope.directive, found.answer)
        return CommandOutcome(**said.model_dump(), kind=found.envelope.command.kind, refusal=found.refusal)

    return router


def _wish(
    office: Office, caller: Caller, code: str, given: CommandGiven, key: str | None, if_match: str | None
) -> Wish:
    id_ = None if key is None else str(uuid.uuid5(NAMES_OF_KEYS, f"{caller.holder.token.id}/{key}"))
    reference, now = caller.holder.reference, caller.holder.now
    with reading(office.engine) as connection:
        seen = is_seen(connection, code, caller.holder.sight)
        if not seen and not (id_ and _gave(connection, caller, code, id_)):  # by now it may be another agency's
            raise Refused(RefusalCode.NOT_FOUND, directive=code.replace("\x00", ""))
        last = 0 if if_match is None else status_of(connection, code, now).directive.seq
        own_files = kept_before(connection, code, caller.person, given.attachments) if given.attachments else ()
    return Wish(
        code=code,
        command=make_command(given.kind, given.words(own_files), reference, now),
        person=caller.person,
        on_behalf_of=given.on_behalf_of or None,
        id=id_,
        seen_seq=_seen_seq(if_match, last),
    )


def _gave(connection: Connection, caller: Caller, code: str, command_id: str) -> bool:
    """Whether the caller gave this very command before, and now asks again because nobody answered him."""
    before = commands.find(connection, command_id)
    return before is not None and (before.directive, before.actor.person) == (code, caller.person)


def _seen_seq(if_match: str | None, last: int) -> int | None:
    """The event that an ETag names; None when any state will do.

    Raises:
        ApiProblem: it is no ETag of ours.
        Refused: changed_meanwhile, for a state that never was.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    found = _TAG.fullmatch(if_match.strip())
    if found is None:
        raise bad_part("header.If-Match")
    if int(found[1]) > last:
        raise Refused(RefusalCode.CHANGED_MEANWHILE)
    return int(found[1])
