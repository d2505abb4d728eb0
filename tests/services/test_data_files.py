import re
from pathlib import Path

import pytest

from database.seed_data import read_default_policy
from documents.language import Language
from models.policy import Policy
from services.data_files import FileRefused, read_model, read_text


def faults_of(text: str, language: Language = Language.VI) -> list[str]:
    with pytest.raises(FileRefused) as refused:
        read_model(text, Policy)
    return [fault.explain(language) for fault in refused.value.faults]


def changed(old: str, new: str) -> str:
    text = read_default_policy()
    assert text.count(old) >= 1, old
    return text.replace(old, new, 1)


def line_with(text: str, part: str) -> int:
    return 1 + next(number for number, line in enumerate(text.splitlines()) if part in line)


def test_the_shipped_policy_has_no_fault() -> None:
    assert read_model(read_default_policy(), Policy).name == "Thang đôn đốc mặc định"


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        (
            "to: [monitoring_officer]",
            "to: [monitoring_oficer]",
            "ladders.normal.clocks.handout.steps.0.to.0",
            "chọn một trong",
        ),
        ("{at: 1, to", "{at: một, to", "ladders.normal.clocks.handout.steps.0.at", "phải là số nguyên, không phải một"),
        ("{at: 1, to", "{at: 1, hours: 2, to", "ladders.normal.clocks.handout.steps.0", "đúng một trong hai"),
        (
            "{at: 1, to",
            "{at: 9999, to",
            "ladders.normal.clocks.handout.steps.0.at",
            "từ 1000 trở xuống, không phải 9999",
        ),
        (
            "{at: 1, to",
            "{at: 1, ton: 1, to",
            "ladders.normal.clocks.handout.steps.0.ton",
            "không có mục nào tên như vậy",
        ),
        ("{at: 2, to", "{at: 1, to", "ladders.normal.clocks.handout.steps", "bước +1 có hai lần"),
        ("[registered, declined]", "[completed]", "ladders.normal.clocks.handout.while", "không có đồng hồ nào chạy"),
        ('digest: "08:00"', "digest: 14:00", "mail.digest", "viết giờ trong dấu nháy"),
        ('digest: "08:00"', 'digest: "06:00"', "mail", "phải theo thứ tự"),
        ("  normal:", "  gấp:", "ladders.gấp", "chọn một trong: normal, urgent, very_urgent, flash"),
        ("name: Thang đôn đốc mặc định", "ten: x", "name", "còn thiếu mục này"),
    ],
)
def test_a_fault_is_named_with_its_line_its_place_and_what_to_write(old: str, new: str, place: str, said: str) -> None:
    text = changed(old, new)

    found = faults_of(text)

    [fault] = [one for one in found if f", {place}: " in one]
    assert said in fault
    assert re.match(r"Dòng \d+, ", fault)


def test_the_line_is_that_of_the_value_itself() -> None:
    text = changed("to: [monitoring_officer]", "to: [monitoring_oficer]")

    assert faults_of(text)[0].startswith(f"Dòng {line_with(text, 'monitoring_oficer')}, ")


def test_every_fault_is_named_at_once() -> None:
    text = changed("to: [monitoring_officer]", "to: []").replace("{at: -7, to: [lead_officers]}", "{at: -7, to: [ai]}")

    assert len(faults_of(text)) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ladders: [", "Dòng 1: Không đúng cách viết YAML"),
        ("a: 1\n\tb: 2", "Dòng 2: Không đúng cách viết YAML"),
        ("- một\n- hai", "phải gồm các mục có tên"),
        ("", "còn thiếu mục này"),
        ("!!python/object/apply:os.system ['true']", "Không đúng cách viết YAML"),
        ("[" * 3_000, "Không đúng cách viết YAML"),
    ],
)
def test_what_is_no_policy_at_all_is_refused_in_words(text: str, said: str) -> None:
    assert said in faults_of(text)[0]


def test_a_file_that_is_no_text_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_bytes(b"name: x\nten: \xff\xfe\n")

    with pytest.raises(FileRefused, match="Dòng 2: Có chữ không phải mã UTF-8"):
        read_text(file)


def test_a_file_far_too_large_is_refused_before_it_is_read_as_yaml(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_bytes(b"#" * 5_000_001)

    with pytest.raises(FileRefused, match="lớn hơn 5 MB"):
        read_text(file)
