"""Erasing a person: nothing of name and address is left anywhere in the database, and the ledger proves as before."""

import json

import pytest
from builders import a_deadline, local
from office_fixture import Desk
from signed_in import a_session
from sqlalchemy import Connection, insert, inspect, select, text

from activities.retention import Retention, forget_daily
from database.engine import reading, writing
from database.traces import rows_with
from models import commands as c
from models.directory import Person, Post
from models.refusal import Refused
from models.tables import (
    AUDIT,
    DELIVERY,
    FAILURE,
    IDENTITY,
    LEDGER,
    MAIL,
    METADATA,
    NOTICE,
    OPERATION,
    SAVED_VIEW,
    TOKEN,
)
from models.vocabulary import Position
from services import accounts, forgotten_password
from services.accounts import Browser
from services.audit import note
from services.data_files import FileRefused
from services.directory_editing import add_person, change_person, version_of
from services.erasing import GONE, PSEUDONYM, erase, preview_erasure
from services.verifying import verify
from shell import directory as directory_command

CODE, NAME, MAIL_ADDRESS = "chuyenvien.x", "Hoàng Canary Ngân", "canary.ngan@quangngai.example"
OLD_NAME, OLD_ADDRESS = "Hoàng Canary Ngần", "ngan.cu@quangngai.example"
CANARIES = ("Canary", "canary", "ngan.cu", "203.0.113.77")


@pytest.fixture
def gone(desk: Desk) -> Desk:
    """Somebody worked in Sở Y tế until March 2026, under two names, and left traces wherever people leave some."""
    office, engine = desk.office, desk.office.engine
    desk.time_is("Wed 2026-03-04 09:00")
    post = Post(person=CODE, agency="SYT", position=Position.HEAD)
    add_person(office, Person(code=CODE, name=OLD_NAME, email=OLD_ADDRESS), (post,), "")
    _renamed(desk, NAME, (post,))
    accounts.add(office, CODE, "mưa rơi trên sông Trà", must_change=False)
    accounts.sign_in(office, MAIL_ADDRESS, "mưa rơi trên sông Trà", Browser("203.0.113.77", "Canary/1"))
    for name in (MAIL_ADDRESS, NAME):
        with pytest.raises(Refused):
            accounts.sign_in(office, name, "sai", Browser("203.0.113.77"))
    forgotten_password.begin_reset(office, MAIL_ADDRESS, Browser("203.0.113.77"))
    desk.register("NV-1", "Wed 2026-03-04 10:05", deadline=a_deadline("2026-04-30"))
    desk.act("NV-1", c.Acknowledge(), CODE, "Wed 2026-03-04 11:00")
    desk.act("NV-1", c.Submit(result="xong"), CODE, "Wed 2026-03-04 12:00")
    desk.act("NV-1", c.Accept(), "vanthu", "Thu 2026-03-05 09:00")
    with writing(engine) as connection:
        _leave_more(connection)
    _renamed(desk, NAME, (post.model_copy(update={"valid_until": local("Fri 2026-03-20 00:00").date()}),))
    desk.time_is("Mon 2026-06-01 10:00")
    return desk


def _renamed(desk: Desk, name: str, posts: tuple[Post, ...]) -> None:
    directory = desk.office.reference().directory
    before = directory.person(CODE)
    assert before is not None
    person = Person(code=CODE, name=name, email=MAIL_ADDRESS)
    change_person(desk.office, person, posts, version_of(directory, before), "")


