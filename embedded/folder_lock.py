"""One data folder, one running system: a lock that the kernel lets go when its holder dies."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from embedded.failures import EmbeddedFailure
from embedded.files import folder_failure

NAME_SECONDS = 1.0  # how long a holder may take between locking and writing its pid


@contextlib.contextmanager
def data_folder_lock(data_dir: Path) -> Iterator[None]:
    """Hold the folder's lock while the system runs.

    Raises: EmbeddedFailure, naming the pid, if another system runs on the folder.
    """
    path = data_dir / "run" / "lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as failure:
        raise folder_failure(data_dir, failure) from failure
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmbeddedFailure(
                "Thư mục dữ liệu {folder} đang được một hệ thống khác sử dụng (tiến trình {pid}); "
                "chạy «dondoc down» để dừng hệ thống đó trước.",
                folder=str(data_dir),
                pid=_holder(path),
            ) from None
        try:
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        except OSError as failure:
            raise folder_failure(data_dir, failure) from failure
        yield
    finally:
        os.close(descriptor)


def _holder(path: Path) -> str:
    """Read who holds the lock; it may be about to write its name."""
    until = time.monotonic() + NAME_SECONDS
    while not (name := path.read_text().strip()) and time.monotonic() < until:
        time.sleep(0.02)
    return name or "?"
