"""Reading what people write as a deadline: "trước 16 giờ ngày 5/3/2026", "trong 30 ngày làm việc", "quý II/2026".

The text is that of a deadline (a cell, a form's field, a phrase), not a whole document. It gives one deadline, none,
or `DeadlineUnreadable`: nothing is guessed where two readings are possible.
"""

import calendar as gregorian
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, NoReturn

from models.calendar import LOCAL, Calendar, local_day
from models.deadline import (
    LATEST_YEAR,
    Deadline,
    DeadlineUnreadable,
    OfficeHours,
    Unit,
    hours_end,
    make_deadline,
    period_end,
)
from models.text import fold
from models.vocabulary import Qualifier

EARLIEST_YEAR: Final = 2000

# All patterns read the folded text: no case, no accents, one blank between words.
_NONE: Final = re.compile(
    r"(?:thoi han ?:? ?)?(?:-*|khong|khong co"
    r"|(?:khong|chua)(?: co| quy dinh| xac dinh| an dinh| neu)? (?:ro )?(?:thoi )?han"
    r"|(?:nhiem vu |thuc hien )?thuong xuyen(?:,? lien tuc)?|lau dai)\.?"
)
_RECURRING: Final = re.compile(
    r"\bdinh ky\b|\bhang (?:ngay|tuan|thang|quy|nam)\b|\b(?:moi|tung) (?:tuan|thang|quy|nam)\b"
)

_DATE: Final = re.compile(
    r"(?<![\w/.\-])(?P<day>\d{1,2}) ?(?P<mark>[/.\-]) ?(?P<month>\d{1,2})(?: ?(?P=mark) ?(?P<year>\d{4}|\d{2}))?"
    r"(?!\w|[/\-.] ?\w)"
)
_ISO_DATE: Final = re.compile(r"(?<![\w/.\-])(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?=\D|$)")
_SPELLED_DATE: Final = re.compile(
    r"\b(?:ngay )?(?:mung )?(?P<day>\d{1,2}),? thang (?P<month>\d{1,2})(?!\d)"
    r"(?:(?:,? nam | ?[/.\-] ?)(?P<year>\d{4}))?(?! ?\d| ngay\b)"
)
_RELATIVE_DAY: Final = re.compile(r"\b(?P<word>ngay mai|hom nay|trong ngay(?! mai)|cung ngay|het ngay)\b(?! \d)")
_STARTS: Final = re.compile(r"\b(?:tu|sau)(?: ngay)? ?(?:mung )?$")
_DEADLINE_CUE: Final = re.compile(
    r"\b(?:truoc|cham nhat|muon nhat|den|toi|qua|het|han|trong|xong|vao|hoac)\b\D*"
    r"(?:\d{1,2} ?(?:gio|h|g|:)[^/.\-]{0,12}?)?(?:ngay )?$"
)
_BEFORE: Final = re.compile(r"\btruoc\b(?! (?:hoac|va) trong\b)")

_ORDINAL: Final = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_YEAR_PART: Final = r"(?:(?: ?[/.\-] ?|,? nam | )(?P<year>\d{4}))?(?![\d/])"
_MONTH: Final = re.compile(
    rf"(?<!\d )\b(?:(?P<part>dau|giua|cuoi|het) )?thang (?P<month>\d{{1,2}}){_YEAR_PART}"
    r"|^(?P<bare_month>\d{1,2}) ?[/\-] ?(?P<bare_year>\d{4})$"
)
_QUARTER: Final = re.compile(rf"\b(?:(?P<part>dau|cuoi|het) )?quy (?P<quarter>iv|i{{1,3}}|[1-4])\b{_YEAR_PART}")
_HALF_YEAR: Final = re.compile(r"\b6 thang (?P<half>dau|cuoi) nam(?: (?P<year>\d{4}))?(?!\d)")
_YEAR: Final = re.compile(r"\b(?:(?P<part>dau|giua|cuoi|het) )?nam (?P<year>\d{4})(?!\d)")
_THIS_PERIOD: Final = re.compile(r"\b(?P<part>trong |cuoi |het )(?P<period>thang nay|quy nay|nam nay)\b")

