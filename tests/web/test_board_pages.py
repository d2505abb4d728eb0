"""The board as a browser asks for it: every figure opens the list of exactly what it counts, and all of them add up.

It is Friday 20 March 2026, 09:00.
"""

import html
import re
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
import time_machine
from builders import a_deadline, local
from office_fixture import Desk
from signed_in import HOST, a_session
from standing_office import counted_statements
from temporalio.client import Client

from models import commands as c
from models.directive import SourceDocument
from services.office import Office
from services.trends import WEEKS
from web.app import Surroundings, create_app

CLERK, HEALTH = "chanhvanphong", "truong.syt"


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


@pytest.fixture
def office(desk: Desk) -> Iterator[Office]:
    with time_machine.travel(local("Fri 2026-03-20 09:00"), tick=False):

        def new(code: str, day: str, **changes: object) -> None:
            desk.register(code, f"{day} 09:00", document=SourceDocument(number="1/UBND-TH"), **changes)

        def finish(code: str, day: str) -> None:
            desk.act(code, c.Acknowledge(), HEALTH, f"{day} 10:00")
            desk.act(code, c.Submit(result="Xong"), HEALTH, f"{day} 11:00")
            desk.act(code, c.Accept(), CLERK, f"{day} 12:00")

        new("B-1", "2026-01-05", deadline=a_deadline("2026-01-15"))
        finish("B-1", "2026-01-20")
        new("B-2", "2026-01-06", deadline=a_deadline("2026-02-10"))
        finish("B-2", "2026-02-09")
        new("B-3", "2026-02-10")
        finish("B-3", "2026-02-11")
        new("B-4", "2026-02-12", deadline=a_deadline("2026-03-17"), supervising_leader="pct.vanxa")
        new("B-5", "2026-03-02", deadline=a_deadline("2026-03-20"), lead_agency="STC", field="tai-chinh-ngan-sach")
        new("B-6", "2026-03-03", deadline=a_deadline("2026-04-30"), lead_agency="STC", field=None)
        new("B-7", "2026-03-04", lead_agency=None)
        new("B-8", "2026-03-05")
        desk.act("B-8", c.Cancel(reason="Thu hồi"), "chutich", "2026-03-06 09:00")
        desk.time_is("Fri 2026-03-20 09:00")
        yield desk.office


@pytest.fixture
async def browser(office: Office) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(create_app(office, no_temporal, Surroundings(base_url=HOST)))
    async with httpx2.AsyncClient(transport=transport, base_url=HOST, headers={"Origin": HOST}) as client:
        yield client


async def signed_in(browser: httpx2.AsyncClient, office: Office, person: str = CLERK) -> None:
    browser.cookies.set("dondoc", a_session(office, person), domain="dondoc.test")


async def shown(browser: httpx2.AsyncClient, query: str = "") -> str:
    answer = await browser.get(f"/board?{query}")
    assert answer.status_code == 200
    return html.unescape(answer.text)


def figures(text: str) -> dict[str, int]:
    """The list that each figure opens, and the figure."""
    return {link: int(number) for link, number in re.findall(r'<a href="(/directives\?[^"]+)">(\d+)</a>', text)}


@pytest.mark.parametrize("person", [CLERK, "truong.stc"])
async def test_every_figure_opens_the_list_of_exactly_what_it_counts(
    browser: httpx2.AsyncClient, office: Office, person: str
) -> None:
    await signed_in(browser, office, person)

    for query in (
        "",
        "period=year",
        "period=quarter&by=due",
        "period=month",
        "leader=pct.vanxa",
        "period=month&by=due",
    ):
        found = figures(await shown(browser, query))
        assert found or person != CLERK, query
        for link, number in found.items():
            listed = (await browser.get(link)).text
            assert f"<small>({number})</small>" in listed, f"{query}: {link}"


def rows(table: str) -> list[list[int]]:
    found = re.findall(r'<tr><th scope="row">.*?</tr>', table, re.DOTALL)
    return [
        [int(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)[:-1]] for row in found
    ]


