"""How a directive stands against its deadline, and the figures made of it.

Timeliness is never stored as a state.
"""

import datetime as dt
from collections.abc import Iterable

from models.calendar import Calendar, at, local_day
from models.directive import Directive, Frozen
from models.vocabulary import Status, Timeliness

DUE_SOON_DAYS = 3
"""Working days left, the deadline's day included, from which a directive is due soon."""


def judged_at(directive: Directive, now: dt.datetime) -> dt.datetime:
    """The instant at which timeliness is judged.

    A submitted or accepted result is judged by when it was handed in, never by when the office got round to it; while
    suspended, the clock stands still. Otherwise it is `now`.
    """
    frozen = frozen_at(directive)
    return now if frozen is None else min(now, frozen)


def frozen_at(directive: Directive) -> dt.datetime | None:
    """The instant at which timeliness stands still: that of a submission, or of a suspension; None while it runs."""
    if directive.submission is not None:
        return directive.submission.at
    return directive.suspensions[-1].start if directive.paused else None


def timeliness(directive: Directive, calendar: Calendar, now: dt.datetime) -> Timeliness | None:
    """Judge a directive; None when it was cancelled, which counts nowhere.

    Args:
        now: an aware instant in UTC.
    """
    if directive.status is Status.CANCELLED:
        return None
    instant, deadline = judged_at(directive, now), directive.deadline
    if directive.status is Status.COMPLETED:
        late = deadline is not None and instant > deadline.due_at
        return Timeliness.COMPLETED_LATE if late else Timeliness.COMPLETED_ON_TIME
    if deadline is None:
        return Timeliness.NO_DEADLINE
    if instant > deadline.due_at:
        return Timeliness.OVERDUE
    if instant >= due_soon_at(deadline.last_day, calendar):
        return Timeliness.DUE_SOON
    return Timeliness.ON_TIME


def due_soon_at(day: dt.date, calendar: Calendar) -> dt.datetime:
    """The first instant of the first day on which three working days or less are left, the deadline's day included.

    Days left are counted after today up to and including the deadline's day. So a Friday's deadline is due soon from
    Tuesday on.
    """
    # On the fourth working day counted back from the deadline's day, itself included, three more are left.
    first_day = calendar.add(day + dt.timedelta(days=1), -(DUE_SOON_DAYS + 1))
    return at(first_day, dt.time(0, 0))


def days_left(directive: Directive, calendar: Calendar, now: dt.datetime) -> int | None:
    """Working days left until the deadline's day, that day included; 0 on the day, negative when overdue."""
    if directive.deadline is None:
        return None
    return calendar.working_days_between(local_day(judged_at(directive, now)), directive.deadline.last_day)


class Figures(Frozen):
    """Figures that always add up: total = done on time + done late + open in time + open overdue.

    Attributes:
        on_time: open with more than three working days left, or without a deadline.
        no_deadline_open: how many of the open ones have no deadline; counted in `on_time`.
        no_deadline_completed: how many of those done on time had none; counted in `completed_on_time`.
        cancelled: counted apart and in no total.
    """

    on_time: int = 0
    due_soon: int = 0
    overdue: int = 0
    completed_on_time: int = 0
    completed_late: int = 0
    no_deadline_open: int = 0
    no_deadline_completed: int = 0
    cancelled: int = 0

    @property
    def open(self) -> int:
        """All that are owed."""
        return self.on_time + self.due_soon + self.overdue

    @property
    def completed(self) -> int:
        """All that are done."""
        return self.completed_on_time + self.completed_late

    @property
    def total(self) -> int:
        """All but the cancelled."""
        return self.open + self.completed

    @property
    def overdue_rate(self) -> float:
        """Open overdue ÷ (done + open overdue), 0 when there are none of them."""
        reached = self.completed + self.overdue
        return self.overdue / reached if reached else 0.0


def count(directives: Iterable[Directive], calendar: Calendar, now: dt.datetime) -> Figures:
    """Count directives by timeliness at one instant."""
    counted: dict[str, int] = {}

    def add(name: str) -> None:
        counted[name] = counted.get(name, 0) + 1

    for directive in directives:
        match timeliness(directive, calendar, now):
            case None:
                add("cancelled")
            case Timeliness.NO_DEADLINE:
                add("on_time")
                add("no_deadline_open")
            case Timeliness.COMPLETED_ON_TIME:
                add("completed_on_time")
                if directive.deadline is None:
                    add("no_deadline_completed")
            case judged:
                add(judged.value)
    return Figures(**counted)


class LateDays(Frozen):
    """Working days after the deadline, by who held the directive; they add up to all days late (RULES 14)."""

    lead: int = 0
    coordinator: int = 0
    office: int = 0
    leader: int = 0

    @property
    def total(self) -> int:
        """All working days late."""
        return self.lead + self.coordinator + self.office + self.leader


def late_days(directive: Directive, calendar: Calendar, now: dt.datetime) -> LateDays:
    """Split the working days late by holder: lead agency, coordinating agencies, the office's review, a leader.

    A day belongs to whoever held the directive at the end of its working time. A coordinating agency holds it from the
    report in which the lead agency says that it waits for it until it has answered, or the lead agency reports that it
    waits no more; while a request for more time waits as well, the leader holds it. Days before the last reopening and
    days while suspended are nobody's. A completed directive is late up to the submission that was accepted.
    """
    deadline = directive.deadline
    if deadline is None or directive.status is Status.CANCELLED:
        return LateDays()
    until = judged_at(directive, now)
    if directive.closed and directive.submission:
        until = directive.submission.at - dt.timedelta(microseconds=1)  # the day of handing in is the agency's
    if directive.status is Status.SUBMITTED:
        until = now
    if until <= deadline.due_at:
        return LateDays()
    counted = {"lead": 0, "coordinator": 0, "office": 0, "leader": 0}
    day = deadline.last_day
    while True:
        day = calendar.add(day, 1)
        if day > local_day(until):
            return LateDays(**counted)
        holder = _holder(directive, min(at(day, dt.time(17, 0)), until))
        if holder is not None:
            counted[holder] += 1


def _holder(directive: Directive, instant: dt.datetime) -> str | None:
    asked = directive.extension is not None and directive.extension.at <= instant
    if asked or any(wait.start <= instant < wait.end for wait in directive.extension_waits):
        return "leader"
    if directive.status is Status.COMPLETED and instant < directive.registered_at:
        return "lead"  # moved in: its agency had it long before this engine did
    status = Status.REGISTERED
    for change in directive.status_changes:
        if change.at > instant:
            break
        status = change.status
    if status in (Status.SUSPENDED, Status.COMPLETED, Status.CANCELLED):
        return None
    if status not in (Status.ASSIGNED, Status.IN_PROGRESS):
        return "office"
    awaited = directive.awaited is not None and directive.awaited.since <= instant
    if awaited or any(wait.start <= instant < wait.end for wait in directive.coordinator_waits):
        return "coordinator"
    return "lead"
