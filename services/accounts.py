"""Signing in: accounts with passwords, and sessions that can be listed and ended."""

import contextlib
import datetime as dt
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from database.engine import DATABASE_AWAY, reading, writing
from database.reference import Reference
from models.directory import Directory, Person
from models.local_time import local_day
from models.refusal import Code, Refused
from models.second_factor import HALF_LIVES
from models.sign_in import (
    FORGOTTEN_AFTER,
    IDLE,
    LONGEST_SESSION,
    SessionTimes,
)
from models.tables import ACCOUNT, FAILURE, HALF_SESSION, RECOVERY_CODE, RESET, SECOND_FACTOR, SESSION
from models.text import fold_key
from services import audit, passwords, slowing
from services.audit import note
from services.keepers import default_keeper, find_administrator
from services.office import Office

SEEN_EVERY: Final = dt.timedelta(minutes=1)
"""How exactly it is kept when a session was last used; each page would be a write otherwise."""

BY_PASSWORD: Final = "password"  # noqa: S105 - a way to sign in, not a password
"""How a session was begun whose person is asked for a second factor; the single sign-on asks for its own."""


@dataclass(frozen=True)
class Browser:
    """From where somebody signs in: the network address, and what the browser says it is."""

    address: str = ""
    agent: str = ""


NOWHERE: Final = Browser()


class CodeNeeded(Exception):
    """The password is right, and the second factor is asked for.

    Attributes:
        secret: for the cookie of this half session, which opens nothing but the page that asks for the code.
    """

    def __init__(self, secret: str) -> None:
        super().__init__("the second factor is asked for")
        self.secret = secret


@dataclass(frozen=True)
class SignedIn:
    """Somebody who is signed in.

    Attributes:
        session: names the session among those of this person; no secret.
        must_change: he is asked for a new password before anything else.
        lacks_second_factor: he has to set one up before anything else.
        seen_at: when the session was last used, as exactly as it is kept.
    """

    person: str
    session: str
    must_change: bool = False
    lacks_second_factor: bool = False
    seen_at: dt.datetime | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Session:
    """One of a person's sessions, for the list from which he ends those that are not his."""

    id: str
    created_at: dt.datetime
    seen_at: dt.datetime
    browser: Browser


@dataclass(frozen=True)
class Account:
    """A person who may sign in, for the administrators' list."""

    person: str
    name: str
    has_password: bool
    must_change: bool
    locked: bool
    sessions: int
    second_factor: bool = False


def add(office: Office, person: str, password: str | None, *, must_change: bool = True, by: str = "") -> str:
    """Give a person of the directory an account, or a new password where he has one; his sessions end.

    Args:
        person: code, e-mail address or name.
        password: None makes one of four groups of letters.
        by: the administrator who does it; empty at the machine itself.

    Returns: the password, to be shown once.

    Raises:
        Refused: unknown_person, weak_password, or he may not.
    """
    with reading(office.engine) as connection:
        found = office.reference(connection).directory.find_person(person)
    given = password if password is not None else made_password()
    passwords.require_good(given, found.code, found.name, found.email)
    kept = passwords.hashed(given)
    with writing(office.engine) as connection:
        now = note_act(office, connection, by, "account.add", found.code)
        keep_password(connection, found.code, kept, now, must_change=must_change)
    return given


def note_act(office: Office, connection: Connection, by: str, act: str, subject: str) -> dt.datetime:
    """Note an act on an account, and who did it; returns when.

    Args:
        by: as in `add`.

    Raises:
        Refused: he is no administrator.
    """
    reference = office.reference(connection)
    now = office.now(reference)
    day = local_day(now)
    who = find_administrator(reference, by, now).person if by else default_keeper(reference.directory, day)
    audit.note(connection, who, act, subject, now)
    return now


