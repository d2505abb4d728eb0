"""RULES 24: one event that reaches many gives a leader one bundle; a stated rate is kept, for each and for all."""

import datetime as dt
from collections import Counter
from email.message import EmailMessage
from typing import Any

import pytest
from builders import a_deadline, day
from real_office import Mailbox, RealOffice
from sqlalchemy import select, update

from activities import mail_run
from activities.delivery import Delivery
from database.engine import reading, writing
from database.reference import raise_revision
from models import commands as c
from models.directive import SourceDocument
from models.dispatch import LONGEST_QUIET, QUIET
from models.tables import MAIL, PERSON
from models.vocabulary import Urgency

DOCUMENT = SourceDocument(number="15/CĐ-UBND", date=day("2026-03-02", "Monday"), type="Công điện")


@pytest.fixture
def communes(office: RealOffice) -> list[str]:
    """The 96 communes of the province; their officers have no address, so each gets one mail, to its head."""
    without_mail(office, "chuyenvien.x%")
    with reading(office.engine) as connection:
        agencies = office.references.get(connection).directory.agencies
    found = [agency.code for agency in agencies if agency.kind == "commune" and agency.holds_on(office.clock.date())]
    assert len(found) == 96
    return found


def without_mail(office: RealOffice, people: str) -> None:
    with writing(office.engine) as connection:
        connection.execute(update(PERSON).where(PERSON.c.code.like(people)).values(email=""))
        raise_revision(connection, "directory")


def hand_out(office: RealOffice, communes: list[str], **changes: Any) -> None:
    """One document that gives each commune the same task, taken in one after another in a few seconds."""
    for commune in communes:
        office.register(
            f"BAO-{commune}",
            lead_agency=commune,
            field="giao-thong",
            supervising_leader="pct.kinhte",
            document=DOCUMENT,
            **changes,
        )
        office.later(milliseconds=80)


def run_until_quiet(office: RealOffice, delivery: Delivery, most: int = 30) -> list[int]:
    """Run the delivery every ten seconds, as its Schedule does, until nothing leaves any more; what each run sent."""
    sent = [delivery.deliver()]
    while "pending" in office.states() and len(sent) < most:
        office.later(seconds=10)
        sent.append(delivery.deliver())
    return sent


def busiest_minute(times: list[dt.datetime]) -> int:
    return max(sum(start <= one < start + dt.timedelta(minutes=1) for one in times) for start in times)


def test_rule_24_a_directive_for_96_communes_that_falls_overdue_gives_the_vice_chairman_one_bundle(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox, communes: list[str]
) -> None:
    without_mail(office, "truong.x%")  # they read it here; the leaders' mails are what this is about
    office.at("Mon 2026-03-02 09:00")
    hand_out(office, communes, deadline=a_deadline("2026-03-05", "Thursday"))
    office.at("Fri 2026-03-13 08:00").tell_all()  # all that came before
    run_until_quiet(office, delivery)
    assert mailbox.to("pct.kinhte") == []

    office.at("Mon 2026-03-16 08:00").tell_all()  # +7: level 3, to the vice-chairman in charge
    run_until_quiet(office, delivery)

    [bundle] = mailbox.to("pct.kinhte")
    assert "96 nhiệm vụ" in str(bundle["Subject"])
    assert "96 quá hạn" in str(bundle["Subject"])
    assert all(f"BAO-{commune}" in plain(bundle) for commune in communes)


def test_rule_24_an_urgent_directive_for_96_communes_gives_who_coordinates_one_bundle_and_each_commune_its_own_mail(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox, communes: list[str]
) -> None:
    delivery.quiet = QUIET
    office.at("Mon 2026-03-02 09:00")
    for number, commune in enumerate(communes):  # the delivery runs meanwhile, as it does in an office
        _urgent(office, commune)
        office.later(milliseconds=300)
        if number % 12 == 0:
            delivery.deliver()

    run_until_quiet(office, delivery)

    [bundle] = mailbox.to("chuyenvien.stc")
    assert "96 nhiệm vụ" in str(bundle["Subject"])
    others = Counter(str(message["To"]) for message in mailbox.received if message is not bundle)
    assert len(others) >= 96, others.most_common(3)
    assert set(others.values()) == {1}


def _urgent(office: RealOffice, commune: str) -> None:
    office.register(
        f"BAO-{commune}",
        lead_agency=commune,
        coordinating_agencies=("STC",),
        document=DOCUMENT,
        urgency=Urgency.URGENT,
    )


def test_rule_24_nobody_waits_longer_than_a_minute_for_an_event_that_goes_on_reaching_more(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox, communes: list[str]
) -> None:
    delivery.quiet = QUIET
    office.at("Mon 2026-03-02 09:00")
    begun = office.clock

    for commune in communes[:35]:  # a slow intake: one every two seconds, never quiet
        _urgent(office, commune)
        delivery.deliver()
        office.later(seconds=2)
    office.later(seconds=10)
    delivery.deliver()

    with reading(office.engine) as connection:
        sent = [
            at
            for (at,) in connection.execute(
                select(MAIL.c.sent_at).where(MAIL.c.recipient == "chuyenvien.stc").order_by(MAIL.c.sent_at)
            )
        ]
    assert LONGEST_QUIET <= sent[0] - begun <= LONGEST_QUIET + dt.timedelta(seconds=2)
    assert len(sent) == 2, "one after a minute, the rest when it was over"


def test_rule_24_sending_keeps_the_stated_rate_in_all_in_every_minute_and_everything_leaves(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox, communes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (mail_run.MAILS_A_MINUTE, mail_run.MAILS_A_MINUTE_EACH) == (300, 20), "the stated rates"
    monkeypatch.setattr(mail_run, "MAILS_A_MINUTE", 20)  # the same with a small crowd
    office.at("Mon 2026-03-02 09:00")
    hand_out(office, communes[:45], urgency=Urgency.URGENT)

    run_until_quiet(office, delivery)

    with reading(office.engine) as connection:
        times = [at for (at,) in connection.execute(select(MAIL.c.sent_at))]
    assert set(office.states()) == {"sent"}
    assert len(times) == len(mailbox.received) == 45
    assert busiest_minute(times) == 20
    assert max(times) - min(times) < dt.timedelta(minutes=3), "and no slower than that"


def test_rule_24_sending_keeps_the_stated_rate_for_each_person_holds_up_nobody_else_and_loses_nothing(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.at("Mon 2026-03-02 09:00").register("A-0", document=DOCUMENT, acknowledged=True)
    for number in range(24):  # a leader who urges every second
        office.later(seconds=1).act("A-0", c.Urge(text=f"Lần {number}"), "chutich")
        delivery.deliver()
    at_the_rate = len(mailbox.to("truong.syt"))

    office.register("A-1", lead_agency="SGDDT", document=DOCUMENT, urgency=Urgency.URGENT)
    delivery.deliver()
    meanwhile = (len(mailbox.to("truong.syt")), len(mailbox.to("truong.sgddt")))
    office.later(minutes=1)
    delivery.deliver()

    assert at_the_rate == mail_run.MAILS_A_MINUTE_EACH
    assert meanwhile == (mail_run.MAILS_A_MINUTE_EACH, 1)
    assert len(mailbox.to("truong.syt")) == mail_run.MAILS_A_MINUTE_EACH + 1, "what waited made one mail"
    told = "\n".join(plain(message) for message in mailbox.to("truong.syt"))
    assert all(f"Lần {number}\n" in told for number in range(24))


def plain(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r", "")
