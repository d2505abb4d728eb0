"""Coming and going: the sign-in page, signing out, the language."""

import dataclasses
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
    drop_cookie,
    end_present_session,
    language_of,
    safe_next,
    set_cookie,
)
from web.pages.single_sign_on import PROVIDER_COOKIE
from web.rendering import View, page

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
        except Refused as refused:
            return _refused(office, request, refused, SignInView(safe_next(next), forgotten, provider, name[:200]))
        end_present_session(request, office)  # a cookie that was there before is worth nothing afterwards
        response = RedirectResponse("/password" if begun.must_change else safe_next(next), HTTPStatus.SEE_OTHER)
        set_cookie(request, response, secret)
        return response

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


def _refused(office: Office, request: Request, refused: Refused, view: SignInView) -> Response:
    language = language_of(request)
    told = refusal_sentence(refused.code, refused.data, language, office.reference().directory)
    wait = refused.data.get("seconds") if refused.code is Code.TOO_MANY_TRIES else None
    return page(
        "sign_in.html",
        language,
        view=dataclasses.replace(view, refused=told),
        status=429 if wait else 403,
        headers={"Retry-After": wait} if wait else {},
    )
