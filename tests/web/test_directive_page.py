"""The page of one directive: what was said and handed in, what happened and will happen, and every act on it.

It is Friday 20 March 2026, 09:00. Sở Y tế leads NV-1, due on 17 March, first due on the 13th; Sở Tài chính and Sở Xây
dựng coordinate it; Temporal is away, so acts are kept.
"""

import asyncio
import datetime as dt
import html
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial

import httpx2
import pytest
import time_machine
from builders import a_deadline, local
from office_fixture import Desk
from signed_in import browsing
from sqlalchemy import insert
from temporalio.client import Client

import web.pages.directive
from database import commands
from database.engine import reading, writing
from database.reference import DIRECTORY, raise_revision
from models import commands as c
from models.engine import CommandEnvelope
from models.local_time import local_day
from models.tables import ABSENCE
from models.vocabulary import Opinion, Position
from services.office import Office
from web.app import Surroundings, create_app

CODE = "NV-1"
PAGE = f"/directives/{CODE}"
PDF = b"%PDF-1.7\n<script>alert(1)</script>"

Browsing = Callable[[str], AbstractAsyncContextManager[httpx2.AsyncClient]]


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


@pytest.fixture
def office(desk: Desk) -> Iterator[Office]:
    desk.register(
        CODE,
        "Wed 2026-03-04 09:00",
        deadline=a_deadline("2026-03-13"),
        imposed_deadline=a_deadline("2026-03-31"),
        coordinating_agencies=("STC", "SXD"),
        content="Báo cáo việc cấp nước",
    )
    desk.act(CODE, c.Acknowledge(), "truong.syt", "Wed 2026-03-04 10:00")
    amended = c.Amend(deadline=a_deadline("2026-03-17"), reason="Chờ số liệu")
    desk.act(CODE, amended, "chanhvanphong", "Thu 2026-03-05 10:00")
    desk.act(CODE, c.ReportProgress(text="Đã kiểm tra 3/5 xã", percent=60), "truong.syt", "Fri 2026-03-06 10:00")
    desk.act(CODE, c.Contribute(opinion=Opinion.DISAGREE, text="Thiếu kinh phí"), "truong.stc", "Fri 2026-03-06 11:00")
    desk.act(CODE, c.DemandExplanation(text="Vì sao chậm?"), "chanhvanphong", "Mon 2026-03-09 09:00")
    desk.act(CODE, c.Comment(text="Đã gọi điện"), "chanhvanphong", "Mon 2026-03-09 10:00")
    desk.tell(CODE, "Wed 2026-03-18 09:30")  # an hour and a half after the step was planned
    with time_machine.travel(local("Fri 2026-03-20 09:00"), tick=False):
        desk.time_is("Fri 2026-03-20 09:00")
        yield desk.office


@pytest.fixture
def as_person(desk: Desk, office: Office) -> Browsing:
    return partial(browsing, create_app(office, no_temporal, Surroundings(data_dir=desk.data)), office)


def away(office: Office, person: str, deputy: str) -> None:
    with writing(office.engine) as connection:
        connection.execute(
            insert(ABSENCE).values(
                person=person, deputy=deputy, valid_from=dt.date(2026, 3, 19), valid_until=dt.date(2026, 3, 25)
            )
        )
        raise_revision(connection, DIRECTORY)


async def text_of(browser: httpx2.AsyncClient, path: str = PAGE) -> str:
    answer = await browser.get(path)
    assert answer.status_code == 200
    return html.unescape(answer.text)


async def form_of(browser: httpx2.AsyncClient, kind: str, principal: str = "") -> dict[str, str]:
    text = (await browser.get(PAGE)).text
    forms = [part for part in text.split("<form ") if f'name="kind" value="{kind}"' in part]
    form = next(part for part in forms if (f'value="{principal}"' in part if principal else "on_behalf_of" not in part))
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def kept_command(office: Office, command_id: str) -> CommandEnvelope:
    with reading(office.engine) as connection:
        found = commands.find(connection, command_id)
    assert found is not None
    return found


# --- Reading ---------------------------------------------------------------------------------------------------


async def test_the_page_says_where_it_stands_in_words_with_every_deadline_that_it_had(as_person: Browsing) -> None:
    async with as_person("truong.syt") as browser:
        text = await text_of(browser)

    assert "chậm nhất ngày 17/03/2026" in text
    assert "(quá hạn 3 ngày làm việc)" in text
    assert re.search(r"Thời hạn ban đầu</dt><dd>chậm nhất ngày 13/03/2026", text)
    assert re.search(r"Hạn cấp trên giao</dt><dd>chậm nhất ngày 31/03/2026", text)


async def test_what_people_said_stands_whole_and_silence_is_shown_as_silence(as_person: Browsing) -> None:
    async with as_person("truong.syt") as browser:
        text = await text_of(browser)

    assert "Đã kiểm tra 3/5 xã" in text
    assert re.search(r"<dt>Sở Tài chính</dt><dd><strong>Không thống nhất</strong>.*?Thiếu kinh phí", text)
    assert re.search(r"<dt>Sở Xây dựng</dt><dd><em>chưa có ý kiến</em>", text)
    assert re.search(r"Vì sao chậm\?.*?<em>chưa giải trình</em>", text, re.DOTALL)
    assert "Đã gọi điện" in text


