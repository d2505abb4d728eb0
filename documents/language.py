"""Sentences for people: a Vietnamese sentence with named holes, filled, in Vietnamese or English.

`sentence("Không tìm thấy nhiệm vụ {code}.", language, code=code)`. Sentences that wait in a table are marked with `N_`,
so that `python -m documents.catalog check` knows them.
"""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from string import Formatter

from documents.dates import days_left_words, format_day, format_instant, short_day, short_instant
from documents.labels import LABELS, label
from documents.translation import N_, Language, translated

__all__ = [
    "N_",
    "BadSentence",
    "Language",
    "days_left_words",
    "format_day",
    "format_instant",
    "holes",
    "label",
    "sentence",
]

NOTHING = N_("không có")


class BadSentence(ValueError):
    """A sentence cannot be filled: a mistake of the code or the catalog, never of a person."""


def sentence(msgid: str, language: Language, **data: object) -> str:
    """Fill a sentence.

    Days are written 12/04/2023, instants 08:00 12/04/2023 in local time, members of the vocabulary by their label,
    lists with "; " between, None as "không có".

    Args:
        msgid: the Vietnamese sentence with named holes such as `{code}`.
        language: what the person reads.
        data: a value for each hole; values that no hole asks for are left aside, since a refusal carries its data for
            machines as well.

    Raises:
        BadSentence: a hole has no value, or is more than a plain name.
    """
    text = translated(msgid, language)
    missing = holes(text) - data.keys()
    if missing:
        raise BadSentence(f"no value for {', '.join(sorted(missing))} in {text!r}")
    return text.format_map({name: _shown(data[name], language) for name in holes(text)})


def holes(text: str) -> frozenset[str]:
    """Name the holes of a sentence.

    Raises:
        BadSentence: a hole has no name, or asks for an attribute, an index, a conversion or a format.
    """
    found: set[str] = set()
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise BadSentence(f"{error} in {text!r}") from error
    for _, name, spec, conversion in parts:
        if name is None:
            continue
        if not name.isidentifier() or spec or conversion:
            raise BadSentence(f"a hole must be a plain name, not {{{name}}}, in {text!r}")
        found.add(name)
    return frozenset(found)


def _shown(value: object, language: Language) -> str:
    match value:
        case None:
            return translated(NOTHING, language)
        case StrEnum() if type(value) in LABELS:
            return label(value, language)
        case str():
            return str(value)
        case datetime():
            return short_instant(value)
        case date():
            return short_day(value)
        case list() | tuple() | set() | frozenset():
            return "; ".join(_shown(item, language) for item in _ordered(value))
        case _:
            return str(value)


def _ordered(values: Iterable[object]) -> list[object]:
    return sorted(values, key=str) if isinstance(values, (set, frozenset)) else list(values)
