"""The calendar of a year: every day, whether it is worked and why; days off, swaps, and confirming the year."""

import calendar as months_of
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from models.calendar import Calendar, CalendarDay, CalendarRow
from models.local_time import local_day
from models.refusal import Code, Refused
from services.office import Office
from services.office_calendar import (
    announced_days,
    confirm_year,
    left_to_replan,
    make_working,
    proposed_days,
    read_day,
    take_back,
    take_off,
)
from web.pages.admin.gate import AdminView, administrator, done_words, keeper, led_to, tried
from web.pages.admin.people import day_or_none
from web.rendering import Reader, page

YEARS = range(2000, 2201)
"""The years for which a calendar can be kept."""

Text = Annotated[str, Form()]


@dataclass(frozen=True)
class Month:
    """One month; `weeks` begin on Monday, and days of other months are None."""

    number: int
    weeks: tuple[tuple[CalendarDay | None, ...], ...]


@dataclass(frozen=True)
class CalendarView(AdminView):
    """A year; `left` open directives are not planned by it yet."""

    year: int
    months: tuple[Month, ...]
    announced: tuple[CalendarDay, ...]
    proposed: tuple[CalendarRow, ...]
    confirmed: bool
    left: int


def calendar_routes(office: Office) -> APIRouter:
    """The pages `/admin/calendar`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/admin/calendar")
    def this_year(request: Request) -> Response:
        keeper(request, office)
        return led_to(f"/admin/calendar/{local_day(office.now()).year}")

    @router.get("/admin/calendar/{year}")
    def shown(request: Request, year: str) -> Response:
        reader = keeper(request, office)
        return _page(office, reader, _year(year), done=done_words(request, reader.language))

    @router.post("/admin/calendar/{year}/off")
    def off(
        request: Request, year: str, first: Text = "", last: Text = "", reason: Text = "", announced_by: Text = ""
    ) -> Response:
        def act(reader: Reader) -> None:
            start = read_day(first)
            end = day_or_none(last) or start
            take_off(office, start, end, reason, announced_by.strip() or None, reader.actor.person)

        typed = {"form": "off", "first": first, "last": last, "reason": reason, "announced_by": announced_by}
        return _act(office, request, year, act, "calendar", typed)

    @router.post("/admin/calendar/{year}/work")
    def work(request: Request, year: str, first: Text = "", reason: Text = "", announced_by: Text = "") -> Response:
        def act(reader: Reader) -> None:
            make_working(office, read_day(first), reason, announced_by.strip() or None, reader.actor.person)

        typed = {"form": "work", "first": first, "reason": reason, "announced_by": announced_by}
        return _act(office, request, year, act, "calendar", typed)

    @router.post("/admin/calendar/{year}/remove")
    def remove(request: Request, year: str, day: Text = "") -> Response:
        return _act(
            office, request, year, lambda reader: take_back(office, read_day(day), reader.actor.person), "calendar", {}
        )

    @router.post("/admin/calendar/{year}/confirm")
    def confirm(request: Request, year: str) -> Response:
        return _act(
            office,
            request,
            year,
            lambda reader: confirm_year(office, _year(year), reader.actor.person),
            "confirmed",
            {},
        )

    return router


def _act(
    office: Office, request: Request, year: str, act: Callable[[Reader], object], done: str, typed: dict[str, str]
) -> Response:
    reader = administrator(request, office)
    number = _year(year)
    faults = tried(reader, lambda: act(reader))
    if faults:
        return _page(office, reader, number, faults=faults, typed=typed)
    return led_to(f"/admin/calendar/{number}", done)


def _year(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) == 4 and int(text) in YEARS):
        raise Refused(Code.NOT_FOUND)
    return int(text)


def _page(
    office: Office,
    reader: Reader,
    year: int,
    *,
    done: str = "",
    faults: tuple[str, ...] = (),
    typed: dict[str, str] | None = None,
) -> Response:
    calendar = office.reference().calendar
    view = CalendarView(
        year=year,
        months=tuple(_month(calendar, year, number) for number in range(1, 13)),
        announced=announced_days(calendar, year),
        proposed=proposed_days(calendar, year),
        confirmed=year in calendar.confirmed_years,
        left=left_to_replan(office),
        done=done,
        faults=faults,
        typed={"form": "", "first": "", "last": "", "reason": "", "announced_by": ""} | (typed or {}),
    )
    return page("admin/calendar.html", reader.language, reader, view, status=view.status)


def _month(calendar: Calendar, year: int, number: int) -> Month:
    weeks = months_of.Calendar().monthdayscalendar(year, number)
    return Month(
        number,
        tuple(tuple(calendar.lookup(dt.date(year, number, day)) if day else None for day in week) for week in weeks),
    )
