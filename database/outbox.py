"""Owing notices: the inbox row and the deliveries that leave the house, once for each event and person."""

from collections.abc import Iterable

from sqlalchemy import Connection, insert

from models.directory import Directory
from models.notices import NoticeOwed
from models.tables import DELIVERY, NOTICE

EMAIL = "email"


def owe(connection: Connection, notices: Iterable[NoticeOwed], directory: Directory, *, restored: bool = False) -> None:
    """Write the notices owed into the inbox and the outbox, in the transaction of their event.

    Args:
        restored: the events are old and were sent again by their workflow after a backup was restored; their mails may
            have left already and are not repeated.

    Raises:
        sqlalchemy.exc.IntegrityError: one of them is owed already.
    """
    for notice in notices:
        number = connection.execute(
            insert(NOTICE)
            .values(
                directive=notice.directive,
                seq=notice.seq,
                recipient=notice.recipient,
                at=notice.at,
                kind=notice.content.kind,
                level=notice.content.level,
                at_once=notice.at_once,
                any_hour=notice.any_hour,
                content=notice.content.model_dump_json(exclude_defaults=True),
            )
            .returning(NOTICE.c.id)
        ).scalar_one()
        person = directory.person(notice.recipient)
        if person is not None and person.email:
            connection.execute(
                insert(DELIVERY).values(
                    notice=number,
                    channel=EMAIL,
                    state="restored" if restored else "pending",
                    attempts=0,
                    due_at=notice.at,
                )
            )
