"""Keeping the directory: replacing it by a file, finding people and agencies, absences with their deputies."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import yaml
from sqlalchemy import Connection, delete, insert, select

from database.engine import writing
from database.reference import DIRECTORY, raise_revision, write_directory
from documents.language import N_
from models.calendar import local_day
from models.directory import Agency, Directory, Person, Post
from models.refusal import Code, Refused
from models.tables import ABSENCE, DIRECTIVE
from models.text import fold_key, sort_key
from services.acting import find_person
from services.audit import note
from services.data_files import FileFault, FileRefused, lines_of, read_model, read_text
from services.directory_rules import as_faults, directory_faults
from services.keepers import CLOSED, KEEPERS, find_keeper
from services.office import Office

NAMED_AT_MOST = 10
"""Directives that one fault names; the number of all stands beside."""


@dataclass(frozen=True)
class KnownPerson:
    """A person and the posts that he holds that day."""

    person: Person
    posts: tuple[Post, ...]

    @property
    def can_act(self) -> bool:
        """Whether he may act at all that day."""
        return bool(self.posts) and not self.person.locked


@dataclass(frozen=True)
class AbsenceEntered:
    """An absence that was entered.

    Attributes:
        person: his code.
        stand_in: who hears and acts for him on its first day; None when nobody does.
    """

    person: str
    first: dt.date
    last: dt.date
    deputy: str | None
    stand_in: str | None


def load(office: Office, path: Path, person: str) -> Directory:
    """Replace the directory by that of a file; absences that the file does not speak of are kept.

    Raises:
        FileRefused: with every fault; nothing changes.
        Refused: he may not.
        OSError: the file cannot be opened.
    """
    return load_text(office, read_text(path), person)


def load_text(office: Office, text: str, person: str) -> Directory:
    """Replace the directory by that of a file's text; absences that it does not speak of are kept.

    Raises:
        FileRefused: with every fault; nothing changes.
        Refused: he may not.
    """
    directory = read_model(text, Directory)
    found = list(directory_faults(directory))
    if found:
        raise FileRefused(as_faults(found, lines_of(text, [place for place, _, _ in found])))
    now = office.now()
    with writing(office.engine) as connection:
        known = office.reference(connection)
        actor = find_keeper(known, person, now)
        faults = (*_vanished(connection, known.directory, directory), *nobody_keeps(directory, local_day(now)))
        if faults:
            raise FileRefused(faults)
        if "absences" not in directory.model_fields_set:
            people = {one.code for one in directory.people}
            kept = tuple(
                absence
                for absence in known.directory.absences
                if absence.person in people and (absence.deputy is None or absence.deputy in people)
            )
            directory = directory.model_copy(update={"absences": kept})
        write_directory(connection, directory)
        number = {"agencies": str(len(directory.agencies)), "people": str(len(directory.people))}
        note(connection, actor.person, "directory.load", "", now, number)
    return directory


def as_text(directory: Directory) -> str:
    """Write a directory as the file that `load` takes."""
    data = directory.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=120)


def _vanished(connection: Connection, before: Directory, after: Directory) -> tuple[FileFault, ...]:
    """Agencies that directives name and the file lacks; one that ended belongs in it with its last day (RULES 21)."""
    known = {agency.code for agency in after.agencies}
    missing: dict[str, list[str]] = {}
    rows = connection.execute(
        select(DIRECTIVE.c.code, DIRECTIVE.c.lead_agency, DIRECTIVE.c.coordinating_agencies)
        .where(DIRECTIVE.c.status.not_in(CLOSED))
        .order_by(DIRECTIVE.c.code)
    )
    for code, lead, coordinating in rows:
        for agency in (lead, *coordinating):
            if agency is not None and agency not in known:
                missing.setdefault(agency, []).append(code)
    return tuple(
        FileFault(
            "agencies",
            0,
            N_("thiếu {agency} ({name}), đang có {number} nhiệm vụ chưa xong: {codes}. Ghi valid_until thay vì bỏ đi."),
            {
                "agency": agency,
                "name": before.agency_name(agency),
                "number": len(codes),
                "codes": codes[:NAMED_AT_MOST],
            },
        )
        for agency, codes in missing.items()
    )


def nobody_keeps(directory: Directory, day: dt.date) -> tuple[FileFault, ...]:
    """Fault a directory in which nobody may register a directive: it locks everybody out."""
    if any(directory.actor(person.code, day).roles & KEEPERS for person in directory.people if not person.locked):
        return ()
    return (FileFault("posts", 0, N_("không còn ai của Văn phòng hay quản trị để nhập nhiệm vụ và sửa danh bạ.")),)


def find_people(directory: Directory, text: str, day: dt.date, *, everybody: bool = False) -> tuple[KnownPerson, ...]:
    """Find people by code, name, address or agency, whatever the case or accents; in the order of names.

    Args:
        text: empty finds all.
        everybody: also those who hold no post that day or are locked.
    """
    wanted = fold_key(text)
    found = []
    for person in directory.people:
        known = KnownPerson(person, directory.posts_on(person.code, day))
        names = [person.code, person.name, person.email]
        for post in known.posts:
            names += [post.agency, directory.agency_name(post.agency)]
        if (everybody or known.can_act) and any(wanted in fold_key(name) for name in names):
            found.append(known)
    return tuple(sorted(found, key=lambda known: (sort_key(known.person.name), known.person.code)))


def find_agencies(directory: Directory, text: str, day: dt.date, *, everything: bool = False) -> tuple[Agency, ...]:
    """Find agencies by code, name or alias, whatever the case or accents; in the directory's own order.

    Args:
        everything: also those that do not exist that day.
    """
    wanted = fold_key(text)
    return tuple(
        agency
        for agency in directory.agencies
        if (everything or agency.holds_on(day))
        and any(wanted in fold_key(name) for name in (agency.code, agency.name, *agency.aliases))
    )


def enter_absence(
    office: Office, absent: str, first: dt.date, last: dt.date, deputy: str, keeper: str
) -> AbsenceEntered:
    """Enter that a person is away and who stands in; it replaces his absences of the same days.

    Args:
        deputy: empty when nobody stands in.

    Raises:
        Refused: unknown_person, bad_date (it ends before it starts), not_deputy (he cannot stand in for himself), or
            the keeper may not.
    """
    now = office.now()
    with writing(office.engine) as connection:
        reference = office.reference(connection)
        actor = find_keeper(reference, keeper, now)
        directory = reference.directory
        person = find_person(directory, absent)
        standing_in = find_person(directory, deputy) if deputy else None
        if last < first:
            raise Refused(Code.BAD_DATE, value=f"{first:%d/%m/%Y}..{last:%d/%m/%Y}")
        if standing_in == person:
            raise Refused(Code.NOT_DEPUTY, person=person, on_behalf_of=person)
        values = {"person": person, "deputy": standing_in, "valid_from": first, "valid_until": last}
        remove_absences(connection, person, first, last)
        connection.execute(insert(ABSENCE).values(**values))
        raise_revision(connection, DIRECTORY)
        told = {"days": f"{first}..{last}", "deputy": standing_in or ""}
        note(connection, actor.person, "absence.enter", person, now, told)
    fresh = office.reference().directory
    return AbsenceEntered(person, first, last, standing_in, fresh.stand_in(person, first))


def remove_absence(office: Office, absent: str, first: dt.date, last: dt.date, keeper: str) -> int:
    """Take back a person's absences of these days; returns how many there were.

    Raises:
        Refused: unknown_person, or the keeper may not.
    """
    now = office.now()
    with writing(office.engine) as connection:
        reference = office.reference(connection)
        actor = find_keeper(reference, keeper, now)
        person = find_person(reference.directory, absent)
        removed = remove_absences(connection, person, first, last)
        if removed:
            raise_revision(connection, DIRECTORY)
            note(connection, actor.person, "absence.remove", person, now, {"days": f"{first}..{last}"})
    return removed


def remove_absences(connection: Connection, person: str, first: dt.date, last: dt.date) -> int:
    """Take out a person's absences that share a day with these; returns how many there were."""
    overlapping = (
        (ABSENCE.c.person == person)
        & (ABSENCE.c.valid_from.is_(None) | (ABSENCE.c.valid_from <= last))
        & (ABSENCE.c.valid_until.is_(None) | (ABSENCE.c.valid_until >= first))
    )
    return connection.execute(delete(ABSENCE).where(overlapping)).rowcount
