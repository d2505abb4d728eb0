"""What the office goes by: agencies, people and fields, the calendar, the policy."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from models.directory import Agency, FieldOfWork
from models.local_time import local_day
from services.answers import DaySaid, Instant, PersonSaid, Said, day_said, person_said
from services.directories import find_agencies, find_people
from services.office import Office
from services.office_calendar import announced_days, proposed_days
from services.policies import policy_in_force
from web.api.described import PREFIX, problems, version_tag
from web.api.door import Caller, Reads
from web.api.parts import Searched, TrueOrFalse, answer, tag

All = Annotated[TrueOrFalse, Query(alias="all", description="Those too that do not count today.")]


class Agencies(Said):
    """Agencies, in the directory's order."""

    items: tuple[Agency, ...]


class People(Said):
    """People, by name."""

    items: tuple[PersonSaid, ...]


class Fields(Said):
    """Fields of work (lĩnh vực)."""

    items: tuple[FieldOfWork, ...]


class ProposedSaid(Said):
    """A day that this release proposes and that nobody has entered; it decides nothing."""

    day: dt.date
    working: bool
    reason: str


class YearSaid(Said):
    """The announced days of a year; all others follow the plain week."""

    year: int
    confirmed: bool
    days: tuple[DaySaid, ...]
    proposed: tuple[ProposedSaid, ...]


class PolicySaid(Said):
    """The policy in force, as it was written (YAML)."""

    version: int
    name: str
    since: Instant
    activated_by: str
    text: str


def office_routes(office: Office) -> APIRouter:
    """The routes for directory, calendar and policy."""
    router = APIRouter(prefix=PREFIX, tags=["office"], responses=problems())

    @router.get("/agencies", operation_id="listAgencies")
    def agencies(caller: Reads, text: Searched = "", everything: All = "false") -> Agencies:
        """Agencies, found by code, name or alias."""
        found = find_agencies(caller.holder.reference.directory, text, _today(caller), everything=everything == "true")
        return Agencies(items=found)

    @router.get("/people", operation_id="listPeople")
    def people(caller: Reads, text: Searched = "", everything: All = "false") -> People:
        """People with the posts that they hold today, found by code, name, address or agency."""
        directory = caller.holder.reference.directory
        found = find_people(directory, text, _today(caller), everybody=everything == "true")
        return People(items=tuple(person_said(one, directory) for one in found))

    @router.get("/fields", operation_id="listFields")
    def fields(caller: Reads) -> Fields:
        """Fields, with who is in charge and who follows them."""
        return Fields(items=caller.holder.reference.directory.fields)

    @router.get("/calendar/{year}", operation_id="getCalendarYear")
    def year(caller: Reads, year: Annotated[int, Path(ge=2000, le=2200)]) -> YearSaid:
        """The days off on weekdays and the days worked on weekends."""
        calendar = caller.holder.reference.calendar
        days = tuple(map(day_said, announced_days(calendar, year)))
        proposed = tuple(
            ProposedSaid(day=one.day, working=one.working, reason=one.reason) for one in proposed_days(calendar, year)
        )
        return YearSaid(year=year, confirmed=year in calendar.confirmed_years, days=days, proposed=proposed)

    @router.get(
        "/policy", operation_id="getPolicy", response_model=PolicySaid, responses={200: {"headers": version_tag()}}
    )
    def policy(_caller: Reads) -> Response:
        """The ladder of reminders and escalations that is in force."""
        found = policy_in_force(office)
        said = PolicySaid(
            version=found.policy.version,
            name=found.policy.name,
            since=found.since,
            activated_by=found.activated_by,
            text=found.text,
        )
        return answer(said, headers=tag(found.policy.version))

    return router


def _today(caller: Caller) -> dt.date:
    return local_day(caller.holder.now)
