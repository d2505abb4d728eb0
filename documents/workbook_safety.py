"""Refuses dangerous and wrong workbooks before anything of them is parsed.

What people send is usually fine; what attackers send is refused with one sentence within seconds: the figures
here bound time and memory of the reader that follows.
"""

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from documents.part_scan import PartFigures, content_types, looks_like_xml, scan_part
from documents.workbook_faults import SENTENCES, UnsafeWorkbook, WorkbookFault

__all__ = ["SENTENCES", "UnsafeWorkbook", "WorkbookFault", "check_workbook"]

MEGABYTE: Final = 1_000_000
FILE_BYTES: Final = 50 * MEGABYTE
INFLATED_BYTES: Final = 500 * MEGABYTE
RATIO: Final = 200  # inflated to packed; real sheets stay under 60
RATIO_FROM_BYTES: Final = 10 * MEGABYTE  # a small part may be as dense as it likes
SHARED_STRINGS_BYTES: Final = 128 * MEGABYTE  # the reader keeps these in memory
WHOLE_TREE_BYTES: Final = 16 * MEGABYTE  # and builds one tree of each of the parts below
PARTS: Final = 2_000
SHEETS: Final = 200
# Cells right of the 64th column are not looked at, yet cost time: so many may lie there in the whole workbook.
COLUMNS: Final = 64
CELLS_BESIDE: Final = 300_000

_OLE: Final = bytes.fromhex("D0CF11E0A1B11AE1")
_OLE_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_ZIP: Final = b"PK"
_CONTENT_TYPES: Final = "[Content_Types].xml"
_WHOLE_TREE_PARTS: Final = frozenset(
    {"xl/styles.xml", "xl/theme/theme1.xml", "docprops/core.xml", "docprops/custom.xml", "docprops/app.xml"}
)
_MAIN: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_WORKBOOK_TYPES: Final = frozenset({f"{_MAIN}sheet.main+xml", f"{_MAIN}template.main+xml"})
_SHARED_STRINGS_TYPE: Final = f"{_MAIN}sharedStrings+xml"
_MACRO_WORDS: Final = ("macroenabled", "vbaproject", "macrosheet")
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, RuntimeError)


