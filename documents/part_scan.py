"""Reads one XML part of an Office file once, keeping nothing, and tells what it would cost to read it for real.

The real reader (openpyxl over ElementTree) builds a tree for each row and trusts the file. So this pass goes first: it
refuses document types and entities, damaged XML, and shapes that would fill the memory (one row of 400 MB).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final
from xml.parsers import expat

from documents.workbook_faults import UnsafeWorkbook, WorkbookFault

CHUNK: Final = 1 << 20  # bytes
# What may lie between the starts of two rows (or shared strings), and in a part without any: the tree of it is in
# memory at once. A row of 16,384 cells takes under 1 MB.
GROUP_BYTES: Final = 8 << 20
# A part this small needs no look at its comments: they can hide nothing big.
SMALL_PART: Final = GROUP_BYTES
# Excel's own limit is 1,048,576 rows a sheet; rows without cells cost memory too.
ROWS: Final = 1 << 20
# 100,000 rows of 18 columns are 1.8 million.
CELLS: Final = 3_000_000

_GROUP_OR_CELL: Final = re.compile(rb"<(?:[^\s<>/!?:]{1,64}:)?(?:(c)|(row)|si)[\s/>]")
_TAG_NAME_BYTES: Final = 128
_ENCODINGS: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})


@dataclass(slots=True)
class PartFigures:
    """What was counted in one part."""

    rows: int = 0
    cells: int = 0


class _Refusal(Exception):
    """Carries a verdict out of the parser's callbacks."""

    def __init__(self, fault: WorkbookFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def looks_like_xml(head: bytes) -> bool:
    """Tell whether the first bytes of a part can be read as XML, in any Unicode encoding."""
    plain = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return plain.startswith(b"<") or head.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00<"))


def scan_part(source: IO[bytes], *, file: str, must_be_xml: bool, figures: PartFigures) -> None:
    """Go through one part.

    Args:
        source: the part's bytes, inflated as they are read.
        file: the workbook's name, for the sentence.
        must_be_xml: refuse damaged XML; else (drawings in old dialects) only what is dangerous.
        figures: counts of the whole workbook, added to.

    Raises:
        UnsafeWorkbook: DECLARATIONS, UNREADABLE, TOO_BIG_INFLATED or TOO_MANY_CELLS.
    """
    try:
        _scan(source, must_be_xml=must_be_xml, figures=figures)
    except _Refusal as refusal:
        raise UnsafeWorkbook(refusal.fault, file=file, limit=CELLS) from None
    except expat.ExpatError as error:
        if must_be_xml:
            raise UnsafeWorkbook(WorkbookFault.UNREADABLE, file=file) from error


def _scan(source: IO[bytes], *, must_be_xml: bool, figures: PartFigures) -> None:
    parser = _parser()
    counter = _Counter(figures)
    parser.StartCdataSectionHandler = counter.enter_cdata
    parser.EndCdataSectionHandler = counter.leave_cdata
    while chunk := source.read(CHUNK):
        if b"\x00" in chunk:  # UTF-16 or no text at all: would hide from the counts
            raise _Refusal(WorkbookFault.UNREADABLE)
        counter.count(chunk)
        if counter.seen > SMALL_PART:
            counter.trust_nothing_hidden(parser)
        parser.Parse(chunk, False)
        if counter.seen - parser.CurrentByteIndex > GROUP_BYTES:  # one endless tag: expat reads it again and again
            raise _Refusal(WorkbookFault.UNREADABLE)
    if counter.seen or must_be_xml:
        parser.Parse(b"", True)


class _Counter:
    """Counts rows and cells by their tags, and what lies between two rows."""

    def __init__(self, figures: PartFigures) -> None:
        self.seen = 0  # bytes
        self._figures = figures
        self._last_group = 0
        self._carry = b""
        self._in_cdata = False

    def enter_cdata(self) -> None:
        self._in_cdata = True

    def leave_cdata(self) -> None:
        self._in_cdata = False

    def trust_nothing_hidden(self, parser: expat.XMLParserType) -> None:
        """Refuse from here on what may hold a false "<row": comments, instructions, CDATA."""
        if self._in_cdata:
            _hides_something()
        parser.CommentHandler = parser.ProcessingInstructionHandler = _hides_something
        parser.StartCdataSectionHandler = _hides_something

    def count(self, chunk: bytes) -> None:
        start = self.seen - len(self._carry)
        self.seen += len(chunk)
        text, self._carry = _whole_tags(self._carry + chunk)
        for found in _GROUP_OR_CELL.finditer(text):
            if found[1]:
                self._figures.cells += 1
            else:
                self._figures.rows += found[2] is not None
                self._group(start + found.start())
        self._group(self.seen - len(self._carry), starts=False)
        if self._figures.cells > CELLS or self._figures.rows > ROWS:
            raise _Refusal(WorkbookFault.TOO_MANY_CELLS)

    def _group(self, position: int, *, starts: bool = True) -> None:
        if position - self._last_group > GROUP_BYTES:
            raise _Refusal(WorkbookFault.TOO_BIG_INFLATED)
        if starts:
            self._last_group = position


def content_types(source: IO[bytes], *, file: str) -> Iterator[tuple[str, str]]:
    """Read the package's list of parts: (name or extension, content type), as declared.

    Raises:
        UnsafeWorkbook: UNREADABLE or DECLARATIONS.
    """
    found: list[tuple[str, str]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rsplit(" ", 1)[-1] in ("Override", "Default"):
            name = attributes.get("PartName") or attributes.get("Extension") or ""
            found.append((name, attributes.get("ContentType", "")))

    parser = _parser()
    parser.StartElementHandler = start
    try:
        parser.Parse(source.read(CHUNK), True)
    except _Refusal as refusal:
        raise UnsafeWorkbook(refusal.fault, file=file) from None
    except expat.ExpatError as error:
        raise UnsafeWorkbook(WorkbookFault.UNREADABLE, file=file) from error
    yield from found


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _declares
    parser.EntityDeclHandler = _declares
    parser.XmlDeclHandler = _check_encoding
    return parser


def _declares(*_: object) -> None:
    raise _Refusal(WorkbookFault.DECLARATIONS)


def _hides_something(*_: object) -> None:
    raise _Refusal(WorkbookFault.UNREADABLE)


def _check_encoding(_version: str, encoding: str | None, _standalone: int) -> None:
    if encoding is not None and encoding.lower() not in _ENCODINGS:
        raise _Refusal(WorkbookFault.UNREADABLE)


def _whole_tags(text: bytes) -> tuple[bytes, bytes]:
    """Part a text before a tag whose name may go on in the next chunk."""
    cut = text.rfind(b"<", max(0, len(text) - _TAG_NAME_BYTES))
    return (text, b"") if cut < 0 else (text[:cut], text[cut:])
