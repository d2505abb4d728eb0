"""RULES 25: an e-mail's id is derived from its notice: a retry repeats it, two different notices never share one."""

import shutil
from collections import Counter
from pathlib import Path

import pytest
from builders import local
from databases import sqlite_only
from hypothesis import given, settings
from hypothesis import strategies as st
from real_office import Mailbox, RealOffice, a_delivery
from sqlalchemy import select

from activities import mail_queue
from activities.delivery import Delivery
from activities.smtp_server import read_smtp_url
from activities.smtp_transport import SmtpTransport
from activities.webhook_queue import event_id
from database.engine import open_engine, reading
from documents.mail import message_id
from models import commands as c
from models.dispatch import Waiting
from models.tables import MAIL
from models.vocabulary import Urgency

DOMAIN = "quangngai.example"


def ids(mailbox: Mailbox) -> list[str]:
    return [str(message["Message-ID"]) for message in mailbox.received]


def waiting(**changes: object) -> Waiting:
    usual: dict[str, object] = {
        "delivery": 1, "notice": 1, "directive": "A-1", "seq": 3, "recipient": "truong.syt",
        "at": local("Wed 2026-03-04 09:00"), "kind": "urged",
    }  # fmt: skip
    return Waiting.model_validate({**usual, **changes})


# --- A retry repeats it ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["421 Closing", "450 Busy", "451 Try again later", "452 Full", "554 Not now"])
def test_rule_25_a_mail_that_the_server_puts_off_comes_again_under_the_same_id_and_byte_for_byte(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox, answer: str
) -> None:
    office.register("A-1", urgency=Urgency.URGENT)
    mailbox.data_answers = [answer, answer]
    delivery.deliver()
    with reading(office.engine) as connection:
        composed = {row.message_id: row.body for row in connection.execute(select(MAIL))}

    mailbox.data_answers.clear()
    for _ in range(30):
        office.later(minutes=2)
        delivery.deliver()

    assert len(composed) == 2
    assert Counter(ids(mailbox)) == dict.fromkeys(composed, 1)
    assert {raw.decode("latin-1") for raw in mailbox.raw} == set(composed.values())


