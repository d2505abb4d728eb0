"""Commands on the real server: once however often they are sent, whatever is lost, whoever else acts."""

import asyncio
import datetime as dt
import gc
import sqlite3
import uuid
from pathlib import Path

import pytest
from databases import as_superuser, nothing_recorded, sqlite_only
from running_engine import RunningEngine

from database.engine import reading, writing
from database.ledger import broken_rows
from models.commands import Accept, Acknowledge, Amend, Comment, ReportProgress, Submit
from models.engine import CommandEnvelope, CommitRequest, Draft
from models.events import Commented
from models.refusal import Code, Refused
from models.vocabulary import Status
from services.sending import Sender, Sent
from services.temporal import handle, start_from_ledger
from workflows.directive import LONG_HISTORY, DirectiveWorkflow

pytestmark = pytest.mark.server


async def a_life(engine: RunningEngine, name: str) -> str:
    await engine.time_is("Mon 2026-03-02 09:00")
    code = await engine.register(name, lead_agency="SYT", deadline=engine.deadline("2026-03-20"))
    await engine.do(code, Acknowledge(), "chuyenvien.syt")
    return code


async def test_the_same_command_sent_twice_is_carried_out_once_and_answered_alike(engine: RunningEngine) -> None:
    code = await a_life(engine, "twice")
    wish = str(uuid.uuid4())

    first = await engine.do(code, ReportProgress(text="Nửa việc", percent=50), "chuyenvien.syt", id=wish)
    second = await engine.do(code, ReportProgress(text="Nửa việc", percent=50), "chuyenvien.syt", id=wish)

    assert first == second
    assert engine.kinds(code).count("progress_reported") == 1


async def test_a_refused_command_changes_nothing_and_says_why(engine: RunningEngine) -> None:
    code = await a_life(engine, "refused")
    before = engine.rows(code)

    with pytest.raises(Refused) as refused:
        await engine.do(code, Acknowledge(), "chuyenvien.syt")

    assert refused.value.code is Code.WRONG_STATE
    assert refused.value.data["actor"] == "chuyenvien.syt"
    assert engine.rows(code) == before


async def test_of_two_people_who_act_on_the_same_view_one_wins_and_the_other_hears_what_changed(
    engine: RunningEngine,
) -> None:
    code = await a_life(engine, "two-people")
    seen = engine.directive(code).seq

    outcomes = await asyncio.gather(
        engine.do(code, Submit(result="Bản của trưởng"), "truong.syt", seen_seq=seen),
        engine.do(code, ReportProgress(text="Bản của chuyên viên"), "chuyenvien.syt", seen_seq=seen),
        return_exceptions=True,
    )

    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    assert len(refused) == 1
    assert refused[0].code is Code.CHANGED_MEANWHILE
    assert refused[0].data["last"] in ("submitted", "progress_reported")
    assert engine.directive(code).seq == seen + 1


async def test_many_commands_at_once_on_one_directive_are_all_recorded_once(engine: RunningEngine) -> None:
    code = await a_life(engine, "crowd")

    sent = await asyncio.gather(
        *(engine.do(code, Comment(text=f"Ý kiến {number}"), "chanhvanphong") for number in range(120))
    )

    assert {one.outcome for one in sent} == {"recorded"}
    texts = [row.event.text for row in engine.rows(code) if isinstance(row.event, Commented)]
    assert sorted(texts) == sorted(f"Ý kiến {number}" for number in range(120))
    with reading(engine.office.engine) as connection:
        assert list(broken_rows(connection, code)) == []


async def test_a_long_history_hands_over_to_a_new_run_and_forgets_no_command(engine: RunningEngine) -> None:
    code = await a_life(engine, "long")
    first_run = (await handle(engine.client, code).describe()).run_id
    wish = str(uuid.uuid4())
    first = await engine.do(code, Comment(text="Trước khi sang lượt mới"), "chanhvanphong", id=wish)

    while (await handle(engine.client, code).describe()).run_id == first_run:
        await asyncio.gather(*(engine.do(code, Comment(text="Ghi thêm"), "chanhvanphong") for _ in range(20)))
        assert engine.directive(code).seq < LONG_HISTORY
    again = await engine.do(code, Comment(text="Trước khi sang lượt mới"), "chanhvanphong", id=wish)

    assert again == first
    comments = [row.event.text for row in engine.rows(code) if isinstance(row.event, Commented)]
    assert comments.count("Trước khi sang lượt mới") == 1
    state = await handle(engine.client, code).query(DirectiveWorkflow.state)
    assert (state.seq, state.hash) == (engine.rows(code)[-1].seq, engine.rows(code)[-1].hash)


