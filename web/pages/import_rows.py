"""The rows of an upload that would be refused: put right in place, or given back as a workbook."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from database.engine import reading
from documents.file_types import XLSX
from documents.intake_columns import MULTILINE, REQUIRED, Column
from documents.language import N_, sentence
from documents.sentences import refusal_sentence
from models.local_time import local_day
from models.refusal import Code, Refused
from services.import_review import Review, Reviews
from services.intake import Verdict
from web.pages.importing import clerk_of, is_imported, row_line
from web.pages.message import MessageView
from web.rendering import Reader, View, page


@dataclass(frozen=True)
class Cell:
    """One cell to put right."""

    column: Column
    text: str
    required: bool
    multiline: bool


@dataclass(frozen=True)
class RowView(View):
    """The cells of one row, and why it is refused."""

    review: Review
    row: int
    cells: tuple[Cell, ...]
    told: tuple[str, ...]
    agencies: tuple[str, ...]


def import_row_routes(reviews: Reviews) -> APIRouter:
    """The pages of refused rows below `/import`."""
    router = APIRouter(include_in_schema=False)
    office = reviews.office

    @router.get("/import/{token}/rows/{row}")
    def row(request: Request, token: str, row: int) -> Response:
        reader = clerk_of(request, office)
        return _row_page(reviews, reviews.find(token, reader.actor.person), row, reader)

    @router.post("/import/{token}/rows/{row}")
    async def correct(request: Request, token: str, row: int) -> Response:
        reader = await asyncio.to_thread(clerk_of, request, office)
        form = await request.form(max_files=0)
        typed = {name: value for name, value in form.items() if isinstance(value, str)}
        cells = {column: typed[column.name] for column in Column if column.name in typed}
        return await asyncio.to_thread(_correct, reviews, reader, token, row, cells)

    @router.get("/import/{token}/refused.xlsx")
    def refused(request: Request, token: str) -> Response:
        reader = clerk_of(request, office)
        return _refused_rows(reviews, reader, token)

    return router


def _row_page(
    reviews: Reviews,
    review: Review,
    number: int,
    reader: Reader,
    told: tuple[str, ...] = (),
    status: int = HTTPStatus.OK,
) -> Response:
    row = review.row(number)
    reference = reviews.office.reference()
    today = local_day(reviews.office.now(reference))
    view = RowView(
        review=review,
        row=number,
        cells=tuple(
            Cell(column, text, column in REQUIRED, column in MULTILINE)
            for column, text in reviews.cells(review, number).items()
        ),
        told=told or row_line(row, reader).told,
        agencies=tuple(sorted(one.name for one in reference.directory.agencies if one.holds_on(today))),
    )
    return page("import_row.html", reader.language, reader, view, status=status)


def _correct(reviews: Reviews, reader: Reader, token: str, number: int, cells: dict[Column, str]) -> Response:
    found = reviews.find(token, reader.actor.person)
    try:
        review = reviews.correct(found, number, cells, reader.actor)
    except Refused as refused:
        if refused.code is not Code.STATE_SECRET:
            raise
        told = refusal_sentence(refused.code, refused.data, reader.language, reader.directory)
        return _row_page(reviews, found, number, reader, (told,), HTTPStatus.UNPROCESSABLE_ENTITY)
    if review.row(number).verdict is Verdict.REFUSED:
        return _row_page(reviews, review, number, reader, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return RedirectResponse(f"/import/{token}", HTTPStatus.SEE_OTHER)


def _refused_rows(reviews: Reviews, reader: Reader, token: str) -> Response:
    """The workbook of refused rows: before the import as they would be, after it as they were."""
    path = reviews.refused(token)
    with reading(reviews.office.engine) as connection:
        imported = is_imported(connection, reviews, token, reader)
    if not imported:
        reviews.refused_workbook(reviews.find(token, reader.actor.person), reader.actor, reader.language)
    if not path.is_file():
        told = sentence(N_("Không có dòng nào bị từ chối, hoặc tệp đã quá một ngày."), reader.language)
        return page("message.html", reader.language, reader, MessageView(told), status=HTTPStatus.NOT_FOUND)
    return FileResponse(path, media_type=XLSX, filename="dong-bi-tu-choi.xlsx")
