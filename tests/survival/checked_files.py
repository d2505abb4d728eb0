"""What a trial leaves behind, read as plain rows: the ledger, the outbox, the mails, and what clients were told.

Only the standard library: the checker must not believe what the engine believes.
"""

import datetime as dt
import email
import email.policy
import json
import sqlite3
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DONE, REFUSED, KEPT, SENT, FAILED = "done", "refused", "kept", "sent", "failed"
"""What a client notes of a command: it was answered, refused, kept; it left (and nothing came back yet); or broke."""


@dataclass(frozen=True)
class Fault:
    """One thing that must not be: its kind, the directive, command or file it is about, and what was seen."""

    kind: str
    about: str
    seen: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.about}: {self.seen}"


@dataclass(frozen=True)
class Row:
    """One row of the ledger, letter by letter; instants also as instants."""

    directive: str
    seq: int
    at: dt.datetime
    planned_at: dt.datetime | None
    kind: str
    actor: str
    on_behalf_of: str | None
    command_id: str | None
    part: int
    data: str
    previous_hash: str
    hash: str

    @property
    def content(self) -> dict[str, Any]:
        return dict(json.loads(self.data))


@dataclass(frozen=True)
class Told:
    """One line of a client's log."""

    id: str
    code: str
    kind: str
    told: str
    sent_at: float = 0.0
    told_at: float = 0.0
    seq: int | None = None
    kinds: tuple[str, ...] = ()
    refusal: str | None = None
    client: str = ""


TABLES = {
    "ledger": "directive, seq, id",
    "command": "id",
    "directive": "code",
    "notice": "id",
    "delivery": "id",
    "mail": "id",
}
"""What the checker reads, and in which order."""

OF_THE_OFFICE = ("webhook/", "undelivered/")
"""What stands in place of a code in notices that no directive's event made."""


@dataclass
class Evidence:
    """All that the checker looks at.

    Attributes:
        lives: the ledger's rows by directive, in the order of their numbers.
        commands: the state of each command row by its id.
        snapshots: the `directive` table by code.
        mails_on_disk: the Message-ID of each mail that left.
        mails_before: of each that had left before the database was read; what leaves meanwhile may not stand in it yet.
    """

    lives: dict[str, list[Row]] = field(default_factory=dict)
    commands: dict[str, str] = field(default_factory=dict)
    snapshots: dict[str, dict[str, Any]] = field(default_factory=dict)
    notices: list[dict[str, Any]] = field(default_factory=list)
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    mails: list[dict[str, Any]] = field(default_factory=list)
    mails_on_disk: list[str] = field(default_factory=list)
    mails_before: list[str] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)


def read_evidence(
    database: Path,
    logs: Iterable[Path] = (),
    mail_folder: Path | None = None,
    mails_before: Sequence[str] | None = None,
) -> Evidence:
    """Read a database file, the clients' logs and the folder of mails.

    Args:
        mails_before: `message_ids` of the folder before the database was copied; None where nothing leaves meanwhile.
    """
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        tables = {
            name: [dict(row) for row in connection.execute(f"SELECT * FROM {name} ORDER BY {order}")]  # noqa: S608 - our own names
            for name, order in TABLES.items()
        }
    finally:
        connection.close()
    return _evidence(tables, logs, mail_folder, mails_before)


def read_server_evidence(
    psql: Sequence[str],
    logs: Iterable[Path] = (),
    mail_folder: Path | None = None,
    mails_before: Sequence[str] | None = None,
) -> tuple[Evidence, dt.datetime]:
    """Read a PostgreSQL database as it stands in one instant; also returns that instant, by the server's clock.

    Args:
        psql: the command that opens the database.
        mails_before: as `read_evidence`.
    """
    asked = "".join(
        f"SELECT '{name}' || chr(9) || row_to_json(one) FROM (SELECT * FROM {name} ORDER BY {order}) one;\n"  # noqa: S608 - our own names
        for name, order in TABLES.items()
    )
    script = (
        "SET TIME ZONE 'UTC';\nBEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\n"
        "SELECT 'now' || chr(9) || to_json(now());\n"
        f"{asked}COMMIT;\n"
    )
    words = [*psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
    said = subprocess.run(words, input=script, capture_output=True, text=True, check=True, cwd="/").stdout
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    as_of = dt.datetime.now(dt.UTC)
    for line in said.splitlines():
        name, _, row = line.partition("\t")
        if name == "now":
            as_of = dt.datetime.fromisoformat(json.loads(row)).astimezone(dt.UTC)
        else:
            tables[name].append(json.loads(row))
    return _evidence(tables, logs, mail_folder, mails_before), as_of


def _evidence(
    tables: dict[str, list[dict[str, Any]]],
    logs: Iterable[Path],
    mail_folder: Path | None,
    mails_before: Sequence[str] | None,
) -> Evidence:
    on_disk = message_ids(mail_folder) if mail_folder else []
    evidence = Evidence(
        told=[line for log in logs for line in read_log(log)],
        mails_on_disk=on_disk,
        mails_before=list(on_disk if mails_before is None else mails_before),
    )
    for row in tables["ledger"]:
        evidence.lives.setdefault(row["directive"], []).append(_row(row))
    evidence.commands = {row["id"]: row["state"] for row in tables["command"]}
    evidence.snapshots = {row["code"]: row for row in tables["directive"]}
    evidence.notices = [one for one in tables["notice"] if not one["directive"].startswith(OF_THE_OFFICE)]
    evidence.deliveries, evidence.mails = tables["delivery"], tables["mail"]
    return evidence


def read_log(file: Path) -> Iterator[Told]:
    """Read what a client was told; a last line that a kill cut short was told to nobody."""
    lines = file.read_text(encoding="utf-8").split("\n") if file.exists() else []
    for line in lines[:-1]:
        found = json.loads(line)
        yield Told(**{**found, "kinds": tuple(found.get("kinds", ()))})


def instant(text: str | None) -> dt.datetime | None:
    """An instant as SQLite or JSON has it."""
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC) if text else None


def _row(row: dict[str, Any]) -> Row:
    return Row(
        directive=row["directive"],
        seq=row["seq"],
        at=dt.datetime.fromisoformat(row["at"]).astimezone(dt.UTC),
        planned_at=instant(row["planned_at"]),
        kind=row["kind"],
        actor=row["actor"],
        on_behalf_of=row["on_behalf_of"],
        command_id=row["command_id"],
        part=row["part"],
        data=row["data"],
        previous_hash=row["previous_hash"],
        hash=row["hash"],
    )


def message_ids(folder: Path) -> list[str]:
    """The Message-ID of each mail in a folder."""
    mails = (email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in folder.rglob("*.eml"))
    return sorted(str(message["Message-ID"]).strip() for message in mails)
