"""Saying all the while that an activity's worker lives, whatever the activity itself waits for.

A worker that is killed falls silent, and Temporal starts the next run after the heartbeat time-out. So that this may be
short, the beats must not depend on how long one mail or one locked database takes.
"""

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Final

from temporalio import activity

EVERY_SECONDS: Final = 3.0


@contextlib.asynccontextmanager
async def beating() -> AsyncIterator[None]:
    """Beat while the block lasts, beside it in the event loop."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(EVERY_SECONDS)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()


@contextlib.contextmanager
def beating_thread() -> Iterator[None]:
    """Beat while the block lasts, from a thread of its own; outside an activity there is nobody to hear it."""
    if not activity.in_activity():
        yield
        return
    over, context = threading.Event(), contextvars.copy_context()

    def beat() -> None:
        while not over.wait(EVERY_SECONDS):
            activity.heartbeat()

    thread = threading.Thread(target=context.run, args=(beat,), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
