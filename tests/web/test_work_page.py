"""The first page: what waits for each role, with its number, the list behind it, and one act for several.

It is Friday 20 March 2026, 09:00; Temporal is away, so acts are kept.
"""

import html
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial

import httpx2
import pytest
import time_machine
from builders import a_deadline, day, local
from office_fixture import Desk
from signed_in import browsing
from sqlalchemy import insert, select
from temporalio.client import Client

from database.engine import reading, writing
from database.reference import DIRECTORY, raise_revision
from models import commands as c
from models.engine import CommandEnvelope
from models.tables import ABSENCE, COMMAND, DELIVERY, NOTICE
from models.vocabulary import Opinion, Position
from services.office import Office
from web.app import Surroundings, create_app

Browsing = Callable[[str], AbstractAsyncContextManager[httpx2.AsyncClient]]


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


def prepare(desk: Desk) -> None:
    """One directive of each kind, named for what it waits for."""

    def register(code: str, *, acknowledged: bool = True, **changes: object) -> None:
        desk.register(code, "Wed 2026-03-04 09:00", **changes)
        if acknowledged:
            desk.act(code, c.Acknowledge(), "truong.syt", "Wed 2026-03-04 10:00")

    register("ACKNOWLEDGE-1", acknowledged=False)
    register("ACKNOWLEDGE-2", acknowledged=False)
    register("OVERDUE", deadline=a_deadline("2026-03-10"))
    register("DUE-SOON", deadline=a_deadline("2026-03-23"))
    register("RETURNED")
    desk.act("RETURNED", c.Submit(result="Xong"), "truong.syt", "Thu 2026-03-05 09:00")
    desk.act("RETURNED", c.Return(reason="Thiếu số liệu"), "chanhvanphong", "Fri 2026-03-06 09:00")
    register("EXPLANATION")
    desk.act("EXPLANATION", c.DemandExplanation(text="Vì sao?"), "chanhvanphong", "Fri 2026-03-06 09:00")
    register("SILENT", coordinating_agencies=("STC",))
    register("SPOKEN", coordinating_agencies=("STC",))
    desk.act("SPOKEN", c.Contribute(opinion=Opinion.AGREE), "truong.stc", "Fri 2026-03-06 09:00")
    desk.register("ASSIGN", "Wed 2026-03-04 09:00", lead_agency=None)
    register("DECLINED", acknowledged=False)
    desk.act("DECLINED", c.Decline(reason="Không đúng chức năng"), "truong.syt", "Thu 2026-03-05 09:00")
    register("REVIEW")
    desk.act("REVIEW", c.Submit(result="Xong"), "truong.syt", "Thu 2026-03-05 09:00")
    register("EXTENSION", deadline=a_deadline("2026-04-30"))
    asked = c.RequestExtension(deadline=a_deadline("2026-05-29"), reason="Chờ số liệu")
    desk.act("EXTENSION", asked, "truong.syt", "Thu 2026-03-05 09:00")
    desk.tell("OVERDUE", "Thu 2026-03-19 08:00")  # seven working days late: to the vice-chairman


@pytest.fixture
def office(desk: Desk) -> Iterator[Office]:
    prepare(desk)
    with time_machine.travel(local("Fri 2026-03-20 09:00"), tick=False):
        desk.time_is("Fri 2026-03-20 09:00")
        yield desk.office


@pytest.fixture
def as_person(desk: Desk, office: Office) -> Browsing:
    return partial(browsing, create_app(office, no_temporal, Surroundings(data_dir=desk.data)), office)


async def cards(browser: httpx2.AsyncClient) -> dict[str, tuple[int, list[str]]]:
    """Each card's number and the directives that it names."""
    answer = await browser.get("/")
    assert answer.status_code == 200
    found = {}
    for section in html.unescape(answer.text).split("<section ")[1:]:
        title = re.search(r'<h2 id="[^"]+">(.*?) <span class="count[^"]*">(\d+)</span>', section)
        assert title is not None
        found[title[1]] = (int(title[2]), re.findall(r'<a href="/directives/[^"?]+">([^<]+)</a>', section))
    return found


def kept(office: Office) -> list[CommandEnvelope]:
    with reading(office.engine) as connection:
        rows = connection.execute(select(COMMAND.c.envelope).order_by(COMMAND.c.directive))
        return [CommandEnvelope.model_validate_json(envelope) for (envelope,) in rows]


