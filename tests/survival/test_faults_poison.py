"""A directive whose rows or history this release cannot follow is named by doctor and delays no other (RULES 18)."""

import asyncio
import contextlib
import datetime as dt
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from builders import local
from faults_engine import ImpatientDirectiveWorkflow, Workers, an_engine_without_workers, eventually
from running_engine import RunningEngine
from sqlalchemy import insert, select

from database.engine import reading, writing
from models import commands as c
from models.tables import LEDGER
from services.doctor import Check, awaited_directives, late_directives, work_checks
from services.doctor_engine import engine_checks
from services.verifying import verify
from workflows.directive import DirectiveWorkflow

pytestmark = [pytest.mark.server, pytest.mark.slow]

OTHERS = 12


@pytest.fixture
async def workers(seeded_database: Path, tmp_path: Path, temporal_address: str) -> AsyncIterator[Workers]:
    shutil.copy(seeded_database, tmp_path / "dondoc.db")
    async with an_engine_without_workers(tmp_path / "dondoc.db", temporal_address) as found:
        yield found


async def begin(engine: RunningEngine, name: str) -> str:
    code = await engine.register(name, lead_agency="SYT", deadline=engine.deadline("2026-03-06"))
    await engine.do(code, c.Acknowledge(), "chuyenvien.syt")
    return code


def poison(engine: RunningEngine, code: str, kind: str, *, skip: int = 0) -> None:
    """Put a row after the last one that no release of ours would write there."""
    last = engine.rows(code)[-1]
    with writing(engine.office.engine) as connection:
        first = connection.execute(select(LEDGER).where(LEDGER.c.directive == code, LEDGER.c.seq == 1)).one()
        values = {name: value for name, value in first._mapping.items() if name != "id"}
        values |= {"seq": last.seq + 1 + skip, "kind": kind, "command_id": None, "previous_hash": last.hash}
        connection.execute(insert(LEDGER).values(**values | {"hash": f"poison-{code}-{skip}"}))


async def checks_at(engine: RunningEngine, now: dt.datetime) -> dict[str, Check]:
    """What `dondoc doctor` finds at an instant of the office's clock."""
    with reading(engine.office.engine) as connection:
        found = list(work_checks(connection, engine.office.reference(connection), now))
        awaited = awaited_directives(connection, now)
    found += await engine_checks(engine.client, "127.0.0.1", awaited)
    return {one.name: one for one in found}


async def named(engine: RunningEngine, name: str, codes: list[str], now: dt.datetime) -> bool:
    check = (await checks_at(engine, now))[name]
    return not check.ok and all(code in str(check.said.data) for code in codes)


async def test_poisoned_rows_and_a_foreign_history_are_named_and_every_other_directive_is_told_on_time(
    workers: Workers,
) -> None:
    engine = workers.engine
    await engine.time_is("Mon 2026-03-02 09:00")
    async with workers.running(ImpatientDirectiveWorkflow, "another build"):
        foreign = await begin(engine, "foreign")
    async with workers.running(DirectiveWorkflow, "worker"):
        others = list(await asyncio.gather(*(begin(engine, f"other-{number}") for number in range(OTHERS))))
        twice, unknown, gap = [await begin(engine, name) for name in ("twice", "unknown", "gap")]
        poison(engine, twice, "registered")
        poison(engine, unknown, "from_the_future")
        poison(engine, gap, "acknowledged", skip=3)
        rows_before = {code: len(engine.rows(code)) for code in (foreign, twice)}
        ringing = [
            asyncio.create_task(engine.until(code, "Tue 2026-03-03 08:01")) for code in (foreign, twice, unknown, gap)
        ]
        await asyncio.gather(*(engine.until(code, "Tue 2026-03-03 08:01") for code in others))
        await asyncio.gather(*(engine.do(code, c.Comment(text="Đã rõ"), "chanhvanphong") for code in others))

        later = local("Tue 2026-03-03 08:03")
        await eventually(lambda: named(engine, "data", [twice, unknown, gap], later))
        await eventually(lambda: named(engine, "stuck", [foreign], later))
        found = await checks_at(engine, later)
        with reading(engine.office.engine) as connection:
            late = late_directives(connection, later)
        broken = {row.code for row in verify(engine.office).broken}
        for task in ringing:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*ringing, return_exceptions=True)

    poisoned = {foreign, twice, unknown, gap}
    assert set(late) == poisoned
    assert broken == {twice, unknown, gap}
    for code in others:
        assert engine.told(code) == [("2026-03-03 08:00", "deadline -3")]
        assert engine.late_by(code) < dt.timedelta(seconds=30), "by its own clock"
        assert engine.kinds(code)[-1] == "commented"
        assert all(code not in str(check.said.data) for check in found.values())
    assert len(engine.rows(foreign)) == rows_before[foreign], "the foreign history brought nothing in"
