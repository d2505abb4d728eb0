"""The pages of the administration, as a browser asks for them on a real database, with Temporal away.

It is Friday 20 March 2026, 09:00. Sở Y tế leads one open directive.
"""

import html
import re
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
import time_machine
from builders import a_deadline, local
from fastapi import FastAPI
from office_fixture import Desk
from sqlalchemy import select
from temporalio.client import Client

from database.engine import reading
from database.seed_data import read_default_policy
from models import commands as c
from models.tables import COMMAND, TOKEN, WEBHOOK_CALL
from services import accounts, webhooks
from services.audit import audited
from services.office import Office
from services.policies import policy_in_force
from web.app import Surroundings, create_app
from web.headers import SecurityHeaders
from web.origin import SameOriginOnly

HOST = "http://dondoc.test"
PASSWORD = "mưa rơi trên sông Trà"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
SECRETARIAT_TOO = {
    "GET /admin",
    "GET /admin/people",
    "GET /admin/people/{code}",
    "GET /admin/calendar",
    "GET /admin/calendar/{year}",
}
PAGES = (
    "/admin",
    "/admin/operations",
    "/admin/people",
    "/admin/people?text=khong-co",
    "/admin/people/truong.syt",
    "/admin/new-person",
    "/admin/agencies",
    "/admin/agencies?text=khong-co",
    "/admin/agencies/SYT",
    "/admin/new-agency",
    "/admin/fields",
    "/admin/fields/y-te",
    "/admin/new-field",
    "/admin/succession",
    "/admin/succession?old=SYT&new=STC",
    "/admin/directory",
    "/admin/calendar/2026",
    "/admin/calendar/2031",
    "/admin/policy",
    "/admin/policy?version=1",
    "/admin/tokens",
    "/admin/webhooks",
    "/admin/audit",
    "/admin/ledger",
)


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


@pytest.fixture
def office(desk: Desk) -> Iterator[Office]:
    with time_machine.travel(local("Fri 2026-03-20 09:00"), tick=False):
        desk.register("NV-1", "Wed 2026-03-04 09:00", deadline=a_deadline("2026-04-17"), content=f"Báo cáo {HOSTILE}")
        desk.act("NV-1", c.Acknowledge(), "truong.syt", "Wed 2026-03-04 10:00")
        desk.time_is("Fri 2026-03-20 09:00")
        for person in ("truong.syt", "vanthu", "chutich", "thanhtra", "quantri"):
            accounts.add(desk.office, person, PASSWORD, must_change=False)
        yield desk.office


@pytest.fixture
async def browser(office: Office) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(create_app(office, no_temporal, Surroundings(base_url=HOST)))
    async with httpx2.AsyncClient(transport=transport, base_url=HOST, headers={"Origin": HOST}) as client:
        yield client


@pytest.fixture
async def admin(browser: httpx2.AsyncClient) -> httpx2.AsyncClient:
    return await signed_in(browser, "quantri")


async def signed_in(browser: httpx2.AsyncClient, person: str) -> httpx2.AsyncClient:
    answer = await browser.post("/sign-in", data={"name": person, "password": PASSWORD})
    assert answer.status_code == 303
    return browser


def routes_below_admin() -> list[str]:
    app = create_app(Office.at("sqlite:///nothing.db"), no_temporal)
    assert isinstance(app, SecurityHeaders)
    assert isinstance(app.app, SameOriginOnly)
    assert isinstance(app.app.app, FastAPI)
    return sorted(route for route in walked(app.app.app.routes) if "/admin" in route)


def walked(routes: object) -> set[str]:
    found: set[str] = set()
    for route in routes if isinstance(routes, list | tuple) else ():
        if isinstance(path := getattr(route, "path", None), str):
            found |= {f"{method} {path}" for method in (getattr(route, "methods", None) or {"GET"}) - {"HEAD"}}
        found |= walked(getattr(getattr(route, "original_router", None), "routes", None))
    return found


ROUTES = routes_below_admin()


