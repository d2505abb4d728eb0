"""Refused rows come back in a workbook that can be corrected and imported again."""

from datetime import date
from pathlib import Path

import openpyxl
import pytest
from workbooks import ROW, TITLES, a_workbook

from documents.intake_columns import REQUIRED, Column
from documents.intake_workbook import open_intake, read_intake
from documents.refused_workbook import REASON_TITLE, RefusedRow, write_refused

REASONS = ("Không có cơ quan nào tên “Sở Y te”.", "“31/02/2023” không phải là ngày đúng.")


def refused(tmp_path: Path, *rows: object, columns: tuple[Column, ...] = REQUIRED) -> Path:
    """Import rows, refuse every one, and write them back."""
    source = a_workbook(tmp_path / "gốc.xlsx", rows, titles=[column.value for column in columns])
    target = tmp_path / "bị từ chối.xlsx"
    with open_intake(source) as sheet:
        count = write_refused(
            target, (RefusedRow(row=row, reasons=REASONS) for row in sheet.rows()), columns=sheet.columns
        )
    assert count == len(rows)
    return target


def test_a_refused_row_comes_back_as_it_was_with_all_its_reasons(tmp_path: Path) -> None:
    path = refused(tmp_path, (*ROW[:7], "31/02/2023", "Rất khẩn"))

    sheet = openpyxl.load_workbook(path).active

    titles, row = sheet.iter_rows(values_only=True)
    assert titles == (*TITLES, REASON_TITLE)
    assert row[7:] == ("31/02/2023", "Rất khẩn", "; ".join(REASONS))
    assert sheet["B2"].value.date() == date(2023, 4, 3)
    assert sheet["B2"].number_format == "dd/mm/yyyy"
    assert sheet.freeze_panes == "A2"


def test_it_is_read_again_as_the_same_rows(tmp_path: Path) -> None:
    path = refused(tmp_path, ROW, (*ROW[:4], "Một.\nHai.", *ROW[5:7], None, None))

    first, second = read_intake(path)

    assert first.cells == dict(zip(REQUIRED, ROW, strict=True))
    assert second[Column.CONTENT] == "Một.\nHai."
    assert second[Column.DEADLINE] is None


def test_it_has_the_optional_columns_that_the_original_had_and_no_others(tmp_path: Path) -> None:
    columns = (Column.CODE, *REQUIRED, Column.RESULT_DATE)
    path = refused(tmp_path, ("NV-1", *ROW, date(2023, 4, 20)), columns=columns)

    with open_intake(path) as sheet:
        assert sheet.columns == columns
        assert next(sheet.rows())[Column.RESULT_DATE] == date(2023, 4, 20)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "＝", "http://", "=HYPERLINK("])
def test_nothing_in_it_is_a_formula_or_a_link(tmp_path: Path, start: str) -> None:
    text = f"{start}1+1"
    path = refused(tmp_path, (text,) * len(REQUIRED))

    sheet = openpyxl.load_workbook(path).active

    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}
    assert not any(cell.hyperlink for row in sheet.iter_rows() for cell in row)
    assert sheet["A2"].value == text.strip()


def test_a_text_longer_than_a_cell_is_cut_and_not_lost(tmp_path: Path) -> None:
    row = next(read_intake(a_workbook(tmp_path / "a.xlsx")))
    long = row.model_copy(update={"cells": {**row.cells, Column.CONTENT: "đ" * 40_000}})

    write_refused(tmp_path / "b.xlsx", [RefusedRow(row=long, reasons=("Quá dài.",))])

    assert openpyxl.load_workbook(tmp_path / "b.xlsx").active["F2"].value == "đ" * 32_766 + "…"


def test_a_workbook_that_could_not_be_finished_leaves_nothing_behind(tmp_path: Path) -> None:
    def breaks_off() -> object:
        yield RefusedRow(row=next(read_intake(source)), reasons=())
        raise RuntimeError("mất điện")

    source = a_workbook(tmp_path / "a.xlsx")

    with pytest.raises(RuntimeError):
        write_refused(tmp_path / "b.xlsx", breaks_off())

    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]


def test_a_folder_that_is_not_there_is_an_error_of_the_file_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"b\.xlsx"):
        write_refused(tmp_path / "không có" / "b.xlsx", [])
