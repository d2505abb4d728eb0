"""Files of the data folder: written whole, kept short, and tried before anything is built on them."""

import contextlib
import errno
import os
from pathlib import Path

from embedded.failures import EmbeddedFailure

LOG_BYTES = 5 * 1024 * 1024
LOGS_KEPT = 3
TRIAL_BYTES = 4 * 1024 * 1024  # what a start writes at the least: two databases with their journals


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new one, never a part.

    Raises: OSError if the folder cannot be written.
    """
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise


def rotate(log: Path) -> None:
    """Put a log of more than LOG_BYTES aside as `<name>.1`, keeping LOGS_KEPT old ones."""
    if not log.exists() or log.stat().st_size <= LOG_BYTES:
        return
    for number in range(LOGS_KEPT - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    log.replace(log.with_name(f"{log.name}.1"))


def prepare_data_folder(data_dir: Path) -> None:
    """Make the folders and write to the disk once, so that a full or closed disk is named at the door.

    Raises: EmbeddedFailure if the folder cannot be made or written, or the disk has no room.
    """
    trial = data_dir / "run" / f"trial.{os.getpid()}"
    try:
        for folder in (data_dir, data_dir / "run", data_dir / "log"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with trial.open("wb") as file:
                file.write(bytes(TRIAL_BYTES))
                file.flush()
                os.fsync(file.fileno())
        finally:
            trial.unlink(missing_ok=True)
    except OSError as failure:
        raise folder_failure(data_dir, failure) from failure


def folder_failure(data_dir: Path, failure: OSError) -> EmbeddedFailure:
    """Say in one sentence why the data folder cannot be used."""
    if failure.errno in (errno.ENOSPC, errno.EDQUOT):
        return EmbeddedFailure(
            "Ổ đĩa chứa thư mục dữ liệu {folder} đã đầy; hãy giải phóng dung lượng rồi chạy lại.",
            folder=str(data_dir),
        )
    return EmbeddedFailure(
        "Không ghi được vào thư mục dữ liệu {folder} ({reason}); hãy kiểm tra quyền ghi hoặc chọn thư mục khác "
        "bằng --data.",
        folder=str(data_dir),
        reason=failure.strerror or str(failure),
    )
