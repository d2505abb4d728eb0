"""Owing notices: the inbox row and the deliveries that leave the house, once for each event and person."""

from collections.abc import Iterable

from sqlalchemy import Connection, String, bindparam, insert, literal, select

from models.directory import Directory
from models.notices import NoticeOwed
from models.tables import DELIVERY, NOTICE

EMAIL = "email"

_INSERT_NOTICE = insert(NOTICE)
_INSERT_DELIVERY = insert(DELIVERY).from_select(
    ["notice", "channel", "state", "attempts", "due_at"],
    select(NOTICE.c.id, literal(EMAIL), bindparam("the_state", type_=String), literal(0), NOTICE.c.at).where(
        NOTICE.c.directive == bindparam("the_directive"),
        NOTICE.c.seq == bindparam("the_seq"),
        NOTICE.c.recipient == bindparam("the_recipient"),
    ),
)


def owe(connection: Connection, notices: Iterable[NoticeOwed], directory: Directory, *, restored: bool = False) -> None:
    """Write the notices owed into the inbox and the outbox, in the transaction of their event.

    Args:
        restored: the events are old and were sent again by their workflow after a backup was restored; their mails may
            have left already and are not repeated.

    Raises:
        sqlalchemy.exc.IntegrityError: one of them is owed already.
    """
    owed = list(notices)
    if not owed:
        return
    connection.execute(
        _INSERT_NOTICE,
        [
            {
                "directive": notice.directive,
                "seq": notice.seq,
                "recipient": notice.recipient,
                "at": notice.at,
                "kind": notice.content.kind,
                "level": notice.content.level,
                "at_once": notice.at_once,
                "any_hour": notice.any_hour,
                "content": notice.content.model_dump_json(exclude_defaults=True),
            }
            for notice in owed
        ],
    )
    leaving = [
        {
            "the_directive": notice.directive,
            "the_seq": notice.seq,
            "the_recipient": notice.recipient,
            "the_state": "restored" if restored else "pending",
        }
        for notice in owed
        if (person := directory.person(notice.recipient)) is not None and person.email
    ]
    if leaving:
        connection.execute(_INSERT_DELIVERY, leaving)
