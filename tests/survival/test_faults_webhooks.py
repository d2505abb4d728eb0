"""Receivers that hang, refuse, send on or never end harm nobody else; the owner of one that is switched off hears."""

import datetime as dt
import itertools
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from builders import a_registration
from faults_receivers import (
    HUNDRED_MEGABYTES,
    BadReceiver,
    Receivers,
    answers,
    answers_100_megabytes,
    hangs,
    running_receivers,
)
from real_office import Mailbox, RealOffice, a_delivery, a_free_port
from sqlalchemy import select, update

import cli
from activities.delivery import Delivery
from activities.smtp_server import read_smtp_url
from activities.smtp_transport import SmtpTransport
from activities.webhook_queue import FAILURES_ALLOWED
from database.engine import open_engine, reading, writing
from database.migrate import _config, migrate, schema_differences
from database.reference import raise_revision
from documents.language import Language
from documents.office_notice_text import render_inbox
from models.tables import LEDGER, PERSON, POST, WEBHOOK
from models.vocabulary import Urgency
from services.inbox import inbox_of
from services.office import Office
from services.webhooks import Webhook, add, listed, remove


@pytest.fixture
def office(seeded_database: Path, tmp_path: Path) -> Iterator[RealOffice]:
    shutil.copy(seeded_database, tmp_path / "dondoc.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'dondoc.db'}")
    yield RealOffice(engine)
    engine.dispose()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox(a_free_port())
    with box.open():
        yield box


@pytest.fixture
def receivers() -> Iterator[Receivers]:
    with running_receivers() as running:
        yield running


def calling(office: RealOffice, mailbox: Mailbox, *receivers: BadReceiver) -> Delivery:
    transport = SmtpTransport(read_smtp_url(f"smtp://127.0.0.1:{mailbox.port}"))
    delivery = a_delivery(office, transport, frozenset(receiver.address for receiver in receivers))
    delivery.webhooks.call_seconds = 0.4
    return delivery


def hook(office: RealOffice, receiver: BadReceiver, owner: str = "vanthu") -> int:
    number, _ = add(services_of(office), receiver.url, frozenset({receiver.address}), owner)
    return number


def services_of(office: RealOffice) -> Office:
    """The same office as people's own commands see it."""
    return Office(office.engine, office.references)


def known(office: RealOffice, number: int) -> Webhook:
    return next(one for one in listed(services_of(office)) if one.id == number)


def inbox(office: RealOffice, person: str) -> list[str]:
    """What a person's inbox says of webhooks, as `dondoc inbox` prints it."""
    with reading(office.engine) as connection:
        items = [item for item in inbox_of(connection, person) if item.kind == "webhook_switched_off"]
        directory = office.references.get(connection).directory
    return [render_inbox(item.content, directory, Language.VI, "").text for item in items]


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    ends_at, pause = time.monotonic() + seconds, threading.Event()
    while not condition():
        assert time.monotonic() < ends_at, "the condition did not come true"
        pause.wait(0.02)


def ledger(office: RealOffice) -> list[tuple[str, int]]:
    with reading(office.engine) as connection:
        rows = connection.execute(select(LEDGER.c.directive, LEDGER.c.seq).order_by(LEDGER.c.id))
        return [(row.directive, row.seq) for row in rows]


def test_receivers_that_hang_refuse_send_on_or_never_end_delay_neither_mails_nor_the_receiver_that_works(
    office: RealOffice, mailbox: Mailbox, receivers: Receivers
) -> None:
    elsewhere = receivers.start(answers(200))
    healthy, hanging = receivers.start(answers(204)), receivers.start(hangs)
    failing, huge = receivers.start(answers(500)), receivers.start(answers_100_megabytes)
    sending_on = receivers.start(answers(307, f"Location: {elsewhere.url}\r\n"))
    everyone = (healthy, hanging, failing, huge, sending_on)
    numbers = {id(one): hook(office, one) for one in everyone}
    delivery = calling(office, mailbox, *everyone, elsewhere)

    for number in range(6):
        office.later(seconds=70).register(f"A-{number}", urgency=Urgency.URGENT)
        delivery.deliver()
        until(lambda: healthy.events() == ledger(office) == huge.events())
        assert len(mailbox.to("truong.syt")) == number + 1, "the mail left in the same run"
        assert delivery.webhooks.wait(20)

    first = ledger(office)[0]
    assert set(hanging.events()) == set(failing.events()) == {first}, "what was not taken is repeated, nothing after it"
    assert 1 < len(failing.told) <= 4, "and less and less often"
    assert sending_on.events() == [first]
    assert elsewhere.connections == 0
    assert huge.written < HUNDRED_MEGABYTES / 20 * len(huge.told)
    assert [known(office, numbers[id(one)]).active for one in everyone] == [True, True, True, True, False]


