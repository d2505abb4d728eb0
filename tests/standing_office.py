"""An office whose clock stands at an instant that the test names, for use cases that ask what time it is."""

import contextlib
import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from builders import local
from sqlalchemy import Connection, Engine, event

from activities.commit import Door
from models.calendar import local_day
from models.engine import CommandEnvelope, CommitRequest, CommitResult, Draft
from models.life import decide
from services.intake import Intake, Taken
from services.office import Office
from services.registration import RawDirective, Reading, read_registration


@dataclass
class StandingOffice(Office):
    """The office at one instant, until the test sets another."""

    clock: dt.datetime = field(default_factory=lambda: local("Wed 2026-03-04 09:00"))

    def now(self) -> dt.datetime:
        return self.clock

    def intake(self, person: str = "vanthu", *, dry: bool = False) -> Intake:
        actor = self.reference().directory.actor(person, local_day(self.clock))
        return Intake(self, Door(self.engine, self.references), actor, dry=dry)

    def read(self, **texts: Any) -> Reading:
        """Read a directive as people wrote it, as the import does."""
        return read_registration(a_raw_directive(**texts), self.reference(), self.clock, needs_lead=True)

    def take(self, *readings: Reading, dry: bool = False) -> list[Taken]:
        return list(self.intake(dry=dry).take(readings))

    def start(self, envelope: CommandEnvelope) -> CommitResult:
        return started(Door(self.engine, self.references), envelope, self.clock)


def started(door: Door, envelope: CommandEnvelope, now: dt.datetime) -> CommitResult:
    """Record a registration, as the first act of its workflow does."""
    events = decide(None, envelope.command, envelope.actor, now)
    drafts = tuple(
        Draft(event=one, actor=envelope.actor.person, command_id=envelope.id, part=part)
        for part, one in enumerate(events)
    )
    return door.commit(CommitRequest(directive=envelope.directive, after_seq=0, after_hash="", drafts=drafts, now=now))


def a_raw_directive(**texts: Any) -> RawDirective:
    """A directive as a clerk wrote it; what a test names is different."""
    usual: dict[str, Any] = {
        "document_number": "1234/UBND-KGVX",
        "document_date": dt.date(2026, 3, 2),
        "abstract": "V/v phòng, chống dịch",
        "content": "Xây dựng phương án phòng, chống dịch trên địa bàn tỉnh",
        "lead_agency": "Sở Y tế",
        "deadline": dt.date(2026, 3, 20),
    }
    return RawDirective(**{**usual, **texts})


def reasons(faults: Iterable[Any]) -> list[tuple[str, str]]:
    """Field and code of each reason, in order."""
    return [(fault.field, fault.code.value) for fault in faults]


@contextlib.contextmanager
def counted_statements(engine: Engine) -> Iterator[list[str]]:
    """The SQL statements that the block runs."""
    seen: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


__all__ = ["StandingOffice", "a_raw_directive", "counted_statements", "reasons", "started"]
