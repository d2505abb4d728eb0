"""What was overdue at instants of the past, out of the steps of a life that decide it.

The same judgement as folding the ledger up to an instant and asking `models.timeliness`, at a hundredth of its cost: a
board looks back over every directive of half a year.
"""

import datetime as dt
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

CLOSING: Final = frozenset({"accepted", "moved_in", "cancelled"})
STEPS: Final = CLOSING | {
    "registered",
    "assigned",
    "acknowledged",
    "declined",
    "extension_decided",
    "submitted",
    "returned",
    "suspended",
    "resumed",
    "amended",
    "reopened",
}
"""Kinds of events that decide whether a directive is overdue."""

MOVES_DEADLINE: Final = frozenset({"extension_decided", "returned", "resumed", "amended", "reopened"})
"""Those that may set another deadline than the registration's, or take it away."""

_KEEPS_STATUS: Final = frozenset({"registered", "extension_decided", "amended"})
_TAKES_RESULT_BACK: Final = frozenset({"assigned", "returned", "reopened"})


@dataclass(frozen=True)
class Step:
    """One event of a life.

    Attributes:
        due_at: the deadline that it sets.
        sets_deadline: whether it sets one, or takes it away.
    """

    at: dt.datetime
    kind: str
    due_at: dt.datetime | None = None
    sets_deadline: bool = False


def overdue_at(steps: Iterable[Step], instants: Sequence[dt.datetime]) -> list[bool]:
    """Whether a directive was open and overdue at each of some instants, which are in order.

    Args:
        steps: of one directive, in order.
    """
    found = [False] * len(instants)
    due: dt.datetime | None = None
    submitted: dt.datetime | None = None
    suspended: dt.datetime | None = None
    closed = False
    lasting = list(steps)
    for place, step in enumerate(lasting):
        if step.sets_deadline:
            due = step.due_at
        if step.kind == "submitted":
            submitted = step.at
        elif step.kind in _TAKES_RESULT_BACK:
            submitted = None
        if step.kind not in _KEEPS_STATUS:
            suspended = step.at if step.kind == "suspended" else None
            closed = step.kind in CLOSING
        if closed or due is None:
            continue
        frozen = submitted or suspended
        start = bisect_left(instants, step.at)
        end = bisect_left(instants, lasting[place + 1].at) if place + 1 < len(lasting) else len(instants)
        for number in range(start, end):
            found[number] = min(frozen or instants[number], instants[number]) > due
    return found
