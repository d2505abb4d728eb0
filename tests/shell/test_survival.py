"""The whole system with 1,320 directives is killed and started again; and what fell due meanwhile is told."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dondoc_command import Dondoc, until
from sqlalchemy import func, select

from database.engine import reading, writing
from database.reference import write_policy
from database.seed_data import read_default_policy
from models.calendar import LOCAL
from models.tables import DIRECTIVE, LEDGER
from services.office import Office

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Dondoc]:
    """The demo before the hour of the steps, so that those of today are still to come and none is covered."""
    dondoc = Dondoc(tmp_path / "data", {"DONDOC_CLOCK": "2026-11-25T06:00:00+07:00"})
    dondoc("demo", "--detach", "--port", str(dondoc.port), seconds=600)
    yield dondoc
    dondoc.down()


def everything_known(dondoc: Dondoc) -> dict[str, Any]:
    """The figures, each directive's standing with its next moment, and the whole ledger."""
    board = dondoc.json("board")
    board.pop("as_of")
    office = Office.at(f"sqlite:///{dondoc.data / 'dondoc.db'}")
    with reading(office.engine) as connection:
        ledger = [tuple(row) for row in connection.execute(select(LEDGER).order_by(LEDGER.c.id))]
        standings = [
            tuple(row)
            for row in connection.execute(
                select(DIRECTIVE.c.code, DIRECTIVE.c.seq, DIRECTIVE.c.state, DIRECTIVE.c.next_moment).order_by(
                    DIRECTIVE.c.code
                )
            )
        ]
    office.engine.dispose()
    return {"board": board, "ledger": ledger, "standings": standings}


def test_1320_directives_killed_whole_are_the_same_afterwards_and_what_fell_due_is_told_within_a_minute(
    demo: Dondoc,
) -> None:
    before = everything_known(demo)
    assert before["board"]["total"] == 2_640

    demo.kill_all()
    demo.up()

    assert everything_known(demo) == before
    assert demo.json("verify")["broken"] == []
    assert demo.json("reconcile")["differences"] == []

    office = Office.at(f"sqlite:///{demo.data / 'dondoc.db'}")
    ring_at = office.now() + dt.timedelta(seconds=100)
    let_ring(office, ring_at)
    until(lambda: planned_under_newest_policy(office) and len(due_at(office, ring_at)) >= 20, 95)
    expected = due_at(office, ring_at)
    assert len(expected) >= 20
    demo.kill_all()
    until(lambda: office.now() > ring_at + dt.timedelta(seconds=3), 120)
    demo.up()
    until(lambda: told_at(office, ring_at) == expected, 60)

    assert demo.json("verify")["broken"] == []
    assert demo.json("reconcile")["differences"] == []


def let_ring(office: Office, ring_at: dt.datetime) -> None:
    """Put a policy in force whose every step that falls on today falls on this second."""
    policy = yaml.safe_load(read_default_policy())
    steps = policy["ladders"]["normal"]["clocks"]["deadline"]["steps"]
    for step in steps:
        step["time"] = ring_at.astimezone(LOCAL).strftime("%H:%M:%S")
    with writing(office.engine) as connection:
        write_policy(connection, yaml.safe_dump(policy, allow_unicode=True), office.now(), "test")


def planned_under_newest_policy(office: Office) -> bool:
    plan = office.reference().plan
    with reading(office.engine) as connection:
        old = select(func.count()).where(
            DIRECTIVE.c.plan != plan, DIRECTIVE.c.status.not_in(["completed", "cancelled"])
        )
        return connection.execute(old).scalar_one() == 0


def due_at(office: Office, ring_at: dt.datetime) -> set[str]:
    with reading(office.engine) as connection:
        second = ring_at.replace(microsecond=0)
        return set(connection.execute(select(DIRECTIVE.c.code).where(DIRECTIVE.c.next_at == second)).scalars())


def told_at(office: Office, ring_at: dt.datetime) -> set[str]:
    with reading(office.engine) as connection:
        second = ring_at.replace(microsecond=0)
        codes = connection.execute(select(LEDGER.c.directive).where(LEDGER.c.planned_at == second)).scalars().all()
    assert len(codes) == len(set(codes))
    return set(codes)
