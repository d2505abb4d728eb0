"""The ledger only grows, holds each thing once, and shows what somebody changed by hand."""

import datetime as dt

import pytest
from builders import a_deadline, local
from databases import as_superuser, lift_guards
from real_office import RealOffice
from sqlalchemy import Engine, delete, func, insert, select, text, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from database.engine import reading, writing
from database.ledger import append, broken_rows, last_row, read_all, read_rows, read_rows_of, rows_of_command
from models import commands as c
from models.events import Commented, MomentReached, Recorded
from models.tables import LEDGER
from models.vocabulary import Audience, Clock

# ruff: noqa: S608  the statements are written here

A, B = "NV-A", "NV-B"


@pytest.fixture
def ledger(office: RealOffice) -> Engine:
    """Two directives: A with acts and moments, B with acts only."""
    for code in (A, B):
        office.at("Wed 2026-03-04 09:00").register(code, deadline=a_deadline("2026-03-10"), acknowledged=True)
        office.later(minutes=5).act(code, c.ReportProgress(text="Đang làm", percent=30), "chuyenvien.syt")
    office.at("Mon 2026-03-09 08:00").tell(A)
    office.at("Mon 2026-03-09 09:00").act(A, c.Comment(text="Đã trao đổi"), "vanthu")
    return office.engine


def a_row(code: str = A, seq: int = 1, **changes: object) -> Recorded:
    usual: dict[str, object] = {
        "directive": code,
        "seq": seq,
        "at": local("Tue 2026-03-10 08:00"),
        "actor": "vanthu",
        "command_id": f"{code}-{seq}",
        "event": Commented(text="Thêm"),
    }
    return Recorded.model_validate({**usual, **changes})


def a_moment(code: str, seq: int, step: str) -> Recorded:
    reached = MomentReached(
        clock=Clock.DEADLINE,
        run=2,
        step=step,
        level=0,
        outcome="told",
        audience=(Audience.LEAD_OFFICERS,),
        recipients=(),
    )
    return a_row(code, seq, event=reached, actor="engine", command_id=None)


def broken(engine: Engine, code: str | None = None) -> list[tuple[str, int, str]]:
    with reading(engine) as connection:
        return list(broken_rows(connection, code))


def by_hand(engine: Engine, *statements: str) -> None:
    """Change the ledger as somebody does who takes its guards away first."""
    with writing(engine) as connection:
        lift_guards(connection)
        for statement in statements:
            connection.execute(text(statement))


# --- Reading ---------------------------------------------------------------------------------------------------


def test_rows_are_read_back_as_they_were_recorded(ledger: Engine) -> None:
    with reading(ledger) as connection:
        rows = read_rows(connection, A)

        assert [row.event.kind for row in rows] == [
            "registered",
            "assigned",
            "acknowledged",
            "progress_reported",
            "moment_reached",
            "moment_reached",
            "commented",
        ]
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        assert all(row.at.tzinfo is dt.UTC for row in rows)
        assert last_row(connection, A) == (rows[-1].seq, rows[-1].hash)
        assert last_row(connection, "KHONG-CO") == (0, "")
        assert read_rows(connection, A, after=rows[-2].seq) == rows[-1:]
        assert [row.sealed(row.previous_hash).hash for row in rows] == [row.hash for row in rows]


def test_rows_of_many_are_read_at_once(ledger: Engine) -> None:
    with reading(ledger) as connection:
        found = read_rows_of(connection, (B, "KHONG-CO", A))

        assert found == {B: read_rows(connection, B), "KHONG-CO": (), A: read_rows(connection, A)}


def test_the_whole_ledger_is_read_directive_by_directive(ledger: Engine) -> None:
    with reading(ledger) as connection:
        assert dict(read_all(connection)) == {code: read_rows(connection, code) for code in (A, B)}


def test_a_command_finds_its_rows(ledger: Engine) -> None:
    with reading(ledger) as connection:
        first = read_rows(connection, A)[0]

        found = rows_of_command(connection, first.command_id or "")

    assert [row.event.kind for row in found] == ["registered", "assigned"]
    assert [row.part for row in found] == [0, 1]


# --- Only growing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        update(LEDGER).values(actor="khac"),
        update(LEDGER).where(LEDGER.c.directive == A, LEDGER.c.seq == 1).values(data="{}"),
        delete(LEDGER),
        delete(LEDGER).where(LEDGER.c.directive == A, LEDGER.c.seq == 2),
    ],
)
def test_no_row_is_updated_or_deleted(ledger: Engine, statement: object) -> None:
    """Not even by who may do everything else."""
    with pytest.raises(DatabaseError, match="append"), writing(ledger) as connection:  # noqa: PT012 - in one transaction
        as_superuser(connection)
        connection.execute(statement)  # type: ignore[call-overload]  # one of four statements

    assert broken(ledger) == []
    with reading(ledger) as connection:
        assert len(read_rows(connection, B)) == 4


def test_replacing_a_row_is_refused_as_well(ledger: Engine) -> None:
    with pytest.raises(DatabaseError), writing(ledger) as connection:
        connection.execute(
            text("INSERT OR REPLACE INTO ledger SELECT * FROM ledger WHERE directive = 'NV-A' AND seq = 1")
        )

    assert broken(ledger) == []


