"""The phrases of which sentences about directives are full: people, durations, deadlines, texts that people wrote."""

import datetime as dt
import unicodedata
from typing import Final, Protocol

from documents.dates import format_day, format_instant, short_day
from documents.language import N_, Language, sentence
from documents.translation import translated
from models.deadline import Deadline
from models.events import ENGINE
from models.local_time import LOCAL
from models.vocabulary import Qualifier

EXCERPT: Final = 300
"""Characters of somebody's text that a sentence shows."""

_LINE_BREAKS: Final = frozenset("\r\n\v\f\x85\u2028\u2029")


class Names(Protocol):
    """Who can say what codes are called; `models.directory.Directory` can. An unknown code is its own name."""

    def agency_name(self, code: str | None) -> str:
        """The agency's name."""
        ...

    def person_name(self, code: str | None) -> str:
        """The person's name."""
        ...


def person_words(person: str, names: Names, language: Language, on_behalf_of: str | None = None) -> str:
    """Name who acts or hears: "Trần Thị B", "Trần Thị B (thay mặt Nguyễn Văn A)", "hệ thống"."""
    name = translated(N_("hệ thống"), language) if person == ENGINE else names.person_name(person)
    if on_behalf_of is None:
        return name
    return sentence(
        N_("{person} (thay mặt {principal})"), language, person=name, principal=names.person_name(on_behalf_of)
    )


_SPANS = (
    (86_400, N_("{amount} ngày")),
    (3_600, N_("{amount} giờ")),
    (60, N_("{amount} phút")),
    (1, N_("{amount} giây")),
)


def span_words(seconds: float, language: Language) -> str:
    """Write how long something has taken, in the largest unit of which there are two: "95 giây", "3 giờ", "16 ngày"."""
    for unit, msgid in _SPANS:
        if seconds >= 2 * unit or unit == 1:
            return sentence(msgid, language, amount=round(seconds / unit))
    raise AssertionError("the last unit fits everything")


def duration_words(amount: float, language: Language, *, hours: bool) -> str:
    """Write "3 ngày làm việc", "2 giờ làm việc", "0,5 giờ làm việc"."""
    figure = f"{amount:g}"
    if language is Language.VI:
        figure = figure.replace(".", ",")
    if hours:
        msgid = N_("1 giờ làm việc") if amount == 1 else N_("{amount} giờ làm việc")
    else:
        msgid = N_("1 ngày làm việc") if amount == 1 else N_("{amount} ngày làm việc")
    return sentence(msgid, language, amount=figure)


def deadline_words(deadline: Deadline | None, language: Language) -> str:
    """Write a deadline as it was meant.

    "chậm nhất ngày 12/04/2023", "trước 17:00 ngày 12/04/2023", "không thời hạn".
    """
    if deadline is None:
        return translated(N_("không thời hạn"), language)
    before = deadline.qualifier is Qualifier.BEFORE
    if deadline.time is None:
        msgid = N_("trước ngày {day}") if before else N_("chậm nhất ngày {day}")
    else:
        msgid = N_("trước {time} ngày {day}") if before else N_("chậm nhất {time} ngày {day}")
    time = "" if deadline.time is None else f"{deadline.time:%H:%M}"
    return sentence(msgid, language, day=short_day(deadline.day), time=time)


def due_words(deadline: Deadline, language: Language) -> str:
    """Write the last instant at which a deadline is kept: "hết thứ Ba, 15/12/2026", "17:00 thứ Ba, 15/12/2026"."""
    if deadline.due_at.astimezone(LOCAL).time() == dt.time():
        return sentence(N_("hết {day}"), language, day=format_day(deadline.last_day, language))
    return format_instant(deadline.due_at, language)


def one_line(text: str, limit: int = EXCERPT) -> str:
    """Bring what somebody wrote onto one line, without control characters, cut with "…" after `limit` characters.

    Safe in a header: no line break survives, and no lone surrogate.
    """
    clean = "".join(" " if letter in _LINE_BREAKS or letter == "\t" else letter for letter in text)
    clean = " ".join("".join(letter for letter in clean if _is_shown(letter)).split())
    return clean if len(clean) <= limit else f"{clean[: limit - 1].rstrip()}…"


def whole(text: str, limit: int = EXCERPT) -> str:
    """Bring what somebody wrote onto one line, as `one_line`, and end it as a sentence ends; nothing stays nothing."""
    line = one_line(text, limit)
    return line if not line or line.endswith((".", "!", "?", "…", ":", ";")) else f"{line}."


def plain_lines(text: str) -> str:
    """Keep the lines of what somebody wrote and leave out what cannot be seen: control characters, lone surrogates."""
    lines = text.replace("\r\n", "\n")
    lines = "".join("\n" if letter in _LINE_BREAKS else letter for letter in lines)
    return "".join(letter for letter in lines if letter in "\n\t" or _is_shown(letter)).strip()


def _is_shown(letter: str) -> bool:
    """Neither a control character, nor one that turns the direction of writing, nor half of a pair."""
    return unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn")
