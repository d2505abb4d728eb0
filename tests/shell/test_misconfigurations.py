"""Every misconfiguration that docs/operations.md names is made for real; `dondoc doctor` names it and what to do."""

import asyncio
import contextlib
import datetime as dt
import http.server
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from office_fixture import Desk, run_dondoc
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from services.standing_workflows import STANDING, ensure_standing_workflows
from services.temporal import connect
from settings import Settings
from shell import doctor

OPERATIONS = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
NOT_RUNNING = {"system", "temporal", "worker"}
"""Fail because nothing runs in these tests."""

NOBODY = "127.0.0.1:1"


@dataclass
class Trial:
    """An office in order, and everything that a case can do to it."""

    desk: Desk
    data: Path
    listening: str
    set: Callable[[str, str], None]
    database_url: str | None = None
    folders: list[Path] = field(default_factory=list)

    def examined(self) -> dict[str, Any]:
        url = self.database_url or self.desk.office.engine.url.render_as_string(hide_password=False)
        told = run_dondoc(doctor, self.data, "doctor", "--json", database_url=url)
        return {one["name"]: one["sentence"] for one in told.json["checks"] if not one["ok"]}


@pytest.fixture
def trial(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trial]:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"DONDOC_{name.upper()}", raising=False)
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Silent))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stack.callback(server.shutdown)
        yield (
            found := Trial(
                desk=desk,
                data=desk.data,
                listening=f"127.0.0.1:{server.server_port}",
                set=lambda name, value: monkeypatch.setenv(f"DONDOC_{name}", value),
            )
        )
        for folder in found.folders:
            shutil.rmtree(folder)


class Silent(http.server.BaseHTTPRequestHandler):
    """A program that takes connections and is none of ours."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"something_else 1\n")

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def mails_leave(trial: Trial, url: str = "") -> None:
    trial.set("SMTP_URL", url or f"smtp://{trial.listening}")
    trial.set("MAIL_FROM", "dondoc@quangngai.gov.vn")
    trial.set("PUBLIC_URL", "https://dondoc.quangngai.gov.vn")


def settings(trial: Trial) -> None:
    trial.set("WEB_PORT", "http")


def examples(trial: Trial) -> None:
    trial.set("SECRET_KEY", "CHANGE-ME-to-40-letters-of-your-own-making")


def folder(trial: Trial) -> None:
    trial.data = trial.data.parent / "elsewhere"


def permissions(trial: Trial) -> None:
    trial.data = Path(tempfile.mkdtemp(prefix="dondoc-open-", dir="/tmp"))
    trial.folders.append(trial.data)
    trial.data.chmod(0o755)


def database(trial: Trial) -> None:
    trial.database_url = f"postgresql://dondoc@{NOBODY}/dondoc"


def schema(trial: Trial) -> None:
    trial.desk.sql("UPDATE alembic_version SET version_num = '0001'")


def ledger_triggers(trial: Trial) -> None:
    trial.desk.tamper()


def calendar(trial: Trial) -> None:
    trial.desk.time_is("Mon 2027-01-04 10:00")


def changed(trial: Trial, *statements: str) -> None:
    trial.desk.sql(*statements, "UPDATE revision SET number = number + 1")


def posts(trial: Trial) -> None:
    changed(trial, "DELETE FROM post WHERE position = 'chairman'")


def addresses(trial: Trial) -> None:
    changed(trial, "UPDATE person SET email = '' WHERE code = 'truong.syt'")


def absences(trial: Trial) -> None:
    changed(
        trial,
        "INSERT INTO absence (person, deputy, valid_from, valid_until) "
        "VALUES ('truong.stp', NULL, '2026-03-02', '2026-03-06')",
    )


def temporal(trial: Trial) -> None:
    trial.set("TEMPORAL_ADDRESS", NOBODY)


def smtp(trial: Trial) -> None:
    mails_leave(trial, f"smtp://{NOBODY}")


def smtp_tls(trial: Trial) -> None:
    mails_leave(trial, "smtp://dondoc:mat-khau@mail.invalid:25?plain=yes")


def mail_from(trial: Trial) -> None:
    mails_leave(trial)
    trial.set("MAIL_FROM", "Đôn Đốc <dondoc@localhost>")


def public_url(trial: Trial) -> None:
    mails_leave(trial)
    trial.set("PUBLIC_URL", "http://127.0.0.1:8000")


def tls(trial: Trial) -> None:
    trial.set("PUBLIC_URL", "http://dondoc.quangngai.gov.vn")


def webhook_allow(trial: Trial) -> None:
    trial.set("WEBHOOK_ALLOW", "10.1.2.0/24, 0.0.0.0/0")


def scan_command(trial: Trial) -> None:
    trial.set("SCAN_COMMAND", "khong-co-chuong-trinh --quet")


def clock_setting(trial: Trial) -> None:
    trial.set("CLOCK", "+3600")


def single_sign_on(trial: Trial) -> None:
    trial.set("OIDC_ISSUER", f"http://{NOBODY}")
    trial.set("OIDC_CLIENT_ID", "dondoc")


def tracing(trial: Trial) -> None:
    trial.set("OTLP_ENDPOINT", f"http://{NOBODY}")


def metrics(trial: Trial) -> None:
    trial.set("WORKER_METRICS_ADDRESS", NOBODY)


def metrics_of_another(trial: Trial) -> None:
    trial.set("WORKER_METRICS_ADDRESS", trial.listening)


CASES: list[tuple[str, Callable[[Trial], None], str, set[str]]] = [
    ("settings", settings, "DONDOC_WEB_PORT phải là số cổng từ 1 đến 65535", set()),
    ("examples", examples, "DONDOC_SECRET_KEY còn giữ giá trị mẫu", NOT_RUNNING),
    ("folder", folder, "Chạy “dondoc up”", NOT_RUNNING),
    ("permissions", permissions, "Chạy “chmod 700", NOT_RUNNING),
    ("database", database, "Kiểm tra DONDOC_DATABASE_URL", NOT_RUNNING),
    ("schema", schema, "Chạy “dondoc up” để nâng cấp", NOT_RUNNING),
    ("ledger_triggers", ledger_triggers, "Khôi phục từ bản sao lưu", NOT_RUNNING),
    ("calendar", calendar, "chạy “dondoc calendar confirm 2027”", NOT_RUNNING),
    ("posts", posts, "“dondoc directory load”", NOT_RUNNING),
    ("addresses", addresses, "Ghi địa chỉ thư của họ vào danh bạ", NOT_RUNNING),
    ("absences", absences, "“dondoc directory absent”", NOT_RUNNING),
    ("temporal", temporal, "Kiểm tra DONDOC_TEMPORAL_ADDRESS", {"worker"}),
    ("smtp", smtp, "Kiểm tra DONDOC_SMTP_URL", NOT_RUNNING),
    ("smtp_tls", smtp_tls, "Dùng smtp+starttls:// hoặc smtps://", NOT_RUNNING | {"smtp"}),
    ("mail_from", mail_from, "Đặt DONDOC_MAIL_FROM", NOT_RUNNING),
    ("public_url", public_url, "Đặt DONDOC_PUBLIC_URL", NOT_RUNNING),
    ("tls", tls, "Đặt máy chủ TLS đứng trước", NOT_RUNNING),
    ("webhook_allow", webhook_allow, "hẹp trong DONDOC_WEBHOOK_ALLOW", NOT_RUNNING),
    ("scan_command", scan_command, "sửa DONDOC_SCAN_COMMAND", NOT_RUNNING),
    ("clock_setting", clock_setting, "Bỏ DONDOC_CLOCK", NOT_RUNNING),
    ("single_sign_on", single_sign_on, "Kiểm tra DONDOC_OIDC_ISSUER", NOT_RUNNING),
    ("tracing", tracing, "sửa DONDOC_OTLP_ENDPOINT", NOT_RUNNING),
    ("metrics", metrics, "sửa DONDOC_WORKER_METRICS_ADDRESS", NOT_RUNNING),
    ("metrics", metrics_of_another, "một chương trình khác trả lời", NOT_RUNNING),
]
OF_THE_ENGINE = {"namespace", "search_attributes", "schedules", "worker"}


@pytest.mark.parametrize(
    ("name", "misconfigure", "what_to_do", "besides"), CASES, ids=[case[1].__name__ for case in CASES]
)
def test_a_misconfiguration_is_named_alone_with_what_to_do(
    trial: Trial, name: str, misconfigure: Callable[[Trial], None], what_to_do: str, besides: set[str]
) -> None:
    misconfigure(trial)

    found = trial.examined()

    assert set(found) == {name} | besides
    assert what_to_do in found[name]


def test_an_office_in_order_fails_in_nothing_but_that_nothing_runs(trial: Trial) -> None:
    mails_leave(trial)

    assert set(trial.examined()) == NOT_RUNNING


async def a_namespace(address: str, name: str) -> Client:
    """A namespace of this test's own; the server takes a while to know it everywhere."""
    client = await connect(address, name)
    day = Duration(seconds=int(dt.timedelta(days=1).total_seconds()))
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace=name, workflow_execution_retention_period=day)
    )
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at:
        with contextlib.suppress(RPCError):
            await client.count_workflows("")
            return client
    raise AssertionError("the namespace does not come")


