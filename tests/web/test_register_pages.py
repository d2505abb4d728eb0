"""Registering as a browser without a script does it: a document and its directives, previewed, then saved whole.

It is Wednesday 4 March 2026, 10:00, and Temporal is away unless a test says otherwise.
"""

import asyncio
import html
import re
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
import time_machine
from builders import local
from office_fixture import Desk
from signed_in import HOST, browsing
from sqlalchemy import func, insert, select
from temporalio.client import Client

from database.engine import reading, writing
from models.tables import COMMAND, COUNTER, DIRECTIVE
from services.temporal import connect, handle
from web.app import Surroundings, create_app

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
DOCUMENT = {
    "document_number": "1234/UBND-KTTH",
    "document_date": "02/03/2026",
    "document_type": "Công văn",
    "abstract": "V/v phòng chống dịch",
    "signer": "Trần Văn An",
}
FIELDS = (
    "content",
    "lead_agency",
    "coordinating_agencies",
    "deadline",
    "imposed_deadline",
    "urgency",
    "assigning_leader",
    "supervising_leader",
    "field",
)


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


@pytest.fixture(autouse=True)
def _clock(desk: Desk) -> Iterator[None]:
    with time_machine.travel(local("Wed 2026-03-04 10:00"), tick=False):
        desk.time_is("Wed 2026-03-04 10:00")
        yield


@pytest.fixture
async def clerk(desk: Desk) -> AsyncIterator[httpx2.AsyncClient]:
    async with browsing(
        create_app(desk.office, no_temporal, Surroundings(base_url=HOST)), desk.office, "vanthu"
    ) as browser:
        yield browser


def a_row(number: int, **cells: str) -> dict[str, str]:
    usual = {"content": f"Việc {number}", "lead_agency": "Sở Y tế", "deadline": "20/03/2026", "urgency": "normal"}
    return {f"r{number}-{name}": value for name, value in {**usual, **cells}.items()}


def saved(desk: Desk) -> list[str]:
    with reading(desk.office.engine) as connection:
        return [code for (code,) in connection.execute(select(DIRECTIVE.c.code).order_by(DIRECTIVE.c.code))]


async def form_id(browser: httpx2.AsyncClient) -> str:
    found = re.search(r'name="form" value="([0-9a-f]{32})"', (await browser.get("/register")).text)
    assert found is not None
    return found[1]


async def send(browser: httpx2.AsyncClient, act: str, *rows: dict[str, str], **more: str) -> httpx2.Response:
    data = {"form": await form_id(browser), **DOCUMENT, **more, "act": act}
    for row in rows:
        data |= row
    return await browser.post("/register", data=data)


# --- Who may -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["truong.syt", "chutich", "thanhtra", "quantri"])
async def test_only_the_secretariat_registers(desk: Desk, person: str) -> None:
    async with browsing(create_app(desk.office, no_temporal), desk.office, person) as browser:
        answers = [
            await browser.get("/register"),
            await browser.post("/register", data={**DOCUMENT, **a_row(0), "act": "save"}),
            await browser.post("/register/preview", data={**DOCUMENT, **a_row(0), "row": "0"}),
            await browser.get("/register/saved?code=NV-1"),
        ]

    assert {answer.status_code for answer in answers} == {403}
    assert "không có quyền" in html.unescape(answers[1].text)
    assert saved(desk) == []


async def test_another_site_registers_nothing_in_a_clerks_name(clerk: httpx2.AsyncClient, desk: Desk) -> None:
    data = {**DOCUMENT, **a_row(0), "act": "save"}

    answer = await clerk.post("/register", data=data, headers={"Origin": "https://evil.test"})

    assert answer.status_code == 403
    assert saved(desk) == []


# --- Saving --------------------------------------------------------------------------------------------------


async def test_a_document_with_its_directives_is_saved_and_waits_for_its_start(
    clerk: httpx2.AsyncClient, desk: Desk
) -> None:
    answer = await send(clerk, "save", a_row(0), a_row(1, lead_agency="", deadline="không thời hạn"), a_row(2))

    assert answer.status_code == 303
    codes = saved(desk)
    assert len(codes) == 3
    page = html.unescape((await clerk.get(answer.headers["location"])).text)
    assert all(f'<a href="/directives/{code}">{code}</a>' in page for code in codes)
    assert "3 nhiệm vụ chờ khởi tạo" in page
    assert desk.directive(codes[0]).lead_agency == "SYT"
    assert desk.directive(codes[1]).lead_agency is None
    assert desk.directive(codes[0]).document.number == "1234/UBND-KTTH"


