"""What a worker measures of its own work, told beside the SDK's figures at the worker's `/metrics`.

Each worker tells of itself alone: Prometheus adds the workers up. What is true of the office as a whole (open
directives, the outbox, what is late) is read from SQL by the web part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from temporalio.common import MetricCounter, MetricHistogramFloat, MetricMeter
from temporalio.runtime import PrometheusConfig

from activities.doorkeeper import Passed
from activities.mail_run import Tried
from models.engine import Outcome
from models.refusal import Code

COMMIT: Final = "dondoc_commit_seconds"
MOMENT_LATE: Final = "dondoc_moment_late_seconds"
SEND: Final = "dondoc_mail_send_seconds"

BUCKETS: Final[Mapping[str, Sequence[float]]] = {
    COMMIT: (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
    MOMENT_LATE: (0.1, 0.5, 1.0, 2.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0),
    SEND: (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0),
}
"""Upper limits in seconds; the SDK's own begin at milliseconds."""

_FAILED: Final = "failed"
_NANOSECONDS: Final = 1_000_000_000


@dataclass
class WorkerMeasures:
    """Counts, by the meter of the runtime that answers `/metrics`."""

    meter: MetricMeter
    _commits: dict[str, MetricHistogramFloat] = field(init=False)
    _late: MetricHistogramFloat = field(init=False)
    _send: MetricHistogramFloat = field(init=False)
    _refused: MetricCounter = field(init=False)

    def __post_init__(self) -> None:
        commit = self.meter.create_histogram_float(
            COMMIT, "How long a workflow waited for the door, by what came of it."
        )
        outcomes = (*(outcome.value for outcome in Outcome), _FAILED)
        self._commits = {one: commit.with_additional_attributes({"outcome": one}) for one in outcomes}
        self._late = self.meter.create_histogram_float(
            MOMENT_LATE, "How long after its planned instant a moment was told."
        )
        self._send = self.meter.create_histogram_float(
            SEND, "How long the mail server took for a mail, by what came of it."
        )
        self._refused = self.meter.create_counter(
            "dondoc_commands_refused", "Kept commands that were refused when they were sent again, by code."
        )

    def passed(self, one: Passed) -> None:
        """Count a commit and the moments that it told."""
        outcome = _FAILED if one.result is None else one.result.outcome
        self._commits[outcome].record((one.ended - one.began) / _NANOSECONDS)
        if one.result is not None and outcome is Outcome.RECORDED:
            for row in one.result.rows:
                if row.planned_at is not None:
                    self._late.record(max(0.0, (row.at - row.planned_at).total_seconds()))

    def tried(self, one: Tried) -> None:
        """Count an attempt to send a mail."""
        self._send.record((one.ended - one.began) / _NANOSECONDS, {"outcome": one.outcome})

    def refused(self, code: Code) -> None:
        """Count a kept command that was refused."""
        self._refused.add(1, {"code": code.value})


def at_address(address: str) -> PrometheusConfig:
    """How the SDK answers `/metrics` at an address and port, with names and units as Prometheus has them."""
    return PrometheusConfig(
        bind_address=address,
        counters_total_suffix=True,
        unit_suffix=True,
        durations_as_seconds=True,
        histogram_bucket_overrides=BUCKETS,
    )
