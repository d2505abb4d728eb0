"""What the checks of the year find on hand-written rows; test_year.py tampers with a year that was lived."""

import ast
import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from builders import local

from documents.language import Language, holes
from examples.year import checking, words
from examples.year.checking import Expected, Fault
from examples.year.counting import Count, counts_at
from examples.year.history import Fact, Mails, Told
from examples.year.words import ENGLISH, say

YEAR = Path(words.__file__).parent

ARow = tuple[str, str, Mapping[str, object]]
"""When (local time), the kind of the row, and what it says."""


def facts(*rows: ARow, code: str = "ND-1") -> list[Fact]:
    return [Fact(code, seq, local(at), kind, dict(data)) for seq, (at, kind, data) in enumerate(rows, start=1)]


def a_due(text: str) -> dict[str, object]:
    """A deadline on a day: it is due when the day is over."""
    return {"due_at": (local(f"{text} 00:00") + dt.timedelta(days=1)).isoformat()}


REGISTERED: ARow = (
    "2026-03-02 09:00",
    "registered",
    {"deadline": a_due("2026-03-20"), "field": "y-te", "supervising_leader": "pct"},
)
ASSIGNED: ARow = ("2026-03-02 09:00", "assigned", {"agency": "SYT"})
SUBMITTED: ARow = ("2026-03-20 16:00", "submitted", {})
ACCEPTED: ARow = ("2026-03-30 10:00", "accepted", {})


def count_of(*rows: ARow, at: str) -> Count:
    in_all, _ = counts_at([facts(*rows)], local(at))
    return in_all


# --- Counting a second time --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "at", "where"),
    [
        ((REGISTERED,), "2026-03-20 23:59", "open_in_time"),
        ((REGISTERED,), "2026-03-21 00:00", "open_in_time"),
        ((REGISTERED,), "2026-03-21 00:01", "open_overdue"),
        ((REGISTERED, ASSIGNED, SUBMITTED), "2026-03-28 09:00", "open_in_time"),
        ((REGISTERED, ASSIGNED, SUBMITTED, ACCEPTED), "2026-04-01 00:00", "done_on_time"),
        ((REGISTERED, ("2026-03-23 09:00", "submitted", {}), ACCEPTED), "2026-04-01 00:00", "done_late"),
        (
            (REGISTERED, SUBMITTED, ("2026-03-23 09:00", "returned", {"deadline": None})),
            "2026-03-24 00:00",
            "open_overdue",
        ),
        ((REGISTERED, ("2026-03-10 09:00", "suspended", {})), "2026-04-01 00:00", "open_in_time"),
        (
            (
                REGISTERED,
                ("2026-03-10 09:00", "suspended", {}),
                ("2026-03-30 09:00", "resumed", {"deadline": a_due("2026-03-31")}),
            ),
            "2026-04-01 08:00",
            "open_overdue",
        ),
        (
            (REGISTERED, ("2026-03-10 09:00", "extension_decided", {"deadline": a_due("2026-04-10")})),
            "2026-04-01 00:00",
            "open_in_time",
        ),
        ((REGISTERED, ("2026-03-10 09:00", "amended", {"no_deadline": True})), "2026-04-01 00:00", "open_in_time"),
    ],
)
def test_a_directive_counts_by_its_deadline_and_the_instant_of_its_submission(
    rows: tuple[ARow, ...], at: str, where: str
) -> None:
    assert count_of(*rows, at=at) == Count().with_one(where)


def test_a_cancelled_directive_counts_nowhere() -> None:
    assert count_of(REGISTERED, ("2026-03-10 09:00", "cancelled", {}), at="2026-04-01 00:00").total == 0


def test_what_happened_later_does_not_count_yet() -> None:
    assert count_of(REGISTERED, SUBMITTED, ACCEPTED, at="2026-03-19 00:00") == Count(open_in_time=1)