# Without accents "sáu" (six) is "sau" (after) and "bày" is "bảy", so number words are compared with theirs.
_COUNT_WORDS: Final = {
    "một": 1, "hai": 2, "ba": 3, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9,
    "mười": 10, "mười lăm": 15, "hai mươi": 20, "ba mươi": 30, "bốn mươi lăm": 45, "sáu mươi": 60, "chín mươi": 90,
}  # fmt: skip
_COUNT: Final = "|".join(sorted({fold(word) for word in _COUNT_WORDS}, key=len, reverse=True))
_UNITS: Final = {
    "gio lam viec": Unit.WORKING_HOUR, "gio": Unit.HOUR, "h": Unit.HOUR, "tieng": Unit.HOUR,
    "ngay lam viec": Unit.WORKING_DAY, "ngay": Unit.DAY, "tuan": Unit.WEEK, "thang": Unit.MONTH, "nam": Unit.YEAR,
}  # fmt: skip
_PERIOD: Final = re.compile(
    rf"(?:^|\b(?:trong|vong|han|qua|da|nhat|cham nhat la|sau) ?:? ?|, )(?P<count>\d+|{_COUNT})(?: \([^)]*\))? ?"
    r"(?P<unit>gio lam viec|ngay lam viec|gio|tieng|h|ngay|tuan|thang|nam)\b(?! ?\d| (?:dau|cuoi) nam)"
)
_FROM: Final = re.compile(r"\b(?:tu|sau) (?:ngay|khi|luc|thoi diem|hom nay)\b|\btinh tu\b|\bke tu\b")
_THIS_DOCUMENT: Final = (
    r"(?: (?:van ban|cong van|cong dien|thong bao|quyet dinh|chi thi|ke hoach|ket luan|(?:y kien )?chi dao))?(?: nay)?"
    r"(?= ?(?:$|[,.;)]))"
)
_FROM_RECEIPT: Final = re.compile(
    rf"\b(?:tu|sau) (?:ngay |khi |luc |thoi diem )?(?:tiep )?nhan(?: duoc)?{_THIS_DOCUMENT}"
)
_FROM_DOCUMENT: Final = re.compile(
    r"\b(?:tu|sau) (?:ngay |khi |luc |thoi diem )?(?:hom nay|(?:ky,? ?)?(?:ban hanh|phat hanh|ra|co)?)"
    rf"{_THIS_DOCUMENT}"
)

_TIME: Final = re.compile(
    r"(?<![\d/.\-])(?P<hour>\d{1,2}) ?(?:(?:gio|h|g)(?: ?(?P<minute>\d{1,2})(?: ?(?:phut|p)\b|(?![\d/.\-])))?"
    r"|:(?P<colon>\d{2})(?::(?P<second>\d{2}))?)(?: (?P<half>sang|trua|chieu|toi))?(?![a-z:])"
)
_NOON: Final = 12
_HOURS_OF_A_DAY: Final = 24
_END_OF_DAY: Final = time.max
"""Stands for 24:00; told from a real time by identity."""


@dataclass(frozen=True)
class _Reading:
    """One named day that was found, with where it stands in the folded text."""

    day: date
    span: tuple[int, int]
    qualifier: Qualifier
    cued: bool = False
    """Whether a word before it says that this is the deadline."""
    starts: bool = False
    """Whether a word before it says that something begins there ("từ ngày", "sau ngày")."""


