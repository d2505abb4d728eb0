"""Who holds a post on a day, who stands in for him, and who hears when nobody holds it. Rules 19 and 20.

The directory is plain data:
    posts      [{person, agency, position, until: last day or None}]
    locked     [person]
    away       [{person, deputy or None, since: first day, until: last day}]
    fields     {field: {vice_chairman, monitoring_officer}}
    field_of   {agency: field of its directives that name none}
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from oracle.naive_life import Life

NEXT_OF_THE_LADDER = {
    "lead_officers": "lead_head",
    "lead_head": "chief_of_office",
    "monitoring_officer": "chief_of_office",
    "chief_of_office": "vice_chairman",
    "vice_chairman": "chairman",
    "decider": "chairman",
    "chairman": None,  # nobody stands above him
    "coordinating_agencies": None,  # nobody else speaks for them
}

Hearers = dict[str, str | None]
"""Who hears, and the absent person for whom he does; None when it is for himself."""


def who_hears(
    audiences: list[str], life: Life, people: Mapping[str, Any], day: dt.date
) -> tuple[Hearers, frozenset[str]]:
    """Who hears on that day, each once, and the audiences that nobody holds."""
    hearers: Hearers = {}
    vacant = []
    for wanted in audiences:
        audience: str | None = wanted
        while audience is not None:
            found = _of(audience, life, people, day)
            for person, absent in found.items():
                hearers.setdefault(person, absent)
            if found or (audience == "coordinating_agencies" and not life.coordinating):
                break
            vacant.append(audience)
            audience = NEXT_OF_THE_LADDER[audience]
    return hearers, frozenset(vacant)


def _of(audience: str, life: Life, people: Mapping[str, Any], day: dt.date) -> Hearers:
    field = people["fields"].get(life.field_of_work) or people["fields"].get(people["field_of"].get(life.lead))
    leaders = (life.supervisor, field and field["vice_chairman"])
    in_charge = [person for person in leaders if person and _is_here(person, people, day)][:1]
    match audience:
        case "lead_officers":
            wanted = _holders("officer", people, day, life.lead)
        case "lead_head":
            wanted = _holders("head", people, day, life.lead)
        case "coordinating_agencies":
            found: Hearers = {}
            for agency in life.coordinating:
                officers = _reached(_holders("officer", people, day, agency), people, day)
                heads = _reached(_holders("head", people, day, agency), people, day)
                for person, absent in (officers or heads).items():
                    found.setdefault(person, absent)
            return found
        case "chief_of_office" | "chairman":
            wanted = _holders(audience, people, day)
        case "monitoring_officer":
            follows = field and field["monitoring_officer"]
            wanted = [follows] if follows and _is_here(follows, people, day) else _holders(audience, people, day)
        case "vice_chairman":
            wanted = in_charge
        case "decider":
            wanted = in_charge or _holders("chairman", people, day)
        case _:
            raise AssertionError(audience)
    return _reached(wanted, people, day)


def _holders(position: str, people: Mapping[str, Any], day: dt.date, agency: str | None = "any") -> list[str]:
    return [
        post["person"]
        for post in people["posts"]
        if post["position"] == position
        and agency in ("any", post["agency"])
        and (post["until"] is None or day <= post["until"])
        and post["person"] not in people["locked"]
    ]


def _is_here(person: str, people: Mapping[str, Any], day: dt.date) -> bool:
    """Whether he holds some post and is not locked; nobody who left hears anything (rule 19)."""
    return person not in people["locked"] and any(
        post["person"] == person and (post["until"] is None or day <= post["until"]) for post in people["posts"]
    )


def _reached(wanted: list[str], people: Mapping[str, Any], day: dt.date) -> Hearers:
    """Each of them, or who stands in for him; chains are followed and rings end (rule 20)."""
    reached: Hearers = {}
    for person in wanted:
        chain = [person]
        while True:
            away = [one for one in people["away"] if one["person"] == chain[-1] and one["since"] <= day <= one["until"]]
            if not away:
                if _is_here(chain[-1], people, day):
                    reached.setdefault(chain[-1], None if chain[-1] == person else person)
                break
            deputy = away[0]["deputy"]
            if deputy is None or deputy in chain:
                break
            chain.append(deputy)
    return reached
