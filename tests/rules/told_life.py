"""One directive told by the rules alone, as the door does it: what is due first, then the act."""

import datetime as dt
from dataclasses import dataclass, field

from builders import a_calendar, clock_face, local, recorded, the_policy, told_rows

from models import commands as c
from models import events as e
from models.calendar import Calendar
from models.directive import Directive
from models.life import evolve
from models.moments import due_moments, note_covered, upcoming
from models.policy import PolicyTimeline
from models.vocabulary import Clock


@dataclass
class ToldLife:
    """A ledger that grows by acts and by moments; the calendar and the policy may change under it.

    Attributes:
        fell_due: each moment told, as "clock step  planned instant", in the order of telling.
    """

    calendar: Calendar = field(default_factory=a_calendar)
    timeline: PolicyTimeline = field(default_factory=lambda: PolicyTimeline.of(the_policy()))
    rows: list[e.Recorded] = field(default_factory=list)
    fell_due: list[str] = field(default_factory=list)
    _directive: Directive | None = None
    _folded: int = 0

    @property
    def directive(self) -> Directive:
        """The directive as its rows make it; folded once for each row."""
        while self._folded < len(self.rows):
            self._directive = evolve(self._directive, self.rows[self._folded])
            self._folded += 1
        assert self._directive is not None
        return self._directive

    def do(self, command: c.Command, actor: c.Actor, at: str | dt.datetime) -> "ToldLife":
        """Tell what is due at an instant, then record the act."""
        now = local(at) if isinstance(at, str) else at
        before = None
        if self.rows:
            self.tell(now)
            before = self.directive
        policy = self.timeline.current
        for row in recorded(before, command, actor, now):
            noted = note_covered(before, row, policy, self.calendar)
            before = evolve(before, noted)
            self.rows.append(noted)
        return self

    def tell(self, at: str | dt.datetime) -> list[str]:
        """Tell what is due at an instant: what was told just now, "clock step  planned instant"."""
        now = local(at) if isinstance(at, str) else at
        due = due_moments(self.directive, self.timeline, self.calendar, now)
        self.rows += told_rows(self.directive, due, now)
        told = [f"{moment.clock.value} {moment.step} {clock_face(moment.at)}" for moment in due]
        self.fell_due += told
        return told

    def ahead(self, clock: Clock, after: str) -> list[str]:
        """The coming steps of one clock, "step  instant"."""
        coming = upcoming(self.directive, self.timeline.current, self.calendar, local(after))
        return [f"{moment.step} {clock_face(moment.at)}" for moment in coming if moment.clock is clock]

    @property
    def keys(self) -> list[str]:
        """The identity of every moment told."""
        return [row.event.key for row in self.rows if isinstance(row.event, e.MomentReached)]
