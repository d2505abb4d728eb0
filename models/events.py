"""The facts: what happened to a directive. Each is frozen, has a literal `kind`, and is never changed.

`Recorded` is the envelope in which an event stands in the ledger, with its number, its instant and its hash.
"""

import datetime as dt
import hashlib
import json
from typing import Annotated, Literal, Protocol

from pydantic import Field, TypeAdapter

from models.deadline import Deadline
from models.directive import Frozen, SourceDocument
from models.vocabulary import Audience, Clock, Grade, Opinion, Urgency


class Lapsed(Frozen):
    """Something that waited for an answer and ended with the lead of the agency that it was about (RULES 13).

    Attributes:
        actor: who asked for the extension, or demanded the explanation.
    """

    what: Literal["extension", "explanation"]
    actor: str


class Covering(Frozen):
    """An act that starts a clock to a named day or lets one go on (RULES 8, 9).

    Attributes:
        covered: by clock, the steps that were past at that instant and are covered by this act's notice, as the
            calendar stood; of a step that repeats, the last. The door notes them; absent where nothing was noted.
    """

    covered: dict[Clock, tuple[str, ...]] | None = None


class Registered(Frozen):
    """The directive became known to the engine."""

    kind: Literal["registered"] = "registered"
    content: str
    document: SourceDocument
    field: str | None
    urgency: Urgency
    assigning_leader: str
    supervising_leader: str | None
    coordinating_agencies: tuple[str, ...]
    deadline: Deadline | None
    imposed_deadline: Deadline | None


class MovedIn(Frozen):
    """It came from a spreadsheet, already done; timeliness follows from `reported_at`."""

    kind: Literal["moved_in"] = "moved_in"
    lead_agency: str
    reported_at: dt.datetime
    result_document: str


class Assigned(Covering):
    """An agency leads from now on; `previous` led before, and what waited for an answer about it has lapsed."""

    kind: Literal["assigned"] = "assigned"
    agency: str
    previous: str | None
    reason: str = ""
    escalation_level: int = 0
    lapsed: tuple[Lapsed, ...] = ()


class Acknowledged(Frozen):
    """The lead agency has received it."""

    kind: Literal["acknowledged"] = "acknowledged"
    agency: str


class Declined(Frozen):
    """The lead agency says that it is not theirs."""

    kind: Literal["declined"] = "declined"
    agency: str
    reason: str
    lapsed: tuple[Lapsed, ...] = ()


class ProgressReported(Frozen):
    """How far the work is; `waiting_for` names the coordinating agencies without which it does not go on."""

    kind: Literal["progress_reported"] = "progress_reported"
    agency: str
    text: str
    percent: int | None
    attachments: tuple[str, ...] = ()
    waiting_for: tuple[str, ...] = ()


class ExtensionRequested(Frozen):
    """The lead agency asks for a later deadline."""

    kind: Literal["extension_requested"] = "extension_requested"
    deadline: Deadline
    reason: str


class ExtensionDecided(Covering):
    """The request was granted, with the deadline that now holds, or refused."""

    kind: Literal["extension_decided"] = "extension_decided"
    granted: bool
    deadline: Deadline | None
    citation: str
    reason: str


class Submitted(Frozen):
    """A result was handed in."""

    kind: Literal["submitted"] = "submitted"
    agency: str
    result: str
    document_number: str
    attachments: tuple[str, ...] = ()


class Accepted(Frozen):
    """The result was accepted; the directive is completed."""

    kind: Literal["accepted"] = "accepted"
    grade: Grade | None
    note: str


class Returned(Covering):
    """The result was sent back, perhaps with a new deadline."""

    kind: Literal["returned"] = "returned"
    reason: str
    deadline: Deadline | None


class Suspended(Frozen):
    """The clocks stand still."""

    kind: Literal["suspended"] = "suspended"
    reason: str


class Resumed(Covering):
    """The clocks run again; `deadline` is what it now is, None for none."""

    kind: Literal["resumed"] = "resumed"
    deadline: Deadline | None
    reason: str


class Amended(Covering):
    """What was asked has changed; what is None stayed as it was. `released` coordinate no more."""

    kind: Literal["amended"] = "amended"
    reason: str
    content: str | None = None
    deadline: Deadline | None = None
    no_deadline: bool = False
    coordinating_agencies: tuple[str, ...] | None = None
    urgency: Urgency | None = None
    field: str | None = None
    supervising_leader: str | None = None
    released: tuple[str, ...] = ()


class Urged(Frozen):
    """A reminder by hand."""

    kind: Literal["urged"] = "urged"
    text: str


class ExplanationDemanded(Covering):
    """An explanation is owed; `respond_by` names the day of its clock."""

    kind: Literal["explanation_demanded"] = "explanation_demanded"
    text: str
    respond_by: Deadline | None


class Explained(Frozen):
    """The explanation, and who demanded it."""

    kind: Literal["explained"] = "explained"
    agency: str
    text: str
    demanded_by: str = ""


class Contributed(Frozen):
    """A coordinating agency's contribution."""

    kind: Literal["contributed"] = "contributed"
    agency: str
    opinion: Opinion
    text: str


class Commented(Frozen):
    """A remark."""

    kind: Literal["commented"] = "commented"
    text: str


class Cancelled(Frozen):
    """The directive was withdrawn."""

    kind: Literal["cancelled"] = "cancelled"
    reason: str


