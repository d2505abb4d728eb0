"""Fixtures: an office with a migrated and seeded database, standing at Wednesday 4 March 2026, 09:00."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import fresh_database
from office_fixture import desk
from real_office import RealOffice
from standing_office import StandingOffice

from database.engine import open_engine

__all__ = ["desk", "door", "office"]


@pytest.fixture
def office(seeded_database: Path, tmp_path: Path) -> Iterator[StandingOffice]:
    engine = open_engine(fresh_database(seeded_database, tmp_path))
    yield StandingOffice(engine)
    engine.dispose()


@pytest.fixture
def door(office: StandingOffice) -> RealOffice:
    """The same office, acting through the one door."""
    return RealOffice(office.engine, references=office.references)
