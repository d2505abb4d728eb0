"""The life of a directive: what is allowed (`decide`) and what follows (`evolve`).

Both are the whole truth about the life table of docs/architecture.md. The workflow, the pages, the API's errors
and the tests use these two and nothing else.
"""

import datetime as dt
from typing import assert_never

from models import commands as c
from models import events as e
from models.conditions import (
    coordinating_agency,
    given_reason,
    given_text,
    require_coordinating,
    require_future,
    require_lead,
    require_led,
    require_other_agency,
    require_role,
    require_status,
    require_unchanged,
    working_agencies,
)
from models.directive import Directive
from models.evolution import evolve, fold
from models.refusal import Code, Refused
from models.vocabulary import Role, Status

__all__ = ["allowed_commands", "decide", "evolve", "fold", "require_unchanged"]

OFFICE = frozenset({Role.SECRETARIAT})
OFFICE_AND_LEADERS = frozenset({Role.SECRETARIAT, Role.LEADER})
WORKING = (Status.ASSIGNED, Status.IN_PROGRESS)
OPEN = (Status.REGISTERED, Status.ASSIGNED, Status.IN_PROGRESS, Status.SUBMITTED, Status.DECLINED)
"""The states in which a directive lives on; a suspended one is open too, but its clocks stand still."""
OPEN_OR_SUSPENDED = (*OPEN, Status.SUSPENDED)


def decide(directive: Directive | None, command: c.Command, actor: c.Actor, now: dt.datetime) -> tuple[e.Event, ...]:
    """Judge a command: the events that follow from it, at least one.

    Args:
        directive: what is known so far; None before it is registered.
        command: the wish.
        actor: who acts, in which roles and for which agencies.
        now: the instant at which the engine takes the command, aware, in UTC (RULES 16).

    Raises:
        Refused: with the first reason found, in the order who, state, content. Nothing changes.

    Source: the life table of docs/architecture.md.
    """
    if isinstance(command, c.Register | c.MoveIn):
        return _enter(directive, command, actor, now)
    if directive is None:
        raise Refused(Code.NOT_FOUND)
    if isinstance(command, c.Assign | c.Reassign | c.Succeed):
        return _hand_over(directive, command, actor)
    if isinstance(command, c.Acknowledge | c.Decline | c.ReportProgress | c.Submit | c.Explain):
        return _work(directive, command, actor)
    if isinstance(command, c.RequestExtension | c.DecideExtension):
        return _extend(directive, command, actor, now)
    if isinstance(command, c.Accept | c.Return):
        return _review(directive, command, actor, now)
    if isinstance(command, c.Contribute | c.Comment):
        return _speak(directive, command, actor)
    return _direct(directive, command, actor, now)


def _enter(
    directive: Directive | None, command: c.Register | c.MoveIn, actor: c.Actor, now: dt.datetime
) -> tuple[e.Event, ...]:
    registration = command.registration if isinstance(command, c.MoveIn) else command
    require_role(directive, actor, OFFICE, command.kind)
    if directive is not None:
        raise Refused(Code.ALREADY_REGISTERED, directive=directive.code)
    if not registration.content.strip():
        raise Refused(Code.MISSING, field="content")
    issued_on, deadline = registration.document.date, registration.deadline
    if issued_on is not None and deadline is not None and deadline.day < issued_on:
        raise Refused(Code.DEADLINE_BEFORE_DOCUMENT, deadline=deadline.day, issued_on=issued_on)
    coordinating = tuple(dict.fromkeys(registration.coordinating_agencies))
    if registration.lead_agency in coordinating:
        raise Refused(Code.LEAD_COORDINATES, agency=registration.lead_agency)
    registered = e.Registered(
        content=registration.content,
        document=registration.document,
        field=registration.field,
        urgency=registration.urgency,
        assigning_leader=registration.assigning_leader,
        supervising_leader=registration.supervising_leader,
        coordinating_agencies=coordinating,
        deadline=deadline,
        imposed_deadline=registration.imposed_deadline,
    )
    if isinstance(command, c.MoveIn):
        if registration.lead_agency is None:
            raise Refused(Code.MISSING, field="lead_agency")
        if command.reported_at > now:
            raise Refused(Code.BAD_DATE, value=command.reported_at.isoformat())
        moved_in = e.MovedIn(
            lead_agency=registration.lead_agency,
            reported_at=command.reported_at,
            result_document=command.result_document,
        )
        return (registered, moved_in)
    if registration.lead_agency is None:
        return (registered,)
    return (registered, e.Assigned(agency=registration.lead_agency, previous=None))


