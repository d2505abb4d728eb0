"""The second factor: set up and proved by a code, asked for after the password, replaced once by a recovery code.

A code is good once. Wrong ones are slowed by person, wherever they come from: who gets here knows the password.
"""

import base64
import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from sqlalchemy import Connection, delete, func, insert, select, update

from database.engine import reading, writing
from models.refusal import Code, Refused
from models.second_factor import (
    DIGITS,
    HALF_LIVES,
    RECOVERY_CODES,
    SECRET_BYTES,
    SETUP_LIVES,
    accepted_step,
    telephone_address,
)
from models.tables import ACCOUNT, FAILURE, HALF_SESSION, RECOVERY_CODE, SECOND_FACTOR, SESSION
from services import accounts, passwords, slowing
from services.accounts import Browser, SignedIn
from services.audit import note
from services.office import Office

ISSUER: Final = "Đôn Đốc"

By = Literal["code", "recovery_code"]
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Setup:
    """A secret that waits for its first code.

    Attributes:
        address: what a telephone reads from the picture.
    """

    secret: str
    address: str


@dataclass(frozen=True)
class Standing:
    """How it stands with a person's second factor.

    Attributes:
        since: from when on it is asked for; None while it is off.
        codes_left: recovery codes that were not used.
        setup: the secret that was made, while it is proved.
        has_password: whether he signs in by password at all; the single sign-on asks for its own second factor.
    """

    since: dt.datetime | None
    codes_left: int
    setup: Setup | None
    has_password: bool


def standing_of(office: Office, person: str) -> Standing:
    """How it stands with one's own second factor."""
    now = office.now()
    with reading(office.engine) as connection:
        row = connection.execute(select(SECOND_FACTOR).where(SECOND_FACTOR.c.person == person)).first()
        left = select(func.count()).where(RECOVERY_CODE.c.person == person)
        has_password = select(ACCOUNT.c.password.is_not(None)).where(ACCOUNT.c.person == person)
        setup = None
        if row is not None and row.confirmed_at is None and now < row.created_at + SETUP_LIVES:
            setup = Setup(row.secret, telephone_address(row.secret, person, ISSUER))
        return Standing(
            since=row.confirmed_at if row else None,
            codes_left=connection.execute(left).scalar_one(),
            setup=setup,
            has_password=bool(connection.execute(has_password).scalar()),
        )


def begin(office: Office, person: str) -> None:
    """Make a secret for a person's telephone; until its first code is given it counts for nothing.

    Raises:
        Refused: no_account, when he signs in by the single sign-on only.
    """
    with writing(office.engine) as connection:
        if not connection.execute(select(ACCOUNT.c.password).where(ACCOUNT.c.person == person)).scalar():
            raise Refused(Code.NO_ACCOUNT)
        if accounts.has_second_factor(connection, person):
            return
        secret = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()
        connection.execute(delete(SECOND_FACTOR).where(SECOND_FACTOR.c.person == person))
        connection.execute(insert(SECOND_FACTOR).values(person=person, secret=secret, created_at=office.now()))


def switch_on(office: Office, signed_in: SignedIn, password: str, code: str) -> tuple[str, ...]:
    """Switch it on with the first code from the telephone; one's other sessions end.

    Returns: the recovery codes, to be shown once.

    Raises:
        Refused: wrong_password, wrong_code, too_many_tries.
    """
    person = signed_in.person

    def then(connection: Connection, now: dt.datetime) -> tuple[str, ...]:
        connection.execute(update(SECOND_FACTOR).where(SECOND_FACTOR.c.person == person).values(confirmed_at=now))
        connection.execute(delete(SESSION).where(SESSION.c.person == person, SESSION.c.id != signed_in.session))
        note(connection, person, "second_factor.on", person, now)
        return _renew_codes(connection, person)

    return _proved(office, person, password, code, then, confirmed=False)


def renew_codes(office: Office, person: str, password: str, code: str) -> tuple[str, ...]:
    """Make new recovery codes; those before count no longer.

    Returns: as `switch_on`.

    Raises:
        Refused: wrong_password, wrong_code, too_many_tries.
    """

    def then(connection: Connection, now: dt.datetime) -> tuple[str, ...]:
        note(connection, person, "second_factor.codes", person, now)
        return _renew_codes(connection, person)

    return _proved(office, person, password, code, then)


def switch_off(office: Office, person: str, password: str, code: str) -> None:
    """Switch one's own off again.

    Raises:
        Refused: wrong_password, wrong_code, too_many_tries.
    """

    def then(connection: Connection, now: dt.datetime) -> None:
        _forget(connection, person)
        note(connection, person, "second_factor.off", person, now)

    _proved(office, person, password, code, then)


def take_off(office: Office, person: str, by: str = "") -> str:
    """Switch off that of a person who has lost the telephone and the codes; his sessions end.

    Args:
        person: code, e-mail address or name.
        by: the administrator who does it, never for himself; empty at the machine itself.

    Returns: his code.

    Raises:
        Refused: unknown_person, no_second_factor, or not_allowed.
    """
    with writing(office.engine) as connection:
        found = office.reference(connection).directory.find_person(person)
        accounts.note_act(office, connection, by, "second_factor.taken_off", found.code)
        if by and by == found.code:
            raise Refused(Code.NOT_ALLOWED, actor=by)
        if not accounts.has_second_factor(connection, found.code):
            raise Refused(Code.NO_SECOND_FACTOR, person=found.name)
        _forget(connection, found.code)
        connection.execute(delete(SESSION).where(SESSION.c.person == found.code))
    return found.code