def acts(office: Office) -> list[tuple[str, str, str]]:
    with reading(office.engine) as connection:
        return [(one.person, one.act, one.subject) for one in reversed(audited(connection)) if one.act != "account.add"]


async def hidden(browser: httpx2.AsyncClient, path: str, name: str = "seen") -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', (await browser.get(path)).text)
    assert found is not None
    return html.unescape(found[1])


# --- Who may -------------------------------------------------------------------------------------------------


def test_the_walk_finds_all_pages() -> None:
    assert len(ROUTES) > 35
    assert set(ROUTES) >= SECRETARIAT_TOO


async def test_nobody_but_administrators_comes_in_and_the_secretariat_only_to_read_three(
    browser: httpx2.AsyncClient, office: Office
) -> None:
    before = office.reference()
    for person in ("truong.syt", "chutich", "thanhtra", "vanthu"):
        await signed_in(browser, person)
        for route in ROUTES:
            method, path = route.split(" ", 1)
            path = path.replace("{code:path}", "SYT").replace("{code}", "truong.syt").replace("{year}", "2026")
            answer = await browser.request(method, path.replace("{number}", "1"), data={} if method == "POST" else None)
            if person == "vanthu" and route in SECRETARIAT_TOO:
                assert answer.status_code in (200, 303), route
            else:
                assert answer.status_code == 403, (person, route)
                assert "không có quyền" in answer.text
    assert office.reference() == before
    assert {act for _, act, _ in acts(office)} <= {"sign_in"}


async def test_an_administrator_does_not_act_for_others_on_a_directive(
    admin: httpx2.AsyncClient, office: Office
) -> None:
    for kind in ("submit", "comment", "urge", "cancel", "assign"):
        data = {"kind": kind, "id": f"c-{kind}", "text": "x", "reason": "x", "agency": "STC", "person": "truong.syt"}
        answer = await admin.post("/directives/NV-1/do", data=data)
        assert answer.status_code == 409, kind

    with reading(office.engine) as connection:
        assert connection.execute(select(COMMAND.c.id)).all() == []


# --- Reading -------------------------------------------------------------------------------------------------


async def test_every_page_is_whole_and_has_no_inline_script_or_style(admin: httpx2.AsyncClient) -> None:
    for path in PAGES:
        answer = await admin.get(path)
        assert answer.status_code == 200, path
        assert answer.text.count("<h1") == 1, path
        assert "style=" not in answer.text
        assert " onclick" not in answer.text


async def test_health_says_that_temporal_is_away_and_the_page_stands_all_the_same(admin: httpx2.AsyncClient) -> None:
    text = (await admin.get("/admin")).text

    assert "Temporal không trả lời" in text
    assert "Lịch năm 2027 còn tạm tính" in text


async def test_the_first_page_examines_the_whole_system_as_doctor_does_and_says_when(
    admin: httpx2.AsyncClient, desk: Desk
) -> None:
    text = html.unescape((await admin.get("/admin")).text)

    assert re.search(r"Khám lúc 09:00 20/03/2026: \d+ việc cần xem, \d+ việc ổn", text)
    assert "Nhật ký được bảo vệ, không sửa hay xóa được." in text
    assert "Bộ máy chưa chạy" not in text, "what health has said already is not said twice"


async def test_an_examination_holds_for_a_minute_so_that_nobody_can_load_the_system_with_it(
    admin: httpx2.AsyncClient, desk: Desk
) -> None:
    await admin.get("/admin")
    desk.time_is("Fri 2026-03-20 09:30")

    assert "Khám lúc 09:00 20/03/2026" in (await admin.get("/admin")).text


async def test_the_secretariat_is_led_to_what_it_may_read_of_the_administration(browser: httpx2.AsyncClient) -> None:
    for person, led in (("vanthu", True), ("quantri", True), ("truong.syt", False), ("chutich", False)):
        await signed_in(browser, person)
        text = (await browser.get("/help")).text
        assert ('href="/admin"' in text) is led, person


