"""Who may call what: every route of the application stands in one table, and every row is tried.

A route that is added without a row here fails the first test. A row is `OPEN`, `SIGNED_IN` (any role; what a person
sees is then narrowed by his scope) or the roles that may. Routes with a directive's code are tried with one that the
person has nothing to do with as well.
"""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Final

import httpx2
import pytest
import time_machine
from builders import local
from fastapi import FastAPI
from office_fixture import Desk
from temporalio.client import Client

from activities.transports import transport_for
from models.payload_keys import new_key
from models.sign_in import LONGEST_SESSION
from models.vocabulary import Role
from services import accounts
from services.forgotten_password import Mailing
from services.office import Office
from services.openid_provider import Provider
from services.payload_encryption import EncryptingCodec
from services.single_sign_on import ClaimNames, SingleSignOn
from web.app import Surroundings, create_app
from web.codec import Decoding
from web.headers import SecurityHeaders
from web.origin import SameOriginOnly

HOST = "http://dondoc.test"
PASSWORD = "mưa rơi trên sông Trà"
OWN, FOREIGN = "NV-1", "NV-2"

OPEN: Final[frozenset[Role]] = frozenset()
SIGNED_IN: Final = frozenset(Role)
OFFICE: Final = frozenset({Role.SECRETARIAT})
ADMINISTRATION: Final = frozenset({Role.ADMINISTRATOR})

