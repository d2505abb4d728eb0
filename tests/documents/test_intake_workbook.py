"""A workbook gives its rows, wherever its titles stand and however large it is."""

# Cells of a sheet have no time zone.
# ruff: noqa: DTZ001

import subprocess
import sys
import textwrap
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from workbooks import ROW, TITLES, a_package, a_workbook, header_xml, row_xml, sheet_xml

from documents.intake_columns import REQUIRED, Column
from documents.intake_values import read_date
from documents.intake_workbook import IntakeRow, open_intake, read_intake
from documents.workbook_faults import UnsafeWorkbook, WorkbookFault


def the_row(path: Path) -> IntakeRow:
    rows = list(read_intake(path))
    assert len(rows) == 1
    return rows[0]


def test_a_row_gives_the_value_of_each_column(tmp_path: Path) -> None:
    row = the_row(a_workbook(tmp_path / "a.xlsx"))

    assert row.row == 2
    assert row.cells == dict(zip(REQUIRED, ROW, strict=True))
    assert row[Column.CODE] is None


def test_every_column_of_the_contract_is_found_by_its_own_title_in_any_order(tmp_path: Path) -> None:
    titles = [column.value for column in reversed(Column)]
    path = a_workbook(tmp_path / "a.xlsx", [[column.name for column in reversed(Column)]], titles=titles)

    assert the_row(path).cells == {column: column.name for column in Column}


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        str.lower,
        lambda title: f"  {title.replace(' ', '   ')} ",
        lambda title: unicodedata.normalize("NFD", title),
        lambda title: title.replace(" ", "\n"),
        lambda title: title.replace(" ", "\u00a0"),
        lambda title: f"{title} (*)",
        lambda title: f"{title}:",
        lambda title: "".join(
            letter for letter in unicodedata.normalize("NFD", title) if not unicodedata.combining(letter)
        ).translate({ord("đ"): "d", ord("Đ"): "D"}),
    ],
    ids=["capitals", "small", "blanks", "NFD", "lines", "hard blanks", "starred", "colon", "no accents"],
)
def test_titles_are_found_whatever_their_writing(tmp_path: Path, change: object) -> None:
    path = a_workbook(tmp_path / "a.xlsx", titles=[change(title) for title in TITLES])

    assert the_row(path)[Column.CONTENT] == "Báo cáo tiến độ giải ngân quý I"


@pytest.mark.parametrize(
    ("title", "column"),
    [
        ("Số, ký hiệu", Column.DOCUMENT_NUMBER),
        ("Số/ký hiệu văn bản", Column.DOCUMENT_NUMBER),
        ("Đơn vị chủ trì", Column.LEAD_AGENCY),
        ("Đơn vị phối hợp", Column.COORDINATING_AGENCIES),
        ("Hạn hoàn thành", Column.DEADLINE),
        ("Hạn xử lý (dd/mm/yyyy)", Column.DEADLINE),
        ("Trích yếu nội dung", Column.ABSTRACT),
        ("Mức độ khẩn", Column.URGENCY),
    ],
)
def test_common_other_titles_are_understood(tmp_path: Path, title: str, column: Column) -> None:
    titles = [title if known == column.value else known for known in TITLES]

    assert the_row(a_workbook(tmp_path / "a.xlsx", titles=titles))[column] is not None


def test_the_contracts_title_wins_over_another_of_the_same_meaning(tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "a.xlsx", [("sai", *ROW)], titles=("Hạn xử lý", *TITLES))

    assert the_row(path)[Column.DEADLINE] == date(2023, 4, 28)


def test_two_columns_with_equal_right_are_refused(tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "a.xlsx", titles=(*TITLES, "Thời  hạn"))

    with pytest.raises(UnsafeWorkbook) as caught:
        list(read_intake(path))

    assert caught.value.code is WorkbookFault.DUPLICATE_COLUMNS
    assert str(caught.value) == "Trang “Sheet1” của tệp a.xlsx có hai cột cùng nghĩa: Thời hạn. Chỉ giữ một cột."


