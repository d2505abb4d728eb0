"""What the trend says was overdue is what the ledger, folded up to that instant, says."""

import datetime as dt

import pytest
from builders import a_deadline, local
from office_fixture import Desk

from database.engine import reading
from database.figures import Filter
from database.ledger import read_all
from database.trend import counted_in, overdue_then
from models import commands as c
from models.life import fold
from models.timeliness import count

HEALTH, CLERK, CHAIRMAN = "truong.syt", "chanhvanphong", "chutich"


@pytest.fixture
def lived(desk: Desk) -> Desk:
    """Lives with everything in them that can make a directive overdue or not."""

    def new(code: str, *steps: tuple[str, str, c.Command]) -> None:
        desk.register(code, "2026-03-02 09:00", deadline=a_deadline("2026-03-10"))
        desk.act(code, c.Acknowledge(), HEALTH, "2026-03-02 10:00")
        for when, person, command in steps:
            desk.act(code, command, person, f"2026-03-{when}")

    submit, result_back = c.Submit(result="Xong"), c.Return(reason="Thiếu")
    new("T-1")
    new("T-2", ("12 09:00", HEALTH, submit), ("16 09:00", CLERK, c.Accept()))
    new("T-3", ("09 09:00", HEALTH, submit), ("16 09:00", CLERK, result_back))
    new(
        "T-4",
        ("09 09:00", CHAIRMAN, c.Suspend(reason="Chờ Bộ")),
        ("16 09:00", CHAIRMAN, c.Resume(deadline=a_deadline("2026-03-18"))),
    )
    new(
        "T-5",
        ("09 09:00", HEALTH, c.RequestExtension(deadline=a_deadline("2026-03-20"), reason="Chờ")),
        ("12 09:00", CHAIRMAN, c.DecideExtension(granted=True)),
    )
    new("T-6", ("12 09:00", CHAIRMAN, c.Amend(no_deadline=True, reason="Bỏ hạn")))
    new("T-7", ("12 09:00", CHAIRMAN, c.Cancel(reason="Thu hồi")))
    new(
        "T-8",
        ("11 09:00", HEALTH, submit),
        ("12 09:00", CLERK, c.Accept()),
        ("13 09:00", CHAIRMAN, c.Reopen(deadline=a_deadline("2026-03-17"), reason="Chưa đạt")),
    )
    new("T-9", ("12 09:00", CHAIRMAN, c.Reassign(agency="STC", reason="Đúng chức năng")))
    new("T-10", ("11 09:00", HEALTH, submit), ("12 09:00", CHAIRMAN, c.Reassign(agency="STC", reason="Nhầm")))
    return desk


def test_at_every_half_day_the_trend_agrees_with_the_fold_of_the_ledger(lived: Desk) -> None:
    start = local("Mon 2026-03-02 00:00")
    instants = [start + dt.timedelta(hours=12 * number) for number in range(48)]

    with reading(lived.office.engine) as connection:
        found = overdue_then(connection, instants, Filter())
        lives = list(read_all(connection))
        calendar = lived.office.reference(connection).calendar

    folded = []
    for instant in instants:
        then = [fold(tuple(row for row in rows if row.at <= instant)) for _code, rows in lives]
        folded.append(count([one for one in then if one is not None], calendar, instant).overdue)
    assert found == folded
    assert max(found) > 3


def test_events_are_counted_between_two_instants_the_first_included(lived: Desk) -> None:
    instants = [local(f"2026-03-{day:02d} 09:00") for day in (2, 3, 12, 16, 17)]

    with reading(lived.office.engine) as connection:
        entered, completed = counted_in(connection, (("registered",), ("accepted",)), instants, Filter())
        assert entered == [10, 0, 0, 0]
        assert completed == [0, 0, 1, 1]
        assert counted_in(connection, (("registered", "accepted"),), instants, Filter()) == [[10, 0, 1, 1]]
        assert counted_in(connection, (("accepted",),), instants, Filter(agency="STC")) == [[0, 0, 0, 0]]
