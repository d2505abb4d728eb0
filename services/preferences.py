"""What a person arranges for himself: when his digest comes, and who stands in while he is away."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, insert

from database import preferences
from database.engine import writing
from database.reference import DIRECTORY, raise_revision
from models.calendar import local_day
from models.directory import Absence, Directory
from models.dispatch import hours_to_choose
from models.policy import MailHours
from models.refusal import Code, Refused
from models.tables import ABSENCE
from services import audit
from services.acting import find_person
from services.directories import remove_absences
from services.office import Office


@dataclass(frozen=True)
class MailWish:
    """When a person's digest comes.

    Attributes:
        hour: what he chose; None for the policy's.
        hours: the local hours that he may choose.
        usual: when it comes if he chooses nothing.
    """

    hour: int | None
    hours: tuple[int, ...]
    usual: dt.time


def mail_wish(connection: Connection, person: str, mail: MailHours) -> MailWish:
    """What a person chose and may choose."""
    return MailWish(preferences.digest_hour(connection, person), hours_to_choose(mail), mail.digest)


def choose_digest_hour(office: Office, person: str, hour: int | None) -> None:
    """Choose when one's digest comes; None for the policy's hour. What is urgent is never held up by this.

    Raises:
        Refused: unknown_value, none of those that may be chosen.
    """
    with writing(office.engine) as connection:
        hours = hours_to_choose(office.reference(connection).timeline.current.mail)
        if hour is not None and hour not in hours:
            raise Refused(Code.UNKNOWN_VALUE, value=hour, values=", ".join(map(str, hours)))
        preferences.write_digest_hour(connection, person, hour)


def own_absences(directory: Directory, person: str, today: dt.date) -> tuple[Absence, ...]:
    """A person's absences that are not over, the nearest first."""
    found = [
        absence
        for absence in directory.absences
        if absence.person == person and (absence.valid_until is None or absence.valid_until >= today)
    ]
    return tuple(sorted(found, key=lambda absence: absence.valid_from or dt.date.min))


def possible_deputies(directory: Directory, person: str, today: dt.date) -> tuple[str, ...]:
    """Who may stand in for a person: whoever holds a post in one of his agencies, himself left out."""
    agencies = {post.agency for post in directory.posts_on(person, today)}
    colleagues = {
        post.person
        for post in directory.posts
        if post.agency in agencies and post.holds_on(today) and post.person != person
    }
    present = [one for one in directory.people if one.code in colleagues and not one.locked]
    return tuple(one.code for one in sorted(present, key=lambda one: one.name))


def enter_own_absence(office: Office, person: str, first: dt.date, last: dt.date, deputy: str) -> str | None:
    """Say that one will be away and who stands in; it replaces one's absences of the same days.

    Args:
        deputy: code, address or name; empty when nobody stands in.

    Returns: the deputy's code.

    Raises:
        Refused: bad_date (it ends before it starts, or is over), unknown_person, not_deputy (nobody of one's own
            agency; others enter the Office and the administration).
    """
    now = office.now()
    today = local_day(now)
    with writing(office.engine) as connection:
        directory = office.reference(connection).directory
        standing_in = find_person(directory, deputy) if deputy.strip() else None
        if last < max(first, today):
            raise Refused(Code.BAD_DATE, value=f"{first:%d/%m/%Y} – {last:%d/%m/%Y}")
        if standing_in is not None and standing_in not in possible_deputies(directory, person, today):
            raise Refused(Code.NO_POSSIBLE_DEPUTY, person=standing_in)
        remove_absences(connection, person, first, last)
        connection.execute(
            insert(ABSENCE).values(person=person, deputy=standing_in, valid_from=first, valid_until=last)
        )
        raise_revision(connection, DIRECTORY)
        said = {"first": first.isoformat(), "last": last.isoformat(), "deputy": standing_in or ""}
        audit.note(connection, person, "absence.enter", person, now, said)
    return standing_in


def remove_own_absence(office: Office, person: str, first: dt.date, last: dt.date) -> int:
    """Take back one's absences of these days; returns how many there were."""
    now = office.now()
    with writing(office.engine) as connection:
        removed = remove_absences(connection, person, first, last)
        if removed:
            raise_revision(connection, DIRECTORY)
            said = {"first": first.isoformat(), "last": last.isoformat()}
            audit.note(connection, person, "absence.remove", person, now, said)
    return removed
