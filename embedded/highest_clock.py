"""The highest wall clock that our Temporal has seen, by which one knows that the clock was set back under it.

Why it is needed: Temporal keeps how far its timers have run. After the machine's clock was ahead and came back, every
new timer is put off until the true clock reaches the false one, and events bear the false time; a restart changes
nothing.
"""

import contextlib
import time
from pathlib import Path

from embedded.files import write_whole

FILE = "highest_clock"
WRITTEN_EVERY_SECONDS = 15.0


class HighestClock:
    """Remembers the highest wall clock of a store across restarts.

    Args:
        run_dir: where it is kept.
        store: Temporal's file; while there is none, nothing was seen.
    """

    def __init__(self, run_dir: Path, store: Path) -> None:
        self._path = run_dir / FILE
        self._highest = _read(self._path) if store.exists() else 0.0
        self._written = self._highest

    def behind(self) -> float:
        """Look at the clock; by how many seconds it is behind the highest that was seen, 0 when it is not."""
        now = time.time()
        self._highest = max(self._highest, now)
        if self._highest - self._written > WRITTEN_EVERY_SECONDS:
            self._write()
        return self._highest - now

    def forget(self) -> None:
        """Begin again: the store is a new one."""
        self._highest = time.time()
        self._write()

    def _write(self) -> None:
        with contextlib.suppress(OSError):  # a disk that is full for the moment; the next look writes it
            write_whole(self._path, f"{self._highest:.0f}\n")
            self._written = self._highest


def _read(path: Path) -> float:
    try:
        return float(path.read_text())
    except (OSError, ValueError):  # none yet, or cut off by a power failure
        return 0.0
