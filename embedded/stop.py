"""`dondoc down`: ask the supervisor to stop, and end what it leaves."""

import signal
from enum import StrEnum
from pathlib import Path

from embedded import pid_files
from embedded.leftovers import clear_leftovers
from embedded.processes import send_to_one, wait_gone

SUPERVISOR_SECONDS = 30.0
KILL_SECONDS = 5.0


class Stopped(StrEnum):
    """How the system ended."""

    NOTHING_RAN = "nothing_ran"
    IN_ORDER = "in_order"
    BY_FORCE = "by_force"  # something was left, or did not answer in time, and was killed


def stop(data_dir: Path) -> Stopped:
    """Stop the system of a data folder; doing it again is no error."""
    run_dir = data_dir / "run"
    supervisor = pid_files.read(run_dir, pid_files.SUPERVISOR)
    in_order = True
    if supervisor is not None:
        send_to_one(supervisor, signal.SIGTERM)
        in_order = wait_gone(supervisor, SUPERVISOR_SECONDS)
        if not in_order:
            send_to_one(supervisor, signal.SIGKILL)
            wait_gone(supervisor, KILL_SECONDS)
    left = clear_leftovers(run_dir)
    pid_files.remove(run_dir, pid_files.SUPERVISOR)
    if supervisor is None and not left:
        return Stopped.NOTHING_RAN
    return Stopped.IN_ORDER if in_order and not left else Stopped.BY_FORCE
