"""Who hears: audiences are positions, resolved to people when the message is made (RULES 19, 20)."""

import datetime as dt
from collections.abc import Iterable

from models.directive import Directive, Frozen
from models.directory import OFFICE_KIND, Directory
from models.events import Recipient
from models.vocabulary import Audience, Position

NEXT_AUDIENCE: dict[Audience, Audience] = {
    Audience.LEAD_OFFICERS: Audience.LEAD_HEAD,
    Audience.LEAD_HEAD: Audience.CHIEF_OF_OFFICE,
    Audience.MONITORING_OFFICER: Audience.CHIEF_OF_OFFICE,
    Audience.DECIDER: Audience.CHAIRMAN,
    Audience.CHIEF_OF_OFFICE: Audience.VICE_CHAIRMAN,
    Audience.VICE_CHAIRMAN: Audience.CHAIRMAN,
}
"""Who hears instead when nobody holds a post. Nobody stands above the chairman, or in for coordinating agencies."""


class Hearers(Frozen):
    """The people of some audiences, each once, and the audiences that nobody holds."""

    recipients: tuple[Recipient, ...] = ()
    vacant: tuple[Audience, ...] = ()


def resolve(audiences: Iterable[Audience], directive: Directive, directory: Directory, day: dt.date) -> Hearers:
    """Find who hears, on that local day, of something about a directive.

    A vacant post (nobody holds it, or its holder is locked, or away with nobody to stand in) passes the word on to the
    next audience of the ladder at once and is named.
    """
    recipients: dict[str, Recipient] = {}
    vacant: list[Audience] = []
    for audience in audiences:
        current: Audience | None = audience
        while current is not None:
            found = _present(people_of(current, directive, directory, day), directory, day)
            if current is Audience.COORDINATING_AGENCIES:
                found = _coordinating(directive, directory, day)
                if not found and directive.coordinating_agencies:
                    vacant.append(current)
            if found or current is Audience.COORDINATING_AGENCIES:
                for recipient in found:
                    recipients.setdefault(recipient.person, recipient)
                break
            vacant.append(current)
            current = NEXT_AUDIENCE.get(current)
    return Hearers(recipients=tuple(recipients.values()), vacant=tuple(dict.fromkeys(vacant)))


def _present(people: Iterable[str], directory: Directory, day: dt.date) -> tuple[Recipient, ...]:
    present: dict[str, Recipient] = {}
    for person in people:
        stand_in = directory.stand_in(person, day)
        if stand_in is not None:
            on_behalf_of = None if stand_in == person else person
            present.setdefault(stand_in, Recipient(person=stand_in, on_behalf_of=on_behalf_of))
    return tuple(present.values())


def _coordinating(directive: Directive, directory: Directory, day: dt.date) -> tuple[Recipient, ...]:
    """In each coordinating agency its officers, or its head where none of them can be reached."""
    found: dict[str, Recipient] = {}
    for agency in directive.coordinating_agencies:
        officers = _present(_officers(agency, directory, day), directory, day)
        for recipient in officers or _present(_heads(agency, directory, day), directory, day):
            found.setdefault(recipient.person, recipient)
    return tuple(found.values())


def people_of(audience: Audience, directive: Directive, directory: Directory, day: dt.date) -> tuple[str, ...]:
    """The holders of one audience's post that day, absent or not."""
    field = directory.field_of(directive.field, directive.lead_agency)
    match audience:
        case Audience.LEAD_OFFICERS:
            return _officers(directive.lead_agency, directory, day)
        case Audience.LEAD_HEAD:
            return _heads(directive.lead_agency, directory, day)
        case Audience.COORDINATING_AGENCIES:
            return tuple(
                person
                for agency in directive.coordinating_agencies
                for person in _officers(agency, directory, day) or _heads(agency, directory, day)
            )
        case Audience.MONITORING_OFFICER:
            if (
                field is not None
                and field.monitoring_officer
                and _holds_a_post(field.monitoring_officer, directory, day)
            ):
                return (field.monitoring_officer,)
            return directory.holders((Position.MONITORING_OFFICER,), day, field=field.code if field else None)
        case Audience.CHIEF_OF_OFFICE:
            return directory.holders((Position.CHIEF_OF_OFFICE,), day)
        case Audience.VICE_CHAIRMAN:
            return _supervisors(directive, directory, day)
        case Audience.CHAIRMAN:
            return directory.holders((Position.CHAIRMAN,), day)
        case Audience.DECIDER:
            return _supervisors(directive, directory, day) or directory.holders((Position.CHAIRMAN,), day)


def _supervisors(directive: Directive, directory: Directory, day: dt.date) -> tuple[str, ...]:
    """The supervising leader named on the directive, else the vice-chairman in charge of its field."""
    field = directory.field_of(directive.field, directive.lead_agency)
    for person in (directive.supervising_leader, field and field.vice_chairman):
        if person and _holds_a_post(person, directory, day):
            return (person,)
    return ()


def _officers(agency: str | None, directory: Directory, day: dt.date) -> tuple[str, ...]:
    if agency is None:
        return ()
    kind = directory.agency(agency)
    positions = (Position.OFFICER, Position.CLERK) if kind and kind.kind == OFFICE_KIND else (Position.OFFICER,)
    return directory.holders(positions, day, agency=agency)


def _heads(agency: str | None, directory: Directory, day: dt.date) -> tuple[str, ...]:
    if agency is None:
        return ()
    return directory.holders((Position.HEAD, Position.CHIEF_OF_OFFICE, Position.CHAIRMAN), day, agency=agency)


def _holds_a_post(person: str, directory: Directory, day: dt.date) -> bool:
    """Whether he is still somebody here that day; a post vacated or a lock makes him nobody."""
    found = directory.person(person)
    return found is not None and not found.locked and bool(directory.posts_on(person, day))
