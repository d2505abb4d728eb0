"""The web application, made of values that its entry point hands in; importing this opens nothing."""

from pathlib import Path

import structlog
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp

from activities.clock_guard import ClockGuard
from documents.language import N_, Language, sentence
from services.office import Office
from web.front_page import front_page_routes
from web.headers import SecurityHeaders
from web.health import Machine, TemporalClient, health_routes
from web.metrics import metrics_routes

PROBLEM_JSON = "application/problem+json"

log = structlog.get_logger()

_SENTENCES = {
    404: N_("Không có trang này."),
    405: N_("Trang này không nhận cách gọi đó."),
}
_OTHER = N_("Yêu cầu không thực hiện được.")
_BROKEN = N_("Hệ thống gặp lỗi khi trả lời; lỗi đã được ghi vào nhật ký.")


def create_app(
    office: Office,
    temporal_client: TemporalClient,
    clock: ClockGuard | None = None,
    disks: tuple[Path, ...] = (),
) -> ASGIApp:
    """Build the application.

    Args:
        temporal_client: gives the client of Temporal, connecting when need be; raises RuntimeError while it cannot.
        clock: watches this process's clock; made now when None.
        disks: folders on each of the disks that are written to.
    """
    machine = Machine(clock or ClockGuard(), disks)
    app = FastAPI(title="Đôn Đốc", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(health_routes(office, temporal_client, machine))
    app.include_router(metrics_routes(office, machine.clock))
    app.include_router(front_page_routes())
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _broken)
    return SecurityHeaders(app)


async def _refused(_request: Request, problem: Exception) -> JSONResponse:
    status = problem.status_code if isinstance(problem, HTTPException) else 400
    headers = problem.headers if isinstance(problem, HTTPException) else None
    return _problem(status, _SENTENCES.get(status, _OTHER), dict(headers or {}))


async def _broken(request: Request, problem: Exception) -> JSONResponse:
    log.error("request_broke", path=request.url.path, problem=type(problem).__name__)
    return _problem(500, _BROKEN, {})


def _problem(status: int, msgid: str, headers: dict[str, str]) -> JSONResponse:
    """An error as RFC 9457 has it."""
    return JSONResponse(
        {"type": "about:blank", "status": status, "title": sentence(msgid, Language.VI)},
        status,
        headers=headers,
        media_type=PROBLEM_JSON,
    )
