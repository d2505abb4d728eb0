"""What a query finds within a scope is what the scope covers, directive by directive."""

import itertools

import pytest
from builders import a_directive
from real_office import RealOffice
from sqlalchemy import select

from database.engine import reading, writing
from database.scopes import seen_by
from database.snapshots import write_snapshot
from models.directive import Directive
from models.sight import EVERYTHING, NOTHING, Scope
from models.tables import DIRECTIVE

AGENCIES = ("SYT", "STC", 'Q"%_')
LEADERS = (None, "pct.vanxa", "pct.kinhte")
FIELDS = (None, "y-te", "giao-duc")
SCOPES = [
    EVERYTHING,
    NOTHING,
    Scope(agencies=frozenset({"SYT"})),
    Scope(agencies=frozenset({"STC", 'Q"%_'})),
    Scope(agencies=frozenset({"S"})),
    Scope(leaders=frozenset({"pct.vanxa"})),
    Scope(fields=frozenset({"giao-duc"})),
    Scope(led=frozenset({"SYT"}), known_fields=frozenset({"y-te"})),
    Scope(led=frozenset({"STC", 'Q"%_'}), known_fields=frozenset()),
    Scope(agencies=frozenset({"STC"}), leaders=frozenset({"pct.kinhte"}), fields=frozenset({"y-te"})),
]


def every_kind() -> list[Directive]:
    """A directive for each combination of lead, coordinating agencies, leader and field."""
    coordinating = [
        (),
        *((agency,) for agency in AGENCIES),
        *itertools.combinations(AGENCIES, 2),
    ]
    combinations = itertools.product((None, *AGENCIES), coordinating, LEADERS, FIELDS)
    usual = a_directive()
    return [
        usual.model_copy(
            update={
                "code": f"NV-{number}",
                "lead_agency": lead,
                "coordinating_agencies": others,
                "supervising_leader": leader,
                "field": field,
            }
        )
        for number, (lead, others, leader, field) in enumerate(combinations)
    ]


@pytest.fixture
def filled(office: RealOffice) -> RealOffice:
    with writing(office.engine) as connection:
        reference = office.references.get(connection)
        for directive in every_kind():
            write_snapshot(connection, directive, reference, None, mark=directive.code)
    return office


def test_a_query_finds_exactly_what_each_scope_covers(filled: RealOffice) -> None:
    for scope in SCOPES:
        with reading(filled.engine) as connection:
            found = set(connection.execute(select(DIRECTIVE.c.code).where(seen_by(scope))).scalars())

        assert found == {directive.code for directive in every_kind() if scope.covers(directive)}, scope
