"""Histories recorded from released code replay on today's code; nobody edits or records them again (STYLE 14)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from models.engine_link import EngineLink
from models.payload_keys import new_key
from services.temporal import data_converter
from services.tracing import begin_tracing, end_tracing, is_on
from workflows.directive import DirectiveWorkflow

HISTORIES = sorted((Path(__file__).parents[1] / "histories").glob("*.json"))


def recorded_life(file: Path) -> str:
    return file.stem.split("-a-")[1].rsplit("-", 1)[0]


def recorded(file: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json("directive/replayed", file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", HISTORIES, ids=[file.stem for file in HISTORIES])
async def test_a_recorded_history_replays_on_todays_code(file: Path) -> None:
    replayer = Replayer(workflows=[DirectiveWorkflow], data_converter=pydantic_data_converter)

    replayed = await replayer.replay_workflow(recorded(file))

    assert replayed.replay_failure is None


@pytest.fixture
def _traced() -> Iterator[None]:
    begin_tracing("http://127.0.0.1:1", "test")
    assert is_on()
    yield
    end_tracing()


@pytest.mark.usefixtures("_traced")
@pytest.mark.parametrize("file", [file for file in HISTORIES if recorded_life(file) == "whole-life"])
async def test_it_replays_where_everything_is_traced(file: Path) -> None:
    await test_a_recorded_history_replays_on_todays_code(file)


@pytest.mark.parametrize("file", HISTORIES, ids=[file.stem for file in HISTORIES])
async def test_a_history_that_was_recorded_in_clear_replays_where_there_is_a_key(file: Path) -> None:
    converter = data_converter(EngineLink("", keys=(new_key("k1"),)))

    replayed = await Replayer(workflows=[DirectiveWorkflow], data_converter=converter).replay_workflow(recorded(file))

    assert replayed.replay_failure is None


def test_every_recorded_shape_is_there() -> None:
    lives = {recorded_life(file) for file in HISTORIES}
    assert lives == {"whole-life", "long-one", "reopened-one"}
