"""Questions to the other parts in bounded time, so that one that hangs cannot take our threads with it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class NoAnswer(Exception):
    """There was no answer in time."""


class Probe(Generic[T]):
    """Asks in a thread of its own, one question at a time: while an earlier one hangs, no other is begun."""

    def __init__(self, question: Callable[[], T], seconds: float) -> None:
        self._question = question
        self._seconds = seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="probe")
        self._asking: asyncio.Future[T] | None = None

    async def ask(self) -> T:
        """Ask, or wait for the answer to the question that is under way.

        Raises:
            NoAnswer: it takes too long.
            Exception: whatever the question raises.
        """
        if self._asking is None or self._asking.done():
            self._asking = asyncio.get_running_loop().run_in_executor(self._thread, self._question)
            self._asking.add_done_callback(_look_at)  # one that nobody waits for any more fails in silence
        asking = self._asking  # by the time we are woken another may have begun the next
        done, _ = await asyncio.wait({asking}, timeout=self._seconds)
        if not done:
            raise NoAnswer
        return asking.result()


def _look_at(task: "asyncio.Future[T]") -> None:
    if not task.cancelled():
        task.exception()
