"""The API as one application of its own beside the pages: other errors, other door, its own description."""

import threading
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import ASGIApp

from database.engine import DATABASE_AWAY
from models.directory import Directory
from models.refusal import Refused
from services.answered_requests import KeyRefused
from services.attachments import FileStore
from services.office import Office
from web.api import directory
from web.api.accounts import absence_routes, account_routes
from web.api.administration import administration_routes, audit_routes, webhook_call_routes
from web.api.calendar import calendar_routes
from web.api.commands import DeskMaker, command_routes
from web.api.described import describe
from web.api.directives import ClientOrNone, directive_routes
from web.api.documents import document_routes
from web.api.door import BODY_BYTES, OPENAPI, ApiDoor
from web.api.events import event_routes
from web.api.exports import export_routes
from web.api.figures import board_routes
from web.api.files import file_routes
from web.api.imports import import_routes
from web.api.inbox import inbox_routes
from web.api.me import me_routes
from web.api.office_data import office_routes
from web.api.own import preference_routes, sign_in_routes, view_routes, work_routes
from web.api.policy import policy_routes, version_routes
from web.api.problems import (
    OUR_RULES,
    ApiProblem,
    language_of,
    refused_response,
    told_broken,
    told_problem,
)

OF_THE_OFFICE: Final = (
    *(directory.person_routes, directory.agency_routes, directory.field_routes, directory.succession_routes),
    *(calendar_routes, version_routes, policy_routes, account_routes, absence_routes),
    *(work_routes, view_routes, preference_routes, sign_in_routes),
)
"""Resources that need nothing but the office."""


def create_api(
    office: Office,
    client: ClientOrNone,
    desk: DeskMaker,
    files: FileStore,
    *,
    base_url: str = "",
    webhook_allow: frozenset[str] = frozenset(),
    closing: threading.Event | None = None,
) -> ASGIApp:
    """Build the API; its paths begin with `/api`.

    Args:
        client: gives Temporal's client, None while it cannot be reached.
        desk: where commands come in.
        files: where files lie that are handed in.
        webhook_allow: private places that webhooks may reach.
        closing: is set when the process is to stop; open streams then end.
    """
    api = FastAPI(
        title="Đôn Đốc",
        version=version("dondoc"),
        openapi_url=OPENAPI,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        max_body_size=BODY_BYTES,
    )
    routers = (
        me_routes(),
        command_routes(office, desk),
        directive_routes(office, client),
        export_routes(office),
        board_routes(office),
        inbox_routes(office, base_url),
        office_routes(office),
        event_routes(office, closing or threading.Event()),
        import_routes(office, client),
        administration_routes(office, webhook_allow),
        webhook_call_routes(office, webhook_allow),
        audit_routes(office),
        document_routes(office, client),
        file_routes(office, files),
        *(routes(office) for routes in OF_THE_OFFICE),
    )
    for router in routers:
        api.router.routes.extend(router.routes)  # to include a router builds each of its routes once more
    for problem in (ApiProblem, KeyRefused, RequestValidationError, HTTPException, *OUR_RULES, *DATABASE_AWAY):
        api.add_exception_handler(problem, told_problem)
    api.add_exception_handler(Refused, _told_refusal)
    api.add_exception_handler(Exception, told_broken)
    api.add_exception_handler(HTTPStatus.METHOD_NOT_ALLOWED, _told_methods(routers))
    describe(api)
    return ApiDoor(api, office)


def _told_methods(routers: Sequence[APIRouter]) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Name every method that an address takes; the framework names those of the first route alone."""
    methods: dict[str, set[str]] = {}
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute):
                methods.setdefault(route.path, set()).update(route.methods or ())
    known = [(compile_path(path)[0], taken) for path, taken in methods.items()]

    async def told(request: Request, problem: Exception) -> Response:
        response = await told_problem(request, problem)
        allowed = next((taken for pattern, taken in known if pattern.match(request.scope["path"])), set())
        response.headers["Allow"] = ", ".join(sorted(allowed))
        return response

    return told


async def _told_refusal(request: Request, problem: Exception) -> Response:
    if not isinstance(problem, Refused):
        raise problem
    caller = getattr(request.state, "caller", None)
    names = caller.holder.reference.directory if caller else Directory()
    return refused_response(problem, language_of(request.headers), names)
