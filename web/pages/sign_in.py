"""Coming and going: the sign-in page, signing out, the language."""

import dataclasses
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from documents.language import Language
from documents.sentences import refusal_sentence
from models.refusal import Code, Refused
from models.second_factor import HALF_LIVES
from services import accounts, second_factor
from services.accounts import CodeNeeded, SignedIn
from services.office import Office
from web.door import (
    LANGUAGE_COOKIE,
    browser_of,
    drop_cookie,
    end_present_session,
    language_of,
    safe_next,
    set_cookie,
)
from web.pages.single_sign_on import PROVIDER_COOKIE
from web.rendering import View, page

HALF_COOKIE: Final = "dondoc_half"
"""Of somebody whose password was right and whose code is asked for; it goes to the sign-in pages alone."""

A_YEAR: Final = 31_536_000
"""Seconds for which a browser keeps the language."""


@dataclass(frozen=True)
class SignInView(View):
    """The form, with where it leads, what was typed and why it was refused.

    Attributes:
        forgotten: whether a link for a forgotten password can be asked for.
        provider: whether the office has a single sign-on.
    """

    wanted: str
    forgotten: bool
    provider: bool
    name: str = ""
    refused: str = ""


@dataclass(frozen=True)
class CodeView(View):
    """The form for the code of the second factor, and why the one before was refused."""

    wanted: str
    refused: str = ""


def sign_in_routes(office: Office, *, forgotten: bool = False, provider: bool = False) -> APIRouter:
    """The routes under which people come and go.

    Args:
        forgotten: whether a link for a forgotten password can be asked for.
        provider: whether the office has a single sign-on.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/sign-in")
    def ask(request: Request, next: str = "/") -> Response:  # noqa: A002 - its name in the address
        return page("sign_in.html", language_of(request), view=SignInView(safe_next(next), forgotten, provider))

    @router.post("/sign-in")
    def sign_in(
        request: Request,
        name: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "/",  # noqa: A002
    ) -> Response:
        try:
            secret, begun = accounts.sign_in(office, name, password, browser_of(request))
        except CodeNeeded as half:
            return _asked_for_code(office, request, half.secret, next)
        except Refused as refused:
            return _refused(office, request, refused, SignInView(safe_next(next), forgotten, provider, name[:200]))
        return _let_in(office, request, secret, begun, next)

    @router.post("/sign-out")
    def sign_out(request: Request) -> Response:
        end_present_session(request, office)
        by_provider = provider and PROVIDER_COOKIE in request.cookies
        response = RedirectResponse("/signed-out" if by_provider else "/sign-in", HTTPStatus.SEE_OTHER)
        response.delete_cookie(PROVIDER_COOKIE, path="/sign-out")
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


def code_routes(office: Office) -> APIRouter:
    """The page that asks for the second factor, between the password and everything else."""
    router = APIRouter(include_in_schema=False)

    @router.get("/sign-in/code")
    def ask_for_code(request: Request, next: str = "/") -> Response:  # noqa: A002
        if not second_factor.half_is_open(office, request.cookies.get(HALF_COOKIE, "")):
            return RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
        return page("sign_in_code.html", language_of(request), view=CodeView(safe_next(next)))

    @router.post("/sign-in/code")
    def take_code(
        request: Request,
        code: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "/",  # noqa: A002
    ) -> Response:
        half = request.cookies.get(HALF_COOKIE, "")
        try:
            secret, begun = second_factor.finish_sign_in(office, half, code, browser_of(request))
        except Refused as refused:
            if refused.code is Code.NOT_FOUND:  # the half session is over
                return RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
            told = refusal_sentence(refused.code, refused.data, language_of(request), office.reference().directory)
            return _told("sign_in_code.html", request, refused, CodeView(safe_next(next), told))
        response = _let_in(office, request, secret, begun, next)
        response.delete_cookie(HALF_COOKIE, path="/sign-in")
        return response

    return router


def _asked_for_code(office: Office, request: Request, half: str, wanted: str) -> Response:
    end_present_session(request, office)
    inside = safe_next(wanted)
    address = "/sign-in/code" + (f"?{urlencode({'next': inside})}" if inside != "/" else "")
    response = RedirectResponse(address, HTTPStatus.SEE_OTHER)
    drop_cookie(request, response)
    secure = request.url.scheme == "https"
    seconds = int(HALF_LIVES.total_seconds())
    response.set_cookie(
        HALF_COOKIE, half, max_age=seconds, httponly=True, samesite="lax", secure=secure, path="/sign-in"
    )
    return response


def _let_in(office: Office, request: Request, secret: str, begun: SignedIn, wanted: str) -> Response:
    end_present_session(request, office)  # a cookie that was there before is worth nothing afterwards
    response = RedirectResponse("/password" if begun.must_change else safe_next(wanted), HTTPStatus.SEE_OTHER)
    set_cookie(request, response, secret)
    return response


def _refused(office: Office, request: Request, refused: Refused, view: SignInView) -> Response:
    told = refusal_sentence(refused.code, refused.data, language_of(request), office.reference().directory)
    return _told("sign_in.html", request, refused, dataclasses.replace(view, refused=told))


def _told(template: str, request: Request, refused: Refused, view: View) -> Response:
    wait = refused.data.get("seconds") if refused.code is Code.TOO_MANY_TRIES else None
    return page(
        template,
        language_of(request),
        view=view,
        status=429 if wait else 403,
        headers={"Retry-After": wait} if wait else {},
    )
