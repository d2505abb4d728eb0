"""Doing together what many ask for at the same time: one transaction, and one wait for the disk, for all of them."""

import asyncio
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")

MOST = 64
"""Things done in one transaction: enough to share its price, few enough that nobody waits long for the others."""


@dataclass
class _Place(Generic[Asked, Answered]):
    asked: Asked
    done: "asyncio.Future[Answered]"


@dataclass
class Together(Generic[Asked, Answered]):
    """Gathers what is asked for while the last group is being done, and then does that as the next group.

    Nobody waits for company: alone, a thing is done at once. Belongs to one event loop.

    Attributes:
        carry_out: does a group in a thread of its own; answers each, in order, with its result or its exception. What
            it raises is everybody's.
        key: things of the same key never stand in one group; None when all may.
        threads: groups under way at once.
    """

    carry_out: Callable[[Sequence[Asked]], Sequence[Answered | Exception]]
    key: Callable[[Asked], Hashable] | None = None
    threads: int = 1
    _waiting: "deque[_Place[Asked, Answered]]" = field(default_factory=deque)
    _running: "set[asyncio.Task[None]]" = field(default_factory=set)
    _pool: ThreadPoolExecutor | None = None

    async def do(self, asked: Asked) -> Answered:
        """Have one thing done.

        Raises: what `carry_out` answered for it, or raised for its whole group.
        """
        loop = asyncio.get_running_loop()
        place: _Place[Asked, Answered] = _Place(asked, loop.create_future())
        self._waiting.append(place)
        if len(self._running) < self.threads:
            self._running.add(loop.create_task(self._work()))
        return await place.done

    async def _work(self) -> None:
        own = asyncio.current_task()
        try:
            while self._waiting:
                await self._do_together(self._next_group())
        finally:  # here and not once the task has ended: who asks in between would wait for nobody
            if own is not None:
                self._running.discard(own)

    async def _do_together(self, group: "list[_Place[Asked, Answered]]") -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="together")
        asked = [place.asked for place in group]
        answers: Sequence[Answered | Exception]
        try:
            answers = await asyncio.get_running_loop().run_in_executor(self._pool, self.carry_out, asked)
        except Exception as problem:  # noqa: BLE001 - handed to everybody who asked
            answers = [problem] * len(group)
        for place, answer in zip(group, answers, strict=True):
            if place.done.done():  # whoever asked has gone; it is done all the same
                continue
            if isinstance(answer, Exception):
                place.done.set_exception(answer)
            else:
                place.done.set_result(answer)

    def _next_group(self) -> "list[_Place[Asked, Answered]]":
        group: list[_Place[Asked, Answered]] = []
        left: list[_Place[Asked, Answered]] = []
        keys: set[Hashable] = set()
        while self._waiting and len(group) < MOST:
            place = self._waiting.popleft()
            key = self.key(place.asked) if self.key is not None else None
            if key is not None and key in keys:
                left.append(place)
                continue
            keys.add(key)
            group.append(place)
        self._waiting.extendleft(reversed(left))
        return group
