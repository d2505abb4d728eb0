"""Living the script: tick by tick, everybody who has something to do or to hear comes to his hour, all at once.

A day has three ticks: after the morning's moments, at noon, when the office may change something, and in the evening.
Between two ticks each directive goes its own way on its own clock; at a tick all of them have done what was due by
then, so what the database says is how things stood at that instant, and mails can leave.
"""

import asyncio
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from sqlalchemy import select

from database.engine import reading
from database.snapshots import read_directive
from examples.year.changes import NOON, Change, SwapAnnounced
from examples.year.changing import carry_out
from examples.year.diary import Act
from examples.year.engine import PATIENCE_SECONDS, OfficeAt, YearEngine
from examples.year.history import MonthEnd
from examples.year.people import who_acts
from examples.year.script import Life, Script
from examples.year.words import YearFailed
from models.calendar import at, local_day
from models.engine import CommandEnvelope
from models.refusal import Refused
from models.tables import DELIVERY, DIRECTIVE, MAIL
from models.vocabulary import Status
from services.acting import Wish, act
from services.asking import board
from services.intake import Intake, Verdict
from services.registration import read_registration
from services.sending import Sender
from services.temporal import handle, start_registered
from workflows.dispatch import DispatchWorkflow
from workflows.queue import TASK_QUEUE
from workflows.sweep import SweepWorkflow

TICKS: Final = (dt.time(8, 5), NOON, dt.time(17, 30))
"""Local times at which the office stands still: mails leave, changes are made."""

AT_ONCE: Final = 24
"""Directives that move at the same time."""

CLERK: Final = "vanthu"
SWEEPS: Final = 5
"""After so many sweeps in a row what is left is left, and the checks will name it."""

_CLOSED = [status.value for status in Status if status.closed]


class Watcher(Protocol):
    """Hears how far the year is."""

    def tick(self, instant: dt.datetime, open_now: int) -> None:
        """It is that instant, and so many directives are open."""


@dataclass
class _Living:
    """A life on its way: what is still to be done, and how far its own clock is from the server's."""

    life: Life
    shift: float = 0.0
    acts: list[Act] = field(default_factory=list)
    registered: bool = False


