"""Sending the ledger's events to webhooks: each receiver in order and at its own pace, in a thread of its own."""

import datetime as dt
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from sqlalchemy import Connection, Engine, Row, delete, func, insert, or_, select, update

from activities.delivery_failures import DeliveryFailure, PermanentFailure
from activities.webhook_sender import WHOLE_SECONDS, send_webhook
from database.engine import reading, writing
from database.reference import ReferenceCache
from models.calendar import local_day
from models.directory import Directory
from models.dispatch import Unreachable, unreachable
from models.office_notices import WEBHOOK_STOPPED, WebhookStopped, webhook_code
from models.tables import LEDGER, NOTICE, WEBHOOK, WEBHOOK_CALL
from models.vocabulary import Position

EVENTS_A_RUN: Final = 100
"""How many events one receiver gets in one go."""

FAILURES_ALLOWED: Final = 20
"""After so many in a row a webhook is switched off, with the last problem named."""

AT_ONCE: Final = 16
"""Receivers that are called at the same time; the others' turn comes when one of them is done."""

FIRST_PAUSE: Final = dt.timedelta(minutes=1)
LONGEST_PAUSE: Final = dt.timedelta(hours=1)

CALLS_KEPT: Final = 500
"""Of each receiver, the newest."""

GO_SECONDS: Final = 60.0
LEASE: Final = dt.timedelta(seconds=90)
"""For so long a receiver belongs to the worker that calls it; longer than a go and one call together."""

GAP_SETTLES_AFTER: Final = dt.timedelta(minutes=1)
"""A missing number in the ledger may be a transaction that is not done yet; after so long it never comes."""

IN_PLACE_OF_THE_OWNER: Final = (Position.ADMINISTRATOR, Position.CLERK, Position.CHIEF_OF_OFFICE)
"""Who hears of a webhook whose owner is not known or has left: the first of these posts that somebody holds."""

log = structlog.get_logger()


@dataclass
class WebhookQueue:
    """Calls the receivers. Made once in each worker.

    Attributes:
        allow: private places that webhooks may reach.
        now: the office's clock.
        call_seconds: the limit for one call, all together.
    """

    engine: Engine
    references: ReferenceCache
    allow: frozenset[str]
    now: Callable[[], dt.datetime]
    call_seconds: float = WHOLE_SECONDS
    _threads: dict[int, threading.Thread] = field(default_factory=dict, init=False)
    _taken: int = field(default=0, init=False)
    _counting: threading.Lock = field(default_factory=threading.Lock, init=False)

    def start_due(self) -> int:
        """Begin to call the receivers that have something to hear; returns how many. Waits for none of them."""
        self._threads = {number: thread for number, thread in self._threads.items() if thread.is_alive()}
        now = self.now()
        with reading(self.engine) as connection:
            due = _due(connection, now)
        started = 0
        for number in due:
            if len(self._threads) >= AT_ONCE:
                break
            if number in self._threads or not self._claim(number, now):
                continue
            # Daemonic: a receiver that hangs does not keep a worker from stopping.
            thread = threading.Thread(target=self._go, args=(number,), name=f"webhook-{number}", daemon=True)
            self._threads[number] = thread
            thread.start()
            started += 1
        return started

    def taken(self) -> int:
        """How many events receivers took since this was asked last."""
        with self._counting:
            number, self._taken = self._taken, 0
            return number

    def wait(self, seconds: float) -> bool:
        """Wait until no call is under way; False when it took longer than that."""
        ends_at = time.monotonic() + seconds
        for thread in list(self._threads.values()):
            thread.join(max(0.0, ends_at - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads.values())

    def _claim(self, number: int, now: dt.datetime) -> bool:
        """Make sure that no other worker calls this receiver for a while."""
        with writing(self.engine) as connection:
            changed = connection.execute(
                update(WEBHOOK)
                .where(WEBHOOK.c.id == number, WEBHOOK.c.active.is_(True), _is_due(now))
                .values(due_at=now + LEASE)
            )
            return changed.rowcount == 1

    def _go(self, number: int) -> None:
        """Send what one receiver has not heard yet, until something fails or its go is over."""
        try:
            self._send(number)
        except Exception:  # the thread's last stop: the lease ends by itself and the next go begins where this ended
            log.exception("webhook_broke", webhook=number)

    def _send(self, number: int) -> None:
        ends_at = time.monotonic() + GO_SECONDS
        with reading(self.engine) as connection:
            hook = connection.execute(select(WEBHOOK).where(WEBHOOK.c.id == number)).first()
            events = _events(connection, hook.after, self.now()) if hook else []
        if hook is None:
            return
        failures = hook.failures
        for event in events:
            if time.monotonic() >= ends_at:
                break
            try:
                # The receiver compares with its own clock, so the machine's time counts, whatever a test has set.
                send_webhook(
                    hook.url,
                    hook.secret,
                    event_id(event.hash),
                    dt.datetime.now(dt.UTC),
                    event_body(event),
                    self.allow,
                    whole_seconds=self.call_seconds,
                )
            except DeliveryFailure as failure:
                self._failed(number, failures, failure, event.id)
                return
            with self._counting:
                self._taken += 1
            with writing(self.engine) as connection:
                connection.execute(
                    update(WEBHOOK).where(WEBHOOK.c.id == number).values(after=event.id, failures=0, problem=None)
                )
                log_call(connection, number, event.id, self.now())
            failures = 0
        with writing(self.engine) as connection:
            connection.execute(update(WEBHOOK).where(WEBHOOK.c.id == number).values(due_at=None))
            forget_old_calls(connection, number)
        log.info("webhook_told", webhook=number, after=events[-1].id if events else hook.after)

    def _failed(self, number: int, failures_before: int, failure: DeliveryFailure, event: int) -> None:
        failures = failures_before + 1
        off = isinstance(failure, PermanentFailure) or failures >= FAILURES_ALLOWED
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(failures - 1, 16)))
        now = self.now()
        with writing(self.engine) as connection:
            log_call(connection, number, event, now, str(failure))
            forget_old_calls(connection, number)
            changed = connection.execute(
                update(WEBHOOK)
                .where(WEBHOOK.c.id == number, WEBHOOK.c.active.is_(True))
                .values(failures=failures, problem=str(failure), due_at=now + pause, active=not off)
            )
            if off and changed.rowcount:
                _tell_owner(connection, number, self.references.get(connection).directory, now)
        log.warning("webhook_switched_off" if off else "webhook_failed", webhook=number, failures=failures)


