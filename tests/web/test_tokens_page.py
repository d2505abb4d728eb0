"""The page of one's own tokens, and the calendar by a secret address."""

import datetime as dt
import html
import re
from collections.abc import AsyncIterator

import httpx2
import pytest
from api_office import HOST, MINE, OTHERS, connected, furnish
from builders import a_deadline
from icalendar import Calendar
from office_fixture import Desk

from models import commands as c
from models.tokens import PREFIX
from services import accounts, tokens

PASSWORD = "mưa rơi trên sông Trà"


@pytest.fixture
async def browser(desk: Desk) -> AsyncIterator[httpx2.AsyncClient]:
    furnish(desk)
    async with connected(desk) as client:
        client.headers["Origin"] = HOST
        yield client


async def signed_in(browser: httpx2.AsyncClient, desk: Desk, person: str) -> None:
    accounts.add(desk.office, person, PASSWORD, must_change=False)
    assert (await browser.post("/sign-in", data={"name": person, "password": PASSWORD})).status_code == 303


def shown_secret(text: str) -> str:
    found = re.search(r'<code class="secret">([^<]+)</code>', text)
    assert found is not None
    return html.unescape(found[1])


async def test_a_token_is_shown_once_and_works_until_it_is_revoked(browser: httpx2.AsyncClient, desk: Desk) -> None:
    await signed_in(browser, desk, "truong.syt")

    made = await browser.post("/tokens", data={"name": "Cổng <b>", "days": "30", "scope": ["read", "events"]})
    secret = shown_secret(made.text)
    listed = (await browser.get("/tokens")).text

    holder = tokens.find(desk.office, secret)
    assert holder is not None
    assert (holder.token.person, holder.token.scopes) == ("truong.syt", ("read", "events"))
    assert made.headers["cache-control"] == "no-store"
    assert secret not in listed
    assert "Cổng &lt;b&gt;" in listed
    await browser.post("/tokens/revoke", data={"token": str(holder.token.id)})
    assert tokens.find(desk.office, secret) is None
    assert "Cổng" not in (await browser.get("/tokens")).text


@pytest.mark.parametrize(
    "data",
    [
        {"name": "", "days": "30", "scope": "read"},
        {"name": "x", "days": "không", "scope": "read"},
        {"name": "x", "days": "99999", "scope": "read"},
        {"name": "x", "days": "30"},
        {"name": "x", "days": "30", "scope": "mọi thứ"},
    ],
)
async def test_a_form_that_cannot_be_taken_says_why_and_makes_nothing(
    browser: httpx2.AsyncClient, desk: Desk, data: dict[str, str]
) -> None:
    await signed_in(browser, desk, "truong.syt")

    answer = await browser.post("/tokens", data=data)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert tokens.listed(desk.office) == []


async def test_nobody_sees_or_ends_another_persons_tokens(browser: httpx2.AsyncClient, desk: Desk) -> None:
    other, secret = tokens.create(desk.office, "truong.stc", "Của người khác", ["read"])
    await signed_in(browser, desk, "truong.syt")

    await browser.post("/tokens/revoke", data={"token": str(other.id)})

    assert "Của người khác" not in (await browser.get("/tokens")).text
    assert tokens.find(desk.office, secret) is not None


