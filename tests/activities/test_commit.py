"""The one door: what is recorded, what is told, and what happens when workflow and ledger know different things.

Deadlines lie on Tuesday 10 March 2026; the directives are assigned on Wednesday 4 March at 09:00.
"""

from dataclasses import dataclass, field

import pytest
import yaml
from builders import a_deadline, a_registration, clock_face, local, the_policy_data
from databases import allow_inserts, lift_guards, postgresql_only, refuse_inserts, session_ended_before
from real_office import RealOffice
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, OperationalError

from activities.clock_guard import ClockGuard, running_seconds, wall_seconds
from activities.commit import DISTRUST, Door
from database.engine import reading, writing
from database.ledger import append, broken_rows, read_rows
from database.reference import write_calendar_days, write_policy
from database.snapshots import read_directive, read_snapshot
from models import commands as c
from models.calendar import CalendarRow
from models.engine import CommitRequest, CommitResult, Draft, Outcome
from models.events import Acknowledged, Commented, MomentReached, Recorded
from models.life import decide, fold
from models.moments import next_moment
from models.notices import NoticeContent
from models.tables import COMMAND, DELIVERY, DIRECTIVE, LEDGER, NOTICE

CODE = "NV-1"
TABLES = (LEDGER, DIRECTIVE, NOTICE, DELIVERY, COMMAND)


@dataclass
class Workflow:
    """What a workflow knows of its directive, and asks the door."""

    office: RealOffice
    door: Door = field(init=False)
    rows: list[Recorded] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.door = Door(self.office.engine, self.office.references)

    def request(
        self, command: c.Command | None = None, person: str = "vanthu", command_id: str = "", **changes: object
    ) -> CommitRequest:
        drafts: tuple[Draft, ...] = ()
        if command is not None:
            with reading(self.office.engine) as connection:
                actor = self.office.references.get(connection).directory.actor(person, self.office.clock.date())
            events = decide(fold(self.rows), command, actor, self.office.clock)
            drafts = tuple(
                Draft(event=one, actor=person, command_id=command_id or f"c-{len(self.rows)}", part=part)
                for part, one in enumerate(events)
            )
        return CommitRequest.model_validate(
            {
                "directive": CODE,
                "after_seq": self.rows[-1].seq if self.rows else 0,
                "after_hash": self.rows[-1].hash if self.rows else "",
                "drafts": drafts,
                "now": self.office.clock,
                **changes,
            }
        )

    def ask(self, request: CommitRequest) -> CommitResult:
        result = self.door.commit(request)
        if result.outcome in (Outcome.RECORDED, Outcome.AHEAD):
            self.rows += result.rows
        return result

    def do(self, command: c.Command | None = None, person: str = "vanthu", command_id: str = "") -> CommitResult:
        return self.ask(self.request(command, person, command_id))


@pytest.fixture
def workflow(office: RealOffice) -> Workflow:
    """A directive of Sở Y tế, due on Tuesday 10 March 2026, acknowledged."""
    made = Workflow(office.at("Wed 2026-03-04 09:00"))
    made.do(a_registration(deadline=a_deadline("2026-03-10", "Tuesday"), coordinating_agencies=()))
    office.at("Wed 2026-03-04 09:30")
    made.do(c.Acknowledge(), "truong.syt")
    return made


def rows_in(office: RealOffice) -> dict[str, int]:
    with reading(office.engine) as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES
        }


def ledger_of(office: RealOffice) -> tuple[Recorded, ...]:
    with reading(office.engine) as connection:
        return read_rows(connection, CODE)


def notices(office: RealOffice, after: int = 0) -> list[tuple[str, NoticeContent]]:
    with reading(office.engine) as connection:
        found = connection.execute(select(NOTICE).where(NOTICE.c.seq > after).order_by(NOTICE.c.id))
        return [(row.recipient, NoticeContent.model_validate_json(row.content)) for row in found]


def told(rows: tuple[Recorded, ...] | list[Recorded]) -> list[tuple[str, str, str]]:
    """Planned instant, clock with step, and outcome of each moment."""
    return [
        (clock_face(row.planned_at), f"{row.event.clock.value} {row.event.step}", row.event.outcome)
        for row in rows
        if isinstance(row.event, MomentReached) and row.planned_at is not None
    ]


