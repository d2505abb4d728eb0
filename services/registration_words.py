"""Reading one directive from JSON by the names of `status --json`, as `dondoc register` and scripts give it."""

import datetime as dt
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from documents.intake_values import BadDate, plain_text, read_date, read_urgency, split_agencies
from models.refusal import Code, Refused
from models.vocabulary import Urgency
from services.registration import RawDirective


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: str = ""
    date: str = ""
    type: str = ""
    abstract: str = ""
    signer: str = ""


class _Deadline(BaseModel):
    """A deadline as `status --json` writes it; what follows from the day is left aside."""

    model_config = ConfigDict(extra="ignore")

    day: str
    time: dt.time | None = None


class _Directive(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: str = ""
    content: str = ""
    document: _Document = Field(default_factory=_Document)
    lead_agency: str | None = None
    coordinating_agencies: list[str] | str = Field(default_factory=list)
    deadline: str | _Deadline | None = None
    imposed_deadline: str | _Deadline | None = None
    urgency: str = ""
    assigning_leader: str = ""
    supervising_leader: str | None = None
    field: str | None = None
    secrecy: str = ""


def raw_directive(read: dict[str, Any]) -> RawDirective:
    """Read a directive from parsed JSON; a part that is null counts as absent.

    Raises:
        Refused: unreadable, naming the part that has another name or form.
    """
    try:
        one = _Directive.model_validate(_without_nulls(read))
    except ValidationError as invalid:
        raise _refusal(invalid.errors()[0]) from None
    given = one.coordinating_agencies
    written = [given] if isinstance(given, str) else given
    coordinating = (agency for text in written for agency in split_agencies(plain_text(text, multiline=True)))
    issued_on = read_date(plain_text(one.document.date))
    return RawDirective(
        code=plain_text(one.code),
        document_number=plain_text(one.document.number),
        document_date=issued_on.value if isinstance(issued_on, BadDate) else issued_on,
        document_type=plain_text(one.document.type),
        abstract=plain_text(one.document.abstract, multiline=True),
        signer=plain_text(one.document.signer),
        secrecy=plain_text(one.secrecy),
        assigning_leader=plain_text(one.assigning_leader),
        supervising_leader=plain_text(one.supervising_leader or ""),
        field=plain_text(one.field or ""),
        content=plain_text(one.content, multiline=True),
        lead_agency=plain_text(one.lead_agency or ""),
        coordinating_agencies=tuple(coordinating),
        deadline=_deadline(one.deadline),
        imposed_deadline=_deadline(one.imposed_deadline),
        urgency=_urgency(plain_text(one.urgency)),
    )


def _without_nulls(read: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _without_nulls(value) if key == "document" and isinstance(value, dict) else value
        for key, value in read.items()
        if value is not None
    }


def _refusal(fault: ErrorDetails) -> Refused:
    """Say which part has no such name, or what it should hold."""
    name, *inner = (str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        model = _Document if name == "document" else _Directive
        unknown = ".".join((name, *inner))
        return Refused(Code.UNREADABLE, field=unknown, unknown=unknown, names=", ".join(model.model_fields))
    if name == "document" and inner:
        part = inner[0] if inner[0] in ("abstract", "signer") else f"document_{inner[0]}"
        return Refused(Code.UNREADABLE, field=part, expected="text")
    kinds = {"document": "document", "coordinating_agencies": "names"}
    expected = "deadline" if name.endswith("deadline") else kinds.get(name, "text")
    return Refused(Code.UNREADABLE, field=name, expected=expected)


def _deadline(value: str | _Deadline | None) -> str | None:
    if isinstance(value, _Deadline):
        return f"{value.time:%H:%M} ngày {value.day}" if value.time else plain_text(value.day)
    return plain_text(value) or None if value else None


def _urgency(text: str) -> Urgency | str | None:
    if not text.strip():
        return None
    return read_urgency(text) or text.strip()
