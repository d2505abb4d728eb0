"""What machines are answered about what they handed in: a workbook's rows, a registration's faults."""

from collections.abc import Sequence

from documents.language import Language
from models.directory import Directory
from models.refusal import Code
from services.answers import Said
from services.intake import Verdict
from services.intake_warnings import Oddity
from services.registration import Reason
from services.workbook_import import ImportReport, reason_sentence


class ReasonSaid(Said):
    """Why a row, or a part of it, was refused."""

    field: str
    code: Code
    message: str


class WarningSaid(Said):
    """What may be odd about a row that was taken."""

    kind: Oddity
    message: str


class RowSaid(Said):
    """What became of one row of a workbook."""

    row: int
    verdict: Verdict
    code: str | None
    reasons: tuple[ReasonSaid, ...]
    warnings: tuple[WarningSaid, ...]


class ImportSaid(Said):
    """What became of a workbook."""

    accepted: int
    refused: int
    unchanged: int
    rows: tuple[RowSaid, ...]


def reasons_said(reasons: Sequence[Reason], directory: Directory, language: Language) -> tuple[ReasonSaid, ...]:
    """Why a directive was refused, each reason with its sentence."""
    return tuple(
        ReasonSaid(field=reason.field, code=reason.code, message=reason_sentence(reason, directory, language))
        for reason in reasons
    )


def import_said(report: ImportReport, directory: Directory, language: Language) -> ImportSaid:
    """What became of a workbook, row by row."""
    return ImportSaid(
        **{verdict.value: report.count(verdict) for verdict in Verdict},
        rows=tuple(
            RowSaid(
                row=row.row,
                verdict=row.verdict,
                code=row.code,
                reasons=reasons_said(row.reasons, directory, language),
                warnings=tuple(WarningSaid(kind=one.kind, message=one.explain(language)) for one in row.warnings),
            )
            for row in report.rows
        ),
    )
