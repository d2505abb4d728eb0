"""Keeping the calendar: entering, taking back, confirming and looking up announced days."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import func, select

from database.engine import reading, writing
from database.reference import (
    Reference,
    confirm_calendar_years,
    remove_calendar_day,
    write_calendar_days,
)
from database.seed_data import read_calendar_file
from models.calendar import Calendar, CalendarDay, CalendarRow, expand_off
from models.refusal import Code, Refused
from models.tables import DIRECTIVE
from services.audit import note
from services.keepers import CLOSED, find_keeper, open_directives
from services.office import Office

_WRITTEN = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")


@dataclass(frozen=True)
class CalendarChange:
    """What a change of the calendar did.

    Attributes:
        days: the days that are known otherwise now.
        replanned: how many open directives are planned anew; the sweep does that by itself (RULES 5, 9).
    """

    days: tuple[CalendarDay, ...]
    replanned: int


def read_day(text: str) -> dt.date:
    """Read a day written dd/mm/yyyy or as ISO.

    Raises:
        Refused: bad_date.
    """
    written = _WRITTEN.fullmatch(text.strip())
    try:
        if written:
            return dt.date(int(written[3]), int(written[2]), int(written[1]))
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise Refused(Code.BAD_DATE, value=text) from None


def read_period(text: str) -> tuple[dt.date, dt.date]:
    """Read one day, or a first and a last day parted by two dots.

    Raises:
        Refused: bad_date.
    """
    first, dots, last = text.partition("..")
    return read_day(first), read_day(last if dots else first)


def take_off(
    office: Office, first: dt.date, last: dt.date, reason: str, announced_by: str | None, person: str
) -> CalendarChange:
    """Enter a holiday; each of its days once, those that stood already are replaced.

    Raises:
        CalendarRefused: the days are in the wrong order, too many, or leave no working day within 60 days.
        Refused: he may not, or gives no reason.
    """
    return _enter(office, expand_off(first, last, _given(reason), announced_by), person)


def make_working(office: Office, day: dt.date, reason: str, announced_by: str | None, person: str) -> CalendarChange:
    """Enter a day that is worked, such as a swapped Saturday.

    Raises:
        Refused: he may not, or gives no reason.
    """
    return _enter(
        office, (CalendarRow(day=day, working=True, reason=_given(reason), announced_by=announced_by),), person
    )


def _given(reason: str) -> str:
    if not reason.strip():
        raise Refused(Code.REASON_REQUIRED)
    return reason.strip()


def _enter(office: Office, rows: tuple[CalendarRow, ...], person: str) -> CalendarChange:
    now = office.now()
    with writing(office.engine) as connection:
        reference = office.reference(connection)
        actor = find_keeper(reference, person, now)
        changed = reference.calendar.overlay(rows)
        write_calendar_days(connection, rows)
        days = sorted({rows[0].day.isoformat(), rows[-1].day.isoformat()})
        act = "calendar.work" if rows[0].working else "calendar.off"
        said = {"reason": rows[0].reason, "announced_by": rows[0].announced_by or ""}
        note(connection, actor.person, act, "..".join(days), now, said)
        return CalendarChange(tuple(changed.lookup(row.day) for row in rows), open_directives(connection))


def take_back(office: Office, day: dt.date, person: str) -> CalendarChange | None:
    """Take an announced day back: the plain week decides again. None when nothing was announced for it.

    Raises:
        CalendarRefused: without it, no working day is left within 60 days.
        Refused: he may not.
    """
    now = office.now()
    with writing(office.engine) as connection:
        reference = office.reference(connection)
        actor = find_keeper(reference, person, now)
        kept = tuple(row for row in reference.calendar.rows if row.day != day)
        if len(kept) == len(reference.calendar.rows):
            return None
        changed = replace(reference.calendar, rows=kept)
        remove_calendar_day(connection, day)
        before = reference.calendar.lookup(day)
        note(connection, actor.person, "calendar.remove", day.isoformat(), now, {"reason": before.reason})
        return CalendarChange((changed.lookup(day),), open_directives(connection))


def confirm_year(office: Office, year: int, person: str) -> bool:
    """Note that a person has checked a year's days; changes no day. False when it was confirmed before.

    Raises:
        Refused: he may not.
    """
    now = office.now()
    with writing(office.engine) as connection:
        reference = office.reference(connection)
        actor = find_keeper(reference, person, now)
        if year in reference.calendar.confirmed_years:
            return False
        confirm_calendar_years(connection, frozenset({year}), now)
        note(connection, actor.person, "calendar.confirm", str(year), now)
    return True


def left_to_replan(office: Office) -> int:
    """How many open directives are not planned yet under the calendar and policy in force; the sweep goes through them.

    Those that wait for their start are planned when they start.
    """
    with reading(office.engine) as connection:
        plan = office.reference(connection).plan
        return connection.execute(
            select(func.count())
            .select_from(DIRECTIVE)
            .where(DIRECTIVE.c.plan != plan, DIRECTIVE.c.status.not_in(CLOSED), DIRECTIVE.c.awaiting_start.is_(False))
        ).scalar_one()


def announced_days(calendar: Calendar, year: int) -> tuple[CalendarDay, ...]:
    """The announced days of a year, in order."""
    return tuple(calendar.lookup(row.day) for row in calendar.rows if row.day.year == year)


def proposed_days(calendar: Calendar, year: int) -> tuple[CalendarRow, ...]:
    """The days that this release proposes for a year and that nobody has entered; they decide nothing (RULES 4)."""
    known = {row.day for row in calendar.rows}
    return tuple(row for row in read_calendar_file().proposed if row.day.year == year and row.day not in known)


def unconfirmed_years(reference: Reference, years: Iterable[int]) -> tuple[int, ...]:
    """Which of these years nobody has confirmed."""
    return tuple(year for year in years if year not in reference.calendar.confirmed_years)
