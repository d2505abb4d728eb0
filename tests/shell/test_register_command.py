"""`dondoc register` and `dondoc import` with no engine running: saved at once, started later."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from dondoc_in_process import Dondoc
from office_fixture import Desk
from sqlalchemy import func, select
from workbooks import ROW, a_workbook

from database.engine import reading
from models.tables import COMMAND, DIRECTIVE
from shell.output import print_lines

GIVEN: dict[str, Any] = {
    "content": "Báo cáo kết quả phòng, chống dịch",
    "document": {"number": "12/UBND-KGVX", "date": "2026-03-02", "abstract": "V/v phòng, chống dịch"},
    "lead_agency": "Sở Y tế",
    "coordinating_agencies": ["Sở Tài chính"],
    "deadline": "20/03/2026",
    "urgency": "Khẩn",
    "assigning_leader": "PCT Nguyễn Bùi Thế Vinh",
}


@pytest.fixture
def dondoc(desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Dondoc:
    for name in ("DONDOC_LANG", "DONDOC_DATA_DIR", "DONDOC_DATABASE_URL", "DONDOC_TEMPORAL_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    return Dondoc(desk.data, capsys)


def a_file(folder: Path, **changes: Any) -> str:
    file = folder / "nhiem-vu.json"
    file.write_text(json.dumps(GIVEN | changes, ensure_ascii=False), encoding="utf-8")
    return str(file)


def saved(desk: Desk) -> tuple[int, int]:
    with reading(desk.office.engine) as connection:
        directives, commands = (
            connection.execute(select(func.count()).select_from(table)).scalar_one() for table in (DIRECTIVE, COMMAND)
        )
    return directives, commands


# --- register --------------------------------------------------------------------------------------------------


def test_a_registration_from_json_answers_as_status_does_and_awaits_its_start(
    dondoc: Dondoc, desk: Desk, tmp_path: Path
) -> None:
    said = dondoc("register", "--json", a_file(tmp_path))

    assert (said.code, said.err) == (0, "")
    assert said.json == dondoc.json("status", "NV-2026-00001")
    assert said.json["lead_agency"] == "Sở Y tế"
    assert said.json["supervising_leader"] == "pct.vanxa"
    assert (said.json["seq"], said.json["awaiting_start"]) == (0, True)
    assert saved(desk) == (1, 1)


def test_a_registration_from_standard_input(dondoc: Dondoc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(GIVEN).encode())))

    assert dondoc("register", "--json", "-").json["code"] == "NV-2026-00001"


def test_what_status_says_can_be_registered_again_under_another_code(dondoc: Dondoc, tmp_path: Path) -> None:
    status = dondoc("register", "--json", a_file(tmp_path)).json
    taken = ("code", "content", "lead_agency", "coordinating_agencies", "deadline", "urgency", "document", "field")
    again = {name: status[name] for name in (*taken, "assigning_leader", "supervising_leader", "imposed_deadline")}
    again |= {"code": "KHAC-1"}
    (tmp_path / "again.json").write_text(json.dumps(again))

    said = dondoc("register", "--json", str(tmp_path / "again.json"))

    assert said.code == 0, said.err
    unlike = {name for name in status if said.json[name] != status[name]}
    assert unlike <= {"code", "updated_at", "next_moment"}


def test_a_registration_in_words_says_that_it_awaits_its_start(dondoc: Dondoc, desk: Desk) -> None:
    said = dondoc("register", "--content", "Báo cáo", "--lead", "so y te", "--deadline", "20/03/2026")

    assert said.code == 0
    assert said.out.splitlines()[0].startswith("Đã lưu, đang chờ khởi tạo")
    assert "Mã nhiệm vụ: NV-2026-00001" in said.out
    assert saved(desk) == (1, 1)


def test_the_same_registration_again_adds_nothing(dondoc: Dondoc, desk: Desk, tmp_path: Path) -> None:
    first, second = (dondoc("register", "--json", a_file(tmp_path)) for _ in range(2))

    assert first.json["code"] == second.json["code"]
    assert saved(desk) == (1, 1)


def test_a_refused_registration_names_every_fault_in_one_line_and_in_json(
    dondoc: Dondoc, desk: Desk, tmp_path: Path
) -> None:
    said = dondoc("register", "--json", a_file(tmp_path, lead_agency="Sở Y tê tỉnh", deadline="31/4/2026"))

    assert "31/4/2026" in said.sentence
    assert "Sở Y tế" in said.sentence
    assert (said.json["verdict"], said.json["code"]) == ("refused", None)
    assert [(one["field"], one["code"]) for one in said.json["reasons"]] == [
        ("lead_agency", "unknown_agency"),
        ("deadline", "bad_date"),
    ]
    assert all(one["message"] for one in said.json["reasons"])
    assert saved(desk) == (0, 0)


def test_who_may_not_register_is_refused(dondoc: Dondoc, desk: Desk, tmp_path: Path) -> None:
    assert dondoc("register", "--json", a_file(tmp_path), "--as", "truong.syt").sentence
    assert "truong.syt" in dondoc("register", "--json", a_file(tmp_path), "--as", "truong.sytt").sentence
    assert saved(desk) == (0, 0)


def test_a_dry_run_of_a_registration_saves_nothing(dondoc: Dondoc, desk: Desk, tmp_path: Path) -> None:
    assert dondoc("register", "--dry-run", "--content", "Báo cáo").out == "Kiểm tra: nhận được. Chưa lưu gì.\n"
    said = dondoc("register", "--dry-run", "--json", a_file(tmp_path))
    assert said.json == {"verdict": "accepted", "code": None, "reasons": []}
    assert saved(desk) == (0, 0)


@pytest.mark.parametrize(
    ("text", "names"),
    [("{", ""), ("[]", ""), ('{"contents": "x"}', "contents"), ('{"content": "x", "document": {"so": 1}}', "so")],
)
def test_json_that_is_no_directive_is_one_sentence(
    dondoc: Dondoc, desk: Desk, tmp_path: Path, text: str, names: str
) -> None:
    (tmp_path / "bad.json").write_text(text)

    assert names in dondoc("register", "--json", str(tmp_path / "bad.json")).sentence
    assert saved(desk) == (0, 0)


@pytest.mark.parametrize(
    ("part", "field", "names"),
    [
        ({"deadline": 5}, "deadline", "“day”"),
        ({"deadline": {"day": "2026-03-20", "time": "25:99"}}, "deadline", "“day”"),
        ({"coordinating_agencies": ["Sở Tài chính", 5]}, "coordinating_agencies", "danh sách tên cơ quan"),
        ({"document": "12/UBND"}, "document", "“number”"),
        ({"document": {"number": 12}}, "document_number", "số ký hiệu văn bản"),
        ({"document": {"so": "12"}}, "document.so", "signer"),
        ({"status": "assigned"}, "status", "coordinating_agencies"),
        ({"lead_agency": ["Sở Y tế"]}, "lead_agency", "dấu nháy"),
    ],
)
def test_a_part_of_another_name_or_kind_is_named_as_people_know_it_and_in_json(
    dondoc: Dondoc, desk: Desk, tmp_path: Path, part: dict[str, Any], field: str, names: str
) -> None:
    said = dondoc("register", "--json", a_file(tmp_path, **part))

    assert names in said.sentence
    assert said.json == {
        "verdict": "refused",
        "code": None,
        "reasons": [{"field": field, "code": "unreadable", "message": said.sentence}],
    }
    assert saved(desk) == (0, 0)


@pytest.mark.parametrize("text", ["", "{\n  xin chào", "[" * 100_000, '{"content": ' + "9" * 5_000 + "}"])
def test_json_that_is_none_is_told_in_the_language_of_the_reader(dondoc: Dondoc, tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.json").write_text(text, encoding="utf-8")

    said = dondoc("register", "--json", str(tmp_path / "bad.json"))

    assert said.sentence.startswith("JSON ")
    assert "dòng 2, cột 3" in said.sentence or "xin chào" not in text


def test_parts_that_are_null_count_as_absent(dondoc: Dondoc, tmp_path: Path) -> None:
    document = {"number": "12/UBND", "date": "2026-03-02", "signer": None, "type": None, "abstract": None}

    said = dondoc("register", "--json", a_file(tmp_path, document=document, deadline=None, urgency=None))

    assert (said.code, said.json["deadline"], said.json["document"]["signer"]) == (0, None, "")


def test_what_a_terminal_would_obey_is_neither_kept_nor_shown(
    dondoc: Dondoc, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = dondoc("register", "--json", a_file(tmp_path, content="Báo\x00 cáo\x1b[31m\nđỏ\u202e", code="NV-1"))

    assert said.json["content"] == "Báo cáo[31m\nđỏ"
    print_lines("kẻ xấu\x1b[2J\u202e\tvà dòng\nsau")
    assert capsys.readouterr().out == "kẻ xấu\ufffd[2J\ufffd\tvà dòng\nsau\n"


def test_a_file_that_is_not_there_is_one_sentence(dondoc: Dondoc) -> None:
    assert "khong-co.json" in dondoc("register", "--json", "khong-co.json").sentence
    assert "khong-co.xlsx" in dondoc("import", "khong-co.xlsx").sentence


# --- import ----------------------------------------------------------------------------------------------------


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """A good row, one of an agency that nobody knows, and the good one again."""
    unknown = [*ROW[:5], "Sở Y tê tỉnh", *ROW[6:]]
    return a_workbook(tmp_path / "nhiem-vu.xlsx", [ROW, unknown, ROW])


def test_an_import_has_the_keys_of_the_contract(dondoc: Dondoc, desk: Desk, workbook: Path) -> None:
    said = dondoc("import", str(workbook), "--json")

    assert (said.code, said.err) == (0, "")
    assert [said.json[name] for name in ("accepted", "refused", "unchanged")] == [1, 1, 1]
    rows = said.json["rows"]
    assert all(list(row)[:4] == ["row", "verdict", "code", "reasons"] for row in rows)
    assert [(row["row"], row["verdict"], row["code"]) for row in rows] == [
        (2, "accepted", "NV-2026-00001"),
        (3, "refused", None),
        (4, "unchanged", "NV-2026-00001"),
    ]
    ((reason,),) = [row["reasons"] for row in rows if row["reasons"]]
    assert list(reason) == ["field", "code", "message"]
    assert (reason["field"], reason["code"]) == ("lead_agency", "unknown_agency")
    assert "Sở Y tế" in reason["message"]
    assert saved(desk) == (1, 1)


def test_an_import_for_people_says_what_awaits_its_start_and_where_the_refused_rows_are(
    dondoc: Dondoc, workbook: Path
) -> None:
    said = dondoc("import", str(workbook))

    back = workbook.with_name("nhiem-vu-bi-tu-choi.xlsx")
    assert said.code == 0
    assert "Đã nhận 1 dòng, từ chối 1, không đổi 1." in said.out
    assert "1 nhiệm vụ đã lưu, đang chờ khởi tạo" in said.out
    assert str(back) in said.out
    assert back.is_file()


def test_refused_rows_beyond_those_shown_are_counted(dondoc: Dondoc, tmp_path: Path) -> None:
    no_such_agency = (*ROW[:5], "Sở Không Có", *ROW[6:])
    file = a_workbook(tmp_path / "nhieu.xlsx", [no_such_agency] * 23)

    said = dondoc("import", str(file), "--dry-run")

    assert sum("Sở Không Có" in line for line in said.out.splitlines()) == 20
    assert said.out.splitlines()[-1] == "… và 3 dòng nữa; xem tất cả bằng --json."


def test_a_dry_run_of_an_import_saves_nothing_and_writes_no_file(dondoc: Dondoc, desk: Desk, workbook: Path) -> None:
    dry = dondoc("import", str(workbook), "--dry-run", "--json").json

    assert saved(desk) == (0, 0)
    assert sorted(path.name for path in workbook.parent.glob("*.xlsx")) == ["nhiem-vu.xlsx"]
    real = dondoc("import", str(workbook), "--json").json
    assert [row["verdict"] for row in dry["rows"]] == [row["verdict"] for row in real["rows"]]


def test_an_import_twice_adds_nothing(dondoc: Dondoc, desk: Desk, workbook: Path) -> None:
    dondoc("import", str(workbook))

    again = dondoc("import", str(workbook), "--json").json

    assert [again[name] for name in ("accepted", "refused", "unchanged")] == [0, 1, 2]
    assert saved(desk) == (1, 1)


def test_what_is_no_workbook_is_one_sentence(dondoc: Dondoc, tmp_path: Path) -> None:
    (tmp_path / "that.xlsx").write_text("not a workbook")

    assert "that.xlsx" in dondoc("import", str(tmp_path / "that.xlsx")).sentence


def test_the_board_shows_what_awaits_its_start(dondoc: Dondoc, workbook: Path) -> None:
    dondoc("import", str(workbook))

    assert dondoc.json("board")["awaiting_start"] == 1
    assert "1 nhiệm vụ đang chờ khởi tạo." in dondoc("board").out


def test_reasons_in_english(dondoc: Dondoc, workbook: Path) -> None:
    said = dondoc("import", str(workbook), "--json", "--lang", "en")

    (message,) = [row["reasons"][0]["message"] for row in said.json["rows"] if row["reasons"]]
    assert "không" not in message.lower()
