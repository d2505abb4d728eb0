"""Reading one directive from JSON by the names of `status --json`, as `dondoc register` and scripts give it."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from documents.intake_values import BadDate, read_date, read_urgency, split_agencies
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
    time: str | None = None


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
    """Read a directive from parsed JSON.

    Raises:
        Refused: unreadable, naming the part that has another name or form.
    """
    try:
        one = _Directive.model_validate({key: value for key, value in read.items() if value is not None})
    except ValidationError as invalid:
        fault = invalid.errors()[0]
        raise Refused(Code.UNREADABLE, field=".".join(str(part) for part in fault["loc"])) from None
    coordinating = one.coordinating_agencies
    names = split_agencies(coordinating) if isinstance(coordinating, str) else tuple(coordinating)
    issued_on = read_date(one.document.date)
    return RawDirective(
        code=one.code.strip(),
        document_number=one.document.number.strip(),
        document_date=issued_on.value if isinstance(issued_on, BadDate) else issued_on,
        document_type=one.document.type.strip(),
        abstract=one.document.abstract.strip(),
        signer=one.document.signer.strip(),
        secrecy=one.secrecy,
        assigning_leader=one.assigning_leader.strip(),
        supervising_leader=(one.supervising_leader or "").strip(),
        field=(one.field or "").strip(),
        content=one.content.strip(),
        lead_agency=(one.lead_agency or "").strip(),
        coordinating_agencies=names,
        deadline=_deadline(one.deadline),
        imposed_deadline=_deadline(one.imposed_deadline),
        urgency=_urgency(one.urgency),
    )


def _deadline(value: str | _Deadline | None) -> str | None:
    if isinstance(value, _Deadline):
        return f"trước {value.time[:5].replace(':', 'h')} ngày {value.day}" if value.time else value.day
    return value.strip() or None if value else None


def _urgency(text: str) -> Urgency | str | None:
    if not text.strip():
        return None
    return read_urgency(text) or text.strip()
