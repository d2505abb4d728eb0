"""Picking up what was left lying: started by a Schedule every few seconds, one run at a time."""

import datetime as dt

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.sweep import Sweep

SWEEP_ID = "sweep"


@workflow.defn(name="SweepWorkflow")
class SweepWorkflow:
    """Starts what awaits its start, sends kept commands again, replans after a change of calendar or policy."""

    @workflow.run
    async def run(self) -> int:
        """Sweep once; what fails is left for a later run. Returns how many things were done."""
        return await workflow.execute_activity_method(
            Sweep.sweep,
            start_to_close_timeout=dt.timedelta(minutes=30),
            heartbeat_timeout=dt.timedelta(seconds=20),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
