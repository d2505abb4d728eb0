"""The columns of the import contract, and how a row of titles is recognised as theirs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from models.text import fold_key


class Column(StrEnum):
    """A column of the import contract; the value is its title. The order is that of the workbooks we write."""

    CODE = "Mã nhiệm vụ"
    DOCUMENT_NUMBER = "Số ký hiệu văn bản"
    DOCUMENT_DATE = "Ngày văn bản"
    ABSTRACT = "Trích yếu"
    ASSIGNING_LEADER = "Người chỉ đạo"
    CONTENT = "Nội dung nhiệm vụ"
    LEAD_AGENCY = "Cơ quan chủ trì"
    COORDINATING_AGENCIES = "Cơ quan phối hợp"
    DEADLINE = "Thời hạn"
    URGENCY = "Độ khẩn"
    FIELD = "Lĩnh vực"
    SUPERVISING_LEADER = "Lãnh đạo phụ trách"
    DOCUMENT_TYPE = "Loại văn bản"
    SIGNER = "Người ký"
    IMPOSED_DEADLINE = "Hạn cấp trên giao"
    RESULT_DATE = "Ngày báo cáo kết quả"
    RESULT_NUMBER = "Số văn bản kết quả"
    SECRECY = "Độ mật"


REQUIRED: Final = (
    Column.DOCUMENT_NUMBER,
    Column.DOCUMENT_DATE,
    Column.ABSTRACT,
    Column.ASSIGNING_LEADER,
    Column.CONTENT,
    Column.LEAD_AGENCY,
    Column.COORDINATING_AGENCIES,
    Column.DEADLINE,
    Column.URGENCY,
)
DATES: Final = frozenset({Column.DOCUMENT_DATE, Column.DEADLINE, Column.IMPOSED_DEADLINE, Column.RESULT_DATE})
# Line breaks mean something in these: paragraphs, one agency a line.
MULTILINE: Final = frozenset({Column.ABSTRACT, Column.CONTENT, Column.COORDINATING_AGENCIES})

# What offices write instead. The contract's own title wins where a sheet has both.
_SYNONYMS: Final[Mapping[Column, tuple[str, ...]]] = {
    Column.CODE: ("Mã số nhiệm vụ", "Mã nhiệm vụ giao", "Mã NV"),
    Column.DOCUMENT_NUMBER: (
        "Số, ký hiệu",
        "Số, ký hiệu văn bản",
        "Số ký hiệu văn bản chỉ đạo",
        "Số hiệu văn bản",
        "Số văn bản",
        "Số văn bản chỉ đạo",
    ),
    Column.DOCUMENT_DATE: (
        "Ngày ban hành",
        "Ngày ban hành văn bản",
        "Ngày tháng văn bản",
        "Ngày, tháng, năm văn bản",
        "Ngày văn bản chỉ đạo",
        "Ngày ký văn bản",
    ),
    Column.ABSTRACT: (
        "Trích yếu nội dung",
        "Trích yếu văn bản",
        "Trích yếu nội dung văn bản",
        "Trích yếu văn bản chỉ đạo",
    ),
    Column.ASSIGNING_LEADER: (
        "Lãnh đạo chỉ đạo",
        "Lãnh đạo giao",
        "Người giao",
        "Người giao nhiệm vụ",
        "Lãnh đạo giao nhiệm vụ",
    ),
    Column.CONTENT: (
        "Nhiệm vụ",
        "Nhiệm vụ được giao",
        "Nội dung nhiệm vụ được giao",
        "Nội dung giao",
        "Nội dung chỉ đạo",
    ),
    Column.LEAD_AGENCY: ("Đơn vị chủ trì", "Cơ quan, đơn vị chủ trì", "Đơn vị thực hiện", "Cơ quan thực hiện"),
    Column.COORDINATING_AGENCIES: ("Đơn vị phối hợp", "Cơ quan, đơn vị phối hợp", "Các cơ quan phối hợp"),
    Column.DEADLINE: (
        "Hạn hoàn thành",
        "Hạn xử lý",
        "Thời hạn hoàn thành",
        "Thời hạn thực hiện",
        "Thời hạn xử lý",
        "Thời gian hoàn thành",
        "Hạn thực hiện",
    ),
    Column.URGENCY: ("Mức độ khẩn", "Độ khẩn văn bản"),
    Column.FIELD: ("Lĩnh vực phụ trách", "Ngành, lĩnh vực"),
    Column.SUPERVISING_LEADER: ("Lãnh đạo theo dõi", "Lãnh đạo UBND phụ trách", "Lãnh đạo phụ trách lĩnh vực"),
    Column.DOCUMENT_TYPE: ("Thể loại văn bản", "Hình thức văn bản", "Loại văn bản chỉ đạo"),
    Column.SIGNER: ("Người ký văn bản", "Người ký ban hành"),
    Column.IMPOSED_DEADLINE: ("Thời hạn cấp trên giao", "Hạn của cấp trên", "Hạn Trung ương giao"),
    Column.RESULT_DATE: ("Ngày báo cáo", "Ngày hoàn thành", "Ngày có kết quả", "Ngày văn bản kết quả"),
    Column.RESULT_NUMBER: ("Số ký hiệu văn bản kết quả", "Văn bản kết quả", "Số văn bản báo cáo kết quả"),
    Column.SECRECY: ("Mức độ mật", "Độ mật văn bản"),
}

_LONGEST_TITLE: Final = 200
_REMARK: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_NOT_A_LETTER: Final = re.compile(r"[^a-z0-9]+")
_COLUMN_NUMBER: Final = re.compile(r"\(?(?:\d{1,2}|[A-Z])\)?")


def _title_key(title: str) -> str:
    """Make the key of a title: "Thời hạn (dd/mm/yyyy) *" is "thoi han"."""
    return _NOT_A_LETTER.sub(" ", fold_key(_REMARK.sub(" ", title))).strip()


_EXACT: Final = {_title_key(column): column for column in Column}
_OTHERS: Final = {_title_key(title): column for column, titles in _SYNONYMS.items() for title in titles}


@dataclass(frozen=True, slots=True)
class Header:
    """A row of titles that was recognised.

    Attributes:
        last_row: the last row that belongs to it, from 1; data start below.
        places: where each column lies, from 0.
        doubled: columns that two titles claim with equal right.
    """

    last_row: int
    places: Mapping[Column, int]
    doubled: tuple[Column, ...]

    @property
    def missing(self) -> tuple[Column, ...]:
        """Required columns that it lacks."""
        return tuple(column for column in REQUIRED if column not in self.places)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns it has, in the contract's order."""
        return tuple(column for column in Column if column in self.places)


