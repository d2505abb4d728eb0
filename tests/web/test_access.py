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
from models.sign_in import LONGEST_SESSION
from models.vocabulary import Role
from services import accounts
from services.forgotten_password import Mailing
from services.office import Office
from services.openid_provider import Provider
from services.single_sign_on import ClaimNames, SingleSignOn
from web.app import create_app
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
    "GET /sessions": SIGNED_IN,
    "POST /sessions/end": SIGNED_IN,
    # Directives.
    "GET /directives": SIGNED_IN,
    "GET /directives/{code:path}": SIGNED_IN,
    "POST /directives/{code:path}/do": SIGNED_IN,
    "GET /board": SIGNED_IN,
}

PARAMETERS: Final = {"code": OWN, "secret": "khong-co"}
"""What stands in a path's place of that name; anything else is `1`."""

FORMS: Final[dict[str, dict[str, str]]] = {
    "POST /directives/{code:path}/do": {"kind": "comment", "text": "Ý kiến", "id": "c-1"},
}
"""What a route must be sent so that it comes to the question who may; most need nothing."""

STREAMS: Final[frozenset[str]] = frozenset()
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
OF_A_DIRECTIVE: Final = [route for route in GUARDED if "{code" in route]
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
        base_url=HOST,
        mailing=mailing,
        single_sign_on=SingleSignOn(provider, ClaimNames()),
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
    values = {**PARAMETERS, "code": code}
    address = re.sub(r"\{(\w+)(:\w+)?\}", lambda hole: values.get(hole[1], "1"), path)
    return await browser.request(method, address, data=FORMS.get(route), headers=headers)


def is_of_api(route: str) -> bool:
    return " /api/" in route


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


@pytest.mark.parametrize("route", GUARDED)
async def test_who_is_not_signed_in_is_led_to_the_sign_in_page(browser: httpx2.AsyncClient, route: str) -> None:
    answer = await call(browser, route)

    assert answer.status_code == 401 if is_of_api(route) else leads_to_sign_in(answer), answer.status_code


@pytest.mark.parametrize("route", GUARDED)
@pytest.mark.parametrize("cookie", ["", "nobody's", "x" * 5000, "' OR 1=1 --"])
async def test_a_cookie_that_we_never_gave_opens_nothing(browser: httpx2.AsyncClient, route: str, cookie: str) -> None:
    answer = await call(browser, route, Cookie=f"dondoc={cookie}")

    assert answer.status_code == 401 if is_of_api(route) else leads_to_sign_in(answer), answer.status_code


@pytest.mark.parametrize("route", [route for route in GUARDED if is_of_api(route)])
async def test_a_token_that_we_never_gave_opens_nothing(browser: httpx2.AsyncClient, route: str) -> None:
    answer = await call(browser, route, Authorization="Bearer khong-phai")

    assert answer.status_code == 401


@pytest.mark.parametrize("route", GUARDED)
async def test_a_session_that_is_over_or_whose_person_is_locked_opens_nothing(
    browser: httpx2.AsyncClient, desk: Desk, office: Office, route: str
) -> None:
    await signs_in(browser, office, Role.ADMINISTRATOR)
    cookie = f"dondoc={browser.cookies['dondoc']}"
    browser.cookies.clear()
    desk.sql("UPDATE person SET locked = 1 WHERE code = 'quantri'", "UPDATE revision SET number = number + 1")
    locked = await call(browser, route, Cookie=cookie)
    desk.sql("UPDATE person SET locked = 0 WHERE code = 'quantri'", "UPDATE revision SET number = number + 1")
    with time_machine.travel(local("Fri 2026-03-20 09:00") + LONGEST_SESSION, tick=False):
        over = await call(browser, route, Cookie=cookie)

    for answer in (locked, over):
        assert answer.status_code == 401 if is_of_api(route) else leads_to_sign_in(answer), answer.status_code


@pytest.mark.parametrize("route", CHANGING)
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
)
async def test_no_other_site_changes_anything_in_a_persons_name(
    browser: httpx2.AsyncClient, route: str, origin: dict[str, str]
) -> None:
    answer = await call(browser, route, Cookie="dondoc=any", **origin)

    assert answer.status_code == 403
    assert "không đến từ trang của hệ thống" in answer.text


@pytest.mark.parametrize(
    ("route", "role"), [(route, role) for route in GUARDED for role in Role if role not in ACCESS[route]]
)
async def test_another_role_is_refused(browser: httpx2.AsyncClient, office: Office, route: str, role: Role) -> None:
    await signs_in(browser, office, role)

    assert (await call(browser, route)).status_code in REFUSED


@pytest.mark.parametrize(
    ("route", "role"),
    [
        (route, role)
        for route in GUARDED
        for role in Role
        if role in ACCESS[route] and route.startswith("GET ") and route not in STREAMS
    ],
)
async def test_whoever_may_is_answered(browser: httpx2.AsyncClient, office: Office, route: str, role: Role) -> None:
    await signs_in(browser, office, role)

    answer = await call(browser, route)

    assert answer.status_code < 500
    assert not leads_to_sign_in(answer)
    assert answer.status_code not in REFUSED


@pytest.mark.parametrize("route", OF_A_DIRECTIVE)
async def test_another_agencys_directive_is_as_if_it_were_not_there(
    browser: httpx2.AsyncClient, office: Office, route: str
) -> None:
    await signs_in(browser, office, Role.AGENCY)

    foreign, absent = await call(browser, route, FOREIGN), await call(browser, route, "NV-9")

    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.text.replace(FOREIGN, "NV-9") == absent.text


@pytest.mark.parametrize("route", [route for route in ACCESS if route.startswith("GET ")])
async def test_every_answer_bears_the_headers_that_keep_a_browser_safe(browser: httpx2.AsyncClient, route: str) -> None:
    answer = await call(browser, route)

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe-inline" not in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
