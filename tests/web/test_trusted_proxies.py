"""For whom a proxy says that it asks is believed of the proxies of the settings alone; guesses are slowed by it."""

from collections.abc import Iterator

import httpx2
import pytest
import time_machine
from builders import local
from office_fixture import Desk
from sqlalchemy import select
from temporalio.client import Client

from database.engine import reading
from models.sign_in import FREE_TRIES
from models.tables import AUDIT
from services import accounts
from settings import Settings
from web.__main__ import server_config
from web.app import Surroundings, create_app

HOST = "http://dondoc.test"
PASSWORD = "mưa rơi trên sông Trà"


@pytest.fixture(autouse=True)
def standing_clock() -> Iterator[None]:
    """A slow machine leaves no more time between two guesses than a fast one."""
    with time_machine.travel(local("Fri 2026-03-20 09:00"), tick=False):
        yield


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


def asked_by(desk: Desk, peer: str, trusted: tuple[str, ...] = ("127.0.0.1", "::1")) -> httpx2.AsyncClient:
    """A browser whose connection comes from this address, through uvicorn as `python -m web` sets it up."""
    config = server_config(create_app(desk.office, no_temporal, Surroundings(base_url=HOST)), trusted)
    config.load()
    transport = httpx2.ASGITransport(config.loaded_app, client=(peer, 50_000))  # type: ignore[arg-type]  # uvicorn's name for the same
    return httpx2.AsyncClient(transport=transport, base_url=HOST, headers={"Origin": HOST})


async def guess(browser: httpx2.AsyncClient, forwarded_for: str) -> int:
    given = {"name": "truong.syt", "password": "sai"}
    return (await browser.post("/sign-in", data=given, headers={"X-Forwarded-For": forwarded_for})).status_code


def addresses(desk: Desk) -> list[str]:
    with reading(desk.office.engine) as connection:
        told = connection.execute(select(AUDIT.c.data).where(AUDIT.c.act == "sign_in.failed").order_by(AUDIT.c.id))
        return [data.partition('"address": "')[2].rstrip('"}') for data in told.scalars()]


async def test_behind_a_trusted_proxy_guesses_are_slowed_by_the_address_of_who_guesses(desk: Desk) -> None:
    async with asked_by(desk, "127.0.0.1") as browser:
        tried = [await guess(browser, "203.0.113.5") for _ in range(FREE_TRIES + 1)]
        elsewhere = await guess(browser, "203.0.113.6")

    assert (tried[0], tried[-1], elsewhere) == (403, 429, 403)
    assert addresses(desk) == ["203.0.113.5"] * FREE_TRIES + ["203.0.113.6"]


async def test_what_anybody_else_says_of_whom_he_asks_for_is_nothing(desk: Desk) -> None:
    async with asked_by(desk, "198.51.100.7") as browser:
        tried = [await guess(browser, f"203.0.113.{number}") for number in range(FREE_TRIES + 1)]

    assert tried[-1] == 429
    assert set(addresses(desk)) == {"198.51.100.7"}


async def test_who_puts_addresses_of_his_own_before_that_of_the_proxy_gains_nothing(desk: Desk) -> None:
    async with asked_by(desk, "10.0.3.4", ("10.0.0.0/16",)) as browser:
        await guess(browser, "203.0.113.99, 10.0.0.1, 203.0.113.5, 10.0.0.2")

    assert addresses(desk) == ["203.0.113.5"]


@pytest.mark.parametrize(("peer", "name"), [("127.0.0.1", "__Host-dondoc"), ("198.51.100.7", "dondoc")])
async def test_that_a_request_came_over_tls_is_believed_of_a_trusted_proxy_alone(
    desk: Desk, peer: str, name: str
) -> None:
    accounts.add(desk.office, "truong.syt", PASSWORD, must_change=False)
    async with asked_by(desk, peer) as browser:
        given = {"name": "truong.syt", "password": PASSWORD}
        answer = await browser.post("/sign-in", data=given, headers={"X-Forwarded-Proto": "https"})

    (cookie,) = answer.headers.get_list("set-cookie")
    assert cookie.startswith(f"{name}=")
    assert ("Secure" in cookie) is name.startswith("__Host-")


def test_nobody_but_this_machine_is_trusted_unless_the_settings_say_so() -> None:
    assert Settings.model_fields["trusted_proxies"].default == ("127.0.0.1", "::1")
