"""A whole life of each kind, on the real server under skipped time; the moments are written by hand, to the minute."""

import datetime as dt

import pytest
from running_engine import RunningEngine

from models.commands import (
    Accept,
    Acknowledge,
    Cancel,
    DecideExtension,
    Decline,
    Reassign,
    Reopen,
    RequestExtension,
    Resume,
    Return,
    Submit,
    Succeed,
    Suspend,
)
from models.timeliness import timeliness
from models.vocabulary import Status, Timeliness

pytestmark = [pytest.mark.server, pytest.mark.slow]

AT_MOST_LATE = dt.timedelta(seconds=30)
"""A moment is told in its minute; skipped time itself costs a second."""


def judged(engine: RunningEngine, code: str) -> Timeliness | None:
    directive = engine.directive(code)
    return timeliness(directive, engine.office.reference().calendar, directive.updated_at)


async def test_a_directive_done_on_time_hears_its_reminders_and_is_done_on_time(engine: RunningEngine) -> None:
    await engine.time_is("Mon 2026-03-02 09:00")
    code = await engine.register("done-on-time", lead_agency="SYT", deadline=engine.deadline("2026-03-20"))

    await engine.until(code, "Tue 2026-03-03 09:30")
    await engine.do(code, Acknowledge(), "chuyenvien.syt")
    await engine.until(code, "Thu 2026-03-19 14:00")
    await engine.do(code, Submit(result="Báo cáo đầy đủ", document_number="12/BC-SYT"), "truong.syt")
    await engine.until(code, "Wed 2026-03-25 10:00")
    await engine.do(code, Accept(), "chanhvanphong")

    assert engine.told(code) == [
        ("2026-03-03 08:00", "acknowledgement +1"),
        ("2026-03-11 08:00", "deadline -7"),
        ("2026-03-17 08:00", "deadline -3"),
        ("2026-03-19 08:00", "deadline -1"),
        ("2026-03-23 08:00", "review +2"),
        ("2026-03-25 08:00", "review +4"),
    ]
    assert engine.late_by(code) < AT_MOST_LATE
    assert judged(engine, code) is Timeliness.COMPLETED_ON_TIME


async def test_a_directive_done_late_climbs_the_ladder_to_the_chairman(engine: RunningEngine) -> None:
    await engine.time_is("Mon 2026-03-02 09:00")
    code = await engine.register("done-late", lead_agency="SYT", deadline=engine.deadline("2026-03-06"))

    await engine.do(code, Acknowledge(), "chuyenvien.syt")
    await engine.until(code, "Mon 2026-04-06 09:00")
    await engine.do(code, Submit(result="Báo cáo muộn"), "truong.syt")
    await engine.do(code, Accept(), "chutich")

    assert engine.told(code) == [
        ("2026-03-03 08:00", "deadline -3"),
        ("2026-03-05 08:00", "deadline -1"),
        ("2026-03-06 08:00", "deadline 0"),
        ("2026-03-09 08:00", "deadline +1"),
        ("2026-03-11 08:00", "deadline +3"),
        ("2026-03-17 08:00", "deadline +7"),
        ("2026-03-27 08:00", "deadline +15"),
        ("2026-03-30 08:00", "silence +20"),
        ("2026-04-03 08:00", "deadline +20"),
    ]
    assert judged(engine, code) is Timeliness.COMPLETED_LATE
    assert engine.directive(code).escalation_level == 4


async def test_a_declined_directive_is_handed_out_again_and_its_deadline_stays(engine: RunningEngine) -> None:
    await engine.time_is("Mon 2026-03-02 09:00")
    code = await engine.register("declined", lead_agency="SYT", deadline=engine.deadline("2026-03-20"))

    await engine.do(code, Decline(reason="Không thuộc chức năng"), "truong.syt")
    await engine.until(code, "Thu 2026-03-05 10:00")
    await engine.do(code, Reassign(agency="SXD"), "chanhvanphong")
    await engine.until(code, "Fri 2026-03-06 09:00")
    await engine.do(code, Acknowledge(), "chuyenvien.sxd")
    await engine.until(code, "Thu 2026-03-12 09:00")
    await engine.do(code, Submit(result="Xong"), "truong.sxd")
    await engine.do(code, Accept(), "chutich")

    assert engine.told(code) == [
        ("2026-03-03 08:00", "handout +1"),
        ("2026-03-04 08:00", "handout +2"),
        ("2026-03-06 08:00", "acknowledgement +1"),
        ("2026-03-11 08:00", "deadline -7"),
    ]
    assert engine.directive(code).lead_agency == "SXD"