async def test_who_is_not_signed_in_makes_no_token(browser: httpx2.AsyncClient, desk: Desk) -> None:
    for path in ("/tokens", "/tokens/revoke", "/tokens/calendar"):
        answer = await browser.post(path, data={"name": "x", "days": "1", "scope": "read"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert tokens.listed(desk.office) == []


# --- The calendar --------------------------------------------------------------------------------------------


async def calendar(browser: httpx2.AsyncClient, secret: str) -> dict[str, dict[str, str]]:
    answer = await browser.get(f"/calendar/{secret}.ics", headers={"Cookie": ""})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    return {
        str(event["uid"]): {name.lower(): str(getattr(value, "dt", value)) for name, value in event.items()}
        for event in Calendar.from_ical(answer.content).walk("VEVENT")
    }


async def test_the_calendar_holds_the_open_deadlines_that_concern_the_person(
    browser: httpx2.AsyncClient, desk: Desk
) -> None:
    desk.register("NV/3", "Fri 2026-03-20 08:00", lead_agency="STC", deadline=a_deadline("2026-04-01 16:30"))
    secret = tokens.renew_calendar(desk.office, "truong.stc")

    found = await calendar(browser, secret)

    assert found.keys() == {"NV-1@dondoc", "NV%2F3@dondoc"}, f"{OTHERS} has no deadline"
    assert found["NV-1@dondoc"]["dtstart"] == "2026-03-17"
    assert found["NV%2F3@dondoc"]["dtstart"] == "2026-04-01 09:30:00+00:00"
    assert (await calendar(browser, tokens.renew_calendar(desk.office, "truong.syt"))).keys() == {"NV-1@dondoc"}


async def test_an_event_stays_the_same_and_its_sequence_rises(browser: httpx2.AsyncClient, desk: Desk) -> None:
    secret = tokens.renew_calendar(desk.office, "truong.syt")
    before = (await calendar(browser, secret))["NV-1@dondoc"]

    amended = c.Amend(deadline=a_deadline("2026-04-15"), reason="Theo ý kiến lãnh đạo")
    desk.act(MINE, amended, "chanhvanphong", "Fri 2026-03-20 09:00")
    after = (await calendar(browser, secret))["NV-1@dondoc"]

    assert int(after["sequence"]) > int(before["sequence"])
    assert after["dtstart"] == str(dt.date(2026, 4, 15))
    desk.act(MINE, c.Cancel(reason="Không còn cần"), "chanhvanphong", "Fri 2026-03-20 09:01")
    assert await calendar(browser, secret) == {}


async def test_what_people_wrote_cannot_add_an_event_or_a_line(browser: httpx2.AsyncClient, desk: Desk) -> None:
    hostile = "Báo cáo; a,b\\n\nEND:VEVENT\r\nBEGIN:VEVENT\nUID:x\nATTACH:http://evil.test/" + "ế" * 200
    desk.register("NV-4", "Fri 2026-03-20 08:00", content=hostile, deadline=a_deadline("2026-04-01"))
    secret = tokens.renew_calendar(desk.office, "truong.syt")

    found = await calendar(browser, secret)
    raw = (await browser.get(f"/calendar/{secret}.ics")).content

    assert found.keys() == {"NV-1@dondoc", "NV-4@dondoc"}
    assert "attach" not in found["NV-4@dondoc"]
    assert all(len(line) <= 75 for line in raw.split(b"\r\n")), "lines are folded"


async def test_the_address_is_made_on_the_page_and_ends_when_it_is_revoked(
    browser: httpx2.AsyncClient, desk: Desk
) -> None:
    await signed_in(browser, desk, "truong.syt")
    address = shown_secret((await browser.post("/tokens/calendar")).text)
    assert address.startswith(f"{HOST}/calendar/{PREFIX}")
    assert (await browser.get(address)).status_code == 200

    (token,) = tokens.listed(desk.office, "truong.syt")
    await browser.post("/tokens/revoke", data={"token": str(token.id)})

    assert (await browser.get(address)).status_code == 404


async def test_an_api_token_is_no_calendars_address_nor_the_other_way_round(
    browser: httpx2.AsyncClient, desk: Desk
) -> None:
    _, program = tokens.create(desk.office, "truong.syt", "Thử", ["read", "calendar"])
    secret = tokens.renew_calendar(desk.office, "truong.syt")

    assert (await browser.get(f"/calendar/{program}.ics")).status_code == 404
    assert (await browser.get("/calendar/dondoc_x.ics")).status_code == 404
    answer = await browser.get("/api/v1/directives", headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
