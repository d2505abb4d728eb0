"""The judge himself on trial: he believes a true office, and names each thing that somebody has put wrong in it."""

import ast
import dataclasses
import datetime as dt
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from builders import local
from checked_files import Row, Told, read_log
from checker import Evidence, Verdict, judge, read_evidence
from crowd_wishes import deadline_in
from dondoc_command import Dondoc
from real_office import RealOffice, a_delivery
from trial_policy import RULES, write_policy_file

from activities.transports import FolderTransport
from database.engine import open_engine, writing
from database.reference import write_policy
from models import commands as c

HERE = Path(__file__).parent
OURS = {
    "checker",
    "checked_files",
    "checked_commands",
    "checked_life",
    "checked_moments",
    "checked_outbox",
    "checked_board",
}


def test_the_judge_imports_the_standard_library_alone() -> None:
    for name in OURS:
        tree = ast.parse((HERE / f"{name}.py").read_text(encoding="utf-8"))
        imported = {
            (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        assert {one.partition(".")[0] for one in imported} <= OURS | sys.stdlib_module_names, name


@dataclass
class Office:
    """A true office after an afternoon: what is written down, and the instant of looking."""

    evidence: Evidence
    as_of: dt.datetime
    board: dict[str, Any]

    def judged(self) -> Verdict:
        return judge(self.evidence, RULES, self.as_of, board=self.board, registered=["NV-1", "NV-2", "NV-3"])

    def kinds(self) -> set[str]:
        return {fault.kind for fault in self.judged().faults}

    def rows(self, code: str, kind: str) -> list[Row]:
        return [row for row in self.evidence.lives[code] if row.kind == kind]

    def moments(self) -> list[Row]:
        return [row for life in self.evidence.lives.values() for row in life if row.kind == "moment_reached"]

    def append(self, row: Row) -> None:
        """Write a row once more, at the end of its life."""
        life = self.evidence.lives[row.directive]
        life.append(dataclasses.replace(row, seq=life[-1].seq + 1))

    def tell(self, place: int, **values: object) -> None:
        """Let a client have been told something else."""
        told = self.evidence.told
        told[place] = dataclasses.replace(told[place], **values)  # type: ignore[arg-type]

    def change(self, row: Row, **values: object) -> None:
        """Write another row in its place, as it stands; the seals after it do not fit any more."""
        life = self.evidence.lives[row.directive]
        life[life.index(row)] = dataclasses.replace(row, **values)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Afternoon:
    """What an afternoon leaves behind."""

    data: Path
    as_of: dt.datetime
    board: dict[str, Any]


@pytest.fixture(scope="module")
def afternoon(seeded_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Afternoon:
    """Three directives, told and acted on by the engine's own door, and their mails."""
    data = tmp_path_factory.mktemp("afternoon")
    shutil.copy(seeded_database, data / "dondoc.db")
    engine = open_engine(f"sqlite:///{data / 'dondoc.db'}")
    office = RealOffice(engine, clock=local("Wed 2026-11-25 13:35"))
    with writing(engine) as connection:
        policy = write_policy_file(data / "policy.yaml", RULES).read_text(encoding="utf-8")
        write_policy(connection, policy, office.now(), "quantri")
    office.later(seconds=1)
    told: list[Told] = []
    for code in ("NV-1", "NV-2", "NV-3"):
        office.later(seconds=1).register(code, deadline=deadline_in(office.now(), 90))

    def act(code: str, command: c.Command, person: str) -> None:
        result = office.act(code, command, person)
        rows = [row for row in result.rows if row.command_id]
        told.append(
            Told(
                id=f"{code}-{office.clock.isoformat()}",
                code=code,
                kind=command.kind,
                told="done",
                seq=rows[-1].seq,
                kinds=tuple(row.event.kind for row in rows),
            )
        )

    for code in ("NV-1", "NV-2", "NV-3"):
        office.later(seconds=20).tell_all()
        act(code, c.ReportProgress(text="Đang làm", percent=20), "chuyenvien.syt")
    office.later(seconds=30).tell_all()
    act("NV-1", c.Submit(result="Báo cáo"), "truong.syt")
    act("NV-2", c.Suspend(reason="Chờ hướng dẫn"), "chanhvanphong")
    office.later(seconds=9).tell_all()
    act("NV-1", c.Accept(), "chanhvanphong")
    act("NV-2", c.Resume(deadline=deadline_in(office.now(), 40)), "chanhvanphong")
    office.later(seconds=15).tell_all().later(seconds=15).tell_all().later(seconds=60).tell_all()
    a_delivery(office, FolderTransport(data / "mail")).deliver()
    engine.dispose()
    with (data / "told.log").open("w", encoding="utf-8") as log:
        log.writelines(json.dumps(dataclasses.asdict(line)) + "\n" for line in told)
    return Afternoon(data, office.clock, Dondoc(data).json("board"))


@pytest.fixture
def office(afternoon: Afternoon) -> Office:
    """The evidence, to be doctored by one test."""
    data = afternoon.data
    evidence = read_evidence(data / "dondoc.db", [data / "told.log"], data / "mail")
    return Office(evidence, afternoon.as_of, json.loads(json.dumps(afternoon.board)))


def test_a_true_office_has_no_fault(office: Office) -> None:
    verdict = office.judged()

    assert verdict.faults == (), str(verdict)
    assert (verdict.directives, verdict.acknowledged) == (3, 7)
    assert verdict.moments >= 8
    assert verdict.mails >= 2
    assert {row.content["outcome"] for row in office.moments()} == {"told", "merged"}


def a_lost_acknowledgement(office: Office) -> None:
    office.evidence.lives["NV-1"].remove(office.rows("NV-1", "submitted")[0])


def a_command_recorded_twice(office: Office) -> None:
    office.append(office.rows("NV-1", "submitted")[0])


def a_command_with_another_between_its_rows(office: Office) -> None:
    life = office.evidence.lives["NV-1"]
    place = life.index(office.rows("NV-1", "acknowledged")[0])
    office.change(life[place + 1], seq=life[place + 1].seq + 1)


def an_answer_with_another_number(office: Office) -> None:
    office.tell(0, seq=(office.evidence.told[0].seq or 0) + 1)


def two_answers_to_one_command(office: Office) -> None:
    line = office.evidence.told[0]
    office.evidence.told.append(dataclasses.replace(line, kinds=("commented",)))


def a_refusal_that_left_a_row(office: Office) -> None:
    office.tell(0, told="refused", refusal="wrong_state")


def a_row_that_nobody_sent(office: Office) -> None:
    del office.evidence.told[0]


def a_command_kept_and_forgotten(office: Office) -> None:
    office.evidence.told.append(Told(id="x", code="NV-1", kind="comment", told="kept"))


def a_command_never_sent_on(office: Office) -> None:
    office.evidence.commands["x"] = "pending"


def a_registration_that_is_gone(office: Office) -> None:
    del office.evidence.lives["NV-3"]


def a_row_taken_out(office: Office) -> None:
    del office.evidence.lives["NV-2"][3]


def two_rows_that_do_not_follow(office: Office) -> None:
    office.change(office.evidence.lives["NV-2"][3], previous_hash="0" * 64)


def a_row_changed_by_hand(office: Office) -> None:
    office.change(office.evidence.lives["NV-2"][3], actor="chutich")


def a_row_that_nobody_can_read(office: Office) -> None:
    office.change(office.moments()[0], data="{}")


def a_moment_that_is_missing(office: Office) -> None:
    moment = office.moments()[0]
    office.evidence.lives[moment.directive].remove(moment)


def a_moment_told_twice(office: Office) -> None:
    office.append(office.moments()[-1])


def a_moment_told_early(office: Office) -> None:
    moment = office.moments()[0]
    assert moment.planned_at is not None
    office.change(moment, at=moment.planned_at - dt.timedelta(seconds=1))


def a_moment_of_a_clock_that_stood_still(office: Office) -> None:
    moment = office.moments()[0]
    office.append(dataclasses.replace(moment, directive="NV-1", data=moment.data.replace('"run":2', '"run":1')))


def a_moment_at_another_instant_than_the_policy_names(office: Office) -> None:
    moment = office.moments()[0]
    assert moment.planned_at is not None
    office.change(moment, planned_at=moment.planned_at - dt.timedelta(seconds=1))


def a_burst_after_an_outage(office: Office) -> None:
    merged = next(row for row in office.moments() if row.content["outcome"] == "merged")
    office.change(merged, data=merged.data.replace('"merged"', '"told"'))


def a_notice_owed_twice(office: Office) -> None:
    office.evidence.notices.append({**office.evidence.notices[0], "id": 10_000})


def a_notice_that_is_missing(office: Office) -> None:
    del office.evidence.notices[-1]


def a_notice_of_what_never_happened(office: Office) -> None:
    office.evidence.notices[0]["kind"] = "cancelled"


def a_notice_that_leaves_twice(office: Office) -> None:
    office.evidence.deliveries.append({**office.evidence.deliveries[0], "id": 10_000})


def a_notice_that_never_leaves(office: Office) -> None:
    del office.evidence.deliveries[0]


def a_delivery_of_nothing(office: Office) -> None:
    office.evidence.deliveries.append({**office.evidence.deliveries[0], "id": 10_000, "notice": 10_000})


def a_delivery_that_is_sent_with_no_mail(office: Office) -> None:
    sent = next(one for one in office.evidence.deliveries if one["state"] == "sent")
    sent["mail"] = None


def a_mail_that_left_twice(office: Office) -> None:
    office.evidence.mails_on_disk.append(office.evidence.mails_on_disk[0])


def a_mail_that_nobody_knows(office: Office) -> None:
    office.evidence.mails_on_disk.append("<x@localhost>")
    office.evidence.mails_before.append("<x@localhost>")


def a_mail_marked_as_sent_that_never_left(office: Office) -> None:
    del office.evidence.mails_on_disk[0]


def a_snapshot_that_lags(office: Office) -> None:
    office.evidence.snapshots["NV-1"]["seq"] -= 1


def a_snapshot_that_is_gone(office: Office) -> None:
    del office.evidence.snapshots["NV-1"]


def a_next_moment_that_is_wrong(office: Office) -> None:
    office.evidence.snapshots["NV-3"]["next_at"] = None


def a_board_that_does_not_add_up(office: Office) -> None:
    office.board["total"] += 1


DOCTORED: list[tuple[Callable[[Office], None], str]] = [
    (a_lost_acknowledgement, "acknowledged_lost"),
    (a_command_recorded_twice, "command_doubled"),
    (a_command_with_another_between_its_rows, "command_torn"),
    (an_answer_with_another_number, "told_otherwise"),
    (two_answers_to_one_command, "two_answers"),
    (a_refusal_that_left_a_row, "refused_left_a_row"),
    (a_row_that_nobody_sent, "nobody_sent_it"),
    (a_command_kept_and_forgotten, "kept_and_gone"),
    (a_command_never_sent_on, "still_pending"),
    (a_registration_that_is_gone, "registered_lost"),
    (a_row_taken_out, "gap"),
    (two_rows_that_do_not_follow, "chain"),
    (a_row_changed_by_hand, "content"),
    (a_row_that_nobody_can_read, "unreadable"),
    (a_moment_that_is_missing, "moment_missing"),
    (a_moment_told_twice, "moment_doubled"),
    (a_moment_told_early, "moment_early"),
    (a_moment_of_a_clock_that_stood_still, "moment_unasked"),
    (a_moment_at_another_instant_than_the_policy_names, "moment_misplaced"),
    (a_burst_after_an_outage, "burst"),
    (a_notice_owed_twice, "notice_doubled"),
    (a_notice_that_is_missing, "notice_missing"),
    (a_notice_of_what_never_happened, "notice_of_nothing"),
    (a_notice_that_leaves_twice, "delivery_doubled"),
    (a_notice_that_never_leaves, "delivery_missing"),
    (a_delivery_of_nothing, "delivery_of_nothing"),
    (a_delivery_that_is_sent_with_no_mail, "delivery_torn"),
    (a_mail_that_left_twice, "mail_doubled"),
    (a_mail_that_nobody_knows, "mail_of_nothing"),
    (a_mail_marked_as_sent_that_never_left, "mail_missing"),
    (a_snapshot_that_lags, "snapshot_stale"),
    (a_snapshot_that_is_gone, "snapshot_missing"),
    (a_next_moment_that_is_wrong, "next_moment_wrong"),
    (a_board_that_does_not_add_up, "board_wrong"),
]


@pytest.mark.parametrize(("doctor", "kind"), DOCTORED, ids=[doctor.__name__ for doctor, _kind in DOCTORED])
def test_the_judge_names(office: Office, doctor: Callable[[Office], None], kind: str) -> None:
    doctor(office)

    assert kind in office.kinds()


def test_every_kind_of_fault_that_the_judge_knows_has_been_shown_to_him() -> None:
    known = {
        argument.value
        for name in OURS
        for node in ast.walk(ast.parse((HERE / f"{name}.py").read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Fault"
        for argument in ast.walk(node.args[0])
        if isinstance(argument, ast.Constant)
    }

    assert known == {kind for _doctor, kind in DOCTORED}


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("by_status", lambda board: board["by_status"].update(completed=5)),
        ("cancelled", lambda board: board.update(cancelled=1)),
        ("by_agency", lambda board: board["by_agency"][0].update(open=9)),
        ("figures", lambda board: board["by_timeliness"].update(overdue=9)),
    ],
)
def test_the_judge_names_the_part_of_the_board_that_is_wrong(
    office: Office, part: str, change: Callable[[dict[str, Any]], None]
) -> None:
    change(office.board)

    assert [fault.about for fault in office.judged().faults if fault.kind == "board_wrong"] == [part]


def test_a_line_that_a_kill_cut_short_was_told_to_nobody(tmp_path: Path) -> None:
    log = tmp_path / "told.log"
    log.write_text(
        '{"id": "a", "code": "NV-1", "kind": "comment", "told": "sent"}\n{"id": "a", "code"', encoding="utf-8"
    )

    assert [line.told for line in read_log(log)] == ["sent"]
