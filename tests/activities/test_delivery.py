import datetime as dt
import json
import threading
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import time_machine
from builders import a_deadline, local
from real_office import Mailbox, RealOffice, a_delivery
from sqlalchemy import insert, select, update
from standardwebhooks.webhooks import Webhook

from activities import mail_queue, mail_run
from activities.clock_guard import ClockGuard
from activities.delivery import Delivery
from activities.transports import FolderTransport
from activities.webhook_queue import FAILURES_ALLOWED
from database.deliveries import deliveries_of, troubled_webhooks, undelivered
from database.engine import reading, writing
from database.preferences import write_digest_hour
from database.reference import raise_revision, remove_calendar_day, write_calendar_days
from documents.mail import UnusableAddress
from models import commands as c
from models.calendar import expand_off
from models.tables import LEDGER, MAIL, NOTICE, PERSON, POST, WEBHOOK
from models.vocabulary import Urgency


def set_person(office: RealOffice, person: str, **values: object) -> None:
    with writing(office.engine) as connection:
        connection.execute(update(PERSON).where(PERSON.c.code == person).values(**values))
        raise_revision(connection, "directory")


def subjects(messages: list[EmailMessage]) -> list[str]:
    return [str(message["Subject"]) for message in messages]


def deliver_when(moment: RealOffice, delivery: Delivery) -> int:
    """Run the delivery at the instant at which the office now stands."""
    assert moment.engine is delivery.engine
    return delivery.deliver()


# --- When and to whom -----------------------------------------------------------------------------------------


