"""What a directive waits for, as a condition in SQL: the exact lists behind the cards of "my work"."""

import json
from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, false, or_

from database.scopes import coordinates
from models.tables import DIRECTIVE
from models.vocabulary import Status


class Waiting(StrEnum):
    """What a directive waits for. Vietnamese in web/pages/list_filter.py."""

    ACKNOWLEDGE = "acknowledge"  # its lead agency takes it
    ASSIGN = "assign"  # the office hands it out: nobody leads it, or who did declined
    DECLINED = "declined"  # the same, only those that were declined
    REVIEW = "review"  # the office looks at the result
    EXTENSION = "extension"  # somebody decides on a request for more time
    EXPLANATION = "explanation"  # the lead agency explains
    CONTRIBUTE = "contribute"  # a coordinating agency says something
    RETURNED = "returned"  # a result that was sent back is done again
    START = "start"  # its workflow


def waits_for(what: Waiting, agencies: Iterable[str] | None = None) -> ColumnElement[bool]:
    """The condition on the snapshots.

    Args:
        agencies: whose contributions are asked for; None for anybody's.
    """
    status = DIRECTIVE.c.status
    match what:
        case Waiting.ACKNOWLEDGE:
            return status == Status.ASSIGNED.value
        case Waiting.ASSIGN:
            return status.in_([Status.REGISTERED.value, Status.DECLINED.value])
        case Waiting.DECLINED:
            return status == Status.DECLINED.value
        case Waiting.REVIEW:
            return status == Status.SUBMITTED.value
        case Waiting.EXTENSION | Waiting.EXPLANATION:
            # A quote inside a text of the state is written \", so only a name of the state itself stands so.
            return and_(_open(), DIRECTIVE.c.state.contains(f'"{what.value}":{{"seq":', autoescape=True))
        case Waiting.RETURNED:
            returned = DIRECTIVE.c.state.contains('"times_returned":', autoescape=True)
            return and_(status == Status.IN_PROGRESS.value, returned)
        case Waiting.CONTRIBUTE:
            return and_(_open(), _silent(agencies))
        case Waiting.START:
            return DIRECTIVE.c.awaiting_start.is_(True)


def _open() -> ColumnElement[bool]:
    return DIRECTIVE.c.status.in_([status.value for status in Status if not status.closed])


def _silent(agencies: Iterable[str] | None) -> ColumnElement[bool]:
    """Whether one of these agencies is asked and has said nothing."""
    if agencies is None:
        asked = DIRECTIVE.c.state.contains('"coordinating_agencies":[', autoescape=True)
        return and_(asked, DIRECTIVE.c.state.not_like('%"contributions":{%'))
    ways = [
        and_(coordinates(agency), DIRECTIVE.c.state.not_like(_said(agency), escape="\\")) for agency in sorted(agencies)
    ]
    return or_(*ways) if ways else false()


def _said(agency: str) -> str:
    """The pattern of a state in which an agency has contributed."""
    name = json.dumps(agency, ensure_ascii=False)
    for letter in ("\\", "%", "_"):
        name = name.replace(letter, f"\\{letter}")
    return f'%"contributions":{{%{name}:"%'
