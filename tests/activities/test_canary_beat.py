"""The canary writes down when a timer last rang, whole or not at all."""

from pathlib import Path

from activities.canary import Canary
from activities.clock_guard import running_seconds, wall_seconds


def beaten_at(file: Path) -> float:
    return float(file.read_text().split()[0])


def test_a_beat_is_written_in_running_seconds(tmp_path: Path) -> None:
    file, before = tmp_path / "canary", running_seconds()

    Canary(file).beat()

    assert before - 0.001 <= beaten_at(file) <= running_seconds()
    assert [path.name for path in tmp_path.iterdir()] == ["canary"]


def test_a_later_beat_replaces_the_earlier_one(tmp_path: Path) -> None:
    file = tmp_path / "canary"
    file.write_text("17.000\n")

    Canary(file).beat()

    assert beaten_at(file) > 17


def test_a_beat_says_what_the_wall_clock_showed_so_that_a_clock_that_differs_is_found(tmp_path: Path) -> None:
    before = wall_seconds()

    Canary(tmp_path / "canary").beat()

    assert before - 0.001 <= float((tmp_path / "canary").read_text().split()[1]) <= wall_seconds() + 0.001


def test_each_beat_is_told_to_the_metrics_with_or_without_a_file() -> None:
    heard: list[float] = []
    canary = Canary(None, heard.append)

    canary.beat()
    canary.beat()

    assert len(heard) == 2
    assert heard == sorted(heard)
