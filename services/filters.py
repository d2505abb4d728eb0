"""Reading filters as people give them: names for agencies, fields and leaders, accents ignored in a search."""

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar

from database.figures import FIGURES, NOBODY, Filter
from database.reference import Reference
from models.calendar import local_day
from models.directory import Directory
from models.local_time import at, end_of_day
from models.refusal import Code, Refused
from models.text import fold_key, normalise_number
from models.vocabulary import Status, Timeliness, Urgency
from services.registration import leader_named_in
from services.suggestions import closest_agencies

_Member = TypeVar("_Member", bound=StrEnum)

NAMES: Final = (
    "text",
    "timeliness",
    "status",
    "figure",
    "agency",
    "coordinating",
    "field",
    "leader",
    "document",
    "urgency",
    "level",
    "due_from",
    "due_until",
    "registered_from",
    "registered_until",
)
"""What a filter can be made of. Days are 2026-03-20 or 20/03/2026, both ends included."""

LEVELS: Final = 4
"""Levels of escalation, from the head of an agency to the chairman."""


def make_filter(given: Mapping[str, str], reference: Reference, now: dt.datetime, *, open_only: bool) -> Filter:
    """Make a filter.

    Args:
        given: by the names of `NAMES`; empty ones do not narrow.

    Raises:
        Refused: a name that nobody knows, or a day that is none.
    """
    today, directory = local_day(now), reference.directory
    timeliness, status = one_of(Timeliness, given.get("timeliness")), one_of(Status, given.get("status"))
    figure = given.get("figure") or None
    if figure is not None and figure not in FIGURES:
        raise Refused(Code.UNKNOWN_VALUE, value=figure, values=", ".join(FIGURES))
    searched = given.get("text", "").strip()
    closed = status is not None and status.closed
    done = timeliness is not None and timeliness.startswith("completed")
    due_from, due_until = _day(given.get("due_from")), _day(given.get("due_until"))
    since, until = _day(given.get("registered_from")), _day(given.get("registered_until"))
    return Filter(
        status=status,
        timeliness=timeliness,
        figure=figure,
        agency=_agency(given.get("agency"), directory, today),
        coordinating=_agency(given.get("coordinating"), directory, today),
        field=_field(given.get("field"), directory),
        leader=_leader(given.get("leader"), directory, today),
        urgency=one_of(Urgency, given.get("urgency")),
        document=normalise_number(given.get("document", "")),
        level=_level(given.get("level")),
        due_after=at(due_from, dt.time.min) if due_from else None,
        due_until=end_of_day(due_until) if due_until else None,
        registered_from=at(since, dt.time.min) if since else None,
        registered_before=end_of_day(until) if until else None,
        text=fold_key(searched) or searched,  # nothing but punctuation is found nowhere; it does not find everything
        open_only=open_only and not closed and not done and figure is None,
    )


def _agency(name: str | None, directory: Directory, today: dt.date) -> str | None:
    if not name or name == NOBODY:
        return name or None
    try:
        return directory.find_agency(name, today).code
    except Refused as refused:
        closest = "; ".join(closest_agencies(name, directory, today))
        raise Refused(refused.code, **refused.data, closest=closest) from None


def _field(name: str | None, directory: Directory) -> str | None:
    if not name or name == NOBODY:
        return name or None
    found = directory.find_field(name)
    if found is None:
        raise Refused(Code.UNKNOWN_FIELD, field_of_work=name)
    return found.code


def _leader(name: str | None, directory: Directory, today: dt.date) -> str | None:
    if not name or name == NOBODY:
        return name or None
    # One who has left still supervises what he supervised: he is found by his code.
    found = leader_named_in(name, directory, today) or (name if directory.person(name) else None)
    if found is None:
        raise Refused(Code.UNKNOWN_PERSON, person=name)
    return found


def one_of(members: type[_Member], value: str | None) -> _Member | None:
    """The member of a closed list that somebody wrote; None where he wrote nothing.

    Raises:
        Refused: unknown_value.
    """
    if not value:
        return None
    if value not in list(members):
        raise Refused(Code.UNKNOWN_VALUE, value=value, values=", ".join(members))
    return members(value)


def _level(value: str | None) -> int:
    levels = [str(level) for level in range(LEVELS + 1)]
    if value and value not in levels:
        raise Refused(Code.UNKNOWN_VALUE, value=value, values=", ".join(levels))
    return int(value or 0)


def _day(value: str | None) -> dt.date | None:
    written = (value or "").strip()
    if not written:
        return None
    try:
        if "/" in written:
            day, month, year = (int(part) for part in written.split("/"))
            found = dt.date(year, month, day)
        else:
            found = dt.date.fromisoformat(written)
    except ValueError:
        raise Refused(Code.BAD_DATE, value=written) from None
    if not 1900 <= found.year <= 2200:  # what clocks and exports can hold
        raise Refused(Code.BAD_DATE, value=written)
    return found
