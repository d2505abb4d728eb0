"""Importing a workbook: uploaded, judged row by row, then taken in the background."""

import asyncio
import concurrent.futures
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from temporalio.client import Client

from database.engine import reading
from documents.intake_columns import REQUIRED, Column
from documents.language import N_, sentence
from documents.workbook_faults import UnsafeWorkbook
from documents.workbook_safety import FILE_BYTES, MEGABYTE
from models.engine import CommandEnvelope
from models.refusal import Refused
from services import operations
from services.import_review import Review, ReviewedRow, Reviews, SecretRows, too_big
from services.importing import Start, begin
from services.intake import Verdict
from services.office import Office
from services.operations import Operation, State
from services.registering import require_secretariat
from services.workbook_import import reason_sentence
from web.door import reader_of
from web.pages.register import MaybeClient, start_patiently
from web.rendering import Reader, View, page

A_PAGE: Final = 100
FORM_BYTES: Final = 100_000
"""What a form weighs beside the file in it."""

DRAINED_BYTES: Final = 10 * FILE_BYTES
"""A browser that is still sending shows no answer, so what is not far too big is read to its end and left aside."""

BATCH_PATIENCE: Final = 60.0
"""Seconds for the workflows of one batch of rows."""

VERDICTS: Final = {
    Verdict.ACCEPTED: N_("nhận được"),
    Verdict.REFUSED: N_("bị từ chối"),
    Verdict.UNCHANGED: N_("đã có, không đổi"),
}


@dataclass(frozen=True)
class UploadView(View):
    """The form to upload a workbook, and what was imported lately."""

    told: str
    limit: int
    columns: tuple[tuple[str, bool], ...]
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class RowLine:
    """One row of the sheet and what would become of it."""

    row: ReviewedRow
    verdict: str
    told: tuple[str, ...]


@dataclass(frozen=True)
class ReviewView(View):
    """The verdicts on a workbook."""

    review: Review
    counts: dict[str, int]
    verdicts: tuple[tuple[str, str], ...]
    shown: str
    lines: tuple[RowLine, ...]
    number: int
    pages: int


def import_routes(reviews: Reviews, client: MaybeClient) -> APIRouter:
    """The page `/import`."""
    router = APIRouter(include_in_schema=False)
    office = reviews.office

    @router.get("/import")
    def ask(request: Request) -> Response:
        reader = clerk_of(request, office)
        reviews.sweep()
        return _upload_page(reviews, reader)

    @router.post("/import", max_body_size=DRAINED_BYTES)  # it looks at the length itself, to say it in a sentence
    async def upload(request: Request) -> Response:
        reader = await asyncio.to_thread(clerk_of, request, office)
        return await _receive(reviews, reader, request)

    @router.get("/import/{token}")
    def review(request: Request, token: str) -> Response:
        reader = clerk_of(request, office)
        with reading(office.engine) as connection:
            if is_imported(connection, reviews, token, reader):
                return _to_operation(token)
        return _review_page(reviews.find(token, reader.actor.person), reader, request)

    @router.post("/import/{token}")
    async def confirm(request: Request, token: str) -> Response:
        reader = await asyncio.to_thread(clerk_of, request, office)
        start = _starter(reviews, await client())
        await asyncio.to_thread(_confirm, reviews, reader, token, start)
        return _to_operation(token)

    @router.post("/import/{token}/drop")
    def drop(request: Request, token: str) -> Response:
        reader = clerk_of(request, office)
        with reading(office.engine) as connection:
            if is_imported(connection, reviews, token, reader):
                return _to_operation(token)
        reviews.find(token, reader.actor.person)
        reviews.drop(token)
        return RedirectResponse("/import", HTTPStatus.SEE_OTHER)

    return router


def clerk_of(request: Request, office: Office) -> Reader:
    """Who reads this page; only the secretariat does.

    Raises:
        Refused: not_allowed.
        SignInNeeded, PasswordChangeNeeded: as `reader_of`.
    """
    reader = reader_of(request, office)
    require_secretariat(reader.actor)
    return reader


def _starter(reviews: Reviews, client: Client | None) -> Start | None:
    """What starts workflows in this loop for a thread that takes rows in."""
    if client is None:
        return None
    loop = asyncio.get_running_loop()

    def start(envelopes: Sequence[CommandEnvelope]) -> concurrent.futures.Future[int]:
        starting = start_patiently(reviews.office, client, envelopes, BATCH_PATIENCE)
        try:
            return asyncio.run_coroutine_threadsafe(starting, loop)
        except RuntimeError:
            starting.close()
            raise

    return start


