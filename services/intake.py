"""Taking directives in: saved in SQL first, then started in Temporal. Intake survives an outage of Temporal."""

import asyncio
import contextlib
import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any

from sqlalchemy import Connection, or_, select, update
from temporalio.client import Client
from temporalio.service import RPCError

from activities.commit import Door
from database import commands
from database.engine import hold_alone, insert_or_leave, reading, writing
from database.reference import Reference
from database.snapshots import fingerprint, insert_snapshots, read_directive, snapshot_columns
from models.calendar import local_day
from models.commands import Actor, Command, MoveIn, Register
from models.directive import Directive
from models.engine import CommandEnvelope, CommitRequest, Draft
from models.events import Recorded
from models.life import decide, evolve
from models.moments import next_moment
from models.refusal import Code, Refused
from models.tables import COUNTER, DIRECTIVE
from models.vocabulary import Status
from services import tracing
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


class NotWhole(Exception):
    """Of several that belong together one is refused, so none is saved."""

    def __init__(self, taken: list[Taken]) -> None:
        super().__init__("not all can be taken")
        self.taken = taken


@dataclass
class _Entered:
    """One directive that was handed in, and what became of it."""

    reading: Reading
    taken: Taken


class _Series:
    """Gives out the next codes of this year's series, in one transaction; those that people wrote are passed over."""

    def __init__(self, connection: Connection, now: dt.datetime, written: set[str], *, dry: bool) -> None:
        self._connection = connection
        self._name = f"{CODE_SERIES}-{local_day(now).year}"
        self._dry = dry
        self._number: int | None = None
        self._taken = written

    def next(self) -> str | None:
        """The next code that nothing bears; None in a dry run, since a code is given out only when it is kept."""
        if self._dry:
            return None
        if self._number is None:
            self._number = self._last()
            self._taken |= self._borne(self._number)
        while True:
            self._number += 1
            code = f"{self._name}-{self._number:05d}"
            if code not in self._taken:
                return code

    def keep(self) -> None:
        """Note the last number given out."""
        if self._number is not None:
            counter = update(COUNTER).where(COUNTER.c.series == self._name).values(number=self._number)
            self._connection.execute(counter)

    def _last(self) -> int:
        of_series = select(COUNTER.c.number).where(COUNTER.c.series == self._name).with_for_update()
        number = self._connection.execute(of_series).scalar()
        if number is None:  # two may be the first of a year; the second waits here for what the first gives out
            self._connection.execute(insert_or_leave(self._connection, COUNTER).values(series=self._name, number=0))
            number = self._connection.execute(of_series).scalar()
        return int(number or 0)

    def _borne(self, last: int) -> set[str]:
        """The codes among the next ones that people have given themselves."""
        later = DIRECTIVE.c.code.between(f"{self._name}-{last + 1:05d}", f"{self._name}-~")
        return {row.code for row in self._connection.execute(select(DIRECTIVE.c.code).where(later))}


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
        entered: dict[str, _Entered] = {}
        while batch := list(islice(left, BATCH)):
            now = self.office.now()
            if self.dry:
                with reading(self.office.engine) as connection:
                    taken = [one.taken for one in self._judge(connection, batch, now, entered)]
            else:
                with writing(self.office.engine) as connection:
                    judged = self._judge(connection, batch, now, entered)
                    self._save(connection, [one for one in judged if one.taken.verdict is Verdict.ACCEPTED], now)
                    taken = [one.taken for one in judged]
            yield from taken

    def take_whole(self, connection: Connection, readings: list[Reading]) -> list[Taken]:
        """Save in the caller's transaction what was read, all of it or nothing.

        Raises:
            NotWhole: one is refused; the caller's transaction is to be rolled back, so that no code is lost.
        """
        now = self.office.now()
        judged = self._judge(connection, readings, now, {})
        taken = [one.taken for one in judged]
        if any(one.verdict is Verdict.REFUSED for one in taken):
            raise NotWhole(taken)
        self._save(connection, [one for one in judged if one.taken.verdict is Verdict.ACCEPTED], now)
        return taken

    def _judge(
        self, connection: Connection, batch: list[Reading], now: dt.datetime, entered: dict[str, _Entered]
    ) -> list[_Entered]:
        """The verdict on each, before anything is saved.

        Args:
            entered: by code or fingerprint, what was accepted before in this same intake; added to.
        """
        if not self.dry:  # two who enter the same at once: the second waits, and finds what the first entered
            hold_alone(connection, "intake")
        standing = _standing(connection, batch)
        series = _Series(connection, now, {one.code for one in batch if one.code}, dry=self.dry)
        judged = [self._judge_one(connection, one, now, standing, entered, series) for one in batch]
        series.keep()
        return judged

    def _judge_one(
        self,
        connection: Connection,
        one: Reading,
        now: dt.datetime,
        standing: dict[str, tuple[str, str]],
        entered: dict[str, _Entered],
        series: _Series,
    ) -> _Entered:
        if one.registration is None or one.reasons:
            return _Entered(one, Taken(Verdict.REFUSED, one.code, one.reasons))
        try:
            decide(None, one.registration, self.actor, now)
        except Refused as refused:
            reason = Reason(field=refused.data.get("field", "lead_agency"), code=refused.code, data=refused.data)
            return _Entered(one, Taken(Verdict.REFUSED, one.code, [reason]))
        mark = fingerprint(one.registration)
        before = entered.get(one.code or mark)
        if before is not None:
            return _Entered(one, _known(before.taken.code, same=_same(_command_of(before.reading), one)))
        known = standing.get(one.code or mark)
        if known is not None:
            return _Entered(one, self._compared(connection, one, *known, mark))
        accepted = _Entered(one, Taken(Verdict.ACCEPTED, one.code or series.next()))
        for key in (one.code, mark):
            entered.setdefault(key or mark, accepted)
        return accepted

    def _compared(self, connection: Connection, one: Reading, code: str, known_mark: str, mark: str) -> Taken:
        """The verdict on what is known already: exactly so, or otherwise."""
        before = commands.registration_of(connection, code)
        if before is None:
            return _known(code, same=known_mark == mark)
        stands = read_directive(connection, code)
        same = _same(before.command, one) or (stands is not None and _same(_as_it_stands(stands), one))
        return _known(code, same=same)

    def _save(self, connection: Connection, accepted: list[_Entered], now: dt.datetime) -> None:
        """Keep the commands, and what lists show until the workflows have started; record what is done already."""
        reference = self.office.reference(connection)
        open_ones: list[CommandEnvelope] = []
        done: list[CommandEnvelope] = []
        for one in accepted:
            command = _command_of(one.reading)
            envelope = CommandEnvelope(
                id=str(uuid.uuid4()), directive=one.taken.code or "", actor=self.actor, command=command
            )
            if isinstance(command, MoveIn):
                done.append(envelope)
            else:
                open_ones.append(envelope)
                one.taken.envelope = envelope
        commands.keep_all(connection, (*open_ones, *done), now)
        insert_snapshots(connection, [_awaited(envelope, reference, now) for envelope in open_ones])
        # The life of what is done already is over, so no workflow is needed.
        self.door.commit_in(connection, [_registering(envelope, now) for envelope in done])


