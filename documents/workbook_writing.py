"""What all our workbooks have in common: text stays text, days are days, the first row stays in sight.

No cell we write is ever a formula or a link: XlsxWriter's guessing is off, and text is written as text. A text that a
spreadsheet would take for a formula once somebody edits the cell carries Excel's own "quote prefix" as well.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

CellContent = str | date | datetime | int | float | None

# At the start of a text, in Excel, LibreOffice or a CSV reader. Source: OWASP, CSV Injection; full-width forms are
# read as the plain ones in East Asian settings.
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
LONGEST_TEXT: Final = 32_767  # Excel's limit for a cell
_CUT: Final = "…"
_EXCEL_FIRST_YEAR: Final = 1900


def looks_like_formula(text: str) -> bool:
    """Tell whether a spreadsheet could take a text for a formula."""
    return text.startswith(FORMULA_STARTS)


class TableSheet:
    """One sheet written from top to bottom: titles, then rows, each row once."""

    def __init__(self, workbook: Workbook, sheet: Worksheet, titles: Sequence[str], widths: Sequence[int]) -> None:
        self._sheet = sheet
        self._formats = _formats(workbook)
        self._columns = len(titles)
        self._next_row = 1
        for column, (title, width) in enumerate(zip(titles, widths, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, title, self._formats["title"])
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)

    def add(self, values: Sequence[CellContent]) -> None:
        """Write the next row, a value for each title.

        Raises:
            ValueError: more or fewer values than titles.
        """
        if len(values) != self._columns:
            raise ValueError(f"{len(values)} values for {self._columns} columns")
        for column, value in enumerate(values):
            self._write(column, value)
        self._next_row += 1

    def filter_all(self) -> None:
        """Put filter buttons on the titles, for the rows written so far."""
        self._sheet.autofilter(0, 0, self._next_row - 1, self._columns - 1)

    def _write(self, column: int, value: CellContent) -> None:
        row, formats = self._next_row, self._formats
        match value:
            case None | "":
                self._sheet.write_blank(row, column, None, formats["text"])
            case datetime() if value.year >= _EXCEL_FIRST_YEAR:
                self._sheet.write_datetime(row, column, value.replace(tzinfo=None), formats["instant"])
            case date() if value.year >= _EXCEL_FIRST_YEAR:
                self._sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), formats["day"])  # noqa: DTZ001  (Excel's days have no zone)
            case int() | float():
                self._sheet.write_number(row, column, value, formats["number"])
            case _:
                text = printable(str(value))
                quoted = "quoted" if looks_like_formula(text) else "text"
                self._sheet.write_string(row, column, text, formats[quoted])


def printable(text: str) -> str:
    """Leave out what no workbook can hold (control characters), and cut what is longer than a cell may be."""
    kept = "".join(letter for letter in text if letter in "\t\n\r" or " " <= letter < "\ud800" or letter > "\udfff")
    return kept if len(kept) <= LONGEST_TEXT else kept[: LONGEST_TEXT - 1] + _CUT


@contextmanager
def new_workbook(path: Path) -> Iterator[Workbook]:
    """Write a workbook; it appears under its name only when it is whole, and not at all when writing failed.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    part = path.with_name(f".{path.name}.part")
    part.touch()  # a folder that cannot be written is found out now, not after all the work
    try:
        with TemporaryDirectory(prefix="dondoc-") as rows:  # XlsxWriter leaves its own behind when it fails
            workbook = xlsxwriter.Workbook(
                str(part),
                {
                    "constant_memory": True,
                    "strings_to_formulas": False,
                    "strings_to_urls": False,
                    "strings_to_numbers": False,
                    "tmpdir": rows,
                },
            )
            try:
                yield workbook
            finally:
                _finish(workbook, path)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _finish(workbook: Workbook, path: Path) -> None:
    """Close the workbook; after a failure too, for only this closes its temporary files."""
    try:
        workbook.close()
    except xlsxwriter.exceptions.FileCreateError as error:
        raise OSError(f"cannot write {path}: {error}") from error


def _formats(workbook: Workbook) -> dict[str, Format]:
    cell = {"valign": "top", "text_wrap": True}
    return {
        "title": workbook.add_format(
            {
                "bold": True,
                "text_wrap": True,
                "valign": "vcenter",
                "align": "center",
                "bg_color": "#DDE6F0",
                "border": 1,
            }
        ),
        "text": workbook.add_format({**cell, "num_format": "@"}),
        "quoted": workbook.add_format({**cell, "num_format": "@", "quote_prefix": True}),
        "number": workbook.add_format(cell),
        "day": workbook.add_format({**cell, "num_format": "dd/mm/yyyy", "align": "left"}),
        "instant": workbook.add_format({**cell, "num_format": "dd/mm/yyyy hh:mm", "align": "left"}),
    }
