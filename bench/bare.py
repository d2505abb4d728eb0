"""A workflow of a directive's shape without ledger, snapshot or rules: what Temporal itself costs here."""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import SearchAttributeKey

STATUS = SearchAttributeKey.for_keyword("DondocStatus")


@workflow.defn(name="BareWorkflow")
class BareWorkflow:
    """Waits for an instant or a command."""

    @workflow.init
    def __init__(self, wake_at: str) -> None:
        self._wake_at = datetime.fromisoformat(wake_at)
        self._done: list[str] = []
        self._lock = asyncio.Lock()

    @workflow.run
    async def run(self, wake_at: str) -> None:
        """Live until three things happened."""
        del wake_at
        workflow.upsert_search_attributes([STATUS.value_set("assigned")])
        self._done.append("registered")
        try:
            left = max(self._wake_at - workflow.now(), timedelta())
            await workflow.wait_condition(lambda: len(self._done) > 2, timeout=left)
        except TimeoutError:
            self._done.append("reminded")
        await workflow.wait_condition(lambda: "closed" in self._done)

    @workflow.update
    async def command(self, name: str) -> int:
        """Carry out a command."""
        async with self._lock:
            self._done.append(name)
            workflow.upsert_search_attributes([STATUS.value_set("in_progress")])
            return len(self._done)

    @command.validator
    def _check(self, name: str) -> None:
        if not name:
            raise ValueError("a command has a name")

    @workflow.query
    def state(self) -> list[str]:
        """What happened."""
        return self._done
