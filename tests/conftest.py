"""What many rooms share: an empty office with the shipped directory, and the engine on a real Temporal server."""

import logging
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from argon2 import PasswordHasher
from builders import SEED, local
from databases import dropped_afterwards, fresh_database
from in_memory import folder_in_memory
from running_engine import RunningEngine, run_engine
from temporal_server import running_server

from database.engine import open_engine
from database.migrate import migrate
from database.seed_data import seed
from services import passwords
from services.memory import settle_in

LIGHT = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""The real hash of a password takes 0.15 s of a core and 64 MiB, and a thousand tests of pages sign somebody in."""

HEAVY = passwords._HASHER


def pytest_configure(config: pytest.Config) -> None:
    """Let the tests write to memory; what is proven with great crowds and crashes writes to the disk."""
    memory = folder_in_memory()
    if memory and config.option.markexpr != "proof":
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))
    passwords._HASHER = LIGHT


LONGEST = ("tests/shell/test_survival.py",)
"""What takes minutes on its own begins first, so that nothing runs alone at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes longest first."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_collection_finish() -> None:
    """Let no test wait while the collector looks through all that was loaded, again and again."""
    settle_in()


@pytest.fixture(autouse=True)
def _log() -> None:
    """Warnings to standard error, as in the shell; a traceback drawn with all variables takes seconds."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=lambda *_names: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


@pytest.fixture
def real_passwords(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Passwords cost what they cost in an office: for tests that are about that."""
    passwords._nobodys.cache_clear()
    monkeypatch.setattr(passwords, "_HASHER", HEAVY)
    yield
    passwords._nobodys.cache_clear()


@pytest.fixture(autouse=True)
def _leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test makes on a disk or in PostgreSQL goes with it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with dropped_afterwards():
        yield


@pytest.fixture(scope="session")
def seeded_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite with the shipped directory, calendar and policy, to be copied."""
    file = tmp_path_factory.mktemp("seeded") / "dondoc.db"
    engine = open_engine(f"sqlite:///{file}")
    migrate(engine)
    seed(engine, SEED / "quang_ngai.yaml", local("2020-01-06 08:00"))
    engine.dispose()
    return file


@pytest.fixture(scope="session")
def temporal_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Temporal server for all tests of one process."""
    with running_server(tmp_path_factory.mktemp("temporal")) as address:
        yield address


@pytest.fixture
async def engine(seeded_database: Path, tmp_path: Path, temporal_address: str) -> AsyncIterator[RunningEngine]:
    """The engine with a database of its own and a worker in the sandbox, on the real server under skipped time."""
    async with run_engine(fresh_database(seeded_database, tmp_path), temporal_address) as running:
        yield running
