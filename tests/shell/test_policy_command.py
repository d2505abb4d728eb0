from pathlib import Path

import pytest
from builders import a_deadline
from office_fixture import Desk

from database.seed_data import read_default_policy
from models import commands as c
from shell import policy


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The shipped policy without its reminder seven days before."""
    file = tmp_path / "policy.yaml"
    file.write_text(
        read_default_policy().replace("          - {at: -7, to: [lead_officers]}\n", "", 1), encoding="utf-8"
    )
    return file


def test_the_ladder_in_force_is_shown_in_words(desk: Desk) -> None:
    told = desk.dondoc(policy, "policy", "show")

    assert told.code == 0
    assert "Thang đôn đốc mặc định: phiên bản 1, áp dụng từ " in told.out
    assert "Thời hạn\ttrước hạn 7 ngày làm việc\t08:00\tchuyên viên cơ quan chủ trì" in told.out
    assert "Thời hạn\tquá hạn 15 ngày làm việc, rồi cứ 5 ngày làm việc\t08:00\tChủ tịch UBND\t4" in told.out
    assert "Độ khẩn: Hỏa tốc" in told.out

    found = desk.dondoc(policy, "policy", "show", "--json").json
    assert (found["version"], found["activated_by"]) == (1, "dondoc")
    assert found["policy"]["ladders"]["normal"]["clocks"]["deadline"]["steps"][0]["at"] == -7


def test_a_good_file_is_said_to_be_good(desk: Desk, file: Path) -> None:
    assert desk.dondoc(policy, "policy", "check", str(file)).code == 0
    assert desk.dondoc(policy, "policy", "check", str(file), "--json").json == {"ok": True, "faults": []}


def test_every_fault_of_a_file_is_named_with_its_place_and_the_check_fails(desk: Desk, file: Path) -> None:
    text = file.read_text(encoding="utf-8").replace("{at: 1, to", "{at: x, to", 1).replace("level: 1,", "level: 9,", 1)
    file.write_text(text, encoding="utf-8")

    told = desk.dondoc(policy, "policy", "check", str(file))
    assert told.code == 1
    lines = told.err.splitlines()
    assert ", ladders.normal.clocks.handout.steps.0.at: phải là số nguyên, không phải x." in lines[0]
    assert ".level: phải từ 4 trở xuống, không phải 9." in lines[1]
    assert lines[2] == f"Tệp {file} có 2 lỗi; chưa có gì thay đổi."

    found = desk.dondoc(policy, "policy", "check", str(file), "--json")
    assert found.code == 1
    assert [fault["place"] for fault in found.json["faults"]] == [
        "ladders.normal.clocks.handout.steps.0.at",
        "ladders.normal.clocks.deadline.steps.3.level",
    ]


def test_a_file_that_is_not_there_is_one_sentence(desk: Desk, tmp_path: Path) -> None:
    told = desk.dondoc(policy, "policy", "check", str(tmp_path / "khong-co.yaml"))

    assert told.code == 1
    assert told.err.startswith("Không có tệp ")
    assert told.err.count("\n") == 1


def test_a_policy_is_put_in_force_once(desk: Desk, file: Path) -> None:
    desk.register("NV-1", "2026-03-02 09:00")

    first = desk.dondoc(policy, "policy", "activate", str(file), "--as", "vanthu")
    second = desk.dondoc(policy, "policy", "activate", str(file), "--as", "vanthu")

    assert first.out == "Đã áp dụng phiên bản 2 từ bây giờ; 1 nhiệm vụ chưa xong sẽ tự được tính lại mốc.\n"
    assert second.out == "Thang đang áp dụng đã giống hệt tệp này; không có gì thay đổi.\n"


def test_who_may_not_puts_nothing_in_force(desk: Desk, file: Path) -> None:
    told = desk.dondoc(policy, "policy", "activate", str(file), "--as", "chutich")

    assert told.code == 1
    assert desk.dondoc(policy, "policy", "show", "--json").json["version"] == 1


def test_a_simulation_says_what_would_be_another_one_and_changes_nothing(desk: Desk, file: Path) -> None:
    desk.register("NV-1", "2026-03-02 09:00", deadline=a_deadline("2026-03-20"))
    desk.act("NV-1", c.Acknowledge(), "truong.syt", "2026-03-02 10:00")

    told = desk.dondoc(policy, "policy", "simulate", str(file))
    found = desk.dondoc(policy, "policy", "simulate", str(file), "--json").json

    assert "NV-1\tbỏ\ttrước hạn 7 ngày làm việc\t08:00 11/03/2026, chuyên viên cơ quan chủ trì" in told.out
    assert told.out.splitlines()[-1].endswith("; 1 mốc khác nhau.")
    assert found["directives"] == 1
    assert {"clock": "deadline", "step": "-7", "in_force": 1, "simulated": 0} in found["counts"]
    assert found["changes"] == [
        {
            "code": "NV-1",
            "change": "removed",
            "clock": "deadline",
            "step": "-7",
            "in_force": {"at": "2026-03-11T01:00:00+00:00", "audience": ["lead_officers"], "level": 0},
            "simulated": None,
        }
    ]
    assert desk.dondoc(policy, "policy", "show", "--json").json["version"] == 1
