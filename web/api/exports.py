"""A list of directives as a file: exactly what the filters leave, the worst first."""

import asyncio
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Response

from database.engine import reading
from database.figures import Filter
from documents.export_workbook import MOST_IN_WORKBOOK
from documents.file_types import XLSX
from services.asking import Order, count_directives
from services.office import Office
from web.api.described import PREFIX, problems
from web.api.directives import FilterGiven, Filters
from web.api.door import Caller, Reads
from web.api.problems import ApiProblem, ProblemCode
from web.list_files import CSV, csv_file, workbook_file

NAME: Final = "nhiem-vu"


def export_routes(office: Office) -> APIRouter:
    """The routes `/directives.csv` and `/directives.xlsx`."""
    router = APIRouter(prefix=PREFIX, tags=["directives"])

    @router.get(
        "/directives.csv",
        operation_id="exportDirectivesAsCsv",
        response_class=Response,
        responses={200: _content(CSV), **problems()},
    )
    def lines(caller: Reads, asked: Filters) -> Response:
        """The list as CSV, which may be of any length; texts that a spreadsheet would carry out are quoted."""
        return csv_file(office, _filter(office, caller, asked), Order(), NAME, caller.language)

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
    return workbook_file(office, only, Order(), NAME, caller.language)


def _content(kind: str) -> dict[str, Any]:
    return {"content": {kind: {}}, "description": "The file."}