@pytest.mark.parametrize("above", [0, 1, 6, 9])
def test_titles_may_stand_in_any_of_the_first_ten_rows(tmp_path: Path, above: int) -> None:
    path = a_workbook(tmp_path / "a.xlsx", above=[("ỦY BAN NHÂN DÂN TỈNH QUẢNG NGÃI",)] * above)

    assert the_row(path).row == above + 2


def test_titles_in_row_eleven_are_too_late(tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "a.xlsx", above=[("Tên biểu",)] * 10)

    with pytest.raises(UnsafeWorkbook) as caught:
        list(read_intake(path))

    assert caught.value.code is WorkbookFault.NO_HEADER
    assert "Nội dung nhiệm vụ" in str(caught.value)


def test_titles_merged_over_two_rows_are_understood(tmp_path: Path) -> None:
    """The form that offices use: "Văn bản chỉ đạo" over its number, date and abstract, the others merged downwards."""
    path = tmp_path / "gộp.xlsx"
    workbook = xlsxwriter.Workbook(str(path))
    sheet = workbook.add_worksheet()
    sheet.merge_range("A1:J1", "TỔNG HỢP NHIỆM VỤ")
    sheet.merge_range("A3:A4", "STT")
    sheet.merge_range("B3:D3", "Văn bản")
    for column, title in enumerate(("Số, ký hiệu", "Ngày", "Trích yếu"), start=1):
        sheet.write(3, column, title)
    for column, title in enumerate(("Người chỉ đạo", "Nội dung nhiệm vụ"), start=4):
        sheet.merge_range(2, column, 3, column, title)
    sheet.merge_range("G3:H3", "Cơ quan")
    sheet.write_row("G4", ("chủ trì", "phối hợp"))
    for column, title in enumerate(("Thời hạn", "Độ khẩn"), start=8):
        sheet.merge_range(2, column, 3, column, title)
    sheet.write_row("A5", [f"({number})" for number in range(1, 11)])
    sheet.write_row(
        "A6", [1, "12/UBND", "03/04/2023", "V/v x", "Trần Văn An", "Làm", "Sở Y tế", "", "28/04/2023", "Khẩn"]
    )
    workbook.close()

    row = the_row(path)

    assert row.row == 6
    assert row[Column.DOCUMENT_NUMBER] == "12/UBND"
    assert row[Column.DOCUMENT_DATE] == "03/04/2023"
    assert row[Column.LEAD_AGENCY] == "Sở Y tế"
    assert row[Column.COORDINATING_AGENCIES] is None
    assert row[Column.DEADLINE] == "28/04/2023"


def test_missing_columns_are_named(tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "a.xlsx", titles=[title for title in TITLES if title not in ("Thời hạn", "Độ khẩn")])

    with pytest.raises(UnsafeWorkbook) as caught:
        list(read_intake(path))

    assert caught.value.code is WorkbookFault.MISSING_COLUMNS
    assert caught.value.data["columns"] == ("Thời hạn", "Độ khẩn")
    assert str(caught.value) == "Trang “Sheet1” của tệp a.xlsx thiếu cột: Thời hạn; Độ khẩn."


