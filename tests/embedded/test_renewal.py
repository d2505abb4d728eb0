"""The old store is put aside whole, and what lived in it is started again until that has succeeded."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from embedded import renewal
from embedded.plan import Plan
from embedded.renewal import Renewal, rebuild_is_due

PlanMaker = Callable[..., Plan]
Until = Callable[..., None]


@pytest.fixture
def plan(a_plan: PlanMaker) -> Plan:
    """A plan whose rebuild notes each try and succeeds at the second."""
    plan = a_plan()
    plan.run_dir.mkdir(parents=True)
    plan.log_dir.mkdir()
    tries = plan.data_dir / "tries"
    script = f"open({str(tries)!r}, 'a').write('x'); raise SystemExit(0 if len(open({str(tries)!r}).read()) > 1 else 1)"
    return replace(plan, rebuild_command=(sys.executable, "-c", script))


def tries(plan: Plan) -> int:
    file = plan.data_dir / "tries"
    return len(file.read_text()) if file.exists() else 0


def test_all_files_of_the_store_are_put_aside_and_only_the_newest_are_kept(plan: Plan) -> None:
    for content in ("first", "second"):
        for end in ("", "-wal", "-shm"):
            (plan.data_dir / f"temporal.db{end}").write_text(content + end)
        Renewal(plan).put_store_aside()

    names = sorted(path.name for path in plan.data_dir.glob("temporal*"))
    assert names == ["temporal.db.old", "temporal.db.old-shm", "temporal.db.old-wal"]
    assert (plan.data_dir / "temporal.db.old-wal").read_text() == "second-wal"
    assert rebuild_is_due(plan.run_dir)


def test_a_rebuild_that_fails_is_tried_again_until_it_succeeds_and_then_no_more(
    plan: Plan, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "RETRY_SECONDS", 0.0)
    renewed = Renewal(plan)
    renewed.put_store_aside()

    def done() -> bool:
        renewed.look_after(os.environ)
        return not rebuild_is_due(plan.run_dir)

    until(done)
    renewed.look_after(os.environ)

    assert tries(plan) == 2


def test_a_rebuild_that_a_crash_interrupted_is_gone_on_with_after_the_next_start(plan: Plan, until: Until) -> None:
    Renewal(plan).put_store_aside()
    (plan.data_dir / "tries").write_text("x")
    after = Renewal(plan)

    def done() -> bool:
        after.look_after(os.environ)
        return not rebuild_is_due(plan.run_dir)

    until(done)

    assert tries(plan) == 2


def test_nothing_is_rebuilt_while_no_store_was_put_aside(plan: Plan) -> None:
    Renewal(plan).look_after(os.environ)

    assert tries(plan) == 0


def test_a_rebuild_under_way_is_ended_when_the_system_stops_and_stays_due(plan: Plan) -> None:
    slow = replace(plan, rebuild_command=(sys.executable, "-c", "import time; time.sleep(600)"))
    renewed = Renewal(slow)
    renewed.put_store_aside()
    renewed.look_after(os.environ)

    renewed.stop()
    renewed.stop()

    assert rebuild_is_due(plan.run_dir)


def test_a_folder_that_cannot_be_written_leaves_the_store_where_it_is(plan: Plan, tmp_path: Path) -> None:
    store = plan.data_dir / "temporal.db"
    store.write_text("store")
    nowhere = replace(plan, data_dir=tmp_path / "nowhere")

    with pytest.raises(OSError, match="nowhere"):
        Renewal(nowhere).put_store_aside()

    assert store.read_text() == "store"