def made_password() -> str:
    """A password that is easily read out: four groups of four letters and figures without doubles such as l and 1."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def change_password(office: Office, signed_in: SignedIn, old: str, new: str) -> None:
    """Change one's own password; one's other sessions end.

    Raises:
        Refused: wrong_password, weak_password, too_many_tries.
    """
    now = office.now()
    with reading(office.engine) as connection:
        person = known_person(office.reference(connection).directory, signed_in.person)
        kept = connection.execute(select(ACCOUNT.c.password).where(ACCOUNT.c.person == person.code)).scalar()
        slowing.require_patience(connection, _keys(person.code, ""), now)
    if not passwords.matches(old, kept):
        slowing.note_failure(office, _keys(person.code, ""), now)
        raise Refused(Code.WRONG_PASSWORD)
    passwords.require_good(new, person.code, person.name, person.email)
    made = passwords.hashed(new)
    with writing(office.engine) as connection:
        keep_password(connection, person.code, made, now, must_change=False, but=signed_in.session)


def sign_in(office: Office, name: str, password: str, browser: Browser) -> tuple[str, SignedIn]:
    """Begin a session.

    The answer to a wrong password, an unknown name, a locked person and one without an account is the same, and takes
    as long.

    Args:
        name: code or e-mail address.

    Returns: the secret for the cookie, kept nowhere else, and who is signed in.

    Raises:
        Refused: wrong_password, too_many_tries.
        CodeNeeded: he has a second factor; nobody is signed in yet.
    """
    now = office.now()
    keys = _keys(fold_key(name), browser.address)
    with reading(office.engine) as connection:
        slowing.require_patience(connection, keys, now)
        person = who_may_sign_in(office.reference(connection).directory, name, now)
        # Nobody is asked for as well, so that both take as long.
        account = connection.execute(select(ACCOUNT).where(ACCOUNT.c.person == (person.code if person else ""))).first()
    if not passwords.matches(password, account.password if account else None) or account is None:
        slowing.note_failure(office, keys, now)
        _note_wrong_try(office, person, browser, now)
        raise Refused(Code.WRONG_PASSWORD)
    renewed = passwords.hashed(password) if passwords.is_outdated(account.password) else None
    with writing(office.engine) as connection:
        _sweep_up(connection, now)
        if renewed is not None:
            connection.execute(update(ACCOUNT).where(ACCOUNT.c.person == account.person).values(password=renewed))
        connection.execute(delete(FAILURE).where(FAILURE.c.key == keys[0]))
        half = _begin_half(connection, account.person, now) if has_second_factor(connection, account.person) else None
        if half is None:
            begun = begin_session(connection, account.person, browser, now)
    if half is not None:
        raise CodeNeeded(half)
    return begun


def begin_known(connection: Connection, person: str, browser: Browser, now: dt.datetime) -> tuple[str, SignedIn]:
    """Begin a session for somebody whom the single sign-on has recognised, with an account if he had none.

    A password that somebody else made for him is taken away: he has no need of it.

    Returns: as `sign_in`.
    """
    _sweep_up(connection, now)
    made_by_others = (ACCOUNT.c.person == person) & ACCOUNT.c.must_change
    connection.execute(update(ACCOUNT).where(made_by_others).values(password=None, must_change=False))
    if connection.execute(select(ACCOUNT.c.person).where(ACCOUNT.c.person == person)).first() is None:
        connection.execute(insert(ACCOUNT).values(person=person, created_at=now, must_change=False))
    return begin_session(connection, person, browser, now, "single_sign_on")


def signed_in(office: Office, secret: str, *, used: bool = True) -> SignedIn | None:
    """Who holds this cookie; None when the session is over, or the person is locked or has left.

    Args:
        used: whether this counts as use of the session; not so what an open page asks by itself.
    """
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        found = find_signed_in(connection, office, reference, secret, now)
    if used and found is not None:
        note_use(office, found, now)
    return found


def find_signed_in(
    connection: Connection, office: Office, reference: Reference, secret: str, now: dt.datetime
) -> SignedIn | None:
    """The same inside a transaction that reads more; whoever asks notes the use of the session afterwards."""
    row = connection.execute(_SESSION, {"session": hash_of(secret)}).first()
    if row is None or not SessionTimes(created_at=row.created_at, seen_at=row.seen_at).lives(now):
        return None
    if who_may_sign_in(reference.directory, row.person, now) is None:
        return None
    lacks = row.confirmed_at is None and row.way == BY_PASSWORD and has_to(office, reference.directory, row.person, now)
    return SignedIn(row.person, row.id, row.must_change, lacks, row.seen_at)


def note_use(office: Office, found: SignedIn, now: dt.datetime) -> None:
    """Note that a session is used, as exactly as it is kept; where that cannot be written, reading goes on."""
    if found.seen_at is not None and now - found.seen_at < SEEN_EVERY:
        return
    with contextlib.suppress(*DATABASE_AWAY), writing(office.engine) as connection:
        connection.execute(update(SESSION).where(SESSION.c.id == found.session).values(seen_at=now))


# Built once: it stands before every page.
_SESSION: Final = (
    select(SESSION, ACCOUNT.c.must_change, SECOND_FACTOR.c.confirmed_at)
    .join(ACCOUNT, ACCOUNT.c.person == SESSION.c.person)
    .outerjoin(SECOND_FACTOR, SECOND_FACTOR.c.person == SESSION.c.person)
    .where(SESSION.c.id == bindparam("session"))
)


def has_to(office: Office, directory: Directory, person: str, now: dt.datetime) -> bool:
    """Whether a person has to have a second factor: by his own posts, or by those of whom he stands in for."""
    if not office.second_factor_of:
        return False
    day = local_day(now)
    names = (None, *directory.represented(person, day))
    return any(directory.actor(person, day, name).roles & office.second_factor_of for name in names)


def has_second_factor(connection: Connection, person: str) -> bool:
    """Whether a person is asked for a code after his password."""
    on = select(SECOND_FACTOR.c.person).where(
        SECOND_FACTOR.c.person == person, SECOND_FACTOR.c.confirmed_at.is_not(None)
    )
    return connection.execute(on).first() is not None


def sessions_of(office: Office, person: str) -> list[Session]:
    """A person's living sessions, the last used first."""
    now = office.now()
    with reading(office.engine) as connection:
        rows = connection.execute(
            select(SESSION).where(SESSION.c.person == person).order_by(SESSION.c.seen_at.desc())
        ).all()
    return [
        Session(row.id, row.created_at, row.seen_at, Browser(row.address, row.agent))
        for row in rows
        if SessionTimes(created_at=row.created_at, seen_at=row.seen_at).lives(now)
    ]


