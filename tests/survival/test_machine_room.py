"""A PostgreSQL whose disk is full answers as ever; that it takes nothing more is seen before anybody's command is."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from machine_disk import fill, make_room, small_disk
from own_postgresql import OwnPostgresql

from database.engine import open_engine
from services.doctor import writing_refused
from services.troubles import trouble

pytestmark = pytest.mark.server


@pytest.fixture
def server() -> Iterator[OwnPostgresql]:
    """A PostgreSQL with a disk to itself, in a folder that its account may enter."""
    folder = Path(tempfile.mkdtemp(prefix="dondoc-room-", dir="/tmp"))
    folder.chmod(0o755)
    with small_disk(folder / "disk", 128) as disk:
        server = OwnPostgresql(disk / "postgresql")
        server.folder.mkdir()
        server.make()
        yield server
        server.stop()
    shutil.rmtree(folder)


def test_a_postgresql_whose_disk_is_full_is_named_until_there_is_room(server: OwnPostgresql) -> None:
    engine = open_engine(server.url("postgres"))
    assert writing_refused(engine) is None

    fill(server.folder.parent)
    refused = writing_refused(engine) or ""
    make_room(server.folder.parent)

    assert "đã đầy" in trouble(refused)[0]
    assert writing_refused(engine) is None
    engine.dispose()
