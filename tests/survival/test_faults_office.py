"""The calendar changes, or an agency is dissolved, while much is open, and everything is killed in the middle."""

import json
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import a_deadline, clock_face, day
from faults_office import Busy, ManyOpen, OnATerminal, all_kept_are_recorded, enter, from_json, many_open, until, when
from office_fixture import Desk
from office_on_trial import figure

from models.column_types import Instant

pytestmark = [pytest.mark.server, pytest.mark.slow]

__all__ = ["figure"]

THURSDAY, SATURDAY = day("2026-11-26", "Thursday"), day("2026-11-28", "Saturday")


# --- The calendar --------------------------------------------------------------------------------------------------


def three_kinds(desk: Desk, number: int) -> None:
    """A: due this Friday. B: due next Monday. C: due next Thursday. What fell due until Wednesday 9:00 was told."""
    for place in range(0, number, 3):
        enter(desk, f"A-{place}", deadline=a_deadline("2026-11-27", "Friday"), told=("2026-11-24 08:00",))
        enter(desk, f"B-{place}", deadline=a_deadline("2026-11-30", "Monday"), told=("2026-11-25 08:00",))
        enter(desk, f"C-{place}", deadline=a_deadline("2026-12-03", "Thursday"), told=("2026-11-24 08:00",))


NEXT_AFTER = {
    "plain": {"A": "Thu 2026-11-26 08:00", "B": "Fri 2026-11-27 08:00", "C": "Mon 2026-11-30 08:00"},
    "thursday off": {"A": "Fri 2026-11-27 08:00", "B": "Fri 2026-11-27 08:00", "C": "Mon 2026-11-30 08:00"},
    "saturday worked": {"A": "Fri 2026-11-27 08:00", "B": "Sat 2026-11-28 08:00", "C": "Mon 2026-11-30 08:00"},
}
"""By hand: with Thursday off, A's -1 lies on Wednesday 8:00 and is past; with Saturday worked, B's -1 lies there."""


def next_moments(office: ManyOpen) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in office.rows("SELECT code, next_at FROM directive"):
        instant = Instant().process_result_value(row.next_at, office.engine.dialect)
        assert instant is not None
        found.setdefault(row.code[0], set()).add(clock_face(instant))
    return found


def planned_otherwise(office: ManyOpen, plan_before: str) -> int:
    """How many are planned anew since the change."""
    return office.count("SELECT count(*) FROM directive WHERE plan <> :plan", plan=plan_before)


def only(expected: dict[str, str]) -> dict[str, set[str]]:
    return {kind: {instant} for kind, instant in expected.items()}


