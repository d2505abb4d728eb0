"""The canary: proof that Temporal's timers ring. The supervisor restarts Temporal when it falls silent."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from temporalio import activity

from activities.clock_guard import running_seconds, wall_seconds


def _nothing(_seconds: float) -> None:
    """Tell nobody."""


@dataclass
class Canary:
    """Writes down when a timer last rang: by the running time of the machine, and by its wall clock as seen here.

    Attributes:
        file: where the supervisor looks; None when there is none.
        heard: told the running seconds at each beat; for the metrics.
    """

    file: Path | None
    heard: Callable[[float], None] = _nothing

    @activity.defn(name="beat", no_thread_cancel_exception=True)
    def beat(self) -> None:
        """Note that a timer rang."""
        now = running_seconds()
        self.heard(now)
        if self.file is not None:
            fresh = self.file.with_suffix(".new")
            fresh.write_text(f"{now:.3f} {wall_seconds():.3f}\n", encoding="ascii")
            fresh.replace(self.file)