ACCESS: Final[dict[str, frozenset[Role]]] = {
    # What machines ask.
    "GET /healthz": OPEN,
    "GET /readyz": OPEN,
    "GET /metrics": OPEN,
    "GET /static": OPEN,
    # Coming and going.
    "GET /sign-in": OPEN,
    "POST /sign-in": OPEN,
    "POST /sign-out": OPEN,
    "POST /language": OPEN,
    "GET /sign-in/code": OPEN,
    "POST /sign-in/code": OPEN,
    "GET /sign-in/provider": OPEN,
    "GET /sign-in/provider/return": OPEN,
    "GET /signed-out": OPEN,
    "GET /forgotten": OPEN,
    "POST /forgotten": OPEN,
    "GET /reset/{secret}": OPEN,
    "POST /reset/{secret}": OPEN,
    # One's own.
    "GET /": SIGNED_IN,
    "GET /inbox": SIGNED_IN,
    "POST /inbox/read": SIGNED_IN,
    "GET /password": SIGNED_IN,
    "POST /password": SIGNED_IN,
    "GET /second-factor": SIGNED_IN,
    "POST /second-factor/begin": SIGNED_IN,
    "POST /second-factor/on": SIGNED_IN,
    "POST /second-factor/change": SIGNED_IN,
    "GET /sessions": SIGNED_IN,
    "POST /sessions/end": SIGNED_IN,
    # Directives.
    "GET /directives": SIGNED_IN,
    "GET /directives/{code:path}": SIGNED_IN,
    "POST /directives/{code:path}/do": SIGNED_IN,
    "GET /board": SIGNED_IN,
    "GET /board/meeting": SIGNED_IN,
    "GET /directives.csv": SIGNED_IN,
    "GET /directives.xlsx": SIGNED_IN,
    "POST /directives/views": SIGNED_IN,
    "POST /directives/views/delete": SIGNED_IN,
    "GET /directives/{code:path}/files/{number}": SIGNED_IN,
    "POST /work/do": SIGNED_IN,
    "GET /live": SIGNED_IN,
    "GET /preferences": SIGNED_IN,
    "POST /preferences/absence": SIGNED_IN,
    "POST /preferences/absence/remove": SIGNED_IN,
    "POST /preferences/digest": SIGNED_IN,
    "GET /tokens": SIGNED_IN,
    "POST /tokens": SIGNED_IN,
    "POST /tokens/calendar": SIGNED_IN,
    "POST /tokens/revoke": SIGNED_IN,
    "GET /operations/{operation}": SIGNED_IN,
    "GET /help": SIGNED_IN,
    "GET /help/{role}": SIGNED_IN,
    # What bears a secret or a token of its own; `test_api_access.py` tries each operation.
    "GET /api": OPEN,
    "GET /calendar/{secret}.ics": OPEN,
    # Administrators only, by token or session, for the pages of Temporal's UI; `test_codec.py` tries each.
    "POST /codec/decode": OPEN,
    # Taking in.
    "GET /register": OFFICE,
    "POST /register": OFFICE,
    "POST /register/preview": OFFICE,
    "GET /register/saved": OFFICE,
    "GET /import": OFFICE,
    "POST /import": OFFICE,
    "GET /import/{token}": OFFICE,
    "POST /import/{token}": OFFICE,
    "POST /import/{token}/drop": OFFICE,
    "GET /import/{token}/refused.xlsx": OFFICE,
    "GET /import/{token}/rows/{row}": OFFICE,
    "POST /import/{token}/rows/{row}": OFFICE,
    # Administration.
    "GET /admin": OFFICE | ADMINISTRATION,
    "GET /admin/people": OFFICE | ADMINISTRATION,
    "GET /admin/people/{code}": OFFICE | ADMINISTRATION,
    "GET /admin/calendar": OFFICE | ADMINISTRATION,
    "GET /admin/calendar/{year}": OFFICE | ADMINISTRATION,
    "GET /admin/agencies": ADMINISTRATION,
    "GET /admin/agencies/{code:path}": ADMINISTRATION,
    "GET /admin/audit": ADMINISTRATION,
    "GET /admin/directory": ADMINISTRATION,
    "GET /admin/directory.yaml": ADMINISTRATION,
    "GET /admin/fields": ADMINISTRATION,
    "GET /admin/fields/{code:path}": ADMINISTRATION,
    "GET /admin/ledger": ADMINISTRATION,
    "GET /admin/new-agency": ADMINISTRATION,
    "GET /admin/new-field": ADMINISTRATION,
    "GET /admin/new-person": ADMINISTRATION,
    "GET /admin/operations": ADMINISTRATION,
    "GET /admin/policy": ADMINISTRATION,
    "GET /admin/succession": ADMINISTRATION,
    "GET /admin/tokens": ADMINISTRATION,
    "GET /admin/webhooks": ADMINISTRATION,
    "GET /admin/webhooks/{number}": ADMINISTRATION,
    "POST /admin/agencies/{code:path}": ADMINISTRATION,
    "POST /admin/calendar/{year}/confirm": ADMINISTRATION,
    "POST /admin/calendar/{year}/off": ADMINISTRATION,
    "POST /admin/calendar/{year}/remove": ADMINISTRATION,
    "POST /admin/calendar/{year}/work": ADMINISTRATION,
    "POST /admin/directory": ADMINISTRATION,
    "POST /admin/fields/{code:path}": ADMINISTRATION,
    "POST /admin/new-agency": ADMINISTRATION,
    "POST /admin/new-field": ADMINISTRATION,
    "POST /admin/new-person": ADMINISTRATION,
    "POST /admin/people/{code}": ADMINISTRATION,
    "POST /admin/people/{code}/absence": ADMINISTRATION,
    "POST /admin/people/{code}/absence/remove": ADMINISTRATION,
    "POST /admin/people/{code}/account": ADMINISTRATION,
    "POST /admin/people/{code}/account/remove": ADMINISTRATION,
    "POST /admin/people/{code}/second-factor/remove": ADMINISTRATION,
    "POST /admin/people/{code}/sign-out": ADMINISTRATION,
    "POST /admin/policy/apply": ADMINISTRATION,
    "POST /admin/policy/check": ADMINISTRATION,
    "POST /admin/succession": ADMINISTRATION,
    "POST /admin/tokens/revoke": ADMINISTRATION,
    "POST /admin/webhooks": ADMINISTRATION,
    "POST /admin/webhooks/{number}/again": ADMINISTRATION,
    "POST /admin/webhooks/{number}/remove": ADMINISTRATION,
    "POST /admin/webhooks/{number}/switch": ADMINISTRATION,
    "POST /admin/webhooks/{number}/test": ADMINISTRATION,
}

PARAMETERS: Final = {"secret": "khong-co", "role": "agency", "year": "2026"}
"""What stands in a path's place of that name; anything else is `1`."""

CODES: Final = {"/admin/people/": "truong.syt", "/admin/agencies/": "SYT", "/admin/fields/": "y-te"}
"""Whose code stands in an address that begins so; elsewhere it is a directive's."""

ABSENT: Final = frozenset(
    {
        "GET /directives/{code:path}/files/{number}",
        "GET /operations/{operation}",
        "GET /import/{token}",
        "GET /import/{token}/refused.xlsx",
        "GET /import/{token}/rows/{row}",
    }
)
"""Routes of a thing that there is none of here: whoever may is told so."""