def _confirm(reviews: Reviews, reader: Reader, token: str, start: Start | None) -> None:
    with reading(reviews.office.engine) as connection:
        if is_imported(connection, reviews, token, reader):
            return
    begin(reviews, reviews.find(token, reader.actor.person), reader.actor, reader.language, start)


def _to_operation(token: str) -> Response:
    return RedirectResponse(f"/operations/{token}", HTTPStatus.SEE_OTHER)


def is_imported(connection: Connection, reviews: Reviews, token: str, reader: Reader) -> bool:
    """Whether this upload is being imported, or was."""
    try:
        found = operations.find(connection, token, reader.actor.person, reviews.office.now())
    except Refused:
        return False
    return found.state in (State.RUNNING, State.DONE)


def _told_to_choose(reader: Reader) -> str:
    return sentence(N_("Chưa chọn tệp. Chọn một bảng tính .xlsx rồi gửi lại."), reader.language)


def _upload_page(reviews: Reviews, reader: Reader, told: str = "", status: int = HTTPStatus.OK) -> Response:
    with reading(reviews.office.engine) as connection:
        now = reviews.office.now(reviews.office.reference(connection))
        mine = operations.list_operations(connection, now, person=reader.actor.person)
    view = UploadView(
        told=told,
        limit=FILE_BYTES // MEGABYTE,
        columns=tuple((column.value, column in REQUIRED) for column in Column),
        operations=tuple(mine),
    )
    return page("import.html", reader.language, reader, view, status=status)


async def _receive(reviews: Reviews, reader: Reader, request: Request) -> Response:
    """Take a file of a bearable size from the browser."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        return _upload_page(reviews, reader, _told_to_choose(reader), HTTPStatus.LENGTH_REQUIRED)
    if int(length) > FILE_BYTES + FORM_BYTES:
        if int(length) < DRAINED_BYTES:
            async for _ in request.stream():
                pass
        told = too_big(".xlsx", int(length)).explain(reader.language)
        return _upload_page(reviews, reader, told, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    async with request.form(max_files=1, max_fields=10) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            return _upload_page(reviews, reader, _told_to_choose(reader), HTTPStatus.UNPROCESSABLE_ENTITY)
        return await asyncio.to_thread(_uploaded, reviews, reader, file)


def _uploaded(reviews: Reviews, reader: Reader, file: UploadFile) -> Response:
    try:
        review = reviews.take(file.file, file.filename or "", reader.actor, reader.language)
    except UnsafeWorkbook as problem:
        return _upload_page(reviews, reader, problem.explain(reader.language), HTTPStatus.UNPROCESSABLE_ENTITY)
    except SecretRows as secret:
        told = sentence(
            N_(
                "Tệp có dòng mang độ mật (dòng {rows}) nên không được đưa vào hệ thống; tệp đã bị xóa khỏi máy chủ. "
                "Bỏ các dòng đó rồi tải lên lại."
            ),
            reader.language,
            rows=", ".join(map(str, secret.rows[:A_PAGE])),
        )
        return _upload_page(reviews, reader, told, HTTPStatus.UNPROCESSABLE_ENTITY)
    return RedirectResponse(f"/import/{review.token}", HTTPStatus.SEE_OTHER)


def _review_page(review: Review, reader: Reader, request: Request) -> Response:
    counts = {verdict.value: review.count(verdict) for verdict in Verdict}
    shown = request.query_params.get("show", "")
    if shown not in (*counts, "all"):
        shown = Verdict.REFUSED.value if counts[Verdict.REFUSED.value] else "all"
    rows = [row for row in review.rows if shown in ("all", row.verdict.value)]
    asked = request.query_params.get("page", "")
    pages = max(1, -(-len(rows) // A_PAGE))
    number = min(pages, max(1, int(asked))) if asked.isdecimal() and len(asked) < 6 else 1
    view = ReviewView(
        review=review,
        counts=counts,
        verdicts=tuple((verdict.value, words) for verdict, words in VERDICTS.items()),
        shown=shown,
        lines=tuple(row_line(row, reader) for row in rows[(number - 1) * A_PAGE : number * A_PAGE]),
        number=number,
        pages=pages,
    )
    return page("import_review.html", reader.language, reader, view)


def row_line(row: ReviewedRow, reader: Reader) -> RowLine:
    """Say what would become of a row, and why."""
    reasons = (reason_sentence(reason, reader.directory, reader.language) for reason in row.reasons)
    warnings = (warning.explain(reader.language) for warning in row.warnings)
    return RowLine(row, VERDICTS[row.verdict], (*reasons, *warnings))
