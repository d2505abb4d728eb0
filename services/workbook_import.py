"""Importing a workbook: row by row verdicts, refused rows given back, the rest started."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Final

from documents.intake_columns import MULTILINE, Column
from documents.intake_values import (
    BadDate,
    CellValue,
    plain_text,
    read_date,
    read_text,
    read_urgency,
    split_agencies,
)
from documents.intake_workbook import IntakeRow, open_intake
from documents.language import Language
from documents.refused_workbook import RefusedRow, write_refused
from documents.sentences import refusal_sentence
from models.directory import Directory
from models.engine import CommandEnvelope
from models.vocabulary import Urgency
from services.intake import Intake, Taken, Verdict
from services.intake_warnings import IntakeWarning, find_warnings
from services.registration import RawDirective, Reading, Reason, read_registration

Corrections = Mapping[int, Mapping[Column, str]]
"""What people wrote in the place of cells, by the row's number."""

_NOTHING_CORRECTED: Final[Corrections] = {}


@dataclass
class RowVerdict:
    """What became of one row of the sheet."""

    row: int
    verdict: Verdict
    code: str | None
    reasons: list[Reason]
    warnings: tuple[IntakeWarning, ...] = ()


@dataclass
class ImportReport:
    """What became of a workbook.

    Attributes:
        to_start: the registrations whose workflows are to be started.
    """

    rows: list[RowVerdict] = field(default_factory=list)
    to_start: list[CommandEnvelope] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    columns: tuple[Column, ...] = ()

    def count(self, verdict: Verdict) -> int:
        """How many rows ended so."""
        return sum(1 for row in self.rows if row.verdict is verdict)


def import_workbook(
    path: Path,
    intake: Intake,
    language: Language,
    progress: Callable[[int, int | None], None] = lambda _done, _announced: None,
    *,
    corrections: Corrections = _NOTHING_CORRECTED,
    judged: Callable[[IntakeRow, RowVerdict], None] = lambda _row, _verdict: None,
    saved: Callable[[CommandEnvelope], None] = lambda _envelope: None,
) -> ImportReport:
    """Read a workbook and save what can be taken; nothing is started yet.

    Args:
        progress: told the rows done and the rows that the file announces, perhaps None.
        corrections: what stands in the place of what the file holds.
        judged: told each row with what became of it.
        saved: told each registration whose workflow can be started now, while the rows after it are read.

    Raises:
        UnsafeWorkbook: the file is refused whole.
    """
    report = ImportReport()
    reference = intake.office.reference()
    with open_intake(path) as sheet:
        report.columns = sheet.columns
        rows: list[IntakeRow] = []
        oddities: list[tuple[IntakeWarning, ...]] = []

        def readings() -> Iterator[Reading]:
            for read_row in sheet.rows():
                row = corrected(read_row, corrections.get(read_row.row, {}))
                rows.append(row)
                now = intake.office.now()
                read = read_registration(raw_directive(row), reference, now, needs_lead=True)
                open_one = read.registration if read.reported_at is None else None
                oddities.append(find_warnings(open_one, reference, now) if open_one is not None else ())
                yield read

        for done, taken in enumerate(intake.take(readings())):
            row = rows[done]
            _note(report, row, taken, reference.directory, language)
            if taken.verdict is Verdict.ACCEPTED:
                report.rows[-1].warnings = oddities[done]
            judged(row, report.rows[-1])
            if taken.envelope is not None:
                saved(taken.envelope)
            progress(done + 1, sheet.announced_rows)
            rows[done] = IntakeRow(row=row.row, cells={})  # what is judged need not stay in memory
    return report


def corrected(row: IntakeRow, cells: Mapping[Column, str]) -> IntakeRow:
    """A row with other texts in some of its cells."""
    if not cells:
        return row
    texts = {column: plain_text(text, multiline=column in MULTILINE) or None for column, text in cells.items()}
    return row.model_copy(update={"cells": {**row.cells, **texts}})


def _note(report: ImportReport, row: IntakeRow, taken: Taken, directory: Directory, language: Language) -> None:
    report.rows.append(RowVerdict(row.row, taken.verdict, taken.code, taken.reasons))
    if taken.envelope is not None:
        report.to_start.append(taken.envelope)
    if taken.verdict is Verdict.REFUSED:
        sentences = tuple(reason_sentence(reason, directory, language) for reason in taken.reasons)
        report.refused.append(RefusedRow(row=row, reasons=sentences))


def reason_sentence(reason: Reason, directory: Directory, language: Language) -> str:
    """Say to people why a row is refused."""
    return refusal_sentence(reason.code, {"field": reason.field} | reason.data, language, directory)


def write_refused_rows(report: ImportReport, path: Path) -> int:
    """Write the refused rows with their reasons into a workbook that can be corrected and imported again."""
    return write_refused(path, report.refused, report.columns)


def raw_directive(row: IntakeRow) -> RawDirective:
    """One row's cells as a directive that people wrote."""

    def text(column: Column) -> str:
        return read_text(row[column])

    return RawDirective(
        code=text(Column.CODE),
        document_number=text(Column.DOCUMENT_NUMBER),
        document_date=_day(row[Column.DOCUMENT_DATE]),
        document_type=text(Column.DOCUMENT_TYPE),
        abstract=text(Column.ABSTRACT),
        signer=text(Column.SIGNER),
        secrecy=text(Column.SECRECY),
        assigning_leader=text(Column.ASSIGNING_LEADER),
        supervising_leader=text(Column.SUPERVISING_LEADER),
        field=text(Column.FIELD),
        content=text(Column.CONTENT),
        lead_agency=text(Column.LEAD_AGENCY),
        coordinating_agencies=split_agencies(row[Column.COORDINATING_AGENCIES]),
        deadline=_deadline(row[Column.DEADLINE]),
        imposed_deadline=_deadline(row[Column.IMPOSED_DEADLINE]),
        urgency=_urgency(row[Column.URGENCY]),
        result_date=_day(row[Column.RESULT_DATE]),
        result_document=text(Column.RESULT_NUMBER),
    )


def _day(cell: CellValue) -> date | str | None:
    """A day, or the text that is none."""
    read = read_date(cell)
    return read.value if isinstance(read, BadDate) else read


def _deadline(cell: CellValue) -> datetime | date | str | None:
    """Excel's own dates as they are; texts, also phrases such as "trước ngày 15/12", as people wrote them."""
    if cell is None or isinstance(cell, datetime | date):
        return cell
    return read_text(cell) or None


def _urgency(cell: CellValue) -> Urgency | str | None:
    text = read_text(cell)
    return (read_urgency(cell) or text) if text else None
