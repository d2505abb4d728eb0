"""A scope as a condition in SQL: the same judgement as `models.sight.Scope.covers`, where the snapshots lie."""

import json

from sqlalchemy import ColumnElement, Text, and_, cast, false, or_, true

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
    # Both databases keep the list as the JSON text that was written, and a quoted element stands nowhere else in it.
    return cast(DIRECTIVE.c.coordinating_agencies, Text).contains(json.dumps(agency), autoescape=True)
