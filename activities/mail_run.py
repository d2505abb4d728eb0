"""One run of the mail: first what was composed before, then what leaves now, at a stated rate.

A mail is composed just before it is sent and kept before that, so a crash between sending and noting it repeats the
same bytes under the same Message-ID, and a digest holds what is true when it leaves.
"""

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Any, Final, Literal

import structlog
from sqlalchemy import Engine, Row, select
from sqlalchemy.exc import IntegrityError

from activities import mail_queue
from activities.delivery_failures import PermanentFailure, ServerAway, TemporaryFailure
from activities.transports import Transport
from activities.undelivered import GivenUp, tell_secretariat
from database.engine import reading, writing
from documents.language import N_, Language, sentence
from documents.mail import Envelope, MailNotice, UnusableAddress, compose, message_id, sender_domain
from models.calendar import Calendar, local_day
from models.directory import Directory
from models.dispatch import Leaving, Unreachable, Waiting, unreachable
from models.notices import NoticeContent, as_of
from models.tables import MAIL

MAILS_A_MINUTE: Final = 300
"""Mails to everybody together (RULES 24)."""

MAILS_A_MINUTE_EACH: Final = 20
"""Mails to one person."""

FIRST_PAUSE: Final = dt.timedelta(minutes=1)
LONGEST_PAUSE: Final = dt.timedelta(hours=1)
LONGEST_SERVER_PAUSE: Final = dt.timedelta(minutes=5)
"""When the server itself is away, its return must show soon."""

GIVE_UP_AFTER: Final = dt.timedelta(days=5)
"""How long an address that takes no mail for now is tried (RFC 5321, 4.5.4.1; RULES 26)."""

SERVER_FAILURES: Final = 2
"""So many conversations that break in a row, in a run that has sent nothing yet, and it ends: the server is unfit."""

RUN_SECONDS: Final = 240.0

NAMED_AT_MOST: Final = 10
"""Directives that one line of the log names."""

_REASONS: Final[dict[Unreachable, str]] = {
    Unreachable.UNKNOWN: N_("Danh bạ không còn {person} nên không gửi thư."),
    Unreachable.LOCKED: N_("Tài khoản của {person} đã khóa nên không gửi thư."),
    Unreachable.LEFT: N_("{person} không còn giữ chức vụ nào nên không gửi thư."),
    Unreachable.NO_ADDRESS: N_("{person} chưa có địa chỉ thư trong danh bạ."),
}
_UNREADABLE: Final = N_("Nội dung thông báo không đọc được nên không soạn được thư; xem nhật ký của hệ thống.")

MailOutcome = Literal["sent", "later", "parked"]

log = structlog.get_logger()


@dataclass(frozen=True)
class Tried:
    """One attempt to send a mail that is over.

    Attributes:
        mail: its row in the outbox.
        attempt: the how manyth, from 1.
        outcome: what came of it.
        began: nanoseconds since 1970.
        ended: nanoseconds since 1970.
        failed: the kind of failure; None when it left.
    """

    mail: int
    attempt: int
    outcome: MailOutcome
    began: int
    ended: int
    failed: str | None = None


