"""Turning what people write of a directive into a registration, with every fault named at once.

The import, `dondoc register` and later the form share this; each hands in texts and gets a `Register` or reasons.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field, ValidationError

from database.reference import Reference
from models.calendar import at, local_day
from models.commands import CONTENT_LIMIT, Register
from models.deadline import Deadline, make_deadline
from models.directive import Frozen, SourceDocument
from models.directory import Agency, Directory
from models.refusal import Code, Refused
from models.text import contains_state_secret_marking, fold_key, normalise_number
from models.vocabulary import Position, Urgency
from services.deadline_words import read_deadline
from services.suggestions import closest_agencies

LIMITS = {
    "code": 64,
    "document_number": 100,
    "abstract": 2_000,
    "content": CONTENT_LIMIT,
    "assigning_leader": 200,
    "document_type": 100,
    "signer": 200,
    "result_document": 100,
}
"""Characters of each text."""

DONE_HOUR = dt.time(8, 0)
"""The hour that a result is taken to have come in when a spreadsheet names only its day."""


class Reason(Frozen):
    """One fault of one field."""

    field: str
    code: Code
    data: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class RawDirective:
    """A directive as people wrote it: texts, or days where a workbook knows them.

    Attributes:
        result_date: the day of the result, for a directive that is already done.
    """

    code: str = ""
    document_number: str = ""
    document_date: dt.date | str | None = None
    document_type: str = ""
    abstract: str = ""
    signer: str = ""
    secrecy: str = ""
    assigning_leader: str = ""
    supervising_leader: str = ""
    field: str = ""
    content: str = ""
    lead_agency: str = ""
    coordinating_agencies: tuple[str, ...] = ()
    deadline: dt.datetime | dt.date | str | None = None
    imposed_deadline: dt.datetime | dt.date | str | None = None
    urgency: Urgency | str | None = None
    result_date: dt.date | str | None = None
    result_document: str = ""


@dataclass
class Reading:
    """What came of reading: a registration when there are no reasons against it."""

    registration: Register | None
    code: str | None
    reported_at: dt.datetime | None
    result_document: str = ""
    reasons: list[Reason] = field(default_factory=list)


def read_registration(raw: RawDirective, reference: Reference, now: dt.datetime, *, needs_lead: bool) -> Reading:
    """Read a directive that people wrote.

    Args:
        now: the instant of entering it.
        needs_lead: whether a directive without a lead agency, or without its document, is refused.
    """
    return _Reader(raw, reference, now, needs_lead=needs_lead).read()


class _Reader:
    def __init__(self, raw: RawDirective, reference: Reference, now: dt.datetime, *, needs_lead: bool) -> None:
        self.raw = raw
        self.reference = reference
        self.now = now
        self.today = local_day(now)
        self.needs_lead = needs_lead
        self.reasons: list[Reason] = []

    def read(self) -> Reading:
        raw, directory = self.raw, self.reference.directory
        self._check_texts()
        issued_on = self._day("document_date", raw.document_date)
        if self.needs_lead:
            for name in ("document_number", "document_date", "lead_agency"):
                if not getattr(raw, name):
                    self._refuse(name, Code.MISSING, field=name)
        result_day = self._day("result_date", raw.result_date)
        agency_day = issued_on or self.today
        done = result_day is not None
        field_of_work = directory.find_field(raw.field) if raw.field else None
        if raw.field and field_of_work is None:
            self._refuse("field", Code.UNKNOWN_FIELD, field_of_work=raw.field)
        field_code = field_of_work.code if field_of_work else None
        lead = self._agency("lead_agency", raw.lead_agency, agency_day, field_code, moved_in=done)
        coordinating = [
            self._agency("coordinating_agencies", name, agency_day, field_code, moved_in=done)
            for name in raw.coordinating_agencies
        ]
        deadline = self._deadline("deadline", raw.deadline, issued_on)
        imposed = self._deadline("imposed_deadline", raw.imposed_deadline, issued_on)
        if deadline is not None and issued_on is not None and deadline.day < issued_on:
            self._refuse("deadline", Code.DEADLINE_BEFORE_DOCUMENT, deadline=deadline.day, issued_on=issued_on)
        if result_day is not None and (result_day > self.today or (issued_on and result_day < issued_on)):
            self._refuse("result_date", Code.BAD_DATE, value=result_day.strftime("%d/%m/%Y"))
        values: dict[str, Any] = {
            "content": raw.content,
            "document": {
                "number": normalise_number(raw.document_number) if raw.document_number else "",
                "date": issued_on,
                "type": raw.document_type,
                "abstract": raw.abstract,
                "signer": raw.signer,
            },
            "field": field_code,
            "urgency": self._urgency(),
            "assigning_leader": raw.assigning_leader,
            "supervising_leader": self._supervising_leader(field_code, lead),
            "lead_agency": lead,
            "coordinating_agencies": tuple(
                dict.fromkeys(agency for agency in coordinating if agency is not None and agency != lead)
            ),
            "deadline": deadline,
            "imposed_deadline": imposed,
        }
        return Reading(
            registration=self._register(values),
            code=raw.code or None,
            reported_at=min(at(result_day, DONE_HOUR), self.now) if result_day else None,
            result_document=raw.result_document,
            reasons=self.reasons,
        )

    def _refuse(self, name: str, code: Code, /, **data: object) -> None:
        if not any(reason.field == name and reason.code is code for reason in self.reasons):
            self.reasons.append(Reason(field=name, code=code, data=Refused(code, **data).data))

    def _check_texts(self) -> None:
        if not self.raw.content.strip():
            self._refuse("content", Code.MISSING, field="content")
        for name, limit in LIMITS.items():
            if len(getattr(self.raw, name)) > limit:
                self._refuse(name, Code.TOO_LONG, field=name, limit=limit)
        if self.raw.code and not is_usable_code(self.raw.code[: LIMITS["code"]]):
            self._refuse("code", Code.BAD_CODE, value=self.raw.code[: LIMITS["code"]])
        if self._is_secret():
            self._refuse("document", Code.STATE_SECRET)

    def _is_secret(self) -> bool:
        """Whether a marking stands anywhere; a number also as it will be written, where no blanks part its letters."""
        raw = self.raw
        if fold_key(raw.secrecy) not in ("", "khong", "thuong"):
            return True
        numbers = (raw.document_number, raw.result_document)
        texts = (*numbers, *map(normalise_number, numbers), raw.document_type, raw.abstract, raw.content)
        return any(contains_state_secret_marking(text) for text in texts)

    def _day(self, name: str, value: dt.date | str | None) -> dt.date | None:
        if value is None or isinstance(value, dt.date):
            return value
        if not value.strip():
            return None
        self._refuse(name, Code.BAD_DATE, value=value[:60])
        return None

    def _agency(self, name: str, text: str, day: dt.date, field_code: str | None, *, moved_in: bool) -> str | None:
        """The agency meant; where it has ended since and work is still owed, the one in its place today."""
        if not text.strip():
            return None
        directory = self.reference.directory
        try:
            agency = find_agency(directory, text, day, self.today)
        except Refused as refused:
            if several := self._several(text, day):
                key = "leads" if name == "lead_agency" else "unparted"
                self._refuse(name, refused.code, **refused.data, **{key: several})
            else:
                closest = "; ".join(closest_agencies(text, directory, self.today))
                self._refuse(name, refused.code, **refused.data, closest=closest)
            return None
        if moved_in or agency.holds_on(self.today):
            return agency.code
        return directory.successor(agency.code, field_code, self.today)

    def _several(self, text: str, day: dt.date) -> str:
        """The agencies of a text that names more than one, with ";" between; empty where it does not."""
        directory = self.reference.directory
        for mark in (";", ",", "\n"):
            names = [name.strip() for name in text.split(mark) if name.strip()]
            if len(names) > 1 and all(_is_known(directory, name, day, self.today) for name in names):
                return "; ".join(names)
        return ""

    def _deadline(
        self, name: str, value: dt.datetime | dt.date | str | None, issued_on: dt.date | None
    ) -> Deadline | None:
        office = self.reference.timeline.current.office
        if value is None:
            return None
        if isinstance(value, dt.datetime):
            hour = value.time() if value.time() != dt.time() else None
            return make_deadline(value.date(), time=hour, office=office)
        if isinstance(value, dt.date):
            return make_deadline(value, office=office)
        try:
            return read_deadline(value, issued_on or self.today, self.reference, self.now)
        except Refused as refused:
            self._refuse(name, refused.code, **refused.data)
            return None

    def _urgency(self) -> Urgency:
        urgency = self.raw.urgency
        if urgency is None or urgency == "":
            return Urgency.NORMAL
        try:
            return Urgency(urgency)
        except ValueError:
            self._refuse("urgency", Code.UNKNOWN_URGENCY, urgency=str(urgency)[:60])
            return Urgency.NORMAL

    def _supervising_leader(self, field_code: str | None, lead: str | None) -> str | None:
        """The leader named, else the vice-chairman who assigned it, else the one in charge of the field."""
        directory = self.reference.directory
        if self.raw.supervising_leader:
            named = leader_named_in(self.raw.supervising_leader, directory, self.today)
            if named is None:
                self._refuse("supervising_leader", Code.UNKNOWN_PERSON, person=self.raw.supervising_leader[:200])
            return named
        named = leader_named_in(self.raw.assigning_leader, directory, self.today)
        vice_chairmen = directory.holders((Position.VICE_CHAIRMAN,), self.today)
        if named in vice_chairmen:
            return named
        field_of_work = directory.field_of(field_code, lead)
        in_charge = field_of_work.vice_chairman if field_of_work else None
        return in_charge if in_charge in vice_chairmen else None

    def _register(self, values: dict[str, Any]) -> Register | None:
        if self.reasons:
            return None
        try:
            return Register.model_validate(values | {"document": SourceDocument.model_validate(values["document"])})
        except ValidationError as invalid:
            for fault in invalid.errors():
                name = str(fault["loc"][-1]) if fault["loc"] else "content"
                code = Code.TOO_LONG if fault["type"] in ("string_too_long", "too_long") else Code.UNREADABLE
                self._refuse(name, code, field=name)
            return None


def is_usable_code(code: str) -> bool:
    """Whether a text can be a directive's code: letters, digits and a few marks, at most 64, no blank.

    Between slashes stands at least a letter or digit, so that a code is a plain part of an address.
    """
    return 0 < len(code) <= LIMITS["code"] and all(
        all(letter.isalnum() or letter in "-._" for letter in part) and any(letter.isalnum() for letter in part)
        for part in code.split("/")
    )


def _is_known(directory: Directory, text: str, day: dt.date, today: dt.date) -> bool:
    try:
        find_agency(directory, text, day, today)
    except Refused:
        return False
    return True


def find_agency(directory: Directory, text: str, day: dt.date, today: dt.date) -> Agency:
    """Find the agency that existed on the document's day, else the one of that name today."""
    try:
        return directory.find_agency(text, day)
    except Refused:
        return directory.find_agency(text, today)


def leader_named_in(text: str, directory: Directory, day: dt.date) -> str | None:
    """The leader (chairman or vice-chairman) whose code or whole name stands in a text such as "PCT Nguyễn Văn A"."""
    folded = fold_key(text)
    if not folded:
        return None
    words = f" {folded} "
    for person in directory.holders((Position.CHAIRMAN, Position.VICE_CHAIRMAN), day):
        if folded == fold_key(person) or f" {fold_key(directory.person_name(person))} " in words:
            return person
    return None
