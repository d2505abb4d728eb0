"""Fixtures of the rules' own tests: an office with a seeded database, its desk, and a real mail server."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import fresh_database
from office_fixture import desk
from real_office import Mailbox, RealOffice, a_delivery, a_free_port
from sqlalchemy import event
from standing_office import StandingOffice

from activities.delivery import Delivery
from activities.smtp_server import read_smtp_url
from activities.smtp_transport import SmtpTransport
from database.engine import open_engine

__all__ = ["closed_mailbox", "delivery", "desk", "mailbox", "office", "standing"]


@pytest.fixture
def office(seeded_database: Path, tmp_path: Path) -> Iterator[RealOffice]:
    """An office on Wednesday 4 March 2026, 09:00, that acts through the one door; its clock stands."""
    engine = open_engine(fresh_database(seeded_database, tmp_path))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _trust_the_power)
    yield RealOffice(engine)
    engine.dispose()


def _trust_the_power(connection: sqlite3.Connection, _record: object) -> None:
    """No test of a rule cuts the power, and waiting for the disk is most of what a notice costs."""
    connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture
def standing(office: RealOffice) -> StandingOffice:
    """The same office for use cases that ask what time it is."""
    return StandingOffice(office.engine, office.references)


@pytest.fixture
def closed_mailbox() -> Mailbox:
    """A mail server that is not running yet."""
    return Mailbox(a_free_port())


@pytest.fixture
def mailbox(closed_mailbox: Mailbox) -> Iterator[Mailbox]:
    """A real mail server."""
    with closed_mailbox.open():
        yield closed_mailbox


@pytest.fixture
def delivery(office: RealOffice, closed_mailbox: Mailbox) -> Delivery:
    """The real delivery, to that mail server, at the office's clock."""
    server = read_smtp_url(f"smtp://127.0.0.1:{closed_mailbox.port}")
    return a_delivery(office, SmtpTransport(server, connect_seconds=2, whole_seconds=5))
