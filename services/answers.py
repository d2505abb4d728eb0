"""What machines are answered, key by key: `dondoc … --json` and the API write the same."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.functional_serializers import PlainSerializer

from database.deliveries import DeliveryRecord
from database.reference import Reference
from documents.language import N_, Language, label, sentence
from models.calendar import CalendarDay
from models.directory import Directory
from models.engine import Answer
from models.events import Recorded
from models.moments import Moment
from models.timeliness import Figures
from models.vocabulary import Audience, Clock, Opinion, Position, Status, Timeliness, Urgency
from services.asking import Board, Standing

if TYPE_CHECKING:
    from services.directories import KnownPerson  # which brings the SDK of Temporal, half a second of a command


def iso(instant: dt.datetime) -> str:
    """An instant for machines: ISO 8601, in UTC."""
    return instant.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


Instant = Annotated[
    dt.datetime,
    PlainSerializer(iso, return_type=Annotated[str, Field(json_schema_extra={"format": "date-time"})]),
]
"""An instant, written in UTC."""


class Said(BaseModel):
    """What is answered; no key is added by chance."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class MomentSaid(Said):
    """The next moment: what the policy will say, when and to whom."""

    at: Instant
    kind: Literal["reminder", "escalation"]
    audience: tuple[Audience, ...]
    clock: Clock
    step: str


class DocumentSaid(Said):
    """The document in which a leader gave the directive."""

    number: str
    date: dt.date | None
    type: str
    abstract: str
    signer: str


class DirectiveSaid(Said):
    """Where one directive stands; agencies by the names people know."""

    code: str
    content: str
    status: Status
    timeliness: Timeliness | None
    lead_agency: str | None
    coordinating_agencies: tuple[str, ...]
    deadline: dt.date | None
    escalation_level: int
    next_moment: MomentSaid | None
    seq: int
    updated_at: Instant
    due_at: Instant | None
    first_deadline: dt.date | None
    imposed_deadline: dt.date | None
    urgency: Urgency
    document: DocumentSaid
    assigning_leader: str
    supervising_leader: str | None
    field: str | None
    lead_agency_code: str | None
    percent: int | None
    extension_pending: bool
    explanation_pending: bool
    contributions: dict[str, Opinion | None]
    waiting_for: tuple[str, ...]
    awaiting_start: bool


class UndeliveredSaid(Said):
    """A notice that could not be delivered."""

    recipient: str
    at: Instant
    channel: str
    problem: str | None


class StatusSaid(DirectiveSaid):
    """One directive when it is asked for by its code."""

    undelivered: tuple[UndeliveredSaid, ...] = ()


class EventSaid(Said):
    """One event of a directive's history; what `data` holds depends on `kind`."""

    seq: int
    at: Instant
    planned_at: Instant | None
    kind: str
    actor: str
    on_behalf_of: str | None
    data: dict[str, Any]


class ComingSaid(Said):
    """One moment that comes if nobody acts."""

    at: Instant
    clock: Clock
    step: str
    audience: tuple[Audience, ...]
    level: int
    why: str
    then_every: float | None


class CommandSaid(Said):
    """What became of a command: recorded with its answer, kept and sent on, or refused for good."""

    command_id: str
    outcome: Literal["recorded", "kept", "refused"]
    code: str
    seq: int | None
    at: Instant | None
    kinds: tuple[str, ...]
    status: Status | None


class CountsSaid(Said):
    """Directives by their timeliness."""

    on_time: int
    due_soon: int
    overdue: int
    completed_on_time: int
    completed_late: int


class TotalsSaid(Said):
    """A group as a whole: total = the five counts."""

    total: int
    open: int


class _OfAgency(Said):
    agency: str | None


class _OfSuccessor(Said):
    successor: str | None


class _OfField(Said):
    field: str | None


class _OfLeader(Said):
    leader: str | None


# The last base comes first in what is written: the name, the totals, the counts.
class AgencyFigures(CountsSaid, TotalsSaid, _OfAgency):
    """The figures of the agency that led, or of none."""


