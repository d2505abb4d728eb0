"""`dondoc status`, `history`, `next`, `board`, `inbox` and `export`, with no engine running.

It is Friday 20 March 2026, 09:00. Sở Y tế leads an overdue directive and one due today; Sở Tài chính one without a
deadline.
"""

import csv
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from builders import a_deadline
from dondoc_in_process import Dondoc
from office_fixture import Desk

import cli
from models import commands as c
from models.vocabulary import Opinion

OVERDUE, TODAY, ENDLESS, DONE = "NV-1", "NV-2", "NV-3", "NV-4"
STATUS_KEYS = [
    "code",
    "content",
    "status",
    "timeliness",
    "lead_agency",
    "coordinating_agencies",
    "deadline",
    "escalation_level",
    "next_moment",
    "seq",
    "updated_at",
]
BOARD_KEYS = ["as_of", "total", "open", "by_status", "by_timeliness", "by_agency"]
FIGURES = ["agency", "total", "open", "on_time", "due_soon", "overdue", "completed_on_time", "completed_late"]


@pytest.fixture
def dondoc(desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Dondoc:
    for name in ("DONDOC_LANG", "DONDOC_DATA_DIR", "DONDOC_DATABASE_URL", "DONDOC_TEMPORAL_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    desk.register(
        OVERDUE, "Wed 2026-03-04 09:00", deadline=a_deadline("2026-03-17"), coordinating_agencies=("STC", "SNV")
    )
    desk.act(OVERDUE, c.Acknowledge(), "truong.syt", "Wed 2026-03-04 10:00")
    desk.act(OVERDUE, c.Contribute(opinion=Opinion.AGREE, text="Nhất trí"), "truong.stc", "Thu 2026-03-05 09:00")
    desk.register(TODAY, "Wed 2026-03-04 09:05", deadline=a_deadline("2026-03-20"), content="Báo cáo\nhai dòng")
    desk.register(ENDLESS, "Wed 2026-03-04 09:10", lead_agency="STC", field="tai-chinh-ngan-sach")
    desk.register(DONE, "Wed 2026-03-04 09:15", deadline=a_deadline("2026-03-20"))
    desk.act(DONE, c.Acknowledge(), "truong.syt", "Wed 2026-03-04 10:00")
    desk.act(DONE, c.Submit(result="Xong", document_number="8/BC-SYT"), "truong.syt", "Thu 2026-03-05 10:00")
    desk.act(DONE, c.Accept(), "chanhvanphong", "Thu 2026-03-05 11:00")
    for when in ("Wed 2026-03-18 08:00", "Fri 2026-03-20 08:00"):
        desk.tell(OVERDUE, when)
    desk.time_is("Fri 2026-03-20 09:00")
    return Dondoc(desk.data, capsys)


def is_instant(text: str) -> bool:
    return dt.datetime.fromisoformat(text).utcoffset() == dt.timedelta()


# --- status ----------------------------------------------------------------------------------------------------


def test_status_of_one_has_the_keys_of_the_contract(dondoc: Dondoc) -> None:
    status = dondoc.json("status", OVERDUE)

    assert list(status)[: len(STATUS_KEYS)] == STATUS_KEYS
    assert (status["code"], status["status"], status["timeliness"]) == (OVERDUE, "in_progress", "overdue")
    assert (status["lead_agency"], status["coordinating_agencies"]) == ("Sở Y tế", ["Sở Tài chính", "Sở Nội vụ"])
    assert (status["deadline"], status["escalation_level"]) == ("2026-03-17", 2)
    assert {"at", "kind", "audience"} <= set(status["next_moment"])
    assert status["next_moment"]["at"] == "2026-03-26T01:00:00Z"
    assert (status["next_moment"]["kind"], status["next_moment"]["audience"]) == ("escalation", ["vice_chairman"])
    assert status["seq"] == len(dondoc.json("history", OVERDUE))
    assert is_instant(status["updated_at"])
    assert status["contributions"] == {"Sở Tài chính": "agree", "Sở Nội vụ": None}


def test_status_without_code_lists_the_open_ones_the_worst_first(dondoc: Dondoc) -> None:
    listed = dondoc.json("status")

    assert [one["code"] for one in listed] == [OVERDUE, TODAY, ENDLESS]
    assert all(list(one)[: len(STATUS_KEYS)] == STATUS_KEYS for one in listed)
    assert [one["timeliness"] for one in listed] == ["overdue", "due_soon", "no_deadline"]
    assert [one["code"] for one in dondoc.json("status", "--all")] == [OVERDUE, TODAY, ENDLESS, DONE]


@pytest.mark.parametrize(
    ("filters", "codes"),
    [
        (["--timeliness", "overdue"], [OVERDUE]),
        (["--agency", "sở tài chính"], [ENDLESS]),
        (["--status", "completed"], [DONE]),
        (["--field", "Tài chính - Ngân sách"], [ENDLESS]),
        (["--text", "hai dong"], [TODAY]),
        (["--text", "100%"], []),
    ],
)
def test_the_list_is_filtered(dondoc: Dondoc, filters: list[str], codes: list[str]) -> None:
    assert [one["code"] for one in dondoc.json("status", *filters)] == codes


def test_status_for_people_says_where_it_stands_and_what_comes_next(dondoc: Dondoc) -> None:
    vietnamese, english = dondoc("status", OVERDUE).out, dondoc("--lang", "en", "status", OVERDUE).out

    assert "Chủ trì: Sở Y tế" in vietnamese
    assert "Trạng thái: Đang thực hiện" in vietnamese
    assert "26/03/2026" in vietnamese
    assert "Status: In progress" in english
    assert "Chủ trì" not in english


def test_status_names_whom_the_lead_agency_waits_for(dondoc: Dondoc, desk: Desk) -> None:
    assert dondoc.json("status", OVERDUE)["waiting_for"] == []
    waiting = c.ReportProgress(text="Chờ số liệu", waiting_for=("SNV",))
    desk.act(OVERDUE, waiting, "truong.syt", "Fri 2026-03-20 09:30")

    assert dondoc.json("status", OVERDUE)["waiting_for"] == ["Sở Nội vụ"]
    assert "Đang chờ ý kiến của: Sở Nội vụ" in dondoc("status", OVERDUE).out


def test_a_piped_list_is_plain_lines_with_tabs(dondoc: Dondoc) -> None:
    lines = dondoc("status").out.splitlines()

    titles, *rows = [line.split("\t") for line in lines]
    assert titles[0] == "Mã"
    assert [row[0] for row in rows] == [OVERDUE, TODAY, ENDLESS]
    assert {len(row) for row in (titles, *rows)} == {6}
    assert "Báo cáo hai dòng" in rows[1]
    assert "\x1b" not in "".join(lines)


# --- history ---------------------------------------------------------------------------------------------------


def test_history_has_the_keys_of_the_contract_in_the_order_of_recording(dondoc: Dondoc) -> None:
    rows = dondoc.json("history", OVERDUE)

    assert all(list(row) == ["seq", "at", "planned_at", "kind", "actor", "on_behalf_of", "data"] for row in rows)
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["kind"] for row in rows][:4] == ["registered", "assigned", "acknowledged", "contributed"]
    assert all(is_instant(row["at"]) for row in rows)
    moments = [row for row in rows if row["kind"] == "moment_reached"]
    assert [row["planned_at"] for row in moments][-1] == "2026-03-20T01:00:00Z"
    assert {row["planned_at"] for row in rows if row not in moments} == {None}
    assert isinstance(rows[0]["data"], dict)
    assert rows[3]["data"] == {"agency": "STC", "opinion": "agree", "text": "Nhất trí"}


