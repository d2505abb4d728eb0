"""DONDOC_CLOCK at `up`: the first sets the office's clock, a later one moves it on, none puts it back."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from dondoc_command import Dondoc, until
from office_fixture import Desk

from database.engine import reading
from database.reference import read_setting
from embedded.plan import Plan
from embedded.renewal import ASIDE, STORE, rebuild_is_due
from shell.shifted_clock import SETTING, shift_clock

HOUR = dt.timedelta(hours=1)
WORK = "2026-11-25T15:00:00+07:00"
NEXT_MORNING = "2026-11-26T08:00:05+07:00"


@pytest.fixture
def office(seeded_database: Path, tmp_path: Path) -> Iterator[Desk]:
    """An office that has not run yet."""
    new = Desk.copied(seeded_database, tmp_path / "data")
    yield new
    new.office.engine.dispose()


def shift_of(desk: Desk) -> str | None:
    with reading(desk.office.engine) as connection:
        return read_setting(connection, SETTING)


@pytest.fixture
def plan(office: Desk) -> Plan:
    (office.data / "run").mkdir()
    return Plan(data_dir=office.data, web_port=8000, temporal_binary=Path("temporal"))


def test_the_first_clock_is_taken_as_it_is(office: Desk, plan: Plan) -> None:
    shift_clock(office.office, plan, -HOUR)

    assert shift_of(office) == "-3600.0"
    assert not rebuild_is_due(plan.run_dir)


def test_a_later_clock_moves_on_and_every_directive_is_started_again_under_it(office: Desk, plan: Plan) -> None:
    shift_clock(office.office, plan, HOUR)
    (office.data / STORE).write_text("timers of the old clock")

    shift_clock(office.office, plan, 2 * HOUR)

    assert shift_of(office) == "7200.0"
    assert rebuild_is_due(plan.run_dir)
    assert not (office.data / STORE).exists()
    assert (office.data / ASIDE).exists()


@pytest.mark.parametrize("offset", [-HOUR, dt.timedelta(), HOUR, HOUR + dt.timedelta(milliseconds=900)])
def test_an_earlier_clock_and_the_same_one_change_nothing(office: Desk, plan: Plan, offset: dt.timedelta) -> None:
    shift_clock(office.office, plan, HOUR)
    (office.data / STORE).write_text("timers")

    shift_clock(office.office, plan, offset)

    assert shift_of(office) == "3600.0"
    assert (office.data / STORE).read_text() == "timers"
    assert not rebuild_is_due(plan.run_dir)


def test_an_office_that_ran_by_the_true_clock_can_be_moved_on_but_not_back(office: Desk, plan: Plan) -> None:
    (office.data / STORE).write_text("timers")

    shift_clock(office.office, plan, -HOUR)
    assert (shift_of(office), rebuild_is_due(plan.run_dir)) == (None, False)

    shift_clock(office.office, plan, HOUR)
    assert (shift_of(office), rebuild_is_due(plan.run_dir)) == ("3600.0", True)


def test_under_a_temporal_that_is_not_ours_the_first_clock_stays(office: Desk) -> None:
    foreign = Plan(data_dir=office.data, web_port=8000, temporal_address="127.0.0.1:7233")
    shift_clock(office.office, foreign, HOUR)

    shift_clock(office.office, foreign, 2 * HOUR)

    assert shift_of(office) == "3600.0"


@pytest.fixture
def dondoc(tmp_path: Path) -> Iterator[Dondoc]:
    running = Dondoc(tmp_path / "data", {"DONDOC_CLOCK": WORK})
    running.up()
    yield running
    running.down()


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_falls_due_between_two_clocks_is_told_after_the_second_up(dondoc: Dondoc) -> None:
    dondoc("register", "--code", "NV-1", "--content", "Báo cáo", "--lead", "Sở Y tế", "--deadline", "25/11/2026")
    assert dondoc.json("status", "NV-1")["timeliness"] == "due_soon"
    (planned,) = {one["at"] for one in dondoc.json("next", "NV-1") if one["at"] <= "2026-11-26T02"}
    dondoc.down()

    dondoc.environment["DONDOC_CLOCK"] = NEXT_MORNING
    dondoc.up()

    assert dondoc.json("status", "NV-1")["timeliness"] == "overdue"
    until(lambda: [row for row in dondoc.json("history", "NV-1") if row["planned_at"]], 120)
    told = [row for row in dondoc.json("history", "NV-1") if row["planned_at"]]
    assert {row["planned_at"] for row in told} == {planned} == {"2026-11-26T01:00:00Z"}
    links = f"http://127.0.0.1:{dondoc.port}/directives/NV-1"
    assert all(links in notice["text"] for notice in dondoc.json("inbox", "truong.syt"))
    until(lambda: dondoc.json("reconcile")["differences"] == [], 60)
