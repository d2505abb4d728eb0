"""Processes: starting one that cannot outlive us, knowing one again, ending one."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

CHILD = Path(__file__).with_name("child.py")
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
POLL_SECONDS = 0.05


def spawn(
    command: Sequence[str], environment: Mapping[str, str], log: Path, *, on_death: int = signal.SIGKILL
) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own that gets the signal `on_death` when this process dies.

    A session of its own, because Ctrl-C in a terminal reaches the whole foreground group, and the parts
    must stop in order. Standard output and error go to the end of `log`.

    Raises: OSError if the log cannot be opened or no process can be made.
    """
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - the commands are the plan's
            child_command(command, on_death=on_death),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def child_command(command: Sequence[str], *, on_death: int) -> list[str]:
    """Write the command that becomes `command` and gets the signal `on_death` when this process dies."""
    return [sys.executable, "-I", "-S", str(CHILD), str(os.getpid()), str(int(on_death)), *command]


def alive(pid: int) -> bool:
    """Whether the process runs. A zombie still answers `kill 0`, so its state is read."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it exists and is somebody else's
    state = _stat_fields(pid)[0] if _has_proc() else _ps(pid, "stat")[:1]
    return state not in ("", "Z", "X")


def started_at(pid: int) -> str | None:
    """Name the moment the process started, to tell it from a later one that was given the same pid.

    Returns: an opaque text, different for every process since ever; None if there is no such process.
    """
    if not _has_proc():
        began = _ps(pid, "lstart")
        return f"{pid} {began}" if began else None
    ticks = _stat_fields(pid)[19]
    return f"{pid} {_boot_id()} {ticks}" if ticks else None


def wait_gone(pid: int, seconds: float) -> bool:
    """Wait until the process is gone, at most so many seconds, and say whether it is."""
    until = time.monotonic() + seconds
    while alive(pid):
        if time.monotonic() >= until:
            return False
        time.sleep(POLL_SECONDS)
    return True


def send_to_one(pid: int, number: int) -> None:
    """Send a signal to the process; one that is already gone is fine."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def send(pid: int, number: int) -> None:
    """Send a signal to the process and to all of its group if it leads one; one already gone is fine."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.getpgid(pid) == pid:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)


def _has_proc() -> bool:
    return BOOT_ID.exists()


@cache
def _boot_id() -> str:
    return BOOT_ID.read_text().strip()


def _stat_fields(pid: int) -> list[str]:
    """Fields 3 and following of /proc/PID/stat (state first, start time at index 19); empty texts if gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return [""] * 20
    return text.rpartition(")")[2].split()  # the name of the command may hold blanks and brackets


def _ps(pid: int, column: str) -> str:
    answer = subprocess.run(  # noqa: S603 - fixed words and a number
        ["/bin/ps", "-o", f"{column}=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip()
