"""Dashboard, alert rules and docs name only figures that /metrics tells; each alert has its line of what to do."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from office_fixture import Desk
from prometheus_client.parser import text_string_to_metric_families
from temporal_server import free_port
from temporalio.client import Client

from activities.clock_guard import ClockGuard
from activities.doorkeeper import Passed
from activities.mail_run import Tried
from models.engine import CommitRequest
from models.refusal import Code
from services.counted import REFUSED
from services.temporal import logging_runtime
from services.worker_measures import WorkerMeasures
from web.app import Surroundings, create_app

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
RULES_FILE = ROOT / "deploy" / "prometheus" / "dondoc.rules.yml"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(RULES_FILE.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]
]
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy" / "grafana" / "dondoc.json").read_text(encoding="utf-8"))
NAME = re.compile(r"\b(?:dondoc|temporal)_[a-z_]+\b")
OF_A_BUSY_WORKER = {"temporal_worker_task_slots_available", "temporal_worker_task_slots_used"}
"""What the SDK tells once a worker polls: tests/observability sees it there."""


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


@pytest.fixture
async def told(desk: Desk) -> set[str]:
    """The names of everything that web and worker tell."""
    REFUSED.labels(Code.WRONG_STATE.value).inc()
    application = create_app(desk.office, no_temporal, Surroundings(clock=ClockGuard(), disks=(desk.data,)))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(application), base_url="http://x") as client:
        web = (await client.get("/metrics", timeout=60)).text
    address = f"127.0.0.1:{free_port()}"
    measures = WorkerMeasures(logging_runtime(address).metric_meter)
    now = desk.office.now()
    measures.passed(Passed(CommitRequest(directive="x", after_seq=0, after_hash="", now=now), None, 0, 1))
    measures._late.record(0.0)
    measures.tried(Tried(1, 1, "sent", 0, 1))
    measures.refused(Code.WRONG_STATE)
    async with httpx2.AsyncClient() as client:
        worker = (await client.get(f"http://{address}/metrics", timeout=30)).text
    return {
        sample.name
        for text in (web, worker)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    } | OF_A_BUSY_WORKER


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in RULES)
    yield from (target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ()))


async def test_every_figure_of_dashboard_and_rules_is_told(told: set[str]) -> None:
    named = {name for expression in expressions() for name in NAME.findall(expression)}

    assert len(named) > 20
    assert named - told == set()


async def test_every_figure_of_ours_stands_in_the_docs(told: set[str]) -> None:
    ours = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in told if name.startswith("dondoc_")}
    endings = tuple(re.findall(r"`(_[a-z_]+)", OPERATIONS))

    assert {name for name in ours if f"`{name}" not in OPERATIONS and not name.endswith(endings)} == set()


def test_every_alert_says_how_urgent_it_is_and_has_its_line_of_what_to_do() -> None:
    names = [rule["alert"] for rule in RULES]

    assert len(names) == len(set(names)) >= 12
    for rule in RULES:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["runbook_url"] == f"docs/operations.md#{rule['alert'].lower()}"
        assert re.search(rf'<a id="{rule["alert"].lower()}"></a>`{rule["alert"]}` \| \S', OPERATIONS)
    assert set(re.findall(r"</a>`(Dondoc\w+)`", OPERATIONS)) == set(names)


def test_the_dashboard_can_be_loaded() -> None:
    panels = DASHBOARD["panels"]

    assert DASHBOARD["schemaVersion"] >= 36
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [panel["gridPos"] for panel in panels]
    assert all(place["x"] >= 0 and place["x"] + place["w"] <= 24 and place["h"] > 0 for place in places)
    cells = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]
    assert len(cells) == len(set(cells)), "panels lie over each other"
    assert all(panel["type"] in ("row", "stat", "timeseries") for panel in panels)
    assert {panel["datasource"]["uid"] for panel in panels if "datasource" in panel} == {"${datasource}"}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool comes with Debian's package prometheus")
def test_promtool_finds_no_fault_and_the_rules_ring_when_they_should() -> None:
    for words in (
        ("check", "rules", str(RULES_FILE)),
        ("check", "config", str(RULES_FILE.with_name("prometheus.example.yml"))),
        ("test", "rules", str(Path(__file__).with_name("dondoc.rules.test.yml"))),
    ):
        done = subprocess.run(["promtool", *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
