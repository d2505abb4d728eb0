"""One process of a crowd: some people who act on the directives of a running office, as `dondoc do` does.

Each line of the log is written before the next thing happens, so a kill leaves what was told and no more.
`python crowd_client.py DATA LOG CODES SEED PEOPLE STOP [hurried]`; it ends when the file STOP appears.
"""

import asyncio
import json
import os
import random
import sqlite3
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crowd_wishes import Seen, throw

from documents.language import Language
from models.refusal import Refused
from services.acting import Wish, act
from services.sending import Sender
from shell.context import Shell
from shell.failures import told as sentence_for

THINKING = 0.5
"""Seconds that a person thinks at most."""


class Person:
    """One client. Some connect for each command as the shell does, the others keep their connection as the web does."""

    def __init__(
        self, number: int, shell: Shell, codes: list[str], log: "Log", dice: random.Random, *, hurried: bool = False
    ) -> None:
        self.name = f"{os.getpid()}-{number}"
        self.shell, self.codes, self.log, self.dice = shell, codes, log, dice
        self.hurried = hurried
        self.keeps_connection = number % 2 == 0
        self.sender: Sender | None = None

    async def live(self, may_stop: Callable[[], bool]) -> None:
        waiting: list[Wish] = []
        while not may_stop():
            await asyncio.sleep(self.dice.uniform(0, THINKING))
            again = bool(waiting) and self.dice.random() < 0.3
            wish = waiting.pop(0) if again else self._think()
            if wish is None:
                continue
            outcome = await self.say(wish)
            if outcome == "kept" and self.dice.random() < 0.5:
                waiting.append(wish)
            elif outcome == "done" and self.dice.random() < 0.05:
                await self.say(wish)

    def _think(self) -> Wish | None:
        seen = look(self.shell, self.dice.choice(self.codes))
        if seen is None:
            return None
        thrown = throw(self.dice, seen, hurried=self.hurried)
        return Wish(seen.code, thrown.command, thrown.person, id=str(uuid.uuid4()), seen_seq=thrown.seen_seq)

    async def say(self, wish: Wish) -> str:
        """Send a command and note what came of it."""
        line: dict[str, Any] = {
            "id": wish.id,
            "code": wish.code,
            "kind": wish.command.kind,
            "client": self.name,
            "sent_at": time.time(),
        }
        self.log.write(line | {"told": "sent"})
        try:
            sent = await act(self.shell.office, await self._sender(), wish)
        except Refused as refused:
            line |= {"told": "refused", "refusal": refused.code.value}
        except Exception as problem:  # noqa: BLE001 - what a person would be told is what is tried here
            said = sentence_for(problem, self.shell)
            line |= {"told": "failed", "refusal": said or f"NO SENTENCE: {problem!r}"}
        else:
            answer = sent.answer
            line["told"] = "done" if answer else "kept"
            if answer:
                line |= {"seq": answer.seq, "kinds": list(answer.kinds)}
        if line["told"] in ("kept", "failed"):
            self.sender = None
        self.log.write(line | {"told_at": time.time()})
        return str(line["told"])

    async def _sender(self) -> Sender | None:
        if self.sender is None or not self.keeps_connection:
            client = await self.shell.connect()
            self.sender = Sender(client, self.shell.office) if client else None
        return self.sender


class Log:
    """Whole lines, each handed to the kernel at once."""

    def __init__(self, file: Path) -> None:
        self.handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(self, line: dict[str, Any]) -> None:
        os.write(self.handle, (json.dumps(line, ensure_ascii=False) + "\n").encode())


def look(shell: Shell, code: str) -> Seen | None:
    """Look a directive up as a page would, without the engine."""
    connection = sqlite3.connect(f"file:{shell.settings.data_dir / 'dondoc.db'}?mode=ro", uri=True, timeout=20)
    try:
        row = connection.execute("SELECT status, lead_agency, seq FROM directive WHERE code = ?", (code,)).fetchone()
    finally:
        connection.close()
    return Seen(code, row[0], row[1] or "SYT", row[2], shell.now()) if row else None


async def live_together(people: list[Person], may_stop: Callable[[], bool]) -> None:
    """Let the people live until they are told to stop."""
    await asyncio.gather(*(person.live(may_stop) for person in people))


def main(data: Path, log: Path, codes: Path, seed: int, number: int, stop: Path, *, hurried: bool) -> None:
    """Make the people and let them live."""
    dice, shell, lines = random.Random(seed), Shell(data=data, language=Language.VI), Log(log)
    known = json.loads(codes.read_text(encoding="utf-8"))
    people = [
        Person(place, shell, known, lines, random.Random(dice.random()), hurried=hurried) for place in range(number)
    ]
    asyncio.run(live_together(people, stop.exists))


if __name__ == "__main__":
    _, data, log, codes, seed, number, stop, *how = sys.argv
    main(Path(data), Path(log), Path(codes), int(seed), int(number), Path(stop), hurried="hurried" in how)
    os._exit(0)
