"""A forgotten password: who asks gets a letter with a link, at once and past the outbox, which would keep it."""

import hashlib
from dataclasses import dataclass
from email.utils import parseaddr

import structlog

from activities.delivery_failures import DeliveryFailure
from activities.transports import Transport
from documents.account_mail import compose_reset
from documents.language import Language
from documents.mail import Envelope, UnusableAddress, message_id, sender_domain
from models.refusal import Refused
from services import accounts
from services.accounts import Browser
from services.office import Office

log = structlog.get_logger()


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
        begun = accounts.begin_reset(office, name, browser)
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
    minutes = int(accounts.RESET_LIVES.total_seconds()) // 60
    link = f"{mailing.base_url}/reset/{secret}"
    try:
        letter = compose_reset(envelope, link, minutes, office.reference().directory, language)
        mailing.transport.send(letter, parseaddr(mailing.sender)[1], person.email)
    except (DeliveryFailure, UnusableAddress) as problem:
        log.warning("reset_not_sent", message_id=envelope.message_id, problem=type(problem).__name__)