async def test_what_people_typed_into_any_field_is_shown_as_text(admin: httpx2.AsyncClient, office: Office) -> None:
    await admin.post("/admin/new-person", data={"code": "an", "name": HOSTILE, "agency": "SYT", "position": "officer"})
    await admin.post(
        "/admin/new-agency", data={"code": "X1", "name": HOSTILE, "kind": "body", "aliases": f"{HOSTILE}\nB"}
    )
    await admin.post(
        "/admin/calendar/2026/off", data={"first": "30/12/2026", "reason": HOSTILE, "announced_by": HOSTILE}
    )
    text = read_default_policy() + f"# {HOSTILE}\n"
    refused = [
        await admin.post("/admin/new-person", data={"code": HOSTILE, "name": HOSTILE, "agency": HOSTILE}),
        await admin.post("/admin/new-agency", data={"code": HOSTILE, "name": HOSTILE, "kind": HOSTILE}),
        await admin.post("/admin/calendar/2026/work", data={"first": HOSTILE, "reason": HOSTILE}),
        await admin.post("/admin/policy/check", data={"text": text, "reason": HOSTILE}),
        await admin.post("/admin/policy/check", data={"text": HOSTILE, "reason": HOSTILE}),
        await admin.post("/admin/webhooks", data={"url": f"https://{HOSTILE}"}),
        await admin.post("/admin/people/truong.syt/absence", data={"first": HOSTILE, "deputy": HOSTILE}),
        await admin.post("/admin/succession", data={"old": HOSTILE, "new": HOSTILE, "reason": HOSTILE}),
    ]
    query = {"text": HOSTILE, "person": HOSTILE, "directive": HOSTILE, "old": HOSTILE, "new": HOSTILE, "done": HOSTILE}
    pages = [await admin.get(path.partition("?")[0], params=query) for path in PAGES]
    pages += [await admin.get(path) for path in (*PAGES, "/admin/people/an", "/admin/agencies/X1")]

    for answer in (*refused, *pages):
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
    assert "&lt;script&gt;" in (await admin.get("/admin/people/an")).text


# --- People --------------------------------------------------------------------------------------------------


async def test_a_person_is_entered_with_a_post_and_an_account_whose_password_is_shown_once(
    admin: httpx2.AsyncClient, office: Office
) -> None:
    data = {
        "code": "An.Le",
        "name": "Lê An",
        "email": "an@quangngai.example",
        "agency": "Sở Y tế",
        "position": "officer",
    }
    added = await admin.post("/admin/new-person", data=data)
    assert added.headers["location"] == "/admin/people/an.le?done=added"

    text = (await admin.post("/admin/people/an.le/account")).text
    password = re.search(r"<code>((?:\w{4}-){3}\w{4})</code>", text)
    assert password is not None
    assert password[1] not in (await admin.get("/admin/people/an.le")).text
    assert accounts.sign_in(office, "an.le", password[1], accounts.Browser())[1].must_change
    with reading(office.engine) as connection:
        assert all(password[1] not in str(one.data) for one in audited(connection))


async def test_a_locked_person_is_signed_out_at_his_next_page(admin: httpx2.AsyncClient, office: Office) -> None:
    secret, _ = accounts.sign_in(office, "truong.syt", PASSWORD, accounts.Browser())
    seen = await hidden(admin, "/admin/people/truong.syt")

    data = {"seen": seen, "name": "Trưởng", "locked": "1", "agency": "SYT", "position": "head"}
    answer = await admin.post("/admin/people/truong.syt", data=data)

    assert answer.status_code == 303
    assert accounts.signed_in(office, secret) is None


