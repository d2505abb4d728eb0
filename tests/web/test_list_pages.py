"""The list as a browser asks for it: filters, orders, columns, pages, saved views and exports, on a real database.

It is Friday 20 March 2026, 09:00, and every directive was registered on Wednesday 4 March.
"""

import csv
import html
import io
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import openpyxl
import pytest
import time_machine
from builders import a_deadline, local
from office_fixture import Desk
from signed_in import HOST, a_session
from temporalio.client import Client

from models import commands as c
from models.directive import SourceDocument
from models.vocabulary import Opinion, Urgency
from services.office import Office
from web.app import Surroundings, create_app

CLERK, HEALTH, FINANCE, CHAIRMAN = "chanhvanphong", "truong.syt", "truong.stc", "chutich"


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


@pytest.fixture
def office(desk: Desk) -> Iterator[Office]:
    day = "Wed 2026-03-04"
    with time_machine.travel(local("Fri 2026-03-20 09:00"), tick=False):

        def new(code: str, minute: int, **changes: object) -> None:
            desk.register(code, f"{day} 09:{minute:02d}", **changes)

        new("L-1", 1, deadline=a_deadline("2026-03-17"), coordinating_agencies=("STC",), content="=1+1 phòng dịch")
        new("L-2", 2, deadline=a_deadline("2026-03-20"), document=SourceDocument(number="987/UBND-KTTH"))
        new("L-3", 3, deadline=a_deadline("2026-06-30"), lead_agency="STC", urgency=Urgency.FLASH)
        new("L-4", 4, lead_agency=None, field="tai-chinh-ngan-sach")
        new("L-5", 5, deadline=a_deadline("2026-03-19"), coordinating_agencies=("STC",))
        desk.act("L-5", c.Acknowledge(), HEALTH, f"{day} 10:00")
        desk.act("L-5", c.Contribute(opinion=Opinion.AGREE), FINANCE, f"{day} 10:01")
        desk.act("L-5", c.Submit(result="Xong"), HEALTH, f"{day} 10:02")
        desk.act("L-5", c.Return(reason="Thiếu số liệu"), CLERK, f"{day} 10:03")
        new("L-6", 6, deadline=a_deadline("2026-03-18"))
        desk.act("L-6", c.Acknowledge(), HEALTH, f"{day} 11:00")
        extension = c.RequestExtension(deadline=a_deadline("2026-03-25"), reason="Chờ kinh phí")
        desk.act("L-6", extension, HEALTH, f"{day} 11:01")
        desk.act("L-6", c.DemandExplanation(text="Vì sao chậm"), CLERK, f"{day} 11:02")
        new("L-7", 7)
        desk.act("L-7", c.Acknowledge(), HEALTH, f"{day} 12:00")
        desk.act("L-7", c.Submit(result="Xong"), HEALTH, f"{day} 12:01")
        new("L-8", 8, content='Không phải "extension":{"seq": hay "times_returned":')
        desk.act("L-8", c.Cancel(reason="Thu hồi"), CHAIRMAN, f"{day} 13:00")
        desk.sql("UPDATE directive SET escalation_level = 1 WHERE code = 'L-1'")
        desk.time_is("Fri 2026-03-20 09:00")
        yield desk.office


@pytest.fixture
async def browser(office: Office) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(create_app(office, no_temporal, Surroundings(base_url=HOST)))
    async with httpx2.AsyncClient(transport=transport, base_url=HOST, headers={"Origin": HOST}) as client:
        yield client


async def signed_in(browser: httpx2.AsyncClient, office: Office, person: str = CLERK) -> None:
    browser.cookies.set("dondoc", a_session(office, person), domain="dondoc.test")


def codes(text: str) -> list[str]:
    """The codes of a list, in its order, without the letters before the number."""
    return re.findall(r'<td class="col-code"><a href="/directives/L-(\d)">', text)


async def listed(browser: httpx2.AsyncClient, query: str) -> str:
    answer = await browser.get(f"/directives?{query}")
    assert answer.status_code == 200, answer.text
    found = "".join(codes(answer.text))
    assert f"<small>({len(found)})</small>" in answer.text
    return found