async def test_the_timeline_gives_planned_and_actual_and_the_rule_of_the_policy(
    as_person: Browsing, office: Office
) -> None:
    async with as_person("truong.syt") as browser:
        text = await text_of(browser)

    happened, _, coming = text.partition('class="now"')
    chairman = office.reference().directory.holders((Position.CHAIRMAN,), local_day(office.now()))[0]
    assert f"Tới: {office.reference().directory.person_name(chairman)}." in coming
    assert "Thang đôn đốc phiên bản 1, đồng hồ “Thời hạn”, mốc “quá hạn 7 ngày làm việc”" in coming
    assert re.search(r"09:30 thứ Tư, 18/03/2026 \(theo thang lẽ ra 08:00 18/03/2026\)", happened)
    assert "đồng hồ “Thời hạn”, mốc “quá hạn 1 ngày làm việc”" in happened


async def test_the_picture_of_the_life_has_a_text_and_every_event_and_moment_on_it(
    as_person: Browsing, desk: Desk
) -> None:
    async with as_person("truong.syt") as browser:
        text = await text_of(browser)

    for svg in re.findall(r"<svg class=\"life.*?</svg>", text, re.DOTALL):
        assert 'role="img"' in svg
        assert "việc đã làm" in svg
        assert svg.count('class="act"') + svg.count('class="told ') == desk.directive(CODE).seq
        assert svg.count('class="coming ') > 3
        for words in ("bây giờ", "hạn 17/03/2026", "hạn đầu 13/03/2026", "hạn cấp trên 31/03/2026"):
            assert words in svg
        numbers = [float(found) for found in re.findall(r'(?: x| cx|x1)="([\d.-]+)"', svg)]
        assert all(0 <= x <= 960 for x in numbers)
    assert text.count('<svg class="life') == 2
    assert "style=" not in text


# --- Files -----------------------------------------------------------------------------------------------------


async def test_a_report_brings_its_files_and_who_sees_the_directive_opens_them_safely(
    as_person: Browsing, office: Office, desk: Desk
) -> None:
    async with as_person("truong.syt") as browser:
        form = await form_of(browser, "report_progress")
        answer = await browser.post(
            f"{PAGE}/do", data={**form, "text": "Kèm báo cáo"}, files=[("files", ("Báo cáo.pdf", PDF, "text/html"))]
        )
        command = kept_command(office, form["id"]).command
        assert isinstance(command, c.ReportProgress)
        desk.act(CODE, command, "truong.syt", "Fri 2026-03-20 09:00")
        text = await text_of(browser)
        found = re.search(rf'href="({PAGE}/files/\w+)">Báo cáo\.pdf</a>', text)
        assert found is not None
        opened = await browser.get(found[1])
    async with as_person("truong.sgddt") as other:
        hidden = await other.get(found[1])

    assert answer.status_code == 303
    assert opened.content == PDF
    assert opened.headers["content-type"] == "application/pdf"
    assert opened.headers["content-disposition"] == "attachment; filename*=utf-8''B%C3%A1o%20c%C3%A1o.pdf"
    assert opened.headers["x-content-type-options"] == "nosniff"
    assert opened.headers["content-security-policy"].startswith("sandbox")
    assert hidden.status_code == 404


async def test_a_file_of_a_kind_that_is_not_taken_is_one_sentence_and_the_text_stays(
    as_person: Browsing, desk: Desk
) -> None:
    async with as_person("truong.syt") as browser:
        form = await form_of(browser, "submit")
        answer = await browser.post(
            f"{PAGE}/do", data={**form, "text": "Xong rồi"}, files=[("files", ("a.pdf", b"MZ\x90", "application/pdf"))]
        )

    assert answer.status_code == 409
    assert "Không nhận tệp “a.pdf”" in answer.text
    assert ">Xong rồi</textarea>" in answer.text
    assert not (desk.data / "attachments").exists() or not [*(desk.data / "attachments").rglob("??*/*")]


async def test_a_refused_act_keeps_the_files_that_came_with_it(as_person: Browsing, office: Office) -> None:
    async with as_person("truong.syt") as browser:
        form = await form_of(browser, "report_progress")
        file = [("files", ("a.pdf", PDF, "application/pdf"))]
        refused = await browser.post(f"{PAGE}/do", data={**form, "percent": "120"}, files=file)
        kept = re.findall(r'name="kept" value="([^"]+)" checked', refused.text)
        again = await browser.post(f"{PAGE}/do", data={**form, "text": "Nửa việc", "kept": kept[0]})

    command = kept_command(office, form["id"]).command
    assert (refused.status_code, again.status_code, len(kept)) == (409, 303, 1)
    assert isinstance(command, c.ReportProgress)
    assert command.attachments == tuple(kept)


