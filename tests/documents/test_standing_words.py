"""How far a deadline is, and what is said while no clock runs. The deadline is the end of Friday 20 March 2026."""

import pytest
from builders import LEADER, a_calendar, a_directive, an_actor, apply, local

from documents.language import Language
from documents.standing_words import standing_words
from models import commands as c
from models.directive import Directive
from models.vocabulary import Role

VI = Language.VI


def handed_in(at: str, deadline: str | None = "2026-03-20") -> Directive:
    """In progress since 2 March, handed in later."""
    directive = a_directive("in_progress", deadline=deadline)
    agency = an_actor(Role.AGENCY, directive.lead_agency or "")
    return apply(directive, c.Submit(result="Báo cáo số 12/BC"), agency, local(at))


def said(directive: Directive, now: str) -> str:
    return standing_words(directive, a_calendar(), local(now), VI)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-03-17 10:00", "nộp sớm 3 ngày làm việc"),
        ("2026-03-19 10:00", "nộp sớm 1 ngày làm việc"),
        ("2026-03-20 23:00", "nộp đúng hạn"),
        ("2026-03-21 10:00", "nộp trễ"),
        ("2026-03-23 10:00", "nộp trễ 1 ngày làm việc"),
        ("2026-03-25 10:00", "nộp trễ 3 ngày làm việc"),
    ],
)
def test_a_result_is_said_to_have_come_early_or_late_and_to_wait_since_then_however_long_it_waits(
    at: str, words: str
) -> None:
    day, hour = at.split()
    waits = f"chờ thẩm định từ {hour} {day[8:]}/{day[5:7]}/{day[:4]}"
    for now in (at, "2026-04-20 08:00"):
        assert said(handed_in(at), now) == f"{words}; {waits}"


def test_a_result_without_a_deadline_only_waits() -> None:
    assert said(handed_in("2026-03-17 10:00", None), "2026-03-18 08:00") == "chờ thẩm định từ 10:00 17/03/2026"


def test_after_a_return_the_days_run_again() -> None:
    returned = apply(handed_in("2026-03-19 10:00"), c.Return(reason="Thiếu"), LEADER, local("2026-03-24 09:00"))

    assert said(returned, "2026-03-24 09:00") == "quá hạn 2 ngày làm việc"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("assigned", "còn 2 ngày làm việc"),
        ("in_progress", "còn 2 ngày làm việc"),
        ("suspended", "tạm dừng từ 09:00 02/03/2026"),
        ("completed", ""),
        ("cancelled", ""),
    ],
)
def test_days_are_counted_while_the_clock_runs_and_what_is_closed_says_nothing(status: str, words: str) -> None:
    assert said(a_directive(status), "2026-03-18 09:00") == words
    assert standing_words(a_directive(status, deadline=None), a_calendar(), local("2026-03-18 09:00"), VI) == (
        words if status == "suspended" else ""
    )
