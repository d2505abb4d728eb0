from typing import Any

from builders import a_deadline, local
from office_fixture import Desk
from sqlalchemy import select

from database.engine import reading
from models import commands as c
from models.tables import DIRECTIVE
from services.reconciling import rebuild_snapshots


def snapshots(desk: Desk) -> list[dict[str, Any]]:
    with reading(desk.office.engine) as connection:
        rows = connection.execute(select(DIRECTIVE).order_by(DIRECTIVE.c.code))
        return [dict(row._mapping) for row in rows]


def test_snapshots_made_anew_from_the_ledger_are_those_that_the_engine_wrote(desk: Desk) -> None:
    desk.register("NV-1", "2026-03-02 09:00", deadline=a_deadline("2026-03-20"))
    desk.act("NV-1", c.Acknowledge(), "truong.syt", "2026-03-02 10:00")
    desk.register("NV-2", "2026-03-03 09:30", lead_agency=None)
    desk.register("NV-3", "2026-03-03 09:40")
    desk.act("NV-3", c.Cancel(reason="Trùng"), "vanthu", "2026-03-03 09:45")
    before = snapshots(desk)
    desk.sql(
        "UPDATE directive SET status = 'completed', state = '{}', seq = 0", "DELETE FROM directive WHERE code = 'NV-2'"
    )
    seen: list[tuple[int, int]] = []

    made, failed = rebuild_snapshots(desk.office, lambda done, everything: seen.append((done, everything)))

    assert (made, failed) == (3, [])
    assert seen[-1] == (3, 3)
    assert snapshots(desk) == before


def test_one_directive_whose_rows_cannot_be_read_holds_up_no_other(desk: Desk) -> None:
    for number in (1, 2, 3):
        desk.register(f"NV-{number}", f"2026-03-02 09:0{number}")
    before = snapshots(desk)
    desk.tamper("UPDATE ledger SET data = '[]' WHERE directive = 'NV-2' AND seq = 2")

    made, failed = rebuild_snapshots(desk.office)

    assert (made, failed) == (2, ["NV-2"])
    assert snapshots(desk) == before


def test_a_moment_that_nobody_told_yet_stays_the_next_one_so_that_doctor_sees_it(desk: Desk) -> None:
    desk.register("NV-1", "2026-02-02 09:00")
    assert snapshots(desk)[0]["next_at"] == local("Tue 2026-02-03 08:00")

    rebuild_snapshots(desk.office)

    assert snapshots(desk)[0]["next_at"] == local("Tue 2026-02-03 08:00")
