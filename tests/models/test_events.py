"""Events are facts that can be proved: read back as they were written, and chained so that a change by hand shows."""

import datetime as dt
import json
from collections.abc import Sequence

import pytest
from builders import CODE, LEAD, LEAD_AGENCY, LEADER, OTHER, SECRETARIAT, a_deadline, a_registration, local, recorded
from pydantic import ValidationError

from models import commands as c
from models import events as e
from models.directive import SourceDocument
from models.life import fold
from models.vocabulary import Audience, Clock, Grade, Opinion, Urgency

DEADLINE = a_deadline("2026-03-20 10:00", "Friday")

ONE_OF_EACH: list[e.Event] = [
    e.Registered(
        content="Xây dựng phương án",
        document=SourceDocument(number="1234/UBND-KGVX", date=dt.date(2026, 3, 2)),
        field="y-te",
        urgency=Urgency.FLASH,
        assigning_leader="Chủ tịch",
        supervising_leader=None,
        coordinating_agencies=("STC", "SXD"),
        deadline=DEADLINE,
        imposed_deadline=None,
    ),
    e.MovedIn(lead_agency=LEAD, reported_at=local("2026-03-02 08:00"), result_document="12/BC"),
    e.Assigned(agency=OTHER, previous=LEAD, reason="Đúng chức năng", escalation_level=2),
    e.Acknowledged(agency=LEAD),
    e.Declined(agency=LEAD, reason="Không thuộc"),
    e.ProgressReported(agency=LEAD, text="Đã họp", percent=40, attachments=("a.pdf", "b.pdf")),
    e.ExtensionRequested(deadline=DEADLINE, reason="Cần"),
    e.ExtensionDecided(granted=False, deadline=None, citation="Phiếu 15", reason="Không"),
    e.Submitted(agency=LEAD, result="Báo cáo", document_number="12/BC"),
    e.Accepted(grade=Grade.GOOD, note="Tốt"),
    e.Returned(reason="Thiếu", deadline=DEADLINE),
    e.Suspended(reason="Chờ Bộ"),
    e.Resumed(deadline=None, reason=""),
    e.Amended(reason="Sửa", urgency=Urgency.URGENT, coordinating_agencies=()),
    e.Urged(text="Khẩn trương"),
    e.ExplanationDemanded(text="Vì sao?", respond_by=DEADLINE),
    e.Explained(agency=LEAD, text="Do…", demanded_by="pct.vanxa"),
    e.Contributed(agency="STC", opinion=Opinion.DISAGREE, text="Không đồng ý"),
    e.Commented(text='Ngoặc "kép", xuống\ndòng, emoji 🙂'),
    e.Cancelled(reason="Thu hồi"),
    e.Reopened(deadline=DEADLINE, reason="Chưa đạt"),
    e.Succeeded(old_agency=LEAD, new_agency=OTHER, reason=""),
    e.MomentReached(
        clock=Clock.DEADLINE,
        run=2,
        step="+3",
        level=2,
        outcome="merged",
        audience=(Audience.CHIEF_OF_OFFICE,),
        recipients=(e.Recipient(person="pho", on_behalf_of="truong"),),
        vacant=(Audience.LEAD_HEAD,),
        at_once=True,
        policy_version=3,
    ),
]


def a_row(event: e.Event) -> e.Recorded:
    return e.Recorded(directive=CODE, seq=1, at=local("2026-03-02 09:00"), actor="vanthu", event=event)


# --- Written and read back -----------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ONE_OF_EACH, ids=lambda event: event.kind)
def test_every_event_is_read_back_as_it_was_written(event: e.Event) -> None:
    assert e.read_event(event.kind, a_row(event).data) == event


def test_one_of_each_is_one_of_each() -> None:
    kinds = set(e.EVENTS.json_schema()["discriminator"]["mapping"])

    assert kinds == {event.kind for event in ONE_OF_EACH}
    assert len(ONE_OF_EACH) == len(kinds)


def test_a_field_at_its_default_is_left_out_so_that_a_field_added_later_leaves_old_rows_as_they_are() -> None:
    data = json.loads(a_row(e.Assigned(agency=OTHER, previous=LEAD)).data)

    assert data == {"agency": OTHER, "previous": LEAD}
    assert "time" not in json.loads(a_row(e.Resumed(deadline=a_deadline("2026-03-20"), reason="")).data)["deadline"]


def test_the_kind_stands_beside_the_content_and_not_in_it() -> None:
    assert "kind" not in json.loads(a_row(e.Acknowledged(agency=LEAD)).data)


