"""Pages and API while a real PostgreSQL hangs, takes reads only, or was restarted: one sentence, and nothing lost.

The office is that of `test_pages.py`'s pattern, restored from a backup into a server of the test's own.
"""

import asyncio
import html
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from api_office import furnish, no_temporal
from databases import ON_POSTGRESQL
from dondoc_command import until
from office_fixture import Desk
from own_postgresql import OwnPostgresql, own_postgresql
from signed_in import HOST, browsing
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from activities.commit import Door
from database.engine import reading
from database.ledger import last_row
from models.engine import CommitRequest
from models.tables import COMMAND
from services import backups, tokens
from services.office import Office
from web.app import Surroundings, create_app

pytestmark = pytest.mark.skipif(ON_POSTGRESQL, reason="it has a PostgreSQL of its own, whatever the others run on")

PAGES = ("/", "/directives", "/directives/NV-1", "/board", "/inbox")
PATIENCE = 60
"""Seconds after which a test says that a page hangs; none comes near it."""


@pytest.fixture(scope="module")
def postgresql() -> Iterator[OwnPostgresql]:
    with own_postgresql() as server:
        yield server


@pytest.fixture
def office(desk: Desk, postgresql: OwnPostgresql, tmp_path: Path) -> Iterator[Office]:
    furnish(desk)
    copy, folder = tmp_path / "office.backup", tmp_path / "restored"
    folder.mkdir()
    backups.backup(desk.office, desk.data, copy)
    postgresql.sql("DROP DATABASE IF EXISTS dondoc WITH (FORCE)", "CREATE DATABASE dondoc")
    office = Office.at(postgresql.url(), 5.0, 6.0)
    backups.restore(office, folder, copy)
    yield office
    pool = office.engine.pool
    assert isinstance(pool, QueuePool)
    until(lambda: pool.checkedout() == 0)  # what was given up ends by itself
    office.engine.dispose()


@pytest.fixture
async def browser(office: Office) -> AsyncIterator[httpx2.AsyncClient]:
    async with browsing(create_app(office, no_temporal, Surroundings(base_url=HOST)), office, "truong.syt") as client:
        yield client


def kept(office: Office) -> int:
    with reading(office.engine) as connection:
        return int(connection.execute(select(func.count()).select_from(COMMAND)).scalar_one())


async def form_of(browser: httpx2.AsyncClient, kind: str) -> dict[str, str]:
    text = (await browser.get("/directives/NV-1")).text
    form = next(part for part in text.split("<form ") if f'name="kind" value="{kind}"' in part)
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


async def again_and_again(ask: Callable[[], Awaitable[httpx2.Response]], status: int) -> None:
    """Ask until this is answered, as people do."""
    while (await ask()).status_code != status:  # noqa: ASYNC110 - there is nothing else to wait for
        await asyncio.sleep(0.2)


def sentence_in(page: str) -> str:
    found = re.search(r'<p role="status">(.*?)</p>', page)
    assert found is not None, page
    return html.unescape(found[1])


async def test_every_page_answers_503_while_postgresql_hangs_and_all_goes_on_without_a_restart(
    browser: httpx2.AsyncClient, postgresql: OwnPostgresql
) -> None:
    with postgresql.hanging():
        async with asyncio.timeout(PATIENCE):
            first = await asyncio.gather(*(browser.get(path) for path in PAGES * 8))
            later = [await browser.get(path) for path in PAGES]
            static = await browser.get("/static/dondoc.css")

    for answer in (*first, *later):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "đang kết nối lại" in sentence_in(answer.text)
    assert static.status_code == 200
    async with asyncio.timeout(PATIENCE):
        await again_and_again(lambda: browser.get("/directives"), 200)
        assert {(await browser.get(path)).status_code for path in PAGES} == {200}


