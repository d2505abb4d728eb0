"""Importing as a browser without a script does it: uploaded, judged, put right, confirmed, followed to its end.

It is Wednesday 4 March 2026, 10:00, and Temporal is away unless a test says otherwise.
"""

import asyncio
import datetime as dt
import html
import io
import os
import stat
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import openpyxl
import pytest
import time_machine
from builders import local
from office_fixture import Desk
from signed_in import HOST, browsing
from sqlalchemy import insert, select
from temporalio.client import Client
from workbooks import ROW, TITLES, a_package, a_workbook, header_xml, row_xml, sheet_xml

from database.engine import reading, writing
from documents import workbook_safety
from models.tables import COUNTER, DIRECTIVE
from services import import_review, operations
from services.operations import Kind
from services.temporal import connect, handle
from web.app import Surroundings, create_app
from web.pages import importing

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


@pytest.fixture(autouse=True)
def _clock(desk: Desk) -> Iterator[None]:
    with time_machine.travel(local("Wed 2026-03-04 10:00"), tick=False):
        desk.time_is("Wed 2026-03-04 10:00")
        yield


@pytest.fixture
async def clerk(desk: Desk, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(desk.office, no_temporal, Surroundings(base_url=HOST, data_dir=tmp_path))
    async with browsing(app, desk.office, "vanthu") as browser:
        yield browser


def a_row(content: str = "Việc 1", **cells: object) -> list[object]:
    usual = {**dict(zip(TITLES, ROW, strict=True)), "Nội dung nhiệm vụ": content, **cells}
    return [usual[title] for title in TITLES]


GOOD, SECOND = a_row("Việc 1"), a_row("Việc 2", **{"Thời hạn": "30 ngày làm việc"})
WRONG = a_row("Việc 3", **{"Cơ quan chủ trì": "Sở Tài Chánh"})


def saved(desk: Desk) -> list[str]:
    with reading(desk.office.engine) as connection:
        return [code for (code,) in connection.execute(select(DIRECTIVE.c.code).order_by(DIRECTIVE.c.code))]


def kept(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "uploads").glob("*")) if (tmp_path / "uploads").is_dir() else []


async def upload(browser: httpx2.AsyncClient, file: Path | bytes, name: str = "nhiệm vụ.xlsx") -> httpx2.Response:
    content = file if isinstance(file, bytes) else await asyncio.to_thread(file.read_bytes)
    return await browser.post("/import", files={"file": (name, content, "application/octet-stream")})


async def judged(browser: httpx2.AsyncClient, tmp_path: Path, *rows: list[object]) -> str:
    """Upload these rows; returns the address of their verdicts."""
    answer = await upload(browser, a_workbook(tmp_path / "sent.xlsx", rows))
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def ended(browser: httpx2.AsyncClient, address: str) -> str:
    """The page of an operation once it goes on no more."""
    for _ in range(500):
        answer = await browser.get(address)
        assert answer.status_code == 200
        if "data-running" not in answer.text:
            return html.unescape(answer.text)
        await asyncio.sleep(0.02)
    raise AssertionError("the import does not end")


async def confirmed(browser: httpx2.AsyncClient, address: str) -> str:
    answer = await browser.post(address)
    assert answer.status_code == 303
    return await ended(browser, answer.headers["location"])


# --- Who may -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["truong.syt", "chutich", "thanhtra", "quantri"])
async def test_only_the_secretariat_imports(clerk: httpx2.AsyncClient, desk: Desk, tmp_path: Path, person: str) -> None:
    address = await judged(clerk, tmp_path, GOOD, WRONG)
    async with browsing(
        create_app(desk.office, no_temporal, Surroundings(data_dir=tmp_path)), desk.office, person
    ) as browser:
        answers = [
            await browser.get("/import"),
            await upload(browser, tmp_path / "sent.xlsx"),
            await browser.get(address),
            await browser.post(address),
            await browser.get(f"{address}/rows/3"),
            await browser.post(f"{address}/rows/3", data={"LEAD_AGENCY": "STC"}),
            await browser.get(f"{address}/refused.xlsx"),
            await browser.post(f"{address}/drop"),
        ]

    assert {answer.status_code for answer in answers} == {403}
    assert saved(desk) == []
    assert (await clerk.get(address)).status_code == 200, "and nothing of the clerk's was touched"


