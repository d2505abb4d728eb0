"""Temporal's UI asks the web part to decrypt: for administrators only, and for the one origin that is set."""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2
import pytest
from office_fixture import Desk
from signed_in import HOST, browsing
from temporalio.api.common.v1 import Payload
from temporalio.client import Client

from models.payload_keys import new_key
from services import tokens
from services.payload_encryption import EncryptingCodec
from web.app import Surroundings, create_app
from web.codec import BODY_BYTES, Decoding

KEY, OTHER = new_key("k1"), new_key("k2")
UI = "https://temporal.example.vn"
Json = dict[str, Any]


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


async def asked(codec: EncryptingCodec, *texts: str) -> Json:
    """What the UI sends: payloads as they stand in Temporal."""
    plain = [Payload(metadata={"encoding": b"json/plain"}, data=f'"{text}"'.encode()) for text in texts]
    return {"payloads": [said(payload) for payload in await codec.encode(plain)]}


def said(payload: Payload) -> Json:
    metadata = {name: base64.b64encode(value).decode() for name, value in payload.metadata.items()}
    return {"metadata": metadata, "data": base64.b64encode(payload.data).decode()}


def texts_of(answer: httpx2.Response) -> list[str]:
    return [base64.b64decode(one["data"]).decode() for one in answer.json()["payloads"]]


@pytest.fixture
def app(desk: Desk) -> Any:
    return create_app(desk.office, no_temporal, Surroundings(decoding=Decoding(EncryptingCodec((KEY,)), UI)))


Post = Callable[..., Awaitable[httpx2.Response]]


@pytest.fixture
async def post(app: Any) -> AsyncIterator[Post]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=HOST) as client:

        async def send(body: Json, secret: str = "", **headers: str) -> httpx2.Response:
            bearer = {"Authorization": f"Bearer {secret}"} if secret else {}
            return await client.post("/codec/decode", json=body, headers={**bearer, **headers})

        yield send


async def test_an_administrators_token_reads_what_stands_in_temporal(desk: Desk, post: Post) -> None:
    _, secret = tokens.create(desk.office, "quantri", "Temporal UI", ["admin"])

    answer = await post(await asked(EncryptingCodec((KEY,)), "một", "hai"), secret, Origin=UI)

    assert answer.status_code == 200
    assert texts_of(answer) == ['"một"', '"hai"']
    assert answer.headers["access-control-allow-origin"] == UI
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("person", "scopes", "status"),
    [
        ("quantri", ["read", "write", "events"], 403),
        ("chanhvanphong", ["admin"], 403),
        ("truong.syt", ["admin"], 403),
        ("", [], 401),
    ],
)
async def test_no_other_token_reads_anything(
    desk: Desk, post: Post, person: str, scopes: list[str], status: int
) -> None:
    secret = tokens.create(desk.office, person, "Khác", scopes)[1] if person else "dondoc_made-up"

    answer = await post(await asked(EncryptingCodec((KEY,)), "kín"), secret)

    assert answer.status_code == status
    assert "kín" not in answer.text
    assert (await post(await asked(EncryptingCodec((KEY,)), "kín"))).status_code == 401


@pytest.mark.parametrize(("person", "status"), [("quantri", 200), ("chanhvanphong", 403), ("truong.syt", 403)])
async def test_a_signed_in_administrator_reads_on_the_uis_pages_and_nobody_else_does(
    desk: Desk, app: Any, person: str, status: int
) -> None:
    async with browsing(app, desk.office, person) as browser:
        answer = await browser.post(
            "/codec/decode", json=await asked(EncryptingCodec((KEY,)), "nội dung"), headers={"Origin": UI}
        )

    assert answer.status_code == status
    assert answer.headers["access-control-allow-credentials"] == "true"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{UI}:8443", "http://temporal.example.vn"])
async def test_the_pages_of_another_origin_get_nothing_and_are_not_told_that_they_may(
    desk: Desk, app: Any, origin: str
) -> None:
    async with browsing(app, desk.office, "quantri") as browser:
        body = await asked(EncryptingCodec((KEY,)), "nội dung")
        answer = await browser.post("/codec/decode", json=body, headers={"Origin": origin})
        preflight = await browser.options("/codec/decode", headers={"Origin": origin})

    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers | preflight.headers


async def test_a_browser_that_asks_first_is_told_that_the_uis_pages_may(app: Any) -> None:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=HOST) as client:
        answer = await client.options("/codec/decode", headers={"Origin": UI, "Access-Control-Request-Method": "POST"})

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == UI
    assert "x-namespace" in answer.headers["access-control-allow-headers"]


async def test_the_uis_origin_opens_no_other_address(desk: Desk, app: Any) -> None:
    async with browsing(app, desk.office, "quantri") as browser:
        answer = await browser.post("/language", data={"language": "en"}, headers={"Origin": UI})

    assert answer.status_code == 403


async def test_what_another_key_wrote_what_is_no_payload_and_what_is_too_large_is_refused_whole(
    desk: Desk, app: Any, post: Post
) -> None:
    _, secret = tokens.create(desk.office, "quantri", "Temporal UI", ["admin"])
    both = await asked(EncryptingCodec((KEY,)), "một")
    both["payloads"] += (await asked(EncryptingCodec((OTHER,)), "hai"))["payloads"]

    missing = await post(both, secret)

    assert missing.status_code == 422
    assert "khóa k2" in missing.json()["title"]
    for body in ({"payloads": [{"data": 7}]}, {"payloads": 7}, {"other": []}):
        assert (await post(body, secret)).status_code == 400
    assert (await post({"payloads": [{"data": "A" * BODY_BYTES}]}, secret)).status_code == 413


async def test_nothing_answers_where_it_is_not_set(desk: Desk) -> None:
    app = create_app(desk.office, no_temporal)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=HOST) as client:
        assert (await client.post("/codec/decode", json={})).status_code == 404
