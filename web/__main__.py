"""Wires the web part and runs it: `python -m web`. Everything it needs comes from the settings."""

import asyncio
import os
import shlex
import signal
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

import structlog
import uvicorn
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp
from temporalio.client import Client

from activities.clock_guard import ClockGuard
from activities.transports import transport_for
from database.engine import DATABASE_AWAY
from documents.language import N_, Language, sentence
from models.engine_link import EngineLink
from models.second_factor import ROLES_WITH
from services.forgotten_password import Mailing
from services.key_guard import require_keys
from services.logs import configure_logging
from services.memory import settle_in
from services.office import Office
from services.openid_provider import Provider
from services.payload_encryption import EncryptingCodec, PayloadRefused
from services.single_sign_on import ClaimNames, SingleSignOn
from services.temporal import connect_by, logging_runtime
from services.tracing import begin_tracing, end_tracing
from services.troubles import disks_of
from settings import Settings, SettingsRefused, load_settings
from web.app import Surroundings, create_app
from web.codec import Decoding
from web.examination import Place
from web.impatient import ImpatientProtocol
from web.pages.single_sign_on import RETURN_PATH
from web.request_ids import RequestIds

STOP_SECONDS = 4
"""How long requests under way may take to end after SIGTERM."""

LOCK_PATIENCE = 5.0
"""Seconds to wait for a locked database: pages must not hang."""

ANSWER_WITHIN = 10.0
"""Seconds that a database server has for one statement of a page; whoever waited has been told long before."""

CONNECT_WITHIN = 5.0
"""Seconds for a connection to Temporal."""

WAITING_CONNECTIONS = 512

log = structlog.get_logger()


class LazyClient:
    """Connects to Temporal when it is first needed, and again until it works; one attempt at a time."""

    def __init__(self, link: EngineLink, office: Office) -> None:
        self._link = link
        self._office = office
        self._client: Client | None = None
        self._connecting = asyncio.Lock()

    async def __call__(self) -> Client:
        """The client; later failures of the connection it mends itself.

        Raises:
            RuntimeError: Temporal cannot be reached, or nobody can say whether it may be written to in clear.
        """
        async with self._connecting:
            if self._client is None:
                try:
                    async with asyncio.timeout(CONNECT_WITHIN):
                        await asyncio.to_thread(require_keys, self._office, self._link.keys)
                        self._client = await connect_by(self._link, logging_runtime())
                except TimeoutError:
                    raise RuntimeError("Temporal does not answer") from None
                except (*DATABASE_AWAY, PayloadRefused) as problem:
                    raise RuntimeError(str(problem)) from problem
            return self._client


class StoppableServer(uvicorn.Server):
    """Ends the open streams when it is asked to stop; they would never end by themselves."""

    closing = threading.Event()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take the signal to stop."""
        self.closing.set()
        super().handle_exit(sig, frame)


def listen(host: str, port: int) -> socket.socket:
    """Open the port.

    Raises:
        OSError: it is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=WAITING_CONNECTIONS)


Around = Callable[[ASGIApp, Office], ASGIApp]
"""Puts something around the application; a measurement adds a page of its own."""


def _as_it_is(app: ASGIApp, _office: Office) -> ASGIApp:
    return app


