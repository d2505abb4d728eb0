"""One directive in one line, as every list shows it."""

import datetime as dt
from dataclasses import dataclass

from database.reference import Reference
from documents.language import Language
from documents.phrases import deadline_words
from documents.standing_words import standing_words
from models.vocabulary import Status, Timeliness
from services.asking import Standing


@dataclass(frozen=True)
class Line:
    """One directive in a list; `left` says how far its deadline is, or what waits while no clock runs."""

    code: str
    content: str
    status: Status
    timeliness: Timeliness | None
    lead: str
    deadline: str
    left: str
    level: int
    awaiting_start: bool


def line_of(standing: Standing, reference: Reference, now: dt.datetime, language: Language) -> Line:
    """Put a directive into one line."""
    directive = standing.directive
    return Line(
        code=directive.code,
        content=directive.content,
        status=directive.status,
        timeliness=standing.timeliness,
        lead=reference.directory.agency_name(directive.lead_agency),
        deadline=deadline_words(directive.deadline, language),
        left=standing_words(directive, reference.calendar, now, language),
        level=directive.escalation_level,
        awaiting_start=standing.awaiting_start,
    )
