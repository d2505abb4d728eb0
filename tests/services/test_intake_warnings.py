"""Oddities of a deadline are told at intake, and nothing is refused or moved."""

import datetime as dt

import pytest
from builders import a_calendar, a_deadline, a_directory, a_registration, local, the_policy

from database.reference import Reference
from documents.language import Language
from models.commands import Register
from models.directory import Absence, Directory
from models.policy import PolicyTimeline
from services.intake_warnings import Oddity, find_warnings

NOW = local("Mon 2026-03-02 09:00")


def reference(directory: Directory | None = None) -> Reference:
    calendar = a_calendar().confirm(2026)
    return Reference(directory or a_directory(), calendar, PolicyTimeline.of(the_policy()), plan="1.1")


def registration(deadline: str) -> Register:
    return a_registration(deadline=a_deadline(deadline))


@pytest.mark.parametrize(
    ("deadline", "expected"),
    [
        ("2026-03-20", ()),
        ("2026-03-21", (Oddity.DAY_OFF,)),
        ("2026-04-30", (Oddity.DAY_OFF,)),
        ("2026-02-27", (Oddity.PAST,)),
        ("2027-03-19", (Oddity.PROVISIONAL_YEAR,)),
    ],
)
def test_a_day_off_a_past_day_and_an_unconfirmed_year_are_named(deadline: str, expected: tuple[Oddity, ...]) -> None:
    found = find_warnings(registration(deadline), reference(), NOW)

    assert tuple(one.kind for one in found) == expected
    assert all(one.explain(Language.VI) and one.explain(Language.EN) for one in found)


def test_a_deadline_inside_the_heads_absence_is_named() -> None:
    directory = a_directory()
    head = next(post.person for post in directory.posts if post.agency == "SYT" and post.position == "head")
    away = Absence(person=head, deputy=None, valid_from=dt.date(2026, 3, 16), valid_until=dt.date(2026, 3, 27))
    directory = directory.model_copy(update={"absences": (away,)})

    found = find_warnings(registration("2026-03-20"), reference(directory), NOW)

    assert [one.kind for one in found] == [Oddity.HEAD_ABSENT]
    assert directory.person_name(head) in found[0].explain(Language.VI)


def test_a_directive_without_a_deadline_has_nothing_odd() -> None:
    assert find_warnings(a_registration(deadline=None), reference(), NOW) == ()