def parse_deadline(
    text: str,
    issued_on: date,
    calendar: Calendar,
    office: OfficeHours | None = None,
    received_at: datetime | None = None,
) -> Deadline | None:
    """Read the deadline that people wrote.

    A day without a year is the first such day on or after `issued_on`. A period starts the day after `issued_on`,
    or after the day of `received_at` where it counts from receipt. A named month, quarter or year ends on its last
    day, which like any named day does not move.

    Args:
        text: what stands in the cell or field, in any case, Unicode form and blanks.
        issued_on: the date of the document.
        calendar: for periods.
        office: strict "before", closing hour.
        received_at: an aware instant; needed only for a period in hours.

    Returns: None where there is no deadline ("", "không thời hạn", "thường xuyên").
    Raises: DeadlineUnreadable, with `bad_date`, `unclear_deadline` or `no_start_of_hours` and the part to show.
    Source: rules 1 and 2 of the fine rules; Civil Code 2015, arts. 146-148.
    """
    written = " ".join(unicodedata.normalize("NFC", text).split())
    folded = re.sub(r"[–—‐‑−]", "-", fold(written))
    if _NONE.fullmatch(folded):
        return None
    if _RECURRING.search(folded):
        _unclear(written)
    named = _named_day(folded, written, issued_on)
    period = _period_in(folded, written)
    if period is not None and not (named is not None and _UNITS[period["unit"]] is Unit.HOUR):
        return _read_period(period, named, _Situation(written, folded, issued_on, calendar, office, received_at))
    if named is None or named.starts:
        _unclear(written)
    clock = _hour_of(folded, named, written)
    qualifier = Qualifier.BEFORE if _BEFORE.search(folded) else named.qualifier
    if clock is _END_OF_DAY:  # an hour is named: neither the closing hour nor a strict "before" changes it
        return make_deadline(named.day, qualifier=qualifier, text=written)
    return make_deadline(named.day, time=clock, qualifier=qualifier, text=written, office=office)


@dataclass(frozen=True)
class _Situation:
    written: str
    folded: str
    issued_on: date
    calendar: Calendar
    office: OfficeHours | None
    received_at: datetime | None


def _period_in(folded: str, written: str) -> re.Match[str] | None:
    for found in _PERIOD.finditer(folded):
        if found["count"].isdecimal() or written[slice(*found.span("count"))].lower() in _COUNT_WORDS:
            return found
    return None


def _read_period(period: re.Match[str], named: _Reading | None, situation: _Situation) -> Deadline:
    written, unit = situation.written, _UNITS[period["unit"]]
    count = written[slice(*period.span("count"))].lower()
    amount = _COUNT_WORDS[count] if count in _COUNT_WORDS else int(count)
    start = _start_of(named, situation)
    try:
        if unit not in (Unit.HOUR, Unit.WORKING_HOUR):
            day = period_end(start, amount, unit, situation.calendar)
            return make_deadline(day, qualifier=Qualifier.WITHIN, text=written, office=situation.office)
        if situation.received_at is not None and named is None:
            due = hours_end(situation.received_at, amount, unit, situation.calendar).astimezone(LOCAL)
            return make_deadline(due.date(), time=due.time(), qualifier=Qualifier.WITHIN, text=written)
    except (ValueError, OverflowError):
        _unclear(written)
    raise DeadlineUnreadable(DeadlineUnreadable.NO_START_OF_HOURS, written)


def _start_of(named: _Reading | None, situation: _Situation) -> date:
    """Find the day after which a period starts: one that is named, that of receipt, or the document's own."""
    if named is not None:
        if not named.starts:
            _unclear(situation.written)  # both a period and a day
        return named.day
    if _FROM_RECEIPT.search(situation.folded):
        return situation.issued_on if situation.received_at is None else local_day(situation.received_at)
    if _FROM.search(situation.folded) and not _FROM_DOCUMENT.search(situation.folded):
        _unclear(situation.written)  # from an event nobody knows yet: "kể từ ngày có kết quả thẩm định"
    return situation.issued_on


def _named_day(folded: str, written: str, issued_on: date) -> _Reading | None:
    """Find the one day that a text names; several are one only where a single one is worded as a deadline."""
    found = list(_days(folded, written, issued_on)) or list(_ends_of_periods(folded, written, issued_on))
    found = [reading for reading in found if not reading.starts] or found
    if len({reading.day for reading in found}) > 1:
        found = [reading for reading in found if reading.cued]
        if len({reading.day for reading in found}) != 1:
            _unclear(written)
    if not found:
        relative = _RELATIVE_DAY.search(folded)
        if relative is not None:
            later = timedelta(days=1 if relative["word"] == "ngay mai" else 0)
            return _Reading(issued_on + later, relative.span(), Qualifier.BY)
        return None
    return found[0]


