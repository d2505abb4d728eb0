"""What people may do, and the facts that follow: the life table of the design, by hand.

Only who acts for whom is taken for granted: a wish is made by somebody who may make it.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from oracle.naive_calendar import ONE_DAY, instant_of
from oracle.naive_life import CLOSED, Life
from oracle.naive_script import Wish

Fact = dict[str, Any]
"""A row such as `dondoc history --json` lists: kind, at, data."""

OPEN = ("registered", "assigned", "in_progress", "submitted", "declined")
OPEN_OR_SUSPENDED = (*OPEN, "suspended")
STATUS_FOR = {
    "assign": ("registered", "declined"),
    "reassign": OPEN,
    "acknowledge": ("assigned",),
    "decline": ("assigned",),
    "report_progress": ("assigned", "in_progress"),
    "request_extension": ("assigned", "in_progress", "submitted"),  # while the agency has it in hand
    "decide_extension": OPEN_OR_SUSPENDED,
    "submit": ("in_progress",),
    "accept": ("submitted",),
    "return": ("submitted",),
    "suspend": OPEN,
    "resume": ("suspended",),
    "amend": OPEN_OR_SUSPENDED,
    "urge": OPEN,
    "demand_explanation": OPEN,
    "explain": OPEN_OR_SUSPENDED,
    "contribute": OPEN_OR_SUSPENDED,
    "comment": (*OPEN_OR_SUSPENDED, *CLOSED),
    "cancel": OPEN_OR_SUSPENDED,
    "reopen": CLOSED,
    "succeed": OPEN_OR_SUSPENDED,
}
"""The life table: what may be done in which status."""


def due_of(deadline: Mapping[str, Any], office: Mapping[str, Any]) -> dt.datetime:
    """The last instant of a deadline (rule 1): its hour, else the closing hour, else the end of the last day."""
    day = deadline["day"]
    if deadline.get("time") is not None:
        return instant_of(day, deadline["time"])
    if deadline.get("qualifier") == "before" and office.get("strict_before"):
        day -= ONE_DAY
    if office.get("closing_hour"):
        return instant_of(day, dt.time.fromisoformat(office["closing_hour"]))
    return instant_of(day + ONE_DAY, dt.time(0, 0))


def facts_of(life: Life | None, wish: Wish, now: dt.datetime, office: Mapping[str, Any]) -> list[Fact] | None:  # noqa: C901 - the life table
    """The facts that follow from a wish taken at `now`; None when it is refused, and then nothing changes.

    Args:
        office: the `office` part of the policy under which a deadline was understood.
    """
    data: dict[str, Any] = dict(wish.data)
    for name in ("deadline", "imposed_deadline", "respond_by"):
        if data.get(name) is not None:
            data[name] = {**data[name], "due_at": due_of(data[name], office)}
    due = data["deadline"]["due_at"] if data.get("deadline") else None

    def fact(kind: str, **content: Any) -> Fact:
        return {"kind": kind, "at": now, "data": content}

    if wish.kind == "register":
        if life is not None:
            return None
        registered = fact("registered", **{key: value for key, value in data.items() if key != "lead_agency"})
        if data.get("lead_agency") is None:
            return [registered]
        return [registered, fact("assigned", agency=data["lead_agency"])]
    if life is None or life.status not in STATUS_FOR[wish.kind]:
        return None
    if wish.by == "lead" and life.lead is None:
        return None
    if wish.by == "coordinating" and not life.coordinating:
        return None
    match wish.kind:
        case "assign" | "reassign":
            if data["agency"] == life.lead and life.status != "declined":
                return None
            return [fact("assigned", agency=data["agency"])]
        case "acknowledge":
            return [fact("acknowledged")]
        case "decline":
            return [fact("declined")]
        case "report_progress":
            agency = life.lead if wish.by == "lead" else life.coordinating[0]
            report = fact("progress_reported", agency=agency)
            # A report of the lead agency on `assigned` acknowledges it too.
            if wish.by == "lead" and life.status == "assigned":
                return [fact("acknowledged"), report]
            return [report]
        case "request_extension":
            if life.asked_for is not None or life.due is None or due is None or due <= now or due <= life.due:
                return None
            return [fact("extension_requested", deadline=data["deadline"])]
        case "decide_extension":
            if life.asked_for is None:
                return None
            if not data["granted"]:
                return [fact("extension_decided", granted=False)]
            granted = data.get("deadline") or life.asked_for
            if granted["due_at"] <= now or (life.due is not None and granted["due_at"] <= life.due):
                return None
            return [fact("extension_decided", granted=True, deadline=granted)]
        case "submit":
            return [fact("submitted")]
        case "accept":
            return [fact("accepted")]
        case "return":
            if due is not None and due <= now:
                return None
            return [fact("returned", deadline=data.get("deadline"))]
        case "suspend":
            return [fact("suspended")]
        case "resume":
            if due is None and life.due is not None and not data.get("no_deadline"):
                return None  # a resume says what the deadline now is
            if due is not None and due <= now:
                return None
            return [fact("resumed", deadline=data.get("deadline"))]
        case "amend":
            if not _says_anything_new(life, data) or (due is not None and due <= now):
                return None
            if life.lead is not None and life.lead in (data.get("coordinating_agencies") or ()):
                return None
            return [fact("amended", **data)]
        case "urge":
            return [fact("urged")] if life.lead is not None else None
        case "demand_explanation":
            respond_by = data.get("respond_by")
            if life.lead is None or life.demanded_at is not None or (respond_by and respond_by["due_at"] <= now):
                return None
            return [fact("explanation_demanded", respond_by=respond_by)]
        case "explain":
            return [fact("explained")] if life.demanded_at is not None else None
        case "contribute":
            return [fact("contributed", agency=life.coordinating[0])]
        case "comment":
            return [fact("commented")]
        case "cancel":
            return [fact("cancelled")]
        case "reopen":
            if due is None or due <= now:
                return None
            return [fact("reopened", deadline=data["deadline"])]
        case "succeed":
            old, new = data["old_agency"], data["new_agency"]
            if old == new or old not in (life.lead, *life.coordinating):
                return None
            return [fact("succeeded", old_agency=old, new_agency=new)]
        case _:
            raise AssertionError(wish.kind)


def _says_anything_new(life: Life, amendment: Mapping[str, Any]) -> bool:
    """Whether an amendment names something else than what holds already."""
    holds = {
        "deadline": life.deadline,
        "urgency": life.urgency,
        "field": life.field_of_work,
        "supervising_leader": life.supervisor,
    }
    if any(amendment.get(name) is not None and amendment[name] != known for name, known in holds.items()):
        return True
    if amendment.get("no_deadline") and life.deadline is not None:
        return True
    named = amendment.get("coordinating_agencies")
    return named is not None and sorted(named) != sorted(life.coordinating)
