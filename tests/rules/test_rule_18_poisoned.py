"""RULES 18: one directive whose data break the code delays no other, and is named in doctor."""

import asyncio
from dataclasses import dataclass, field

import pytest
from builders import a_deadline, clock_face, local
from office_fixture import Desk
from temporalio.testing import ActivityEnvironment

from activities.catching_up import Behind
from activities.sweep import Sweep
from database.engine import reading
from database.figures import Filter
from database.ledger import read_rows
from database.reference import write_calendar_days
from database.seed_data import read_calendar_file
from documents.language import Language
from models import commands as c
from models.calendar import CalendarRow
from models.engine import CommandEnvelope
from models.events import MomentReached
from services.asking import board, list_directives
from services.doctor import guarded, work_checks
from services.doctor_office import office_checks
from services.reconciling import rebuild_snapshots
from services.succession import carry_out, plan

CODES = ("NV-1", "NV-2", "NV-3")
POISON = "NV-2"
FOREIGN_ROW = """
    INSERT INTO ledger (directive, seq, at, kind, actor, part, data, previous_hash, hash)
    SELECT directive, seq + 1, at, 'unheard_of', 'engine', 0, '{"foreign"\\: 1}', hash, 'ff' FROM ledger
    WHERE directive = 'NV-2' ORDER BY seq DESC LIMIT 1
"""
"""A row of a kind that this release does not know, as a newer release or a stranger writes it."""

BROKEN_ROW = """UPDATE ledger SET data = '{"agency"\\: [1, 2]}' WHERE directive = 'NV-2' AND seq = 2"""
BROKEN_SNAPSHOT = """UPDATE directive SET state = '{"code"\\: "NV-2"}' WHERE code = 'NV-2'"""


@pytest.fixture
def office(desk: Desk) -> Desk:
    """Three directives of Sở Y tế, due on Tuesday 10 March, acknowledged; the engine knows of no poison yet."""
    for minute, code in enumerate(CODES):
        desk.register(code, f"Mon 2026-03-02 09:0{minute}", deadline=a_deadline("2026-03-10", "Tuesday"))
        desk.act(code, c.Acknowledge(), "truong.syt", f"Mon 2026-03-02 10:0{minute}")
    return desk


def told(desk: Desk, code: str) -> list[str]:
    with reading(desk.office.engine) as connection:
        return [
            f"{row.event.step} {clock_face(row.at)}"
            for row in read_rows(connection, code)
            if isinstance(row.event, MomentReached)
        ]


def findings(desk: Desk, when: str) -> dict[str, str]:
    """What doctor finds amiss, by the name of the check."""
    desk.time_is(when)
    with reading(desk.office.engine) as connection:
        reference = desk.office.reference(connection)
        checks = [
            *guarded("work", lambda: work_checks(connection, reference, local(when))),
            *guarded("office", lambda: office_checks(connection, reference, local(when))),
        ]
    return {one.name: one.said.explain(Language.VI) for one in checks if not one.ok}


# --- Through the door ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("poison", [FOREIGN_ROW, BROKEN_ROW], ids=["a foreign row", "a broken row"])
def test_rule_18_the_poisoned_one_stands_still_and_all_others_are_told_on_time(office: Desk, poison: str) -> None:
    office.tamper(poison)
    office.sql("UPDATE directive SET seq = 1 WHERE code = 'NV-2'")  # so that the door reads the ledger

    with pytest.raises(ValueError, match=r"unheard_of|agency"):
        office.tell(POISON, "Thu 2026-03-05 08:00")
    for code in ("NV-1", "NV-3"):
        office.tell(code, "Thu 2026-03-05 08:00")
        office.act(code, c.ReportProgress(text="Đang làm"), "truong.syt", "Thu 2026-03-05 09:00")

    assert told(office, "NV-1") == told(office, "NV-3") == ["-3 Thu 2026-03-05 08:00"]


def test_rule_18_a_broken_snapshot_does_not_stop_its_directive_for_the_ledger_holds_the_truth(office: Desk) -> None:
    office.sql(BROKEN_SNAPSHOT)

    office.tell(POISON, "Thu 2026-03-05 08:00")

    assert told(office, POISON) == ["-3 Thu 2026-03-05 08:00"]


# --- In the sweep ----------------------------------------------------------------------------------------------


@dataclass
class AtTheDoor:
    """The engine's clients, each of which goes through the real door."""

    desk: Desk
    failed: list[str] = field(default_factory=list)

    async def start(self, registration: CommandEnvelope) -> None:
        raise AssertionError(registration.directive)

    async def send(self, envelope: CommandEnvelope) -> None:
        raise AssertionError(envelope.directive)

    async def replan(self, code: str, plan: str) -> None:
        assert plan
        await asyncio.to_thread(self.desk.tell, code, "Thu 2026-03-05 08:00")

    async def catch_up(self, behind: Behind) -> None:
        """No workflow is there that could lag behind its ledger."""