FORMS: Final[dict[str, dict[str, str]]] = {
    "POST /directives/{code:path}/do": {"kind": "comment", "text": "Ý kiến", "id": "c-1"},
    "POST /directives/views/delete": {"view": "1"},
}
"""What a route must be sent so that it comes to the question who may; most need nothing."""

STREAMS: Final = frozenset({"GET /live"})
"""Routes whose answer has no end; who may is tried without reading one."""

PEOPLE: Final = {
    Role.SECRETARIAT: "vanthu",
    Role.LEADER: "chutich",
    Role.AGENCY: "truong.syt",
    Role.INSPECTOR: "thanhtra",
    Role.ADMINISTRATOR: "quantri",
}

GUARDED: Final = [route for route, roles in ACCESS.items() if roles]
CHANGING: Final = [route for route in ACCESS if not route.startswith("GET ")]
OF_A_DIRECTIVE: Final = [route for route in GUARDED if " /directives/{code" in route]
REFUSED: Final = (403, 404, 409)
"""How a page says that somebody may not: plainly, as if it were not there, or with the sentence of the rule."""


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


def application(desk: Desk) -> SecurityHeaders:
    """With everything that settings can add."""
    provider = Provider("http://127.0.0.1:9", "dondoc", "", "openid", f"{HOST}/return")
    mailing = Mailing(transport_for(None, desk.data / "mail"), "dondoc@localhost", HOST)
    app = create_app(
        desk.office,
        no_temporal,
        Surroundings(
            base_url=HOST,
            mailing=mailing,
            single_sign_on=SingleSignOn(provider, ClaimNames()),
            decoding=Decoding(EncryptingCodec((new_key("k1"),)), "https://temporal.example.vn"),
        ),
    )
    assert isinstance(app, SecurityHeaders)
    return app


@pytest.fixture
def office(desk: Desk) -> Iterator[Office]:
    with time_machine.travel(local("Fri 2026-03-20 09:00"), tick=False):
        desk.register(OWN, "Wed 2026-03-04 09:00")
        desk.register(FOREIGN, "Wed 2026-03-04 09:05", lead_agency="STC")
        desk.time_is("Fri 2026-03-20 09:00")
        yield desk.office


@pytest.fixture
async def browser(desk: Desk, office: Office) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(application(desk))
    async with httpx2.AsyncClient(transport=transport, base_url=HOST, headers={"Origin": HOST}) as client:
        yield client


async def signs_in(browser: httpx2.AsyncClient, office: Office, role: Role) -> None:
    accounts.add(office, PEOPLE[role], PASSWORD, must_change=False)
    answer = await browser.post("/sign-in", data={"name": PEOPLE[role], "password": PASSWORD})
    assert answer.headers["location"] == "/"


async def call(browser: httpx2.AsyncClient, route: str, code: str = OWN, **headers: str) -> httpx2.Response:
    method, _, path = route.partition(" ")
    of_others = next((own for begin, own in CODES.items() if path.startswith(begin)), None)
    values = {**PARAMETERS, "code": of_others or code}
    address = re.sub(r"\{(\w+)(:\w+)?\}", lambda hole: values.get(hole[1], "1"), path)
    return await browser.request(method, address, data=FORMS.get(route), headers=headers)


def keeps_out(route: str, answer: httpx2.Response) -> bool:
    """Whether somebody who is not signed in is sent away: to the sign-in page, or plainly what no person opens."""
    return answer.status_code == 401 if route in STREAMS else leads_to_sign_in(answer)


def leads_to_sign_in(answer: httpx2.Response) -> bool:
    return answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")


def test_every_route_has_a_row_and_every_row_a_route(desk: Desk) -> None:
    door = application(desk).app
    assert isinstance(door, SameOriginOnly)
    assert isinstance(door.app, FastAPI)

    assert routes_of(door.app.routes) == set(ACCESS)


def routes_of(routes: object) -> set[str]:
    """All routes as `GET /path`, those of included routers too; what is mounted stands by its path."""
    found: set[str] = set()
    for route in routes if isinstance(routes, list | tuple) else ():
        if isinstance(path := getattr(route, "path", None), str):
            methods = (getattr(route, "methods", None) or {"GET"}) - {"HEAD", "OPTIONS"}
            found |= {f"{method} {path}" for method in methods}
        found |= routes_of(getattr(getattr(route, "original_router", None), "routes", None))
    return found


