"""Making a command out of the words a person gives: dates as people write them, agencies by any of their names."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from database.reference import Reference
from documents.intake_values import plain_text, read_urgency, split_agencies
from models.calendar import local_day
from models.commands import COMMANDS, Command
from models.deadline import Deadline
from models.refusal import Code, Refused
from models.text import fold_key
from models.vocabulary import Grade, Opinion, Urgency
from services.deadline_words import read_deadline as read_deadline_counted
from services.registration import leader_named_in
from services.suggestions import closest_agencies

_TEXT_FIELD = {
    "report_progress": "text",
    "submit": "result",
    "urge": "text",
    "demand_explanation": "text",
    "explain": "text",
    "contribute": "text",
    "comment": "text",
    "accept": "note",
}
"""Where a command keeps what a person says, when that is not a reason."""

KINDS = (
    "assign",
    "reassign",
    "acknowledge",
    "decline",
    "report_progress",
    "request_extension",
    "decide_extension",
    "submit",
    "accept",
    "return",
    "suspend",
    "resume",
    "amend",
    "urge",
    "demand_explanation",
    "explain",
    "contribute",
    "comment",
    "cancel",
    "reopen",
    "succeed",
)
"""The commands that can be given on a directive that exists."""

_MAY_END_DEADLINE = ("resume", "amend")
"""The commands that may leave a directive without a deadline."""

_LONG_TEXTS = ("text", "reason", "content")
"""The parts that may have several lines."""

_CHOICES = {"opinion": tuple(Opinion), "grade": tuple(Grade)}
"""The parts of a command that take one of a few words."""


@dataclass(frozen=True)
class Words:
    """What a person gave besides the name of the command; what is None or empty was not given.

    Attributes:
        coordinating: the agencies that coordinate from now on; one empty name stands for none at all.
    """

    reason: str = ""
    text: str = ""
    deadline: str = ""
    no_deadline: bool = False
    agency: str = ""
    old_agency: str = ""
    coordinating: tuple[str, ...] = ()
    percent: int | None = None
    document: str = ""
    attachments: tuple[str, ...] = ()
    grant: bool | None = None
    citation: str = ""
    grade: str = ""
    opinion: str = ""
    content: str = ""
    urgency: str = ""
    field: str = ""
    leader: str = ""
    waiting_for: tuple[str, ...] = ()


def make_command(kind: str, words: Words, reference: Reference, now: dt.datetime) -> Command:
    """Make a command.

    Args:
        kind: its name, such as `report_progress` or `report-progress`.

    Raises:
        Refused: unknown_command, unreadable (a value that has no such form), unknown_value, bad_date,
            deadline_required, unknown_agency, unknown_person, unknown_urgency, unknown_field, missing or too_long.
    """
    kind = fold_key(kind).replace("-", "_").replace(" ", "_")
    if kind not in KINDS:
        raise Refused(Code.UNKNOWN_COMMAND, value=kind, commands=", ".join(KINDS))
    return _validate(_values(kind, _plain(words), reference, now))


def _plain(words: Words) -> Words:
    """The same words in NFC and without invisible characters, which no database and no terminal should be given."""
    plain: dict[str, Any] = {}
    for name, said in vars(words).items():
        if isinstance(said, str):
            plain[name] = plain_text(said, multiline=name in _LONG_TEXTS)
        elif isinstance(said, tuple):
            plain[name] = tuple(map(plain_text, said))
    return replace(words, **plain)


def _values(  # noqa: C901 - one arm a command
    kind: str, words: Words, reference: Reference, now: dt.datetime
) -> dict[str, Any]:
    today = local_day(now)
    said = words.text or words.reason
    values: dict[str, Any] = {"kind": kind}
    if kind in _TEXT_FIELD:
        values[_TEXT_FIELD[kind]] = said
    elif kind != "acknowledge":
        values["reason"] = words.reason or words.text
    deadline = read_deadline(words.deadline, reference, now)
    if words.deadline and deadline is None:  # "không thời hạn"
        if kind not in _MAY_END_DEADLINE:
            raise Refused(Code.DEADLINE_REQUIRED)
        words = replace(words, no_deadline=True)
    match kind:
        case "assign" | "reassign":
            values["agency"] = _agency(words.agency, reference, today)
        case "succeed":
            values["old_agency"] = _agency(words.old_agency, reference, today)
            values["new_agency"] = _agency(words.agency, reference, today)
        case "report_progress":
            values |= {"percent": words.percent, "attachments": words.attachments}
            values["waiting_for"] = tuple(_agency(name, reference, today) for name in words.waiting_for)
        case "submit":
            values |= {"document_number": words.document, "attachments": words.attachments}
        case "request_extension" | "return" | "reopen":
            values["deadline"] = deadline
        case "demand_explanation":
            values["respond_by"] = deadline
        case "decide_extension":
            if words.grant is None:
                raise Refused(Code.MISSING, field="granted")
            values |= {"granted": words.grant, "deadline": deadline, "citation": words.citation or words.document}
        case "accept":
            values["grade"] = words.grade or None
        case "contribute":
            if not words.opinion:
                raise Refused(Code.MISSING, field="opinion")
            values["opinion"] = words.opinion
        case "resume":
            values |= {"deadline": deadline, "no_deadline": words.no_deadline}
        case "amend":
            values |= _amendment(words, deadline, reference, today)
        case _:
            pass
    return values


def _amendment(words: Words, deadline: Deadline | None, reference: Reference, today: dt.date) -> dict[str, Any]:
    urgency = None
    if words.urgency:
        urgency = read_urgency(words.urgency) or next((one for one in Urgency if one == words.urgency), None)
        if urgency is None:
            raise Refused(Code.UNKNOWN_URGENCY, urgency=words.urgency)
    field_of_work = reference.directory.find_field(words.field) if words.field else None
    if words.field and field_of_work is None:
        raise Refused(Code.UNKNOWN_FIELD, field_of_work=words.field)
    leader = leader_named_in(words.leader, reference.directory, today) if words.leader else None
    if words.leader and leader is None:
        raise Refused(Code.UNKNOWN_PERSON, person=words.leader)
    return {
        "content": words.content or None,
        "deadline": deadline,
        "no_deadline": words.no_deadline,
        "coordinating_agencies": _coordinating(words, reference, today) if words.coordinating else None,
        "urgency": urgency,
        "field": field_of_work.code if field_of_work else None,
        "supervising_leader": leader,
    }


def _coordinating(words: Words, reference: Reference, today: dt.date) -> tuple[str, ...]:
    names = (name for text in words.coordinating for name in split_agencies(text))
    return tuple(_agency(name, reference, today) for name in names)


def read_deadline(text: str, reference: Reference, now: dt.datetime) -> Deadline | None:
    """Read a deadline as people write it, counted from today; None for an empty text and for one that says none.

    Raises:
        Refused: bad_date.
    """
    return read_deadline_counted(text, local_day(now), reference, now)


def _agency(text: str, reference: Reference, today: dt.date) -> str:
    if not text.strip():
        raise Refused(Code.MISSING, field="agency")
    try:
        return reference.directory.find_agency(text, today).code
    except Refused as refused:
        closest = "; ".join(closest_agencies(text, reference.directory, today))
        raise Refused(refused.code, **refused.data, closest=closest) from None


def _validate(values: dict[str, Any]) -> Command:
    try:
        return COMMANDS.validate_python(values)
    except ValidationError as invalid:
        fault = invalid.errors()[0]
        name = str(next((part for part in reversed(fault["loc"]) if isinstance(part, str)), "text"))
        if fault["type"] in ("string_too_long", "too_long"):
            raise Refused(Code.TOO_LONG, field=name, limit=fault.get("ctx", {}).get("max_length", "")) from None
        if name in _CHOICES:
            allowed = ", ".join(_CHOICES[name])
            raise Refused(Code.UNKNOWN_VALUE, field=name, value=fault["input"], values=allowed) from None
        if name == "percent":
            raise Refused(Code.UNREADABLE, field=name, expected="percent") from None
        if values.get("deadline") is not None and values.get("no_deadline"):
            raise Refused(Code.UNREADABLE, field="deadline", other="no_deadline") from None
        raise Refused(Code.UNREADABLE, field=name) from None
