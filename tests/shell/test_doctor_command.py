from pathlib import Path

import pytest
from office_fixture import Desk, run_dondoc

from embedded.failures import EmbeddedFailure
from embedded.locate import keep_failure
from shell import doctor


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SMTP_URL", "TEMPORAL_ADDRESS", "DATABASE_URL", "CLOCK", "PUBLIC_URL", "OTLP_ENDPOINT"):
        monkeypatch.delenv(f"DONDOC_{name}", raising=False)


SETTINGS = ("examples", "clock_setting", "permissions", "public_url", "tls", "webhook_allow")
"""Checks of what is set, where nothing is."""


def verdicts(told: dict[str, list[dict[str, object]]]) -> dict[object, object]:
    assert all(set(check) == {"name", "ok", "sentence"} for check in told["checks"])
    assert len({check["name"] for check in told["checks"]}) == len(told["checks"])
    return {check["name"]: check["ok"] for check in told["checks"]}


def test_where_nothing_is_doctor_says_so_and_makes_nothing(tmp_path: Path) -> None:
    told = run_dondoc(doctor, tmp_path / "data", "doctor", "--json")

    assert told.code == 1
    found = verdicts(told.json)
    assert found == {
        "settings": True,
        "folder": False,
        "system": False,
        "database": False,
        "temporal": False,
        "worker": False,
        "smtp": True,
        **dict.fromkeys(SETTINGS, True),
        "accounts": True,
    }
    assert not (tmp_path / "data").exists()


def test_where_data_are_and_nothing_runs_only_what_should_run_is_missing(desk: Desk) -> None:
    told = desk.dondoc(doctor, "doctor", "--json")

    assert told.code == 1
    found = verdicts(told.json)
    assert [name for name, ok in found.items() if not ok] == ["system", "temporal", "worker"]
    assert set(found) == {
        *("settings", "folder", "disk", "system", "database", "schema", "ledger_triggers", "clock", "moments"),
        *("commands", "starts", "data", "outbox", "undelivered", "webhooks", "posts", "addresses", "absences"),
        *("calendar", "policy", "temporal", "worker", "smtp", *SETTINGS, "accounts"),
    }


def test_a_person_reads_a_line_for_each_check(desk: Desk) -> None:
    told = desk.dondoc(doctor, "doctor")

    lines = told.out.splitlines()
    assert lines[0] == "Việc\tKết quả\tChi tiết"
    assert "settings\tổn\tCài đặt đọc được." in lines
    assert "temporal\tKHÔNG ỔN\tBộ máy chưa chạy. Chạy “dondoc up”." in lines


def test_the_reason_for_which_the_last_system_gave_up_is_told(desk: Desk) -> None:
    (desk.data / "run").mkdir()
    keep_failure(desk.data / "run", EmbeddedFailure("Không còn cổng nào trống trên máy này để chạy Temporal."))

    told = desk.dondoc(doctor, "doctor", "--json")

    [system] = [check for check in told.json["checks"] if check["name"] == "system"]
    assert system["sentence"] == (
        "Lần chạy trước đã dừng vì trục trặc: Không còn cổng nào trống trên máy này để chạy Temporal."
    )


def test_a_bad_setting_is_named_and_nothing_else_is_looked_at(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONDOC_TEMPORAL_ADDRESS", "nhầm")

    told = desk.dondoc(doctor, "doctor", "--json")

    assert told.code == 1
    assert verdicts(told.json) == {"settings": False}
    assert "DONDOC_TEMPORAL_ADDRESS" in told.out


def test_a_temporal_that_does_not_answer_is_named_with_its_address(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONDOC_TEMPORAL_ADDRESS", "127.0.0.1:1")

    told = desk.dondoc(doctor, "doctor")

    assert "temporal\tKHÔNG ỔN\tTemporal ở 127.0.0.1:1 không trả lời. Kiểm tra" in told.out
    assert "accounts" not in told.out


def test_a_database_that_is_none_is_a_finding_and_no_crash(desk: Desk) -> None:
    desk.office.engine.dispose()
    for file in desk.data.glob("dondoc.db*"):
        file.unlink()
    (desk.data / "dondoc.db").write_bytes(b"khong phai co so du lieu" * 100)

    told = desk.dondoc(doctor, "doctor", "--json")

    assert verdicts(told.json)["database"] is False
    assert "file is not a database" in told.out


def test_a_directive_that_cannot_even_be_read_is_a_finding_and_no_crash(desk: Desk) -> None:
    desk.register("NV-1", "2026-03-02 09:00")
    desk.sql("UPDATE directive SET state = 'x', next_at = '0000-hỏng'")

    told = desk.dondoc(doctor, "doctor", "--json")

    assert told.code == 1
    assert verdicts(told.json)["data"] is False
    assert "đứng yên: NV-1." in told.out
