"""Who is told what a worker does: the measures, the traces and the log, each only where it is wanted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import structlog
from temporalio.common import MetricMeter

from activities.doorkeeper import Passed
from activities.mail_run import Tried
from models.engine import Outcome
from models.refusal import Code
from services import tracing
from services.logs import says_much
from services.office import Office
from services.worker_measures import WorkerMeasures

T = TypeVar("T")

log = structlog.get_logger()


@dataclass
class Watchers:
    """Who is told of each commit, each mail that is tried and each kept command that is refused."""

    passed: list[Callable[[Passed], None]] = field(default_factory=list)
    tried: list[Callable[[Tried], None]] = field(default_factory=list)
    refused: Callable[[Code], None] = lambda _code: None


def watchers_of(office: Office, meter: MetricMeter | None) -> Watchers:
    """What this process measures, traces and logs of each step; where none of it is wanted, nobody is told.

    Args:
        meter: None where nobody asks for figures.
    """
    watchers = Watchers()
    if meter is not None:
        measures = WorkerMeasures(meter)
        watchers.passed.append(measures.passed)
        watchers.tried.append(measures.tried)
        watchers.refused = measures.refused
    if tracing.is_on():
        watchers.passed.append(tracing.passed)
        watchers.tried.append(tracing.MailTraces(office.engine).tried)
    if says_much():
        watchers.passed.append(_log_recorded)
    return watchers


def together(hearers: Sequence[Callable[[T], None]]) -> Callable[[T], None] | None:
    """One who tells all of them; None where there are none, so that nothing is done for nobody."""
    if not hearers:
        return None

    def tell(one: T) -> None:
        for hearer in hearers:
            hearer(one)

    return tell


def _log_recorded(one: Passed) -> None:
    if one.result is None or one.result.outcome is not Outcome.RECORDED:
        return
    for row in one.result.rows:
        log.debug("recorded", directive=row.directive, seq=row.seq, kind=row.event.kind, command=row.command_id)
