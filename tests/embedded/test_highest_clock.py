"""By how much the machine's clock is behind the highest that the store has seen, also after a restart."""

import time
from pathlib import Path

import pytest

from embedded.highest_clock import FILE, HighestClock


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Temporal's file, which is there."""
    store = tmp_path / "temporal.db"
    store.touch()
    return store


def kept(run_dir: Path, ahead: float) -> None:
    (run_dir / FILE).write_text(f"{time.time() + ahead:.0f}\n")


def test_a_clock_that_only_goes_on_is_never_behind(tmp_path: Path, store: Path) -> None:
    clock = HighestClock(tmp_path, store)

    assert clock.behind() == 0
    assert clock.behind() == 0


def test_a_clock_set_back_while_the_system_was_down_is_behind_what_was_seen_before(tmp_path: Path, store: Path) -> None:
    kept(tmp_path, ahead=7_200)

    assert HighestClock(tmp_path, store).behind() == pytest.approx(7_200, abs=5)


def test_a_clock_set_back_while_the_system_runs_is_behind(
    tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, true = HighestClock(tmp_path, store), time.time()
    monkeypatch.setattr(time, "time", lambda: true + 7_200)
    assert clock.behind() == 0

    monkeypatch.setattr(time, "time", lambda: true)

    assert clock.behind() == pytest.approx(7_200)
    assert HighestClock(tmp_path, store).behind() == pytest.approx(7_200, abs=1)


def test_a_store_that_is_gone_has_seen_nothing(tmp_path: Path) -> None:
    kept(tmp_path, ahead=7_200)

    assert HighestClock(tmp_path, tmp_path / "temporal.db").behind() == 0


def test_a_new_store_begins_with_the_time_that_it_is(tmp_path: Path, store: Path) -> None:
    kept(tmp_path, ahead=7_200)
    clock = HighestClock(tmp_path, store)

    clock.forget()

    assert clock.behind() < 1
    assert HighestClock(tmp_path, store).behind() < 2


@pytest.mark.parametrize("text", ["", "hôm qua", "12.x"])
def test_what_a_power_failure_left_of_it_counts_as_nothing(tmp_path: Path, store: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")

    assert HighestClock(tmp_path, store).behind() == 0


def test_it_is_not_written_at_every_look(tmp_path: Path, store: Path) -> None:
    clock = HighestClock(tmp_path, store)
    clock.behind()
    (tmp_path / FILE).unlink()

    clock.behind()

    assert not (tmp_path / FILE).exists()
