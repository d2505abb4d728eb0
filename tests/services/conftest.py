"""Fixtures: an office of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from office_fixture import Desk


@pytest.fixture
def desk(seeded_database: Path, tmp_path: Path) -> Iterator[Desk]:
    """An office on Wednesday 4 March 2026, 10:00, with the shipped directory, calendar and policy."""
    desk = Desk.copied(seeded_database, tmp_path / "data").time_is("2026-03-04 10:00")
    yield desk
    desk.office.engine.dispose()
