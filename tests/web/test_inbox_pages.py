"""A person's notices, and what he arranges for himself: the hour of his digest, his absences and who stands in.

It is Friday 20 March 2026, 09:00.
"""

import html
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial

import httpx2
import pytest
import time_machine
from builders import day, local
from office_fixture import Desk
from signed_in import browsing
from temporalio.client import Client

from database.engine import reading
from database.preferences import digest_hour
from models import commands as c
from models.directory import Absence
from services import audit
from services.office import Office
from web.app import Surroundings, create_app

Browsing = Callable[[str], AbstractAsyncContextManager[httpx2.AsyncClient]]
FRIDAY, TUESDAY = day("2026-03-20", "Friday"), day("2026-03-24", "Tuesday")


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


@pytest.fixture
def office(desk: Desk) -> Iterator[Office]:
    desk.register("NV-1", "Wed 2026-03-04 09:00")
    desk.act("NV-1", c.Urge(text="Khẩn trương <b>"), "chanhvanphong", "Thu 2026-03-05 09:00")
    with time_machine.travel(local("Fri 2026-03-20 09:00"), tick=False):
        desk.time_is("Fri 2026-03-20 09:00")
        yield desk.office


@pytest.fixture
def as_person(desk: Desk, office: Office) -> Browsing:
    return partial(browsing, create_app(office, no_temporal, Surroundings(data_dir=desk.data)), office)


def absences(office: Office, person: str) -> tuple[Absence, ...]:
    return tuple(absence for absence in office.reference().directory.absences if absence.person == person)


def shown(text: str) -> list[str]:
    return re.findall(r'name="shown" value="(\d+)"', text)


# --- The inbox -------------------------------------------------------------------------------------------------


async def test_a_notice_leads_to_its_directive_and_says_why_it_came(as_person: Browsing) -> None:
    async with as_person("truong.syt") as browser:
        text = (await browser.get("/inbox")).text

    assert re.search(r'<a href="/directives/NV-1">.*?</a>', text)
    assert "(2 chưa đọc)" in text
    assert "thủ trưởng cơ quan chủ trì" in html.unescape(text)
    assert "Khẩn trương <b>" not in text


async def test_only_what_was_shown_is_marked_as_read(as_person: Browsing, desk: Desk) -> None:
    async with as_person("truong.syt") as browser:
        before = shown((await browser.get("/inbox")).text)
        desk.act("NV-1", c.Urge(text="Gấp"), "chanhvanphong", "Fri 2026-03-20 08:59")  # came while he read
        await browser.post("/inbox/read", data={"shown": before})
        after = shown((await browser.get("/inbox?unread=1")).text)

    assert len(before) == 2
    assert len(after) == 1
    assert after[0] not in before


async def test_nobody_marks_another_persons_notices(as_person: Browsing) -> None:
    async with as_person("truong.syt") as browser:
        his = shown((await browser.get("/inbox")).text)
    async with as_person("truong.stc") as other:
        await other.post("/inbox/read", data={"shown": his})
    async with as_person("truong.syt") as browser:
        assert shown((await browser.get("/inbox")).text) == his


@pytest.mark.parametrize("query", ["?page=0", "?page=x", "?page=99999999999", "?page=٣", "?unread=2"])
async def test_no_address_breaks_the_inbox(as_person: Browsing, query: str) -> None:
    async with as_person("truong.syt") as browser:
        assert (await browser.get(f"/inbox{query}")).status_code == 200


# --- The hour of the digest ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("chosen", "kept"), [("14", 14), ("", None)])
async def test_a_person_chooses_when_his_digest_comes(
    as_person: Browsing, office: Office, chosen: str, kept: int | None
) -> None:
    async with as_person("truong.syt") as browser:
        answer = await browser.post("/preferences/digest", data={"hour": chosen})
        text = (await browser.get(answer.headers["location"])).text

    with reading(office.engine) as connection:
        assert digest_hour(connection, "truong.syt") == kept
    assert "Đã đổi giờ" in text
    assert "luôn được gửi ngay" in text
    assert ('<option value="14" selected>' in text) is (kept == 14)


@pytest.mark.parametrize("hour", ["3", "8", "18", "99999999999999999999"])
async def test_an_hour_outside_mail_hours_is_refused(as_person: Browsing, hour: str) -> None:
    async with as_person("truong.syt") as browser:
        answer = await browser.post("/preferences/digest", data={"hour": hour})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


# --- Absences --------------------------------------------------------------------------------------------------


async def test_a_person_says_that_he_will_be_away_and_who_stands_in(as_person: Browsing, office: Office) -> None:
    async with as_person("truong.syt") as browser:
        answer = await browser.post(
            "/preferences/absence", data={"first": "2026-03-20", "last": "2026-03-24", "deputy": "pho.syt"}
        )
        text = (await browser.get("/preferences")).text

    assert answer.status_code == 303
    assert absences(office, "truong.syt") == (
        Absence(person="truong.syt", deputy="pho.syt", valid_from=FRIDAY, valid_until=TUESDAY),
    )
    assert "Vắng mặt từ 20/03/2026 đến 24/03/2026" in text
    assert "nộp kết quả" in text, "what the deputy will be able to do"
    with reading(office.engine) as connection:
        [noted] = audit.audited(connection, person="truong.syt", text="absence")
    assert (noted.act, noted.data["deputy"]) == ("absence.enter", "pho.syt")


async def test_his_deputy_then_sees_and_does_what_he_could(as_person: Browsing) -> None:
    async with as_person("truong.syt") as browser:
        await browser.post("/preferences/absence", data={"first": "20/03/2026", "last": "", "deputy": "pho.syt"})
    async with as_person("pho.syt") as browser:
        assert "Hôm nay đang làm thay" in (await browser.get("/preferences")).text
        assert 'name="on_behalf_of" value="truong.syt"' in (await browser.get("/directives/NV-1")).text


async def test_he_takes_it_back(as_person: Browsing, office: Office) -> None:
    days = {"first": "2026-03-20", "last": "2026-03-24"}
    async with as_person("truong.syt") as browser:
        await browser.post("/preferences/absence", data={**days, "deputy": ""})
        await browser.post("/preferences/absence/remove", data=days)

    assert absences(office, "truong.syt") == ()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"deputy": "truong.stc"}, "Chỉ ủy quyền được cho người cùng cơ quan"),
        ({"deputy": "chutich"}, "Chỉ ủy quyền được cho người cùng cơ quan"),
        ({"deputy": "truong.syt"}, "Chỉ ủy quyền được cho người cùng cơ quan"),
        ({"deputy": "không ai"}, "không ai"),
        ({"first": "hôm nào đó"}, "hôm nào đó"),
        ({"last": "2026-03-19"}, "19/03/2026"),
        ({"first": "2026-03-01", "last": "2026-03-02"}, "02/03/2026"),
    ],
)
async def test_what_cannot_be_is_refused_with_a_sentence_and_stays_as_typed(
    as_person: Browsing, office: Office, words: dict[str, str], told: str
) -> None:
    given = {"first": "2026-03-20", "last": "2026-03-24", "deputy": "pho.syt", **words}
    async with as_person("truong.syt") as browser:
        answer = await browser.post("/preferences/absence", data=given)

    assert answer.status_code == 422
    assert told in html.unescape(answer.text)
    assert f'name="last" value="{given["last"]}"' in answer.text
    assert absences(office, "truong.syt") == ()
