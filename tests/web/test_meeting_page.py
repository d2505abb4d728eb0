"""The meeting mode: one directive after another, the worst first, decided on the spot.

It is Friday 20 March 2026, 09:00. M-1 is overdue, M-2 asks for more time and is due soon, M-3 has no deadline.
"""

import html
import re
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
import time_machine
from builders import a_deadline, local
from office_fixture import Desk
from signed_in import browsing
from sqlalchemy import select
from temporalio.client import Client

from database.engine import reading
from models import commands as c
from models.tables import COMMAND
from services.office import Office
from web.app import create_app


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


@pytest.fixture
def office(desk: Desk) -> Iterator[Office]:
    with time_machine.travel(local("Fri 2026-03-20 09:00"), tick=False):
        desk.register("M-1", "2026-03-04 09:00", deadline=a_deadline("2026-03-17"))
        desk.register("M-2", "2026-03-04 09:01", deadline=a_deadline("2026-03-20"))
        desk.register("M-3", "2026-03-04 09:02", lead_agency="STC")
        desk.act("M-2", c.ReportProgress(text="Đã có dự thảo", percent=40), "truong.syt", "2026-03-06 10:00")
        more = c.RequestExtension(deadline=a_deadline("2026-03-31"), reason="Chờ ý kiến Bộ")
        desk.act("M-2", more, "truong.syt", "2026-03-06 11:00")
        desk.time_is("Fri 2026-03-20 09:00")
        yield desk.office


@pytest.fixture
async def chairman(office: Office) -> AsyncIterator[httpx2.AsyncClient]:
    async with browsing(create_app(office, no_temporal), office, "chutich") as browser:
        yield browser


def heading(text: str) -> str:
    return re.findall(r"<h1>(\S+)", text)[0]


async def test_the_meeting_goes_through_the_list_the_worst_first(chairman: httpx2.AsyncClient) -> None:
    address, seen = "/board/meeting", []
    while address:
        text = (await chairman.get(address)).text
        seen.append(heading(text))
        after = re.findall(r'href="([^"]+)" rel="next"', text)
        address = html.unescape(after[0]) if after else ""

    assert seen == ["M-1", "M-2", "M-3"]
    assert 'rel="prev"' in text


async def test_it_keeps_to_the_filter_of_the_list(chairman: httpx2.AsyncClient) -> None:
    text = (await chairman.get("/board/meeting?agency=STC")).text

    assert heading(text) == "M-3"
    assert "1 trên 1" in text


async def test_it_says_what_was_reported_last_and_what_comes_next(chairman: httpx2.AsyncClient) -> None:
    text = (await chairman.get("/board/meeting?at=2")).text

    assert "Đã có dự thảo" in text
    assert "40 %" in text
    assert "đến hạn hôm nay" in text


async def test_what_is_decided_in_the_meeting_is_kept_and_leads_back_to_the_meeting(
    chairman: httpx2.AsyncClient, office: Office
) -> None:
    text = (await chairman.get("/board/meeting?figure=open&at=2")).text
    form = next(part for part in text.split("<form ") if 'name="kind" value="decide_extension"' in part)
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    given = {name: html.unescape(value) for name, value in hidden.items()} | {"grant": "1"}

    answer = await chairman.post("/directives/M-2/do", data=given)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/board/meeting?figure=open&at=2&done=M-2"
    with reading(office.engine) as connection:
        kinds = connection.execute(select(COMMAND.c.kind).where(COMMAND.c.directive == "M-2")).scalars().all()
    assert kinds == ["decide_extension"]
    back = (await chairman.get(answer.headers["location"])).text
    assert 'role="status"' in back
    assert heading(back) == "M-2"


async def test_a_person_is_offered_what_he_may_do_and_sees_what_he_may_see(office: Office) -> None:
    async with browsing(create_app(office, no_temporal), office, "truong.stc") as browser:
        text = (await browser.get("/board/meeting")).text

    assert heading(text) == "M-3"
    assert "1 trên 1" in text
    assert 'value="decide_extension"' not in text
    assert 'value="acknowledge"' in text


async def test_an_odd_place_or_filter_breaks_nothing(chairman: httpx2.AsyncClient) -> None:
    for query in ("at=0", "at=-1", "at=x", "at=999999999999"):
        assert (await chairman.get(f"/board/meeting?{query}")).status_code == 200
    assert heading((await chairman.get("/board/meeting?at=99")).text) == "M-3"
    assert (await chairman.get("/board/meeting?agency=Sở Không")).status_code == 422
    assert "Không có nhiệm vụ nào" in (await chairman.get("/board/meeting?text=khôngcógì")).text


async def test_an_act_leads_back_to_no_other_site(chairman: httpx2.AsyncClient) -> None:
    answer = await chairman.post(
        "/directives/M-1/do", data={"kind": "comment", "text": "Khẩn trương", "back": "https://evil.test/"}
    )

    assert answer.headers["location"] == "/"
