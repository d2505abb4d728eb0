"""Makes workbooks for tests: good ones from titles and rows, hostile ones part by part."""

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import xlsxwriter

TITLES = (
    "Số ký hiệu văn bản",
    "Ngày văn bản",
    "Trích yếu",
    "Người chỉ đạo",
    "Nội dung nhiệm vụ",
    "Cơ quan chủ trì",
    "Cơ quan phối hợp",
    "Thời hạn",
    "Độ khẩn",
)
ROW = (
    "1234/UBND-KTTH",
    date(2023, 4, 3),
    "V/v giải ngân vốn đầu tư công",
    "Trần Văn An",
    "Báo cáo tiến độ giải ngân quý I",
    "Sở Tài chính",
    "Sở Y tế; Sở Nội vụ",
    date(2023, 4, 28),
    "Khẩn",
)

CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="{main}"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/sharedStrings.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
    "</Types>"
)
SHEET_MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def a_workbook(
    path: Path,
    rows: Iterable[Sequence[object]] = (ROW,),
    *,
    titles: Sequence[str] = TITLES,
    above: Sequence[Sequence[object]] = (),
    dates_from_1904: bool = False,
    memory: bool = False,
) -> Path:
    """Write a sheet: rows above the titles, the titles, the rows."""
    workbook = xlsxwriter.Workbook(
        str(path),
        {"constant_memory": not memory, "strings_to_formulas": False, "date_1904": dates_from_1904},
    )
    sheet = workbook.add_worksheet()
    day = workbook.add_format({"num_format": "dd/mm/yyyy"})
    number = 0
    for row in (*above, titles):
        _write(sheet, number, row, day)
        number += 1
    for row in rows:
        _write(sheet, number, row, day)
        number += 1
    workbook.close()
    return path


def _write(sheet: object, number: int, row: Sequence[object], day: object) -> None:
    for column, value in enumerate(row):
        if value is None:
            continue
        if isinstance(value, datetime | date):
            sheet.write_datetime(number, column, value, day)
        elif isinstance(value, str):
            sheet.write_string(number, column, value)
        else:
            sheet.write(number, column, value)


def a_package(path: Path, parts: Mapping[str, str | bytes] = {}, *, main: str = SHEET_MAIN) -> Path:
    """Write a workbook part by part; parts given replace the plain ones."""
    plain: dict[str, str | bytes] = {
        "[Content_Types].xml": CONTENT_TYPES.format(main=main),
        "_rels/.rels": (
            f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Target="xl/workbook.xml"'
            f' Type="{OFFICE_RELATIONS}/officeDocument"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'<workbook xmlns="{NAMESPACE}" xmlns:r="{OFFICE_RELATIONS}">'
            '<sheets><sheet name="Nhiệm vụ" sheetId="1" r:id="r1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{RELATIONS}">'
            f'<Relationship Id="r1" Target="worksheets/sheet1.xml" Type="{OFFICE_RELATIONS}/worksheet"/>'
            "</Relationships>"
        ),
        "xl/styles.xml": (
            f'<styleSheet xmlns="{NAMESPACE}"><cellXfs count="1"><xf numFmtId="0"/></cellXfs></styleSheet>'
        ),
        "xl/sharedStrings.xml": f'<sst xmlns="{NAMESPACE}"><si><t>x</t></si></sst>',
        "xl/worksheets/sheet1.xml": sheet_xml(header_xml()),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**plain, **parts}.items():
            archive.writestr(name, content)
    return path


def sheet_xml(rows: str) -> str:
    return f'<worksheet xmlns="{NAMESPACE}"><sheetData>{rows}</sheetData></worksheet>'


def row_xml(number: int, texts: Sequence[str]) -> str:
    cells = "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in texts)
    return f'<row r="{number}">{cells}</row>'


def header_xml() -> str:
    return row_xml(1, TITLES)
