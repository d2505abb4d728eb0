"""The web part as it is in production, with one page more: `python -m bench.bare_page`.

`/bare` asks the database for 1 and says it, out of the same process, pool of threads and pool of connections: what any
page costs that asks anything at all.
"""

import os
import sys
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from database.engine import can_answer
from services.office import Office
from web.__main__ import main

ADDRESS: Final = "/bare"


def with_bare_page(app: ASGIApp, office: Office) -> ASGIApp:
    """Put the bare page before an application."""

    def bare(_request: Request) -> Response:
        return PlainTextResponse("1" if can_answer(office.engine) else "0")

    beside = Starlette(routes=[Route(ADDRESS, bare)])

    async def chosen(scope: Scope, receive: Receive, send: Send) -> None:
        await (beside if scope.get("path") == ADDRESS else app)(scope, receive, send)

    return chosen


if __name__ == "__main__":
    code = main(with_bare_page)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # as the web part itself ends
