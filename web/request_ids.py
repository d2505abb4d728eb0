"""Gives each request an id, by which its lines in the log are found, and tells of it where that is wanted."""

import re
import secrets
import time
from http import HTTPStatus
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services import tracing
from services.logs import says_much

HEADER: Final = "X-Request-ID"
INNER: Final = "dondoc.inner"
"""Where an application within ours leaves its own scope, which knows the route."""

_GOOD: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
_TRACE: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")

log = structlog.get_logger()


class RequestIds:
    """Wraps the whole application; its answers bear the id."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = _given(scope)
        structlog.contextvars.bind_contextvars(request=given)
        status, began = int(HTTPStatus.INTERNAL_SERVER_ERROR), time.time_ns()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = given
            await send(message)

        click = tracing.begin_click()
        try:
            await self.app(scope, receive, send_with_id)
        finally:
            if click is not None or says_much():
                _tell(scope, given, status, began, click)


def _tell(scope: Scope, given: str, status: int, began: int, click: tracing.Click | None) -> None:
    route = route_of(scope)
    method = scope["method"] if scope["method"] in _METHODS else "OTHER"
    log.debug("answered", method=method, route=route, status=status, milliseconds=(time.time_ns() - began) // 1_000_000)
    if click is None:
        return
    told = {"http.request.method": method, "http.route": route, "http.response.status_code": status}
    failed = str(status) if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None
    tracing.end_click(click, f"{method} {route}", began, {**told, "dondoc.request": given}, failed=failed)


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def route_of(scope: Scope) -> str:
    """The route as it is written in the code; a path itself may hold a secret or what somebody looks for."""
    route = scope.get(INNER, scope).get("route")
    return str(getattr(route, "path", "")) or "…"


def _given(scope: Scope) -> str:
    """The id that a proxy of ours gave, or that of its trace; else a new one."""
    if _came_by_a_proxy_of_ours(scope):
        headers = Headers(scope=scope)
        if _GOOD.fullmatch(headers.get(HEADER, "")):
            return headers[HEADER]
        traced = _TRACE.fullmatch(headers.get("traceparent", ""))
        if traced:
            return traced[1]
    return secrets.token_hex(8)


def _came_by_a_proxy_of_ours(scope: Scope) -> bool:
    """Whether a proxy that is trusted says for whom it asks: uvicorn then names that browser, with no port of its."""
    client = scope.get("client")
    return client is not None and client[1] == 0