async def test_agencies_are_found_by_their_other_names_and_offered_with_them(
    clerk: httpx2.AsyncClient, desk: Desk
) -> None:
    directory = desk.office.reference().directory
    agency = next(one for one in directory.agencies if one.aliases and one.valid_until is None)
    assert (
        f'value="{html.escape(agency.aliases[0])}" label="{html.escape(agency.name)}"'
        in (await clerk.get("/register")).text
    )

    await send(clerk, "save", a_row(0, lead_agency=agency.aliases[0].upper()))

    assert desk.directive(saved(desk)[0]).lead_agency == agency.code


async def test_one_wrong_row_keeps_the_whole_document_out_and_says_why_beside_its_field(
    clerk: httpx2.AsyncClient, desk: Desk
) -> None:
    answer = await send(
        clerk,
        "save",
        a_row(0),
        a_row(1, lead_agency="Sở Y Tề Tề", deadline="31/4/2026", content="Giữ lại chữ này"),
        a_row(2, deadline="01/03/2026"),
    )

    text = html.unescape(answer.text)
    assert answer.status_code == 422
    assert saved(desk) == []
    assert 'id="r1-lead_agency-why" class="fault">Không tìm thấy cơ quan “Sở Y Tề Tề”' in text
    assert 'id="r1-deadline-why"' in text
    assert 'id="r2-deadline-why" class="fault">Thời hạn 01/03/2026 ở trước ngày văn bản 02/03/2026' in text
    assert 'name="r1-lead_agency" value="Sở Y Tề Tề"' in text
    assert ">Giữ lại chữ này</textarea>" in text
    assert 'aria-invalid="true" aria-describedby="r1-deadline-why"' in text
    assert (await send(clerk, "save", a_row(0))).status_code == 303
    assert saved(desk) == ["NV-2026-00001"], "and no code was lost by the refusal"


@pytest.mark.parametrize(
    ("part", "value", "told"),
    [
        ("document_number", "", "Còn thiếu số ký hiệu văn bản"),
        ("document_date", "", "Còn thiếu ngày văn bản"),
        ("document_date", "30/02/2026", "“30/02/2026” không phải là ngày đúng"),
        ("abstract", "x" * 2_001, "Phần trích yếu dài quá 2000 ký tự"),
    ],
)
async def test_what_is_wrong_with_the_document_is_said_once(
    clerk: httpx2.AsyncClient, desk: Desk, part: str, value: str, told: str
) -> None:
    answer = await send(clerk, "save", a_row(0), a_row(1), **{part: value})

    assert answer.status_code == 422
    assert html.unescape(answer.text).count(told) == 1
    assert saved(desk) == []


@pytest.mark.parametrize("secret", [{"document_type": "Mật"}, {"abstract": "TỐI MẬT: kế hoạch"}])
async def test_a_state_secret_is_kept_nowhere(clerk: httpx2.AsyncClient, desk: Desk, secret: dict[str, str]) -> None:
    answer = await send(clerk, "save", a_row(0), **secret)

    assert answer.status_code == 422
    assert "không được đưa vào hệ thống" in answer.text
    with reading(desk.office.engine) as connection:
        assert connection.execute(select(func.count()).select_from(COMMAND)).scalar_one() == 0


async def test_the_same_form_sent_twice_registers_once_and_is_answered_alike(
    clerk: httpx2.AsyncClient, desk: Desk
) -> None:
    data = {"form": await form_id(clerk), **DOCUMENT, **a_row(0, deadline="48 giờ"), "act": "save"}

    first, second = await asyncio.gather(clerk.post("/register", data=data), clerk.post("/register", data=data))

    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["location"] == second.headers["location"]
    assert len(saved(desk)) == 1


async def test_two_clerks_who_register_the_same_register_it_once(clerk: httpx2.AsyncClient, desk: Desk) -> None:
    async with browsing(create_app(desk.office, no_temporal), desk.office, "chanhvanphong") as other:
        first = await send(clerk, "save", a_row(0))
        preview = await send(other, "preview", a_row(0))
        second = await send(other, "save", a_row(0))

    assert "đã được đăng ký, mã NV-2026-00001" in html.unescape(preview.text)
    assert first.headers["location"] == second.headers["location"]
    assert len(saved(desk)) == 1


async def test_rows_left_empty_are_passed_over_and_a_form_without_any_is_told(
    clerk: httpx2.AsyncClient, desk: Desk
) -> None:
    empty = {f"r1-{name}": "" for name in FIELDS} | {"r1-urgency": "normal"}

    nothing = await send(clerk, "save", empty)
    one = await send(clerk, "save", empty, a_row(4))

    assert (nothing.status_code, one.status_code) == (422, 303)
    assert "Chưa có nhiệm vụ nào" in html.unescape(nothing.text)
    assert len(saved(desk)) == 1


