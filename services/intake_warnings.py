"""What may be odd about a registration: people are told, nothing is refused and no day is moved (RULES 2, 4, 20)."""

import datetime as dt
from enum import StrEnum

from database.reference import Reference
from documents.language import N_, Language, format_day, sentence
from models.calendar import local_day
from models.commands import Register
from models.deadline import WarningKind, warnings
from models.directive import Frozen
from models.vocabulary import Position


class Oddity(StrEnum):
    """The kinds of oddity."""

    DAY_OFF = "day_off"  # the deadline is a weekend or a holiday
    PROVISIONAL_YEAR = "provisional_year"  # nobody confirmed the calendar of its year
    PAST = "past"  # the deadline has passed already
    HEAD_ABSENT = "head_absent"  # the lead agency's head is away on that day


_SENTENCES = {
    Oddity.DAY_OFF: N_("Thời hạn {day} là ngày nghỉ ({reason}); thời hạn vẫn giữ nguyên."),
    Oddity.PROVISIONAL_YEAR: N_("Lịch nghỉ năm {year} chưa được xác nhận; các mốc có thể đổi."),
    Oddity.PAST: N_("Thời hạn {day} đã qua; nhiệm vụ quá hạn ngay khi đăng ký."),
    Oddity.HEAD_ABSENT: N_("Thời hạn {day} rơi vào lúc {person} vắng mặt."),
}


class IntakeWarning(Frozen):
    """One oddity and what its sentence names."""

    kind: Oddity
    day: dt.date
    reason: str = ""
    person: str = ""

    def explain(self, language: Language) -> str:
        """Say it."""
        return sentence(
            _SENTENCES[self.kind],
            language,
            day=format_day(self.day, language),
            year=str(self.day.year),
            reason=sentence(self.reason, language) if self.reason else "",
            person=self.person,
        )


def find_warnings(registration: Register, reference: Reference, now: dt.datetime) -> tuple[IntakeWarning, ...]:
    """Find what is odd about a registration's deadline."""
    deadline, directory = registration.deadline, reference.directory
    if deadline is None:
        return ()
    found = []
    for oddity in warnings(deadline, registration.document.date or local_day(now), reference.calendar):
        match oddity.kind:
            case WarningKind.DAY_OFF:
                found.append(IntakeWarning(kind=Oddity.DAY_OFF, day=oddity.day, reason=oddity.reason))
            case WarningKind.PROVISIONAL_YEAR:
                found.append(IntakeWarning(kind=Oddity.PROVISIONAL_YEAR, day=oddity.day))
            case WarningKind.BEFORE_DOCUMENT:
                pass  # refused, not warned about
    if deadline.due_at <= now:
        found.append(IntakeWarning(kind=Oddity.PAST, day=deadline.day))
    heads = directory.holders((Position.HEAD, Position.CHIEF_OF_OFFICE), deadline.day, agency=registration.lead_agency)
    for head in heads[:1] if registration.lead_agency else ():
        if any(one.person == head and one.holds_on(deadline.day) for one in directory.absences):
            name = directory.person_name(head)
            found.append(IntakeWarning(kind=Oddity.HEAD_ABSENT, day=deadline.day, person=name))
    return tuple(found)
