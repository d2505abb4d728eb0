"""The costly questions are answered out of the indexes that were made for them, on each database out of its own."""

from typing import Any

import pytest
from databases import ON_POSTGRESQL, as_superuser
from office_fixture import Desk
from sqlalchemy import Connection, Select, func, select, text

from database.engine import reading, writing
from database.figures import Filter
from database.migrate import schema_differences
from database.waiting import Waits, WorkFilter
from models.sight import Scope
from models.tables import DIRECTIVE, LEDGER, NOTICE, is_turn


def plan_of(connection: Connection, statement: Select[Any]) -> str:
    """How the database would carry it out; PostgreSQL as if the table were large."""
    written = str(statement.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
    if ON_POSTGRESQL:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        connection.execute(text("SET LOCAL enable_indexscan = off"))
    explain = "EXPLAIN" if ON_POSTGRESQL else "EXPLAIN QUERY PLAN"
    return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {written}"))


def counted(desk: Desk, only: Filter) -> Select[tuple[int]]:
    return select(func.count()).select_from(DIRECTIVE).where(*only.conditions(desk.office.now()))


@pytest.mark.parametrize("waits", [Waits.EXTENSION, Waits.EXPLANATION, Waits.RETURNED])
def test_what_waits_is_found_without_reading_every_state(desk: Desk, waits: Waits) -> None:
    with reading(desk.office.engine) as connection:
        plan = plan_of(connection, counted(desk, WorkFilter(open_only=True, waits=waits)))

    assert f"directive_{waits.value}" in plan


@pytest.mark.skipif(not ON_POSTGRESQL, reason="on SQLite one long index holds both the texts and the lists")
def test_a_part_of_a_text_and_a_coordinating_agency_are_found_without_reading_every_row(desk: Desk) -> None:
    with reading(desk.office.engine) as connection:
        assert "directive_text" in plan_of(connection, counted(desk, Filter(text="ngan sach")))
        seen = counted(desk, Filter(scope=Scope(agencies=frozenset({"SYT"}))))
        assert "directive_coordinating" in plan_of(connection, seen)


@pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite answers it out of the long index")
def test_what_an_agency_has_before_it_is_found_without_all_that_it_ever_had(desk: Desk) -> None:
    with reading(desk.office.engine) as connection:
        led = counted(desk, Filter(agency="SYT", open_only=True))
        silent = WorkFilter(open_only=True, waits=Waits.CONTRIBUTE, agencies=frozenset({"SYT"}))

        assert "directive_open_lead" in plan_of(connection, led)
        assert "directive_open_silent" in plan_of(connection, counted(desk, silent))


def test_somebodys_newest_notices_and_the_number_of_those_he_has_not_read_are_found_by_person(desk: Desk) -> None:
    own = NOTICE.c.recipient == "vanthu"
    newest = select(NOTICE).where(own).order_by(NOTICE.c.at.desc(), NOTICE.c.id.desc()).limit(20)

    with reading(desk.office.engine) as connection:
        assert "notice_inbox" in plan_of(connection, newest)
        unread = select(func.count()).select_from(NOTICE).where(own, NOTICE.c.read_at.is_(None))
        assert "notice_unread" in plan_of(connection, unread)


def test_events_of_a_week_are_counted_out_of_their_index(desk: Desk) -> None:
    completed = select(func.count()).select_from(LEDGER).where(is_turn(), LEDGER.c.kind.in_(["accepted", "moved_in"]))

    with reading(desk.office.engine) as connection:
        assert "ledger_turn" in plan_of(connection, completed)


@pytest.mark.skipif(not ON_POSTGRESQL, reason="an extension of PostgreSQL")
def test_a_database_without_the_extension_lacks_one_index_and_nothing_else(desk: Desk) -> None:
    """Where whoever migrates may not add it, a search reads every text; `db check` finds nothing wrong."""
    with writing(desk.office.engine) as connection:
        as_superuser(connection)
        connection.execute(text("DROP EXTENSION pg_trgm CASCADE"))

    assert schema_differences(desk.office.engine) == []
