"""Erasing who a person was: the ledger keeps his code, which hashes cover; name, address and traces go.

See docs/decisions/0018 for why, and docs/security.md for what stays and where.
"""

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, delete, func, or_, select, update

from database.engine import writing
from database.reference import DIRECTORY, Reference, raise_revision
from database.traces import replace_words, rows_with
from documents.language import N_
from models.directory import Directory, Person
from models.local_time import local_day
from models.tables import (
    ABSENCE,
    ACCOUNT,
    ANSWERED_REQUEST,
    AUDIT,
    COMMAND,
    DELIVERY,
    DIRECTIVE,
    FAILURE,
    FIELD_OF_WORK,
    IDENTITY,
    MAIL,
    NOTICE,
    PERSON,
    PREFERENCE,
    RESET,
    SAVED_VIEW,
    SESSION,
    TOKEN,
)
from models.text import fold_key
from services.audit import note
from services.data_files import FileFault, FileRefused
from services.keepers import CLOSED, find_administrator
from services.office import Office

PSEUDONYM: Final = "Người đã xóa thông tin"
"""What stands where the name stood; data of the office, as a name is, so it is not translated."""

GONE: Final = (SESSION, RESET, IDENTITY, ACCOUNT, SAVED_VIEW, PREFERENCE, ABSENCE)
"""Tables whose rows of a person are deleted."""

TELLING: Final = frozenset({"name", "email", "address"})
"""What an audit row about people or about signing in says of a person."""

_HINDRANCES: Final = {
    "posts": N_("{person} còn giữ {number} chức danh; ghi ngày cuối của từng chức danh trong danh bạ trước."),
    "fields": N_("{person} còn phụ trách hoặc theo dõi {number} lĩnh vực; giao cho người khác trước."),
    "deputy": N_("{person} còn là người thay trong {number} lần vắng mặt chưa hết; sửa các lần đó trước."),
    "directives": N_("{person} còn là lãnh đạo của {number} nhiệm vụ chưa xong; chuyển cho người khác trước."),
    "commands": N_("{person} còn {number} lệnh đang chờ ghi; chờ ghi xong."),
    "mails": N_("{person} còn {number} thư chưa gửi; chờ gửi xong, hoặc sửa địa chỉ thư."),
}
"""What keeps a person from being erased."""


@dataclass
class Erasure:
    """What erasing a person does, or did.

    Attributes:
        removed: rows deleted or emptied, by table.
        replaced: rows of others in which his name or address was replaced, by `table.column`.
        left: rows in which it still stands, by `table.column`: what the record says is not rewritten.
        code_tells: the code, which stays, can be read as the name.
    """

    code: str
    name: str
    removed: dict[str, int] = field(default_factory=dict)
    replaced: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    code_tells: bool = False


def preview_erasure(office: Office, person: str, by: str) -> Erasure:
    """Say what erasing would do, by doing it and taking it back.

    Raises: as `erase`.
    """
    with office.engine.connect() as connection, connection.begin() as everything:
        told = _erase(office, connection, person, by)
        everything.rollback()
    return told


def erase(office: Office, person: str, by: str) -> Erasure:
    """Erase a person's name, address and traces; his code stays as a pseudonym, so the ledger proves as before.

    Args:
        person: code, address or name.
        by: the administrator who does it; empty at the machine itself.

    Raises:
        FileRefused: with all that hinders; nothing changes.
        Refused: unknown_person, or he who does it is no administrator.
    """
    with writing(office.engine) as connection:
        return _erase(office, connection, person, by)


def _erase(office: Office, connection: Connection, person: str, by: str) -> Erasure:
    reference = office.reference(connection)
    now = office.now(reference)
    actor = find_administrator(reference, by, now)
    found = reference.directory.find_person(person)
    if hindered := _hindrances(connection, reference, found, local_day(now)):
        raise FileRefused(hindered)
    words = _words_for(connection, found)
    outcome = Erasure(found.code, found.name, code_tells=_tells(found))
    _remove(connection, found, words, now, outcome.removed)
    own = words - _of_others(reference.directory, found)
    outcome.replaced = replace_words(connection, own, PSEUDONYM)
    note(connection, actor.person, "person.erase", found.code, now)
    outcome.left = rows_with(connection, own)
    return outcome