def test_a_receiver_that_fails_is_left_alone_twice_as_long_each_time_up_to_an_hour_and_switched_off_after_twenty(
    office: RealOffice, mailbox: Mailbox, receivers: Receivers
) -> None:
    failing = receivers.start(answers(503))
    number = hook(office, failing)
    delivery = calling(office, mailbox, failing)
    office.register("A-1")
    tried_at: list[int] = []

    for minute in range(16 * 60):
        before = len(failing.told)
        delivery.webhooks.start_due()
        assert delivery.webhooks.wait(20)
        if len(failing.told) > before:
            tried_at.append(minute)
        office.later(minutes=1)

    pauses = [later - earlier for earlier, later in itertools.pairwise(tried_at)]
    assert pauses == [1, 2, 4, 8, 16, 32, *([60] * (FAILURES_ALLOWED - 7))]
    assert (known(office, number).active, known(office, number).failures) == (False, FAILURES_ALLOWED)
    assert len({event["id"] for event in failing.told}) == 1


def switched_off(office: RealOffice, mailbox: Mailbox, receiver: BadReceiver) -> None:
    """Let a receiver that is gone for good be called, and called for."""
    delivery = calling(office, mailbox, receiver)
    office.later(minutes=1).register(f"A-{office.clock:%H%M}")
    for _ in range(3):
        delivery.webhooks.start_due()
        assert delivery.webhooks.wait(20)
        office.later(hours=2)


def test_its_owner_is_told_once_which_receiver_was_switched_off_and_why_and_nobody_else(
    office: RealOffice, mailbox: Mailbox, receivers: Receivers, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = receivers.start(answers(410))
    hook(office, gone, "vanthu")

    switched_off(office, mailbox, gone)

    assert len(gone.told) == 1
    (text,) = inbox(office, "vanthu")
    assert "Webhook số 1 (127.0.0.1) đã bị tắt" in text
    assert "báo không còn nhận tin (410)" in text
    assert "vì đồng chí đã thêm webhook này" in text
    assert "bi-mat" not in text
    assert inbox(office, "quantri") == []
    file = office.engine.url.database or ""
    assert cli.run(["inbox", "vanthu", "--lang", "en", "--json", "--data", str(Path(file).parent)]) == 0
    printed = capsys.readouterr().out
    assert '"code": "webhook/1"' in printed
    assert "was switched off" in printed


@pytest.mark.parametrize("owner", ["left", "locked", "before owners were kept"])
def test_where_the_owner_is_not_there_any_more_the_administrator_is_told(
    office: RealOffice, mailbox: Mailbox, receivers: Receivers, owner: str
) -> None:
    gone = receivers.start(answers(410))
    hook(office, gone, "vanthu")
    with writing(office.engine) as connection:
        if owner == "left":
            connection.execute(update(POST).where(POST.c.person == "vanthu").values(valid_until=dt.date(2026, 3, 3)))
        elif owner == "locked":
            connection.execute(update(PERSON).where(PERSON.c.code == "vanthu").values(locked=True))
        else:
            connection.execute(update(WEBHOOK).values(owner=None))
        raise_revision(connection, "directory")
    delivery = calling(office, mailbox, gone)
    office.later(minutes=1).act("A-1", a_registration(deadline=None, coordinating_agencies=()), "theodoi.vanxa")

    delivery.webhooks.start_due()
    assert delivery.webhooks.wait(20)

    (text,) = inbox(office, "quantri")
    assert "Thông báo này gửi tới quản trị" in text
    assert inbox(office, "vanthu") == []


def test_each_receiver_that_is_switched_off_is_told_even_when_a_new_one_takes_the_number_of_one_that_was_removed(
    office: RealOffice, mailbox: Mailbox, receivers: Receivers
) -> None:
    for _ in range(2):
        gone = receivers.start(answers(410))
        number = hook(office, gone, "vanthu")
        switched_off(office, mailbox, gone)
        assert remove(services_of(office), number, "vanthu")

    assert len(inbox(office, "vanthu")) == 2


def test_receivers_of_a_database_from_before_owners_were_kept_go_on(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'released.db'}")
    config = _config()
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "INSERT INTO webhook (url, secret, active, failures, after) VALUES ('https://vidu.vn/', 's', 1, 0, 7)"
        )

    migrated = migrate(engine)

    assert migrated
    assert schema_differences(engine) == []
    (kept,) = listed(Office(engine))
    assert (kept.url, kept.active, kept.owner) == ("https://vidu.vn/", True, None)
    engine.dispose()


def test_who_added_a_receiver_stands_in_the_list(
    office: RealOffice, receivers: Receivers, capsys: pytest.CaptureFixture[str]
) -> None:
    hook(office, receivers.start(answers(200)), "vanthu")
    hook(office, receivers.start(answers(200)), "")

    assert [one.owner for one in listed(services_of(office))] == ["vanthu", "quantri"]
    file = office.engine.url.database or ""
    assert cli.run(["webhook", "list", "--json", "--data", str(Path(file).parent)]) == 0
    assert '"owner": "vanthu"' in capsys.readouterr().out
