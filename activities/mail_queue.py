"""The outbox in SQL: what waits, what was composed, what became of it. Which of it leaves is models/dispatch.py's."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, and_, exists, func, insert, select, update

from database.engine import hold_alone
from database.outbox import EMAIL
from models.dispatch import Waiting
from models.notices import NoticeContent
from models.tables import DELIVERY, DIRECTIVE, LEDGER, MAIL, NOTICE
from models.vocabulary import Status

PENDING, COMPOSED, SENT, PARKED, DROPPED = "pending", "composed", "sent", "parked", "dropped"

CLOSED = [status.value for status in Status if status.closed]

_AT_ONE_GO = 500
"""How many ids one statement names; SQLite takes no list without end."""


def lock_outbox(connection: Connection) -> None:
    """Make sure that no other process composes until the transaction ends."""
    hold_alone(connection, "outbox")


def waiting(connection: Connection, now: dt.datetime | None) -> list[Waiting]:
    """Read the notices whose mail is to be looked at.

    Args:
        now: leave out those that are known to wait until later; None reads all that wait.
    """
    statement = (
        select(
            DELIVERY.c.id.label("delivery"),
            NOTICE.c.id.label("notice"),
            NOTICE.c.directive,
            NOTICE.c.seq,
            NOTICE.c.recipient,
            NOTICE.c.at,
            LEDGER.c.planned_at,
            NOTICE.c.kind,
            NOTICE.c.level,
            NOTICE.c.at_once,
            NOTICE.c.any_hour,
            DIRECTIVE.c.status,
        )
        .join(NOTICE, NOTICE.c.id == DELIVERY.c.notice)
        .join(LEDGER, and_(LEDGER.c.directive == NOTICE.c.directive, LEDGER.c.seq == NOTICE.c.seq), isouter=True)
        .join(DIRECTIVE, DIRECTIVE.c.code == NOTICE.c.directive, isouter=True)
        .where(DELIVERY.c.state == PENDING, DELIVERY.c.channel == EMAIL)
    )
    if now is not None:
        statement = statement.where(DELIVERY.c.due_at <= now)
    rows = connection.execute(statement).all()
    closed_since = _made_while_open(connection, [row.notice for row in rows if row.status in CLOSED])
    return [
        Waiting(
            moot=row.notice in closed_since,
            **{name: value for name, value in row._mapping.items() if name != "status"},  # noqa: SLF001
        )
        for row in rows
    ]


def _made_while_open(connection: Connection, notices: list[int]) -> frozenset[int]:
    """Which of these notices, of directives closed by now, say of their directive that it is open."""
    found: set[int] = set()
    for some in _batches(notices):
        for number, content in connection.execute(select(NOTICE.c.id, NOTICE.c.content).where(NOTICE.c.id.in_(some))):
            try:
                status = NoticeContent.model_validate_json(content).status
            except ValueError:  # unreadable: composing it will say so
                continue
            if not status.closed:
                found.add(number)
    return frozenset(found)


def contents(connection: Connection, notices: Iterable[int]) -> dict[int, str]:
    """What these notices say, as stored."""
    return {
        number: content
        for some in _batches(list(notices))
        for number, content in connection.execute(select(NOTICE.c.id, NOTICE.c.content).where(NOTICE.c.id.in_(some)))
    }


def causes(connection: Connection, mail: int) -> list[tuple[str, int, str | None]]:
    """Of which events a mail speaks: the directive, the event's number and the command that brought it about."""
    rows = connection.execute(
        select(NOTICE.c.directive, NOTICE.c.seq, LEDGER.c.command_id)
        .select_from(DELIVERY)
        .join(NOTICE, NOTICE.c.id == DELIVERY.c.notice)
        .join(LEDGER, and_(LEDGER.c.directive == NOTICE.c.directive, LEDGER.c.seq == NOTICE.c.seq))
        .where(DELIVERY.c.mail == mail)
        .order_by(NOTICE.c.id)
    )
    return [(row.directive, row.seq, row.command_id) for row in rows]


def outstanding_moments(connection: Connection, until: dt.datetime) -> frozenset[tuple[str, dt.datetime]]:
    """The directives with a moment planned until that instant which nobody was told yet, and the moment's instant."""
    rows = connection.execute(
        select(DIRECTIVE.c.code, DIRECTIVE.c.next_at).where(
            DIRECTIVE.c.next_at <= until,
            DIRECTIVE.c.awaiting_start.is_(False),
            DIRECTIVE.c.status.not_in(CLOSED),
        )
    )
    return frozenset((row.code, row.next_at) for row in rows)


def digests_since(connection: Connection, since: dt.datetime) -> frozenset[str]:
    """The people for whom a digest was made since that instant."""
    rows = connection.execute(
        select(MAIL.c.recipient).where(MAIL.c.channel == EMAIL, MAIL.c.digest.is_(True), MAIL.c.composed_at >= since)
    )
    return frozenset(recipient for (recipient,) in rows)


