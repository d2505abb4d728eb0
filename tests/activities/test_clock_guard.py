"""A clock that jumps is noticed, one that is slewed is not. Seconds are set, none pass."""

import pytest

from activities import clock_guard
from activities.clock_guard import (
    TOLERANCE_SECONDS,
    ClockGuard,
    running_seconds,
    synchronised_seconds,
    wall_seconds,
)


class Machine:
    """A machine whose two clocks a test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall, self.running = 1_772_000_000.0, 5_000.0
        self.vouched: float | None = None
        monkeypatch.setattr(clock_guard, "wall_seconds", lambda: self.wall)
        monkeypatch.setattr(clock_guard, "running_seconds", lambda: self.running)
        monkeypatch.setattr(clock_guard, "synchronised_seconds", lambda: self.vouched)

    def passes(self, seconds: float) -> None:
        self.wall += seconds
        self.running += seconds


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def test_time_that_passes_is_no_jump(machine: Machine) -> None:
    guard = ClockGuard()

    for _ in range(1_000):
        machine.passes(86_400)
        assert guard.trusted()

    assert guard.jump() == pytest.approx(0)


@pytest.mark.parametrize(
    ("jump", "trusted"),
    [
        (0.5, True),
        (-0.5, True),
        (TOLERANCE_SECONDS - 1, True),
        (1 - TOLERANCE_SECONDS, True),
        (TOLERANCE_SECONDS + 1, False),
        (-TOLERANCE_SECONDS - 1, False),
        (7_200, False),
        (-259_200, False),
    ],
)
def test_a_jump_of_more_than_a_minute_is_not_trusted(machine: Machine, jump: float, trusted: bool) -> None:
    guard = ClockGuard()
    machine.passes(3_600)

    machine.wall += jump

    assert guard.trusted() is trusted
    assert guard.jump() == pytest.approx(jump)


def test_a_clock_set_right_again_is_trusted_again(machine: Machine) -> None:
    guard = ClockGuard()
    machine.wall += 7_200
    assert not guard.trusted()

    machine.passes(600)
    machine.wall -= 7_200

    assert guard.trusted()


def test_what_was_right_can_be_handed_over_to_a_process_that_starts_during_the_jump(machine: Machine) -> None:
    before = ClockGuard()
    machine.wall += 7_200

    assert ClockGuard().trusted()  # it knows no better
    assert not ClockGuard(offset=before.offset).trusted()


def test_a_clock_that_a_time_service_sets_right_after_a_pause_is_trusted_with_no_restart(machine: Machine) -> None:
    guard = ClockGuard()
    machine.wall += 600
    assert not guard.trusted()

    machine.vouched = machine.wall + 0.5
    assert guard.trusted()

    machine.vouched = None
    machine.passes(60)
    assert guard.trusted()
    machine.wall -= 600
    assert not guard.trusted()


def test_a_time_service_that_shows_another_time_vouches_for_nothing(machine: Machine) -> None:
    guard = ClockGuard()
    machine.vouched = machine.wall
    machine.wall += 7_200

    assert not guard.trusted()
    assert guard.jump() == pytest.approx(7_200)


def test_what_the_kernel_says_of_its_time_service_is_none_or_the_time_that_it_is() -> None:
    found = synchronised_seconds()

    assert found is None or abs(found - wall_seconds()) < 2


def test_running_time_never_goes_back() -> None:
    assert 0 < running_seconds() <= running_seconds()
