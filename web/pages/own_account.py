"""A person's own account: the password and the sessions."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from documents.language import N_, sentence
from documents.sentences import refusal_sentence
from models.refusal import Refused
from services import accounts
from services.accounts import Session
from services.office import Office
from web.door import reader_of
from web.rendering import Reader, View, page


@dataclass(frozen=True)
class PasswordView(View):
    """The form; `done` once the password was changed."""

    refused: str = ""
    done: bool = False


@dataclass(frozen=True)
class SessionsView(View):
    """From where a person is signed in."""

    sessions: tuple[Session, ...]


def own_account_routes(office: Office) -> APIRouter:
    """The routes for one's own account."""
    router = APIRouter(include_in_schema=False)

    @router.get("/password")
    def ask_new_password(request: Request) -> Response:
        reader = reader_of(request, office, may_have_old_password=True, may_lack_second_factor=True)
        return page("password.html", reader.language, reader, PasswordView())

    @router.post("/password")
    def change_password(
        request: Request,
        old: Annotated[str, Form()] = "",
        new: Annotated[str, Form()] = "",
        again: Annotated[str, Form()] = "",
    ) -> Response:
        reader = reader_of(request, office, may_have_old_password=True, may_lack_second_factor=True)
        refused = _changed(office, reader, old, new, again)
        view = PasswordView(refused, done=not refused)
        return page("password.html", reader.language, reader, view, status=422 if refused else 200)

    @router.get("/sessions")
    def sessions(request: Request) -> Response:
        reader = reader_of(request, office)
        view = SessionsView(tuple(accounts.sessions_of(office, reader.actor.person)))
        return page("sessions.html", reader.language, reader, view)

    @router.post("/sessions/end")
    def end_session(request: Request, session: Annotated[str, Form()] = "") -> Response:
        reader = reader_of(request, office)
        accounts.end_session(office, reader.actor.person, session)
        return RedirectResponse("/sessions", HTTPStatus.SEE_OTHER)

    return router


def _changed(office: Office, reader: Reader, old: str, new: str, again: str) -> str:
    """Change the password; returns why that was refused, empty when it was done."""
    if new != again:
        return sentence(N_("Hai lần nhập mật khẩu mới không giống nhau."), reader.language)
    try:
        accounts.change_password(office, reader.signed_in, old, new)
    except Refused as refused:
        return refusal_sentence(refused.code, refused.data, reader.language, reader.directory)
    return ""
