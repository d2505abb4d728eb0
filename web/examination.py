"""The checks of `dondoc doctor` for a page: made in the background, kept a minute, never waited for long."""

import asyncio
import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from documents.language import N_
from services.doctor import Check, check
from services.doctor_engine import engine_checks
from services.doctor_machine import canary_check, disk_checks, folder_checks, smtp_check, worker_clock_checks
from services.doctor_stored import look_at_stored
from services.office import Office
from web.health import Machine, TemporalClient

FRESH_SECONDS: Final = 60.0
PATIENCE_SECONDS: Final = 1.5
"""How long a page waits for an examination that is under way."""

ENGINE_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Place:
    """What the web part knows of where it runs.

    Attributes:
        data_dir: where files are kept; None where nobody said, and then neither files nor mail server are looked at.
        smtp_url: None where mails are kept as files.
    """

    data_dir: Path | None = None
    temporal_address: str | None = None
    smtp_url: str | None = None


@dataclass(frozen=True)
class Examined:
    """What was found, and when it was looked at by the office's clock."""

    at: dt.datetime
    checks: tuple[Check, ...]


class Examination:
    """Examines the system, one time at once."""

    def __init__(self, office: Office, temporal_client: TemporalClient, machine: Machine, place: Place) -> None:
        self._office = office
        self._temporal_client = temporal_client
        self._machine = machine
        self._place = place
        self._last: Examined | None = None
        self._looked_at = float("-inf")
        self._looking: asyncio.Task[None] | None = None

    async def look(self) -> Examined | None:
        """The newest findings, a minute old at most unless an examination is under way; None before the first."""
        if time.monotonic() - self._looked_at > FRESH_SECONDS:
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._examine())
            done, _ = await asyncio.wait({self._looking}, timeout=PATIENCE_SECONDS)
            for task in done:
                task.result()
        return self._last

    async def _examine(self) -> None:
        at = self._office.now()
        jump = 0.0 if self._machine.clock.trusted() else self._machine.clock.jump()
        stored = await asyncio.to_thread(look_at_stored, self._office, jump)
        machine = await asyncio.to_thread(lambda: tuple(self._machine_checks()))
        self._last = Examined(at, (*stored.checks, *machine, *await self._engine(stored.awaited)))
        self._looked_at = time.monotonic()

    def _machine_checks(self) -> Iterator[Check]:
        yield from disk_checks(self._machine.disks)
        folder = self._place.data_dir
        if folder is None:
            return
        yield from folder_checks(folder)
        canary = folder / "run" / "canary"
        if canary.exists():
            yield canary_check(canary)
            yield from worker_clock_checks(canary)
        yield smtp_check(self._place.smtp_url, folder / "mail")

    async def _engine(self, awaited: tuple[str, ...]) -> list[Check]:
        try:
            client = await self._temporal_client()
        except RuntimeError:
            client = None
        try:
            async with asyncio.timeout(ENGINE_SECONDS):
                return await engine_checks(client, self._place.temporal_address, awaited)
        except TimeoutError:
            message = N_("Không khám xong bộ máy trong {seconds} giây.")
            return [check("engine", False, message, seconds=round(ENGINE_SECONDS))]
