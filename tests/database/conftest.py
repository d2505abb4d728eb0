"""Fixtures: a migrated and seeded database of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import fresh_database
from office_fixture import desk
from real_office import RealOffice
from sqlalchemy import Engine

from database.engine import open_engine

__all__ = ["database", "desk", "office"]


@pytest.fixture
def database(seeded_database: Path, tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(fresh_database(seeded_database, tmp_path))
    yield engine
    engine.dispose()


@pytest.fixture
def office(database: Engine) -> RealOffice:
    """The office of that database, acting through the one door on Wednesday 4 March 2026, 09:00."""
    return RealOffice(database)