async def test_of_two_clerks_each_sees_his_own_uploads_and_operations(
    clerk: httpx2.AsyncClient, desk: Desk, tmp_path: Path
) -> None:
    address = await judged(clerk, tmp_path, GOOD, WRONG)
    app = create_app(desk.office, no_temporal, Surroundings(data_dir=tmp_path))
    async with browsing(app, desk.office, "chanhvanphong") as other:
        for path in (address, f"{address}/rows/3", f"{address}/refused.xlsx"):
            assert (await other.get(path)).status_code == 404
        assert (await other.post(f"{address}/drop")).status_code == 404
        await confirmed(clerk, address)
        assert (await other.get(address.replace("import", "operations"))).status_code == 404
        assert (await other.get(f"{address}/refused.xlsx")).status_code == 404


async def test_two_clerks_who_import_the_same_file_enter_it_once(
    clerk: httpx2.AsyncClient, desk: Desk, tmp_path: Path
) -> None:
    app = create_app(desk.office, no_temporal, Surroundings(data_dir=tmp_path))
    async with browsing(app, desk.office, "chanhvanphong") as other:
        mine, theirs = await judged(clerk, tmp_path, GOOD, SECOND), await judged(other, tmp_path, GOOD, SECOND)
        first, second = await asyncio.gather(confirmed(clerk, mine), confirmed(other, theirs))

    told = {page.partition("Đã nhận ")[2][:40] for page in (first, second)}
    assert len(saved(desk)) == 2
    assert sum(int(one.split()[0]) for one in told) == 2


# --- What is no workbook -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "không phải là bảng tính Excel"),
        (b"%PDF-1.7", "không phải là bảng tính Excel"),
        (bytes.fromhex("D0CF11E0A1B11AE1") + b"x", "dạng Excel cũ"),
        (b"PK\x03\x04 and nothing more", "bị hỏng"),
    ],
)
async def test_a_wrong_file_is_refused_with_one_sentence_that_names_it(
    clerk: httpx2.AsyncClient, tmp_path: Path, content: bytes, told: str
) -> None:
    answer = await upload(clerk, content, "báo cáo.xlsx")

    assert answer.status_code == 422
    assert told in html.unescape(answer.text)
    assert "Tệp báo cáo.xlsx" in html.unescape(answer.text)
    assert kept(tmp_path) == []


async def test_a_file_that_is_too_big_is_refused_and_not_kept(
    clerk: httpx2.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "FILE_BYTES", 11_000_000)
    monkeypatch.setattr(import_review, "FILE_BYTES", 10_000_000)
    too_big, much_too_big = b"PK" + bytes(10_500_000), b"PK" + bytes(12_000_000)

    assert (await upload(clerk, too_big)).status_code == 422
    answer = await upload(clerk, much_too_big)

    assert answer.status_code == 413
    assert "Chia thành nhiều tệp" in html.unescape(answer.text)
    assert kept(tmp_path) == []


async def test_a_zip_bomb_and_an_entity_are_refused(clerk: httpx2.AsyncClient, tmp_path: Path) -> None:
    bomb = a_package(
        tmp_path / "bomb.xlsx", {"xl/sharedStrings.xml": b"<sst>" + b" " * (workbook_safety.RATIO_FROM_BYTES + 1)}
    )
    entity = a_package(
        tmp_path / "entity.xlsx",
        {"xl/worksheets/sheet1.xml": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + sheet_xml("&b;")},
    )

    for file in (bomb, entity):
        answer = await upload(clerk, file)
        assert answer.status_code == 422
        assert "root:" not in answer.text
    assert kept(tmp_path) == []


async def test_a_form_without_a_file_is_told_to_choose_one(clerk: httpx2.AsyncClient) -> None:
    for answer in (
        await clerk.post("/import", data={"file": "text"}),
        await clerk.post("/import", files={"other": ("x.xlsx", b"x")}),
        await clerk.post("/import"),
    ):
        assert answer.status_code == 422
        assert "Chưa chọn tệp" in html.unescape(answer.text)


