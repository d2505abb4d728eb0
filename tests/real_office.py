"""A real office for tests of what touches the world: a migrated and seeded SQLite, and a real mail server."""

import asyncio
import contextlib
import datetime as dt
import email
import email.policy
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Session
from aiosmtpd.smtp import Envelope as Received
from builders import a_registration, local
from sqlalchemy import Engine, select

from activities.commit import Door
from activities.delivery import Delivery
from activities.transports import Transport
from database.engine import reading
from database.reference import ReferenceCache
from database.snapshots import read_directive
from models import commands as c
from models.engine import CommitRequest, CommitResult, Draft
from models.life import decide
from models.tables import DELIVERY, DIRECTIVE, LEDGER, MAIL, NOTICE

# ruff: noqa: ARG002  aiosmtpd calls its hooks with all it has


@dataclass
class RealOffice:
    """Acts through the one door at instants that the test names; the clock stands until it is set."""

    engine: Engine
    clock: dt.datetime = field(default_factory=lambda: local("Wed 2026-03-04 09:00"))
    references: ReferenceCache = field(default_factory=ReferenceCache)

    def now(self) -> dt.datetime:
        return self.clock

    def at(self, text: str) -> "RealOffice":
        self.clock = local(text)
        return self

    def later(self, **by: float) -> "RealOffice":
        self.clock += dt.timedelta(**by)
        return self

    def act(self, code: str, command: c.Command, person: str) -> CommitResult:
        """Give a command as a person, now."""
        with reading(self.engine) as connection:
            directive = read_directive(connection, code)
            actor = self.references.get(connection).directory.actor(person, self.clock.date())
        events = decide(directive, command, actor, self.clock)
        return self._commit(
            code,
            tuple(
                Draft(event=event, actor=person, command_id=f"{code}-{self.clock.isoformat()}", part=part)
                for part, event in enumerate(events)
            ),
        )

    def register(self, code: str, *, acknowledged: bool = False, **changes: object) -> None:
        """Register a directive without a deadline that Sở Y tế leads, unless the test says otherwise."""
        registration = a_registration(**{"coordinating_agencies": (), "deadline": None, **changes})
        self.act(code, registration, "vanthu")
        if acknowledged:
            self.later(seconds=1).act(code, c.Acknowledge(), f"truong.{str(registration.lead_agency).lower()}")

    def tell(self, code: str) -> CommitResult:
        """Tell the moments that are due now, as its timer would."""
        return self._commit(code, ())

    def tell_all(self) -> "RealOffice":
        """Tell every moment that is due now."""
        with reading(self.engine) as connection:
            due = connection.execute(select(DIRECTIVE.c.code).where(DIRECTIVE.c.next_at <= self.clock)).all()
        for (code,) in due:
            self.tell(code)
        return self

    def _commit(self, code: str, drafts: tuple[Draft, ...]) -> CommitResult:
        with reading(self.engine) as connection:
            last = connection.execute(
                select(LEDGER.c.seq, LEDGER.c.hash).where(LEDGER.c.directive == code).order_by(LEDGER.c.seq.desc())
            ).first()
        return Door(self.engine, self.references).commit(
            CommitRequest(
                directive=code,
                after_seq=last.seq if last else 0,
                after_hash=last.hash if last else "",
                drafts=drafts,
                now=self.clock,
            )
        )

    def states(self, recipient: str | None = None) -> list[str]:
        """The state of each delivery, in the order in which the notices were made."""
        statement = select(DELIVERY.c.state).join(NOTICE, NOTICE.c.id == DELIVERY.c.notice).order_by(NOTICE.c.id)
        if recipient is not None:
            statement = statement.where(NOTICE.c.recipient == recipient)
        with reading(self.engine) as connection:
            return [state for (state,) in connection.execute(statement)]

    def mails(self) -> list[tuple[str, str, str | None]]:
        """Recipient, state and problem of each mail."""
        with reading(self.engine) as connection:
            rows = connection.execute(select(MAIL.c.recipient, MAIL.c.state, MAIL.c.problem).order_by(MAIL.c.id))
            return [(row.recipient, row.state, row.problem) for row in rows]


@dataclass
class Mailbox:
    """What a real mail server got, and how it is to answer."""

    port: int
    received: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    data_answers: list[str] = field(default_factory=list)
    drops_after_data: int = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's own names
        self, server: SMTP, session: Session, envelope: Received, address: str, options: list[str]
    ) -> str:
        answer = self.refused.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Received) -> str:  # noqa: N802
        if self.data_answers:
            return self.data_answers.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        self.raw.append(content)
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append(message)
        if self.drops_after_data:
            self.drops_after_data -= 1
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 OK"

    def to(self, person: str) -> list[EmailMessage]:
        return [message for message in self.received if f"{person}@quangngai.example" in str(message["To"])]

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        controller = Controller(self, hostname="127.0.0.1", port=self.port)
        controller.start()
        try:
            yield
        finally:
            controller.stop()


def a_free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def a_delivery(office: RealOffice, transport: Transport, allow: frozenset[str] = frozenset()) -> Delivery:
    return Delivery(
        engine=office.engine,
        references=office.references,
        transport=transport,
        sender="Đôn Đốc <dondoc@quangngai.example>",
        base_url="https://dondoc.quangngai.example",
        webhook_allow=allow,
        now=office.now,
        quiet=dt.timedelta(0),
    )
