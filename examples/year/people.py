"""Who it is that acts: the holder of the post on that day, or his deputy while he is away."""

import datetime as dt
from dataclasses import dataclass

from examples.year.diary import Who
from models.directive import Directive
from models.directory import Directory
from models.vocabulary import Position

_HEADS = (Position.HEAD, Position.CHIEF_OF_OFFICE)


@dataclass(frozen=True)
class Acting:
    """A person, and for whom he acts when he is a deputy."""

    person: str
    on_behalf_of: str | None = None


def who_acts(who: Who, directive: Directive, directory: Directory, day: dt.date) -> Acting:
    """Find who acts for a directive that day.

    Raises:
        LookupError: nobody holds that post, and nobody stands in.
    """
    for person in _holders(who, directive, directory, day):
        present = directory.stand_in(person, day)
        if present is not None:
            return Acting(present, None if present == person else person)
    raise LookupError(f"{directive.code}: nobody acts as {who.value} on {day}")


def _holders(who: Who, directive: Directive, directory: Directory, day: dt.date) -> tuple[str, ...]:
    """Those who could, the likeliest first."""
    lead = directive.lead_agency or ""
    heads = directory.holders(_HEADS, day, agency=lead)
    officers = directory.holders((Position.OFFICER, Position.DEPUTY_HEAD), day, agency=lead)
    field = directory.field_of(directive.field, directive.lead_agency)
    chairman = directory.holders((Position.CHAIRMAN,), day)
    leaders = tuple(
        person for person in (directive.supervising_leader, field.vice_chairman if field else None) if person
    )
    match who:
        case Who.LEAD_HEAD:
            return (*heads, *reversed(officers))
        case Who.LEAD_OFFICER:
            return (*officers, *heads)
        case Who.COORDINATOR:
            partners = directive.coordinating_agencies[:1]
            return tuple(
                person
                for partner in partners
                for person in directory.holders((Position.OFFICER, *_HEADS), day, agency=partner)
            )
        case Who.REVIEWER:
            chiefs = directory.holders((Position.CHIEF_OF_OFFICE,), day)
            own = any(post.agency == lead for person in chiefs for post in directory.posts_on(person, day))
            return (*leaders, *chairman) if own else chiefs
        case Who.MONITOR:
            return tuple(person for person in (field.monitoring_officer if field else None,) if person)
        case Who.LEADER:
            return (*leaders, *chairman)
        case Who.CHAIRMAN:
            return chairman
        case Who.STRANGER:
            concerned = {lead, *directive.coordinating_agencies}
            return tuple(
                person
                for agency in directory.agencies
                if agency.kind == "department" and agency.holds_on(day) and agency.code not in concerned
                for person in directory.holders((Position.HEAD,), day, agency=agency.code)
            )
