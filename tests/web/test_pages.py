"""The pages as a browser asks for them, on a real database and with Temporal away: reading goes on, acts are kept.

It is Friday 20 March 2026, 09:00. Sở Y tế leads an overdue directive, which Sở Tài chính coordinates; Sở Tài chính
leads one that Sở Y tế has nothing to do with.
"""

import html
import re
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
import time_machine
from builders import a_deadline, local
from office_fixture import Desk
from temporalio.client import Client

from models import commands as c
from models.sign_in import FREE_TRIES
from services import accounts
from services.office import Office
from web.app import Surroundings, create_app

HOST = "http://dondoc.test"
PASSWORD = "mưa rơi trên sông Trà"
OVERDUE, OTHERS = "NV-1", "NV/2"
PAGES = ("/", "/directives", f"/directives/{OVERDUE}", "/board", "/inbox", "/sessions", "/password")


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


@pytest.fixture
def office(desk: Desk) -> Iterator[Office]:
    with time_machine.travel(local("Fri 2026-03-20 09:00"), tick=False):
        desk.register(
            OVERDUE,
            "Wed 2026-03-04 09:00",
            deadline=a_deadline("2026-03-17"),
            coordinating_agencies=("STC",),
            content="Báo cáo <script>alert(1)</script>",
        )
        desk.act(OVERDUE, c.Acknowledge(), "truong.syt", "Wed 2026-03-04 10:00")
        desk.register(OTHERS, "Wed 2026-03-04 09:05", lead_agency="STC")
        desk.tell(OVERDUE, "Wed 2026-03-18 08:00")
        desk.time_is("Fri 2026-03-20 09:00")
        for person in ("truong.syt", "truong.stc", "chanhvanphong", "thanhtra", "quantri"):
            accounts.add(desk.office, person, PASSWORD, must_change=False)
        yield desk.office


@pytest.fixture
async def browser(office: Office) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(create_app(office, no_temporal, Surroundings(base_url=HOST)))
    async with httpx2.AsyncClient(transport=transport, base_url=HOST, headers={"Origin": HOST}) as client:
        yield client


