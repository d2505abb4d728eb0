"""A list of directives as a file: exactly what the filters leave, the worst first."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Response
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, StreamingResponse

from database.engine import reading
from database.figures import Filter
from documents.export_workbook import MOST_IN_WORKBOOK
from documents.file_types import XLSX
from services.asking import Order, count_directives
from services.exporting import export_list, list_as_csv
from services.office import Office
from web.api.described import problems
from web.api.directives import FilterGiven, Filters
from web.api.door import Caller, Reads
from web.api.problems import ApiProblem, ProblemCode

CSV: Final = "text/csv; charset=utf-8"
_KEPT_NOWHERE: Final = {"Cache-Control": "no-store"}


def export_routes(office: Office) -> APIRouter:
    """The routes `/directives.csv` and `/directives.xlsx`."""
    router = APIRouter(tags=["directives"])

    @router.get(
        "/directives.csv",
        operation_id="exportDirectivesAsCsv",
        response_class=Response,
        responses={200: _content(CSV), **problems()},
    )
    def lines(caller: Reads, asked: Filters) -> Response:
        """The list as CSV, which may be of any length; texts that a spreadsheet would carry out are quoted."""
        rows: Iterator[str] = list_as_csv(office, _filter(office, caller, asked), Order(), caller.language)
        return StreamingResponse(rows, media_type=CSV, headers=_attached("nhiem-vu.csv"))

    @router.get(
        "/directives.xlsx",
        operation_id="exportDirectivesAsWorkbook",
        response_class=Response,
        responses={200: _content(XLSX), **problems()},
    )
    async def workbook(caller: Reads, asked: Filters) -> Response:
        """The list as a workbook of at most 20,000 directives, with the figures of its agencies on a second sheet."""
        return await asyncio.to_thread(_workbook, office, caller, asked)

    return router


def _filter(office: Office, caller: Caller, asked: FilterGiven) -> Filter:
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        return asked.filter(caller, reference, office.now(reference))


def _workbook(office: Office, caller: Caller, asked: FilterGiven) -> Response:
    only = _filter(office, caller, asked)
    with reading(office.engine) as connection:
        total = count_directives(connection, only, office.now(office.reference(connection)))
    if total > MOST_IN_WORKBOOK:
        raise ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, ProblemCode.TOO_MANY_ROWS)
    folder = Path(tempfile.mkdtemp(prefix="dondoc-export-"))
    file = folder / "nhiem-vu.xlsx"
    try:
        export_list(office, only, Order(), file, caller.language)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    done = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    return FileResponse(file, media_type=XLSX, headers=_attached(file.name), background=done)


def _content(kind: str) -> dict[str, Any]:
    return {"content": {kind: {}}, "description": "The file."}


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', **_KEPT_NOWHERE}