@pytest.mark.parametrize(
    ("kind", "data"),
    [("submitted", '{"agency":"SYT"}'), ("unheard_of", "{}"), ("acknowledged", '{"agency":"SYT","foreign":1}')],
)
def test_a_row_that_holds_no_event_of_its_kind_is_an_error(kind: str, data: str) -> None:
    with pytest.raises(ValidationError):
        e.read_event(kind, data)


def test_a_moments_identity_is_its_clock_its_run_and_its_step() -> None:
    moment = ONE_OF_EACH[-1]

    assert isinstance(moment, e.MomentReached)
    assert moment.key == "deadline/2/+3" == e.moment_key(Clock.DEADLINE, 2, "+3")


# --- The chain -----------------------------------------------------------------------------------------------


def a_ledger() -> list[e.Recorded]:
    """A life of six rows, sealed one upon the other."""
    rows: list[e.Recorded] = []
    for command, actor, at in (
        (a_registration(), SECRETARIAT, "2026-03-02 09:00"),
        (c.Acknowledge(), LEAD_AGENCY, "2026-03-03 09:00"),
        (c.ReportProgress(text="Đã họp", percent=40), LEAD_AGENCY, "2026-03-10 09:00"),
        (c.Submit(result="Báo cáo"), LEAD_AGENCY, "2026-03-18 16:00"),
        (c.Accept(grade=Grade.GOOD), LEADER, "2026-03-19 09:00"),
    ):
        for row in recorded(fold(rows), command, actor, local(at)):
            rows.append(row.sealed(rows[-1].hash if rows else ""))
    return rows


def broken(rows: Sequence[e.Recorded]) -> list[int]:
    """The numbers of the rows whose hash is not that of what stands there, or that do not follow the row before."""
    found, previous = [], ""
    for row in rows:
        if row.previous_hash != previous or row.hash != e.row_hash(row, row.event.kind, row.data):
            found.append(row.seq)
        previous = row.hash
    return found


def test_an_untouched_ledger_is_whole_and_the_same_life_always_has_the_same_hashes() -> None:
    rows = a_ledger()

    assert broken(rows) == []
    assert [row.hash for row in rows] == [row.hash for row in a_ledger()]
    assert len({row.hash for row in rows}) == len(rows) == 6
    assert all(len(row.hash) == 64 for row in rows)


@pytest.mark.parametrize(
    "change",
    [
        {"directive": "QNG-2026-0002"},
        {"seq": 40},
        {"at": local("2026-03-10 09:01")},
        {"at": local("2026-03-10 09:00") + dt.timedelta(microseconds=1)},
        {"planned_at": local("2026-03-10 08:00")},
        {"actor": "truong.stc"},
        {"on_behalf_of": "truong.syt"},
        {"command_id": "another"},
        {"command_id": None},
        {"part": 1},
        {"event": e.ProgressReported(agency=LEAD, text="Đã họp", percent=90)},
        {"event": e.ProgressReported(agency=LEAD, text="Đã họp.", percent=40)},
        {"event": e.Acknowledged(agency=LEAD)},
        {"previous_hash": "0" * 64},
        {"hash": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_field_of_a_row_changed_by_hand_is_found(change: dict[str, object]) -> None:
    rows = a_ledger()

    rows[3] = rows[3].model_copy(update=change)

    assert broken(rows)


def test_two_rows_swapped_are_found() -> None:
    rows = a_ledger()

    rows[2], rows[3] = rows[3], rows[2]

    assert broken(rows)


@pytest.mark.parametrize("taken", range(5))
def test_a_row_taken_out_of_the_middle_is_found(taken: int) -> None:
    rows = a_ledger()

    del rows[taken]

    assert broken(rows)


def test_a_row_sealed_anew_after_a_change_breaks_the_row_that_follows() -> None:
    rows = a_ledger()

    forged = rows[3].model_copy(update={"event": e.ProgressReported(agency=LEAD, text="Đã họp", percent=99)})
    rows[3] = forged.sealed(rows[2].hash)

    assert broken(rows) == [5]


def test_the_hash_does_not_depend_on_the_time_zone_in_which_an_instant_is_written() -> None:
    row = a_ledger()[3]

    elsewhere = row.model_copy(update={"at": row.at.astimezone(dt.timezone(dt.timedelta(hours=-8)))})

    assert e.row_hash(elsewhere, row.event.kind, row.data) == row.hash


def test_content_cannot_slip_from_one_field_into_its_neighbour() -> None:
    row = a_ledger()[3]
    one = row.model_copy(update={"actor": "a", "on_behalf_of": "b"})
    other = row.model_copy(update={"actor": "a,b", "on_behalf_of": None})

    assert e.row_hash(one, "k", "{}") != e.row_hash(other, "k", "{}")
