"""A whole office, run by the installed `dondoc`, that a test fills, kills, and brings before the judge."""

import asyncio
import contextlib
import datetime as dt
import json
import os
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from checked_files import message_ids
from checker import Rule, Verdict, judge, read_evidence
from crowd_wishes import AGENCIES
from dondoc_command import Dondoc, until
from trial_policy import AFTERNOON, write_policy_file

from activities.commit import Door
from models.calendar import LOCAL, local_day
from models.deadline import Deadline
from services.intake import Intake, start_all
from services.office import Office
from services.registration import RawDirective, read_registration
from services.temporal import connect

PARTS = ("temporal", "worker", "web")
SWEPT_SECONDS = 120
"""A row that a killed worker left its workflow without is compared by the sweep a minute later."""

CLOSED = "('completed', 'cancelled')"


@dataclass
class OfficeOnTrial:
    """One data folder whose office runs under `dondoc up`.

    Attributes:
        rules: the policy in force, as the judge knows it.
        registered: the codes that were taken in.
    """

    folder: Path
    rules: tuple[Rule, ...]
    dondoc: Dondoc = field(init=False)
    registered: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dondoc = Dondoc(self.folder / "data", {"DONDOC_CLOCK": AFTERNOON})

    @property
    def data(self) -> Path:
        return self.dondoc.data

    @property
    def database(self) -> Path:
        return self.data / "dondoc.db"

    @contextlib.contextmanager
    def open(self) -> Iterator["OfficeOnTrial"]:
        """Start it with the trial's policy in force; stop it at the end."""
        try:
            self.dondoc.up()
            self.put_in_force()
            yield self
        finally:
            self.dondoc.down()

    def put_in_force(self) -> None:
        policy = write_policy_file(self.folder / "policy.yaml", self.rules)
        self.dondoc("policy", "activate", str(policy), "--as", "quantri")

    # --- Filling it ------------------------------------------------------------------------------------------

    def register(
        self,
        number: int,
        due: Callable[[dt.datetime, int], Deadline],
        name: str = "NV",
        leads: Sequence[str] = AGENCIES,
    ) -> float:
        """Take directives in and wait until each is assigned; returns the seconds it took.

        Args:
            due: the deadline of the directive at a place, by the office's instant now.
        """
        office, start = self.office(), time.monotonic()
        now, reference = office.now(), office.reference()
        actor = reference.directory.actor("vanthu", local_day(now))
        raws = [
            RawDirective(
                code=f"{name}-{place}",
                content=f"Báo cáo số {place} của {name}",
                lead_agency=leads[place % len(leads)],
                coordinating_agencies=("SNNMT",),
                deadline=due(now, place).due_at.astimezone(LOCAL).replace(tzinfo=None),
            )
            for place in range(number)
        ]
        intake = Intake(office, Door(office.engine, office.references), actor)
        taken = list(intake.take(read_registration(raw, reference, now, needs_lead=False) for raw in raws))
        assert all(one.envelope for one in taken), [one.reasons for one in taken if not one.envelope][:3]
        envelopes = [one.envelope for one in taken if one.envelope]

        async def start_them() -> None:
            client = await connect(self.temporal_address(), "default")
            await start_all(client, envelopes, reference.clock_shift, lambda: None)

        asyncio.run(start_them())
        self.registered += [one.code for one in taken if one.code]
        until(lambda: self.count("directive WHERE awaiting_start") == 0, 600)
        office.engine.dispose()
        return time.monotonic() - start

    # --- Looking at it ---------------------------------------------------------------------------------------

    def office(self) -> Office:
        return Office.at(f"sqlite:///{self.database}")

    def now(self) -> dt.datetime:
        """The office's instant."""
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=float(self.ask(SHIFT)[0][0]))

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Put one question to the database file."""
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30)
        try:
            return connection.execute(statement, values).fetchall()
        finally:
            connection.close()

    def count(self, of_what: str, *values: object) -> int:
        return int(self.ask(f"SELECT count(*) FROM {of_what}", *values)[0][0])  # noqa: S608 - a test's own words

    def temporal_address(self) -> str:
        ports = json.loads((self.data / "run" / "ports.json").read_text(encoding="utf-8"))
        return str(ports["temporal_address"])

    def settled(self) -> bool:
        """Whether nothing is on its way: no start, no command, no moment."""
        a_moment_ago = (self.now() - dt.timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return (
            self.count("command WHERE state = 'pending'") == 0
            and self.count("directive WHERE awaiting_start") == 0
            and self.count(f"directive WHERE next_at < ? AND status NOT IN {CLOSED}", a_moment_ago) == 0
        )

    def wait_until_settled(self, seconds: float = 150) -> float:
        """Wait until nothing is on its way; the judge says what never came. Returns the seconds it took."""
        start = time.monotonic()
        with contextlib.suppress(AssertionError):
            until(self.settled, seconds)
        return time.monotonic() - start

    # --- Hurting it ------------------------------------------------------------------------------------------

    def kill(self, part: str) -> int | None:
        """SIGKILL one part; its process, or None when it has none just now."""
        try:
            pid = int((self.data / "run" / f"{part}.pid").read_text())
            os.kill(pid, signal.SIGKILL)
        except (OSError, ValueError):
            return None
        return pid

    def ready(self, *, without: int | None = None) -> bool:
        """Whether every part has a process, another one than that which was killed, and answers."""
        pids = self.dondoc.pids()
        if not {*PARTS} <= set(pids) or without in pids.values():
            return False
        said = self.data / "run" / "worker.ready"
        is_ready = said.exists() and said.read_text().strip() == str(pids["worker"])
        host, _, port = self.temporal_address().rpartition(":")
        return is_ready and listens(host, int(port)) and listens("127.0.0.1", self.dondoc.port)

    # --- Judging it ------------------------------------------------------------------------------------------

    def verdict(self, logs: Iterable[Path] = (), *, mails_complete: bool = True) -> Verdict:
        """Bring a copy of the database, taken in one instant, before the judge, and the board with it."""
        mails_before = message_ids(self.data / "mail")
        evidence = self.folder / f"evidence-{time.monotonic_ns()}.db"
        living, copy = sqlite3.connect(self.database, timeout=30), sqlite3.connect(evidence)
        living.backup(copy)
        as_of = self.now()
        living.close()
        copy.close()
        return judge(
            read_evidence(evidence, logs, self.data / "mail", mails_before),
            self.rules,
            as_of,
            registered=self.registered,
            mails_complete=mails_complete,
        )

    def judged(self, logs: Sequence[Path] = (), *, mails_complete: bool = True) -> Verdict:
        """Wait until all is quiet and have everything looked at: by the judge, by `verify`, by `reconcile`."""
        self.wait_until_settled()
        verdict = self.verdict(logs, mails_complete=mails_complete)
        assert not verdict.faults, str(verdict)
        assert self.dondoc.json("verify")["broken"] == []
        until(lambda: self.differences() == [], SWEPT_SECONDS)
        return verdict

    def differences(self) -> list[Any]:
        """What `dondoc reconcile` finds."""
        told = self.dondoc.run("reconcile", "--json")
        assert told.returncode in (0, 1), told.stderr
        if not told.stdout:  # one sentence, as when Temporal was being restarted in this moment
            return [told.stderr]
        return list(json.loads(told.stdout)["differences"])


SHIFT = "SELECT coalesce((SELECT value FROM setting WHERE name = 'clock_shift'), '0')"


def listens(host: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((host, port), 0.5):
        return True
    return False


@pytest.fixture
def figure(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Callable[..., None]:
    """Say a figure to whoever runs the tests; it is measured, never asserted."""

    def say(name: str, value: object) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n[{request.node.name[:60]}] {name}: {value}\n")
            sys.stdout.flush()

    return say
