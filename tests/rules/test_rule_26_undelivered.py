"""RULES 26: undelivered is shown on the directive, to the secretariat, and in doctor; no address is tried for ever."""

import datetime as dt
from itertools import pairwise

import pytest
from builders import a_deadline
from office_fixture import Desk
from real_office import Mailbox, RealOffice, a_delivery
from sqlalchemy import update

import shell.asking
from activities.delivery import Delivery
from activities.mail_run import GIVE_UP_AFTER
from activities.smtp_server import read_smtp_url
from activities.smtp_transport import SmtpTransport
from database.deliveries import undelivered
from database.engine import reading, writing
from database.reference import raise_revision
from documents.language import Language
from models import commands as c
from models.tables import MAIL, PERSON
from models.vocabulary import Urgency
from services.doctor import Check, work_checks

HEAD = "truong.syt@quangngai.example"
BOUNCE = "550 5.1.1 No such user here"


@pytest.fixture
def acting(desk: Desk) -> RealOffice:
    """The desk's office, acting through the one door, on Wednesday 4 March 2026, 09:00."""
    return RealOffice(desk.office.engine, references=desk.office.references)


@pytest.fixture
def sending(acting: RealOffice, mailbox: Mailbox) -> Delivery:
    server = read_smtp_url(f"smtp://127.0.0.1:{mailbox.port}")
    return a_delivery(acting, SmtpTransport(server, connect_seconds=2, whole_seconds=5))


def doctor(desk: Desk) -> Check:
    with reading(desk.office.engine) as connection:
        checks = work_checks(connection, desk.office.reference(connection), desk.office.now())
        return next(one for one in checks if one.name == "undelivered")


def inbox(desk: Desk, person: str, *words: str) -> list[dict[str, str]]:
    found = desk.dondoc(shell.asking, "inbox", person, *words, "--json").json
    return [one for one in found if one["kind"] == "mail_undelivered"]


# --- Shown ----------------------------------------------------------------------------------------------------


def test_rule_26_a_bouncing_address_is_shown_in_the_directives_history_with_person_and_reason(
    desk: Desk, acting: RealOffice, sending: Delivery, mailbox: Mailbox
) -> None:
    mailbox.refused = {HEAD: BOUNCE}
    acting.register("A-1", urgency=Urgency.URGENT)
    acting.register("A-2", urgency=Urgency.URGENT, lead_agency="SGDDT")

    sending.deliver()

    name = desk.office.reference().directory.person_name("truong.syt")
    history = desk.dondoc(shell.asking, "history", "A-1").out
    line = next(line for line in history.splitlines() if "không gửi được" in line)
    assert name in line
    assert "550 5.1.1 No such user here" in line
    assert HEAD in line
    assert "không gửi được" not in desk.dondoc(shell.asking, "history", "A-2").out


def test_rule_26_a_bouncing_address_is_shown_where_the_directive_stands(
    desk: Desk, acting: RealOffice, sending: Delivery, mailbox: Mailbox
) -> None:
    mailbox.refused = {HEAD: BOUNCE}
    acting.register("A-1", urgency=Urgency.URGENT)

    sending.deliver()

    assert "550 5.1.1 No such user here" in desk.dondoc(shell.asking, "status", "A-1").out
    [told] = desk.dondoc(shell.asking, "status", "A-1", "--json").json["undelivered"]
    assert told["recipient"] == "truong.syt"


def test_rule_26_the_officer_who_follows_the_directive_hears_in_the_inbox_what_came_to_nobody_and_what_to_do(
    desk: Desk, acting: RealOffice, sending: Delivery, mailbox: Mailbox
) -> None:
    mailbox.refused = {HEAD: BOUNCE}
    acting.register("A-1", urgency=Urgency.URGENT, field="y-te")
    acting.register("A-2", urgency=Urgency.URGENT, field="y-te")

    sending.deliver()

    follower = desk.office.reference().directory.field_of("y-te", "SYT").monitoring_officer  # type: ignore[union-attr]
    assert follower is not None
    [told] = inbox(desk, follower)
    name = desk.office.reference().directory.person_name("truong.syt")
    assert name in told["text"]
    assert "A-1" in told["text"]
    assert "A-2" in told["text"]
    assert "550 5.1.1 No such user here" in told["text"]
    assert "danh bạ" in told["text"]
    assert inbox(desk, "truong.sgddt") == []
    english = desk.dondoc(shell.asking, "inbox", follower, language=Language.EN).out
    assert f"Mail to {name} does not arrive" in english


def test_rule_26_the_secretariat_hears_it_once_while_unread_and_again_after_it_was_read(
    desk: Desk, acting: RealOffice, sending: Delivery, mailbox: Mailbox
) -> None:
    mailbox.refused = {HEAD: BOUNCE}
    acting.register("A-1", urgency=Urgency.URGENT, field="y-te")
    follower = desk.office.reference().directory.field_of("y-te", "SYT").monitoring_officer or ""  # type: ignore[union-attr]
    counted = []

    for number in range(6):
        acting.later(minutes=5).act("A-1", c.Urge(text=f"Lần {number}"), "chutich")
        sending.deliver()
        counted.append(len(inbox(desk, follower)))
        if number == 2:
            desk.dondoc(shell.asking, "inbox", follower, "--mark-read")

    assert counted == [1, 1, 1, 2, 2, 2]
    assert len(undelivered_of(acting)) == 7, "each of the mails is shown on the directive"