def _hand_over(directive: Directive, command: c.Assign | c.Reassign | c.Succeed, actor: c.Actor) -> tuple[e.Event, ...]:
    match command:
        case c.Assign() | c.Reassign():
            require_role(directive, actor, OFFICE_AND_LEADERS, command.kind)
            states = (Status.REGISTERED, Status.DECLINED) if isinstance(command, c.Assign) else OPEN
            require_status(directive, states, command.kind)
            if command.agency == directive.lead_agency and directive.status is not Status.DECLINED:
                raise Refused(Code.SAME_AGENCY, agency=command.agency, directive=directive.code)
            return (
                e.Assigned(
                    agency=command.agency,
                    previous=directive.lead_agency,
                    reason=command.reason,
                    escalation_level=directive.escalation_level,
                    lapsed=() if command.agency == directive.lead_agency else _lapsing(directive),
                ),
            )
        case c.Succeed():
            require_role(directive, actor, frozenset({Role.SECRETARIAT, Role.ADMINISTRATOR}), command.kind)
            require_status(directive, OPEN_OR_SUSPENDED, command.kind)
            if command.old_agency not in (directive.lead_agency, *directive.coordinating_agencies):
                raise Refused(Code.NOT_CONCERNED, agency=command.old_agency, directive=directive.code)
            if command.old_agency == command.new_agency:
                raise Refused(Code.SAME_AGENCY, agency=command.new_agency, directive=directive.code)
            return (e.Succeeded(old_agency=command.old_agency, new_agency=command.new_agency, reason=command.reason),)
        case _:
            assert_never(command)


def _lapsing(directive: Directive, *, explanation: bool = True) -> tuple[e.Lapsed, ...]:
    """What waits for an answer and is about the agency that leads no more.

    Who asked for more time has none to ask for; and the one who leads from now on is not asked to explain another's
    delay, nor the old one, who hears of the directive once and then no more (RULES 13). The demand and its silence
    stay in the ledger, and who demanded is told.
    """
    lapsed = []
    if directive.extension is not None:
        lapsed.append(e.Lapsed(what="extension", actor=directive.extension.actor))
    if explanation and directive.explanation is not None:
        lapsed.append(e.Lapsed(what="explanation", actor=directive.explanation.actor))
    return tuple(lapsed)


def _work(
    directive: Directive,
    command: c.Acknowledge | c.Decline | c.ReportProgress | c.Submit | c.Explain,
    actor: c.Actor,
) -> tuple[e.Event, ...]:
    if isinstance(command, c.ReportProgress):
        return _report(directive, command, actor)
    lead = require_lead(directive, actor)
    match command:
        case c.Acknowledge():
            require_status(directive, (Status.ASSIGNED,), command.kind)
            return (e.Acknowledged(agency=lead),)
        case c.Decline():
            require_status(directive, (Status.ASSIGNED,), command.kind)
            reason = given_reason(command.reason)
            # It goes on leading in name until the Office hands it out, so what it has to explain stays owed.
            return (e.Declined(agency=lead, reason=reason, lapsed=_lapsing(directive, explanation=False)),)
        case c.Submit():
            require_status(directive, (Status.IN_PROGRESS,), command.kind)
            if not (command.result.strip() or command.document_number.strip() or command.attachments):
                raise Refused(Code.TEXT_REQUIRED, field="result")
            return (
                e.Submitted(
                    agency=lead,
                    result=command.result,
                    document_number=command.document_number,
                    attachments=command.attachments,
                ),
            )
        case c.Explain():
            require_status(directive, OPEN_OR_SUSPENDED, command.kind)
            if directive.explanation is None:
                raise Refused(Code.NO_EXPLANATION_PENDING, directive=directive.code)
            return (e.Explained(agency=lead, text=given_text(command.text), demanded_by=directive.explanation.actor),)
        case _:
            assert_never(command)


def _report(directive: Directive, command: c.ReportProgress, actor: c.Actor) -> tuple[e.Event, ...]:
    leads = directive.lead_agency is not None and directive.lead_agency in working_agencies(actor)
    coordinating = coordinating_agency(directive, actor)
    if not leads and coordinating is None:
        raise Refused(Code.NOT_CONCERNED, directive=directive.code, lead=directive.lead_agency)
    require_status(directive, WORKING, command.kind)
    if not command.text.strip() and command.percent is None and not command.attachments:
        raise Refused(Code.TEXT_REQUIRED, field="text")
    if command.waiting_for:
        require_lead(directive, actor)
        require_coordinating(directive, command.waiting_for)
    agency = directive.lead_agency if leads else coordinating
    progress = e.ProgressReported(
        agency=agency or "",
        text=command.text,
        percent=command.percent,
        attachments=command.attachments,
        waiting_for=tuple(dict.fromkeys(command.waiting_for)),
    )
    if leads and directive.status is Status.ASSIGNED:
        return (e.Acknowledged(agency=agency or ""), progress)
    return (progress,)