def log_call(
    connection: Connection, number: int, event: int | None, now: dt.datetime, problem: str | None = None
) -> None:
    """Keep that a receiver was called.

    Args:
        event: the ledger's id of what it was told; None for a test call.
        problem: why it did not take it; None when it did.
    """
    connection.execute(insert(WEBHOOK_CALL).values(webhook=number, event=event, at=now, problem=problem))


def forget_old_calls(connection: Connection, number: int) -> None:
    """Keep the newest calls of a receiver only."""
    mine = WEBHOOK_CALL.c.webhook == number
    newest = select(WEBHOOK_CALL.c.id).where(mine).order_by(WEBHOOK_CALL.c.id.desc())
    oldest_kept = newest.offset(CALLS_KEPT - 1).limit(1).scalar_subquery()
    connection.execute(delete(WEBHOOK_CALL).where(mine, WEBHOOK_CALL.c.id < oldest_kept))


def event_id(row_hash: str) -> str:
    """The id under which a receiver knows a repetition: the same for the same ledger row, also after a restore."""
    return f"event-{row_hash[:32]}"


def event_body(row: Row[Any]) -> bytes:
    """Write one ledger row as the JSON that a receiver gets."""
    instants = {name: None if at is None else at.isoformat() for name, at in (("at", row.at), ("p", row.planned_at))}
    return json.dumps(
        {
            "type": f"directive.{row.kind}",
            "id": event_id(row.hash),
            "directive": row.directive,
            "seq": row.seq,
            "at": instants["at"],
            "planned_at": instants["p"],
            "kind": row.kind,
            "actor": row.actor,
            "data": json.loads(row.data),
        },
        ensure_ascii=False,
    ).encode()


def _tell_owner(connection: Connection, number: int, directory: Directory, now: dt.datetime) -> None:
    """Put into an inbox, in the transaction that switches a webhook off, that it was; so it is told exactly once."""
    hook = connection.execute(select(WEBHOOK).where(WEBHOOK.c.id == number)).one()
    day = local_day(now)
    owned = hook.owner is not None and unreachable(hook.owner, directory, day) in (None, Unreachable.NO_ADDRESS)
    code = webhook_code(number)
    content = WebhookStopped(
        number=number,
        host=urlsplit(hook.url).hostname or "",
        failures=hook.failures,
        problem=hook.problem or "",
        owned=owned,
    )
    told_before = select(func.coalesce(func.max(NOTICE.c.seq), 0)).where(NOTICE.c.directive == code)
    seq = connection.execute(told_before).scalar_one() + 1
    for person in (hook.owner,) if owned else _instead_of_the_owner(directory, day):
        connection.execute(
            insert(NOTICE).values(
                directive=code,
                seq=seq,
                recipient=person,
                at=now,
                kind=WEBHOOK_STOPPED,
                level=0,
                at_once=False,
                any_hour=False,
                content=content.model_dump_json(),
            )
        )


def _instead_of_the_owner(directory: Directory, day: dt.date) -> tuple[str, ...]:
    for position in IN_PLACE_OF_THE_OWNER:
        holders = directory.holders((position,), day)
        if holders:
            return holders
    return ()


def _is_due(now: dt.datetime) -> Any:  # noqa: ANN401 - a condition of SQLAlchemy's
    return or_(WEBHOOK.c.due_at.is_(None), WEBHOOK.c.due_at <= now)


def _due(connection: Connection, now: dt.datetime) -> list[int]:
    """The receivers that may be called and have something to hear, those that waited longest first."""
    newest = select(func.max(LEDGER.c.id)).scalar_subquery()
    rows = connection.execute(
        select(WEBHOOK.c.id)
        .where(WEBHOOK.c.active.is_(True), _is_due(now), WEBHOOK.c.after < newest)
        .order_by(WEBHOOK.c.after, WEBHOOK.c.id)
    )
    return [number for (number,) in rows]


def _events(connection: Connection, after: int, now: dt.datetime) -> list[Row[Any]]:
    """The next rows of the ledger in the order of their numbers, up to one before which a row may still come.

    PostgreSQL gives numbers before transactions end, so a later number can show first.
    """
    rows = connection.execute(select(LEDGER).where(LEDGER.c.id > after).order_by(LEDGER.c.id).limit(EVENTS_A_RUN)).all()
    expected = after + 1
    for place, row in enumerate(rows):
        if row.id != expected and row.at > now - GAP_SETTLES_AFTER:
            return list(rows[:place])
        expected = row.id + 1
    return list(rows)
