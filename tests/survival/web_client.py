"""One process of a crowd on the web: people who act by the API with a token, and people on pages with a cookie.

`python web_client.py OFFICE LOG CODES SEED PEOPLE READERS STOP [hurried]`; it ends when the file STOP appears. Each
line of the log is written before the next thing happens. What nobody knows the outcome of (no connection, 503) is
sent again with the same Idempotency-Key, or the same form. Beside the log, `LOG.pages` has a line a page.
"""

import asyncio
import datetime as dt
import html
import json
import os
import random
import re
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
from crowd_client import Log
from crowd_wishes import OFFICE, Seen, throw

from models.calendar import LOCAL
from models.deadline import Deadline

NAMES_OF_KEYS = uuid.UUID("8f2c6c1e-5a0d-4b5e-9a55-2f6d7a1f9c3b")
"""The id of a command follows from the token's number and the key."""

THINKING = 0.8
HANGS_AFTER = 90.0
"""Seconds; a command may wait 20 for the engine, and this machine may be slow."""

PAGES = ("/", "/directives", "/board", "/inbox", "/directives?q=bao+cao&sort=deadline")
RENAMED = {"result": "text", "granted": "grant"}

Answer = tuple[int, dict[str, str], str]


def body_of(command: Any) -> dict[str, Any]:
    """A command as the API takes it."""
    body: dict[str, Any] = {"kind": command.kind}
    for name in type(command).model_fields:
        value = getattr(command, name)
        if name == "kind" or (value in (None, "", (), False) and name != "granted"):
            continue
        body[RENAMED.get(name, name)] = in_words(value) if isinstance(value, Deadline) else value
    return body


def in_words(deadline: Deadline) -> str:
    """A deadline as people write it, to the next whole minute."""
    local = deadline.due_at.astimezone(LOCAL) + dt.timedelta(seconds=59)
    return f"{local:%H} giờ {local:%M} ngày {local.day}/{local.month}/{local.year}"


class Web:
    """The office's web door, through which one person goes."""

    def __init__(self, office: dict[str, Any], log: Log, pages: Log) -> None:
        self.office, self.log, self.pages = office, log, pages
        limits = httpx2.Timeout(HANGS_AFTER, connect=5.0)
        self.http = httpx2.AsyncClient(base_url=office["address"], timeout=limits)

    async def ask(self, method: str, path: str, **given: Any) -> Answer | None:
        """One request; None when nobody is there to answer, or his connection broke."""
        try:
            answer = await self.http.request(method, path, **given)
        except httpx2.ReadTimeout:
            return 0, {}, "no answer at all"
        except httpx2.TransportError:
            return None
        return answer.status_code, dict(answer.headers), answer.text

    def note_page(self, path: str, began: float, answer: Answer | None) -> None:
        status = answer[0] if answer else None
        line = {"path": path, "at": began, "seconds": time.time() - began, "status": status}
        self.pages.write(line | {"wrong": wrong_page(answer)})


def wrong_page(answer: Answer | None) -> str:
    """What is not as people may see it, whatever broke: a page, or one sentence with 503 and Retry-After."""
    if answer is None or answer[0] in (200, 303):
        return ""
    status, headers, text = answer
    if status == 503 and headers.get("retry-after") and 'role="' in text and "Traceback" not in text:
        return ""
    return f"{status}: {text[:300]}"


class Actor:
    """Somebody who acts by the API."""

    def __init__(self, name: str, web: Web, codes: list[str], dice: random.Random, *, hurried: bool) -> None:
        self.name, self.web, self.codes, self.dice, self.hurried = name, web, codes, dice, hurried

    async def live(self, may_stop: Callable[[], bool]) -> None:
        while not may_stop():
            await asyncio.sleep(self.dice.uniform(0, THINKING))
            seen = await self._look(self.dice.choice(self.codes))
            if seen is not None:
                await self._act(seen, may_stop)

    def _headers(self, person: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.web.office['tokens'][person][1]}"}

    async def _look(self, code: str) -> Seen | None:
        path, began = f"/api/v1/directives/{code}", time.time()
        answer = await self.web.ask("GET", path, headers=self._headers(OFFICE))
        if answer is None or answer[0] in (429, 503):
            return None
        if answer[0] != 200:
            self.web.note_page(path, began, answer)
            return None
        said = json.loads(answer[2])
        now = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=self.web.office["clock"])
        return Seen(code, said["status"], said["lead_agency_code"] or "SYT", said["seq"], now)

    async def _act(self, seen: Seen, may_stop: Callable[[], bool]) -> None:
        thrown = throw(self.dice, seen, hurried=self.hurried)
        number, key = self.web.office["tokens"][thrown.person][0], str(uuid.uuid4())
        line: dict[str, Any] = {
            "id": str(uuid.uuid5(NAMES_OF_KEYS, f"{number}/{key}")),
            "code": seen.code,
            "kind": thrown.command.kind,
            "client": self.name,
            "sent_at": time.time(),
        }
        headers = self._headers(thrown.person) | {"Idempotency-Key": key}
        if thrown.seen_seq is not None:
            headers["If-Match"] = f'"{thrown.seen_seq}"'
        self.web.log.write(line | {"told": "sent"})
        body = body_of(thrown.command)
        while True:
            answer = await self.web.ask("POST", f"/api/v1/directives/{seen.code}/commands", json=body, headers=headers)
            told = told_by(answer)
            if told is not None:
                self.web.log.write(line | told | {"told_at": time.time()})
            if told is not None and told["told"] == "done" and self.dice.random() < 0.05:
                continue  # the same once more: the same answer
            if told is not None or may_stop():
                return
            await asyncio.sleep(self.dice.uniform(0.2, 1.5))


