"""A worker is heard of all the while, whatever its activity waits for; one that is killed is missed soon."""

import asyncio
import threading

import pytest
from temporalio.testing import ActivityEnvironment

from activities import heartbeats
from activities.heartbeats import beating, beating_thread


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeats, "EVERY_SECONDS", 0.01)


def heard(environment: ActivityEnvironment, times: int) -> threading.Event:
    """An event that is set once there were so many beats."""
    enough, counted = threading.Event(), []

    def beat(*_details: object) -> None:
        counted.append(1)
        if len(counted) >= times:
            enough.set()

    environment.on_heartbeat = beat
    return enough


async def test_an_activity_that_waits_beats_beside_it_and_no_longer_than_it_lasts() -> None:
    environment = ActivityEnvironment()
    enough = heard(environment, 3)

    async def waits() -> bool:
        async with beating():
            return await asyncio.to_thread(enough.wait, 10)

    assert await environment.run(waits)
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task() and not task.cancelling()] == []


def test_a_thread_that_waits_for_a_mail_server_beats_beside_it() -> None:
    environment = ActivityEnvironment()
    enough = heard(environment, 3)

    def waits() -> bool:
        with beating_thread():
            return enough.wait(10)

    assert environment.run(waits)
    assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat"]


def test_outside_an_activity_nobody_beats() -> None:
    with beating_thread():
        assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat"]