def test_history_for_people_is_a_sentence_an_event(dondoc: Dondoc) -> None:
    lines = [line for line in dondoc("history", DONE).out.splitlines() if not line.startswith("       ")]

    assert len(lines) == len(dondoc.json("history", DONE))
    assert lines[0].split()[0] == "1"
    assert "8/BC-SYT" in lines[3]


# --- next ------------------------------------------------------------------------------------------------------


def test_next_lists_every_coming_moment_with_the_keys_of_the_contract(dondoc: Dondoc) -> None:
    moments = dondoc.json("next", OVERDUE)

    assert all(list(one)[:6] == ["at", "clock", "step", "audience", "level", "why"] for one in moments)
    assert moments[0]["at"] == dondoc.json("status", OVERDUE)["next_moment"]["at"]
    assert [one["at"] for one in moments] == sorted(one["at"] for one in moments)
    assert [(one["step"], one["level"]) for one in moments if one["clock"] == "deadline"][:2] == [("+7", 3), ("+15", 4)]
    assert "Thang đôn đốc mặc định" in moments[0]["why"]


def test_a_closed_directive_has_no_moment(dondoc: Dondoc) -> None:
    assert dondoc.json("next", DONE) == []
    assert dondoc("next", DONE).out == "Không còn mốc nào.\n"


