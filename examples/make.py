"""Write the example workbooks for a day: `python -m examples.make [--day YYYY-MM-DD] [--out DIR]`.

`directives.xlsx` holds 1,320 open directives with deadlines from a week before that day to half a year after it,
`last-year.xlsx` 1,320 done ones of the year before. The same day gives the same files, byte for byte.
"""

import argparse
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from pathlib import Path
from random import Random
from typing import Final

import xlsxwriter
import yaml
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from documents.intake_columns import Column
from examples.drafting import Row, draft
from examples.grammar import read_grammar
from examples.timing import done_issues, open_issues
from models.calendar import LOCAL, Calendar, CalendarFile
from models.directory import Directory
from models.vocabulary import Urgency

SEED: Final = Path(__file__).parent.parent / "database" / "seed"
OPEN_WORKBOOK: Final = "directives.xlsx"
DONE_WORKBOOK: Final = "last-year.xlsx"

_HEADER_ROW: Final = 3
_NOTE: Final = "Dữ liệu ví dụ: tên cơ quan có thật, người và nhiệm vụ đều do máy đặt ra."
_URGENCIES: Final = {
    Urgency.NORMAL: "Thường",
    Urgency.URGENT: "Khẩn",
    Urgency.VERY_URGENT: "Thượng khẩn",
    Urgency.FLASH: "Hỏa tốc",
}
_Cell = date | str | None
_COLUMNS: Final[dict[Column, tuple[int, Callable[[Row], _Cell]]]] = {
    Column.CODE: (14, lambda row: row.code),
    Column.DOCUMENT_NUMBER: (18, lambda row: row.number),
    Column.DOCUMENT_DATE: (12, lambda row: row.issued_on),
    Column.ABSTRACT: (38, lambda row: row.abstract),
    Column.ASSIGNING_LEADER: (24, lambda row: row.leader),
    Column.CONTENT: (70, lambda row: row.content),
    Column.LEAD_AGENCY: (28, lambda row: row.lead),
    Column.COORDINATING_AGENCIES: (36, lambda row: row.coordinating),
    Column.DEADLINE: (22, lambda row: row.deadline),
    Column.URGENCY: (12, lambda row: _URGENCIES[row.urgency]),
    Column.FIELD: (24, lambda row: row.field),
}
_RESULT_COLUMNS: Final[dict[Column, tuple[int, Callable[[Row], _Cell]]]] = {
    Column.RESULT_DATE: (14, lambda row: row.result_on),
    Column.RESULT_NUMBER: (18, lambda row: row.result_number),
}


def make_examples(day: date, out: Path, calendar: Calendar) -> None:
    """Write `directives.xlsx` and `last-year.xlsx` into a folder, in the place of older ones.

    Args:
        day: the local day for which they are made.
        out: the folder; it is made if it is not there.
        calendar: the working days, of that year, the one before and the one after.

    Raises:
        OSError: the folder or a file cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    directory = Directory.model_validate(yaml.safe_load((SEED / "quang_ngai.yaml").read_text(encoding="utf-8")))
    grammar = read_grammar()

    chance = Random(f"{day.isoformat()} open")
    rows = draft(open_issues(day, calendar, chance), directory, grammar, chance, f"QN-{day.year}-", even=True)
    _write(out / OPEN_WORKBOOK, f"Nhiệm vụ đang theo dõi đến ngày {day:%d/%m/%Y}", _COLUMNS, rows, day)

    chance = Random(f"{day.isoformat()} done")
    year = day.year - 1
    rows = draft(done_issues(year, calendar, chance), directory, grammar, chance, f"QN-{year}-", even=False)
    _write(out / DONE_WORKBOOK, f"Nhiệm vụ đã hoàn thành năm {year}", _COLUMNS | _RESULT_COLUMNS, rows, day)


def _write(
    path: Path,
    title: str,
    columns: dict[Column, tuple[int, Callable[[Row], _Cell]]],
    rows: Sequence[Row],
    day: date,
) -> None:
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as workbook:
        # Without it the file would carry the instant of its making, and no two would be the same.
        workbook.set_properties({"title": title, "comments": _NOTE, "created": _midnight(day)})
        sheet = workbook.add_worksheet("Nhiệm vụ")
        _write_head(workbook, sheet, title, columns)
        text = workbook.add_format({"text_wrap": True, "valign": "top", "border": 1})
        day_format = workbook.add_format({"num_format": "dd/mm/yyyy", "valign": "top", "border": 1})
        for line, row in enumerate(rows, start=_HEADER_ROW + 1):
            for place, (_, value_of) in enumerate(columns.values()):
                match value_of(row):
                    case None:
                        sheet.write_blank(line, place, None, text)
                    case str(value):
                        sheet.write_string(line, place, value, text)
                    case value:
                        sheet.write_datetime(line, place, _midnight(value), day_format)
        sheet.autofilter(_HEADER_ROW, 0, _HEADER_ROW + len(rows), len(columns) - 1)


def _write_head(
    workbook: Workbook, sheet: Worksheet, title: str, columns: dict[Column, tuple[int, Callable[[Row], _Cell]]]
) -> None:
    bold = workbook.add_format({"bold": True, "font_size": 14})
    header = workbook.add_format(
        {"bold": True, "text_wrap": True, "valign": "vcenter", "align": "center", "border": 1, "bg_color": "#DDE6F0"}
    )
    sheet.write_string(0, 0, title.upper(), bold)
    sheet.write_string(1, 0, _NOTE)
    for place, (column, (width, _)) in enumerate(columns.items()):
        sheet.set_column(place, place, width)
        sheet.write_string(_HEADER_ROW, place, column.value, header)
    sheet.freeze_panes(_HEADER_ROW + 1, 0)
    sheet.set_landscape()
    sheet.set_paper(8)  # A3
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_HEADER_ROW)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _read_calendar() -> Calendar:
    text = (SEED / "calendar.yaml").read_text(encoding="utf-8")
    return CalendarFile.model_validate(yaml.safe_load(text)).to_calendar()


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the workbooks as the command line asks."""
    parser = argparse.ArgumentParser(prog="python -m examples.make", description="Write the example workbooks.")
    parser.add_argument(
        "--day", type=date.fromisoformat, default=None, metavar="YYYY-MM-DD", help="made for this day (default: today)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent, metavar="DIR", help="folder (default: examples/)"
    )
    chosen = parser.parse_args(arguments)
    day = chosen.day or datetime.now(LOCAL).date()
    make_examples(day, chosen.out, _read_calendar())
    for name in (OPEN_WORKBOOK, DONE_WORKBOOK):
        print(chosen.out / name)


if __name__ == "__main__":
    main()
