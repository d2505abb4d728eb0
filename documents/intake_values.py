"""What a cell holds: text made plain, days read the Vietnamese way, urgencies, lists of agencies."""

import math
import re
import unicodedata
from datetime import date, datetime, time, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict

from documents.dates import short_day
from documents.language import N_
from models.text import fold, fold_key
from models.vocabulary import Urgency

CellValue = str | date | datetime | int | float | None

BAD_DATE: Final = N_("“{value}” không phải là ngày đúng. Ghi ngày theo dạng ngày/tháng/năm, ví dụ 12/04/2023.")
# Older or later is a slip of the fingers (20/03/0203), not a deadline.
EARLIEST_YEAR: Final = 1945
LATEST_YEAR: Final = 2100


class BadDate(BaseModel):
    """A cell that should hold a day and does not; `BAD_DATE` is its sentence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: str


class DayAndTime(BaseModel):
    """A day, and the hour if the cell names one (local time)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    day: date
    hour: time | None = None


# --- Text ----------------------------------------------------------------------------------------------------

_ESCAPED_CHARACTER: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LINE_BREAKS: Final = re.compile(r"\r\n?|[\u2028\u2029\v\f\x85]")
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs"})
_BLANKS: Final = re.compile(r"[^\S\n]+")
_BLANK_LINES: Final = re.compile(r" ?\n[ \n]*")


def clean_text(text: str, *, multiline: bool = False) -> str:
    """Make a text plain: NFC, no invisible characters, blanks collapsed, none at the ends.

    Args:
        text: as the workbook holds it, Excel's `_x000D_` for a carriage return included.
        multiline: keep line breaks, else they are blanks.
    """
    return plain_text(_ESCAPED_CHARACTER.sub(lambda found: chr(int(found[1], 16)), text), multiline=multiline)


def plain_text(text: str, *, multiline: bool = False) -> str:
    """Make a text from anywhere but a workbook plain, as `clean_text` does."""
    text = _LINE_BREAKS.sub("\n", unicodedata.normalize("NFC", text))
    if not text.isprintable():  # most texts are, and looking at each letter takes time
        text = "".join(letter for letter in text if letter in "\n\t" or unicodedata.category(letter) not in _INVISIBLE)
    text = _BLANK_LINES.sub("\n", _BLANKS.sub(" ", text)).strip()
    return text if multiline else text.replace("\n", " ")


def plain_value(value: object, *, multiline: bool = False) -> CellValue:
    """Bring what openpyxl read into one of few types; an empty cell is None, a day without an hour a `date`.

    Booleans, hours, durations and figures that are none become text.
    """
    match value:
        case None:
            return None
        case bool():
            return "TRUE" if value else "FALSE"
        case str():
            return clean_text(value, multiline=multiline) or None
        case datetime():
            return value.date() if value.time() == time() else value.replace(tzinfo=None)
        case date() | int():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case time():
            return value.isoformat(timespec="minutes")
        case timedelta():
            return str(value)
        case _:
            return clean_text(str(value), multiline=multiline) or None


def read_text(value: CellValue) -> str:
    """Read a cell as text: 1234.0 is "1234", a day is "12/04/2023", an empty cell is ""."""
    match value:
        case None:
            return ""
        case datetime():
            return f"{short_day(value)} {value:%H:%M}"
        case date():
            return short_day(value)
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)


# --- Days ----------------------------------------------------------------------------------------------------

_HOUR: Final = r"(?P<hour>\d{1,2}) ?(?::|h|g|gio) ?(?:(?P<minute>\d{1,2})(?: ?phut)?)?(?::\d{2}(?:\.\d+)?)?"
_DAY: Final = r"(?P<day>\d{1,2}) ?(?P<mark>[/.\-]) ?(?P<month>\d{1,2}) ?(?P=mark) ?(?P<year>\d{4}|\d{2})"
_DAY_IN_WORDS: Final = r"(?P<day>\d{1,2}) thang (?P<month>\d{1,2})(?: nam |[/ ])(?P<year>\d{4})"
_ISO_DAY: Final = r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
_DAY_TEXTS: Final = tuple(
    re.compile(pattern)
    for day in (_DAY, _DAY_IN_WORDS, _ISO_DAY)
    for pattern in (rf"(?:ngay )?{day}(?:[t, ]+{_HOUR}z?)?", rf"{_HOUR},? (?:ngay )?{day}")
)
_LONGEST_DAY: Final = 60


def read_date(value: CellValue) -> date | BadDate | None:
    """Read a day; None is an empty cell. An hour beside it is left aside.

    Understood are Excel's dates and the texts 12/04/2023, 12/4/23, 12-04-2023, 12.04.2023, 2023-04-12 and "ngày 12
    tháng 4 năm 2023". The day always comes before the month; a bare number is no day, for 45028 is one of two days
    depending on the workbook that it was copied from.
    """
    found = read_day_and_time(value)
    return found.day if isinstance(found, DayAndTime) else found


def read_day_and_time(value: CellValue) -> DayAndTime | BadDate | None:
    """Read a day and the hour if one is named: "17:00 12/04/2023", "17h30 ngày 12/04/2023", "12/04/2023 17:00"."""
    match value:
        case None | "":
            return None
        case datetime():
            found = DayAndTime(day=value.date(), hour=None if value.time() == time() else value.time())
        case date():
            found = DayAndTime(day=value)
        case str() if len(value) <= _LONGEST_DAY:
            read = _read_day_text(value)
            if read is None:
                return BadDate(value=value)
            found = read
        case _:
            return BadDate(value=read_text(value)[:_LONGEST_DAY])
    return found if EARLIEST_YEAR <= found.day.year <= LATEST_YEAR else BadDate(value=read_text(value))


def _read_day_text(text: str) -> DayAndTime | None:
    folded = " ".join(fold(text).split())
    for pattern in _DAY_TEXTS:
        found = pattern.fullmatch(folded)
        if found is None:
            continue
        year = int(found["year"])
        try:
            return DayAndTime(
                day=date(year + 2000 if year < 100 else year, int(found["month"]), int(found["day"])),
                hour=None if found["hour"] is None else _hour(found["hour"], found["minute"]),
            )
        except ValueError:  # 31/02, 25:00
            return None
    return None


def _hour(hour: str, minute: str | None) -> time | None:
    read = time(int(hour), int(minute or 0))
    return None if read == time() else read  # 00:00 is how machines write "no hour"


# --- Words ---------------------------------------------------------------------------------------------------

_URGENCIES: Final = {
    "thuong": Urgency.NORMAL,
    "binh thuong": Urgency.NORMAL,
    "khong khan": Urgency.NORMAL,
    "khan": Urgency.URGENT,
    "thuong khan": Urgency.VERY_URGENT,
    "hoa toc": Urgency.FLASH,
}
_BETWEEN_AGENCIES: Final = re.compile(r"[;\n；]+")


def read_urgency(value: CellValue) -> Urgency | None:
    """Read "Thường", "Khẩn", "Thượng khẩn" or "Hỏa tốc" in any case, accents or Unicode form; None if none of them."""
    return _URGENCIES.get(fold_key(read_text(value)))


def split_agencies(value: CellValue) -> tuple[str, ...]:
    """Part a list of agencies at ";" and line breaks; the same name twice counts once."""
    names = (clean_text(name).strip(" ,.-–") for name in _BETWEEN_AGENCIES.split(read_text(value)))
    return tuple({fold_key(name): name for name in reversed([name for name in names if name])}.values())[::-1]