def test_what_is_routine_waits_for_the_morning_and_leaves_as_one_digest(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    for number in range(3):
        office.at(f"Wed 2026-03-04 09:0{number}").register(f"A-{number}")

    at_nine = delivery.deliver()
    office.at("Thu 2026-03-05 08:00").tell_all()
    at_eight = [delivery.deliver(), deliver_when(office.later(seconds=10), delivery)]

    assert at_nine == 0
    assert len(mailbox.to("chuyenvien.syt")) == 1
    assert len(mailbox.to("truong.syt")) == 1
    assert at_eight[1] == 0, "once a morning"
    digest = mailbox.to("chuyenvien.syt")[0]
    assert str(digest["Subject"]) == "Tổng hợp đôn đốc ngày 05/03/2026: 3 nhiệm vụ"
    assert set(office.states()) == {"sent"}


def test_a_person_who_chose_an_hour_gets_his_digest_then_and_his_escalations_at_once(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.at("Wed 2026-03-04 09:00").register("A-1", acknowledged=True)
    with writing(office.engine) as connection:
        write_digest_hour(connection, "truong.syt", 14)

    office.at("Thu 2026-03-05 08:00")
    delivery.deliver()
    at_eight = len(mailbox.to("truong.syt")), len(mailbox.to("chuyenvien.syt"))
    office.at("Thu 2026-03-05 10:00").act("A-1", c.Urge(text="Báo cáo gấp"), "theodoi.vanxa")
    delivery.deliver()
    at_ten = len(mailbox.to("truong.syt"))
    office.at("Thu 2026-03-05 14:00")
    delivery.deliver()

    assert at_eight == (0, 1)
    assert at_ten == 1, "what is urgent does not wait for the hour that he chose"
    assert len(mailbox.to("truong.syt")) == 2


def test_an_hour_that_is_taken_back_moves_what_waits_for_it(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.at("Wed 2026-03-04 09:00").register("A-1", acknowledged=True)
    with writing(office.engine) as connection:
        write_digest_hour(connection, "truong.syt", 14)
    office.at("Thu 2026-03-05 08:00")
    delivery.deliver()

    with writing(office.engine) as connection:
        write_digest_hour(connection, "truong.syt", None)
    office.at("Thu 2026-03-05 08:05")
    delivery.deliver()

    assert len(mailbox.to("truong.syt")) == 1


def test_a_notice_made_after_the_digest_left_waits_for_the_next_working_morning(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.at("Thu 2026-03-05 09:00").register("A-1", acknowledged=True)
    office.at("Fri 2026-03-06 08:00")
    delivery.deliver()

    office.at("Fri 2026-03-06 08:05").register("A-2", acknowledged=True)
    delivery.deliver()
    office.at("Sun 2026-03-08 08:00")
    delivery.deliver()
    before = len(mailbox.to("truong.syt"))
    office.at("Mon 2026-03-09 08:00")
    delivery.deliver()

    assert before == 1
    assert ["A-1" in subject or "A-2" in subject for subject in subjects(mailbox.to("truong.syt"))] == [True, True]


def test_what_is_urgent_leaves_at_once_in_mail_hours_and_one_run_makes_one_mail_a_person(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    for number in range(5):
        office.register(f"A-{number}", urgency=Urgency.URGENT)

    sent = delivery.deliver()

    assert len(mailbox.to("truong.syt")) == 1
    assert sent == len(mailbox.received)
    assert "5 nhiệm vụ" in str(mailbox.to("truong.syt")[0]["Subject"])
    assert mailbox.to("truong.syt")[0]["List-Unsubscribe"] is None


def test_what_became_urgent_in_the_night_leaves_at_the_opening_and_flash_at_any_hour(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.at("Wed 2026-03-04 23:30").register("A-1", urgency=Urgency.URGENT)
    office.register("A-2", urgency=Urgency.FLASH)

    delivery.deliver()
    in_the_night = subjects(mailbox.to("truong.syt"))
    office.at("Thu 2026-03-05 06:59")
    nothing_yet = delivery.deliver()
    office.at("Thu 2026-03-05 07:00")
    delivery.deliver()

    assert [("A-2" in subject) for subject in in_the_night] == [True]
    assert nothing_yet == 0
    assert ["A-1" in subject for subject in subjects(mailbox.to("truong.syt"))] == [False, True]


def test_a_leaders_own_act_leaves_at_any_hour(office: RealOffice, delivery: Delivery, mailbox: Mailbox) -> None:
    office.register("A-1")
    office.at("Sat 2026-03-07 21:00").act("A-1", c.Urge(text="Khẩn trương báo cáo"), "chutich")

    delivery.deliver()

    assert len(mailbox.to("truong.syt")) == 1


def test_a_day_declared_off_after_a_notice_was_put_off_is_not_mailed_on(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.at("Wed 2026-03-04 20:00").register("A-1", urgency=Urgency.URGENT)
    thursday, friday = dt.date(2026, 3, 5), dt.date(2026, 3, 6)
    with writing(office.engine) as connection:
        write_calendar_days(connection, tuple(expand_off(thursday, friday, "Bão")))
    delivery.deliver()

    office.at("Thu 2026-03-05 09:00")
    while_off = delivery.deliver()
    with writing(office.engine) as connection:
        remove_calendar_day(connection, thursday)
    worked_after_all = delivery.deliver()

    assert while_off == 0
    assert worked_after_all == len(mailbox.received) > 0


def test_the_digest_waits_until_the_mornings_moments_are_recorded(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    deadline = a_deadline("2026-03-20", "Friday")
    for code in ("A-1", "A-2"):
        office.at("Mon 2026-03-02 09:00").register(code, deadline=deadline)
        office.later(minutes=1).act(code, c.Acknowledge(), "truong.syt")
    office.at("Tue 2026-03-03 08:00")
    delivery.deliver()
    mailbox.received.clear()
    office.at("Wed 2026-03-11 08:00").tell("A-1")  # seven working days before

    with_one_recorded = delivery.deliver()
    office.later(seconds=20).tell("A-2")
    with_both = deliver_when(office.later(seconds=5), delivery)

    assert with_one_recorded == 0
    assert with_both == 1
    assert "2 nhiệm vụ" in str(mailbox.to("chuyenvien.syt")[0]["Subject"])


def test_a_directive_that_is_stuck_delays_one_mornings_digest_by_a_quarter_of_an_hour_and_the_next_not_at_all(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.at("Mon 2026-03-02 09:00").register("A-STUCK", deadline=a_deadline("2026-03-20", "Friday"))
    office.at("Tue 2026-03-03 09:00").register("A-1", lead_agency="SGDDT", acknowledged=True)
    office.at("Wed 2026-03-04 08:00")  # nobody tells the stuck one its moments

    at_eight = delivery.deliver()
    at_fourteen = deliver_when(office.at("Wed 2026-03-04 08:14"), delivery)
    at_fifteen = deliver_when(office.at("Wed 2026-03-04 08:15"), delivery)
    office.later(hours=1).register("A-2", lead_agency="SGDDT", acknowledged=True)
    next_morning = deliver_when(office.at("Thu 2026-03-05 08:00"), delivery)

    assert (at_eight, at_fourteen) == (0, 0)
    assert at_fifteen > 0
    assert len(mailbox.to("truong.sgddt")) == 2
    assert next_morning > 0


def test_what_was_completed_meanwhile_is_not_in_the_digest_but_the_completion_is(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.at("Wed 2026-03-04 09:00").register("A-1")
    office.later(minutes=1).act("A-1", c.Acknowledge(), "truong.syt")
    office.later(minutes=1).act("A-1", c.Submit(result="Báo cáo số 12"), "truong.syt")
    office.later(minutes=1).act("A-1", c.Accept(), "theodoi.vanxa")

    office.at("Thu 2026-03-05 08:00")
    delivery.deliver()

    assert len(mailbox.to("truong.syt")) == 1
    with reading(office.engine) as connection:
        found = {(one.recipient, one.kind): one.state for one in deliveries_of(connection, "A-1")}
    assert found["truong.syt", "assigned"] == "dropped"
    assert found["truong.syt", "accepted"] == "sent"
    assert found["theodoi.vanxa", "submitted"] == "dropped"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"locked": True}, "đã khóa"),
        ({"email": ""}, "chưa có địa chỉ thư"),
        ({"email": "không-phải-địa-chỉ"}, "không gửi được"),
    ],
)
def test_a_person_who_is_locked_or_has_no_address_when_the_mail_leaves_gets_none_and_it_is_shown(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox, values: dict[str, object], reason: str
) -> None:
    office.register("A-1")
    set_person(office, "truong.syt", **values)

    office.at("Thu 2026-03-05 08:00").tell_all()
    delivery.deliver()

    assert mailbox.to("truong.syt") == []
    assert len(mailbox.to("chuyenvien.syt")) == 1
    with reading(office.engine) as connection:
        shown = undelivered(connection)
    assert [(one.directive, one.recipient, one.state) for one in shown] == [("A-1", "truong.syt", "parked")]
    assert reason in (shown[0].problem or "")


def test_a_person_who_left_while_the_server_was_away_gets_no_mail_afterwards(
    office: RealOffice, delivery: Delivery, closed_mailbox: Mailbox
) -> None:
    office.register("A-1", urgency=Urgency.URGENT)
    delivery.deliver()
    with writing(office.engine) as connection:
        connection.execute(
            update(POST).where(POST.c.person.in_(["truong.syt"])).values(valid_until=dt.date(2026, 3, 3))
        )
        raise_revision(connection, "directory")

    with closed_mailbox.open():
        office.later(minutes=6)
        delivery.deliver()

    assert closed_mailbox.to("truong.syt") == []
    assert len(closed_mailbox.to("chuyenvien.syt")) == 1
    with reading(office.engine) as connection:
        assert ["giữ chức vụ" in (one.problem or "") for one in undelivered(connection)] == [True]


# --- Once, whatever happens -----------------------------------------------------------------------------------


def test_a_server_that_is_down_loses_nothing_and_each_mail_arrives_once_when_it_is_back(
    office: RealOffice, delivery: Delivery, closed_mailbox: Mailbox
) -> None:
    office.register("A-1", urgency=Urgency.URGENT)
    office.register("A-2", urgency=Urgency.URGENT, lead_agency="SGDDT")

    down = [delivery.deliver()]
    for _ in range(12):
        office.later(seconds=10)
        down.append(delivery.deliver())
    assert sum(down) == 0
    assert "sent" not in office.states()
    assert "parked" not in office.states()
    with closed_mailbox.open():
        for _ in range(60):
            office.later(seconds=10)
            delivery.deliver()

    assert set(office.states()) == {"sent"}
    identities = [str(message["Message-ID"]) for message in closed_mailbox.received]
    assert len(identities) == len(set(identities))
    for person in ("truong.syt", "chuyenvien.syt", "truong.sgddt", "chuyenvien.sgddt"):
        assert len(closed_mailbox.to(person)) == 1


def test_while_the_server_is_away_a_run_tries_one_mail_and_not_every_one(
    office: RealOffice, delivery: Delivery, closed_mailbox: Mailbox
) -> None:
    for agency in ("SYT", "SGDDT", "STC", "SNV"):
        office.register(f"A-{agency}", urgency=Urgency.URGENT, lead_agency=agency)

    delivery.deliver()
    office.later(seconds=30)
    delivery.deliver()

    tried = office.mails()
    assert len(tried) == 1
    assert all(problem for _, _, problem in tried)
    assert office.states().count("pending") >= 6


def test_a_mail_that_the_server_puts_off_is_repeated_byte_for_byte_in_the_same_thread(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.register("A-1", urgency=Urgency.URGENT)
    set_person(office, "chuyenvien.syt", email="")
    mailbox.data_answers = ["451 Try again later"] * 9

    first = delivery.deliver()
    with reading(office.engine) as connection:
        kept = connection.execute(select(MAIL).where(MAIL.c.recipient == "truong.syt")).one()
    mailbox.data_answers.clear()
    too_early = deliver_when(office.later(seconds=50), delivery)
    office.later(seconds=11)
    delivery.deliver()

    assert (first, too_early) == (0, 0)
    assert kept.attempts == 1
    assert "451" in kept.problem
    message = mailbox.to("truong.syt")[0]
    assert mailbox.raw[mailbox.received.index(message)] == kept.body.encode("latin-1")
    assert str(message["Message-ID"]) == kept.message_id
    assert str(message["References"]).startswith("<directive-A-1-")
    with reading(office.engine) as connection:
        done = connection.execute(select(MAIL).where(MAIL.c.recipient == "truong.syt")).one()
    assert (done.state, done.body, done.problem) == ("sent", None, None)
    assert done.sent_at == office.clock


def test_a_connection_that_breaks_after_the_data_repeats_only_the_same_message_id(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.register("A-1", urgency=Urgency.URGENT)
    mailbox.drops_after_data = 1

    delivery.deliver()
    office.later(minutes=2)
    delivery.deliver()

    identities = [str(message["Message-ID"]) for message in mailbox.received]
    people = len({str(message["To"]) for message in mailbox.received})
    assert len(identities) == people + 1
    assert len(set(identities)) == people
    assert set(office.states()) == {"sent"}


def test_a_worker_killed_between_sending_and_noting_it_repeats_only_the_same_message_id(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.register("A-1", urgency=Urgency.URGENT)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(mail_queue, "mark_sent", killed)
        with pytest.raises(KeyboardInterrupt):
            delivery.deliver()
    delivery.deliver()

    identities = [str(message["Message-ID"]) for message in mailbox.received]
    assert identities[0] == identities[1]
    assert len(identities) == len(set(identities)) + 1


def test_an_address_that_is_refused_for_good_is_parked_and_delays_nobody(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.register("A-1", urgency=Urgency.URGENT)
    mailbox.refused = {"truong.syt@quangngai.example": "550 No such user"}

    delivery.deliver()
    office.later(hours=3)
    delivery.deliver()

    assert mailbox.to("truong.syt") == []
    assert len(mailbox.to("chuyenvien.syt")) == 1
    assert office.states("truong.syt") == ["parked"]
    with reading(office.engine) as connection:
        shown = undelivered(connection)
    assert [(one.directive, one.attempts) for one in shown] == [("A-1", 1)]
    assert "550" in (shown[0].problem or "")


def test_an_address_that_takes_no_mail_for_five_days_is_given_up(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.register("A-1", urgency=Urgency.URGENT)
    mailbox.refused = {"truong.syt@quangngai.example": "452 Mailbox full"}
    delivery.deliver()

    office.at("Mon 2026-03-09 08:59")
    delivery.deliver()
    on_the_fifth_day = office.states("truong.syt")
    office.later(hours=1.1)
    delivery.deliver()

    assert on_the_fifth_day == ["composed"]
    assert office.states("truong.syt") == ["parked"]


def test_a_retry_waits_for_mail_hours_too(office: RealOffice, delivery: Delivery, closed_mailbox: Mailbox) -> None:
    office.at("Wed 2026-03-04 17:59").register("A-1", urgency=Urgency.URGENT)
    delivery.deliver()

    with closed_mailbox.open():
        office.at("Wed 2026-03-04 21:00")
        at_night = delivery.deliver()
        office.at("Thu 2026-03-05 07:00")
        delivery.deliver()

    assert at_night == 0
    assert len(closed_mailbox.to("truong.syt")) == 1


def test_a_notice_that_cannot_be_read_is_parked_and_the_others_leave(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.register("A-1", urgency=Urgency.URGENT)
    office.register("A-2", urgency=Urgency.URGENT)
    with writing(office.engine) as connection:
        connection.execute(update(NOTICE).where(NOTICE.c.directive == "A-1").values(content='{"kind":"moment"}'))

    delivery.deliver()
    office.later(seconds=10)
    delivery.deliver()

    with reading(office.engine) as connection:
        assert {one.state for one in deliveries_of(connection, "A-1")} == {"parked"}
        assert {one.state for one in deliveries_of(connection, "A-2")} == {"sent"}


def test_nobody_gets_more_than_twenty_mails_a_minute(office: RealOffice, delivery: Delivery, mailbox: Mailbox) -> None:
    for number in range(25):
        office.later(seconds=1).register(f"A-{number}", urgency=Urgency.URGENT)
        delivery.deliver()
    within_a_minute = len(mailbox.to("truong.syt"))

    office.later(minutes=1)
    delivery.deliver()

    assert within_a_minute == mail_run.MAILS_A_MINUTE_EACH
    assert len(mailbox.to("truong.syt")) == mail_run.MAILS_A_MINUTE_EACH + 1, "the five that waited make one"
    assert set(office.states("truong.syt")) == {"sent"}


def test_all_together_get_no_more_than_the_stated_rate(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_run, "MAILS_A_MINUTE", 3)
    for agency in ("SYT", "SGDDT", "STC"):
        office.register(f"A-{agency}", urgency=Urgency.URGENT, lead_agency=agency)

    sent = [delivery.deliver(), delivery.deliver()]
    office.later(minutes=1, seconds=1)
    sent.append(delivery.deliver())

    assert sent == [3, 0, 3]


def test_nothing_leaves_while_the_machines_clock_is_not_trusted(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.register("A-1", urgency=Urgency.URGENT)
    delivery.clock = ClockGuard(offset=ClockGuard().offset - 3_600)

    ahead = delivery.deliver()
    delivery.clock = ClockGuard()
    right = delivery.deliver()

    assert ahead == 0
    assert right > 0


def test_the_office_clock_is_the_machines_shifted_as_the_database_says(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    delivery.now = None
    office.at("Wed 2026-03-04 09:00").register("A-1", urgency=Urgency.URGENT)

    with time_machine.travel(local("Wed 2026-03-04 08:00"), tick=False):
        delivery.clock = ClockGuard()
        an_hour_early = delivery.deliver()
    with time_machine.travel(local("Wed 2026-03-04 09:01"), tick=False):
        delivery.clock = ClockGuard()
        then = delivery.deliver()

    assert an_hour_early == 0
    assert then > 0


def test_mails_kept_as_files_are_kept_once(office: RealOffice, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("mail")
    office.register("A-1", urgency=Urgency.URGENT)
    delivery = a_delivery(office, FolderTransport(folder))

    sent = delivery.deliver()

    assert len(list(folder.rglob("*.eml"))) == sent > 0


def test_a_sender_without_an_address_is_refused_at_the_start(
    office: RealOffice, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.raises(UnusableAddress):
        Delivery(
            engine=office.engine,
            references=office.references,
            transport=FolderTransport(tmp_path_factory.mktemp("mail")),
            sender="Văn phòng",
            base_url="",
        )


def test_the_history_says_how_each_notice_left(office: RealOffice, delivery: Delivery, mailbox: Mailbox) -> None:
    office.register("A-1")
    office.later(minutes=1).act("A-1", c.Cancel(reason="Thu hồi"), "theodoi.vanxa")
    delivery.deliver()
    cancelled_at = office.clock
    office.at("Thu 2026-03-05 08:00")
    delivery.deliver()

    with reading(office.engine) as connection:
        found = {(one.recipient, one.kind): one for one in deliveries_of(connection, "A-1")}

    told = found["truong.syt", "cancelled"]
    assert (told.channel, told.state, told.digest, told.sent_at) == ("email", "sent", False, cancelled_at)
    assert found["truong.syt", "assigned"].state == "dropped"
    assert found["truong.syt", "assigned"].due_at is None


# --- Webhooks -------------------------------------------------------------------------------------------------

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver:
    """A real web server that notes what it is told, and answers as it is bidden."""

    def __init__(self) -> None:
        self.status = 204
        self.told: list[tuple[dict[str, str], bytes]] = []
        self.hang = threading.Event()
        self.hang.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.hang.wait(20)
                receiver.told.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.hang.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receivers() -> Iterator[Callable[[], Receiver]]:
    made: list[Receiver] = []

    def make() -> Receiver:
        made.append(Receiver())
        return made[-1]

    yield make
    for receiver in made:
        receiver.close()


def hook(office: RealOffice, receiver: Receiver, number: int = 1) -> None:
    with writing(office.engine) as connection:
        connection.execute(
            insert(WEBHOOK).values(
                id=number, url=f"http://{receiver.address}/nhan", secret=SECRET, active=True, failures=0, after=0
            )
        )


def calling(office: RealOffice, folder: Path, *receivers: Receiver) -> Delivery:
    return a_delivery(
        office,
        FolderTransport(folder),
        frozenset(receiver.address for receiver in receivers),
    )


def test_a_webhook_gets_every_event_in_order_signed_and_once(
    office: RealOffice, receivers: Callable[[], Receiver], tmp_path_factory: pytest.TempPathFactory
) -> None:
    receiver = receivers()
    hook(office, receiver)
    delivery = calling(office, tmp_path_factory.mktemp("mail"), receiver)
    office.register("A-1")
    office.later(minutes=1).act("A-1", c.Acknowledge(), "truong.syt")

    delivery.deliver()
    assert delivery.webhooks.wait(20)
    delivery.deliver()
    assert delivery.webhooks.wait(20)

    events = [Webhook(SECRET).verify(body.decode(), headers) for headers, body in receiver.told]
    assert [(event["seq"], event["type"]) for event in events] == [
        (1, "directive.registered"),
        (2, "directive.assigned"),
        (3, "directive.acknowledged"),
    ]
    assert set(events[0]) == {"type", "id", "directive", "seq", "at", "planned_at", "kind", "actor", "data"}
    assert events[0]["data"]["content"].startswith("Khẩn trương")
    assert [headers["webhook-id"] for headers, _ in receiver.told] == [event["id"] for event in events]


def test_a_webhook_gets_a_hundred_events_in_one_go_and_the_rest_with_the_next(
    office: RealOffice, receivers: Callable[[], Receiver], tmp_path_factory: pytest.TempPathFactory
) -> None:
    receiver = receivers()
    hook(office, receiver)
    delivery = calling(office, tmp_path_factory.mktemp("mail"), receiver)
    for number in range(55):
        office.register(f"A-{number:02}")

    delivery.webhooks.start_due()
    assert delivery.webhooks.wait(30)
    in_one_go = len(receiver.told)
    delivery.webhooks.start_due()
    assert delivery.webhooks.wait(30)

    assert in_one_go == 100
    assert len(receiver.told) == 110
    sequence = [json.loads(body)["directive"] for _, body in receiver.told]
    assert sequence == sorted(sequence)


def test_a_receiver_that_fails_is_tried_later_and_goes_on_where_it_stopped(
    office: RealOffice, receivers: Callable[[], Receiver], tmp_path_factory: pytest.TempPathFactory
) -> None:
    receiver = receivers()
    receiver.status = 500
    hook(office, receiver)
    delivery = calling(office, tmp_path_factory.mktemp("mail"), receiver)
    office.register("A-1")

    delivery.webhooks.start_due()
    assert delivery.webhooks.wait(20)
    too_early = delivery.webhooks.start_due()
    with reading(office.engine) as connection:
        trouble = troubled_webhooks(connection)
    receiver.status = 200
    office.later(minutes=1)
    delivery.webhooks.start_due()
    assert delivery.webhooks.wait(20)

    assert too_early == 0
    assert [(one.active, one.failures) for one in trouble] == [(True, 1)]
    assert "500" in trouble[0].problem
    assert [json.loads(body)["seq"] for _, body in receiver.told] == [1, 1, 2]
    assert len({headers["webhook-id"] for headers, _ in receiver.told}) == 2
    with reading(office.engine) as connection:
        assert troubled_webhooks(connection) == ()


def test_a_receiver_that_fails_twenty_times_in_a_row_is_switched_off_and_named(
    office: RealOffice, receivers: Callable[[], Receiver], tmp_path_factory: pytest.TempPathFactory
) -> None:
    receiver = receivers()
    receiver.status = 500
    hook(office, receiver)
    delivery = calling(office, tmp_path_factory.mktemp("mail"), receiver)
    office.register("A-1")

    for _ in range(FAILURES_ALLOWED + 5):
        delivery.webhooks.start_due()
        assert delivery.webhooks.wait(20)
        office.later(hours=1)

    assert len(receiver.told) == FAILURES_ALLOWED
    with reading(office.engine) as connection:
        assert [(one.active, "500" in one.problem) for one in troubled_webhooks(connection)] == [(False, True)]


def test_a_receiver_that_is_gone_for_good_is_switched_off_at_once(
    office: RealOffice, receivers: Callable[[], Receiver], tmp_path_factory: pytest.TempPathFactory
) -> None:
    receiver = receivers()
    receiver.status = 410
    hook(office, receiver)
    delivery = calling(office, tmp_path_factory.mktemp("mail"), receiver)
    office.register("A-1")

    delivery.webhooks.start_due()

    assert delivery.webhooks.wait(20)
    with reading(office.engine) as connection:
        assert [(one.active, one.failures) for one in troubled_webhooks(connection)] == [(False, 1)]


def test_a_receiver_that_hangs_delays_neither_mails_nor_other_receivers(
    office: RealOffice, receivers: Callable[[], Receiver], tmp_path_factory: pytest.TempPathFactory
) -> None:
    hanging, healthy = receivers(), receivers()
    hanging.hang.clear()
    hook(office, hanging, 1)
    hook(office, healthy, 2)
    folder = tmp_path_factory.mktemp("mail")
    delivery = calling(office, folder, hanging, healthy)
    office.register("A-1", urgency=Urgency.URGENT)

    started = time.monotonic()
    delivery.deliver()
    took = time.monotonic() - started
    healthy_is_done = _until(lambda: len(healthy.told) == 2)
    claimed_elsewhere = calling(office, folder, hanging, healthy).webhooks.start_due()

    assert took < 5
    assert list(folder.rglob("*.eml"))
    assert healthy_is_done
    assert hanging.told == []
    assert claimed_elsewhere == 0, "another worker leaves it alone"
    hanging.hang.set()
    assert delivery.webhooks.wait(20)


def test_a_number_that_is_missing_in_the_ledger_is_waited_for_a_minute(
    office: RealOffice, receivers: Callable[[], Receiver], tmp_path_factory: pytest.TempPathFactory
) -> None:
    receiver = receivers()
    hook(office, receiver)
    delivery = calling(office, tmp_path_factory.mktemp("mail"), receiver)
    office.register("A-1")
    with writing(office.engine) as connection:
        last = connection.execute(select(LEDGER).order_by(LEDGER.c.id.desc())).first()
        assert last is not None
        connection.execute(insert(LEDGER).values(**{**last._mapping, "id": last.id + 2, "directive": "A-2", "seq": 1}))

    delivery.webhooks.start_due()
    assert delivery.webhooks.wait(20)
    before_the_gap = len(receiver.told)
    office.later(minutes=2)
    delivery.webhooks.start_due()
    assert delivery.webhooks.wait(20)

    assert before_the_gap == 2
    assert [json.loads(body)["directive"] for _, body in receiver.told] == ["A-1", "A-1", "A-2"]


def _until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Wait for a condition."""
    ends_at = time.monotonic() + seconds
    ready = threading.Event()
    while not condition() and time.monotonic() < ends_at:
        ready.wait(0.02)
    return condition()
