"""The canary: a workflow timer of 5 seconds whose silence says that Temporal's timers stand still.

Why it is needed: after the machine's clock was set ahead and back, timers hang until the true clock reaches
the false one, and only a restart of Temporal cures it (FOUNDATION, "Machine's clock set ahead and back").
"""

import time
from pathlib import Path

CANARY = "canary"
SILENCE_SECONDS = 30.0
FIRST_PAUSE_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 600.0


class CanaryWatch:
    """Decides when silence is long enough to start Temporal again.

    Silence is counted from the last change of the file that this watch saw, on the monotonic clock: a
    machine that slept for a night has an old canary and nothing wrong with it. The pause between two
    restarts doubles while they do not help, because a worker that is busy replaying thousands of lives
    is silent too, and each restart would cost it its progress.
    """

    def __init__(self, run_dir: Path) -> None:
        self._path = run_dir / CANARY
        self._last_text = ""
        self._heard_at = time.monotonic()
        self._quiet_until = 0.0
        self._pause = FIRST_PAUSE_SECONDS

    def restart_is_due(self, ready_since: float | None, now: float) -> bool:
        """Whether Temporal must be started again now; if so, the next pause begins.

        Args:
            ready_since: since when both Temporal and the worker are ready, seconds on the monotonic clock;
                None while they are not.
            now: seconds on the monotonic clock.
        """
        text = self._read()
        if text and text != self._last_text:
            if self._last_text:
                self._pause = FIRST_PAUSE_SECONDS
            self._last_text = text
            if not _age(text) > SILENCE_SECONDS:
                self._heard_at = now
        if ready_since is None or now < self._quiet_until:
            return False
        if now - max(self._heard_at, ready_since) <= SILENCE_SECONDS:
            return False
        self._quiet_until = now + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)
        return True

    def _read(self) -> str:
        try:
            return self._path.read_text().strip()
        except OSError:
            return ""


def _age(text: str) -> float:
    """How old a canary is, in seconds of time since boot; infinite if it is unreadable or of another boot."""
    try:
        age = time.clock_gettime(_BOOT_CLOCK) - float(text.split()[0])
    except (ValueError, IndexError):
        return float("inf")
    return age if age >= 0 else float("inf")


_BOOT_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # macOS has no CLOCK_BOOTTIME
