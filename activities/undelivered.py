"""Telling the secretariat that somebody gets no mail (RULES 26)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from database.snapshots import read_directive
from models.audience import resolve
from models.calendar import local_day
from models.directory import Directory
from models.office_notices import MAIL_UNDELIVERED, MailUndelivered, undelivered_code
from models.tables import DELIVERY, NOTICE
from models.vocabulary import Audience


@dataclass(frozen=True)
class GivenUp:
    """A mail, or notices for which none could be written, that nobody will get.

    Attributes:
        person: who should have got it.
        address: where it should have gone; empty where he has none.
        problem: why not, a sentence in Vietnamese.
    """

    person: str
    address: str
    problem: str
    deliveries: Sequence[int] = ()
    mail: int | None = None


def tell_secretariat(connection: Connection, given_up: GivenUp, directory: Directory, now: dt.datetime) -> None:
    """Put it into the inbox of who follows these directives, in the transaction that gives the mail up.

    A vacant post passes it on as ever (RULES 19). Of one person nobody has more than one such notice unread: an
    address that is wrong is wrong for every mail, and saying so each time helps nobody.
    """
    chosen = DELIVERY.c.id.in_(given_up.deliveries) if given_up.mail is None else DELIVERY.c.mail == given_up.mail
    codes = connection.execute(
        select(NOTICE.c.directive)
        .join(DELIVERY, DELIVERY.c.notice == NOTICE.c.id)
        .where(chosen)
        .group_by(NOTICE.c.directive)
        .order_by(func.min(NOTICE.c.id))
    )
    about: dict[str, list[str]] = {}
    for (code,) in codes.all():
        directive = read_directive(connection, code)
        if directive is not None:
            found = resolve((Audience.MONITORING_OFFICER,), directive, directory, local_day(now))
            for recipient in found.recipients:
                about.setdefault(recipient.person, []).append(code)
    for follower, directives in about.items():
        if follower != given_up.person:
            _tell(connection, follower, given_up, tuple(directives), now)


def _tell(
    connection: Connection, follower: str, given_up: GivenUp, directives: tuple[str, ...], now: dt.datetime
) -> None:
    code = undelivered_code(given_up.person)
    told = select(NOTICE.c.id).where(NOTICE.c.directive == code, NOTICE.c.recipient == follower)
    if connection.execute(told.where(NOTICE.c.read_at.is_(None))).first() is not None:
        return
    content = MailUndelivered(
        person=given_up.person, address=given_up.address, problem=given_up.problem, directives=directives
    )
    last = connection.execute(select(func.coalesce(func.max(NOTICE.c.seq), 0)).where(NOTICE.c.directive == code))
    connection.execute(
        insert(NOTICE).values(
            directive=code,
            seq=last.scalar_one() + 1,
            recipient=follower,
            at=now,
            kind=MAIL_UNDELIVERED,
            level=0,
            at_once=False,
            any_hour=False,
            content=content.model_dump_json(),
        )
    )
