"""Disks that a test may break: a file as a disk of its own that loses its power, and one that is small and full."""

import contextlib
import fcntl
import os
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from immutable_files import immutable, require_root

__all__ = ["LoopDisk", "fill", "immutable", "make_room", "require_root", "small_disk"]

EXT4_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32), <linux/fs.h>; the power goes: nothing more reaches the disk
NO_LOG_FLUSH = 2
FILLER = "filler"


@dataclass
class LoopDisk:
    """An ext4 in a file, mounted with a journal that is written out only every five minutes or when asked (fsync)."""

    image: Path
    mounted_at: Path

    def make(self, megabytes: int = 256) -> None:
        with self.image.open("wb") as file:
            file.truncate(megabytes * 1_000_000 // 4096 * 4096)
        _run("mkfs.ext4", "-q", "-F", str(self.image))

    def mount(self) -> None:
        """Mount it.

        A machine without loop devices skips the test.
        """
        self.mounted_at.mkdir(parents=True, exist_ok=True)
        done = _try("mount", "-o", "loop,commit=300", str(self.image), str(self.mounted_at))
        if done.returncode != 0:
            pytest.skip(f"this machine mounts no file as a disk: {done.stderr.strip()}")

    def unmount(self) -> None:
        done = _try("umount", str(self.mounted_at))
        if done.returncode != 0:
            _try("umount", "-l", str(self.mounted_at))

    def lose_power(self) -> None:
        """From this instant nothing reaches the disk; what no fsync had brought there is lost."""
        folder = os.open(self.mounted_at, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        except OSError as refused:
            pytest.skip(f"this kernel cannot take the power from one disk: {refused}")
        finally:
            os.close(folder)

    def copied(self, image: Path, mounted_at: Path) -> "LoopDisk":
        """The disk as it was found after the power had gone."""
        _run("cp", "--sparse=always", str(self.image), str(image))
        return LoopDisk(image, mounted_at)

    def repaired(self) -> int:
        """What a check of the file system says: 0 clean or journal replayed, 4 and more: errors left."""
        return _try("e2fsck", "-p", str(self.image)).returncode


@contextlib.contextmanager
def small_disk(at: Path, megabytes: int = 96) -> Iterator[Path]:
    """A disk of so many megabytes, in memory."""
    require_root("mount", "umount")
    at.mkdir(parents=True, exist_ok=True)
    done = _try("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(at))
    if done.returncode != 0:
        pytest.skip(f"this machine mounts no disk in memory: {done.stderr.strip()}")
    try:
        yield at
    finally:
        if _try("umount", str(at)).returncode != 0:
            _try("umount", "-l", str(at))


def fill(disk: Path) -> None:
    """Fill a disk to the last byte."""
    with (disk / FILLER).open("ab", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)):
                    pass


def make_room(disk: Path) -> None:
    """Give back what `fill` took."""
    (disk / FILLER).unlink()


def _try(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _run(*command: str) -> None:
    done = _try(*command)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
