"""An office with two directives, its API in this process, and a caller for each token."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

import httpx2
from builders import a_deadline
from office_fixture import Desk
from temporalio.client import Client

from models import commands as c
from services import tokens
from web.app import Surroundings, create_app

HOST = "http://dondoc.test"
MINE, OTHERS = "NV-1", "NV/2"
"""Led by Sở Y tế, with Sở Tài chính coordinating; and led by Sở Tài chính alone, its code with a slash."""

EVERYTHING = ("read", "write", "events", "admin")
NOW = "Fri 2026-03-20 09:00"


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


def furnish(desk: Desk) -> None:
    """Two directives, one of them overdue, and the clock on a Friday morning."""
    desk.register(
        MINE, "Wed 2026-03-04 09:00", deadline=a_deadline("2026-03-17"), coordinating_agencies=("STC",), field="y-te"
    )
    desk.act(MINE, c.Acknowledge(), "truong.syt", "Wed 2026-03-04 10:00")
    desk.register(OTHERS, "Wed 2026-03-04 09:05", lead_agency="STC")
    desk.tell(MINE, "Wed 2026-03-18 08:00")
    desk.tell(MINE, NOW)
    desk.time_is(NOW)


@dataclass
class Caller:
    """A program with a token."""

    client: httpx2.AsyncClient
    secret: str

    async def __call__(self, method: str, path: str, **given: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.secret}"} | given.pop("headers", {})
        return await self.client.request(method, path, headers=headers, **given)

    async def get(self, path: str, **given: Any) -> httpx2.Response:
        return await self("GET", f"/api/v1{path}", **given)

    async def post(self, path: str, **given: Any) -> httpx2.Response:
        return await self("POST", f"/api/v1{path}", **given)


@dataclass
class Api:
    """The API and who calls it."""

    desk: Desk
    client: httpx2.AsyncClient

    def caller(self, person: str, scopes: Iterable[str] = EVERYTHING, days: int = 365) -> Caller:
        _, secret = tokens.create(self.desk.office, person, "Thử", scopes, days)
        return Caller(self.client, secret)


def connected(desk: Desk, temporal: Callable[[], Awaitable[Client]] = no_temporal) -> httpx2.AsyncClient:
    application = create_app(desk.office, temporal, Surroundings(base_url=HOST))
    transport = httpx2.ASGITransport(application, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url=HOST)
