"""What every command of the shell needs: settings, language, the office, Temporal, and how a failure is told."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from documents.language import N_, Language, sentence
from settings import Settings, load_settings

if TYPE_CHECKING:
    from temporalio.client import Client

    from database.reference import Reference
    from services.office import Office

T = TypeVar("T")

SHELL_LOCK_PATIENCE = 20.0
"""Seconds that a command of the shell waits for a locked database before it says so."""

CONNECT_SECONDS = 5.0


class Failed(Exception):
    """A command fails with one sentence (exit code 1). The sentence is a msgid with named holes."""

    def __init__(self, message: str, **data: object) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


@dataclass
class Shell:
    """One call of `dondoc`.

    Attributes:
        data: the data folder given on the command line, if one was.
    """

    data: Path | None = None
    language: Language = Language.VI

    @cached_property
    def settings(self) -> Settings:
        """The settings, with what the command line gave.

        Raises:
            SettingsRefused: a value is bad.
        """
        return load_settings(data_dir=self.data)

    def say(self, message: str, **data: object) -> str:
        """A sentence in the reader's language."""
        return sentence(message, self.language, **data)

    @cached_property
    def office(self) -> "Office":
        """The office's database, which must exist already.

        Raises:
            Failed: there is none yet; the sentence says how to make it.
        """
        from database.migrate import current_revision, newest_revision
        from services.office import Office

        url = self.settings.database_url
        if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).is_file():
            raise Failed(
                N_("Chưa có dữ liệu trong {folder}. Chạy “dondoc up --data {folder}” để bắt đầu."),
                folder=self.settings.data_dir,
            )
        office = Office.at(url, SHELL_LOCK_PATIENCE)
        revision = current_revision(office.engine)
        if revision != newest_revision():
            raise Failed(
                N_("Cơ sở dữ liệu ở phiên bản {found}, bản cài này cần {needed}. Chạy “dondoc up” để nâng cấp."),
                found=revision or "0",
                needed=newest_revision(),
            )
        return office

    def reference(self) -> "Reference":
        """Directory, calendar and policy as they are now."""
        return self.office.reference()

    def now(self) -> dt.datetime:
        """The instant that it is."""
        return self.office.now()

    def temporal_address(self) -> str | None:
        """Where Temporal is: as set, else as the running system on this data folder says; None when nothing runs."""
        if self.settings.temporal_address:
            return self.settings.temporal_address
        from embedded.locate import running_system

        running = running_system(self.settings.data_dir)
        return running.temporal_address if running else None

    async def connect(self, *, to_look: bool = False) -> "Client | None":
        """Temporal's client; None when it cannot be reached.

        Args:
            to_look: nothing of the office's work will be sent, so the keys need not be those of the worker.

        Raises:
            PayloadRefused: this office encrypts what Temporal stores, and our keys are not the worker's.
        """
        from services.key_guard import require_keys
        from services.temporal import connect_by

        address = self.temporal_address()
        if address is None:
            return None
        if not to_look:
            require_keys(self.office, self.settings.payload_keys)
        try:
            return await asyncio.wait_for(connect_by(self.settings.engine_link(address)), CONNECT_SECONDS)
        except (RuntimeError, TimeoutError):
            return None

    @contextlib.asynccontextmanager
    async def temporal(self, *, to_look: bool = False) -> "AsyncIterator[Client]":
        """Temporal's client.

        Args:
            to_look: as in `connect`.

        Raises:
            Failed: it cannot be reached.
            PayloadRefused: as in `connect`.
        """
        client = await self.connect(to_look=to_look)
        if client is None:
            raise Failed(NOT_RUNNING, folder=self.settings.data_dir)
        yield client


NOT_RUNNING = N_("Bộ máy chưa chạy ở {folder}: không kết nối được Temporal. Chạy “dondoc up”.")


def in_language(language: Language) -> Callable[[str], str]:
    """Say plain sentences in one language; help texts are made with it."""
    return partial(sentence, language=language)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run asynchronous work to its end."""
    return asyncio.run(work)