async def test_all_rows_add_up_and_total_is_what_is_done_and_what_is_open(
    browser: httpx2.AsyncClient, office: Office
) -> None:
    await signed_in(browser, office)
    tables = (await shown(browser)).split('<table class="board">')[1:4]

    for table in tables:
        *parts, sums = rows(table)
        assert [sum(column) for column in zip(*parts, strict=True)] == sums
        for total, unfinished, in_time, soon, late, done, done_late in (*parts, sums):
            assert total == unfinished + done + done_late
            assert unfinished == in_time + soon + late
    assert sums == [7, 4, 2, 1, 1, 2, 1]


STRETCHES = {
    "period=month": 3,
    "period=month&by=due": 2,
    "period=quarter": 7,
    "period=days&from=2026-02-01&to=2026-02-28": 2,
    "period=days&from=2026-03-03": 2,
    "period=days&to=05/01/2026": 1,
    "period=year&by=due": 5,
}


async def test_a_stretch_of_time_is_by_registration_or_by_deadline(browser: httpx2.AsyncClient, office: Office) -> None:
    await signed_in(browser, office)

    found = {query: rows((await shown(browser, query)).split('<table class="board">')[1])[-1][0] for query in STRETCHES}

    assert found == STRETCHES


async def test_what_no_stretch_can_be_is_one_sentence(browser: httpx2.AsyncClient, office: Office) -> None:
    await signed_in(browser, office)

    for query in ("period=days&from=31/02/2026", "agency=Sở Không", "leader=x", "field=x"):
        answer = await browser.get(f"/board?{query}")

        assert answer.status_code == 422
        assert answer.text.count('role="alert"') == 1


async def test_the_overdue_rate_is_of_what_has_come_to_its_deadline(
    browser: httpx2.AsyncClient, office: Office
) -> None:
    await signed_in(browser, office)

    assert "<td>25,0 %</td>" in (await shown(browser)).split("<tfoot>")[1]  # 1 overdue, 3 done


async def test_the_weeks_say_what_came_what_was_done_and_what_was_late_then(
    browser: httpx2.AsyncClient, office: Office
) -> None:
    await signed_in(browser, office)
    text = await shown(browser)

    weeks = {
        first: tuple(map(int, figures))
        for first, *figures in re.findall(
            r'<th scope="row">(\d\d/\d\d/\d{4}) – [^<]+</th><td>(\d+)</td><td>(\d+)</td><td>(\d+)</td>', text
        )
    }

    assert len(weeks) == WEEKS
    assert weeks["05/01/2026"] == (2, 0, 0)
    assert weeks["12/01/2026"] == (0, 0, 1), "B-1 was overdue at the end of that week"
    assert weeks["19/01/2026"] == (0, 1, 0)
    assert weeks["09/02/2026"] == (2, 2, 0)
    assert weeks["16/03/2026"] == (0, 0, 1), "the running week is told as it stands"


async def test_who_has_seen_one_stretch_of_time_waits_for_no_counting_of_weeks_at_another(
    browser: httpx2.AsyncClient, office: Office
) -> None:
    await signed_in(browser, office)

    def of_weeks(statements: list[str]) -> int:
        return sum("GROUP BY date_trunc" in one or "GROUP BY substr" in one for one in statements)

    with counted_statements(office.engine) as at_once:
        await shown(browser, "period=year")
    with counted_statements(office.engine) as again:
        await shown(browser, "period=year")
    with counted_statements(office.engine) as other:
        await shown(browser, "period=quarter")

    assert of_weeks(at_once) > 3
    assert of_weeks(other) <= of_weeks(again) + 1, "only the running week"


async def test_the_chart_has_a_title_a_description_and_no_style_of_its_own(
    browser: httpx2.AsyncClient, office: Office
) -> None:
    await signed_in(browser, office)
    text = await shown(browser)

    picture = text[text.index("<svg") : text.index("</svg>")]
    assert 'role="img"' in picture
    assert "<title" in picture
    assert "<desc" in picture
    assert "style=" not in text
