"""RULES 22: e-mail leaves in working hours of working days only (07:00-18:00); flash and a leader's own act at once."""

import datetime as dt

import pytest
from builders import a_deadline, clock_face, day, local, the_policy
from hypothesis import given, settings
from hypothesis import strategies as st
from real_office import Mailbox, RealOffice
from sqlalchemy import select

from activities.delivery import Delivery
from database.engine import reading, writing
from database.reference import write_calendar_days
from database.seed_data import read_calendar_file
from models import commands as c
from models.calendar import CalendarRow, local_day
from models.directive import SourceDocument
from models.dispatch import Waiting, leaves_at, mail_may_leave
from models.local_time import LOCAL
from models.policy import MailHours
from models.tables import DELIVERY, MAIL, NOTICE
from models.vocabulary import Urgency

CALENDAR = read_calendar_file().to_calendar()
HOURS = MailHours()


def waiting(at: str, **changes: object) -> Waiting:
    usual: dict[str, object] = {
        "delivery": 1, "notice": 1, "directive": "A", "seq": 3, "recipient": "truong.syt", "at": local(at),
        "kind": "assigned",
    }  # fmt: skip
    return Waiting.model_validate({**usual, **changes})


def leaves(at: str, **changes: object) -> str:
    """When something made at that instant leaves, as somebody who looks all the time would see."""
    return clock_face(leaves_at(waiting(at, **changes), HOURS, CALENDAR, local(at)))


# --- The hours ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "urgent", "routine"),
    [
        ("Wed 2026-03-04 06:59:59", "Wed 2026-03-04 07:00", "Wed 2026-03-04 08:00"),
        ("Wed 2026-03-04 07:00", "Wed 2026-03-04 07:00", "Wed 2026-03-04 08:00"),
        ("Wed 2026-03-04 09:30", "Wed 2026-03-04 09:30", "Thu 2026-03-05 08:00"),
        ("Wed 2026-03-04 17:59:59", "Wed 2026-03-04 17:59:59", "Thu 2026-03-05 08:00"),
        ("Wed 2026-03-04 18:00", "Thu 2026-03-05 07:00", "Thu 2026-03-05 08:00"),
        ("Fri 2026-03-06 18:00", "Mon 2026-03-09 07:00", "Mon 2026-03-09 08:00"),
        ("Sat 2026-03-07 10:00", "Mon 2026-03-09 07:00", "Mon 2026-03-09 08:00"),
        ("Fri 2026-02-13 18:30", "Mon 2026-02-23 07:00", "Mon 2026-02-23 08:00"),  # over Tết Bính Ngọ
        ("Tue 2026-02-17 00:00", "Mon 2026-02-23 07:00", "Mon 2026-02-23 08:00"),  # Tết itself
        ("Thu 2023-01-19 18:00", "Fri 2023-01-27 07:00", "Fri 2023-01-27 08:00"),  # Tết Quý Mão
        ("Fri 2024-05-03 20:00", "Sat 2024-05-04 07:00", "Sat 2024-05-04 08:00"),  # a worked Saturday
        ("Fri 2024-04-26 18:00", "Thu 2024-05-02 07:00", "Thu 2024-05-02 08:00"),  # a Monday swapped away
        ("Fri 2026-08-21 18:00", "Sat 2026-08-22 07:00", "Sat 2026-08-22 08:00"),
        ("Sat 2026-08-22 18:00", "Mon 2026-08-24 07:00", "Mon 2026-08-24 08:00"),
        ("Thu 2026-12-31 18:00", "Mon 2027-01-04 07:00", "Mon 2027-01-04 08:00"),  # over the end of a year
    ],
)
def test_rule_22_what_is_due_outside_mail_hours_goes_at_the_next_opening(made: str, urgent: str, routine: str) -> None:
    assert leaves(made, at_once=True) == clock_face(local(urgent))
    assert leaves(made, kind="moment", level=1) == clock_face(local(urgent)), "an escalation is urgent"
    assert leaves(made) == clock_face(local(routine))
    assert leaves(made, any_hour=True) == clock_face(local(made)), "flash does not wait"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Wed 2026-03-04 23:59:59", "Thu 2026-03-05 00:00"),  # between working days
        ("Fri 2026-03-06 23:59:59", "Sat 2026-03-07 00:00"),  # into a weekend
        ("Sun 2026-03-08 23:59:59", "Mon 2026-03-09 00:00"),  # out of one
        ("Fri 2024-05-03 23:59:59", "Sat 2024-05-04 00:00"),  # into a worked Saturday
        ("Sun 2026-02-22 23:59:59", "Mon 2026-02-23 00:00"),  # out of Tết
        ("Thu 2026-12-31 23:59:59", "Fri 2027-01-01 00:00"),  # into another year
    ],
)
def test_rule_22_midnight_changes_nothing(before: str, after: str) -> None:
    for kind in ({"at_once": True}, {"kind": "moment", "level": 2}, {}):
        assert leaves(before, **kind) == leaves(after, **kind)


