"""Picking up what was left lying: starts that did not happen, commands without an answer, plans out of date.

And workflows that do not know what the ledger holds, see `catching_up`, or that have overslept their next moment.
"""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Connection, Engine, select, update
from temporalio import activity

from activities.catching_up import Behind, compared, to_compare
from activities.heartbeats import beating
from activities.retention import Retention, forget_daily
from database.engine import reading, writing
from database.reference import ReferenceCache
from models.engine import CommandEnvelope
from models.tables import COMMAND, DIRECTIVE, LEDGER
from models.vocabulary import Status

PATIENCE = dt.timedelta(seconds=20)
"""How long the client itself sends a command; then it is the sweep's."""

AT_ONCE = 20
"""How many things one sweep has under way at the same time."""

BATCH = 2_000
"""How many of each kind one sweep takes on; the next one goes on from there."""

OVERSLEPT = dt.timedelta(minutes=5)
"""How long after its next moment a directive is taken to have lost its timer: Temporal's store was replaced by an older
copy. The office's busiest second is told in less."""

WAKES = 100
"""How many that overslept one sweep wakes, the earliest first: after an outage most wake by themselves."""


class EngineAccess(Protocol):
    """What a sweep needs of the engine's clients; services/ has it, worker.py hands it in."""

    async def start(self, registration: CommandEnvelope) -> None:
        """Start the workflow of a registered directive."""

    async def send(self, envelope: CommandEnvelope) -> None:
        """Send a kept command again."""

    async def replan(self, code: str, plan: str) -> None:
        """Ask a directive to find its next moment again."""

    async def wake(self, code: str, next_at: dt.datetime) -> None:
        """Ask a directive that overslept its next moment to look at its clocks."""

    async def catch_up(self, behind: Behind) -> None:
        """Make sure that a directive's workflow knows what the ledger holds."""


@dataclass
class Sweep:
    """Reads from SQL what was left lying and does it."""

    engine: Engine
    references: ReferenceCache
    access: EngineAccess
    failed: Callable[[str, BaseException], None]
    retention: Retention = field(default_factory=Retention)
    _unanswered: dict[str, Behind] = field(default_factory=dict, init=False)

    @activity.defn(name="sweep")
    async def sweep(self) -> int:
        """Do what was left lying; one thing that fails holds up no other.

        Returns: how many things were done.
        """
        async with beating():
            return await self._sweep()

    async def _sweep(self) -> int:
        left = await asyncio.to_thread(self._left_lying)
        done = await self._all(("start", code.directive, self.access.start(code)) for code in left.starts)
        await asyncio.to_thread(self._confirm_starts)
        done += await self._all(("send", kept.id, self.access.send(kept)) for kept in left.sends)
        done += await self._all(("replan", code, self.access.replan(code, left.plan)) for code in left.replans)
        done += await self._all(("wake", code, self.access.wake(code, at)) for code, at in left.overslept)
        await self._compare()
        await self._all([("forget", "old traces", asyncio.to_thread(self._forget))])
        return done

    def _forget(self) -> None:
        with writing(self.engine) as connection:
            shift = dt.timedelta(seconds=self.references.get(connection).clock_shift)
            forget_daily(connection, dt.datetime.now(dt.UTC) + shift, self.retention)

    async def _compare(self) -> None:
        """Ask each directive that a command changed a minute ago once whether its workflow knows it."""
        fresh, up_to = await asyncio.to_thread(self._to_compare)
        asked = {**self._unanswered, **{one.directive: one for one in fresh}}
        self._unanswered = {}

        async def ask(one: Behind) -> None:
            try:
                await self.access.catch_up(one)
            except Exception:
                self._unanswered[one.directive] = one  # the next sweep asks again
                raise

        await self._all(("catch up", one.directive, ask(one)) for one in asked.values())
        if up_to is not None:
            await asyncio.to_thread(self._compared, up_to)

    def _to_compare(self) -> tuple[tuple[Behind, ...], int | None]:
        with reading(self.engine) as connection:
            shift = dt.timedelta(seconds=self.references.get(connection).clock_shift)
            return to_compare(connection, dt.datetime.now(dt.UTC) + shift)

    def _compared(self, up_to: int) -> None:
        with writing(self.engine) as connection:
            compared(connection, up_to)

    async def _all(self, things: Iterable[tuple[str, str, Awaitable[None]]]) -> int:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(name: str, what: str, thing: Awaitable[None]) -> int:
            async with gate:
                try:
                    await thing
                except Exception as problem:  # noqa: BLE001 - the next sweep tries again; it is named in the log
                    self.failed(f"{name} {what}", problem)
                    return 0
                return 1

        return sum(await asyncio.gather(*(one(*thing) for thing in things)))

    def _left_lying(self) -> "_LeftLying":
        with reading(self.engine) as connection:
            reference = self.references.get(connection)
            now = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=reference.clock_shift)
            return _LeftLying(
                starts=_kept(connection, now - PATIENCE, registering=True),
                sends=_kept(connection, now - PATIENCE, registering=False),
                replans=_planned_otherwise(connection, reference.plan),
                overslept=_overslept(connection, reference.plan, now - OVERSLEPT),
                plan=reference.plan,
            )

    def _confirm_starts(self) -> None:
        """A registration that is in the ledger was answered by its workflow's first act."""
        with writing(self.engine) as connection:
            connection.execute(
                update(COMMAND)
                .where(
                    COMMAND.c.state == "pending",
                    COMMAND.c.kind == "register",
                    COMMAND.c.id.in_(select(LEDGER.c.command_id).where(LEDGER.c.seq == 1)),
                )
                .values(state="recorded")
            )


@dataclass(frozen=True)
class _LeftLying:
    """What one sweep found; plans are those of a plan that is no more, `plan` is the one in force."""

    starts: list[CommandEnvelope]
    sends: list[CommandEnvelope]
    replans: list[str]
    overslept: list[tuple[str, dt.datetime]]
    plan: str


def _kept(connection: Connection, before: dt.datetime, *, registering: bool) -> list[CommandEnvelope]:
    kinds = COMMAND.c.kind == "register" if registering else COMMAND.c.kind != "register"
    rows = connection.execute(
        select(COMMAND.c.envelope)
        .where(COMMAND.c.state == "pending", COMMAND.c.created_at <= before, kinds)
        .order_by(COMMAND.c.created_at)
        .limit(BATCH)
    )
    return [CommandEnvelope.model_validate_json(row.envelope) for row in rows]


def _planned_otherwise(connection: Connection, plan: str) -> list[str]:
    closed = [status.value for status in Status if status.closed]
    rows = connection.execute(
        select(DIRECTIVE.c.code)
        .where(DIRECTIVE.c.plan != plan, DIRECTIVE.c.status.not_in(closed), DIRECTIVE.c.awaiting_start.is_(False))
        .order_by(DIRECTIVE.c.next_at)
        .limit(BATCH)
    )
    return [row.code for row in rows]


def _overslept(connection: Connection, plan: str, before: dt.datetime) -> list[tuple[str, dt.datetime]]:
    closed = [status.value for status in Status if status.closed]
    rows = connection.execute(
        select(DIRECTIVE.c.code, DIRECTIVE.c.next_at)
        .where(
            DIRECTIVE.c.next_at <= before,
            DIRECTIVE.c.plan == plan,  # the others are asked already
            DIRECTIVE.c.status.not_in(closed),
            DIRECTIVE.c.awaiting_start.is_(False),
        )
        .order_by(DIRECTIVE.c.next_at)
        .limit(WAKES)
    )
    return [(row.code, row.next_at) for row in rows]
