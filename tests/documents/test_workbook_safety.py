"""Hostile and wrong files are refused whole, with one sentence, within seconds."""

import random
import resource
import subprocess
import sys
import textwrap
import time
import zipfile
from pathlib import Path

import pytest
from workbooks import (
    CONTENT_TYPES,
    NAMESPACE,
    SHEET_MAIN,
    TITLES,
    a_package,
    a_workbook,
    header_xml,
    row_xml,
    sheet_xml,
)

from documents.intake_workbook import read_intake
from documents.language import Language
from documents.workbook_safety import SENTENCES, UnsafeWorkbook, WorkbookFault, check_workbook

OLE = bytes.fromhex("D0CF11E0A1B11AE1")
PROLOG = '<?xml version="1.0" encoding="UTF-8"?>'


def refusal(path: Path) -> UnsafeWorkbook:
    """Import a file that must be refused, in at most ten seconds."""
    started = time.monotonic()
    with pytest.raises(UnsafeWorkbook) as caught:
        list(read_intake(path))
    assert time.monotonic() - started < 10
    return caught.value


def refused_or_read(path: Path) -> WorkbookFault | int:
    """Import a file; how many rows it gave, or why it was refused."""
    try:
        return len(list(read_intake(path)))
    except UnsafeWorkbook as error:
        return error.code


def test_a_plain_workbook_passes(tmp_path: Path) -> None:
    check_workbook(a_workbook(tmp_path / "tốt.xlsx"))
    check_workbook(a_package(tmp_path / "tối giản.xlsx"))


def test_every_fault_has_a_sentence_in_both_languages() -> None:
    data = {
        "file": "a.xlsx",
        "limit": 1,
        "megabytes": 2,
        "count": 3,
        "rows": 10,
        "sheet": "S",
        "columns": ("Thời hạn",),
    }

    for fault in WorkbookFault:
        error = UnsafeWorkbook(fault, **data)
        assert "a.xlsx" in error.explain(Language.VI)
        assert "a.xlsx" in error.explain(Language.EN)
        assert error.explain(Language.VI) != error.explain(Language.EN)
    assert set(SENTENCES) == set(WorkbookFault)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", WorkbookFault.NOT_WORKBOOK),
        (b"so;ngay;trich yeu\n", WorkbookFault.NOT_WORKBOOK),
        (b"<html><table></table></html>", WorkbookFault.NOT_WORKBOOK),
        (OLE + b"\x00" * 4096, WorkbookFault.OLD_XLS),
        (OLE + b"\x00" * 1000 + "EncryptedPackage".encode("utf-16-le") + b"\x00" * 99, WorkbookFault.ENCRYPTED),
        (b"PK\x03\x04 and then nothing", WorkbookFault.UNREADABLE),
    ],
    ids=["empty", "csv renamed", "html renamed", "xls renamed", "encrypted", "cut zip"],
)
def test_a_file_that_is_no_xlsx_is_named_for_what_it_is(tmp_path: Path, content: bytes, code: WorkbookFault) -> None:
    path = tmp_path / "tệp.xlsx"
    path.write_bytes(content)

    assert refusal(path).code is code


def test_a_file_that_is_not_there_or_is_a_folder_is_refused_with_a_sentence(tmp_path: Path) -> None:
    assert refusal(tmp_path / "không có.xlsx").code is WorkbookFault.CANNOT_OPEN
    assert refusal(tmp_path).code is WorkbookFault.CANNOT_OPEN


def test_a_file_over_50_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "lớn.xlsx"
    with path.open("wb") as file:
        file.truncate(50_000_001)

    error = refusal(path)

    assert error.code is WorkbookFault.TOO_BIG
    assert str(error) == "Tệp lớn.xlsx lớn 51 MB, vượt mức 50 MB. Chia thành nhiều tệp rồi nhập lại."


def test_a_small_file_that_unpacks_to_much_is_refused(tmp_path: Path) -> None:
    """20 MB of blanks pack into 20 KB: far denser than any real sheet."""
    path = a_package(tmp_path / "bom.xlsx", {"xl/sharedStrings.xml": b" " * 20_000_000})

    assert path.stat().st_size < 100_000
    assert refusal(path).code is WorkbookFault.TOO_BIG_INFLATED


def test_a_file_that_unpacks_to_more_than_500_megabytes_in_sum_is_refused(tmp_path: Path) -> None:
    """Each of the parts is below the size at which density counts."""
    parts = {f"xl/media/{number}.bin": b" " * 9_900_000 for number in range(51)}

    assert refusal(a_package(tmp_path / "bom.xlsx", parts)).code is WorkbookFault.TOO_BIG_INFLATED