@settings(max_examples=300, deadline=None)
@given(
    made=st.datetimes(dt.datetime(2022, 1, 1), dt.datetime(2027, 6, 1), timezones=st.just(dt.UTC)),  # noqa: DTZ001
    looked_after=st.timedeltas(dt.timedelta(0), dt.timedelta(days=12)),
    at_once=st.booleans(),
    digest_left=st.booleans(),
)
def test_rule_22_nothing_but_flash_and_leaders_acts_ever_leaves_outside_mail_hours_and_nothing_waits_without_end(
    made: dt.datetime, looked_after: dt.timedelta, at_once: bool, digest_left: bool
) -> None:
    notice = waiting("Wed 2026-03-04 09:00", at_once=at_once).model_copy(update={"at": made})
    now = made + looked_after

    leaving = leaves_at(notice, HOURS, CALENDAR, now, digest_left=digest_left)

    face = leaving.astimezone(LOCAL)
    assert leaving >= now
    assert CALENDAR.is_working(face.date())
    assert dt.time(7) <= face.time() < dt.time(18)
    assert CALENDAR.working_days_between(local_day(now), face.date()) <= 2
    assert mail_may_leave(HOURS, CALENDAR, leaving)


# --- Through the real delivery --------------------------------------------------------------------------------


def test_rule_22_over_tet_mails_leave_only_from_07_00_to_18_00_of_working_days_and_flash_in_the_night(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.at("Fri 2026-02-13 18:30")
    document = SourceDocument(number="310/UBND-KGVX", date=day("2026-02-13", "Friday"))
    office.register("ROUTINE", deadline=a_deadline("2026-02-24", "Tuesday"), document=document)
    office.register("URGENT", urgency=Urgency.URGENT, lead_agency="SGDDT")
    office.register("FLASH", urgency=Urgency.FLASH, lead_agency="STC")

    instant = local("Fri 2026-02-13 18:30")
    while instant <= local("Tue 2026-02-24 09:00"):
        office.clock = instant
        office.tell_all()
        delivery.deliver()
        instant += dt.timedelta(hours=2, minutes=30)

    with reading(office.engine) as connection:
        sent = connection.execute(
            select(NOTICE.c.directive, MAIL.c.sent_at)
            .join(DELIVERY, DELIVERY.c.notice == NOTICE.c.id)
            .join(MAIL, MAIL.c.id == DELIVERY.c.mail)
            .where(MAIL.c.state == "sent")
            .order_by(MAIL.c.sent_at)
        ).all()
    first = {
        code: next(clock_face(row.sent_at) for row in sent if row.directive == code) for code in ("URGENT", "FLASH")
    }
    outside = {
        row.directive
        for row in sent
        if not (
            CALENDAR.is_working(local_day(row.sent_at))
            and dt.time(7) <= row.sent_at.astimezone(LOCAL).time() < dt.time(18)
        )
    }
    assert first["FLASH"] == "Fri 2026-02-13 18:30"
    assert first["URGENT"].startswith("Mon 2026-02-23")
    assert outside == {"FLASH"}
    assert {row.directive for row in sent} == {"ROUTINE", "URGENT", "FLASH"}


def test_rule_22_a_leaders_own_act_goes_at_once_on_the_night_of_tet_and_the_same_act_of_the_office_waits(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.at("Thu 2026-02-12 09:00").register("A-1", acknowledged=True)
    office.register("A-2", acknowledged=True)
    office.at("Tue 2026-02-17 00:30")  # the first night of the year of the Horse

    office.act("A-1", c.Urge(text="Trực cấp cứu"), "chutich")
    office.act("A-2", c.Urge(text="Trực cấp cứu"), "theodoi.vanxa")
    delivery.deliver()
    in_the_night = [str(message["Subject"]) for message in mailbox.to("truong.syt")]
    office.at("Mon 2026-02-23 07:00")
    delivery.deliver()

    assert ["[A-1]" in subject for subject in in_the_night] == [True]
    assert ["[A-2]" in str(message["Subject"]) for message in mailbox.to("truong.syt")[1:]] == [True]


def test_rule_22_mails_leave_on_a_saturday_from_the_moment_it_is_announced_as_worked(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.at("Fri 2026-06-12 19:00").register("A-1", urgency=Urgency.URGENT)
    office.at("Sat 2026-06-13 09:00")
    before = delivery.deliver()

    swapped = CalendarRow(day=day("2026-06-13", "Saturday"), working=True, reason="Làm bù", announced_by="9/TB")
    with writing(office.engine) as connection:
        write_calendar_days(connection, (swapped,))
    after = delivery.deliver()

    assert before == 0
    assert after == len(mailbox.received) > 0


def test_rule_22_a_run_that_reaches_the_closing_ends_with_it_and_the_rest_goes_at_the_next_opening(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.at("Wed 2026-03-04 17:58:30")
    for agency in ("SYT", "SGDDT", "STC", "SNV"):
        office.register(f"A-{agency}", urgency=Urgency.URGENT, lead_agency=agency)
    transport = delivery.transport
    batch = transport.batch

    def slowly() -> object:
        """A mail server that takes 40 seconds for each message, by the office's clock."""
        opened = batch()

        class Slow:
            def __enter__(self) -> "Slow":
                self.inner = opened.__enter__()
                return self

            def __exit__(self, *ended: object) -> None:
                opened.__exit__(*ended)  # type: ignore[arg-type]

            def send(self, message: bytes, sender: str, recipient: str) -> None:
                self.inner.send(message, sender, recipient)
                office.later(seconds=40)

        return Slow()

    monkeypatch.setattr(transport, "batch", slowly)
    delivery.deliver()
    before_closing = len(mailbox.received)
    office.at("Wed 2026-03-04 18:05")
    delivery.deliver()
    at_night = len(mailbox.received)
    monkeypatch.undo()
    office.at("Thu 2026-03-05 07:00")
    delivery.deliver()

    assert before_closing == at_night == 3, "17:58:30, 17:59:10 and 17:59:50"
    assert len(mailbox.received) == 8
    with reading(office.engine) as connection:
        sent = [clock_face(at) for (at,) in connection.execute(select(MAIL.c.sent_at).order_by(MAIL.c.sent_at))]
    assert sent[3:] == ["Thu 2026-03-05 07:00"] * 5


def test_rule_22_flash_bundled_with_something_urgent_and_put_off_by_the_server_does_not_wait_for_the_morning(
    office: RealOffice, delivery: Delivery, mailbox: Mailbox
) -> None:
    office.at("Wed 2026-03-04 17:59").register("URGENT", urgency=Urgency.URGENT)
    office.register("FLASH", urgency=Urgency.FLASH)
    office.register("ALONE", urgency=Urgency.URGENT, lead_agency="SGDDT")
    mailbox.data_answers = ["451 Try again later"] * 8

    delivery.deliver()
    nothing_yet = len(mailbox.received)
    mailbox.data_answers.clear()
    office.at("Wed 2026-03-04 18:01")
    delivery.deliver()
    in_the_evening = {str(message["To"]).rpartition("<")[2].rstrip(">") for message in mailbox.received}
    office.at("Thu 2026-03-05 07:00")
    delivery.deliver()

    assert nothing_yet == 0
    assert {"truong.syt@quangngai.example", "chuyenvien.syt@quangngai.example"} <= in_the_evening
    assert "truong.sgddt@quangngai.example" not in in_the_evening
    assert len(mailbox.to("truong.syt")) == len(mailbox.to("truong.sgddt")) == 1


def test_rule_22_an_office_may_set_other_hours_and_those_hold(office: RealOffice) -> None:
    early = MailHours(opening=dt.time(6, 30), digest=dt.time(7, 30), closing=dt.time(16, 30))

    def first(at: str, **changes: object) -> str:
        return clock_face(leaves_at(waiting(at, **changes), early, CALENDAR, local(at)))

    assert first("Wed 2026-03-04 16:30", at_once=True) == "Thu 2026-03-05 06:30"
    assert first("Wed 2026-03-04 06:40", at_once=True) == "Wed 2026-03-04 06:40"
    assert first("Wed 2026-03-04 06:40") == "Wed 2026-03-04 07:30"
    assert the_policy().mail == HOURS == MailHours(opening=dt.time(7), digest=dt.time(8), closing=dt.time(18))
