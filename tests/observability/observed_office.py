"""A worker and a web part in processes of their own, as talkative as they can be, and who receives what they tell."""

import contextlib
import datetime as dt
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from builders import local
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from real_office import Mailbox
from sqlalchemy import text

from database.engine import open_engine, reading, writing
from database.reference import write_setting
from services.office import Office

ROOT = Path(__file__).resolve().parents[2]
CANARY = "BiMaT7Chim"
"""Stands in everything that is secret or somebody's own; the logs are searched for it in any case."""

NOW = "Wed 2026-03-04 09:00"


@dataclass(frozen=True)
class Span:
    """A span as it came over the wire."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, str]
    began: int
    ended: int


@dataclass
class Collector:
    """An OTLP/HTTP receiver that keeps what it gets."""

    spans: list[Span] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    @contextlib.contextmanager
    def open(self) -> Iterator[str]:
        keep = self._keep

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                keep(self.path, self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}"
            finally:
                server.shutdown()
                thread.join()

    def _keep(self, path: str, body: bytes) -> None:
        assert path == "/v1/traces"
        self.raw.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            named = {one.key: one.value.string_value for one in resource.resource.attributes}
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans.append(
                        Span(
                            service=named["service.name"],
                            name=span.name,
                            trace=span.trace_id.hex(),
                            id=span.span_id.hex(),
                            parent=span.parent_span_id.hex(),
                            attributes={
                                one.key: one.value.string_value or str(one.value.int_value) for one in span.attributes
                            },
                            began=span.start_time_unix_nano,
                            ended=span.end_time_unix_nano,
                        )
                    )

    def in_trace(self, trace: str) -> list[Span]:
        return [span for span in self.spans if span.trace == trace]


@dataclass
class ObservedOffice:
    """One office on a database of its own, its two processes and what they told."""

    folder: Path
    office: Office
    temporal_address: str
    mailbox: Mailbox
    collector: Collector
    web_port: int
    metrics_port: int
    endpoint: str
    database_url: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    def environment(self, **settings: str) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("DONDOC_", "OTEL_"))}
        return {
            **clean,
            "DONDOC_DATA_DIR": str(self.folder),
            "DONDOC_DATABASE_URL": self.database_url,
            "DONDOC_TEMPORAL_ADDRESS": self.temporal_address,
            "DONDOC_SMTP_URL": f"smtp://127.0.0.1:{self.mailbox.port}",
            "DONDOC_MAIL_FROM": "Đôn Đốc <dondoc@quangngai.example>",
            "DONDOC_PUBLIC_URL": self.url,
            "DONDOC_WEB_PORT": str(self.web_port),
            "DONDOC_LOG_FORMAT": "json",
            "DONDOC_LOG_LEVEL": "debug",
            "DONDOC_WORKER_METRICS_ADDRESS": f"127.0.0.1:{self.metrics_port}",
            "DONDOC_OTLP_ENDPOINT": self.endpoint,
            **settings,
        }

    @contextlib.contextmanager
    def running(self, *parts: str) -> Iterator[None]:
        """Let parts run, each writing its log into a file."""
        with contextlib.ExitStack() as stack:
            for part in parts:
                log = stack.enter_context((self.folder / f"{part}.log").open("ab"))
                process = subprocess.Popen(
                    [sys.executable, "-P", "-m", part], env=self.environment(), stdout=log, stderr=log, cwd=ROOT
                )
                stack.callback(process.wait, 30)
                stack.callback(process.terminate)
            yield

    def log(self, part: str) -> str:
        return (self.folder / f"{part}.log").read_text(encoding="utf-8")

    def lines(self, part: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log(part).splitlines()]

    def sql(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        with writing(self.office.engine) as connection:
            found = connection.execute(text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []

    def ask(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        with reading(self.office.engine) as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    def is_ready(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/readyz", timeout=10).status_code == 200
        except httpx2.HTTPError:
            return False


def eventually(reached: Callable[[], object], what: str, seconds: float = 120) -> None:
    give_up_at = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < give_up_at, f"it did not come: {what}"
        time.sleep(0.1)


def free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in found:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in found]


@contextlib.contextmanager
def observed_office(folder: Path, database_url: str, temporal_address: str) -> Iterator[ObservedOffice]:
    """The office on a Wednesday morning; nothing runs yet but who receives."""
    (folder / "run").mkdir(parents=True)
    office = Office(open_engine(database_url))
    with writing(office.engine) as connection:
        shift = (local(NOW) - dt.datetime.now(dt.UTC)).total_seconds()
        write_setting(connection, "clock_shift", str(shift))
    mail, web, metrics = free_ports(3)
    mailbox, collector = Mailbox(mail), Collector()
    with mailbox.open(), collector.open() as endpoint:
        yield ObservedOffice(folder, office, temporal_address, mailbox, collector, web, metrics, endpoint, database_url)
    office.engine.dispose()
