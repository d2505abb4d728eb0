"""The first page of the administration: is all well, what waits, and the way to everything else."""

import asyncio
import datetime as dt
from dataclasses import dataclass

from fastapi import APIRouter
from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import Response

from database.engine import reading
from database.measures import Measures, measure
from models.tables import COMMAND
from services.keepers import open_directives
from services.office import Office
from services.office_calendar import left_to_replan, unconfirmed_years
from services.operations import Operation, list_operations
from web.examination import Examination, Examined
from web.health import Check, Health
from web.pages.admin.gate import AdminView, administrator, done_words, keeper
from web.rendering import Reader, page


@dataclass(frozen=True)
class Finding:
    """What one check of the whole system found."""

    ok: bool
    sentence: str


@dataclass(frozen=True)
class OverviewView(AdminView):
    """Health and figures; `unconfirmed` are the years whose calendar nobody has confirmed.

    Attributes:
        examined_at: when the whole system was examined; None while the first examination is under way.
        findings: what it found beside `checks`, what needs somebody first.
    """

    checks: tuple[Check, ...]
    examined_at: dt.datetime | None
    findings: tuple[Finding, ...]
    measures: Measures
    unconfirmed: tuple[int, ...]
    left: int
    year: int


@dataclass(frozen=True)
class OperationsView(AdminView):
    """What goes on in the background: `left` of `open` are not planned anew yet, `moving` wait to change agency."""

    operations: tuple[Operation, ...]
    left: int
    open: int
    moving: int


def overview_routes(office: Office, health: Health, examination: Examination) -> APIRouter:
    """The pages `/admin` and `/admin/operations`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/admin")
    async def overview(request: Request) -> Response:
        reader = await asyncio.to_thread(keeper, request, office)
        found, examined = await asyncio.gather(health.look(reader.language), examination.look())
        return await asyncio.to_thread(_overview, request, office, reader, found.checks, examined)

    @router.get("/admin/operations")
    def background(request: Request) -> Response:
        reader = administrator(request, office)
        left = left_to_replan(office)
        with reading(office.engine) as connection:
            moving = select(func.count()).where(COMMAND.c.state == "pending", COMMAND.c.kind == "succeed")
            view = OperationsView(
                tuple(list_operations(connection, office.now(office.reference(connection)))),
                left,
                open_directives(connection),
                connection.execute(moving).scalar_one(),
            )
        return page("admin/operations.html", reader.language, reader, view)

    return router


def _overview(
    request: Request, office: Office, reader: Reader, checks: tuple[Check, ...], examined: Examined | None
) -> Response:
    left = left_to_replan(office)
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        view = OverviewView(
            checks,
            examined.at if examined else None,
            _findings(examined, checks, reader) if examined else (),
            measure(connection, now),
            unconfirmed_years(reference, _years(now)),
            left,
            now.year,
            done=done_words(request, reader.language),
        )
    return page("admin/overview.html", reader.language, reader, view)


def _findings(examined: Examined, shown: tuple[Check, ...], reader: Reader) -> tuple[Finding, ...]:
    """What the examination found beside what is shown already, what needs somebody first."""
    known = {one.name for one in shown}
    found = (Finding(one.ok, one.said.explain(reader.language)) for one in examined.checks if one.name not in known)
    return tuple(sorted(found, key=lambda one: one.ok))


def _years(now: dt.datetime) -> tuple[int, int]:
    return now.year, now.year + 1
