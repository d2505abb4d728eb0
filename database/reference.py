"""The reference data of the office: directory, calendar and policy, as rows and as the values that the rules take.

Whoever changes some of it raises its revision in the same transaction; whoever reads compares revisions, so that a
change is used by every process at its next question, with no restart (RULES 5).
"""

import datetime as dt
import threading
import weakref
from dataclasses import dataclass, field

import yaml
from sqlalchemy import Connection, Table, Transaction, delete, insert, select, update

from models.calendar import Calendar, CalendarRow
from models.directory import Absence, Agency, Directory, FieldOfWork, Person, Post, Succession
from models.policy import PolicyPeriod, PolicyTimeline, read_policy
from models.tables import (
    ABSENCE,
    AGENCY,
    CALENDAR_DAY,
    CALENDAR_YEAR,
    FIELD_OF_WORK,
    PERSON,
    POLICY_VERSION,
    POST,
    REVISION,
    SETTING,
    SUCCESSION,
)

DIRECTORY, CALENDAR, POLICY = "directory", "calendar", "policy"


_LOADER: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same safe subset of YAML, read ten times as fast where libyaml is there."""

_CHANGING: "weakref.WeakSet[Transaction]" = weakref.WeakSet()
"""The transactions that have changed reference data and are not over yet."""


@dataclass(frozen=True)
class Reference:
    """What the rules need to know of the office at one instant.

    Attributes:
        plan: names the revisions of calendar and policy; a directive planned under another one is to be replanned.
        clock_shift: seconds to add to the machine's clock, for tests; 0 in an office.
    """

    directory: Directory
    calendar: Calendar
    timeline: PolicyTimeline
    plan: str
    clock_shift: float = 0.0


@dataclass
class ReferenceCache:
    """Keeps the reference data of one process and reads again what a revision says is new."""

    _revisions: dict[str, int] = field(default_factory=dict)
    _reference: Reference | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, connection: Connection) -> Reference:
        """The reference data as of this transaction.

        What a transaction has changed itself it sees, but that is not kept: it may be rolled back, and the next change
        would take the same revision.
        """
        revisions = read_revisions(connection)
        if connection.get_transaction() in _CHANGING:
            return read_reference(connection, revisions)
        with self._lock:
            known = self._reference
            if known is not None and revisions == self._revisions:
                return known
            fresh = read_reference(connection, revisions)
            self._reference, self._revisions = fresh, revisions
            return fresh


def read_revisions(connection: Connection) -> dict[str, int]:
    """The revision of each subject."""
    return {row.subject: row.number for row in connection.execute(_REVISIONS)}


_REVISIONS = select(REVISION.c.subject, REVISION.c.number)  # built once: every transaction begins with it


def raise_revision(connection: Connection, subject: str) -> None:
    """Say that a subject has changed, in the transaction that changes it."""
    changed = connection.execute(
        update(REVISION).where(REVISION.c.subject == subject).values(number=REVISION.c.number + 1)
    )
    if changed.rowcount == 0:
        connection.execute(insert(REVISION).values(subject=subject, number=1))
    transaction = connection.get_transaction()
    if transaction is not None:
        _CHANGING.add(transaction)


def read_reference(connection: Connection, revisions: dict[str, int]) -> Reference:
    """Read all reference data; use `ReferenceCache` where it is asked for often."""
    return Reference(
        directory=read_directory(connection),
        calendar=read_calendar(connection),
        timeline=read_timeline(connection),
        plan=f"{revisions.get(CALENDAR, 0)}.{revisions.get(POLICY, 0)}",
        clock_shift=float(read_setting(connection, "clock_shift") or 0),
    )


def read_directory(connection: Connection) -> Directory:
    """Read agencies and people."""

    def rows(table: Table) -> list[dict[str, object]]:
        return [
            {key: tuple(value) if isinstance(value, list) else value for key, value in row._mapping.items()}  # noqa: SLF001 - SQLAlchemy's name for it
            for row in connection.execute(select(table).order_by(*table.primary_key))
        ]

    def without_id(row: dict[str, object]) -> dict[str, object]:
        return {key: value for key, value in row.items() if key != "id"}

    return Directory(
        agencies=tuple(Agency.model_validate(row) for row in rows(AGENCY)),
        successions=tuple(
            Succession.model_validate({"from": row["old"], "to": row["new"], "on": row["on"], "fields": row["fields"]})
            for row in rows(SUCCESSION)
        ),
        people=tuple(Person.model_validate(row) for row in rows(PERSON)),
        posts=tuple(Post.model_validate(without_id(row)) for row in rows(POST)),
        fields=tuple(FieldOfWork.model_validate(row) for row in rows(FIELD_OF_WORK)),
        absences=tuple(Absence.model_validate(without_id(row)) for row in rows(ABSENCE)),
    )


def write_directory(connection: Connection, directory: Directory) -> None:
    """Replace the directory by another one."""

    def lists(row: dict[str, object]) -> dict[str, object]:
        return {key: list(value) if isinstance(value, tuple) else value for key, value in row.items()}

    tables: list[tuple[Table, list[dict[str, object]]]] = [
        (AGENCY, [lists(agency.model_dump()) for agency in directory.agencies]),
        (SUCCESSION, [lists(link.model_dump()) for link in directory.successions]),
        (PERSON, [person.model_dump() for person in directory.people]),
        (POST, [lists(post.model_dump()) for post in directory.posts]),
        (FIELD_OF_WORK, [lists(field_of_work.model_dump()) for field_of_work in directory.fields]),
        (ABSENCE, [absence.model_dump() for absence in directory.absences]),
    ]
    for table, rows in tables:
        connection.execute(delete(table))
        if rows:
            connection.execute(insert(table), rows)
    raise_revision(connection, DIRECTORY)


def read_calendar(connection: Connection) -> Calendar:
    """Read the announced days."""
    days = connection.execute(select(CALENDAR_DAY))
    years = connection.execute(select(CALENDAR_YEAR.c.year))
    return Calendar(
        rows=tuple(CalendarRow.model_validate(dict(row._mapping)) for row in days),  # noqa: SLF001
        confirmed_years=frozenset(year for (year,) in years),
    )


def write_calendar_days(connection: Connection, rows: tuple[CalendarRow, ...]) -> None:
    """Enter or replace announced days."""
    for row in rows:
        connection.execute(delete(CALENDAR_DAY).where(CALENDAR_DAY.c.day == row.day))
        connection.execute(insert(CALENDAR_DAY).values(**row.model_dump()))
    raise_revision(connection, CALENDAR)


def remove_calendar_day(connection: Connection, day: dt.date) -> None:
    """Take an announced day back: the plain week decides again."""
    connection.execute(delete(CALENDAR_DAY).where(CALENDAR_DAY.c.day == day))
    raise_revision(connection, CALENDAR)


def confirm_calendar_years(connection: Connection, years: frozenset[int], now: dt.datetime) -> None:
    """Note that the days of these years were confirmed by a person."""
    for year in sorted(years):
        connection.execute(delete(CALENDAR_YEAR).where(CALENDAR_YEAR.c.year == year))
        connection.execute(insert(CALENDAR_YEAR).values(year=year, confirmed_at=now))
    raise_revision(connection, CALENDAR)


def read_timeline(connection: Connection) -> PolicyTimeline:
    """Read all versions of the policy, oldest first."""
    periods = []
    for row in connection.execute(select(POLICY_VERSION).order_by(POLICY_VERSION.c.version)):
        policy = read_policy(read_yaml(row.text)).model_copy(update={"version": row.version})
        periods.append(PolicyPeriod(policy=policy, since=row.since))
    return PolicyTimeline(periods=tuple(periods))


def write_policy(connection: Connection, text: str, since: dt.datetime, activated_by: str) -> int:
    """Put a policy in force as a new version.

    Args:
        text: the policy as YAML.

    Raises:
        ValueError: it is no policy; one line for each fault.

    Returns: the number of the new version.
    """
    policy = read_policy(read_yaml(text))
    version = (
        connection.execute(select(POLICY_VERSION.c.version).order_by(POLICY_VERSION.c.version.desc())).scalar() or 0
    ) + 1
    connection.execute(
        insert(POLICY_VERSION).values(
            version=version, name=policy.name, text=text, since=since, activated_by=activated_by
        )
    )
    raise_revision(connection, POLICY)
    return version


def read_yaml(text: str) -> object:
    """Read YAML that holds data only.

    Raises:
        yaml.YAMLError: it is none.
    """
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader, by another name


def read_setting(connection: Connection, name: str) -> str | None:
    """A setting of this database."""
    return connection.execute(select(SETTING.c.value).where(SETTING.c.name == name)).scalar()


def write_setting(connection: Connection, name: str, value: str) -> None:
    """Keep a setting of this database."""
    connection.execute(delete(SETTING).where(SETTING.c.name == name))
    connection.execute(insert(SETTING).values(name=name, value=value))
