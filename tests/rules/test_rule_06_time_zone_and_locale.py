"""RULES 6: nothing depends on the host's or the database's time zone or locale; all agree at 23:30 and at 00:30."""

import datetime as dt
import email
import email.policy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from builders import a_directive, clock_face, local
from hypothesis import given, settings
from hypothesis import strategies as st

from database.seed_data import read_calendar_file
from models.local_time import LOCAL, at, end_of_day, local_day
from models.notices import NoticeContent, as_of
from models.vocabulary import Status, Urgency, Why

ROOT = Path(__file__).parents[2]
CALENDAR = read_calendar_file().to_calendar()

SURROUNDINGS = {
    "UTC": {"TZ": "UTC", "LC_ALL": "C.UTF-8"},
    "Los Angeles": {"TZ": "America/Los_Angeles", "LC_ALL": "C"},
}
"""A process each; what starts them is most of the cost, so zone and locale vary together."""


@pytest.fixture(scope="module")
def reports(seeded_database: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The same office, asked by processes that live in different zones and locales."""
    usual = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "TZ", "DONDOC"))}
    folders = {name: tmp_path_factory.mktemp("office") for name in SURROUNDINGS}
    processes = {
        name: subprocess.Popen(
            [sys.executable, "tests/rules/office_at_midnight.py", str(seeded_database), str(folders[name])],
            env={**usual, **surroundings, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for name, surroundings in SURROUNDINGS.items()
    }
    for name, process in processes.items():
        said, _ = process.communicate(timeout=240)
        assert process.returncode == 0, f"{name}: {said.decode(errors='replace')[-3_000:]}"
    return {name: json.loads((folder / "report.json").read_text(encoding="utf-8")) for name, folder in folders.items()}


def test_rule_06_list_count_board_export_mails_and_ledger_are_the_same_in_every_zone_and_locale(
    reports: dict[str, dict[str, Any]],
) -> None:
    utc, los_angeles = reports["UTC"], reports["Los Angeles"]

    assert (utc["zone"], los_angeles["zone"]) == ("UTC", "PST"), "the processes did live in different zones"
    assert utc.keys() == los_angeles.keys()
    for part in utc.keys() - {"zone"}:
        assert los_angeles[part] == utc[part], part


@pytest.mark.parametrize(
    ("instant", "overdue", "due_soon", "day"),
    [
        ("Thursday 23:30", 0, 3, "2026-03-19"),
        ("Friday 00:30", 1, 2, "2026-03-20"),
        ("Saturday 00:30", 3, 0, "2026-03-21"),
        ("New Year's Eve 23:30", 3, 1, "2026-12-31"),
        ("New Year's Day 00:30", 4, 0, "2027-01-01"),
    ],
)
def test_rule_06_list_count_and_board_agree_half_an_hour_before_and_after_midnight(
    reports: dict[str, dict[str, Any]], instant: str, overdue: int, due_soon: int, day: str
) -> None:
    told = reports["Los Angeles"][instant]

    for figure, expected in (("overdue", overdue), ("due_soon", due_soon)):
        assert told["board"][figure] == expected
        assert told["count"][figure] == expected
        assert list(told["list"].values()).count(figure) == expected
    assert told["exported"].count("Quá hạn") == overdue
    assert told["folders"] == [day], "mails lie under the local day on which they left"


def _subjects(told: dict[str, Any], code: str) -> set[str]:
    """The subjects of the mails about one directive; headers may be folded and encoded, so they are parsed."""
    messages = [email.message_from_string(text, policy=email.policy.default) for text in told["mails"].values()]
    return {str(message["Subject"]) for message in messages if f"[{code}]" in str(message["Subject"])}


@pytest.mark.parametrize(
    ("instant", "code", "words"),
    [
        ("Thursday 23:30", "THURSDAY", "đến hạn hôm nay"),
        ("Thursday 23:30", "FRIDAY", "còn 1 ngày làm việc"),
        ("Friday 00:30", "THURSDAY", "quá hạn 1 ngày làm việc"),
        ("Friday 00:30", "FRIDAY", "đến hạn hôm nay"),
    ],
)
def test_rule_06_the_mail_says_what_the_board_says_half_an_hour_before_and_after_midnight(
    reports: dict[str, dict[str, Any]], instant: str, code: str, words: str
) -> None:
    told = reports["UTC"][instant]

    subjects = _subjects(told, code)

    assert subjects
    assert all(words in subject for subject in subjects)
    assert ("quá hạn" in words) is (told["list"][code] == "overdue")


@pytest.mark.parametrize(("instant", "code"), [("Saturday 00:30", "FRIDAY"), ("New Year's Day 00:30", "YEARS-END")])
def test_rule_06_in_the_night_to_a_day_off_the_mail_calls_overdue_what_the_board_does(
    reports: dict[str, dict[str, Any]], instant: str, code: str
) -> None:
    told = reports["UTC"][instant]
    assert told["list"][code] == "overdue"

    subjects = _subjects(told, code)

    assert subjects
    assert all("quá hạn" in subject for subject in subjects)


@settings(max_examples=300, deadline=None)
@given(
    instant=st.datetimes(
        dt.datetime(1900, 1, 1),  # noqa: DTZ001
        dt.datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.just(dt.UTC),
    )
)
def test_rule_06_an_instant_and_its_local_day_and_time_are_the_same_thing(instant: dt.datetime) -> None:
    """Also in the years in which Vietnam's clocks changed, and an hour stood twice (its second time is a fold)."""
    face = instant.astimezone(LOCAL)

    assert at(local_day(instant), face.time()) == instant


@settings(max_examples=200, deadline=None)
@given(day=st.dates(dt.date(1976, 1, 1), dt.date(2100, 12, 30)))
def test_rule_06_every_day_of_our_time_has_24_hours_and_none_stands_twice(day: dt.date) -> None:
    midnight = at(day, dt.time(0))

    assert end_of_day(day) - midnight == dt.timedelta(hours=24)
    assert at(day, dt.time(0, fold=1)) == midnight
    assert local_day(end_of_day(day)) == day + dt.timedelta(days=1)
    assert local_day(end_of_day(day) - dt.timedelta(microseconds=1)) == day


@pytest.mark.parametrize(
    "zone", [dt.UTC, LOCAL, dt.timezone(dt.timedelta(hours=-8)), dt.timezone(dt.timedelta(hours=14))]
)
def test_rule_06_an_instant_is_the_same_in_whatever_zone_it_is_handed_in(zone: dt.tzinfo) -> None:
    half_past_midnight = local("Fri 2026-03-20 00:30").astimezone(zone)

    assert local_day(half_past_midnight) == dt.date(2026, 3, 20)
    assert clock_face(CALENDAR.add_working_hours(half_past_midnight, 1)) == "Fri 2026-03-20 08:30"
    assert CALENDAR.add_working_hours(half_past_midnight, 1).tzinfo is dt.UTC


@pytest.mark.parametrize(
    ("status", "now", "expected"),
    [
        (Status.IN_PROGRESS, "Thu 2026-03-19 23:30", 0),
        (Status.IN_PROGRESS, "Fri 2026-03-20 00:30", -1),
        (Status.ASSIGNED, "Mon 2026-03-23 07:00", -2),
        (Status.DECLINED, "Wed 2026-03-18 08:00", 1),
        (Status.SUBMITTED, "Mon 2026-03-23 07:00", 0),  # stood still when it was made
        (Status.SUSPENDED, "Mon 2026-03-23 07:00", 0),
        (Status.COMPLETED, "Mon 2026-03-23 07:00", 0),
    ],
)
def test_rule_06_a_notice_counts_the_days_left_from_the_day_on_which_its_mail_leaves(
    status: Status, now: str, expected: int
) -> None:
    directive = a_directive("in_progress", deadline="2026-03-19")
    made_on_the_day = NoticeContent(
        kind="commented",
        code=directive.code,
        content=directive.content,
        status=status,
        urgency=Urgency.NORMAL,
        deadline=directive.deadline,
        days_left=0,
        why=(Why.LEAD_OFFICERS,),
        actor="vanthu",
    )

    leaving = as_of(made_on_the_day, CALENDAR, local(now))

    assert leaving.days_left == expected
    assert leaving.model_copy(update={"days_left": 0}) == made_on_the_day
    without = made_on_the_day.model_copy(update={"deadline": None, "days_left": None})
    assert as_of(without, CALENDAR, local(now)) == without
