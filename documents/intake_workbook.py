"""Reads a workbook of directives row by row, whatever its size, and never runs anything of it."""

import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

from openpyxl import load_workbook
from pydantic import BaseModel, ConfigDict

from documents.intake_columns import MULTILINE, REQUIRED, Column, Header, find_header, is_numbering
from documents.intake_values import CellValue, plain_value
from documents.workbook_faults import UnsafeWorkbook, WorkbookFault
from documents.workbook_safety import COLUMNS, check_workbook

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

HEADER_ROWS: Final = 10
EMPTY_ROWS: Final = 10_000  # after so many in a row, the sheet is at its end


class IntakeRow(BaseModel):
    """One row of the sheet.

    Attributes:
        row: its number as Excel shows it, from 1.
        cells: the plain value of each column that the sheet has; empty cells are None.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: int
    cells: dict[Column, CellValue]

    def __getitem__(self, column: Column) -> CellValue:
        """The value of a column; None where it is empty or the sheet does not have it."""
        return self.cells.get(column)


class IntakeSheet:
    """The sheet that has the contract's columns, open for reading once.

    Attributes:
        name: the sheet's name.
        columns: the contract's columns that it has, in the contract's order.
        announced_rows: how many rows of data the file claims to have, for a progress bar; None if it does not say.
    """

    def __init__(self, file: str, sheet: "ReadOnlyWorksheet", header: Header, announced_rows: int | None) -> None:
        self.name: str = sheet.title
        self.columns = header.columns
        self.announced_rows = announced_rows
        self._file = file
        self._sheet = sheet
        self._header = header

    def rows(self) -> Iterator[IntakeRow]:
        """Read the rows below the titles; empty ones are skipped.

        Raises:
            UnsafeWorkbook: UNREADABLE, when the file breaks off only here; rows before were handed over already.
        """
        below = self._header.last_row
        empty = 0
        for number, raw in enumerate(_raw_rows(self._file, self._sheet), start=1):
            if number <= below:
                continue
            cells = {
                column: plain_value(raw[place], multiline=column in MULTILINE) if place < len(raw) else None
                for column, place in self._header.places.items()
            }
            if all(value is None for value in cells.values()):
                empty += 1
                if empty >= EMPTY_ROWS:
                    return
                continue
            empty = 0
            if number == below + 1 and is_numbering(raw):
                continue
            yield IntakeRow(row=number, cells=cells)


@contextmanager
def open_intake(path: Path) -> Iterator[IntakeSheet]:
    """Check a workbook, open it and find the first sheet with the contract's columns.

    Args:
        path: the file as it was given.

    Raises:
        UnsafeWorkbook: the file is refused; the code says why.
    """
    check_workbook(path)
    with path.open("rb") as source:
        workbook = _load(source, path.name)
        try:
            yield _find_sheet(workbook, path.name)
        finally:
            workbook.close()


def read_intake(path: Path) -> Iterator[IntakeRow]:
    """Read all rows of a workbook, opening and closing it.

    Raises:
        UnsafeWorkbook: the file is refused; the code says why.
    """
    with open_intake(path) as sheet:
        yield from sheet.rows()


def _load(source: IO[bytes], file: str) -> "Workbook":
    try:
        with _without_advice():
            return load_workbook(source, read_only=True, data_only=True, keep_links=False)
    except Exception as error:
        raise UnsafeWorkbook(WorkbookFault.UNREADABLE, file=file) from error


def _find_sheet(workbook: "Workbook", file: str) -> IntakeSheet:
    nearest: tuple[str, Header] | None = None
    for sheet in _visible_sheets(workbook):
        announced = sheet.max_row
        sheet.reset_dimensions()
        header = find_header(_first_rows(file, sheet), starts_within=HEADER_ROWS)
        if header is None:
            continue
        if not header.missing:
            if header.doubled:
                raise UnsafeWorkbook(
                    WorkbookFault.DUPLICATE_COLUMNS, file=file, sheet=sheet.title, columns=_titles(header.doubled)
                )
            rows = None if announced is None else max(0, announced - header.last_row)
            return IntakeSheet(file, sheet, header, rows)
        if nearest is None or len(header.places) > len(nearest[1].places):
            nearest = sheet.title, header
    if nearest is None:
        raise UnsafeWorkbook(WorkbookFault.NO_HEADER, file=file, rows=HEADER_ROWS, columns=_titles(REQUIRED))
    title, header = nearest
    raise UnsafeWorkbook(WorkbookFault.MISSING_COLUMNS, file=file, sheet=title, columns=_titles(header.missing))


def _visible_sheets(workbook: "Workbook") -> "Iterator[ReadOnlyWorksheet]":
    """Hidden sheets are somebody's old copies or lists; what a person does not see is not imported."""
    for sheet in workbook.worksheets:
        if sheet.sheet_state == "visible" and hasattr(sheet, "reset_dimensions"):
            yield sheet


def _first_rows(file: str, sheet: "ReadOnlyWorksheet") -> list[tuple[Any, ...]]:
    rows = _raw_rows(file, sheet)
    # One more than titles may start in: they may take two.
    first = [row for row, _ in zip(rows, range(HEADER_ROWS + 1), strict=False)]
    rows.close()
    return first


def _raw_rows(file: str, sheet: "ReadOnlyWorksheet") -> Generator[tuple[Any, ...], None, None]:
    """Read raw values; the width is ours, never the file's claim (a cell XFD1048576 would make 17 billion)."""
    rows = cast("Any", sheet).iter_rows(min_row=1, max_col=COLUMNS, values_only=True)
    while True:
        try:
            with _without_advice():
                row = next(rows, None)
        except Exception as error:
            raise UnsafeWorkbook(WorkbookFault.UNREADABLE, file=file) from error
        if row is None:
            return
        yield row


@contextmanager
def _without_advice() -> Iterator[None]:
    """Keep openpyxl's advice (styles missing, validation lost) off people's screens: we only read values."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
        yield


def _titles(columns: tuple[Column, ...]) -> tuple[str, ...]:
    return tuple(column.value for column in columns)
