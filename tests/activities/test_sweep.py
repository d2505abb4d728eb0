"""What was left lying is done by the next sweep, and one thing that fails holds up no other.

It is Wednesday 4 March 2026, 09:00; the engine's clients are recorded, and their own tests are elsewhere.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import time_machine
from builders import LEADER, SECRETARIAT, a_deadline, a_registration, local
from real_office import RealOffice
from sqlalchemy import insert, select, update
from standing_office import started
from temporalio.testing import ActivityEnvironment

from activities.catching_up import SETTLED, Behind
from activities.commit import Door
from activities.sweep import BATCH, OVERSLEPT, PATIENCE, Sweep
from database.commands import PENDING, RECORDED, REFUSED, row_of
from database.engine import reading, writing
from database.reference import write_calendar_days, write_setting
from database.snapshots import write_snapshot
from models import commands as c
from models.calendar import CalendarRow
from models.engine import CommandEnvelope
from models.tables import COMMAND, DIRECTIVE
from services.intake import preview_of

NOW = local("Wed 2026-03-04 09:00")
LONG_AGO = NOW - dt.timedelta(hours=1)


@dataclass
class Recorder:
    """The engine's clients as a sweep sees them."""

    calls: list[tuple[str, str]] = field(default_factory=list)
    fails_for: frozenset[str] = frozenset()

    async def start(self, registration: CommandEnvelope) -> None:
        self._note("start", registration.directive)

    async def send(self, envelope: CommandEnvelope) -> None:
        self._note("send", envelope.id)

    async def replan(self, code: str, plan: str) -> None:
        self._note(f"replan to {plan}", code)

    async def wake(self, code: str, next_at: dt.datetime) -> None:
        self._note(f"wake for {next_at:%d/%m %H:%M}Z", code)

    async def catch_up(self, behind: Behind) -> None:
        self._note(f"catch up to {behind.seq}{' and end' if behind.closed else ''}", behind.directive)

    def _note(self, act: str, what: str) -> None:
        self.calls.append((act, what))
        if what in self.fails_for:
            raise RuntimeError(f"{what} does not answer")


@dataclass
class Sweeping:
    """A sweep over a real office."""

    office: RealOffice
    access: Recorder = field(default_factory=Recorder)
    failures: list[tuple[str, str]] = field(default_factory=list)

    async def __call__(self) -> int:
        sweep = Sweep(
            self.office.engine,
            self.office.references,
            self.access,
            lambda what, problem: self.failures.append((what, str(problem))),
        )
        return int(await ActivityEnvironment().run(sweep.sweep))

    def keep(
        self, code: str, command: c.Command, *, at: dt.datetime = LONG_AGO, state: str = PENDING
    ) -> CommandEnvelope:
        """Keep a command as the person's own client did before it was cut off."""
        actor = SECRETARIAT if isinstance(command, c.Register) else LEADER
        envelope = CommandEnvelope(id=f"{code}-{command.kind}", directive=code, actor=actor, command=command)
        with writing(self.office.engine) as connection:
            connection.execute(insert(COMMAND).values(**row_of(envelope, at, state)))
            if isinstance(command, c.Register):
                reference = self.office.references.get(connection)
                write_snapshot(connection, preview_of(envelope, at), reference, None, mark=code, awaiting_start=True)
        return envelope

    def state_of(self, command_id: str) -> str:
        with reading(self.office.engine) as connection:
            return str(connection.execute(select(COMMAND.c.state).where(COMMAND.c.id == command_id)).scalar_one())


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def sweep(office: RealOffice) -> Sweeping:
    return Sweeping(office)


async def test_with_nothing_left_lying_a_sweep_does_nothing(sweep: Sweeping, office: RealOffice) -> None:
    office.register("NV-1", deadline=a_deadline("2026-03-20"))

    assert await sweep() == 0
    assert sweep.access.calls == []


async def test_what_could_not_be_started_is_started_in_the_order_of_registering(sweep: Sweeping) -> None:
    sweep.keep("NV-2", a_registration(), at=LONG_AGO)
    sweep.keep("NV-1", a_registration(), at=LONG_AGO - dt.timedelta(minutes=5))

    assert await sweep() == 2
    assert sweep.access.calls == [("start", "NV-1"), ("start", "NV-2")]


async def test_a_start_that_was_answered_in_the_ledger_is_closed_and_not_started_again(
    sweep: Sweeping, office: RealOffice
) -> None:
    envelope = sweep.keep("NV-1", a_registration())
    started(Door(office.engine, office.references), envelope, LONG_AGO)

    await sweep()
    again = Sweeping(office)

    assert sweep.state_of(envelope.id) == RECORDED
    assert await again() == 0
    assert again.access.calls == []


