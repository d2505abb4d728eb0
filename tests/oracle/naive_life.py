"""What becomes of a directive by what people did: a plain state, and what each fact changes.

Facts are dictionaries such as `dondoc history --json` lists: kind, at, data.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oracle.naive_calendar import Stretch, day_of

CLOSED = ("completed", "cancelled")


@dataclass
class Run:
    """One run of a clock: the number of the fact that anchored it, and that anchor."""

    number: int
    day: dt.date
    instant: dt.datetime
    since: dt.datetime


@dataclass
class Life:
    """What is known of a directive."""

    rows: int = 0
    status: str = ""
    statuses: list[tuple[dt.datetime, str]] = field(default_factory=list)
    urgency: str = "normal"
    field_of_work: str | None = None
    supervisor: str | None = None
    lead: str | None = None
    coordinating: list[str] = field(default_factory=list)
    deadline: Mapping[str, Any] | None = None
    due: dt.datetime | None = None
    clocks: dict[str, Run] = field(default_factory=dict)
    stood_still: list[Stretch] = field(default_factory=list)
    suspended_since: dt.datetime | None = None
    imposed: Mapping[str, Any] | None = None
    asked_for: Mapping[str, Any] | None = None
    demanded_at: dt.datetime | None = None
    level: int = 0


def last_day_of(due: dt.datetime) -> dt.date:
    """The day that steps in working days count from: 24:00 of a day is still that day (rule 1)."""
    return day_of(due - dt.timedelta(microseconds=1))


def happen(life: Life | None, fact: Mapping[str, Any], number: int) -> Life:  # noqa: C901 - one arm a fact
    """Let a fact, the number-th row of the history, change the life."""
    at, data, kind = fact["at"], fact.get("data") or {}, fact["kind"]
    if kind == "registered":
        life = Life(
            urgency=data.get("urgency", "normal"),
            field_of_work=data.get("field"),
            supervisor=data.get("supervising_leader"),
            coordinating=list(data.get("coordinating_agencies") or ()),
        )
        life.rows = number
        _turn(life, "registered", at)
        life.clocks["handout"] = _from(at, number)
        _set_deadline(life, data.get("deadline"), at, number)
        life.imposed = data.get("imposed_deadline")
        if life.imposed:
            life.clocks["imposed_deadline"] = _to(life.imposed, at, number)
        return life
    assert life is not None, "the first fact registers"
    life.rows = number
    match kind:
        case "moved_in":
            life.lead = data["lead_agency"]
            _turn(life, "completed", at)
        case "assigned":
            if data["agency"] != life.lead:  # who is asked no more has nothing to wait for and nothing to explain
                _end_request(life)
                _end_demand(life)
            life.lead = data["agency"]
            life.coordinating = [agency for agency in life.coordinating if agency != life.lead]
            life.clocks["acknowledgement"] = _from(at, number)  # rule 13
            _turn(life, "assigned", at)
        case "acknowledged":
            life.clocks["silence"] = _from(at, number)
            _turn(life, "in_progress", at)
        case "declined":
            _end_request(life)
            life.clocks["handout"] = _from(at, number)
            _turn(life, "declined", at)
        case "progress_reported":
            if data["agency"] == life.lead:  # a coordinating agency's report breaks no silence of the lead agency
                life.clocks["silence"] = _from(at, number)
        case "extension_requested":
            life.asked_for = data["deadline"]
            life.clocks["extension"] = _from(at, number)
        case "extension_decided":
            _end_request(life)
            if data.get("granted") and data.get("deadline"):
                _set_deadline(life, data["deadline"], at, number)
        case "submitted":
            life.clocks["review"] = _from(at, number)
            _turn(life, "submitted", at)
        case "returned":
            life.clocks["silence"] = _from(at, number)
            if data.get("deadline"):
                _set_deadline(life, data["deadline"], at, number)
            _turn(life, "in_progress", at)
        case "suspended":
            life.suspended_since = at
            _turn(life, "suspended", at)
        case "resumed":
            _stand_still_until(life, at)
            _set_deadline(life, data.get("deadline"), at, number)  # rule 12: named anew
            _turn(life, life.statuses[-2][1], at)
        case "amended":
            if data.get("coordinating_agencies") is not None:
                life.coordinating = list(data["coordinating_agencies"])
            life.field_of_work = data.get("field") or life.field_of_work
            life.supervisor = data.get("supervising_leader") or life.supervisor
            if data.get("deadline") or data.get("no_deadline"):
                _set_deadline(life, data.get("deadline"), at, number)
            if data.get("urgency") and data["urgency"] != life.urgency:
                life.urgency = data["urgency"]
                # Another ladder from now on: like a changed policy it fires nothing of the past (rules 9, 12).
                for run in life.clocks.values():
                    run.since = max(run.since, at)
        case "explanation_demanded":
            life.demanded_at = at
            named = data.get("respond_by")
            life.clocks["explanation"] = _to(named, at, number) if named else _from(at, number)
        case "explained":
            _end_demand(life)
        case "accepted":
            _turn(life, "completed", at)
        case "cancelled":
            _turn(life, "cancelled", at)
        case "reopened":
            _set_deadline(life, data["deadline"], at, number)
            if life.imposed:  # the superior's day stands
                life.clocks["imposed_deadline"] = _to(life.imposed, at, number)
            if life.lead is None:  # nobody ever led it: it waits to be handed out
                life.clocks["handout"] = _from(at, number)
                _turn(life, "registered", at)
            else:
                life.clocks["silence"] = _from(at, number)
                _turn(life, "in_progress", at)
        case "succeeded":  # rule 21: no clock restarts
            old, new = data["old_agency"], data["new_agency"]
            life.lead = new if life.lead == old else life.lead
            renamed = [new if agency == old else agency for agency in life.coordinating]
            life.coordinating = [agency for agency in dict.fromkeys(renamed) if agency != life.lead]
        case "urged" | "contributed" | "commented":
            pass
        case _:
            raise AssertionError(kind)
    if life.status in CLOSED:  # rule 15: nothing of it is said again
        _stand_still_until(life, at)
        life.clocks.clear()
        life.asked_for, life.demanded_at = None, None
    return life


def _turn(life: Life, status: str, at: dt.datetime) -> None:
    if status != life.status:
        life.status = status
        life.statuses.append((at, status))


def _stand_still_until(life: Life, at: dt.datetime) -> None:
    if life.suspended_since is not None:
        life.stood_still.append((life.suspended_since, at))
        life.suspended_since = None


def _end_request(life: Life) -> None:
    life.asked_for = None
    life.clocks.pop("extension", None)


def _end_demand(life: Life) -> None:
    life.demanded_at = None
    life.clocks.pop("explanation", None)


def _set_deadline(life: Life, deadline: Mapping[str, Any] | None, at: dt.datetime, number: int) -> None:
    """A deadline set anew is a new run (rule 7) and begins the escalation afresh (rule 8)."""
    life.clocks.pop("deadline", None)
    life.level = 0
    life.deadline, life.due = deadline, _due(deadline) if deadline else None
    if deadline:
        life.clocks["deadline"] = _to(deadline, at, number)


def _due(deadline: Mapping[str, Any]) -> dt.datetime:
    due = deadline["due_at"]
    return due if isinstance(due, dt.datetime) else dt.datetime.fromisoformat(due)


def _from(at: dt.datetime, number: int) -> Run:
    return Run(number, day_of(at), at, at)


def _to(deadline: Mapping[str, Any], at: dt.datetime, number: int) -> Run:
    due = _due(deadline)
    return Run(number, last_day_of(due), due, at)
