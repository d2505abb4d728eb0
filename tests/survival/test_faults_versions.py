"""Released code and new code side by side on one queue; a wrong build is named and does no lasting harm."""

import asyncio
import datetime as dt
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from faults_engine import ImpatientDirectiveWorkflow, Workers, an_engine_without_workers, eventually
from released import directive_0_1_0
from running_engine import RunningEngine

from database.engine import reading
from database.ledger import broken_rows
from models import commands as c
from models.vocabulary import Status
from services import temporal
from services.doctor import awaited_directives
from services.doctor_engine import engine_checks
from services.temporal import handle
from workflows.directive import DirectiveWorkflow

pytestmark = [pytest.mark.server, pytest.mark.slow]

OLD, NEW, WRONG = "released worker", "new worker", "wrong worker"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that a worker cannot do is offered again after five seconds, where a real office waits ten."""
    monkeypatch.setattr(temporal, "TASK_TIMEOUT", dt.timedelta(seconds=5))


@pytest.fixture
async def workers(seeded_database: Path, tmp_path: Path, temporal_address: str) -> AsyncIterator[Workers]:
    shutil.copy(seeded_database, tmp_path / "dondoc.db")
    async with an_engine_without_workers(tmp_path / "dondoc.db", temporal_address) as found:
        yield found


async def begin(engine: RunningEngine, name: str) -> str:
    code = await engine.register(name, lead_agency="SYT", deadline=engine.deadline("2026-03-06"))
    await engine.do(code, c.Acknowledge(), "chuyenvien.syt")
    await engine.do(code, c.ReportProgress(text="Đang làm", percent=20), "chuyenvien.syt")
    return code


async def extend(engine: RunningEngine, code: str) -> None:
    """Commands and moments by turns, until Wednesday."""
    await engine.until(code, "Wed 2026-03-04 09:00")
    await engine.do(code, c.Comment(text="Đã rõ"), "chanhvanphong")
    later = engine.deadline("2026-03-10")
    await engine.do(code, c.RequestExtension(deadline=later, reason="Chờ số liệu"), "truong.syt")
    await engine.do(code, c.DecideExtension(granted=True), "pct.vanxa")


async def go_on(engine: RunningEngine, code: str) -> None:
    """The deadline passes."""
    await engine.until(code, "Wed 2026-03-11 09:00")
    await engine.do(code, c.Urge(text="Khẩn trương"), "chutich")


async def grow(engine: RunningEngine, code: str) -> int:
    """Comment until the life has handed over to another run; how many comments that took."""
    first, written = (await handle(engine.client, code).describe()).run_id, 0
    while (await handle(engine.client, code).describe()).run_id == first:
        await asyncio.gather(*(engine.do(code, c.Comment(text=str(written + n)), "chanhvanphong") for n in range(10)))
        written += 10
    return written


async def finish(engine: RunningEngine, code: str) -> None:
    await engine.do(code, c.Submit(result="Xong"), "truong.syt")
    await engine.do(code, c.Accept(), "chutich")
    await handle(engine.client, code).result()


TOLD = [
    ("2026-03-03 08:00", "deadline -3"),
    ("2026-03-05 08:00", "deadline -3"),
    ("2026-03-09 08:00", "deadline -1"),
    ("2026-03-10 08:00", "deadline 0"),
    ("2026-03-11 08:00", "deadline +1"),
]


async def side_by_side(workers: Workers, lives: int, long_lives: int) -> None:
    """Released code alone, then new code beside it, which is restarted, then new code alone."""
    engine = workers.engine
    await engine.time_is("Mon 2026-03-02 09:00")

    async with workers.running(directive_0_1_0.DirectiveWorkflow, OLD):
        codes = list(await asyncio.gather(*(begin(engine, f"old-{number}") for number in range(lives))))
        async with workers.running(DirectiveWorkflow, NEW):
            codes += await asyncio.gather(*(begin(engine, f"new-{number}") for number in range(lives)))
            await asyncio.gather(*(extend(engine, code) for code in codes))
        async with workers.running(DirectiveWorkflow, NEW):
            await asyncio.gather(*(go_on(engine, code) for code in codes))
            long = [*codes[:long_lives], *codes[-long_lives:]]
            written = dict(zip(long, await asyncio.gather(*(grow(engine, code) for code in long)), strict=True))
            await asyncio.gather(*(finish(engine, code) for code in codes[::2]))
    async with workers.running(DirectiveWorkflow, NEW):
        await asyncio.gather(*(finish(engine, code) for code in codes[1::2]))
        failed = {code: await workers.failed_tasks(code) for code in codes}

    took_part = [await workers.workers_of(code) for code in codes]
    assert {OLD, NEW} in took_part, "both builds carried some lives"
    for code in codes:
        assert engine.directive(code).status is Status.COMPLETED
        assert engine.told(code) == TOLD
        assert engine.kinds(code).count("commented") == 1 + written.get(code, 0)
        assert len(await workers.runs(code)) == (2 if code in written else 1)
        with reading(engine.office.engine) as connection:
            assert list(broken_rows(connection, code)) == []
        assert [task for task in failed[code] if task.identity == NEW] == [], "new code follows every history"
        if not await workers.patched(code):
            assert failed[code] == [], "where nothing was changed by a patch, old code follows new code's histories"


async def test_lives_go_on_and_end_under_released_and_new_code_on_one_queue(workers: Workers, impatient: None) -> None:
    await side_by_side(workers, lives=4, long_lives=1)


@pytest.mark.proof
async def test_forty_lives_go_on_and_end_under_released_and_new_code_on_one_queue(
    workers: Workers, impatient: None
) -> None:
    await side_by_side(workers, lives=20, long_lives=5)


async def stuck_in_doctors_eyes(engine: RunningEngine, code: str) -> bool:
    """Whether `dondoc doctor` names it, asked as the command asks."""
    with reading(engine.office.engine) as connection:
        awaited = awaited_directives(connection, engine.office.now())
    checks = await engine_checks(engine.client, "127.0.0.1", awaited)
    (stuck,) = [one for one in checks if one.name == "stuck"]
    return not stuck.ok and code in str(stuck.said.data)


async def test_a_life_that_a_wrong_build_cannot_follow_is_named_within_a_minute_and_goes_on_once_that_build_is_gone(
    workers: Workers,
) -> None:
    engine = workers.engine
    engine.sender.patience = 240
    await engine.time_is("Mon 2026-03-02 09:00")
    async with workers.running(DirectiveWorkflow, NEW):
        code = await begin(engine, "stuck")
        other = await begin(engine, "quiet")
    rows = engine.rows(code)

    async with workers.running(ImpatientDirectiveWorkflow, WRONG):
        waiting = asyncio.create_task(engine.do(code, c.Comment(text="Chờ"), "chanhvanphong"))
        named_after = await eventually(lambda: stuck_in_doctors_eyes(engine, code), 60)
        described = await handle(engine.client, code).describe()
        quiet = await stuck_in_doctors_eyes(engine, other)
    async with workers.running(DirectiveWorkflow, NEW):
        sent = await waiting
        await eventually(lambda: healed(engine, code), 120)
        await finish(engine, code)

    assert named_after <= 60
    assert described.raw_description.pending_workflow_task.attempt >= 2
    assert not quiet, "a life that was not woken is not blamed"
    assert sent.outcome == "recorded"
    assert [row.event.kind for row in engine.rows(code)[len(rows) :]] == ["commented", "submitted", "accepted"]
    assert {task.identity for task in await workers.failed_tasks(code)} == {WRONG}
    with reading(engine.office.engine) as connection:
        assert list(broken_rows(connection)) == []


async def healed(engine: RunningEngine, code: str) -> bool:
    return not await stuck_in_doctors_eyes(engine, code)
