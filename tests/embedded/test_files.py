"""The data folder: a disk that is full, a folder that cannot be, logs that would grow for ever."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded.failures import EmbeddedFailure
from embedded.files import LOG_BYTES, prepare_data_folder, rotate, write_whole


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB."""
    mount = tmp_path / "disk"
    mount.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mount], check=False, capture_output=True)
    if made.returncode:
        pytest.skip("only root can mount a small disk")
    yield mount
    subprocess.run(["umount", mount], check=True)


def test_a_full_disk_is_said_in_one_sentence_and_the_trial_is_taken_away(small_disk: Path) -> None:
    with pytest.raises(EmbeddedFailure, match=f"Ổ đĩa chứa thư mục dữ liệu {small_disk} đã đầy"):
        prepare_data_folder(small_disk)

    assert not list((small_disk / "run").iterdir())


def test_a_folder_that_cannot_be_made_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(EmbeddedFailure, match=r"Không ghi được vào thư mục dữ liệu .*Not a directory.*--data"):
        prepare_data_folder(tmp_path / "file" / "data")


def test_a_folder_that_can_be_written_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    prepare_data_folder(tmp_path / "data")

    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert [path.name for path in sorted((tmp_path / "data").iterdir())] == ["log", "run"]


def test_a_large_log_is_put_aside_and_only_the_newest_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    for number in range(6):
        log.write_bytes(b"%d" % number)
        os.truncate(log, LOG_BYTES + 1)
        rotate(log)

    kept = {path.name: path.read_bytes()[:1] for path in tmp_path.iterdir()}

    assert kept == {"worker.log.1": b"5", "worker.log.2": b"4", "worker.log.3": b"3"}


def test_a_small_log_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text("line\n")

    rotate(log)

    assert log.read_text() == "line\n"


def test_a_file_that_could_not_be_written_whole_is_the_old_one(small_disk: Path) -> None:
    path = small_disk / "ports.json"
    write_whole(path, "old")

    with pytest.raises(OSError, match="No space left"):
        write_whole(path, "x" * 2_000_000)

    assert path.read_text() == "old"
    assert [file.name for file in small_disk.iterdir()] == ["ports.json"]
