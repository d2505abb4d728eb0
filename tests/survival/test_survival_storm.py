"""The 08:00 storm: hundreds of moments due in one second, met by a cold worker, and cut short by killing everything.

`make test` takes 150 directives; `make proof` 1,320 due, alone and among 13,200 open (RULES 7, 10).
"""

import asyncio
import datetime as dt
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from crowd_wishes import deadline_in, deadline_on
from dondoc_command import until
from office_on_trial import OfficeOnTrial, figure
from temporalio.api.enums.v1 import EventType, TimeoutType
from trial_policy import ONE_MOMENT

from services.temporal import connect, handle

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(900)]

__all__ = ["figure"]

WORKING_DAYS = (2, 5, 6, 7)
"""Days after Wednesday 25 November 2026, on which the trial stands: a Friday, Monday, Tuesday, Wednesday."""

OPEN = int(os.environ.get("DONDOC_STORM_OPEN", "13200"))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeOnTrial]:
    with OfficeOnTrial(tmp_path_factory.mktemp("storm"), ONE_MOMENT).open() as running:
        yield running


def a_storm_is_coming(office: OfficeOnTrial, number: int, name: str, *, lead: float) -> dt.datetime:
    """Register directives that all fall due in one second; returns it.

    Args:
        lead: seconds by which it must still be away when all are registered.
    """
    pace = office.register(20, lambda now, _place: deadline_on(now, 2), f"{name}-PACE") / 20
    due = office.now() + dt.timedelta(seconds=lead + 4 + 1.5 * pace * number)
    due = due.replace(microsecond=0)
    office.register(number, lambda now, _place: deadline_in(now, (due - now).total_seconds() + 0.5), name)
    assert office.now() < due - dt.timedelta(seconds=lead), "the machine became slower while it registered"
    return due


def told(office: OfficeOnTrial, name: str) -> int:
    return office.count("ledger WHERE kind = 'moment_reached' AND directive LIKE ?", f"{name}-%")


async def task_timeouts(office: OfficeOnTrial, codes: list[str]) -> int:
    """How many workflow tasks were begun by a worker and not finished in time."""
    client = await connect(office.temporal_address(), "default")
    gate = asyncio.Semaphore(16)

    async def of(code: str) -> int:
        async with gate:
            found = [
                event.workflow_task_timed_out_event_attributes.timeout_type
                async for event in handle(client, code).fetch_history_events()
                if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT
            ]
            return found.count(TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE)

    return sum(await asyncio.gather(*(of(code) for code in codes)))


def a_cold_worker_meets_the_storm(office: OfficeOnTrial, number: int, name: str, figure: Callable[..., None]) -> None:
    due = a_storm_is_coming(office, number, name, lead=10)
    until(lambda: office.now() > due - dt.timedelta(seconds=10), 600)

    struck = office.kill("worker")
    until(lambda: office.ready(without=struck), 60)
    until(lambda: told(office, name) == number, 300)

    verdict = office.judged()
    assert asyncio.run(task_timeouts(office, [f"{name}-{place}" for place in range(number)])) == 0
    figure("directives due in one second", number)
    figure("latest told, s after the second", f"{verdict.lateness:.1f}")
    figure("looked at", verdict)


def all_is_killed_in_the_middle(office: OfficeOnTrial, number: int, name: str, figure: Callable[..., None]) -> None:
    a_storm_is_coming(office, number, name, lead=0)
    until(lambda: told(office, name) >= number // 5, 600)

    office.dondoc.kill_all()
    told_before = told(office, name)
    assert told_before < number, "everything was told before anything was killed"
    start = time.monotonic()
    office.dondoc.up()
    up = time.monotonic() - start
    until(lambda: told(office, name) == number, 300)
    all_told = time.monotonic() - start

    verdict = office.judged()
    figure("told before and after everything was killed", f"{told_before} and {number - told_before}")
    figure("ready, and all told, s after the restart", f"{up:.1f} and {all_told:.1f}")
    figure("looked at", verdict)


def test_a_cold_worker_at_eight_tells_all_late_at_worst_and_times_out_nowhere(
    office: OfficeOnTrial, figure: Callable[..., None]
) -> None:
    a_cold_worker_meets_the_storm(office, 150, "COLD", figure)


def test_everything_killed_in_the_middle_of_the_storm_tells_each_person_once(
    office: OfficeOnTrial, figure: Callable[..., None]
) -> None:
    all_is_killed_in_the_middle(office, 150, "CUT", figure)


@pytest.mark.proof
def test_a_cold_worker_at_eight_tells_1320_moments(office: OfficeOnTrial, figure: Callable[..., None]) -> None:
    a_cold_worker_meets_the_storm(office, 1320, "COLD-1320", figure)


@pytest.mark.proof
def test_everything_killed_in_a_storm_of_1320_tells_each_person_once(
    office: OfficeOnTrial, figure: Callable[..., None]
) -> None:
    all_is_killed_in_the_middle(office, 1320, "CUT-1320", figure)


@pytest.mark.proof
def test_a_cold_worker_at_eight_tells_1320_moments_among_13200_open(
    tmp_path: Path, figure: Callable[..., None]
) -> None:
    with OfficeOnTrial(tmp_path, ONE_MOMENT).open() as office:
        took = office.register(OPEN - 1320 - 20, lambda now, place: deadline_on(now, WORKING_DAYS[place % 4]), "OPEN")
        figure("intake of the open ones, s", f"{took:.0f}")
        a_cold_worker_meets_the_storm(office, 1320, "DUE", figure)
