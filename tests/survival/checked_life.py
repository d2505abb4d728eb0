"""A directive's life read from its rows in the plainest way: status, lead, deadline, running clocks, time taken out."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from checked_files import Row, instant

CLOSED = frozenset({"completed", "cancelled"})
MOMENT = "moment_reached"

STATUS_AFTER = {
    "registered": "registered",
    "moved_in": "completed",
    "assigned": "assigned",
    "acknowledged": "in_progress",
    "declined": "declined",
    "submitted": "submitted",
    "accepted": "completed",
    "returned": "in_progress",
    "suspended": "suspended",
    "cancelled": "cancelled",
    "reopened": "in_progress",
}
"""Events that are absent leave the status as it is; a resume brings back the one before the suspension."""

STARTS = {
    "registered": "handout",
    "declined": "handout",
    "assigned": "acknowledgement",
    "acknowledged": "silence",
    "returned": "silence",
    "reopened": "silence",
    "submitted": "review",
    "explanation_demanded": "explanation",
    "extension_requested": "extension",
}
"""Which clock an event sets going, counted from itself."""

ENDS = {"extension_decided": "extension", "explained": "explanation"}


@dataclass(frozen=True)
class Run:
    """A clock that was set: by which row, and the instant from which it counts."""

    seq: int
    anchor: dt.datetime
    since: dt.datetime


@dataclass
class Life:
    """Where a directive stands after the rows taken so far."""

    code: str
    seq: int = 0
    status: str = ""
    statuses: list[tuple[str, dt.datetime]] = field(default_factory=list)
    lead: str | None = None
    due_at: dt.datetime | None = None
    submitted_at: dt.datetime | None = None
    runs: dict[str, Run] = field(default_factory=dict)
    pauses: list[tuple[dt.datetime, dt.datetime | None]] = field(default_factory=list)
    told: set[tuple[str, int, str]] = field(default_factory=set)
    last_at: dt.datetime | None = None

    @property
    def closed(self) -> bool:
        return self.status in CLOSED

    def take(self, row: Row) -> None:
        """Take the next row that is no moment."""
        content = row.content
        before = self.status
        self.seq, self.last_at = row.seq, row.at
        self._set_holder(row, content)
        self._set_clocks(row, content)
        if row.kind == "suspended":
            self.pauses.append((row.at, None))
        self.status = STATUS_AFTER.get(row.kind, self.status)
        if row.kind == "resumed":
            self.status = self.statuses[-2][0]
        if self.status != before:
            self.statuses.append((self.status, row.at))
            if before == "suspended":
                self.pauses[-1] = (self.pauses[-1][0], row.at)
            if self.closed:
                self.runs = {}

    def _set_holder(self, row: Row, content: dict[str, Any]) -> None:
        if row.kind == "assigned":
            self.lead, self.submitted_at = content["agency"], None
        elif row.kind == "moved_in":
            self.lead, self.submitted_at = content["lead_agency"], instant(content["reported_at"])
        elif row.kind == "submitted":
            self.submitted_at = row.at
        elif row.kind in ("returned", "reopened"):
            self.submitted_at = None
        elif row.kind == "succeeded" and content["old_agency"] == self.lead:
            self.lead = content["new_agency"]

    def _set_clocks(self, row: Row, content: dict[str, object]) -> None:
        started = STARTS.get(row.kind)
        if row.kind == "declined" or (row.kind == "assigned" and content.get("previous") != content["agency"]):
            self.runs.pop("extension", None)  # what was asked of, or by, another holder lapses
        if row.kind == "assigned" and content.get("previous") != content["agency"]:
            self.runs.pop("explanation", None)
        if row.kind == "progress_reported" and content["agency"] == self.lead:
            started = "silence"
        if started:
            self.runs[started] = Run(row.seq, row.at, row.at)
        if row.kind in ENDS:
            self.runs.pop(ENDS[row.kind], None)
        named = content.get("deadline")
        removed = row.kind == "resumed" or bool(content.get("no_deadline"))
        if row.kind in ("extension_requested", "explanation_demanded") or (named is None and not removed):
            return
        self.runs.pop("deadline", None)
        self.due_at = instant(named["due_at"]) if isinstance(named, dict) else None
        if self.due_at is not None:
            self.runs["deadline"] = Run(row.seq, self.due_at, row.at)

    def running_since(self, states: frozenset[str]) -> dt.datetime | None:
        """Since when, without a break, it has been in these states; None when it is in none of them."""
        since = None
        for status, at in reversed(self.statuses):
            if status not in states:
                break
            since = at
        return since

    def judged_at(self, now: dt.datetime) -> dt.datetime:
        """The instant that its timeliness is judged by: the submission, the suspension, else now."""
        if self.submitted_at is not None:
            return self.submitted_at
        return self.pauses[-1][0] if self.status == "suspended" else now