def run(settings: Settings, listening: socket.socket, around: Around = _as_it_is) -> None:
    """Answer until SIGTERM or SIGINT."""
    office = Office.at(settings.database_url, LOCK_PATIENCE, ANSWER_WITHIN)
    office.second_factor_of = ROLES_WITH[settings.second_factor]
    link = settings.engine_link()
    client = LazyClient(link, office)
    run_dir = settings.data_dir / "run"
    clock = ClockGuard.kept_in(run_dir / "clock") if run_dir.is_dir() else ClockGuard()
    disks = disks_of(settings.data_dir, _sqlite_file(office))
    transport = transport_for(settings.smtp_url, settings.data_dir / "mail")
    mailing = Mailing(transport, settings.mail_from, settings.public_url)
    closing = threading.Event()
    application = create_app(
        office,
        client,
        Surroundings(
            clock=clock,
            disks=disks,
            base_url=settings.public_url,
            webhook_allow=frozenset(settings.webhook_allow),
            closing=closing,
            scan=tuple(shlex.split(settings.scan_command)),
            data_dir=settings.data_dir,
            mailing=mailing,
            single_sign_on=single_sign_on_of(settings),
            decoding=decoding_of(link, settings.codec_origin),
            place=Place(settings.data_dir, settings.temporal_address, settings.smtp_url),
        ),
        at_once=True,
    )
    server = StoppableServer(server_config(RequestIds(around(application, office)), settings.trusted_proxies))
    server.closing = closing
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn stops at the first, restores what stood here and sends the signal again: then it does nothing.
        signal.signal(number, _nothing)
    settle_in()
    log.info("web_started", host=settings.web_host, port=settings.web_port)
    server.run(sockets=[listening])
    log.info("web_stopped")


def server_config(app: ASGIApp, trusted_proxies: tuple[str, ...]) -> uvicorn.Config:
    """How uvicorn serves the application.

    Args:
        trusted_proxies: from whom alone it is believed for whom, and whether over TLS, a request is passed on.
    """
    return uvicorn.Config(
        app,
        http=ImpatientProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=STOP_SECONDS,
        forwarded_allow_ips=list(trusted_proxies),
    )


def single_sign_on_of(settings: Settings) -> SingleSignOn | None:
    """The office's single sign-on, where one is set."""
    if not settings.oidc_issuer:
        return None
    secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else ""
    provider = Provider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=secret,
        scopes=settings.oidc_scopes,
        return_address=f"{settings.public_url}{RETURN_PATH}",
    )
    names = ClaimNames(settings.oidc_person_claim, settings.oidc_agency_claim, settings.oidc_role_claim)
    return SingleSignOn(provider, names)


def decoding_of(link: EngineLink, origin: str) -> Decoding | None:
    """What decrypts for Temporal's UI, where an office encrypts and names that UI."""
    return Decoding(EncryptingCodec(link.keys), origin) if link.keys and origin else None


def keys_refused(settings: Settings) -> PayloadRefused | None:
    """Why this process may not write to Temporal, where the database says so in time; else it is asked again then."""
    asking = ThreadPoolExecutor(1)
    office = Office.at(settings.database_url, LOCK_PATIENCE)
    try:
        asking.submit(require_keys, office, settings.payload_keys).result(LOCK_PATIENCE)
    except PayloadRefused as refused:
        return refused
    except (SQLAlchemyError, TimeoutError):
        return None
    finally:
        asking.shutdown(wait=False, cancel_futures=True)
    office.engine.dispose()
    return None


def _sqlite_file(office: Office) -> str | None:
    return office.engine.url.database if office.engine.dialect.name == "sqlite" else None


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """Let a signal pass."""


def main(around: Around = _as_it_is) -> int:
    """Run the web part; returns the exit code."""
    try:
        settings = load_settings()
    except SettingsRefused as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    configure_logging(settings.log_format, level=settings.log_level)
    try:
        listening = listen(settings.web_host, settings.web_port)
    except OSError as fault:
        message = sentence(
            N_("Không mở được cổng {port} trên {host}: {fault}. Chọn cổng khác bằng DONDOC_WEB_PORT."),
            Language.VI,
            port=settings.web_port,
            host=settings.web_host,
            fault=fault.strerror or type(fault).__name__,
        )
        sys.stderr.write(f"{message}\n")
        return 1
    if (why := keys_refused(settings)) is not None:
        sys.stderr.write(f"{why}\n")
        return 1
    begin_tracing(settings.otlp_endpoint, "dondoc-web")
    run(settings, listening, around)
    end_tracing()
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the SDK's threads may crash an interpreter that winds down
