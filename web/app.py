"""The web application, made of values that its entry point hands in; importing this opens nothing."""

import asyncio
import tempfile
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp
from temporalio.client import Client

from activities.clock_guard import ClockGuard
from database.engine import DATABASE_AWAY
from documents.language import N_, Language, sentence
from documents.sentences import refusal_sentence
from models.refusal import Code, Refused
from services.attachments import FileStore
from services.forgotten_password import Mailing
from services.import_review import Reviews
from services.office import Office
from services.single_sign_on import SingleSignOn
from web.api.application import create_api
from web.assets import STATIC, Assets
from web.away import told_away
from web.bodies import BoundedBodies
from web.codec import DECODE_PATH, Decoding, codec_routes
from web.door import (
    PasswordChangeNeeded,
    SecondFactorNeeded,
    SignInNeeded,
    language_of,
    reader_of,
    sign_in_address,
)
from web.engine_watch import EngineNoted, EngineWatch
from web.examination import Examination, Place
from web.headers import SecurityHeaders
from web.health import Health, Machine, TemporalClient, health_routes
from web.later import Later
from web.live import Pulse, live_routes
from web.metrics import metrics_routes
from web.never_hanging import NeverHanging
from web.origin import SameOriginOnly
from web.pages.admin.routes import admin_routes
from web.pages.board import board_routes
from web.pages.directive import DeskOfProcess, directive_routes
from web.pages.forgotten import forgotten_routes
from web.pages.help import help_routes
from web.pages.import_rows import import_row_routes
from web.pages.importing import import_routes
from web.pages.inbox import inbox_routes
from web.pages.listing import listing_routes
from web.pages.meeting import meeting_routes
from web.pages.message import MessageView
from web.pages.operation import operation_routes
from web.pages.own_account import own_account_routes
from web.pages.preferences import preferences_routes
from web.pages.register import register_routes
from web.pages.second_factor import second_factor_routes
from web.pages.sign_in import code_routes, sign_in_routes
from web.pages.single_sign_on import single_sign_on_routes
from web.pages.tokens import token_routes
from web.pages.work import work_routes
from web.rendering import page
from web.request_ids import route_of

PROBLEM_JSON = "application/problem+json"

log = structlog.get_logger()

_SENTENCES = {
    404: N_("Không có trang này."),
    405: N_("Trang này không nhận cách gọi đó."),
    413: N_("Nội dung gửi lên quá lớn. Chia nhỏ hoặc nén tệp rồi gửi lại."),
}
_STATUSES = {Code.NOT_FOUND: 404, Code.NO_SUCH_FILE: 404, Code.NOT_ALLOWED: 403}
_OTHER = N_("Yêu cầu không thực hiện được.")
_BROKEN = N_("Hệ thống gặp lỗi khi trả lời; lỗi đã được ghi vào nhật ký.")


@dataclass(frozen=True)
class Surroundings:
    """What an application stands in; each part has a use without the others.

    Attributes:
        clock: watches this process's clock; made now when None.
        disks: folders on each of the disks that are written to.
        base_url: the address of the web part as it stands in mails.
        webhook_allow: private places that webhooks may reach.
        closing: is set when the process is to stop; open streams then end.
        scan: the program that looks at each file handed in; empty for none.
        data_dir: where files are kept; a temporary folder when None.
        mailing: how the link for a forgotten password leaves; None offers none.
        single_sign_on: the office's OpenID Connect provider; None offers passwords alone.
        place: what the administrators' page is to examine beside database and engine.
        decoding: what decrypts for the pages of Temporal's UI; None answers none.
    """

    clock: ClockGuard | None = None
    disks: tuple[Path, ...] = ()
    base_url: str = ""
    webhook_allow: frozenset[str] = frozenset()
    closing: threading.Event = field(default_factory=threading.Event)
    scan: tuple[str, ...] = ()
    data_dir: Path | None = None
    mailing: Mailing | None = None
    single_sign_on: SingleSignOn | None = None
    decoding: Decoding | None = None
    place: Place = field(default_factory=Place)