async def post(browser: httpx2.AsyncClient, title: str, codes: list[str], **words: str) -> httpx2.Response:
    """Pick directives on a card and press its button."""
    text = html.unescape((await browser.get("/")).text)
    section = next(part for part in text.split("<section ")[1:] if f">{title} <span" in part)
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', section))
    picks = {code: value for value, code in re.findall(r'name="pick" value="((?:\d+):([^"]+))"', section)}
    return await browser.post("/work/do", data={**hidden, "pick": [picks[code] for code in codes], **words})


# --- What waits ------------------------------------------------------------------------------------------------


async def test_an_agency_sees_what_it_owes(as_person: Browsing) -> None:
    async with as_person("truong.syt") as browser:
        found = await cards(browser)

    assert found == {
        "Chờ tiếp nhận": (2, ["ACKNOWLEDGE-1", "ACKNOWLEDGE-2"]),
        "Quá hạn": (1, ["OVERDUE"]),
        "Kết quả bị trả lại": (1, ["RETURNED"]),
        "Phải giải trình": (1, ["EXPLANATION"]),
        "Sắp đến hạn": (1, ["DUE-SOON"]),
    }


async def test_a_coordinating_agency_sees_where_it_was_asked_and_has_said_nothing(as_person: Browsing) -> None:
    async with as_person("truong.stc") as browser:
        assert await cards(browser) == {"Được đề nghị phối hợp": (1, ["SILENT"])}


async def test_the_office_sees_what_it_has_to_hand_out_review_and_decide(as_person: Browsing) -> None:
    async with as_person("theodoi.vanxa") as browser:
        found = await cards(browser)

    assert found == {
        "Chờ phân công": (1, ["ASSIGN"]),
        "Bị từ chối tiếp nhận": (1, ["DECLINED"]),
        "Kết quả chờ thẩm định": (1, ["REVIEW"]),
        "Xin gia hạn chờ quyết định": (1, ["EXTENSION"]),
        "Quá hạn, cần đôn đốc": (1, ["OVERDUE"]),
    }


async def test_a_leader_sees_what_was_reported_to_him_and_what_waits_for_him(
    as_person: Browsing, office: Office
) -> None:
    with reading(office.engine) as connection:
        told = select(NOTICE.c.recipient).where(NOTICE.c.directive == "OVERDUE", NOTICE.c.level == 3)
        heard = set(connection.execute(told).scalars())
    vice_chairmen = office.reference().directory.holders((Position.VICE_CHAIRMAN,), day("2026-03-20", "Friday"))
    [leader] = heard & set(vice_chairmen)
    async with as_person(leader) as browser:
        found = await cards(browser)
    async with as_person("chutich") as browser:
        of_chairman = await cards(browser)

    assert found["Đã báo cáo vượt cấp đến lãnh đạo"] == (1, ["OVERDUE"])
    assert "Đã báo cáo vượt cấp đến lãnh đạo" not in of_chairman
    assert of_chairman["Chờ quyết định của lãnh đạo"] == (1, ["EXTENSION"])


async def test_who_only_looks_on_has_nothing_to_do(as_person: Browsing) -> None:
    async with as_person("thanhtra") as browser:
        assert await cards(browser) == {}
        assert "Hiện không có việc nào chờ đồng chí." in (await browser.get("/")).text


async def test_a_deputy_sees_what_waits_for_whom_he_stands_in(as_person: Browsing, office: Office) -> None:
    name = office.reference().directory.person_name("truong.stc")
    with writing(office.engine) as connection:
        connection.execute(insert(ABSENCE).values(person="truong.stc", deputy="chuyenvien.stc"))
        raise_revision(connection, DIRECTORY)

    async with as_person("chuyenvien.stc") as browser:
        found = await cards(browser)

    assert found[f"Được đề nghị phối hợp (thay mặt {name})"] == (1, ["SILENT"])


async def test_the_office_is_told_whom_mails_do_not_reach_and_why(as_person: Browsing, office: Office) -> None:
    with writing(office.engine) as connection:
        notice = select(NOTICE.c.id).where(NOTICE.c.recipient == "truong.syt").limit(1).scalar_subquery()
        changed = DELIVERY.update().where(DELIVERY.c.notice == notice)
        connection.execute(changed.values(state="parked", problem="550 Không có hộp thư này"))
    name = office.reference().directory.person_name("truong.syt")

    async with as_person("theodoi.vanxa") as browser:
        text = html.unescape((await browser.get("/")).text)
    async with as_person("truong.syt") as browser:
        others = html.unescape((await browser.get("/")).text)

    assert re.search(rf"<td>{name}</td><td>1</td>.*?550 Không có hộp thư này", text)
    assert "Thư không gửi được" not in others


