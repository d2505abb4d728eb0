"""All checks of what lies in the database, in the order in which one would look."""

from collections.abc import Iterator
from dataclasses import dataclass

from database.engine import reading
from services.doctor import Check, awaited_directives, database_checks, guarded, work_checks
from services.doctor_machine import clock_check
from services.doctor_office import office_checks
from services.office import Office


@dataclass(frozen=True)
class Stored:
    """What was found; `awaited` are the directives whose workflows are to be looked at more closely."""

    checks: tuple[Check, ...]
    awaited: tuple[str, ...]


def look_at_stored(office: Office, jump: float) -> Stored:
    """Check the database, and what lies in it if it has this release's schema.

    Args:
        jump: seconds by which the clock has jumped in the eyes of the parts that run.
    """
    found = list(guarded("database", lambda: database_checks(office.engine)))
    awaited: list[str] = []

    def all_stored() -> Iterator[Check]:
        with reading(office.engine) as connection:
            reference, now = office.reference(connection), office.now()
            awaited.extend(awaited_directives(connection, now))
            yield clock_check(connection, now, jump)
            yield from work_checks(connection, reference, now)
            yield from office_checks(connection, reference, now)

    if any(one.name == "schema" and one.ok for one in found):
        found += guarded("stored", all_stored)
    return Stored(tuple(found), tuple(awaited))
