"""A forgotten password: asking for the link, and setting a new password by it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Form
from starlette.requests import Request
from starlette.responses import Response

from documents.language import N_, Language, sentence
from documents.sentences import refusal_sentence
from models.refusal import Code, Refused
from services import forgotten_password
from services.forgotten_password import Mailing, send_link
from services.office import Office
from web.door import browser_of, language_of
from web.rendering import View, page


@dataclass(frozen=True)
class ForgottenView(View):
    """The form; `asked` once somebody asked, whoever it was."""

    asked: bool = False


@dataclass(frozen=True)
class ResetView(View):
    """The form for the new password; not `open` when the link is used or too old, `done` once it is set."""

    secret: str
    open: bool
    refused: str = ""
    done: bool = False


def forgotten_routes(office: Office, mailing: Mailing) -> APIRouter:
    """The routes of who cannot sign in."""
    router = APIRouter(include_in_schema=False)

    @router.get("/forgotten")
    def ask_for_link(request: Request) -> Response:
        return page("forgotten.html", language_of(request), view=ForgottenView())

    @router.post("/forgotten")
    def send(request: Request, later: BackgroundTasks, name: Annotated[str, Form()] = "") -> Response:
        # After the answer, which so is the same and takes as long whoever is named.
        later.add_task(send_link, office, mailing, name, browser_of(request), language_of(request))
        answer = page("forgotten.html", language_of(request), view=ForgottenView(asked=True))
        answer.background = later
        return answer

    @router.get("/reset/{secret}")
    def ask_for_password(request: Request, secret: str) -> Response:
        return _reset_page(language_of(request), ResetView(secret, forgotten_password.reset_is_open(office, secret)))

    @router.post("/reset/{secret}")
    def set_password(
        request: Request, secret: str, new: Annotated[str, Form()] = "", again: Annotated[str, Form()] = ""
    ) -> Response:
        language = language_of(request)
        if new != again:
            told = sentence(N_("Hai lần nhập mật khẩu mới không giống nhau."), language)
            return _reset_page(language, ResetView(secret, open=True, refused=told))
        try:
            forgotten_password.finish_reset(office, secret, new)
        except Refused as refused:
            if refused.code is Code.NOT_FOUND:
                return _reset_page(language, ResetView(secret, open=False))
            told = refusal_sentence(refused.code, refused.data, language, office.reference().directory)
            return _reset_page(language, ResetView(secret, open=True, refused=told))
        return _reset_page(language, ResetView(secret, open=False, done=True))

    return router


def _reset_page(language: Language, view: ResetView) -> Response:
    status = 422 if view.refused else 200 if view.open or view.done else 404
    return page("reset.html", language, view=view, status=status)
