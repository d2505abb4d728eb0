"""Records histories of a released shape: `python tests/workflows/record_histories.py NAME`; never over an old one."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from builders import SEED, local  # noqa: E402
from running_engine import RunningEngine, run_engine  # noqa: E402
from temporal_server import running_server  # noqa: E402

from database.engine import open_engine  # noqa: E402
from database.migrate import migrate  # noqa: E402
from database.seed_data import seed  # noqa: E402
from models import commands as c  # noqa: E402
from models.vocabulary import Opinion, Urgency  # noqa: E402
from services.temporal import handle  # noqa: E402
from workflows.directive import LONG_HISTORY  # noqa: E402

HISTORIES = ROOT / "tests" / "histories"


async def a_whole_life(engine: RunningEngine) -> str:
    """Every command once, moments between them, refused ones too, then closed."""
    await engine.time_is("Mon 2026-02-09 09:00")
    code = await engine.register(
        "whole-life", lead_agency="SYT", coordinating_agencies=("STC",), deadline=engine.deadline("2026-03-06")
    )
    await engine.until(code, "Wed 2026-02-11 09:00")
    await engine.do(code, c.Decline(reason="Không thuộc chức năng"), "truong.syt")
    await engine.do(code, c.Assign(agency="SXD"), "vanthu")
    await engine.do(code, c.Acknowledge(), "chuyenvien.sxd")
    await engine.do(code, c.ReportProgress(text="Nửa việc", percent=50), "chuyenvien.sxd")
    await engine.do(code, c.Suspend(reason="Nghỉ Tết"), "pct.kinhte")
    await engine.until(code, "Tue 2026-02-24 09:00")
    await engine.do(code, c.Resume(deadline=engine.deadline("2026-03-06")), "pct.kinhte")
    await engine.do(code, c.Contribute(opinion=Opinion.AGREE), "chuyenvien.stc")
    await engine.do(code, c.Urge(text="Khẩn trương"), "chutich")
    await engine.do(code, c.Amend(urgency=Urgency.URGENT, reason="Gấp hơn"), "chutich")
    await engine.do(code, c.Comment(text="Đã rõ"), "truong.sxd")
    later = engine.deadline("2026-03-13")
    await engine.do(code, c.RequestExtension(deadline=later, reason="Chờ số liệu"), "truong.sxd")
    await engine.until(code, "Thu 2026-02-26 09:00")
    await engine.do(code, c.DecideExtension(granted=True), "pct.kinhte")
    await engine.do(code, c.Reassign(agency="SCT", reason="Đúng chức năng"), "chutich")
    await engine.until(code, "Wed 2026-03-18 09:00")
    await engine.do(code, c.DemandExplanation(text="Vì sao chậm"), "chutich")
    await engine.do(code, c.Explain(text="Do mới nhận"), "truong.sct")
    await engine.do(code, c.Acknowledge(), "chuyenvien.sct")
    await engine.do(code, c.Succeed(old_agency="SCT", new_agency="STC", reason="Sắp xếp"), "vanthu")
    await engine.do(code, c.Submit(result="Lần một"), "truong.stc")
    await engine.do(code, c.Return(reason="Thiếu"), "chanhvanphong")
    await engine.do(code, c.Submit(result="Lần hai"), "truong.stc")
    await engine.do(code, c.Accept(), "chutich")
    return code


async def a_long_one(engine: RunningEngine) -> str:
    """A run that hands over to the next."""
    await engine.time_is("Mon 2026-03-02 09:00")
    code = await engine.register("long", lead_agency="SYT", deadline=engine.deadline("2026-03-20"))
    first = (await handle(engine.client, code).describe()).run_id
    while (await handle(engine.client, code).describe()).run_id == first:
        await asyncio.gather(*(engine.do(code, c.Comment(text="Ghi thêm"), "chanhvanphong") for _ in range(20)))
        assert engine.directive(code).seq < LONG_HISTORY
    return code


async def a_reopened_one(engine: RunningEngine) -> str:
    """Cancelled, commented on, reopened from the ledger and left open."""
    await engine.time_is("Mon 2026-03-02 09:00")
    code = await engine.register("reopened", content="Chưa phân công")
    await engine.until(code, "Tue 2026-03-03 09:00")
    await engine.do(code, c.Assign(agency="SYT"), "vanthu")
    await engine.do(code, c.Cancel(reason="Thôi"), "vanthu")
    await engine.do(code, c.Comment(text="Lưu"), "vanthu")
    await engine.do(code, c.Reopen(deadline=engine.deadline("2026-12-31"), reason="Làm lại"), "chutich")
    return code


async def record(name: str, address: str, database: Path) -> None:
    """Live each life and keep the histories of all its runs."""
    async with run_engine(f"sqlite:///{database}", address) as engine:
        for life in (a_whole_life, a_long_one, a_reopened_one):
            code = await life(engine)
            runs = engine.client.list_workflows(f"WorkflowId = 'directive/{code}'")
            number = 0
            async for run in runs:
                history = await engine.client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
                file = HISTORIES / f"{name}-{life.__name__.replace('_', '-')}-{number}.json"
                assert not file.exists(), f"{file} is there; old histories are never recorded again"
                file.write_text(history.to_json(), encoding="utf-8")
                number += 1


def main(name: str) -> None:
    """Record under one name."""
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as address:
        database = Path(folder) / "dondoc.db"
        engine = open_engine(f"sqlite:///{database}")
        migrate(engine)
        seed(engine, SEED / "quang_ngai.yaml", local("2020-01-06 08:00"))
        engine.dispose()
        asyncio.run(record(name, address, database))


if __name__ == "__main__":
    main(sys.argv[1])
    sys.stdout.flush()
    os._exit(0)