def find_header(rows: Sequence[Sequence[object]], *, starts_within: int) -> Header | None:
    """Find the row of titles among the first rows of a sheet.

    Titles may stand in one row, or in two of which the upper one is merged over several columns ("Văn bản" over "Số ký
    hiệu", "Ngày", "Trích yếu").

    Args:
        rows: the raw values of the first rows, from row 1.
        starts_within: how many rows the titles may start in; rows after those are only the second of two.

    Returns:
        The first row with every required column; else the one with the most of the contract's columns; None when no
        row has any.
    """
    best: Header | None = None
    for number, row in enumerate(rows[:starts_within], start=1):
        single = _recognise(number, [_keys(value) for value in row])
        candidates = [single]
        if number < len(rows) and single.places:
            candidates.append(_recognise(number + 1, _two_storeys(row, rows[number])))
        for candidate in candidates:
            if candidate.places and not candidate.missing:
                return candidate
            if len(candidate.places) > (len(best.places) if best else 0):
                best = candidate
    return best


def is_numbering(row: Sequence[object]) -> bool:
    """Tell the row of column numbers that forms have below their titles: (1) (2) (3), or A B 1 2 3."""
    texts = [str(value).strip() for value in row if value is not None and str(value).strip()]
    numbered = any(text.strip("()").isdecimal() for text in texts)
    return len(texts) >= 3 and numbered and all(_COLUMN_NUMBER.fullmatch(text) for text in texts)


def _keys(value: object) -> tuple[str, ...]:
    return (_title_key(value),) if isinstance(value, str) and len(value) <= _LONGEST_TITLE else ()


def _two_storeys(upper: Sequence[object], lower: Sequence[object]) -> list[tuple[str, ...]]:
    titles: list[tuple[str, ...]] = []
    above: tuple[str, ...] = ()
    for position in range(max(len(upper), len(lower))):
        own = _keys(upper[position]) if position < len(upper) else ()
        below = _keys(lower[position]) if position < len(lower) else ()
        above = own or above  # a merged title stands in its first cell only
        joined = tuple(title for under in below for over in above for title in (f"{over} {under}", f"{under} {over}"))
        titles.append((*joined, *below, *own))
    return titles


def _recognise(last_row: int, titles: Sequence[tuple[str, ...]]) -> Header:
    claims: dict[Column, list[tuple[bool, int]]] = {}
    for position, keys in enumerate(titles):
        for key in keys:
            column = _EXACT.get(key) or _OTHERS.get(key)
            if column is not None:
                claims.setdefault(column, []).append((key not in _EXACT, position))
                break
    places: dict[Column, int] = {}
    doubled: list[Column] = []
    for column, claimed in claims.items():
        rank, places[column] = min(claimed)
        if sum(other == rank for other, _ in claimed) > 1:
            doubled.append(column)
    return Header(last_row=last_row, places=places, doubled=tuple(doubled))