def lose_the_ledger_after(office: RealOffice, seq: int) -> None:
    """As a restore of an older backup does."""
    with writing(office.engine) as connection:
        lift_guards(connection)
        connection.execute(LEDGER.delete().where(LEDGER.c.seq > seq))
        connection.execute(NOTICE.delete().where(NOTICE.c.seq > seq))
        connection.execute(DELIVERY.delete())
        connection.execute(DIRECTIVE.delete())


# --- Recorded --------------------------------------------------------------------------------------------------


def test_a_registration_makes_ledger_snapshot_and_notices_in_one_transaction(office: RealOffice) -> None:
    workflow = Workflow(office)

    result = workflow.do(a_registration(deadline=a_deadline("2026-03-10"), coordinating_agencies=()))

    assert (result.outcome, result.ledger_seq) == (Outcome.RECORDED, 2)
    assert [row.event.kind for row in result.rows] == ["registered", "assigned"]
    assert result.following is not None
    assert clock_face(result.following.at) == "Thu 2026-03-05 08:00"
    assert result.look_again_at is None
    with reading(office.engine) as connection:
        assert read_snapshot(connection, CODE) == (2, fold(ledger_of(office)))
        assert list(broken_rows(connection)) == []
        row = connection.execute(select(DIRECTIVE)).one()
    assert row.next_at == result.following.at
    assert not row.awaiting_start
    assert len(row.fingerprint) == 64
    assert {recipient for recipient, _content in notices(office)} >= {"chuyenvien.syt", "truong.syt"}


def test_rows_are_numbered_chained_and_bear_their_command(workflow: Workflow, office: RealOffice) -> None:
    rows = ledger_of(office)

    assert [row.seq for row in rows] == [1, 2, 3]
    assert [row.previous_hash for row in rows] == ["", rows[0].hash, rows[1].hash]
    assert [(row.command_id, row.part) for row in rows] == [("c-0", 0), ("c-0", 1), ("c-2", 0)]
    assert rows == tuple(workflow.rows)


def test_a_failing_write_leaves_nothing_at_all(workflow: Workflow, office: RealOffice) -> None:
    before = rows_in(office)
    with writing(office.engine) as connection:
        refuse_inserts(connection, "notice", "the disk is full")
    office.later(hours=1)
    request = workflow.request(c.ReportProgress(text="Đang làm"), "truong.syt")

    with pytest.raises(IntegrityError, match="the disk is full"):
        workflow.ask(request)

    assert rows_in(office) == before
    with writing(office.engine) as connection:
        allow_inserts(connection, "notice")
    assert workflow.ask(request).outcome is Outcome.RECORDED


def test_nothing_to_record_of_something_unknown_is_a_fault(office: RealOffice) -> None:
    with pytest.raises(ValueError, match="nothing is known of it"):
        Workflow(office).do()

    assert set(rows_in(office).values()) == {0}


def test_an_early_timer_records_nothing_and_names_the_next_moment_again(workflow: Workflow, office: RealOffice) -> None:
    before = rows_in(office)

    result = workflow.do()

    assert (result.outcome, result.rows, result.ledger_seq) == (Outcome.RECORDED, (), 3)
    assert result.following is not None
    assert clock_face(result.following.at) == "Thu 2026-03-05 08:00"  # deadline -3
    assert rows_in(office) == before


# --- Told ------------------------------------------------------------------------------------------------------


def test_a_moment_is_told_when_it_is_due_and_never_again(workflow: Workflow, office: RealOffice) -> None:
    office.at("Thu 2026-03-05 08:00")

    first, again = workflow.do(), workflow.do()

    assert told(first.rows) == [("Thu 2026-03-05 08:00", "deadline -3", "told")]
    assert again.rows == ()
    assert again.following is not None
    assert clock_face(again.following.at) == "Mon 2026-03-09 08:00"


