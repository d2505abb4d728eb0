"""A folder in memory for what the tests write, so that they do not wait for a disk."""

import os
import shutil
from pathlib import Path

ROOM = 3_000_000_000
"""Bytes that must be free; the whole suite needs a third of it."""

_MEMORY = Path("/dev/shm")  # noqa: S108 - each test makes a folder of its own in it


def folder_in_memory() -> Path | None:
    """The file system in memory, where there is one with room from which programs may be started."""
    if not _MEMORY.is_dir() or os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC:
        return None
    return _MEMORY if shutil.disk_usage(_MEMORY).free > ROOM else None
