"""The board of what the person sees."""

import dataclasses
import datetime as dt

from fastapi import APIRouter

from database.engine import reading
from database.figures import Filter
from services.answers import BoardSaid, Said, board_said
from services.asking import board
from services.filters import make_filter
from services.office import Office
from services.succession import figures_by_successor
from services.trends import Trends
from web.api.described import PREFIX, problems
from web.api.directives import DayAsked
from web.api.door import Reads
from web.api.parts import Searched


class WeekSaid(Said):
    """One week; what was overdue at its end, or is now."""

    first: dt.date
    last: dt.date
    entered: int
    completed: int
    overdue: int


class Weeks(Said):
    """The last 26 weeks, the running one last."""

    items: tuple[WeekSaid, ...]


def board_routes(office: Office) -> APIRouter:
    """The routes under `/board`."""
    router = APIRouter(prefix=PREFIX, tags=["board"])
    trends = Trends()

    @router.get("/board", operation_id="getBoard", responses=problems())
    def show(
        caller: Reads,
        agency: Searched = "",
        field: Searched = "",
        leader: Searched = "",
        due_from: DayAsked = None,
        due_until: DayAsked = None,
        registered_from: DayAsked = None,
        registered_until: DayAsked = None,
    ) -> BoardSaid:
        """Figures at one instant; every group adds up to its total. The filters narrow as those of the list."""
        given = {"agency": agency, "field": field, "leader": leader}
        days = {"due_from": due_from, "due_until": due_until}
        days |= {"registered_from": registered_from, "registered_until": registered_until}
        given |= {name: day.isoformat() for name, day in days.items() if day is not None}
        with reading(office.engine) as connection:
            reference = office.reference(connection)
            now = office.now(reference)
            only = make_filter(given, reference, now, open_only=False)
            only = dataclasses.replace(only, scope=caller.holder.sight)
            whole = board(connection, now, only)
            succeeded = figures_by_successor(connection, reference, now, only)
        return board_said(whole, succeeded, reference.directory)

    @router.get("/board/weeks", operation_id="getBoardWeeks", responses=problems())
    def weeks(caller: Reads) -> Weeks:
        """How the last weeks went, of what the person sees: entered, completed, overdue at the end of each."""
        only = Filter(scope=caller.holder.sight)
        with reading(office.engine) as connection:
            now = office.now(office.reference(connection))
            overdue = board(connection, now, only).figures.overdue
            found = trends.weeks(connection, now, only, overdue)
        return Weeks(items=tuple(WeekSaid(**vars(week)) for week in found))

    return router
