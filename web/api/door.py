"""The API's own door: whoever has no token in force is turned away before anything else of his request is read."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import quote, unquote

import structlog
from fastapi import Depends, Security
from fastapi.security import HTTPBearer
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from database.engine import DATABASE_AWAY
from documents.language import Language
from documents.workbook_safety import FILE_BYTES
from models.rate import READING, WRITING, Bucket, Taken, take
from models.refusal import Code, Refused
from models.tokens import TokenScope
from models.vocabulary import Role
from services import tokens
from services.office import Office
from services.tokens import Holder
from web.api.problems import (
    ApiProblem,
    ProblemCode,
    language_of,
    problem_response,
    unavailable,
)
from web.request_ids import INNER

OPENAPI: Final = "/api/openapi.json"
"""The one address that needs no token: it says what everybody may know."""

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
MULTIPART: Final = re.compile(r"/api/v1/(imports|directives/[^/]+/files)")
"""Addresses that take files; all others take JSON."""

_OF_A_DIRECTIVE: Final = re.compile(
    r"(/api/v1/directives/)(.+?)((?:/(?:history|next|commands|files(?:/[0-9a-f]{32})?))?)", re.DOTALL
)

BODY_BYTES: Final = 1_000_000
"""Of a request that brings no file."""

FILE_BODY_BYTES: Final = FILE_BYTES + 1_000_000

BUCKETS_KEPT: Final = 10_000

log = structlog.get_logger()


@dataclass(frozen=True)
class Caller:
    """Whose request this is, and in which language he is answered."""

    holder: Holder
    language: Language

    @property
    def person(self) -> str:
        """The code of the person for whom the token acts."""
        return self.holder.token.person


@dataclass
class Rates:
    """How many requests each token has left in this process."""

    buckets: dict[tuple[int, str], Bucket] = field(default_factory=dict)

    def take(self, token: int, method: str) -> tuple[Taken, str, str]:
        """Take one request; also returns the two headers that tell of it (RateLimit-Policy, RateLimit)."""
        allowance = READING if method in SAFE else WRITING
        if len(self.buckets) > BUCKETS_KEPT:
            self.buckets.clear()
        taken = take(self.buckets.get((token, allowance.name)), allowance, time.monotonic())
        self.buckets[token, allowance.name] = taken.bucket
        policy = f'"{allowance.name}";q={allowance.quota};w={allowance.window}'
        return taken, policy, f'"{allowance.name}";r={taken.remaining};t={taken.wait or taken.full_in}'


class ApiDoor:
    """Wraps the API: token, rate, kind of content. Cookies count for nothing here."""

    def __init__(self, app: ASGIApp, office: Office, rates: Rates | None = None) -> None:
        self.app = app
        self._office = office
        self._rates = rates or Rates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":  # nobody speaks anything else here
            return
        inner = {**scope, "root_path": "", "path": _path(scope), "state": {}}
        scope[INNER] = inner
        if inner["path"] == OPENAPI:
            await self.app(inner, receive, send)
            return
        headers = Headers(scope=scope)
        language = language_of(headers)
        try:
            holder = await self._holder(headers)
        except ApiProblem as problem:
            log.warning("api_refused", method=scope["method"], path=_logged(inner["path"]), code=problem.code.value)
            await problem_response(problem, language)(inner, receive, send)
            return
        inner["state"]["caller"] = Caller(holder, language)
        taken, policy, left = self._rates.take(holder.token.id, scope["method"])

        async def send_with_rate(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer["RateLimit-Policy"], answer["RateLimit"] = policy, left
                if message["status"] in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS):
                    log.warning(
                        "api_refused", method=scope["method"], status=int(message["status"]), token=holder.token.id
                    )
            await send(message)

        hindrance = _before_reading(scope["method"], inner["path"], headers, taken)
        if hindrance is not None:
            await problem_response(hindrance, language)(inner, receive, send_with_rate)
            return
        await self.app(inner, receive, send_with_rate)

    async def _holder(self, headers: Headers) -> Holder:
        scheme, _, secret = headers.get("authorization", "").partition(" ")
        try:
            holder = (
                await asyncio.to_thread(tokens.find, self._office, secret.strip())
                if scheme.casefold() == "bearer"
                else None
            )
        except DATABASE_AWAY:
            raise unavailable() from None
        if holder is None:
            challenge = 'Bearer realm="dondoc"' + (', error="invalid_token"' if secret else "")
            raise ApiProblem(
                HTTPStatus.UNAUTHORIZED, ProblemCode.UNAUTHENTICATED, headers={"WWW-Authenticate": challenge}
            )
        return holder


def _path(scope: Scope) -> str:
    """The path, with each `/` of a directive's code as `%2F`, so that the code is one part of it.

    A caller need not encode them: what stands before the last known word is the code.
    """
    raw = scope.get("raw_path") or scope["path"].encode()
    path = unquote(raw.split(b"?")[0].decode("latin-1").replace("%2F", "%252F").replace("%2f", "%252F"))
    found = _OF_A_DIRECTIVE.fullmatch(path)
    return f"{found[1]}{found[2].replace('/', '%2F')}{found[3]}" if found else path


def _logged(path: str) -> str:
    """A path for the log: short, and without a letter that a log would obey."""
    return quote(path[:200], safe="/%")


def code_of(written: str) -> str:
    """A directive's code as it stands in a path."""
    return written.replace("%2F", "/")


