"""One client that sends one command and then is never heard of again: `python one_command.py DATA CODE SECONDS ID`.

It moves a directive's deadline nearer, to so many seconds from now.
"""

import asyncio
import os
import sys
from pathlib import Path

from crowd_wishes import OFFICE, deadline_in

from models.commands import Amend
from services.acting import Wish, act
from services.sending import Sender
from shell.context import Shell


async def main(data: Path, code: str, seconds: float, command_id: str) -> None:
    """Send it and wait for the answer that never comes."""
    shell = Shell(data=data)
    client = await shell.connect()
    if client is None:
        raise SystemExit("Temporal cannot be reached")
    nearer = Amend(deadline=deadline_in(shell.now(), seconds), reason="Cấp trên yêu cầu sớm hơn")
    await act(shell.office, Sender(client, shell.office), Wish(code, nearer, OFFICE, id=command_id))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), sys.argv[4]))
    os._exit(0)
