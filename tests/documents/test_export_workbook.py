"""What is exported can be read by people, filtered, and imported again."""

import csv
from datetime import UTC, date, datetime, time
from pathlib import Path

import openpyxl
import pytest

from documents.export_workbook import ExportRow, write_csv, write_export
from documents.intake_columns import Column
from documents.intake_values import read_urgency, split_agencies
from documents.intake_workbook import read_intake
from documents.language import Language
from models.vocabulary import Status, Timeliness, Urgency

INJECTIONS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    '=HYPERLINK("http://x")',
)


def an_export_row(**changes: object) -> ExportRow:
    """One directive, overdue by Thursday 4 May 2023."""
    return ExportRow.model_validate(
        {
            "code": "NV-2023-0001",
            "document_number": "1234/UBND-KTTH",
            "document_date": date(2023, 4, 3),
            "abstract": "V/v giải ngân",
            "assigning_leader": "Trần Văn An",
            "content": "Báo cáo tiến độ",
            "lead_agency": "Sở Tài chính",
            "coordinating_agencies": ("Sở Y tế", "Sở Nội vụ"),
            "deadline": date(2023, 4, 28),
            "urgency": Urgency.FLASH,
            "status": Status.IN_PROGRESS,
            "timeliness": Timeliness.OVERDUE,
            "due_at": datetime(2023, 4, 28, 17, 0, tzinfo=UTC),
            "escalation_level": 1,
            "last_event": "Nhắc Thủ trưởng",
            **changes,
        }
    )


def test_an_export_is_imported_again_as_the_same_columns(tmp_path: Path) -> None:
    path = tmp_path / "xuất.xlsx"
    write_export(path, [an_export_row(result_date=date(2023, 5, 3), result_number="5/BC")], Language.EN)

    (row,) = read_intake(path)

    assert row[Column.CODE] == "NV-2023-0001"
    assert row[Column.DOCUMENT_NUMBER] == "1234/UBND-KTTH"
    assert row[Column.DEADLINE] == date(2023, 4, 28)
    assert row[Column.RESULT_DATE] == date(2023, 5, 3)
    assert read_urgency(row[Column.URGENCY]) is Urgency.FLASH
    assert split_agencies(row[Column.COORDINATING_AGENCIES]) == ("Sở Y tế", "Sở Nội vụ")


def test_an_hour_of_the_deadline_survives(tmp_path: Path) -> None:
    write_export(tmp_path / "a.xlsx", [an_export_row(deadline_time=time(11, 30))], Language.VI)

    (row,) = read_intake(tmp_path / "a.xlsx")

    assert row[Column.DEADLINE] == datetime(2023, 4, 28, 11, 30)  # noqa: DTZ001  (a cell has no zone)


def test_people_see_where_each_directive_stands_in_local_time(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"

    count = write_export(path, [an_export_row(), an_export_row(code="NV-2", due_at=None)], Language.VI)

    sheet = openpyxl.load_workbook(path)["Nhiệm vụ"]
    titles = [cell.value for cell in sheet[1]]
    first = dict(zip(titles, (cell.value for cell in sheet[2]), strict=True))
    assert count == 2
    assert titles[0] == "Mã nhiệm vụ"
    assert first["Trạng thái"] == "Đang thực hiện"
    assert first["Tình hình thời hạn"] == "Quá hạn"
    assert first["Đến hạn lúc"] == datetime(2023, 4, 29, 0, 0)  # noqa: DTZ001  (17:00 UTC, as a cell shows it)
    assert first["Mức báo cáo vượt cấp"] == 1
    assert first["Diễn biến gần nhất"] == "Nhắc Thủ trưởng"
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:V3"


def test_the_second_sheet_has_the_figures(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    summary = [("Sở Y tế", (12, 3, 0.25)), ("=Sở lạ", (1, 0, None))]

    write_export(path, [], Language.VI, summary, ("Tổng số", "Quá hạn", "Tỷ lệ"))

    sheet = openpyxl.load_workbook(path)["Tổng hợp"]
    assert list(sheet.iter_rows(values_only=True)) == [
        ("Cơ quan", "Tổng số", "Quá hạn", "Tỷ lệ"),
        ("Sở Y tế", 12, 3, 0.25),
        ("=Sở lạ", 1, 0, None),
    ]
    assert sheet["A3"].data_type == "s"


def test_a_summary_row_of_another_width_is_a_mistake_and_no_file_is_left(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="columns"):
        write_export(tmp_path / "a.xlsx", [], Language.VI, [("Sở Y tế", (1, 2))], ("Tổng số",))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_text_becomes_a_formula_in_a_workbook(tmp_path: Path, text: str) -> None:
    fields = dict.fromkeys(("code", "document_number", "abstract", "assigning_leader", "content"), text)
    path = tmp_path / "a.xlsx"

    write_export(path, [an_export_row(**fields, coordinating_agencies=(text,), last_event=text)], Language.VI)

    sheet = openpyxl.load_workbook(path)["Nhiệm vụ"]
    assert all(cell.data_type != "f" and not cell.hyperlink for row in sheet.iter_rows() for cell in row)
    assert sheet["A2"].quotePrefix


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_text_becomes_a_formula_in_a_csv(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"

    write_csv(path, [an_export_row(code=text, content=f'x";{text}')], Language.VI)

    with path.open(encoding="utf-8-sig", newline="") as file:
        titles, row = csv.reader(file)
    assert row[0] == f"'{text}"
    assert row[titles.index("Nội dung nhiệm vụ")] == f'x";{text}'


def test_a_csv_opens_in_excel_as_utf_8_with_days_of_here(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"

    assert write_csv(path, [an_export_row()], Language.EN) == 1

    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == 2
    assert '"28/04/2023"' in content.decode()
    assert '"00:00 29/04/2023"' not in content.decode()
    assert '"29/04/2023 00:00"' in content.decode()