def _leave_more(connection: Connection) -> None:
    now = local("Wed 2026-03-04 13:00")
    sent = {"channel": "email", "state": "parked", "attempts": 1, "due_at": now}
    mail = {**sent, "recipient": CODE, "address": MAIL_ADDRESS, "composed_at": now, "problem": f"550 <{MAIL_ADDRESS}>"}
    connection.execute(insert(MAIL).values(message_id="<1@x>", digest=False, body=f"Kính gửi {NAME}", **mail))
    notices = connection.execute(select(NOTICE.c.id).where(NOTICE.c.recipient == CODE)).scalars().all()
    assert notices, "he heard of his directive"
    connection.execute(DELIVERY.update().values(state="sent", problem=f"451 {MAIL_ADDRESS} từ chối"))
    told = json.dumps({"person": CODE, "address": OLD_ADDRESS, "problem": "550"}, ensure_ascii=False)
    undelivered = {"directive": "NV-1", "seq": 90, "recipient": "vanthu", "at": now, "kind": "mail_undelivered"}
    connection.execute(insert(NOTICE).values(level=0, at_once=False, any_hour=False, content=told, **undelivered))
    connection.execute(insert(IDENTITY).values(issuer="https://sso", subject="canary-7", person=CODE, created_at=now))
    token = {"hash": "0" * 64, "name": f"Máy của {NAME}", "person": CODE, "scopes": ["read"], "created_by": CODE}
    connection.execute(insert(TOKEN).values(created_at=now, **token))
    view = {"person": "vanthu", "name": f"Việc của {NAME}", "query": f"text={NAME}"}
    connection.execute(insert(SAVED_VIEW).values(created_at=now, **view))
    ran = {"kind": "import", "person": CODE, "title": f"{NAME}.xlsx", "outcome": "done", "data": "{}"}
    connection.execute(insert(OPERATION).values(id="1", started_at=now, seen_at=now, done=1, **ran))
    note(connection, "quantri", "token.create", "1", now, {"name": f'Máy "{NAME.upper()}"', "person": CODE})


def everything(desk: Desk) -> str:
    """All that stands in any column of any table."""
    with reading(desk.office.engine) as connection:
        tables = inspect(connection).get_table_names()
        rows = [row for table in tables for row in connection.execute(text(f'SELECT * FROM "{table}"'))]  # noqa: S608 - our own names
    assert len(rows) > 500
    return "\n".join(str(value) for row in rows for value in row)


def test_after_erasing_no_text_of_the_database_holds_name_or_address_and_the_ledger_proves(gone: Desk) -> None:
    before = everything(gone)
    assert all(canary in before for canary in CANARIES)

    done = erase(gone.office, CODE, "")
    with writing(gone.office.engine) as connection:  # wrong tries of an address, whoever made them, go within a day
        forget_daily(connection, gone.office.now(), Retention())

    after = everything(gone)
    assert [canary for canary in CANARIES if canary.casefold() in after.casefold()] == []
    assert done.left == {}
    proved = verify(gone.office)
    assert proved.broken == ()
    assert proved.rows > 3
    with reading(gone.office.engine) as connection:
        assert CODE in connection.execute(select(LEDGER.c.actor)).scalars().all()
        assert rows_with(connection, (NAME, OLD_NAME, MAIL_ADDRESS, OLD_ADDRESS)) == {}


def test_what_people_see_afterwards_is_a_pseudonym_who_is_locked_and_cannot_sign_in(gone: Desk) -> None:
    secret = a_session(gone.office, CODE)

    erase(gone.office, CODE, "")

    person = gone.office.reference().directory.person(CODE)
    assert person == Person(code=CODE, name=PSEUDONYM, email="", locked=True)
    assert accounts.signed_in(gone.office, secret) is None
    assert CODE not in {one.person for one in accounts.listed(gone.office)}
    with reading(gone.office.engine) as connection:
        assert connection.execute(select(TOKEN.c.revoked_at).where(TOKEN.c.person == CODE)).scalar() is not None
        (row,) = connection.execute(select(AUDIT).where(AUDIT.c.act == "person.erase")).all()
        assert (row.person, row.subject) == ("quantri", CODE)
        saved = connection.execute(select(SAVED_VIEW.c.name)).scalars().all()
        assert saved == [f"Việc của {PSEUDONYM}"]
        assert connection.execute(select(FAILURE.c.key).where(FAILURE.c.key.startswith("|"))).scalars().all()