async def test_a_form_sent_while_postgresql_hangs_comes_back_as_it_was_filled_in_and_is_kept_once(
    browser: httpx2.AsyncClient, office: Office, postgresql: OwnPostgresql
) -> None:
    form = await form_of(browser, "report_progress")
    filled_in = {**form, "text": "Đã “xong” <nửa> việc\r\nvà hơn", "percent": "50"}
    before = kept(office)
    async with asyncio.timeout(PATIENCE):
        with postgresql.hanging():
            answer = await browser.post("/directives/NV-1/do", data=filled_in)
        fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', answer.text, re.DOTALL)
        again = {name: html.unescape(value) for name, value in fields}
        assert again == filled_in
        await again_and_again(lambda: browser.post("/directives/NV-1/do", data=again), 303)
        sent_twice = await browser.post("/directives/NV-1/do", data=again)

    assert answer.status_code == 503
    assert 'action="/directives/NV-1/do"' in answer.text
    assert sent_twice.status_code == 303
    assert kept(office) == before + 1


async def test_no_password_stands_in_what_is_given_back(browser: httpx2.AsyncClient, postgresql: OwnPostgresql) -> None:
    with postgresql.hanging():
        answer = await browser.post("/sign-in", data={"name": "truong.syt", "password": "mưa rơi trên sông Trà"})

    assert answer.status_code == 503
    assert "mưa rơi" not in html.unescape(answer.text)
    assert "<button>Gửi lại" not in answer.text


async def test_a_program_hears_503_and_when_to_come_back_while_postgresql_hangs(
    browser: httpx2.AsyncClient, office: Office, postgresql: OwnPostgresql
) -> None:
    _, secret = tokens.create(office, "truong.syt", "Thử", ("read", "write"))
    mine = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "mot"}
    with postgresql.hanging():
        answer = await browser.post(
            "/api/v1/directives/NV-1/commands", json={"kind": "comment", "text": "Xem"}, headers=mine
        )

    assert (answer.status_code, answer.headers["retry-after"], answer.json()["code"]) == (503, "5", "unavailable")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_database_that_takes_reads_only_shows_a_banner_keeps_the_form_and_heals_without_a_restart(
    browser: httpx2.AsyncClient, office: Office, postgresql: OwnPostgresql
) -> None:
    _, secret = tokens.create(office, "truong.syt", "Thử", ("read", "write"))
    mine = {"Authorization": f"Bearer {secret}"}
    form = await form_of(browser, "comment")
    filled_in = {**form, "text": "Đã xem"}
    before = kept(office)

    with postgresql.read_only():
        pages = [await browser.get(path) for path in PAGES]
        act = await browser.post("/directives/NV-1/do", data=filled_in)
        commands = await browser.post(
            "/api/v1/directives/NV-1/commands", json={"kind": "comment", "text": "Xem"}, headers=mine
        )
        listed = await browser.get("/api/v1/directives", headers=mine)

    for answer in pages:
        assert answer.status_code == 200
        assert "Cơ sở dữ liệu đang chỉ đọc; tra cứu vẫn được" in answer.text
    assert (act.status_code, act.headers["retry-after"]) == (503, "5")
    assert "chỉ đọc" in act.text
    assert ">Đã xem</textarea>" in act.text
    assert form["id"] in act.text, "the same form sent again is the same command"
    assert (commands.status_code, commands.headers["retry-after"]) == (503, "5")
    assert "chỉ đọc" in commands.json()["detail"]
    assert listed.status_code == 200
    assert kept(office) == before
    healed = await browser.post("/directives/NV-1/do", data=filled_in)
    assert healed.status_code == 303
    assert "chỉ đọc" not in (await browser.get("/directives/NV-1")).text


async def test_a_restarted_postgresql_is_connected_to_again_by_the_next_request(
    browser: httpx2.AsyncClient, postgresql: OwnPostgresql
) -> None:
    assert (await browser.get("/board")).status_code == 200
    postgresql.stop()
    gone = await browser.get("/board")
    postgresql.start()

    assert (gone.status_code, gone.headers["retry-after"]) == (503, "5")
    assert (await browser.get("/board")).status_code == 200


def test_the_door_says_that_a_database_of_reads_only_passes_so_that_workflows_try_again(
    office: Office, postgresql: OwnPostgresql
) -> None:
    door = Door(office.engine, office.references)
    with reading(office.engine) as connection:
        seq, last_hash = last_row(connection, "NV-1")
    request = CommitRequest(directive="NV-1", after_seq=seq, after_hash=last_hash, now=office.now(), drafts=())
    with postgresql.read_only(), pytest.raises(OperationalError):
        door.commit(request)
    assert door.commit(request).outcome
