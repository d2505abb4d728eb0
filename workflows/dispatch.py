"""Sending what is owed: started by a Schedule every few seconds, one run at a time."""

import datetime as dt

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.delivery import Delivery

DISPATCH_ID = "dispatch"


@workflow.defn(name="DispatchWorkflow")
class DispatchWorkflow:
    """Composes and sends what may leave now."""

    @workflow.run
    async def run(self) -> int:
        """Send once; what fails is tried again by a later run. Returns how many messages left."""
        return await workflow.execute_activity_method(
            Delivery.deliver,
            start_to_close_timeout=dt.timedelta(minutes=10),
            heartbeat_timeout=dt.timedelta(seconds=20),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
