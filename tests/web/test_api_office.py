"""What the office goes by and what is a person's own, through the API: the acts of the pages, noted and refused alike.

It is Friday 20 March 2026, 09:00.
"""

import datetime as dt
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from api_office import MINE, OTHERS, Api, Caller, connected, furnish
from office_fixture import Desk
from signed_in import a_session
from sqlalchemy import insert, select

from database.engine import reading, writing
from database.seed_data import read_default_policy
from models.tables import ACCOUNT, CALENDAR_DAY, COMMAND, SUCCESSION, WEBHOOK
from services.audit import audited


@pytest.fixture
async def api(desk: Desk) -> AsyncIterator[Api]:
    furnish(desk)
    async with connected(desk) as client:
        yield Api(desk, client)


@pytest.fixture
def admin(api: Api) -> Caller:
    return api.caller("quantri")


def acts(api: Api) -> list[str]:
    with reading(api.desk.office.engine) as connection:
        return [one.act for one in reversed(audited(connection)) if one.act not in ("token.create", "sign_in")]


async def put(caller: Caller, path: str, tag: str, body: dict[str, Any]) -> Any:
    return await caller("PUT", f"/api/v1{path}", headers={"If-Match": tag}, json=body)


async def delete(caller: Caller, path: str) -> int:
    return (await caller("DELETE", f"/api/v1{path}")).status_code


# --- Documents -----------------------------------------------------------------------------------------------

TWO = {
    "document": {"number": "77/UBND-KGVX", "date": "2026-03-16", "abstract": "V/v y tế học đường"},
    "directives": [
        {"content": "Báo cáo kết quả", "lead_agency": "Sở Y tế", "deadline": "trước ngày 15/4/2026"},
        {"content": "Kiểm tra", "lead_agency": "Sở Tài chính", "coordinating_agencies": ["Sở Y tế"], "deadline": ""},
    ],
}


async def test_a_document_is_registered_with_all_its_directives_once_and_found_again(api: Api) -> None:
    caller = api.caller("vanthu")
    preview = (await caller.post("/document-previews", json=TWO)).json()["directives"]
    assert [one["verdict"] for one in preview] == ["accepted", "accepted"]
    assert preview[0]["deadline"] == "2026-04-15"
    assert preview[0]["moments"]
    assert (await caller.get("/documents?text=hoc duong")).json()["items"] == []

    first = await caller.post("/documents", json=TWO, headers={"Idempotency-Key": "k-1"})
    again = await caller.post("/documents", json=TWO, headers={"Idempotency-Key": "k-1"})

    assert (first.status_code, again.json()) == (201, first.json())
    codes = [one["code"] for one in first.json()["directives"]]
    (found,) = (await caller.get("/documents?text=hoc duong")).json()["items"]
    assert (found["document"]["number"], found["directives"]) == ("77/UBND-KGVX", 2)
    whole = (await caller.get(f"/documents/{found['id']}")).json()
    assert whole["document"]["abstract"] == "V/v y tế học đường"
    assert {one["code"] for one in whole["directives"]} == set(codes)


async def test_a_document_of_which_one_directive_is_refused_is_not_taken_at_all(api: Api) -> None:
    wrong = {**TWO, "directives": [TWO["directives"][0], {"content": "?", "lead_agency": "Sở Không Có"}]}

    answer = await api.caller("vanthu").post("/documents", json=wrong)

    assert (answer.status_code, answer.json()["code"]) == (422, "not_registered")
    assert [one["field"] for one in answer.json()["errors"]] == ["directives.1.lead_agency"]
    assert (await api.caller("vanthu").get("/documents?text=hoc duong")).json()["items"] == []


async def test_documents_hold_what_a_person_sees_and_pages_miss_nothing(api: Api) -> None:
    for number in range(5):
        api.desk.register(f"A-{number}", "Fri 2026-03-20 08:00", document=a_document(f"{number}/UBND"))
    office = api.caller("chanhvanphong")
    numbers: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await office.get("/documents", params={"limit": 2, "after": cursor})).json()
        numbers += [one["document"]["number"] for one in page["items"]]
        cursor = page["next"]
    assert numbers == sorted(numbers)
    assert set(numbers) >= {f"{number}/UBND" for number in range(5)}

    stc = (await api.caller("truong.stc").get("/documents")).json()["items"]
    foreign = next(
        one for one in (await office.get("/documents")).json()["items"] if one["document"]["number"][0] == "0"
    )

    assert not {f"{number}/UBND" for number in range(5)} & {one["document"]["number"] for one in stc}
    assert (await api.caller("truong.stc").get(f"/documents/{foreign['id']}")).status_code == 404
    assert (await office.get("/documents/none")).status_code == 422


