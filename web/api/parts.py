"""What several resources share: cursors, texts, keys, and carrying a request out once."""

import asyncio
import base64
import binascii
import datetime as dt
import json
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

from fastapi import Header, Path, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StrictStr
from starlette.responses import JSONResponse, Response

from documents.intake_values import plain_text
from models.refusal import Code as RefusalCode
from models.refusal import Refused
from models.tables import GREATEST_NUMBER
from services import answered_requests
from services.answered_requests import KeptAnswer
from services.office import Office
from web.api.door import Caller
from web.api.problems import ApiProblem, Fault, ProblemCode

_ISO_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

KEPT_HEADERS: Final = ("location", "etag")
"""The headers that an answer has again when its request is repeated."""


class Given(BaseModel):
    """What a caller sends; no part is guessed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _plain(text: str) -> str:
    return plain_text(text)


def _plain_lines(text: str) -> str:
    return plain_text(text, multiline=True)


Line = Annotated[StrictStr, Field(max_length=500), AfterValidator(_plain)]
Lines = Annotated[StrictStr, Field(max_length=10_000), AfterValidator(_plain_lines)]
Percent = Annotated[StrictInt, Field(ge=0, le=100)]
Flag = StrictBool

Searched = Annotated[str, Query(max_length=200), AfterValidator(_plain)]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
Cursor = Annotated[str, Query(max_length=300, description="`next` of the page before; absent for the first page.")]
TrueOrFalse = Literal["true", "false"]
Code = Annotated[
    str,
    Path(max_length=100, description="A directive's code; `/` in it is written %2F.", examples=["NV-2026-00001"]),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="A random text for this request; sent again with the same key it is carried out once.",
        examples=["5f6f3f0e-6b1e-4a52-9f0c-3f6f1b0a7d11"],
    ),
]


Text = Annotated[StrictStr, Field(max_length=500_000)]
Name = Annotated[str, Path(max_length=200, description="A code; `/` in it is written %2F.")]
Number = Annotated[int, Path(ge=1, le=GREATEST_NUMBER)]


def _iso_day(value: object) -> object:
    """Take a day as ISO writes it and nothing else; a number would be read as seconds since 1970."""
    if isinstance(value, dt.date) or (isinstance(value, str) and _ISO_DAY.fullmatch(value)):
        return value
    raise ValueError("no day")


AnyDay = Annotated[dt.date, BeforeValidator(_iso_day)]
Day = Annotated[AnyDay, Field(ge=dt.date(2000, 1, 1), le=dt.date(2200, 12, 31), examples=["2026-04-29"])]
SeenTag = Annotated[
    str,
    Header(
        alias="If-Match",
        max_length=80,
        description="The ETag that was seen, or `*`; refused (412) when somebody changed it since.",
        examples=["*"],
    ),
]


def tag(version: str | int) -> dict[str, str]:
    """The ETag of a version."""
    return {"ETag": f'"{version}"'}


def require_seen(if_match: str, version: str) -> str:
    """The version that the caller saw, which is the one that stands.

    Raises:
        Refused: changed_meanwhile.
    """
    if if_match.strip() not in ("*", f'"{version}"', f'W/"{version}"'):
        raise Refused(RefusalCode.CHANGED_MEANWHILE)
    return version


def no_such() -> ApiProblem:
    """There is none, or the caller does not see it."""
    return ApiProblem(HTTPStatus.NOT_FOUND, ProblemCode.NO_SUCH_ADDRESS)


def make_cursor(text: str | None) -> str | None:
    """Wrap where the next page begins; None when there is none."""
    return None if text is None else base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> str:
    """Unwrap it; empty for the first page.

    Raises:
        ApiProblem: it is none of ours.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        raise bad_part("query.after") from None
    if "\x00" in text:  # which PostgreSQL does not take
        raise bad_part("query.after")
    return text


def number_after(cursor: str) -> int:
    """The number that the page before ended with; 0 for the first page.

    Raises:
        ApiProblem: the cursor is none of ours.
    """
    written = read_cursor(cursor) or "0"
    if not (
        written.isascii()
        and written.isdigit()
        and len(written) <= len(str(GREATEST_NUMBER))
        and int(written) <= GREATEST_NUMBER
    ):
        raise bad_part("query.after")
    return int(written)


def bad_part(place: str) -> ApiProblem:
    """A part has no form that is taken here."""
    fault = Fault(field=place, code="unreadable", message=place)
    return ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, ProblemCode.INVALID, errors=(fault,))


def answer(said: BaseModel, status: int = HTTPStatus.OK, headers: dict[str, str] | None = None) -> JSONResponse:
    """Write an answer."""
    return JSONResponse(said.model_dump(mode="json"), status, headers=headers)


async def once(
    office: Office,
    caller: Caller,
    key: str | None,
    request: tuple[str | bytes, ...],
    work: Callable[[], Awaitable[Response]],
    hidden: Callable[[dict[str, Any]], dict[str, Any]] = lambda body: body,
) -> Response:
    """Carry a request out, or answer it as the first of the same key was.

    Args:
        request: what makes it the same: method, path, content.
        hidden: takes out of the answer that is kept what may be shown once only.

    Raises:
        KeyRefused: the key cannot be used for this request.
    """
    if key is None:
        return await work()
    token, mark = caller.holder.token.id, answered_requests.fingerprint(*request)
    before = await asyncio.to_thread(answered_requests.claim, office, token, key, mark)
    if before is not None:
        return Response(before.body, before.status, headers=before.headers, media_type="application/json")
    try:
        response = await work()
    except BaseException:
        await asyncio.to_thread(answered_requests.release, office, token, key)
        raise
    kept = KeptAnswer(
        response.status_code,
        _kept_body(response, hidden),
        {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers},
    )
    await asyncio.to_thread(answered_requests.settle, office, token, key, kept)
    return response


async def once_in_thread(
    office: Office,
    caller: Caller,
    key: str | None,
    request: tuple[str | bytes, ...],
    act: Callable[[], Response],
    hidden: Callable[[dict[str, Any]], dict[str, Any]] = lambda body: body,
) -> Response:
    """As `once`, for an act that waits for the database."""

    async def work() -> Response:
        return await asyncio.to_thread(act)

    return await once(office, caller, key, request, work, hidden)


def _kept_body(response: Response, hidden: Callable[[dict[str, Any]], dict[str, Any]]) -> str:
    body = json.loads(bytes(response.body))
    return json.dumps(hidden(body), ensure_ascii=False)
