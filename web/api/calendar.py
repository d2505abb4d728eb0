"""Changing the calendar: days off, days worked, taking one back, confirming a year; for administrators."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import ConfigDict

from services.answers import DaySaid, Said, day_said
from services.office import Office
from services.office_calendar import CalendarChange, confirm_year, make_working, take_back, take_off
from web.api.described import PREFIX, problems
from web.api.door import Keeps
from web.api.parts import AnyDay, Day, Given, IdempotencyKey, Line, answer, no_such, once_in_thread

Year = Annotated[int, Path(ge=2000, le=2200)]


class DaysOffGiven(Given):
    """A holiday: one day, or all days from the first to the last."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"first": "2027-02-05", "last": "2027-02-11", "reason": "Tết Nguyên đán"}]}
    )

    first: Day
    last: Day | None = None
    reason: Line
    announced_by: Line = ""


class DayWorkedGiven(Given):
    """A day that is worked though it is none of the plain week, such as a swapped Saturday."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"day": "2027-02-20", "reason": "Làm bù ngày 12/02", "announced_by": "1/TB"}]}
    )

    day: Day
    reason: Line
    announced_by: Line = ""


class CalendarChanged(Said):
    """The days that are known otherwise now, and how many open directives are planned anew because of them."""

    days: tuple[DaySaid, ...]
    replanned: int


class YearConfirmed(Said):
    """A year whose days somebody has checked."""

    year: int
    confirmed: bool


def calendar_routes(office: Office) -> APIRouter:
    """The routes that change the calendar."""
    router = APIRouter(prefix=PREFIX, tags=["calendar and policy"])

    @router.post(
        "/days-off",
        operation_id="takeDaysOff",
        response_model=CalendarChanged,
        responses=problems(400, 409, 413, 415),
    )
    async def off(caller: Keeps, given: DaysOffGiven, key: IdempotencyKey = None) -> Response:
        """Enter a holiday; days that stood already are replaced."""

        def act() -> Response:
            last, announced = given.last or given.first, given.announced_by or None
            return _told(take_off(office, given.first, last, given.reason, announced, caller.person))

        return await once_in_thread(office, caller, key, ("POST", "/days-off", given.model_dump_json()), act)

    @router.post(
        "/days-worked",
        operation_id="makeDayWorked",
        response_model=CalendarChanged,
        responses=problems(400, 409, 413, 415),
    )
    async def worked(caller: Keeps, given: DayWorkedGiven, key: IdempotencyKey = None) -> Response:
        """Enter a day that is worked."""

        def act() -> Response:
            return _told(make_working(office, given.day, given.reason, given.announced_by or None, caller.person))

        return await once_in_thread(office, caller, key, ("POST", "/days-worked", given.model_dump_json()), act)

    @router.delete("/calendar-days/{day}", operation_id="takeDayBack", responses=problems(404))
    def back(caller: Keeps, day: Annotated[AnyDay, Path(examples=["2027-02-05"])]) -> CalendarChanged:
        """Take an announced day back: the plain week decides again."""
        found = take_back(office, day, caller.person)
        if found is None:
            raise no_such()
        return _said(found)

    @router.put("/calendar/{year}/confirmed", operation_id="confirmCalendarYear", responses=problems())
    def confirm(caller: Keeps, year: Year) -> YearConfirmed:
        """Note that a year's days were checked; it changes no day, and a second time nothing at all."""
        confirm_year(office, year, caller.person)
        return YearConfirmed(year=year, confirmed=True)

    return router


def _said(change: CalendarChange) -> CalendarChanged:
    return CalendarChanged(days=tuple(map(day_said, change.days)), replanned=change.replanned)


def _told(change: CalendarChange) -> Response:
    return answer(_said(change), HTTPStatus.OK)