def change_the_calendar(office: ManyOpen, number: int, *, by_itself: bool = False) -> Busy:
    assert next_moments(office) == only(NEXT_AFTER["plain"])
    (plan,) = {row.plan for row in office.snapshots().values()}
    last = office.count("SELECT max(id) FROM ledger")
    busy = Busy(office.data, office.url, [f"C-{place}" for place in range(0, number, 3)])

    with busy.at_work():
        announcing = OnATerminal.start(
            office.dondoc, "calendar", "off", THURSDAY.isoformat(), "--reason", "Bão", "--as", "quantri"
        )
        when(lambda: planned_otherwise(office, plan) >= number // 3)
        office.dondoc.kill_all()
        announcing.kill()
        in_the_middle = planned_otherwise(office, plan)
        listed = office.dondoc("calendar", "list", "2026")
        office.dondoc.up()
        until(lambda: planned_otherwise(office, plan) == number, 360)

        assert number // 3 <= in_the_middle < number
        assert f"Còn {number - in_the_middle} nhiệm vụ chưa tính lại mốc" in listed
        until(lambda: next_moments(office) == only(NEXT_AFTER["thursday off"]), 60)

        code, said, shown = OnATerminal.start(
            office.dondoc, "calendar", "work", SATURDAY.isoformat(), "--reason", "Làm bù", "--as", "quantri"
        ).end()
    until(lambda: all_kept_are_recorded(office, busy), 90)

    assert code == 0
    assert f"{number} nhiệm vụ chưa xong sẽ tự được tính lại mốc" in said
    assert "Tính lại mốc" in shown
    assert f"{number}/{number}" in shown
    assert next_moments(office) == only(NEXT_AFTER["saturday worked"])
    told = office.rows(
        "SELECT directive, planned_at, data FROM ledger WHERE kind = 'moment_reached' AND id > :last ORDER BY id",
        last=last,
    )
    assert sorted(row.directive for row in told) == sorted(f"A-{place}" for place in range(0, number, 3))
    for row in told:
        planned = Instant().process_result_value(row.planned_at, office.engine.dialect)
        assert planned is not None
        assert clock_face(planned) == "Wed 2026-11-25 08:00"
        assert (json.loads(row.data)["step"], json.loads(row.data)["outcome"]) == ("-1", "told")
    owed = office.rows(
        "SELECT recipient, count(*) AS number FROM notice WHERE kind = 'moment' AND directive = 'A-0' GROUP BY 1"
    )
    assert {row.recipient: row.number for row in owed}["truong.syt"] == 1, "the head hears of -1, once"
    office.sound(by_itself=by_itself)
    return busy


def test_a_changed_calendar_replans_150_open_directives_though_everything_is_killed_in_the_middle(
    seeded_database: Path, tmp_path: Path
) -> None:
    with many_open(seeded_database, tmp_path, lambda desk: three_kinds(desk, 150)) as office:
        change_the_calendar(office, 150)


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_a_changed_calendar_replans_1320_open_directives_though_everything_is_killed_in_the_middle(
    seeded_database: Path, tmp_path: Path, figure: Callable[..., None]
) -> None:
    with many_open(seeded_database, tmp_path, lambda desk: three_kinds(desk, 1_320)) as office:
        busy = change_the_calendar(office, 1_320, by_itself=True)
    assert len(busy.seconds) >= 20
    figure("commands meanwhile", len(busy.seconds))
    figure("p95 of commands meanwhile, s", f"{statistics.quantiles(busy.seconds, n=20)[-1]:.2f}")


# --- An agency is dissolved ----------------------------------------------------------------------------------------


def of_one_agency(desk: Desk, number: int) -> None:
    """Two thirds are led by Sở Y tế, one third has it among the coordinating agencies."""
    for place in range(number):
        leads = place % 3 != 0
        enter(
            desk,
            f"NV-{place}",
            lead_agency="SYT" if leads else "SGDDT",
            coordinating_agencies=("STC",) if leads else ("SYT", "STC"),
            deadline=a_deadline("2026-12-04", "Friday"),
            told=("2026-11-25 08:00",),
        )


def dissolve(office: ManyOpen, number: int, *, by_itself: bool = False) -> None:
    """Kill the command at the first third, everything at the second; the rest goes on by itself.

    Args:
        by_itself: nobody gives the command again after the first third either.
    """
    words = ("directory", "succeed", "SYT", "STP", "--as", "quantri", "--reason", "NQ 12/NQ-HĐND")
    before = office.snapshots()
    shown = office.dondoc.json("directory", "succeed", "SYT", "STP", "--as", "quantri", "--dry-run")
    succeeding = OnATerminal.start(office.dondoc, *words)
    when(lambda: moved(office) >= number // 3)
    succeeding.kill()
    at_first_third = moved(office)
    restarted = None if by_itself else OnATerminal.start(office.dondoc, *words)
    when(lambda: moved(office) >= 2 * number // 3)
    office.dondoc.kill_all()
    at_second_third = moved(office)
    if restarted is not None:
        restarted.kill()
    office.dondoc.up()
    until(lambda: moved(office) == number, 240)
    again = office.dondoc.json(*words)
    after = office.snapshots()

    assert len(shown["directives"]) == number
    assert number // 3 <= at_first_third < number
    assert 2 * number // 3 <= at_second_third <= number
    assert (again["moved"], again["kept"], again["refused"]) == ([], [], {})
    for code, row in after.items():
        was = before[code]
        assert row.lead_agency == ("STP" if was.lead_agency == "SYT" else was.lead_agency)
        assert "SYT" not in from_json(row.coordinating_agencies)
        assert row.next_at == was.next_at
        assert clocks(row.state) == clocks(was.state), code
    acts = office.rows("SELECT directive, actor FROM ledger WHERE kind = 'succeeded'")
    assert sorted(row.directive for row in acts) == sorted(after)
    assert {row.actor for row in acts} == {"quantri"}
    assert office.count("SELECT count(*) FROM command WHERE state = 'pending' AND kind = 'succeed'") == 0
    assert office.count("SELECT count(*) FROM succession WHERE old = 'SYT'") == 1
    office.sound(by_itself=by_itself)


def moved(office: ManyOpen) -> int:
    return office.count("SELECT count(*) FROM ledger WHERE kind = 'succeeded'")


def clocks(state: object) -> object:
    return from_json(state)["clocks"]


def test_an_agency_with_60_open_directives_is_dissolved_whole_though_killed_at_each_third(
    seeded_database: Path, tmp_path: Path
) -> None:
    with many_open(seeded_database, tmp_path, lambda desk: of_one_agency(desk, 60)) as office:
        dissolve(office, 60)


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_an_agency_with_400_open_directives_is_dissolved_whole_though_killed_at_each_third(
    seeded_database: Path, tmp_path: Path
) -> None:
    with many_open(seeded_database, tmp_path, lambda desk: of_one_agency(desk, 400)) as office:
        dissolve(office, 400, by_itself=True)
