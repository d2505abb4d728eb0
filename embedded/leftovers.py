"""Parts that run though their supervisor is gone: ended by their pid files, and only if they are ours."""

import signal
from pathlib import Path

from embedded import pid_files
from embedded.plan import Part
from embedded.processes import send, wait_gone
from embedded.readiness import forget_worker

STOP_SECONDS = 5.0


def clear_leftovers(run_dir: Path) -> int:
    """End what a supervisor left behind, web first, and forget it.

    Returns: how many processes had to be ended.
    """
    ended = 0
    for part in reversed(Part):
        pid = pid_files.read(run_dir, part)
        if pid is not None:
            ended += 1
            end(pid, STOP_SECONDS)
        pid_files.remove(run_dir, part)
    forget_worker(run_dir)
    return ended


def end(pid: int, seconds: float) -> None:
    """Ask a process to stop, and kill it and its group when it has not within so many seconds."""
    send(pid, signal.SIGTERM)
    if not wait_gone(pid, seconds):
        send(pid, signal.SIGKILL)
        wait_gone(pid, seconds)
