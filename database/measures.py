"""The engine's figures about itself: what is open, how late it tells, what has not left; always the same queries."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from database.figures import count_by
from models.tables import COMMAND, DELIVERY, DIRECTIVE, LEDGER, NOTICE, WEBHOOK
from models.vocabulary import Status, Timeliness

RECENT_MOMENTS = 1_000
"""Over how many of the latest moments lateness is measured."""

_RECENT_ROWS = 20_000
"""Among how many of the ledger's latest rows they are looked for, so that the cost does not grow with the ledger."""


@dataclass(frozen=True)
class Measures:
    """What was measured at one instant; all durations in seconds, 0 when there is nothing to measure.

    Attributes:
        open_by_status: open directives.
        overdue: open directives whose due instant has passed.
        awaiting_start: saved, but their workflow is not started yet.
        escalated_by_level: open directives by the highest level that was reached, from 1.
        told_late: by how much the latest of the recent moments was told late.
        untold_late: by how much the moment that is due longest and not told yet is late.
        deliveries_by_state: notices that leave by e-mail and have not left: pending, composed, parked.
        oldest_pending: since when the oldest notice waits, be it for its hour.
        most_overdue_pending: since when a notice could have left and has not.
        commands_pending: commands kept that the engine has not answered.
        oldest_command: the age of the oldest of them.
        webhooks_failing: webhooks with a problem, switched off or not.
    """

    open_by_status: dict[str, int]
    overdue: int
    awaiting_start: int
    escalated_by_level: dict[int, int]
    told_late: float
    untold_late: float
    deliveries_by_state: dict[str, int]
    oldest_pending: float
    most_overdue_pending: float
    commands_pending: int
    oldest_command: float
    webhooks_failing: int


def measure(connection: Connection, now: dt.datetime) -> Measures:
    """Measure everything in one transaction.

    Args:
        now: the office's clock.
    """
    open_by_status = {status.value: 0 for status in Status if not status.closed}
    overdue = 0
    for one in count_by(connection, "urgency", now):
        if one.status in open_by_status:
            open_by_status[one.status] += one.number
            overdue += one.number if one.timeliness == Timeliness.OVERDUE.value else 0
    awaiting, first_untold = _directives(connection, now)
    pending, oldest, most_overdue = _deliveries(connection, now)
    commands = connection.execute(
        select(func.count(), func.min(COMMAND.c.created_at)).where(COMMAND.c.state == "pending")
    ).one()
    failing = connection.execute(select(func.count()).where(WEBHOOK.c.problem.is_not(None))).scalar_one()
    return Measures(
        open_by_status=open_by_status,
        overdue=overdue,
        awaiting_start=awaiting,
        escalated_by_level=_escalated(connection),
        told_late=_told_late(connection),
        untold_late=_age(first_untold, now),
        deliveries_by_state=pending,
        oldest_pending=_age(oldest, now),
        most_overdue_pending=_age(most_overdue, now),
        commands_pending=commands[0],
        oldest_command=_age(commands[1], now),
        webhooks_failing=failing,
    )


def _directives(connection: Connection, now: dt.datetime) -> tuple[int, dt.datetime | None]:
    awaiting = connection.execute(select(func.count()).where(DIRECTIVE.c.awaiting_start.is_(True))).scalar_one()
    first = connection.execute(
        select(func.min(DIRECTIVE.c.next_at)).where(DIRECTIVE.c.next_at <= now, DIRECTIVE.c.awaiting_start.is_(False))
    ).scalar()
    return awaiting, first


def _escalated(connection: Connection) -> dict[int, int]:
    closed = [status.value for status in Status if status.closed]
    rows = connection.execute(
        select(DIRECTIVE.c.escalation_level, func.count().label("number"))
        .where(DIRECTIVE.c.escalation_level >= 1, DIRECTIVE.c.status.not_in(closed))
        .group_by(DIRECTIVE.c.escalation_level)
    )
    return {row.escalation_level: row.number for row in rows}


def _told_late(connection: Connection) -> float:
    newest = connection.execute(select(func.max(LEDGER.c.id))).scalar() or 0
    rows = connection.execute(
        select(LEDGER.c.at, LEDGER.c.planned_at)
        .where(LEDGER.c.id > newest - _RECENT_ROWS, LEDGER.c.planned_at.is_not(None))
        .order_by(LEDGER.c.id.desc())
        .limit(RECENT_MOMENTS)
    )
    return max((max(0.0, (row.at - row.planned_at).total_seconds()) for row in rows), default=0.0)


def _deliveries(
    connection: Connection, now: dt.datetime
) -> tuple[dict[str, int], dt.datetime | None, dt.datetime | None]:
    states = {"pending": 0, "composed": 0, "parked": 0}
    rows = connection.execute(
        select(DELIVERY.c.state, func.count().label("number"))
        .where(DELIVERY.c.state.in_(list(states)))
        .group_by(DELIVERY.c.state)
    )
    for row in rows:
        states[row.state] = row.number
    waits = DELIVERY.c.state.in_(["pending", "composed"])
    oldest = connection.execute(
        select(func.min(NOTICE.c.at)).join(DELIVERY, DELIVERY.c.notice == NOTICE.c.id).where(waits)
    ).scalar()
    most_overdue = connection.execute(
        select(func.min(DELIVERY.c.due_at)).where(waits, DELIVERY.c.due_at <= now)
    ).scalar()
    return states, oldest, most_overdue


def _age(since: dt.datetime | None, now: dt.datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