async def test_who_is_not_signed_in_is_led_to_the_sign_in_page(browser: httpx2.AsyncClient) -> None:
    let_in = [route for route in GUARDED if not keeps_out(route, await call(browser, route))]

    assert let_in == []


@pytest.mark.parametrize("cookie", ["", "nobody's", "x" * 5000, "' OR 1=1 --"], ids=["empty", "other", "long", "sql"])
async def test_a_cookie_that_we_never_gave_opens_nothing(browser: httpx2.AsyncClient, cookie: str) -> None:
    header = {"Cookie": f"dondoc={cookie}"}

    assert [route for route in GUARDED if not keeps_out(route, await call(browser, route, **header))] == []


async def test_a_session_that_is_over_or_whose_person_is_locked_opens_nothing(
    browser: httpx2.AsyncClient, desk: Desk, office: Office
) -> None:
    await signs_in(browser, office, Role.ADMINISTRATOR)
    header = {"Cookie": f"dondoc={browser.cookies['dondoc']}"}
    browser.cookies.clear()
    assert (await call(browser, "GET /", **header)).status_code == 200

    desk.sql("UPDATE person SET locked = TRUE WHERE code = 'quantri'", "UPDATE revision SET number = number + 1")
    locked = [route for route in GUARDED if not keeps_out(route, await call(browser, route, **header))]
    desk.sql("UPDATE person SET locked = FALSE WHERE code = 'quantri'", "UPDATE revision SET number = number + 1")
    with time_machine.travel(local("Fri 2026-03-20 09:00") + LONGEST_SESSION, tick=False):
        over = [route for route in GUARDED if not keeps_out(route, await call(browser, route, **header))]

    assert (locked, over) == ([], [])


@pytest.mark.parametrize(
    "origin",
    [
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://dondoc.test.evil.test"},
        {"Origin": "http://other.dondoc.test"},
        {"Origin": "", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "", "Sec-Fetch-Site": "same-site"},
    ],
    ids=["another site", "none", "a longer name", "a neighbour", "cross-site", "same-site"],
)
async def test_no_other_site_changes_anything_in_a_persons_name(
    browser: httpx2.AsyncClient, origin: dict[str, str]
) -> None:
    for route in CHANGING:
        answer = await call(browser, route, Cookie="dondoc=any", **origin)

        assert answer.status_code == 403, route
        assert "không đến từ trang của hệ thống" in answer.text


@pytest.mark.parametrize("role", Role)
async def test_another_role_is_refused(browser: httpx2.AsyncClient, office: Office, role: Role) -> None:
    await signs_in(browser, office, role)
    foreign = [route for route in GUARDED if role not in ACCESS[route]]

    let_in = [route for route in foreign if (await call(browser, route)).status_code not in REFUSED]

    assert foreign
    assert let_in == []


@pytest.mark.parametrize("role", Role)
async def test_whoever_may_is_answered(browser: httpx2.AsyncClient, office: Office, role: Role) -> None:
    await signs_in(browser, office, role)

    for route in GUARDED:
        if role in ACCESS[route] and route.startswith("GET ") and route not in STREAMS:
            answer = await call(browser, route)

            assert answer.status_code < 500, route
            assert not leads_to_sign_in(answer), route
            if route in ABSENT:
                assert answer.status_code == 404, route
            else:
                assert answer.status_code not in REFUSED, route


async def test_another_agencys_directive_is_as_if_it_were_not_there(
    browser: httpx2.AsyncClient, office: Office
) -> None:
    await signs_in(browser, office, Role.AGENCY)

    for route in OF_A_DIRECTIVE:
        foreign, absent = await call(browser, route, FOREIGN), await call(browser, route, "NV-9")

        assert (foreign.status_code, absent.status_code) == (404, 404), route
        assert foreign.text.replace(FOREIGN, "NV-9") == absent.text, route


async def test_every_answer_bears_the_headers_that_keep_a_browser_safe(browser: httpx2.AsyncClient) -> None:
    for route in ACCESS:
        if route.startswith("GET "):
            answer = await call(browser, route)

            assert answer.headers["x-content-type-options"] == "nosniff", route
            assert "default-src 'none'" in answer.headers["content-security-policy"], route
            assert "unsafe-inline" not in answer.headers["content-security-policy"], route
            assert answer.headers["x-frame-options"] == "DENY", route
