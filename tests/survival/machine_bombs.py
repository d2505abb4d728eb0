"""Workbooks that would fill a memory or a disk, made in a moment: what they unpack to is never written anywhere."""

import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

import xlsxwriter
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

GIGABYTE = 1 << 30
BLOCK = 1 << 20
OLE = bytes.fromhex("D0CF11E0A1B11AE1")


def a_bomb(path: Path, gigabytes: int, *, says: int | None = None) -> Path:
    """A workbook whose shared strings and sheets unpack to so many gigabytes of blanks.

    One packed megabyte is written again and again, as deflate allows.

    Args:
        says: the size that the directory gives for each part, when it lies.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b" " * BLOCK) + packer.flush(zlib.Z_FULL_FLUSH)
    end = packer.flush(zlib.Z_FINISH)
    each = 3 * GIGABYTE  # a directory of the plain kind holds sizes up to four
    sizes = [each] * (gigabytes // 3) + ([gigabytes % 3 * GIGABYTE] if gigabytes % 3 else [])
    a_package(path)
    with zipfile.ZipFile(path) as plain:
        parts = [(info.filename, plain.read(info)) for info in plain.infolist() if "sharedStrings" not in info.filename]
    directory = b""
    with path.open("wb") as file:
        for name, content in parts:
            packed = zlib.compress(content, 9)[2:-4]
            directory += _part(file, name, [packed], zlib.crc32(content), len(content))
        for number, size in enumerate(sizes):
            name = "xl/sharedStrings.xml" if number == 0 else f"xl/worksheets/sheet{number + 1}.xml"
            directory += _part(file, name, [*([block] * (size // BLOCK)), end], 0, size if says is None else says)
        start, count = file.tell(), len(parts) + len(sizes)
        file.write(directory + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(directory), start, 0))
    return path


def _part(file: IO[bytes], name: str, pieces: list[bytes], checksum: int, size: int) -> bytes:
    """Write one part; its entry in the directory."""
    at, packed, encoded = file.tell(), sum(map(len, pieces)), name.encode()
    common = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, checksum, packed, size, len(encoded), 0)
    file.write(b"PK\3\4" + common + encoded)
    for piece in pieces:
        file.write(piece)
    return b"PK\1\2" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, at) + encoded


def entity_bomb(path: Path) -> Path:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return _strings(path, f'<!DOCTYPE sst [<!ENTITY l0 "ha">{laughs}]>', "&l9;")


def external_entity(path: Path) -> Path:
    return _strings(path, '<!DOCTYPE sst [<!ENTITY e SYSTEM "file:///etc/passwd">]>', "&e;")


def _strings(path: Path, declaration: str, text: str) -> Path:
    xml = f'<?xml version="1.0"?>{declaration}<sst xmlns="{NAMESPACE}"><si><t>{text}</t></si></sst>'
    return a_package(path, {"xl/sharedStrings.xml": xml})


def last_cell(path: Path) -> Path:
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    sheet = sheet_xml(header_xml() + row_xml(2, TITLES) + far)
    return a_package(path, {"xl/worksheets/sheet1.xml": sheet.replace("<sheetData>", f"{WHOLE_SHEET}<sheetData>")})


WHOLE_SHEET = '<dimension ref="A1:XFD1048576"/>'


def wide(path: Path) -> Path:
    """Forty rows of 16,384 columns, each cell with a number of its own."""
    rows = "".join(
        f"<row>{''.join(f'<c><v>{(row * 16_384 + column) * 7919}</v></c>' for column in range(16_384))}</row>"
        for row in range(40)
    )
    return a_package(path, {"xl/worksheets/sheet1.xml": sheet_xml(header_xml() + rows)})


def formulas(path: Path) -> Path:
    """Formulas that would open a program or call another machine, in every cell of a row."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for column, title in enumerate(TITLES):
        sheet.write_string(0, column, title)
        sheet.write_formula(1, column, "=WEBSERVICE(\"http://127.0.0.1:1/\")&cmd|' /C calc'!A0", value="x")
    book.close()
    return path


def macro(path: Path) -> Path:
    return a_package(path, {"xl/vbaProject.bin": b"macro"})


def old_xls(path: Path) -> Path:
    path.write_bytes(OLE + bytes(4096))
    return path


def encrypted(path: Path) -> Path:
    path.write_bytes(OLE + bytes(1000) + "EncryptedPackage".encode("utf-16-le") + bytes(999))
    return path


def encrypted_zip(path: Path) -> Path:
    """The mark of encryption on every part, as zip programs set it when one asks for a password."""
    a_package(path)
    content = bytearray(path.read_bytes())
    for signature, flags_at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = content.find(signature)
        while at >= 0:
            content[at + flags_at] |= 1
            at = content.find(signature, at + 4)
    path.write_bytes(content)
    return path


def from_1904(path: Path) -> Path:
    return a_workbook(path, dates_from_1904=True)


def merged_header(path: Path) -> Path:
    """A title merged over all columns above, and the header merged over two rows with others beneath."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.merge_range(0, 0, 0, len(TITLES) - 1, "PHỤ LỤC NHIỆM VỤ")
    for column, title in enumerate(TITLES):
        if column < 3:
            sheet.write_string(2, column, title)
        else:
            sheet.merge_range(1, column, 2, column, title)
    sheet.merge_range(1, 0, 1, 2, "Văn bản chỉ đạo")
    for column in range(len(TITLES)):
        sheet.write_string(3, column, "x")
    book.close()
    return path


def many_declared_sheets(path: Path) -> Path:
    sheet = '<Override PartName="/xl/worksheets/s{}.xml" ContentType="application/x.worksheet+xml"/>'
    sheets = "".join(sheet.format(number) for number in range(100_000))
    types = CONTENT_TYPES.format(main=SHEET_MAIN).replace("</Types>", f"{sheets}</Types>")
    return a_package(path, {"[Content_Types].xml": types})


BOMBS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "10 MB that unpack to 10 GB": (lambda path: a_bomb(path, 10), "too_big_inflated"),
    "10 GB that call themselves 1 KB": (lambda path: a_bomb(path, 10, says=1000), "unreadable"),
    "an entity bomb in the shared strings": (entity_bomb, "declarations"),
    "an external entity in the shared strings": (external_entity, "declarations"),
    "a cell XFD1048576": (last_cell, "1 row"),
    "16,384 columns": (wide, "too_many_cells"),
    "formulas": (formulas, "1 row"),
    "a macro": (macro, "macros"),
    "an .xls renamed": (old_xls, "old_xls"),
    "an encrypted workbook": (encrypted, "encrypted"),
    "an encrypted zip": (encrypted_zip, "encrypted"),
    "dates from 1904": (from_1904, "1 row"),
    "a merged header": (merged_header, "1 row"),
    "100,000 sheets": (many_declared_sheets, "unreadable|too_many_parts|too_big_inflated"),
}
"""What is sent, and what becomes of it: a fault, or rows that were read."""
