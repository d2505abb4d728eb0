"""What follows from an event: the fold that makes a directive out of its ledger."""

from typing import Any, assert_never

from models import events as e
from models.calendar import local_day
from models.deadline import Deadline
from models.directive import (
    Awaited,
    ClockRun,
    Directive,
    ExplanationDemand,
    ExtensionRequest,
    LastEvent,
    StatusChange,
    Submission,
    Suspension,
    Wait,
)
from models.vocabulary import Clock, Status


def fold(rows: "tuple[e.Recorded, ...] | list[e.Recorded]", start: Directive | None = None) -> Directive | None:
    """Fold ledger rows, in order, into a directive; None when there is no row at all."""
    directive = start
    for row in rows:
        directive = evolve(directive, row)
    return directive


def evolve(directive: Directive | None, row: e.Recorded) -> Directive:
    """Apply one recorded event and return the directive as it is then.

    Args:
        directive: what the rows before it made; None before the first.
        row: the next row; its number must follow without a gap.

    Raises:
        ValueError: the row does not follow: a gap in the numbers, a first row that registers nothing, or a
            second one that does.
    """
    event = row.event
    if isinstance(event, e.Registered):
        if directive is not None:
            raise ValueError(f"{row.directive}: row {row.seq} registers it a second time")
        return _registered(event, row)
    if directive is None:
        raise ValueError(f"{row.directive}: the first row does not register it but is {event.kind}")
    if row.seq != directive.seq + 1:
        raise ValueError(f"{row.directive}: row {row.seq} does not follow row {directive.seq}")
    changes = _changes(directive, event, row)
    changes["seq"] = row.seq
    changes["updated_at"] = row.at
    if not isinstance(event, e.MomentReached):
        changes["last_event"] = LastEvent(seq=row.seq, kind=event.kind, actor=row.actor, at=row.at)
    status = changes.get("status", directive.status)
    if status is not directive.status:
        changes["status_changes"] = (*directive.status_changes, StatusChange(status=status, at=row.at))
        if Status(status).closed:
            changes |= {
                "clocks": {},
                "extension": None,
                "extension_waits": _waited(directive, row),
                "explanation": None,
                "suspensions": _ended(directive, row),
                **_awaiting(directive, (), row),
            }
    if isinstance(event, e.Covering) and event.covered is not None:
        changes["clocks"] = _noted(changes.get("clocks", directive.clocks), event.covered, row)
    return directive.model_copy(update=changes)


def _registered(event: e.Registered, row: e.Recorded) -> Directive:
    if row.seq != 1:
        raise ValueError(f"{row.directive}: it is registered by row {row.seq}, not by row 1")
    clocks = {Clock.HANDOUT: _started(row)}
    if event.deadline is not None:
        clocks[Clock.DEADLINE] = _timed(row, event.deadline)
    if event.imposed_deadline is not None:
        clocks[Clock.IMPOSED_DEADLINE] = _timed(row, event.imposed_deadline)
    return Directive(
        code=row.directive,
        seq=row.seq,
        status=Status.REGISTERED,
        content=event.content,
        document=event.document,
        field=event.field,
        urgency=event.urgency,
        assigning_leader=event.assigning_leader,
        supervising_leader=event.supervising_leader,
        coordinating_agencies=event.coordinating_agencies,
        deadline=event.deadline,
        first_deadline=event.deadline,
        imposed_deadline=event.imposed_deadline,
        registered_at=row.at,
        updated_at=row.at,
        clocks=clocks,
        status_changes=(StatusChange(status=Status.REGISTERED, at=row.at),),
        last_event=LastEvent(seq=row.seq, kind=event.kind, actor=row.actor, at=row.at),
    )