# --- Each thing once -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "twice",
    [
        pytest.param((a_row(seq=90), a_row(seq=90, command_id="khac")), id="a number"),
        pytest.param((a_row(seq=90, command_id="x"), a_row(seq=91, command_id="x")), id="a part of a command"),
        pytest.param((a_moment(A, 90, "-1x"), a_moment(A, 91, "-1x")), id="a moment"),
    ],
)
def test_nothing_is_recorded_twice_in_one_directive(ledger: Engine, twice: tuple[Recorded, Recorded]) -> None:
    with reading(ledger) as connection:
        before = connection.execute(select(func.count()).select_from(LEDGER)).scalar()

    with pytest.raises(IntegrityError), writing(ledger) as connection:
        append(connection, twice)

    with reading(ledger) as connection:
        assert connection.execute(select(func.count()).select_from(LEDGER)).scalar() == before


def test_two_directives_have_the_same_numbers_commands_and_moments_side_by_side(ledger: Engine) -> None:
    with writing(ledger) as connection:
        append(connection, [a_row(A, 90, command_id="x"), a_row(B, 90, command_id="x")])
        append(connection, [a_moment(A, 91, "-1x"), a_moment(B, 91, "-1x")])
        append(connection, [])


# --- Found out -------------------------------------------------------------------------------------------------


def test_an_honest_ledger_has_no_broken_row(ledger: Engine) -> None:
    assert broken(ledger) == []
    assert broken(ledger, A) == []


@pytest.mark.parametrize(
    "change",
    [
        "data = replace(data, '30', '90')",
        "actor = 'chutich'",
        "at = '2026-03-01T00:00:00.000000Z'",
        "planned_at = '2026-03-01T00:00:00.000000Z'",
        "on_behalf_of = 'chutich'",
        "command_id = 'khac'",
        "part = 7",
        "kind = 'commented'",
    ],
)
def test_an_edited_row_is_named(ledger: Engine, change: str) -> None:
    by_hand(ledger, f"UPDATE ledger SET {change} WHERE directive = 'NV-A' AND seq = 4")

    assert broken(ledger) == [(A, 4, "content")]
    assert broken(ledger, B) == []


def test_an_edited_row_sealed_anew_breaks_the_chain_after_it(ledger: Engine) -> None:
    with reading(ledger) as connection:
        row = read_rows(connection, A)[3]
    forged = row.model_copy(update={"actor": "chutich"}).sealed(row.previous_hash)

    by_hand(ledger, f"UPDATE ledger SET actor = 'chutich', hash = '{forged.hash}' WHERE directive = 'NV-A' AND seq = 4")

    assert broken(ledger) == [(A, 5, "chain")]


def test_two_rows_swapped_are_named(ledger: Engine) -> None:
    by_hand(
        ledger,
        "UPDATE ledger SET seq = 903 WHERE directive = 'NV-A' AND seq = 3",
        "UPDATE ledger SET seq = 3 WHERE directive = 'NV-A' AND seq = 4",
        "UPDATE ledger SET seq = 4 WHERE directive = 'NV-A' AND seq = 903",
    )

    found = broken(ledger)

    assert {(code, seq) for code, seq, _why in found} >= {(A, 3), (A, 4)}
    assert {why for _code, _seq, why in found} == {"chain"}


def test_a_row_taken_out_of_the_middle_is_named(ledger: Engine) -> None:
    by_hand(ledger, "DELETE FROM ledger WHERE directive = 'NV-A' AND seq = 3")

    assert broken(ledger) == [(A, 4, "gap")]


def test_a_row_taken_out_and_the_rest_renumbered_is_named(ledger: Engine) -> None:
    by_hand(
        ledger,
        "DELETE FROM ledger WHERE directive = 'NV-B' AND seq = 3",
        "UPDATE ledger SET seq = 3 WHERE directive = 'NV-B' AND seq = 4",
    )

    assert broken(ledger) == [(B, 3, "chain")]


def test_a_first_row_taken_out_is_named(ledger: Engine) -> None:
    by_hand(ledger, "DELETE FROM ledger WHERE directive = 'NV-B' AND seq = 1")

    assert broken(ledger) == [(B, 2, "gap")]


def test_a_row_of_an_unknown_kind_is_checked_like_any_other(ledger: Engine) -> None:
    with reading(ledger) as connection:
        seq, last_hash = last_row(connection, B)
    with writing(ledger) as connection:
        connection.execute(
            insert(LEDGER).values(
                directive=B,
                seq=seq + 1,
                at=local("Tue 2026-03-10 08:00"),
                kind="something_new",
                actor="vanthu",
                data="{}",
                part=0,
                previous_hash=last_hash,
                hash="0" * 64,
            )
        )

    assert broken(ledger) == [(B, seq + 1, "content")]
    with pytest.raises(ValueError, match="something_new"), reading(ledger) as connection:
        read_rows(connection, B)
    with reading(ledger) as connection:
        assert read_rows_of(connection, (A, B)) == {A: read_rows(connection, A), B: None}
