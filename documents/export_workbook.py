"""Writes the directives out, as a workbook or as CSV, with the import contract's columns first.

Titles of the contract stay Vietnamese in every language, so that what was exported can be imported again.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict

from documents.dates import short_day
from documents.intake_columns import Column
from documents.labels import label
from documents.language import N_, Language, sentence
from documents.refused_workbook import column_width
from documents.workbook_writing import CellContent, TableSheet, looks_like_formula, new_workbook
from models.calendar import LOCAL
from models.vocabulary import Status, Timeliness, Urgency

Figure = str | int | float | None

MOST_IN_WORKBOOK: Final = 20_000
"""Directives that one workbook takes; more are for a CSV, which is written while it is read."""

SHEET_NAME: Final = N_("Nhiệm vụ")
SUMMARY_NAME: Final = N_("Tổng hợp")
_SUMMARY_LABEL: Final = N_("Cơ quan")
_COLUMNS: Final = tuple(column for column in Column if column is not Column.SECRECY)  # secrets are not kept here
_STATE_TITLES: Final = (
    (N_("Trạng thái"), 22),
    (N_("Tình hình thời hạn"), 22),
    (N_("Đến hạn lúc"), 18),
    (N_("Mức báo cáo vượt cấp"), 12),
    (N_("Diễn biến gần nhất"), 50),
)


class ExportRow(BaseModel):
    """One directive as it stands, in people's names; instants in UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    document_number: str
    document_date: date | None
    abstract: str
    assigning_leader: str
    content: str
    lead_agency: str
    coordinating_agencies: tuple[str, ...] = ()
    deadline: date | None = None
    deadline_time: time | None = None  # local; None is the end of the day
    urgency: Urgency = Urgency.NORMAL
    field: str = ""
    supervising_leader: str = ""
    document_type: str = ""
    signer: str = ""
    imposed_deadline: date | None = None
    result_date: date | None = None
    result_number: str = ""
    status: Status
    timeliness: Timeliness | None  # none of a cancelled one
    due_at: AwareDatetime | None = None
    escalation_level: int = 0
    last_event: str = ""


def write_export(
    path: Path,
    rows: Iterable[ExportRow],
    language: Language,
    summary: Iterable[tuple[str, Sequence[Figure]]] = (),
    summary_titles: Sequence[str] = (),
) -> int:
    """Write directives and a summary as a workbook with two sheets.

    Args:
        path: where the workbook goes; one that is there is replaced.
        rows: taken one by one, never all in memory.
        language: of the titles that are not the contract's, and of the labels.
        summary: rows of the second sheet: a label and its figures.
        summary_titles: a title for each figure.

    Returns:
        How many directives were written.

    Raises:
        OSError: the file cannot be written.
        ValueError: a row of the summary has more or fewer figures than there are titles.
    """
    count = 0
    with new_workbook(path) as workbook:
        sheet = TableSheet(
            workbook,
            workbook.add_worksheet(sentence(SHEET_NAME, language)),
            _titles(language),
            [*(column_width(column) for column in _COLUMNS), *(width for _, width in _STATE_TITLES)],
        )
        for row in rows:
            sheet.add(_cells(row, language))
            count += 1
        sheet.filter_all()
        figures = TableSheet(
            workbook,
            workbook.add_worksheet(sentence(SUMMARY_NAME, language)),
            [sentence(_SUMMARY_LABEL, language), *summary_titles],
            [40, *(14 for _ in summary_titles)],
        )
        for name, values in summary:
            figures.add([name, *values])
    return count


class _Line:
    """Gives back what a CSV writer writes."""

    def write(self, line: str) -> str:
        return line


def csv_lines(rows: Iterable[ExportRow], language: Language) -> Iterator[str]:
    """The lines of a CSV, the titles first, as `write_csv` writes them."""
    writer = csv.writer(_Line(), quoting=csv.QUOTE_ALL)
    yield f"\ufeff{writer.writerow(_titles(language))}"
    for row in rows:
        yield str(writer.writerow([_csv_field(value) for value in _cells(row, language)]))


def write_csv(path: Path, rows: Iterable[ExportRow], language: Language) -> int:
    """Write directives as CSV: UTF-8 with its mark (Excel needs it), every field quoted, days dd/mm/yyyy.

    CSV cannot say "this is text", so a field that a spreadsheet would take for a formula gets a single quote in front
    (OWASP, CSV Injection). A program that reads the file takes it off again where one of = + - @ or a blank control
    follows.

    Returns:
        How many directives were written.

    Raises:
        OSError: the file cannot be written.
    """
    count = -1  # the titles are no directive
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as target:
            for line in csv_lines(rows, language):
                target.write(line)
                count += 1
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


def _titles(language: Language) -> list[str]:
    return [*(column.value for column in _COLUMNS), *(sentence(title, language) for title, _ in _STATE_TITLES)]


def _cells(row: ExportRow, language: Language) -> list[CellContent]:
    contract: dict[Column, CellContent] = {
        Column.CODE: row.code,
        Column.DOCUMENT_NUMBER: row.document_number,
        Column.DOCUMENT_DATE: row.document_date,
        Column.ABSTRACT: row.abstract,
        Column.ASSIGNING_LEADER: row.assigning_leader,
        Column.CONTENT: row.content,
        Column.LEAD_AGENCY: row.lead_agency,
        Column.COORDINATING_AGENCIES: "; ".join(row.coordinating_agencies),
        Column.DEADLINE: _deadline(row),
        Column.URGENCY: label(row.urgency, Language.VI),  # a word of the contract, read again on import
        Column.FIELD: row.field,
        Column.SUPERVISING_LEADER: row.supervising_leader,
        Column.DOCUMENT_TYPE: row.document_type,
        Column.SIGNER: row.signer,
        Column.IMPOSED_DEADLINE: row.imposed_deadline,
        Column.RESULT_DATE: row.result_date,
        Column.RESULT_NUMBER: row.result_number,
    }
    return [
        *(contract[column] for column in _COLUMNS),
        label(row.status, language),
        label(row.timeliness, language) if row.timeliness else "",
        row.due_at.astimezone(LOCAL) if row.due_at else None,
        row.escalation_level,
        row.last_event,
    ]


def _deadline(row: ExportRow) -> CellContent:
    if row.deadline is None or row.deadline_time is None:
        return row.deadline
    return datetime.combine(row.deadline, row.deadline_time)


def _csv_field(value: CellContent) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return f"{short_day(value)} {value:%H:%M}"
        case date():
            return short_day(value)
        case str():
            return f"'{value}" if looks_like_formula(value) else value
        case _:
            return str(value)
