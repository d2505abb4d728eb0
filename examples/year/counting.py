"""The figures of a month counted a second time, from the rows of the history alone.

Shares no rule with the engine: it knows what the kinds of rows say and how the office judges (docs/architecture.md,
"The life"), and nothing of snapshots, SQL or `models/`.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from examples.year.history import Fact


@dataclass(frozen=True)
class Count:
    """How many directives stand how; together they are the total."""

    done_on_time: int = 0
    done_late: int = 0
    open_in_time: int = 0
    open_overdue: int = 0

    @property
    def total(self) -> int:
        """All but the cancelled."""
        return self.done_on_time + self.done_late + self.open_in_time + self.open_overdue

    def with_one(self, where: str) -> "Count":
        """The count with one more."""
        return Count(**{**self.__dict__, where: getattr(self, where) + 1})


@dataclass
class _Stand:
    """Where a directive stands, as far as the figures ask."""

    status: str = ""
    before_suspension: str = ""
    agency: str | None = None
    field: str | None = None
    leader: str | None = None
    due_at: dt.datetime | None = None
    submitted_at: dt.datetime | None = None
    suspended_at: dt.datetime | None = None


AXES = ("agency", "field", "leader")

Groups = dict[str | None, Count]


def counts_at(histories: Iterable[list[Fact]], instant: dt.datetime) -> tuple[Count, dict[str, Groups]]:
    """Count how everything stood at an instant: in all, and by group on each axis.

    Args:
        histories: the rows of each directive, in order; later ones are left aside.
    """
    in_all = Count()
    by: dict[str, Groups] = {axis: {} for axis in AXES}
    for facts in histories:
        stand = _stand(fact for fact in facts if fact.at <= instant)
        where = _judged(stand, instant)
        if where is None:
            continue
        in_all = in_all.with_one(where)
        for axis in AXES:
            group = getattr(stand, axis)
            by[axis][group] = by[axis].get(group, Count()).with_one(where)
    return in_all, by


def _judged(stand: _Stand, instant: dt.datetime) -> str | None:
    """Where it counts: by when the result was handed in, not by when it was accepted; suspended, time stands still."""
    if stand.status in ("", "cancelled"):
        return None
    stands_still = stand.submitted_at or stand.suspended_at
    judged_at = instant if stands_still is None else min(instant, stands_still)
    late = stand.due_at is not None and judged_at > stand.due_at
    if stand.status == "completed":
        return "done_late" if late else "done_on_time"
    return "open_overdue" if late else "open_in_time"


def _stand(facts: Iterable[Fact]) -> _Stand:
    stand = _Stand()
    for fact in facts:
        _happen(stand, fact)
    return stand


def _happen(stand: _Stand, fact: Fact) -> None:  # noqa: C901 - one arm a kind of row
    data = fact.data
    match fact.kind:
        case "registered":
            stand.status, stand.due_at = "registered", _due(data["deadline"])
            stand.field, stand.leader = data["field"], data["supervising_leader"]
        case "assigned":
            stand.status, stand.agency, stand.submitted_at = "assigned", data["agency"], None
        case "acknowledged":
            stand.status = "in_progress"
        case "declined":
            stand.status = "declined"
        case "submitted":
            stand.status, stand.submitted_at = "submitted", fact.at
        case "accepted":
            stand.status = "completed"
        case "returned":
            stand.status, stand.submitted_at = "in_progress", None
            stand.due_at = _due(data["deadline"]) or stand.due_at
        case "suspended":
            stand.before_suspension, stand.status, stand.suspended_at = stand.status, "suspended", fact.at
        case "resumed":
            stand.status, stand.suspended_at, stand.due_at = stand.before_suspension, None, _due(data["deadline"])
        case "extension_decided":
            stand.due_at = _due(data["deadline"]) or stand.due_at
        case "amended":
            stand.due_at = None if data.get("no_deadline") else _due(data.get("deadline")) or stand.due_at
            stand.field = data.get("field") or stand.field
            stand.leader = data.get("supervising_leader") or stand.leader
        case "cancelled":
            stand.status = "cancelled"
        case "reopened":
            stand.status, stand.submitted_at, stand.suspended_at = "in_progress", None, None
            stand.due_at = _due(data["deadline"])
        case "succeeded":
            if stand.agency == data["old_agency"]:
                stand.agency = data["new_agency"]
        case _:
            pass  # reports, reminders, remarks: they change no figure


def _due(deadline: dict[str, Any] | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(deadline["due_at"]) if deadline else None
