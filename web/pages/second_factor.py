"""One's own second factor: setting it up, new recovery codes, switching it off."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from documents.sentences import refusal_sentence
from models.refusal import Code, Refused
from services import second_factor
from services.office import Office
from services.second_factor import Standing
from web.door import reader_of
from web.qr_code import QrCode, qr_code
from web.rendering import Reader, View, page

NO_STORE = {"Cache-Control": "no-store"}
"""Secrets stand on this page."""

Text = Annotated[str, Form()]


@dataclass(frozen=True)
class SecondFactorView(View):
    """How it stands.

    Attributes:
        codes: recovery codes that were made just now, shown this once.
        done: it was just switched off.
    """

    standing: Standing
    qr: QrCode | None
    codes: tuple[str, ...] = ()
    refused: str = ""
    done: bool = False


def second_factor_routes(office: Office) -> APIRouter:
    """The page `/second-factor`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/second-factor")
    def shown(request: Request, done: str = "") -> Response:
        return _page(office, _reader(request, office), done=done == "off")

    @router.post("/second-factor/begin")
    def begin(request: Request) -> Response:
        reader = _reader(request, office)
        second_factor.begin(office, reader.actor.person)
        return RedirectResponse("/second-factor", HTTPStatus.SEE_OTHER)

    @router.post("/second-factor/on")
    def switch_on(request: Request, password: Text = "", code: Text = "") -> Response:
        reader = _reader(request, office)
        return _codes(office, reader, lambda: second_factor.switch_on(office, reader.signed_in, password, code))

    @router.post("/second-factor/change")
    def change(request: Request, act: Text = "", password: Text = "", code: Text = "") -> Response:
        reader = _reader(request, office)
        person = reader.actor.person
        if act != "off":
            return _codes(office, reader, lambda: second_factor.renew_codes(office, person, password, code))
        try:
            second_factor.switch_off(office, person, password, code)
        except Refused as refused:
            return _refused(office, reader, refused)
        return RedirectResponse("/second-factor?done=off", HTTPStatus.SEE_OTHER)

    return router


def _reader(request: Request, office: Office) -> Reader:
    return reader_of(request, office, may_lack_second_factor=True)


def _codes(office: Office, reader: Reader, act: Callable[[], tuple[str, ...]]) -> Response:
    try:
        codes = act()
    except Refused as refused:
        return _refused(office, reader, refused)
    return _page(office, reader, codes=codes)


def _refused(office: Office, reader: Reader, refused: Refused) -> Response:
    told = refusal_sentence(refused.code, refused.data, reader.language, reader.directory)
    wait = refused.data.get("seconds") if refused.code is Code.TOO_MANY_TRIES else None
    return _page(office, reader, refused=told, wait=wait)


def _page(
    office: Office,
    reader: Reader,
    *,
    codes: tuple[str, ...] = (),
    refused: str = "",
    done: bool = False,
    wait: str | None = None,
) -> Response:
    standing = second_factor.standing_of(office, reader.actor.person)
    drawn = qr_code(standing.setup.address) if standing.setup else None
    view = SecondFactorView(standing, drawn, codes, refused, done and standing.since is None)
    status = HTTPStatus.TOO_MANY_REQUESTS if wait else HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    headers = NO_STORE | ({"Retry-After": wait} if wait else {})
    return page("second_factor.html", reader.language, reader, view, status=status, headers=headers)
