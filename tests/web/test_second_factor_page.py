"""The second factor as a browser sets it up and is asked for it: every form by itself, no script. Friday, 09:00."""

import re
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
import time_machine
from builders import local
from office_fixture import Desk
from signed_in import HOST, browsing
from temporalio.client import Client

from models.second_factor import RECOVERY_CODES, ROLES_WITH, SecondFactorFor, code_at, step_of
from models.sign_in import FREE_TRIES
from services import accounts
from services.office import Office
from web.app import Surroundings, create_app
from web.qr_code import qr_code

PASSWORD = "mưa rơi trên sông Trà"
PERSON = "truong.syt"


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(local("Fri 2026-03-20 09:00"), tick=False) as travelled:
        yield travelled


@pytest.fixture
def office(desk: Desk, clock: time_machine.Traveller) -> Office:
    del clock
    for person in (PERSON, "chutich", "quantri"):
        accounts.add(desk.office, person, PASSWORD, must_change=False)
    return desk.office


@pytest.fixture
async def browser(office: Office) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(create_app(office, no_temporal, Surroundings(base_url=HOST)))
    async with httpx2.AsyncClient(transport=transport, base_url=HOST, headers={"Origin": HOST}) as client:
        yield client


async def signs_in(browser: httpx2.AsyncClient, person: str = PERSON, wanted: str = "/") -> str:
    answer = await browser.post("/sign-in", data={"name": person, "password": PASSWORD, "next": wanted})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def sets_up(browser: httpx2.AsyncClient, office: Office) -> tuple[str, list[str]]:
    """By the forms of the page; returns the secret, and the recovery codes that it showed."""
    assert (await browser.post("/second-factor/begin")).headers["location"] == "/second-factor"
    shown = await browser.get("/second-factor")
    secret = re.findall(r'<code class="secret">([A-Z2-7]{32})</code>', shown.text)[0]
    code = code_at(secret, step_of(office.now()))
    done = await browser.post("/second-factor/on", data={"code": code, "password": PASSWORD})
    assert done.status_code == 200, done.text
    return secret, re.findall(r"<li><code>([a-z0-9-]+)</code></li>", done.text)


async def test_it_is_set_up_by_a_picture_from_this_host_and_then_asked_for(
    browser: httpx2.AsyncClient, office: Office, clock: time_machine.Traveller
) -> None:
    await signs_in(browser)
    assert 'action="/second-factor/begin"' in (await browser.get("/second-factor")).text
    secret, codes = await sets_up(browser, office)
    assert len(codes) == RECOVERY_CODES
    after = (await browser.get("/second-factor")).text
    assert secret not in after
    assert not [code for code in codes if code in after]
    await browser.post("/sign-out")
    clock.shift(30)

    assert await signs_in(browser, wanted="/board") == "/sign-in/code?next=%2Fboard"
    assert (await browser.get("/")).headers["location"] == "/sign-in", "half a session opens nothing else"
    asked = await browser.get("/sign-in/code?next=%2Fboard")
    assert 'autocomplete="one-time-code"' in asked.text
    wrong = await browser.post("/sign-in/code", data={"code": "000000", "next": "/board"})
    assert wrong.status_code == 403
    assert "Mã không đúng" in wrong.text
    assert 'value="/board"' in wrong.text
    right = await browser.post("/sign-in/code", data={"code": code_at(secret, step_of(office.now())), "next": "/board"})

    assert (right.status_code, right.headers["location"]) == (303, "/board")
    assert (await browser.get("/")).status_code == 200
    assert (await browser.get("/sign-in/code")).headers["location"] == "/sign-in", "the half session is over"


async def test_the_cookie_of_half_a_session_goes_to_the_sign_in_pages_alone_and_is_no_session(
    browser: httpx2.AsyncClient, office: Office
) -> None:
    await signs_in(browser)
    await sets_up(browser, office)
    before = browser.cookies["dondoc"]

    answer = await browser.post("/sign-in", data={"name": PERSON, "password": PASSWORD})

    half = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("dondoc_half=")).lower()
    assert "path=/sign-in" in half
    assert "httponly" in half
    assert "samesite=lax" in half
    assert accounts.signed_in(office, before) is None, "who begins to sign in is out"
    secret = browser.cookies["dondoc_half"]
    browser.cookies.clear()
    assert (await browser.get("/", headers={"Cookie": f"dondoc={secret}"})).status_code == 303


