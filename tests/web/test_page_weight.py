"""What a page weighs on the line, and from where it loads: in an office in which every agency leads something."""

import html
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import httpx2
import pytest
from builders import a_deadline, local
from office_fixture import Desk
from signed_in import browsing
from temporalio.client import Client

from models import commands as c
from models.local_time import local_day
from web.app import Surroundings, create_app
from web.assets import SHEETS, STATIC

LIMIT: Final = 150_000
CONTENT: Final = 4 * "Chủ trì, phối hợp với các cơ quan liên quan rà soát, báo cáo kết quả thực hiện trong năm. "
PAGES: Final = {
    "vanthu": ("/", "/directives", "/directives/NV-0", "/register", "/import", "/help/secretariat"),
    "chutich": (
        "/",
        "/directives?columns=content&columns=field&columns=lead",
        "/board",
        "/board?period=year",
        "/board?period=year&by=due",
        "/board/meeting",
    ),
    "truong.syt": ("/inbox", "/preferences", "/tokens", "/sessions", "/password"),
    "quantri": ("/admin", "/admin/people", "/admin/agencies", "/admin/calendar/2026", "/admin/policy", "/admin/ledger"),
}


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, seeded_database: object) -> Iterator[Desk]:
    desk = Desk.copied(seeded_database, tmp_path_factory.mktemp("full"))  # type: ignore[arg-type]
    directory = desk.office.reference().directory
    today = local_day(local("Wed 2026-03-04 09:00"))
    agencies = [one.code for one in directory.agencies if one.holds_on(today)]
    assert len(agencies) > 100
    for number, agency in enumerate(agencies):
        due = a_deadline("2026-03-10" if number % 3 else "2026-04-17")
        desk.register(f"NV-{number}", "Wed 2026-03-04 09:00", lead_agency=agency, content=CONTENT, deadline=due)
    for minute in range(40):
        desk.act("NV-0", c.Comment(text=CONTENT), "vanthu", f"Wed 2026-03-04 10:{minute:02d}")
    desk.time_is("Fri 2026-03-20 09:00")
    yield desk
    desk.office.engine.dispose()


async def weight_of(browser: httpx2.AsyncClient, address: str) -> int:
    """Bytes of a body on the line."""
    answer = await browser.get(address, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200, address
    return int(answer.headers["content-length"])


@pytest.mark.parametrize("person", PAGES)
async def test_a_page_with_all_that_it_loads_weighs_less_than_150_kb_and_loads_from_here_alone(
    full: Desk, person: str
) -> None:
    async with browsing(
        create_app(full.office, no_temporal, Surroundings(data_dir=full.data)), full.office, person
    ) as browser:
        for path in PAGES[person]:
            answer = await browser.get(path)
            assert answer.status_code == 200, path
            loads = re.findall(r'<(?:script|img|source|iframe)\b[^>]*? src="([^"]+)"', answer.text)
            loads += re.findall(r'<link\b[^>]*? href="([^"]+)"', answer.text)
            assert all(one.startswith("/static/") for one in loads), path
            assert answer.text.count('rel="stylesheet"') == 1, path
            weight = len(answer.content) + sum([await weight_of(browser, html.unescape(one)) for one in set(loads)])
            assert weight < LIMIT, (path, weight)


def test_the_style_sheet_and_the_scripts_load_nothing_from_elsewhere() -> None:
    for file in (*(STATIC / name for name in SHEETS), *STATIC.glob("*.js")):
        text = file.read_text(encoding="utf-8")
        assert "@import" not in text
        addresses = [one.strip("\"'") for one in re.findall(r"url\(([^)]*)\)", text)]
        assert not [one for one in addresses if urlsplit(one).scheme or urlsplit(one).netloc], file.name
        assert not re.findall(r"https?://(?!picocss\.com)", text), file.name


async def test_a_browser_that_has_the_style_sheet_does_not_load_it_again(full: Desk) -> None:
    async with browsing(create_app(full.office, no_temporal), full.office, "vanthu") as browser:
        first = await browser.get("/static/style.css", headers={"Accept-Encoding": "identity"})
        again = await browser.get("/static/style.css", headers={"If-None-Match": first.headers["etag"]})

    assert "content-encoding" not in first.headers
    assert (again.status_code, again.content) == (304, b"")


async def test_what_a_page_names_is_kept_for_good_and_what_is_asked_for_otherwise_is_asked_about_each_time(
    full: Desk,
) -> None:
    async with browsing(create_app(full.office, no_temporal), full.office, "vanthu") as browser:
        named = re.findall(r'(?:src|href)="(/static/[^"]+)"', (await browser.get("/register")).text)
        kept = [(await browser.get(html.unescape(one))).headers["cache-control"] for one in named]
        other = [
            (await browser.get(f"/static/{name}")).headers["cache-control"]
            for name in ("style.css", "live.js", "style.css?v=0123456789abcdef", "live.js?v=")
        ]

    assert len(named) >= 4
    assert all("immutable" in one for one in kept)
    assert set(other) == {"no-cache"}
