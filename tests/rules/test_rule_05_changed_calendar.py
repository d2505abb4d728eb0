"""RULES 5: a changed calendar is used by every process at its next question and replans what is open."""

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest
from builders import a_deadline, clock_face, day, local
from office_fixture import Desk
from sqlalchemy import select
from temporalio.testing import ActivityEnvironment

from activities.catching_up import Behind
from activities.sweep import Sweep
from database.engine import reading, writing
from database.reference import CALENDAR, ReferenceCache, raise_revision, write_calendar_days
from models import commands as c
from models.calendar import CalendarRow, expand_off
from models.directive import SourceDocument
from models.engine import CommandEnvelope
from models.tables import DIRECTIVE
from models.timeliness import due_soon_at
from services.office_calendar import make_working, take_back, take_off

ROOT = Path(__file__).parents[2]

CHILD = """
import datetime as dt, json, os, sys
from activities.commit import Door
from database.engine import reading
from database.ledger import last_row
from models.engine import CommitRequest
from services.office import Office

office = Office.at(sys.argv[1])
door = Door(office.engine, office.references)
for line in sys.stdin:
    asked = json.loads(line)
    reference = office.reference()
    if "day" in asked:
        answer = {"working": reference.calendar.is_working(dt.date.fromisoformat(asked["day"])), "plan": reference.plan}
    else:
        with reading(office.engine) as connection:
            seq, last = last_row(connection, asked["tell"])
        now = dt.datetime.fromisoformat(asked["at"])
        result = door.commit(CommitRequest(directive=asked["tell"], after_seq=seq, after_hash=last, now=now))
        answer = {"told": [row.event.step for row in result.rows]}
    print(json.dumps({**answer, "pid": os.getpid()}), flush=True)
"""


@dataclass
class OtherProcess:
    """Another process on the same database, which has asked before and keeps what it read."""

    process: subprocess.Popen[str]

    def ask(self, **question: str) -> dict[str, Any]:
        asked, answered = self.process.stdin, self.process.stdout
        assert asked is not None
        assert answered is not None
        asked.write(json.dumps(question) + "\n")
        asked.flush()
        return dict(json.loads(_line(answered)))

    def works_on(self, text: str) -> bool:
        return bool(self.ask(day=text)["working"])


def _line(stream: IO[str]) -> str:
    line = stream.readline()
    assert line, "the other process ended"
    return line


