"""When Temporal is started again because its canary is silent. Instants are seconds on the monotonic clock."""

import itertools
import time
from pathlib import Path

import pytest

from embedded.canary import CanaryWatch


@pytest.fixture
def watch(tmp_path: Path) -> CanaryWatch:
    """A watch over an empty folder."""
    return CanaryWatch(tmp_path)


def sing(run_dir: Path, ago: float = 0) -> None:
    (run_dir / "canary").write_text(str(time.clock_gettime(time.CLOCK_BOOTTIME) - ago))


@pytest.fixture
def ready() -> float:
    """The instant at which Temporal and worker became ready."""
    return time.monotonic() + 100


def test_a_canary_that_sings_needs_no_restart(watch: CanaryWatch, tmp_path: Path, ready: float) -> None:
    for seconds in range(0, 200, 5):
        sing(tmp_path)
        assert not watch.restart_is_due(ready, ready + seconds)


def test_more_than_thirty_seconds_of_silence_need_a_restart(watch: CanaryWatch, tmp_path: Path, ready: float) -> None:
    sing(tmp_path)
    assert not watch.restart_is_due(ready, ready + 5)

    assert not watch.restart_is_due(ready, ready + 35)
    assert watch.restart_is_due(ready, ready + 35.1)


def test_a_canary_that_never_sang_is_silent_from_the_moment_all_was_ready(watch: CanaryWatch, ready: float) -> None:
    assert not watch.restart_is_due(ready, ready + 30)
    assert watch.restart_is_due(ready, ready + 30.1)


def test_nothing_is_restarted_while_temporal_or_worker_is_not_ready(watch: CanaryWatch, ready: float) -> None:
    assert not watch.restart_is_due(None, ready + 1000)


@pytest.mark.parametrize("ago", [31, -100_000])
def test_an_old_canary_and_one_of_another_boot_count_as_silence(
    watch: CanaryWatch, tmp_path: Path, ready: float, ago: float
) -> None:
    sing(tmp_path, ago=ago)

    assert not watch.restart_is_due(ready, ready + 29)
    assert watch.restart_is_due(ready, ready + 31)


def test_restarts_that_do_not_help_become_rarer_up_to_ten_minutes(watch: CanaryWatch, ready: float) -> None:
    restarts = [second for second in range(2000) if watch.restart_is_due(ready, ready + second)]

    pauses = [later - earlier for earlier, later in itertools.pairwise(restarts)]
    assert pauses == [60, 120, 240, 480, 600]


def test_a_canary_that_sings_again_makes_the_next_silence_count_from_the_start(
    watch: CanaryWatch, tmp_path: Path, ready: float
) -> None:
    sing(tmp_path)
    for second in range(500):
        watch.restart_is_due(ready, ready + second)
    sing(tmp_path)
    watch.restart_is_due(ready, ready + 1000)

    restarts = [second for second in range(1001, 1100) if watch.restart_is_due(ready, ready + second)]

    assert restarts == [1031, 1091]
