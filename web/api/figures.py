"""The board of what the person sees."""

from fastapi import APIRouter

from database.engine import reading
from database.figures import Filter
from services.answers import BoardSaid, board_said
from services.asking import board
from services.office import Office
from services.succession import figures_by_successor
from web.api.described import problems
from web.api.door import Reads


def board_routes(office: Office) -> APIRouter:
    """The route `/board`."""
    router = APIRouter(tags=["board"])

    @router.get("/board", operation_id="getBoard", responses=problems())
    def show(caller: Reads) -> BoardSaid:
        """Figures at one instant; every group adds up to its total."""
        only = Filter(scope=caller.holder.sight)
        with reading(office.engine) as connection:
            reference = office.reference(connection)
            now = office.now(reference)
            whole = board(connection, now, only)
            succeeded = figures_by_successor(connection, reference, now, only)
        return board_said(whole, succeeded, reference.directory)

    return router
