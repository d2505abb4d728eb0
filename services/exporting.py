"""Exporting directives, all of them or those of a list, as a workbook or CSV that can be imported again."""

import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path

from database.engine import reading
from database.figures import Filter
from database.reference import Reference
from documents.act_words import event_title
from documents.export_workbook import ExportRow, csv_lines, write_csv, write_export
from documents.language import N_, Language, sentence
from models.calendar import local_day
from models.timeliness import Figures
from models.vocabulary import Status
from services.asking import Board, Order, Standing, board, list_directives
from services.office import Office


def export_directives(office: Office, path: Path, language: Language, *, open_only: bool = False) -> int:
    """Write all directives, or the open ones, the worst first; cancelled ones are left out.

    Returns: how many were written.

    Raises:
        OSError: the file cannot be written.
    """
    with reading(office.engine) as connection:
        reference, now = office.reference(connection), office.now()
        standings = list_directives(connection, Filter(open_only=open_only), now)
        rows = _rows((one for one in standings if one.timeliness is not None), reference, language)
        if path.suffix.casefold() == ".csv":
            return write_csv(path, rows, language)
        return write_export(path, rows, language, *_summary(board(connection, now), reference, language))


def export_list(office: Office, only: Filter, order: Order, path: Path, language: Language) -> int:
    """Write the directives of a list as a workbook, in its order.

    Returns: how many were written.

    Raises:
        OSError: the file cannot be written.
    """
    with reading(office.engine) as connection:
        reference, now = office.reference(connection), office.now()
        rows = _rows(list_directives(connection, only, now, order=order), reference, language)
        whole = board(connection, now, only)
        return write_export(path, rows, language, *_summary(whole, reference, language))


def list_as_csv(office: Office, only: Filter, order: Order, language: Language) -> Iterator[str]:
    """The directives of a list as lines of a CSV, read one by one while they are taken."""
    with reading(office.engine) as connection:
        reference, now = office.reference(connection), office.now()
        yield from csv_lines(_rows(list_directives(connection, only, now, order=order), reference, language), language)


def _summary(whole: Board, reference: Reference, language: Language) -> tuple[list[tuple[str, list[int]]], list[str]]:
    """The figures of the second sheet, and their titles."""
    titles = [
        sentence(title, language)
        for title in (
            N_("Tổng"),
            N_("Đang làm"),
            N_("Trong hạn"),
            N_("Sắp đến hạn"),
            N_("Quá hạn"),
            N_("Xong đúng hạn"),
            N_("Xong trễ hạn"),
        )
    ]
    agencies = [(reference.directory.agency_name(code), _figures(one)) for code, one in whole.by_agency]
    return [(sentence(N_("Tất cả"), language), _figures(whole.figures)), *agencies], titles


def _figures(figures: Figures) -> list[int]:
    return [
        figures.total,
        figures.open,
        figures.on_time,
        figures.due_soon,
        figures.overdue,
        figures.completed_on_time,
        figures.completed_late,
    ]


def _rows(standings: Iterable[Standing], reference: Reference, language: Language) -> Iterator[ExportRow]:
    directory = reference.directory
    for standing in standings:
        directive = standing.directive
        field, deadline = directory.field(directive.field), directive.deadline
        yield ExportRow(
            code=directive.code,
            document_number=directive.document.number,
            document_date=directive.document.date,
            abstract=directive.document.abstract,
            assigning_leader=directive.assigning_leader,
            content=directive.content,
            lead_agency=directory.agency_name(directive.lead_agency),
            coordinating_agencies=tuple(directory.agency_name(code) for code in directive.coordinating_agencies),
            deadline=deadline.day if deadline else None,
            deadline_time=deadline.time if deadline else None,
            urgency=directive.urgency,
            field=field.name if field else "",
            supervising_leader=directory.person_name(directive.supervising_leader),
            document_type=directive.document.type,
            signer=directive.document.signer,
            imposed_deadline=directive.imposed_deadline.day if directive.imposed_deadline else None,
            result_date=_result_day(standing),
            result_number=directive.submission.document_number if directive.submission else "",
            status=directive.status,
            timeliness=standing.timeliness,
            due_at=deadline.due_at if deadline else None,
            escalation_level=directive.escalation_level,
            last_event=event_title(directive.last_event.kind, language),
        )


def _result_day(standing: Standing) -> dt.date | None:
    directive = standing.directive
    done = directive.status is Status.COMPLETED and directive.submission is not None
    return local_day(directive.submission.at) if done and directive.submission else None
