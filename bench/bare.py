"""A workflow of a directive's shape without ledger, snapshot or rules: what Temporal itself costs here."""

import asyncio
import datetime as dt
import os
from dataclasses import dataclass, field

from temporalio import activity, workflow
from temporalio.common import SearchAttributeKey

STATUS = SearchAttributeKey.for_keyword("DondocStatus")

LIMIT = dt.timedelta(seconds=120)

RECORD = 8
"""Bytes by which a step is noted: the workflow's number and a line break."""


@dataclass
class BareDoor:
    """Stands where the door stands and keeps nothing: it adds a line to a file, by which the bench counts."""

    count_file: int

    @activity.defn(name="bare_commit")
    async def commit(self, what: str) -> str:
        """Note one step."""
        place = int((activity.info().workflow_id or "").rpartition("/")[2])
        os.write(self.count_file, b"%07d\n" % place)
        return what


@dataclass
class BareInput:
    """The instants at which it wants to say something."""

    wake_at: list[float] = field(default_factory=list)


@workflow.defn(name="BareWorkflow")
class BareWorkflow:
    """Waits for its instants and for commands; each goes once through a local activity, as with us."""

    @workflow.init
    def __init__(self, start: BareInput) -> None:
        self._wake_at = sorted(start.wake_at)
        self._done: list[str] = []
        self._lock = asyncio.Lock()

    @workflow.run
    async def run(self, start: BareInput) -> None:
        """Live until it is closed."""
        del start
        async with self._lock:
            await self._step("assigned")
        while "completed" not in self._done:
            wake_at = self._wake_at[0] if self._wake_at else None
            left = None if wake_at is None else dt.timedelta(seconds=max(wake_at - workflow.now().timestamp(), 0))
            try:
                await workflow.wait_condition(lambda: "completed" in self._done, timeout=left)
            except TimeoutError:
                self._wake_at.pop(0)
                async with self._lock:
                    await self._step("assigned")
        await workflow.wait_condition(workflow.all_handlers_finished)

    @workflow.update
    async def command(self, name: str) -> int:
        """Carry out a command."""
        async with self._lock:
            await self._step(name)
            return len(self._done)

    @command.validator
    def _check(self, name: str) -> None:
        if not name:
            raise ValueError("a command has a name")

    @workflow.query
    def state(self) -> list[str]:
        """What was done so far."""
        return self._done

    async def _step(self, name: str) -> None:
        await workflow.execute_local_activity_method(BareDoor.commit, name, start_to_close_timeout=LIMIT)
        if name not in self._done[-1:]:
            workflow.upsert_search_attributes([STATUS.value_set(name)])
        self._done.append(name)
