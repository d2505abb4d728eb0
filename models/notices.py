"""Which notices are owed because of what was just recorded: to whom, why, how urgently, and what they say.

What they say is data here; documents/ makes sentences of it when somebody reads.
"""

import datetime as dt
from typing import Literal

from pydantic import Field

from models import events as e
from models.audience import Hearers, resolve
from models.calendar import Calendar, local_day
from models.deadline import Deadline
from models.directive import Directive, Frozen
from models.directory import ROLES, Directory
from models.moments import Moment, covered_steps
from models.policy import Policy
from models.timeliness import days_left
from models.vocabulary import Audience, Clock, Role, Status, Urgency, Why

MOMENT = "moment"
"""The kind of a notice that a clock caused; all others bear the kind of their event."""

EXCERPT = 400
"""Characters of the content that a notice carries."""

LEAD = (Audience.LEAD_OFFICERS, Audience.LEAD_HEAD)
ALL_AGENCIES = (*LEAD, Audience.COORDINATING_AGENCIES)

ROUTES: dict[str, tuple[tuple[Audience, ...], bool]] = {
    "registered": ((Audience.MONITORING_OFFICER,), False),
    "assigned": (ALL_AGENCIES, False),
    "acknowledged": ((Audience.MONITORING_OFFICER,), False),
    "declined": ((Audience.MONITORING_OFFICER,), True),
    "progress_reported": ((Audience.MONITORING_OFFICER,), False),
    "extension_requested": ((Audience.DECIDER, Audience.MONITORING_OFFICER), True),
    "extension_decided": (LEAD, True),
    "submitted": ((Audience.MONITORING_OFFICER,), False),
    "accepted": (LEAD, False),
    "returned": (LEAD, True),
    "suspended": (ALL_AGENCIES, True),
    "resumed": (ALL_AGENCIES, True),
    "amended": (ALL_AGENCIES, True),
    "urged": (LEAD, True),
    "explanation_demanded": (LEAD, True),
    "explained": ((Audience.MONITORING_OFFICER,), True),
    "contributed": ((Audience.LEAD_OFFICERS, Audience.MONITORING_OFFICER), False),
    "commented": ((Audience.LEAD_OFFICERS, Audience.MONITORING_OFFICER), False),
    "cancelled": (ALL_AGENCIES, True),
    "reopened": (ALL_AGENCIES, True),
    "succeeded": (LEAD, False),
}
"""Who hears of an act, and whether the mail leaves at once; an event that is absent is told to nobody."""


class ReachedStep(Frozen):
    """A step that fell due, as a notice names it."""

    clock: Clock
    step: str
    planned_at: dt.datetime
    level: int


class NextStep(Frozen):
    """What happens next if nothing is done."""

    at: dt.datetime
    clock: Clock
    audience: tuple[Audience, ...]
    level: int


class NoticeContent(Frozen):
    """All that a notice says, as data.

    Attributes:
        kind: the event's kind, or `moment`.
        why: the reader's parts in it.
        on_behalf_of: the absent person for whom the reader hears.
        days_left: working days to the deadline when it was made; negative when overdue.
        text: the reason or text that somebody gave.
        steps: the steps that fell due; more than one when they are told merged.
        granted: whether an extension was granted; None for anything else.
        covered: names of the deadline's steps that were past already and are covered by this notice.
        waiting_for: the coordinating agencies that the lead agency waits for from now on.
        lapsed: what waited for an answer and ended with this act.
    """

    kind: str
    code: str
    content: str
    document_number: str = ""
    lead_agency: str | None = None
    status: Status
    urgency: Urgency
    deadline: Deadline | None = None
    days_left: int | None = None
    level: int = 0
    why: tuple[Why, ...] = Field(min_length=1)
    on_behalf_of: str | None = None
    actor: str
    text: str = ""
    steps: tuple[ReachedStep, ...] = ()
    covered: tuple[str, ...] = ()
    previous_agency: str | None = None
    granted: bool | None = None
    waiting_for: tuple[str, ...] = ()
    lapsed: tuple[Literal["extension", "explanation"], ...] = ()
    following: NextStep | None = None


class NoticeOwed(Frozen):
    """One message owed to one person because of one event; unique on directive, seq and recipient.

    Attributes:
        at_once: whether its mail does not wait for the morning's digest.
        any_hour: whether its mail does not wait for working hours either (flash, or a leader's own act; RULES 22).
    """

    directive: str
    seq: int
    at: dt.datetime
    recipient: str
    at_once: bool
    any_hour: bool
    content: NoticeContent


