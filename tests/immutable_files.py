"""Files and folders that refuse every change, to root as well: what a disk that became read-only looks like."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


def require_root(*programs: str) -> None:
    """Skip where disks cannot be made or files closed: that is root's to do."""
    if os.geteuid() != 0:
        pytest.skip("only root may do this to a disk; run the tests as root to have this one")
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        pytest.skip(f"this machine has no {', '.join(missing)}")


@contextlib.contextmanager
def immutable(*paths: Path) -> Iterator[None]:
    """Let what is there of these files and folders refuse every change while the block runs."""
    require_root("chattr")
    there = [str(path) for path in paths if path.exists()]
    done = subprocess.run(["chattr", "+i", *there], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        subprocess.run(["chattr", "-i", *there], capture_output=True, check=False)
        pytest.skip(f"this file system knows no immutable files: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", *there], capture_output=True, check=True)