@dataclass
class Year:
    """Lives a script on an engine.

    Attributes:
        months: the board at the end of each month.
        recorded: acts that the engine recorded; `refused`: those that it refused, as it should.
        known: the announced days and since when they were known, the first since ever.
    """

    engine: YearEngine
    script: Script
    watcher: Watcher
    months: list[MonthEnd] = field(default_factory=list)
    recorded: int = 0
    refused: int = 0
    known: list[tuple[dt.datetime | None, dict[dt.date, bool]]] = field(default_factory=list)
    _lives: dict[str, _Living] = field(default_factory=dict)
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def live(self) -> None:
        """Live the whole year.

        Raises:
            YearFailed: the engine does not take what it must take, or takes what it must refuse.
        """
        self._lives = {life.code: _Living(life, acts=list(life.acts)) for life in self.script.lives}
        self._know(None)
        changes = list(self.script.changes)
        for tick in _ticks(self.script):
            await self._go_to(tick)
            while changes and changes[0].at <= tick:
                await self._everybody_to(tick)
                await self._change(changes.pop(0))
            await self._send_mails(tick)
            if _ends_a_month(tick):
                await self._end_month(tick)
        await self._everybody_to(self.script.ends)

    # --- Going on ----------------------------------------------------------------------------------------------

    async def _go_to(self, tick: dt.datetime) -> None:
        """Bring everybody who has something before the tick to it."""
        self.engine.instant = tick
        due, open_now = await asyncio.to_thread(self._due, tick)
        self.watcher.tick(tick, open_now)
        await asyncio.gather(*(self._bring(self._lives[code], tick) for code in due))

    def _due(self, tick: dt.datetime) -> tuple[list[str], int]:
        """Who acts or hears by the tick, and how many are open."""
        with reading(self.engine.office.engine) as connection:
            rows = connection.execute(
                select(DIRECTIVE.c.code, DIRECTIVE.c.next_at).where(DIRECTIVE.c.status.not_in(_CLOSED))
            ).all()
        hears = {row.code for row in rows if row.next_at is not None and row.next_at <= tick}
        acts = {
            code
            for code, one in self._lives.items()
            if (one.acts[0].at if one.registered and one.acts else one.life.at) <= tick
            and (one.acts or not one.registered)
        }
        return sorted(hears | acts), len(rows)

    async def _everybody_to(self, instant: dt.datetime) -> None:
        """Bring every open directive's clock to an instant."""
        with reading(self.engine.office.engine) as connection:
            rows = connection.execute(select(DIRECTIVE.c.code).where(DIRECTIVE.c.status.not_in(_CLOSED))).all()
        await asyncio.gather(*(self._bring(self._lives[row.code], instant) for row in rows))

    async def _bring(self, one: _Living, tick: dt.datetime) -> None:
        """Let one directive's people act when their hour comes, and its clock run on to the tick."""
        async with self._gate:
            if not one.registered:
                await self._register(one)
            while one.acts and one.acts[0].at <= tick:
                await self._act(one, one.acts.pop(0))
            if await asyncio.to_thread(self._is_open, one.life.code):
                await self._skip_to(one, tick)

    def _is_open(self, code: str) -> bool:
        with reading(self.engine.office.engine) as connection:
            found = connection.execute(select(DIRECTIVE.c.status).where(DIRECTIVE.c.code == code)).scalar()
        return found is not None and found not in _CLOSED

    async def _skip_to(self, one: _Living, instant: dt.datetime) -> None:
        """Let a directive's clock run to an instant; every timer on the way rings."""
        workflow = handle(self.engine.client, one.life.code)
        own = await self.engine.skipper.get_current_time(workflow) + dt.timedelta(seconds=one.shift)
        if instant > own:
            await self.engine.skipper.fast_forward(workflow, instant - own)

    # --- What people do ----------------------------------------------------------------------------------------

    async def _register(self, one: _Living) -> None:
        office = self.engine.at(one.life.at)
        envelope = await asyncio.to_thread(self._take_in, office, one.life)
        one.shift = office.reference().clock_shift
        await start_registered(self.engine.skipper.client, envelope, one.shift)
        one.registered = True
        give_up_at = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while await asyncio.to_thread(self._awaits_start, one.life.code):
            if asyncio.get_running_loop().time() > give_up_at:
                raise YearFailed("{code}: bộ máy không khởi tạo nhiệm vụ.", code=one.life.code)
            await asyncio.sleep(0.01)
        self.recorded += 1

    def _take_in(self, office: OfficeAt, life: Life) -> CommandEnvelope:
        reference = office.reference()
        found = read_registration(life.raw, reference, office.now(), needs_lead=bool(life.raw.lead_agency))
        actor = reference.directory.actor(CLERK, local_day(office.now()))
        (taken,) = Intake(office, self.engine.door, actor).take([found])
        if taken.verdict is not Verdict.ACCEPTED or taken.envelope is None:
            raise YearFailed(
                "{code}: không nhập được ({reasons}).",
                code=life.code,
                reasons=", ".join(f"{reason.field}: {reason.code.value}" for reason in taken.reasons),
            )
        return taken.envelope

    def _awaits_start(self, code: str) -> bool:
        with reading(self.engine.office.engine) as connection:
            return bool(connection.execute(select(DIRECTIVE.c.awaiting_start).where(DIRECTIVE.c.code == code)).scalar())

    async def _act(self, one: _Living, deed: Act) -> None:
        """Somebody acts; on a closed directive that starts its workflow again, with a clock of its own."""
        code = one.life.code
        office = self.engine.at(deed.at)
        open_before = await asyncio.to_thread(self._is_open, code)
        if open_before:
            await self._skip_to(one, deed.at)
        wish = await asyncio.to_thread(self._wish, office, code, deed)
        if not open_before:
            one.shift = office.reference().clock_shift
        try:
            sent = await act(office, Sender(self.engine.skipper.client, office, PATIENCE_SECONDS), wish)
        except Refused as refused:
            if refused.code is not deed.refused:
                raise YearFailed(
                    "{code}: lệnh {command} lúc {at} bị từ chối ({refusal}) ngoài dự kiến.",
                    code=code,
                    command=deed.command.kind,
                    at=deed.at,
                    refusal=refused.code.value,
                ) from refused
            self.refused += 1
            return
        if deed.refused is not None:
            raise YearFailed(
                "{code}: lệnh {command} lúc {at} lẽ ra phải bị từ chối.",
                code=code,
                command=deed.command.kind,
                at=deed.at,
            )
        if sent.outcome != "recorded":
            raise YearFailed("{code}: lệnh {command} không được ghi.", code=code, command=deed.command.kind)
        self.recorded += 1

    def _wish(self, office: OfficeAt, code: str, deed: Act) -> Wish:
        with reading(office.engine) as connection:
            directive = read_directive(connection, code)
            directory = office.reference(connection).directory
        if directive is None:
            raise YearFailed("{code}: bộ máy không biết nhiệm vụ này.", code=code)
        acting = who_acts(deed.who, directive, directory, local_day(deed.at))
        return Wish(code=code, command=deed.command, person=acting.person, on_behalf_of=acting.on_behalf_of)

    # --- What the office does ----------------------------------------------------------------------------------

    async def _change(self, change: Change) -> None:
        """Change something for everybody at one and the same instant, and let the sweep plan anew what is open."""
        self.recorded += await carry_out(change, self.engine)
        if isinstance(change, SwapAnnounced):
            self._know(change.at)
        await self._sweep(f"change/{change.at.isoformat()}")

    def _know(self, since: dt.datetime | None) -> None:
        rows = self.engine.office.reference().calendar.rows
        self.known.append((since, {row.day: row.working for row in rows}))

    async def _sweep(self, name: str) -> None:
        """Let the sweep do what was left lying, as its schedule would within seconds."""
        for number in range(SWEEPS):
            done = await self.engine.client.execute_workflow(
                SweepWorkflow.run, id=f"sweep/{name}/{number}", task_queue=TASK_QUEUE
            )
            if done == 0:
                return

    # --- What leaves and what is counted -----------------------------------------------------------------------

    async def _send_mails(self, tick: dt.datetime) -> None:
        """Let the dispatch send what may leave now, as its schedule would every ten seconds."""
        if await asyncio.to_thread(self._something_waits, tick):
            await self.engine.client.execute_workflow(
                DispatchWorkflow.run, id=f"dispatch/{tick.isoformat()}", task_queue=TASK_QUEUE
            )

    def _something_waits(self, tick: dt.datetime) -> bool:
        with reading(self.engine.office.engine) as connection:
            waiting = select(DELIVERY.c.id).where(DELIVERY.c.state == "pending", DELIVERY.c.due_at <= tick)
            composed = select(MAIL.c.id).where(MAIL.c.state == "composed")
            return any(connection.execute(statement.limit(1)).first() for statement in (waiting, composed))

    async def _end_month(self, instant: dt.datetime) -> None:
        """Keep the board as it stands, by the engine's own question."""
        self.months.append(await asyncio.to_thread(self._board, instant))
        await self._sweep(f"month/{len(self.months)}")

    def _board(self, instant: dt.datetime) -> MonthEnd:
        with reading(self.engine.office.engine) as connection:
            found = board(connection, instant)
        return MonthEnd(
            instant=instant,
            in_all=found.figures,
            by={"agency": dict(found.by_agency), "field": dict(found.by_field), "leader": dict(found.by_leader)},
        )


def _ticks(script: Script) -> Iterator[dt.datetime]:
    """Every tick of the year; a month ends at midnight, so that a deadline of its last day has passed."""
    day = dt.date(script.year, 1, 1)
    while day.year == script.year:
        for time in TICKS:
            yield at(day, time)
        day += dt.timedelta(days=1)
        if day.day == 1:
            yield at(day, dt.time.min)


def _ends_a_month(tick: dt.datetime) -> bool:
    return tick == at(local_day(tick), dt.time.min)


def total_ticks(script: Script) -> int:
    """How many ticks the year has, for the progress bar."""
    return sum(1 for _ in _ticks(script))