async def test_rule_18_in_a_sweep_after_a_changed_calendar_the_others_are_replanned_and_the_poisoned_is_named(
    office: Desk,
) -> None:
    office.tamper(FOREIGN_ROW)
    with office.office.engine.begin() as connection:
        off = CalendarRow(day=local("2026-03-09 08:00").date(), working=False, reason="Nghỉ bão")
        write_calendar_days(connection, (off,))
    access = AtTheDoor(office)
    failures: dict[str, BaseException] = {}
    sweep = Sweep(office.office.engine, office.office.references, access, failures.__setitem__)

    done = await ActivityEnvironment().run(sweep.sweep)

    assert list(failures) == [f"replan {POISON}"], failures
    assert done == 2
    assert told(office, "NV-1") == told(office, "NV-3") == ["-3 Thu 2026-03-05 08:00"]
    assert await ActivityEnvironment().run(sweep.sweep) == 0  # the others need no second time


# --- On the board and in lists ---------------------------------------------------------------------------------


@pytest.mark.parametrize("poison", [FOREIGN_ROW, BROKEN_SNAPSHOT], ids=["a foreign row", "a broken snapshot"])
def test_rule_18_the_board_counts_all_and_adds_up(office: Desk, poison: str) -> None:
    office.tamper(poison)

    with reading(office.office.engine) as connection:
        found = board(connection, local("Wed 2026-03-11 09:00"))

    assert (found.figures.total, found.figures.overdue, found.by_status) == (3, 3, {"in_progress": 3})
    assert [(agency, figures.total) for agency, figures in found.by_agency] == [("SYT", 3)]


def test_rule_18_a_list_shows_the_others(office: Desk) -> None:
    office.sql(BROKEN_SNAPSHOT)

    with reading(office.office.engine) as connection:
        listed = [one.directive.code for one in list_directives(connection, Filter(), local("Wed 2026-03-11 09:00"))]

    assert listed == ["NV-1", "NV-3"]


def test_rule_18_rebuilding_the_snapshots_makes_the_others_and_names_the_poisoned(office: Desk) -> None:
    office.tamper(FOREIGN_ROW)

    assert rebuild_snapshots(office.office) == (2, [POISON])


# --- In doctor -------------------------------------------------------------------------------------------------


def test_rule_18_a_row_that_cannot_be_read_is_named_in_doctor(office: Desk) -> None:
    assert "data" not in findings(office, "Wed 2026-03-04 10:00")

    office.tamper(FOREIGN_ROW)

    found = findings(office, "Wed 2026-03-04 10:00")
    assert POISON in found["data"]
    assert "NV-1" not in found["data"]


def test_rule_18_a_broken_row_in_the_middle_is_named_once_its_moment_does_not_come(office: Desk) -> None:
    office.tamper(BROKEN_ROW)
    for code in ("NV-1", "NV-3"):
        office.tell(code, "Thu 2026-03-05 08:00")

    found = findings(office, "Thu 2026-03-05 08:05")

    assert POISON in found["data"]
    assert POISON in found["moments"]


def test_rule_18_a_broken_snapshot_hides_no_vacant_post_from_doctor(office: Desk) -> None:
    office.register("NV-9", "Mon 2026-03-02 11:00", lead_agency="STC", field=None, deadline=None)
    office.sql(
        BROKEN_SNAPSHOT.replace(POISON, "NV-1"),
        "UPDATE post SET valid_until = '2026-03-01' WHERE person = 'truong.stc'",
        "UPDATE revision SET number = number + 1 WHERE subject = 'directory'",
    )

    found = findings(office, "Wed 2026-03-04 10:00")

    assert "Thủ trưởng Sở Tài chính" in found["posts"]
    assert "office" not in found


# --- In a merger of agencies -----------------------------------------------------------------------------------


def test_rule_18_a_merger_moves_the_others_and_names_the_poisoned(office: Desk) -> None:
    office.tamper(BROKEN_ROW, BROKEN_SNAPSHOT)
    planned = plan(office.office, "SYT", "STP", (), "vanthu")

    outcome = asyncio.run(carry_out(office.office, None, planned, "vanthu", "Sắp xếp"))

    assert [one.code for one in planned.moving] == list(CODES)
    assert sorted(outcome.kept) == ["NV-1", "NV-3"]
    assert list(outcome.refused) == [POISON]


def test_rule_18_a_merger_moves_one_whose_snapshot_alone_is_broken(office: Desk) -> None:
    office.sql(BROKEN_SNAPSHOT)
    planned = plan(office.office, "SYT", "STP", (), "vanthu")

    outcome = asyncio.run(carry_out(office.office, None, planned, "vanthu", "Sắp xếp"))

    assert (sorted(outcome.kept), outcome.refused) == (list(CODES), {})


def test_rule_18_the_calendar_of_these_stories_is_the_shipped_one() -> None:
    assert read_calendar_file().to_calendar().is_working(local("2026-03-09 08:00").date())
