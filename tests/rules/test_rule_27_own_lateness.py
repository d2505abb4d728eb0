"""RULES 27: the engine measures its own lateness; a metric and doctor say by how much, cheaply enough to stay on."""

import datetime as dt

import pytest
from builders import a_deadline, local
from databases import sqlite_only
from office_fixture import Desk
from sqlalchemy import insert, select, text
from standing_office import counted_statements

from activities.clock_guard import ClockGuard
from database.engine import reading, writing
from database.measures import RECENT_MOMENTS, measure
from documents.language import Language
from models import commands as c
from models.tables import LEDGER
from services.doctor import Check, work_checks
from web.health import Machine
from web.metrics import OfficeCollector


def metric(desk: Desk, name: str) -> float:
    """One figure of a scrape."""
    for family in OfficeCollector(desk.office, Machine(ClockGuard())).collect():
        if family.name == name:
            return float(family.samples[0].value)
    raise AssertionError(name)


def doctor(desk: Desk) -> Check:
    with reading(desk.office.engine) as connection:
        checks = work_checks(connection, desk.office.reference(connection), desk.office.now())
        return next(one for one in checks if one.name == "moments")


def measured(desk: Desk, now: str) -> tuple[float, float]:
    """By how much the latest was told late, and by how much what is untold is late."""
    with reading(desk.office.engine) as connection:
        found = measure(connection, local(now))
    return found.told_late, found.untold_late


@pytest.mark.parametrize(
    ("told", "late"),
    [
        ("Tue 2026-03-03 08:00", 0.0),
        ("Tue 2026-03-03 08:00:00.250", 0.25),
        ("Tue 2026-03-03 08:00:59", 59.0),
        ("Tue 2026-03-03 09:30", 5_400.0),
        ("Wed 2026-03-04 07:00", 82_800.0),  # the engine was away for a night
    ],
)
def test_rule_27_the_metric_says_by_how_much_the_latest_moment_was_told_late(
    desk: Desk, told: str, late: float
) -> None:
    desk.register("A-1", "Mon 2026-03-02 09:00")

    desk.tell("A-1", told)

    assert measured(desk, "Wed 2026-03-04 07:00") == (late, 0.0)
    assert metric(desk, "dondoc_moment_told_late_seconds") == late


def test_rule_27_a_moment_that_nobody_has_told_grows_later_until_it_is_told(desk: Desk) -> None:
    desk.register("A-1", "Mon 2026-03-02 09:00")

    before = [
        measured(desk, now)[1] for now in ("Tue 2026-03-03 08:00", "Tue 2026-03-03 08:00:30", "Wed 2026-03-04 08:00")
    ]
    desk.tell("A-1", "Wed 2026-03-04 07:59")
    after = measured(desk, "Wed 2026-03-04 07:59:30")

    assert before == [0.0, 30.0, 86_400.0]
    assert after == (86_340.0, 0.0)


def test_rule_27_merged_moments_after_an_outage_are_measured_by_the_oldest_of_them(desk: Desk) -> None:
    desk.register("A-1", "Mon 2026-03-02 09:00", deadline=a_deadline("2026-03-06", "Friday"))

    desk.tell("A-1", "Thu 2026-03-05 08:00:10")  # −3 of Tuesday, the acknowledgement's steps, −1 of Thursday

    assert measured(desk, "Thu 2026-03-05 09:00")[0] == 2 * 86_400 + 10


def test_rule_27_acts_of_people_are_never_late_however_long_after_anything(desk: Desk) -> None:
    desk.register("A-1", "Mon 2026-03-02 09:00")
    desk.tell("A-1", "Tue 2026-03-03 08:00")
    desk.act("A-1", c.Acknowledge(), "truong.syt", "Tue 2026-03-03 16:00")

    assert measured(desk, "Tue 2026-03-03 17:00") == (0.0, 0.0)