def end_session(office: Office, person: str, session: str) -> bool:
    """End one of a person's sessions; False when he has none of that name."""
    with writing(office.engine) as connection:
        ended = connection.execute(delete(SESSION).where(SESSION.c.id == session, SESSION.c.person == person))
    return ended.rowcount == 1


def end_all_sessions(office: Office, person: str, by: str = "") -> int:
    """End all sessions of a person, as when he is locked; returns how many.

    Args:
        by: as in `add`.

    Raises:
        Refused: he may not.
    """
    with writing(office.engine) as connection:
        note_act(office, connection, by, "account.sign_out", person)
        return connection.execute(delete(SESSION).where(SESSION.c.person == person)).rowcount


def remove(office: Office, person: str, by: str = "") -> str:
    """Take a person's account away; his sessions end.

    Args:
        by: as in `add`.

    Returns: his code.

    Raises:
        Refused: unknown_person, no_account, or he may not.
    """
    with writing(office.engine) as connection:
        found = office.reference(connection).directory.find_person(person)
        for table in (SESSION, HALF_SESSION, RESET, SECOND_FACTOR, RECOVERY_CODE):
            connection.execute(delete(table).where(table.c.person == found.code))
        if connection.execute(delete(ACCOUNT).where(ACCOUNT.c.person == found.code)).rowcount == 0:
            raise Refused(Code.NO_ACCOUNT, person=found.name, account=found.code)
        note_act(office, connection, by, "account.remove", found.code)
    return found.code


def listed(office: Office) -> list[Account]:
    """All accounts, by the person's name."""
    now = office.now()
    with reading(office.engine) as connection:
        directory = office.reference(connection).directory
        living: dict[str, int] = {}
        for row in connection.execute(select(SESSION.c.person, SESSION.c.created_at, SESSION.c.seen_at)):
            if SessionTimes(created_at=row.created_at, seen_at=row.seen_at).lives(now):
                living[row.person] = living.get(row.person, 0) + 1
        rows = connection.execute(select(ACCOUNT)).all()
        with_factor = set(
            connection.execute(
                select(SECOND_FACTOR.c.person).where(SECOND_FACTOR.c.confirmed_at.is_not(None))
            ).scalars()
        )
    found = [
        Account(
            person=row.person,
            name=directory.person_name(row.person),
            has_password=row.password is not None,
            must_change=row.must_change,
            locked=who_may_sign_in(directory, row.person, now) is None,
            sessions=living.get(row.person, 0),
            second_factor=row.person in with_factor,
        )
        for row in rows
    ]
    return sorted(found, key=lambda account: (fold_key(account.name), account.person))


