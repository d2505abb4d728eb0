"""What waits for somebody, as conditions in SQL: the cards of the first page."""

import datetime as dt
import json
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Text, and_, cast, false, or_

from database.figures import Filter
from database.scopes import seen_by
from models.sight import NOTHING, Scope
from models.tables import DIRECTIVE
from models.vocabulary import Status


class Waits(StrEnum):
    """For what a directive waits; the list knows them by the same words."""

    ACKNOWLEDGE = "acknowledge"  # its lead agency has not said that it has it
    RETURNED = "returned"  # its result came back
    EXPLANATION = "explanation"  # its lead agency owes one
    CONTRIBUTE = "contribute"  # a coordinating agency has said nothing yet
    EXTENSION = "extension"  # more time was asked for
    START = "start"  # saved, and its workflow is not started yet


@dataclass(frozen=True)
class WorkFilter(Filter):
    """What waits for a person, within what a filter leaves.

    Attributes:
        waits: for what; None does not narrow it.
        least_level: of escalation.
        agencies: those that he acts for.
        own_only: only what these agencies lead or is in his charge; what they are to contribute to others lead.
        in_charge: what he supervises, himself or by its field.
    """

    waits: Waits | None = None
    least_level: int = 0
    agencies: frozenset[str] = frozenset()
    own_only: bool = False
    in_charge: Scope = NOTHING

    def conditions(self, now: dt.datetime) -> list[ColumnElement[bool]]:
        """The conditions on the snapshots."""
        found = super().conditions(now)
        if self.own_only and self.waits is not Waits.CONTRIBUTE:
            found.append(or_(DIRECTIVE.c.lead_agency.in_(sorted(self.agencies)), seen_by(self.in_charge)))
        if self.least_level:
            found.append(DIRECTIVE.c.escalation_level >= self.least_level)
        match self.waits:
            case Waits.ACKNOWLEDGE:
                found.append(DIRECTIVE.c.status == Status.ASSIGNED.value)
            case Waits.RETURNED:
                returned = DIRECTIVE.c.state.contains('"times_returned":', autoescape=True)
                found.append(and_(DIRECTIVE.c.status == Status.IN_PROGRESS.value, returned))
            case Waits.EXPLANATION | Waits.EXTENSION as part:
                # It begins with its number, which a clock of that name does not; and within a text of somebody's the
                # quotation marks would be written with a backslash.
                found.append(DIRECTIVE.c.state.contains(f'"{part.value}":{{"seq":', autoescape=True))
            case Waits.CONTRIBUTE:
                found.append(or_(*map(_silent, sorted(self.agencies))) if self.agencies else false())
            case Waits.START:
                found.append(DIRECTIVE.c.awaiting_start.is_(True))
            case None:
                pass
        return found


def _silent(agency: str) -> ColumnElement[bool]:
    """Whether an agency coordinates and has said nothing."""
    code = json.dumps(agency)
    coordinates = cast(DIRECTIVE.c.coordinating_agencies, Text).contains(code, autoescape=True)
    said = json.dumps(agency, ensure_ascii=False)
    return and_(coordinates, ~DIRECTIVE.c.state.contains(f"{said}:", autoescape=True))