def test_rule_25_a_connection_lost_after_each_mail_repeats_ids_and_never_makes_a_new_one(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    for agency in ("SYT", "SGDDT", "STC"):
        office.register(f"A-{agency}", urgency=Urgency.URGENT, lead_agency=agency)
    mailbox.drops_after_data = 4  # it has taken the mail, and the answer is lost

    for _ in range(40):
        delivery.deliver()
        office.later(minutes=2)

    assert set(office.states()) == {"sent"}
    assert len(set(ids(mailbox))) == 6
    assert len(ids(mailbox)) == 6 + 4
    assert len(set(mailbox.raw)) == 6, "the same bytes each time"


def test_rule_25_a_worker_killed_at_any_of_its_steps_repeats_only_what_was_in_flight(
    office: RealOffice, closed_mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.register("A-1", urgency=Urgency.URGENT)
    office.register("A-2", urgency=Urgency.URGENT, lead_agency="SGDDT")

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    server = read_smtp_url(f"smtp://127.0.0.1:{closed_mailbox.port}")
    with closed_mailbox.open():
        for step in ("compose", "mark_sent", "compose", "mark_sent"):
            worker = a_delivery(office, SmtpTransport(server, connect_seconds=2, whole_seconds=5))
            with monkeypatch.context() as patched:
                patched.setattr(mail_queue, step, killed)
                with pytest.raises(KeyboardInterrupt):
                    worker.deliver()
        a_delivery(office, SmtpTransport(server, connect_seconds=2, whole_seconds=5)).deliver()

    assert set(office.states()) == {"sent"}
    assert len(set(ids(closed_mailbox))) == 4
    assert len(ids(closed_mailbox)) <= 4 + 2, "one for each time that it was killed between sending and noting"


@sqlite_only
def test_rule_25_a_database_restored_from_a_copy_sends_what_was_in_flight_under_the_same_id(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox, tmp_path: Path
) -> None:
    office.register("A-1", urgency=Urgency.URGENT)
    copy = tmp_path / "restored.db"
    office.engine.dispose()  # so that the file holds everything
    shutil.copy(str(office.engine.url.database), copy)
    delivery.deliver()
    first = Counter(ids(mailbox))

    restored = RealOffice(open_engine(f"sqlite:///{copy}"), office.clock)
    restored.later(minutes=1)
    a_delivery(restored, delivery.transport).deliver()
    restored.engine.dispose()

    assert Counter(ids(mailbox)) == dict.fromkeys(first, 2)


# --- Two notices never share one ------------------------------------------------------------------------------


def test_rule_25_two_notices_with_the_same_text_have_two_ids(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.register("A-1", acknowledged=True)
    for _ in range(3):
        office.later(minutes=2).act("A-1", c.Urge(text="Khẩn trương"), "chutich")
        delivery.deliver()

    assert len(mailbox.to("truong.syt")) == 3
    assert len(set(ids(mailbox))) == len(ids(mailbox)) == 6


def test_rule_25_over_a_life_with_many_people_no_id_stands_twice(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    for agency in ("SYT", "SGDDT"):
        office.at("Mon 2026-03-02 09:00").register(f"A-{agency}", lead_agency=agency, urgency=Urgency.FLASH)
    for hour in range(16):
        office.at("Mon 2026-03-02 09:01").later(hours=hour * 7)
        office.act("A-SYT", c.Urge(text="Khẩn trương"), "chutich")
        office.tell_all()
        delivery.deliver()

    assert len(ids(mailbox)) > 25
    assert len(set(ids(mailbox))) == len(ids(mailbox))
    assert all(identity.endswith("@quangngai.example>") for identity in ids(mailbox))


def test_rule_25_another_event_that_takes_the_number_of_one_lost_with_both_stores_has_another_id() -> None:
    """An older backup goes on without Temporal's store: row 7 is written anew, and readers have a mail of row 7."""
    lost = waiting(seq=7, at=local("Wed 2026-03-04 16:00"))
    written_anew = waiting(seq=7, at=local("Thu 2026-03-05 09:00"))

    assert message_id([lost.identity], DOMAIN) != message_id([written_anew.identity], DOMAIN)


def test_rule_25_brought_back_by_its_workflow_a_notice_keeps_its_id_under_other_row_numbers() -> None:
    before = waiting(delivery=7, notice=5)
    after = waiting(delivery=900, notice=811)

    assert message_id([before.identity], DOMAIN) == message_id([after.identity], DOMAIN)


_CODES = st.text(alphabet="A1/-_.", min_size=1, max_size=5)
_NOTICES = st.builds(
    waiting,
    directive=_CODES,
    seq=st.integers(1, 30),
    recipient=st.text(alphabet="a1/\n.", min_size=1, max_size=5),
    at=st.datetimes(timezones=st.just(local("Wed 2026-03-04 09:00").tzinfo)),
)


@settings(max_examples=150, deadline=None)
@given(one=st.lists(_NOTICES, min_size=1, max_size=4), other=st.lists(_NOTICES, min_size=1, max_size=4))
def test_rule_25_two_mails_share_an_id_only_when_they_carry_the_same_notices(
    one: list[Waiting], other: list[Waiting]
) -> None:
    def keys(notices: list[Waiting]) -> set[object]:
        return {(notice.directive, notice.seq, notice.recipient, notice.at) for notice in notices}

    ids_of = [message_id([notice.identity for notice in notices], DOMAIN) for notices in (one, other)]

    assert (ids_of[0] == ids_of[1]) is (keys(one) == keys(other))
    assert message_id([notice.identity for notice in reversed(one)], DOMAIN) == ids_of[0]


def test_rule_25_an_event_that_a_webhook_hears_again_has_the_same_id() -> None:
    assert event_id("ab" * 32) == event_id("ab" * 32)
    assert event_id("ab" * 32) != event_id("ac" * 32)
