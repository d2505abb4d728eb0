"""How a directive's story is written down: acts at instants of working days, one after the other."""

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Final

from examples.acting import PROGRESS, RESULTS
from models import commands as c
from models.calendar import Calendar, at, local_day
from models.deadline import Deadline, make_deadline
from models.refusal import Code
from models.vocabulary import Grade, Opinion

EVENING: Final = dt.time(16, 50)
"""After it nobody begins anything new."""

_MORNING: Final = (dt.time(8, 30), dt.time(11, 20))
_AFTERNOON: Final = (dt.time(13, 40), dt.time(16, 40))
_GRADES: Final = (Grade.GOOD, Grade.GOOD, Grade.SATISFACTORY, Grade.EXCELLENT, Grade.POOR)


class Who(StrEnum):
    """Who acts; the person is found when he does, since posts, leads and absences change."""

    LEAD_HEAD = "lead_head"
    LEAD_OFFICER = "lead_officer"
    COORDINATOR = "coordinator"
    REVIEWER = "reviewer"  # the chief of office; a leader where the Office itself leads
    MONITOR = "monitor"  # who follows the field
    LEADER = "leader"  # the vice-chairman in charge
    CHAIRMAN = "chairman"
    STRANGER = "stranger"  # the head of an agency that the directive does not concern


@dataclass(frozen=True)
class Act:
    """What somebody does at an instant (UTC); `refused` is the code with which the engine must refuse it."""

    at: dt.datetime
    who: Who
    command: c.Command
    refused: Code | None = None


@dataclass
class Diary:
    """Writes one directive's story: a cursor that moves through working days, and the acts so far.

    Attributes:
        due: the last day in time, None without a deadline.
        ends: what would be later is not done any more.
        other: the agency to which it may be handed over.
    """

    calendar: Calendar
    chance: Random
    now: dt.datetime
    due: dt.date | None
    ends: dt.datetime
    other: str
    coordinated: bool
    acts: list[Act] = field(default_factory=list)
    percent: int = 0

    # --- Time --------------------------------------------------------------------------------------------------

    @property
    def today(self) -> dt.date:
        """The local day of the cursor."""
        return local_day(self.now)

    def wait(self, least: int, most: int | None = None) -> None:
        """Go on by some working days; 0 is later the same day."""
        days = least if most is None else self.chance.randint(least, most)
        if days == 0:
            self._later_today()
        else:
            self.now = self._working_time(self.calendar.add(self.today, days))

    def reach(self, day: dt.date) -> None:
        """Go on to a day, or the working day before it where it is off; stay where that is past."""
        day = self.calendar.add(day, 0)
        if day > self.today:
            self.now = self._working_time(day)
        else:
            self._later_today()

    def before_due(self, least: int, most: int) -> None:
        """Go on to so many working days before the due day."""
        self.reach(self.calendar.add(self.due_day, -self.chance.randint(least, most)))

    def after_due(self, least: int, most: int) -> None:
        """Go on to so many working days after the due day."""
        self.reach(self.calendar.add(self.due_day, self.chance.randint(least, most)))

    @property
    def due_day(self) -> dt.date:
        """The due day of a story that has one."""
        if self.due is None:
            raise ValueError("this story needs a deadline")
        return self.due

    def _later_today(self) -> None:
        later = self.now + dt.timedelta(minutes=self.chance.randint(12, 90), seconds=self.chance.randint(1, 58))
        noon, afternoon = at(self.today, _MORNING[1]), at(self.today, _AFTERNOON[0])
        if noon < later < afternoon:
            later = afternoon + dt.timedelta(minutes=self.chance.randint(0, 45), seconds=self.chance.randint(1, 58))
        if later > at(self.today, EVENING) or not self.calendar.is_working(self.today):
            later = self._working_time(self.calendar.add(self.today, 1))
        self.now = later

    def _working_time(self, day: dt.date) -> dt.datetime:
        first, last = self.chance.choice((_MORNING, _AFTERNOON))
        span = int((at(day, last) - at(day, first)).total_seconds())
        return at(day, first) + dt.timedelta(seconds=self.chance.randrange(span))

    # --- Acts --------------------------------------------------------------------------------------------------

    def do(self, who: Who, command: c.Command, refused: Code | None = None) -> None:
        """Somebody does something at the cursor."""
        if self.now < self.ends:
            self.acts.append(Act(self.now, who, command, refused))

    def a_deadline(self, least: int, most: int) -> Deadline:
        """A new deadline, so many working days after the cursor or the present one, whichever is later."""
        start = max(self.today, self.due or self.today)
        return make_deadline(self.calendar.add(start, self.chance.randint(least, most)))

    def acknowledge(self, least: int = 0, most: int = 0) -> None:
        """The lead agency takes it on after some days; now and then somebody else tries first."""
        self.wait(least, most)
        if self.chance.random() < 0.08:
            self.do(Who.STRANGER, c.Acknowledge(), Code.NOT_LEAD_AGENCY)
            self.wait(0)
        self.do(Who.LEAD_OFFICER, c.Acknowledge())

    def report(self) -> None:
        """The lead agency says how far it is."""
        self.percent = min(95, self.percent + self.chance.randrange(10, 35, 5))
        self.do(Who.LEAD_OFFICER, c.ReportProgress(text=self.chance.choice(PROGRESS), percent=self.percent))

    def work_until(self, day: dt.date) -> None:
        """Report every week or three until that day; coordinating agencies may have their say."""
        if self.coordinated and self.chance.random() < 0.5:
            self.wait(1, 4)
            if self.today < day:
                self.contribute()
        while True:
            pause = self.chance.randint(5, 16)
            if self.calendar.add(self.today, pause) >= day:
                return
            self.wait(pause)
            self.report()

    def contribute(self) -> None:
        """A coordinating agency has its say."""
        opinion = self.chance.choice((Opinion.AGREE, Opinion.NOTHING_TO_ADD, Opinion.AGREE_WITH_COMMENTS))
        text = "Đề nghị làm rõ nguồn kinh phí." if opinion is Opinion.AGREE_WITH_COMMENTS else ""
        self.do(Who.COORDINATOR, c.Contribute(opinion=opinion, text=text))

    def submit(self) -> None:
        """The head hands in the result."""
        number = f"{self.chance.randrange(100, 3_000)}/BC"
        self.do(Who.LEAD_HEAD, c.Submit(result=self.chance.choice(RESULTS), document_number=number))

    def accept(self, least: int = 1, most: int = 2) -> None:
        """The office accepts the result; now and then its own author would like to."""
        if self.chance.random() < 0.05:
            self.wait(0)
            self.do(Who.LEAD_OFFICER, c.Accept(), Code.NOT_ALLOWED)
        self.wait(least, most)
        self.do(Who.REVIEWER, c.Accept(grade=self.chance.choice(_GRADES)))

    def finish(self) -> None:
        """Work, submit in time and be accepted."""
        self.work_until(self.calendar.add(self.due_day, -3))
        self.before_due(0, 3)
        self.submit()
        self.accept()
