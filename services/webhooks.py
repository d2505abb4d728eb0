"""Receivers of events: adding, listing and removing them."""

import base64
import secrets
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select

from activities.webhook_address import check_webhook_url
from database.engine import reading, writing
from models.tables import LEDGER, WEBHOOK
from services.keepers import find_keeper
from services.office import Office

SECRET_BYTES = 24


@dataclass(frozen=True)
class Webhook:
    """A receiver.

    Attributes:
        failures: how often in a row it did not take an event.
        problem: why it was switched off or fails.
        owner: who added it and hears when it is switched off; None for one that is older than owners.
    """

    id: int
    url: str
    active: bool
    failures: int
    problem: str | None
    owner: str | None


def add(office: Office, url: str, allow: frozenset[str], person: str) -> tuple[int, str]:
    """Add a receiver of what is recorded from now on.

    Args:
        allow: private places that webhooks may reach.

    Returns: its number, and the secret by which it checks signatures; shown this once.

    Raises:
        DeliveryFailure: the address may not be called, or is not known.
        Refused: he may not.
    """
    check_webhook_url(url, allow)
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    with writing(office.engine) as connection:
        owner = find_keeper(office.reference(connection), person, office.now()).person
        newest = connection.execute(select(func.coalesce(func.max(LEDGER.c.id), 0))).scalar_one()
        values = {"url": url, "secret": secret, "active": True, "failures": 0, "after": newest, "owner": owner}
        number = connection.execute(insert(WEBHOOK).values(**values).returning(WEBHOOK.c.id)).scalar_one()
    return number, secret


def listed(office: Office) -> list[Webhook]:
    """All receivers; never their secrets."""
    with reading(office.engine) as connection:
        return [
            Webhook(row.id, row.url, row.active, row.failures, row.problem, row.owner)
            for row in connection.execute(select(WEBHOOK).order_by(WEBHOOK.c.id))
        ]


def remove(office: Office, number: int, person: str) -> bool:
    """Remove a receiver; False when there is none of that number.

    Raises:
        Refused: he may not.
    """
    with writing(office.engine) as connection:
        find_keeper(office.reference(connection), person, office.now())
        return connection.execute(delete(WEBHOOK).where(WEBHOOK.c.id == number)).rowcount > 0
