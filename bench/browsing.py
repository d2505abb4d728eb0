"""People who browse: each signed in, looking at one page after another, with everything that a browser asks for."""

import asyncio
import contextlib
import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

import httpx2

from bench.sides import Wrong

THINKING: Final = 2.0
"""Seconds that somebody looks at a page on average, between half and one and a half times as long."""

KEPT_OPEN: Final = 2.0
"""Seconds that a connection lies idle; the server closes it after five, and a request must not meet that."""

PASSWORD: Final = "mot-mat-khau-rat-dai-2026"  # noqa: S105 - of invented people in a database that is thrown away

SEARCHED: Final = (
    *("ngân sách", "giải phóng mặt bằng", "báo cáo", "chuyển đổi số", "bảo hiểm y tế", "đầu tư công", "nông thôn mới"),
    *("1234", "QN-2026-0077", "Sa Huỳnh", "rà soát quy hoạch", "khong co o dau ca"),
)

LISTS: Final = (
    "/directives",
    "/directives?page=2",
    "/directives?timeliness=overdue",
    "/directives?sort=deadline",
    "/directives?status=in_progress",
    "/directives?all=1&sort=-updated",
    "/directives?waiting=extension",
)
BOARDS: Final = ("/board", "/board", "/board", "/board?period=quarter", "/board?period=year")

WORK, LIST, SEARCH, BOARD, DIRECTIVE, MEETING, INBOX = (
    "my work",
    "list",
    "search",
    "board",
    "directive",
    "meeting",
    "inbox",
)
CHOSEN: Final[dict[str, int]] = {WORK: 15, LIST: 20, SEARCH: 20, DIRECTIVE: 25, BOARD: 10, MEETING: 5, INBOX: 5}
"""Of a hundred pages, how many are such."""

BARE, COMMAND = "SELECT 1", "command"

_ASSET: Final = re.compile(r'(?:src|href)="(/static/[^"]+)"')
_TO_DIRECTIVE: Final = re.compile(r'href="(/directives/[^"?#]+)"')


@dataclass(frozen=True)
class Answer:
    """One answer: when it was asked for (monotonic), and the seconds until all of it was there.

    Attributes:
        size: bytes of the page.
        turned_away: with "come again in a few seconds" (503), which no figure hides.
    """

    kind: str
    asked: float
    seconds: float
    size: int = 0
    turned_away: bool = False


@dataclass
class Person:
    """Somebody at a browser."""

    code: str
    address: str
    answers: list[Answer]
    dice: random.Random
    client: httpx2.AsyncClient = field(init=False)
    _seen: Sequence[str] = ()
    _tags: dict[str, str] = field(default_factory=dict)
    _for_good: set[str] = field(default_factory=set)
    _listening: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        """Open the browser."""
        limits = httpx2.Limits(keepalive_expiry=KEPT_OPEN)
        self.client = httpx2.AsyncClient(base_url=self.address, timeout=60, trust_env=False, limits=limits)

    async def sign_in(self) -> None:
        """Come in.

        Raises:
            Wrong: the door stays shut.
        """
        answer = await self.client.post("/sign-in", data={"name": self.code, "password": PASSWORD})
        if answer.status_code != httpx2.codes.SEE_OTHER:
            raise Wrong(f"{self.code} cannot sign in: {answer.status_code}")

    async def browse(self, until: float) -> None:
        """Look at pages until an instant (monotonic)."""
        try:
            while time.monotonic() < until:
                await asyncio.sleep(THINKING * self.dice.uniform(0.5, 1.5))
                kind = self.dice.choices(list(CHOSEN), list(CHOSEN.values()))[0]
                await self.look(kind, self.address_of(kind))
        finally:
            await self._stop_listening()

    def address_of(self, kind: str) -> str:
        """A page of a kind."""
        match kind:
            case "search":
                everywhere = "&all=1" if self.dice.random() < 0.5 else ""
                return f"/directives?text={quote(self.dice.choice(SEARCHED))}{everywhere}"
            case "directive":
                return self.dice.choice(self._seen) if self._seen else "/directives"
            case "list":
                return self.dice.choice(LISTS)
            case "board":
                return self.dice.choice(BOARDS)
            case "meeting":
                return f"/board/meeting?at={self.dice.randrange(1, 20)}"
            case "inbox":
                return "/inbox"
            case _:
                return "/"

    async def look(self, kind: str, address: str) -> None:
        """Open one page as a browser does: the page, what it loads, and the stream that keeps it fresh.

        Raises:
            Wrong: it is not answered.
        """
        start = time.monotonic()
        answer = await self.client.get(address)
        seconds = time.monotonic() - start
        if answer.status_code not in (httpx2.codes.OK, httpx2.codes.SERVICE_UNAVAILABLE):
            raise Wrong(f"{self.code}: {address} is answered with {answer.status_code}")
        turned_away = answer.status_code != httpx2.codes.OK
        self.answers.append(Answer(kind, start, seconds, len(answer.content), turned_away=turned_away))
        if turned_away:
            return
        if found := _TO_DIRECTIVE.findall(answer.text):
            self._seen = found
        for asset in dict.fromkeys(_ASSET.findall(answer.text)):
            await self._load(asset)
        await self._stop_listening()
        self._listening = asyncio.create_task(self._listen())

    async def _load(self, asset: str) -> None:
        """Ask for what a page names, unless it is kept for good; with the mark of what is kept."""
        if asset in self._for_good:
            return
        known = await self.client.get(asset, headers={"If-None-Match": self._tags.get(asset, "")})
        if "immutable" in known.headers["cache-control"]:
            self._for_good.add(asset)
        self._tags[asset] = known.headers["etag"]

    async def _listen(self) -> None:
        with contextlib.suppress(httpx2.HTTPError):
            async with self.client.stream("GET", "/live") as stream:
                async for _ in stream.aiter_raw():
                    pass

    async def _stop_listening(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening


async def ask_bare(client: httpx2.AsyncClient, address: str, a_second: float, until: float) -> list[Answer]:
    """Ask for the bare page so many times a second, until an instant (monotonic)."""
    answers = []
    while time.monotonic() < until:
        await asyncio.sleep(1 / a_second)
        start = time.monotonic()
        answer = await client.get(address)
        if answer.text != "1":
            raise Wrong(f"{address} is answered with {answer.status_code}")
        answers.append(Answer(BARE, start, time.monotonic() - start))
    return answers