def test_moments_that_are_due_stand_in_the_ledger_before_the_command_of_that_instant(
    workflow: Workflow, office: RealOffice
) -> None:
    office.at("Mon 2026-03-09 08:00")

    result = workflow.do(c.Submit(result="Xong"), "truong.syt")

    assert [row.event.kind for row in result.rows] == ["moment_reached", "moment_reached", "submitted"]
    assert [row.planned_at for row in result.rows][-1] is None
    assert {row.at for row in result.rows} == {office.clock}


def test_after_an_outage_all_that_passed_is_in_the_ledger_and_each_person_gets_one_message(
    workflow: Workflow, office: RealOffice
) -> None:
    before = workflow.rows[-1].seq
    office.at("Fri 2026-03-13 10:00")  # three working days late

    result = workflow.do()

    assert told(result.rows) == [
        ("Thu 2026-03-05 08:00", "deadline -3", "merged"),
        ("Mon 2026-03-09 08:00", "deadline -1", "merged"),
        ("Tue 2026-03-10 08:00", "deadline 0", "merged"),
        ("Wed 2026-03-11 08:00", "deadline +1", "merged"),
        ("Fri 2026-03-13 08:00", "deadline +3", "told"),
    ]
    assert {clock_face(row.at) for row in result.rows} == {"Fri 2026-03-13 10:00"}
    sent = notices(office, after=before)
    people = [person for person, _content in sent]
    assert sorted(people) == ["chanhvanphong", "chuyenvien.syt", "truong.syt"]
    by_person = dict(sent)
    assert [step.step for step in by_person["chuyenvien.syt"].steps] == ["-3", "-1", "0"]
    assert [step.step for step in by_person["truong.syt"].steps] == ["-1", "0", "+1"]
    assert [step.step for step in by_person["chanhvanphong"].steps] == ["+3"]
    assert result.following is not None
    assert clock_face(result.following.at) == "Thu 2026-03-19 08:00"


def test_moments_planned_for_one_instant_are_both_told_in_one_message(office: RealOffice) -> None:
    workflow = Workflow(office)
    # Assigned on Wednesday; on Friday its head is told twice over: acknowledgement +2, and the day before the deadline.
    workflow.do(a_registration(deadline=a_deadline("2026-03-09", "Monday"), coordinating_agencies=()))
    office.at("Thu 2026-03-05 08:00")
    workflow.do()
    before = workflow.rows[-1].seq
    office.at("Fri 2026-03-06 08:00")

    result = workflow.do()

    assert sorted(told(result.rows)) == [
        ("Fri 2026-03-06 08:00", "acknowledgement +2", "told"),
        ("Fri 2026-03-06 08:00", "deadline -1", "told"),
    ]
    people = [person for person, _content in notices(office, after=before)]
    assert len(people) == len(set(people))
    head = dict(notices(office, after=before))["truong.syt"]
    assert {step.clock.value for step in head.steps} == {"acknowledgement", "deadline"}


def test_a_step_that_a_new_calendar_puts_into_the_past_is_told_at_the_next_question(office: RealOffice) -> None:
    workflow = Workflow(office.at("Mon 2026-03-02 09:00"))
    workflow.do(a_registration(deadline=a_deadline("2026-03-10", "Tuesday"), coordinating_agencies=()))
    office.later(minutes=30)
    workflow.do(c.Acknowledge(), "truong.syt")
    off = CalendarRow(day=local("Mon 2026-03-09 08:00").date(), working=False, reason="Bão")
    with writing(office.engine) as connection:
        write_calendar_days(connection, (off,))
    office.at("Wed 2026-03-04 10:00")

    result = workflow.do()

    # Three working days before Tuesday the 10th was Thursday the 5th, and is Wednesday the 4th now (RULES 9).
    assert told(result.rows) == [("Wed 2026-03-04 08:00", "deadline -3", "told")]
    with reading(office.engine) as connection:
        row = connection.execute(select(DIRECTIVE.c.plan, DIRECTIVE.c.next_at)).one()
        assert row.plan == office.references.get(connection).plan
    assert clock_face(row.next_at) == "Fri 2026-03-06 08:00"


