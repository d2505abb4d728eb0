"""The worker dies between COMMIT and reply, at every event of a life; and a client who sent a command never comes back.

Each death is a real SIGKILL of a real worker right after the COMMIT of a row (`armed_worker.py`), so the ledger is one
row ahead of the workflow and nobody was told. Life n has its death at row n. `make test` takes the first twenty-three
rows, in which every kind of event stands; `make proof` takes sixty.
"""

import asyncio
import datetime as dt
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from checked_files import Told, read_log
from crowd import HERE, environment
from crowd_client import Log, Person
from crowd_wishes import LEADER, OFFICE, deadline_in, deadline_on
from dondoc_command import until
from office_in_parts import OfficeInParts
from office_on_trial import figure
from trial_policy import ONE_MOMENT

from documents.language import Language
from models import commands as c
from models.engine import CommandEnvelope
from models.refusal import Refused
from models.vocabulary import Opinion
from services.acting import Wish, act
from services.sending import Sender
from services.temporal import connect, handle
from shell.context import Shell
from workflows.directive import DirectiveWorkflow

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(900)]

__all__ = ["figure"]

OFFICER, HEAD = "chuyenvien.syt", "truong.syt"
Act = tuple[str, c.Command]
ROWS = 23
"""Up to here every kind of event stands once."""

STORM = 6
"""Directives whose moment falls due under the armed worker."""

SWEPT_WITHIN = 90
"""Seconds: a client's patience, a heartbeat that is missed, the next sweep, and as much again for a busy machine."""

NEARER = 300
"""Seconds to the nearer deadline of the clients who never came back."""


def acts(now: dt.datetime) -> Iterator[Act]:
    """A life after its registration (rows 1 and 2), one row an act: every kind of event, then on and on."""
    far = [deadline_on(now, days) for days in (1, 2, 5, 6, 7)]
    yield OFFICER, c.Acknowledge()
    yield OFFICER, c.ReportProgress(text="Đang làm", percent=10)
    yield HEAD, c.RequestExtension(deadline=far[1], reason="Cần thêm thời gian")
    yield LEADER, c.DecideExtension(granted=True)
    yield "chuyenvien.snnmt", c.Contribute(opinion=Opinion.AGREE)
    yield OFFICE, c.Urge(text="Đề nghị làm ngay")
    yield OFFICE, c.DemandExplanation(text="Vì sao chậm?")
    yield HEAD, c.Explain(text="Do thiếu số liệu")
    yield HEAD, c.Submit(result="Báo cáo")
    yield LEADER, c.Return(reason="Chưa đủ", deadline=far[2])
    yield OFFICE, c.Amend(deadline=far[3], reason="Cho thêm thời gian")
    yield OFFICE, c.Suspend(reason="Chờ hướng dẫn")
    yield OFFICE, c.Resume(deadline=far[4])
    yield HEAD, c.Submit(result="Báo cáo lần hai")
    yield OFFICE, c.Accept()
    yield OFFICE, c.Comment(text="Lưu hồ sơ")
    yield LEADER, c.Reopen(deadline=far[4], reason="Xem lại")
    yield OFFICE, c.Reassign(agency="STC", reason="Đúng chức năng hơn")
    yield "truong.stc", c.Decline(reason="Không thuộc chức năng")
    yield OFFICE, c.Assign(agency="SYT")
    yield OFFICER, c.Acknowledge()
    while True:
        yield OFFICER, c.ReportProgress(text="Vẫn đang làm", percent=50)
        yield OFFICE, c.Comment(text="Đã xem")
        yield HEAD, c.Submit(result="Báo cáo tiếp")
        yield OFFICE, c.Return(reason="Chưa đủ")


@dataclass
class AfterAll:
    """What is left when every worker has died and a healthy one has cleared up.

    Attributes:
        kept_for: seconds from the restart until the command of the client who died before he sent it was recorded.
    """

    office: OfficeInParts
    log: Path
    rows: int
    deaths: int = 0
    kept_for: float = 0.0