class SuccessorFigures(CountsSaid, TotalsSaid, _OfSuccessor):
    """The figures of the agency that stands today in the place of the one that led."""


class FieldFigures(CountsSaid, TotalsSaid, _OfField):
    """The figures of a field, or of none."""


class LeaderFigures(CountsSaid, TotalsSaid, _OfLeader):
    """The figures of a supervising leader, or of none."""


class NoDeadlineSaid(Said):
    """Directives without a deadline; they are counted among the others as well."""

    open: int
    completed: int


class BoardSaid(Said):
    """The board."""

    as_of: Instant
    total: int
    open: int
    by_status: dict[str, int]
    by_timeliness: CountsSaid
    by_agency: tuple[AgencyFigures, ...]
    by_field: tuple[FieldFigures, ...]
    by_successor: tuple[SuccessorFigures, ...]
    by_leader: tuple[LeaderFigures, ...]
    no_deadline: NoDeadlineSaid
    cancelled: int
    overdue_rate: float
    awaiting_start: int


class DaySaid(Said):
    """A day of the calendar; provisional in a year that nobody confirmed."""

    day: dt.date
    working: bool
    reason: str
    announced_by: str | None
    provisional: bool


class PostSaid(Said):
    """A post that a person holds today."""

    position: Position
    agency: str
    agency_code: str


class PersonSaid(Said):
    """A person of the directory."""

    code: str
    name: str
    email: str
    posts: tuple[PostSaid, ...]
    can_act: bool
    locked: bool


def directive_said(standing: Standing, directory: Directory) -> DirectiveSaid:
    """One directive by the contract's keys, and some more."""
    return DirectiveSaid(**_directive(standing, directory))


def status_said(standing: Standing, directory: Directory, undelivered: Sequence[DeliveryRecord] = ()) -> StatusSaid:
    """The same, with the notices that could not be delivered."""
    return StatusSaid(
        **_directive(standing, directory),
        undelivered=tuple(
            UndeliveredSaid(recipient=one.recipient, at=one.at, channel=one.channel, problem=one.problem)
            for one in undelivered
        ),
    )


def _directive(standing: Standing, directory: Directory) -> dict[str, Any]:
    directive, moment = standing.directive, standing.following
    deadline, document = directive.deadline, directive.document
    names = directory.agency_name
    return {
        "code": directive.code,
        "content": directive.content,
        "status": directive.status,
        "timeliness": standing.timeliness,
        "lead_agency": names(directive.lead_agency) or None,
        "coordinating_agencies": tuple(map(names, directive.coordinating_agencies)),
        "deadline": deadline.day if deadline else None,
        "escalation_level": directive.escalation_level,
        "next_moment": moment and _next_moment(moment),
        "seq": standing.seq,
        "updated_at": directive.updated_at,
        "due_at": deadline.due_at if deadline else None,
        "first_deadline": directive.first_deadline.day if directive.first_deadline else None,
        "imposed_deadline": directive.imposed_deadline.day if directive.imposed_deadline else None,
        "urgency": directive.urgency,
        "document": DocumentSaid(**document.model_dump()),
        "assigning_leader": directive.assigning_leader,
        "supervising_leader": directive.supervising_leader,
        "field": directive.field,
        "lead_agency_code": directive.lead_agency,
        "percent": directive.percent,
        "extension_pending": directive.extension is not None,
        "explanation_pending": directive.explanation is not None,
        # Silence is shown as silence.
        "contributions": {
            names(agency): directive.contributions.get(agency) for agency in directive.coordinating_agencies
        },
        "waiting_for": tuple(map(names, directive.awaited.agencies if directive.awaited else ())),
        "awaiting_start": standing.awaiting_start,
    }


def _next_moment(moment: Moment) -> MomentSaid:
    return MomentSaid(
        at=moment.at,
        kind="escalation" if moment.level > 0 else "reminder",  # an escalation goes above those who work on it
        audience=moment.audience,
        clock=moment.clock,
        step=moment.step,
    )


