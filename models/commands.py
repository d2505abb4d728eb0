"""The wishes that people send. Each is a tiny class with a literal `kind`; `decide` judges them."""

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from models.deadline import Deadline
from models.directive import Frozen, SourceDocument
from models.vocabulary import Grade, Opinion, Role, Urgency

CONTENT_LIMIT = 10_000
"""Characters of a directive's content, a result or a progress report."""
REASON_LIMIT = 4_000
"""Characters of a reason, a comment or an urging text."""

Text = Annotated[str, Field(max_length=CONTENT_LIMIT)]
Reason = Annotated[str, Field(max_length=REASON_LIMIT)]
DocumentNumber = Annotated[str, Field(max_length=100)]
Attachments = Annotated[tuple[Annotated[str, Field(max_length=300)], ...], Field(max_length=50)]
AgencyCode = Annotated[str, Field(min_length=1, max_length=50)]
Agencies = Annotated[tuple[AgencyCode, ...], Field(max_length=200)]


class Actor(Frozen):
    """Who acts, with what the directory says of him at that instant.

    Attributes:
        person: the code of the person who acts.
        roles: the roles he acts in; those of the person represented when he acts as a deputy.
        agencies: the agencies he acts for.
        connected_agencies: those of himself and of whom he represents; he decides on nothing of theirs.
        on_behalf_of: the code of the absent person for whom he acts, as deputy.
    """

    person: str
    roles: frozenset[Role] = frozenset()
    agencies: frozenset[str] = frozenset()
    connected_agencies: frozenset[str] = frozenset()
    on_behalf_of: str | None = None


class Register(Frozen):
    """Enter a directive. It is assigned at once when it names a lead agency."""

    kind: Literal["register"] = "register"
    content: Text
    document: SourceDocument = SourceDocument()
    field: str | None = None
    urgency: Urgency = Urgency.NORMAL
    assigning_leader: str = Field(default="", max_length=200)
    supervising_leader: str | None = None
    lead_agency: AgencyCode | None = None
    coordinating_agencies: Agencies = ()
    deadline: Deadline | None = None
    imposed_deadline: Deadline | None = None


class MoveIn(Frozen):
    """Enter a directive that is already done, with its true timeliness; nothing is sent and no clock starts."""

    kind: Literal["move_in"] = "move_in"
    registration: Register
    reported_at: dt.datetime
    result_document: DocumentNumber = ""


class Assign(Frozen):
    """Hand out a registered or declined directive."""

    kind: Literal["assign"] = "assign"
    agency: AgencyCode
    reason: Reason = ""


class Reassign(Frozen):
    """Give an open directive to another agency; the deadline stays (RULES 13)."""

    kind: Literal["reassign"] = "reassign"
    agency: AgencyCode
    reason: Reason = ""


class Acknowledge(Frozen):
    """The lead agency has received it and begins."""

    kind: Literal["acknowledge"] = "acknowledge"


class Decline(Frozen):
    """The lead agency says that it is not theirs."""

    kind: Literal["decline"] = "decline"
    reason: Reason = ""


class ReportProgress(Frozen):
    """How far the work is; percent is 0 to 100.

    Attributes:
        waiting_for: the coordinating agencies without which the lead agency cannot go on. From then on it is they who
            hold the directive, until each has contributed or reported, or the lead agency reports again without
            waiting (RULES 14).
    """

    kind: Literal["report_progress"] = "report_progress"
    text: Text = ""
    percent: int | None = Field(default=None, ge=0, le=100)
    attachments: Attachments = ()
    waiting_for: Agencies = ()


class RequestExtension(Frozen):
    """Ask for a later deadline. Asking does not stop the clocks."""

    kind: Literal["request_extension"] = "request_extension"
    deadline: Deadline | None = None
    reason: Reason = ""