def test_the_first_visible_sheet_with_the_titles_is_taken(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Ghi chú"])
    hidden, second, third = (book.create_sheet(name) for name in ("ẩn", "Nhiệm vụ", "sau"))
    hidden.sheet_state = "hidden"
    for sheet in (hidden, second, third):
        sheet.append(TITLES)
        sheet.append([sheet.title, *ROW[1:]])
    book.save(tmp_path / "a.xlsx")

    with open_intake(tmp_path / "a.xlsx") as sheet:
        assert sheet.name == "Nhiệm vụ"
        assert sheet.announced_rows == 1
        assert [row[Column.DOCUMENT_NUMBER] for row in sheet.rows()] == ["Nhiệm vụ"]


def test_empty_rows_are_skipped_and_row_numbers_are_those_of_excel(tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "a.xlsx", [ROW, (), ("", "  "), ROW])

    assert [row.row for row in read_intake(path)] == [2, 5]


def test_after_ten_thousand_empty_rows_the_sheet_is_at_its_end(tmp_path: Path) -> None:
    rows = "".join(row_xml(number, [str(value) for value in ROW]) for number in (2, 10_002, 20_003))
    path = a_package(tmp_path / "a.xlsx", {"xl/worksheets/sheet1.xml": sheet_xml(header_xml() + rows)})

    assert [row.row for row in read_intake(path)] == [2, 10_002]


def test_columns_that_are_not_the_contracts_are_left_aside(tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "a.xlsx", [("1", *ROW, "cũ")], titles=("STT", *TITLES, "Lý do từ chối"))

    assert set(the_row(path).cells) == set(REQUIRED)


@pytest.mark.parametrize("from_1904", [False, True])
def test_a_date_is_the_same_day_whichever_year_the_workbook_counts_from(tmp_path: Path, from_1904: bool) -> None:
    path = a_workbook(tmp_path / "a.xlsx", dates_from_1904=from_1904)

    assert the_row(path)[Column.DEADLINE] == date(2023, 4, 28)


def test_an_hour_in_a_date_cell_is_kept(tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "a.xlsx", [[*ROW[:7], datetime(2023, 4, 28, 11, 30), ROW[8]]])

    assert the_row(path)[Column.DEADLINE] == datetime(2023, 4, 28, 11, 30)


def test_a_formula_is_never_evaluated(tmp_path: Path) -> None:
    """What Excel last saw is read; where it saw nothing the cell is empty; a text that looks like one is a text."""
    path = tmp_path / "a.xlsx"
    workbook = xlsxwriter.Workbook(str(path))
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, TITLES)
    for column, value in enumerate(ROW):
        sheet.write_string(1, column, str(value))
    sheet.write_formula("A2", '=CONCATENATE("12","/UBND")', value="12/UBND")
    sheet.write_formula("C2", '=WEBSERVICE("http://127.0.0.1/")', value="")
    sheet.write_string("E2", "=1+1")
    workbook.close()

    row = the_row(path)

    assert row[Column.DOCUMENT_NUMBER] == "12/UBND"
    assert row[Column.ABSTRACT] is None
    assert row[Column.CONTENT] == "=1+1"


def test_a_date_that_no_calendar_has_is_read_as_a_mistake_not_a_crash(tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "a.xlsx", [[*ROW[:7], 9_999_999, ROW[8]]])
    book = openpyxl.load_workbook(path)
    book.active["H2"].number_format = "dd/mm/yyyy"
    book.save(path)

    value = the_row(path)[Column.DEADLINE]

    assert read_date(value).value == "#VALUE!"


def test_content_keeps_line_breaks_and_a_title_does_not(tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "a.xlsx", [[*ROW[:3], "Trần\nVăn An", "Một.\n\n  Hai.", *ROW[5:]]])

    row = the_row(path)

    assert row[Column.ASSIGNING_LEADER] == "Trần Văn An"
    assert row[Column.CONTENT] == "Một.\nHai."


def test_a_row_cannot_be_changed_by_who_reads_it(tmp_path: Path) -> None:
    row = the_row(a_workbook(tmp_path / "a.xlsx"))

    with pytest.raises(ValueError, match="frozen"):
        row.row = 3


MEASURE = """
    import resource, sys
    from pathlib import Path
    from documents.intake_workbook import read_intake
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    count = sum(1 for _ in read_intake(Path(sys.argv[1])))
    print(count, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def many(count: int) -> Iterator[list[object]]:
    for number in range(count):
        yield [f"{number}/UBND-KTTH", *ROW[1:4], f"Nội dung nhiệm vụ số {number} " + "thực hiện ngay " * 20, *ROW[5:]]


@pytest.mark.parametrize(
    ("count", "shared", "megabytes"),
    [
        pytest.param(20_000, False, 40, id="20,000 rows"),
        # Excel itself keeps texts in one shared table, which the reader holds: 100,000 of 600 bytes are 60 MB.
        pytest.param(100_000, True, 250, id="100,000 rows as Excel saves them", marks=pytest.mark.slow),
    ],
)
def test_a_long_sheet_does_not_fill_the_memory(tmp_path: Path, count: int, shared: bool, megabytes: int) -> None:
    path = a_workbook(tmp_path / "dài.xlsx", many(count), memory=shared)

    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(MEASURE), str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=Path(__file__).parents[2],
    )
    read, grown = (int(figure) for figure in result.stdout.split())

    assert read == count
    assert grown < megabytes
