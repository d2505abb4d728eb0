"""A workbook is imported row by row; refused rows come back, are corrected and imported again."""

import datetime as dt
from pathlib import Path

import openpyxl
import pytest
from builders import local
from databases import allow_inserts, refuse_inserts
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from standing_office import StandingOffice, reasons
from workbooks import ROW, TITLES, a_package, a_workbook

from database.engine import reading, writing
from documents.language import Language
from documents.workbook_safety import UnsafeWorkbook
from models.tables import DIRECTIVE
from services.intake import BATCH, Verdict
from services.workbook_import import ImportReport, import_workbook, write_refused_rows

MOVING_IN = (*TITLES, "Mã nhiệm vụ", "Ngày báo cáo kết quả", "Số văn bản kết quả", "Độ mật")


def a_row(**cells: object) -> list[object]:
    """A row under MOVING_IN: a valid one but for the cells that are named by their title."""
    usual = dict(zip(TITLES, ROW, strict=True))
    return [({**usual, **cells}).get(title) for title in MOVING_IN]


def imported(office: StandingOffice, path: Path, *, dry: bool = False) -> ImportReport:
    return import_workbook(path, office.intake(dry=dry), Language.VI)


def saved(office: StandingOffice) -> int:
    with reading(office.engine) as connection:
        return connection.execute(select(func.count()).select_from(DIRECTIVE)).scalar_one()


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Titles in row 3; good, bad, known and secret rows below."""
    return a_workbook(
        tmp_path / "mixed.xlsx",
        [
            a_row(),
            a_row(**{"Cơ quan chủ trì": "Sở Tài Chánh"}),
            a_row(**{"Thời hạn": "31/4/2023", "Nội dung nhiệm vụ": "Việc 3"}),
            a_row(**{"Thời hạn": dt.date(2023, 4, 1), "Nội dung nhiệm vụ": "Việc 4"}),
            a_row(**{"Nội dung nhiệm vụ": None, "Cơ quan chủ trì": None}),
            a_row(),
            a_row(**{"Độ khẩn": "Hỏa tốc"}),
            a_row(**{"Nội dung nhiệm vụ": "Việc mật", "Độ mật": "Mật"}),
            a_row(**{"Trích yếu": "x" * 2_001, "Nội dung nhiệm vụ": "Việc 9"}),
            a_row(
                **{
                    "Mã nhiệm vụ": "CU-10",
                    "Nội dung nhiệm vụ": "Việc đã xong",
                    "Ngày báo cáo kết quả": dt.date(2023, 5, 5),
                    "Số văn bản kết quả": "12/BC-STC",
                }
            ),
        ],
        titles=MOVING_IN,
        above=(("UBND TỈNH QUẢNG NGÃI",), ("Danh mục nhiệm vụ",)),
    )


EXPECTED = [
    (4, "accepted", []),
    (5, "refused", [("lead_agency", "unknown_agency")]),
    (6, "refused", [("deadline", "bad_date")]),
    (7, "refused", [("deadline", "deadline_before_document")]),
    (8, "refused", [("content", "missing"), ("lead_agency", "missing")]),
    (9, "unchanged", []),
    (10, "refused", [("code", "duplicate")]),
    (11, "refused", [("document", "state_secret")]),
    (12, "refused", [("abstract", "too_long")]),
    (13, "accepted", []),
]


@pytest.mark.parametrize("dry", [True, False])
def test_each_row_gets_the_verdict_of_the_contract(office: StandingOffice, mixed: Path, dry: bool) -> None:
    report = imported(office, mixed, dry=dry)

    assert [(row.row, row.verdict.value, reasons(row.reasons)) for row in report.rows] == EXPECTED
    assert [report.count(verdict) for verdict in Verdict] == [2, 7, 1]
    assert saved(office) == (0 if dry else 2)
    assert len(report.to_start) == (0 if dry else 1)


def test_a_file_imported_twice_adds_nothing(office: StandingOffice, mixed: Path) -> None:
    imported(office, mixed)

    again = imported(office, mixed)

    assert [again.count(verdict) for verdict in Verdict] == [0, 7, 3]
    assert again.to_start == []
    assert saved(office) == 2


def test_refused_rows_come_back_with_every_reason_as_a_sentence(
    office: StandingOffice, mixed: Path, tmp_path: Path
) -> None:
    report = imported(office, mixed)
    back = tmp_path / "refused.xlsx"

    assert write_refused_rows(report, back) == 7

    sheet = openpyxl.load_workbook(back).active
    assert sheet is not None
    titles, *rows = sheet.iter_rows(values_only=True)
    reason = titles.index("Lý do từ chối")
    assert "Sở Tài chính" in str(rows[0][reason])  # the closest name
    assert "31/4/2023" in str(rows[1][reason])
    assert all(str(row[reason]).strip() for row in rows)


def test_a_refused_workbook_corrected_is_imported_again(office: StandingOffice, mixed: Path, tmp_path: Path) -> None:
    back = tmp_path / "refused.xlsx"
    write_refused_rows(imported(office, mixed), back)
    workbook = openpyxl.load_workbook(back)
    sheet = workbook.active
    assert sheet is not None
    place = {str(cell.value): number for number, cell in enumerate(sheet[1], start=1)}
    sheet.cell(2, place["Cơ quan chủ trì"]).value = "Sở Y tế"
    sheet.cell(3, place["Thời hạn"]).value = "30/4/2023"
    workbook.save(back)

    report = imported(office, back)

    assert [row.verdict.value for row in report.rows] == ["accepted", "accepted", *["refused"] * 5]
    assert saved(office) == 4


def test_a_workbook_cut_off_between_two_batches_is_imported_again_and_only_the_rest_is_added(
    office: StandingOffice, tmp_path: Path
) -> None:
    path = a_workbook(
        tmp_path / "many.xlsx",
        [a_row(**{"Nội dung nhiệm vụ": f"Việc {number}"}) for number in range(BATCH + 20)],
        titles=MOVING_IN,
    )
    with writing(office.engine) as connection:
        refuse_inserts(connection, "directive", "killed", f"NV-2026-{BATCH + 7:05d}")
    with pytest.raises(IntegrityError, match="killed"):
        imported(office, path)
    assert saved(office) == BATCH
    with writing(office.engine) as connection:
        allow_inserts(connection, "directive")

    report = imported(office, path)

    assert [report.count(verdict) for verdict in Verdict] == [20, 0, BATCH]
    assert len(report.to_start) == 20
    assert saved(office) == BATCH + 20


def test_progress_is_told_row_by_row(office: StandingOffice, tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "two.xlsx", [a_row(), a_row(**{"Nội dung nhiệm vụ": "Việc 2"})], titles=MOVING_IN)
    told: list[int] = []

    import_workbook(path, office.intake(), Language.VI, lambda done, _announced: told.append(done))

    assert told == [1, 2]


def test_a_hostile_workbook_is_refused_whole_and_saves_nothing(office: StandingOffice, tmp_path: Path) -> None:
    path = a_package(tmp_path / "macro.xlsx", {"xl/vbaProject.bin": b"x"})

    with pytest.raises(UnsafeWorkbook):
        imported(office, path)

    assert saved(office) == 0


def test_dates_are_excels_own_or_texts_and_a_deadline_may_be_a_phrase(office: StandingOffice, tmp_path: Path) -> None:
    path = a_workbook(
        tmp_path / "dates.xlsx",
        [
            a_row(**{"Nội dung nhiệm vụ": "Việc 1", "Ngày văn bản": "03/04/2023", "Thời hạn": "28/04/2023"}),
            a_row(**{"Nội dung nhiệm vụ": "Việc 2", "Thời hạn": "trước ngày 28/4/2023"}),
            a_row(**{"Nội dung nhiệm vụ": "Việc 3", "Thời hạn": dt.datetime(2023, 4, 28, 10, 30)}),  # noqa: DTZ001
            a_row(**{"Nội dung nhiệm vụ": "Việc 4", "Thời hạn": None}),
        ],
        titles=MOVING_IN,
    )

    assert imported(office, path).count(Verdict.ACCEPTED) == 4

    with reading(office.engine) as connection:
        due = [at for (at,) in connection.execute(select(DIRECTIVE.c.due_at).order_by(DIRECTIVE.c.code))]
    assert due == [local("2023-04-29 00:00"), local("2023-04-29 00:00"), local("Fri 2023-04-28 10:30"), None]
