"""Gives refused rows back in a workbook that can be corrected and imported again as it is."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from documents.intake_columns import REQUIRED, Column
from documents.intake_workbook import IntakeRow
from documents.workbook_writing import TableSheet, new_workbook

REASON_TITLE: Final = "Lý do từ chối"  # no column of the contract, so the reader passes over it
SHEET_NAME: Final = "Dòng bị từ chối"
_REASON_WIDTH: Final = 60
_WIDTHS: Final = {
    Column.CODE: 14,
    Column.DOCUMENT_NUMBER: 20,
    Column.ABSTRACT: 40,
    Column.ASSIGNING_LEADER: 22,
    Column.CONTENT: 60,
    Column.LEAD_AGENCY: 28,
    Column.COORDINATING_AGENCIES: 34,
    Column.SUPERVISING_LEADER: 22,
}
_OTHER_WIDTH: Final = 14


class RefusedRow(BaseModel):
    """A row as it came, and every reason for which it was refused, as sentences."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: IntakeRow
    reasons: tuple[str, ...]


def column_width(column: Column) -> int:
    """The width of a contract's column in our workbooks, in characters."""
    return _WIDTHS.get(column, _OTHER_WIDTH)


def write_refused(path: Path, rows: Iterable[RefusedRow], columns: Sequence[Column] = tuple(Column)) -> int:
    """Write the refused rows, in their order, with the reason in the last column.

    Args:
        path: where the workbook goes; one that is there is replaced.
        rows: taken one by one, never all in memory.
        columns: those that the original had; required ones are always written.

    Returns:
        How many rows were written.

    Raises:
        OSError: the file cannot be written.
    """
    shown = [column for column in Column if column in columns or column in REQUIRED]
    count = 0
    with new_workbook(path) as workbook:
        sheet = TableSheet(
            workbook,
            workbook.add_worksheet(SHEET_NAME),
            [*(column.value for column in shown), REASON_TITLE],
            [*(column_width(column) for column in shown), _REASON_WIDTH],
        )
        for refused in rows:
            sheet.add([*(refused.row[column] for column in shown), "; ".join(refused.reasons)])
            count += 1
    return count
