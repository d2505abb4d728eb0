"""One operation that goes on in the background: how far it is, how it ended, what to do when it was interrupted."""

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from database.engine import reading
from services import operations
from services.office import Office
from services.operations import Operation
from web.door import reader_of
from web.rendering import View, page


@dataclass(frozen=True)
class OperationView(View):
    """One operation."""

    operation: Operation


def operation_routes(office: Office) -> APIRouter:
    """The page of one operation."""
    router = APIRouter(include_in_schema=False)

    @router.get("/operations/{operation}")
    def show(request: Request, operation: str) -> Response:
        reader = reader_of(request, office)
        with reading(office.engine) as connection:
            now = office.now(office.reference(connection))
            found = operations.find(connection, operation, reader.actor.person, now)
        return page("operation.html", reader.language, reader, OperationView(found))

    return router