def _before_reading(method: str, path: str, headers: Headers, taken: Taken) -> ApiProblem | None:
    if not taken.granted:
        return ApiProblem(
            HTTPStatus.TOO_MANY_REQUESTS, ProblemCode.TOO_MANY_REQUESTS, headers={"Retry-After": str(taken.wait)}
        )
    length = headers.get("content-length", "0")
    takes_files = MULTIPART.fullmatch(path) is not None
    most = FILE_BODY_BYTES if takes_files else BODY_BYTES
    if length.isascii() and length.isdigit() and int(length[:16]) > most:  # what names no length is counted as it comes
        return ApiProblem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, ProblemCode.TOO_LARGE)
    has_body = length != "0" or "transfer-encoding" in headers
    if method not in SAFE and has_body:
        wanted = "multipart/form-data" if takes_files else "application/json"
        given = headers.get("content-type", "").partition(";")[0].strip().casefold()
        if given != wanted:
            return ApiProblem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, ProblemCode.UNSUPPORTED_MEDIA_TYPE)
    return None


_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="A token of `dondoc token add` or of the page /tokens: `Authorization: Bearer dondoc_…`.",
)


def needs(scope: TokenScope) -> Callable[[Request, object], Awaitable[Caller]]:
    """The caller, if his token has this scope."""

    async def caller_with_scope(
        request: Request, _credentials: Annotated[object, Security(_bearer, scopes=[scope.value])]
    ) -> Caller:
        caller: Caller = request.state.caller
        if scope not in caller.holder.token.scopes:
            challenge = f'Bearer realm="dondoc", error="insufficient_scope", scope="{scope.value}"'
            raise ApiProblem(
                HTTPStatus.FORBIDDEN, ProblemCode.INSUFFICIENT_SCOPE, headers={"WWW-Authenticate": challenge}
            )
        return caller

    return caller_with_scope


async def _any_scope(request: Request, _credentials: Annotated[object, Security(_bearer)]) -> Caller:
    caller: Caller = request.state.caller
    return caller


async def _administrator(caller: "Administers") -> Caller:
    if Role.ADMINISTRATOR not in caller.holder.actor.roles:
        raise Refused(Code.NOT_ALLOWED, actor=caller.person)
    return caller


Anybody = Annotated[Caller, Depends(_any_scope)]
Reads = Annotated[Caller, Depends(needs(TokenScope.READ))]
Writes = Annotated[Caller, Depends(needs(TokenScope.WRITE))]
Follows = Annotated[Caller, Depends(needs(TokenScope.EVENTS))]
Administers = Annotated[Caller, Depends(needs(TokenScope.ADMIN))]
Keeps = Annotated[Caller, Depends(_administrator)]
"""An administrator whose token has the scope: who changes what the office goes by."""
