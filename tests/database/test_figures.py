"""Figures and lists are the same judgement: whatever a board counts, the list behind it has."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import local
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from office_fixture import Desk
from sqlalchemy import Connection, Engine, insert

from database.engine import open_engine
from database.figures import FIGURES, NOBODY, Filter
from models.sight import EVERYTHING, Scope
from models.tables import DIRECTIVE
from models.vocabulary import Status, Urgency
from services.asking import board, count_directives, list_directives

NOW = local("Fri 2026-03-20 09:00")
AGENCIES, FIELDS, LEADERS = (None, "SYT", "STC"), (None, "y-te"), (None, "chutich", "pct.vanxa")
INSTANTS = st.one_of(st.none(), st.integers(-30, 30).map(lambda hours: NOW + dt.timedelta(hours=hours)))
SCOPES = (EVERYTHING, Scope(agencies=frozenset({"STC"})), Scope(leaders=frozenset({"pct.vanxa"})))


@st.composite
def snapshots(draw: st.DrawFn) -> dict[str, object]:
    """The columns of a snapshot that figures depend on, in any combination."""
    due = draw(INSTANTS)
    return {
        "status": draw(st.sampled_from(Status)).value,
        "lead_agency": draw(st.sampled_from(AGENCIES)),
        "coordinating_agencies": draw(st.sampled_from(([], ["STC"], ["SYT", "STC"]))),
        "field": draw(st.sampled_from(FIELDS)),
        "supervising_leader": draw(st.sampled_from(LEADERS)),
        "due_at": due,
        "due_soon_at": due - dt.timedelta(hours=10) if due else None,
        "judged_at": draw(INSTANTS),
        "registered_at": NOW - dt.timedelta(days=draw(st.integers(0, 3))),
    }


@pytest.fixture(scope="module")
def empty(seeded_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    file = tmp_path_factory.mktemp("figures") / "dondoc.db"
    file.write_bytes(seeded_database.read_bytes())
    engine = open_engine(f"sqlite:///{file}")
    yield engine
    engine.dispose()


def filled(connection: Connection, made: list[dict[str, object]]) -> None:
    rest = {"seq": 1, "urgency": Urgency.NORMAL.value, "fingerprint": "", "updated_at": NOW, "assigning_leader": ""}
    texts = {"content": "", "search": "", "document_number": "", "plan": "", "state": "{}"}
    numbers = {"escalation_level": 0, "awaiting_start": False}
    for number, snapshot in enumerate(made):
        connection.execute(insert(DIRECTIVE).values(code=f"F-{number}", **rest, **texts, **numbers, **snapshot))


@given(made=st.lists(snapshots(), max_size=12), scope=st.sampled_from(SCOPES), recent=st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_figure_of_a_board_is_the_number_of_the_list_behind_it(
    empty: Engine, made: list[dict[str, object]], scope: Scope, recent: bool
) -> None:
    since = NOW - dt.timedelta(days=1) if recent else None

    def behind(**narrowed: object) -> int:
        return count_directives(connection, Filter(scope=scope, registered_from=since, **narrowed), NOW)  # type: ignore[arg-type]

    with empty.connect() as connection, connection.begin() as transaction:
        filled(connection, made)
        whole = board(connection, NOW, Filter(scope=scope, registered_from=since))
        for figure in FIGURES:
            assert getattr(whole.figures, figure) == behind(figure=figure)
            for axis, groups in (("agency", whole.by_agency), ("field", whole.by_field), ("leader", whole.by_leader)):
                assert getattr(whole.figures, figure) == sum(getattr(one, figure) for _group, one in groups)
                for group, figures in groups:
                    assert getattr(figures, figure) == behind(figure=figure, **{axis: group or NOBODY})
        assert whole.figures.total + whole.figures.cancelled == behind()
        assert whole.figures.no_deadline_open == behind(timeliness="no_deadline")
        transaction.rollback()


def test_a_page_of_a_list_has_the_rows_that_the_whole_list_has_there(desk: Desk) -> None:
    for number in range(1, 8):
        desk.register(f"P-{number}", f"2026-03-04 09:0{number}", content=f"Việc số {number}")

    with desk.office.engine.connect() as connection:
        for only in (Filter(), Filter(text="viec so")):
            whole = [one.directive.code for one in list_directives(connection, only, NOW)]
            pages = [
                [one.directive.code for one in list_directives(connection, only, NOW, 3, start)] for start in (0, 3, 6)
            ]
            assert [code for page in pages for code in page] == whole == [f"P-{number}" for number in range(1, 8)]