# --- board -----------------------------------------------------------------------------------------------------


def test_the_board_has_the_keys_of_the_contract_and_adds_up(dondoc: Dondoc) -> None:
    board = dondoc.json("board")

    assert list(board)[: len(BOARD_KEYS)] == BOARD_KEYS
    assert is_instant(board["as_of"])
    assert (board["total"], board["open"]) == (4, 3)
    assert board["by_status"] == {"assigned": 2, "in_progress": 1, "completed": 1}
    assert board["by_timeliness"] == {
        "on_time": 1,
        "due_soon": 1,
        "overdue": 1,
        "completed_on_time": 1,
        "completed_late": 0,
    }
    assert all(list(row) == FIGURES for row in board["by_agency"])
    assert [row["agency"] for row in board["by_agency"]] == ["Sở Y tế", "Sở Tài chính"]
    assert sum(row["total"] for row in board["by_agency"]) == board["total"]


def test_the_board_for_people_is_plain_when_piped(dondoc: Dondoc) -> None:
    lines = dondoc("board").out.splitlines()

    assert lines[0].split("\t")[0] == "Cơ quan"
    assert lines[1].split("\t") == ["Tất cả", "4", "3", "1", "1", "1", "1", "0"]
    assert lines[2].split("\t")[0] == "Sở Y tế"


def test_the_board_in_english(dondoc: Dondoc) -> None:
    assert dondoc("board", "--lang", "en").out.splitlines()[0].split("\t")[0] == "Agency"


def test_the_board_by_field_and_by_leader(dondoc: Dondoc) -> None:
    assert dondoc("board", "--by", "field").code == 0
    assert dondoc("board", "--by", "leader").code == 0
    assert dondoc("board", "--by", "weather").code == 2


# --- inbox -----------------------------------------------------------------------------------------------------


def test_an_inbox_has_the_keys_of_the_contract_the_newest_first(dondoc: Dondoc) -> None:
    items = dondoc.json("inbox", "truong.syt")

    assert items
    assert all(list(one) == ["at", "code", "kind", "level", "text", "why", "read_at"] for one in items)
    assert [one["at"] for one in items] == sorted((one["at"] for one in items), reverse=True)
    assert all(one["text"] and one["why"] for one in items)
    assert {one["read_at"] for one in items} == {None}


def test_reading_an_inbox_marks_it_only_when_asked(dondoc: Dondoc) -> None:
    dondoc("inbox", "truong.syt")
    assert dondoc.json("inbox", "truong.syt", "--unread")

    dondoc("inbox", "truong.syt", "--mark-read")

    assert dondoc.json("inbox", "truong.syt", "--unread") == []
    assert all(is_instant(one["read_at"]) for one in dondoc.json("inbox", "truong.syt"))
    assert dondoc("inbox", "truong.syt", "--unread").out.startswith("Hộp thông báo của")


