"""A timer of five seconds that always runs: if it falls silent, no reminder would ring either."""

import datetime as dt

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.canary import Canary

CANARY_ID = "timer-canary"
CANARY_ID_OF_0_1 = "canary"
"""It shared the directives' queue."""

INTERVAL = dt.timedelta(seconds=5)
BEATS = 60
"""Beats of one run; then the next run takes over, so that no history grows."""


@workflow.defn(name="CanaryWorkflow")
class CanaryWorkflow:
    """Rings and says so, for ever."""

    @workflow.run
    async def run(self) -> None:
        """Ring a while, then hand over to the next run."""
        for _ in range(BEATS):
            await workflow.sleep(INTERVAL)
            await workflow.execute_local_activity_method(
                Canary.beat,
                workflow.now(),
                start_to_close_timeout=dt.timedelta(seconds=10),
                retry_policy=RetryPolicy(maximum_interval=dt.timedelta(seconds=5)),
            )
        workflow.continue_as_new()
