"""Who may call what: every operation of the description is in the table, and refused to whoever may not."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx2
import pytest
from api_office import EVERYTHING, MINE, OTHERS, Api, Caller, connected, furnish
from office_fixture import Desk
from signed_in import a_session
from sqlalchemy import func, insert, select

from database.engine import reading, writing
from models.rate import Allowance
from models.tables import (
    ABSENCE,
    ACCOUNT,
    ATTACHMENT,
    CALENDAR_DAY,
    COMMAND,
    DIRECTIVE,
    FIELD_OF_WORK,
    OPERATION,
    PERSON,
    POLICY_VERSION,
    SAVED_VIEW,
    WEBHOOK,
)
from models.tables import (
    AGENCY as AGENCIES,
)
from services import tokens
from web.api import door

MINE_PATH, OTHERS_PATH = f"/directives/{MINE}", f"/directives/{OTHERS.replace('/', '%2F')}"


@dataclass(frozen=True)
class Operation:
    """How an operation is called, and who must be turned away although his token has the scope."""

    method: str
    path: str
    scope: str
    body: dict[str, Any] | None = None
    files: dict[str, Any] | None = None
    not_for: tuple[str, ...] = ()

    @property
    def given(self) -> dict[str, Any]:
        headers = {"If-Match": "*"} if self.method == "PUT" else {"If-Match": '"1"'} if "policy" in self.path else {}
        return {"headers": headers} | self.body_given

    @property
    def body_given(self) -> dict[str, Any]:
        return {"files": self.files} if self.files else {"json": self.body} if self.body is not None else {}


AGENCY, OFFICER, INSPECTOR = "truong.syt", "chuyenvien.syt", "thanhtra"
NOT_ADMINISTRATORS = (AGENCY, INSPECTOR, "chanhvanphong", "chutich")
NEW = {"content": "Báo cáo tình hình", "lead_agency": "Sở Y tế"}
DOCUMENT = {"document": {"number": "1/UBND", "date": "2026-03-02"}, "directives": [NEW]}
AGENCY_GIVEN = {"name": "Sở Mới", "kind": "department"}
DAY_OFF = {"first": "2026-05-04", "reason": "?"}
DAYS = "first=2026-05-04&last=2026-05-05"
AWAY = {"first": "2026-05-04", "last": "2026-05-05"}
TABLE: dict[str, Operation] = {
    "whoAmI": Operation("GET", "/me", "any"),
    "listDirectives": Operation("GET", "/directives", "read"),
    "exportDirectivesAsCsv": Operation("GET", "/directives.csv", "read"),
    "exportDirectivesAsWorkbook": Operation("GET", "/directives.xlsx", "read"),
    "registerDirective": Operation("POST", "/directives", "write", NEW, not_for=(AGENCY, INSPECTOR, "quantri")),
    "getDirective": Operation("GET", MINE_PATH, "read"),
    "directiveHistory": Operation("GET", f"{MINE_PATH}/history", "read"),
    "directiveNext": Operation("GET", f"{MINE_PATH}/next", "read"),
    "giveCommand": Operation(
        "POST", f"{MINE_PATH}/commands", "write", {"kind": "cancel", "reason": "?"}, not_for=(AGENCY, INSPECTOR)
    ),
    "getCommand": Operation("GET", "/commands/none", "read"),
    "getBoard": Operation("GET", "/board", "read"),
    "listNotices": Operation("GET", "/inbox", "read"),
    "markNoticesRead": Operation("POST", "/inbox/read", "write", {"ids": [1]}),
    "listAgencies": Operation("GET", "/agencies", "read"),
    "listPeople": Operation("GET", "/people", "read"),
    "listFields": Operation("GET", "/fields", "read"),
    "getCalendarYear": Operation("GET", "/calendar/2026", "read"),
    "getPolicy": Operation("GET", "/policy", "read"),
    "followEvents": Operation("GET", "/events", "events"),
    "searchLedger": Operation("GET", "/ledger", "events"),
    "importWorkbook": Operation(
        "POST", "/imports", "write", files={"file": ("a.xlsx", b"PK")}, not_for=(AGENCY, INSPECTOR, "quantri")
    ),
    "listWebhooks": Operation("GET", "/webhooks", "admin", not_for=(AGENCY, INSPECTOR)),
    "addWebhook": Operation("POST", "/webhooks", "admin", {"url": "https://example.vn/x"}, not_for=(AGENCY, INSPECTOR)),
    "removeWebhook": Operation("DELETE", "/webhooks/1", "admin", not_for=(AGENCY, INSPECTOR)),
    "listAudit": Operation("GET", "/audit", "admin", not_for=NOT_ADMINISTRATORS),
    "getWebhook": Operation("GET", "/webhooks/1", "admin", not_for=(AGENCY, INSPECTOR)),
    "switchWebhook": Operation("PUT", "/webhooks/1", "admin", {"active": False}, not_for=(AGENCY, INSPECTOR)),
    "listWebhookCalls": Operation("GET", "/webhooks/1/calls", "admin", not_for=(AGENCY, INSPECTOR)),
    "callWebhook": Operation("POST", "/webhooks/1/calls", "admin", {}, not_for=(AGENCY, INSPECTOR)),
    "getBoardWeeks": Operation("GET", "/board/weeks", "read"),
    "listDocuments": Operation("GET", "/documents", "read"),
    "getDocument": Operation("GET", "/documents/MjAyNi0wMy0wMnwxMjM0L1VCTkQtS1RUSA", "read"),
    "registerDocument": Operation("POST", "/documents", "write", DOCUMENT, not_for=(AGENCY, INSPECTOR, "quantri")),
    "previewDocument": Operation(
        "POST", "/document-previews", "write", DOCUMENT, not_for=(AGENCY, INSPECTOR, "quantri")
    ),
    "listFiles": Operation("GET", f"{MINE_PATH}/files", "read"),
    "handFileIn": Operation(
        "POST", f"{MINE_PATH}/files", "write", files={"file": ("a.txt", b"Bao cao")}, not_for=(INSPECTOR,)
    ),
    "getFile": Operation("GET", f"{MINE_PATH}/files/{'0' * 32}", "read"),
    "getPerson": Operation("GET", "/people/truong.syt", "read"),
    "addPerson": Operation("POST", "/people", "admin", {"code": "an.le", "name": "Lê An"}, not_for=NOT_ADMINISTRATORS),
    "changePerson": Operation("PUT", "/people/truong.syt", "admin", {"name": "Lê An"}, not_for=NOT_ADMINISTRATORS),
    "getAgency": Operation("GET", "/agencies/SYT", "read"),
    "addAgency": Operation("POST", "/agencies", "admin", {"code": "MOI", **AGENCY_GIVEN}, not_for=NOT_ADMINISTRATORS),
    "changeAgency": Operation("PUT", "/agencies/SYT", "admin", AGENCY_GIVEN, not_for=NOT_ADMINISTRATORS),
    "getField": Operation("GET", "/fields/y-te", "read"),
    "addField": Operation("POST", "/fields", "admin", {"code": "moi", "name": "Mới"}, not_for=NOT_ADMINISTRATORS),
    "changeField": Operation("PUT", "/fields/y-te", "admin", {"name": "Mới"}, not_for=NOT_ADMINISTRATORS),
    "previewSuccession": Operation(
        "POST", "/successions/preview", "admin", {"old": "SYT", "new": "STC"}, not_for=NOT_ADMINISTRATORS
    ),
    "carryOutSuccession": Operation(
        *("POST", "/successions", "admin"),
        {"old": "SYT", "new": "STC", "reason": "?", "seen": "x"},
        not_for=NOT_ADMINISTRATORS,
    ),
    "takeDaysOff": Operation("POST", "/days-off", "admin", DAY_OFF, not_for=NOT_ADMINISTRATORS),
    "makeDayWorked": Operation(
        "POST", "/days-worked", "admin", {"day": "2026-05-09", "reason": "?"}, not_for=NOT_ADMINISTRATORS
    ),
    "takeDayBack": Operation("DELETE", "/calendar-days/2026-04-30", "admin", not_for=NOT_ADMINISTRATORS),
    "confirmCalendarYear": Operation("PUT", "/calendar/2031/confirmed", "admin", not_for=NOT_ADMINISTRATORS),
    "listPolicyVersions": Operation("GET", "/policy/versions", "admin", not_for=NOT_ADMINISTRATORS),
    "getPolicyVersion": Operation("GET", "/policy/versions/1", "admin", not_for=NOT_ADMINISTRATORS),
    "previewPolicy": Operation("POST", "/policy/preview", "admin", {"text": "?"}, not_for=NOT_ADMINISTRATORS),
    "activatePolicy": Operation(
        "POST", "/policy/versions", "admin", {"text": "?", "reason": "?"}, not_for=NOT_ADMINISTRATORS
    ),
    "listAccounts": Operation("GET", "/accounts", "admin", not_for=NOT_ADMINISTRATORS),
    "giveAccount": Operation("POST", "/people/truong.syt/account", "admin", not_for=NOT_ADMINISTRATORS),
    "removeAccount": Operation("DELETE", "/people/truong.syt/account", "admin", not_for=NOT_ADMINISTRATORS),
    "endSessions": Operation("DELETE", "/people/truong.syt/sessions", "admin", not_for=NOT_ADMINISTRATORS),
    "takeSecondFactorOff": Operation("DELETE", "/people/truong.syt/second-factor", "admin", not_for=NOT_ADMINISTRATORS),
    "enterAbsenceOf": Operation("POST", "/people/truong.syt/absences", "admin", AWAY, not_for=NOT_ADMINISTRATORS),
    "removeAbsencesOf": Operation("DELETE", f"/people/truong.syt/absences?{DAYS}", "admin", not_for=NOT_ADMINISTRATORS),
    "listWork": Operation("GET", "/work", "read"),
    "listOperations": Operation("GET", "/operations", "read"),
    "getOperation": Operation("GET", "/operations/none", "read"),
    "listViews": Operation("GET", "/views", "read"),
    "saveView": Operation("POST", "/views", "write", {"name": "?"}),
    "forgetView": Operation("DELETE", "/views/1", "write"),
    "getPreferences": Operation("GET", "/preferences", "read"),
    "changePreferences": Operation("PUT", "/preferences", "write", {"digest_hour": None}),
    "listAbsences": Operation("GET", "/absences", "read"),
    "enterAbsence": Operation("POST", "/absences", "write", AWAY),
    "removeAbsences": Operation("DELETE", f"/absences?{DAYS}", "write"),
    "listSessions": Operation("GET", "/sessions", "read"),
    "endSession": Operation("DELETE", "/sessions/none", "write"),
    "listTokens": Operation("GET", "/tokens", "read"),
    "revokeToken": Operation("DELETE", "/tokens/1", "write"),
}


@pytest.fixture
async def api(desk: Desk) -> AsyncIterator[Api]:
    furnish(desk)
    async with connected(desk) as client:
        yield Api(desk, client)


CHANGED_TABLES = (
    *(COMMAND, DIRECTIVE, WEBHOOK, PERSON, AGENCIES, FIELD_OF_WORK, ABSENCE, ACCOUNT, ATTACHMENT),
    *(CALENDAR_DAY, POLICY_VERSION, SAVED_VIEW),
)


def kept(desk: Desk) -> tuple[int, ...]:
    """How much there is that a request could have added or removed."""
    with reading(desk.office.engine) as connection:
        return tuple(
            connection.execute(select(func.count()).select_from(table)).scalar_one() for table in CHANGED_TABLES
        )


async def call(caller: Caller, operation: Operation) -> httpx2.Response:
    return await caller(operation.method, f"/api/v1{operation.path}", **operation.given)


async def test_every_operation_of_the_description_is_in_this_table(api: Api) -> None:
    described = (await api.client.get("/api/openapi.json")).json()

    operations = {
        operation["operationId"]: (method.upper(), operation["security"])
        for path in described["paths"].values()
        for method, operation in path.items()
    }

    assert operations.keys() == TABLE.keys()
    for name, (method, security) in operations.items():
        wanted = [] if TABLE[name].scope == "any" else [TABLE[name].scope]
        assert (method, security) == (TABLE[name].method, [{"token": wanted}])


async def test_who_has_no_token_in_force_is_turned_away(api: Api) -> None:
    expired = api.caller("quantri", days=1)
    revoked = api.caller("quantri")
    api.desk.time_is("Mon 2026-03-23 09:00")
    assert tokens.revoke(api.desk.office, 2)
    before = kept(api.desk)

    for name, operation in TABLE.items():
        for secret in ("dondoc_x", expired.secret, revoked.secret):
            answer = await call(Caller(api.client, secret), operation)
            assert answer.status_code == 401, (name, secret)
            assert answer.json()["code"] == "unauthenticated"
            assert answer.headers["www-authenticate"].startswith("Bearer")
        bare = await api.client.request(operation.method, f"/api/v1{operation.path}", **operation.given)
        assert bare.status_code == 401, name
    assert kept(api.desk) == before


async def test_a_session_cookie_opens_nothing_here(api: Api) -> None:
    cookie = {"Cookie": f"dondoc={a_session(api.desk.office, 'quantri')}", "Origin": "http://dondoc.test"}

    for name, operation in TABLE.items():
        answer = await api.client.request(
            operation.method, f"/api/v1{operation.path}", **{**operation.given, "headers": cookie}
        )
        assert answer.status_code == 401, name


async def test_a_token_without_the_scope_is_turned_away(api: Api) -> None:
    without = {
        scope: api.caller("quantri", [one for one in (*EVERYTHING, "calendar") if one != scope]) for scope in EVERYTHING
    }
    before = kept(api.desk)

    for name, operation in TABLE.items():
        if operation.scope != "any":
            answer = await call(without[operation.scope], operation)
            assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope"), name
    assert kept(api.desk) == before


async def test_a_person_whose_role_does_not_allow_it_is_turned_away(api: Api) -> None:
    callers = {person: api.caller(person) for one in TABLE.values() for person in one.not_for}
    before = kept(api.desk)

    for name, operation in TABLE.items():
        for person in operation.not_for:
            answer = await call(callers[person], operation)
            assert answer.status_code == 403, (name, person, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
    assert kept(api.desk) == before


async def test_what_another_agency_leads_is_like_what_does_not_exist(api: Api) -> None:
    caller = api.caller(AGENCY)
    before = kept(api.desk)

    for name, operation in TABLE.items():
        if MINE_PATH not in operation.path:
            continue
        foreign, absent = (
            await call(caller, replace(operation, path=operation.path.replace(MINE_PATH, OTHERS_PATH))),
            await call(caller, replace(operation, path=operation.path.replace(MINE_PATH, "/directives/NV%2F3"))),
        )
        assert (foreign.status_code, absent.status_code) == (404, 404), name
        assert foreign.text.replace(OTHERS, "NV/3") == absent.text
    assert kept(api.desk) == before


@pytest.mark.parametrize(
    ("person", "path"), [(AGENCY, "/sessions"), (AGENCY, "/tokens"), (AGENCY, "/views"), (AGENCY, "/operations")]
)
async def test_what_is_another_persons_own_is_like_what_does_not_exist(api: Api, person: str, path: str) -> None:
    mine, theirs = api.caller(person), api.caller("quantri")
    a_session(api.desk.office, "quantri")
    await theirs.post("/views", json={"name": "Của tôi", "query": "mine=1"})
    with writing(api.desk.office.engine) as connection:
        fresh = {"started_at": api.desk.office.now(), "seen_at": api.desk.office.now(), "done": 0, "data": "{}"}
        connection.execute(insert(OPERATION).values(id="o-1", kind="import", person="quantri", title="a.xlsx", **fresh))
    items = (await theirs.get(path)).json()["items"]
    assert items

    answers = [await mine("DELETE" if path != "/operations" else "GET", f"/api/v1{path}/{one['id']}") for one in items]

    assert {answer.status_code for answer in answers} == {404}
    assert len((await theirs.get(path)).json()["items"]) == len(items)


async def test_lists_board_and_feed_hold_what_the_person_sees_and_nothing_else(api: Api) -> None:
    expected = {
        AGENCY: {MINE},
        "truong.stc": {MINE, OTHERS},
        "chanhvanphong": {MINE, OTHERS},
        INSPECTOR: {MINE, OTHERS},
    }

    for person, seen in expected.items():
        caller = api.caller(person)
        listed = (await caller.get("/directives")).json()["items"]
        board = (await caller.get("/board")).json()
        feed = (await caller.get("/events")).json()["items"]
        assert {one["code"] for one in listed} == seen, person
        assert board["total"] == len(seen), person
        assert {one["code"] for one in feed} == seen, person


async def test_a_command_of_others_cannot_be_looked_at(api: Api) -> None:
    given = await api.caller("truong.stc").post(f"{OTHERS_PATH}/commands", json={"kind": "acknowledge"})
    address = f"/commands/{given.json()['command_id']}"

    foreign = await api.caller(AGENCY).get(address)
    absent = await api.caller(AGENCY).get("/commands/none")

    assert (await api.caller("truong.stc").get(address)).status_code == 200
    assert (foreign.status_code, foreign.text) == (404, absent.text)


@pytest.mark.parametrize("field", ["roles", "actor", "person", "seq", "at", "id", "agencies", "command_id"])
async def test_nobody_adds_to_a_command_what_is_not_his_to_say(api: Api, field: str) -> None:
    answer = await api.caller(AGENCY).post(f"{MINE_PATH}/commands", json={"kind": "comment", "text": "?", field: "x"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_a_token_acts_for_its_person_and_for_nobody_else(api: Api) -> None:
    answer = await api.caller(AGENCY).post(
        f"{MINE_PATH}/commands", json={"kind": "comment", "text": "?", "on_behalf_of": "chutich"}
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "not_deputy")


async def test_who_calls_too_often_is_told_how_long_to_wait(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "WRITING", Allowance(name="write", quota=2, window=60))
    caller, other = api.caller(AGENCY), api.caller("truong.stc")

    answers = [await caller.post("/inbox/read", json={"ids": [1]}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0].headers["ratelimit-policy"] == '"write";q=2;w=60'
    assert answers[0].headers["ratelimit"] == '"write";r=1;t=30'
    assert answers[2].json()["code"] == "too_many_requests"
    assert 0 < int(answers[2].headers["retry-after"]) <= 30
    assert (await caller.get("/me")).status_code == 200, "reading has a quota of its own"
    assert (await other.post("/inbox/read", json={"ids": [1]})).status_code == 200, "and so has everybody else"


async def test_no_answer_is_kept_by_caches_and_no_other_site_may_read_it(api: Api) -> None:
    answer = await api.caller(AGENCY)("GET", "/api/v1/me", headers={"Origin": "https://elsewhere.test"})

    assert answer.headers["cache-control"] == "no-store"
    assert not [name for name in answer.headers if name.startswith("access-control")]