def a_document(number: str) -> dict[str, Any]:
    return {"number": number, "date": dt.date(2026, 3, 2)}


# --- Files ---------------------------------------------------------------------------------------------------


async def test_a_file_is_handed_in_named_by_a_command_and_got_back(api: Api) -> None:
    head = api.caller("truong.syt")
    content = "Số liệu".encode()

    kept = (await head.post(f"/directives/{MINE}/files", files={"file": ("bao cao.txt", content)})).json()
    given = {"kind": "report_progress", "text": "Gửi kèm", "attachments": [kept["reference"], "khác.pdf"]}
    await head.post(f"/directives/{MINE}/commands", json=given)

    assert kept["sha256"] == hashlib.sha256(content).hexdigest()
    with reading(api.desk.office.engine) as connection:
        envelope = connection.execute(select(COMMAND.c.envelope)).scalar_one()
    assert kept["reference"] in envelope
    got = await api.caller("chanhvanphong").get(f"/directives/{MINE}/files/{kept['id']}")
    assert (got.status_code, got.content) == (200, content)
    assert "attachment" in got.headers["content-disposition"]
    assert got.headers["x-content-type-options"] == "nosniff"
    (listed,) = (await api.caller("truong.stc").get(f"/directives/{MINE}/files")).json()["items"]
    assert listed == kept


async def test_a_file_of_others_is_only_a_name_in_ones_own_command(api: Api) -> None:
    kept = (await api.caller("truong.syt").post(f"/directives/{MINE}/files", files={"file": ("a.txt", b"x")})).json()

    given = {"kind": "comment", "text": "?", "attachments": [kept["reference"]]}
    await api.caller("truong.stc").post(f"/directives/{MINE}/commands", json=given)

    with reading(api.desk.office.engine) as connection:
        assert kept["sha256"] not in connection.execute(select(COMMAND.c.envelope)).scalar_one()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [("a.pdf", b"MZ", "file_type"), ("a.exe", b"MZ", "file_type"), ("TUYỆT MẬT.txt", b"x", "state_secret")],
)
async def test_a_file_that_is_not_taken_says_why(api: Api, name: str, content: bytes, code: str) -> None:
    answer = await api.caller("truong.syt").post(f"/directives/{MINE}/files", files={"file": (name, content)})

    assert (answer.status_code, answer.json()["code"]) == (422, code)


# --- Directory -----------------------------------------------------------------------------------------------


async def test_a_person_is_entered_changed_as_seen_and_noted(api: Api, admin: Caller) -> None:
    post = {"position": "officer", "agency": "sở y tế", "valid_from": "2026-03-01"}
    made = await admin.post("/people", json={"code": "An.Le", "name": "Lê An", "posts": [post]})
    assert made.status_code == 201
    assert made.json()["posts"] == [{**post, "agency": "SYT", "fields": [], "valid_until": None}]
    tag = made.headers["etag"]
    assert (await admin.get("/people/an.le")).headers["etag"] == tag

    changed = await put(admin, "/people/an.le", tag, {"name": "Lê Thị An", "locked": True, "posts": [post]})
    late = await put(admin, "/people/an.le", tag, {"name": "Khác"})

    assert (changed.status_code, changed.json()["name"]) == (200, "Lê Thị An")
    assert changed.headers["etag"] != tag
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert acts(api) == ["person.add", "person.change"]
    again = await admin.post("/people", json={"code": "an.le", "name": "Lê An"})
    assert (again.status_code, again.json()["code"]) == (422, "does_not_fit")
    assert again.json()["errors"][0]["field"] == "code"


async def test_the_last_administrator_does_not_lock_himself_out(api: Api, admin: Caller) -> None:
    answer = await put(admin, "/people/quantri", "*", {"name": "Quản trị", "posts": []})

    assert (answer.status_code, answer.json()["code"]) == (422, "does_not_fit")


