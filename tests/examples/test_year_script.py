import datetime as dt
from functools import cache

import pytest
from builders import SEED, local

from database.seed_data import read_calendar_file, read_default_policy
from examples.year.changes import AbsenceEntered, AgencySucceeded, PolicyChange, SwapAnnounced
from examples.year.script import CAUGHT, KINDS, Script, write_script
from models.calendar import LOCAL, Calendar, CalendarRow, local_day
from models.commands import Resume, Suspend
from models.deadline_text import parse_deadline
from models.directory import Directory
from models.policy import Policy
from models.vocabulary import Clock, Urgency
from services.data_files import read_model


@cache
def the_directory() -> Directory:
    return read_model((SEED / "quang_ngai.yaml").read_text(encoding="utf-8"), Directory)


@cache
def the_calendar() -> Calendar:
    return read_calendar_file().to_calendar()


@cache
def a_script(directives: int = 60, seed: int = 1, year: int = 2026) -> Script:
    return write_script(year, directives, seed, the_calendar(), the_directory(), read_default_policy())


def test_the_same_year_number_and_seed_give_the_same_script() -> None:
    again = write_script(2026, 60, 1, the_calendar(), the_directory(), read_default_policy())

    assert again == a_script()


def test_another_seed_gives_another_script() -> None:
    assert a_script(seed=2).lives != a_script().lives


def test_every_kind_of_story_is_there_as_soon_as_there_are_as_many_directives_as_kinds() -> None:
    script = a_script(directives=len(KINDS))

    assert {life.kind for life in script.lives} == {kind.name for kind in KINDS}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nobody_acts_before_the_registration_twice_at_once_or_after_the_year(seed: int) -> None:
    for life in a_script(seed=seed).lives:
        instants = [life.at, *(act.at for act in life.acts)]

        assert instants == sorted(set(instants)), life.code
        assert local("2026-01-01 00:00") < instants[0]
        assert instants[-1] < local("2026-12-31 17:00")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_people_act_in_working_time_and_never_over_lunch_when_the_office_changes_something(seed: int) -> None:
    for life in a_script(seed=seed).lives:
        for act in life.acts:
            face = act.at.astimezone(LOCAL)

            assert the_calendar().is_working(face.date()), life.code
            assert dt.time(8, 6) < face.time() < dt.time(17, 20)
            assert not dt.time(11, 45) < face.time() < dt.time(13, 30)


def test_a_flash_directive_comes_before_a_weekend_and_is_due_at_an_hour_within_two_working_days() -> None:
    """One of them comes before Saturday 22 August 2026, which is worked."""
    flashes = [life for life in a_script(directives=200).lives if life.kind == "flash"]

    assert flashes
    for life in flashes:
        day = local_day(life.at)
        assert isinstance(life.raw.deadline, str)
        deadline = parse_deadline(life.raw.deadline, day, the_calendar())
        assert deadline is not None
        assert life.raw.urgency is Urgency.FLASH
        assert deadline.time is not None
        assert 1 <= the_calendar().working_days_between(day, deadline.day) <= 2
        assert not the_calendar().is_working(day + dt.timedelta(days=1)) or day == dt.date(2026, 8, 21)


def test_one_suspension_lasts_over_tet() -> None:
    """In 2026 nobody works from 16 to 20 February."""
    lives = [life for life in a_script().lives if life.kind == "suspended_over_tet"]

    for life in lives:
        suspended = next(act.at for act in life.acts if isinstance(act.command, Suspend))
        resumed = next(act.at for act in life.acts if isinstance(act.command, Resume))
        assert suspended < local("2026-02-16 00:00")
        assert resumed > local("2026-02-21 00:00")
    assert lives


def test_the_office_changes_its_policy_its_calendar_an_agency_and_four_absences() -> None:
    changes = a_script().changes

    assert [change.at for change in changes] == sorted(change.at for change in changes)
    assert sorted(type(change).__name__ for change in changes) == sorted(
        [PolicyChange.__name__, SwapAnnounced.__name__, AgencySucceeded.__name__, *[AbsenceEntered.__name__] * 4]
    )


def test_the_policy_of_may_is_a_policy_and_moves_the_reminders_nearer() -> None:
    (change,) = [one for one in a_script().changes if isinstance(one, PolicyChange)]
    policy = read_model(change.text, Policy)

    steps = [step.at for step in policy.ladder(Urgency.NORMAL).clocks[Clock.DEADLINE].steps]

    assert steps[:5] == [-5, -2, -1, 0, 1]


def test_the_swap_takes_a_friday_for_the_saturday_of_the_week_after_and_is_known_three_days_before() -> None:
    (swap,) = [one for one in a_script().changes if isinstance(one, SwapAnnounced)]

    assert (swap.off, swap.off.weekday()) == (dt.date(2026, 6, 19), 4)
    assert (swap.worked, swap.worked.weekday()) == (dt.date(2026, 6, 27), 5)
    assert swap.at == local("Tue 2026-06-16 12:20")


def test_a_reminder_of_some_directive_stands_on_the_day_after_the_announcement_and_moves_before_it() -> None:
    """So that RULES 9 is lived: what an announcement moves into the past is told at once."""
    (swap,) = [one for one in a_script().changes if isinstance(one, SwapAnnounced)]
    caught = [life for life in a_script().lives if life.kind == CAUGHT]
    moved = the_calendar().overlay([CalendarRow(day=swap.off, working=False, reason="Nghỉ hoán đổi")])

    assert caught
    for life in caught:
        deadline = parse_deadline(str(life.raw.deadline), local_day(life.at), the_calendar())
        assert deadline is not None
        assert the_calendar().add(deadline.day, -5) == dt.date(2026, 6, 17)
        assert moved.add(deadline.day, -5) == dt.date(2026, 6, 16)


def test_after_the_succession_nothing_new_is_given_to_the_agency_that_ended() -> None:
    script = a_script(directives=200)
    (succession,) = [one for one in script.changes if isinstance(one, AgencySucceeded)]
    later = [life for life in script.lives if life.at > succession.at and life.raw.lead_agency]

    leads = {the_directory().find_agency(life.raw.lead_agency, local_day(life.at)).code for life in later}

    assert later
    assert succession.old not in leads


@pytest.mark.parametrize("year", [2022, 2024, 2025, 2027])
def test_other_years_have_a_script_as_well(year: int) -> None:
    script = a_script(directives=40, year=year)

    assert len(script.lives) == 40
    assert {local_day(life.at).year for life in script.lives} == {year}
