"""A forgotten password is made anew by a link, once; its letter leaves past the outbox, which would keep it."""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Final

import structlog
from sqlalchemy import delete, insert, select

from activities.delivery_failures import DeliveryFailure
from activities.transports import Transport
from database.engine import reading, writing
from documents.account_mail import compose_reset
from documents.language import Language
from documents.mail import Envelope, UnusableAddress, message_id, sender_domain
from models.directory import Person
from models.refusal import Code, Refused
from models.tables import ACCOUNT, RESET
from models.text import fold_key
from services import accounts, passwords, slowing
from services.accounts import Browser
from services.audit import note
from services.office import Office

log = structlog.get_logger()

RESET_LIVES: Final = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Mailing:
    """How a letter leaves at once.

    Attributes:
        sender: `Name <address>` or an address, as in the settings.
        base_url: the address of the web part, without a `/` at the end.
    """

    transport: Transport
    sender: str
    base_url: str


def send_link(office: Office, mailing: Mailing, name: str, browser: Browser, language: Language) -> None:
    """Send the link to whoever has this name; what hinders it is logged and told to nobody who asks.

    Args:
        name: code or e-mail address.
    """
    try:
        begun = begin_reset(office, name, browser)
    except Refused as refused:
        log.warning("reset_refused", reason=refused.code.value)
        return
    if begun is None:
        return
    person, secret = begun
    identity = hashlib.sha256(secret.encode()).hexdigest()
    envelope = Envelope(
        sender=mailing.sender,
        recipient=person.code,
        address=person.email,
        date=office.now(),
        message_id=message_id([f"reset-{identity}"], sender_domain(mailing.sender)),
        base_url=mailing.base_url,
    )
    minutes = int(RESET_LIVES.total_seconds()) // 60
    link = f"{mailing.base_url}/reset/{secret}"
    try:
        letter = compose_reset(envelope, link, minutes, office.reference().directory, language)
        mailing.transport.send(letter, parseaddr(mailing.sender)[1], person.email)
    except (DeliveryFailure, UnusableAddress) as problem:
        log.warning("reset_not_sent", message_id=envelope.message_id, problem=type(problem).__name__)


def begin_reset(office: Office, name: str, browser: Browser = accounts.NOWHERE) -> tuple[Person, str] | None:
    """Make the secret of a link for a forgotten password; None where nobody gets one, which the page does not tell.

    Who has no password signs in by the single sign-on alone and gets none by this way either.

    Raises:
        Refused: too_many_tries.
    """
    now = office.now()
    keys = (f"reset|{fold_key(name)[:200]}", *((f"|reset|{browser.address}",) if browser.address else ()))
    with reading(office.engine) as connection:
        slowing.require_patience(connection, keys, now)
        person = accounts.who_may_sign_in(office.reference(connection).directory, name, now)
        known = (
            person is not None
            and connection.execute(
                select(ACCOUNT.c.person).where(ACCOUNT.c.person == person.code, ACCOUNT.c.password.is_not(None))
            ).first()
        )
    slowing.note_failure(office, keys, now)
    if person is None or not known or not person.email:
        return None
    secret = secrets.token_urlsafe(32)
    with writing(office.engine) as connection:
        connection.execute(delete(RESET).where(RESET.c.person == person.code))
        connection.execute(
            insert(RESET).values(
                id=accounts.hash_of(secret), person=person.code, created_at=now, expires_at=now + RESET_LIVES
            )
        )
    return person, secret


def finish_reset(office: Office, secret: str, password: str) -> str:
    """Set a new password by the link, once; all sessions of the person end.

    Returns: the person's code.

    Raises:
        Refused: not_found when the link is unknown, used or too old; weak_password, and the link stays good.
    """
    now = office.now()
    with reading(office.engine) as connection:
        row = connection.execute(select(RESET).where(RESET.c.id == accounts.hash_of(secret))).first()
        if row is None or now >= row.expires_at:
            raise Refused(Code.NOT_FOUND)
        person = accounts.known_person(office.reference(connection).directory, row.person)
    passwords.require_good(password, person.code, person.name, person.email)
    made = passwords.hashed(password)
    with writing(office.engine) as connection:
        if connection.execute(delete(RESET).where(RESET.c.id == row.id)).rowcount == 0:
            raise Refused(Code.NOT_FOUND)
        accounts.keep_password(connection, person.code, made, now, must_change=False)
        note(connection, person.code, "password.reset", person.code, now)
    return person.code


def reset_is_open(office: Office, secret: str) -> bool:
    """Whether a link for a forgotten password is still good; looking at it does not use it up."""
    now = office.now()
    with reading(office.engine) as connection:
        expires_at = connection.execute(
            select(RESET.c.expires_at).where(RESET.c.id == accounts.hash_of(secret))
        ).scalar()
    return expires_at is not None and now < expires_at
