"""Whether this process lives, and whether the system as a whole can do its work."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client
from temporalio.service import RPCError

from activities.clock_guard import ClockGuard
from database.engine import can_answer
from documents.language import N_, Language, sentence
from services.doctor import writing_refused
from services.office import Office
from services.temporal import worker_is_there
from services.troubles import disk_trouble, trouble
from web.probes import NoAnswer, Probe

ANSWER_SECONDS: Final = 2.0
"""How long each part has to answer."""

TemporalClient = Callable[[], Awaitable[Client]]
"""Gives the client, connecting when need be; raises RuntimeError while Temporal cannot be reached."""


class Check(BaseModel):
    """One thing that was looked at; `sentence` says to people what was found and what to do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    ok: bool
    sentence: str


class Readiness(BaseModel):
    """Whether everything needed is there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ready: bool
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Found:
    """What one look found, not yet said in a language."""

    name: str
    ok: bool
    message: str
    data: dict[str, object]

    def said_in(self, language: Language) -> Check:
        """Say it."""
        return Check(name=self.name, ok=self.ok, sentence=sentence(self.message, language, **self.data))


@dataclass(frozen=True)
class Machine:
    """What the machine gives: its clock, and the disks that are written to."""

    clock: ClockGuard = field(default_factory=ClockGuard)
    disks: tuple[Path, ...] = ()


class Health:
    """Asks all parts, for machines and for the administrators' page.

    Ready is who can answer and take commands. What is wrong with clock, disks or writing is named as well, but does not
    make it unready: reading goes on, and whoever asks before sending people here would take that from them too.
    """

    def __init__(self, office: Office, temporal_client: TemporalClient, machine: Machine) -> None:
        self._temporal_client = temporal_client
        self._machine = machine
        self._sql = Probe(lambda: can_answer(office.engine), ANSWER_SECONDS)
        self._writing = Probe(lambda: writing_refused(office.engine), ANSWER_SECONDS)

    async def look(self, language: Language = Language.VI) -> Readiness:
        """Ask database, Temporal and worker, in bounded time."""
        found, written, engine = await asyncio.gather(
            _check_sql(self._sql), _check_writing(self._writing), self.engine()
        )
        temporal, worker = _check_engine(*engine)
        needed = (found, temporal, worker)
        beside = (written, *_check_disks(self._machine.disks), _check_clock(self._machine.clock))
        said = tuple(check.said_in(language) for check in (*needed, *beside))
        return Readiness(ready=all(check.ok for check in needed), checks=said)

    async def engine(self) -> tuple[bool, bool]:
        """Whether Temporal answers and whether a worker polls, in bounded time."""
        temporal = worker = False
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                client = await self._temporal_client()
                temporal = await client.service_client.check_health()
            async with asyncio.timeout(ANSWER_SECONDS):
                worker = temporal and await worker_is_there(client)
        except (RuntimeError, RPCError, TimeoutError):  # the SDK says "not reachable" as either of the first two
            pass
        return temporal, worker


def health_routes(health: Health) -> APIRouter:
    """The routes `/healthz` and `/readyz`."""
    router = APIRouter()

    @router.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, bool]:
        """Say that this process lives, whatever became of the others."""
        return {"alive": True}

    @router.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        """Ask database, Temporal and worker; 503 when one is missing."""
        answer = await health.look()
        return JSONResponse(answer.model_dump(mode="json"), 200 if answer.ready else 503)

    return router


async def _check_sql(probe: Probe[bool]) -> Found:
    try:
        ok = await probe.ask()
    except (SQLAlchemyError, OSError, NoAnswer):
        ok = False
    return _check(
        "database",
        ok=ok,
        good=N_("Cơ sở dữ liệu trả lời."),
        bad=N_("Cơ sở dữ liệu không trả lời. Kiểm tra DONDOC_DATABASE_URL, ổ đĩa và máy chủ cơ sở dữ liệu."),
    )


async def _check_writing(probe: Probe[str | None]) -> Found:
    try:
        refusal = await probe.ask()
    except (SQLAlchemyError, OSError) as problem:
        refusal = type(problem).__name__
    except NoAnswer:
        refusal = "locked"
    if refusal is None:
        return _say("writing", True, N_("Cơ sở dữ liệu ghi được."))
    message, data = trouble(refusal)
    return _say("writing", False, message, **data)


def _check_disks(disks: Iterable[Path]) -> Iterator[Found]:
    for folder in disks:
        found = disk_trouble(folder)
        if found is not None:
            message, data = found
            yield _say("disk", False, message, **data)


def _check_clock(clock: ClockGuard) -> Found:
    if clock.trusted():
        return _say("clock", True, N_("Đồng hồ máy đúng."))
    seconds = f"{clock.jump():+.0f}"
    return _say(
        "clock", False, N_("Đồng hồ máy sai: bị chỉnh {seconds} giây nên chưa mốc nào được nhắc."), seconds=seconds
    )


def _check_engine(temporal: bool, worker: bool) -> tuple[Found, Found]:
    return (
        _check(
            "temporal",
            ok=temporal,
            good=N_("Temporal trả lời."),
            bad=N_("Temporal không trả lời. Lệnh mới được giữ lại và gửi đi khi Temporal chạy lại."),
        ),
        _check(
            "worker",
            ok=worker,
            good=N_("Tiến trình xử lý nhiệm vụ đang chạy."),
            bad=N_("Tiến trình xử lý nhiệm vụ chưa chạy. Lệnh mới được giữ lại và ghi nhận khi tiến trình chạy lại."),
        ),
    )


def _check(name: str, *, ok: bool, good: str, bad: str) -> Found:
    return _say(name, ok, good if ok else bad)


def _say(name: str, ok: bool, message: str, **data: object) -> Found:
    return Found(name, ok, message, data)