async def test_a_result_returned_twice_is_timed_by_the_submission_that_was_accepted(engine: RunningEngine) -> None:
    await engine.time_is("Mon 2026-03-02 09:00")
    code = await engine.register("returned-twice", lead_agency="SYT", deadline=engine.deadline("2026-03-06"))

    await engine.do(code, Acknowledge(), "chuyenvien.syt")
    await engine.do(code, Submit(result="Lần một"), "truong.syt")
    await engine.until(code, "Thu 2026-03-05 09:00")
    await engine.do(code, Return(reason="Chưa đủ số liệu"), "chanhvanphong")
    await engine.do(code, Submit(result="Lần hai"), "truong.syt")
    await engine.until(code, "Tue 2026-03-10 09:00")
    await engine.do(code, Return(reason="Chưa đạt"), "chanhvanphong")
    await engine.until(code, "Wed 2026-03-11 09:00")
    await engine.do(code, Submit(result="Lần ba"), "truong.syt")
    await engine.do(code, Accept(), "chanhvanphong")

    assert engine.told(code) == [
        ("2026-03-04 08:00", "review +2"),
        ("2026-03-09 08:00", "review +2"),
        ("2026-03-11 08:00", "deadline +3"),
    ]
    assert judged(engine, code) is Timeliness.COMPLETED_LATE
    assert engine.directive(code).times_returned == 2


async def test_an_extended_directive_has_its_whole_ladder_again(engine: RunningEngine) -> None:
    await engine.time_is("Mon 2026-03-02 09:00")
    code = await engine.register("extended", lead_agency="SYT", deadline=engine.deadline("2026-03-06"))

    await engine.do(code, Acknowledge(), "chuyenvien.syt")
    await engine.until(code, "Thu 2026-03-05 09:00")
    await engine.do(code, RequestExtension(deadline=engine.deadline("2026-03-27"), reason="Chờ số liệu"), "truong.syt")
    await engine.until(code, "Fri 2026-03-06 10:00")
    await engine.do(code, DecideExtension(granted=True), "pct.vanxa")
    await engine.until(code, "Thu 2026-03-26 09:00")
    await engine.do(code, Submit(result="Xong"), "truong.syt")
    await engine.do(code, Accept(), "chanhvanphong")

    assert engine.told(code) == [
        ("2026-03-03 08:00", "deadline -3"),
        ("2026-03-05 08:00", "deadline -1"),
        ("2026-03-06 08:00", "deadline 0"),
        ("2026-03-06 08:00", "extension +1"),
        ("2026-03-18 08:00", "deadline -7"),
        ("2026-03-24 08:00", "deadline -3"),
        ("2026-03-26 08:00", "deadline -1"),
    ]
    assert judged(engine, code) is Timeliness.COMPLETED_ON_TIME
    assert str(engine.directive(code).first_deadline and engine.directive(code).first_deadline.day) == "2026-03-06"


