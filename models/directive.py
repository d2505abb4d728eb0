"""What is known of one directive: the state that `evolve` folds from its events."""

import datetime as dt

from pydantic import BaseModel, ConfigDict, Field

from models.deadline import Deadline
from models.vocabulary import Clock, Grade, Opinion, Status, Urgency


class Frozen(BaseModel):
    """A value: never changed, compared by content, strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceDocument(Frozen):
    """The document (văn bản chỉ đạo) in which a leader gave the directive."""

    number: str = Field(default="", max_length=100)
    date: dt.date | None = None
    type: str = Field(default="", max_length=100)
    abstract: str = Field(default="", max_length=2_000)
    signer: str = Field(default="", max_length=200)


class ClockRun(Frozen):
    """One run of one clock (RULES 7).

    Attributes:
        run: the sequence number of the event that set the anchor; it names the run for ever.
        day: the local day that steps in working days are counted from.
        anchor: the instant that steps in working hours are counted from.
        since: steps planned at or before this instant are no moments of this run; the act covered them.
        covered: the steps that an act covered, by name, as the calendar stood then; of a step that repeats, the last.
        covered_at: the instant of that act; None where none noted them (rows of 0.1.0), and `since` alone decides.
    """

    run: int
    day: dt.date
    anchor: dt.datetime
    since: dt.datetime
    covered: tuple[str, ...] = ()
    covered_at: dt.datetime | None = None


class StatusChange(Frozen):
    """From `at` on, until the next change, the directive has this status."""

    status: Status
    at: dt.datetime


class Suspension(Frozen):
    """A time in which the clocks stood still; open-ended while it lasts."""

    start: dt.datetime
    end: dt.datetime | None = None


class Wait(Frozen):
    """A time in which something waited for a leader's decision or a coordinating agency, and it came or lapsed."""

    start: dt.datetime
    end: dt.datetime


class Awaited(Frozen):
    """The coordinating agencies that the lead agency waits for, and since when (RULES 14)."""

    agencies: tuple[str, ...]
    since: dt.datetime


class ExtensionRequest(Frozen):
    """A pending request for a later deadline."""

    seq: int
    at: dt.datetime
    actor: str
    deadline: Deadline
    reason: str


class ExplanationDemand(Frozen):
    """A pending demand for an explanation (yêu cầu giải trình)."""

    seq: int
    at: dt.datetime
    actor: str
    text: str


class Submission(Frozen):
    """A result handed in; `at` is the instant by which timeliness is judged."""

    seq: int
    at: dt.datetime
    document_number: str = ""


class LastEvent(Frozen):
    """Who did what last; named when two people act at once and one of them loses."""

    seq: int
    kind: str
    actor: str
    at: dt.datetime


class Directive(Frozen):
    """One tracked task: what, who leads, by when, and all that its clocks need.

    Attributes:
        seq: the number of the last event folded in; the first is 1.
        first_deadline: kept for statistics when a later one replaces it.
        told: the moments told so far, as `clock/run/step`; each at most once, for ever.
        submission: the result under review, or the accepted one once completed.
        awaited: the coordinating agencies that hold it up just now, by the lead agency's word.
    """

    code: str
    seq: int
    status: Status
    content: str
    document: SourceDocument = SourceDocument()
    field: str | None = None
    urgency: Urgency = Urgency.NORMAL
    assigning_leader: str = ""
    supervising_leader: str | None = None
    lead_agency: str | None = None
    coordinating_agencies: tuple[str, ...] = ()
    deadline: Deadline | None = None
    first_deadline: Deadline | None = None
    imposed_deadline: Deadline | None = None
    registered_at: dt.datetime
    updated_at: dt.datetime
    clocks: dict[Clock, ClockRun] = {}
    told: tuple[str, ...] = ()
    escalation_level: int = 0
    status_changes: tuple[StatusChange, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    extension: ExtensionRequest | None = None
    extension_waits: tuple[Wait, ...] = ()
    awaited: Awaited | None = None
    coordinator_waits: tuple[Wait, ...] = ()
    explanation: ExplanationDemand | None = None
    submission: Submission | None = None
    completed_at: dt.datetime | None = None
    grade: Grade | None = None
    percent: int | None = None
    contributions: dict[str, Opinion] = {}
    times_returned: int = 0
    last_event: LastEvent

    @property
    def closed(self) -> bool:
        """Whether nothing more is owed."""
        return self.status.closed

    @property
    def silent_agencies(self) -> tuple[str, ...]:
        """Those that coordinate and have said nothing."""
        return tuple(agency for agency in self.coordinating_agencies if agency not in self.contributions)

    @property
    def paused(self) -> bool:
        """Whether the clocks stand still."""
        return self.status is Status.SUSPENDED
