"""`/metrics`: the engine's figures in Prometheus' format, read from SQL when they are asked for.

They are the same whichever web process answers; what this process itself counts is added up by Prometheus.
"""

import asyncio
import contextlib
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from database.engine import reading
from database.measures import Measures, measure
from services.counted import REFUSED
from services.doctor import Check
from services.doctor_office import stored_checks
from services.office import Office
from web.health import Health, Machine
from web.probes import NoAnswer, Probe

SCRAPE_SECONDS: Final = 5.0

CHECKS_SECONDS: Final = 2.0
CHECKS_HOLD_SECONDS: Final = 60.0
"""For how long what the checks found is told again: what they look at changes slowly, and they read much."""


class OfficeCollector(Collector):
    """Reads the figures at each scrape; a database that is away is a figure too."""

    def __init__(self, office: Office, machine: Machine) -> None:
        self._office = office
        self._machine = machine

    def describe(self) -> list[Metric]:
        """Nothing ahead: registering must not ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Read and name all figures."""
        yield _gauge(
            "dondoc_clock_jump_seconds",
            "Seconds by which the wall clock has parted from the running time of the machine since this process began.",
            self._machine.clock.jump(),
        )
        yield _gauges(
            "dondoc_disk_free_bytes",
            "Room on the disk of a folder that is written to.",
            "folder",
            dict(_room(self._machine.disks)),
        )
        try:
            now = self._office.now()
            with reading(self._office.engine) as connection:
                found = measure(connection, now)
        except (SQLAlchemyError, OSError):
            yield _gauge("dondoc_database_up", "Whether the database answered this scrape.", 0)
            return
        yield _gauge("dondoc_database_up", "Whether the database answered this scrape.", 1)
        yield from _figures(found)


class OfficeChecks:
    """What the checks of data, people, calendar and policy found last; a scrape waits for them a short while only."""

    def __init__(self, office: Office) -> None:
        self._probe = Probe(lambda: tuple(stored_checks(office)), CHECKS_SECONDS)
        self._found: tuple[Check, ...] = ()
        self._found_at = float("-inf")

    async def look(self) -> tuple[Check, ...]:
        """Look anew where it is time; nothing is known before the first look is over."""
        if time.monotonic() - self._found_at >= CHECKS_HOLD_SECONDS:
            with contextlib.suppress(NoAnswer):
                self._found = await self._probe.ask()
                self._found_at = time.monotonic()
        return self._found


def _room(folders: Iterable[Path]) -> Iterator[tuple[str, int]]:
    for folder in folders:
        with contextlib.suppress(OSError):  # a disk that cannot be asked is named by /readyz
            yield str(folder), shutil.disk_usage(folder).free


def _figures(found: Measures) -> Iterator[Metric]:
    levels = {str(level): found.escalated_by_level.get(level, 0) for level in range(1, 5)}
    yield _gauges("dondoc_directives_open", "Open directives by status.", "status", found.open_by_status)
    yield _gauge("dondoc_directives_overdue", "Open directives past their due instant.", found.overdue)
    yield _gauge("dondoc_directives_awaiting_start", "Saved, workflow not started yet.", found.awaiting_start)
    yield _gauges("dondoc_directives_escalated", "Open directives by level of escalation.", "level", levels)
    yield _gauge(
        "dondoc_moment_told_late_seconds",
        "By how much the latest of the last 1,000 moments was told late.",
        found.told_late,
    )
    yield _gauge(
        "dondoc_moment_untold_late_seconds",
        "Lateness of the moment that is due longest and not told yet.",
        found.untold_late,
    )
    yield _gauges("dondoc_outbox_notices", "Notices that have not left.", "state", found.deliveries_by_state)
    yield _gauge("dondoc_outbox_oldest_seconds", "Age of the oldest notice that has not left.", found.oldest_pending)
    yield _gauge(
        "dondoc_outbox_overdue_seconds",
        "How long a notice that could have left has not.",
        found.most_overdue_pending,
    )
    yield _gauge("dondoc_commands_pending", "Commands kept and not answered yet.", found.commands_pending)
    yield _gauge("dondoc_commands_oldest_seconds", "Age of the oldest of them.", found.oldest_command)
    yield _gauge("dondoc_webhooks_failing", "Webhooks that fail or were switched off.", found.webhooks_failing)


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)


def _gauges(name: str, meaning: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def metrics_routes(office: Office, health: Health, machine: Machine) -> APIRouter:
    """The route `/metrics`."""
    router = APIRouter()
    registry, of_engine = CollectorRegistry(), CollectorRegistry()
    registry.register(OfficeCollector(office, machine))
    registry.register(REFUSED)
    temporal_up = Gauge("dondoc_temporal_up", "Whether Temporal answered this scrape.", registry=of_engine)
    worker_up = Gauge("dondoc_worker_up", "Whether a worker polls for the directives' work.", registry=of_engine)
    check_ok = Gauge("dondoc_check_ok", "Whether a check of what lies in SQL is well.", ["check"], registry=of_engine)
    checks = OfficeChecks(office)
    scrape = Probe(lambda: generate_latest(registry), SCRAPE_SECONDS)

    @router.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        """Answer one scrape; 503 when the database takes too long."""
        try:
            found, (temporal, worker), looked = await asyncio.gather(scrape.ask(), health.engine(), checks.look())
        except NoAnswer:
            return Response(status_code=503, headers={"Retry-After": "10"})
        temporal_up.set(temporal)
        worker_up.set(worker)
        for one in looked:
            check_ok.labels(one.name).set(one.ok)
        return Response(found + generate_latest(of_engine), media_type=CONTENT_TYPE_LATEST)

    return router
