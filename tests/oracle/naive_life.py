"""A life as plain data, and what becomes of a directive by what people did. The life table of RULES.md's design.

People wish something (`Wish`); `facts_of` says which facts follow, or that it is refused; `happen` changes the
plain state of a `Life`. Facts are dictionaries such as `dondoc history --json` lists: kind, at, data.
Only who acts for whom is taken for granted: a wish is made by somebody who may make it.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oracle.naive_calendar import ONE_DAY, Stretch, day_of, instant_of

Fact = dict[str, Any]

# --- A script: what people, the Government, the policy's keepers and bad luck do during a life -----------------


@dataclass(frozen=True)
class Wish:
    """Somebody wants something; `by` is the lead agency (`lead`), a coordinating one (`coordinating`) or the office."""

    at: dt.datetime
    kind: str
    by: str = "office"
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CalendarChange:
    """Days are announced, or an announcement is taken back (None)."""

    at: dt.datetime
    days: Mapping[dt.date, bool | None]


@dataclass(frozen=True)
class PolicyChange:
    """Another policy is in force from this instant on."""

    at: dt.datetime
    policy: Mapping[str, Any]


@dataclass(frozen=True)
class PeopleChange:
    """The directory is another one from this instant on (see naive_people)."""

    at: dt.datetime
    people: Mapping[str, Any]


Happening = Wish | CalendarChange | PolicyChange | PeopleChange


@dataclass(frozen=True)
class Script:
    """A whole life: what there is at first, what happens, in order, and when the engine is down."""

    calendar: Mapping[dt.date, bool]
    policy: Mapping[str, Any]
    people: Mapping[str, Any]
    happenings: tuple[Happening, ...]
    outages: tuple[Stretch, ...]
    until: dt.datetime


# --- The state ---------------------------------------------------------------------------------------------------


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
    due: dt.datetime | None = None
    clocks: dict[str, Run] = field(default_factory=dict)
    stood_still: list[Stretch] = field(default_factory=list)
    suspended_since: dt.datetime | None = None
    imposed: Mapping[str, Any] | None = None
    asked_for: dt.datetime | None = None
    demanded_at: dt.datetime | None = None
    level: int = 0


OPEN = ("registered", "assigned", "in_progress", "submitted", "declined")
OPEN_OR_SUSPENDED = (*OPEN, "suspended")
CLOSED = ("completed", "cancelled")
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


def last_day_of(due: dt.datetime) -> dt.date:
    """The day that steps in working days count from: 24:00 of a day is still that day (rule 1)."""
    return day_of(due - dt.timedelta(microseconds=1))


# --- From a wish to facts ----------------------------------------------------------------------------------------


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
            granted = due or life.asked_for
            if granted <= now or (life.due is not None and granted <= life.due):
                return None
            return [fact("extension_decided", granted=True, deadline={"due_at": granted})]
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
            if due is not None and due <= now:
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
    raise AssertionError(wish.kind)


# --- What a fact changes -----------------------------------------------------------------------------------------


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
            life.asked_for = _due(data["deadline"])
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
        life.asked_for = life.demanded_at = None
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
    life.due = _due(deadline) if deadline else None
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