def event_said(row: Recorded) -> EventSaid:
    """One row of the ledger."""
    return EventSaid(
        seq=row.seq,
        at=row.at,
        planned_at=row.planned_at,
        kind=row.event.kind,
        actor=row.actor,
        on_behalf_of=row.on_behalf_of,
        data=json.loads(row.data),
    )


def coming_said(moment: Moment, reference: Reference, language: Language) -> ComingSaid:
    """One coming moment, and the rule that wants it."""
    policy = reference.timeline.current
    return ComingSaid(
        at=moment.at,
        clock=moment.clock,
        step=moment.step,
        audience=moment.audience,
        level=moment.level,
        why=rule_words(moment, policy.name, policy.version, language),
        then_every=moment.then_every,
    )


def rule_words(moment: Moment, policy: str, version: int, language: Language) -> str:
    """Under which rule a moment is said."""
    return sentence(
        N_("{policy}, phiên bản {version}: đồng hồ {clock}, mốc {step}"),
        language,
        policy=policy,
        version=version,
        clock=label(moment.clock, language),
        step=moment.step,
    )


def command_said(
    command_id: str, outcome: Literal["recorded", "kept", "refused"], code: str, answer: Answer | None
) -> CommandSaid:
    """What became of a command on this directive."""
    return CommandSaid(
        command_id=command_id,
        outcome=outcome,
        code=code,
        seq=answer.seq if answer else None,
        at=answer.at if answer else None,
        kinds=answer.kinds if answer else (),
        status=answer.status if answer else None,
    )


def board_said(whole: Board, succeeded: Sequence[tuple[str | None, Figures]], directory: Directory) -> BoardSaid:
    """The board by the contract's keys, and some more."""
    figures = whole.figures

    def field_name(code: str | None) -> str:
        field = directory.field(code)
        return field.name if field else code or ""

    return BoardSaid(
        as_of=whole.as_of,
        total=figures.total,
        open=figures.open,
        by_status=whole.by_status,
        by_timeliness=CountsSaid(**_counts(figures)),
        by_agency=tuple(
            AgencyFigures(agency=directory.agency_name(code) or None, **_group(one)) for code, one in whole.by_agency
        ),
        by_field=tuple(FieldFigures(field=field_name(code) or None, **_group(one)) for code, one in whole.by_field),
        by_successor=tuple(
            SuccessorFigures(successor=directory.agency_name(code) or None, **_group(one)) for code, one in succeeded
        ),
        by_leader=tuple(
            LeaderFigures(leader=directory.person_name(code) or None, **_group(one)) for code, one in whole.by_leader
        ),
        no_deadline=NoDeadlineSaid(open=figures.no_deadline_open, completed=figures.no_deadline_completed),
        cancelled=figures.cancelled,
        overdue_rate=round(figures.overdue_rate, 4),
        awaiting_start=whole.awaiting_start,
    )


def _group(figures: Figures) -> dict[str, int]:
    return {"total": figures.total, "open": figures.open} | _counts(figures)


def _counts(figures: Figures) -> dict[str, int]:
    return {name: getattr(figures, name) for name in CountsSaid.model_fields}


def person_said(known: "KnownPerson", directory: Directory) -> PersonSaid:
    """A person with his posts."""
    return PersonSaid(
        code=known.person.code,
        name=known.person.name,
        email=known.person.email,
        posts=tuple(
            PostSaid(position=post.position, agency=directory.agency_name(post.agency), agency_code=post.agency)
            for post in known.posts
        ),
        can_act=known.can_act,
        locked=known.person.locked,
    )


def day_said(day: CalendarDay) -> DaySaid:
    """One day."""
    return DaySaid(
        day=day.day,
        working=day.working,
        reason=day.reason,
        announced_by=day.announced_by,
        provisional=day.provisional,
    )
