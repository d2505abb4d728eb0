"""What is kept long enough is forgotten once a day, and what proves something is not."""

import datetime as dt

import pytest
from office_fixture import Desk, desk
from sqlalchemy import Connection, func, insert, select

from activities.retention import Retention, forget_daily
from database.engine import writing
from models.tables import AUDIT, DELIVERY, LEDGER, MAIL, OPERATION, SESSION, WEBHOOK_CALL
from services.audit import note

__all__ = ["desk"]

KEPT = Retention(dt.timedelta(days=100), dt.timedelta(days=1000))
YOUNG, OLD, ANCIENT = (dt.timedelta(days=days) for days in (99, 101, 1001))


def leave(connection: Connection, now: dt.datetime, age: dt.timedelta, number: int, state: str = "sent") -> None:
    at = now - age
    note(connection, "truong.syt", "sign_in", "truong.syt", at, {"address": "203.0.113.5"})
    note(connection, "quantri", "person.change", "truong.syt", at, {"name": "x"})
    connection.execute(insert(WEBHOOK_CALL).values(webhook=1, at=at))
    ran = {"kind": "import", "person": "vanthu", "title": "a.xlsx", "done": 1, "data": "{}", "outcome": "done"}
    connection.execute(insert(OPERATION).values(id=str(number), started_at=at, seen_at=at, **ran))
    connection.execute(
        insert(SESSION).values(id=str(number), person="x", created_at=at, seen_at=at, address="", agent="")
    )
    mail = {"channel": "email", "recipient": "truong.syt", "address": "a@b.vn", "digest": False, "attempts": 1}
    made = insert(MAIL).values(message_id=f"<{number}>", composed_at=at, due_at=at, body="x", state=state, **mail)
    row = connection.execute(made.returning(MAIL.c.id)).scalar_one()
    told = {"notice": number, "channel": "email", "state": state, "attempts": 1, "problem": "451 a@b.vn"}
    connection.execute(insert(DELIVERY).values(mail=row, due_at=at, **told))


def ages(connection: Connection, column: object, *where: object) -> int:
    return int(connection.execute(select(func.count(column)).where(*where)).scalar_one())  # type: ignore[arg-type]


@pytest.fixture
def now(desk: Desk) -> dt.datetime:
    desk.register("NV-1", "Wed 2026-03-04 09:00")
    return desk.office.now()


def test_what_is_old_goes_what_is_young_and_the_record_stay(desk: Desk, now: dt.datetime) -> None:
    with writing(desk.office.engine) as connection:
        for number, age in enumerate((YOUNG, OLD, ANCIENT), 1000):
            leave(connection, now, age, number)
        recorded = ages(connection, LEDGER.c.id)

        assert forget_daily(connection, now, KEPT) > 0

        assert ages(connection, AUDIT.c.id, AUDIT.c.act == "sign_in") == 1
        assert ages(connection, AUDIT.c.id, AUDIT.c.act == "person.change") == 2
        assert ages(connection, WEBHOOK_CALL.c.id) == ages(connection, OPERATION.c.id) == 1
        assert ages(connection, SESSION.c.id) == 0
        assert ages(connection, MAIL.c.id) == 3, "that a mail left is proved by its row"
        assert ages(connection, MAIL.c.id, MAIL.c.address != "") == 1
        assert ages(connection, DELIVERY.c.id, DELIVERY.c.problem.is_not(None)) == 1
        assert ages(connection, LEDGER.c.id) == recorded > 0


def test_a_mail_that_still_waits_keeps_its_address_and_its_text_however_old(desk: Desk, now: dt.datetime) -> None:
    with writing(desk.office.engine) as connection:
        leave(connection, now, OLD, 1000, state="composed")

        forget_daily(connection, now, KEPT)

        (mail,) = connection.execute(select(MAIL)).all()
        assert (mail.address, mail.body) == ("a@b.vn", "x")


def test_it_is_done_once_a_local_day(desk: Desk, now: dt.datetime) -> None:
    with writing(desk.office.engine) as connection:
        forget_daily(connection, now, KEPT)
        leave(connection, now, OLD, 1000)

        assert forget_daily(connection, now + dt.timedelta(hours=1), KEPT) == 0
        assert forget_daily(connection, now + dt.timedelta(days=1), KEPT) > 0
