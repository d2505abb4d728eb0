"""A change of directory, calendar or policy is used by every process at its next question."""

import datetime as dt
from pathlib import Path

import pytest
import yaml
from builders import SEED, a_directory, day, local, the_policy_data
from sqlalchemy import Engine
from standing_office import counted_statements

from database.engine import open_engine, reading, writing
from database.reference import (
    Reference,
    ReferenceCache,
    confirm_calendar_years,
    read_directory,
    read_revisions,
    read_setting,
    read_timeline,
    remove_calendar_day,
    write_calendar_days,
    write_directory,
    write_policy,
    write_setting,
)
from database.seed_data import BEGINNING, read_default_policy, read_directory_file
from models.calendar import CalendarRow
from models.directory import Directory

NOW = local("Wed 2026-03-04 09:00")


def asked(engine: Engine, cache: ReferenceCache) -> Reference:
    with reading(engine) as connection:
        return cache.get(connection)


def another_policy(name: str) -> str:
    return yaml.safe_dump({**the_policy_data(), "name": name}, allow_unicode=True)


def test_a_cache_reads_again_only_what_a_revision_says_is_new(database: Engine) -> None:
    cache = ReferenceCache()
    first = asked(database, cache)

    with counted_statements(database) as seen:
        again = asked(database, cache)

    assert again is first
    assert len([statement for statement in seen if "SELECT" in statement]) == 1


@pytest.mark.parametrize("subject", ["directory", "calendar", "policy"])
def test_a_change_is_seen_at_the_next_question_by_another_process(
    database: Engine, tmp_path: Path, subject: str
) -> None:
    elsewhere, here = open_engine(database.url.render_as_string(hide_password=False)), ReferenceCache()
    before, off = asked(database, here), CalendarRow(day=day("2026-03-06", "Friday"), working=False, reason="Bão")

    with writing(elsewhere) as connection:
        match subject:
            case "directory":
                write_directory(connection, a_directory())
            case "calendar":
                write_calendar_days(connection, (off,))
            case _:
                write_policy(connection, another_policy("Thang mới"), NOW, "chanhvanphong")
    elsewhere.dispose()

    after = asked(database, here)
    changed = {
        "directory": after.directory != before.directory,
        "calendar": after.calendar != before.calendar,
        "policy": after.timeline != before.timeline,
    }
    assert [name for name, differs in changed.items() if differs] == [subject]
    assert (after.plan != before.plan) is (subject != "directory")


def by_code(directory: Directory) -> Directory:
    """The same directory in the order in which it is read, whatever the file's was."""
    in_order = {
        name: tuple(sorted(getattr(directory, name), key=lambda one: one.code))
        for name in ("agencies", "people", "fields")
    }
    return Directory(**{**dict(directory), **in_order})


def test_a_change_rolled_back_is_seen_by_nobody(database: Engine) -> None:
    cache = ReferenceCache()
    before = asked(database, cache)

    def change_and_regret() -> None:
        with writing(database) as connection:
            write_directory(connection, a_directory())
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        change_and_regret()

    assert asked(database, cache) is before


def test_what_a_transaction_changed_it_sees_itself(database: Engine) -> None:
    cache = ReferenceCache()
    asked(database, cache)

    with writing(database) as connection:
        write_directory(connection, a_directory())
        assert cache.get(connection).directory == by_code(a_directory())


def test_a_directory_written_is_read_back_the_same(database: Engine) -> None:
    small = a_directory(absent={"truong.syt": "pho.syt", "chutich": None}, locked=("pho.stc",))
    whole = read_directory_file(SEED / "quang_ngai.yaml")

    for directory in (small, whole):
        with writing(database) as connection:
            write_directory(connection, directory)
        with reading(database) as connection:
            assert read_directory(connection) == by_code(directory)


def test_the_seeded_directory_is_the_shipped_one(database: Engine) -> None:
    assert asked(database, ReferenceCache()).directory == by_code(read_directory_file(SEED / "quang_ngai.yaml"))


def test_policies_are_numbered_and_keep_since_when_each_is_in_force(database: Engine) -> None:
    with writing(database) as connection:
        assert write_policy(connection, another_policy("Thang hai"), NOW, "chanhvanphong") == 2
        assert write_policy(connection, another_policy("Thang ba"), NOW + dt.timedelta(days=1), "chutich") == 3

    with reading(database) as connection:
        timeline = read_timeline(connection)

    assert [(period.policy.version, period.since) for period in timeline.periods] == [
        (1, BEGINNING),
        (2, NOW),
        (3, NOW + dt.timedelta(days=1)),
    ]
    assert [period.policy.name for period in timeline.periods][1:] == ["Thang hai", "Thang ba"]
    assert timeline.current.name == "Thang ba"


@pytest.mark.parametrize("text", ["name: x\nladders: {}\nkhac: 1\n", "[1, 2]", "", read_default_policy()[:300]])
def test_a_policy_that_is_none_is_refused_and_no_version_is_made(database: Engine, text: str) -> None:
    with reading(database) as connection:
        before = read_revisions(connection)

    with pytest.raises(ValueError, match=r".+"), writing(database) as connection:
        write_policy(connection, text, NOW, "chanhvanphong")

    with reading(database) as connection:
        assert read_revisions(connection) == before
        assert len(read_timeline(connection).periods) == 1


def test_an_announced_day_is_entered_replaced_and_taken_back(database: Engine) -> None:
    cache, friday = ReferenceCache(), day("2026-03-06", "Friday")

    def works() -> bool:
        return asked(database, cache).calendar.is_working(friday)

    assert works()
    with writing(database) as connection:
        write_calendar_days(connection, (CalendarRow(day=friday, working=False, reason="Bão"),))
    assert not works()
    with writing(database) as connection:
        write_calendar_days(connection, (CalendarRow(day=friday, working=True, reason="Bão tan"),))
    assert works()
    with writing(database) as connection:
        write_calendar_days(connection, (CalendarRow(day=friday, working=False, reason="Bão"),))
        remove_calendar_day(connection, friday)
    assert works()


def test_years_are_confirmed_once_however_often(database: Engine) -> None:
    for _ in range(2):
        with writing(database) as connection:
            confirm_calendar_years(connection, frozenset({2026, 2031}), NOW)

    assert {2026, 2031} <= asked(database, ReferenceCache()).calendar.confirmed_years


def test_a_setting_is_kept_and_replaced(database: Engine) -> None:
    with writing(database) as connection:
        assert read_setting(connection, "lời chào") is None
        write_setting(connection, "lời chào", "một")
        write_setting(connection, "lời chào", "hai")
        assert read_setting(connection, "lời chào") == "hai"