def half_is_open(office: Office, secret: str) -> bool:
    """Whether a half session still waits for its code."""
    with reading(office.engine) as connection:
        return _half(connection, secret, office.now()) is not None


def finish_sign_in(office: Office, secret: str, code: str, browser: Browser) -> tuple[str, SignedIn]:
    """Begin the session of somebody whose password was right, by the code of his telephone or a recovery code.

    Args:
        secret: of the half session.

    Returns: as `accounts.sign_in`.

    Raises:
        Refused: not_found (the half session is over: he starts anew), wrong_code, too_many_tries.
    """
    begun = None
    with writing(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        person = _half(connection, secret, now)
        found = reference.directory.person(person) if person else None
        if found is None or not accounts.may_sign_in(reference.directory, found, now):
            raise Refused(Code.NOT_FOUND)
        keys = (*_slowed(found.code), *((f"|{browser.address}",) if browser.address else ()))
        slowing.require_patience(connection, keys, now)
        by = _taken(connection, found.code, code, now)
        if by is None:
            slowing.count_failure(connection, keys, now)
            told = {"address": browser.address[:64], "way": "code"}
            note(connection, "", "sign_in.failed", found.code, now, told)
        else:
            connection.execute(delete(FAILURE).where(FAILURE.c.key == keys[0]))
            connection.execute(delete(HALF_SESSION).where(HALF_SESSION.c.id == accounts.hash_of(secret)))
            begun = accounts.begin_session(connection, found.code, browser, now, told={"second_factor": by})
    if begun is None:
        raise Refused(Code.WRONG_CODE)
    return begun


def _half(connection: Connection, secret: str, now: dt.datetime) -> str | None:
    """Whose half session this is; None when there is none, or it is over."""
    row = connection.execute(select(HALF_SESSION).where(HALF_SESSION.c.id == accounts.hash_of(secret))).first()
    return row.person if row is not None and now < row.created_at + HALF_LIVES else None


def _slowed(person: str) -> tuple[str, ...]:
    return (f"second factor|{person}",)


def _proved(
    office: Office,
    person: str,
    password: str,
    code: str,
    then: Callable[[Connection, dt.datetime], Answer],
    *,
    confirmed: bool = True,
) -> Answer:
    """Do what needs the password and a code once more; wrong ones are counted."""
    keys = _slowed(person)
    with reading(office.engine) as connection:
        slowing.require_patience(connection, keys, office.now())
        kept = connection.execute(select(ACCOUNT.c.password).where(ACCOUNT.c.person == person)).scalar()
    right = passwords.matches(password, kept)
    with writing(office.engine) as connection:
        now = office.now(office.reference(connection))
        slowing.require_patience(connection, keys, now)
        done = right and _taken(connection, person, code, now, confirmed=confirmed) is not None
        if done:
            connection.execute(delete(FAILURE).where(FAILURE.c.key == keys[0]))
            answer = then(connection, now)
        else:
            slowing.count_failure(connection, keys, now)
    if not done:
        raise Refused(Code.WRONG_CODE if right else Code.WRONG_PASSWORD)
    return answer


def _taken(connection: Connection, person: str, given: str, now: dt.datetime, *, confirmed: bool = True) -> By | None:
    """Use up the code that was given; None when it is none, or was used before."""
    code = "".join(letter for letter in given[:100] if letter.isalnum()).casefold()
    # Locked where the database can: of two who send the same code at the same instant one is too late.
    row = connection.execute(select(SECOND_FACTOR).where(SECOND_FACTOR.c.person == person).with_for_update()).first()
    if row is None or (row.confirmed_at is not None) is not confirmed:
        return None
    if len(code) == DIGITS:
        if not confirmed and now >= row.created_at + SETUP_LIVES:
            return None
        step = accepted_step(row.secret, code, now, row.last_step)
        if step is None:
            return None
        mine = (SECOND_FACTOR.c.person == person) & (SECOND_FACTOR.c.last_step < step)
        return "code" if connection.execute(update(SECOND_FACTOR).where(mine).values(last_step=step)).rowcount else None
    this = (RECOVERY_CODE.c.person == person) & (RECOVERY_CODE.c.hash == accounts.hash_of(code))
    return "recovery_code" if connection.execute(delete(RECOVERY_CODE).where(this)).rowcount else None


def _renew_codes(connection: Connection, person: str) -> tuple[str, ...]:
    connection.execute(delete(RECOVERY_CODE).where(RECOVERY_CODE.c.person == person))
    made = tuple(accounts.made_password() for _ in range(RECOVERY_CODES))
    hashes = [accounts.hash_of(code.replace("-", "")) for code in made]
    connection.execute(insert(RECOVERY_CODE), [{"person": person, "hash": one} for one in hashes])
    return made


def _forget(connection: Connection, person: str) -> None:
    for table in (SECOND_FACTOR, RECOVERY_CODE, HALF_SESSION):
        connection.execute(delete(table).where(table.c.person == person))
