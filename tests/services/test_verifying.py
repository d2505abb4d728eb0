import pytest
from databases import sqlite_only
from office_fixture import Desk

from models import commands as c
from models.refusal import Code, Refused
from services.verifying import verify


@pytest.fixture
def lives(desk: Desk) -> Desk:
    """Two directives, of three rows and of two."""
    desk.register("NV-1", "2026-03-02 09:00")
    desk.act("NV-1", c.Acknowledge(), "truong.syt", "2026-03-02 10:00")
    desk.register("NV-2", "2026-03-02 09:30")
    return desk


def test_a_ledger_that_nobody_touched_is_as_it_was_written(lives: Desk) -> None:
    found = verify(lives.office)

    assert (found.rows, found.directives, found.broken) == (5, 2, ())


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("UPDATE ledger SET actor = 'chutich' WHERE directive = 'NV-1' AND seq = 2", ("NV-1", 2, "content")),
        ("UPDATE ledger SET data = '{}' WHERE directive = 'NV-2' AND seq = 1", ("NV-2", 1, "content")),
        ("UPDATE ledger SET kind = 'declined' WHERE directive = 'NV-1' AND seq = 3", ("NV-1", 3, "content")),
        (
            "UPDATE ledger SET at = '2026-03-01T00:00:00.000000Z' WHERE directive = 'NV-1' AND seq = 3",
            ("NV-1", 3, "content"),
        ),
        pytest.param(
            "UPDATE ledger SET at = 'hôm qua' WHERE directive = 'NV-1' AND seq = 3",
            ("NV-1", 3, "unreadable"),
            marks=sqlite_only,
        ),
        ("UPDATE ledger SET hash = 'x' WHERE directive = 'NV-1' AND seq = 1", ("NV-1", 1, "content")),
        ("UPDATE ledger SET previous_hash = 'x' WHERE directive = 'NV-1' AND seq = 2", ("NV-1", 2, "chain")),
        ("DELETE FROM ledger WHERE directive = 'NV-1' AND seq = 2", ("NV-1", 3, "gap")),
        ("DELETE FROM ledger WHERE directive = 'NV-1' AND seq = 1", ("NV-1", 2, "gap")),
        ("DELETE FROM ledger WHERE directive = 'NV-1' AND seq = 3", ("NV-1", 3, "cut")),
        ("DELETE FROM ledger WHERE directive = 'NV-2'", ("NV-2", 1, "cut")),
    ],
)
def test_a_change_by_hand_is_named_with_its_directive_and_row(
    lives: Desk, change: str, expected: tuple[str, int, str]
) -> None:
    lives.tamper(change)

    found = [(one.code, one.seq, one.fault.value) for one in verify(lives.office).broken]

    assert expected in found
    assert {code for code, _, _ in found} == {expected[0]}


def test_two_rows_that_changed_places_are_found(lives: Desk) -> None:
    lives.tamper(
        "UPDATE ledger SET seq = 99 WHERE directive = 'NV-1' AND seq = 2",
        "UPDATE ledger SET seq = 2 WHERE directive = 'NV-1' AND seq = 3",
        "UPDATE ledger SET seq = 3 WHERE directive = 'NV-1' AND seq = 99",
    )

    assert {(one.code, one.seq) for one in verify(lives.office).broken} == {("NV-1", 2), ("NV-1", 3)}


@sqlite_only
def test_a_row_that_cannot_be_read_hides_no_fault_of_another_directive(lives: Desk) -> None:
    lives.tamper(
        "UPDATE ledger SET at = '' WHERE directive = 'NV-1' AND seq = 2",
        "UPDATE ledger SET actor = 'x' WHERE directive = 'NV-2' AND seq = 2",
    )

    found = {(one.code, one.seq, one.fault.value) for one in verify(lives.office).broken}

    assert found == {("NV-1", 2, "unreadable"), ("NV-2", 2, "content")}


def test_one_directive_is_checked_alone(lives: Desk) -> None:
    lives.tamper("UPDATE ledger SET actor = 'chutich' WHERE directive = 'NV-1' AND seq = 2")

    assert (verify(lives.office, "NV-2").rows, verify(lives.office, "NV-2").broken) == (2, ())
    assert [one.seq for one in verify(lives.office, "NV-1").broken] == [2]


def test_a_code_that_nobody_knows_is_refused(lives: Desk) -> None:
    with pytest.raises(Refused) as refused:
        verify(lives.office, "NV-9")

    assert refused.value.code is Code.NOT_FOUND