FILTERS = {
    "": "1234567",
    "all=1": "12345678",
    "coordinating=Sở Tài chính": "15",
    "document=987": "2",
    "document=987 / ubnd": "2",
    "text=987/UBND-KTTH": "2",
    "text=phong+DICH": "1",
    "urgency=flash": "3",
    "level=1": "1",
    "level=2": "",
    "agency=-": "4",
    "agency=SYT&timeliness=overdue": "156",
    "due_until=2026-03-17": "1",
    "due_from=17/03/2026&due_until=18/03/2026": "16",
    "due_from=2026-03-20": "23",
    "registered_from=2026-03-04&registered_until=2026-03-04": "1234567",
    "registered_from=2026-03-05": "",
    "registered_until=2026-03-03": "",
    "figure=total": "1234567",
    "figure=overdue": "156",
    "figure=on_time": "347",
    "figure=completed": "",
    "field=tài chính - ngân sách": "4",
    "field=-": "",
}


async def test_every_filter_narrows_the_list_to_exactly_what_it_says(
    browser: httpx2.AsyncClient, office: Office
) -> None:
    await signed_in(browser, office)

    found = {query: "".join(sorted(await listed(browser, query))) for query in FILTERS}

    assert found == FILTERS


WAITING = {
    CLERK: {
        "waiting=contribute": "",
        "waiting=assign": "4",
        "waiting=declined": "",
        "waiting=review": "7",
        "waiting=extension": "6",
        "waiting=start": "",
        "mine=1": "",
    },
    HEALTH: {"mine=1&waiting=acknowledge": "12", "mine=1&waiting=explanation": "6", "mine=1&waiting=returned": "5"},
    FINANCE: {"mine=1&waiting=acknowledge": "3", "mine=1&waiting=contribute": "1", "mine=1": "3", "": "135"},
}


@pytest.mark.parametrize("person", WAITING)
async def test_what_a_directive_waits_for_is_a_list(browser: httpx2.AsyncClient, office: Office, person: str) -> None:
    await signed_in(browser, office, person)

    found = {query: "".join(sorted(await listed(browser, query))) for query in WAITING[person]}

    assert found == WAITING[person]


@pytest.mark.parametrize("person", [CLERK, HEALTH, FINANCE, CHAIRMAN, "pct.vanxa"])
async def test_every_card_of_ones_work_opens_the_list_of_exactly_what_it_counts(
    browser: httpx2.AsyncClient, office: Office, person: str
) -> None:
    await signed_in(browser, office, person)
    work = (await browser.get("/")).text

    cards = re.findall(r'<a href="(/directives\?[^"]+)">[^<]*\((\d+)\)</a>', work)

    assert cards or person == "pct.vanxa"
    for link, number in cards:
        assert len(await listed(browser, html.unescape(link).partition("?")[2])) == int(number), link


NO_FILTERS = (
    "due_from=31/02/2026",
    "due_until=hôm qua",
    "registered_from=0001-01-01",
    "registered_until=9999-12-31",
    "level=9",
    "level=x",
    "urgency=rất khẩn",
    "waiting=x",
    "figure=x",
    "coordinating=Sở Không",
    "leader=Ai đó",
)


async def test_what_no_filter_can_be_is_one_sentence_and_keeps_what_was_typed(
    browser: httpx2.AsyncClient, office: Office
) -> None:
    await signed_in(browser, office)

    for query in NO_FILTERS:
        for path in ("/directives", "/directives.xlsx", "/directives.csv"):
            answer = await browser.get(f"{path}?{query}&text=dịch")

            assert answer.status_code == 422, query
            assert answer.text.count('role="alert"') == 1
            assert 'value="dịch"' in answer.text


async def test_a_page_order_or_column_that_is_none_is_left_aside(browser: httpx2.AsyncClient, office: Office) -> None:
    await signed_in(browser, office)
    plain = await listed(browser, "")

    for query in ("page=0", "page=-1", "page=x", "page=²", "page=99999999999", "sort=x", "columns=x", "x=1"):
        assert await listed(browser, query) == plain


ORDERS = {
    "code": "1234567",
    "-code": "7654321",
    "deadline": "1652347",
    "-deadline": "3256147",
    "level": "2345671",
    "-level": "1234567",
    "updated": "1234567",
    "agency": "3125674",
}


async def test_a_list_is_sorted_by_a_column(browser: httpx2.AsyncClient, office: Office) -> None:
    await signed_in(browser, office)

    assert {sort: await listed(browser, f"sort={sort}") for sort in ORDERS} == ORDERS


async def test_the_title_of_the_column_it_is_sorted_by_turns_the_order_round(
    browser: httpx2.AsyncClient, office: Office
) -> None:
    await signed_in(browser, office)

    text = html.unescape((await browser.get("/directives?text=L&sort=deadline")).text)

    assert 'aria-sort="ascending"' in text
    assert 'href="/directives?text=L&sort=-deadline"' in text


