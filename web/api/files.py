"""Files beside a directive: what there is, getting one, handing one in for a command that names it."""

import asyncio
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Response, UploadFile
from starlette.responses import FileResponse

from database.engine import reading
from models.refusal import Code as RefusalCode
from models.refusal import Refused
from services.acting import find_actor
from services.answers import Instant, Said
from services.attachments import Attachment, FileStore, Upload, files_of, find, keep
from services.offers import offers
from services.office import Office
from web.api.described import PREFIX, problems
from web.api.directives import seen
from web.api.door import FILE_BODY_BYTES, Caller, Reads, Writes, code_of
from web.api.parts import Code, answer
from web.headers import DOWNLOAD_HEADERS


class FileSaid(Said):
    """A file; a command names it in `attachments` by its `reference`, which holds the hash of its content."""

    id: str
    name: str
    media_type: str
    size: int
    sha256: str
    person: str
    created_at: Instant
    reference: str


class Files(Said):
    """The files of a directive, in the order in which they came."""

    items: tuple[FileSaid, ...]


def file_routes(office: Office, store: FileStore) -> APIRouter:
    """The routes under `/directives/{code}/files`."""
    router = APIRouter(prefix=PREFIX, tags=["directives"])

    @router.get("/directives/{code}/files", operation_id="listFiles", responses=problems(404))
    def listed(caller: Reads, code: Code) -> Files:
        """The files that were handed in for a directive."""
        with reading(office.engine) as connection:
            seen(connection, caller, code_of(code), office)
            found = files_of(connection, code_of(code))
        return Files(items=tuple(_said(one) for one in found.values()))

    @router.post(
        "/directives/{code}/files",
        operation_id="handFileIn",
        status_code=HTTPStatus.CREATED,
        response_model=FileSaid,
        responses=problems(400, 404, 409, 413, 415),
        max_body_size=FILE_BODY_BYTES,
    )
    async def hand_in(caller: Writes, code: Code, file: UploadFile) -> Response:
        """Hand a file in; the same file again is the same one. What no command names within a day is deleted."""
        return await asyncio.to_thread(_keep, office, store, caller, code_of(code), file)

    @router.get(
        "/directives/{code}/files/{id}",
        operation_id="getFile",
        response_class=Response,
        responses={200: {"content": {"application/octet-stream": {}}}, **problems(404)},
    )
    def one(caller: Reads, code: Code, id: Annotated[str, Path(pattern="^[0-9a-f]{32}$")]) -> Response:  # noqa: A002
        """The content of a file, to be saved."""
        with reading(office.engine) as connection:
            seen(connection, caller, code_of(code), office)
            found, path = find(connection, store, code_of(code), id)
        kind = "application/octet-stream"
        return FileResponse(
            path, media_type=kind, filename=found.name, headers=DOWNLOAD_HEADERS | {"Cache-Control": "no-store"}
        )

    return router


def _keep(office: Office, store: FileStore, caller: Caller, code: str, file: UploadFile) -> Response:
    with reading(office.engine) as connection:
        standing, reference = seen(connection, caller, code, office)
        now = office.now(reference)
    actor = find_actor(reference, caller.person, None, now)
    if not offers(standing.directive, actor, now):  # who may do nothing hands nothing in
        raise Refused(RefusalCode.NOT_ALLOWED, actor=caller.person)
    (named,) = keep(office, store, code, caller.person, (Upload(file.filename or "", file.file),))
    with reading(office.engine) as connection:
        return answer(_said(files_of(connection, code)[named]), HTTPStatus.CREATED)


def _said(one: Attachment) -> FileSaid:
    return FileSaid(
        **{name: value for name, value in vars(one).items() if name != "directive"}, reference=one.reference
    )