async def test_each_card_leads_to_its_exact_list(as_person: Browsing) -> None:
    async with as_person("truong.syt") as browser:
        text = html.unescape((await browser.get("/")).text)

    for address in (
        "/directives?mine=1&waiting=acknowledge",
        "/directives?mine=1&timeliness=overdue",
        "/directives?mine=1&waiting=returned",
        "/directives?mine=1&waiting=explanation",
    ):
        assert f'href="{address}"' in text


# --- One act for several ---------------------------------------------------------------------------------------


async def test_several_are_acknowledged_at_once_each_as_a_command_of_its_own(
    as_person: Browsing, office: Office
) -> None:
    async with as_person("truong.syt") as browser:
        answer = await post(browser, "Chờ tiếp nhận", ["ACKNOWLEDGE-1", "ACKNOWLEDGE-2"])

    assert answer.status_code == 200
    assert answer.text.count("đã nhận, đang ghi.") == 2
    assert [(one.directive, one.command.kind, one.actor.person) for one in kept(office)] == [
        ("ACKNOWLEDGE-1", "acknowledge", "truong.syt"),
        ("ACKNOWLEDGE-2", "acknowledge", "truong.syt"),
    ]


async def test_the_same_form_sent_twice_is_carried_out_once(as_person: Browsing, office: Office) -> None:
    data = {"kind": "acknowledge", "form": "f-1", "pick": ["2:ACKNOWLEDGE-1"]}
    async with as_person("truong.syt") as browser:
        for _ in range(2):
            answer = await browser.post("/work/do", data=data)
            assert "đã nhận, đang ghi." in answer.text

    assert len(kept(office)) == 1


async def test_each_refusal_says_why_and_holds_up_no_other(as_person: Browsing, office: Office, desk: Desk) -> None:
    data = {"kind": "acknowledge", "form": "f-1", "pick": ["2:ACKNOWLEDGE-1", "2:ACKNOWLEDGE-2", "3:OVERDUE", "1:NV-9"]}
    desk.act("ACKNOWLEDGE-2", c.Comment(text="Đã gọi"), "chanhvanphong", "Fri 2026-03-20 08:59")
    async with as_person("truong.syt") as browser:
        answer = await browser.post("/work/do", data=data)

    outcomes = {
        code: outcome for outcome, code in re.findall(r'<li class="(\w+)"><a href="/directives/([^"]+)"', answer.text)
    }
    assert outcomes == {
        "ACKNOWLEDGE-1": "kept",
        "ACKNOWLEDGE-2": "refused",  # somebody acted since he looked
        "OVERDUE": "refused",
        "NV-9": "refused",
    }
    assert "vừa thay đổi" in answer.text
    assert [one.directive for one in kept(office)] == ["ACKNOWLEDGE-1"]


async def test_what_one_may_not_see_is_answered_like_what_does_not_exist(as_person: Browsing) -> None:
    data = {"kind": "acknowledge", "pick": ["2:ACKNOWLEDGE-1", "2:NV-9"]}
    async with as_person("truong.stc") as browser:
        answer = await browser.post("/work/do", data=data)

    lines = re.findall(r'<li class="refused">.*?</li>', answer.text, re.DOTALL)
    assert len(lines) == 2
    assert lines[0].replace("ACKNOWLEDGE-1", "NV-9") == lines[1]


async def test_several_are_urged_with_one_text(as_person: Browsing, office: Office) -> None:
    async with as_person("theodoi.vanxa") as browser:
        await post(browser, "Quá hạn, cần đôn đốc", ["OVERDUE"], text="Báo cáo trước 17:00")

    [envelope] = kept(office)
    assert envelope.command == c.Urge(text="Báo cáo trước 17:00")


@pytest.mark.parametrize("kind", ["cancel", "reopen", "", "register"])
async def test_an_act_that_needs_its_own_words_is_not_given_in_bulk(as_person: Browsing, kind: str) -> None:
    async with as_person("theodoi.vanxa") as browser:
        answer = await browser.post("/work/do", data={"kind": kind, "pick": ["2:OVERDUE"]})

    assert answer.status_code == 409