async def test_a_kept_command_is_sent_again(sweep: Sweeping, office: RealOffice) -> None:
    office.register("NV-1")
    sweep.keep("NV-1", c.Urge(text="Khẩn trương"))

    assert await sweep() == 1
    assert sweep.access.calls == [("send", "NV-1-urge")]


@pytest.mark.parametrize("state", [RECORDED, REFUSED])
async def test_a_command_that_was_answered_is_not_sent_again(sweep: Sweeping, office: RealOffice, state: str) -> None:
    office.register("NV-1")
    sweep.keep("NV-1", c.Urge(text="Khẩn trương"), state=state)

    assert await sweep() == 0


async def test_what_the_persons_own_client_still_sends_is_left_to_it(sweep: Sweeping, office: RealOffice) -> None:
    office.register("NV-1")
    sweep.keep("NV-1", c.Urge(text="một"), at=NOW - PATIENCE + dt.timedelta(seconds=1))
    sweep.keep("NV-2", a_registration(), at=NOW)

    assert await sweep() == 0

    sweep.keep("NV-1", c.Comment(text="hai"), at=NOW - PATIENCE)
    assert await sweep() == 1
    assert sweep.access.calls == [("send", "NV-1-comment")]


async def test_patience_counts_by_the_offices_clock_when_that_is_shifted(sweep: Sweeping, office: RealOffice) -> None:
    shifted = NOW + dt.timedelta(days=300)
    with writing(office.engine) as connection:
        write_setting(connection, "clock_shift", str(dt.timedelta(days=300).total_seconds()))
    office.clock = shifted
    office.register("NV-1")
    sweep.keep("NV-1", c.Urge(text="một"), at=shifted - dt.timedelta(seconds=5))
    assert await sweep() == 0

    sweep.keep("NV-1", c.Comment(text="hai"), at=shifted - dt.timedelta(seconds=25))
    assert await sweep() == 1


async def test_open_directives_under_another_plan_are_replanned_the_nearest_moment_first(
    sweep: Sweeping, office: RealOffice
) -> None:
    office.register("NV-3", deadline=a_deadline("2026-06-30"), acknowledged=True)
    office.register("NV-2", deadline=a_deadline("2026-03-20"), acknowledged=True)
    office.register("NV-1", acknowledged=True)
    office.later(minutes=1).act("NV-1", c.Cancel(reason="Thu hồi"), "chutich")
    sweep.keep("NV-4", a_registration(), at=NOW)
    off = CalendarRow(day=dt.date(2026, 3, 27), working=False, reason="Bão")
    with writing(office.engine) as connection:
        write_calendar_days(connection, (off,))
        plan = office.references.get(connection).plan

    assert await sweep() == 2
    assert sweep.access.calls == [(f"replan to {plan}", "NV-2"), (f"replan to {plan}", "NV-3")]


async def test_starts_come_before_sends_and_sends_before_plans(sweep: Sweeping, office: RealOffice) -> None:
    office.register("NV-1", deadline=a_deadline("2026-06-30"))
    sweep.keep("NV-1", c.Urge(text="Khẩn trương"))
    sweep.keep("NV-2", a_registration())
    with writing(office.engine) as connection:
        connection.execute(update(DIRECTIVE).where(DIRECTIVE.c.code == "NV-1").values(plan="0.0"))

    assert await sweep() == 3
    assert [act.split()[0] for act, _what in sweep.access.calls] == ["start", "send", "replan"]


async def test_one_failure_holds_up_no_other_and_is_named(sweep: Sweeping, office: RealOffice) -> None:
    for number in range(1, 5):
        sweep.keep(f"NV-{number}", a_registration())
    office.register("NV-9")
    sweep.keep("NV-9", c.Urge(text="một"))
    sweep.keep("NV-9", c.Comment(text="hai"))
    sweep.access.fails_for = frozenset({"NV-2", "NV-9-urge"})

    assert await sweep() == 4

    assert {what for _act, what in sweep.access.calls} == {
        "NV-1",
        "NV-2",
        "NV-3",
        "NV-4",
        "NV-9-urge",
        "NV-9-comment",
    }
    assert sweep.failures == [
        ("start NV-2", "NV-2 does not answer"),
        ("send NV-9-urge", "NV-9-urge does not answer"),
    ]


async def test_what_failed_is_tried_again_by_the_next_sweep(sweep: Sweeping) -> None:
    sweep.keep("NV-1", a_registration())
    sweep.access.fails_for = frozenset({"NV-1"})
    assert await sweep() == 0

    sweep.access.fails_for = frozenset()

    assert await sweep() == 1
    assert sweep.access.calls == [("start", "NV-1")] * 2