def create_app(
    office: Office, temporal_client: TemporalClient, around: Surroundings | None = None, *, at_once: bool = False
) -> ASGIApp:
    """Build the application.

    Args:
        temporal_client: gives the client of Temporal, connecting when need be; raises RuntimeError while it cannot.
        at_once: build every part now, as a process does that will run for long, and not with the first request for it.
    """
    around = around or Surroundings()
    kept_in = around.data_dir or Path(tempfile.mkdtemp(prefix="dondoc-"))
    machine = Machine(around.clock or ClockGuard(), around.disks)
    app = FastAPI(title="Đôn Đốc", docs_url=None, redoc_url=None, openapi_url=None)
    health = Health(office, temporal_client, machine)
    add = partial(_add, app)
    add(health_routes(health))
    add(metrics_routes(office, health, machine))
    files = FileStore(kept_in / "attachments", around.scan)
    client = _client_or_none(temporal_client)
    desk = DeskOfProcess(office, client)
    add(sign_in_routes(office, forgotten=around.mailing is not None, provider=around.single_sign_on is not None))
    add(code_routes(office))
    if around.mailing is not None:
        add(forgotten_routes(office, around.mailing))
    if around.single_sign_on is not None:
        add(single_sign_on_routes(office, around.single_sign_on, around.base_url))
    add(own_account_routes(office))
    add(second_factor_routes(office))
    add(work_routes(office, desk))
    add(listing_routes(office))
    add(directive_routes(office, desk, files))
    add(board_routes(office))
    add(meeting_routes(office))
    add(inbox_routes(office, around.base_url))
    add(token_routes(office, around.base_url))
    api = partial(
        create_api,
        office,
        client,
        desk,
        files,
        base_url=around.base_url,
        webhook_allow=around.webhook_allow,
        closing=around.closing,
    )
    add(preferences_routes(office))
    watch = EngineWatch(temporal_client)
    add(live_routes(office, Pulse(office, watch, around.closing)))
    app.add_middleware(EngineNoted, watch=watch)
    app.add_middleware(BoundedBodies)
    add(register_routes(office, client))
    reviews = Reviews(office, kept_in / "uploads")
    add(import_routes(reviews, client))
    add(import_row_routes(reviews))
    add(operation_routes(office))
    examination = Examination(office, temporal_client, machine, around.place)
    administration = partial(admin_routes, office, health, examination, around.webhook_allow)
    later = (Later("/api", api), Later("/admin", administration))
    app.router.routes.extend(later)
    if at_once:
        for part in later:
            part.build()
    add(help_routes(office))
    if around.decoding is not None:
        add(codec_routes(office, around.decoding))
    app.mount("/static", Assets(directory=STATIC))
    app.add_exception_handler(SignInNeeded, _to_sign_in)
    app.add_exception_handler(PasswordChangeNeeded, _to_password)
    app.add_exception_handler(SecondFactorNeeded, _to_second_factor)
    app.add_exception_handler(Refused, _page_refused(office))
    app.add_exception_handler(HTTPException, _refused)
    for away in DATABASE_AWAY:
        app.add_exception_handler(away, told_away)
    app.add_exception_handler(Exception, _broken)
    app.add_middleware(NeverHanging, engine=office.engine)  # the last one added is the outermost
    trusted = {DECODE_PATH: around.decoding.origin} if around.decoding is not None else {}
    return SecurityHeaders(SameOriginOnly(app, trusted))


def _add(app: FastAPI, router: APIRouter) -> None:
    """Let the application have these routes as they are; to include a router builds each of its routes once more."""
    app.router.routes.extend(router.routes)


def _client_or_none(temporal_client: TemporalClient) -> Callable[[], Awaitable[Client | None]]:
    async def client() -> Client | None:
        try:
            return await temporal_client()
        except RuntimeError:
            return None

    return client


async def _to_sign_in(_request: Request, problem: Exception) -> Response:
    wanted = problem.wanted if isinstance(problem, SignInNeeded) else "/"
    return RedirectResponse(sign_in_address(wanted), 303)


async def _to_password(_request: Request, _problem: Exception) -> Response:
    return RedirectResponse("/password", 303)


async def _to_second_factor(_request: Request, _problem: Exception) -> Response:
    return RedirectResponse("/second-factor", 303)


def _page_refused(office: Office) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def refused(request: Request, problem: Exception) -> Response:
        if not isinstance(problem, Refused):
            raise problem
        whoever = partial(reader_of, may_have_old_password=True, may_lack_second_factor=True)
        reader = await asyncio.to_thread(whoever, request, office)
        told = refusal_sentence(problem.code, problem.data, language_of(request), reader.directory)
        status = _STATUSES.get(problem.code, 409)
        return page("message.html", reader.language, reader, MessageView(told), status=status)

    return refused


async def _refused(_request: Request, problem: Exception) -> JSONResponse:
    status = problem.status_code if isinstance(problem, HTTPException) else 400
    headers = problem.headers if isinstance(problem, HTTPException) else None
    return _problem(status, _SENTENCES.get(status, _OTHER), dict(headers or {}))


async def _broken(request: Request, problem: Exception) -> JSONResponse:
    log.error("request_broke", route=route_of(request.scope), problem=type(problem).__name__)
    return _problem(500, _BROKEN, {})


def _problem(status: int, msgid: str, headers: dict[str, str]) -> JSONResponse:
    """An error as RFC 9457 has it."""
    return JSONResponse(
        {"type": "about:blank", "status": status, "title": sentence(msgid, Language.VI)},
        status,
        headers=headers,
        media_type=PROBLEM_JSON,
    )
