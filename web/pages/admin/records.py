"""What was done and by whom: tokens, the audit of administration, and the ledger across directives."""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from database.engine import reading
from documents.audit_words import act_words
from documents.event_sentences import event_sentence
from models.refusal import Refused
from services import tokens as access_tokens
from services.audit import A_PAGE, audited
from services.ledger_search import search_ledger
from services.office import Office
from services.tokens import Token
from web.pages.admin.gate import AdminView, administrator, done_words, led_to, number_of
from web.rendering import Reader, page


@dataclass(frozen=True)
class TokensView(AdminView):
    """All tokens; `now` tells which have ended."""

    tokens: tuple[Token, ...]
    now: dt.datetime


@dataclass(frozen=True)
class AuditLine:
    """One act of administration in words; `said` is what else was noted."""

    at: dt.datetime
    person: str
    act: str
    subject: str
    said: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class AuditView(AdminView):
    """Acts of administration; `after` is the address of the next page."""

    lines: tuple[AuditLine, ...]
    person: str
    text: str
    after: str


@dataclass(frozen=True)
class LedgerLine:
    """One event in words; empty where this release cannot read it."""

    at: dt.datetime | None
    directive: str
    told: str


@dataclass(frozen=True)
class LedgerView(AdminView):
    """Events across directives; `after` is the address of the next page."""

    lines: tuple[LedgerLine, ...]
    person: str
    directive: str
    after: str


def record_routes(office: Office) -> APIRouter:
    """The pages `/admin/tokens`, `/admin/audit` and `/admin/ledger`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/admin/tokens")
    def tokens(request: Request) -> Response:
        reader = administrator(request, office)
        done = done_words(request, reader.language)
        view = TokensView(tuple(access_tokens.listed(office)), office.now(), done=done)
        return page("admin/tokens.html", reader.language, reader, view)

    @router.post("/admin/tokens/revoke")
    def revoke(request: Request, number: Annotated[str, Form()] = "") -> Response:
        reader = administrator(request, office)
        ended = access_tokens.revoke(office, number_of(number) or 0, reader.actor.person)
        return led_to("/admin/tokens", "revoked" if ended else "none")

    @router.get("/admin/audit")
    def audit(request: Request, person: str = "", text: str = "", before: str = "") -> Response:
        reader = administrator(request, office)
        code = _person(reader, person)
        with reading(office.engine) as connection:
            found = audited(connection, person=code or None, text=text.strip(), before=number_of(before))
        lines = tuple(
            AuditLine(
                one.at,
                reader.directory.person_name(one.person),
                act_words(one.act, reader.language),
                one.subject,
                tuple((name, value) for name, value in one.data.items() if value),
            )
            for one in found
        )
        after = _after("/admin/audit", {"person": person, "text": text}, [one.id for one in found])
        view = AuditView(lines, person, text, after)
        return page("admin/audit.html", reader.language, reader, view)

    @router.get("/admin/ledger")
    def ledger(request: Request, person: str = "", directive: str = "", before: str = "") -> Response:
        reader = administrator(request, office)
        code = _person(reader, person)
        with reading(office.engine) as connection:
            found = search_ledger(connection, person=code, directive=directive.strip(), before=number_of(before))
        lines = tuple(
            LedgerLine(
                one.row.at if one.row else None,
                one.directive,
                event_sentence(one.row, reader.directory, reader.language) if one.row else "",
            )
            for one in found
        )
        after = _after("/admin/ledger", {"person": person, "directive": directive}, [one.id for one in found])
        view = LedgerView(lines, person, directive, after)
        return page("admin/ledger.html", reader.language, reader, view)

    return router


def _person(reader: Reader, text: str) -> str:
    """The code of whom a text means; one who has left the directory is found by his code as it was."""
    try:
        return reader.directory.find_person(text).code if text.strip() else ""
    except Refused:
        return text.strip()


def _after(address: str, asked: dict[str, str], ids: list[int]) -> str:
    if len(ids) < A_PAGE:
        return ""
    kept = {name: value for name, value in asked.items() if value}
    return f"{address}?{urlencode({**kept, 'before': ids[-1]})}"