def test_directives_are_counted_by_the_agency_that_leads_then() -> None:
    rows = facts(REGISTERED, ASSIGNED, ("2026-03-10 12:20", "succeeded", {"old_agency": "SYT", "new_agency": "STC"}))

    _, before = counts_at([rows], local("2026-03-09 00:00"))
    _, after = counts_at([rows], local("2026-03-11 00:00"))

    assert before["agency"] == {"SYT": Count(open_in_time=1)}
    assert after["agency"] == {"STC": Count(open_in_time=1)}
    assert after["leader"] == {"pct": Count(open_in_time=1)}


# --- Moments -----------------------------------------------------------------------------------------------------


def told(at: str = "2026-03-11 08:00", planned: str = "2026-03-11 08:00", step: str = "-7") -> Told:
    return Told("ND-1", local(planned), "deadline", 1, step, 0, local(at), "told")


def sentences(faults: list[Fault]) -> list[str]:
    return [say(fault.message, Language.EN, **fault.data) for fault in faults]


def test_a_moment_told_twice_is_named() -> None:
    assert sentences(checking.doubled([told(), told(at="2026-03-12 08:00")])) == [
        "ND-1: deadline -7 (1) was told 2 times."
    ]
    assert checking.doubled([told(), told(step="-3")]) == []


def test_a_moment_told_before_its_time_is_named() -> None:
    (sentence,) = sentences(checking.early([told(at="2026-03-11 07:59"), told()]))

    assert sentence.startswith("ND-1: deadline -7 (1) was told early")


def test_a_moment_told_late_is_named_unless_an_announcement_moved_it() -> None:
    late = [told(at="2026-03-11 12:21")]

    assert len(checking.late(late, [])) == 1
    assert len(checking.late(late, [local("2026-03-10 12:20")])) == 1
    assert checking.late(late, [local("2026-03-11 12:20")]) == []
    assert checking.late([told(at="2026-03-11 08:01")], []) == []


def test_what_an_announcement_moved_must_be_told_at_once() -> None:
    assert len(checking.late([told(at="2026-03-11 14:00")], [local("2026-03-11 12:20")])) == 1


def test_a_missing_moment_and_one_too_many_are_named() -> None:
    wanted = {"ND-1": [Expected(local("2026-03-11 08:00"), "deadline", "-7", 0)]}

    assert checking.missing_or_extra([told()], wanted) == []
    assert sentences(checking.missing_or_extra([], wanted)) == [
        "ND-1: the moment deadline -7 of 08:00 11/03/2026 is missing."
    ]
    assert sentences(checking.missing_or_extra([told(), told(step="-3")], wanted)) == [
        "ND-1: the moment deadline -3 of 08:00 11/03/2026 is too many."
    ]


# --- Mails and commands ------------------------------------------------------------------------------------------


def test_mails_that_did_not_leave_or_did_not_arrive_are_named() -> None:
    assert checking.lost_mails(Mails(sent=3, digests=1, files=3, deliveries={}, unsent=0)) == []
    assert len(checking.lost_mails(Mails(sent=3, digests=1, files=2, deliveries={}, unsent=0))) == 1
    assert len(checking.lost_mails(Mails(sent=3, digests=1, files=3, deliveries={}, unsent=2))) == 1


def test_commands_without_an_answer_and_answers_without_a_command_are_named() -> None:
    assert checking.lost_commands({"recorded": 5, "refused": 1}, 5) == []
    assert sentences(checking.lost_commands({"recorded": 5, "pending": 1}, 5)) == ["1 commands are still pending."]
    assert len(checking.lost_commands({"recorded": 4}, 5)) == 1


# --- Words -------------------------------------------------------------------------------------------------------


def spoken() -> Iterator[str]:
    """Every sentence that the year says: what its modules hand to one of these as a literal."""
    for file in YEAR.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            first = node.args[0]
            if name in ("say", "words", "Fault", "_fault", "YearFailed") and isinstance(first, ast.Constant):
                assert isinstance(first.value, str)
                yield first.value


def test_the_year_speaks_english_as_well() -> None:
    found = set(spoken())

    assert len(found) > 40
    assert found - ENGLISH.keys() == set()


def test_both_languages_have_the_same_holes() -> None:
    for vietnamese, english in ENGLISH.items():
        assert holes(vietnamese) == holes(english), vietnamese
