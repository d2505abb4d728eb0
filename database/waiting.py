"""What waits for somebody, as conditions in SQL: the cards of the first page, and the lists behind them."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, or_, select

from database.figures import Filter
from database.scopes import is_silent, seen_by
from models.notices import MOMENT
from models.sight import NOTHING, Scope
from models.tables import DIRECTIVE, NOTICE, state_says
from models.vocabulary import Status


class Waits(StrEnum):
    """For what a directive waits."""

    ACKNOWLEDGE = "acknowledge"  # its lead agency has not said that it has it
    RETURNED = "returned"  # its result came back
    EXPLANATION = "explanation"  # its lead agency owes one
    CONTRIBUTE = "contribute"  # a coordinating agency has said nothing yet
    ASSIGN = "assign"  # nobody leads it yet
    DECLINED = "declined"  # whoever was to lead it says no
    REVIEW = "review"  # its result is to be looked at
    EXTENSION = "extension"  # more time was asked for
    START = "start"  # saved, and its workflow is not started yet
    ESCALATED = "escalated"  # it was reported to this person above its agency


_STATUSES = {
    Waits.ACKNOWLEDGE: Status.ASSIGNED,
    Waits.ASSIGN: Status.REGISTERED,
    Waits.DECLINED: Status.DECLINED,
    Waits.REVIEW: Status.SUBMITTED,
}


@dataclass(frozen=True)
class WorkFilter(Filter):
    """What waits for a person, within what a filter leaves.

    Attributes:
        waits: for what; None does not narrow it.
        agencies: those that he acts for, and whose contributions are asked for; none of them: anybody's.
        people: in whose names he hears.
        mine: only what these agencies lead or is in his charge.
        in_charge: what he supervises, himself or by its field.
    """

    waits: Waits | None = None
    agencies: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    mine: bool = False
    in_charge: Scope = NOTHING

    def conditions(self, now: dt.datetime) -> list[ColumnElement[bool]]:
        """The conditions on the snapshots."""
        found = super().conditions(now)
        if self.mine:
            found.append(self._is_mine())
        if self.waits is not None:
            found += self._waiting(self.waits)
        return found

    def _is_mine(self) -> ColumnElement[bool]:
        return or_(DIRECTIVE.c.lead_agency.in_(sorted(self.agencies)), seen_by(self.in_charge))

    def _waiting(self, waits: Waits) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if waits in _STATUSES:
            found.append(DIRECTIVE.c.status == _STATUSES[waits].value)
        match waits:
            case Waits.RETURNED:
                found.append(and_(DIRECTIVE.c.status == Status.IN_PROGRESS.value, state_says("returned")))
            case Waits.EXPLANATION:
                found.append(state_says("explanation"))
            case Waits.EXTENSION:
                found.append(state_says("extension"))
            case Waits.CONTRIBUTE:
                found.append(or_(*map(is_silent, sorted(self.agencies))) if self.agencies else _all_silent())
            case Waits.START:
                found.append(DIRECTIVE.c.awaiting_start.is_(True))
            case Waits.ESCALATED:
                heard = select(NOTICE.c.directive).where(
                    NOTICE.c.recipient.in_(sorted(self.people)), NOTICE.c.kind == MOMENT, NOTICE.c.level >= 1
                )
                found.append(and_(DIRECTIVE.c.escalation_level >= 1, DIRECTIVE.c.code.in_(heard)))
            case _:
                pass
        return found


def _all_silent() -> ColumnElement[bool]:
    """Whether some agencies coordinate and none of them has said anything."""
    asked = DIRECTIVE.c.state.contains('"coordinating_agencies":[', autoescape=True)
    return and_(asked, ~DIRECTIVE.c.state.contains('"contributions":{', autoescape=True))
