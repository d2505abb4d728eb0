"""A scope as a condition in SQL: the same judgement as `models.sight.Scope.covers`, where the snapshots lie."""

import json
from typing import Any

from sqlalchemy import Boolean, ColumnElement, String, Text, and_, cast, false, func, literal, or_, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from models.sight import Scope
from models.tables import DIRECTIVE


def seen_by(scope: Scope) -> ColumnElement[bool]:
    """The condition on the snapshots under which a directive is seen."""
    if scope.everything:
        return true()
    ways: list[ColumnElement[bool]] = []
    if scope.agencies:
        ways.append(DIRECTIVE.c.lead_agency.in_(sorted(scope.agencies)))
        ways += [coordinates(agency) for agency in sorted(scope.agencies)]
    if scope.leaders:
        ways.append(DIRECTIVE.c.supervising_leader.in_(sorted(scope.leaders)))
    if scope.fields:
        ways.append(DIRECTIVE.c.field.in_(sorted(scope.fields)))
    if scope.led:
        unknown = or_(DIRECTIVE.c.field.is_(None), DIRECTIVE.c.field.not_in(sorted(scope.known_fields)))
        ways.append(and_(DIRECTIVE.c.lead_agency.in_(sorted(scope.led)), unknown))
    return or_(*ways) if ways else false()


def coordinates(agency: str) -> ColumnElement[bool]:
    """The condition under which an agency coordinates a directive."""
    return _Lists(DIRECTIVE.c.coordinating_agencies, literal(json.dumps(agency), String))


def is_silent(agency: str) -> ColumnElement[bool]:
    """The condition under which an agency coordinates an open directive and has said nothing."""
    return _Lists(DIRECTIVE.c.silent_agencies, literal(json.dumps(agency), String))


class _Lists(FunctionElement[bool]):
    """Whether a list has an element, given as JSON."""

    type = Boolean()
    inherit_cache = True


@compiles(_Lists)
def _in_text(element: _Lists, compiler: SQLCompiler, **given: Any) -> str:  # noqa: ANN401 - as SQLAlchemy calls it
    """The list is kept as the JSON text that was written, and a quoted element stands nowhere else in it."""
    listed, agency = element.clauses
    return compiler.process(func.instr(cast(listed, Text), agency) > 0, **given)


@compiles(_Lists, "postgresql")
def _in_index(element: _Lists, compiler: SQLCompiler, **given: Any) -> str:  # noqa: ANN401
    """PostgreSQL has an index of the elements."""
    listed, agency = element.clauses
    return compiler.process(cast(listed, JSONB).bool_op("@>")(cast(agency, JSONB)), **given)