def told_by(answer: Answer | None) -> dict[str, Any] | None:
    """What an answer tells; None when the outcome is unknown and the same is to be sent again."""
    if answer is None:
        return None
    status, headers, text = answer
    if status in (429, 503):
        proper = headers.get("retry-after") and headers["content-type"] == "application/problem+json"
        return None if proper else {"told": "failed", "refusal": f"{status}: {text[:300]}"}
    try:
        said = json.loads(text)
    except ValueError:
        return {"told": "failed", "refusal": f"{status}: {text[:300]}"}
    if status == 200:
        return {"told": "done", "seq": said["seq"], "kinds": said["kinds"]}
    if status == 202:
        return {"told": "kept"}
    if status in (403, 404, 409, 412, 422):
        return {"told": "refused", "refusal": said["code"]}
    return {"told": "failed", "refusal": f"{status}: {text[:300]}"}


class Reader:
    """Somebody on pages, who also comments by the form, and sends it again when it comes back."""

    def __init__(self, name: str, web: Web, person: str, codes: list[str], dice: random.Random) -> None:
        self.name, self.web, self.codes, self.dice = name, web, codes, dice
        self.headers = {"Cookie": f"dondoc={web.office['sessions'][person]}", "Origin": web.office["address"]}

    async def live(self, may_stop: Callable[[], bool]) -> None:
        while not may_stop():
            await asyncio.sleep(self.dice.uniform(0, THINKING))
            code = self.dice.choice(self.codes)
            text = await self._page(self.dice.choice((*PAGES, f"/directives/{code}")))
            if self.dice.random() < 0.3:
                text = await self._page(f"/directives/{code}")
                form = next((part for part in text.split("<form ") if 'name="kind" value="comment"' in part), None)
                if form is not None:
                    await self._comment(code, fields_of(form), may_stop)

    async def _page(self, path: str) -> str:
        began = time.time()
        answer = await self.web.ask("GET", path, headers=self.headers)
        self.web.note_page(path, began, answer)
        return answer[2] if answer and answer[0] == 200 else ""

    async def _comment(self, code: str, form: dict[str, str], may_stop: Callable[[], bool]) -> None:
        form = form | {"text": "Đã xem trên trang"}
        path = f"/directives/{code}/do"
        line = {"id": form["id"], "code": code, "kind": "comment", "client": self.name, "sent_at": time.time()}
        self.web.log.write(line | {"told": "sent"})
        while True:
            began = time.time()
            answer = await self.web.ask("POST", path, data=form, headers=self.headers)
            if answer is not None and answer[0] == 409:
                self.web.log.write(line | {"told": "refused", "refusal": "form", "told_at": time.time()})
                return
            self.web.note_page(path, began, answer)
            if answer is not None and answer[0] == 303:
                self.web.log.write(line | {"told": "kept", "told_at": time.time()})
                return
            if may_stop():
                return
            await asyncio.sleep(self.dice.uniform(0.2, 1.5))


def fields_of(form: str) -> dict[str, str]:
    """The hidden fields of a form."""
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in found}


async def live_together(
    office: dict[str, Any], log: Path, codes: list[str], seed: int, people: int, readers: int, stop: Path, hurried: bool
) -> None:
    """Let them live until they are told to stop."""
    dice = random.Random(seed)
    lines, pages = Log(log), Log(log.with_suffix(".pages"))
    lives: list[Actor | Reader] = []
    for number in range(people):
        web = Web(office, lines, pages)
        lives.append(Actor(f"{os.getpid()}-{number}", web, codes, random.Random(dice.random()), hurried=hurried))
    for number, person in enumerate(list(office["sessions"])[:readers]):
        web = Web(office, lines, pages)
        lives.append(Reader(f"{os.getpid()}-page-{number}", web, person, codes, random.Random(dice.random())))
    await asyncio.gather(*(one.live(stop.exists) for one in lives))


if __name__ == "__main__":
    _, office, log, codes, seed, people, readers, stop, *how = sys.argv
    asyncio.run(
        live_together(
            json.loads(Path(office).read_text(encoding="utf-8")),
            Path(log),
            json.loads(Path(codes).read_text(encoding="utf-8")),
            int(seed),
            int(people),
            int(readers),
            Path(stop),
            "hurried" in how,
        )
    )
    os._exit(0)
