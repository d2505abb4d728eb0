"""Whether this process lives, and whether the system as a whole can do its work."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client
from temporalio.service import RPCError

from database.engine import can_answer
from documents.language import N_, Language, sentence
from services.office import Office
from services.temporal import worker_is_there
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


def health_routes(office: Office, temporal_client: TemporalClient) -> APIRouter:
    """The routes `/healthz` and `/readyz`."""
    router = APIRouter()
    sql = Probe(lambda: can_answer(office.engine), ANSWER_SECONDS)

    @router.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, bool]:
        """Say that this process lives, whatever became of the others."""
        return {"alive": True}

    @router.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        """Ask database, Temporal and worker; 503 when one is missing."""
        found, (temporal, worker) = await asyncio.gather(_check_sql(sql), _check_engine(temporal_client))
        checks = (found, temporal, worker)
        answer = Readiness(ready=all(check.ok for check in checks), checks=checks)
        return JSONResponse(answer.model_dump(mode="json"), 200 if answer.ready else 503)

    return router


async def _check_sql(probe: Probe[bool]) -> Check:
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


async def _check_engine(temporal_client: TemporalClient) -> tuple[Check, Check]:
    temporal = worker = False
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            client = await temporal_client()
            temporal = await client.service_client.check_health()
        async with asyncio.timeout(ANSWER_SECONDS):
            worker = temporal and await worker_is_there(client)
    except (RuntimeError, RPCError, TimeoutError):  # the SDK says "not reachable" as either of the first two
        pass
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


def _check(name: str, *, ok: bool, good: str, bad: str) -> Check:
    return Check(name=name, ok=ok, sentence=sentence(good if ok else bad, Language.VI))
