"""What the stores hold after the year, read as plain rows: no rule of the engine is asked what they mean."""

import datetime as dt
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from sqlalchemy import Connection, func, select

from models.tables import CALENDAR_DAY, COMMAND, DELIVERY, LEDGER, MAIL, POLICY_VERSION
from models.timeliness import Figures

MOMENT: Final = "moment_reached"

Announced = dict[dt.date, bool]


@dataclass(frozen=True)
class Fact:
    """One row of the history of one directive, as `dondoc history --json` shows it."""

    directive: str
    seq: int
    at: dt.datetime
    kind: str
    data: dict[str, Any]

    def shown(self) -> dict[str, Any]:
        """The row as a dictionary."""
        return {"seq": self.seq, "at": self.at, "kind": self.kind, "data": self.data}


@dataclass(frozen=True, order=True)
class Told:
    """One moment that was told, or merged into a higher one that passed as well."""

    directive: str
    planned_at: dt.datetime
    clock: str
    run: int
    step: str
    level: int
    at: dt.datetime
    outcome: str
    recipients: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What people would call it."""
        return f"{self.directive}: {self.clock} {self.step} ({self.run})"

    @property
    def lateness(self) -> dt.timedelta:
        """How long after its planned instant it was told."""
        return self.at - self.planned_at


@dataclass(frozen=True)
class MonthEnd:
    """The board at the end of a month, as the engine counts it: figures in all, and by group on each axis."""

    instant: dt.datetime
    in_all: Figures
    by: dict[str, dict[str | None, Figures]]


@dataclass(frozen=True)
class Mails:
    """What left the house: mails by the database, files in the folder, and what became of each notice's delivery."""

    sent: int
    digests: int
    files: int
    deliveries: dict[str, int]
    unsent: int
    """What should have left by the end and did not."""


@dataclass(frozen=True)
class History:
    """Everything that the checks look at."""

    facts: dict[str, list[Fact]]
    told: list[Told]
    policies: list[tuple[dt.datetime, dict[str, Any]]]
    calendar: Announced
    mails: Mails
    commands: dict[str, int]


def read_history(connection: Connection, mail_folder: Path, until: dt.datetime) -> History:
    """Read what the year left behind, directive by directive, in the order of recording.

    Args:
        until: the end of the year; what may leave later may wait.
    """
    facts: dict[str, list[Fact]] = {}
    told = []
    for row in connection.execute(select(LEDGER).order_by(LEDGER.c.directive, LEDGER.c.seq)):
        data = json.loads(row.data)
        facts.setdefault(row.directive, []).append(Fact(row.directive, row.seq, row.at, row.kind, data))
        if row.kind == MOMENT:
            told.append(
                Told(
                    directive=row.directive,
                    planned_at=row.planned_at,
                    clock=data["clock"],
                    run=data["run"],
                    step=data["step"],
                    level=data["level"],
                    at=row.at,
                    outcome=data["outcome"],
                    recipients=tuple(one["person"] for one in data["recipients"]),
                )
            )
    policies = [
        (row.since, yaml.safe_load(row.text))
        for row in connection.execute(select(POLICY_VERSION).order_by(POLICY_VERSION.c.version))
    ]
    calendar = {row.day: bool(row.working) for row in connection.execute(select(CALENDAR_DAY))}
    commands = Counter({row.state: row.number for row in connection.execute(_by_state(COMMAND.c.state))})
    return History(facts, told, policies, calendar, _read_mails(connection, mail_folder, until), dict(commands))


def _by_state(column: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's own types say no more
    return select(column.label("state"), func.count().label("number")).group_by(column)


def _read_mails(connection: Connection, folder: Path, until: dt.datetime) -> Mails:
    sent = connection.execute(select(MAIL.c.digest).where(MAIL.c.state == "sent")).all()
    composed = select(func.count()).select_from(MAIL).where(MAIL.c.state != "sent")
    pending = select(func.count()).select_from(DELIVERY)
    pending = pending.where(DELIVERY.c.state == "pending", DELIVERY.c.due_at <= until)
    return Mails(
        sent=len(sent),
        digests=sum(1 for row in sent if row.digest),
        files=sum(1 for _ in folder.rglob("*.eml")),
        deliveries={row.state: row.number for row in connection.execute(_by_state(DELIVERY.c.state))},
        unsent=connection.execute(composed).scalar_one() + connection.execute(pending).scalar_one(),
    )
