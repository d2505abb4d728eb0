"""Directives are saved whole or not at all, once, and before anything is started."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from builders import day, local
from databases import allow_inserts, refuse_inserts
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from standing_office import StandingOffice, reasons

from database.engine import reading, writing
from database.ledger import broken_rows, read_rows
from database.snapshots import read_directive, read_snapshot
from models.engine import CommandEnvelope
from models.refusal import Code
from models.tables import COMMAND, COUNTER, DELIVERY, DIRECTIVE, LEDGER, NOTICE
from models.timeliness import timeliness
from models.vocabulary import Status, Timeliness
from services.intake import BATCH, Intake, Verdict, awaiting_start
from services.registration import Reading

TABLES = (LEDGER, DIRECTIVE, COMMAND, COUNTER, NOTICE, DELIVERY)


def rows_in(office: StandingOffice) -> dict[str, int]:
    with reading(office.engine) as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES
        }


def codes_in(office: StandingOffice) -> list[str]:
    with reading(office.engine) as connection:
        return [code for (code,) in connection.execute(select(DIRECTIVE.c.code).order_by(DIRECTIVE.c.code))]


def many(office: StandingOffice, number: int, first: int = 1) -> list[Reading]:
    return [office.read(content=f"Nhiệm vụ thứ {place}") for place in range(first, first + number)]


def numbered(first: int, last: int) -> list[str]:
    return [f"NV-2026-{number:05d}" for number in range(first, last + 1)]


def test_an_open_directive_is_saved_and_waits_for_its_workflow(office: StandingOffice) -> None:
    (taken,) = office.take(office.read())

    assert (taken.verdict, taken.code) == (Verdict.ACCEPTED, "NV-2026-00001")
    assert taken.envelope is not None
    with reading(office.engine) as connection:
        seq, directive = read_snapshot(connection, "NV-2026-00001") or (None, None)
        kept = connection.execute(select(COMMAND)).one()
        assert awaiting_start(connection) == 1
    assert seq == 0
    assert directive is not None
    assert (directive.status, directive.lead_agency) == (Status.ASSIGNED, "SYT")
    assert (kept.id, kept.state, kept.kind) == (taken.envelope.id, "pending", "register")
    assert CommandEnvelope.model_validate_json(kept.envelope) == taken.envelope
    assert rows_in(office)["ledger"] == 0


def test_a_directive_awaiting_its_start_knows_its_next_moment(office: StandingOffice) -> None:
    office.take(office.read())

    with reading(office.engine) as connection:
        row = connection.execute(select(DIRECTIVE.c.next_at, DIRECTIVE.c.plan)).one()
    assert row.next_at == local("Thu 2026-03-05 08:00")  # acknowledgement +1
    assert row.plan == office.reference().plan


def test_the_same_directive_again_is_unchanged_by_its_code(office: StandingOffice) -> None:
    office.take(office.read(code="A-1"))
    before = rows_in(office)

    (again,) = office.take(office.read(code="A-1"))

    assert (again.verdict, again.code) == (Verdict.UNCHANGED, "A-1")
    assert rows_in(office) == before


def test_the_same_directive_again_without_a_code_is_known_by_document_content_and_lead(
    office: StandingOffice,
) -> None:
    office.take(office.read())
    before = rows_in(office)

    (again,) = office.take(
        office.read(document_number="số 1234 / ubnd – kgvx", content="XÂY DỰNG phương án phòng chống dịch ...")
    )
    (same,) = office.take(office.read(document_number="số 1234 / ubnd – kgvx"))

    assert (same.verdict, same.code) == (Verdict.UNCHANGED, "NV-2026-00001")
    assert again.verdict is Verdict.ACCEPTED
    assert rows_in(office)["directive"] == before["directive"] + 1


def test_another_wording_of_the_same_deadline_is_no_change(office: StandingOffice) -> None:
    office.take(office.read(deadline="chậm nhất ngày 20/3/2026"))

    (again,) = office.take(office.read(deadline=day("2026-03-20", "Friday")))

    assert again.verdict is Verdict.UNCHANGED


@pytest.mark.parametrize("code", ["A-1", ""])
def test_a_known_directive_that_says_something_else_is_a_duplicate_and_changes_nothing(
    office: StandingOffice, code: str
) -> None:
    (first,) = office.take(office.read(code=code))
    before = rows_in(office)

    (other,) = office.take(office.read(code=code, deadline=day("2026-03-27", "Friday")))

    assert (other.verdict, other.code) == (Verdict.REFUSED, first.code)
    assert reasons(other.reasons) == [("code", "duplicate")]
    assert other.reasons[0].data == {"directive": first.code}
    assert rows_in(office) == before


def test_a_refused_row_saves_nothing_and_keeps_its_reasons(office: StandingOffice) -> None:
    before = rows_in(office)

    (taken,) = office.take(office.read(lead_agency="Sở Không Có", deadline="31/4/2026"))

    assert (taken.verdict, taken.envelope) == (Verdict.REFUSED, None)
    assert reasons(taken.reasons) == [("lead_agency", "unknown_agency"), ("deadline", "bad_date")]
    assert rows_in(office) == before


def test_who_may_not_register_is_refused_row_by_row(office: StandingOffice) -> None:
    taken = list(office.intake("truong.syt").take([office.read(), office.read(content="Việc khác")]))

    assert [one.verdict for one in taken] == [Verdict.REFUSED] * 2
    assert {reason.code for one in taken for reason in one.reasons} == {Code.NOT_ALLOWED}
    assert rows_in(office)["directive"] == 0


# --- Moving in -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reported", "judged"),
    [
        (day("2026-03-20", "Friday"), Timeliness.COMPLETED_ON_TIME),
        (day("2026-03-23", "Monday"), Timeliness.COMPLETED_LATE),
    ],
)
def test_a_row_that_is_done_enters_as_completed_with_its_true_timeliness_and_sends_nothing(
    office: StandingOffice, reported: dt.date, judged: Timeliness
) -> None:
    office.clock = local("Mon 2026-06-01 09:00")

    (taken,) = office.take(office.read(result_date=reported, result_document="77/BC-SYT"))

    assert (taken.verdict, taken.envelope) == (Verdict.ACCEPTED, None)
    with reading(office.engine) as connection:
        directive = read_directive(connection, taken.code or "")
        rows = read_rows(connection, taken.code or "")
        row = connection.execute(select(DIRECTIVE.c.next_at, DIRECTIVE.c.awaiting_start)).one()
        command = connection.execute(select(COMMAND.c.state, COMMAND.c.kind)).one()
        assert list(broken_rows(connection)) == []
    assert directive is not None
    assert directive.status is Status.COMPLETED
    assert timeliness(directive, office.reference().calendar, office.clock) is judged
    assert [one.event.kind for one in rows] == ["registered", "moved_in"]
    assert tuple(row) == (None, False)
    assert tuple(command) == ("recorded", "move_in")
    assert (rows_in(office)["notice"], rows_in(office)["delivery"]) == (0, 0)


def test_a_moved_in_row_again_is_unchanged_and_one_with_another_result_is_a_duplicate(office: StandingOffice) -> None:
    office.clock = local("Mon 2026-06-01 09:00")
    done = day("2026-03-20", "Friday")
    office.take(office.read(result_date=done))

    office.clock = local("Tue 2026-06-02 09:00")
    (again,) = office.take(office.read(result_date=done))
    (later,) = office.take(office.read(result_date=day("2026-03-23", "Monday")))
    (undone,) = office.take(office.read())

    assert again.verdict is Verdict.UNCHANGED
    assert (later.verdict, undone.verdict) == (Verdict.REFUSED, Verdict.REFUSED)
    assert rows_in(office)["directive"] == 1


def test_a_result_entered_the_day_it_came_is_known_again_later_that_day(office: StandingOffice) -> None:
    office.clock = local("Wed 2026-03-04 07:10")
    today = day("2026-03-04", "Wednesday")
    office.take(office.read(result_date=today))

    office.clock = local("Wed 2026-03-04 16:00")
    (again,) = office.take(office.read(result_date=today))

    assert again.verdict is Verdict.UNCHANGED


# --- Dry runs --------------------------------------------------------------------------------------------------


def test_a_dry_run_saves_nothing_and_agrees_with_the_real_run(office: StandingOffice) -> None:
    office.take(office.read(code="CU-1"), office.read(content="Việc đã có"))
    before = rows_in(office)
    done = day("2026-03-03", "Tuesday")
    rows = [
        office.read(code="CU-1"),
        office.read(code="CU-1", content="Khác"),
        office.read(content="Việc đã có"),
        office.read(content="Việc mới"),
        office.read(content="Việc mới"),
        office.read(content="Việc mới", deadline="chậm nhất ngày 20/3/2026"),
        office.read(content="Việc mới", urgency="urgent"),
        office.read(content="Việc mới", result_date=done),
        office.read(code="MOI-1", content="Việc có mã"),
        office.read(code="MOI-1", content="Việc có mã"),
        office.read(code="MOI-1", content="Việc có mã khác"),
        office.read(code="MOI-2", content="Việc có mã"),
        office.read(content="Việc có mã"),
        office.read(content="Việc đã xong", result_date=done),
        office.read(content="Việc đã xong", result_date=done),
        office.read(content="Việc đã xong", result_date=day("2026-03-02", "Monday")),
        office.read(content=""),
        office.read(deadline="31/4/2026"),
    ]

    dry = office.take(*rows, dry=True)

    assert rows_in(office) == before
    assert all(one.envelope is None for one in dry)
    real = office.take(*rows)
    assert [one.verdict for one in dry] == [one.verdict for one in real]
    assert [reasons(one.reasons) for one in dry] == [reasons(one.reasons) for one in real]
    assert {one.verdict for one in dry} == set(Verdict)


def test_a_dry_run_remembers_across_batches(office: StandingOffice) -> None:
    rows = many(office, BATCH + 5)

    taken = office.take(*rows, *rows[:3], dry=True)

    assert [one.verdict for one in taken[-3:]] == [Verdict.UNCHANGED] * 3


# --- Codes -----------------------------------------------------------------------------------------------------


def test_codes_are_given_out_in_order_without_a_gap_for_refused_and_known_rows(office: StandingOffice) -> None:
    first, second = many(office, 2)

    taken = office.take(first, office.read(content=""), first, second)

    assert [one.code for one in taken] == ["NV-2026-00001", None, "NV-2026-00001", "NV-2026-00002"]


def test_a_code_that_somebody_wrote_himself_is_passed_over(office: StandingOffice) -> None:
    taken = office.take(office.read(code="NV-2026-00002", content="Có mã sẵn"), *many(office, 2))

    assert [one.code for one in taken] == ["NV-2026-00002", "NV-2026-00001", "NV-2026-00003"]


def test_the_year_of_a_code_is_the_offices_year_not_utcs(office: StandingOffice) -> None:
    office.clock = local("Thu 2026-12-31 23:30")
    (old,) = office.take(office.read(content="Trước giao thừa"))
    office.clock = local("Fri 2027-01-01 00:30")
    (new,) = office.take(office.read(content="Sau giao thừa"))

    assert (old.code, new.code) == ("NV-2026-00001", "NV-2027-00001")


def test_four_clerks_at_once_get_codes_without_gap_or_clash(office: StandingOffice) -> None:
    piles = [many(office, 30, first=100 * clerk) for clerk in range(4)]

    with ThreadPoolExecutor(4) as clerks:
        given = [one.code for pile in clerks.map(lambda pile: office.take(*pile), piles) for one in pile]

    assert sorted(code or "" for code in given) == numbered(1, 120)
    assert codes_in(office) == numbered(1, 120)


# --- Whole batches ---------------------------------------------------------------------------------------------


def a_disk_that_fails_at(office: StandingOffice, code: str) -> None:
    with writing(office.engine) as connection:
        refuse_inserts(connection, "directive", "the disk fails", code)


def test_a_batch_that_fails_leaves_nothing_and_the_next_import_adds_only_the_rest(office: StandingOffice) -> None:
    rows = many(office, 2 * BATCH + 50)
    a_disk_that_fails_at(office, f"NV-2026-{BATCH + 50:05d}")

    with pytest.raises(IntegrityError, match="the disk fails"):
        office.take(*rows)

    assert codes_in(office) == numbered(1, BATCH)
    assert rows_in(office)["command"] == BATCH
    with writing(office.engine) as connection:
        allow_inserts(connection, "directive")
    again = office.take(*rows)
    assert [one.verdict for one in again] == [Verdict.UNCHANGED] * BATCH + [Verdict.ACCEPTED] * (BATCH + 50)
    assert codes_in(office) == numbered(1, 2 * BATCH + 50)
    assert rows_in(office)["command"] == 2 * BATCH + 50


def test_a_failing_moved_in_row_takes_its_whole_batch_with_it(office: StandingOffice) -> None:
    done = office.read(content="Đã xong", result_date=day("2026-03-03", "Tuesday"))
    a_disk_that_fails_at(office, "NV-2026-00003")

    with pytest.raises(IntegrityError):
        office.take(done, *many(office, 2))

    assert set(rows_in(office).values()) == {0}


def test_an_import_stopped_between_two_batches_has_saved_the_first_and_goes_on_from_there(
    office: StandingOffice,
) -> None:
    rows = many(office, BATCH + 10)
    intake: Intake = office.intake()

    taking = intake.take(rows)
    told = [next(taking) for _ in range(BATCH)]
    taking.close()  # type: ignore[attr-defined]  # a generator: the process ends here

    assert {one.verdict for one in told} == {Verdict.ACCEPTED}
    assert codes_in(office) == numbered(1, BATCH)
    again = office.take(*rows)
    assert [one.verdict for one in again] == [Verdict.UNCHANGED] * BATCH + [Verdict.ACCEPTED] * 10