async def test_of_two_administrators_on_one_person_the_second_hears_of_the_first_and_loses_nothing_typed(
    admin: httpx2.AsyncClient, office: Office
) -> None:
    seen = await hidden(admin, "/admin/people/truong.syt")
    first = {"seen": seen, "name": "Tên mới", "agency": "SYT", "position": "head"}
    assert (await admin.post("/admin/people/truong.syt", data=first)).status_code == 303

    answer = await admin.post("/admin/people/truong.syt", data={**first, "name": "Tên khác"})

    assert answer.status_code == 422
    assert "Người khác vừa sửa mục này" in answer.text
    assert 'value="Tên khác"' in answer.text
    assert office.reference().directory.person_name("truong.syt") == "Tên mới"


async def test_an_absence_is_entered_and_taken_back(admin: httpx2.AsyncClient, office: Office) -> None:
    data = {"first": "23/03/2026", "last": "24/03/2026", "deputy": "pho.syt"}
    directory = office.reference().directory
    if directory.person("pho.syt") is None:
        data["deputy"] = "chuyenvien.syt"
    await admin.post("/admin/people/truong.syt/absence", data=data)
    text = (await admin.get("/admin/people/truong.syt")).text
    assert "23/03/2026" in text

    await admin.post("/admin/people/truong.syt/absence/remove", data={"first": "2026-03-23", "last": "2026-03-24"})

    assert "Chưa ghi lần vắng mặt nào." in (await admin.get("/admin/people/truong.syt")).text


# --- Agencies ------------------------------------------------------------------------------------------------


async def test_a_succession_is_previewed_and_only_what_was_shown_is_confirmed(
    admin: httpx2.AsyncClient, office: Office, desk: Desk
) -> None:
    path = "/admin/succession?old=SYT&new=STC"
    seen = await hidden(admin, path)
    assert "NV-1" in (await admin.get(path)).text
    data = {"old": "SYT", "new": "STC", "reason": "Nghị quyết 01", "seen": seen}
    desk.register("NV-2", "Wed 2026-03-04 11:00")

    late = await admin.post("/admin/succession", data=data)
    assert late.status_code == 422
    assert "vừa thay đổi" in late.text
    assert "NV-2" in late.text
    done = await admin.post("/admin/succession", data={**data, "seen": await hidden(admin, path)})

    assert done.headers["location"] == "/admin/operations?done=succeeded"
    with reading(office.engine) as connection:
        kept = connection.execute(select(COMMAND.c.directive, COMMAND.c.kind, COMMAND.c.state)).all()
    assert sorted(kept) == [("NV-1", "succeed", "pending"), ("NV-2", "succeed", "pending")]
    assert "Còn 2 nhiệm vụ đang chờ chuyển" in (await admin.get("/admin/operations")).text
    assert ("quantri", "agency.succeed", "SYT") in acts(office)


async def test_the_directory_goes_out_as_a_file_and_comes_back_as_it_was(
    admin: httpx2.AsyncClient, office: Office
) -> None:
    before = office.reference().directory
    file = (await admin.get("/admin/directory.yaml")).content

    done = await admin.post("/admin/directory", files={"file": ("danh-ba.yaml", file)})
    broken = await admin.post("/admin/directory", files={"file": ("x.yaml", b"people: [{code: a}]")})

    assert done.status_code == 303
    assert office.reference().directory == before
    assert broken.status_code == 422
    assert "Dòng 1" in broken.text


