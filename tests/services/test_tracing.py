"""Traces that need no transport, and no work where nobody wants them."""

import importlib.util
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from temporalio.common import MetricMeter

from activities.doorkeeper import Passed
from services import tracing
from services.office import Office
from services.trace_places import span_id_of, trace_id_of
from services.tracing import begin_click, begin_tracing, can_trace, end_tracing, is_on
from services.watchers import together, watchers_of


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    end_tracing()


@given(some.text(), some.text())
def test_ids_follow_from_the_cause_and_from_it_alone(one: str, other: str) -> None:
    assert trace_id_of(one) == trace_id_of(one) > 0
    assert (trace_id_of(one) == trace_id_of(other)) is (one == other)
    assert len({span_id_of(one, "click"), span_id_of(one, "update"), span_id_of(one, "commit")}) == 3


def test_where_nothing_is_wanted_nobody_is_told_of_anything(tmp_path: Path) -> None:
    office = Office.at(f"sqlite:///{tmp_path / 'dondoc.db'}")

    begin_tracing("", "test")
    watchers = watchers_of(office, None)

    assert not is_on()
    assert begin_click() is None
    assert (together(watchers.passed), together(watchers.tried)) == (None, None)


def test_what_is_wanted_is_told_each_to_its_own(tmp_path: Path) -> None:
    office = Office.at(f"sqlite:///{tmp_path / 'dondoc.db'}")
    heard: list[int] = []

    begin_tracing("http://127.0.0.1:1", "test")
    watchers = watchers_of(office, MetricMeter.noop)
    tell = together([heard.append, heard.append])

    assert len(watchers.passed) == len(watchers.tried) == 2
    assert tell is not None
    tell(1)
    assert heard == [1, 1]


def test_without_what_sends_traces_a_process_works_untraced(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec

    def without(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name.startswith("opentelemetry") else found(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without)

    begin_tracing("http://127.0.0.1:1", "test")

    assert not can_trace()
    assert not is_on()
    tracing.passed(Passed(None, None, 0, 0))  # type: ignore[arg-type]  # nobody looks at it
