"""A forgotten password, from the page through a real mail server to the new password."""

import datetime as dt
import re
from collections.abc import AsyncIterator, Iterator
from email.message import EmailMessage

import httpx2
import pytest
import time_machine
from office_fixture import Desk
from real_office import Mailbox, a_free_port
from sqlalchemy import select
from temporalio.client import Client

from activities.transports import transport_for
from database.engine import reading
from models.sign_in import FREE_TRIES
from models.tables import AUDIT
from services import accounts
from services.accounts import Browser
from services.forgotten_password import Mailing
from web.app import Surroundings, create_app

HOST = "http://dondoc.test"
PASSWORD, NEW = "mưa rơi trên sông Trà", "nắng lên trên núi Ấn"
HEAD = "truong.syt"


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox(a_free_port())
    with box.open():
        yield box


@pytest.fixture
async def browser(desk: Desk, mailbox: Mailbox) -> AsyncIterator[httpx2.AsyncClient]:
    accounts.add(desk.office, HEAD, PASSWORD, must_change=False)
    transport = transport_for(f"smtp://127.0.0.1:{mailbox.port}", desk.data / "mail")
    app = create_app(
        desk.office, no_temporal, Surroundings(mailing=Mailing(transport, "Đôn Đốc <dondoc@quangngai.example>", HOST))
    )
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url=HOST, headers={"Origin": HOST}
    ) as client:
        yield client


def link_in(message: EmailMessage) -> str:
    plain = message.get_body(("plain",))
    assert plain is not None
    found = re.search(rf"{HOST}(/reset/[\w-]+)", plain.get_content())
    assert found is not None
    return found[1]


async def test_a_forgotten_password_is_made_anew_by_the_link_in_the_mail(
    browser: httpx2.AsyncClient, desk: Desk, mailbox: Mailbox
) -> None:
    cookie, _ = accounts.sign_in(desk.office, HEAD, PASSWORD, Browser())
    assert 'href="/forgotten"' in (await browser.get("/sign-in")).text

    await browser.post("/forgotten", data={"name": f"{HEAD}@quangngai.example"})
    (mail,) = mailbox.to(HEAD)
    link = link_in(mail)
    looked = [(await browser.get(link)).status_code for _ in range(3)]
    unequal = await browser.post(link, data={"new": NEW, "again": PASSWORD})
    weak = await browser.post(link, data={"new": "12345678", "again": "12345678"})
    done = await browser.post(link, data={"new": NEW, "again": NEW})
    again = await browser.post(link, data={"new": PASSWORD, "again": PASSWORD})
    by_new = await browser.post("/sign-in", data={"name": HEAD, "password": NEW})

    assert str(mail["Subject"]) == "Đặt lại mật khẩu Đôn Đốc"
    assert "trong vòng 60 phút" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert looked == [200, 200, 200], "looking does not use it up: mail scanners look first"
    assert (unequal.status_code, weak.status_code, done.status_code, again.status_code) == (422, 422, 200, 404)
    assert "quá dễ đoán" in weak.text
    assert by_new.status_code == 303
    assert accounts.signed_in(desk.office, cookie) is None, "who sat at another machine is out"
    with reading(desk.office.engine) as connection:
        acts = connection.execute(select(AUDIT.c.act, AUDIT.c.person)).all()
    assert ("password.reset", HEAD) in acts


@pytest.mark.parametrize("name", ["nguoi.la", "truong.stc", "", "truong.syt\r\nBcc: a@b.example"])
async def test_who_has_no_account_hears_the_same_and_gets_no_mail(
    browser: httpx2.AsyncClient, mailbox: Mailbox, name: str
) -> None:
    known = await browser.post("/forgotten", data={"name": HEAD})
    mailbox.received.clear()

    unknown = await browser.post("/forgotten", data={"name": name})

    assert (unknown.status_code, unknown.text) == (known.status_code, known.text)
    assert mailbox.received == []


async def test_one_name_gets_only_so_many_mails_and_one_address_asks_only_so_often(
    browser: httpx2.AsyncClient, mailbox: Mailbox
) -> None:
    # A slow machine may take longer than the second that the next mail waits; here no time passes.
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=False):
        for _ in range(FREE_TRIES + 3):
            answer = await browser.post("/forgotten", data={"name": HEAD})

    assert answer.status_code == 200
    assert len(mailbox.received) == FREE_TRIES


async def test_a_mail_server_that_is_away_changes_nothing_in_the_answer(
    browser: httpx2.AsyncClient, mailbox: Mailbox
) -> None:
    mailbox.refused[f"{HEAD}@quangngai.example"] = "451 later"

    assert (await browser.post("/forgotten", data={"name": HEAD})).status_code == 200
    assert mailbox.received == []


async def test_a_link_that_nobody_sent_is_one_sentence(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/reset/khong-co")

    assert answer.status_code == 404
    assert "đã dùng rồi hoặc đã hết hạn" in answer.text


async def test_without_a_mail_server_the_mail_lies_in_the_folder(desk: Desk) -> None:
    accounts.add(desk.office, HEAD, PASSWORD, must_change=False)
    mailing = Mailing(transport_for(None, desk.data / "mail"), "dondoc@localhost", HOST)
    transport = httpx2.ASGITransport(create_app(desk.office, no_temporal, Surroundings(mailing=mailing)))
    async with httpx2.AsyncClient(transport=transport, base_url=HOST) as browser:
        await browser.post("/forgotten", data={"name": HEAD})

    (file,) = (desk.data / "mail").rglob("*.eml")
    assert b"/reset/" in file.read_bytes()