def test_a_policy_changed_during_an_outage_fires_nothing_of_its_own_past(
    workflow: Workflow, office: RealOffice
) -> None:
    data = the_policy_data()
    data["name"] = "Thang mới"
    data["ladders"]["normal"]["clocks"]["deadline"]["steps"] = [
        {"at": -2, "to": ["lead_officers"]},
        {"at": -1, "to": ["lead_head"]},
        {"at": 2, "to": ["lead_head"], "level": 1},
        {"at": 4, "to": ["chairman"], "level": 4},
    ]
    with writing(office.engine) as connection:  # while the engine is down since Wednesday the 4th
        write_policy(connection, yaml.safe_dump(data), local("Mon 2026-03-09 12:00"), "chanhvanphong")
    office.at("Fri 2026-03-13 10:00")

    result = workflow.do()

    # Under the old ladder -3 and -1 passed; under the new one only what lies after it came in force.
    assert told(result.rows) == [
        ("Thu 2026-03-05 08:00", "deadline -3", "merged"),
        ("Mon 2026-03-09 08:00", "deadline -1", "merged"),
        ("Thu 2026-03-12 08:00", "deadline +2", "told"),
    ]
    versions = [row.event.policy_version for row in result.rows if isinstance(row.event, MomentReached)]
    assert versions == [1, 1, 2]
    assert result.following is not None
    assert (clock_face(result.following.at), result.following.step) == ("Mon 2026-03-16 08:00", "+4")


# --- A clock that jumped ---------------------------------------------------------------------------------------


def test_while_the_clock_is_not_trusted_nothing_is_told_and_it_is_asked_again(
    workflow: Workflow, office: RealOffice
) -> None:
    right = wall_seconds() - running_seconds()
    workflow.door.clock = ClockGuard(offset=right - 7200)  # the wall clock went two hours ahead
    office.at("Mon 2026-03-09 08:00")
    before = rows_in(office)

    result = workflow.do()

    assert (result.outcome, result.rows) == (Outcome.RECORDED, ())
    assert result.look_again_at == office.clock + DISTRUST
    assert rows_in(office) == before


def test_a_command_is_recorded_also_while_the_clock_is_not_trusted_and_the_moments_follow_later(
    workflow: Workflow, office: RealOffice
) -> None:
    right = wall_seconds() - running_seconds()
    workflow.door.clock = ClockGuard(offset=right + 7200)
    office.at("Mon 2026-03-09 08:00")

    meanwhile = workflow.do(c.ReportProgress(text="Đang làm"), "truong.syt")
    workflow.door.clock = ClockGuard(offset=right)
    afterwards = workflow.do()

    assert [row.event.kind for row in meanwhile.rows] == ["progress_reported"]
    assert told(afterwards.rows) == [
        ("Thu 2026-03-05 08:00", "deadline -3", "merged"),
        ("Mon 2026-03-09 08:00", "deadline -1", "told"),
    ]
    assert afterwards.look_again_at is None


# --- Compare and set -------------------------------------------------------------------------------------------


def test_a_repeated_request_finds_its_rows_and_writes_nothing(workflow: Workflow, office: RealOffice) -> None:
    office.later(hours=1)
    request = workflow.request(c.ReportProgress(text="Đang làm"), "truong.syt")
    first = workflow.door.commit(request)
    before = rows_in(office)

    second = workflow.door.commit(request)

    assert (first.outcome, second.outcome) == (Outcome.RECORDED, Outcome.AHEAD)
    assert second.rows == first.rows
    assert (second.ledger_seq, second.following) == (first.ledger_seq, first.following)
    assert rows_in(office) == before


def test_a_repeated_registration_is_answered_from_its_rows(office: RealOffice) -> None:
    workflow = Workflow(office)
    request = workflow.request(a_registration(deadline=None))
    first, second = workflow.door.commit(request), workflow.door.commit(request)

    assert second.outcome is Outcome.AHEAD
    assert second.rows == first.rows
    assert rows_in(office)["ledger"] == 2


