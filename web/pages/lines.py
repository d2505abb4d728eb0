"""One directive in one line, as every list shows it."""

import datetime as dt
from dataclasses import dataclass

from database.reference import Reference
from documents.language import Language, days_left_words
from documents.phrases import deadline_words
from models.local_time import local_day
from models.timeliness import days_left
from models.vocabulary import Status, Timeliness
from services.asking import Standing


@dataclass(frozen=True)
class Line:
    """One directive in a list."""

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
    left = None if directive.closed else days_left(directive, reference.calendar, now)
    overdue = standing.timeliness is Timeliness.OVERDUE
    today = directive.deadline is not None and directive.deadline.last_day == local_day(now)
    return Line(
        code=directive.code,
        content=directive.content,
        status=directive.status,
        timeliness=standing.timeliness,
        lead=reference.directory.agency_name(directive.lead_agency),
        deadline=deadline_words(directive.deadline, language),
        left="" if left is None else days_left_words(left, language, overdue=overdue, today=today),
        level=directive.escalation_level,
        awaiting_start=standing.awaiting_start,
    )