def _extend(  # noqa: C901 - the table of extensions
    directive: Directive,
    command: c.RequestExtension | c.DecideExtension,
    actor: c.Actor,
    now: dt.datetime,
) -> tuple[e.Event, ...]:
    match command:
        case c.RequestExtension():
            require_lead(directive, actor)
            require_status(directive, (*WORKING, Status.SUBMITTED), command.kind)
            if directive.extension is not None:
                raise Refused(Code.EXTENSION_PENDING, directive=directive.code, since=directive.extension.at)
            if directive.deadline is None:
                raise Refused(Code.NO_DEADLINE, directive=directive.code)
            if command.deadline is None:
                raise Refused(Code.DEADLINE_REQUIRED)
            reason = given_reason(command.reason)
            require_future(command.deadline.due_at, now)
            if command.deadline.due_at <= directive.deadline.due_at:
                raise Refused(Code.DEADLINE_NOT_LATER, deadline=command.deadline.day, current=directive.deadline.day)
            return (e.ExtensionRequested(deadline=command.deadline, reason=reason),)
        case c.DecideExtension():
            require_role(directive, actor, OFFICE_AND_LEADERS, command.kind)
            require_other_agency(directive, actor)
            require_status(directive, OPEN_OR_SUSPENDED, command.kind)
            if directive.extension is None:
                raise Refused(Code.NO_EXTENSION_PENDING, directive=directive.code)
            if Role.LEADER not in actor.roles and not command.citation.strip():
                raise Refused(Code.CITATION_REQUIRED)
            deadline = (command.deadline or directive.extension.deadline) if command.granted else None
            if deadline is not None:
                require_future(deadline.due_at, now)
                if directive.deadline is not None and deadline.due_at <= directive.deadline.due_at:
                    raise Refused(Code.DEADLINE_NOT_LATER, deadline=deadline.day, current=directive.deadline.day)
            elif not command.granted:
                given_reason(command.reason)
            return (
                e.ExtensionDecided(
                    granted=command.granted,
                    deadline=deadline,
                    citation=command.citation,
                    reason=command.reason,
                ),
            )
        case _:
            assert_never(command)


def _review(
    directive: Directive, command: c.Accept | c.Return, actor: c.Actor, now: dt.datetime
) -> tuple[e.Event, ...]:
    require_role(directive, actor, OFFICE_AND_LEADERS, command.kind)
    require_other_agency(directive, actor)
    require_status(directive, (Status.SUBMITTED,), command.kind)
    match command:
        case c.Accept():
            return (e.Accepted(grade=command.grade, note=command.note),)
        case c.Return():
            reason = given_reason(command.reason)
            if command.deadline is not None:
                require_future(command.deadline.due_at, now)
            return (e.Returned(reason=reason, deadline=command.deadline),)
        case _:
            assert_never(command)


def _speak(directive: Directive, command: c.Contribute | c.Comment, actor: c.Actor) -> tuple[e.Event, ...]:
    match command:
        case c.Contribute():
            agency = coordinating_agency(directive, actor)
            if agency is None:
                raise Refused(Code.NOT_COORDINATING_AGENCY, directive=directive.code)
            require_status(directive, OPEN_OR_SUSPENDED, command.kind)
            if command.opinion.value in ("agree_with_comments", "disagree"):
                given_text(command.text)
            return (e.Contributed(agency=agency, opinion=command.opinion, text=command.text),)
        case c.Comment():
            concerned = (
                bool(actor.roles & OFFICE_AND_LEADERS)
                or directive.lead_agency in working_agencies(actor)
                or coordinating_agency(directive, actor) is not None
            )
            if not concerned:
                raise Refused(Code.NOT_CONCERNED, directive=directive.code, lead=directive.lead_agency)
            return (e.Commented(text=given_text(command.text)),)
        case _:
            assert_never(command)


