"""`/codec/decode`: decrypts for an administrator what the pages of Temporal's own UI show him.

The protocol is that of Temporal's remote codecs: JSON of the message `Payloads`, there and back.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog
from fastapi import APIRouter
from google.protobuf import json_format
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from temporalio.api.common.v1 import Payloads

from documents.language import Language, sentence
from models.tokens import PREFIX, TokenScope
from models.vocabulary import Role
from services import tokens
from services.office import Office
from services.payload_encryption import EncryptingCodec, PayloadRefused
from web.door import PasswordChangeNeeded, SignInNeeded, reader_of

DECODE_PATH: Final = "/codec/decode"
BODY_BYTES: Final = 8_000_000
"""A page of the UI asks for a page of a history."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Decoding:
    """What decrypts, and the one origin whose pages may ask with a browser's cookies."""

    codec: EncryptingCodec
    origin: str


def codec_routes(office: Office, decoding: Decoding) -> APIRouter:
    """The route of Temporal's remote codec."""
    router = APIRouter(include_in_schema=False)

    @router.options(DECODE_PATH)
    async def may_ask(request: Request) -> Response:
        """Answer a browser that asks whether that page may (CORS)."""
        answer = Response(status_code=204)
        if request.headers.get("origin") == decoding.origin:
            _allow(answer, decoding.origin)
            answer.headers["Access-Control-Allow-Methods"] = "POST"
            answer.headers["Access-Control-Allow-Headers"] = "authorization,content-type,x-namespace"
            answer.headers["Access-Control-Max-Age"] = "600"
        return answer

    @router.post(DECODE_PATH)
    async def decode(request: Request) -> Response:
        """Decrypt, for administrators only; what is not ours to read stays refused whole."""
        answer = await _decoded(request, office, decoding)
        if request.headers.get("origin") == decoding.origin:
            _allow(answer, decoding.origin)
        return answer

    return router


async def _decoded(request: Request, office: Office, decoding: Decoding) -> Response:
    person, status = await asyncio.to_thread(_administrator, request, office)
    if person is None:
        return _problem(status)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES:
            return _problem(413)
    try:
        asked = json_format.Parse(bytes(body), Payloads())
    except (json_format.ParseError, UnicodeDecodeError, RecursionError):
        return _problem(400)
    try:
        opened = Payloads(payloads=await decoding.codec.decode(asked.payloads))
    except PayloadRefused as refused:
        return _problem(422, sentence(refused.message, Language.VI, **refused.data))
    log.info("payloads_decoded", person=person, number=len(opened.payloads))
    return JSONResponse(json_format.MessageToDict(opened))


def _administrator(request: Request, office: Office) -> tuple[str | None, int]:
    """The administrator who asks, by a token with the scope `admin` or by his session; else why he is not answered."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.casefold() == "bearer" and secret.strip().startswith(PREFIX):
        holder = tokens.find(office, secret.strip())
        if holder is None:
            return None, 401
        may = TokenScope.ADMIN in holder.token.scopes and Role.ADMINISTRATOR in holder.actor.roles
        return (holder.token.person, 200) if may else (None, 403)
    try:
        reader = reader_of(request, office)
    except SignInNeeded:
        return None, 401
    except PasswordChangeNeeded:
        return None, 403
    return (reader.signed_in.person, 200) if Role.ADMINISTRATOR in reader.actor.roles else (None, 403)


def _allow(answer: Response, origin: str) -> None:
    answer.headers["Access-Control-Allow-Origin"] = origin
    answer.headers["Access-Control-Allow-Credentials"] = "true"
    answer.headers["Vary"] = "Origin"


def _problem(status: int, title: str = "") -> JSONResponse:
    """An error as RFC 9457 has it."""
    problem = {"type": "about:blank", "status": status, "title": title}
    return JSONResponse(problem, status, media_type="application/problem+json")
