"""Fixtures: an office with a migrated and seeded database, and a real mail server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import SEED, local
from databases import fresh_database
from real_office import Mailbox, RealOffice, a_delivery, a_free_port

from activities.delivery import Delivery
from activities.smtp_server import read_smtp_url
from activities.smtp_transport import SmtpTransport
from database.engine import open_engine
from database.migrate import migrate
from database.seed_data import seed


@pytest.fixture(scope="session")
def seeded_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("seeded") / "dondoc.db"
    engine = open_engine(f"sqlite:///{file}")
    migrate(engine)
    seed(engine, SEED / "quang_ngai.yaml", local("2026-01-05 08:00"))
    engine.dispose()
    return file


@pytest.fixture
def office(seeded_database: Path, tmp_path: Path) -> Iterator[RealOffice]:
    engine = open_engine(fresh_database(seeded_database, tmp_path))
    yield RealOffice(engine)
    engine.dispose()


@pytest.fixture
def closed_mailbox() -> Mailbox:
    return Mailbox(a_free_port())


@pytest.fixture
def mailbox(closed_mailbox: Mailbox) -> Iterator[Mailbox]:
    with closed_mailbox.open():
        yield closed_mailbox


@pytest.fixture
def delivery(office: RealOffice, closed_mailbox: Mailbox) -> Delivery:
    server = read_smtp_url(f"smtp://127.0.0.1:{closed_mailbox.port}")
    return a_delivery(office, SmtpTransport(server, connect_seconds=2, whole_seconds=5))