def _direct(  # noqa: C901 - one arm a command
    directive: Directive,
    command: c.Suspend | c.Resume | c.Amend | c.Urge | c.DemandExplanation | c.Cancel | c.Reopen,
    actor: c.Actor,
    now: dt.datetime,
) -> tuple[e.Event, ...]:
    """The acts that the Office and the leaders have in common."""
    require_role(directive, actor, OFFICE_AND_LEADERS, command.kind)
    match command:
        case c.Suspend():
            require_status(directive, OPEN, command.kind)
            return (e.Suspended(reason=given_reason(command.reason)),)
        case c.Resume():
            require_status(directive, (Status.SUSPENDED,), command.kind)
            return (_resumed(directive, command, now),)
        case c.Amend():
            require_status(directive, OPEN_OR_SUSPENDED, command.kind)
            return (_amended(directive, command, now),)
        case c.Urge():
            require_status(directive, OPEN, command.kind)
            require_led(directive)
            return (e.Urged(text=given_text(command.text)),)
        case c.DemandExplanation():
            require_status(directive, OPEN, command.kind)
            require_led(directive)
            if directive.explanation is not None:
                raise Refused(Code.EXPLANATION_PENDING, directive=directive.code, since=directive.explanation.at)
            text = given_text(command.text)
            if command.respond_by is not None:
                require_future(command.respond_by.due_at, now)
            return (e.ExplanationDemanded(text=text, respond_by=command.respond_by),)
        case c.Cancel():
            require_status(directive, OPEN_OR_SUSPENDED, command.kind)
            return (e.Cancelled(reason=given_reason(command.reason)),)
        case c.Reopen():
            require_status(directive, (Status.COMPLETED, Status.CANCELLED), command.kind)
            if command.deadline is None:
                raise Refused(Code.DEADLINE_REQUIRED)
            require_future(command.deadline.due_at, now)
            return (e.Reopened(deadline=command.deadline, reason=command.reason),)
        case _:
            assert_never(command)


def _resumed(directive: Directive, command: c.Resume, now: dt.datetime) -> e.Resumed:
    if command.deadline is not None:
        require_future(command.deadline.due_at, now)
    elif not command.no_deadline and directive.deadline is not None:
        raise Refused(Code.DEADLINE_REQUIRED)
    return e.Resumed(deadline=command.deadline, reason=command.reason)


def _differs(directive: Directive, command: c.Amend) -> bool:
    """Whether an amendment says anything else than what holds already."""
    named = ("content", "deadline", "urgency", "field", "supervising_leader")
    wanted = [(getattr(command, name), getattr(directive, name)) for name in named]
    if any(new is not None and new != old for new, old in wanted):
        return True
    if command.no_deadline and directive.deadline is not None:
        return True
    coordinating = command.coordinating_agencies
    return coordinating is not None and set(coordinating) != set(directive.coordinating_agencies)


def _amended(directive: Directive, command: c.Amend, now: dt.datetime) -> e.Amended:
    reason = given_reason(command.reason)
    if not _differs(directive, command):
        raise Refused(Code.NOTHING_TO_AMEND, directive=directive.code)
    if command.deadline is not None:
        require_future(command.deadline.due_at, now)
    if command.content is not None and not command.content.strip():
        raise Refused(Code.TEXT_REQUIRED, field="content")
    coordinating = command.coordinating_agencies
    if coordinating is not None:
        coordinating = tuple(dict.fromkeys(coordinating))
        if directive.lead_agency in coordinating:
            raise Refused(Code.LEAD_COORDINATES, agency=directive.lead_agency)
    kept = directive.coordinating_agencies if coordinating is None else coordinating
    return e.Amended(
        reason=reason,
        content=command.content,
        deadline=command.deadline,
        no_deadline=command.no_deadline,
        coordinating_agencies=coordinating,
        urgency=command.urgency,
        field=command.field,
        supervising_leader=command.supervising_leader,
        released=tuple(agency for agency in directive.coordinating_agencies if agency not in kept),
    )


def allowed_commands(
    directive: Directive, actor: c.Actor, examples: tuple[c.Command, ...], now: dt.datetime
) -> tuple[str, ...]:
    """Name the kinds of command, of those given as filled-in examples, that this person could give now.

    Whether a reason or a date is missing does not count; who he is and where the directive stands does.
    """
    about_content = {
        Code.REASON_REQUIRED,
        Code.TEXT_REQUIRED,
        Code.CITATION_REQUIRED,
        Code.DEADLINE_REQUIRED,
        Code.DEADLINE_IN_PAST,
        Code.DEADLINE_NOT_LATER,
        Code.NOTHING_TO_AMEND,
        Code.LEAD_COORDINATES,
        Code.SAME_AGENCY,
    }
    allowed = []
    for command in examples:
        try:
            decide(directive, command, actor, now)
        except Refused as refused:
            if refused.code not in about_content:
                continue
        allowed.append(command.kind)
    return tuple(allowed)