async def test_a_sweep_takes_on_so_many_and_leaves_the_rest_to_the_next(sweep: Sweeping, office: RealOffice) -> None:
    office.register("NV-1")
    rows = [
        row_of(CommandEnvelope(id=f"c-{number}", directive="NV-1", actor=LEADER, command=c.Comment(text="x")), LONG_AGO)
        for number in range(BATCH + 3)
    ]
    with writing(office.engine) as connection:
        connection.execute(insert(COMMAND), rows)

    assert await sweep() == BATCH


# --- Directives whose timer was lost ----------------------------------------------------------------------------


async def test_a_directive_that_overslept_its_next_moment_by_five_minutes_is_woken_the_earliest_first(
    sweep: Sweeping, office: RealOffice
) -> None:
    office.at("Mon 2026-03-02 09:00")
    office.register("NV-2", deadline=a_deadline("2026-03-05"), acknowledged=True)  # a day before, on the 4th at 08:00
    office.register("NV-1", deadline=a_deadline("2026-03-04"), acknowledged=True)  # a day before, on the 3rd at 08:00
    office.register("NV-3", deadline=a_deadline("2026-03-04"), acknowledged=True)
    office.later(minutes=1).act("NV-3", c.Cancel(reason="Thu hồi"), "chutich")

    assert await sweep() == 2
    assert sweep.access.calls == [("wake for 03/03 01:00Z", "NV-1"), ("wake for 04/03 01:00Z", "NV-2")]


async def test_a_moment_that_is_only_just_due_is_left_to_its_own_timer(sweep: Sweeping, office: RealOffice) -> None:
    office.at("Mon 2026-03-02 09:00").register("NV-1", deadline=a_deadline("2026-03-05"), acknowledged=True)
    rings_at = local("Wed 2026-03-04 08:00")

    with time_machine.travel(rings_at + OVERSLEPT - dt.timedelta(seconds=1), tick=False):
        assert await sweep() == 0
    with time_machine.travel(rings_at + OVERSLEPT, tick=False):
        assert await sweep() == 1


# --- Workflows that may not know what the ledger holds ---------------------------------------------------------


async def test_what_a_command_recorded_a_minute_ago_is_compared_with_its_workflow_once(
    sweep: Sweeping, office: RealOffice
) -> None:
    office.clock = LONG_AGO
    office.register("NV-1", acknowledged=True)
    office.register("NV-2", acknowledged=True)
    office.register("NV-3")
    office.later(minutes=1).act("NV-2", c.Cancel(reason="Trùng"), "vanthu")
    office.clock = NOW - SETTLED + dt.timedelta(seconds=1)
    office.act("NV-3", c.Acknowledge(), "truong.syt")

    await sweep()
    first = list(sweep.access.calls)
    await sweep()

    assert first == [("catch up to 3", "NV-1"), ("catch up to 4 and end", "NV-2")]
    assert sweep.access.calls == first, "NV-3 was only registered until a moment ago"
    with time_machine.travel(NOW + SETTLED, tick=False):
        await sweep()
    assert sweep.access.calls[2:] == [("catch up to 3", "NV-3")]


async def test_registrations_and_moments_are_not_compared_for_temporal_does_their_tasks_again(
    sweep: Sweeping, office: RealOffice
) -> None:
    office.at("Mon 2026-03-02 09:00").register("NV-1", deadline=a_deadline("2026-03-06"))
    office.later(minutes=1).act("NV-1", c.Acknowledge(), "truong.syt")
    office.at("Tue 2026-03-03 08:00").tell("NV-1")
    office.register("NV-2")

    await sweep()

    assert not [act for act, _code in sweep.access.calls if act.startswith("catch up")]


async def test_a_workflow_that_does_not_answer_is_asked_again_by_the_next_sweep_and_holds_up_no_other(
    sweep: Sweeping, office: RealOffice
) -> None:
    office.clock = LONG_AGO
    for code in ("NV-1", "NV-2"):
        office.register(code, acknowledged=True)
    sweep.access.fails_for = frozenset({"NV-1"})
    running = Sweep(office.engine, office.references, sweep.access, lambda *_: None)

    await ActivityEnvironment().run(running.sweep)
    sweep.access.fails_for = frozenset()
    await ActivityEnvironment().run(running.sweep)
    await ActivityEnvironment().run(running.sweep)

    assert [what for _, what in sweep.access.calls] == ["NV-1", "NV-2", "NV-1"]


async def test_of_a_ledger_that_was_never_compared_only_the_last_day_is(sweep: Sweeping, office: RealOffice) -> None:
    office.at("Mon 2026-03-02 09:00").register("NV-OLD", acknowledged=True)
    office.clock = LONG_AGO
    office.register("NV-1", acknowledged=True)
    for _ in range(3):
        office.later(seconds=1).act("NV-1", c.Comment(text="Đã rõ"), "vanthu")

    await sweep()

    assert sweep.access.calls == [("catch up to 6", "NV-1")]
