"""SIGTERM, SIGINT and the death of a child, turned into something that a loop can wait for."""

import os
import select
import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

_Handler = Callable[[int, FrameType | None], object] | int | None


class StopSignals:
    """While entered, SIGTERM and SIGINT ask to stop instead of ending the process. Main thread only."""

    def __init__(self) -> None:
        self.asked = False
        self._interrupts = 0
        self._before: dict[int, _Handler] = {}
        self._wakeup_before = -1
        self._reader, self._writer = -1, -1

    def __enter__(self) -> Self:
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC) if hasattr(os, "pipe2") else _pipe()
        self._wakeup_before = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            self._before[number] = signal.signal(number, self._ask)
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, _wake)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self._reader)
        os.close(self._writer)

    def wait(self, seconds: float) -> None:
        """Wait so many seconds, or until any of the signals arrives."""
        ready, _, _ = select.select([self._reader], [], [], seconds)
        if ready:
            os.read(self._reader, 4096)

    @property
    def hurried(self) -> bool:
        """Whether a person pressed Ctrl-C again while the system was stopping."""
        return self._interrupts > 1

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        self.asked = True
        self._interrupts += number == signal.SIGINT


def _wake(_number: int, _frame: FrameType | None) -> None:
    """Let the wake-up pipe do its work: a signal that is ignored writes nothing into it."""


def _pipe() -> tuple[int, int]:
    """Make what pipe2 makes where it is missing (macOS)."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    return reader, writer
