"""A mail server that is down, slow, refusing or no longer encrypts: others unaffected, nothing lost or in clear."""

import contextlib
import datetime as dt
import json
import random
import shutil
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from crowd import Crowd
from crowd_wishes import AGENCIES as CROWDED
from crowd_wishes import deadline_on
from dondoc_command import Dondoc, until
from faults_mail_server import CERTIFICATE, BadMailServer, Fault
from office_on_trial import OfficeOnTrial, figure
from real_office import RealOffice, a_delivery, a_free_port
from sqlalchemy import select
from trial_policy import HOURS_LATER

import cli
from activities.delivery import Delivery
from activities.smtp_server import read_smtp_url
from activities.smtp_transport import SmtpTransport
from database.deliveries import deliveries_of, undelivered
from database.engine import open_engine, reading
from models import commands as c
from models.tables import DELIVERY, NOTICE
from models.vocabulary import Urgency
from services.doctor import work_checks

__all__ = ["figure"]

RUN_SECONDS = 10
"""How often the dispatcher runs."""

AGENCIES = ("SYT", "SGDDT", "STC", "SNV", "SXD")
REFUSED = "truong.sgddt@quangngai.example"


@pytest.fixture
def office(seeded_database: Path, tmp_path: Path) -> Iterator[RealOffice]:
    shutil.copy(seeded_database, tmp_path / "dondoc.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'dondoc.db'}")
    yield RealOffice(engine)
    engine.dispose()


@pytest.fixture
def server() -> BadMailServer:
    return BadMailServer(a_free_port())


def delivering(office: RealOffice, server: BadMailServer) -> Delivery:
    """The delivery as the worker has it, with less patience than the 10 and 30 seconds of a real one."""
    scheme = "smtp+starttls" if server.starttls else "smtp"
    transport = SmtpTransport(
        read_smtp_url(f"{scheme}://localhost:{server.port}"),
        tls=ssl.create_default_context(cafile=str(CERTIFICATE)),
        connect_seconds=1.0,
        whole_seconds=1.0,
    )
    return a_delivery(office, transport)


def hand_out(office: RealOffice) -> None:
    """One urgent directive for each agency: head and officers hear at once."""
    for agency in AGENCIES:
        office.register(f"A-{agency}", lead_agency=agency, urgency=Urgency.URGENT)


def drained_after(office: RealOffice, delivery: Delivery, minutes: int = 10) -> int:
    """Run as the schedule does until nothing waits; how many seconds of the office's clock that took."""
    for seconds in range(0, minutes * 60 + 1, RUN_SECONDS):
        delivery.deliver()
        if not {"pending", "composed"} & set(office.states()):
            return seconds
        office.later(seconds=RUN_SECONDS)
    raise AssertionError(f"after {minutes} minutes there still waits: {office.mails()}")


def problems(office: RealOffice) -> set[str]:
    with reading(office.engine) as connection:
        return {one.problem or "" for one in undelivered(connection)}


def owed(office: RealOffice) -> int:
    """How many people are owed a mail."""
    with reading(office.engine) as connection:
        return len(
            connection.execute(
                select(NOTICE.c.recipient).join(DELIVERY, DELIVERY.c.notice == NOTICE.c.id).distinct()
            ).all()
        )


WHOLE_SERVER = {
    "down": (None, "Chưa kết nối được máy chủ thư"),
    "slow to greet": (Fault.SILENT, "không trả lời kịp"),
    "one byte at a time": (Fault.DRIPPING, "không trả lời kịp"),
    "closing with 421": (Fault.CLOSING, "421"),
    "without STARTTLS": (Fault.NO_STARTTLS, "không còn mã hóa kết nối"),
    "with a STARTTLS that it refuses": (Fault.LYING_STARTTLS, "không còn mã hóa kết nối"),
}


@pytest.mark.parametrize("what", WHOLE_SERVER)
def test_while_the_server_is_unfit_nothing_is_lost_or_parked_and_afterwards_all_leaves_once_within_ten_minutes(
    office: RealOffice, server: BadMailServer, what: str
) -> None:
    fault, told = WHOLE_SERVER[what]
    server.starttls = "STARTTLS" in what
    delivery = delivering(office, server)
    hand_out(office)

    if fault is None:
        for _ in range(30):
            delivery.deliver()
            office.later(seconds=RUN_SECONDS)
    else:
        server.fault = fault
        with server.open():
            for _ in range(30):
                delivery.deliver()
                office.later(seconds=RUN_SECONDS)
    meanwhile, shown = set(office.states()), problems(office)
    server.fault = Fault.NONE
    with server.open():
        drained_after(office, delivery)

    assert meanwhile == {"pending", "composed"}
    assert [told in problem for problem in shown] == [True]
    assert server.connections < 30, "an unfit server is asked less and less often"
    assert set(office.states()) == {"sent"}
    assert sum(server.people().values()) == len(server.people()) == owed(office)
    assert len(set(server.identities())) == len(server.received)
    assert server.in_clear == []


