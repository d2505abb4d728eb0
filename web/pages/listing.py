"""The list of directives; its filter is in the address."""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter
from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import Response

from database.engine import reading
from database.figures import Filter
from database.reference import Reference
from documents.sentences import refusal_sentence
from models.refusal import Refused
from models.tables import DIRECTIVE
from models.vocabulary import Status, Timeliness
from services.asking import list_directives
from services.filters import make_filter
from services.office import Office
from web.door import reader_of
from web.pages.lines import Line, line_of
from web.rendering import Reader, View, page

A_PAGE: Final = 50
FILTERS: Final = ("timeliness", "status", "agency", "field", "leader", "text")


@dataclass(frozen=True)
class ListView(View):
    """A page of the list, with the filter that made it."""

    lines: tuple[Line, ...]
    given: dict[str, str]
    total: int
    number: int
    pages: int
    before: str
    after: str
    refused: str
    statuses: tuple[Status, ...]
    judgements: tuple[Timeliness, ...]
    agencies: tuple[str, ...]
    fields: tuple[str, ...]


def filter_of(given: Mapping[str, str], reader: Reader, reference: Reference, now: dt.datetime) -> Filter:
    """Read the filter of an address, within what the reader sees.

    Raises:
        Refused: a name that nobody knows.
    """
    asked = {name: given.get(name, "") for name in FILTERS}
    found = make_filter(asked, reference, now, open_only=given.get("all") != "1")
    return dataclasses.replace(found, scope=reader.scope)


def listing_routes(office: Office) -> APIRouter:
    """The page `/directives`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/directives")
    def listed(request: Request) -> Response:
        return _list_page(office, reader_of(request, office), dict(request.query_params))

    return router


def _list_page(office: Office, reader: Reader, given: Mapping[str, str]) -> Response:
    number = max(1, int(given["page"])) if given.get("page", "").isdigit() else 1
    lines: tuple[Line, ...] = ()
    total, told = 0, ""
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        try:
            only = filter_of(given, reader, reference, now)
        except Refused as refused:
            told = refusal_sentence(refused.code, refused.data, reader.language, reader.directory)
        else:
            count = select(func.count()).select_from(DIRECTIVE).where(*only.conditions(now))
            total = connection.execute(count).scalar_one()
            found = list_directives(connection, only, now, A_PAGE, (number - 1) * A_PAGE)
            lines = tuple(line_of(standing, reference, now, reader.language) for standing in found)
    pages = max(1, -(-total // A_PAGE))
    kept = {name: value for name, value in given.items() if value and name in (*FILTERS, "all")}
    view = ListView(
        lines=lines,
        given={name: given.get(name, "") for name in (*FILTERS, "all")},
        total=total,
        number=number,
        pages=pages,
        before=_address(kept, number - 1) if number > 1 else "",
        after=_address(kept, number + 1) if number < pages else "",
        refused=told,
        statuses=tuple(Status),
        judgements=tuple(Timeliness),
        agencies=tuple(sorted(agency.name for agency in reference.directory.agencies)),
        fields=tuple(one.name for one in reference.directory.fields),
    )
    return page("directives.html", reader.language, reader, view, status=422 if told else 200)


def _address(kept: Mapping[str, str], number: int) -> str:
    return "/directives?" + urlencode({**kept, "page": number})