def test_a_workflow_that_is_behind_gets_the_rows_it_lacks_and_decides_again(
    workflow: Workflow, office: RealOffice
) -> None:
    behind = Workflow(office, rows=list(workflow.rows))
    office.later(hours=1)
    workflow.do(c.ReportProgress(text="Đang làm"), "truong.syt")
    before = rows_in(office)

    ahead = behind.do(c.Comment(text="Đã trao đổi"), command_id="mine")

    assert ahead.outcome is Outcome.AHEAD
    assert [row.event.kind for row in ahead.rows] == ["progress_reported"]
    assert rows_in(office) == before
    again = behind.do(c.Comment(text="Đã trao đổi"), command_id="mine")
    assert (again.outcome, again.ledger_seq) == (Outcome.RECORDED, 5)
    assert tuple(behind.rows) == ledger_of(office)


@postgresql_only
def test_a_database_lost_in_the_middle_is_told_as_such_for_all_and_nothing_is_written(
    workflow: Workflow, office: RealOffice
) -> None:
    behind = Workflow(office, rows=list(workflow.rows))
    workflow.do(c.ReportProgress(text="Đang làm"), "truong.syt")
    request, before = behind.request(c.Comment(text="Đã trao đổi"), command_id="mine"), rows_in(office)

    with session_ended_before(office.engine, "ledger.seq > "), pytest.raises(OperationalError):
        behind.door.commit_together([request])

    assert rows_in(office) == before
    assert behind.door.commit(request).outcome is Outcome.AHEAD


def test_a_ledger_restored_from_an_older_backup_says_that_it_is_behind_and_takes_the_rows_again(
    workflow: Workflow, office: RealOffice
) -> None:
    office.at("Mon 2026-03-09 08:00")
    workflow.do(c.ReportProgress(text="Đang làm", percent=40), "truong.syt")
    lose_the_ledger_after(office, 2)
    office.at("Mon 2026-03-09 09:00")
    request = workflow.request(c.Comment(text="Sau khi khôi phục"))

    behind = workflow.ask(request)

    assert (behind.outcome, behind.ledger_seq, behind.rows) == (Outcome.BEHIND, 2, ())
    own = tuple(row for row in workflow.rows if row.seq > behind.ledger_seq)
    mended = workflow.ask(request.model_copy(update={"resent": own}))
    assert mended.outcome is Outcome.RECORDED
    assert [row.event.kind for row in mended.rows] == ["commented"]
    assert ledger_of(office) == tuple(workflow.rows)
    with reading(office.engine) as connection:
        assert list(broken_rows(connection)) == []
        assert read_directive(connection, CODE) == fold(workflow.rows)


def test_what_is_brought_back_is_in_the_inbox_again_and_its_mails_are_not_repeated(
    workflow: Workflow, office: RealOffice
) -> None:
    office.at("Mon 2026-03-09 08:00")
    workflow.do()
    inbox = notices(office, after=2)
    lose_the_ledger_after(office, 2)
    office.at("Mon 2026-03-09 08:30")
    own = tuple(row for row in workflow.rows if row.seq > 2)

    workflow.ask(workflow.request(resent=own))

    assert [(person, content.kind) for person, content in notices(office, after=2)] == [
        (person, content.kind) for person, content in inbox
    ]
    assert set(office.states()) == {"restored"}


def test_a_ledger_lost_whole_is_written_again_from_the_workflow(workflow: Workflow, office: RealOffice) -> None:
    lose_the_ledger_after(office, 0)
    request = workflow.request()

    assert workflow.ask(request).outcome is Outcome.BEHIND
    workflow.ask(request.model_copy(update={"resent": tuple(workflow.rows)}))

    assert ledger_of(office) == tuple(workflow.rows)
    with reading(office.engine) as connection:
        row = connection.execute(select(DIRECTIVE.c.fingerprint, DIRECTIVE.c.seq)).one()
    assert (len(row.fingerprint), row.seq) == (64, 3)


@pytest.mark.parametrize("where", ["the same row", "an earlier row"])
def test_other_rows_under_the_same_numbers_are_a_divergence_and_the_ledger_holds(
    workflow: Workflow, office: RealOffice, where: str
) -> None:
    real = tuple(workflow.rows)
    forged = real[2].model_copy(update={"actor": "pho.syt"}).sealed(real[1].hash)
    other = Workflow(office, rows=[*real[:2], forged])
    office.later(hours=1)
    if where == "an earlier row":
        workflow.do(c.ReportProgress(text="Đang làm"), "truong.syt")
    before = rows_in(office)

    result = other.ask(other.request(c.Comment(text="x")))

    assert result.outcome is Outcome.DIVERGED
    assert result.rows == ledger_of(office)
    assert result.ledger_seq == len(result.rows)
    assert rows_in(office) == before