async def test_a_directive_suspended_over_tet_says_nothing_meanwhile_and_its_clocks_lose_the_time(
    engine: RunningEngine,
) -> None:
    await engine.time_is("Mon 2026-02-09 09:00")
    code = await engine.register("over-tet", lead_agency="SYT", deadline=engine.deadline("2026-02-25"))

    await engine.until(code, "Wed 2026-02-11 09:00")
    await engine.do(code, Suspend(reason="Nghỉ Tết"), "pct.vanxa")
    await engine.until(code, "Tue 2026-02-24 09:00")
    await engine.do(code, Resume(deadline=engine.deadline("2026-03-06")), "pct.vanxa")
    await engine.until(code, "Wed 2026-02-25 09:00")
    await engine.do(code, Acknowledge(), "chuyenvien.syt")
    await engine.until(code, "Wed 2026-03-04 09:00")
    await engine.do(code, Submit(result="Xong"), "truong.syt")
    await engine.do(code, Accept(), "chanhvanphong")

    assert engine.told(code) == [
        ("2026-02-10 08:00", "acknowledgement +1"),
        ("2026-02-11 08:00", "acknowledgement +2"),
        ("2026-02-25 08:00", "acknowledgement +3"),
        ("2026-02-25 08:00", "deadline -7"),
        ("2026-03-03 08:00", "deadline -3"),
    ]


async def test_a_directive_reorganised_away_goes_on_with_the_successor_and_no_clock_restarts(
    engine: RunningEngine,
) -> None:
    await engine.time_is("Mon 2025-02-24 09:00")
    code = await engine.register("reorganised", lead_agency="SGTVT", deadline=engine.deadline("2025-03-07"))

    await engine.until(code, "Tue 2025-02-25 09:00")
    await engine.do(code, Acknowledge(), "chuyenvien.sgtvt")
    await engine.until(code, "Mon 2025-03-03 07:00")
    await engine.do(code, Succeed(old_agency="SGTVT", new_agency="SXD", reason="Sắp xếp bộ máy"), "vanthu")
    await engine.until(code, "Thu 2025-03-06 09:00")
    await engine.do(code, Submit(result="Xong"), "truong.sxd")
    await engine.do(code, Accept(), "chanhvanphong")

    assert engine.told(code) == [
        ("2025-02-25 08:00", "acknowledgement +1"),
        ("2025-02-26 08:00", "deadline -7"),
        ("2025-03-04 08:00", "deadline -3"),
        ("2025-03-06 08:00", "deadline -1"),
    ]
    told_after = [recipient for recipient, content in engine.notices(code) if content.kind == "moment"][-1]
    assert told_after.endswith(".sxd")


async def test_a_reopened_directive_says_nothing_of_its_old_deadline(engine: RunningEngine) -> None:
    await engine.time_is("Mon 2026-03-02 09:00")
    code = await engine.register("reopened", lead_agency="SYT", deadline=engine.deadline("2026-03-06"))
    await engine.do(code, Acknowledge(), "chuyenvien.syt")
    await engine.do(code, Submit(result="Xong"), "truong.syt")
    await engine.do(code, Accept(), "chanhvanphong")

    await engine.do(code, Reopen(deadline=engine.deadline("2026-03-13"), reason="Kết quả chưa đúng"), "chutich")
    await engine.until(code, "Tue 2026-03-17 09:00")
    await engine.do(code, Submit(result="Xong lại"), "truong.syt")
    await engine.do(code, Accept(), "chanhvanphong")

    assert engine.told(code) == [
        ("2026-03-04 08:00", "deadline -7"),
        ("2026-03-10 08:00", "deadline -3"),
        ("2026-03-12 08:00", "deadline -1"),
        ("2026-03-13 08:00", "deadline 0"),
        ("2026-03-16 08:00", "deadline +1"),
    ]
    assert judged(engine, code) is Timeliness.COMPLETED_LATE


async def test_a_cancelled_directive_says_nothing_any_more(engine: RunningEngine) -> None:
    await engine.time_is("Mon 2026-03-02 09:00")
    code = await engine.register("cancelled", lead_agency="SYT", deadline=engine.deadline("2026-03-06"))

    await engine.until(code, "Tue 2026-03-03 09:00")
    await engine.do(code, Cancel(reason="Không còn cần"), "pct.vanxa")

    assert engine.told(code) == [
        ("2026-03-03 08:00", "acknowledgement +1"),
        ("2026-03-03 08:00", "deadline -3"),
    ]
    assert engine.directive(code).status is Status.CANCELLED
    assert judged(engine, code) is None