def test_what_a_preview_says_is_what_happens_then_and_it_changes_nothing(gone: Desk) -> None:
    before = everything(gone)

    seen = preview_erasure(gone.office, CODE, "")

    assert everything(gone) == before
    done = erase(gone.office, CODE, "")
    assert (seen.removed, seen.replaced, seen.left) == (done.removed, done.replaced, done.left)
    assert {"account", "session", "mail", "audit", "person", "token"} <= done.removed.keys()
    assert {"saved_view.name", "operation.title", "notice.content", "audit.data"} <= done.replaced.keys()


def test_a_name_that_somebody_typed_into_the_ledger_stays_and_is_told(gone: Desk) -> None:
    gone.act("NV-1", c.Comment(text=f"Đã hỏi ông {NAME}."), "truong.syt", "Mon 2026-06-01 10:30")

    done = erase(gone.office, CODE, "")

    assert done.left == {"ledger.data": 1}
    assert verify(gone.office).broken == ()


def test_what_a_namesake_left_is_not_his_to_lose(gone: Desk) -> None:
    post = Post(person="khac", agency="STC", position=Position.OFFICER)
    add_person(gone.office, Person(code="khac", name=NAME, email="khac@quangngai.example"), (post,), "")

    erase(gone.office, CODE, "")

    namesake = gone.office.reference().directory.person("khac")
    assert namesake is not None
    assert namesake.name == NAME
    with reading(gone.office.engine) as connection:
        added = select(AUDIT.c.data).where(AUDIT.c.subject == "khac")
        assert NAME in str(connection.execute(added).scalar())
        assert rows_with(connection, (MAIL_ADDRESS, OLD_ADDRESS)) == {}


def test_of_every_table_that_names_a_person_it_was_decided_what_becomes_of_it() -> None:
    kept = {"attachment", "audit", "operation", "post", "token"}  # his code stays there, beside what he did

    tables = {table.name for table in METADATA.sorted_tables if "person" in table.columns}

    assert tables == kept | {table.name for table in GONE}


@pytest.mark.parametrize("person", ["truong.syt", "pct.vanxa", "theodoi.vanxa"])
def test_who_still_holds_a_post_or_has_work_is_not_erased(desk: Desk, person: str) -> None:
    desk.register("NV-1", "Wed 2026-03-04 09:00")

    with pytest.raises(FileRefused) as refused:
        erase(desk.office, person, "")

    assert "chức danh" in str(refused.value)
    assert desk.office.reference().directory.person_name(person) != PSEUDONYM


def test_a_mail_that_waits_hinders_it(gone: Desk) -> None:
    gone.sql("UPDATE mail SET state = 'composed'", "UPDATE delivery SET state = 'pending'")

    with pytest.raises(FileRefused, match="thư chưa gửi"):
        erase(gone.office, CODE, "")


def test_only_an_administrator_erases(gone: Desk) -> None:
    with pytest.raises(Refused):
        erase(gone.office, CODE, "vanthu")


def test_the_command_shows_what_it_would_do_until_it_is_told_to_do_it(gone: Desk) -> None:
    seen = gone.dondoc(directory_command, "directory", "erase", CODE)
    assert seen.code == 0
    assert "--yes" in seen.out
    assert NAME in everything(gone)

    done = gone.dondoc(directory_command, "directory", "erase", MAIL_ADDRESS, "--yes", "--json")

    assert done.json["erased"] is True
    assert done.json["left"] == {}
    assert NAME not in everything(gone)


def test_a_database_erased_so_is_searched_letter_for_letter(gone: Desk) -> None:
    """The search that finds nothing would find what it looks for."""
    with writing(gone.office.engine) as connection:
        connection.execute(
            text("INSERT INTO setting (name, value) VALUES ('x', :value)"), {"value": "hoang canary ngan"}
        )
    with reading(gone.office.engine) as connection:
        assert rows_with(connection, (NAME,))["setting.value"] == 1