def undelivered_of(office: RealOffice) -> list[str]:
    with reading(office.engine) as connection:
        return [one.recipient for one in undelivered(connection)]


def test_rule_26_where_nobody_follows_the_directive_the_chief_of_office_hears(
    desk: Desk, acting: RealOffice, sending: Delivery, mailbox: Mailbox
) -> None:
    mailbox.refused = {HEAD: BOUNCE}
    with writing(desk.office.engine) as connection:
        connection.execute(update(PERSON).where(PERSON.c.code.like("theodoi.%")).values(locked=True))
        raise_revision(connection, "directory")
    acting.register("A-1", urgency=Urgency.URGENT, field="y-te")

    sending.deliver()

    assert len(inbox(desk, "chanhvanphong")) == 1


def test_rule_26_doctor_names_the_address_and_the_reason_until_it_is_long_ago(
    desk: Desk, acting: RealOffice, sending: Delivery, mailbox: Mailbox
) -> None:
    assert doctor(desk).ok
    mailbox.refused = {HEAD: BOUNCE}
    acting.register("A-1", urgency=Urgency.URGENT)

    sending.deliver()

    found = doctor(desk)
    assert not found.ok
    for part in ("1 thư không gửi được", HEAD, "550 5.1.1 No such user here"):
        assert part in found.said.explain(Language.VI)
    desk.time_is("Wed 2026-04-08 09:00")
    assert doctor(desk).ok


def test_rule_26_mail_for_somebody_who_has_lost_his_account_is_shown_to_the_secretariat_too(
    desk: Desk, acting: RealOffice, sending: Delivery, mailbox: Mailbox
) -> None:
    acting.register("A-1", field="y-te")
    with writing(desk.office.engine) as connection:
        connection.execute(update(PERSON).where(PERSON.c.code == "truong.syt").values(locked=True))
        raise_revision(connection, "directory")

    acting.at("Thu 2026-03-05 08:00").tell_all()
    sending.deliver()

    follower = desk.office.reference().directory.field_of("y-te", "SYT").monitoring_officer or ""  # type: ignore[union-attr]
    assert mailbox.to("truong.syt") == []
    [told] = inbox(desk, follower)
    assert "đã khóa" in told["text"]


# --- Not for ever ---------------------------------------------------------------------------------------------


def test_rule_26_an_address_that_is_refused_for_good_is_tried_once_for_each_mail(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    mailbox.refused = {HEAD: BOUNCE}
    office.register("A-1", urgency=Urgency.URGENT)

    for _ in range(40):
        delivery.deliver()
        office.later(hours=1)

    with reading(office.engine) as connection:
        [row] = connection.execute(MAIL.select().where(MAIL.c.recipient == "truong.syt")).all()
    assert (row.state, row.attempts) == ("parked", 1)
    assert office.states("truong.syt") == ["parked"]


def test_rule_26_an_address_that_is_full_is_tried_ever_more_rarely_for_five_days_and_then_given_up(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    assert GIVE_UP_AFTER.days == 5
    mailbox.refused = {HEAD: "452 4.2.2 Mailbox full"}
    office.at("Mon 2026-03-02 09:00").register("A-1", urgency=Urgency.FLASH)  # at any hour: nights count as well
    tries: list[dt.datetime] = []

    for run in range(60 + 5 * 48 + 2):  # every minute of the first hour, then every half an hour
        before = _attempts(office)
        delivery.deliver()
        if _attempts(office) > before:
            tries.append(office.clock)
        office.later(minutes=1 if run < 60 else 30)

    minutes = [(later - earlier) / dt.timedelta(minutes=1) for earlier, later in pairwise(tries)]
    assert minutes[:5] == [1, 2, 4, 8, 16], "each pause twice as long as the one before"
    assert max(minutes) <= 90, "an hour at most, as far as it is looked at every half an hour"
    assert dt.timedelta(days=5) <= tries[-1] - tries[0] <= dt.timedelta(days=5, hours=1.5)
    assert office.states("truong.syt") == ["parked"]


def _attempts(office: RealOffice) -> int:
    with reading(office.engine) as connection:
        rows = connection.execute(MAIL.select().where(MAIL.c.recipient == "truong.syt", MAIL.c.digest.is_(False)))
        return min((row.attempts for row in rows), default=0)


def test_rule_26_an_address_put_right_gets_the_next_mail(
    desk: Desk, acting: RealOffice, sending: Delivery, mailbox: Mailbox
) -> None:
    mailbox.refused = {HEAD: BOUNCE}
    acting.register("A-1", urgency=Urgency.URGENT, deadline=a_deadline("2026-03-20", "Friday"))
    sending.deliver()
    with writing(desk.office.engine) as connection:
        connection.execute(
            update(PERSON).where(PERSON.c.code == "truong.syt").values(email="giamdoc.syt@quangngai.example")
        )
        raise_revision(connection, "directory")

    acting.later(minutes=5).act("A-1", c.Urge(text="Khẩn trương"), "chutich")
    sending.deliver()

    assert [str(mail["To"]).count("giamdoc.syt@") for mail in mailbox.received if "giamdoc" in str(mail["To"])] == [1]