async def test_a_command_whose_reply_was_lost_is_answered_from_the_ledger_and_folded_in(
    engine: RunningEngine,
) -> None:
    """The worker died between COMMIT and reply and the client had gone: the ledger is one row ahead."""
    code = await a_life(engine, "lost-reply")
    wish, last = str(uuid.uuid4()), engine.rows(code)[-1]
    draft = Draft(event=Commented(text="Đã ghi, chưa báo"), actor="chanhvanphong", command_id=wish)
    engine.door.commit(
        CommitRequest(
            directive=code,
            after_seq=last.seq,
            after_hash=last.hash,
            drafts=(draft,),
            now=await engine.now(code),
        )
    )

    other = await engine.do(code, Comment(text="Người khác"), "pct.vanxa")
    again = await engine.do(code, Comment(text="Đã ghi, chưa báo"), "chanhvanphong", id=wish)

    assert again.answer is not None
    assert other.answer is not None
    assert again.answer.seq == last.seq + 1
    assert other.answer.seq == last.seq + 2
    assert [row.seq for row in engine.rows(code)] == list(range(1, last.seq + 3))


@sqlite_only
async def test_a_directive_whose_rows_an_older_backup_lacks_brings_them_back_and_repeats_no_mail(
    engine: RunningEngine, tmp_path: Path
) -> None:
    code = await a_life(engine, "older-backup")
    backup = sqlite3.connect(tmp_path / "backup.db")
    with sqlite3.connect(tmp_path / "dondoc.db") as living:
        living.backup(backup)
    await engine.do(code, Submit(result="Sau bản sao lưu"), "truong.syt")
    lost = engine.rows(code)
    engine.office.engine.dispose()
    with sqlite3.connect(tmp_path / "dondoc.db") as living:
        backup.backup(living)
    assert engine.kinds(code)[-1] == "acknowledged"

    await handle(engine.client, code).execute_update("replan")

    assert engine.rows(code) == lost
    assert engine.directive(code).status is Status.SUBMITTED
    with reading(engine.office.engine) as connection:
        states = connection.exec_driver_sql(
            "SELECT delivery.state FROM delivery JOIN notice ON notice.id = delivery.notice WHERE notice.seq = ?",
            (lost[-1].seq,),
        ).all()
    assert {state for (state,) in states} == {"restored"}


async def test_a_directive_that_temporal_has_lost_goes_on_from_the_ledger_with_its_next_moment_unchanged(
    engine: RunningEngine,
) -> None:
    code = await a_life(engine, "lost-workflow")
    before = (await handle(engine.client, code).query(DirectiveWorkflow.state)).following
    rows = engine.rows(code)
    await handle(engine.client, code).terminate("the store was lost")

    shift = engine.office.reference().clock_shift
    await start_from_ledger(engine.skipper.client, code, rows, shift, engine.task_queue)
    await handle(engine.client, code).execute_update("replan")

    assert (await handle(engine.client, code).query(DirectiveWorkflow.state)).following == before
    assert engine.rows(code) == rows


async def test_a_command_on_a_directive_that_temporal_has_lost_wakes_it_by_itself(engine: RunningEngine) -> None:
    code = await a_life(engine, "woken")
    await handle(engine.client, code).terminate("the store was lost")

    sent = await engine.do(code, Submit(result="Xong"), "truong.syt")

    assert sent.outcome == "recorded"
    assert engine.directive(code).status is Status.SUBMITTED


async def test_a_closed_directive_takes_a_comment_in_a_new_run_and_closes_again(engine: RunningEngine) -> None:
    code = await a_life(engine, "closed")
    await engine.do(code, Submit(result="Xong"), "truong.syt")
    await engine.do(code, Accept(), "chanhvanphong")
    await handle(engine.client, code).result()

    sent = await engine.do(code, Comment(text="Lưu hồ sơ"), "chanhvanphong")
    await handle(engine.client, code).result()

    assert sent.outcome == "recorded"
    assert engine.kinds(code)[-1] == "commented"
    with pytest.raises(Refused):
        await engine.do(code, Acknowledge(), "chuyenvien.syt")


