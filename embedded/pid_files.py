"""`DIR/run/<part>.pid` and `DIR/run/<part>.started`: which process is which part.

The pid file holds the bare pid, so that a person can write `kill $(cat …)`. The other holds the start of
that process: a pid is given again to strangers, a pid with its start never.
"""

import contextlib
from pathlib import Path

from embedded.files import write_whole
from embedded.processes import alive, started_at

SUPERVISOR = "supervisor"


def write(run_dir: Path, name: str, pid: int) -> None:
    """Note that the part `name` is the process `pid`.

    Raises: OSError if the folder cannot be written.
    """
    remove(run_dir, name)
    write_whole(_started(run_dir, name), f"{started_at(pid) or ''}\n")
    write_whole(_pid(run_dir, name), f"{pid}\n")


def read(run_dir: Path, name: str) -> int | None:
    """Find the living process of a part; None if it is gone, or if its pid is a stranger's by now."""
    try:
        pid = int(_pid(run_dir, name).read_text())
        started = _started(run_dir, name).read_text().strip()
    except (OSError, ValueError):
        return None
    if pid <= 0 or not started or not alive(pid) or started_at(pid) != started:
        return None
    return pid


def remove(run_dir: Path, name: str) -> None:
    """Forget the part, also on a full disk; on a read-only one the files stay, and name a process that is gone."""
    with contextlib.suppress(OSError):
        _pid(run_dir, name).unlink(missing_ok=True)
        _started(run_dir, name).unlink(missing_ok=True)


def _pid(run_dir: Path, name: str) -> Path:
    return run_dir / f"{name}.pid"


def _started(run_dir: Path, name: str) -> Path:
    return run_dir / f"{name}.started"
