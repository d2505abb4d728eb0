"""The sentence for every refusal, and the door to all other sentences about directives.

A refusal whose data lack what its fullest sentence names is told by a shorter one, so that a person always reads a
whole sentence.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from documents.act_words import command_label, command_verb, done_words, event_title
from documents.dates import short_day, short_instant
from documents.event_sentences import event_sentence
from documents.language import Language, holes, label, sentence
from documents.moment_words import (
    audience_words,
    following_sentence,
    moment_sentence,
    sent_words,
    step_words,
    why_words,
)
from documents.phrases import Names, deadline_words, one_line, person_words
from documents.refusals import EXPECTED, FIELDS, REFUSALS
from documents.translation import translated
from models.calendar import LOCAL
from models.refusal import Code
from models.vocabulary import Status

__all__ = [
    "REFUSALS",
    "Names",
    "audience_words",
    "command_label",
    "command_verb",
    "deadline_words",
    "done_words",
    "event_sentence",
    "event_title",
    "following_sentence",
    "moment_sentence",
    "refusal_sentence",
    "sent_words",
    "step_words",
    "why_words",
]

_AGENCIES: Final = frozenset({"agency", "lead"})
_PEOPLE: Final = frozenset({"actor", "person", "on_behalf_of"})
_STATUSES: Final = {status.value: status for status in Status}


def refusal_sentence(code: Code, data: Mapping[str, str], language: Language, names: Names) -> str:
    """Say to a person why his act is refused and what to do.

    Codes of agencies and people are shown by name, statuses and commands by label, days and instants as people write
    them. What the data lack, or leave empty, is not spoken of.

    Args:
        code: the refusal's code.
        data: its data, as `Refused.data` holds them.
        language: what the person reads.
        names: who knows what the codes are called.
    """
    shown = {key: _shown(key, value, language, names) for key, value in data.items() if value}
    *fuller, shortest = REFUSALS[code]
    for msgid in fuller:
        needed = holes(msgid)
        if code is Code.NOT_LEAD_AGENCY and needed == {"directive"} and data.get("lead") != "":
            continue  # that nobody leads is known only when the data say so
        if needed <= shown.keys():
            return sentence(msgid, language, **shown)
    return sentence(shortest, language)


def _shown(key: str, value: str, language: Language, names: Names) -> str:
    if key in _AGENCIES:
        return ", ".join(one_line(names.agency_name(agency.strip())) for agency in value.split(","))
    if key in _PEOPLE:
        return one_line(person_words(value, names, language))
    match key:
        case "status" if value in _STATUSES:
            return label(_STATUSES[value], language)
        case "command":
            return command_verb(value, language)
        case "last":
            return done_words(value, language)
        case "field" | "other" if value in FIELDS:
            return translated(FIELDS[value], language)
        case "expected" if value in EXPECTED:
            return translated(EXPECTED[value], language)
        case "due_at":
            return one_line(_as_deadline(value))
        case _:
            return one_line(_as_time(value))


def _as_deadline(text: str) -> str:
    """Write a due instant by the day that ends then, as the deadline was written, or by its hour."""
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    if instant.tzinfo is None:
        return text
    local = instant.astimezone(LOCAL)
    return short_day(local.date() - dt.timedelta(days=1)) if local.time() == dt.time() else short_instant(instant)


def _as_time(text: str) -> str:
    """Write an ISO day or instant as people do; leave any other text alone."""
    try:
        if len(text) == len("2023-04-12"):
            return short_day(dt.date.fromisoformat(text))
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if instant.tzinfo is None else short_instant(instant)