def test_a_part_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = a_package(tmp_path / "dối.xlsx", {"xl/sharedStrings.xml": b" " * 5_000_000})
    content = path.read_bytes()
    path.write_bytes(content.replace((5_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little")))

    assert refusal(path).code is WorkbookFault.UNREADABLE


def test_too_many_parts_or_sheets_are_refused(tmp_path: Path) -> None:
    parts = {f"xl/media/{number}.bin": b"" for number in range(2000)}
    sheet = '<Override PartName="/xl/worksheets/s{}.xml" ContentType="application/x.worksheet+xml"/>'
    sheets = "".join(sheet.format(number) for number in range(201))
    types = CONTENT_TYPES.format(main=SHEET_MAIN).replace("</Types>", f"{sheets}</Types>")

    assert refusal(a_package(tmp_path / "parts.xlsx", parts)).code is WorkbookFault.TOO_MANY_PARTS
    assert refusal(a_package(tmp_path / "sheets.xlsx", {"[Content_Types].xml": types})).code is (
        WorkbookFault.TOO_MANY_PARTS
    )


def test_macros_are_refused_by_part_and_by_type(tmp_path: Path) -> None:
    by_part = a_package(tmp_path / "a.xlsx", {"xl/vbaProject.bin": b"macro"})
    by_type = a_package(tmp_path / "b.xlsx", main="application/vnd.ms-excel.sheet.macroEnabled.main+xml")
    old_macro_sheet = a_package(
        tmp_path / "c.xlsx",
        {
            "[Content_Types].xml": CONTENT_TYPES.format(main=SHEET_MAIN).replace(
                "</Types>",
                '<Override PartName="/xl/macrosheets/s.xml"'
                ' ContentType="application/vnd.ms-excel.macrosheet+xml"/></Types>',
            )
        },
    )

    for path in (by_part, by_type, old_macro_sheet):
        assert refusal(path).code is WorkbookFault.MACROS


@pytest.mark.parametrize(
    "main",
    [
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        "application/vnd.ms-excel.sheet.binary.macroEnabled.main",
    ],
    ids=["docx renamed", "xlsb"],
)
def test_another_kind_of_office_file_is_refused(tmp_path: Path, main: str) -> None:
    assert refusal(a_package(tmp_path / "khác.xlsx", main=main)).code is WorkbookFault.NOT_SPREADSHEET


def test_any_other_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ảnh.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")

    assert refusal(path).code is WorkbookFault.NOT_SPREADSHEET


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "declaration",
    [
        f'<!DOCTYPE sst [<!ENTITY l0 "ha">{LAUGHS}]>',
        '<!DOCTYPE sst [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE sst SYSTEM "http://127.0.0.1:9/x.dtd">',
        "<!DOCTYPE sst>",
        f"<!--{' ' * 100_000}--><!DOCTYPE sst>",
    ],
    ids=["entity bomb", "external entity", "external declaration", "bare", "behind a long comment"],
)
@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/media/image1.png"])
def test_declarations_are_refused_wherever_they_stand(tmp_path: Path, declaration: str, part: str) -> None:
    xml = f'{PROLOG}{declaration}<sst xmlns="{NAMESPACE}"><si><t>x</t></si></sst>'

    assert refusal(a_package(tmp_path / "thực thể.xlsx", {part: xml})).code is WorkbookFault.DECLARATIONS


def test_a_declaration_in_the_list_of_parts_is_refused(tmp_path: Path) -> None:
    types = f"<!DOCTYPE Types>{CONTENT_TYPES.format(main=SHEET_MAIN).removeprefix(PROLOG)}"

    assert refusal(a_package(tmp_path / "a.xlsx", {"[Content_Types].xml": types})).code is WorkbookFault.DECLARATIONS


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp037"])
def test_an_encoding_that_could_hide_something_is_refused(tmp_path: Path, encoding: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding}"?>'
    body = f'<!DOCTYPE sst><sst xmlns="{NAMESPACE}"/>'
    xml = declared.encode() + body.encode(encoding) if encoding == "cp037" else (declared + body).encode(encoding)

    error = refusal(a_package(tmp_path / "mã.xlsx", {"xl/sharedStrings.xml": xml}))

    assert error.code in (WorkbookFault.UNREADABLE, WorkbookFault.DECLARATIONS)


def test_damaged_xml_is_refused_before_any_row_is_taken(tmp_path: Path) -> None:
    sheet = sheet_xml(header_xml() + row_xml(2, TITLES)).removesuffix("</worksheet>")

    assert refusal(a_package(tmp_path / "hỏng.xlsx", {"xl/worksheets/sheet1.xml": sheet})).code is (
        WorkbookFault.UNREADABLE
    )


def test_a_flipped_byte_in_the_packed_data_is_refused(tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "hỏng.xlsx")
    with zipfile.ZipFile(path) as archive:
        sheet = archive.getinfo("xl/worksheets/sheet1.xml")
    content = bytearray(path.read_bytes())
    content[sheet.header_offset + 30 + len(sheet.filename) + sheet.compress_size // 2] ^= 0xFF
    path.write_bytes(content)

    assert refusal(path).code is WorkbookFault.UNREADABLE


@pytest.mark.parametrize(
    "cell",
    ['<c r="ZZZZ9"><v>1</v></c>', "<c><v>một</v></c>", '<c t="s"><v>99</v></c>', '<c s="x"><v>1</v></c>', '<c r=""/>'],
)
def test_nonsense_in_a_cell_is_refused_or_passed_over_but_never_a_crash(tmp_path: Path, cell: str) -> None:
    sheet = sheet_xml(f'{header_xml()}<row r="2">{cell}</row>')
    path = a_package(tmp_path / "lạ.xlsx", {"xl/worksheets/sheet1.xml": sheet})

    assert refused_or_read(path) in (WorkbookFault.UNREADABLE, 0, 1)


def _noise(count: int, pattern: str) -> str:
    """Text that packs badly enough not to look like a bomb."""
    dice = random.Random(4)
    return "".join(pattern.format(dice.getrandbits(60)) for _ in range(count))


@pytest.mark.parametrize(
    ("around", "inside", "code"),
    [
        # One row of 12 MB.
        ("<row>{}</row>", "<c><v>{}</v></c>", WorkbookFault.TOO_BIG_INFLATED),
        # One row that a count of "<row" would take for many.
        ("<row><c><is><t><!-- {} --></t></is></c></row>", "{} <row >", WorkbookFault.UNREADABLE),
        ("<row><c><is><t><![CDATA[{}]]></t></is></c></row>", "{} <row >", WorkbookFault.UNREADABLE),
        ("<row><?x {} ?></row>", "{} <row >", WorkbookFault.UNREADABLE),
        # One endless attribute.
        ("<row><c x='{}'/></row>", "{}", WorkbookFault.TOO_BIG_INFLATED),
        # Ten million rows of nothing.
        ("{}", '<row x="{}"/><row/><row/><row/>', WorkbookFault.TOO_MANY_CELLS),
    ],
    ids=["row", "comment", "cdata", "instruction", "attribute", "empty rows"],
)
def test_one_thing_that_would_fill_the_memory_is_refused(
    tmp_path: Path, around: str, inside: str, code: WorkbookFault
) -> None:
    sheet = sheet_xml(around.format(_noise(600_000, inside)))

    assert refusal(a_package(tmp_path / "dài.xlsx", {"xl/worksheets/sheet1.xml": sheet})).code is code


def test_shared_strings_and_styles_that_would_fill_the_memory_are_refused(tmp_path: Path) -> None:
    text = _noise(130_000, "<si><t>{}" + "a" * 1000 + "</t></si>")
    styles = text[:16_500_000]

    assert len(text) > 128_000_000
    for parts in ({"xl/sharedStrings.xml": text}, {"xl/styles.xml": styles}):
        assert refusal(a_package(tmp_path / "nặng.xlsx", parts)).code is WorkbookFault.TOO_BIG_INFLATED


def wide_rows(count: int) -> str:
    """Rows of 16,384 cells."""
    return "".join(f"<row>{_noise(16_384, '<c><v>{}</v></c>')}</row>" for _ in range(count))


def test_a_row_of_16384_columns_is_read_as_its_first_64(tmp_path: Path) -> None:
    path = a_package(tmp_path / "rộng.xlsx", {"xl/worksheets/sheet1.xml": sheet_xml(header_xml() + wide_rows(3))})
    started = time.monotonic()

    rows = list(read_intake(path))

    assert time.monotonic() - started < 10
    assert len(rows) == 3


def test_many_rows_of_16384_columns_are_refused(tmp_path: Path) -> None:
    path = a_package(tmp_path / "rộng.xlsx", {"xl/worksheets/sheet1.xml": sheet_xml(header_xml() + wide_rows(40))})

    assert refusal(path).code is WorkbookFault.TOO_MANY_CELLS


def test_the_last_cell_of_a_sheet_does_not_make_the_reader_walk_there(tmp_path: Path) -> None:
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    sheet = sheet_xml(header_xml() + row_xml(2, TITLES) + far).replace(
        "<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>'
    )
    path = a_package(tmp_path / "xa.xlsx", {"xl/worksheets/sheet1.xml": sheet})
    started = time.monotonic()

    rows = list(read_intake(path))

    assert time.monotonic() - started < 5
    assert [row.row for row in rows] == [2]


def test_a_row_number_beyond_all_sheets_does_not_hang(tmp_path: Path) -> None:
    sheet = sheet_xml(header_xml() + row_xml(999_999_999_999, TITLES))
    started = time.monotonic()

    rows = list(read_intake(a_package(tmp_path / "xa.xlsx", {"xl/worksheets/sheet1.xml": sheet})))

    assert time.monotonic() - started < 5
    assert rows == []


def test_a_hostile_file_is_refused_within_512_megabytes(tmp_path: Path) -> None:
    """The limit is the process's address space, Python and libraries included."""
    path = a_package(
        tmp_path / "nặng.xlsx",
        {"xl/worksheets/sheet1.xml": sheet_xml(f"<row>{_noise(1_500_000, '<c><v>{}</v></c>')}</row>")},
    )
    script = """
        import sys
        from pathlib import Path
        from documents.intake_workbook import UnsafeWorkbook, read_intake
        try:
            list(read_intake(Path(sys.argv[1])))
        except UnsafeWorkbook as error:
            print(error.code)
    """

    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(path)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        cwd=Path(__file__).parents[2],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20)),
    )

    assert (result.stdout.strip(), result.stderr) == ("too_big_inflated", "")