@pytest.mark.server
async def test_what_temporal_lacks_is_named_with_what_to_do(trial: Trial, temporal_address: str) -> None:
    trial.set("TEMPORAL_ADDRESS", temporal_address)
    trial.set("TEMPORAL_NAMESPACE", "khong-co")
    without_namespace = await asyncio.to_thread(trial.examined)
    assert set(without_namespace) == {"namespace", "worker"}
    assert "sửa DONDOC_TEMPORAL_NAMESPACE" in without_namespace["namespace"]

    client = await a_namespace(temporal_address, "phong-kham")
    trial.set("TEMPORAL_NAMESPACE", "phong-kham")
    empty = await asyncio.to_thread(trial.examined)
    assert set(empty) == {"search_attributes", "schedules", "worker"}
    assert "DondocStatus" in empty["search_attributes"]
    assert "Khởi động lại worker" in empty["search_attributes"]
    assert "Khởi động lại worker" in empty["schedules"]
    assert "Khởi động worker" in empty["worker"]

    await ensure_standing_workflows(client)
    dispatch = client.get_schedule_handle("dispatch")
    await dispatch.pause()
    paused = await asyncio.to_thread(trial.examined)
    assert set(paused) == {"schedules", "worker"}
    assert "--unpause --schedule-id dispatch" in paused["schedules"]

    await dispatch.unpause()
    assert set(await asyncio.to_thread(trial.examined)) == {"worker"}
    for standing in STANDING:
        await client.get_schedule_handle(standing.id).delete()


def test_each_misconfiguration_of_the_docs_has_its_check_and_each_case_stands_there() -> None:
    part = re.search(r"^## What doctor finds\n(.*?)(?=^## |\Z)", OPERATIONS, re.MULTILINE | re.DOTALL)
    assert part is not None

    named = re.findall(r"^\| `(\w+)` \|", part[1], re.MULTILINE)

    assert len(named) == len(set(named)) >= 15
    assert set(named) == {case[0] for case in CASES} | OF_THE_ENGINE
