"""Receivers of events: adding, switching, removing them, what they were told, and telling them again."""

import base64
import datetime as dt
import json
import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from activities.delivery_failures import DeliveryFailure
from activities.webhook_address import check_webhook_url
from activities.webhook_queue import event_body, event_id, log_call
from activities.webhook_sender import send_webhook
from database.engine import reading, writing
from models.tables import LEDGER, WEBHOOK, WEBHOOK_CALL
from services.audit import note
from services.keepers import find_keeper
from services.office import Office

SECRET_BYTES = 24
CALLS_SHOWN = 100


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


@dataclass(frozen=True)
class Call:
    """One call of a receiver.

    Attributes:
        event: the ledger's id of what it was told; None for a test call.
        directive: of that event, with its `kind`; empty for a test call.
        problem: why it did not take it; None when it did.
    """

    id: int
    at: dt.datetime
    event: int | None
    directive: str
    kind: str
    problem: str | None


def add(office: Office, url: str, allow: frozenset[str], person: str) -> tuple[int, str]:
    """Add a receiver of what is recorded from now on.

    Args:
        allow: private places that webhooks may reach.

    Returns: its number, and the secret by which it checks signatures; shown this once.

    Raises:
        DeliveryFailure: the address may not be called, or is not known.
        Refused: he may not.
    """
    with reading(office.engine) as connection:  # nobody else makes this machine look names up
        find_keeper(office.reference(connection), person, office.now())
    check_webhook_url(url, allow)
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    with writing(office.engine) as connection:
        now = office.now()
        owner = find_keeper(office.reference(connection), person, now).person
        newest = connection.execute(select(func.coalesce(func.max(LEDGER.c.id), 0))).scalar_one()
        values = {"url": url, "secret": secret, "active": True, "failures": 0, "after": newest, "owner": owner}
        number = connection.execute(insert(WEBHOOK).values(**values).returning(WEBHOOK.c.id)).scalar_one()
        note(connection, owner, "webhook.add", str(number), now, {"url": _without_query(url)})
    return number, secret


def listed(office: Office) -> list[Webhook]:
    """All receivers; never their secrets."""
    with reading(office.engine) as connection:
        return [
            Webhook(row.id, row.url, row.active, row.failures, row.problem, row.owner)
            for row in connection.execute(select(WEBHOOK).order_by(WEBHOOK.c.id))
        ]


def switch(office: Office, number: int, person: str, *, on: bool) -> bool:
    """Switch a receiver off, or on again; it then gets what was recorded meanwhile. False when there is none.

    Raises:
        Refused: he may not.
    """
    values: dict[str, Any] = {"active": on, "failures": 0, "problem": None, "due_at": None} if on else {"active": on}
    with writing(office.engine) as connection:
        now = office.now()
        actor = find_keeper(office.reference(connection), person, now)
        if connection.execute(update(WEBHOOK).where(WEBHOOK.c.id == number).values(**values)).rowcount == 0:
            return False
        note(connection, actor.person, "webhook.on" if on else "webhook.off", str(number), now)
    return True


def remove(office: Office, number: int, person: str) -> bool:
    """Remove a receiver; False when there is none of that number.

    Raises:
        Refused: he may not.
    """
    with writing(office.engine) as connection:
        now = office.now()
        actor = find_keeper(office.reference(connection), person, now)
        if connection.execute(delete(WEBHOOK).where(WEBHOOK.c.id == number)).rowcount == 0:
            return False
        connection.execute(delete(WEBHOOK_CALL).where(WEBHOOK_CALL.c.webhook == number))
        note(connection, actor.person, "webhook.remove", str(number), now)
    return True


def calls(office: Office, number: int, limit: int = CALLS_SHOWN) -> tuple[Call, ...]:
    """What a receiver was told, the newest first."""
    statement = (
        select(WEBHOOK_CALL, LEDGER.c.directive, LEDGER.c.kind)
        .outerjoin(LEDGER, LEDGER.c.id == WEBHOOK_CALL.c.event)
        .where(WEBHOOK_CALL.c.webhook == number)
        .order_by(WEBHOOK_CALL.c.id.desc())
        .limit(limit)
    )
    with reading(office.engine) as connection:
        rows = connection.execute(statement).all()
    return tuple(Call(row.id, row.at, row.event, row.directive or "", row.kind or "", row.problem) for row in rows)


def call_again(office: Office, number: int, event: int | None, allow: frozenset[str], person: str) -> bool:
    """Tell a receiver one event once more, with the id by which it knows a repetition, or call it for a test.

    Waits for the answer, at most ten seconds. How far the receiver has come does not change.

    Args:
        event: the ledger's id; None for a test call.
        allow: private places that webhooks may reach.

    Returns: False when there is no such receiver or event.

    Raises:
        DeliveryFailure: it did not take it; that is kept among its calls.
        Refused: he may not.
    """
    with reading(office.engine) as connection:
        now = office.now()
        actor = find_keeper(office.reference(connection), person, now)
        hook = connection.execute(select(WEBHOOK).where(WEBHOOK.c.id == number)).first()
        row = connection.execute(select(LEDGER).where(LEDGER.c.id == event)).first() if event is not None else None
    if hook is None or (event is not None and row is None):
        return False
    name, body = (event_id(row.hash), event_body(row)) if row is not None else _test(now)
    problem: DeliveryFailure | None = None
    try:
        send_webhook(hook.url, hook.secret, name, dt.datetime.now(dt.UTC), body, allow)
    except DeliveryFailure as failure:
        problem = failure
    with writing(office.engine) as connection:
        log_call(connection, number, event, now, str(problem) if problem else None)
        act = "webhook.test" if event is None else "webhook.again"
        note(connection, actor.person, act, str(number), now, {} if event is None else {"event": str(event)})
    if problem is not None:
        raise problem
    return True


def _test(now: dt.datetime) -> tuple[str, bytes]:
    name = f"test-{uuid.uuid4()}"
    return name, json.dumps({"type": "test", "id": name, "at": now.isoformat()}).encode()


def _without_query(url: str) -> str:
    """Leave out the query, which may hold a token."""
    return url.partition("?")[0]
