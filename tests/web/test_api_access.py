"""Who may call what: every operation of the description is in the table, and refused to whoever may not."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from api_office import EVERYTHING, MINE, OTHERS, Api, Caller, connected, furnish
from office_fixture import Desk
from sqlalchemy import func, select

from database.engine import reading
from models.rate import Allowance
from models.tables import COMMAND, DIRECTIVE, WEBHOOK
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
        return {"files": self.files} if self.files else {"json": self.body} if self.body is not None else {}


AGENCY, OFFICER, INSPECTOR = "truong.syt", "chuyenvien.syt", "thanhtra"
NEW = {"content": "Báo cáo tình hình", "lead_agency": "Sở Y tế"}
TABLE: dict[str, Operation] = {
    "whoAmI": Operation("GET", "/me", "any"),
    "listDirectives": Operation("GET", "/directives", "read"),
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
    "importWorkbook": Operation(
        "POST", "/imports", "write", files={"file": ("a.xlsx", b"PK")}, not_for=(AGENCY, INSPECTOR, "quantri")
    ),
    "listWebhooks": Operation("GET", "/webhooks", "admin", not_for=(AGENCY, INSPECTOR)),
    "addWebhook": Operation("POST", "/webhooks", "admin", {"url": "https://example.vn/x"}, not_for=(AGENCY, INSPECTOR)),
    "removeWebhook": Operation("DELETE", "/webhooks/1", "admin", not_for=(AGENCY, INSPECTOR)),
    "listAudit": Operation("GET", "/audit", "admin", not_for=(AGENCY, INSPECTOR, "chanhvanphong")),
}


def rows(chosen: Callable[[Operation], bool] = lambda _operation: True) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "operation", [pytest.param(one, id=name) for name, one in TABLE.items() if chosen(one)]
    )


@pytest.fixture
async def api(desk: Desk) -> AsyncIterator[Api]:
    furnish(desk)
    async with connected(desk) as client:
        yield Api(desk, client)


def kept(desk: Desk) -> tuple[int, ...]:
    """How much there is that a request could have added or removed."""
    with reading(desk.office.engine) as connection:
        return tuple(
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (COMMAND, DIRECTIVE, WEBHOOK)
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


@rows()
async def test_who_has_no_token_in_force_is_turned_away(api: Api, operation: Operation) -> None:
    expired = api.caller("chanhvanphong", days=1)
    revoked = api.caller("chanhvanphong")
    api.desk.time_is("Mon 2026-03-23 09:00")
    assert tokens.revoke(api.desk.office, 2)
    before = kept(api.desk)

    for secret in ("", "x", "dondoc_x", expired.secret, revoked.secret, expired.secret.upper()):
        answer = await call(Caller(api.client, secret), operation)
        assert answer.status_code == 401, secret
        assert answer.json()["code"] == "unauthenticated"
        assert answer.headers["www-authenticate"].startswith("Bearer")
    bare = await api.client.request(operation.method, f"/api/v1{operation.path}", **operation.given)
    assert bare.status_code == 401
    assert kept(api.desk) == before


@rows()
async def test_a_session_cookie_opens_nothing_here(api: Api, operation: Operation) -> None:
    caller = api.caller("chanhvanphong")

    answer = await api.client.request(
        operation.method,
        f"/api/v1{operation.path}",
        headers={"Cookie": f"dondoc={caller.secret}", "Origin": "http://dondoc.test"},
        **operation.given,
    )

    assert answer.status_code == 401


@rows(lambda one: one.scope != "any")
async def test_a_token_without_the_scope_is_turned_away(api: Api, operation: Operation) -> None:
    others = [scope for scope in (*EVERYTHING, "calendar") if scope != operation.scope]
    before = kept(api.desk)

    answer = await call(api.caller("chanhvanphong", others), operation)

    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    assert kept(api.desk) == before


@rows(lambda one: bool(one.not_for))
async def test_a_person_whose_role_does_not_allow_it_is_turned_away(api: Api, operation: Operation) -> None:
    before = kept(api.desk)

    for person in operation.not_for:
        answer = await call(api.caller(person), operation)
        assert answer.status_code == 403, person
        assert answer.headers["content-type"] == "application/problem+json"
    assert kept(api.desk) == before


@rows(lambda one: MINE_PATH in one.path)
async def test_what_another_agency_leads_is_like_what_does_not_exist(api: Api, operation: Operation) -> None:
    caller = api.caller(AGENCY)
    before = kept(api.desk)

    foreign = await caller(
        operation.method, f"/api/v1{operation.path.replace(MINE_PATH, OTHERS_PATH)}", **operation.given
    )
    absent = await caller(
        operation.method, f"/api/v1{operation.path.replace(MINE_PATH, '/directives/NV%2F3')}", **operation.given
    )

    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.text.replace(OTHERS, "NV/3") == absent.text
    assert kept(api.desk) == before


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
