"""The workbook from which our side takes directives in: rows as offices write them, all due at one instant."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import xlsxwriter

from documents.intake_columns import REQUIRED, Column

LEAD_AGENCY = "Sở Y tế"
OFFICER, CLERK = "chuyenvien.syt", "vanthu"

_CONTENT = (
    "Chủ trì, phối hợp với các cơ quan, đơn vị liên quan rà soát, tổng hợp tình hình thực hiện chỉ tiêu số {number} "
    "của kế hoạch năm; đề xuất giải pháp khắc phục khó khăn, vướng mắc, báo cáo UBND tỉnh xem xét, chỉ đạo."
)
"""Two hundred letters, as many as the mean of examples/directives.xlsx; one coordinating agency is its median."""


def write_directives(file: Path, numbers: Iterable[int], issued_on: dt.date, deadline: dt.datetime) -> Path:
    """Write directives into a workbook as it comes from an office, titles and dates and all.

    Args:
        numbers: makes each content its own.
        deadline: of all of them, in local time without a zone, as a cell holds it.
    """
    cells: dict[Column, str | dt.datetime] = {
        Column.DOCUMENT_NUMBER: "1234/UBND-KTTH",
        Column.DOCUMENT_DATE: dt.datetime.combine(issued_on, dt.time()),
        Column.ABSTRACT: "V/v đẩy nhanh tiến độ thực hiện kế hoạch phát triển kinh tế - xã hội",
        Column.ASSIGNING_LEADER: "Chủ tịch UBND tỉnh",
        Column.LEAD_AGENCY: LEAD_AGENCY,
        Column.COORDINATING_AGENCIES: "Sở Tài chính",
        Column.DEADLINE: deadline,
        Column.URGENCY: "Thường",
    }
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet("Nhiệm vụ")
        date_format = workbook.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"})
        sheet.write_row(0, 0, [column.value for column in REQUIRED])
        for line, number in enumerate(numbers, start=1):
            for place, column in enumerate(REQUIRED):
                match cells.get(column, _CONTENT.format(number=number)):
                    case str(text):
                        sheet.write_string(line, place, text)
                    case day:
                        sheet.write_datetime(line, place, day, date_format)
    return file
