"""Taking directives in: saved in SQL first, then started in Temporal. Intake survives an outage of Temporal."""

import asyncio
import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from sqlalchemy import Connection, insert, select, update
from temporalio.client import Client
from temporalio.service import RPCError

from activities.commit import Door
from database import commands
from database.engine import reading, writing
from database.reference import Reference
from database.snapshots import fingerprint, read_directive, write_snapshot
from models.calendar import local_day
from models.commands import Actor, Command, MoveIn, Register
from models.directive import Directive
from models.engine import CommandEnvelope, CommitRequest, Draft
from models.events import Recorded
from models.life import decide, evolve
from models.moments import next_moment
from models.refusal import Code, Refused
from models.tables import COMMAND, COUNTER, DIRECTIVE
from models.vocabulary import Status
from services.office import Office
from services.registration import Reading, Reason
from services.temporal import start_registered

BATCH = 200
"""Directives saved in one transaction."""

STARTS_AT_ONCE = 24
"""Workflows that one process starts at the same time."""

CODE_SERIES = "NV"
"""Codes given by the engine look like NV-2026-00001 (nhiệm vụ, year of entering, running number)."""


class Verdict(StrEnum):
    """What became of one row."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNCHANGED = "unchanged"  # it is known already, exactly so


@dataclass
class Taken:
    """What became of one directive that was handed in."""

    verdict: Verdict
    code: str | None
    reasons: list[Reason] = field(default_factory=list)
    envelope: CommandEnvelope | None = None


@dataclass
class Intake:
    """Takes directives in for one person.

    Attributes:
        dry: find the verdicts and save nothing.
    """

    office: Office
    door: Door
    actor: Actor
    dry: bool = False

    def take(self, readings: Iterable[Reading]) -> Iterator[Taken]:
        """Save what was read, some hundred at a time, and say what became of each, in order.

        A batch is saved whole or not at all. A directive that is done already is recorded at once; an open one waits
        for its workflow to be started.
        """
        left = iter(readings)
        dry_known: dict[str, Reading] = {}
        while batch := list(islice(left, BATCH)):
            now = self.office.now()
            if self.dry:
                with reading(self.office.engine) as connection:
                    taken = [self._verdict_only(connection, one, now, dry_known) for one in batch]
            else:
                with writing(self.office.engine) as connection:
                    reference = self.office.reference(connection)
                    taken = [self._take_one(connection, one, reference, now) for one in batch]
            yield from taken

    def _verdict_only(self, connection: Connection, one: Reading, now: dt.datetime, known: dict[str, Reading]) -> Taken:
        taken = self._judge(connection, one, now)
        if taken.verdict is not Verdict.ACCEPTED or one.registration is None:
            return taken
        mark = fingerprint(one.registration)
        before = known.get(one.code or mark)
        if before is not None:
            return _known(before.code, same=_same(_command_of(before), one))
        for key in (one.code, mark):
            known.setdefault(key or mark, one)
        return taken

    def _take_one(self, connection: Connection, one: Reading, reference: Reference, now: dt.datetime) -> Taken:
        taken = self._judge(connection, one, now)
        if taken.verdict is not Verdict.ACCEPTED or one.registration is None:
            return taken
        code = one.code or next_code(connection, now)
        command = _command_of(one)
        envelope = CommandEnvelope(id=str(uuid.uuid4()), directive=code, actor=self.actor, command=command)
        if isinstance(command, MoveIn):
            connection.execute(insert(COMMAND).values(**commands.row_of(envelope, now, commands.RECORDED)))
            self._record(connection, envelope, now)
            return Taken(Verdict.ACCEPTED, code)
        connection.execute(insert(COMMAND).values(**commands.row_of(envelope, now)))
        preview = preview_of(envelope, now)
        following = next_moment(preview, reference.timeline.current, reference.calendar, now)
        mark = fingerprint(one.registration)
        write_snapshot(connection, preview, reference, following, mark=mark, awaiting_start=True)
        return Taken(Verdict.ACCEPTED, code, envelope=envelope)

    def _judge(self, connection: Connection, one: Reading, now: dt.datetime) -> Taken:
        """The verdict on one directive, before anything is saved."""
        if one.registration is None or one.reasons:
            return Taken(Verdict.REFUSED, one.code, one.reasons)
        try:
            decide(None, one.registration, self.actor, now)
        except Refused as refused:
            reason = Reason(field=refused.data.get("field", "lead_agency"), code=refused.code, data=refused.data)
            return Taken(Verdict.REFUSED, one.code, [reason])
        mark = fingerprint(one.registration)
        known_as = DIRECTIVE.c.code == one.code if one.code else DIRECTIVE.c.fingerprint == mark
        known = connection.execute(select(DIRECTIVE.c.code, DIRECTIVE.c.fingerprint).where(known_as)).first()
        if known is None:
            return Taken(Verdict.ACCEPTED, one.code)
        before = commands.registration_of(connection, known.code)
        if before is None:
            return _known(known.code, same=known.fingerprint == mark)
        stands = read_directive(connection, known.code)
        same = _same(before.command, one) or (stands is not None and _same(_as_it_stands(stands), one))
        return _known(known.code, same=same)

    def _record(self, connection: Connection, envelope: CommandEnvelope, now: dt.datetime) -> None:
        """Record a directive that is done already: its life is over, so no workflow is needed."""
        events = decide(None, envelope.command, envelope.actor, now)
        self.door.commit_in(
            connection,
            CommitRequest(
                directive=envelope.directive,
                after_seq=0,
                after_hash="",
                now=now,
                drafts=tuple(
                    Draft(event=event, actor=envelope.actor.person, command_id=envelope.id, part=part)
                    for part, event in enumerate(events)
                ),
            ),
        )


def _known(code: str | None, *, same: bool) -> Taken:
    if same:
        return Taken(Verdict.UNCHANGED, code)
    reason = Reason(field="code", code=Code.DUPLICATE, data={"directive": code or ""})
    return Taken(Verdict.REFUSED, code, [reason])


def _command_of(one: Reading) -> Command:
    """The command that enters what was read: one that is done already is moved in."""
    if one.registration is None:
        raise ValueError("a refused row enters nothing")
    if one.reported_at is None:
        return one.registration
    return MoveIn(registration=one.registration, reported_at=one.reported_at, result_document=one.result_document)


def _as_it_stands(directive: Directive) -> Command:
    """The command that would enter a directive as it is today, and as an export writes it."""
    names = (name for name in Register.model_fields if name != "kind")
    registration = Register(**{name: getattr(directive, name) for name in names})
    if directive.status is not Status.COMPLETED or directive.submission is None:
        return registration
    return MoveIn(registration=registration, reported_at=directive.submission.at)


def _same(before: Command, one: Reading) -> bool:
    """Whether what is known says the same as a row, but for the wording of the deadline and the hour of the result."""

    def essence(registration: Register) -> dict[str, object]:
        said = registration.model_dump(exclude={"deadline", "imposed_deadline"})
        due = (registration.deadline, registration.imposed_deadline)
        return said | {"due": [deadline and deadline.due_at for deadline in due]}

    if one.registration is None:
        return False
    if isinstance(before, MoveIn):
        same_day = one.reported_at is not None and local_day(before.reported_at) == local_day(one.reported_at)
        return same_day and essence(before.registration) == essence(one.registration)
    return isinstance(before, Register) and one.reported_at is None and essence(before) == essence(one.registration)


def preview_of(envelope: CommandEnvelope, now: dt.datetime) -> Directive:
    """The directive as it will be once its workflow has started; shown until then, marked as awaiting its start."""
    directive: Directive | None = None
    for part, event in enumerate(decide(None, envelope.command, envelope.actor, now)):
        row = Recorded(
            directive=envelope.directive,
            seq=part + 1,
            at=now,
            actor=envelope.actor.person,
            command_id=envelope.id,
            part=part,
            event=event,
        )
        directive = evolve(directive, row)
    if directive is None:
        raise ValueError(f"{envelope.directive}: nothing follows from {envelope.command.kind}")
    return directive


def next_code(connection: Connection, now: dt.datetime) -> str:
    """Give out the next code of this year's series."""
    series = f"{CODE_SERIES}-{local_day(now).year}"
    while True:
        changed = connection.execute(
            update(COUNTER).where(COUNTER.c.series == series).values(number=COUNTER.c.number + 1)
        )
        if changed.rowcount == 0:
            connection.execute(insert(COUNTER).values(series=series, number=1))
        number = connection.execute(select(COUNTER.c.number).where(COUNTER.c.series == series)).scalar_one()
        code = f"{series}-{number:05d}"
        if connection.execute(select(DIRECTIVE.c.code).where(DIRECTIVE.c.code == code)).first() is None:
            return code


async def start_all(
    client: Client, envelopes: Iterable[CommandEnvelope], clock_shift: float, progress: Callable[[], None]
) -> int:
    """Start the workflows of directives that were saved; what cannot be started is left to the sweep.

    Args:
        progress: called after each.

    Returns: how many were started.
    """
    gate = asyncio.Semaphore(STARTS_AT_ONCE)

    async def start(envelope: CommandEnvelope) -> int:
        async with gate:
            try:
                await start_registered(client, envelope, clock_shift)
            except RPCError:
                return 0
            finally:
                progress()
            return 1

    return sum(await asyncio.gather(*(start(envelope) for envelope in envelopes)))


def awaiting_start(connection: Connection) -> int:
    """How many directives wait for their workflow's first act (chờ khởi tạo)."""
    return len(connection.execute(select(DIRECTIVE.c.code).where(DIRECTIVE.c.awaiting_start.is_(True))).all())
