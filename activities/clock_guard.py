"""Whether the machine's clock can be trusted: nothing is told while it has jumped (docs/operations.md)."""

import ctypes
import os
import struct
import sys
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


def synchronised_seconds() -> float | None:
    """The wall clock as the kernel holds it, while a time service (NTP) keeps it right; None while none does.

    Setting the clock by hand ends this until the service has found the right time again.
    """
    if sys.platform != "linux" or struct.calcsize("P") != _POINTER_BYTES:
        return None
    kernel = ctypes.create_string_buffer(512)
    state = ctypes.CDLL(None, use_errno=True).adjtimex(kernel)
    if not 0 <= state < _NOT_SYNCHRONISED:
        return None
    status, seconds, fraction = _TIMEX.unpack_from(kernel)
    return float(seconds + fraction / (1e9 if status & _NANOSECONDS else 1e6))


_POINTER_BYTES = 8
_TIMEX = struct.Struct("40x i 28x q q")
"""Of the kernel's `struct timex` (64 bits): status, and the time in seconds and their fraction."""
_NANOSECONDS = 0x2000  # STA_NANO
_NOT_SYNCHRONISED = 5  # TIME_ERROR
_AGREES_SECONDS = 2.0


@dataclass
class ClockGuard:
    """Remembers how wall clock and running time stood to each other, and notices when they part.

    Attributes:
        offset: wall clock minus running time, in seconds, when the clock was last known to be right.
        temporal_ahead: by how many seconds Temporal's clock was ahead of this one when the canary last rang. Its
            timers then ring early, though this machine's clock is right.
    """

    offset: float = field(default_factory=lambda: wall_seconds() - running_seconds())
    temporal_ahead: float = 0.0

    def jump(self) -> float:
        """How many seconds the wall clock is ahead of where it should be; negative when it was set back."""
        return wall_seconds() - running_seconds() - self.offset

    def trusted(self) -> bool:
        """Whether the wall clock is within tolerance of where it should be, or a time service vouches for it.

        Not while Temporal's own clock is ahead of it.

        A machine that was paused, or started with a wrong clock, is set right by its time service: it then shows what
        is right from now on, and nobody need start anything again.
        """
        if self.temporal_ahead > TOLERANCE_SECONDS:
            return False
        if abs(self.jump()) <= TOLERANCE_SECONDS:
            return True
        kept_right, seen = synchronised_seconds(), wall_seconds()
        if kept_right is None or abs(kept_right - seen) > _AGREES_SECONDS:
            return False
        self.offset = seen - running_seconds()
        return True

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
        fresh = file.with_name(f"{file.name}.{os.getpid()}.new")  # of this part alone: several may start at once
        fresh.write_text(f"{boot} {guard.offset:.3f}\n", encoding="ascii")
        fresh.replace(file)
        return guard


def _boot() -> str:
    """Names the time since the machine was started; running time counts from there."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"