@pytest.mark.parametrize("resent", ["rows that do not join", "rows that end too early"])
def test_resent_rows_that_do_not_fit_are_a_divergence(workflow: Workflow, office: RealOffice, resent: str) -> None:
    lose_the_ledger_after(office, 1)
    own = tuple(workflow.rows[1:])
    forged = own[0].model_copy(update={"actor": "pho.syt"}).sealed("f" * 64)
    rows = (forged, own[1]) if resent == "rows that do not join" else own[:1]

    result = workflow.door.commit(workflow.request(resent=rows))

    assert result.outcome is Outcome.DIVERGED
    assert rows_in(office)["ledger"] == 1


def test_two_workflows_of_one_directive_never_both_record(workflow: Workflow, office: RealOffice) -> None:
    twin = Workflow(office, rows=list(workflow.rows))
    office.later(hours=1)

    outcomes = [
        workflow.do(c.Comment(text="một"), command_id="1").outcome,
        twin.do(c.Comment(text="hai"), command_id="2").outcome,
    ]

    assert outcomes == [Outcome.RECORDED, Outcome.AHEAD]


def test_a_row_slipped_in_past_the_door_meets_the_unique_keys(workflow: Workflow, office: RealOffice) -> None:
    row = workflow.rows[-1]
    again = row.model_copy(update={"seq": row.seq + 1}).sealed(row.hash)

    with pytest.raises(IntegrityError), writing(office.engine) as connection:
        append(connection, (again,))

    assert isinstance(row.event, Acknowledged)
    assert ledger_of(office)[-1] == row


def test_a_command_id_used_twice_past_the_answer_is_refused_by_the_database(
    workflow: Workflow, office: RealOffice
) -> None:
    office.later(hours=1)
    workflow.do(c.Comment(text="một"), command_id="same")
    before = rows_in(office)
    draft = Draft(event=Commented(text="hai"), actor="vanthu", command_id="same")

    with pytest.raises(IntegrityError):
        workflow.ask(workflow.request(drafts=(draft,)))

    assert rows_in(office) == before


def test_a_moment_is_kept_from_a_second_telling_by_the_database_too(workflow: Workflow, office: RealOffice) -> None:
    office.at("Thu 2026-03-05 08:00")
    (row,) = workflow.do().rows
    twice = Draft(event=row.event, actor="engine")

    with pytest.raises(IntegrityError):
        workflow.ask(workflow.request(drafts=(twice,)))

    assert len(told(ledger_of(office))) == 1


# --- Following -------------------------------------------------------------------------------------------------


def test_what_follows_is_what_the_rules_say_at_every_step_of_a_life(workflow: Workflow, office: RealOffice) -> None:
    steps: list[tuple[str, c.Command | None, str]] = [
        ("Thu 2026-03-05 08:00", None, ""),
        ("Fri 2026-03-06 09:00", c.ReportProgress(text="Đang làm"), "truong.syt"),
        ("Mon 2026-03-09 08:00", None, ""),
        ("Mon 2026-03-09 09:00", c.Submit(result="Xong"), "truong.syt"),
        ("Wed 2026-03-11 08:00", None, ""),
        ("Wed 2026-03-11 09:00", c.Return(reason="Thiếu phụ lục"), "chanhvanphong"),
        ("Thu 2026-03-12 09:00", c.Submit(result="Xong hẳn"), "truong.syt"),
        ("Thu 2026-03-12 10:00", c.Accept(), "chanhvanphong"),
    ]
    for at, command, person in steps:
        office.at(at)
        result = workflow.do(command, person or "vanthu")
        directive = fold(workflow.rows)
        assert directive is not None
        with reading(office.engine) as connection:
            reference = office.references.get(connection)
            snapshot = read_snapshot(connection, CODE)
        assert result.following == next_moment(directive, reference.timeline.current, reference.calendar, office.clock)
        assert snapshot == (directive.seq, directive)

    assert result.following is None