def _hindrances(connection: Connection, reference: Reference, person: Person, today: dt.date) -> tuple[FileFault, ...]:
    def lasts(until: dt.date | None) -> bool:
        return until is None or until >= today

    def count(table: Any, *conditions: Any) -> int:  # noqa: ANN401 - as SQLAlchemy has them
        return int(connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one())

    code, directory = person.code, reference.directory
    waiting = DELIVERY.join(NOTICE, NOTICE.c.id == DELIVERY.c.notice)
    numbers = {
        "posts": sum(one.person == code and lasts(one.valid_until) for one in directory.posts),
        "fields": count(
            FIELD_OF_WORK, or_(FIELD_OF_WORK.c.vice_chairman == code, FIELD_OF_WORK.c.monitoring_officer == code)
        ),
        "deputy": sum(one.deputy == code and lasts(one.valid_until) for one in directory.absences),
        "directives": count(
            DIRECTIVE,
            DIRECTIVE.c.status.not_in(CLOSED),
            or_(DIRECTIVE.c.assigning_leader == code, DIRECTIVE.c.supervising_leader == code),
        ),
        "commands": count(
            COMMAND, COMMAND.c.state == "pending", COMMAND.c.envelope.contains(json.dumps(code), autoescape=True)
        ),
        "mails": count(MAIL, MAIL.c.recipient == code, MAIL.c.state == "composed")
        + count(waiting, NOTICE.c.recipient == code, DELIVERY.c.state == "pending"),
    }
    return tuple(
        FileFault("", 0, _HINDRANCES[why], {"person": person.name, "number": number})
        for why, number in numbers.items()
        if number
    )


def _words_for(connection: Connection, person: Person) -> frozenset[str]:
    """His names and addresses, those of before too, as the audit and the mails still know them."""
    words = {person.name, person.email}
    about = select(AUDIT.c.data).where(AUDIT.c.subject == person.code, AUDIT.c.act.startswith("person."))
    for data in connection.execute(about).scalars():
        told = json.loads(data)
        words |= {str(told.get("name", "")), str(told.get("email", ""))}
    words |= set(connection.execute(select(MAIL.c.address).where(MAIL.c.recipient == person.code)).scalars())
    return frozenset(word for word in words if " " in word or "@" in word)  # one syllable stands in many a word


def _of_others(directory: Directory, person: Person) -> frozenset[str]:
    """Names and addresses that somebody else bears as well; where they stand, he may be meant."""
    return frozenset(
        word for one in directory.people if one.code != person.code for word in (one.name, one.email) if word
    )


def _tells(person: Person) -> bool:
    bare = fold_key(person.code).replace(" ", "")
    return fold_key(person.name).replace(" ", "") in bare or fold_key(person.name).split(" ")[-1] in fold_key(
        person.code
    ).split(" ")


def _remove(
    connection: Connection, person: Person, words: frozenset[str], now: dt.datetime, removed: dict[str, int]
) -> None:
    code = person.code

    def did(name: str, statement: Any) -> None:  # noqa: ANN401 - as SQLAlchemy has them
        if rows := connection.execute(statement).rowcount:
            removed[name] = removed.get(name, 0) + rows

    for table in GONE:
        did(table.name, delete(table).where(table.c.person == code))
    tokens = select(TOKEN.c.id).where(TOKEN.c.person == code)
    did("answered_request", delete(ANSWERED_REQUEST).where(ANSWERED_REQUEST.c.token.in_(tokens)))
    revoked_at = func.coalesce(TOKEN.c.revoked_at, now)
    did("token", update(TOKEN).where(TOKEN.c.person == code).values(name="", revoked_at=revoked_at))
    for key in {fold_key(word) for word in (code, *words)}:
        tried = or_(FAILURE.c.key.startswith(f"{key}|", autoescape=True), FAILURE.c.key == f"reset|{key}")
        did("failure", delete(FAILURE).where(tried))
    did("mail", update(MAIL).where(MAIL.c.recipient == code).values(address="", body=None, problem=None))
    of_his = select(NOTICE.c.id).where(NOTICE.c.recipient == code)
    told = (DELIVERY.c.notice.in_(of_his)) & DELIVERY.c.problem.is_not(None)
    did("delivery", update(DELIVERY).where(told).values(problem=None))
    _empty_audit(connection, code, removed)
    gone = {"name": PSEUDONYM, "email": "", "locked": True}
    did("person", update(PERSON).where(PERSON.c.code == code).values(**gone))
    raise_revision(connection, DIRECTORY)


def _empty_audit(connection: Connection, code: str, removed: dict[str, int]) -> None:
    """Take name and addresses out of what the audit says of him; that it happened, and when, stays."""
    of_him = or_(
        (AUDIT.c.subject == code) & AUDIT.c.act.startswith("person."),
        or_(AUDIT.c.subject == code, AUDIT.c.person == code) & AUDIT.c.act.startswith("sign_in"),
    )
    for number, data in connection.execute(select(AUDIT.c.id, AUDIT.c.data).where(of_him)).all():
        told = json.loads(data)
        kept = {name: value for name, value in told.items() if name not in TELLING}
        if kept != told:
            text = json.dumps(kept, ensure_ascii=False)
            connection.execute(update(AUDIT).where(AUDIT.c.id == number).values(data=text))
            removed["audit"] = removed.get("audit", 0) + 1
