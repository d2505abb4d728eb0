"""Signing in by the office's OpenID Connect provider: going there, coming back, and leaving there too."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from documents.sentences import refusal_sentence
from models.refusal import Code, Refused
from services import single_sign_on
from services.office import Office
from services.single_sign_on import SingleSignOn
from web.door import browser_of, end_present_session, language_of, safe_next, set_cookie
from web.pages.message import MessageView
from web.rendering import View, page

ATTEMPT_COOKIE: Final = "dondoc_attempt"
PROVIDER_COOKIE: Final = "dondoc_provider"
"""Whoever has it signed in by the provider, and is led there when he signs out."""

RETURN_PATH: Final = "/sign-in/provider/return"


@dataclass(frozen=True)
class SignedOutView(View):
    """That a person is signed out here, and where he ends his session at the provider."""

    provider: str | None


def single_sign_on_routes(office: Office, sign_on: SingleSignOn, base_url: str) -> APIRouter:
    """The routes to the provider and back."""
    router = APIRouter(include_in_schema=False)

    @router.get("/sign-in/provider")
    def go(request: Request, next: str = "/") -> Response:  # noqa: A002 - its name in the address
        try:
            address, state = single_sign_on.begin(office, sign_on, safe_next(next))
        except Refused as refused:
            return _refused(request, office, refused)
        response = RedirectResponse(address, HTTPStatus.SEE_OTHER)
        _keep(request, response, ATTEMPT_COOKIE, state, int(single_sign_on.ATTEMPT_LIVES.total_seconds()))
        return response

    @router.get(RETURN_PATH)
    def come_back(request: Request) -> Response:
        kept = request.cookies.get(ATTEMPT_COOKIE, "")
        try:
            begun = single_sign_on.finish(office, sign_on, dict(request.query_params), kept, browser_of(request))
        except Refused as refused:
            return _refused(request, office, refused)
        end_present_session(request, office)
        response = RedirectResponse(safe_next(begun.wanted), HTTPStatus.SEE_OTHER)
        response.delete_cookie(ATTEMPT_COOKIE, path="/sign-in")
        set_cookie(request, response, begun.secret)
        _keep(request, response, PROVIDER_COOKIE, "1", None, path="/sign-out")
        return response

    @router.get("/signed-out")
    def signed_out(request: Request) -> Response:
        address = single_sign_on.sign_out_address(sign_on, f"{base_url}/sign-in")
        return page("signed_out.html", language_of(request), view=SignedOutView(address))

    return router


def _keep(
    request: Request, response: Response, name: str, value: str, seconds: int | None, path: str = "/sign-in"
) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=secure, path=path)


def _refused(request: Request, office: Office, refused: Refused) -> Response:
    language = language_of(request)
    told = refusal_sentence(refused.code, refused.data, language, office.reference().directory)
    status = HTTPStatus.SERVICE_UNAVAILABLE if refused.code is Code.SINGLE_SIGN_ON_AWAY else HTTPStatus.FORBIDDEN
    return page("message.html", language, view=MessageView(told), status=status)