@dataclass
class MailRun:
    """Sends until nothing is left, the rate is reached, or the server turns out to be away.

    Attributes:
        now: the office's clock.
        go_on: asked before each mail; False ends the run, as when the worker stops.
        tried: told of each attempt to send; None when nobody measures or traces.
        sent: how many mails left.
        server_is_away: the run ended because the server could not be reached.
    """

    engine: Engine
    directory: Directory
    calendar: Calendar
    sender: str
    base_url: str
    language: Language
    now: Callable[[], dt.datetime]
    go_on: Callable[[], bool]
    tried: Callable[[Tried], None] | None = None
    sent: int = 0
    server_is_away: bool = False
    _server_failures: int = 0
    _lately: Counter[str] = field(default_factory=Counter)
    _ends_at: float = field(default_factory=lambda: time.monotonic() + RUN_SECONDS)

    def send(self, transport: Transport, leaving: Iterable[Leaving], *, any_hour_only: bool) -> None:
        """Send what was composed before and what leaves now.

        Of what was tried in vain before, one mail goes first, to see whether the server is there; the others go last: a
        mail over which the server hangs up, however often, holds up nobody else's.

        Args:
            any_hour_only: outside mail hours, what was composed before waits unless it leaves at any hour.
        """
        now = self.now()
        with reading(self.engine) as connection:
            self._lately = mail_queue.sent_since(connection, now - dt.timedelta(minutes=1))
            backlog = mail_queue.backlog(connection, now, MAILS_A_MINUTE, any_hour_only=any_hour_only)
        with transport.batch() as batch:
            self._send_all(batch, backlog[:1])
            for one in leaving:
                if not self._may_go_on():
                    return
                if self._lately[one.recipient] < MAILS_A_MINUTE_EACH:
                    kept = self._compose(one)
                    if kept is not None:
                        self._send_kept(batch, kept)
            self._send_all(batch, backlog[1:])

    def _send_all(self, batch: Transport, kept: list[int]) -> None:
        for mail in kept:
            if not self._may_go_on():
                return
            self._send_kept(batch, mail)

    def _may_go_on(self) -> bool:
        return (
            not self.server_is_away
            and self._lately.total() < MAILS_A_MINUTE
            and time.monotonic() < self._ends_at
            and self.go_on()
        )

    # --- Composing -------------------------------------------------------------------------------------------

    def _compose(self, leaving: Leaving) -> int | None:
        """Compose a mail and keep it; None when there is nothing to send."""
        now = self.now()
        deliveries = [notice.delivery for notice in leaving.notices]
        reason = self._unreachable(leaving.recipient, now)
        if reason is not None:
            self._park(leaving, deliveries, reason)
            return None
        person = self.directory.person(leaving.recipient)
        address = person.email if person else ""
        with reading(self.engine) as connection:
            stored = mail_queue.contents(connection, [notice.notice for notice in leaving.notices])
        envelope = Envelope(
            sender=self.sender,
            recipient=leaving.recipient,
            address=address,
            date=now,
            message_id=message_id([notice.identity for notice in leaving.notices], sender_domain(self.sender)),
            base_url=self.base_url,
        )
        try:
            notices = [self._mail_notice(notice, stored[notice.notice], now) for notice in leaving.notices]
            body = compose(envelope, notices, self.directory, self.language)
        except UnusableAddress as unusable:
            self._park(leaving, deliveries, str(unusable))
            return None
        except Exception as fault:  # noqa: BLE001 - one notice that breaks the words holds up no other (RULES 18)
            log.warning("mail_not_composed", message_id=envelope.message_id, problem=type(fault).__name__)
            self._park_the_unreadable(envelope, leaving, stored)
            return None
        values: dict[str, object] = {
            "message_id": envelope.message_id,
            "recipient": leaving.recipient,
            "address": address,
            "digest": leaving.digest,
            "composed_at": now,
            "due_at": now,
            "body": body.decode("latin-1"),
        }
        try:
            with writing(self.engine) as connection:
                return mail_queue.compose(connection, deliveries, values)
        except IntegrityError:  # another process composed the same; it sends it
            log.info("mail_composed_elsewhere", message_id=envelope.message_id)
            return None

    def _unreachable(self, person: str, now: dt.datetime) -> str | None:
        found = unreachable(person, self.directory, local_day(now))
        if found is None:
            return None
        return sentence(_REASONS[found], Language.VI, person=self.directory.person_name(person))

    def _park(self, leaving: Leaving, deliveries: list[int], reason: str) -> None:
        person = self.directory.person(leaving.recipient)
        given_up = GivenUp(leaving.recipient, person.email if person else "", reason, deliveries=deliveries)
        with writing(self.engine) as connection:
            mail_queue.park(connection, deliveries, reason)
            tell_secretariat(connection, given_up, self.directory, self.now())
        log.warning("mail_parked", directives=sorted({one.directive for one in leaving.notices})[:NAMED_AT_MOST])

    def _park_the_unreadable(self, envelope: Envelope, leaving: Leaving, stored: dict[int, str]) -> None:
        """Put aside those that cannot be worded; the others leave with the next run."""
        bad: list[Waiting] = []
        for notice in leaving.notices:
            try:
                read = self._mail_notice(notice, stored.get(notice.notice, ""), envelope.date)
                compose(envelope, [read], self.directory, self.language)
            except Exception:  # noqa: BLE001 - as above
                bad.append(notice)
        self._park(
            leaving,
            [notice.delivery for notice in bad or leaving.notices],
            sentence(_UNREADABLE, Language.VI),
        )

    def _mail_notice(self, notice: Waiting, stored: str, now: dt.datetime) -> MailNotice:
        """A notice as it reads when its mail leaves (RULES 23)."""
        content = as_of(NoticeContent.model_validate_json(stored), self.calendar, now)
        return MailNotice(content=content, at=notice.at, at_once=notice.urgent)

    # --- Sending ---------------------------------------------------------------------------------------------

    def _send_kept(self, transport: Transport, mail: int) -> None:
        """Send a composed mail and note what became of it; nothing it does holds up the next one."""
        with reading(self.engine) as connection:
            row = connection.execute(select(MAIL).where(MAIL.c.id == mail, MAIL.c.state == mail_queue.COMPOSED)).first()
        if row is None or self._lately[row.recipient] >= MAILS_A_MINUTE_EACH:
            return
        reason = self._unreachable(row.recipient, self.now())
        if reason is not None:
            self._give_up(row, reason, tried=False)
            return
        began = time.time_ns()
        fault: Exception | None = None
        try:
            transport.send(row.body.encode("latin-1"), parseaddr(self.sender)[1], row.address)
        except Exception as problem:  # noqa: BLE001 - settled below, whatever it is
            fault = problem
        ended = time.time_ns()
        outcome = self._settle(row, fault)
        if self.tried is not None:
            failed = None if fault is None else type(fault).__name__
            self.tried(Tried(mail, row.attempts + 1, outcome, began, ended, failed))

    def _settle(self, row: Row[Any], fault: Exception | None) -> MailOutcome:
        """Note what became of a mail that was tried."""
        match fault:
            case None:
                now = self.now()
                self._server_failures = 0
                self._lately[row.recipient] += 1
                self.sent += 1
                with writing(self.engine) as connection:
                    mail_queue.mark_sent(connection, row.id, now)
                log.info("mail_sent", message_id=row.message_id, digest=row.digest)
                return "sent"
            case PermanentFailure():
                self._server_failures = 0
                self._give_up(row, str(fault))
                return "parked"
            case TemporaryFailure():
                about_server = self._is_about_the_server(fault)
                self._server_failures = self._server_failures + 1 if about_server else 0
                self.server_is_away = isinstance(fault, ServerAway) or self._server_failures >= SERVER_FAILURES
                if not about_server and self.now() - row.composed_at >= GIVE_UP_AFTER:
                    self._give_up(row, str(fault))
                    return "parked"
                longest = LONGEST_SERVER_PAUSE if about_server else LONGEST_PAUSE
                self._try_later(row, longest, str(fault))
            case _:
                log.error("mail_send_broke", message_id=row.message_id, exc_info=fault)
                self._try_later(row, LONGEST_PAUSE, type(fault).__name__)
        return "later"

    def _is_about_the_server(self, failure: TemporaryFailure) -> bool:
        """Whether the next mail would most likely fail in the same way; no answer to this one recipient says so.

        Nor does a conversation that broke where others of the same run went well.
        """
        return isinstance(failure, ServerAway) or ("address" not in failure.data and self.sent == 0)

    def _give_up(self, row: Row[Any], reason: str, *, tried: bool = True) -> None:
        given_up = GivenUp(row.recipient, row.address, reason, mail=row.id)
        with writing(self.engine) as connection:
            mail_queue.park_mail(connection, row.id, reason, tried=tried)
            tell_secretariat(connection, given_up, self.directory, self.now())
        log.warning("mail_parked", message_id=row.message_id)

    def _try_later(self, row: Row[Any], longest: dt.timedelta, problem: str) -> None:
        tries = row.attempts + 1
        pause = pause_after(tries, longest)
        with writing(self.engine) as connection:
            mail_queue.mark_failed(connection, row.id, problem, self.now() + pause)
        log.warning("mail_not_sent", message_id=row.message_id, attempts=tries, pause_seconds=pause.total_seconds())


def pause_after(failures: int, longest: dt.timedelta) -> dt.timedelta:
    """How long to wait after so many failures in a row: one minute, doubled each time, up to a limit."""
    return min(longest, FIRST_PAUSE * (1 << min(max(0, failures - 1), 16)))
