"""A small year of the office, lived by the command that people have, and what the checks find once it is broken.

The checks must not only be content with a good year: each test below breaks a copy of what the year left behind, in one
way, and sees that broken thing named.
"""

import datetime as dt
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from builders import local
from dondoc_command import Dondoc

from database.engine import open_engine, reading
from documents.language import Language
from examples.year.checking import Expected, Fault, doubled, early, expected_by, late, missing_or_extra, the_oracle
from examples.year.checking import wrong_figures as wrong_figures_of
from examples.year.history import Fact, History, MonthEnd, Told, read_history
from examples.year.words import say
from services.asking import board

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
THE_END = local("2027-01-01 00:00")
ANNOUNCED = local("Tue 2026-06-16 12:20")
"""When the swap of Friday 19 June with Saturday 27 June became known."""


def the_command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "examples.year", *words],
        cwd=ROOT,
        env=os.environ | {"DONDOC_LANG": "vi"},
        capture_output=True,
        text=True,
        timeout=880,
        check=False,
    )


@dataclass(frozen=True)
class LivedYear:
    """The command, its report, and what the office's database holds afterwards."""

    command: subprocess.CompletedProcess[str]
    report: dict[str, Any]
    data: Path
    history: History
    last_month: MonthEnd
    expected: dict[str, list[Expected]]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the database says, past all of our code."""
        with sqlite3.connect(self.data / "dondoc.db") as connection:
            return connection.execute(statement).fetchall()


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> LivedYear:
    folder = tmp_path_factory.mktemp("year")
    data, report = folder / "office", folder / "report.json"
    command = the_command("--quick", "--lang", "en", "--data", str(data), "--json", str(report))
    assert report.exists(), command.stderr
    engine = open_engine(f"sqlite:///{data / 'dondoc.db'}")
    with reading(engine) as connection:
        history = read_history(connection, data / "mail", THE_END)
        found = board(connection, THE_END)
    engine.dispose()
    swap = {dt.date(2026, 6, 19), dt.date(2026, 6, 27)}
    before = {day: working for day, working in history.calendar.items() if day not in swap}
    known = [(None, before), (ANNOUNCED, history.calendar)]
    return LivedYear(
        command=command,
        report=json.loads(report.read_text(encoding="utf-8")),
        data=data,
        history=history,
        last_month=MonthEnd(
            instant=THE_END,
            in_all=found.figures,
            by={"agency": dict(found.by_agency), "field": dict(found.by_field), "leader": dict(found.by_leader)},
        ),
        expected=expected_by(the_oracle(), history.facts, known, history.policies, THE_END),
    )


# --- The year ----------------------------------------------------------------------------------------------------


def test_a_year_of_the_office_passes_and_each_moment_was_told_once(year: LivedYear) -> None:
    assert year.command.returncode == 0, year.command.stderr
    assert year.report["faults"] == []
    assert year.report["expected_moments"] == year.report["moments"]["told"] + year.report["moments"]["merged"]
    assert year.command.stdout.splitlines()[-1].startswith("Each moment was told once")


def test_the_report_counts_what_is_in_the_ledger(year: LivedYear) -> None:
    report = year.report

    assert report["directives"] == 25
    assert year.rows("SELECT count(DISTINCT directive), count(*) FROM ledger") == [(25, report["events"])]
    (moments, distinct, first) = year.rows(
        "SELECT count(*), count(DISTINCT directive || ' ' || moment), min(julianday(at) - julianday(planned_at)) >= 0"
        " FROM ledger WHERE kind = 'moment_reached'"
    )[0]
    assert moments == distinct == report["expected_moments"] > 100
    assert first == 1
    assert sum(report["lateness"]["histogram"].values()) == moments
    assert year.rows("SELECT count(*) FROM command WHERE state = 'recorded'") == [(report["commands"]["recorded"],)]


def test_everything_that_can_happen_to_a_directive_happened_in_the_year(year: LivedYear) -> None:
    assert set(year.report["by_kind"]) == {
        *("registered", "assigned", "acknowledged", "declined", "progress_reported", "contributed"),
        *("extension_requested", "extension_decided", "submitted", "returned", "accepted", "suspended", "resumed"),
        *("amended", "urged", "explanation_demanded", "explained", "commented", "cancelled", "reopened"),
        *("succeeded", "moment_reached"),
    }
    assert set(year.report["moments"]["by_clock"]) >= {
        *("handout", "acknowledgement", "deadline", "silence", "review", "explanation", "extension"),
    }
    assert year.report["commands"]["refused"] > 0


def test_what_the_announced_swap_moved_into_the_past_was_told_at_once(year: LivedYear) -> None:
    moved = [one for one in year.history.told if one.lateness > dt.timedelta(minutes=10)]

    assert moved
    for one in moved:
        assert one.planned_at == local("Tue 2026-06-16 08:00")
        assert ANNOUNCED <= one.at <= ANNOUNCED + dt.timedelta(minutes=10)


def test_the_policy_of_may_reminds_five_days_before_and_never_seven(year: LivedYear) -> None:
    may = local("Tue 2026-05-12 12:20")
    steps = [(one.planned_at > may, one.step) for one in year.history.told if one.clock == "deadline"]

    assert (False, "-7") in steps
    assert (True, "-5") in steps
    assert {(True, "-7"), (False, "-5")} & set(steps) == set()


def test_twelve_months_add_up_in_the_report(year: LivedYear) -> None:
    months = year.report["months"]

    assert [one["month"] for one in months] == [f"2026-{month:02d}" for month in range(1, 13)]
    for one in months:
        parts = ("completed_on_time", "completed_late", "open_in_time", "overdue")
        assert one["total"] == sum(one[part] for part in parts)
    assert months[-1]["total"] == 25 - year.report["by_kind"]["cancelled"]
    assert sum(one["total"] for one in year.report["agencies"]) == months[-1]["total"]


def test_every_mail_that_left_arrived_and_nothing_waits(year: LivedYear) -> None:
    mails = year.report["mails"]

    assert mails["sent"] == mails["files"] == len(list((year.data / "mail").rglob("*.eml")))
    assert mails["sent"] > mails["digests"] > 0
    assert set(mails["deliveries"]) <= {"sent", "dropped"}


def test_the_ledger_and_temporal_agree_at_the_end(year: LivedYear) -> None:
    assert year.report["verify"] == {"checked": year.report["events"], "broken": 0}
    assert year.report["reconcile"]["differences"] == 0


def test_the_office_can_be_looked_at_afterwards_with_the_clock_at_the_end_of_its_year(year: LivedYear) -> None:
    dondoc = Dondoc(year.data)

    found = dondoc.json("board")

    assert found["as_of"].startswith(("2026-12-31T17", "2026-12-31T18"))
    assert found["total"] == year.report["months"][-1]["total"]
    assert dondoc.json("verify")["broken"] == []


# --- A broken year is found --------------------------------------------------------------------------------------


def proved(year: LivedYear, told: Sequence[Told]) -> list[str]:
    """What the checks say of these moments."""
    faults: list[Fault] = [
        *doubled(told),
        *early(told),
        *late(told, [ANNOUNCED]),
        *missing_or_extra(told, year.expected),
    ]
    return [say(fault.message, Language.EN, **fault.data) for fault in faults]


def an_escalation(year: LivedYear) -> Told:
    """The first moment at which the chief of office heard that a deadline had passed."""
    return min(one for one in year.history.told if one.level == 2)


def without(year: LivedYear, one: Told) -> list[Told]:
    return [other for other in year.history.told if other != one]


def test_the_moments_of_the_year_are_proved(year: LivedYear) -> None:
    assert proved(year, year.history.told) == []


def test_any_moment_that_is_taken_away_is_named(year: LivedYear) -> None:
    for one in year.history.told:
        (sentence,) = proved(year, without(year, one))

        assert sentence.startswith(f"{one.directive}: the moment {one.clock} {one.step} of ")
        assert sentence.endswith(" is missing.")


def test_a_moment_that_is_told_a_second_time_is_named(year: LivedYear) -> None:
    one = an_escalation(year)
    again = replace(one, at=one.at + dt.timedelta(seconds=3))

    sentences = proved(year, [*year.history.told, again])

    assert f"{one.name} was told 2 times." in sentences


def test_a_moment_that_is_told_a_second_too_early_is_named(year: LivedYear) -> None:
    one = an_escalation(year)
    hasty = replace(one, at=one.planned_at - dt.timedelta(seconds=1))

    (sentence,) = proved(year, [*without(year, one), hasty])

    assert sentence.startswith(f"{one.name} was told early")


def test_a_moment_that_is_planned_and_told_a_day_too_early_is_named(year: LivedYear) -> None:
    """Nobody sees from its own two instants that it is early: only who computes it a second time does."""
    one, day = an_escalation(year), dt.timedelta(days=1)
    hasty = replace(one, at=one.at - day, planned_at=one.planned_at - day)

    sentences = proved(year, [*without(year, one), hasty])

    assert [sentence.rsplit(" is ", 1)[1] for sentence in sentences] == ["missing.", "too many."]


def test_a_moment_that_is_told_an_hour_late_is_named(year: LivedYear) -> None:
    one = an_escalation(year)
    slow = replace(one, at=one.planned_at + dt.timedelta(hours=1))

    (sentence,) = proved(year, [*without(year, one), slow])

    assert sentence.startswith(f"{one.name} was told late")


def test_an_escalation_to_the_wrong_level_is_named(year: LivedYear) -> None:
    one = an_escalation(year)

    sentences = proved(year, [*without(year, one), replace(one, level=4)])

    assert len(sentences) == 2


def test_the_board_of_december_is_proved_by_the_history(year: LivedYear) -> None:
    assert wrong_figures_of([year.last_month], year.history.facts) == []


def test_a_board_that_counts_one_too_many_is_named(year: LivedYear) -> None:
    figures = year.last_month.in_all
    wrong = replace(year.last_month, in_all=figures.model_copy(update={"completed_late": figures.completed_late + 1}))

    faults = wrong_figures_of([wrong], year.history.facts)

    assert any(fault.data.get("axis") == "in_all" for fault in faults)


def test_a_board_that_says_late_for_what_was_in_time_is_named(year: LivedYear) -> None:
    """The totals are as they were; only one directive stands in the wrong place, in its agency as in all."""
    agency, figures = next(
        (agency, figures) for agency, figures in year.last_month.by["agency"].items() if figures.completed_on_time > 0
    )
    moved = figures.model_copy(
        update={
            "completed_on_time": figures.completed_on_time - 1,
            "completed_late": figures.completed_late + 1,
        }
    )
    by = year.last_month.by | {"agency": year.last_month.by["agency"] | {agency: moved}}

    (fault,) = wrong_figures_of([replace(year.last_month, by=by)], year.history.facts)

    assert (fault.data["axis"], fault.data["group"]) == ("agency", agency)


def test_a_board_that_has_lost_a_row_of_the_history_is_named(year: LivedYear) -> None:
    """As if a result had been accepted and the snapshot did not know."""
    code, rows = next((code, rows) for code, rows in year.history.facts.items() if rows[-1].kind == "accepted")
    reopened = Fact(code, len(rows) + 1, rows[-1].at, "reopened", {"deadline": None})

    faults = wrong_figures_of([year.last_month], year.history.facts | {code: [*rows, reopened]})

    assert {fault.data["axis"] for fault in faults} >= {"in_all", "agency"}


# --- What people can do wrong ------------------------------------------------------------------------------------


def test_a_year_is_not_lived_over_somebodys_office(year: LivedYear) -> None:
    again = the_command("--quick", "--data", str(year.data))

    assert again.returncode == 1
    assert again.stderr.strip() == f"Trong {year.data} đã có dữ liệu; hãy chọn thư mục khác."


def test_a_year_without_a_calendar_is_refused_with_the_years_that_have_one() -> None:
    refused = the_command("--year", "2019", "--lang", "en")

    assert refused.returncode == 1
    assert refused.stderr.strip() == (
        "There is no calendar of 2019; there are those of 2022, 2023, 2024, 2025, 2026, 2027."
    )


def test_a_report_that_could_not_be_written_is_refused_before_the_year_begins(tmp_path: Path) -> None:
    refused = the_command("--json", str(tmp_path / "nowhere" / "report.json"), "--lang", "en")

    assert refused.returncode == 1
    assert "no such folder" in refused.stderr


def test_half_a_directive_is_a_wrong_usage() -> None:
    assert the_command("--directives", "0").returncode == 2