def test_a_server_that_ends_each_connection_after_one_mail_delays_nobody(
    office: RealOffice, server: BadMailServer
) -> None:
    server.fault = Fault.CLOSING_LATER
    delivery = delivering(office, server)
    hand_out(office)

    with server.open():
        drained_after(office, delivery)

    assert set(office.states()) == {"sent"}
    assert sum(server.people().values()) == len(server.people()) == owed(office)


@pytest.mark.parametrize(
    "answer", ["421 4.7.0 try later", "450 4.2.1 mailbox busy", "451 4.3.0 error", "452 4.2.2 mailbox full"]
)
def test_one_of_many_who_is_put_off_is_tried_again_and_the_others_get_theirs_in_the_same_run(
    office: RealOffice, server: BadMailServer, answer: str
) -> None:
    delivery = delivering(office, server)
    hand_out(office)
    server.refused = {REFUSED: answer}

    with server.open():
        delivery.deliver()
        others, shown = server.people(), problems(office)
        server.refused = {}
        drained_after(office, delivery)

    assert sum(others.values()) == len(others) == owed(office) - 1
    assert REFUSED not in others
    assert [answer[:3] in problem and REFUSED in problem for problem in shown] == [True]
    assert server.people() == others + Counter({REFUSED: 1})
    assert problems(office) == set()


def test_one_of_many_who_is_refused_with_550_is_not_tried_again_and_it_is_shown_on_the_directive(
    office: RealOffice, server: BadMailServer, capsys: pytest.CaptureFixture[str]
) -> None:
    delivery = delivering(office, server)
    hand_out(office)
    server.refused = {REFUSED: "550 5.1.1 No such user here"}

    with server.open():
        drained_after(office, delivery)
        office.later(hours=24)
        delivery.deliver()
    data = str(Path(office.engine.url.database or "").parent)
    told = {}
    for code in ("A-SGDDT", "A-SYT"):
        assert cli.run(["history", code, "--data", data]) == 0
        told[code] = capsys.readouterr().out
    with reading(office.engine) as connection:
        checks = {one.name: one for one in work_checks(connection, office.references.get(connection), office.clock)}

    assert office.states("truong.sgddt") == ["parked"]
    assert office.states().count("sent") == len(office.states()) - 1
    assert "không gửi được" in told["A-SGDDT"]
    assert f"không nhận thư cho {REFUSED}: 550 5.1.1 No such user here" in told["A-SGDDT"]
    assert "không gửi được" not in told["A-SYT"]
    assert not checks["undelivered"].ok
    assert REFUSED in str(checks["undelivered"].said.data)


def test_mails_over_which_the_server_hangs_up_each_time_hold_up_nobody_else(
    office: RealOffice, server: BadMailServer
) -> None:
    """As a filter does that dislikes their words; of the server itself that says nothing."""
    delivery = delivering(office, server)
    office.register("A-BAD", lead_agency="SYT", content="Nội dung mà bộ lọc không ưa", urgency=Urgency.URGENT)
    server.hangs_up_over = "bộ lọc không ưa"

    with server.open():
        for _ in range(30):
            delivery.deliver()
            office.later(seconds=RUN_SECONDS)
        alone = set(office.states())
        for agency in AGENCIES[1:]:
            office.register(f"A-{agency}", lead_agency=agency, urgency=Urgency.URGENT)
        for _ in range(60):
            delivery.deliver()
            office.later(seconds=RUN_SECONDS)
        others = [states_of(office, f"A-{agency}") for agency in AGENCIES[1:]]
        server.hangs_up_over = ""
        office.later(hours=1)
        drained_after(office, delivery)

    assert alone == {"composed"}
    assert others == [{"sent"}] * (len(AGENCIES) - 1)
    assert set(office.states()) == {"sent"}
    assert sum(server.people().values()) == len(server.people()) == owed(office)


def states_of(office: RealOffice, code: str) -> set[str]:
    with reading(office.engine) as connection:
        return {one.state for one in deliveries_of(connection, code)}


def test_a_refusal_of_everybody_with_550_parks_each_and_a_later_act_still_reaches_them_when_it_is_over(
    office: RealOffice, server: BadMailServer
) -> None:
    delivery = delivering(office, server)
    office.register("A-SYT", urgency=Urgency.URGENT)
    server.refused = {f"{who}.syt@quangngai.example": "550 5.7.1 rejected" for who in ("truong", "chuyenvien")}

    with server.open():
        drained_after(office, delivery)
        server.refused = {}
        office.later(minutes=5).act("A-SYT", c.Urge(text="Báo cáo ngay"), "chutich")
        drained_after(office, delivery)

    assert server.people()["truong.syt@quangngai.example"] == 1
    assert office.states("truong.syt") == ["parked", "sent"]


