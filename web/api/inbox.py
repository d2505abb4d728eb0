"""The person's own notices."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field, StrictInt

from database.engine import reading, writing
from documents.office_notice_text import render_inbox
from models.tables import GREATEST_NUMBER
from services.answers import Instant, Said
from services.inbox import InboxItem, inbox_of, mark_numbers_read
from services.office import Office
from web.api.described import PREFIX, problems
from web.api.door import Caller, Reads, Writes
from web.api.parts import Cursor, Given, Limit, TrueOrFalse, bad_part, make_cursor, read_cursor


class NoticeSaid(Said):
    """One notice, with its words."""

    id: int
    at: Instant
    code: str
    kind: str
    level: int
    subject: str
    text: str
    why: str
    read_at: Instant | None


class InboxPage(Said):
    """A page of notices, the newest first."""

    items: tuple[NoticeSaid, ...]
    next: str | None


class ReadGiven(Given):
    """The notices that were read."""

    ids: Annotated[list[Annotated[StrictInt, Field(ge=1, le=GREATEST_NUMBER)]], Field(min_length=1, max_length=500)]


class Marked(Said):
    """How many of them were the person's and unread."""

    marked: int


def inbox_routes(office: Office, base_url: str) -> APIRouter:
    """The routes under `/inbox`."""
    router = APIRouter(prefix=PREFIX, tags=["inbox"])

    @router.get("/inbox", operation_id="listNotices", responses=problems())
    def show(
        caller: Reads,
        unread: Annotated[TrueOrFalse, Query(description="Only those that are unread.")] = "false",
        after: Cursor = "",
        limit: Limit = 50,
    ) -> InboxPage:
        """What the person was told."""
        before = _place(read_cursor(after))
        with reading(office.engine) as connection:
            found = inbox_of(connection, caller.person, unread_only=unread == "true", limit=limit + 1, before=before)
        items = found[:limit]
        following = f"{items[-1].at.isoformat()}|{items[-1].id}" if len(found) > limit else None
        return InboxPage(items=tuple(_said(one, caller, base_url) for one in items), next=make_cursor(following))

    @router.post("/inbox/read", operation_id="markNoticesRead", responses=problems(400, 413, 415))
    def mark(caller: Writes, given: ReadGiven) -> Marked:
        """Mark notices as read; marking twice changes nothing, nor do numbers that are not the person's."""
        with writing(office.engine) as connection:
            now = office.now(office.reference(connection))
            return Marked(marked=mark_numbers_read(connection, caller.person, given.ids, now))

    return router


def _said(item: InboxItem, caller: Caller, base_url: str) -> NoticeSaid:
    told = render_inbox(item.content, caller.holder.reference.directory, caller.language, base_url)
    return NoticeSaid(
        id=item.id,
        at=item.at,
        code=item.code,
        kind=item.kind,
        level=item.level,
        subject=told.subject,
        text=told.text,
        why=told.why,
        read_at=item.read_at,
    )


def _place(text: str) -> tuple[dt.datetime, int] | None:
    if not text:
        return None
    written, _, number = text.partition("|")
    try:
        at, found = dt.datetime.fromisoformat(written), int(number)
    except ValueError:
        raise bad_part("query.after") from None
    if at.tzinfo is None or not 0 <= found <= GREATEST_NUMBER:
        raise bad_part("query.after")
    return at, found
