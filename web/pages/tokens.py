"""A person's own access tokens, and the secret address of his calendar."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from documents.language import N_
from documents.sentences import refusal_sentence
from documents.translation import translated
from models.refusal import Refused
from models.tokens import DEFAULT_DAYS, LONGEST_DAYS, TokenScope
from services import tokens
from services.deadline_calendar import calendar_of
from services.keepers import KEEPERS
from services.office import Office
from services.tokens import Token
from web.door import language_of, reader_of
from web.rendering import Reader, View, page

MEANINGS: Final[dict[TokenScope, str]] = {
    TokenScope.READ: N_("Xem nhiệm vụ, số liệu, thông báo, danh bạ"),
    TokenScope.WRITE: N_("Đăng ký, nhập bảng tính, thực hiện việc trên nhiệm vụ"),
    TokenScope.EVENTS: N_("Theo dõi sự kiện"),
    TokenScope.ADMIN: N_("Quản lý webhook, xem nhật ký quản trị"),
}


@dataclass(frozen=True)
class TokensView(View):
    """The tokens, and what was made just now.

    Attributes:
        scopes: what may be ticked: the value, its meaning, whether it is ticked.
        calendar: the token of the calendar's address that stands, if one does.
        secret: a token that was made just now, shown this once.
        address: a calendar's address that was made just now, shown this once.
    """

    listed: tuple[Token, ...]
    scopes: tuple[tuple[str, str, bool], ...]
    calendar: Token | None
    longest: int = LONGEST_DAYS
    name: str = ""
    days: str = str(DEFAULT_DAYS)
    secret: str = ""
    address: str = ""
    refused: str = ""


@dataclass(frozen=True)
class Made:
    """What a form came to: what was typed, and what was made or why not."""

    name: str = ""
    days: str = str(DEFAULT_DAYS)
    scopes: tuple[str, ...] = (TokenScope.READ.value,)
    secret: str = ""
    address: str = ""
    refused: str = ""


def token_routes(office: Office, base_url: str) -> APIRouter:
    """The pages under `/tokens`, and the calendar."""
    router = APIRouter(include_in_schema=False)

    @router.get("/tokens")
    def show(request: Request) -> Response:
        return _page(office, reader_of(request, office), Made())

    @router.post("/tokens")
    def create(
        request: Request,
        name: Annotated[str, Form()] = "",
        days: Annotated[str, Form()] = "",
        scope: Annotated[list[str] | None, Form()] = None,
    ) -> Response:
        reader = reader_of(request, office)
        person, scopes = reader.actor.person, tuple(scope or ())
        number = int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0
        try:
            _, secret = tokens.create(office, person, name, scopes, number, person)
        except Refused as refused:
            told = refusal_sentence(refused.code, refused.data, reader.language, reader.directory)
            return _page(office, reader, Made(name[:200], days[:20], scopes, refused=told))
        return _page(office, reader, Made(secret=secret))

    @router.post("/tokens/revoke")
    def revoke(request: Request, token: Annotated[str, Form()] = "") -> Response:
        reader = reader_of(request, office)
        own = {str(one.id): one.id for one in tokens.listed(office, reader.actor.person)}
        if token in own:
            tokens.revoke(office, own[token], reader.actor.person)
        return RedirectResponse("/tokens", HTTPStatus.SEE_OTHER)

    @router.post("/tokens/calendar")
    def renew(request: Request) -> Response:
        reader = reader_of(request, office)
        secret = tokens.renew_calendar(office, reader.actor.person)
        base = base_url or str(request.base_url).rstrip("/")
        return _page(office, reader, Made(address=f"{base}/calendar/{secret}.ics"))

    @router.get("/calendar/{secret}.ics")
    def calendar(request: Request, secret: str) -> Response:
        """Answer a calendar program, which knows no sign-in; the address itself is the secret."""
        base = base_url or str(request.base_url).rstrip("/")
        found = calendar_of(office, secret, base, language_of(request))
        if found is None:
            return PlainTextResponse("", HTTPStatus.NOT_FOUND)
        return Response(found, media_type="text/calendar; charset=utf-8")

    return router


def _page(office: Office, reader: Reader, made: Made) -> Response:
    now = office.now()
    living = tuple(one for one in tokens.listed(office, reader.actor.person) if one.lives(now))
    for_calendar = next((one for one in living if one.scopes == (TokenScope.CALENDAR,)), None)
    offered = [scope for scope in MEANINGS if scope is not TokenScope.ADMIN or reader.actor.roles & KEEPERS]
    view = TokensView(
        listed=tuple(one for one in living if one != for_calendar),
        scopes=tuple(
            (scope.value, translated(MEANINGS[scope], reader.language), scope in made.scopes) for scope in offered
        ),
        calendar=for_calendar,
        name=made.name,
        days=made.days,
        secret=made.secret,
        address=made.address,
        refused=made.refused,
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY if made.refused else HTTPStatus.OK
    return page("tokens.html", reader.language, reader, view, status=status)