async def test_an_agency_with_aliases_and_a_field_are_entered_and_changed(api: Api, admin: Caller) -> None:
    field = await admin.post("/fields", json={"code": "moi", "name": "Mới", "vice_chairman": "pct.vanxa"})
    made = await admin.post("/agencies", json={"code": "A/B", "name": "Sở Mới", "kind": "department", "field": "Mới"})
    assert (field.status_code, made.status_code) == (201, 201)

    given = {"name": "Sở Mới", "kind": "department", "aliases": ["SM", "Sở M"], "valid_until": "2026-12-31"}
    changed = await put(admin, "/agencies/A%2FB", made.headers["etag"], given)
    renamed = await put(admin, "/fields/moi", field.headers["etag"], {"name": "Mới hơn", "aliases": ["M"]})

    assert changed.json()["aliases"] == ["SM", "Sở M"]
    assert (await admin.get("/agencies?text=sm")).json()["items"] == [changed.json()]
    assert (renamed.json()["vice_chairman"], renamed.json()["aliases"]) == (None, ["M"])
    assert acts(api) == ["field.add", "agency.add", "agency.change", "field.change"]
    for path in ("/agencies/khong-co", "/fields/khong-co", "/people/khong.co"):
        assert (await admin.get(path)).status_code == 404


async def test_a_succession_is_carried_out_exactly_as_it_was_shown(api: Api, admin: Caller) -> None:
    asked = {"old": "Sở Y tế", "new": "Sở Tài chính"}
    shown = (await admin.post("/successions/preview", json=asked)).json()
    assert [(one["code"], one["leads"]) for one in shown["directives"]] == [(MINE, True)]

    other = await admin.post("/successions", json={**asked, "reason": "Sáp nhập", "seen": "x"})
    unreasoned = await admin.post("/successions", json={**asked, "reason": "", "seen": shown["seen"]})
    done = await admin.post("/successions", json={**asked, "reason": "Sáp nhập", "seen": shown["seen"]})

    assert (other.status_code, unreasoned.status_code, done.status_code) == (412, 422, 202)
    assert done.json() == {"old": "SYT", "new": "STC", "directives": 1}
    with reading(api.desk.office.engine) as connection:
        assert connection.execute(select(COMMAND.c.kind, COMMAND.c.directive)).all() == [("succeed", MINE)]
        assert ("SYT", "STC") in [(row.old, row.new) for row in connection.execute(select(SUCCESSION))]


# --- Calendar and policy -------------------------------------------------------------------------------------


async def test_days_off_and_worked_are_entered_once_and_taken_back(api: Api, admin: Caller) -> None:
    off = {"first": "2026-05-04", "last": "2026-05-05", "reason": "Nghỉ bù", "announced_by": "1/TB"}
    key = {"Idempotency-Key": "k"}
    done = await admin.post("/days-off", json=off, headers=key)
    again = await admin.post("/days-off", json=off, headers=key)
    worked = await admin.post("/days-worked", json={"day": "2026-05-09", "reason": "Làm bù"})

    assert again.json() == done.json()
    assert [(one["day"], one["working"]) for one in done.json()["days"]] == [
        ("2026-05-04", False),
        ("2026-05-05", False),
    ]
    assert worked.json()["days"][0]["working"] is True
    assert worked.json()["replanned"] == 2
    assert await delete(admin, "/calendar-days/2026-05-04") == 200
    assert await delete(admin, "/calendar-days/2026-05-04") == 404
    assert acts(api) == ["calendar.off", "calendar.work", "calendar.remove"]
    with reading(api.desk.office.engine) as connection:
        days = set(connection.execute(select(CALENDAR_DAY.c.day)).scalars())
    assert {dt.date(2026, 5, 5), dt.date(2026, 5, 9)} <= days


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"first": "2026-05-05", "last": "2026-05-04", "reason": "?"}, "does_not_fit"),
        ({"first": "2026-05-04", "last": "2026-09-30", "reason": "?"}, "does_not_fit"),
        ({"first": "2026-05-04", "reason": " "}, "reason_required"),
        ({"first": "04/05/2026", "reason": "?"}, "invalid"),
        ({"first": 1_777_852_800, "reason": "?"}, "invalid"),
    ],
)
async def test_days_off_that_cannot_be_are_refused(api: Api, admin: Caller, given: Any, code: str) -> None:
    answer = await admin.post("/days-off", json=given)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert acts(api) == []


