"""When invented documents are issued, by when their directives are due, and when those of last year were done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum, auto
from random import Random
from typing import Final

from models.calendar import Calendar
from models.deadline import Unit, period_end
from models.vocabulary import Urgency

DIRECTIVES: Final = 1320
LATE_SHARE: Final = 0.11
HORIZON: Final = timedelta(days=183)
"""Half a year: no open directive is due later."""
LAST_WEEK: Final = timedelta(days=7)

_DAY: Final = timedelta(days=1)
_URGENCY_WEIGHTS: Final = {Urgency.NORMAL: 86, Urgency.URGENT: 8.4, Urgency.VERY_URGENT: 4.2, Urgency.FLASH: 1.4}
# Days from a document to the making of the workbook or to its first deadline, and from there to the last deadline.
_AGES: Final = {Urgency.NORMAL: (3, 150), Urgency.URGENT: (3, 20), Urgency.VERY_URGENT: (2, 7), Urgency.FLASH: (1, 1)}
_REACHES: Final = {
    Urgency.NORMAL: (3, 183),
    Urgency.URGENT: (4, 45),
    Urgency.VERY_URGENT: (3, 12),
    Urgency.FLASH: (1, 4),
}
_SIZES: Final = (1, 2, 3, 4)
_SIZE_WEIGHTS: Final = (45, 28, 17, 10)
_PERIOD_SHARE: Final = 0.15
_PERIODS: Final = (
    *((amount, Unit.WORKING_DAY, f"trong {amount} ngày làm việc") for amount in (5, 7, 10, 15, 20, 30, 45, 60)),
    *((amount, Unit.DAY, f"trong {amount} ngày") for amount in (10, 15, 20, 30, 45, 60, 90)),
    *((amount, Unit.MONTH, f"trong {amount} tháng") for amount in (1, 2, 3)),
)
_NAMED_DAYS: Final[tuple[tuple[Callable[[date], date | str], int], ...]] = (
    (lambda day: day, 48),
    (lambda day: f"{day:%d/%m/%Y}", 25),
    (lambda day: f"trước ngày {day:%d/%m/%Y}", 20),
    (lambda day: f"chậm nhất ngày {day:%d/%m/%Y}", 7),
)


class Order(Enum):
    """What the deadline of a directive shall be like."""

    OVERDUE = auto()  # within the last week
    TODAY = auto()
    TOMORROW = auto()
    AHEAD = auto()  # up to half a year
    NONE = auto()


# Of 1,320 directives; all others lie ahead.
_ORDERS: Final = {Order.OVERDUE: 40, Order.TODAY: 22, Order.TOMORROW: 26, Order.NONE: 90}


@dataclass(frozen=True)
class Timing:
    """The deadline of one directive as it is written, the last day in time, and when the result came."""

    deadline: date | str | None
    due_on: date | None
    result_on: date | None = None


@dataclass(frozen=True)
class Issue:
    """One document: its date, its urgency, one timing for each of its directives.

    Attributes:
        lasts_until: the day up to which the agencies concerned must exist.
    """

    issued_on: date
    urgency: Urgency
    timings: tuple[Timing, ...]
    lasts_until: date


def open_issues(day: date, calendar: Calendar, chance: Random) -> Iterator[Issue]:
    """Give the documents of 1,320 open directives, due from a week before `day` to half a year after it.

    Args:
        day: the day on which the workbook is made; no document is later.
        calendar: documents are issued, and named deadlines lie, on working days.
        chance: the only source of chance.
    """
    orders = [order for order, count in _ORDERS.items() for _ in range(count)]
    orders += [Order.AHEAD] * (DIRECTIVES - len(orders))
    chance.shuffle(orders)
    clerk = _Clerk(calendar, chance)
    while orders:
        urgency = clerk.urgency()
        size = min(clerk.size(urgency), len(orders))
        mine, orders = orders[:size], orders[size:]
        days = [clerk.open_day(order, day, urgency) for order in mine]
        issued_on = clerk.issued_on(min([day, *(due - _DAY for due in days if due is not None)]), urgency)
        timings = tuple(
            clerk.timing(issued_on, due, urgency, (day + 2 * _DAY, day + HORIZON) if order is Order.AHEAD else None)
            for order, due in zip(mine, days, strict=True)
        )
        yield Issue(issued_on, urgency, timings, lasts_until=day)


def done_issues(year: int, calendar: Calendar, chance: Random) -> Iterator[Issue]:
    """Give the documents of 1,320 directives of a year that were done in it, 11 of 100 of them late.

    Args:
        year: documents, deadlines and results lie in it.
        calendar: documents are issued, deadlines and results lie, on working days.
        chance: the only source of chance.
    """
    clerk = _Clerk(calendar, chance)
    late = round(DIRECTIVES * LATE_SHARE)
    open_ended = round(DIRECTIVES * 0.05)
    fates = ["late"] * late + ["open-ended"] * open_ended + ["in time"] * (DIRECTIVES - late - open_ended)
    chance.shuffle(fates)
    first, last = calendar.next_working(date(year, 1, 2)), date(year, 12, 31)
    while fates:
        urgency = clerk.urgency()
        size = min(clerk.size(urgency), len(fates))
        mine, fates = fates[:size], fates[size:]
        issued_on = max(first, calendar.add(first + chance.randrange((last - first).days - 45) * _DAY, 0))
        timings = tuple(clerk.done(issued_on, urgency, fate, last) for fate in mine)
        yield Issue(
            issued_on,
            urgency,
            timings,
            lasts_until=max(timing.result_on for timing in timings if timing.result_on is not None),
        )


class _Clerk:
    def __init__(self, calendar: Calendar, chance: Random) -> None:
        self._calendar = calendar
        self._chance = chance

    def urgency(self) -> Urgency:
        return self._chance.choices(list(_URGENCY_WEIGHTS), weights=list(_URGENCY_WEIGHTS.values()))[0]

    def size(self, urgency: Urgency) -> int:
        if urgency in (Urgency.FLASH, Urgency.VERY_URGENT):
            return self._chance.choice((1, 2))
        return self._chance.choices(_SIZES, weights=_SIZE_WEIGHTS)[0]

    def open_day(self, order: Order, day: date, urgency: Urgency) -> date | None:
        """Choose the day on which an open directive is due."""
        today = self._calendar.next_working(day)
        match order:
            case Order.NONE:
                return None
            case Order.TODAY:
                return today
            case Order.TOMORROW:
                return self._calendar.add(today, 1)
            case Order.OVERDUE:
                week = [day - days * _DAY for days in range(1, LAST_WEEK.days + 1)]
                # In the week of Tết none is worked; then deadlines lie on days off, as leaders' named days may.
                return self._chance.choice([past for past in week if self._calendar.is_working(past)] or week)
            case Order.AHEAD:
                nearest, furthest = _REACHES[urgency]
                ahead = nearest + self._chance.betavariate(1.1, 2.4) * (furthest - nearest)
                due = self._calendar.next_working(day + round(ahead) * _DAY)
                return due if due <= day + HORIZON else self._calendar.add(day + HORIZON, 0)

    def issued_on(self, until: date, urgency: Urgency) -> date:
        """Choose the date of a document, a working day on or before `until`."""
        shortest, longest = _AGES[urgency]
        age = shortest + self._chance.betavariate(0.9, 2.2) * (longest - shortest)
        return self._calendar.add(until - round(age) * _DAY, 0)

    def timing(self, issued_on: date, due: date | None, urgency: Urgency, span: tuple[date, date] | None) -> Timing:
        """Write a deadline; as a period only if one ends within `span`."""
        if due is None:
            return Timing(None, None)
        if urgency is Urgency.FLASH:
            return Timing(f"trước {self._chance.choice((10, 14, 16))} giờ 00 ngày {due:%d/%m/%Y}", due)
        if span is not None and urgency is not Urgency.VERY_URGENT and self._chance.random() < _PERIOD_SHARE:
            ends = [(period_end(issued_on, amount, unit, self._calendar), text) for amount, unit, text in _PERIODS]
            fitting = [(end, text) for end, text in ends if span[0] <= end <= span[1]]
            if fitting:
                end, text = self._chance.choice(fitting)
                return Timing(self._from_issue(text), end)
        written = self._chance.choices([form for form, _ in _NAMED_DAYS], [weight for _, weight in _NAMED_DAYS])[0]
        return Timing(written(due), due)

    def done(self, issued_on: date, urgency: Urgency, fate: str, last: date) -> Timing:
        """Write the deadline of a directive of last year and the day of its result."""
        nearest, furthest = _REACHES[urgency]
        latest = last - 21 * _DAY
        reach = nearest + self._chance.betavariate(1.1, 2.4) * (furthest - nearest)
        due = self._calendar.next_working(min(issued_on + round(reach) * _DAY, latest))
        if fate == "open-ended":
            return Timing(None, None, result_on=due)
        timing = self.timing(issued_on, due, urgency, (issued_on + _DAY, latest))
        due = timing.due_on or due
        if fate == "late":
            return Timing(timing.deadline, due, self._calendar.add(due, self._chance.choice((1, 1, 2, 3, 5, 8, 10))))
        # A result of the due day itself could be too late for a deadline that names an hour.
        least = 1 if urgency is Urgency.FLASH else 0
        spare = self._calendar.working_days_between(issued_on, due) - 1 + least
        early = min(spare, max(least, round(self._chance.betavariate(0.8, 3.0) * spare)))
        return Timing(timing.deadline, due, self._calendar.add(due, -early))

    def _from_issue(self, period: str) -> str:
        return f"{period} kể từ ngày ban hành" if self._chance.random() < 0.3 else period
