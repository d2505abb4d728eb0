"""RULES 23: a digest is composed when it leaves; the history says "trong bản tổng hợp 08:00", not "e-mail"."""

import datetime as dt
from email.message import EmailMessage

from builders import a_deadline, clock_face, local
from office_fixture import Desk
from real_office import Mailbox, RealOffice, a_delivery
from sqlalchemy import select

import shell.asking
from activities.delivery import Delivery
from activities.transports import FolderTransport
from database.deliveries import deliveries_of
from database.engine import reading
from models import commands as c
from models.tables import MAIL
from models.vocabulary import Urgency


def words(message: EmailMessage) -> str:
    """The plain text of a mail on one line."""
    body = message.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def states(office: RealOffice, code: str) -> dict[tuple[str, str], str]:
    with reading(office.engine) as connection:
        return {(one.recipient, one.kind): one.state for one in deliveries_of(connection, code)}


def test_rule_23_what_was_completed_in_the_minute_before_the_digest_left_is_not_in_it(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    for code in ("DONE", "OPEN"):
        office.at("Wed 2026-03-04 09:00").register(code, acknowledged=True, deadline=a_deadline("2026-03-06", "Friday"))
    office.at("Thu 2026-03-05 07:58").act("DONE", c.Submit(result="Báo cáo"), "truong.syt")
    office.at("Thu 2026-03-05 07:59").act("DONE", c.Accept(), "theodoi.vanxa")

    office.at("Thu 2026-03-05 08:00").tell_all()
    delivery.deliver()

    [digest] = mailbox.to("chuyenvien.syt")
    told_of = {
        code: {kind: state for (person, kind), state in states(office, code).items() if person == "chuyenvien.syt"}
        for code in ("DONE", "OPEN")
    }
    assert told_of == {
        "DONE": {"assigned": "dropped", "accepted": "sent"},
        "OPEN": {"assigned": "sent", "moment": "sent"},
    }
    assert "2 nhiệm vụ" in str(digest["Subject"]), "the one that is open, and that the other one is done"


def test_rule_23_a_directive_cancelled_while_the_office_was_closed_leaves_nothing_but_its_cancellation(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.at("Fri 2026-03-06 16:00").register("A-1", coordinating_agencies=("STC",))
    office.at("Sun 2026-03-08 20:00").act("A-1", c.Cancel(reason="Ban hành nhầm"), "theodoi.vanxa")

    for moment in ("Mon 2026-03-09 07:00", "Mon 2026-03-09 08:00", "Tue 2026-03-10 08:00"):
        office.at(moment).tell_all()
        delivery.deliver()

    for person in ("truong.syt", "chuyenvien.syt", "chuyenvien.stc"):
        [told] = mailbox.to(person)
        assert "Ban hành nhầm" in words(told)


def test_rule_23_what_was_completed_and_reopened_before_the_digest_left_is_said(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.at("Wed 2026-03-04 09:00").register("A-1", acknowledged=True)
    office.at("Wed 2026-03-04 10:00").act("A-1", c.Submit(result="Báo cáo"), "truong.syt")
    office.at("Wed 2026-03-04 10:01").act("A-1", c.Accept(), "theodoi.vanxa")
    office.at("Wed 2026-03-04 10:02").act(
        "A-1", c.Reopen(deadline=a_deadline("2026-03-20", "Friday"), reason="Chưa đạt"), "theodoi.vanxa"
    )

    office.at("Thu 2026-03-05 08:00").tell_all()
    delivery.deliver()

    assert states(office, "A-1")["chuyenvien.syt", "assigned"] == "sent"


def test_rule_23_the_digest_counts_days_and_what_is_overdue_as_of_the_morning_on_which_it_leaves(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.at("Mon 2026-03-02 09:00").register("A-1", acknowledged=True, deadline=a_deadline("2026-03-04", "Wednesday"))
    for morning in ("Tue 2026-03-03 08:00", "Wed 2026-03-04 08:00"):
        office.at(morning).tell_all()
        delivery.deliver()
    office.at("Wed 2026-03-04 16:00").act("A-1", c.Comment(text="Còn thiếu phụ lục 2"), "theodoi.vanxa")
    mailbox.received.clear()

    office.at("Thu 2026-03-05 08:00").tell_all()
    delivery.deliver()

    [told] = mailbox.to("chuyenvien.syt")
    assert "Còn thiếu phụ lục 2" in words(told)
    assert "quá hạn 1 ngày làm việc" in str(told["Subject"])
    assert "đến hạn hôm nay" not in words(told)


def test_rule_23_after_the_mail_server_was_away_the_digest_is_composed_anew_when_it_leaves_at_last(
    office: RealOffice, delivery: Delivery, closed_mailbox: Mailbox
) -> None:
    for agency in ("SYT", "SGDDT", "STC", "SNV"):
        office.at("Wed 2026-03-04 09:00").register(f"A-{agency}", lead_agency=agency, acknowledged=True)
    office.at("Thu 2026-03-05 08:00").tell_all()
    assert delivery.deliver() == 0  # two were tried, the others wait uncomposed
    for agency in ("SYT", "SGDDT", "STC", "SNV"):
        head = f"truong.{agency.lower()}"
        office.at("Thu 2026-03-05 09:00").act(f"A-{agency}", c.Submit(result="Báo cáo"), head)
        office.at("Thu 2026-03-05 09:30").act(f"A-{agency}", c.Accept(), "theodoi.vanxa")

    with closed_mailbox.open():
        for minute in range(0, 60, 6):
            office.at(f"Thu 2026-03-05 10:{minute:02}")
            delivery.deliver()

    about_assignment = [message for message in closed_mailbox.received if "chuyenvien" in str(message["To"])]
    assert len(about_assignment) <= 2, "only what was composed before is sent as it was"
    dropped = [
        code
        for code in ("A-SYT", "A-SGDDT", "A-STC", "A-SNV")
        if "dropped" in {state for (_, kind), state in states(office, code).items() if kind == "assigned"}
    ]
    assert len(dropped) >= 2


def test_rule_23_the_history_says_in_which_digest_and_never_says_e_mail(desk: Desk) -> None:
    office = RealOffice(desk.office.engine, references=desk.office.references)
    delivery = a_delivery(office, FolderTransport(desk.data / "mail"))
    office.at("Tue 2026-03-03 09:00").register("ROUTINE", deadline=a_deadline("2026-03-20", "Friday"))
    office.register("URGENT", urgency=Urgency.URGENT)
    office.later(minutes=1)
    delivery.deliver()
    office.at("Wed 2026-03-04 08:00").tell_all()
    delivery.deliver()

    routine = desk.dondoc(shell.asking, "history", "ROUTINE").out
    urgent = desk.dondoc(shell.asking, "history", "URGENT").out

    head = desk.office.reference().directory.person_name("truong.syt")
    assert f"→ {head}: trong bản tổng hợp 08:00 04/03/2026" in routine
    assert f"→ {head}: bằng thư riêng lúc 09:01 03/03/2026" in urgent
    assert "trong bản tổng hợp" in routine
    for told in (routine, urgent):
        assert "e-mail" not in told.lower()
        assert "email" not in told.lower()


def test_rule_23_a_digest_that_left_late_is_named_by_the_minute_at_which_it_left(desk: Desk) -> None:
    office = RealOffice(desk.office.engine, references=desk.office.references)
    delivery = a_delivery(office, FolderTransport(desk.data / "mail"))
    office.at("Tue 2026-03-03 09:00").register("A-1", acknowledged=True)

    office.at("Wed 2026-03-04 09:40").tell_all()  # the engine was away at eight
    delivery.deliver()

    assert "trong bản tổng hợp 09:40 04/03/2026" in desk.dondoc(shell.asking, "history", "A-1").out


def test_rule_23_a_person_has_one_digest_a_morning_over_a_week_with_days_off_in_it(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    """The week of 24 April 2026: Monday is a day off, and so are Thursday and Friday."""
    instant = local("Fri 2026-04-24 06:00")
    number = 0
    while instant < local("Mon 2026-05-04 13:00"):
        office.clock = instant
        number += 1
        office.register(f"A-{number:02}", acknowledged=True)
        delivery.deliver()
        instant += dt.timedelta(hours=6)

    with reading(office.engine) as connection:
        digests = [
            clock_face(composed_at)
            for (composed_at,) in connection.execute(
                select(MAIL.c.composed_at)
                .where(MAIL.c.recipient == "truong.syt", MAIL.c.digest.is_(True))
                .order_by(MAIL.c.composed_at)
            )
        ]
    # It is looked at six, at noon, at six in the evening and at midnight, and a second after an acknowledgement.
    assert digests == [
        "Fri 2026-04-24 12:00:01",
        "Tue 2026-04-28 12:00:01",
        "Wed 2026-04-29 12:00:01",
        "Mon 2026-05-04 12:00:01",
    ]
    assert len(mailbox.to("truong.syt")) == 4