@pytest.mark.parametrize("name", ["../../../etc/passwd", "C:\\x\\..\\a.xlsx", HOSTILE, "a\x00b.xlsx", "x" * 4_000])
async def test_the_name_of_a_file_leads_nowhere(clerk: httpx2.AsyncClient, tmp_path: Path, name: str) -> None:
    answer = await upload(clerk, a_workbook(tmp_path / "sent.xlsx", [GOOD]), name)

    assert answer.status_code in (303, 400)
    assert all(file.parent == tmp_path / "uploads" for file in kept(tmp_path))
    if answer.status_code == 303:
        text = (await clerk.get(answer.headers["location"])).text
        assert "<script>" not in text
        assert "/etc/" not in text


async def test_a_workbook_with_state_secrets_is_deleted_at_once(
    clerk: httpx2.AsyncClient, desk: Desk, tmp_path: Path
) -> None:
    answer = await upload(
        clerk, a_workbook(tmp_path / "sent.xlsx", [GOOD, a_row("TỐI MẬT: kế hoạch tác chiến"), a_row("Việc 3")])
    )

    text = html.unescape(answer.text)
    assert answer.status_code == 422
    assert "mang độ mật (dòng 3)" in text
    assert "tác chiến" not in text
    assert kept(tmp_path) == []
    assert saved(desk) == []


# --- Verdicts ------------------------------------------------------------------------------------------------


async def test_each_row_has_its_verdict_with_reasons_and_warnings_before_anything_is_saved(
    clerk: httpx2.AsyncClient, desk: Desk, tmp_path: Path
) -> None:
    sunday = a_row("Việc 4", **{"Thời hạn": dt.date(2026, 3, 22)})
    address = await judged(clerk, tmp_path, GOOD, WRONG, GOOD, sunday)

    refused = html.unescape((await clerk.get(address)).text)
    every = html.unescape((await clerk.get(f"{address}?show=all")).text)

    assert "nhận được 2 dòng, từ chối 1, không đổi 1. Chưa lưu gì." in refused
    assert "Không tìm thấy cơ quan “Sở Tài Chánh”" in refused
    assert "Việc 1" not in refused
    assert "Việc 1" in every
    assert "22/03/2026 là ngày nghỉ" in every
    assert saved(desk) == []


async def test_an_upload_is_for_its_owner_alone_also_on_the_disk(clerk: httpx2.AsyncClient, tmp_path: Path) -> None:
    await judged(clerk, tmp_path, GOOD)

    assert len(kept(tmp_path)) == 2
    assert {stat.S_IMODE(file.stat().st_mode) for file in kept(tmp_path)} == {0o600}
    assert stat.S_IMODE((tmp_path / "uploads").stat().st_mode) == 0o700


async def test_hostile_cells_are_shown_as_text_and_no_formula_is_written_back(
    clerk: httpx2.AsyncClient, tmp_path: Path
) -> None:
    payload = HOSTILE.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    formula = '<c><f>HYPERLINK("http://evil.test")</f><v>0</v></c>'
    rows = row_xml(2, [payload] * len(TITLES)) + row_xml(3, ["=cmd|' /C calc'!A0"] * len(TITLES))
    rows += f'<row r="4">{formula * len(TITLES)}</row>'
    sent = a_package(tmp_path / "hostile.xlsx", {"xl/worksheets/sheet1.xml": sheet_xml(header_xml() + rows)})
    answer = await upload(clerk, sent)
    assert answer.status_code == 303
    address = answer.headers["location"]

    pages = [await clerk.get(path) for path in (address, f"{address}?show=all", f"{address}/rows/2", "/import")]
    book = openpyxl.load_workbook(io.BytesIO((await clerk.get(f"{address}/refused.xlsx")).content))

    for text in (page.text for page in pages):
        assert "<script>" not in text
        assert "<img" not in text
        assert "style=" not in text
    assert "&lt;script&gt;" in pages[0].text
    assert {cell.data_type for row in book.worksheets[0].iter_rows() for cell in row} <= {"s", "n"}


