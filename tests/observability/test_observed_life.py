"""What worker and web tell of a life, read from outside: their logs, their figures, and the traces of acts."""

import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
from databases import fresh_database
from observed_office import CANARY, ObservedOffice, Span, eventually, observed_office
from prometheus_client.parser import text_string_to_metric_families

from services import accounts, tokens

pytestmark = pytest.mark.server

PASSWORD = f"{CANARY}-mat-khau-dai"


@dataclass
class Life:
    """What was done, and what is to be found nowhere."""

    office: ObservedOffice
    code: str = ""
    urged: str = ""
    refused: str = ""
    request: str = ""
    secrets: list[str] = field(default_factory=lambda: [CANARY])
    of_web: str = ""
    of_worker: str = ""
    traced: str = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture(scope="module")
def life(seeded_database: Path, tmp_path_factory: pytest.TempPathFactory, temporal_address: str) -> Iterator[Life]:
    folder = tmp_path_factory.mktemp("observed")
    url = fresh_database(seeded_database, folder / "database")
    with observed_office(folder / "data", url, temporal_address) as office:
        found = Life(office)
        for person in ("truong.syt", "chuyenvien.syt", "vanthu"):
            office.sql(
                "UPDATE person SET name = :name, email = :mail WHERE code = :code",
                name=f"{CANARY} {person}",
                mail=f"{CANARY}.{person}@quangngai.example",
                code=person,
            )
            accounts.add(office.office, person, PASSWORD, must_change=False)
        office.sql("UPDATE revision SET number = number + 1")
        with office.running("worker", "web"):
            eventually(office.is_ready, "the parts are ready")
            live(found)
        yield found


def live(life: Life) -> None:
    """Everything that people write or prove themselves with goes through both processes once."""
    office = life.office
    address = office.url
    with httpx2.Client(base_url=address, headers={"Origin": address}, timeout=60) as browser:
        browser.post("/sign-in", data={"name": "vanthu", "password": f"{CANARY}-falsch"})
        browser.post("/sign-in", data={"name": f"{CANARY}@nobody.example", "password": PASSWORD})
        browser.post("/forgotten", data={"name": f"{CANARY}.truong.syt@quangngai.example"})
        assert browser.post("/sign-in", data={"name": "vanthu", "password": PASSWORD}).status_code == 303
        life.secrets.append(browser.cookies["dondoc"])
        _, secret = tokens.create(office.office, "vanthu", f"{CANARY}", ["read", "write", "events", "admin"])
        life.secrets.append(secret)
        with httpx2.Client(base_url=address, headers={"Authorization": f"Bearer {secret}"}, timeout=60) as program:
            made = program.post(
                "/api/v1/directives",
                json={
                    "content": f"Báo cáo {CANARY}\r\n\x1b[31mđỏ",
                    "lead_agency": "Sở Y tế",
                    "document": {
                        "number": "1/UBND-TH",
                        "date": "02/03/2026",
                        "abstract": f"{CANARY}",
                        "signer": CANARY,
                    },
                },
            )
            assert made.status_code in (200, 201), made.text
            life.code = made.json()["code"]
            eventually(
                lambda: office.ask("SELECT 1 FROM ledger WHERE directive = :code", code=life.code), "it is taken"
            )
            program.get("/api/v1/me", headers={"Authorization": f"Bearer {CANARY}"})
            program.get("/api/v1/directives", params={"text": CANARY})
            commented = program.post(
                f"/api/v1/directives/{life.code}/commands", json={"kind": "comment", "text": f"Ý kiến {CANARY}"}
            )
            assert commented.status_code == 200, commented.text
            program.post(
                "/api/v1/directives", content=f'{{"content": "{CANARY}', headers={"Content-Type": "application/json"}
            )
        life.urged, life.refused = str(uuid.uuid4()), str(uuid.uuid4())
        browser.get(f"/directives?text={CANARY}")
        urged = browser.post(
            f"/directives/{life.code}/do",
            data={"kind": "urge", "id": life.urged, "text": f"Nhắc {CANARY}"},
            headers={"X-Request-ID": "of-nobody-we-trust"},
        )
        assert urged.status_code == 303, urged.text
        life.request = urged.headers["X-Request-ID"]
        refused = browser.post(
            f"/directives/{life.code}/do",
            data={"kind": "accept", "id": life.refused, "text": f"{CANARY}", "reason": CANARY},
            headers={"X-Forwarded-For": "203.0.113.9", "X-Request-ID": "gateway-0001"},
        )
        assert refused.status_code == 409
        assert refused.headers["X-Request-ID"] == "gateway-0001"
        traced = {"X-Forwarded-For": "203.0.113.9", "traceparent": f"00-{life.traced}-00f067aa0ba902b7-01"}
        assert browser.get("/work", headers=traced).headers["X-Request-ID"] == life.traced
        broken = {"X-Forwarded-For": "203.0.113.9", "X-Request-ID": f"{CANARY}\x1b[31m!"}
        browser.get("/sign-in", headers={name: value.encode("latin-1") for name, value in broken.items()})
    poison(life)
    eventually(lambda: any("reset" in str(mail) for mail in office.mailbox.received), "the link for a password")
    eventually(lambda: [one for one in life_mails(office) if "Nhắc" in one], "the mail of the reminder")
    life.of_web = httpx2.get(f"{address}/metrics", timeout=60).text
    eventually(lambda: '"commit_failed"' in office.log("worker"), "the poisoned directive is named in the log")
    life.of_worker = httpx2.get(f"http://127.0.0.1:{office.metrics_port}/metrics", timeout=60).text