# --- Previewing ----------------------------------------------------------------------------------------------


async def test_the_preview_says_what_was_understood_and_the_whole_ladder_and_saves_nothing(
    clerk: httpx2.AsyncClient, desk: Desk
) -> None:
    answer = await send(clerk, "preview", a_row(0, deadline="trước 15/12", coordinating_agencies="sở tài chính"))

    text = html.unescape(answer.text)
    assert answer.status_code == 200
    assert "Đến hạn: hết thứ Ba, 15/12/2026" in text
    assert "<dd>Sở Tài chính</dd>" in text
    assert "Nếu không ai làm gì" in text
    assert "Nhắc chuyên viên cơ quan chủ trì, trước hạn 7 ngày làm việc" in text
    assert "Báo cáo Chủ tịch UBND (đôn đốc cấp 4)" in text
    assert saved(desk) == []


@pytest.mark.parametrize(
    ("deadline", "told"),
    [
        ("10 ngày làm việc", "hết thứ Hai, 16/03/2026"),
        ("16 giờ ngày 5/3/2026", "16:00 thứ Năm, 05/03/2026"),
        ("21/03/2026", "là ngày nghỉ (Thứ bảy)"),
        ("30/04/2026", "là ngày nghỉ"),
        ("03/03/2026", "đã qua; nhiệm vụ quá hạn ngay khi đăng ký"),
        ("01/03/2026", "ở trước ngày văn bản 02/03/2026"),
        ("một hôm nào đó", "Chưa rõ thời hạn “một hôm nào đó”"),
    ],
)
async def test_a_deadline_is_told_beside_its_field_while_the_rest_is_still_empty(
    clerk: httpx2.AsyncClient, deadline: str, told: str
) -> None:
    data = {"document_date": "02/03/2026", "r3-deadline": deadline, "row": "3"}

    answer = await clerk.post("/register/preview", data=data)

    assert answer.status_code == 200
    assert told in html.unescape(answer.text)
    assert "<html" not in answer.text


async def test_a_row_is_added_without_a_script_and_what_was_typed_stays(clerk: httpx2.AsyncClient) -> None:
    answer = await send(clerk, "add", a_row(0, content="Còn đây"), document_number="")

    assert answer.status_code == 200
    assert ">Còn đây</textarea>" in html.unescape(answer.text)
    assert 'name="r1-content"' in answer.text


async def test_a_form_takes_so_many_rows_and_no_more(clerk: httpx2.AsyncClient) -> None:
    rows = [a_row(number) for number in range(60)]

    answer = await send(clerk, "preview", *rows)

    assert answer.status_code == 200
    assert 'name="r49-content"' in answer.text
    assert 'name="r50-content"' not in answer.text
    assert 'value="add"' not in answer.text


@pytest.mark.parametrize("act", ["save", "preview", "add"])
async def test_hostile_texts_are_shown_as_text(clerk: httpx2.AsyncClient, act: str) -> None:
    row = {f"r0-{name}": HOSTILE for name in FIELDS}

    answer = await send(clerk, act, row, **dict.fromkeys(DOCUMENT, HOSTILE))

    assert answer.status_code in (200, 422)
    assert "<script>" not in answer.text
    assert "<img" not in answer.text
    assert "style=" not in answer.text
    assert "&lt;script&gt;" in answer.text


@pytest.mark.parametrize("data", [{"form": "x" * 4_000}, {"r0-": "x"}, {"r9999-content": "x"}, {"row": "-1"}, {}])
async def test_a_form_that_no_page_made_breaks_nothing(clerk: httpx2.AsyncClient, data: dict[str, str]) -> None:
    for path in ("/register", "/register/preview"):
        assert (await clerk.post(path, data={**data, "act": "save"})).status_code in (200, 422)
    assert (await clerk.get("/register/saved?code=NV-9&code=%00")).status_code == 200


# --- Starting ------------------------------------------------------------------------------------------------


async def test_with_temporal_there_the_workflow_is_started_at_once(desk: Desk, temporal_address: str) -> None:
    client = await connect(temporal_address, "default")
    with writing(desk.office.engine) as connection:
        connection.execute(insert(COUNTER).values(series="NV-2026", number=77_000))

    async def temporal() -> Client:
        return client

    async with browsing(create_app(desk.office, temporal), desk.office, "vanthu") as browser:
        await send(browser, "save", a_row(0))

    described = await handle(client, "NV-2026-77001").describe()
    assert described.workflow_type == "DirectiveWorkflow"