@pytest.mark.server
@pytest.mark.slow
def test_the_running_system_sends_past_an_address_that_is_refused_and_shows_it_on_the_directive(tmp_path: Path) -> None:
    server = BadMailServer(a_free_port(), refused={REFUSED: "550 5.1.1 No such user here"})
    dondoc = Dondoc(
        tmp_path / "data",
        {
            "DONDOC_CLOCK": "2026-11-25T09:00:00+07:00",
            "DONDOC_SMTP_URL": f"smtp://127.0.0.1:{server.port}",
            "DONDOC_MAIL_FROM": "Đôn Đốc <dondoc@quangngai.example>",
        },
    )
    with server.open():
        dondoc.up()
        try:
            codes = [registered(dondoc, agency) for agency in ("SGDDT", "SYT")]
            until(lambda: server.people()["truong.syt@quangngai.example"], 60)
            until(lambda: "550 5.1.1" in dondoc("history", codes[0]), 60)
            examined = {one["name"]: one for one in dondoc_doctor(dondoc)}
        finally:
            dondoc.down()

    assert server.people()["chuyenvien.sgddt@quangngai.example"] == 1
    assert not examined["undelivered"]["ok"]
    assert REFUSED in examined["undelivered"]["sentence"]
    assert examined["outbox"]["ok"]


def registered(dondoc: Dondoc, agency: str) -> str:
    task = {"content": "Báo cáo gấp", "lead_agency": agency, "urgency": "urgent"}
    return str(json.loads(dondoc("register", "--json", "-", stdin=json.dumps(task)))["code"])


def dondoc_doctor(dondoc: Dondoc) -> list[dict[str, Any]]:
    """What doctor found; its exit code says only that something was."""
    found: list[dict[str, Any]] = json.loads(dondoc.run("doctor", "--json").stdout)["checks"]
    return found


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.proof
@pytest.mark.timeout(1500)
def test_twenty_rounds_of_a_mail_server_that_is_down_slow_or_refusing_lose_and_double_no_mail_of_300_directives(
    tmp_path: Path, figure: Callable[..., None]
) -> None:
    """Twenty people act meanwhile; one address is refused for good, another one put off until the end."""
    server, dice = BadMailServer(a_free_port()), random.Random(26)
    server.refused = {NOT_THERE: "550 5.1.1 No such user here"}
    office = OfficeOnTrial(tmp_path, HOURS_LATER)
    office.dondoc.environment |= {
        "DONDOC_SMTP_URL": f"smtp://127.0.0.1:{server.port}",
        "DONDOC_MAIL_FROM": "Đôn Đốc <dondoc@quangngai.example>",
    }
    with office.open():
        office.register(300, lambda now, place: deadline_on(now, 2 + place % 3), leads=CROWDED)
        crowd = Crowd(office.data, tmp_path / "crowd", office.registered, seed=26)
        crowd.start()
        down = 0
        for _ in range(20):
            fault = dice.choice([None, *(one for one in Fault if "starttls" not in one)])
            server.refused[PUT_OFF] = dice.choice(["421 4.7.0 later", "450 4.2.1 busy", "452 4.2.2 full"])
            down += fault is None
            server.fault = fault or Fault.NONE
            with contextlib.nullcontext() if fault is None else server.open():
                time.sleep(6)  # how long a round lasts
        del server.refused[PUT_OFF]
        server.fault = Fault.NONE
        with server.open():
            crowd.stop()
            healed_at = time.monotonic()
            until(lambda: overdue_mails(office) == 0, 600)
            figure("the outbox drained in, s", f"{time.monotonic() - healed_at:.0f}")
            for number, message in enumerate(server.received):
                file = office.data / "mail" / f"{number}.eml"  # where the judge looks for what arrived
                file.parent.mkdir(exist_ok=True)
                file.write_bytes(message.as_bytes())
            verdict = office.judged(crowd.logs, mails_complete=False)
        sent = {str(row[0]) for row in office.ask("SELECT message_id FROM mail WHERE state = 'sent'")}
        parked = {str(row[0]) for row in office.ask("SELECT address FROM mail WHERE state = 'parked'")}

    assert verdict.acknowledged > 50
    assert set(server.identities()) == sent
    again = [count for count in Counter(server.identities()).values() if count > 1]
    assert sum(count - 1 for count in again) <= down, "only what was in flight when the server went down comes twice"
    assert parked == {NOT_THERE}
    assert server.people()[PUT_OFF] > 0
    assert NOT_THERE not in server.people()


NOT_THERE = "truong.stc@quangngai.example"
PUT_OFF = "chuyenvien.syt@quangngai.example"


def overdue_mails(office: OfficeOnTrial) -> int:
    """How many notices should have left half a minute ago."""
    since = (office.now() - dt.timedelta(seconds=30)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return office.count("delivery WHERE state IN ('pending', 'composed') AND due_at <= ?", since)
