"""A browser that is signed in already, for tests of pages: no password is hashed for it."""

import contextlib
from collections.abc import AsyncIterator

import httpx2
from sqlalchemy import insert, select
from starlette.types import ASGIApp

from database.engine import writing
from models.tables import ACCOUNT
from services import accounts
from services.office import Office

HOST = "http://dondoc.test"


def a_session(office: Office, person: str) -> str:
    """Begin a session as a sign-in would; returns what the cookie holds."""
    now = office.now()
    with writing(office.engine) as connection:
        if connection.execute(select(ACCOUNT.c.person).where(ACCOUNT.c.person == person)).first() is None:
            connection.execute(insert(ACCOUNT).values(person=person, must_change=False, created_at=now))
        secret, _ = accounts.begin_session(connection, person, accounts.Browser("127.0.0.1", "test"), now)
    return secret


@contextlib.asynccontextmanager
async def browsing(app: ASGIApp, office: Office, person: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser in which this person is signed in."""
    cookies = {"dondoc": a_session(office, person)}
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(
        transport=transport, base_url=HOST, headers={"Origin": HOST}, cookies=cookies
    ) as browser:
        yield browser
