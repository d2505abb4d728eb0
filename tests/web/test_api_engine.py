"""Commands by the API on the real engine: recorded once, answered the same again, refused for good."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from api_office import HOST, Caller, no_temporal
from running_engine import RunningEngine
from temporalio.client import Client

from services import tokens
from services.acting import Desk
from services.attachments import FileStore
from web.api.application import create_api

pytestmark = pytest.mark.server


@dataclass
class Called:
    engine: RunningEngine
    client: httpx2.AsyncClient

    def caller(self, person: str) -> Caller:
        _, secret = tokens.create(self.engine.office, person, "Thử", ["read", "write", "events"])
        return Caller(self.client, secret)


@pytest.fixture
async def api(engine: RunningEngine, tmp_path: Path) -> AsyncIterator[Called]:
    desk = Desk(engine.office, engine.sender)

    async def at_the_desk() -> Desk:
        return desk

    async def no_client() -> Client | None:
        try:
            return await no_temporal()
        except RuntimeError:
            return None

    transport = httpx2.ASGITransport(
        create_api(engine.office, no_client, at_the_desk, FileStore(tmp_path / "attachments"))
    )
    async with httpx2.AsyncClient(transport=transport, base_url=HOST, timeout=60) as client:
        yield Called(engine, client)


async def test_a_command_is_recorded_once_however_often_it_is_sent(api: Called) -> None:
    code = await api.engine.register("NV/A", lead_agency="SYT")
    caller = api.caller("truong.syt")
    path = f"/directives/{code.replace('/', '%2F')}"
    tag = (await caller.get(path)).headers["etag"]
    headers = {"Idempotency-Key": "một".encode().hex(), "If-Match": tag}

    answers = await asyncio.gather(
        *(caller.post(f"{path}/commands", json={"kind": "acknowledge"}, headers=headers) for _ in range(5))
    )
    once_more = await caller.post(f"{path}/commands", json={"kind": "acknowledge"}, headers=headers)
    told = await caller.get(f"/commands/{once_more.json()['command_id']}")

    assert {answer.status_code for answer in (*answers, once_more)} == {200}
    assert all(answer.json() == once_more.json() for answer in answers)
    assert once_more.json()["status"] == "in_progress"
    assert once_more.headers["etag"] == (await caller.get(path)).headers["etag"]
    assert (told.json()["outcome"], told.json()["kinds"]) == ("recorded", ["acknowledged"])
    assert api.engine.kinds(code).count("acknowledged") == 1


async def test_of_many_who_act_at_once_on_the_same_state_one_is_heard_and_the_others_are_told(api: Called) -> None:
    code = await api.engine.register("B", lead_agency="SYT")
    caller = api.caller("truong.syt")
    tag = {"If-Match": (await caller.get(f"/directives/{code}")).headers["etag"]}

    answers = await asyncio.gather(
        *(
            caller.post(f"/directives/{code}/commands", json={"kind": "report_progress", "text": str(n)}, headers=tag)
            for n in range(6)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, *[412] * 5]
    assert api.engine.kinds(code).count("progress_reported") == 1
    after = (await api.caller("chanhvanphong").get("/events?after=0")).json()["items"]
    assert [one["kind"] for one in after if one["code"] == code].count("progress_reported") == 1