def life_mails(office: ObservedOffice) -> list[str]:
    return [mail.get_body(("plain",)).get_content() for mail in office.mailbox.received if mail.get_body(("plain",))]


def poison(life: Life) -> None:
    """A snapshot and a row that this release cannot read, with what somebody wrote in them."""
    office = life.office
    office.sql(
        "INSERT INTO ledger (directive, seq, at, kind, actor, part, data, previous_hash, hash) "
        "SELECT directive, seq + 1, at, 'teleported', actor, 0, :data, hash, 'x' "
        "FROM ledger WHERE directive = :code ORDER BY seq DESC LIMIT 1",
        code=life.code,
        data=json.dumps({"kind": "teleported", "text": CANARY}),
    )
    headers, comment = {"Authorization": f"Bearer {life.secrets[2]}"}, {"kind": "comment", "text": f"Sau đó {CANARY}"}
    httpx2.post(f"{office.url}/api/v1/directives/{life.code}/commands", headers=headers, json=comment, timeout=60)


# --- Logs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["web", "worker"])
def test_no_log_holds_what_people_wrote_who_they_are_or_what_they_prove_themselves_with(life: Life, part: str) -> None:
    log = life.office.log(part)

    assert len(log.splitlines()) > 10
    for secret in life.secrets:
        assert secret.casefold() not in log.casefold(), next(
            line for line in log.splitlines() if secret.casefold() in line.casefold()
        )
    assert "\x1b" not in log


def test_the_lines_of_a_request_bear_its_id_and_lead_to_the_command_and_its_events(life: Life) -> None:
    web, worker = life.office.lines("web"), life.office.lines("worker")
    of_request = [line for line in web if line.get("request") == life.request]

    given = next(line for line in of_request if line["event"] == "command_given")
    answered = next(line for line in of_request if line["event"] == "answered")
    recorded = next(line for line in worker if line.get("command") == life.urged)

    assert (given["command"], given["directive"], given["kind"]) == (life.urged, life.code, "urge")
    assert (answered["route"], answered["status"]) == ("/directives/{code:path}/do", 303)
    assert (recorded["event"], recorded["directive"], recorded["kind"]) == ("recorded", life.code, "urged")
    assert recorded["seq"] > 1


def test_an_id_is_taken_from_who_is_trusted_alone(life: Life) -> None:
    ids = {line["request"] for line in life.office.lines("web") if "request" in line}

    assert {"gateway-0001", life.traced} <= ids
    assert "of-nobody-we-trust" not in ids
    assert not any(CANARY in one for one in ids)


