"""The group "Messages" on the real Temporal server under skipped time, with the real delivery and mail server."""

import datetime as dt

import pytest
from builders import a_deadline, clock_face
from real_office import Mailbox, RealOffice, a_delivery
from running_engine import RunningEngine
from sqlalchemy import select

from activities.smtp_server import read_smtp_url
from activities.smtp_transport import SmtpTransport
from database.deliveries import deliveries_of
from database.engine import reading
from models.commands import Acknowledge, Comment, Submit, Urge
from models.local_time import LOCAL, local_day
from models.tables import MAIL
from models.vocabulary import Urgency
from services.inbox import inbox_of

pytestmark = [pytest.mark.server, pytest.mark.slow]


class Post:
    """The delivery beside a running engine: it runs when the test lets the directive's clock come to an instant."""

    def __init__(self, engine: RunningEngine, mailbox: Mailbox) -> None:
        self.engine = engine
        self.office = RealOffice(engine.office.engine, references=engine.office.references)
        server = read_smtp_url(f"smtp://127.0.0.1:{mailbox.port}")
        self.delivery = a_delivery(self.office, SmtpTransport(server, connect_seconds=2, whole_seconds=5))

    async def until(self, code: str, *instants: str) -> None:
        """Let the clock run to each instant and send there what may leave."""
        for text in instants:
            await self.engine.until(code, text)
            self.office.at(text)
            self.delivery.deliver()

    def sent(self, person: str) -> list[str]:
        """When mails to somebody left."""
        with reading(self.office.engine) as connection:
            rows = connection.execute(select(MAIL.c.sent_at).where(MAIL.c.recipient == person).order_by(MAIL.c.sent_at))
            return [clock_face(at) for (at,) in rows]


async def test_rule_22_and_23_a_life_over_tet_2026_is_mailed_only_in_working_hours_but_for_the_chairmans_own_act(
    engine: RunningEngine, mailbox: Mailbox
) -> None:
    post = Post(engine, mailbox)
    await engine.time_is("Wed 2026-02-11 16:00")
    code = await engine.register("tet-mails", lead_agency="SYT", deadline=a_deadline("2026-02-24", "Tuesday"))

    await post.until(code, "Wed 2026-02-11 17:00", "Thu 2026-02-12 08:01", "Fri 2026-02-13 08:01")
    await engine.do(code, Acknowledge(), "chuyenvien.syt")
    await post.until(code, "Mon 2026-02-16 20:00")
    await engine.do(code, Urge(text="Đề nghị trực Tết"), "theodoi.vanxa")
    await post.until(code, "Tue 2026-02-17 00:30")  # the first hour of the year of the Horse
    await engine.do(code, Urge(text="Báo cáo ngay"), "chutich")
    await post.until(code, "Tue 2026-02-17 00:31", "Tue 2026-02-17 09:00")
    await engine.do(code, Comment(text="Đã trực đủ người"), "truong.syt")
    await post.until(code, "Wed 2026-02-18 12:00", "Sun 2026-02-22 12:00", "Mon 2026-02-23 06:59")
    await post.until(code, "Mon 2026-02-23 07:00", "Mon 2026-02-23 08:01")
    await engine.do(code, Submit(result="Báo cáo số 5"), "truong.syt")
    await post.until(code, "Tue 2026-02-24 08:01")

    assert engine.told(code) == [
        ("2026-02-12 08:00", "acknowledgement +1"),
        ("2026-02-12 08:00", "deadline -3"),
        ("2026-02-13 08:00", "acknowledgement +2"),
        ("2026-02-23 08:00", "deadline -1"),
    ]
    assert post.sent("truong.syt") == [
        "Thu 2026-02-12 08:01",  # given to Sở Y tế: the digest
        "Fri 2026-02-13 08:01",  # not acknowledged for two days
        "Tue 2026-02-17 00:31",  # the chairman's own act
        "Mon 2026-02-23 07:00",  # the Office's, at the first opening after Tết
        "Mon 2026-02-23 08:01",  # "-1", in the digest
    ]
    assert post.sent("chuyenvien.syt") == [
        "Thu 2026-02-12 08:01",
        "Tue 2026-02-17 00:31",
        "Mon 2026-02-23 07:00",
        "Mon 2026-02-23 08:01",
    ]
    calendar = engine.office.reference().calendar
    with reading(engine.office.engine) as connection:
        times = [at for (at,) in connection.execute(select(MAIL.c.sent_at))]
    outside = {
        clock_face(at)
        for at in times
        if not (calendar.is_working(local_day(at)) and dt.time(7) <= at.astimezone(LOCAL).time() < dt.time(18))
    }
    assert outside == {"Tue 2026-02-17 00:31"}
    identities = [str(message["Message-ID"]) for message in mailbox.received]
    assert len(set(identities)) == len(identities)


async def test_rule_22_24_and_26_flash_on_friday_evening_reaches_at_once_whom_it_can_and_shows_whom_it_cannot(
    engine: RunningEngine, mailbox: Mailbox
) -> None:
    mailbox.refused = {"truong.syt@quangngai.example": "550 No such user"}
    post = Post(engine, mailbox)
    await engine.time_is("Fri 2026-03-06 19:30")
    code = await engine.register("flash-mails", lead_agency="SYT", urgency=Urgency.FLASH)

    await post.until(code, "Fri 2026-03-06 19:31", "Sat 2026-03-07 09:00", "Mon 2026-03-09 08:31")

    assert engine.told(code) == [("2026-03-09 08:30", "acknowledgement +1h")]
    assert post.sent("chuyenvien.syt") == ["Fri 2026-03-06 19:31", "Mon 2026-03-09 08:31"]
    with reading(engine.office.engine) as connection:
        parked = [one for one in deliveries_of(connection, code) if one.state == "parked"]
    assert [(one.recipient, one.attempts) for one in parked] == [("truong.syt", 1)]
    assert "550" in (parked[0].problem or "")
    follower = engine.office.reference().directory.field_of(None, "SYT")
    assert follower is not None
    with reading(engine.office.engine) as connection:
        told = [item.kind for item in inbox_of(connection, follower.monitoring_officer or "")]
    assert told == ["mail_undelivered"]