def _awaited(envelope: CommandEnvelope, reference: Reference, now: dt.datetime) -> dict[str, Any]:
    """What lists show of a directive until its workflow has started."""
    preview = preview_of(envelope, now)
    following = next_moment(preview, reference.timeline.current, reference.calendar, now)
    columns = snapshot_columns(preview, reference, following, awaiting_start=True)
    registration = envelope.command
    if not isinstance(registration, Register):
        raise TypeError(f"{envelope.directive}: {registration.kind} registers nothing")
    return columns | {"fingerprint": fingerprint(registration)}


def _registering(envelope: CommandEnvelope, now: dt.datetime) -> CommitRequest:
    """What records a registration."""
    events = decide(None, envelope.command, envelope.actor, now)
    return CommitRequest(
        directive=envelope.directive,
        after_seq=0,
        after_hash="",
        now=now,
        drafts=tuple(
            Draft(event=event, actor=envelope.actor.person, command_id=envelope.id, part=part)
            for part, event in enumerate(events)
        ),
    )


def _standing(connection: Connection, batch: list[Reading]) -> dict[str, tuple[str, str]]:
    """What is known of a batch: code and fingerprint of a directive, found by either."""
    codes = [one.code for one in batch if one.code]
    marks = [fingerprint(one.registration) for one in batch if one.registration is not None and not one.code]
    rows = connection.execute(
        select(DIRECTIVE.c.code, DIRECTIVE.c.fingerprint).where(
            or_(DIRECTIVE.c.code.in_(codes), DIRECTIVE.c.fingerprint.in_(marks))
        )
    )
    found: dict[str, tuple[str, str]] = {}
    for row in rows:
        for key in (row.code, row.fingerprint):
            found.setdefault(key, (row.code, row.fingerprint))
    return found


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


def require_may_enter(actor: Actor, now: dt.datetime) -> None:
    """Refuse who may take no directives in, before anything of his is read.

    Raises:
        Refused: not_allowed.
    """
    decide(None, Register(content="?"), actor, now)


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
                with tracing.updating(envelope) if tracing.is_on() else contextlib.nullcontext():
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