@pytest.fixture(scope="module")
def shared(seeded_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One office for the tests with another process, whose start is what takes time."""
    desk = Desk.copied(seeded_database, tmp_path_factory.mktemp("shared") / "data").time_is("Wed 2026-03-04 10:00")
    yield desk
    desk.office.engine.dispose()


@pytest.fixture(scope="module")
def other(shared: Desk) -> Iterator[OtherProcess]:
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, shared.office.engine.url.render_as_string(hide_password=False)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        yield OtherProcess(process)
        assert process.stdin is not None
        process.stdin.close()


def test_rule_05_another_process_uses_each_change_at_its_next_question_with_no_restart(
    shared: Desk, other: OtherProcess
) -> None:
    thursday, saturday = "2026-06-04", "2026-06-13"
    first = other.ask(day=thursday)
    assert first["working"]
    assert not other.works_on(saturday)

    take_off(shared.office, day(thursday, "Thursday"), day(thursday, "Thursday"), "Bão", "1/CĐ", "vanthu")
    assert not other.works_on(thursday)
    make_working(shared.office, day(saturday, "Saturday"), "Làm bù", "2/CĐ", "vanthu")
    assert other.works_on(saturday)
    take_back(shared.office, day(thursday, "Thursday"), "vanthu")
    last = other.ask(day=thursday)

    assert last["working"]
    assert last["plan"] != first["plan"], "every change gives open directives another plan"
    assert last["pid"] == first["pid"]


def test_rule_05_a_process_that_tells_moments_does_so_by_the_calendar_that_another_one_changed_a_moment_ago(
    shared: Desk, other: OtherProcess
) -> None:
    shared.register("A-1", "Mon 2026-03-02 09:00", deadline=a_deadline("2026-03-20", "Friday"))
    assert other.works_on("2026-03-11")  # it has read the calendar

    # Storm: the Wednesday on which "-7" stood is declared off, so "-7" now stands on the Tuesday before.
    take_off(shared.office, dt.date(2026, 3, 11), dt.date(2026, 3, 11), "Bão", "1/CĐ", "vanthu")
    told = other.ask(tell="A-1", at=local("Tue 2026-03-10 08:00").isoformat())["told"]

    assert "-7" in told


@dataclass
class ThroughTheDoor:
    """Replans as a workflow does that a sweep wakes: through the one door, with nothing of its own to record."""

    desk: Desk
    now: str
    replanned: list[str]

    async def start(self, registration: CommandEnvelope) -> None:
        raise AssertionError(registration.directive)

    async def send(self, envelope: CommandEnvelope) -> None:
        raise AssertionError(envelope.directive)

    async def replan(self, code: str, plan: str) -> None:
        assert plan == self.desk.office.reference().plan
        self.replanned.append(code)
        self.desk.tell(code, self.now)

    async def catch_up(self, behind: Behind) -> None:
        """No workflow is there that could lag behind its ledger."""


async def swept(desk: Desk, now: str) -> list[str]:
    """Let the sweep find what is planned under another calendar, and replan it."""
    failures: list[tuple[str, BaseException]] = []
    access = ThroughTheDoor(desk, now, [])
    sweep = Sweep(
        desk.office.engine, desk.office.references, access, lambda what, problem: failures.append((what, problem))
    )
    await ActivityEnvironment().run(sweep.sweep)
    assert failures == []
    return sorted(access.replanned)


def planned(desk: Desk) -> dict[str, tuple[str | None, str | None]]:
    """The next moment of each directive, and since when it is due soon."""
    with reading(desk.office.engine) as connection:
        rows = connection.execute(select(DIRECTIVE.c.code, DIRECTIVE.c.next_at, DIRECTIVE.c.due_soon_at)).all()
    return {
        row.code: (row.next_at and clock_face(row.next_at), row.due_soon_at and clock_face(row.due_soon_at))
        for row in rows
    }


async def test_rule_05_a_late_swap_replans_what_is_open_and_leaves_what_is_closed_alone(desk: Desk) -> None:
    """April 2024 again: on the 12th the Government swaps Monday 29 April for Saturday 4 May."""
    desk.sql("DELETE FROM calendar_day WHERE day IN ('2024-04-29', '2024-05-04')")
    desk.sql("UPDATE revision SET number = number + 1")
    deadline = a_deadline("2024-05-06", "Monday")
    document = SourceDocument(number="1234/UBND-KGVX", date=dt.date(2024, 4, 11))
    for code in ("OPEN", "CANCELLED"):
        desk.register(code, "Thu 2024-04-11 09:00", deadline=deadline, document=document)
        desk.tell(code, "Wed 2024-04-17 09:00")
    desk.act("CANCELLED", c.Cancel(reason="Thu hồi"), "chutich", "Wed 2024-04-17 10:00")
    before = planned(desk)
    desk.time_is("Wed 2024-04-17 11:00")

    make_working(desk.office, day("2024-05-04", "Saturday"), "Làm bù", "2450/VPCP-KGVX", "vanthu")
    take_off(desk.office, dt.date(2024, 4, 29), dt.date(2024, 4, 29), "Hoán đổi", "2450/VPCP-KGVX", "vanthu")
    first = await swept(desk, "Wed 2024-04-17 11:00")
    again = await swept(desk, "Wed 2024-04-17 11:01")
    after = planned(desk)

    assert (first, again) == (["OPEN"], []), "once, and nothing is left"
    assert before["OPEN"] == ("Tue 2024-04-23 08:00", "Mon 2024-04-29 00:00")
    assert after["OPEN"] == ("Tue 2024-04-23 08:00", "Thu 2024-05-02 00:00")
    assert after["CANCELLED"] == before["CANCELLED"]
    calendar = desk.office.reference().calendar
    assert clock_face(due_soon_at(deadline.day, calendar)) == after["OPEN"][1]


async def test_rule_05_a_changed_calendar_moves_the_next_moment_of_every_open_directive(desk: Desk) -> None:
    deadlines = {"A-16": "2026-03-16", "A-18": "2026-03-18", "A-20": "2026-03-20", "A-27": "2026-03-27"}
    for code, text in deadlines.items():
        desk.register(code, "Mon 2026-03-02 09:00", deadline=a_deadline(text))
        desk.tell(code, "Thu 2026-03-05 09:00")
    before = planned(desk)

    take_off(desk.office, day("2026-03-10", "Tuesday"), day("2026-03-13", "Friday"), "Bão", "1/CĐ", "vanthu")
    replanned = await swept(desk, "Thu 2026-03-05 10:00")

    assert replanned == list(deadlines)
    assert {code: moments[0] for code, moments in before.items()} == {
        "A-16": "Wed 2026-03-11 08:00",  # −3
        "A-18": "Mon 2026-03-09 08:00",  # −7
        "A-20": "Wed 2026-03-11 08:00",  # −7
        "A-27": "Wed 2026-03-18 08:00",  # −7
    }
    assert {code: moments[0] for code, moments in planned(desk).items()} == {
        "A-16": "Mon 2026-03-09 08:00",  # −1; −3 stands on the 5th now and was told at once
        "A-18": "Mon 2026-03-09 08:00",  # −3
        "A-20": "Tue 2026-03-17 08:00",  # −3
        "A-27": "Wed 2026-03-18 08:00",  # −7, beyond the storm
    }


def test_rule_05_a_change_that_was_rolled_back_never_counts_though_the_next_change_takes_its_revision(
    desk: Desk,
) -> None:
    ours, theirs = ReferenceCache(), ReferenceCache()
    thursday, friday = day("2026-06-04", "Thursday"), day("2026-06-05", "Friday")

    def change_and_regret() -> None:
        with writing(desk.office.engine) as connection:
            write_calendar_days(connection, expand_off(thursday, thursday, "Nhầm"))
            assert not ours.get(connection).calendar.is_working(thursday), "it sees its own change"
            raise RuntimeError("đổi ý")

    with pytest.raises(RuntimeError, match="đổi ý"):
        change_and_regret()
    with writing(desk.office.engine) as connection:
        write_calendar_days(connection, (CalendarRow(day=friday, working=False, reason="Bão"),))

    for cache in (ours, theirs):
        with reading(desk.office.engine) as connection:
            calendar = cache.get(connection).calendar
        assert calendar.is_working(thursday)
        assert not calendar.is_working(friday)


def test_rule_05_a_question_costs_nothing_while_nothing_changes(desk: Desk) -> None:
    cache = ReferenceCache()
    with reading(desk.office.engine) as connection:
        first = cache.get(connection)
    with reading(desk.office.engine) as connection:
        again = cache.get(connection)
    with writing(desk.office.engine) as connection:
        raise_revision(connection, CALENDAR)
    with reading(desk.office.engine) as connection:
        changed = cache.get(connection)

    assert again is first
    assert changed is not first
    assert changed.calendar == first.calendar