def _changes(directive: Directive, event: e.Event, row: e.Recorded) -> dict[str, Any]:  # noqa: C901 - one arm an event
    """What one event changes. One arm an event, so that a new event fails the type check until it is here."""
    match event:
        case e.Registered():
            raise ValueError(f"{row.directive}: registered twice")
        case e.MovedIn():
            return {
                "status": Status.COMPLETED,
                "lead_agency": event.lead_agency,
                "submission": Submission(seq=row.seq, at=event.reported_at, document_number=event.result_document),
                "completed_at": event.reported_at,
            }
        case e.Assigned():
            return {
                "status": Status.ASSIGNED,
                "lead_agency": event.agency,
                "submission": None,
                "coordinating_agencies": tuple(
                    agency for agency in directive.coordinating_agencies if agency != event.agency
                ),
                **_awaiting(directive, (), row),
                **_lapsed(directive, event.lapsed, Clock.ACKNOWLEDGEMENT, row),
            }
        case e.Acknowledged():
            return {"status": Status.IN_PROGRESS, **_with_clock(directive, Clock.SILENCE, row)}
        case e.Declined():
            return {
                "status": Status.DECLINED,
                **_awaiting(directive, (), row),
                **_lapsed(directive, event.lapsed, Clock.HANDOUT, row),
            }
        case e.ProgressReported():
            changes: dict[str, Any] = {} if event.percent is None else {"percent": event.percent}
            if event.agency == directive.lead_agency:
                changes |= _with_clock(directive, Clock.SILENCE, row)
                return changes | _awaiting(directive, event.waiting_for, row)
            return changes | _without_awaited(directive, event.agency, row)
        case e.ExtensionRequested():
            request = ExtensionRequest(
                seq=row.seq, at=row.at, actor=row.actor, deadline=event.deadline, reason=event.reason
            )
            return {"extension": request, **_with_clock(directive, Clock.EXTENSION, row)}
        case e.ExtensionDecided():
            decided = _new_deadline(directive, event.deadline, row) if event.deadline else {}
            clocks = decided.get("clocks", directive.clocks)
            return decided | {
                "extension": None,
                "extension_waits": _waited(directive, row),
                "clocks": _without(clocks, Clock.EXTENSION),
            }
        case e.Submitted():
            return {
                "status": Status.SUBMITTED,
                "submission": Submission(seq=row.seq, at=row.at, document_number=event.document_number),
                **_awaiting(directive, (), row),
                **_with_clock(directive, Clock.REVIEW, row),
            }
        case e.Accepted():
            return {"status": Status.COMPLETED, "completed_at": row.at, "grade": event.grade}
        case e.Returned():
            returned = _new_deadline(directive, event.deadline, row) if event.deadline else {}
            clocks = returned.get("clocks", directive.clocks) | {Clock.SILENCE: _started(row)}
            return returned | {
                "status": Status.IN_PROGRESS,
                "submission": None,
                "times_returned": directive.times_returned + 1,
                "clocks": clocks,
            }
        case e.Suspended():
            return {
                "status": Status.SUSPENDED,
                "suspensions": (*directive.suspensions, Suspension(start=row.at)),
            }
        case e.Resumed():
            return _new_deadline(directive, event.deadline, row) | {
                "status": directive.status_changes[-2].status,
                "suspensions": _ended(directive, row),
            }
        case e.Amended():
            return _amended(directive, event, row)
        case e.Urged() | e.Commented():
            return {}
        case e.ExplanationDemanded():
            demand = ExplanationDemand(seq=row.seq, at=row.at, actor=row.actor, text=event.text)
            run = _timed(row, event.respond_by) if event.respond_by else _started(row)
            return {"explanation": demand, "clocks": directive.clocks | {Clock.EXPLANATION: run}}
        case e.Explained():
            return {"explanation": None, "clocks": _without(directive.clocks, Clock.EXPLANATION)}
        case e.Contributed():
            return {
                "contributions": directive.contributions | {event.agency: event.opinion},
                **_without_awaited(directive, event.agency, row),
            }
        case e.Cancelled():
            return {"status": Status.CANCELLED}
        case e.Reopened():
            return _reopened(directive, event, row)
        case e.Succeeded():
            return _succeeded(directive, event, row)
        case e.MomentReached():
            level = event.level if event.clock is Clock.DEADLINE else 0
            return {
                "told": (*directive.told, event.key),
                "escalation_level": max(directive.escalation_level, level),
            }
        case _:
            assert_never(event)


def _amended(directive: Directive, event: e.Amended, row: e.Recorded) -> dict[str, Any]:
    changes: dict[str, Any] = event.model_dump(
        include={"content", "coordinating_agencies", "urgency", "field", "supervising_leader"},
        exclude_none=True,
    )
    if event.no_deadline or event.deadline is not None:
        changes |= _new_deadline(directive, event.deadline, row)
    if event.urgency is not None and event.urgency is not directive.urgency:
        # Another urgency selects another ladder; what it would have said before today stays unsaid (RULES 9, 12).
        clocks = changes.get("clocks", directive.clocks)
        changes["clocks"] = {
            clock: run.model_copy(update={"since": max(run.since, row.at)}) for clock, run in clocks.items()
        }
    if event.coordinating_agencies is not None and directive.awaited is not None:
        still = tuple(agency for agency in directive.awaited.agencies if agency in event.coordinating_agencies)
        changes |= _awaiting(directive, still, row)
    return changes


def _reopened(directive: Directive, event: e.Reopened, row: e.Recorded) -> dict[str, Any]:
    """Open again: in progress with the agency that led, or waiting to be handed out when nobody ever did."""
    reopened = _new_deadline(directive, event.deadline, row)
    led = directive.lead_agency is not None
    clocks = reopened["clocks"] | {Clock.SILENCE if led else Clock.HANDOUT: _started(row)}
    if directive.imposed_deadline is not None:  # the superior's day stands, whatever the province closed and opened
        clocks[Clock.IMPOSED_DEADLINE] = _timed(row, directive.imposed_deadline)
    return reopened | {
        "status": Status.IN_PROGRESS if led else Status.REGISTERED,
        "submission": None,
        "completed_at": None,
        "grade": None,
        "clocks": clocks,
    }


