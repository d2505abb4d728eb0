"""Either store is lost or older, and is brought back from the other, on a real server that holds nothing else."""

import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from databases import lift_guards
from running_engine import RunningEngine, run_engine
from sqlalchemy import text
from temporal_server import running_server
from temporalio.client import WorkflowExecutionStatus

from database.engine import writing
from models.commands import Accept, Acknowledge, Comment, ReportProgress, Submit
from services import reconciling
from services.reconciling import DifferenceKind, rebuild_snapshots, rebuild_workflows, reconcile
from services.temporal import handle
from workflows.directive import DirectiveWorkflow

pytestmark = pytest.mark.server


@pytest.fixture
async def engine(seeded_database: Path, tmp_path: Path) -> AsyncIterator[RunningEngine]:
    """An engine whose server is its own: reconciling looks at all that runs there."""
    file = tmp_path / "dondoc.db"
    shutil.copy(seeded_database, file)
    with running_server(tmp_path) as address:
        async with run_engine(f"sqlite:///{file}", address) as running:
            yield running


async def some_lives(engine: RunningEngine) -> list[str]:
    await engine.time_is("Mon 2026-03-02 09:00")
    codes = [
        await engine.register(f"life{number}", lead_agency="SYT", deadline=engine.deadline("2026-03-20"))
        for number in range(5)
    ]
    for code in codes[:3]:
        await engine.do(code, Acknowledge(), "chuyenvien.syt")
    return codes


async def differences(engine: RunningEngine, *, repair: bool = False) -> dict[str, tuple[DifferenceKind, bool]]:
    _checked, found = await reconcile(engine.office, engine.client, repair=repair, task_queue=engine.task_queue)
    return {one.code: (one.kind, one.mended) for one in found}


async def test_what_agrees_has_no_difference(engine: RunningEngine) -> None:
    codes = await some_lives(engine)

    checked, found = await reconcile(engine.office, engine.client, task_queue=engine.task_queue)

    assert (checked, found) == (len(codes), [])


async def test_a_workflow_that_is_gone_and_a_stale_snapshot_are_named_and_mended(engine: RunningEngine) -> None:
    codes = await some_lives(engine)
    await handle(engine.client, codes[0]).terminate("lost")
    with writing(engine.office.engine) as connection:
        connection.exec_driver_sql("UPDATE directive SET seq = 1 WHERE code = ?", (codes[1],))

    named = await differences(engine)
    mended = await differences(engine, repair=True)

    assert named == {
        codes[0]: (DifferenceKind.WORKFLOW_MISSING, False),
        codes[1]: (DifferenceKind.SNAPSHOT_STALE, False),
    }
    assert all(is_mended for _kind, is_mended in mended.values())
    assert await differences(engine) == {}


async def test_an_older_database_gets_every_lost_row_back_from_the_workflows(
    engine: RunningEngine, tmp_path: Path
) -> None:
    codes = await some_lives(engine)
    backup = sqlite3.connect(tmp_path / "backup.db")
    with sqlite3.connect(tmp_path / "dondoc.db") as living:
        living.backup(backup)
    for code in codes[:3]:
        await engine.do(code, ReportProgress(text="Sau bản sao lưu", percent=30), "chuyenvien.syt")
    late = await engine.register("after-backup", lead_agency="STC", deadline=engine.deadline("2026-03-20"))
    before = {code: engine.rows(code) for code in (*codes, late)}
    engine.office.engine.dispose()
    with sqlite3.connect(tmp_path / "dondoc.db") as living:
        backup.backup(living)

    mended = await differences(engine, repair=True)

    assert set(mended) == {*codes[:3], late}
    assert all(is_mended for _kind, is_mended in mended.values())
    assert {code: engine.rows(code) for code in (*codes, late)} == before
    assert await differences(engine) == {}


