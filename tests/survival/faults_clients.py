"""One process full of clients: `python faults_clients.py DATA CODE NUMBER FIRST`; prints what each was told, as JSON.

Every client is a person who acts once, through the same use case as pages and shell.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

from cli import send_log_to_standard_error  # noqa: E402
from embedded.locate import running_system  # noqa: E402
from models import commands as c  # noqa: E402
from models.refusal import Refused  # noqa: E402
from services.acting import Wish, act  # noqa: E402
from services.office import Office  # noqa: E402
from services.sending import Sender  # noqa: E402
from services.temporal import connect  # noqa: E402

EVERY_TENTH = 10
"""Of ten clients one acknowledges: of all those only the first can, the others are to be refused."""


def wish_of(code: str, number: int) -> Wish:
    command: c.Command = c.Acknowledge() if number % EVERY_TENTH == 0 else c.Comment(text=f"Ý kiến {number}")
    person = "truong.syt" if number % EVERY_TENTH == 0 else "chanhvanphong"
    return Wish(code=code, command=command, person=person, id=f"client-{number}")


async def told(office: Office, sender: Sender, wish: Wish) -> dict[str, Any]:
    """What one client hears: what became of it, the refusal's code, or whatever else it ran into."""
    heard: dict[str, Any] = {"id": wish.id, "kind": wish.command.kind}
    try:
        sent = await act(office, sender, wish)
    except Refused as refused:
        return heard | {"outcome": "refused", "code": refused.code.value}
    except Exception as problem:  # noqa: BLE001 - the test says that nobody may ever see one
        return heard | {"outcome": "failed", "problem": f"{type(problem).__name__}: {problem}"}
    return heard | {"outcome": sent.outcome, "seq": sent.answer.seq if sent.answer else None}


async def main(data: Path, code: str, number: int, first: int) -> list[dict[str, Any]]:
    """Let all clients of this process act in the same moment: when the last process says go."""
    running = running_system(data)
    assert running is not None
    assert running.temporal_address is not None
    office = Office.at(f"sqlite:///{data / 'dondoc.db'}")
    sender = Sender(await connect(running.temporal_address, "default"), office)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    return list(await asyncio.gather(*(told(office, sender, wish_of(code, first + n)) for n in range(number))))


if __name__ == "__main__":
    send_log_to_standard_error()
    answers = asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
    sys.stdout.write(json.dumps(answers) + "\n")
    sys.stdout.flush()
    os._exit(0)
