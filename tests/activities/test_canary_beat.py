"""The canary writes down when a timer last rang, whole or not at all."""

from pathlib import Path

from activities.canary import Canary
from activities.clock_guard import running_seconds


def test_a_beat_is_written_in_running_seconds(tmp_path: Path) -> None:
    file, before = tmp_path / "canary", running_seconds()

    Canary(file).beat()

    assert before - 0.001 <= float(file.read_text()) <= running_seconds()
    assert [path.name for path in tmp_path.iterdir()] == ["canary"]


def test_a_later_beat_replaces_the_earlier_one(tmp_path: Path) -> None:
    file = tmp_path / "canary"
    file.write_text("17.000\n")

    Canary(file).beat()

    assert float(file.read_text()) > 17


def test_each_beat_is_told_to_the_metrics_with_or_without_a_file() -> None:
    heard: list[float] = []
    canary = Canary(None, heard.append)

    canary.beat()
    canary.beat()

    assert len(heard) == 2
    assert heard == sorted(heard)