@contextmanager
def dying(folder: Path, database: Path, rows: int, *, clients_too: bool = False) -> Iterator[AfterAll]:
    """Bring life n to row n − 1, then let the worker die at row n of each, and clear up.

    Args:
        clients_too: two clients die as well, and Temporal with them, so that nothing is left that could ask again.
    """
    with pytest.MonkeyPatch.context() as patch, OfficeInParts(folder, ONE_MOMENT).open_with(database) as office:
        patch.setenv("DONDOC_TEMPORAL_ADDRESS", office.temporal_address())
        after = AfterAll(office, folder / "told.log", rows)
        office.register(rows - 2, lambda now, _place: deadline_on(now, 1), "LIFE", ["SYT"])
        office.register(2 if clients_too else 0, lambda now, _place: deadline_on(now, 1), "GONE")
        lives = [Life(after, number) for number in range(3, rows + 1)]
        asyncio.run(bring_up(lives))
        storm_at = office.now() + dt.timedelta(seconds=5 + 0.6 * rows)
        office.register(STORM, lambda now, _place: deadline_in(now, (storm_at - now).total_seconds()), "STORM")
        office.end("worker")
        office.start_worker(armed=True)
        with asyncio.Runner() as runner:
            waiting = runner.run(strike(office, lives))
            runner.run(until_true(lambda: office.count("ledger WHERE kind = 'moment_reached'") > 0, 200))
            if clients_too:
                forget_clients(after)
            after.deaths = office.died()
            office.end("worker")
            if clients_too:
                office.end("temporal", signal.SIGKILL)
                office.start_temporal()
            office.start_worker()
            restarted = time.monotonic()
            runner.run(finish(waiting))
            until(lambda: office.count("command WHERE state = 'pending'") == 0, 200)
            after.kept_for = time.monotonic() - restarted
            office.wait_until_settled(200)
            runner.run(second_tries(after, lives))
        yield after


@dataclass
class Life:
    """One directive, and the one command that the worker dies of."""

    after: AfterAll
    row: int
    person: Person = field(init=False)
    wish: Wish = field(init=False)

    def __post_init__(self) -> None:
        shell = Shell(data=self.after.office.data, language=Language.VI)
        self.person = Person(self.row * 2, shell, [], Log(self.after.log), random.Random(self.row))

    @property
    def code(self) -> str:
        return f"LIFE-{self.row - 3}"

    async def grow(self) -> None:
        """Let it reach the row before its death."""
        story = acts(self.after.office.now())
        for _ in range(3, self.row):
            assert await self.person.say(self._wish(*next(story))) == "done"
        self.wish = self._wish(*next(story))

    def _wish(self, person: str, command: c.Command) -> Wish:
        return Wish(self.code, command, person, id=str(uuid.uuid4()))


async def bring_up(lives: list[Life]) -> None:
    await asyncio.gather(*(life.grow() for life in lives))
    for life in lives:
        life.person.sender = None  # its connection belongs to this loop


async def strike(office: OfficeInParts, lives: list[Life]) -> list[asyncio.Task[str]]:
    """Send each life's command, one death after the other; the clients wait for their answers."""
    waiting = []
    for life in lives:
        waiting.append(asyncio.create_task(life.person.say(life.wish)))
        await until_true(partial(office.count, "ledger WHERE command_id = ?", life.wish.id))
        await until_true(office.worker_lives)
    return waiting


async def until_true(condition: Callable[[], object], seconds: float = 60) -> None:
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, f"the condition did not come true in {seconds} seconds"
        await asyncio.sleep(0.05)


async def finish(waiting: list[asyncio.Task[str]]) -> None:
    await asyncio.wait_for(asyncio.gather(*waiting), 120)


async def second_tries(after: AfterAll, lives: list[Life]) -> None:
    """Each client asks again, as somebody who did not hear the answer; and once more at the engine itself."""
    office = after.office.office()
    sender, log = Sender(await connect(after.office.temporal_address(), "default"), office), Log(after.log)
    for life in lives:
        life.person.sender = None
        await life.person.say(life.wish)
        ((text,),) = after.office.ask("SELECT envelope FROM command WHERE id = ?", life.wish.id)
        line: dict[str, object] = {"id": life.wish.id, "code": life.code, "kind": life.wish.command.kind}
        try:
            sent = await sender.send(CommandEnvelope.model_validate_json(text))
        except Refused as refused:
            log.write(line | {"told": "refused", "refusal": refused.code.value})
        else:
            assert sent.answer is not None
            log.write(line | {"told": "done", "seq": sent.answer.seq, "kinds": list(sent.answer.kinds)})
    office.engine.dispose()


