"""Help: every role has a screen of its own, and every link on it leads somewhere this person may read."""

import re
from collections.abc import AsyncIterator

import httpx2
import pytest
from office_fixture import Desk
from temporalio.client import Client

from documents.labels import label
from documents.language import Language
from models.vocabulary import Role
from services import accounts
from web.app import create_app
from web.pages.help import GUIDES

HOST = "http://dondoc.test"
PASSWORD = "mưa rơi trên sông Trà"
PEOPLE = {
    Role.SECRETARIAT: "vanthu",
    Role.LEADER: "chutich",
    Role.AGENCY: "truong.syt",
    Role.INSPECTOR: "thanhtra",
    Role.ADMINISTRATOR: "quantri",
}


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


@pytest.fixture
async def browser(desk: Desk) -> AsyncIterator[httpx2.AsyncClient]:
    for person in PEOPLE.values():
        accounts.add(desk.office, person, PASSWORD, must_change=False)
    transport = httpx2.ASGITransport(create_app(desk.office, no_temporal))
    async with httpx2.AsyncClient(transport=transport, base_url=HOST, headers={"Origin": HOST}) as client:
        yield client


def test_every_role_has_six_to_eight_steps() -> None:
    assert set(GUIDES) == set(Role)
    assert all(6 <= len(guide.steps) <= 8 for guide in GUIDES.values())


@pytest.mark.parametrize("role", Role)
async def test_help_opens_with_ones_own_role_and_links_to_the_others(browser: httpx2.AsyncClient, role: Role) -> None:
    await browser.post("/sign-in", data={"name": PEOPLE[role], "password": PASSWORD})

    own = (await browser.get("/help")).text

    assert f"<h1>Trợ giúp: {label(role, Language.VI)}</h1>" in own
    assert own == (await browser.get(f"/help/{role.value}")).text
    assert set(re.findall(r'href="/help/(\w+)"', own)) == set(Role)


async def test_help_for_a_role_that_nobody_has_is_not_there(browser: httpx2.AsyncClient) -> None:
    await browser.post("/sign-in", data={"name": "vanthu", "password": PASSWORD})

    assert (await browser.get("/help/khach")).status_code == 404


@pytest.mark.parametrize("role", [Role.SECRETARIAT, Role.ADMINISTRATOR])
async def test_links_into_the_administration_open_for_whom_they_are_shown(
    browser: httpx2.AsyncClient, role: Role
) -> None:
    await browser.post("/sign-in", data={"name": PEOPLE[role], "password": PASSWORD})

    for step in GUIDES[role].steps:
        if step.address.startswith("/admin"):
            assert (await browser.get(step.address, follow_redirects=True)).status_code == 200
