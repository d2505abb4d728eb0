"""RULES 11: overdue since the due instant, not since the engine noticed; the ledger's order is that of recording."""

import datetime as dt

import pytest
from builders import (
    LEAD_AGENCY,
    SECRETARIAT,
    a_calendar,
    a_deadline,
    a_directive,
    apply,
    clock_face,
    local,
)
from office_fixture import Desk

from database.engine import reading
from database.figures import count_by, figures_of
from database.ledger import read_rows
from models import commands as c
from models.events import MomentReached
from models.timeliness import days_left, late_days, timeliness
from models.vocabulary import Timeliness

SECOND = dt.timedelta(seconds=1)


@pytest.mark.parametrize(
    ("deadline", "due_at"),
    [
        ("2026-03-20", "Sat 2026-03-21 00:00"),
        ("2026-03-22", "Mon 2026-03-23 00:00"),  # a Sunday that was named: it does not move
        ("2026-03-20 15:00", "Fri 2026-03-20 15:00"),
        ("2026-02-18", "Thu 2026-02-19 00:00"),  # within Tết
    ],
)
def test_rule_11_a_directive_is_overdue_from_the_instant_after_its_due_instant(deadline: str, due_at: str) -> None:
    directive = a_directive("in_progress", at="2026-02-02 09:00", deadline=deadline)
    due = local(due_at)

    assert timeliness(directive, a_calendar(), due) is Timeliness.DUE_SOON
    assert timeliness(directive, a_calendar(), due + SECOND) is Timeliness.OVERDUE


def test_rule_11_overdue_is_counted_from_the_due_instant_though_the_engine_was_down_for_a_week(desk: Desk) -> None:
    desk.register("NV-1", "Mon 2026-03-02 09:00", deadline=a_deadline("2026-03-20", "Friday"))
    desk.act("NV-1", c.Acknowledge(), "truong.syt", "Mon 2026-03-02 09:30")

    def overdue(at: str) -> int:
        with reading(desk.office.engine) as connection:
            return figures_of(count_by(connection, "lead_agency", local(at))).overdue

    assert (overdue("Sat 2026-03-21 00:00"), overdue("Sat 2026-03-21 00:01")) == (0, 1)
    desk.tell("NV-1", "Fri 2026-03-27 09:00")  # the engine notices

    directive = desk.directive("NV-1")
    assert (overdue("Sat 2026-03-21 00:00"), overdue("Sat 2026-03-21 00:01")) == (0, 1)
    assert directive.deadline is not None
    assert clock_face(directive.deadline.due_at) == "Sat 2026-03-21 00:00"
    assert days_left(directive, a_calendar(), local("Fri 2026-03-27 09:00")) == -5
    assert late_days(directive, a_calendar(), local("Fri 2026-03-27 09:00")).total == 5


def test_rule_11_a_result_handed_in_at_the_due_instant_is_on_time_and_a_second_later_late() -> None:
    directive = a_directive("in_progress")
    due = local("Sat 2026-03-21 00:00")

    for at, judged in ((due, Timeliness.COMPLETED_ON_TIME), (due + SECOND, Timeliness.COMPLETED_LATE)):
        done = apply(
            apply(directive, c.Submit(result="Xong"), LEAD_AGENCY, at), c.Accept(), SECRETARIAT, "2026-04-30 09:00"
        )
        assert timeliness(done, a_calendar(), local("2026-05-29 09:00")) is judged


def test_rule_11_the_ledgers_order_is_that_of_recording_whatever_was_planned_when(desk: Desk) -> None:
    """The report came while the timers stood still; the steps meant for before it stand behind it in the ledger."""
    desk.register("NV-1", "Mon 2026-03-02 09:00", deadline=a_deadline("2026-03-20", "Friday"))
    desk.act("NV-1", c.Acknowledge(), "truong.syt", "Mon 2026-03-02 09:30")
    desk.door.clock.trusted = lambda: False  # type: ignore[method-assign]  # the machine's clock is not to be trusted
    desk.act("NV-1", c.ReportProgress(text="Đang làm"), "truong.syt", "Wed 2026-03-18 10:00")
    del desk.door.clock.trusted
    desk.tell("NV-1", "Wed 2026-03-18 10:05")

    with reading(desk.office.engine) as connection:
        rows = read_rows(connection, "NV-1")

    assert [row.event.step if isinstance(row.event, MomentReached) else row.event.kind for row in rows] == [
        "registered",
        "assigned",
        "acknowledged",
        "progress_reported",
        "-7",
        "-3",
    ]
    assert [row.seq for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row.at for row in rows] == sorted(row.at for row in rows)
