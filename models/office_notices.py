"""What somebody is told that is no event of a directive: a webhook that was switched off, mail that came to nobody."""

from typing import Final, Literal

from models.directive import Frozen

WEBHOOK_STOPPED: Final = "webhook_switched_off"
"""The kind of such a notice in the inbox; its code is that of `webhook_code`."""


class WebhookStopped(Frozen):
    """A receiver was switched off because it did not take what it was sent.

    Attributes:
        host: where it stands; never the whole URL, which may hold a token.
        failures: how often in a row it took nothing.
        problem: the last reason, a sentence in Vietnamese.
        owned: the reader entered it; otherwise he hears as administrator.
    """

    kind: Literal["webhook_switched_off"] = WEBHOOK_STOPPED
    number: int
    host: str
    failures: int
    problem: str
    owned: bool


def webhook_code(number: int) -> str:
    """What stands in the inbox where else a directive's code does."""
    return f"webhook/{number}"


MAIL_UNDELIVERED: Final = "mail_undelivered"
"""The kind of the notice by which the secretariat hears that somebody gets no mail (RULES 26)."""


class MailUndelivered(Frozen):
    """A mail was given up.

    Attributes:
        person: who should have got it.
        address: where it should have gone; empty where he has none.
        problem: why not, a sentence in Vietnamese.
        directives: the codes that it was about.
    """

    kind: Literal["mail_undelivered"] = MAIL_UNDELIVERED
    person: str
    address: str
    problem: str
    directives: tuple[str, ...]


def undelivered_code(person: str) -> str:
    """What stands in the inbox where else a directive's code does; of each person one such notice is unread at most."""
    return f"undelivered/{person}"


OfficeNotice = WebhookStopped | MailUndelivered
"""Every notice that is about no directive's event."""


def read_office_notice(kind: str, stored: str) -> OfficeNotice | None:
    """Read such a notice as it is stored; None when its kind is that of a directive's event."""
    match kind:
        case "webhook_switched_off":
            return WebhookStopped.model_validate_json(stored)
        case "mail_undelivered":
            return MailUndelivered.model_validate_json(stored)
        case _:
            return None