def forget_clients(after: AfterAll) -> None:
    """Two clients move a deadline nearer and are gone: one when the row was written, one when his command was kept."""
    office, written, kept = after.office, str(uuid.uuid4()), str(uuid.uuid4())
    log = Log(after.log)
    for code, command_id in (("GONE-0", written), ("GONE-1", kept)):
        log.write({"id": command_id, "code": code, "kind": "amend", "told": "sent"})
    client = subprocess.Popen(
        [sys.executable, str(HERE / "one_command.py"), str(office.data), "GONE-0", str(NEARER), written],
        env=environment() | office.dondoc.environment,
    )
    until(lambda: office.count("ledger WHERE command_id = ?", written) > 0)
    client.send_signal(signal.SIGKILL)
    client.wait()
    nearer = c.Amend(deadline=deadline_in(office.now(), NEARER), reason="Cấp trên yêu cầu sớm hơn")
    wish = Wish("GONE-1", nearer, OFFICE, id=kept)
    asyncio.run(act(Shell(data=office.data).office, None, wish))  # what is there when he is killed before he sends


def knows(office: OfficeInParts, code: str, expected: dt.datetime) -> bool:
    """Whether the living workflow knows that its next moment is then."""

    async def planned() -> dt.datetime | None:
        client = await connect(office.temporal_address(), "default")
        state = await handle(client, code).query(DirectiveWorkflow.state)
        return state.following.at if state.following else None

    return asyncio.run(planned()) == expected


def told_of(after: AfterAll) -> dict[str, list[Told]]:
    found: dict[str, list[Told]] = {}
    for line in read_log(after.log):
        if line.told != "sent":
            found.setdefault(line.id, []).append(line)
    return found


def every_row_is_there_once_and_the_second_try_answers_with_the_first_result(after: AfterAll) -> None:
    office = after.office
    verdict = office.judged([after.log])

    assert after.deaths >= after.rows - 2
    assert verdict.moments >= STORM
    twice = {found[0].code: found for found in told_of(after).values() if len(found) > 1}
    assert set(twice) == {f"LIFE-{number}" for number in range(after.rows - 2)}
    for code, found in twice.items():
        assert len(found) == 3, code
        assert found[0].told in ("done", "kept"), code  # kept: his patience ended before the next worker was there
        assert {line.told for line in found[1:]} == {"done"}, code
        assert len({(line.seq, line.kinds) for line in found if line.told == "done"}) == 1, code
    assert {found[-1].seq for found in twice.values()} == set(range(3, after.rows + 1))


def test_a_worker_killed_between_commit_and_reply_at_each_kind_of_event_leaves_one_row_and_one_answer(
    seeded_database: Path, tmp_path: Path, figure: Callable[..., None]
) -> None:
    with dying(tmp_path, seeded_database, ROWS) as after:
        every_row_is_there_once_and_the_second_try_answers_with_the_first_result(after)

        figure("deaths", after.deaths)


@pytest.fixture(scope="module")
def after_sixty(seeded_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AfterAll]:
    with dying(tmp_path_factory.mktemp("sixty"), seeded_database, 60, clients_too=True) as after:
        yield after


@pytest.mark.proof
def test_a_worker_killed_between_commit_and_reply_at_every_row_of_sixty_leaves_one_row_and_one_answer(
    after_sixty: AfterAll, figure: Callable[..., None]
) -> None:
    every_row_is_there_once_and_the_second_try_answers_with_the_first_result(after_sixty)

    figure("deaths", after_sixty.deaths)


@pytest.mark.proof
def test_a_nearer_deadline_whose_client_never_came_back_is_known_to_its_workflow_and_to_the_board(
    after_sixty: AfterAll, figure: Callable[..., None]
) -> None:
    office = after_sixty.office

    figure("a command kept by a client who died is recorded, s after the restart", f"{after_sixty.kept_for:.0f}")
    assert after_sixty.kept_for < SWEPT_WITHIN
    for code in ("GONE-0", "GONE-1"):
        ((due_at, next_at),) = office.ask("SELECT due_at, next_at FROM directive WHERE code = ?", code)
        expected = dt.datetime.fromisoformat(due_at)
        assert next_at == due_at
        assert expected - office.now() < dt.timedelta(seconds=NEARER), "the nearer deadline is in force"
        until(partial(knows, office, code, expected), 120)
