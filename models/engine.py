"""The messages between client, workflow and `commit`; one model each, so that fields can be added later."""

import base64
import datetime as dt
import zlib
from enum import StrEnum

from pydantic import TypeAdapter

from models.commands import Actor, Command
from models.directive import Frozen
from models.events import Event, Recorded
from models.moments import Moment
from models.vocabulary import Status


class CommandEnvelope(Frozen):
    """A command on its way: its id was made where the person acts and is the Update's id everywhere.

    Attributes:
        seen_seq: the last event that the person saw, when he asked to be told if somebody else acted meanwhile.
    """

    id: str
    directive: str
    actor: Actor
    command: Command
    seen_seq: int | None = None


class Answer(Frozen):
    """What a recorded command did.

    Attributes:
        seq: the number of its last event.
        at: the instant at which the engine took it.
        kinds: the kinds of its events, in order.
        status: the directive's status after it.
    """

    command_id: str
    directive: str
    seq: int
    at: dt.datetime
    kinds: tuple[str, ...]
    status: Status


class Draft(Frozen):
    """An event that was decided and is not recorded yet; `commit` gives it its number."""

    event: Event
    actor: str
    on_behalf_of: str | None = None
    command_id: str | None = None
    part: int = 0


class CommitRequest(Frozen):
    """What a workflow asks its one door to record.

    Attributes:
        after_seq: the row that the workflow believes is the last, and its hash.
        drafts: what was decided; empty when a moment fell due or a plan is to be made anew.
        resent: the workflow's own rows that the ledger said it lacks.
        now: the workflow's instant; moments due by then are told first.
    """

    directive: str
    after_seq: int
    after_hash: str
    drafts: tuple[Draft, ...] = ()
    resent: tuple[Recorded, ...] = ()
    now: dt.datetime


class Outcome(StrEnum):
    """How a commit ended."""

    RECORDED = "recorded"  # all is in the ledger
    AHEAD = "ahead"  # the ledger has rows that the workflow lacks; nothing was written
    BEHIND = "behind"  # the ledger lacks rows that the workflow has; nothing was written
    DIVERGED = "diverged"  # both have other rows under the same numbers; the ledger holds


class CommitResult(Frozen):
    """What the door answers.

    Attributes:
        rows: recorded just now, or those that the workflow lacks (all rows when the two diverged).
        ledger_seq: the ledger's last row.
        following: the next moment under today's policy and calendar.
        look_again_at: when to ask again although no moment is due: the clock was not to be trusted.
    """

    outcome: Outcome
    rows: tuple[Recorded, ...] = ()
    ledger_seq: int
    following: Moment | None = None
    look_again_at: dt.datetime | None = None


ROWS: TypeAdapter[tuple[Recorded, ...]] = TypeAdapter(tuple[Recorded, ...])


def pack(rows: tuple[Recorded, ...]) -> str:
    """Make ledger rows small enough to travel through years of continue-as-new: compressed JSON, as text."""
    return base64.b85encode(zlib.compress(ROWS.dump_json(rows), 6)).decode()


def unpack(packed: str) -> tuple[Recorded, ...]:
    """The rows that `pack` made small."""
    return ROWS.validate_json(zlib.decompress(base64.b85decode(packed))) if packed else ()


class DirectiveInput(Frozen):
    """How a directive's workflow starts, and what it carries from run to run.

    Attributes:
        registration: the command that makes it; None when it goes on from `rows`.
        rows: its ledger rows, packed.
        clock_shift: seconds added to the workflow's clock, for tests; fixed for life.
        waits_by_clock: it was begun by release 0.1.0, which asked the clock whether a timer had rung; fixed for a run.
    """

    code: str
    registration: CommandEnvelope | None = None
    rows: str = ""
    clock_shift: float = 0.0
    waits_by_clock: bool = True


class LiveState(Frozen):
    """What a workflow says of itself when asked: for reconciliation and for "ask live"."""

    code: str
    seq: int
    hash: str
    status: Status | None
    following: Moment | None
    escalation_level: int = 0
