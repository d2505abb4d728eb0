"""The board: figures that add up, each of which opens the list behind it."""

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from database.engine import reading
from database.figures import Filter
from models.timeliness import Figures
from services.asking import Board, board
from services.office import Office
from web.door import reader_of
from web.rendering import View, page


@dataclass(frozen=True)
class BoardView(View):
    """The figures: each agency's name, code and sums."""

    board: Board
    agencies: tuple[tuple[str, str | None, Figures], ...]


def board_routes(office: Office) -> APIRouter:
    """The page `/board`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/board")
    def show(request: Request) -> Response:
        reader = reader_of(request, office)
        with reading(office.engine) as connection:
            reference = office.reference(connection)
            found = board(connection, office.now(reference), Filter(scope=reader.scope))
        directory = reference.directory
        agencies = tuple((directory.agency_name(code), code, figures) for code, figures in found.by_agency)
        return page("board.html", reader.language, reader, BoardView(found, agencies))

    return router
