"""An office for tests of services and shell: a real SQLite in a data folder, its clock, its one door, `dondoc`."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
from builders import a_registration, local
from databases import fresh_database, lift_guards
from sqlalchemy import text
from typer.testing import CliRunner

from activities.commit import Door
from database.engine import reading, writing
from database.ledger import last_row
from database.reference import write_setting
from database.snapshots import read_directive
from documents.language import Language
from models import commands as c
from models.calendar import local_day
from models.directive import Directive
from models.engine import CommitRequest, Draft
from models.life import decide
from services.office import Office
from shell.context import Shell
from shell.failures import told


@dataclass
class Told:
    """What a call of `dondoc` ended with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Desk:
    """One office, its data folder, and everything that a test does to it. The clock stands where the test says."""

    data: Path
    office: Office
    door: Door = field(init=False)

    def __post_init__(self) -> None:
        self.door = Door(self.office.engine, self.office.references)

    @classmethod
    def copied(cls, seeded_database: Path, data: Path) -> "Desk":
        data.mkdir(parents=True, exist_ok=True)
        return cls(data, Office.at(fresh_database(seeded_database, data), 2.0))

    def time_is(self, when: str) -> "Desk":
        """Set the office's clock."""
        shift = (local(when) - dt.datetime.now(dt.UTC)).total_seconds()
        with writing(self.office.engine) as connection:
            write_setting(connection, "clock_shift", str(shift))
        self.office.references._reference = None
        return self

    def act(self, code: str, command: c.Command, person: str, when: str, command_id: str | None = None) -> None:
        """Give a command as a person at an instant, through the one door."""
        now = local(when)
        with reading(self.office.engine) as connection:
            directive = read_directive(connection, code)
            actor = self.office.reference(connection).directory.actor(person, local_day(now))
        drafts = tuple(
            Draft(event=event, actor=person, command_id=command_id or f"{code}-{when}", part=part)
            for part, event in enumerate(decide(directive, command, actor, now))
        )
        self._commit(code, drafts, now)

    def register(self, code: str, when: str, **changes: object) -> None:
        """Register a directive that Sở Y tế leads, without a deadline unless one is given."""
        self.act(code, a_registration(**{"coordinating_agencies": (), "deadline": None, **changes}), "vanthu", when)

    def tell(self, code: str, when: str) -> None:
        """Tell the moments of a directive that are due at an instant, as its timer would."""
        self._commit(code, (), local(when))

    def _commit(self, code: str, drafts: tuple[Draft, ...], now: dt.datetime) -> None:
        with reading(self.office.engine) as connection:
            seq, last_hash = last_row(connection, code)
        self.door.commit(CommitRequest(directive=code, after_seq=seq, after_hash=last_hash, now=now, drafts=drafts))

    def directive(self, code: str) -> Directive:
        with reading(self.office.engine) as connection:
            found = read_directive(connection, code)
        assert found is not None
        return found

    def sql(self, *statements: str) -> None:
        """Change the database by hand, past every rule."""
        with writing(self.office.engine) as connection:
            for statement in statements:
                connection.execute(text(statement))

    def tamper(self, *statements: str) -> None:
        """Change the ledger by hand, as somebody does who takes its guards away first."""
        with writing(self.office.engine) as connection:
            lift_guards(connection)  # and be the superuser, on PostgreSQL
            for statement in statements:
                connection.execute(text(statement))

    def dondoc(self, subject: ModuleType, *words: str, language: Language = Language.VI) -> Told:
        """Run a command of one subject of the shell, in this process."""
        url = self.office.engine.url.render_as_string(hide_password=False)
        return run_dondoc(subject, self.data, *words, language=language, database_url=url)


def run_dondoc(
    subject: ModuleType, data: Path, *words: str, language: Language = Language.VI, database_url: str = ""
) -> Told:
    """Run a command of one subject of the shell on a data folder, told as `cli.py` tells it."""
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
    shell = Shell(data=data, language=language)

    @app.callback()
    def prepare(ctx: typer.Context) -> None:
        ctx.obj = shell

    subject.add_to(app, language)
    result = CliRunner().invoke(app, list(words), env={"DONDOC_DATABASE_URL": database_url})
    try:
        problem = result.exception
        if problem is None or isinstance(problem, SystemExit):
            return Told(result.exit_code, result.stdout, result.stderr)
        line = told(problem, shell)
        if line is None:
            raise problem
        return Told(1, result.stdout, result.stderr + line + "\n")
    finally:
        if "office" in vars(shell):
            shell.office.engine.dispose()


@pytest.fixture
def desk(seeded_database: Path, tmp_path: Path) -> Iterator[Desk]:
    """An office on Wednesday 4 March 2026, 10:00, with the shipped directory, calendar and policy."""
    desk = Desk.copied(seeded_database, tmp_path / "data").time_is("Wed 2026-03-04 10:00")
    yield desk
    desk.office.engine.dispose()
