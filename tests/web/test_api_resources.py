"""What the API answers: the same facts as pages and shell, cursors that miss nothing, acts carried out once."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest
from api_office import MINE, OTHERS, Api, Caller, connected, furnish
from builders import local
from databases import sqlite_only
from office_fixture import Desk
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select, text

from database import commands
from database.engine import reading
from models import commands as c
from models.tables import AUDIT, COMMAND, DIRECTIVE, WEBHOOK
from services import audit
from shell import asking, calendar, directory
from web.api.parts import make_cursor


@pytest.fixture
async def api(desk: Desk) -> AsyncIterator[Api]:
    furnish(desk)
    async with connected(desk) as client:
        yield Api(desk, client)


def count(desk: Desk, table: Any) -> int:
    with reading(desk.office.engine) as connection:
        found: int = connection.execute(select(func.count()).select_from(table)).scalar_one()
    return found


# --- Asking --------------------------------------------------------------------------------------------------


async def test_api_and_shell_write_the_same(api: Api) -> None:
    caller = api.caller("chanhvanphong")

    def shell(subject: Any, *words: str) -> Any:
        return api.desk.dondoc(subject, *words, "--json").json

    assert (await caller.get(f"/directives/{MINE}")).json() == shell(asking, "status", MINE)
    assert (await caller.get("/directives")).json()["items"] == sorted(
        shell(asking, "status"), key=lambda one: str(one["code"])
    )
    assert (await caller.get(f"/directives/{MINE}/history")).json()["items"] == shell(asking, "history", MINE)
    assert (await caller.get(f"/directives/{MINE}/next")).json()["items"] == shell(asking, "next", MINE)
    board, said = (await caller.get("/board")).json(), shell(asking, "board")
    assert board | {"as_of": ""} == said | {"as_of": ""}
    assert (await caller.get("/people?text=syt")).json()["items"] == shell(directory, "directory", "people", "syt")
    assert (await caller.get("/agencies?text=y te")).json()["items"] == shell(
        directory, "directory", "agencies", "y te"
    )
    year = (await caller.get("/calendar/2026")).json()
    assert year["days"] == shell(calendar, "calendar", "list", "2026")
    assert year["confirmed"] is True


@pytest.mark.parametrize(
    "path", [f"/directives/{OTHERS}", "/directives/NV%2F2", "/directives/NV%2f2/history", f"/directives/{OTHERS}/next"]
)
async def test_a_code_with_a_slash_is_found_encoded_or_not(api: Api, path: str) -> None:
    assert (await api.caller("chanhvanphong").get(path)).status_code == 200


async def test_a_code_that_ends_like_an_address_is_no_riddle(api: Api) -> None:
    api.desk.register("NV/history", "Fri 2026-03-20 08:00")
    caller = api.caller("chanhvanphong")

    assert (await caller.get("/directives/NV%2Fhistory")).json()["code"] == "NV/history"
    assert (await caller.get("/directives/NV%2Fhistory/history")).json()["items"][0]["kind"] == "registered"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("timeliness=overdue", {MINE}),
        ("timeliness=no_deadline", {OTHERS}),
        ("status=assigned", {OTHERS}),
        ("agency=so y te", {MINE}),
        ("field=y-te", {MINE, OTHERS}),
        ("text=phong chong dich", {MINE, OTHERS}),
        ("text=không có", set()),
        ("text=%25", set()),
        ("status=completed", set()),
        ("all=true", {MINE, OTHERS}),
    ],
)
async def test_the_list_is_narrowed_by_filters(api: Api, query: str, found: set[str]) -> None:
    answer = await api.caller("chanhvanphong").get(f"/directives?{query}")

    assert {one["code"] for one in answer.json()["items"]} == found


async def test_the_list_is_taken_as_a_file_with_the_same_filters_and_only_what_is_seen(api: Api) -> None:
    everybody, own = api.caller("chanhvanphong"), api.caller("truong.stc")

    lines = await everybody.get("/directives.csv?timeliness=overdue")
    all_lines = await own.get("/directives.csv")
    workbook = await everybody.get("/directives.xlsx?agency=STC")
    unknown = await everybody.get("/directives.csv?agency=khong-co")

    assert lines.headers["content-type"] == "text/csv; charset=utf-8"
    assert lines.headers["content-disposition"] == 'attachment; filename="nhiem-vu.csv"'
    assert [row[0] for row in csv.reader(io.StringIO(lines.text.lstrip("\ufeff")))][1:] == [MINE]
    assert {row[0] for row in csv.reader(io.StringIO(all_lines.text.lstrip("\ufeff")))} >= {MINE, OTHERS}
    sheet = load_workbook(io.BytesIO(workbook.content)).worksheets[0]
    assert OTHERS in [cell.value for cell in sheet["A"]]
    assert MINE not in [cell.value for cell in sheet["A"]]
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_agency")


async def test_the_ledger_is_searched_by_person_and_directive_newest_first_and_only_what_is_seen(api: Api) -> None:
    caller, health = api.caller("thanhtra"), api.caller("truong.syt")

    async def found(query: str, who: Caller = caller) -> list[tuple[str, str]]:
        return [(one["code"], one["kind"]) for one in (await who.get(f"/ledger?{query}")).json()["items"]]

    first = (await caller.get("/ledger?limit=2")).json()
    rest = (await caller.get(f"/ledger?limit=200&before={first['next']}")).json()
    whole = [one["id"] for one in (*first["items"], *rest["items"])]
    events = (await caller.get("/events?limit=200")).json()["items"]

    assert whole == sorted((one["id"] for one in events), reverse=True)
    assert rest["next"] is None
    assert await found("person=truong.syt") == [(MINE, "acknowledged")]
    assert {code for code, _ in await found(f"directive={quote(OTHERS)}")} == {OTHERS}
    assert {code for code, _ in await found("", health)} == {MINE}
    assert (await caller.get("/ledger?person=khong.ai")).json()["code"] == "unknown_person"


async def test_a_filter_that_nobody_knows_is_refused_with_its_code(api: Api) -> None:
    answer = await api.caller("chanhvanphong").get("/directives?agency=Sở Không Có")

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_agency")
    assert answer.json()["type"] == "urn:dondoc:problem:unknown_agency"
    assert "Không tìm thấy cơ quan" in answer.json()["detail"]


async def test_pages_by_cursor_miss_nothing_and_repeat_nothing_while_others_work(api: Api) -> None:
    for number in range(5):
        api.desk.register(f"A-{number}", "Fri 2026-03-20 08:00")
    caller = api.caller("chanhvanphong")

    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await caller.get("/directives", params={"limit": 2, "after": cursor})).json()
        seen += [one["code"] for one in page["items"]]
        cursor = page["next"]
        if len(seen) == 2:
            api.desk.act("A-0", c.Cancel(reason="?"), "chanhvanphong", "Fri 2026-03-20 09:00")

    assert seen == [*(f"A-{number}" for number in range(5)), MINE, OTHERS]


async def test_history_and_inbox_come_in_pages(api: Api) -> None:
    caller = api.caller("truong.syt")

    first = (await caller.get(f"/directives/{MINE}/history?limit=2")).json()
    second = (await caller.get(f"/directives/{MINE}/history", params={"after": first["next"]})).json()
    assert [one["seq"] for one in first["items"] + second["items"]] == list(range(1, 1 + len(second["items"]) + 2))
    assert second["next"] is None

    whole = (await caller.get("/inbox")).json()["items"]
    ids, cursor = [], ""
    for _ in whole:
        page = (await caller.get("/inbox", params={"limit": 1, "after": cursor})).json()
        ids.append(page["items"][0]["id"])
        cursor = page["next"] or ""
    assert ids == [one["id"] for one in whole]


@pytest.mark.parametrize("path", ["/directives", "/inbox", f"/directives/{MINE}/history"])
@pytest.mark.parametrize("cursor", ["x", "%00", "é", "bm9wZQ", "4oKs", "LTE", "AA"])
async def test_a_cursor_that_is_none_of_ours_breaks_nothing(api: Api, path: str, cursor: str) -> None:
    answer = await api.caller("truong.syt").get(f"{path}?after={cursor}")

    assert answer.status_code in (200, 422)


def cursor_of(number: int) -> str:
    return make_cursor(str(number)) or ""


@pytest.mark.parametrize("number", [2**31, 2**53, 10**15])
async def test_a_number_that_no_row_can_have_is_refused_on_every_database(api: Api, number: int) -> None:
    caller = api.caller("quantri")
    own = api.caller("chanhvanphong")
    asked = [
        await own.get(f"/events?after={number}"),
        await own.get(f"/ledger?before={number}"),
        await own.get(f"/directives/{MINE}/history?after={cursor_of(number)}"),
        await own.get(f"/inbox?after={make_cursor(f'2026-03-20T01:00:00+00:00|{number}')}"),
        await own.post("/inbox/read", json={"ids": [number]}),
        await caller.get(f"/audit?after={cursor_of(number)}"),
    ]

    assert {answer.status_code for answer in asked} == {422}
    assert {answer.json()["code"] for answer in asked} == {"invalid"}


async def test_the_greatest_number_of_all_is_one_that_nothing_comes_after(api: Api) -> None:
    own = api.caller("chanhvanphong")

    assert (await own.get(f"/events?after={2**31 - 1}")).json()["items"] == []
    assert (await own.get(f"/directives/{MINE}/history?after={cursor_of(2**31 - 1)}")).json()["items"] == []


async def test_notices_are_marked_as_read_by_their_owner_only(api: Api) -> None:
    caller = api.caller("truong.syt")
    ids = [one["id"] for one in (await caller.get("/inbox?unread=true")).json()["items"]]
    assert ids

    stranger = await api.caller("truong.stc").post("/inbox/read", json={"ids": ids})
    own = await caller.post("/inbox/read", json={"ids": ids})
    again = await caller.post("/inbox/read", json={"ids": ids})

    assert [answer.json()["marked"] for answer in (stranger, own, again)] == [0, len(ids), 0]
    assert (await caller.get("/inbox?unread=true")).json()["items"] == []


async def test_who_am_i_says_what_the_token_is_for(api: Api) -> None:
    answer = (await api.caller("truong.syt", ["read"]).get("/me")).json()

    assert (answer["person"], answer["agencies"], answer["roles"]) == ("truong.syt", ["SYT"], ["agency"])
    assert answer["token"]["scopes"] == ["read"]
    assert answer["sees"] == {"everything": False, "agencies": ["SYT"], "leaders": [], "fields": []}


# --- Registering ---------------------------------------------------------------------------------------------

NEW = {
    "content": "Báo cáo kết quả khám sức khỏe học sinh",
    "document": {"number": "1234/UBND-KGVX", "date": "2026-03-19"},
    "lead_agency": "sở y tế",
    "coordinating_agencies": ["Sở Tài chính"],
    "deadline": "15/12/2026",
    "urgency": "Khẩn",
}


async def test_a_directive_is_registered_and_found_where_the_answer_says(api: Api) -> None:
    caller = api.caller("vanthu")

    answer = await caller.post("/directives", json=NEW)
    found = await caller("GET", answer.headers["location"])

    assert answer.status_code == 201
    assert found.json() == answer.json()
    assert found.headers["etag"] == answer.headers["etag"]
    assert found.json()["lead_agency"] == "Sở Y tế"
    assert found.json()["deadline"] == "2026-12-15"
    assert found.json()["urgency"] == "urgent"
    assert found.json()["awaiting_start"] is True


async def test_registering_the_same_again_adds_nothing(api: Api) -> None:
    caller = api.caller("vanthu")
    first = await caller.post("/directives", json=NEW)

    again = await caller.post("/directives", json=NEW)
    other = await caller.post("/directives", json={**NEW, "code": first.json()["code"], "content": "Khác hẳn"})

    assert (again.status_code, again.json()["code"]) == (200, first.json()["code"])
    assert (other.status_code, other.json()["errors"][0]["code"]) == (409, "duplicate")


async def test_every_fault_of_a_registration_is_named_at_once(api: Api) -> None:
    bad = {**NEW, "lead_agency": "Sở Không Có", "deadline": "một hôm nào đó", "document": {"date": "31/02/2026"}}

    answer = await api.caller("vanthu")("POST", "/api/v1/directives", json=bad, headers={"Accept-Language": "en"})

    assert (answer.status_code, answer.json()["code"]) == (422, "not_registered")
    assert {one["field"] for one in answer.json()["errors"]} >= {"lead_agency", "deadline", "document_date"}


@pytest.mark.parametrize(
    "secret",
    [
        {"secrecy": "Tối mật"},
        {"content": "Văn bản MẬT về phòng thủ"},
        {"document": {"number": "1/UBND", "abstract": "TUYỆT MẬT: kế hoạch"}},
    ],
)
async def test_state_secrets_are_refused_here_too(api: Api, secret: dict[str, Any]) -> None:
    before = count(api.desk, DIRECTIVE)

    answer = await api.caller("vanthu").post("/directives", json=NEW | secret)

    assert answer.status_code == 422
    assert "state_secret" in {one["code"] for one in answer.json()["errors"]}
    assert count(api.desk, DIRECTIVE) == before


# --- The same request again ----------------------------------------------------------------------------------


async def test_a_request_with_the_same_key_is_carried_out_once_and_answered_the_same(api: Api) -> None:
    caller, key = api.caller("vanthu"), {"Idempotency-Key": "k-1"}
    before = count(api.desk, DIRECTIVE)

    first = await caller.post("/directives", json=NEW, headers=key)
    again = await caller.post("/directives", json=NEW, headers=key)
    other = await caller.post("/directives", json={**NEW, "content": "Khác"}, headers=key)
    stranger = await api.caller("vanthu").post("/directives", json={**NEW, "content": "Khác"}, headers=key)

    assert (again.status_code, again.json()) == (first.status_code, first.json()) == (201, first.json())
    assert (again.headers["location"], again.headers["etag"]) == (first.headers["location"], first.headers["etag"])
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert stranger.status_code == 201, "another token's keys are its own"
    assert count(api.desk, DIRECTIVE) == before + 2


async def test_a_refused_request_leaves_its_key_free(api: Api) -> None:
    caller, key = api.caller("vanthu"), {"Idempotency-Key": "k-1"}

    refused = await caller.post("/directives", json={**NEW, "lead_agency": "Sở Không Có"}, headers=key)
    mended = await caller.post("/directives", json=NEW, headers=key)

    assert (refused.status_code, mended.status_code) == (422, 201)


async def test_a_command_with_the_same_key_is_the_same_command(api: Api) -> None:
    caller, key = api.caller("truong.syt"), {"Idempotency-Key": "k-2"}
    path, report = f"/directives/{MINE}/commands", {"kind": "report_progress", "text": "Nửa việc", "percent": 50}

    answers = [await caller.post(path, json=report, headers=key) for _ in range(3)]
    other = await caller.post(path, json={**report, "percent": 60}, headers=key)

    assert {(answer.status_code, answer.json()["command_id"]) for answer in answers} == {
        (202, answers[0].json()["command_id"])
    }
    assert (other.status_code, other.json()["code"]) == (409, "id_taken")
    assert count(api.desk, COMMAND) == 1


# --- Commands ------------------------------------------------------------------------------------------------


async def test_who_asks_again_what_became_of_his_command_is_told_although_the_directive_is_anothers_by_now(
    api: Api,
) -> None:
    """A round of `make chaos`: the first answer was lost, and the second said that there was no such directive."""
    caller, other = api.caller("truong.syt"), api.caller("truong.snv")
    wish = {"json": {"kind": "report_progress", "text": "Đang làm"}, "headers": {"Idempotency-Key": "mot"}}
    first = await caller.post(f"/directives/{MINE}/commands", **wish)
    api.desk.act(MINE, c.Reassign(agency="SXD", reason="Đúng chức năng"), "chutich", "Fri 2026-03-20 09:30")

    again = await caller.post(f"/directives/{MINE}/commands", **wish)
    new = await caller.post(f"/directives/{MINE}/commands", **(wish | {"headers": {"Idempotency-Key": "hai"}}))
    asked = [await one.get(first.headers["Location"].removeprefix("/api/v1")) for one in (caller, other)]

    assert (first.status_code, again.status_code, again.json()) == (202, 202, first.json())
    assert (new.status_code, new.json()["code"]) == (404, "not_found")
    assert [one.status_code for one in asked] == [200, 404]


async def test_a_command_that_cannot_be_recorded_now_is_kept_and_can_be_asked_for(api: Api) -> None:
    caller = api.caller("truong.syt")

    given = await caller.post(f"/directives/{MINE}/commands", json={"kind": "comment", "text": "Đã rõ"})
    told = await caller("GET", given.headers["location"])

    assert given.status_code == 202
    assert told.json() == given.json() | {"kind": "comment", "refusal": None}
    with reading(api.desk.office.engine) as connection:
        kept = commands.find(connection, given.json()["command_id"])
    assert kept is not None
    assert kept.actor.person == "truong.syt"


@pytest.mark.parametrize(
    ("person", "command", "status", "code"),
    [
        ("truong.stc", {"kind": "submit", "text": "Xong"}, 403, "not_lead_agency"),
        ("truong.syt", {"kind": "acknowledge"}, 409, "wrong_state"),
        ("truong.syt", {"kind": "submit"}, 422, "text_required"),
        ("truong.syt", {"kind": "request_extension", "deadline": "hôm nào", "reason": "?"}, 422, "bad_date"),
        ("chanhvanphong", {"kind": "reassign", "agency": "Sở Không Có"}, 422, "unknown_agency"),
        ("truong.syt", {"kind": "comment", "text": "Tài liệu TỐI MẬT"}, 422, "state_secret"),
        ("truong.syt", {"kind": "dance"}, 422, "invalid"),
        ("truong.syt", {"kind": "report_progress", "percent": "50"}, 422, "invalid"),
        ("truong.syt", {"kind": "report_progress", "percent": 101}, 422, "invalid"),
    ],
)
async def test_a_refused_command_says_why_and_is_not_kept(
    api: Api, person: str, command: dict[str, Any], status: int, code: str
) -> None:
    answer = await api.caller(person).post(f"/directives/{MINE}/commands", json=command)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert count(api.desk, COMMAND) == 0


async def test_of_two_who_saw_the_same_state_the_second_is_told(api: Api) -> None:
    caller = api.caller("truong.syt")
    tag = (await caller.get(f"/directives/{MINE}")).headers["etag"]
    api.desk.act(MINE, c.ReportProgress(text="Xong nửa"), "chuyenvien.syt", "Fri 2026-03-20 09:01")
    submit = {"kind": "submit", "text": "Xong"}

    late = await caller.post(f"/directives/{MINE}/commands", json=submit, headers={"If-Match": tag})
    fresh = (await caller.get(f"/directives/{MINE}")).headers["etag"]
    in_time = await caller.post(f"/directives/{MINE}/commands", json=submit, headers={"If-Match": fresh})

    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert in_time.status_code == 202


@pytest.mark.parametrize(("tag", "status"), [("*", 202), ('"999"', 412), ("12", 422), ('"x"', 422)])
async def test_a_state_that_never_was_is_not_matched(api: Api, tag: str, status: int) -> None:
    answer = await api.caller("truong.syt").post(
        f"/directives/{MINE}/commands", json={"kind": "comment", "text": "?"}, headers={"If-Match": tag}
    )

    assert answer.status_code == status


# --- What cannot be read -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b'{"content":', "application/json", 400, "malformed"),
        (b"\xff\xfe", "application/json", 400, "malformed"),
        (b'{"content": ' + b"[" * 100_000, "application/json", 400, "malformed"),
        (b'{"content": ' + b"1" * 5_000 + b"}", "application/json", 400, "malformed"),
        (b'{"content": "\\ud800"}', "application/json", 422, "invalid"),
        (b'{"content": null}', "application/json", 422, "invalid"),
        (b"[]", "application/json", 422, "invalid"),
        (b'{"content": "x"}', "text/plain", 415, "unsupported_media_type"),
        (b"content=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b'{"content": "' + b"x" * 1_100_000 + b'"}', "application/json", 413, "too_large"),
    ],
)
async def test_what_cannot_be_read_is_said_in_one_sentence(
    api: Api, content: bytes, kind: str, status: int, code: str
) -> None:
    answer = await api.caller("vanthu").post("/directives", content=content, headers={"Content-Type": kind})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["status"] == status
    assert "Traceback" not in answer.text


async def test_what_names_no_length_is_counted_as_it_comes(api: Api) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 65_536

    answer = await api.caller("vanthu").post(
        "/directives", content=endless(), headers={"Content-Type": "application/json"}
    )

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_letters_that_no_database_should_be_given_are_taken_out(api: Api) -> None:
    answer = await api.caller("vanthu").post("/directives", json={**NEW, "content": "Báo\x00 cáo\u202e quý"})

    assert (answer.status_code, answer.json()["content"]) == (201, "Báo cáo quý")
    assert (await api.caller("vanthu").get("/directives?text=%00")).status_code == 200
    assert (await api.caller("vanthu").get("/directives/NV%00")).status_code == 404


@pytest.mark.parametrize(("wanted", "begins"), [("en-GB,vi;q=0.5", "A"), ("vi", "Cần"), ("fr", "Cần"), ("", "Cần")])
async def test_errors_are_told_in_the_callers_language(api: Api, wanted: str, begins: str) -> None:
    answer = await api.client.get("/api/v1/me", headers={"Accept-Language": wanted})

    assert answer.json()["code"] == "unauthenticated"
    if begins == "Cần":
        assert answer.json()["detail"].startswith(begins)


async def test_what_is_not_there_or_not_taken_is_a_problem_too(api: Api) -> None:
    caller = api.caller("vanthu")

    absent = await caller.get("/nothing")
    method = await caller("PUT", "/api/v1/directives")
    strange = await caller.get("/directives/a%0Ab")

    assert (absent.status_code, absent.json()["code"]) == (404, "no_such_address")
    assert (method.status_code, method.json()["code"]) == (405, "method_not_allowed")
    assert method.headers["allow"] == "GET, POST"
    assert (strange.status_code, strange.json()["code"]) == (404, "not_found")


@sqlite_only
async def test_without_a_database_the_answer_is_503_and_when_to_come_back(api: Api) -> None:
    caller = api.caller("vanthu")
    api.desk.office.engine.dispose()
    file = api.desk.data / "dondoc.db"
    file.rename(api.desk.data / "away.db")
    file.mkdir()

    answer = await caller.get("/directives")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "5"


async def test_what_breaks_in_our_code_tells_nothing_of_it(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: object) -> None:
        raise ZeroDivisionError("secret of the house")

    monkeypatch.setattr("web.api.figures.board_said", broken)

    answer = await api.caller("vanthu").get("/board")

    assert (answer.status_code, answer.json()["code"]) == (500, "broken")
    assert "house" not in answer.text


# --- Workbooks -----------------------------------------------------------------------------------------------


def a_workbook() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    titles = ["Số ký hiệu văn bản", "Ngày văn bản", "Trích yếu", "Người chỉ đạo", "Nội dung nhiệm vụ"]
    sheet.append([*titles, "Cơ quan chủ trì", "Cơ quan phối hợp", "Thời hạn", "Độ khẩn"])
    sheet.append(["1/UBND", "19/03/2026", "Về y tế", "Chủ tịch", "Báo cáo một", "Sở Y tế", "", "15/12/2026", ""])
    sheet.append(["2/UBND", "19/03/2026", "Về y tế", "Chủ tịch", "Báo cáo hai", "Sở Không Có", "", "", ""])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


async def test_a_workbook_is_judged_row_by_row_and_taken_once(api: Api) -> None:
    caller, files = api.caller("vanthu"), {"file": ("nhiem vu.xlsx", a_workbook())}
    before = count(api.desk, DIRECTIVE)

    dry = await caller.post("/imports?dry_run=true", files=files)
    assert count(api.desk, DIRECTIVE) == before
    real = await caller.post("/imports", files=files, headers={"Idempotency-Key": "i"})
    same = await caller.post("/imports", files=files, headers={"Idempotency-Key": "i"})
    again = await caller.post("/imports", files=files)

    assert [dry.json()[name] for name in ("accepted", "refused", "unchanged")] == [1, 1, 0]
    assert [one["verdict"] for one in real.json()["rows"]] == ["accepted", "refused"]
    assert real.json()["rows"][1]["reasons"][0]["code"] == "unknown_agency"
    assert same.json() == real.json()
    assert [one["verdict"] for one in again.json()["rows"]] == ["unchanged", "refused"]
    assert count(api.desk, DIRECTIVE) == before + 1


async def test_a_file_that_is_no_workbook_is_refused_with_a_sentence(api: Api) -> None:
    answer = await api.caller("vanthu").post("/imports", files={"file": ("../../x.xlsx", b"no workbook")})

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_workbook")


# --- Administration ------------------------------------------------------------------------------------------


async def test_a_webhooks_secret_is_shown_once_and_kept_in_no_answer(api: Api) -> None:
    caller, key = api.caller("quantri"), {"Idempotency-Key": "w"}
    given = {"url": "https://93.184.215.14/dondoc"}

    added = await caller.post("/webhooks", json=given, headers=key)
    again = await caller.post("/webhooks", json=given, headers=key)
    listed = (await caller.get("/webhooks")).json()["items"]

    assert added.status_code == again.status_code == 201
    assert added.json()["secret"].startswith("whsec_")
    assert again.json() == added.json() | {"secret": None}
    assert [(one["url"], one["owner"], one["secret"]) for one in listed] == [(given["url"], "quantri", None)]
    with reading(api.desk.office.engine) as connection:
        answers = connection.execute(text("SELECT body FROM answered_request")).scalars().all()
    assert added.json()["secret"] not in "".join(answers)
    assert (await caller("DELETE", added.headers["location"])).status_code == 204
    assert (await caller("DELETE", added.headers["location"])).status_code == 404
    assert count(api.desk, WEBHOOK) == 0


@pytest.mark.parametrize(
    "url", ["http://example.vn/", "https://127.0.0.1/", "https://169.254.169.254/", "https://[::1]:7233/", "x"]
)
async def test_a_receiver_inside_or_without_tls_is_refused(api: Api, url: str) -> None:
    answer = await api.caller("quantri").post("/webhooks", json={"url": url})

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_receiver")


async def test_the_audit_comes_in_pages_newest_first(api: Api) -> None:
    caller = api.caller("quantri")
    with api.desk.office.engine.begin() as connection:
        for number in range(3):
            audit.note(connection, "vanthu", "test.act", str(number), local("2026-03-20 09:00"), {"lý do": "thử"})

    first = (await caller.get("/audit?text=test.act&limit=2")).json()
    second = (await caller.get("/audit", params={"text": "test.act", "after": first["next"]})).json()

    assert [one["subject"] for one in first["items"] + second["items"]] == ["2", "1", "0"]
    assert first["items"][0]["data"] == {"lý do": "thử"}
    assert second["next"] is None
    assert count(api.desk, AUDIT) >= 4
