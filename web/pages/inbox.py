"""A person's notices, the newest first; what was shown is marked as read when he says so."""

from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from database.engine import reading, writing
from documents.notice_text import NoticeText
from documents.office_notice_text import render_inbox
from services.asking import InboxItem, inbox_of, mark_read
from services.office import Office
from web.door import reader_of
from web.rendering import View, page

SHOWN = 50


@dataclass(frozen=True)
class InboxView(View):
    """Notices with their words."""

    items: tuple[tuple[InboxItem, NoticeText], ...]


def inbox_routes(office: Office, base_url: str) -> APIRouter:
    """The page `/inbox`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/inbox")
    def show(request: Request) -> Response:
        reader = reader_of(request, office)
        with reading(office.engine) as connection:
            found = inbox_of(connection, reader.actor.person, limit=SHOWN)
        items = tuple((item, render_inbox(item.content, reader.directory, reader.language, base_url)) for item in found)
        return page("inbox.html", reader.language, reader, InboxView(items))

    @router.post("/inbox/read")
    def mark(request: Request) -> Response:
        reader = reader_of(request, office)
        with writing(office.engine) as connection:
            shown = inbox_of(connection, reader.actor.person, limit=SHOWN)
            mark_read(connection, reader.actor.person, shown, office.now(office.reference(connection)))
        return RedirectResponse("/inbox", HTTPStatus.SEE_OTHER)

    return router