def _sweep_up(connection: Connection, now: dt.datetime) -> None:
    """Delete what no longer counts, at every sign-in: sessions that are over, old wrong tries, old links."""
    over = (SESSION.c.seen_at < now - IDLE) | (SESSION.c.created_at < now - LONGEST_SESSION)
    connection.execute(delete(SESSION).where(over))
    connection.execute(delete(FAILURE).where(FAILURE.c.last_at < now - FORGOTTEN_AFTER))
    connection.execute(delete(RESET).where(RESET.c.expires_at <= now))
    connection.execute(delete(HALF_SESSION).where(HALF_SESSION.c.created_at <= now - HALF_LIVES))


def _begin_half(connection: Connection, person: str, now: dt.datetime) -> str:
    secret = secrets.token_urlsafe(32)
    connection.execute(insert(HALF_SESSION).values(id=hash_of(secret), person=person, created_at=now))
    return secret


def begin_session(
    connection: Connection,
    person: str,
    browser: Browser,
    now: dt.datetime,
    way: str = BY_PASSWORD,
    told: Mapping[str, str] | None = None,
) -> tuple[str, SignedIn]:
    """Begin the session of somebody who has proved who he is, and note it.

    Args:
        told: what the audit says besides.

    Returns: as `sign_in`.
    """
    secret = secrets.token_urlsafe(32)
    session = hash_of(secret)
    connection.execute(
        insert(SESSION).values(
            id=session,
            person=person,
            created_at=now,
            seen_at=now,
            address=browser.address[:64],
            agent=browser.agent[:200],
            way=way,
        )
    )
    must_change = connection.execute(select(ACCOUNT.c.must_change).where(ACCOUNT.c.person == person)).scalar_one()
    note(connection, person, "sign_in", person, now, {"way": way, "address": browser.address, **(told or {})})
    return secret, SignedIn(person, session, must_change)


def keep_password(
    connection: Connection, person: str, kept: str, now: dt.datetime, *, must_change: bool, but: str = ""
) -> None:
    """Keep the hash of a new password; all sessions of the person end but the one that is named."""
    values: dict[str, Any] = {"password": kept, "password_at": now, "must_change": must_change}
    if connection.execute(update(ACCOUNT).where(ACCOUNT.c.person == person).values(**values)).rowcount == 0:
        connection.execute(insert(ACCOUNT).values(person=person, created_at=now, **values))
    connection.execute(delete(SESSION).where(SESSION.c.person == person, SESSION.c.id != but))
    for table in (HALF_SESSION, RESET):
        connection.execute(delete(table).where(table.c.person == person))


def may_sign_in(directory: Directory, person: Person, now: dt.datetime) -> bool:
    """Whether a person of the directory may be signed in that day: not locked, and he holds a post."""
    return not person.locked and bool(directory.posts_on(person.code, local_day(now)))


def who_may_sign_in(directory: Directory, name: str, now: dt.datetime) -> Person | None:
    """Whom a name means, where he may sign in that day.

    Args:
        name: code or e-mail address.
    """
    try:
        person = directory.find_person(name)
    except Refused:
        return None
    return person if may_sign_in(directory, person, now) else None


def known_person(directory: Directory, code: str) -> Person:
    """The person of this code.

    Raises:
        Refused: unknown_person.
    """
    found = directory.person(code)
    if found is None:
        raise Refused(Code.UNKNOWN_PERSON, person=code)
    return found


def _keys(name: str, address: str) -> tuple[str, ...]:
    """What wrong tries slow: this account from this address (its owner elsewhere is not), and the address."""
    return (f"{name[:200]}|{address}", f"|{address}") if address else (f"{name[:200]}|",)


def _note_wrong_try(office: Office, person: Person | None, browser: Browser, now: dt.datetime) -> None:
    """Name in the audit only whom the directory knows: some type their password where their name belongs."""
    with writing(office.engine) as connection:
        audit.note(
            connection, "", "sign_in.failed", person.code if person else "", now, {"address": browser.address[:64]}
        )


def hash_of(secret: str) -> str:
    """What is kept of a secret of ours; a fast hash is enough, since it is random and long."""
    return hashlib.sha256(secret.encode()).hexdigest()