async def test_a_comment_on_a_closed_directive_for_which_no_worker_is_there_is_kept_without_a_word_from_the_machinery(
    engine: RunningEngine,
) -> None:
    code = await a_life(engine, "closed-alone")
    await engine.do(code, Submit(result="Xong"), "truong.syt")
    await engine.do(code, Accept(), "chanhvanphong")
    await handle(engine.client, code).result()
    said: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: said.append(context))
    engine.sender = Sender(engine.client, engine.office, patience=1, task_queue="nobody")

    sent = await engine.do(code, Comment(text="Lưu hồ sơ"), "chanhvanphong")
    gc.collect()
    await asyncio.sleep(0)

    assert sent.outcome == "kept"
    assert said == []


async def test_a_command_that_cannot_be_recorded_in_time_is_kept_and_recorded_once_later(
    engine: RunningEngine,
) -> None:
    code = await a_life(engine, "no-worker")
    impatient = Sender(engine.client, engine.office, patience=0.05, task_queue=engine.task_queue)
    patient, engine.sender = engine.sender, impatient
    wish = str(uuid.uuid4())
    with nothing_recorded(engine.office.engine):
        sent = asyncio.create_task(_send_only(impatient, engine, code, wish))
        await asyncio.wait([sent], timeout=5)
    assert (await sent).outcome == "kept"

    engine.sender = patient
    again = await engine.do(code, Comment(text="Giữ lại"), "chanhvanphong", id=wish)

    assert again.outcome == "recorded"
    assert engine.kinds(code).count("commented") == 1


async def _send_only(sender: Sender, engine: RunningEngine, code: str, wish: str) -> Sent:
    actor = engine.office.reference().directory.actor("chanhvanphong", dt.date(2026, 3, 2))
    return await sender.send(CommandEnvelope(id=wish, directive=code, actor=actor, command=Comment(text="Giữ lại")))


@pytest.mark.slow
async def test_a_database_locked_for_half_a_minute_delays_a_command_and_neither_loses_nor_doubles_it(
    engine: RunningEngine,
) -> None:
    code = await a_life(engine, "locked")
    engine.sender.patience = 60
    with nothing_recorded(engine.office.engine):
        waiting = [
            asyncio.create_task(
                _send_only(engine.sender, engine, code, str(uuid.uuid4())),
            )
            for _ in range(3)
        ]
        await asyncio.wait(waiting, timeout=30)
    sent = await asyncio.gather(*waiting)

    assert {one.outcome for one in sent} == {"recorded"}
    assert engine.kinds(code).count("commented") == 3
    events = [event async for event in handle(engine.client, code).fetch_history_events()]
    assert not [event for event in events if event.HasField("workflow_task_failed_event_attributes")]


async def test_the_ledger_refuses_whoever_would_change_or_delete_a_row(engine: RunningEngine) -> None:
    code = await a_life(engine, "append-only")

    for statement in ("UPDATE ledger SET actor = 'x'", "DELETE FROM ledger"):
        with pytest.raises(Exception, match="append-only"), writing(engine.office.engine) as connection:  # noqa: PT012
            as_superuser(connection)
            connection.exec_driver_sql(statement)

    assert [row.actor for row in engine.rows(code)][:2] == ["vanthu", "vanthu"]


async def test_a_deadline_moved_nearer_rings_at_its_new_instant(engine: RunningEngine) -> None:
    code = await a_life(engine, "nearer")

    await engine.do(code, Amend(deadline=engine.deadline("2026-03-06"), reason="Cấp trên yêu cầu"), "chutich")
    await engine.until(code, "Mon 2026-03-09 08:01")

    assert engine.told(code) == [
        ("2026-03-03 08:00", "deadline -3"),
        ("2026-03-05 08:00", "deadline -1"),
        ("2026-03-06 08:00", "deadline 0"),
        ("2026-03-09 08:00", "deadline +1"),
    ]
