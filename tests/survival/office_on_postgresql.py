"""The office on trial whose database is a PostgreSQL of its own, and whom people meet through the web."""

import contextlib
import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from checked_files import message_ids
from checker import Verdict, judge, read_server_evidence
from crowd_wishes import AGENCIES, LEADER, OFFICE
from office_on_trial import SHIFT, OfficeOnTrial
from own_postgresql import OwnPostgresql
from signed_in import a_session
from sqlalchemy.exc import SQLAlchemyError

from services import tokens
from services.office import Office

PEOPLE = (
    OFFICE,
    LEADER,
    "thanhtra",
    "chuyenvien.snnmt",
    *(f"{post}.{agency.lower()}" for agency in AGENCIES for post in ("truong", "chuyenvien")),
)
"""Whoever acts in `crowd_wishes`."""

READERS = ("chanhvanphong", "chutich", "thanhtra")


@dataclass
class OfficeOnPostgresql(OfficeOnTrial):
    """The same office.

    Attributes:
        tokens: number and secret of the token of each who acts by the API.
        sessions: the cookie of each who is on pages.
    """

    server: OwnPostgresql = field(kw_only=True)
    tokens: dict[str, tuple[int, str]] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.dondoc.environment["DONDOC_DATABASE_URL"] = self.server.url()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.dondoc.port}"

    @contextlib.contextmanager
    def open(self) -> Iterator["OfficeOnPostgresql"]:
        with super().open():
            self.give_access()
            yield self

    def give_access(self) -> None:
        """Make the tokens and sessions of all who will act."""
        office = self.office()
        for person in PEOPLE:
            token, secret = tokens.create(office, person, "Cuộc thử", ("read", "write"))
            self.tokens[person] = (token.id, secret)
        for person in READERS:
            self.sessions[person] = a_session(office, person)
        office.engine.dispose()

    def office(self) -> Office:
        return Office.at(self.server.url(), answer_within=30.0)

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.server.url(), connect_timeout=10) as connection:
            return connection.execute(statement.replace("?", "%s"), values or None).fetchall()  # type: ignore[arg-type]

    def settled(self) -> bool:
        try:
            return super().settled()
        except (psycopg.Error, SQLAlchemyError):
            return False

    def verdict(self, logs: Iterable[Path] = (), *, mails_complete: bool = True) -> Verdict:
        shift = float(self.ask(SHIFT)[0][0])
        mails_before = message_ids(self.data / "mail")
        address = ["-h", "127.0.0.1", "-p", str(self.server.port), "-U", self.server.account, "-d", "dondoc"]
        evidence, as_of = read_server_evidence(["psql", *address], logs, self.data / "mail", mails_before)
        return judge(
            evidence,
            self.rules,
            as_of + dt.timedelta(seconds=shift),
            board=None,
            registered=self.registered,
            mails_complete=mails_complete,
        )

    def written_for_clients(self) -> dict[str, Any]:
        """What the processes of a crowd need to know of this office."""
        return {"address": self.address, "tokens": self.tokens, "sessions": self.sessions, "clock": self.clock_shift()}

    def clock_shift(self) -> float:
        return float(self.ask(SHIFT)[0][0])

    def keep(self, file: Path) -> None:
        """Write that to a file."""
        file.write_text(json.dumps(self.written_for_clients()), encoding="utf-8")