async def test_an_empty_temporal_gets_every_open_directive_back_with_its_next_moment_unchanged(
    engine: RunningEngine,
) -> None:
    codes = await some_lives(engine)
    before = {code: (await handle(engine.client, code).query(DirectiveWorkflow.state)).following for code in codes}
    rows = {code: engine.rows(code) for code in codes}
    for code in codes:
        await handle(engine.client, code).terminate("the store was lost")

    for _twice in range(2):
        started, failed = await rebuild_workflows(engine.office, engine.client, task_queue=engine.task_queue)
        assert (started, failed) == (len(codes), [])

    for code in codes:
        await handle(engine.client, code).execute_update("replan")
    after = {code: (await handle(engine.client, code).query(DirectiveWorkflow.state)).following for code in codes}
    assert after == before
    assert {code: engine.rows(code) for code in codes} == rows


async def test_a_directive_whose_rows_cannot_be_read_is_named_and_all_others_come_back(
    engine: RunningEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "REBUILD_BATCH", 2)
    codes = await some_lives(engine)
    for code in codes:
        await handle(engine.client, code).terminate("the store was lost")
    with writing(engine.office.engine) as connection:
        lift_guards(connection)
        connection.execute(
            text("UPDATE ledger SET data = '{}' WHERE directive = :code AND seq = 1"), {"code": codes[2]}
        )

    started, failed = await rebuild_workflows(engine.office, engine.client, task_queue=engine.task_queue)

    assert (started, failed) == (len(codes) - 1, [codes[2]])
    for code in codes:
        status = (await handle(engine.client, code).describe()).status
        assert status == (WorkflowExecutionStatus.TERMINATED if code == codes[2] else WorkflowExecutionStatus.RUNNING)


async def test_snapshots_made_anew_from_the_ledger_are_what_they_were(engine: RunningEngine) -> None:
    codes = await some_lives(engine)
    before = {code: engine.directive(code) for code in codes}
    with writing(engine.office.engine) as connection:
        connection.exec_driver_sql("DELETE FROM directive")

    made, failed = rebuild_snapshots(engine.office)

    assert (made, list(failed)) == (len(codes), [])
    assert {code: engine.directive(code) for code in codes} == before


async def test_an_older_database_gets_back_what_was_completed_since(engine: RunningEngine, tmp_path: Path) -> None:
    codes = await some_lives(engine)
    backup = sqlite3.connect(tmp_path / "backup.db")
    with sqlite3.connect(tmp_path / "dondoc.db") as living:
        living.backup(backup)
    late = await engine.register("after-backup", lead_agency="SYT", deadline=engine.deadline("2026-03-20"))
    await engine.do(late, Acknowledge(), "chuyenvien.syt")
    completed = (*codes[:2], late)
    for code in completed:
        await engine.do(code, Submit(result="Đã xong", document_number="1/BC-SYT"), "chuyenvien.syt")
        await engine.do(code, Accept(), "vanthu")
    before = {code: engine.rows(code) for code in (*codes, late)}
    engine.office.engine.dispose()
    with sqlite3.connect(tmp_path / "dondoc.db") as living:
        backup.backup(living)

    named = await differences(engine)
    mended = await differences(engine, repair=True)

    assert named == {
        **dict.fromkeys(codes[:2], (DifferenceKind.LEDGER_BEHIND, False)),
        late: (DifferenceKind.WORKFLOW_LEFT_OVER, False),
    }
    assert all(is_mended for _kind, is_mended in mended.values())
    assert {code: engine.rows(code) for code in before} == before
    assert await differences(engine) == {}


async def test_a_command_on_what_was_completed_since_an_older_backup_forks_nothing(
    engine: RunningEngine, tmp_path: Path
) -> None:
    codes = await some_lives(engine)
    backup = sqlite3.connect(tmp_path / "backup.db")
    with sqlite3.connect(tmp_path / "dondoc.db") as living:
        living.backup(backup)
    await engine.do(codes[0], Submit(result="Đã xong", document_number="1/BC-SYT"), "chuyenvien.syt")
    await engine.do(codes[0], Accept(), "vanthu")
    before = engine.rows(codes[0])
    engine.office.engine.dispose()
    with sqlite3.connect(tmp_path / "dondoc.db") as living:
        backup.backup(living)

    sent = await engine.do(codes[0], Comment(text="Vẫn còn đây"), "vanthu")

    assert sent.outcome == "recorded"
    assert engine.rows(codes[0])[: len(before)] == before
    assert await differences(engine) == {}