def notices_owed(
    directive: Directive,
    rows: tuple[e.Recorded, ...],
    directory: Directory,
    policy: Policy,
    calendar: Calendar,
    following: Moment | None,
) -> tuple[NoticeOwed, ...]:
    """Find the notices owed because of rows that were recorded together.

    Steps that were reached together make one message for each person, of the highest level among them (RULES 3, 10).
    Nobody is told what he did himself.

    Args:
        directive: as it stands after the rows.
        following: the next moment after them.
    """
    reached = [row for row in rows if isinstance(row.event, e.MomentReached)]
    acts = [row for row in rows if not isinstance(row.event, e.MomentReached)]
    owed: list[NoticeOwed] = []
    if reached:
        owed += _of_moments(_led_before(directive, acts), reached, directory, calendar, following)
    if acts and acts[-1].event.kind in ROUTES:
        owed += _of_act(directive, acts[-1], directory, policy, calendar, following)
    return tuple(owed)


def as_of(content: NoticeContent, calendar: Calendar, now: dt.datetime) -> NoticeContent:
    """A notice as it reads when its mail leaves: the days to its deadline are counted from that day (RULES 6, 23).

    What waited for its hour would otherwise call due today what was due yesterday. Where the deadline stood still when
    it was made (submitted, suspended, closed), nothing changes.
    """
    resting = content.status.closed or content.status in (Status.SUBMITTED, Status.SUSPENDED)
    if content.deadline is None or content.days_left is None or resting:
        return content
    left = calendar.working_days_between(local_day(now), content.deadline.last_day)
    return content.model_copy(update={"days_left": left})


def _led_before(directive: Directive, acts: list[e.Recorded]) -> Directive:
    """The directive with the agency that led it when the moments fell due: they stand before the act (RULES 16)."""
    for row in acts:
        if isinstance(row.event, e.Assigned) and row.event.previous is not None:
            return directive.model_copy(update={"lead_agency": row.event.previous})
    return directive


def _of_moments(
    directive: Directive,
    rows: list[e.Recorded],
    directory: Directory,
    calendar: Calendar,
    following: Moment | None,
) -> list[NoticeOwed]:
    steps_of: dict[str, list[ReachedStep]] = {}
    heard: list[tuple[e.Recipient, Why]] = []
    last = rows[-1]
    people: dict[Audience, frozenset[str]] = {}
    at_once = False
    for row in rows:
        event = row.event
        if not isinstance(event, e.MomentReached):
            continue
        at_once = at_once or event.at_once
        step = ReachedStep(clock=event.clock, step=event.step, planned_at=row.planned_at or row.at, level=event.level)
        for audience in event.audience:
            if audience not in people:
                found = resolve((audience,), directive, directory, local_day(last.at))
                people[audience] = frozenset(recipient.person for recipient in found.recipients)
        for recipient in event.recipients:
            steps_of.setdefault(recipient.person, []).append(step)
            own = [audience for audience in event.audience if recipient.person in people[audience]]
            heard += [(recipient, Why(audience)) for audience in own or event.audience]
    level = max(step.level for steps in steps_of.values() for step in steps) if steps_of else 0
    content = _content(directive, MOMENT, e.ENGINE, calendar, last.at, following)
    return [
        _owed(
            directive,
            last,
            person,
            content.model_copy(
                update={
                    "steps": tuple(steps_of[person]),
                    "level": level,
                    "why": why,
                    "on_behalf_of": on_behalf_of,
                }
            ),
            at_once=at_once,
        )
        for person, (why, on_behalf_of) in _by_person(heard).items()
    ]


def _by_person(heard: list[tuple[e.Recipient, Why]]) -> dict[str, tuple[tuple[Why, ...], str | None]]:
    """Put together, for each person, why he hears and for whom; one who also hears for himself does so as himself."""
    whys: dict[str, list[Why]] = {}
    represented: dict[str, list[str | None]] = {}
    for recipient, why in heard:
        whys.setdefault(recipient.person, []).append(why)
        represented.setdefault(recipient.person, []).append(recipient.on_behalf_of)
    return {
        person: (tuple(dict.fromkeys(found)), None if None in represented[person] else represented[person][0])
        for person, found in whys.items()
    }