def _days(folded: str, written: str, issued_on: date) -> Iterator[_Reading]:
    taken: list[tuple[int, int]] = []
    for pattern in (_ISO_DATE, _SPELLED_DATE, _DATE):
        for found in pattern.finditer(folded):
            if any(start < found.end() and found.start() < end for start, end in taken):
                continue
            taken.append(found.span())
            day = _day_of(found, issued_on)
            if day is None:
                raise DeadlineUnreadable(DeadlineUnreadable.BAD_DATE, _shown(found, written))
            before = folded[: found.start("day")] if pattern is _SPELLED_DATE else folded[: found.start()]
            cued = _DEADLINE_CUE.search(before) is not None
            starts = _STARTS.search(before) is not None
            yield _Reading(day, found.span(), Qualifier.BY, cued, starts)


def _day_of(found: re.Match[str], issued_on: date) -> date | None:
    day, month = int(found["day"]), int(found["month"])
    if found["year"] is not None:
        year = int(found["year"])
        return _date(year + 2000 if len(found["year"]) == 2 else year, month, day)
    for year in (issued_on.year, issued_on.year + 1):
        named = _date(year, month, day)
        if named is not None and named >= issued_on:
            return named
    return None


def _date(year: int, month: int, day: int) -> date | None:
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _ends_of_periods(folded: str, written: str, issued_on: date) -> Iterator[_Reading]:
    """Find named months, quarters, halves and years by their last day (Civil Code 2015, art. 146, clause 3)."""
    for pattern, months in ((_HALF_YEAR, 6), (_QUARTER, 3), (_MONTH, 1), (_YEAR, 12), (_THIS_PERIOD, 0)):
        for found in pattern.finditer(folded):
            groups = found.groupdict()
            if _BEFORE.search(folded[: found.start()]):
                _unclear(written)  # before the month begins, or before it ends?
            if months == 0:
                year, month = issued_on.year, _last_month(groups["period"], issued_on.month)
            else:
                year_text = groups.get("year") or groups.get("bare_year")
                month = _last_month_of(groups)
                year = int(year_text) if year_text else issued_on.year
                if not year_text and month < issued_on.month:
                    year += 1
            if not (1 <= month <= 12 and EARLIEST_YEAR <= year <= LATEST_YEAR):
                raise DeadlineUnreadable(DeadlineUnreadable.BAD_DATE, _shown(found, written))
            day = _within(groups.get("part"), year, month, max(months, 1))
            yield _Reading(day, found.span(), Qualifier.WITHIN, cued=True)
            return


def _last_month_of(groups: dict[str, str | None]) -> int:
    if half := groups.get("half"):
        return 6 if half == "dau" else 12
    if quarter := groups.get("quarter"):
        return 3 * _ORDINAL[quarter]
    return int(groups.get("month") or groups.get("bare_month") or 12)


def _last_month(period: str, month: int) -> int:
    return {"thang nay": month, "quy nay": (month + 2) // 3 * 3, "nam nay": 12}[period]


def _within(part: str | None, year: int, last_month: int, months: int) -> date:
    if part == "dau":
        return date(year, last_month - months + 1, 1)
    if part == "giua":
        return date(year, last_month, 15) if months == 1 else date(year, 6, 30)
    return date(year, last_month, gregorian.monthrange(year, last_month)[1])


def _hour_of(folded: str, named: _Reading, written: str) -> time | None:
    """Find the hour that stands beside a named day; the midnight of a spreadsheet's date is none.

    24:00, which no `time` can be, is `_END_OF_DAY`.
    """
    start, end = named.span
    others = f"{folded[:start]}\n{folded[end:].removeprefix('t')}"
    found = list(_TIME.finditer(others))
    if not found:
        return None
    if len(found) > 1:
        _unclear(written)
    hour, minute = int(found[0]["hour"]), int(found[0]["minute"] or found[0]["colon"] or 0)
    second = int(found[0]["second"] or 0)
    if found[0]["half"] in ("chieu", "toi") and hour < _NOON:
        hour += _NOON
    if hour == _HOURS_OF_A_DAY and minute == 0:
        return _END_OF_DAY
    if found[0]["second"] and (hour, minute, second) == (0, 0, 0):
        return None
    if hour >= _HOURS_OF_A_DAY or minute >= 60 or second >= 60:
        _unclear(written)
    return time(hour, minute, second)


def _shown(found: re.Match[str], written: str) -> str:
    """Show the part that was read as people wrote it."""
    return written[found.start() : found.end()]


def _unclear(written: str) -> NoReturn:
    raise DeadlineUnreadable(DeadlineUnreadable.UNCLEAR, written)