class DecideExtension(Frozen):
    """Grant or refuse the pending request.

    Attributes:
        deadline: the deadline granted; the requested one when absent.
        citation: the leader's decision that the secretariat cites.
    """

    kind: Literal["decide_extension"] = "decide_extension"
    granted: bool
    deadline: Deadline | None = None
    citation: Reason = ""
    reason: Reason = ""


class Submit(Frozen):
    """Hand in the result."""

    kind: Literal["submit"] = "submit"
    result: Text = ""
    document_number: DocumentNumber = ""
    attachments: Attachments = ()


class Accept(Frozen):
    """Accept the result; the directive is completed."""

    kind: Literal["accept"] = "accept"
    grade: Grade | None = None
    note: Reason = ""


class Return(Frozen):
    """Send the result back; it counts as not done."""

    kind: Literal["return"] = "return"
    reason: Reason = ""
    deadline: Deadline | None = None


class Suspend(Frozen):
    """Stop the clocks."""

    kind: Literal["suspend"] = "suspend"
    reason: Reason = ""


class _NamesADeadline(Frozen):
    """Something that names a deadline, or says that there is none from now on; not both."""

    deadline: Deadline | None = None
    no_deadline: bool = False

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if self.deadline is not None and self.no_deadline:
            raise ValueError("either a deadline or no_deadline")
        return self


class Resume(_NamesADeadline):
    """Let the clocks run again; says what the deadline now is."""

    kind: Literal["resume"] = "resume"
    reason: Reason = ""


class Amend(_NamesADeadline):
    """Change what was asked. What is absent stays as it was."""

    kind: Literal["amend"] = "amend"
    reason: Reason = ""
    content: Text | None = None
    coordinating_agencies: Agencies | None = None
    urgency: Urgency | None = None
    field: str | None = None
    supervising_leader: str | None = None


class Urge(Frozen):
    """A reminder by hand, now, with its text."""

    kind: Literal["urge"] = "urge"
    text: Reason = ""


class DemandExplanation(Frozen):
    """Demand an explanation (yêu cầu giải trình); `respond_by` is the day of its own clock, today if absent."""

    kind: Literal["demand_explanation"] = "demand_explanation"
    text: Reason = ""
    respond_by: Deadline | None = None


class Explain(Frozen):
    """Answer the demand; the answer stands in the ledger."""

    kind: Literal["explain"] = "explain"
    text: Text = ""


class Contribute(Frozen):
    """A coordinating agency's contribution."""

    kind: Literal["contribute"] = "contribute"
    opinion: Opinion
    text: Text = ""


class Comment(Frozen):
    """A remark by anyone concerned."""

    kind: Literal["comment"] = "comment"
    text: Reason = ""


class Cancel(Frozen):
    """Withdraw the directive."""

    kind: Literal["cancel"] = "cancel"
    reason: Reason = ""


class Reopen(Frozen):
    """Open a closed directive again with a new deadline; one that nobody ever led waits to be handed out again."""

    kind: Literal["reopen"] = "reopen"
    deadline: Deadline | None = None
    reason: Reason = ""


class Succeed(Frozen):
    """An agency ended and another takes its place in this directive; no clock restarts (RULES 21)."""

    kind: Literal["succeed"] = "succeed"
    old_agency: AgencyCode
    new_agency: AgencyCode
    reason: Reason = ""


Command = Annotated[
    Register
    | MoveIn
    | Assign
    | Reassign
    | Acknowledge
    | Decline
    | ReportProgress
    | RequestExtension
    | DecideExtension
    | Submit
    | Accept
    | Return
    | Suspend
    | Resume
    | Amend
    | Urge
    | DemandExplanation
    | Explain
    | Contribute
    | Comment
    | Cancel
    | Reopen
    | Succeed,
    Field(discriminator="kind"),
]

COMMANDS: TypeAdapter[Command] = TypeAdapter(Command)
"""Reads any command from JSON or a dictionary."""

ON_CLOSED = ("comment", "reopen")
"""The commands that a closed directive takes: a new run of its workflow, read from the ledger."""