async def test_who_may_not_do_it_leaves_no_file_behind(as_person: Browsing, desk: Desk) -> None:
    async with as_person("thanhtra") as browser:
        answer = await browser.post(
            f"{PAGE}/do",
            data={"kind": "report_progress", "text": "?"},
            files=[("files", ("a.pdf", PDF, "application/pdf"))],
        )

    assert answer.status_code == 409
    assert not (desk.data / "attachments").exists()


# --- Acting ----------------------------------------------------------------------------------------------------


async def test_the_lead_agency_says_for_whom_it_waits_and_nobody_else_is_asked(
    as_person: Browsing, office: Office
) -> None:
    async with as_person("truong.syt") as browser:
        form = await form_of(browser, "report_progress")
        await browser.post(f"{PAGE}/do", data={**form, "text": "Chờ ý kiến", "waiting": ["SXD"]})
    async with as_person("truong.stc") as other:
        text = await text_of(other)

    command = kept_command(office, form["id"]).command
    assert isinstance(command, c.ReportProgress)
    assert command.waiting_for == ("SXD",)
    assert 'name="waiting"' not in text


async def test_a_deputy_may_act_for_whom_he_stands_in_and_the_form_says_so(as_person: Browsing, office: Office) -> None:
    away(office, "truong.syt", "pho.syt")
    async with as_person("pho.syt") as browser:
        text = await text_of(browser)
        form = await form_of(browser, "report_progress", "truong.syt")
        await browser.post(f"{PAGE}/do", data={**form, "text": "Đã xong"})

    name = office.reference().directory.person_name("truong.syt")
    assert f"<h3>Thay mặt {name}</h3>" in text
    actor = kept_command(office, form["id"]).actor
    assert (actor.person, actor.on_behalf_of) == ("pho.syt", "truong.syt")


async def test_what_is_kept_and_not_recorded_yet_stands_on_the_page(as_person: Browsing, office: Office) -> None:
    name = office.reference().directory.person_name("truong.syt")
    async with as_person("truong.syt") as browser:
        form = await form_of(browser, "submit")
        await browser.post(f"{PAGE}/do", data={**form, "text": "Xong"})
        text = await text_of(browser)

    assert f"<li>Nộp kết quả: {name}, 09:00 20/03/2026</li>" in text


async def test_nobody_acts_for_a_person_whose_deputy_he_is_not(as_person: Browsing) -> None:
    async with as_person("truong.stc") as browser:
        form = await form_of(browser, "comment")
        answer = await browser.post(f"{PAGE}/do", data={**form, "text": "?", "on_behalf_of": "chutich"})

    assert answer.status_code == 409
    assert "không được ủy quyền" in answer.text


async def test_after_an_act_one_returns_to_the_page_that_asked_and_to_no_other_site(as_person: Browsing) -> None:
    async with as_person("truong.syt") as browser:
        for back, wanted in (("/board/meeting?page=2", "/board/meeting?page=2"), ("//evil.test", "/")):
            form = await form_of(browser, "comment")
            answer = await browser.post(f"{PAGE}/do", data={**form, "text": "Đã rõ", "back": back})
            assert answer.headers["location"] == wanted


async def test_the_page_says_that_acting_is_paused_while_temporal_is_away(as_person: Browsing) -> None:
    async with as_person("truong.syt") as browser:
        text = await text_of(browser)

    assert re.search(r'<p id="engine" class="engine" role="status">', text)
    assert "Bộ máy đang tạm nghỉ" in text


async def test_a_form_larger_than_all_its_files_may_be_is_refused_before_it_is_read(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.pages.directive, "BODY_LIMIT", 10_000)
    async with browsing(
        create_app(office, no_temporal, Surroundings(data_dir=desk.data)), office, "truong.syt"
    ) as browser:
        answer = await browser.post(
            f"{PAGE}/do", data={"kind": "submit"}, files=[("files", ("a.pdf", PDF + b" " * 20_000, "application/pdf"))]
        )

    assert answer.status_code == 413
    assert not (desk.data / "attachments").exists()


@pytest.mark.parametrize(
    "words", [{"percent": "9" * 5_000}, {"percent": "٣"}, {"seen": "9" * 5_000}, {"kind": "x" * 9}]
)
async def test_nothing_that_a_form_may_hold_breaks_the_page(as_person: Browsing, words: dict[str, str]) -> None:
    async with as_person("truong.syt") as browser:
        answer = await browser.post(f"{PAGE}/do", data={"kind": "report_progress", "text": "<b>", **words})

    assert answer.status_code in (303, 409)
    assert "<b>" not in answer.text


async def test_a_page_does_not_wait_for_a_temporal_that_hangs(office: Office) -> None:
    async def hanging() -> Client:
        await asyncio.Event().wait()
        raise AssertionError

    async with browsing(create_app(office, hanging), office, "truong.syt") as browser:
        text = await asyncio.wait_for(text_of(browser), 10)

    assert '<p id="engine" class="engine" role="status">' in text
