"""A person's notices, the newest first; what was shown is marked as read when he says so."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from database.engine import reading, writing
from documents.notice_text import NoticeText
from documents.office_notice_text import render_inbox
from models.notices import NoticeContent
from services.inbox import InboxItem, inbox_of, mark_read
from services.office import Office
from web.door import reader_of
from web.rendering import Reader, View, page

SHOWN: Final = 50
MOST_PAGES: Final = 1_000


@dataclass(frozen=True)
class Shown:
    """A notice with its words; `code` is of the directive to open, empty where it is about none."""

    item: InboxItem
    text: NoticeText
    code: str


@dataclass(frozen=True)
class InboxView(View):
    """A page of notices."""

    notices: tuple[Shown, ...]
    unread_only: bool
    number: int
    more: bool


def inbox_routes(office: Office, base_url: str) -> APIRouter:
    """The page `/inbox`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/inbox")
    def show(request: Request) -> Response:
        given = request.query_params
        wanted = given.get("page", "")
        number = min(MOST_PAGES, max(1, int(wanted[:6]))) if wanted.isascii() and wanted.isdigit() else 1
        return _show(office, reader_of(request, office), base_url, number, unread_only=given.get("unread") == "1")

    @router.post("/inbox/read")
    def mark(
        request: Request,
        shown: Annotated[list[int] | None, Form()] = None,
        unread: Annotated[str, Form()] = "",
    ) -> Response:
        reader = reader_of(request, office)
        chosen = frozenset(shown or ())
        with writing(office.engine) as connection:
            unseen = inbox_of(connection, reader.actor.person, unread_only=True)
            seen = [item for item in unseen if item.id in chosen]
            mark_read(connection, reader.actor.person, seen, office.now(office.reference(connection)))
        return RedirectResponse("/inbox?unread=1" if unread == "1" else "/inbox", HTTPStatus.SEE_OTHER)

    return router


def _show(office: Office, reader: Reader, base_url: str, number: int, *, unread_only: bool) -> Response:
    person = reader.actor.person
    with reading(office.engine) as connection:
        found = inbox_of(connection, person, unread_only=unread_only, limit=SHOWN + 1, offset=(number - 1) * SHOWN)
    notices = tuple(
        Shown(
            item,
            render_inbox(item.content, reader.directory, reader.language, base_url),
            item.code if isinstance(item.content, NoticeContent) else "",
        )
        for item in found[:SHOWN]
    )
    view = InboxView(notices, unread_only, number, more=len(found) > SHOWN)
    return page("inbox.html", reader.language, reader, view)