async def test_a_year_is_confirmed_and_its_proposals_are_told(admin: Caller) -> None:
    before = (await admin.get("/calendar/2027")).json()

    done = await admin("PUT", "/api/v1/calendar/2027/confirmed")

    assert before["confirmed"] is False
    assert done.json() == {"year": 2027, "confirmed": True}
    assert (await admin.get("/calendar/2027")).json()["confirmed"] is True


async def test_a_policy_is_tried_and_put_in_force_over_the_version_that_was_seen(api: Api, admin: Caller) -> None:
    changed = read_default_policy().replace("name:", "# Thử\nname:", 1).replace("-7", "-6")
    tag = (await admin.get("/policy")).headers["etag"]
    trial = await admin.post("/policy/preview", json={"text": changed})
    assert trial.status_code == 200
    assert trial.json()["directives"] == 2

    async def put_in_force(seen: str, reason: str = "Thử") -> Any:
        return await admin.post(
            "/policy/versions", json={"text": changed, "reason": reason}, headers={"If-Match": seen}
        )

    assert (await put_in_force(tag, "")).json()["code"] == "reason_required"
    assert (await put_in_force("x")).status_code == 422
    done = await put_in_force(tag)
    late = await put_in_force(tag)
    same = await put_in_force((await admin.get("/policy")).headers["etag"])

    assert done.json()["changed"] is True
    assert late.status_code == 412
    assert same.json() == {"version": done.json()["version"], "changed": False, "replanned": 0}
    newest, *_ = (await admin.get("/policy/versions")).json()["items"]
    assert newest["version"] == done.json()["version"]
    assert (await admin.get(f"/policy/versions/{newest['version']}")).json()["text"] == changed
    assert (await admin.get("/policy/versions/99")).status_code == 404


async def test_the_faults_of_a_policy_are_told_by_line(admin: Caller) -> None:
    answer = await admin.post("/policy/preview", json={"text": "name: Thử\nladders: 3\n"})

    assert (answer.status_code, answer.json()["code"]) == (422, "does_not_fit")
    assert any(one["field"] == "ladders" and "Dòng 2" in one["message"] for one in answer.json()["errors"])


# --- Accounts ------------------------------------------------------------------------------------------------


async def test_an_account_is_given_with_a_password_once_and_taken_away(api: Api, admin: Caller) -> None:
    made = await admin.post("/people/truong.syt/account", headers={"Idempotency-Key": "k"})
    again = await admin.post("/people/truong.syt/account", headers={"Idempotency-Key": "k"})

    assert len(made.json()["password"]) == 19
    assert again.json() == {**made.json(), "password": None}, "shown once, and made once"
    assert [one["person"] for one in (await admin.get("/accounts")).json()["items"]] == ["truong.syt"]
    assert await delete(admin, "/people/truong.syt/sessions") == 204
    assert await delete(admin, "/people/truong.syt/second-factor") == 404
    assert await delete(admin, "/people/truong.syt/account") == 204
    assert await delete(admin, "/people/truong.syt/account") == 404
    assert await delete(admin, "/people/khong.co/account") == 404
    with reading(api.desk.office.engine) as connection:
        assert connection.execute(select(ACCOUNT)).all() == []
    assert acts(api) == ["account.add", "account.sign_out", "account.remove"]


async def test_an_absence_of_others_is_entered_by_administrators(api: Api, admin: Caller) -> None:
    away = {"first": "2026-05-04", "last": "2026-05-08", "deputy": "pho.syt"}
    entered = await admin.post("/people/truong.syt/absences", json=away)

    assert entered.json()["items"] == [away]
    assert (await admin.get("/people/truong.syt")).json()["absences"] == [away]
    assert (await admin("DELETE", "/api/v1/people/truong.syt/absences?first=2026-05-08&last=2026-05-08")).json() == {
        "items": []
    }
    assert acts(api) == ["absence.enter", "absence.remove"]


# --- One's own -----------------------------------------------------------------------------------------------


async def test_the_work_that_waits_is_that_of_the_first_page(api: Api) -> None:
    items = (await api.caller("truong.syt").get("/work", headers={"Accept-Language": "en"})).json()["items"]

    assert [(one["timeliness"], one["number"], one["directives"][0]["code"]) for one in items] == [("overdue", 1, MINE)]
    assert {one["waits"] for one in (await api.caller("truong.stc").get("/work")).json()["items"]} >= {"acknowledge"}


