"""Reading filters as people give them: names for agencies, fields and leaders, accents ignored in a search."""

import datetime as dt

from database.figures import Filter
from database.reference import Reference
from models.calendar import local_day
from models.refusal import Code, Refused
from models.text import fold_key
from models.vocabulary import Status, Timeliness
from services.registration import leader_named_in
from services.suggestions import closest_agencies


def make_filter(given: dict[str, str], reference: Reference, now: dt.datetime, *, open_only: bool) -> Filter:
    """Make a filter.

    Args:
        given: by the names `timeliness`, `status`, `agency`, `field`, `leader`, `text`; empty ones do not narrow.

    Raises:
        Refused: a name that nobody knows.
    """
    today, directory = local_day(now), reference.directory
    agency = field = leader = None
    if name := given.get("agency"):
        try:
            agency = directory.find_agency(name, today).code
        except Refused as refused:
            closest = "; ".join(closest_agencies(name, directory, today))
            raise Refused(refused.code, **refused.data, closest=closest) from None
    if name := given.get("field"):
        found = directory.find_field(name)
        if found is None:
            raise Refused(Code.UNKNOWN_FIELD, field_of_work=name)
        field = found.code
    if name := given.get("leader"):
        leader = leader_named_in(name, directory, today)
        if leader is None:
            raise Refused(Code.UNKNOWN_PERSON, person=name)
    timeliness, status = given.get("timeliness") or None, given.get("status") or None
    if timeliness is not None and timeliness not in list(Timeliness):
        raise Refused(Code.UNKNOWN_VALUE, value=timeliness, values=", ".join(Timeliness))
    if status is not None and status not in list(Status):
        raise Refused(Code.UNKNOWN_VALUE, value=status, values=", ".join(Status))
    searched = given.get("text", "").strip()
    closed = status is not None and Status(status).closed
    done = timeliness is not None and timeliness.startswith("completed")
    return Filter(
        status=status,
        timeliness=timeliness,
        agency=agency,
        field=field,
        leader=leader,
        text=fold_key(searched) or searched,  # nothing but punctuation is found nowhere; it does not find everything
        open_only=open_only and not closed and not done,
    )
