"""The first page: what waits for this person, by his role, the most pressing first."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from database.engine import reading
from database.figures import Filter
from database.reference import Reference
from documents.language import N_
from models.directive import Directive
from models.vocabulary import Role, Status, Timeliness
from services.asking import Standing, list_directives
from services.office import Office
from web.door import reader_of
from web.pages.lines import Line, line_of
from web.rendering import Reader, View, page

SHOWN = 8
"""Directives that one card names; the list behind it has all."""


@dataclass(frozen=True)
class Card:
    """What waits for one kind of act."""

    title: str
    number: int
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class WorkView(View):
    """What waits for this person."""

    cards: tuple[Card, ...]


def work_routes(office: Office) -> APIRouter:
    """The page `/`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def my_work(request: Request) -> Response:
        reader = reader_of(request, office)
        with reading(office.engine) as connection:
            reference = office.reference(connection)
            now = office.now(reference)
            cards = cards_of(connection, reader, reference, now)
        return page("work.html", reader.language, reader, WorkView(cards))

    return router


def cards_of(connection: Connection, reader: Reader, reference: Reference, now: dt.datetime) -> tuple[Card, ...]:
    """What waits for this person; cards with nothing on them are left out."""
    only = dataclasses.replace(Filter(open_only=True), scope=reader.scope)
    standings = list(list_directives(connection, only, now))
    cards = []
    for title, belongs in _kinds(reader):
        found = [standing for standing in standings if belongs(standing)]
        lines = tuple(line_of(standing, reference, now, reader.language) for standing in found[:SHOWN])
        cards.append(Card(title, len(found), lines))
    return tuple(card for card in cards if card.number)


def _kinds(reader: Reader) -> list[tuple[str, Callable[[Standing], bool]]]:
    agencies, roles = reader.actor.agencies, reader.actor.roles
    kinds: list[tuple[str, Callable[[Standing], bool]]] = []
    if Role.AGENCY in roles:

        def mine(directive: Directive) -> bool:
            return directive.lead_agency in agencies

        kinds += [
            (N_("Chờ tiếp nhận"), lambda s: mine(s.directive) and s.directive.status is Status.ASSIGNED),
            (N_("Quá hạn"), lambda s: mine(s.directive) and s.timeliness is Timeliness.OVERDUE),
            (N_("Sắp đến hạn"), lambda s: mine(s.directive) and s.timeliness is Timeliness.DUE_SOON),
            (N_("Phải giải trình"), lambda s: mine(s.directive) and s.directive.explanation is not None),
            (N_("Được đề nghị phối hợp"), lambda s: _asked_to_contribute(s, agencies)),
        ]
    if Role.SECRETARIAT in roles:
        kinds += [
            (N_("Chờ phân công"), lambda s: s.directive.status in (Status.REGISTERED, Status.DECLINED)),
            (N_("Kết quả chờ thẩm định"), lambda s: s.directive.status is Status.SUBMITTED),
            (N_("Xin gia hạn chờ quyết định"), lambda s: s.directive.extension is not None),
            (N_("Chờ khởi tạo"), lambda s: s.awaiting_start),
            (N_("Quá hạn"), lambda s: s.timeliness is Timeliness.OVERDUE),
        ]
    if Role.LEADER in roles:
        kinds += [
            (N_("Đã báo cáo vượt cấp đến lãnh đạo"), lambda s: s.directive.escalation_level >= 3),
            (N_("Chờ quyết định của lãnh đạo"), lambda s: s.directive.extension is not None),
            (N_("Quá hạn"), lambda s: s.timeliness is Timeliness.OVERDUE),
        ]
    return kinds


def _asked_to_contribute(standing: Standing, agencies: Iterable[str]) -> bool:
    directive = standing.directive
    return any(
        agency in directive.coordinating_agencies and agency not in directive.contributions for agency in agencies
    )
