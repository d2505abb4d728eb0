"""Reading what became of notices: when and how each left, and what could not be delivered."""

import datetime as dt
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, or_, select

from models.directive import Frozen
from models.tables import DELIVERY, MAIL, NOTICE, WEBHOOK


class DeliveryRecord(Frozen):
    """What became of one notice on one channel.

    Attributes:
        at: when the notice was made.
        state: `pending`, `composed`, `sent`, `parked`, `dropped` or `restored`.
        digest: it left, or is to leave, in the morning's digest; None while that is open.
        composed_at: when its mail was written.
        due_at: when it leaves or is tried again, as far as that is known; only while it waits.
        problem: why it has not left, in Vietnamese.
    """

    directive: str
    seq: int
    recipient: str
    at: dt.datetime
    kind: str
    level: int
    channel: str
    state: str
    digest: bool | None
    composed_at: dt.datetime | None
    sent_at: dt.datetime | None
    attempts: int
    due_at: dt.datetime | None
    problem: str | None


class WebhookTrouble(Frozen):
    """A webhook that does not get through, or was switched off for it."""

    id: int
    url: str
    active: bool
    failures: int
    problem: str


def deliveries_of(connection: Connection, code: str) -> tuple[DeliveryRecord, ...]:
    """How the notices of one directive left, in the order in which they were made; for its history."""
    statement = _deliveries().where(NOTICE.c.directive == code).order_by(NOTICE.c.seq, NOTICE.c.id)
    return tuple(_record(row) for row in connection.execute(statement))


def undelivered(
    connection: Connection, limit: int | None = None, *, code: str | None = None
) -> tuple[DeliveryRecord, ...]:
    """What could not be delivered, newest first: refused for good, or failing and tried again (RULES 26).

    Args:
        code: only of this directive.
    """
    statement = (
        _deliveries()
        .where(
            or_(
                DELIVERY.c.state == "parked",
                and_(DELIVERY.c.state == "composed", DELIVERY.c.problem.is_not(None)),
            )
        )
        .order_by(NOTICE.c.at.desc(), DELIVERY.c.id.desc())
        .limit(limit)
    )
    if code is not None:
        statement = statement.where(NOTICE.c.directive == code)
    return tuple(_record(row) for row in connection.execute(statement))


def troubled_webhooks(connection: Connection) -> tuple[WebhookTrouble, ...]:
    """The webhooks that fail or were switched off for failing."""
    rows = connection.execute(
        select(WEBHOOK.c.id, WEBHOOK.c.url, WEBHOOK.c.active, WEBHOOK.c.failures, WEBHOOK.c.problem)
        .where(WEBHOOK.c.problem.is_not(None))
        .order_by(WEBHOOK.c.id)
    )
    return tuple(WebhookTrouble.model_validate(dict(row._mapping)) for row in rows)  # noqa: SLF001


def _deliveries() -> Select[Any]:
    return (
        select(
            NOTICE.c.directive,
            NOTICE.c.seq,
            NOTICE.c.recipient,
            NOTICE.c.at,
            NOTICE.c.kind,
            NOTICE.c.level,
            DELIVERY.c.channel,
            DELIVERY.c.state,
            MAIL.c.digest,
            MAIL.c.composed_at,
            MAIL.c.sent_at,
            DELIVERY.c.attempts,
            DELIVERY.c.due_at,
            DELIVERY.c.problem,
        )
        .select_from(DELIVERY)
        .join(NOTICE, NOTICE.c.id == DELIVERY.c.notice)
        .join(MAIL, MAIL.c.id == DELIVERY.c.mail, isouter=True)
    )


def _record(row: Row[Any]) -> DeliveryRecord:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's name for it
    if values["state"] not in ("pending", "composed"):
        values["due_at"] = None
    return DeliveryRecord.model_validate(values)