async def test_a_field_is_entered_and_given_to_another_leader(admin: httpx2.AsyncClient, office: Office) -> None:
    new = {
        "code": "bien-doi-khi-hau",
        "name": "Biến đổi khí hậu",
        "vice_chairman": "pct.vanxa",
        "aliases": "BĐKH\nKhí hậu",
    }
    added = await admin.post("/admin/new-field", data=new)
    assert added.headers["location"] == "/admin/fields/bien-doi-khi-hau?done=added"
    seen = await hidden(admin, "/admin/fields/bien-doi-khi-hau")

    given = {"seen": seen, "name": "Biến đổi khí hậu", "vice_chairman": "pct.kinhte", "monitoring_officer": ""}
    changed = await admin.post("/admin/fields/bien-doi-khi-hau", data=given)
    late = await admin.post("/admin/fields/bien-doi-khi-hau", data=given | {"name": "Khác"})

    assert changed.headers["location"] == "/admin/fields/bien-doi-khi-hau?done=saved"
    assert late.status_code == 422
    assert "Người khác vừa sửa mục này" in late.text
    field = office.reference().directory.field("bien-doi-khi-hau")
    assert field is not None
    assert (field.name, field.vice_chairman, field.aliases) == ("Biến đổi khí hậu", "pct.kinhte", ())
    assert acts(office)[-2:] == [
        ("quantri", "field.add", "bien-doi-khi-hau"),
        ("quantri", "field.change", "bien-doi-khi-hau"),
    ]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"code": "y-te", "name": "Khác"}, "đã có trong danh bạ"),
        ({"code": "moi", "name": "Y TẾ"}, "cũng là tên của lĩnh vực y-te"),
        ({"code": "moi", "name": "Mới", "vice_chairman": "khong.co"}, "không có người nào mã"),
        ({"code": "", "name": ""}, "Ghi mã"),
    ],
)
async def test_a_field_that_does_not_fit_is_refused_and_what_was_typed_stays(
    admin: httpx2.AsyncClient, office: Office, given: dict[str, str], told: str
) -> None:
    before = office.reference().directory.fields

    answer = await admin.post("/admin/new-field", data=given)

    assert answer.status_code == 422
    assert told in html.unescape(answer.text)
    assert f'name="code" value="{given["code"]}"' in answer.text
    assert office.reference().directory.fields == before


# --- Calendar and policy -------------------------------------------------------------------------------------


async def test_days_off_are_entered_shown_and_taken_back(admin: httpx2.AsyncClient, office: Office) -> None:
    data = {"first": "28/12/2026", "last": "29/12/2026", "reason": "Nghỉ", "announced_by": "12/TB"}
    assert (await admin.post("/admin/calendar/2026/off", data=data)).status_code == 303
    text = (await admin.get("/admin/calendar/2026")).text
    assert text.count("12/TB") == 2
    assert "Còn 1 nhiệm vụ chưa tính lại mốc" in text

    for day in ("2026-12-28", "2026-12-29"):
        await admin.post("/admin/calendar/2026/remove", data={"day": day})
    await admin.post("/admin/calendar/2027/confirm")

    assert "12/TB" not in (await admin.get("/admin/calendar/2026")).text
    assert [act for _, act, _ in acts(office) if act.startswith("calendar")] == [
        "calendar.off",
        "calendar.remove",
        "calendar.remove",
        "calendar.confirm",
    ]


async def test_a_day_without_reason_is_refused_and_what_was_typed_stays(admin: httpx2.AsyncClient) -> None:
    answer = await admin.post("/admin/calendar/2026/off", data={"first": "28/12/2026", "announced_by": "12/TB"})

    assert answer.status_code == 422
    assert 'value="28/12/2026"' in answer.text
    assert "cần có lý do" in answer.text


async def test_a_policy_is_checked_compared_tried_and_put_in_force_once(
    admin: httpx2.AsyncClient, office: Office
) -> None:
    line = "          - {at: -7, to: [lead_officers]}\n"
    text = read_default_policy().replace(line, "", 1).replace("\n", "\r\n")

    faulty = await admin.post("/admin/policy/check", data={"text": text.replace("lead_officers", "ai", 1)})
    checked = await admin.post("/admin/policy/check", data={"text": text, "reason": "Bớt nhắc"})
    seen = await hidden(admin, "/admin/policy")
    without_reason = await admin.post("/admin/policy/apply", data={"text": text, "seen": seen})
    applied = await admin.post("/admin/policy/apply", data={"text": text, "seen": seen, "reason": "Bớt nhắc"})
    other = text.replace("at: -3", "at: -4", 1)
    late = await admin.post("/admin/policy/apply", data={"text": other, "seen": seen, "reason": "Khác"})

    assert faulty.status_code == 422
    assert re.search(r"Dòng \d+, ladders", faulty.text)
    assert checked.text.count('<tr class="del">') == 1
    assert "1 nhiệm vụ chưa xong" in checked.text
    assert without_reason.status_code == 422
    assert applied.headers["location"] == "/admin/policy?done=activated"
    assert late.status_code == 422
    assert "Phiên bản 2 vừa được áp dụng" in late.text
    assert policy_in_force(office).policy.version == 2
    assert acts(office)[-1] == ("quantri", "policy.activate", "2")
    assert "\r" not in (await admin.get("/admin/policy")).text


