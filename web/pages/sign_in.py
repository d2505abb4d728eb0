"""Coming and going: the sign-in page, signing out, the language."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from documents.language import Language
from documents.sentences import refusal_sentence
from models.refusal import Code, Refused
from services import accounts
from services.office import Office
from web.door import (
    LANGUAGE_COOKIE,
    browser_of,
    cookie_name,
    drop_cookie,
    language_of,
    safe_next,
    set_cookie,
)
from web.rendering import View, page

A_YEAR: Final = 31_536_000
"""Seconds for which a browser keeps the language."""


@dataclass(frozen=True)
class SignInView(View):
    """The form, with where it leads, what was typed and why it was refused."""

    wanted: str
    name: str = ""
    refused: str = ""


def sign_in_routes(office: Office) -> APIRouter:
    """The routes under which people come and go."""
    router = APIRouter(include_in_schema=False)

    @router.get("/sign-in")
    def ask(request: Request, next: str = "/") -> Response:  # noqa: A002 - its name in the address
        return page("sign_in.html", language_of(request), view=SignInView(safe_next(next)))

    @router.post("/sign-in")
    def sign_in(
        request: Request,
        name: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "/",  # noqa: A002
    ) -> Response:
        try:
            secret, begun = accounts.sign_in(office, name, password, browser_of(request))
        except Refused as refused:
            return _refused(office, request, refused, SignInView(safe_next(next), name[:200]))
        _end_present_session(office, request)  # a cookie that was there before is worth nothing afterwards
        response = RedirectResponse("/password" if begun.must_change else safe_next(next), HTTPStatus.SEE_OTHER)
        set_cookie(request, response, secret)
        return response

    @router.post("/sign-out")
    def sign_out(request: Request) -> Response:
        _end_present_session(office, request)
        response = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
        drop_cookie(request, response)
        return response

    @router.post("/language")
    def choose_language(
        request: Request,
        language: Annotated[str, Form()] = "vi",
        next: Annotated[str, Form()] = "/",  # noqa: A002
    ) -> Response:
        response = RedirectResponse(safe_next(next), HTTPStatus.SEE_OTHER)
        if language in list(Language):
            secure = request.url.scheme == "https"
            response.set_cookie(LANGUAGE_COOKIE, language, max_age=A_YEAR, samesite="lax", secure=secure, path="/")
        return response

    return router


def _refused(office: Office, request: Request, refused: Refused, view: SignInView) -> Response:
    language = language_of(request)
    told = refusal_sentence(refused.code, refused.data, language, office.reference().directory)
    wait = refused.data.get("seconds") if refused.code is Code.TOO_MANY_TRIES else None
    return page(
        "sign_in.html",
        language,
        view=SignInView(view.wanted, view.name, told),
        status=429 if wait else 403,
        headers={"Retry-After": wait} if wait else {},
    )


def _end_present_session(office: Office, request: Request) -> None:
    secret = request.cookies.get(cookie_name(request))
    found = accounts.signed_in(office, secret) if secret else None
    if found is not None:
        accounts.end_session(office, found.person, found.session)