def sent_since(connection: Connection, since: dt.datetime) -> Counter[str]:
    """How many mails each person was sent since that instant."""
    rows = connection.execute(
        select(MAIL.c.recipient, func.count().label("number"))
        .where(MAIL.c.channel == EMAIL, MAIL.c.sent_at >= since)
        .group_by(MAIL.c.recipient)
    )
    return Counter({row.recipient: row.number for row in rows})


def backlog(connection: Connection, now: dt.datetime, limit: int, *, any_hour_only: bool) -> list[int]:
    """The composed mails that are to be sent (again) now; those of no digest first, of them those tried least.

    Args:
        any_hour_only: outside mail hours: only mails with a notice that leaves at any hour; what was written into the
            same mail in mail hours goes with it.
    """
    statement = (
        select(MAIL.c.id)
        .where(MAIL.c.state == COMPOSED, MAIL.c.channel == EMAIL, MAIL.c.due_at <= now)
        .order_by(MAIL.c.digest, MAIL.c.attempts, MAIL.c.due_at, MAIL.c.id)
        .limit(limit)
    )
    if any_hour_only:
        goes_now = (
            select(DELIVERY.c.id)
            .join(NOTICE, NOTICE.c.id == DELIVERY.c.notice)
            .where(DELIVERY.c.mail == MAIL.c.id, NOTICE.c.any_hour.is_(True))
        )
        statement = statement.where(exists(goes_now))
    return [number for (number,) in connection.execute(statement)]


def compose(connection: Connection, deliveries: Sequence[int], values: dict[str, object]) -> int | None:
    """Keep a composed mail and note which notices it carries; None when one of them left otherwise meanwhile.

    Raises:
        sqlalchemy.exc.IntegrityError: a mail with this id exists.
    """
    lock_outbox(connection)
    still = sum(
        len(connection.execute(select(DELIVERY.c.id).where(DELIVERY.c.id.in_(some), DELIVERY.c.state == PENDING)).all())
        for some in _batches(deliveries)
    )
    if still != len(deliveries):
        return None
    mail = connection.execute(
        insert(MAIL).values(channel=EMAIL, state=COMPOSED, attempts=0, **values).returning(MAIL.c.id)
    ).scalar_one()
    _change(connection, deliveries, state=COMPOSED, mail=mail, problem=None)
    return int(mail)


def drop(connection: Connection, notices: Sequence[Waiting]) -> None:
    """Note that these are not said any more."""
    _change(connection, [notice.delivery for notice in notices], state=DROPPED)


def park(connection: Connection, deliveries: Sequence[int], problem: str) -> None:
    """Note that these cannot be delivered, and why."""
    _change(connection, deliveries, state=PARKED, problem=problem)


def postpone(connection: Connection, later: Iterable[tuple[Waiting, dt.datetime]]) -> None:
    """Note until when these wait, so that nobody looks at them before."""
    until: dict[dt.datetime, list[int]] = {}
    for notice, instant in later:
        until.setdefault(instant, []).append(notice.delivery)
    for instant, deliveries in until.items():
        _change(connection, deliveries, due_at=instant)


def _change(connection: Connection, deliveries: Sequence[int], **values: object) -> None:
    for some in _batches(deliveries):
        connection.execute(
            update(DELIVERY).where(DELIVERY.c.id.in_(some), DELIVERY.c.state == PENDING).values(**values)
        )


def mark_sent(connection: Connection, mail: int, now: dt.datetime) -> None:
    """Note that a mail has left; its text is not kept."""
    connection.execute(
        update(MAIL)
        .where(MAIL.c.id == mail)
        .values(state=SENT, sent_at=now, body=None, problem=None, attempts=MAIL.c.attempts + 1)
    )
    connection.execute(
        update(DELIVERY)
        .where(DELIVERY.c.mail == mail)
        .values(state=SENT, problem=None, attempts=DELIVERY.c.attempts + 1)
    )


def mark_failed(connection: Connection, mail: int, problem: str, due_at: dt.datetime) -> None:
    """Note why a mail did not leave and when it is tried again."""
    connection.execute(
        update(MAIL).where(MAIL.c.id == mail).values(problem=problem, due_at=due_at, attempts=MAIL.c.attempts + 1)
    )
    connection.execute(
        update(DELIVERY)
        .where(DELIVERY.c.mail == mail)
        .values(problem=problem, due_at=due_at, attempts=DELIVERY.c.attempts + 1)
    )


def park_mail(connection: Connection, mail: int, problem: str, *, tried: bool = True) -> None:
    """Note that a mail cannot be delivered, and why."""
    connection.execute(
        update(MAIL)
        .where(MAIL.c.id == mail)
        .values(state=PARKED, problem=problem, attempts=MAIL.c.attempts + int(tried))
    )
    connection.execute(
        update(DELIVERY)
        .where(DELIVERY.c.mail == mail)
        .values(state=PARKED, problem=problem, attempts=DELIVERY.c.attempts + int(tried))
    )


def _batches(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + _AT_ONE_GO] for start in range(0, len(ids), _AT_ONE_GO))
