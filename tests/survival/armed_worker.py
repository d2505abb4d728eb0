"""A worker that is killed right after the COMMIT of each row of the ledger, before the engine hears of it.

Born again at once, with the same arming, until SIGTERM. `python armed_worker.py DATABASE DEATHS`; each death appends
the ledger's last id to DEATHS. Everything else is the worker of production; it is forked from a process that has
imported it already, so that sixty deaths do not take minutes.
"""

import os
import signal
import sqlite3
import sys
from pathlib import Path
from types import FrameType

from sqlalchemy import event
from sqlalchemy.pool import Pool

import worker


def arm(database: str, deaths: Path) -> None:
    """Die as soon as a connection comes back to the pool and the ledger has grown: COMMIT is done, nothing is told."""
    ledger = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    known = _last(ledger)

    @event.listens_for(Pool, "checkin")
    def _strike(_connection: object, _record: object) -> None:
        last = _last(ledger)
        if last == known:
            return
        handle = os.open(deaths, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(handle, f"{last}\n".encode())
        os.kill(os.getpid(), signal.SIGKILL)


def _last(ledger: sqlite3.Connection) -> int:
    return int(ledger.execute("SELECT coalesce(max(id), 0) FROM ledger").fetchone()[0])


def main(database: str, deaths: Path) -> int:
    """Give birth again and again."""
    child = 0

    def stop(_number: int, _frame: FrameType | None) -> None:
        if child:
            os.kill(child, signal.SIGKILL)
        os._exit(0)

    while True:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            arm(database, deaths)
            code = worker.main()
            sys.stderr.flush()
            os._exit(code)
        signal.signal(signal.SIGTERM, stop)
        _, status = os.waitpid(child, 0)
        child = 0
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
            return 1  # it ended by itself: whoever waits for its next death must hear of it


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
