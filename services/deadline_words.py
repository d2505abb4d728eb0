"""Reading a deadline as people or programs write it, or refusing it in words that say what can be written."""

import datetime as dt

from database.reference import Reference
from models.calendar import LOCAL
from models.deadline import Deadline, DeadlineUnreadable
from models.deadline_text import parse_deadline
from models.refusal import Code, Refused

SHOWN = 60
"""Characters of an unreadable deadline that are shown again."""


def read_deadline(text: str, counted_from: dt.date, reference: Reference, now: dt.datetime) -> Deadline | None:
    """Read a deadline; None where the text says that there is none, or nothing.

    Args:
        counted_from: the day from which a period is counted: the document's, else today.

    Raises:
        Refused: bad_date. So is an instant with a zone whose hour is midnight, by which programs mean either the day
            that begins then or the one that ends then.
    """
    office = reference.timeline.current.office
    try:
        return parse_deadline(_in_local_words(text), counted_from, reference.calendar, office, received_at=now)
    except DeadlineUnreadable as unreadable:
        name = "value" if unreadable.code == DeadlineUnreadable.BAD_DATE else "unclear"
        raise Refused(Code.BAD_DATE, **{name: unreadable.value[:SHOWN]}) from None


def _in_local_words(text: str) -> str:
    """Write an instant with its zone, such as 2026-12-15T09:00:00Z, as a local hour and day; leave others alone."""
    try:
        instant = dt.datetime.fromisoformat(text.strip())
        if instant.tzinfo is None:
            return text
        local = instant.astimezone(LOCAL)
    except (ValueError, OverflowError):
        return text
    if local.time() == dt.time():
        raise DeadlineUnreadable(DeadlineUnreadable.UNCLEAR, text.strip())
    return f"{local:%H:%M} ngày {local.day}/{local.month}/{local.year}"
