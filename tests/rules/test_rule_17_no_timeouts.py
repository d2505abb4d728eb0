"""RULES 17: nothing has an execution or run timeout; schedules state overlap and catch-up; years lose no Update."""

import ast
import asyncio
import datetime as dt
from pathlib import Path

import pytest
from builders import SECRETARIAT, a_registration, local, recorded
from running_engine import RunningEngine
from temporalio.client import ScheduleOverlapPolicy

from models.commands import Acknowledge, Comment
from models.engine import DirectiveInput, pack, unpack
from models.events import Commented
from services.standing_workflows import CATCH_UP, STANDING, Standing, ensure_standing_workflows
from services.temporal import handle
from workflows.canary import CANARY_ID
from workflows.directive import LONG_HISTORY
from workflows.queue import TASK_TIMEOUT

ROOT = Path(__file__).parents[2]
NO_TIME = dt.timedelta()


def test_rule_17_no_line_of_ours_sets_an_execution_or_run_timeout() -> None:
    """Of a directive that is open for years, and of whatever else is started."""
    sources = [
        file for room in ("workflows", "services", "activities", "embedded") for file in (ROOT / room).rglob("*.py")
    ]
    keywords = {
        f"{file.name}:{node.lineno}": node.arg
        for file in (*sources, ROOT / "worker.py", ROOT / "cli.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword)
    }

    assert {place: name for place, name in keywords.items() if name in ("execution_timeout", "run_timeout")} == {}
    assert "task_timeout" in keywords.values()  # the walk does see keywords


@pytest.mark.parametrize("standing", STANDING, ids=lambda one: one.id)
def test_rule_17_each_schedule_states_that_overlap_is_skipped_and_what_it_makes_up_for(standing: Standing) -> None:
    schedule = standing.schedule()

    assert schedule.policy.overlap is ScheduleOverlapPolicy.SKIP
    assert schedule.policy.catchup_window == CATCH_UP
    assert dt.timedelta(seconds=10) <= CATCH_UP < dt.timedelta(minutes=1)


def test_rule_17_the_commands_of_years_travel_with_the_rows_from_run_to_run() -> None:
    rows = recorded(None, a_registration(), SECRETARIAT, local("2026-03-02 09:00"), command_id="wish-1")

    carried = DirectiveInput(code="NV-1", rows=pack(rows))

    assert [row.command_id for row in unpack(carried.rows)] == ["wish-1", "wish-1"]


@pytest.mark.server
async def test_rule_17_on_the_server_neither_directives_nor_standing_workflows_have_a_timeout(
    engine: RunningEngine,
) -> None:
    await engine.time_is("Mon 2026-03-02 09:00")
    code = await engine.register("for-years", lead_agency="SYT", deadline=engine.deadline("2026-03-20"))
    await ensure_standing_workflows(engine.client)

    described = await handle(engine.client, code).describe()
    settings = described.raw_description.execution_config
    schedules = [(await engine.client.get_schedule_handle(one.id).describe()).schedule for one in STANDING]

    assert settings.workflow_execution_timeout.ToTimedelta() == NO_TIME
    assert settings.workflow_run_timeout.ToTimedelta() == NO_TIME
    assert settings.default_workflow_task_timeout.ToTimedelta() == TASK_TIMEOUT
    assert {schedule.policy.overlap for schedule in schedules} == {ScheduleOverlapPolicy.SKIP}
    assert {schedule.policy.catchup_window for schedule in schedules} == {CATCH_UP}
    for one in STANDING:
        await engine.client.get_schedule_handle(one.id).delete()
    await engine.client.get_workflow_handle(CANARY_ID).terminate("only looked at")


@pytest.mark.server
async def test_rule_17_commands_that_come_while_it_hands_over_to_a_new_run_are_all_kept_once(
    engine: RunningEngine,
) -> None:
    """Sent by many at once, without a pause, over the end of a run."""
    await engine.time_is("Mon 2026-03-02 09:00")
    code = await engine.register("handing-over", lead_agency="SYT", deadline=engine.deadline("2026-03-20"))
    await engine.do(code, Acknowledge(), "chuyenvien.syt")
    first_run = (await handle(engine.client, code).describe()).run_id
    sent: list[str] = []

    async def one_person(name: int) -> None:
        number = 0
        while (await handle(engine.client, code).describe()).run_id == first_run or number < 3:
            number += 1
            assert number < LONG_HISTORY
            text = f"{name}-{number}"
            await engine.do(code, Comment(text=text), "chanhvanphong")
            sent.append(text)

    await asyncio.gather(*(one_person(name) for name in range(12)))

    kept = [row.event.text for row in engine.rows(code) if isinstance(row.event, Commented)]
    assert sorted(kept) == sorted(sent)