# --- Machines ------------------------------------------------------------------------------------------------


async def test_a_receiver_inside_the_house_is_refused(admin: httpx2.AsyncClient, office: Office) -> None:
    for url in ("https://127.0.0.1/x", "https://[::1]/", "http://169.254.169.254/", "https://10.0.0.1/", "file:///x"):
        answer = await admin.post("/admin/webhooks", data={"url": url})
        assert answer.status_code == 422, url
    assert webhooks.listed(office) == []


async def test_a_receiver_is_called_for_a_test_told_again_switched_and_removed(
    admin: httpx2.AsyncClient, office: Office, desk: Desk
) -> None:
    desk.sql(
        "INSERT INTO webhook (id, url, secret, active, failures, after) "
        "VALUES (1, 'https://127.0.0.1/x', 'whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0', TRUE, 0, 0)"
    )
    tested = await admin.post("/admin/webhooks/1/test")
    again = await admin.post("/admin/webhooks/1/again", data={"event": "1"})
    await admin.post("/admin/webhooks/1/switch", data={"on": "0"})
    text = (await admin.get("/admin/webhooks/1")).text

    assert (tested.status_code, again.status_code) == (422, 422)
    assert "trỏ vào mạng nội bộ" in tested.text
    assert "gọi thử" in text
    assert "NV-1: registered" in text
    assert "whsec_" not in text
    with reading(office.engine) as connection:
        assert [row.event for row in connection.execute(select(WEBHOOK_CALL).order_by(WEBHOOK_CALL.c.id))] == [None, 1]
    assert not webhooks.listed(office)[0].active
    await admin.post("/admin/webhooks/1/remove")
    assert (await admin.get("/admin/webhooks/1")).headers["location"] == "/admin/webhooks?done=none"


async def test_any_persons_token_is_revoked_and_its_hash_shown_nowhere(
    admin: httpx2.AsyncClient, office: Office, desk: Desk
) -> None:
    desk.sql(
        "INSERT INTO token (id, hash, name, person, scopes, created_by, created_at) "
        "VALUES (1, 'băm', 'Báo cáo', 'truong.syt', '[\"read\"]', 'truong.syt', '2026-03-04T02:00:00+00:00')"
    )
    assert "băm" not in (await admin.get("/admin/tokens")).text

    first = await admin.post("/admin/tokens/revoke", data={"number": "1"})
    second = await admin.post("/admin/tokens/revoke", data={"number": "1"})

    assert first.headers["location"] == "/admin/tokens?done=revoked"
    assert second.headers["location"] == "/admin/tokens?done=none"
    with reading(office.engine) as connection:
        assert connection.execute(select(TOKEN.c.revoked_at)).scalar() is not None


async def test_audit_and_ledger_are_searched_by_person_directive_and_text(
    admin: httpx2.AsyncClient, office: Office
) -> None:
    await admin.post("/admin/calendar/2026/off", data={"first": "28/12/2026", "reason": "Nghỉ bão"})

    assert "Nghỉ bão" in (await admin.get("/admin/audit?person=quantri&text=b%C3%A3o")).text
    assert "Không có việc nào khớp" in (await admin.get("/admin/audit?person=truong.syt&text=b%C3%A3o")).text
    assert (await admin.get("/admin/ledger?person=truong.syt&directive=NV-1")).text.count("/directives/NV-1") == 1
    assert "Không có sự kiện nào khớp" in (await admin.get("/admin/ledger?directive=NV-9")).text