def test_rule_27_lateness_of_long_ago_is_forgotten_after_a_thousand_moments(desk: Desk) -> None:
    desk.register("A-1", "Mon 2026-03-02 09:00")
    desk.tell("A-1", "Wed 2026-03-04 08:00")
    with reading(desk.office.engine) as connection:
        last = connection.execute(select(LEDGER).order_by(LEDGER.c.id.desc()).limit(1)).one()
    late = measured(desk, "Wed 2026-03-04 09:00")[0]

    on_time = [
        {**last._mapping, "id": last.id + 1 + number, "directive": f"B-{number}", "moment": f"m{number}",
         "at": local("Wed 2026-03-04 08:00"), "planned_at": local("Wed 2026-03-04 08:00")}
        for number in range(RECENT_MOMENTS)
    ]  # fmt: skip
    with writing(desk.office.engine) as connection:
        connection.execute(insert(LEDGER), on_time)

    assert late > 0
    assert measured(desk, "Wed 2026-03-04 09:00")[0] == 0.0


def test_rule_27_doctor_says_by_how_much_the_latest_moment_was_told_late(desk: Desk) -> None:
    desk.register("A-1", "Mon 2026-03-02 09:00")

    desk.time_is("Tue 2026-03-03 09:00")
    untold = doctor(desk)
    desk.tell("A-1", "Tue 2026-03-03 09:00:05")
    told = doctor(desk)

    assert not untold.ok
    assert "A-1" in untold.said.explain(Language.VI)
    assert told.ok
    assert "08:00 03/03/2026, được nhắc sau 3605 giây" in told.said.explain(Language.VI)
    assert "3605" in told.said.explain(Language.EN)


def test_rule_27_a_directive_that_waits_for_its_start_is_not_the_clocks_lateness(desk: Desk) -> None:
    desk.register("A-1", "Mon 2026-03-02 09:00")
    desk.sql("UPDATE directive SET awaiting_start = TRUE")

    assert measured(desk, "Wed 2026-03-04 09:00") == (0.0, 0.0)


def test_rule_27_measuring_takes_as_many_statements_for_many_directives_as_for_few(desk: Desk) -> None:
    def statements() -> int:
        with counted_statements(desk.office.engine) as seen, reading(desk.office.engine) as connection:
            measure(connection, local("Wed 2026-03-04 09:00"))
        return len(seen)

    desk.register("A-0", "Mon 2026-03-02 09:00")
    desk.tell("A-0", "Tue 2026-03-03 08:00")
    few = statements()
    for number in range(1, 30):
        desk.register(f"A-{number}", "Mon 2026-03-02 09:00")
        desk.tell(f"A-{number}", "Tue 2026-03-03 08:00")

    assert statements() == few <= 12


@sqlite_only
def test_rule_27_measuring_reads_the_end_of_the_ledger_and_never_the_whole_of_it(desk: Desk) -> None:
    """So that it can stay on for years: the plans of all statements on the ledger begin at its end."""
    desk.register("A-1", "Mon 2026-03-02 09:00")
    desk.tell("A-1", "Tue 2026-03-03 08:00")
    with counted_statements(desk.office.engine) as seen, reading(desk.office.engine) as connection:
        measure(connection, local("Wed 2026-03-04 09:00"))
    on_the_ledger = [one for one in seen if "FROM ledger" in one]

    plans = []
    with reading(desk.office.engine) as connection:
        for statement in on_the_ledger:
            filled = statement.replace("?", "1")
            plans += [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {filled}"))]

    assert len(on_the_ledger) == 2
    assert all("INTEGER PRIMARY KEY" in plan or plan == "SEARCH ledger" for plan in plans), plans


def test_rule_27_a_scrape_answers_with_both_figures(desk: Desk) -> None:
    desk.register("A-1", "Mon 2026-03-02 09:00")
    desk.tell("A-1", "Tue 2026-03-03 08:00:04")
    desk.time_is("Wed 2026-03-04 08:00:00")

    told = metric(desk, "dondoc_moment_told_late_seconds")
    untold = metric(desk, "dondoc_moment_untold_late_seconds")

    assert told == 4.0
    assert 0 <= untold < dt.timedelta(minutes=1).total_seconds()