async def test_guesses_at_the_code_are_told_when_to_come_back(browser: httpx2.AsyncClient, office: Office) -> None:
    await signs_in(browser)
    await sets_up(browser, office)
    await signs_in(browser)
    for _ in range(FREE_TRIES):
        await browser.post("/sign-in/code", data={"code": "00000x"})

    answer = await browser.post("/sign-in/code", data={"code": "000000"})

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")


async def test_what_is_wrong_at_the_first_code_is_said_and_the_picture_stays(
    browser: httpx2.AsyncClient, office: Office
) -> None:
    await signs_in(browser)
    await browser.post("/second-factor/begin")

    answer = await browser.post("/second-factor/on", data={"code": "00000x", "password": PASSWORD})

    assert answer.status_code == 422
    assert "Mã không đúng" in answer.text
    assert '<svg class="qr"' in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_it_is_switched_off_with_password_and_code_and_the_codes_are_made_anew(
    browser: httpx2.AsyncClient, office: Office
) -> None:
    await signs_in(browser)
    _, codes = await sets_up(browser, office)
    wrong = await browser.post("/second-factor/change", data={"act": "off", "password": "sai", "code": codes[0]})
    made = await browser.post("/second-factor/change", data={"act": "codes", "password": PASSWORD, "code": codes[0]})
    fresh = re.findall(r"<li><code>([a-z0-9-]+)</code></li>", made.text)

    off = await browser.post("/second-factor/change", data={"act": "off", "password": PASSWORD, "code": fresh[0]})

    assert (wrong.status_code, made.status_code) == (422, 200)
    assert len(fresh) == RECOVERY_CODES
    assert off.headers["location"] == "/second-factor?done=off"
    assert "Đã tắt xác thực hai bước" in (await browser.get("/second-factor?done=off")).text
    assert await signs_in(browser) == "/"


async def test_who_has_to_have_one_is_led_to_set_it_up_before_anything_else(
    browser: httpx2.AsyncClient, office: Office
) -> None:
    office.second_factor_of = ROLES_WITH[SecondFactorFor.LEADERS]
    await signs_in(browser, "chutich")

    for path in ("/", "/directives", "/board", "/tokens", "/sessions", "/admin", "/preferences"):
        assert (await browser.get(path)).headers["location"] == "/second-factor", path
    assert (await browser.get("/live")).status_code == 401
    assert "phải dùng xác thực hai bước" in (await browser.get("/second-factor")).text
    assert (await browser.get("/password")).status_code == 200
    await sets_up(browser, office)

    assert (await browser.get("/")).status_code == 200


async def test_a_password_of_others_is_changed_first_and_then_it_is_set_up(
    browser: httpx2.AsyncClient, office: Office
) -> None:
    office.second_factor_of = ROLES_WITH[SecondFactorFor.LEADERS]
    made = accounts.add(office, "chutich", None)

    await browser.post("/sign-in", data={"name": "chutich", "password": made})

    assert (await browser.get("/second-factor")).headers["location"] == "/password"
    await browser.post("/password", data={"old": made, "new": PASSWORD, "again": PASSWORD})
    assert (await browser.get("/")).headers["location"] == "/second-factor"


async def test_an_administrator_takes_it_off_on_the_page_of_the_person(
    browser: httpx2.AsyncClient, office: Office
) -> None:
    await signs_in(browser)
    await sets_up(browser, office)
    async with browsing(create_app(office, no_temporal), office, "quantri") as admin:
        assert "/admin/people/truong.syt/second-factor/remove" in (await admin.get("/admin/people/truong.syt")).text

        done = await admin.post("/admin/people/truong.syt/second-factor/remove")
        again = await admin.post("/admin/people/truong.syt/second-factor/remove")

        assert (done.status_code, again.status_code) == (303, 422)
        assert "/second-factor/remove" not in (await admin.get("/admin/people/truong.syt")).text
    assert await signs_in(browser) == "/"


async def test_who_has_no_password_is_told_that_the_single_sign_on_asks(desk: Desk, office: Office) -> None:
    async with browsing(create_app(office, no_temporal), office, "thanhtra") as browser:
        assert "hệ thống đăng nhập chung" in (await browser.get("/second-factor")).text
        assert (await browser.post("/second-factor/begin")).status_code == 409


def test_the_picture_has_its_three_corners() -> None:
    drawn = qr_code("otpauth://totp/x?secret=ABC")

    corners = ((0, 0), (drawn.size - 7, 0), (0, drawn.size - 7))
    assert all(f"M{x + 3} {y + 3}h1v1h-1z" in drawn.path and f"M{x + 1} {y + 1}h" not in drawn.path for x, y in corners)