class Reopened(Covering):
    """A closed directive is open again: in progress, or waiting to be handed out when nobody ever led it."""

    kind: Literal["reopened"] = "reopened"
    deadline: Deadline
    reason: str


class Succeeded(Frozen):
    """One agency took another's place, as lead or as coordinator."""

    kind: Literal["succeeded"] = "succeeded"
    old_agency: str
    new_agency: str
    reason: str


class Recipient(Frozen):
    """A person who hears; `on_behalf_of` is the absent person whose deputy he is."""

    person: str
    on_behalf_of: str | None = None


class MomentReached(Frozen):
    """A step of the policy fell due (RULES 7, 10).

    Attributes:
        run: the sequence number of the event that set the clock's anchor.
        step: the step's name, such as `-3`, `+15` or `+2h`.
        outcome: told on its own, or merged into the message of a higher step that passed as well.
        recipients: who hears, resolved when the event was made.
        vacant: audiences that nobody holds; the next audience of the ladder heard instead.
    """

    kind: Literal["moment_reached"] = "moment_reached"
    clock: Clock
    run: int
    step: str
    level: int
    outcome: Literal["told", "merged"]
    audience: tuple[Audience, ...]
    recipients: tuple[Recipient, ...]
    vacant: tuple[Audience, ...] = ()
    at_once: bool = False
    policy_version: int = 0

    @property
    def key(self) -> str:
        """The moment's identity within its directive."""
        return moment_key(self.clock, self.run, self.step)


def moment_key(clock: Clock, run: int, step: str) -> str:
    """Name a moment within its directive: `clock/run/step` (RULES 7)."""
    return f"{clock}/{run}/{step}"


Event = Annotated[
    Registered
    | MovedIn
    | Assigned
    | Acknowledged
    | Declined
    | ProgressReported
    | ExtensionRequested
    | ExtensionDecided
    | Submitted
    | Accepted
    | Returned
    | Suspended
    | Resumed
    | Amended
    | Urged
    | ExplanationDemanded
    | Explained
    | Contributed
    | Commented
    | Cancelled
    | Reopened
    | Succeeded
    | MomentReached,
    Field(discriminator="kind"),
]

EVENTS: TypeAdapter[Event] = TypeAdapter(Event)
"""Reads any event from JSON or a dictionary."""

ENGINE = "engine"
"""The actor of the events that nobody caused: moments."""


class Recorded(Frozen):
    """An event as it stands in the ledger.

    Attributes:
        seq: 1, 2, 3, … within the directive, without a gap.
        at: the instant the engine took it (UTC).
        planned_at: for a moment, the instant the policy wanted it.
        actor: the person's code, or `engine`.
        command_id: the id of the command that caused it; None for moments.
        part: which of the events of one command this is, from 0.
        hash: SHA-256 over the row before and this row; see `row_hash`.
    """

    directive: str
    seq: int
    at: dt.datetime
    planned_at: dt.datetime | None = None
    actor: str
    on_behalf_of: str | None = None
    command_id: str | None = None
    part: int = 0
    event: Event
    previous_hash: str = ""
    hash: str = ""

    @property
    def data(self) -> str:
        """The event's content as canonical JSON, as it stands in the ledger.

        Fields at their default are left out, so that a field added later leaves old rows as they are.
        """
        return self.event.model_dump_json(exclude_defaults=True)

    def sealed(self, previous_hash: str) -> "Recorded":
        """Chain this row to the one before it and return it with its hash."""
        chained = self.model_copy(update={"previous_hash": previous_hash})
        return chained.model_copy(update={"hash": row_hash(chained, chained.event.kind, chained.data)})


class Envelope(Protocol):
    """What `row_hash` covers beside kind and content; a row of the ledger's table has it too."""

    @property
    def directive(self) -> str: ...  # noqa: D102
    @property
    def seq(self) -> int: ...  # noqa: D102
    @property
    def at(self) -> dt.datetime: ...  # noqa: D102
    @property
    def planned_at(self) -> dt.datetime | None: ...  # noqa: D102
    @property
    def actor(self) -> str: ...  # noqa: D102
    @property
    def on_behalf_of(self) -> str | None: ...  # noqa: D102
    @property
    def command_id(self) -> str | None: ...  # noqa: D102
    @property
    def part(self) -> int: ...  # noqa: D102
    @property
    def previous_hash(self) -> str: ...  # noqa: D102


def row_hash(row: Envelope, kind: str, data: str) -> str:
    """Compute a ledger row's hash: SHA-256, hexadecimal, over the hash of the row before and all of this row.

    A change by hand, two rows swapped or a row taken out of the middle therefore shows.

    Args:
        row: the envelope; instants are aware.
        kind: the event's kind.
        data: the event's content, letter for letter as stored.
    """
    instants = [None if at is None else at.astimezone(dt.UTC).isoformat() for at in (row.at, row.planned_at)]
    parts = [
        row.previous_hash,
        row.directive,
        row.seq,
        *instants,
        row.actor,
        row.on_behalf_of,
        row.command_id,
        row.part,
        kind,
        data,
    ]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def read_event(kind: str, data: str) -> Event:
    """Read an event back from the kind and the content of its ledger row.

    Raises:
        pydantic.ValidationError: the row does not hold an event of that kind.
    """
    return EVENTS.validate_python({**json.loads(data), "kind": kind})
