"""The habit of most ticket systems, done well: `python -m bench.polling_loop URL SECONDS BATCH [MAILS]`.

One table of tasks with the instant at which each is due next; a loop that looks every so many seconds, locks what is
due, puts a notice into an outbox and sets the next instant, a batch in a transaction. Several loops may run: none takes
what another one holds. With a file for mails it sends them itself before it commits, as many do (a line in that file
stands for a mail that a server has taken).
"""

import os
import sys
import time
from typing import Final

import psycopg

TABLES: Final = """
CREATE TABLE task (
    id bigserial PRIMARY KEY, code text NOT NULL UNIQUE, content text NOT NULL, lead text NOT NULL,
    status text NOT NULL DEFAULT 'assigned', step int NOT NULL DEFAULT 0, next_due timestamptz
);
CREATE INDEX task_due ON task (next_due);
CREATE TABLE outbox (
    id bigserial PRIMARY KEY, task bigint NOT NULL REFERENCES task, step int NOT NULL, body text NOT NULL,
    due timestamptz, at timestamptz NOT NULL DEFAULT clock_timestamp(), UNIQUE (task, step)
)
"""

_DUE: Final = """
SELECT id, code, content, step, next_due FROM task WHERE next_due <= now() ORDER BY next_due, id LIMIT %s
FOR UPDATE SKIP LOCKED
"""
_TELL: Final = "INSERT INTO outbox (task, step, body, due) VALUES (%s, %s, %s, %s)"
_NEXT: Final = "UPDATE task SET step = step + 1, next_due = NULL WHERE id = %s"


def tell_due(connection: psycopg.Connection[tuple[object, ...]], batch: int, mails: int | None) -> int:
    """Tell of so many that are due, in one transaction; how many it was."""
    with connection.transaction(), connection.cursor() as cursor:
        due = cursor.execute(_DUE, (batch,)).fetchall()
        if due:
            if mails is not None:
                for task, *_ in due:
                    os.write(mails, f"{task}\n".encode())
            cursor.executemany(_TELL, [(task, step, f"{code}: {text}", at) for task, code, text, step, at in due])
            cursor.executemany(_NEXT, [(task,) for task, *_ in due])
    return len(due)


def main(url: str, seconds: float, batch: int, mails_file: str | None) -> None:
    """Look again and again until killed."""
    mails = os.open(mails_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT) if mails_file else None
    with psycopg.connect(url, autocommit=True) as connection:
        while True:
            while tell_due(connection, batch, mails) == batch:
                pass
            time.sleep(seconds)


if __name__ == "__main__":
    url, seconds, batch, *mails = sys.argv[1:]
    main(url, float(seconds), int(batch), mails[0] if mails else None)