async def test_refused_rows_are_downloaded_corrected_and_uploaded_again(
    clerk: httpx2.AsyncClient, desk: Desk, tmp_path: Path
) -> None:
    address = await judged(clerk, tmp_path, GOOD, WRONG)

    answer = await clerk.get(f"{address}/refused.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet = book.worksheets[0]
    titles = [cell.value for cell in sheet[1]]
    assert sheet.max_row == 2
    assert "Không tìm thấy cơ quan" in sheet.cell(2, titles.index("Lý do từ chối") + 1).value
    sheet.cell(2, titles.index("Cơ quan chủ trì") + 1).value = "Sở Tài chính"
    book.save(tmp_path / "corrected.xlsx")
    again = await upload(clerk, tmp_path / "corrected.xlsx")

    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "Đã nhận 1 dòng, từ chối 0" in await confirmed(clerk, again.headers["location"])
    assert len(saved(desk)) == 1


async def test_a_refused_row_is_put_right_in_place_and_imported_so(
    clerk: httpx2.AsyncClient, desk: Desk, tmp_path: Path
) -> None:
    address = await judged(clerk, tmp_path, GOOD, WRONG)
    form = html.unescape((await clerk.get(f"{address}/rows/3")).text)
    assert 'name="LEAD_AGENCY" value="Sở Tài Chánh"' in form
    assert 'name="DEADLINE" value="28/04/2023"' in form

    still = await clerk.post(f"{address}/rows/3", data={"LEAD_AGENCY": "Sở Khác", "CONTENT": "Việc 3 sửa"})
    right = await clerk.post(f"{address}/rows/3", data={"LEAD_AGENCY": "Sở Tài chính", "CONTENT": "Việc 3 sửa"})

    assert (still.status_code, right.status_code) == (422, 303)
    assert 'value="Sở Khác"' in html.unescape(still.text)
    assert "nhận được 2 dòng, từ chối 0" in html.unescape((await clerk.get(address)).text)
    assert "Đã nhận 2 dòng, từ chối 0" in await confirmed(clerk, address)
    assert sorted(desk.directive(code).content for code in saved(desk)) == ["Việc 1", "Việc 3 sửa"]


async def test_a_state_secret_written_into_a_row_is_not_kept(clerk: httpx2.AsyncClient, tmp_path: Path) -> None:
    address = await judged(clerk, tmp_path, GOOD, WRONG)

    answer = await clerk.post(f"{address}/rows/3", data={"CONTENT": "TỐI MẬT: tác chiến"})

    assert answer.status_code == 422
    assert "không được đưa vào hệ thống" in html.unescape(answer.text)
    assert "tác chiến".encode() not in b"".join(file.read_bytes() for file in kept(tmp_path) if file.suffix == ".json")


# --- The import itself ---------------------------------------------------------------------------------------


async def test_what_was_confirmed_is_imported_and_the_upload_is_deleted(
    clerk: httpx2.AsyncClient, desk: Desk, tmp_path: Path
) -> None:
    address = await judged(clerk, tmp_path, GOOD, SECOND, WRONG)

    page = await confirmed(clerk, address)

    assert "Đã nhận 2 dòng, từ chối 1, không đổi 0." in page
    assert "2 nhiệm vụ đã lưu, đang chờ khởi tạo" in page
    assert len(saved(desk)) == 2
    assert [file.name.endswith(".refused.xlsx") for file in kept(tmp_path)] == [True]
    assert (await clerk.get(f"{address}/refused.xlsx")).status_code == 200
    assert (await clerk.get(address)).headers["location"] == address.replace("import", "operations")
    assert "đã xong" in html.unescape((await clerk.get("/import")).text)


async def test_confirming_twice_imports_once(clerk: httpx2.AsyncClient, desk: Desk, tmp_path: Path) -> None:
    address = await judged(clerk, tmp_path, GOOD, SECOND)

    first, second = await asyncio.gather(clerk.post(address), clerk.post(address))
    page = await ended(clerk, first.headers["location"])
    third = await clerk.post(address)

    assert first.headers["location"] == second.headers["location"] == third.headers["location"]
    assert "Đã nhận 2 dòng" in page
    assert len(saved(desk)) == 2


async def test_importing_a_file_again_adds_nothing(clerk: httpx2.AsyncClient, desk: Desk, tmp_path: Path) -> None:
    await confirmed(clerk, await judged(clerk, tmp_path, GOOD, SECOND))
    address = await judged(clerk, tmp_path, GOOD, SECOND)

    assert "Không có dòng nào để nhập" in html.unescape((await clerk.get(address)).text)
    assert "Đã nhận 0 dòng, từ chối 0, không đổi 2" in await confirmed(clerk, address)
    assert len(saved(desk)) == 2


async def test_an_import_that_a_restart_interrupted_says_what_to_do_and_is_done_again(
    clerk: httpx2.AsyncClient, desk: Desk, tmp_path: Path
) -> None:
    address = await judged(clerk, tmp_path, GOOD, SECOND)
    token = address.rpartition("/")[2]
    operations.start(desk.office, token, Kind.IMPORT, "vanthu", "a.xlsx", 2)
    operations.note(desk.office, token, 1)
    running = (await clerk.get(f"/operations/{token}")).text
    assert 'http-equiv="refresh"' in running
    assert '<progress value="1" max="2"' in running

    with time_machine.travel(local("Wed 2026-03-04 10:05"), tick=False):
        desk.time_is("Wed 2026-03-04 10:05")
        page = html.unescape((await clerk.get(f"/operations/{token}")).text)
        assert "bị gián đoạn sau ít nhất 1 dòng" in page
        assert 'http-equiv="refresh"' not in page
        assert f'href="{address}"' in page
        assert "Đã nhận 2 dòng" in await confirmed(clerk, address)
    assert len(saved(desk)) == 2


async def test_an_import_whose_file_breaks_is_said_to_have_stopped(
    clerk: httpx2.AsyncClient, desk: Desk, tmp_path: Path
) -> None:
    address = await judged(clerk, tmp_path, GOOD)
    source = next(file for file in kept(tmp_path) if file.suffix == ".xlsx")
    source.write_bytes(b"PK broken")

    page = await confirmed(clerk, address)

    assert "dừng vì lỗi" in page
    assert saved(desk) == []


async def test_an_upload_that_nobody_imports_is_deleted_after_a_day_or_at_once_when_asked(
    clerk: httpx2.AsyncClient, tmp_path: Path
) -> None:
    left = await judged(clerk, tmp_path, GOOD)
    two_days_ago = time.time() - 2 * 86_400
    for file in kept(tmp_path):
        os.utime(file, (two_days_ago, two_days_ago))
    dropped = await judged(clerk, tmp_path, GOOD)
    assert len(kept(tmp_path)) == 2

    await clerk.post(f"{dropped}/drop")

    assert kept(tmp_path) == []
    for address in (left, dropped):
        answer = await clerk.get(address)
        assert answer.status_code == 404
        assert "không còn" in html.unescape(answer.text)


@pytest.mark.parametrize("token", ["x", "x" * 32, "..%2f..%2fdondoc", "%00", "a" * 31 + "."])
async def test_a_token_that_nobody_was_given_leads_nowhere(clerk: httpx2.AsyncClient, token: str) -> None:
    for path in (
        f"/import/{token}",
        f"/import/{token}/rows/3",
        f"/import/{token}/refused.xlsx",
        f"/operations/{token}",
    ):
        assert (await clerk.get(path)).status_code == 404
    for path in (f"/import/{token}", f"/import/{token}/drop"):
        assert (await clerk.post(path)).status_code == 404


async def test_with_temporal_there_workflows_are_started_by_the_import(
    desk: Desk, tmp_path: Path, temporal_address: str
) -> None:
    client = await connect(temporal_address, "default")
    with writing(desk.office.engine) as connection:
        connection.execute(insert(COUNTER).values(series="NV-2026", number=88_000))

    async def temporal() -> Client:
        return client

    app = create_app(desk.office, temporal, Surroundings(data_dir=tmp_path))
    async with browsing(app, desk.office, "vanthu") as browser:
        rows = [a_row(f"Việc {number}") for number in range(230)]
        page = await confirmed(browser, await judged(browser, tmp_path, *rows))

    assert "Đã nhận 230 dòng" in page
    assert "chờ khởi tạo" not in page
    for code in ("NV-2026-88001", "NV-2026-88230"):
        assert (await handle(client, code).describe()).workflow_type == "DirectiveWorkflow"