async def test_views_are_kept_replaced_and_forgotten(api: Api) -> None:
    caller = api.caller("truong.syt")
    await caller.post("/views", json={"name": "Quá hạn", "query": "timeliness=overdue"})
    (kept,) = (await caller.post("/views", json={"name": "Quá hạn", "query": "mine=1"})).json()["items"]

    assert kept["query"] == "mine=1"
    assert await delete(caller, f"/views/{kept['id']}") == 204
    assert (await caller.get("/views")).json() == {"items": []}


async def test_the_hour_of_the_digest_and_ones_absence_are_ones_own(api: Api) -> None:
    caller = api.caller("truong.syt")
    hours = (await caller.get("/preferences")).json()["hours"]
    chosen = await caller("PUT", "/api/v1/preferences", json={"digest_hour": hours[1]})
    wrong = await caller("PUT", "/api/v1/preferences", json={"digest_hour": 23})
    assert (chosen.json()["digest_hour"], wrong.status_code) == (hours[1], 422)

    away = {"first": "2026-05-04", "last": "2026-05-08", "deputy": "pho.syt"}
    assert (await caller.post("/absences", json=away)).json()["items"] == [away]
    foreign = await caller.post("/absences", json={**away, "deputy": "truong.stc"})
    assert (foreign.status_code, foreign.json()["code"]) == (422, "no_possible_deputy")
    back = await caller("DELETE", "/api/v1/absences?first=2026-05-04&last=2026-05-04")
    assert back.json() == {"items": []}


async def test_sessions_and_tokens_are_listed_without_secrets_and_ended(api: Api) -> None:
    caller = api.caller("truong.syt")
    a_session(api.desk.office, "truong.syt")
    (session,) = (await caller.get("/sessions")).json()["items"]
    (token,) = (await caller.get("/tokens")).json()["items"]
    assert caller.secret not in str(token)

    assert await delete(caller, f"/sessions/{session['id']}") == 204
    assert await delete(caller, f"/tokens/{token['id']}") == 204

    assert (await caller.get("/me")).status_code == 401, "it ended itself"


async def test_the_board_is_narrowed_and_its_weeks_are_told(api: Api) -> None:
    caller = api.caller("chanhvanphong")

    assert (await caller.get("/board?agency=STC")).json()["total"] == 1
    assert (await caller.get("/board?registered_from=2026-03-05")).json()["total"] == 0
    weeks = (await caller.get("/board/weeks")).json()["items"]
    assert (len(weeks), sum(week["entered"] for week in weeks), weeks[-1]["overdue"]) == (26, 2, 1)


async def test_the_list_is_narrowed_as_the_page_is(api: Api) -> None:
    caller = api.caller("chanhvanphong")

    async def found(query: str) -> set[str]:
        return {one["code"] for one in (await caller.get(f"/directives?{query}")).json()["items"]}

    assert await found("coordinating=STC") == {MINE}
    assert await found("due_from=2026-03-17&due_until=2026-03-17") == {MINE}
    assert await found("due_from=2026-03-18") == set()
    assert await found("level=1") == {MINE}
    assert await found("urgency=flash") == set()
    assert await found("registered_until=2026-03-04") == {MINE, OTHERS}


async def test_a_receiver_is_looked_at_switched_off_and_its_calls_are_told(api: Api) -> None:
    caller = api.caller("chanhvanphong")
    with writing(api.desk.office.engine) as connection:
        values = {"url": "https://127.0.0.1:9/x", "secret": "whsec_AAAA", "active": True, "failures": 0, "after": 0}
        connection.execute(insert(WEBHOOK).values(**values))

    off = await caller("PUT", "/api/v1/webhooks/1", json={"active": False})
    called = await caller.post("/webhooks/1/calls", json={})

    assert (off.json()["active"], off.json()["secret"]) == (False, None)
    assert (called.status_code, called.json()["code"]) == (422, "bad_receiver"), (
        "a place inside the house is not called"
    )
    assert (await caller.get("/webhooks/1/calls")).json()["items"][0]["event"] is None
    assert (await caller.get("/webhooks/2")).status_code == 404
    assert (await caller.post("/webhooks/2/calls", json={"event": 1})).status_code == 404