def test_a_refused_command_is_one_line_with_its_code(life: Life) -> None:
    refused = [line for line in life.office.lines("web") if line["event"] == "command_refused"]

    assert [(one["command"], one["code"], one["request"]) for one in refused if one["kind"] == "accept"] == [
        (life.refused, "wrong_state", "gateway-0001")
    ]


def test_what_breaks_is_told_by_its_place_and_kind(life: Life) -> None:
    broken = [line for line in life.office.lines("worker") if line["event"] == "commit_failed"]

    assert broken[0]["directive"] == life.code
    assert "activities/commit.py" in broken[0]["exception"]


# --- Figures ---------------------------------------------------------------------------------------------------------


def figures(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_worker_tells_of_its_commits_its_mails_and_its_places(life: Life) -> None:
    found = figures(life.of_worker)

    assert found["dondoc_commit_seconds_count", (("outcome", "recorded"),)] >= 3
    assert found["dondoc_commit_seconds_count", (("outcome", "failed"),)] >= 1
    assert found["dondoc_mail_send_seconds_count", (("outcome", "sent"),)] >= 1
    slots = {labels for name, labels in found if name == "temporal_worker_task_slots_available"}
    assert {dict(one)["worker_type"] for one in slots} >= {"WorkflowWorker", "LocalActivityWorker"}


def test_the_web_part_tells_of_refusals_by_code_and_of_the_other_parts(life: Life) -> None:
    found = figures(life.of_web)

    assert found["dondoc_commands_refused_total", (("code", "wrong_state"),)] == 1
    assert found["dondoc_temporal_up", ()] == 1
    assert found["dondoc_worker_up", ()] == 1
    assert found["dondoc_check_ok", (("check", "calendar"),)] in (0, 1)


def test_no_figure_has_a_label_that_grows_with_the_office(life: Life) -> None:
    labels = {name for text in (life.of_web, life.of_worker) for _, pairs in figures(text) for name, _ in pairs}

    assert not labels & {"directive", "person", "command", "agency", "request", "recipient"}
    assert CANARY.casefold() not in (life.of_web + life.of_worker).casefold()


# --- Traces ----------------------------------------------------------------------------------------------------------


def spans_of(life: Life, command: str) -> dict[str, Span]:
    """By name, as somebody finds them who knows the command's id and docs/operations.md."""
    trace = hashlib.sha256(f"dondoc trace {command}".encode()).hexdigest()[:32]
    return {span.name: span for span in life.office.collector.in_trace(trace)}


def test_one_trace_leads_from_the_click_by_the_update_and_the_commit_to_the_mail(life: Life) -> None:
    found = spans_of(life, life.urged)

    click, send, commit, mail = (found[name] for name in ("POST /directives/{code:path}/do", "send", "commit", "mail"))
    assert (click.service, send.service, commit.service, mail.service) == (
        *("dondoc-web", "dondoc-web"),
        *("dondoc-worker", "dondoc-worker"),
    )
    assert click.parent == ""
    assert [send.parent, commit.parent, mail.parent] == [click.id, send.id, commit.id]
    assert click.attributes["dondoc.request"] == life.request
    assert commit.attributes["dondoc.event"] == "urged"
    assert click.began <= send.began <= commit.ended <= click.ended <= mail.ended


def test_a_registration_by_the_api_leads_to_its_commit(life: Life) -> None:
    asked = "SELECT id FROM command WHERE directive = :code AND kind = 'register'"
    [(command,)] = life.office.ask(asked, code=life.code)

    found = spans_of(life, command)

    assert {"send", "commit"} <= set(found)
    assert found["commit"].parent == found["send"].id


def test_no_span_holds_what_people_wrote_or_who_they_are(life: Life) -> None:
    told = b"".join(life.office.collector.raw)

    assert len(life.office.collector.spans) > 10
    for secret in life.secrets:
        assert secret.casefold().encode() not in told.lower()
    assert b"truong.syt" not in told
