"""One part under supervision, with a clock that the test sets."""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from embedded import supervised
from embedded.plan import Part
from embedded.supervised import Supervised


@dataclass
class Clock:
    """Stands where it is set."""

    seconds: float = 1_000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(supervised, "time", found)
    return found


@pytest.fixture
def part(tmp_path: Path) -> Iterator[Supervised]:
    found = Supervised(
        part=Part.TEMPORAL,
        command=("sleep", "600"),
        environment=dict(os.environ),
        run_dir=tmp_path,
        log_dir=tmp_path,
        is_ready=lambda _pid: False,
        ready_within=60.0,
    )
    yield found
    found.kill()


def is_given_up_after(part: Supervised, clock: Clock, seconds: float) -> bool:
    """Start it, and look whether it is killed when it is not ready by then."""
    part.start()
    assert part.process is not None
    before = part.unready
    clock.seconds += seconds
    part.check_ready()
    if part.unready == before:
        part.kill()
        return False
    assert part.process.wait(60) == -signal.SIGKILL
    part.kill()
    return True


def test_a_part_that_is_not_ready_in_time_is_given_twice_the_time_at_the_next_attempt(
    part: Supervised, clock: Clock
) -> None:
    assert not is_given_up_after(part, clock, 59)
    assert is_given_up_after(part, clock, 61)
    assert not is_given_up_after(part, clock, 119)
    assert is_given_up_after(part, clock, 121)
    assert is_given_up_after(part, clock, 241)
    assert is_given_up_after(part, clock, 481)
    assert is_given_up_after(part, clock, 601), "never more than ten minutes"


def test_once_it_was_ready_it_has_the_usual_time_again(part: Supervised, clock: Clock) -> None:
    assert is_given_up_after(part, clock, 61)
    part.is_ready = lambda _pid: True
    part.start()
    assert part.check_ready()
    part.kill()
    part.is_ready = lambda _pid: False

    assert is_given_up_after(part, clock, 61)
