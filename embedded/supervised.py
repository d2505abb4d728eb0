"""One part under supervision: started, watched, started again with growing pauses."""

import logging
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from embedded import pid_files
from embedded.files import rotate
from embedded.plan import Part
from embedded.processes import send, spawn
from embedded.supervisor_log import LOGGER

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
LONGEST_READY_SECONDS = 600.0
"""What every attempt to become ready may take at most, on a machine however busy."""

FAILURES = 5
FAILURE_WINDOW_SECONDS = 60.0

log = logging.getLogger(LOGGER)


@dataclass
class Supervised:
    """A part, its process while it has one, and what went wrong with it lately.

    Attributes:
        command: what is run; replaced when the port of our own Temporal changes.
        is_ready: asked with the pid until it says yes.
        ready_within: seconds from start to readiness after which the attempt has failed; each attempt that failed so
            gives the next twice the time, since on a machine too busy for it none would ever end well.
        unready: attempts that failed so, one after the other.
        ready_since: seconds on the monotonic clock; None while not ready.
    """

    part: Part
    command: Sequence[str]
    environment: Mapping[str, str]
    run_dir: Path
    log_dir: Path
    is_ready: Callable[[int], bool]
    ready_within: float
    process: subprocess.Popen[bytes] | None = None
    ready_since: float | None = None
    start_not_before: float = 0.0
    started_at: float = 0.0
    unready: int = 0
    failures: deque[float] = field(default_factory=deque)

    @property
    def log_path(self) -> Path:
        """The file that takes what the part writes to standard output and error."""
        return self.log_dir / f"{self.part}.log"

    def start(self) -> None:
        """Start the process and write its pid files; a disk that is full for the moment is a failed attempt."""
        self.started_at = time.monotonic()
        try:
            rotate(self.log_path)
            self.process = spawn(self.command, self.environment, self.log_path)
            pid_files.write(self.run_dir, self.part, self.process.pid)
        except OSError as failure:
            log.warning("part_not_started part=%s reason=%s", self.part, failure)
            if self.process is None:
                self._failed()
            return
        log.info("part_started part=%s pid=%s", self.part, self.process.pid)

    def check_death(self) -> bool:
        """Notice that the process has ended, and plan its next start.

        A part that was ready and got SIGKILL was ended by a hand or by the kernel's want of memory; that
        does not count towards giving up, however often it happens, and it is started again at once.
        """
        if self.process is None or (code := self.process.poll()) is None:
            return False
        log.warning("part_died part=%s pid=%s code=%s", self.part, self.process.pid, code)
        struck = code == -signal.SIGKILL and self.ready_since is not None
        self._forget_process()
        if struck:
            self.start_not_before = time.monotonic() + FIRST_PAUSE_SECONDS
        else:
            self._failed()
        return True

    def check_ready(self) -> bool:
        """Ask whether the part is ready now; kill an attempt that took too long, which then counts as died."""
        if self.process is None or self.ready_since is not None:
            return False
        if self.is_ready(self.process.pid):
            self.ready_since, self.unready = time.monotonic(), 0
            log.info("part_ready part=%s seconds=%.1f", self.part, self.ready_since - self.started_at)
            return True
        allowed = min(self.ready_within * 2**self.unready, max(self.ready_within, LONGEST_READY_SECONDS))
        if time.monotonic() - self.started_at > allowed:
            log.warning("part_not_ready part=%s seconds=%.0f", self.part, allowed)
            self.unready += 1
            self.signal(signal.SIGKILL)
        return False

    def wait_longest(self) -> None:
        """Forgive what failed, and try again after the longest pause."""
        self.failures.clear()
        self.start_not_before = time.monotonic() + LONGEST_PAUSE_SECONDS

    def has_failed_too_often(self) -> bool:
        """Whether the part failed FAILURES times within FAILURE_WINDOW_SECONDS."""
        return len(self.failures) >= FAILURES

    def signal(self, number: int) -> None:
        """Send a signal to the process and what it started."""
        if self.process is not None and self.process.poll() is None:
            send(self.process.pid, number)

    def kill(self) -> None:
        """End the process on purpose and at once."""
        if self.process is not None:
            self.signal(signal.SIGKILL)
            self.process.wait()
            self._forget_process()

    def gone(self) -> bool:
        """Whether no process is left; forgets one that has ended."""
        if self.process is not None and self.process.poll() is not None:
            self._forget_process()
        return self.process is None

    def _forget_process(self) -> None:
        self.process = None
        self.ready_since = None
        pid_files.remove(self.run_dir, self.part)

    def _failed(self) -> None:
        now = time.monotonic()
        self.failures.append(now)
        while now - self.failures[0] > FAILURE_WINDOW_SECONDS:
            self.failures.popleft()
        pause = FIRST_PAUSE_SECONDS * 2 ** (len(self.failures) - 1)
        self.start_not_before = now + min(pause, LONGEST_PAUSE_SECONDS)
