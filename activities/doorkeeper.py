"""Lets many workflows through the door together: what is asked for while one group is written goes with the next."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from temporalio import activity

from activities.commit import Door
from database.together import Together
from models.engine import CommitRequest, CommitResult


@dataclass(frozen=True)
class Passed:
    """One commit that is over.

    Attributes:
        result: None when it failed.
        began: nanoseconds since 1970.
        ended: nanoseconds since 1970.
    """

    request: CommitRequest
    result: CommitResult | None
    began: int
    ended: int


@dataclass
class Doorkeeper:
    """The local activity `commit` of one worker.

    It is asynchronous and holds no thread of the SDK's, so a cancelled activity leaves no connection behind; the
    transaction goes on and is found in the ledger by whoever asks again.

    Attributes:
        heard: told of each commit; None when nobody measures or traces.
    """

    door: Door
    heard: Callable[[Passed], None] | None = None
    _queue: Together[CommitRequest, CommitResult] = field(init=False)

    def __post_init__(self) -> None:
        self._queue = Together(self.door.commit_together, key=lambda request: request.directive)

    @activity.defn(name="commit")
    async def commit(self, request: CommitRequest) -> CommitResult:
        """Record what a workflow decided; see `Door.commit`.

        Raises:
            sqlalchemy.exc.OperationalError: the database cannot be written now; nothing was, so it is tried again.
            ValueError: the ledger's rows of this directive do not make sense to this release (RULES 18).
        """
        if self.heard is None:
            return await self._queue.do(request)
        began, result = time.time_ns(), None
        try:
            result = await self._queue.do(request)
            return result
        finally:
            self.heard(Passed(request, result, began, time.time_ns()))
