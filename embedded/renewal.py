"""A new store for our Temporal, and every open directive started again in it from the ledger.

The last resort when timers stand still and a restart does not help. The old store is put aside, not deleted.
"""

import contextlib
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from embedded.files import rotate, write_whole
from embedded.plan import Plan
from embedded.processes import send, spawn
from embedded.supervised import log

STORE = "temporal.db"
ASIDE = "temporal.db.old"
MARK = "rebuild"
RETRY_SECONDS = 15.0
STOP_SECONDS = 5.0


def rebuild_is_due(run_dir: Path) -> bool:
    """Whether a store was renewed and not all directives are started again in it yet."""
    return (run_dir / MARK).exists()


class Renewal:
    """Puts the store aside, and runs the plan's rebuild command until it has succeeded, also after a crash."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._process: subprocess.Popen[bytes] | None = None
        self._start_not_before = 0.0

    def put_store_aside(self) -> None:
        """Move the store away. Temporal and the worker must be stopped.

        Raises: OSError if the folder cannot be written; nothing is moved then, or the next start finishes it.
        """
        write_whole(self._plan.run_dir / MARK, "workflows\n")  # first: whatever happens now, they are started again
        for end in ("-shm", "-wal", ""):
            old, aside = self._plan.data_dir / f"{STORE}{end}", self._plan.data_dir / f"{ASIDE}{end}"
            aside.unlink(missing_ok=True)
            if old.exists():
                old.replace(aside)

    def look_after(self, environment: Mapping[str, str]) -> None:
        """Go on with the rebuild, if one is due. Call it while all parts are ready.

        Args:
            environment: that of the worker.
        """
        if self._process is not None:
            self._notice_end()
        elif rebuild_is_due(self._plan.run_dir) and time.monotonic() >= self._start_not_before:
            output = self._plan.log_dir / "rebuild.log"
            try:
                rotate(output)
                self._process = spawn(self._plan.rebuild_command, environment, output)
            except OSError as failure:
                self._again_later(str(failure))
                return
            log.info("rebuild_started pid=%s", self._process.pid)

    def stop(self) -> None:
        """End the rebuild; the next start goes on with it."""
        if self._process is None:
            return
        send(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            send(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None

    def _notice_end(self) -> None:
        if self._process is None or (code := self._process.poll()) is None:
            return
        self._process = None
        if code != 0:
            self._again_later(f"code {code}")
            return
        log.info("rebuild_done")
        with contextlib.suppress(OSError):  # done once more then, which changes nothing
            (self._plan.run_dir / MARK).unlink(missing_ok=True)

    def _again_later(self, reason: str) -> None:
        log.warning("rebuild_failed reason=%s", reason)
        self._start_not_before = time.monotonic() + RETRY_SECONDS