def check_workbook(path: Path) -> None:
    """Refuse a file that is not a plain, sane .xlsx.

    Everything in it is inflated once, in pieces, so a damaged file is refused here and not half-way.

    Args:
        path: the file as it was given.

    Raises:
        UnsafeWorkbook: with the reason; see `WorkbookFault`.
    """
    file = path.name
    try:
        size, head = _size_and_head(path)
    except OSError as error:
        raise UnsafeWorkbook(WorkbookFault.CANNOT_OPEN, file=file) from error
    if size > FILE_BYTES:
        raise UnsafeWorkbook(
            WorkbookFault.TOO_BIG, file=file, megabytes=-(-size // MEGABYTE), limit=FILE_BYTES // MEGABYTE
        )
    if head == _OLE:
        encrypted = _OLE_ENCRYPTED in path.read_bytes()
        raise UnsafeWorkbook(WorkbookFault.ENCRYPTED if encrypted else WorkbookFault.OLD_XLS, file=file)
    if not head.startswith(_ZIP):
        raise UnsafeWorkbook(WorkbookFault.NOT_WORKBOOK, file=file)
    try:
        with zipfile.ZipFile(path) as archive:
            _check_archive(archive, file)
    except _DAMAGED as error:
        raise UnsafeWorkbook(WorkbookFault.UNREADABLE, file=file) from error


def _size_and_head(path: Path) -> tuple[int, bytes]:
    if not path.is_file():  # a pipe or a device would wait for ever
        raise FileNotFoundError(path)
    with path.open("rb") as source:
        return path.stat().st_size, source.read(len(_OLE))


def _check_archive(archive: zipfile.ZipFile, file: str) -> None:
    parts = archive.infolist()
    _check_sizes(parts, file)
    _check_contents(archive, file)
    figures = PartFigures()
    for part in parts:
        if part.is_dir():
            continue
        with archive.open(part) as source:
            head = source.read(64)
        must_be_xml = part.filename.lower().endswith((".xml", ".rels"))
        if must_be_xml or looks_like_xml(head):
            with archive.open(part) as source:
                scan_part(source, file=file, must_be_xml=must_be_xml, figures=figures)
    allowed = COLUMNS * figures.rows + CELLS_BESIDE
    if figures.cells > allowed:
        raise UnsafeWorkbook(WorkbookFault.TOO_MANY_CELLS, file=file, limit=allowed)


def _check_sizes(parts: list[zipfile.ZipInfo], file: str) -> None:
    if len(parts) > PARTS:
        raise UnsafeWorkbook(WorkbookFault.TOO_MANY_PARTS, file=file, count=len(parts), limit=PARTS)
    if any(part.flag_bits & 0x1 for part in parts):
        raise UnsafeWorkbook(WorkbookFault.ENCRYPTED, file=file)
    if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
        raise UnsafeWorkbook(WorkbookFault.UNREADABLE, file=file)
    names = [part.filename for part in parts]
    if len(set(names)) != len(names):  # which of the two would be read?
        raise UnsafeWorkbook(WorkbookFault.UNREADABLE, file=file)
    if sum(part.file_size for part in parts) > INFLATED_BYTES or any(_too_dense(part) for part in parts):
        raise UnsafeWorkbook(WorkbookFault.TOO_BIG_INFLATED, file=file)


def _too_dense(part: zipfile.ZipInfo) -> bool:
    return part.file_size > RATIO_FROM_BYTES and part.file_size > RATIO * max(1, part.compress_size)


def _check_contents(archive: zipfile.ZipFile, file: str) -> None:
    sizes = {part.filename: part.file_size for part in archive.infolist()}
    if _CONTENT_TYPES not in sizes:
        raise UnsafeWorkbook(WorkbookFault.NOT_SPREADSHEET, file=file)
    with archive.open(_CONTENT_TYPES) as source:
        declared = list(content_types(source, file=file))
    lowered = [content_type.lower() for _, content_type in declared]
    if any(word in content_type for content_type in lowered for word in _MACRO_WORDS) and not _is_binary(lowered):
        raise UnsafeWorkbook(WorkbookFault.MACROS, file=file)
    if any(name.lower().endswith("vbaproject.bin") for name in sizes):
        raise UnsafeWorkbook(WorkbookFault.MACROS, file=file)
    workbooks = [name for name, content_type in declared if content_type in _WORKBOOK_TYPES]
    if not workbooks:
        raise UnsafeWorkbook(WorkbookFault.NOT_SPREADSHEET, file=file)
    for name in _read_whole(sizes, workbooks):
        if sizes[name] > WHOLE_TREE_BYTES:
            raise UnsafeWorkbook(WorkbookFault.TOO_BIG_INFLATED, file=file)
    strings = [name.lstrip("/") for name, content_type in declared if content_type == _SHARED_STRINGS_TYPE]
    if any(sizes.get(name, 0) > SHARED_STRINGS_BYTES for name in strings):
        raise UnsafeWorkbook(WorkbookFault.TOO_BIG_INFLATED, file=file)
    sheets = sum(content_type.endswith((".worksheet+xml", ".chartsheet+xml")) for _, content_type in declared)
    if sheets > SHEETS:
        raise UnsafeWorkbook(WorkbookFault.TOO_MANY_PARTS, file=file, count=sheets, limit=SHEETS)


def _is_binary(content_types_lowered: list[str]) -> bool:
    """Tell an .xlsb, whose main type says "macroEnabled" whether or not there is one."""
    return any(".sheet.binary." in content_type for content_type in content_types_lowered)


def _read_whole(sizes: dict[str, int], workbooks: list[str]) -> Iterator[str]:
    mains = {name.lstrip("/").lower() for name in workbooks} | {"xl/workbook.xml"}
    for name in sizes:
        lowered = name.lower()
        if lowered in _WHOLE_TREE_PARTS or lowered in mains or lowered.endswith(".rels") or name == _CONTENT_TYPES:
            yield name
