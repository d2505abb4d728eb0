"""Fixtures: an office with a migrated and seeded SQLite, standing at Wednesday 4 March 2026, 09:00."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from office_fixture import desk
from real_office import RealOffice
from standing_office import StandingOffice

from database.engine import open_engine

__all__ = ["desk", "door", "office"]


@pytest.fixture
def office(seeded_database: Path, tmp_path: Path) -> Iterator[StandingOffice]:
    file = tmp_path / "dondoc.db"
    shutil.copy(seeded_database, file)
    engine = open_engine(f"sqlite:///{file}")
    yield StandingOffice(engine)
    engine.dispose()


@pytest.fixture
def door(office: StandingOffice) -> RealOffice:
    """The same office, acting through the one door."""
    return RealOffice(office.engine, references=office.references)
