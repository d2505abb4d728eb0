"""The canary: proof that Temporal's timers ring. The supervisor restarts Temporal when it falls silent."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from temporalio import activity

from activities.clock_guard import ClockGuard, running_seconds, wall_seconds


def _nothing(_seconds: float) -> None:
    """Tell nobody."""


@dataclass
class Canary:
    """Writes down when a timer last rang: by the running time of the machine, and by its wall clock as seen here.

    Attributes:
        file: where the supervisor looks; None when there is none.
        heard: told the running seconds at each beat; for the metrics.
        clock: told by how much Temporal's clock is ahead. Nobody skips time for the canary, so its instant is
            Temporal's own also where directives have virtual clocks.
    """

    file: Path | None
    heard: Callable[[float], None] = _nothing
    clock: ClockGuard | None = None

    @activity.defn(name="beat", no_thread_cancel_exception=True)
    def beat(self, instant: dt.datetime | None = None) -> None:
        """Note that a timer rang.

        Args:
            instant: what Temporal's clock showed then; None from a workflow of release 0.1.
        """
        now = running_seconds()
        if self.clock is not None and instant is not None:
            self.clock.temporal_ahead = instant.timestamp() - wall_seconds()
        self.heard(now)
        if self.file is not None:
            fresh = self.file.with_suffix(".new")
            fresh.write_text(f"{now:.3f} {wall_seconds():.3f}\n", encoding="ascii")
            fresh.replace(self.file)
