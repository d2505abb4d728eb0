"""How guesses are slowed and how long a session lives."""

import datetime as dt

import pytest
from builders import local

from models.sign_in import FORGOTTEN_AFTER, FREE_TRIES, IDLE, LONGEST_SESSION, LONGEST_WAIT, Failures, SessionTimes

NOW = local("Wed 2026-03-04 09:00")


def failed(times: int) -> Failures:
    failures = Failures()
    for _ in range(times):
        failures = failures.after(NOW)
    return failures


def test_the_first_wrong_tries_cost_nothing() -> None:
    assert failed(FREE_TRIES - 1).may_try_at(NOW, FREE_TRIES) == NOW


@pytest.mark.parametrize(("more", "seconds"), [(0, 1), (1, 2), (2, 4), (5, 32), (9, 512)])
def test_then_each_wait_is_twice_the_one_before(more: int, seconds: int) -> None:
    assert failed(FREE_TRIES + more).may_try_at(NOW, FREE_TRIES) == NOW + dt.timedelta(seconds=seconds)


def test_nobody_waits_longer_than_a_quarter_of_an_hour() -> None:
    assert failed(FREE_TRIES + 60).may_try_at(NOW, FREE_TRIES) == NOW + LONGEST_WAIT


def test_wrong_tries_are_forgotten_after_an_hour() -> None:
    later = NOW + FORGOTTEN_AFTER

    assert failed(40).may_try_at(later, FREE_TRIES) == later
    assert failed(40).after(later).count == 1


def test_a_session_ends_after_idle_hours_and_after_a_working_day_however_much_it_is_used() -> None:
    idle = SessionTimes(created_at=NOW, seen_at=NOW)
    used = SessionTimes(created_at=NOW, seen_at=NOW + LONGEST_SESSION - dt.timedelta(minutes=1))

    assert idle.lives(NOW + IDLE - dt.timedelta(seconds=1))
    assert not idle.lives(NOW + IDLE)
    assert used.lives(NOW + LONGEST_SESSION - dt.timedelta(seconds=1))
    assert not used.lives(NOW + LONGEST_SESSION)
