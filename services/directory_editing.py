"""Changing one person, agency or field of the directory, by the rules that hold for a whole file.

Faults are told as those of a file, all at once. Nothing of it is ever deleted: it ends, or is locked.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Table, delete, insert, update

from database.engine import writing
from database.reference import DIRECTORY, Reference, raise_revision
from documents.language import N_
from models.calendar import local_day
from models.commands import Actor
from models.directory import Agency, Directory, FieldOfWork, Person, Post
from models.refusal import Code, Refused
from models.tables import AGENCY, FIELD_OF_WORK, PERSON, POST
from models.vocabulary import Position
from services.audit import note
from services.data_files import FileFault, FileRefused
from services.directories import nobody_keeps
from services.directory_rules import directory_faults
from services.keepers import find_administrator
from services.office import Office

_TAKEN = N_("Mã “{code}” đã có trong danh bạ. Chọn mã khác, hoặc mở mục đã có để sửa.")
_CHANGED = N_("Người khác vừa sửa mục này. Xem lại nội dung mới nhất rồi sửa tiếp.")
_NO_ADMINISTRATOR = N_("không còn ai quản trị hệ thống; giao chức danh quản trị cho người khác trước.")


def post_meant(
    directory: Directory,
    person: str,
    agency: str,
    position: str,
    fields: Iterable[str],
    days: tuple[dt.date | None, dt.date | None],
    today: dt.date,
) -> Post:
    """The post that is meant by names as people write them.

    Args:
        days: the first and the last day.

    Raises:
        Refused: unknown_agency, unknown_field, unknown_value (the position).
    """
    if position not in list(Position):
        raise Refused(Code.UNKNOWN_VALUE, value=position, values=", ".join(Position))
    return Post(
        person=person,
        agency=directory.find_agency(agency, today).code,
        position=Position(position),
        fields=tuple(field_meant(directory, name) for name in fields),
        valid_from=days[0],
        valid_until=days[1],
    )


def field_meant(directory: Directory, name: str) -> str:
    """The code of the field that is meant by a code, name or alias.

    Raises:
        Refused: unknown_field.
    """
    field = directory.find_field(name)
    if field is None:
        raise Refused(Code.UNKNOWN_FIELD, field_of_work=name)
    return field.code


def version_of(directory: Directory, one: Person | Agency | FieldOfWork) -> str:
    """Name a person with his posts, an agency or a field as they stand; whoever saves says what he saw."""
    posts = _posts(directory, one.code) if isinstance(one, Person) else ()
    text = one.model_dump_json() + "".join(post.model_dump_json() for post in posts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def add_person(office: Office, person: Person, posts: tuple[Post, ...], by: str) -> None:
    """Enter a person with his posts.

    Raises:
        FileRefused: with every fault; nothing changes.
        Refused: he who does it is no administrator.
    """

    def change(directory: Directory) -> Directory:
        _require(directory.person(person.code) is None, "code", _TAKEN, code=person.code)
        return _with(directory, people=(*directory.people, person), posts=(*directory.posts, *posts))

    with writing(office.engine) as connection:
        actor, reference = _changed(office, connection, by, change)
        connection.execute(insert(PERSON).values(**person.model_dump()))
        _write_posts(connection, person.code, posts)
        note(connection, actor.person, "person.add", person.code, office.now(reference), _told(person, posts))


def change_person(office: Office, person: Person, posts: tuple[Post, ...], seen: str, by: str) -> None:
    """Change a person's name, address, lock and posts.

    Args:
        seen: `version_of` what was changed.

    Raises:
        FileRefused: with every fault, or another one changed it meanwhile; nothing changes.
        Refused: he who does it is no administrator.
    """

    def change(directory: Directory) -> Directory:
        before = directory.person(person.code)
        _require(before is not None and version_of(directory, before) == seen, "", _CHANGED)
        others = tuple(post for post in directory.posts if post.person != person.code)
        return _with(
            directory,
            people=tuple(person if row.code == person.code else row for row in directory.people),
            posts=(*others, *posts),
        )

    with writing(office.engine) as connection:
        actor, reference = _changed(office, connection, by, change)
        connection.execute(update(PERSON).where(PERSON.c.code == person.code).values(**person.model_dump()))
        connection.execute(delete(POST).where(POST.c.person == person.code))
        _write_posts(connection, person.code, posts)
        note(connection, actor.person, "person.change", person.code, office.now(reference), _told(person, posts))


def add_agency(office: Office, agency: Agency, by: str) -> None:
    """Enter an agency.

    Raises:
        FileRefused: with every fault; nothing changes.
        Refused: he who does it is no administrator.
    """
    _add(office, agency, by, _AGENCIES, _told_agency(agency))


def change_agency(office: Office, agency: Agency, seen: str, by: str) -> None:
    """Change an agency's names, kind, field and the days between which it exists.

    Args:
        seen: `version_of` what was changed.

    Raises:
        FileRefused: with every fault, or another one changed it meanwhile; nothing changes.
        Refused: he who does it is no administrator.
    """
    _change(office, agency, seen, by, _AGENCIES, _told_agency(agency))


def add_field(office: Office, field: FieldOfWork, by: str) -> None:
    """Enter a field of work.

    Raises:
        FileRefused: with every fault; nothing changes.
        Refused: he who does it is no administrator.
    """
    _add(office, field, by, _FIELDS, _told_field(field))


def change_field(office: Office, field: FieldOfWork, seen: str, by: str) -> None:
    """Change a field's names, the vice-chairman in charge of it and the officer who follows it.

    Args:
        seen: `version_of` what was changed.

    Raises:
        FileRefused: with every fault, or another one changed it meanwhile; nothing changes.
        Refused: he who does it is no administrator.
    """
    _change(office, field, seen, by, _FIELDS, _told_field(field))


@dataclass(frozen=True)
class _Kept:
    """Where one kind of thing is kept: the part of the directory, the table, what the audit calls it."""

    part: str
    table: Table
    act: str

    def rows(self, directory: Directory) -> tuple[Agency | FieldOfWork, ...]:
        rows: tuple[Agency | FieldOfWork, ...] = getattr(directory, self.part)
        return rows


_AGENCIES = _Kept("agencies", AGENCY, "agency")
_FIELDS = _Kept("fields", FIELD_OF_WORK, "field")


def _add(office: Office, one: Agency | FieldOfWork, by: str, kept: _Kept, told: dict[str, str]) -> None:
    def change(directory: Directory) -> Directory:
        rows = kept.rows(directory)
        _require(all(row.code != one.code for row in rows), "code", _TAKEN, code=one.code)
        return _with(directory, **{kept.part: (*rows, one)})

    with writing(office.engine) as connection:
        actor, reference = _changed(office, connection, by, change)
        connection.execute(insert(kept.table).values(**_row(one)))
        note(connection, actor.person, f"{kept.act}.add", one.code, office.now(reference), told)


def _change(office: Office, one: Agency | FieldOfWork, seen: str, by: str, kept: _Kept, told: dict[str, str]) -> None:
    def change(directory: Directory) -> Directory:
        rows = kept.rows(directory)
        before = next((row for row in rows if row.code == one.code), None)
        _require(before is not None and version_of(directory, before) == seen, "", _CHANGED)
        return _with(directory, **{kept.part: tuple(one if row.code == one.code else row for row in rows)})

    with writing(office.engine) as connection:
        actor, reference = _changed(office, connection, by, change)
        connection.execute(update(kept.table).where(kept.table.c.code == one.code).values(**_row(one)))
        note(connection, actor.person, f"{kept.act}.change", one.code, office.now(reference), told)


def _with(directory: Directory, **parts: tuple[object, ...]) -> Directory:
    """Make a directory with other parts; a copy would keep the indexes of the one before."""
    return Directory(**(dict(directory) | parts))


def _changed(
    office: Office, connection: Connection, by: str, change: Callable[[Directory], Directory]
) -> tuple[Actor, Reference]:
    """Judge a change by all rules and say that the directory is another one; who does it, and what stood before."""
    reference = office.reference(connection)
    now = office.now(reference)
    actor = find_administrator(reference, by, now)
    before = reference.directory
    after = change(before)
    faults = (*_new_faults(before, after), *nobody_keeps(after, local_day(now)))
    if not after.holders((Position.ADMINISTRATOR,), local_day(now)):
        faults = (*faults, FileFault("", 0, _NO_ADMINISTRATOR))
    if faults:
        raise FileRefused(faults)
    raise_revision(connection, DIRECTORY)
    return actor, reference


def _new_faults(before: Directory, after: Directory) -> Iterator[FileFault]:
    """The faults that the change brings; an older one elsewhere hinders nobody."""
    known = [(message, data) for _, message, data in directory_faults(before)]
    for place, message, data in directory_faults(after):
        if (message, data) not in known:
            yield FileFault(str(place[-1]), 0, message, data)


def _require(holds: bool, place: str, message: str, **data: object) -> None:
    if not holds:
        raise FileRefused((FileFault(place, 0, message, data),))


def _posts(directory: Directory, person: str) -> tuple[Post, ...]:
    return tuple(post for post in directory.posts if post.person == person)


def _write_posts(connection: Connection, person: str, posts: tuple[Post, ...]) -> None:
    for post in posts:
        connection.execute(insert(POST).values({**post.model_dump(), "person": person, "fields": list(post.fields)}))


def _row(one: Agency | FieldOfWork) -> dict[str, object]:
    return {**one.model_dump(), "aliases": list(one.aliases)}


def _told(person: Person, posts: tuple[Post, ...]) -> dict[str, str]:
    held = "; ".join(
        f"{post.position.value} {post.agency} {post.valid_from or ''}..{post.valid_until or ''}" for post in posts
    )
    return {"name": person.name, "email": person.email, "locked": "1" if person.locked else "0", "posts": held}


def _told_agency(agency: Agency) -> dict[str, str]:
    return {
        "name": agency.name,
        "aliases": "; ".join(agency.aliases),
        "days": f"{agency.valid_from or ''}..{agency.valid_until or ''}",
    }


def _told_field(field: FieldOfWork) -> dict[str, str]:
    return {
        "name": field.name,
        "aliases": "; ".join(field.aliases),
        "vice_chairman": field.vice_chairman or "",
        "monitoring_officer": field.monitoring_officer or "",
    }