def test_only_the_notices_that_were_shown_are_marked_as_read(dondoc: Dondoc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shell.asking.PAGE", 1)
    everything = dondoc.json("inbox", "truong.syt")

    said = dondoc("inbox", "truong.syt", "--mark-read")

    assert said.out.splitlines()[-1] == "Còn thông báo cũ hơn; xem tất cả bằng --json."
    assert len(dondoc.json("inbox", "truong.syt", "--unread")) == len(everything) - 1


def test_a_person_is_found_by_mail_address_and_an_unknown_one_is_refused_with_the_closest(dondoc: Dondoc) -> None:
    assert dondoc.json("inbox", "truong.syt@quangngai.example")

    assert "truong.syt" in dondoc("inbox", "truong.sytt").sentence


# --- export ----------------------------------------------------------------------------------------------------


def test_an_export_says_how_many_and_the_file_has_them(dondoc: Dondoc, tmp_path: Path) -> None:
    said = dondoc("export", str(tmp_path / "xuat.xlsx"))

    assert said.out == f"Đã xuất 4 nhiệm vụ ra {tmp_path / 'xuat.xlsx'}.\n"
    sheet = openpyxl.load_workbook(tmp_path / "xuat.xlsx").worksheets[0]
    assert sheet.max_row == 5


def test_an_export_as_csv_and_of_the_open_ones(dondoc: Dondoc, tmp_path: Path) -> None:
    assert dondoc("export", "--open", str(tmp_path / "xuat.csv")).code == 0

    text = (tmp_path / "xuat.csv").read_text(encoding="utf-8-sig")
    assert [row["Mã nhiệm vụ"] for row in csv.DictReader(io.StringIO(text))] == [OVERDUE, TODAY, ENDLESS]


def test_a_folder_that_does_not_exist_is_one_sentence(dondoc: Dondoc, tmp_path: Path) -> None:
    assert dondoc("export", str(tmp_path / "khong-co" / "xuat.xlsx")).sentence == (
        f"Không có thư mục {tmp_path / 'khong-co'}."
    )


@pytest.mark.parametrize("name", ["xuat.txt", "xuat", "xuat.xls"])
def test_an_ending_that_would_not_hold_what_is_written_is_one_sentence(
    dondoc: Dondoc, tmp_path: Path, name: str
) -> None:
    assert dondoc("export", str(tmp_path / name)).sentence == f"Chỉ xuất ra tệp .xlsx hoặc .csv, không phải {name}."
    assert not (tmp_path / name).exists()


# --- Old locales -----------------------------------------------------------------------------------------------


def test_the_overdue_rate_is_written_as_the_reader_writes_it(dondoc: Dondoc) -> None:
    assert "Tỷ lệ quá hạn 50,0 %" in dondoc("board").out
    assert "50.0 %" in dondoc("board", "--lang", "en").out


def test_a_stream_that_holds_no_vietnamese_gets_its_letters_by_number_and_json_that_is_json(
    dondoc: Dondoc, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(*words: str) -> tuple[int, str, str]:
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="ascii") for _ in range(2))
        with monkeypatch.context() as old_locale:
            old_locale.setattr("sys.stdout", out)
            old_locale.setattr("sys.stderr", err)
            code = cli.run([*words, "--data", str(dondoc.data)])
        for stream in (out, err):
            stream.seek(0)
        return code, out.read(), err.read()

    code, out, _ = written("board")
    assert code == 0
    assert out.startswith("C\\u01a1 quan\t")
    code, out, _ = written("status", OVERDUE, "--json")
    assert code == 0
    assert json.loads(out)["lead_agency"] == "Sở Y tế"
    code, out, err = written("status", "KHONG-CO")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "KHONG-CO" in err


def test_words_that_are_not_utf_8_are_one_sentence(dondoc: Dondoc) -> None:
    assert "UTF-8" in dondoc("status", "NV-\udcff1").sentence


# --- Refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["status", "history", "next"])
@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_a_code_that_nobody_knows_is_one_sentence_and_exit_1(dondoc: Dondoc, command: str, as_json: list[str]) -> None:
    said = dondoc(command, "NV-99", *as_json)

    assert "NV-99" in said.sentence
    assert said.out == ""


def test_a_refusal_in_english_is_english(dondoc: Dondoc) -> None:
    assert "NV-99" in dondoc("status", "NV-99", "--lang=en").sentence
    assert dondoc("status", "NV-99", "--lang=en").sentence != dondoc("status", "NV-99").sentence


@pytest.mark.parametrize(
    "words", [["status", "--nothing"], ["history"], ["next"], ["inbox"], ["export"], ["frobnicate"], ["--lang", "fr"]]
)
def test_wrong_usage_is_exit_2(dondoc: Dondoc, words: list[str]) -> None:
    assert dondoc(*words).code == 2


def test_filters_that_nobody_knows_are_one_sentence(dondoc: Dondoc) -> None:
    assert "Sở Y tế" in dondoc("status", "--agency", "Sở Y tê tỉnh").sentence
    assert "overdue" in dondoc("status", "--timeliness", "late").sentence


def test_a_folder_without_an_office_is_one_sentence(
    dondoc: Dondoc, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = Dondoc(tmp_path / "nowhere", capsys)

    assert "dondoc up" in nowhere("board").sentence


def test_a_damaged_database_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "dondoc.db").write_bytes(b"this is no database, only text that is long enough to be read" * 50)

    assert Dondoc(tmp_path, capsys)("board").sentence


def test_the_reader_may_choose_the_language_by_a_variable(dondoc: Dondoc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONDOC_LANG", "en")

    assert dondoc("next", DONE).out != "Không còn mốc nào.\n"
    help_text: Any = dondoc("board", "--help").out
    assert "Bảng tổng hợp" not in help_text
