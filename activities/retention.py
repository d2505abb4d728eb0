"""Forgetting what was kept long enough: traces of who signed in from where and which address got which mail.

Runs once a day within the sweep. The ledger, the snapshots and the inboxes are the record and are not touched.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, delete, or_, update

from database.reference import read_setting, write_setting
from models.local_time import local_day
from models.sign_in import FORGOTTEN_AFTER, IDLE, LONGEST_SESSION
from models.tables import (
    AUDIT,
    DELIVERY,
    FAILURE,
    MAIL,
    OPERATION,
    RESET,
    SESSION,
    SIGN_IN_ATTEMPT,
    WEBHOOK_CALL,
)

DONE_ON: Final = "forgotten_on"
"""The setting that names the last local day on which this was done."""

A_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True)
class Retention:
    """How long things are kept.

    Attributes:
        traces: of signing in, of mails and webhook calls, of what ran; more than a year.
        audit: of acts of administration.
    """

    traces: dt.timedelta = dt.timedelta(days=400)
    audit: dt.timedelta = dt.timedelta(days=5 * 366)


def forget_daily(connection: Connection, now: dt.datetime, kept: Retention) -> int:
    """Forget what is old, on the first call of each local day; returns how many rows that concerned."""
    today = local_day(now).isoformat()
    if (read_setting(connection, DONE_ON) or "") >= today:
        return 0
    write_setting(connection, DONE_ON, today)
    return sum(connection.execute(statement).rowcount for statement in _statements(now, kept))


def _statements(now: dt.datetime, kept: Retention) -> tuple[Any, ...]:
    old = now - kept.traces
    ended = MAIL.c.state != "composed"
    return (
        delete(SESSION).where(or_(SESSION.c.seen_at < now - IDLE, SESSION.c.created_at < now - LONGEST_SESSION)),
        delete(FAILURE).where(FAILURE.c.last_at < now - FORGOTTEN_AFTER),
        delete(RESET).where(RESET.c.expires_at <= now),
        delete(SIGN_IN_ATTEMPT).where(SIGN_IN_ATTEMPT.c.created_at < now - A_DAY),
        delete(AUDIT).where(AUDIT.c.act.startswith("sign_in"), AUDIT.c.at < old),
        delete(AUDIT).where(AUDIT.c.at < now - kept.audit),
        delete(WEBHOOK_CALL).where(WEBHOOK_CALL.c.at < old),
        delete(OPERATION).where(OPERATION.c.outcome.is_not(None), OPERATION.c.seen_at < old),
        update(MAIL)  # the row itself stays: it proves that a notice left, and its id is never used again
        .where(ended, MAIL.c.composed_at < old, or_(MAIL.c.address != "", MAIL.c.body.is_not(None)))
        .values(address="", body=None, problem=None),
        update(DELIVERY)
        .where(DELIVERY.c.state.in_(("sent", "parked")), DELIVERY.c.due_at < old, DELIVERY.c.problem.is_not(None))
        .values(problem=None),
    )
