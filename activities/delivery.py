"""Delivering what is owed: e-mail by its hours, in bundles and digests, and events to webhooks."""

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parseaddr

import structlog
from sqlalchemy import Engine
from temporalio import activity

from activities import mail_queue
from activities.clock_guard import ClockGuard
from activities.heartbeats import beating_thread
from activities.mail_run import LONGEST_SERVER_PAUSE, MailRun, Tried, pause_after
from activities.transports import Transport
from activities.webhook_queue import WebhookQueue
from database.engine import reading, writing
from database.preferences import digest_hours
from database.reference import Reference, ReferenceCache
from documents.language import Language
from documents.mail import UnusableAddress, is_usable
from models.calendar import local_day
from models.dispatch import GATHERING, QUIET, Departures, departures, last_digest, mail_may_leave
from models.local_time import at

log = structlog.get_logger()


@dataclass
class Delivery:
    """Sends what may leave. Made once in each worker; runs do not overlap.

    Attributes:
        transport: takes the mails.
        sender: `Name <address>`, from whom mails come.
        base_url: the address of the web part, as it stands in mails.
        webhook_allow: private places that webhooks may reach.
        now: the office's clock; None is the machine's, shifted as the database says.
        clock: nothing leaves while it does not trust the machine's clock.
        quiet: how long a person's urgent messages wait for others to join them.
        tried: told of each attempt to send a mail; None when nobody measures or traces.

    Raises:
        documents.mail.UnusableAddress: `sender` has no address from which mail can be sent.
    """

    engine: Engine
    references: ReferenceCache
    transport: Transport
    sender: str
    base_url: str
    language: Language = Language.VI
    webhook_allow: frozenset[str] = frozenset()
    now: Callable[[], dt.datetime] | None = None
    clock: ClockGuard = field(default_factory=ClockGuard)
    quiet: dt.timedelta = QUIET
    tried: Callable[[Tried], None] | None = None
    webhooks: WebhookQueue = field(init=False)
    _running: threading.Lock = field(default_factory=threading.Lock, init=False)
    _morning: "_Morning" = field(default_factory=lambda: _Morning(), init=False)
    _server: "_Server" = field(default_factory=lambda: _Server(), init=False)
    _looked_under: tuple[str, str, str] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Check the sender and prepare the webhooks."""
        if not is_usable(parseaddr(self.sender)[1]):
            raise UnusableAddress(self.sender)
        self.webhooks = WebhookQueue(self.engine, self.references, self.webhook_allow, self._now)

    @activity.defn(name="deliver", no_thread_cancel_exception=True)
    def deliver(self) -> int:
        """Send what may leave now; what fails is tried again by a later run.

        Returns: how many mails and webhook events left since the last run ended.

        Raises:
            sqlalchemy.exc.OperationalError: the database cannot be read or written; nothing is lost.
        """
        if not self.clock.trusted():
            log.error("delivery_waits_for_the_clock", jump_seconds=round(self.clock.jump()))
            return 0
        if not self._running.acquire(blocking=False):  # a run that Temporal gave up on is still under way
            return 0
        try:
            with beating_thread():
                self.webhooks.start_due()
                return self._send_mails() + self.webhooks.taken()
        finally:
            self._running.release()

    def _now(self) -> dt.datetime:
        if self.now is not None:
            return self.now()
        with reading(self.engine) as connection:
            shift = self.references.get(connection).clock_shift
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=shift)

    def _send_mails(self) -> int:
        now = self._now()
        if not self._server.may_be_tried(now):
            return 0
        with reading(self.engine) as connection:
            reference = self.references.get(connection)
        hours, calendar = reference.timeline.current.mail, reference.calendar
        found = self._departures(reference, now)
        if found.dropped or found.later:
            with writing(self.engine) as connection:
                mail_queue.drop(connection, found.dropped)
                mail_queue.postpone(connection, found.later)
        open_hours = mail_may_leave(hours, calendar, now)

        def go_on() -> bool:
            # A run that began in mail hours ends with them; what leaves at any hour goes on with the next (RULES 22).
            return self._may_go_on() and (not open_hours or mail_may_leave(hours, calendar, self._now()))

        run = MailRun(
            engine=self.engine,
            directory=reference.directory,
            calendar=calendar,
            sender=self.sender,
            base_url=self.base_url,
            language=self.language,
            now=self._now,
            go_on=go_on,
            tried=self.tried,
        )
        run.send(self.transport, found.leaving, any_hour_only=not open_hours)
        self._server.note(self._now(), away=run.server_is_away, answered=run.sent > 0)
        return run.sent

    def _departures(self, reference: Reference, now: dt.datetime) -> Departures:
        """Read what waits and decide what leaves.

        After a change of policy, calendar or somebody's hour everything is looked at anew.
        """
        hours, calendar = reference.timeline.current.mail, reference.calendar
        morning = last_digest(hours, calendar, now)
        with reading(self.engine) as connection:
            wanted = digest_hours(connection)
            under = (reference.plan, str(hours), str(wanted))
            waiting = mail_queue.waiting(connection, now if under == self._looked_under else None)
            outstanding = mail_queue.outstanding_moments(connection, morning)
            digests_left = mail_queue.digests_since(connection, at(local_day(now), dt.time.min))
        self._looked_under = under
        return departures(
            waiting,
            hours,
            calendar,
            now,
            digests_left=digests_left,
            digest_hours=wanted,
            gathering=self._morning.is_gathering(outstanding, now),
            quiet=self.quiet,
        )

    def _may_go_on(self) -> bool:
        """Say that the run is alive; False when the worker stops or the clock has jumped."""
        if activity.in_activity():
            activity.heartbeat()
            if activity.is_cancelled() or activity.is_worker_shutdown():
                return False
        return self.clock.trusted()


@dataclass
class _Morning:
    """Knows which moments are still to be told, and for how long it has waited for each.

    A directive that is stuck is waited for once, not every morning; after an outage the wait begins when it ends.
    """

    _since: dict[tuple[str, dt.datetime], dt.datetime] = field(default_factory=dict)

    def is_gathering(self, outstanding: frozenset[tuple[str, dt.datetime]], now: dt.datetime) -> bool:
        self._since = {moment: self._since.get(moment, now) for moment in outstanding}
        return any(now - since < GATHERING for since in self._since.values())


@dataclass
class _Server:
    """Whether the mail server was away lately, and when it is tried again; forgotten when the worker restarts."""

    failures: int = 0
    due_at: dt.datetime | None = None

    def may_be_tried(self, now: dt.datetime) -> bool:
        return self.due_at is None or now >= self.due_at

    def note(self, now: dt.datetime, *, away: bool, answered: bool) -> None:
        if away:
            self.failures = 1 if answered else self.failures + 1
            self.due_at = now + pause_after(self.failures, LONGEST_SERVER_PAUSE)
        else:
            self.failures, self.due_at = 0, None
