"""Whether the machine's clock can be trusted: nothing is told while it has jumped (docs/operations.md)."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

TOLERANCE_SECONDS = 60.0
"""How far wall clock and running time may part: more than a slewing NTP ever does between two restarts."""


def running_seconds() -> float:
    """Seconds since the machine was started, sleep included; no setting of the clock changes it."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)


def wall_seconds() -> float:
    """The wall clock, in seconds since 1970."""
    return time.time()


@dataclass
class ClockGuard:
    """Remembers how wall clock and running time stood to each other, and notices when they part.

    Attributes:
        offset: wall clock minus running time, in seconds, when the clock was last known to be right.
    """

    offset: float = field(default_factory=lambda: wall_seconds() - running_seconds())

    def jump(self) -> float:
        """How many seconds the wall clock is ahead of where it should be; negative when it was set back."""
        return wall_seconds() - running_seconds() - self.offset

    def trusted(self) -> bool:
        """Whether the wall clock is within tolerance of where it should be."""
        return abs(self.jump()) <= TOLERANCE_SECONDS

    @classmethod
    def kept_in(cls, file: Path) -> Self:
        """The guard of a folder whose parts may be started again while the clock is wrong: they agree on what is right.

        The first part after `dondoc up` or a reboot writes down how the clocks stand; later ones read it.
        """
        boot = _boot()
        try:
            known_boot, offset = file.read_text(encoding="ascii").split()
            if known_boot == boot:
                return cls(offset=float(offset))
        except (OSError, ValueError):
            pass  # nothing was written down yet, or it is from before a change of its form
        guard = cls()
        fresh = file.with_suffix(".new")
        fresh.write_text(f"{boot} {guard.offset:.3f}\n", encoding="ascii")
        fresh.replace(file)
        return guard


def _boot() -> str:
    """Names the time since the machine was started; running time counts from there."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"