def _succeeded(directive: Directive, event: e.Succeeded, row: e.Recorded) -> dict[str, Any]:
    lead = event.new_agency if directive.lead_agency == event.old_agency else directive.lead_agency
    coordinating = tuple(
        dict.fromkeys(
            event.new_agency if agency == event.old_agency else agency for agency in directive.coordinating_agencies
        )
    )
    changes: dict[str, Any] = {
        "lead_agency": lead,
        "coordinating_agencies": tuple(agency for agency in coordinating if agency != lead),
    }
    given = directive.contributions.get(event.old_agency)
    if given is not None and event.new_agency not in directive.contributions:
        changes["contributions"] = directive.contributions | {event.new_agency: given}  # not silent: it was heard
    if directive.awaited is None:
        return changes
    renamed = (event.new_agency if agency == event.old_agency else agency for agency in directive.awaited.agencies)
    return changes | _awaiting(directive, tuple(agency for agency in renamed if agency != lead), row)


def _new_deadline(directive: Directive, deadline: Deadline | None, row: e.Recorded) -> dict[str, Any]:
    """A deadline set anew starts a new run of its clock and begins the escalation afresh (RULES 7, 8)."""
    clocks = _without(directive.clocks, Clock.DEADLINE)
    if deadline is not None:
        clocks[Clock.DEADLINE] = _timed(row, deadline)
    return {
        "deadline": deadline,
        "first_deadline": directive.first_deadline or deadline,
        "escalation_level": 0,
        "clocks": clocks,
    }


def _ended(directive: Directive, row: e.Recorded) -> tuple[Suspension, ...]:
    """The suspensions, the one that lasts ended by this row: time in which it is closed is not suspended (RULES 15)."""
    return tuple(
        suspension if suspension.end else suspension.model_copy(update={"end": row.at})
        for suspension in directive.suspensions
    )


def _waited(directive: Directive, row: e.Recorded) -> tuple[Wait, ...]:
    """The waits for a leader's decision, with the one that this row ends (RULES 14)."""
    if directive.extension is None:
        return directive.extension_waits
    return (*directive.extension_waits, Wait(start=directive.extension.at, end=row.at))


def _awaiting(directive: Directive, agencies: tuple[str, ...], row: e.Recorded) -> dict[str, Any]:
    """Wait for these coordinating agencies from now on, or for none; a wait that goes on keeps its beginning."""
    agencies, before = tuple(dict.fromkeys(agencies)), directive.awaited
    if agencies:
        return {"awaited": Awaited(agencies=agencies, since=before.since if before else row.at)}
    if before is None:
        return {}
    return {
        "awaited": None,
        "coordinator_waits": (*directive.coordinator_waits, Wait(start=before.since, end=row.at)),
    }


def _without_awaited(directive: Directive, agency: str, row: e.Recorded) -> dict[str, Any]:
    """One agency has answered."""
    if directive.awaited is None:
        return {}
    return _awaiting(directive, tuple(one for one in directive.awaited.agencies if one != agency), row)


def _lapsed(directive: Directive, lapsed: tuple[e.Lapsed, ...], starting: Clock, row: e.Recorded) -> dict[str, Any]:
    """End what lapsed with its clock, and start a clock."""
    what = {one.what for one in lapsed}
    clocks, changes = directive.clocks, dict[str, Any]()
    if "extension" in what:
        changes |= {"extension": None, "extension_waits": _waited(directive, row)}
        clocks = _without(clocks, Clock.EXTENSION)
    if "explanation" in what:
        changes["explanation"] = None
        clocks = _without(clocks, Clock.EXPLANATION)
    return changes | {"clocks": clocks | {starting: _started(row)}}


def _noted(
    clocks: dict[Clock, ClockRun], covered: dict[Clock, tuple[str, ...]], row: e.Recorded
) -> dict[Clock, ClockRun]:
    """Keep with each clock which of its steps this act covered, beside what earlier acts of the same run did."""
    return clocks | {
        clock: clocks[clock].model_copy(
            update={"covered": tuple(dict.fromkeys((*clocks[clock].covered, *steps))), "covered_at": row.at}
        )
        for clock, steps in covered.items()
        if clock in clocks
    }


def _without(clocks: dict[Clock, ClockRun], clock: Clock) -> dict[Clock, ClockRun]:
    return {other: run for other, run in clocks.items() if other is not clock}


def _with_clock(directive: Directive, clock: Clock, row: e.Recorded) -> dict[str, Any]:
    return {"clocks": directive.clocks | {clock: _started(row)}}


def _started(row: e.Recorded) -> ClockRun:
    """A run counted from the event itself."""
    return ClockRun(run=row.seq, day=local_day(row.at), anchor=row.at, since=row.at)


def _timed(row: e.Recorded, deadline: Deadline) -> ClockRun:
    """A run counted to and from a deadline."""
    return ClockRun(run=row.seq, day=deadline.last_day, anchor=deadline.due_at, since=row.at)