def _of_act(
    directive: Directive,
    row: e.Recorded,
    directory: Directory,
    policy: Policy,
    calendar: Calendar,
    following: Moment | None,
) -> list[NoticeOwed]:
    event, day = row.event, local_day(row.at)
    audiences, at_once = ROUTES[event.kind]
    heard: list[tuple[e.Recipient, Why]] = []

    def hear(found: Hearers, why: Why) -> None:
        heard.extend((recipient, why) for recipient in found.recipients)

    directive_heard = directive
    if isinstance(event, e.Succeeded) and directive.lead_agency != event.new_agency:
        audiences, directive_heard = (Audience.COORDINATING_AGENCIES,), _coordinated_by(directive, event.new_agency)
    elif isinstance(event, e.Reopened) and directive.lead_agency is None:
        audiences = (Audience.MONITORING_OFFICER, Audience.COORDINATING_AGENCIES)  # it waits to be handed out
    for audience in audiences:
        hear(resolve((audience,), directive_heard, directory, day), Why(audience))
    if isinstance(event, e.Assigned) and event.previous not in (None, event.agency):
        former = directive.model_copy(update={"lead_agency": event.previous})
        hear(resolve(LEAD, former, directory, day), Why.PREVIOUS_LEAD_AGENCY)
        at_once = True
    for agencies, part in _apart(event):
        hear(resolve((Audience.COORDINATING_AGENCIES,), _coordinated_by(directive, *agencies), directory, day), part)
    lapsed = {one.what: one.actor for one in event.lapsed} if isinstance(event, e.Assigned | e.Declined) else {}
    if "extension" in lapsed:
        hear(resolve((Audience.DECIDER,), directive, directory, day), Why.DECIDER)
    demander = event.demanded_by if isinstance(event, e.Explained) else lapsed.get("explanation", "")
    if demander:
        stand_in = directory.stand_in(demander, day)
        if stand_in is not None:
            away = None if stand_in == demander else demander
            heard.append((e.Recipient(person=stand_in, on_behalf_of=away), Why.DEMANDED))
    content = _content(directive, event.kind, row.actor, calendar, row.at, following).model_copy(
        update={
            "text": _said(event),
            "covered": covered_steps(directive, policy, calendar, row.at) if _sets_deadline(event) else (),
            "previous_agency": event.previous if isinstance(event, e.Assigned) else None,
            "granted": event.granted if isinstance(event, e.ExtensionDecided) else None,
            "waiting_for": event.waiting_for if isinstance(event, e.ProgressReported) else (),
            "lapsed": tuple(lapsed),
        }
    )
    in_whose_name = row.on_behalf_of or row.actor
    by_leader = Role.LEADER in {ROLES[post.position] for post in directory.posts_on(in_whose_name, day)}
    return [
        _owed(
            directive,
            row,
            person,
            content.model_copy(update={"why": why, "on_behalf_of": on_behalf_of}),
            at_once=at_once or by_leader or Why.ASKED_TO_CONTRIBUTE in why,
            by_leader=by_leader,
        )
        for person, (why, on_behalf_of) in _by_person(heard).items()
        if person != row.actor
    ]


def _coordinated_by(directive: Directive, *agencies: str) -> Directive:
    return directive.model_copy(update={"coordinating_agencies": agencies})


def _apart(event: e.Event) -> tuple[tuple[tuple[str, ...], Why], ...]:
    """Agencies that an act concerns apart from the others: asked to contribute, or no longer asked for anything."""
    match event:
        case e.ProgressReported(waiting_for=agencies) if agencies:
            return ((agencies, Why.ASKED_TO_CONTRIBUTE),)
        case e.Amended(released=agencies) if agencies:
            return ((agencies, Why.PREVIOUS_COORDINATING_AGENCY),)
        case _:
            return ()


def _owed(
    directive: Directive,
    row: e.Recorded,
    recipient: str,
    content: NoticeContent,
    *,
    at_once: bool,
    by_leader: bool = False,
) -> NoticeOwed:
    return NoticeOwed(
        directive=directive.code,
        seq=row.seq,
        at=row.at,
        recipient=recipient,
        at_once=at_once or directive.urgency is not Urgency.NORMAL,
        any_hour=by_leader or directive.urgency is Urgency.FLASH,
        content=content,
    )


def _content(
    directive: Directive,
    kind: str,
    actor: str,
    calendar: Calendar,
    now: dt.datetime,
    following: Moment | None,
) -> NoticeContent:
    return NoticeContent(
        kind=kind,
        code=directive.code,
        content=directive.content[:EXCERPT],
        document_number=directive.document.number,
        lead_agency=directive.lead_agency,
        status=directive.status,
        urgency=directive.urgency,
        deadline=directive.deadline,
        days_left=days_left(directive, calendar, now),
        level=directive.escalation_level if kind != MOMENT else 0,
        why=(Why.LEAD_OFFICERS,),
        actor=actor,
        following=None
        if following is None
        else NextStep(at=following.at, clock=following.clock, audience=following.audience, level=following.level),
    )


def _sets_deadline(event: e.Event) -> bool:
    """Whether steps already past are this act's to tell: it hands out, sets a deadline or lets its clock go on."""
    if isinstance(event, e.ExtensionDecided | e.Amended):
        return event.deadline is not None
    return isinstance(event, e.Assigned | e.Returned | e.Resumed | e.Reopened)


def _said(event: e.Event) -> str:
    """What somebody wrote in this act, for the reader."""
    match event:
        case e.Submitted():
            return event.result or event.document_number
        case e.Accepted():
            return event.note
        case (
            e.ProgressReported() | e.Urged() | e.ExplanationDemanded() | e.Explained() | e.Contributed() | e.Commented()
        ):
            return event.text
        case e.ExtensionDecided():
            return event.reason or event.citation
        case (
            e.Assigned()
            | e.Declined()
            | e.ExtensionRequested()
            | e.Returned()
            | e.Suspended()
            | e.Resumed()
            | e.Amended()
            | e.Cancelled()
            | e.Reopened()
            | e.Succeeded()
        ):
            return event.reason
        case _:
            return ""