async def test_the_columns_that_were_chosen_are_shown_and_stay_in_every_link(
    browser: httpx2.AsyncClient, office: Office
) -> None:
    await signed_in(browser, office)

    text = html.unescape((await browser.get("/directives?columns=coordinating&columns=document")).text)

    table = text[text.index("<table") : text.index("</table>")]
    assert re.findall(r'<th scope="col" class="col-\w+">([^<]+)</th>', table) == ["Mã", "Phối hợp", "Văn bản"]
    assert "Sở Tài chính" in table
    assert "/directives.csv?columns=coordinating&columns=document" in text


async def test_a_saved_view_is_opened_and_deleted_by_its_owner_alone(
    browser: httpx2.AsyncClient, office: Office
) -> None:
    await signed_in(browser, office)
    answer = await browser.post("/directives/views", data={"name": "Quá  hạn", "query": "figure=overdue&evil=1"})
    assert answer.headers["location"] == "/directives?figure=overdue"

    text = (await browser.get("/directives")).text
    assert '<a href="/directives?figure=overdue">Quá hạn</a>' in text
    view = re.findall(r'name="view" value="(\d+)"', text)[0]

    await signed_in(browser, office, HEALTH)
    assert "Quá hạn</a>" not in (await browser.get("/directives")).text
    await browser.post("/directives/views/delete", data={"view": view})
    await signed_in(browser, office)
    assert "Quá hạn</a>" in (await browser.get("/directives")).text
    await browser.post("/directives/views/delete", data={"view": view})
    assert "Quá hạn</a>" not in (await browser.get("/directives")).text


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
async def test_a_view_without_a_proper_name_is_refused_with_a_sentence(
    browser: httpx2.AsyncClient, office: Office, name: str
) -> None:
    await signed_in(browser, office)

    answer = await browser.post("/directives/views", data={"name": name, "query": "all=1"})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize(
    ("person", "query"),
    [(CLERK, ""), (CLERK, "all=1&sort=-code"), (CLERK, "figure=overdue"), (FINANCE, "all=1"), (HEALTH, "mine=1")],
)
async def test_an_export_has_exactly_the_rows_of_the_list_in_its_order(
    browser: httpx2.AsyncClient, office: Office, tmp_path: Path, person: str, query: str
) -> None:
    await signed_in(browser, office, person)
    shown = [f"L-{one}" for one in await listed(browser, query)]

    lines = await browser.get(f"/directives.csv?{query}")
    workbook = await browser.get(f"/directives.xlsx?{query}")

    assert lines.text.startswith("\ufeff")
    assert lines.headers["content-disposition"] == 'attachment; filename="nhiem-vu-2026-03-20.csv"'
    rows = list(csv.reader(io.StringIO(lines.text.removeprefix("\ufeff"))))
    assert [row[0] for row in rows[1:]] == shown
    assert "nhiem-vu-2026-03-20.xlsx" in workbook.headers["content-disposition"]
    file = tmp_path / "list.xlsx"
    file.write_bytes(workbook.content)
    sheet = openpyxl.load_workbook(file).worksheets[0]
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == shown


async def test_no_cell_of_an_export_is_a_formula(browser: httpx2.AsyncClient, office: Office, tmp_path: Path) -> None:
    await signed_in(browser, office)

    lines = await browser.get("/directives.csv?text=L-1")
    file = tmp_path / "list.xlsx"
    file.write_bytes((await browser.get("/directives.xlsx?text=L-1")).content)

    assert '"\'=1+1 phòng dịch"' in lines.text
    cells = [cell for row in openpyxl.load_workbook(file).worksheets[0].iter_rows() for cell in row]
    assert [cell.data_type for cell in cells if cell.value == "=1+1 phòng dịch"] == ["s"]


async def test_a_list_too_long_for_a_workbook_says_so_in_one_sentence(
    browser: httpx2.AsyncClient, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.listing.MOST_IN_WORKBOOK", 3)
    await signed_in(browser, office)

    answer = await browser.get("/directives.xlsx")

    assert "Danh sách có 7 nhiệm vụ, quá 3 dòng của một tệp Excel." in answer.text
    assert (await browser.get("/directives.xlsx?figure=overdue")).headers["content-type"].startswith("application/")


async def test_a_long_list_is_read_page_by_page_and_nothing_is_missed(
    browser: httpx2.AsyncClient, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.listing.A_PAGE", 3)
    await signed_in(browser, office)

    pages = [codes((await browser.get(f"/directives?page={page}")).text) for page in (1, 2, 3)]
    found = "".join("".join(one) for one in pages)
    beyond = codes((await browser.get("/directives?page=9")).text)

    assert sorted(found) == list("1234567")
    assert beyond == list(found[-1:]), "the last page stands for all beyond it"