async def signed_in(browser: httpx2.AsyncClient, person: str) -> httpx2.AsyncClient:
    answer = await browser.post("/sign-in", data={"name": person, "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    return browser


async def form_of(browser: httpx2.AsyncClient, kind: str) -> dict[str, str]:
    """The hidden parts of a form, as the page of the directive has them."""
    text = (await browser.get(f"/directives/{OVERDUE}")).text
    form = next(part for part in text.split("<form ") if f'name="kind" value="{kind}"' in part)
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


# --- Coming and going ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
async def test_without_signing_in_every_page_leads_to_the_sign_in_page_and_back(
    browser: httpx2.AsyncClient, path: str
) -> None:
    answer = await browser.get(path)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")
    if path != "/":
        assert (await browser.get(answer.headers["location"])).text.count(f'value="{path}"') == 1


async def test_a_wrong_password_keeps_the_name_and_says_one_sentence(browser: httpx2.AsyncClient) -> None:
    answer = await browser.post("/sign-in", data={"name": "truong.syt", "password": "sai"})

    assert answer.status_code == 403
    assert "Tên đăng nhập hoặc mật khẩu không đúng." in answer.text
    assert 'value="truong.syt"' in answer.text


async def test_guesses_are_told_when_to_come_back(browser: httpx2.AsyncClient) -> None:
    for _ in range(FREE_TRIES):
        await browser.post("/sign-in", data={"name": "truong.syt", "password": "sai"})

    answer = await browser.post("/sign-in", data={"name": "truong.syt", "password": PASSWORD})

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")


@pytest.mark.parametrize(
    "wanted", ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)", "board"]
)
async def test_nobody_is_led_to_another_site(browser: httpx2.AsyncClient, wanted: str) -> None:
    answer = await browser.post("/sign-in", data={"name": "truong.syt", "password": PASSWORD, "next": wanted})

    assert answer.headers["location"] == "/"


async def test_each_sign_in_is_a_new_session_and_the_cookie_before_is_worth_nothing(
    browser: httpx2.AsyncClient, office: Office
) -> None:
    await signed_in(browser, "truong.syt")
    before = browser.cookies["dondoc"]
    await signed_in(browser, "truong.syt")

    assert browser.cookies["dondoc"] != before
    assert accounts.signed_in(office, before) is None


async def test_after_signing_out_the_cookie_is_worth_nothing(browser: httpx2.AsyncClient, office: Office) -> None:
    await signed_in(browser, "truong.syt")
    secret = browser.cookies["dondoc"]

    await browser.post("/sign-out")

    assert accounts.signed_in(office, secret) is None
    assert (await browser.get("/")).status_code == 303


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(browser: httpx2.AsyncClient) -> None:
    answer = await browser.post("/sign-in", data={"name": "truong.syt", "password": PASSWORD})

    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


async def test_over_tls_the_cookie_is_secure_and_bound_to_this_host(office: Office) -> None:
    transport = httpx2.ASGITransport(create_app(office, no_temporal))
    origin = "https://dondoc.test"
    async with httpx2.AsyncClient(transport=transport, base_url=origin, headers={"Origin": origin}) as browser:
        answer = await browser.post("/sign-in", data={"name": "truong.syt", "password": PASSWORD})

    assert answer.headers["set-cookie"].startswith("__Host-dondoc=")
    assert "; secure" in answer.headers["set-cookie"].lower()


async def test_a_password_made_by_somebody_else_is_changed_before_anything_else(
    browser: httpx2.AsyncClient, office: Office
) -> None:
    made = accounts.add(office, "truong.syt", None)
    answer = await browser.post("/sign-in", data={"name": "truong.syt", "password": made})
    assert answer.headers["location"] == "/password"
    assert (await browser.get("/directives")).headers["location"] == "/password"

    wrong = await browser.post("/password", data={"old": made, "new": PASSWORD, "again": "khác"})
    right = await browser.post("/password", data={"old": made, "new": PASSWORD, "again": PASSWORD})

    assert (wrong.status_code, right.status_code) == (422, 200)
    assert (await browser.get("/directives")).status_code == 200


async def test_another_session_is_ended_from_the_list(browser: httpx2.AsyncClient, office: Office) -> None:
    elsewhere, begun = accounts.sign_in(office, "truong.syt", PASSWORD, accounts.Browser("10.9.8.7", "Khác"))
    await signed_in(browser, "truong.syt")
    assert "10.9.8.7" in (await browser.get("/sessions")).text

    await browser.post("/sessions/end", data={"session": begun.session})

    assert accounts.signed_in(office, elsewhere) is None
    assert (await browser.get("/sessions")).status_code == 200


# --- Who may ask ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {"Origin": "https://dondoc.test.evil.test"},
        {"Origin": "", "Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_what_another_site_sends_in_a_persons_name_is_refused(
    browser: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    await signed_in(browser, "truong.syt")

    answer = await browser.post(f"/directives/{OVERDUE}/do", data={"kind": "submit", "text": "Xong"}, headers=headers)

    assert answer.status_code == 403
    assert "không đến từ trang của hệ thống" in answer.text
    assert (await browser.get("/")).status_code == 200, "and he is still signed in"


@pytest.mark.parametrize(
    ("person", "seen"),
    [
        ("truong.syt", {OVERDUE}),
        ("truong.stc", {OVERDUE, OTHERS}),
        ("chanhvanphong", {OVERDUE, OTHERS}),
        ("thanhtra", {OVERDUE, OTHERS}),
        ("quantri", {OVERDUE, OTHERS}),
    ],
)
async def test_a_person_sees_on_every_page_what_he_may_see_and_nothing_else(
    browser: httpx2.AsyncClient, person: str, seen: set[str]
) -> None:
    await signed_in(browser, person)

    listed = (await browser.get("/directives")).text
    board = (await browser.get("/board")).text
    statuses = {code: (await browser.get(f"/directives/{code}")).status_code for code in (OVERDUE, OTHERS, "NV-9")}

    assert {code for code in (OVERDUE, OTHERS) if f">{code}</a>" in listed} == seen
    assert re.search(rf'<th scope="row">Cộng</th><td><a [^>]+>{len(seen)}</a></td>', board)
    assert statuses == {code: 200 if code in seen else 404 for code in (OVERDUE, OTHERS, "NV-9")}


async def test_what_one_may_not_see_is_answered_like_what_does_not_exist(browser: httpx2.AsyncClient) -> None:
    await signed_in(browser, "truong.syt")

    hidden = await browser.get(f"/directives/{OTHERS}")
    act = await browser.post(f"/directives/{OTHERS}/do", data={"kind": "comment", "text": "?"})
    absent = await browser.get("/directives/NV/3")

    assert (hidden.status_code, act.status_code, absent.status_code) == (404, 404, 404)
    assert hidden.text.replace(OTHERS, "NV/3") == absent.text


# --- Reading -------------------------------------------------------------------------------------------------


async def test_what_people_wrote_is_shown_as_text(browser: httpx2.AsyncClient) -> None:
    await signed_in(browser, "truong.syt")

    for path in PAGES:
        text = (await browser.get(path)).text
        assert text.count("<script") == text.count('<script type="module" src="/static/live.js?v=')
        assert "style=" not in text
        assert " onclick" not in text
    assert "&lt;script&gt;" in (await browser.get("/directives")).text


async def test_a_directive_shows_what_happened_and_what_will_happen_around_now(browser: httpx2.AsyncClient) -> None:
    await signed_in(browser, "truong.syt")
    text = html.unescape((await browser.get(f"/directives/{OVERDUE}")).text)

    happened, _, coming = text.partition('class="now"')
    assert "08:00 thứ Năm, 26/03/2026" in coming
    assert "đôn đốc cấp 3" in coming
    assert "(nhắc lại mỗi 5 ngày làm việc)" in coming
    assert "tiếp nhận" in happened
    assert "chưa có ý kiến" in text, "silence is shown as silence"
    assert "quá hạn 3 ngày làm việc" in text


@pytest.mark.parametrize(
    ("query", "found"),
    [("?timeliness=overdue", 1), ("?text=bao+cao", 1), ("?agency=Sở+Tài+chính", 0), ("?text=khong-co", 0)],
)
async def test_the_filter_stands_in_the_address(browser: httpx2.AsyncClient, query: str, found: int) -> None:
    await signed_in(browser, "truong.syt")

    answer = await browser.get(f"/directives{query}")

    assert answer.status_code == 200
    assert answer.text.count(f">{OVERDUE}</a>") == found
    assert ("Không có nhiệm vụ nào khớp" in answer.text) is (found == 0)


async def test_a_filter_that_nobody_knows_is_one_sentence(browser: httpx2.AsyncClient) -> None:
    await signed_in(browser, "truong.syt")

    answer = await browser.get("/directives?agency=Sở+Không+Có")

    assert answer.status_code == 422
    assert "Không tìm thấy cơ quan" in answer.text


async def test_the_inbox_is_marked_as_read_when_he_says_so(browser: httpx2.AsyncClient) -> None:
    await signed_in(browser, "truong.syt")
    text = (await browser.get("/inbox")).text
    assert 'class="unread' in text

    await browser.post("/inbox/read", data={"shown": re.findall(r'name="shown" value="(\d+)"', text)})

    assert 'class="unread' not in (await browser.get("/inbox")).text


async def test_the_language_is_switched_and_stays(browser: httpx2.AsyncClient) -> None:
    await signed_in(browser, "truong.syt")
    await browser.post("/language", data={"language": "en"})

    text = (await browser.get("/directives")).text

    assert '<html lang="en">' in text
    assert "Overdue" in text
    assert "Nhiệm vụ" not in text


# --- Acting --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "offered"),
    [
        ("truong.syt", {"report_progress", "submit", "request_extension", "comment"}),
        ("truong.stc", {"report_progress", "contribute", "comment"}),
        ("thanhtra", set()),
        ("quantri", set()),
    ],
)
async def test_the_buttons_are_what_this_person_may_do_now(
    browser: httpx2.AsyncClient, person: str, offered: set[str]
) -> None:
    await signed_in(browser, person)

    text = (await browser.get(f"/directives/{OVERDUE}")).text

    found = set(re.findall(r'name="kind" value="(\w+)"', text))
    assert found == offered


async def test_an_act_while_temporal_is_away_is_kept_and_said_to_be(browser: httpx2.AsyncClient) -> None:
    await signed_in(browser, "truong.syt")
    form = await form_of(browser, "report_progress")

    answer = await browser.post(f"/directives/{OVERDUE}/do", data={**form, "text": "Nửa việc", "percent": "50"})

    assert (answer.status_code, answer.headers["location"]) == (303, f"/directives/{OVERDUE}?done=kept")
    assert "Đã nhận, đang ghi." in (await browser.get(answer.headers["location"])).text


async def test_a_refused_act_says_why_and_keeps_what_was_typed(browser: httpx2.AsyncClient) -> None:
    await signed_in(browser, "truong.syt")
    form = await form_of(browser, "request_extension")

    answer = await browser.post(
        f"/directives/{OVERDUE}/do", data={**form, "deadline": "một hôm nào đó", "reason": "Chờ số liệu"}
    )

    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert ">Chờ số liệu</textarea>" in answer.text
    assert 'value="một hôm nào đó"' in answer.text


async def test_of_two_people_on_the_same_page_the_second_hears_what_changed(
    browser: httpx2.AsyncClient, desk: Desk
) -> None:
    await signed_in(browser, "truong.syt")
    form = await form_of(browser, "submit")
    desk.act(OVERDUE, c.ReportProgress(text="Đã xong một nửa"), "chuyenvien.syt", "Fri 2026-03-20 09:01")

    answer = await browser.post(f"/directives/{OVERDUE}/do", data={**form, "text": "Xong"})

    assert answer.status_code == 409
    assert "vừa thay đổi" in answer.text


async def test_nobody_acts_in_another_persons_name_by_adding_to_the_form(
    browser: httpx2.AsyncClient, office: Office
) -> None:
    await signed_in(browser, "truong.syt")
    form = await form_of(browser, "comment")
    data = {**form, "text": "Ý kiến", "person": "chutich", "as": "chutich", "roles": "leader"}

    await browser.post(f"/directives/{OVERDUE}/do", data=data)

    from database import commands
    from database.engine import reading

    with reading(office.engine) as connection:
        kept = commands.find(connection, form["id"])
    assert kept is not None
    assert kept.actor.person == "truong.syt"
