"""How a mail leaves: to a mail server, or, where none is set, into a folder."""

import datetime as dt
import functools
import hashlib
import os
import re
import ssl
import tempfile
from contextlib import AbstractContextManager, nullcontext
from email.parser import BytesHeaderParser
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final, Protocol, Self

import structlog

from activities.delivery_failures import DeliveryFailure, PermanentFailure, TemporaryFailure
from activities.smtp_server import BadSmtpUrl, SmtpServer, read_smtp_url
from activities.smtp_transport import SmtpTransport
from documents.language import N_
from models.calendar import LOCAL

__all__ = [
    "BadSmtpUrl",
    "DeliveryFailure",
    "FolderTransport",
    "PermanentFailure",
    "SmtpServer",
    "SmtpTransport",
    "TemporaryFailure",
    "Transport",
    "read_smtp_url",
    "transport_for",
]

_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9@._-]+")
_NAME_LENGTH: Final = 100


class Transport(Protocol):
    """Takes one message for one recipient."""

    def send(self, message: bytes, sender: str, recipient: str) -> None:
        """Send it.

        Args:
            message: the whole message.
            sender: the bare address that hears of bounces.
            recipient: the bare address that gets it.

        Raises:
            TemporaryFailure: try again later.
            PermanentFailure: this recipient cannot be reached.
        """
        ...

    def batch(self) -> "AbstractContextManager[Transport]":
        """Hold what can be used for several messages, such as one connection, until the block ends."""
        ...


class FolderTransport:
    """Keeps mails as files: `<folder>/<local day of its Date>/<message id>.eml`.

    The same Message-ID is kept once, however often and on whatever day it is sent.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def batch(self) -> AbstractContextManager[Self]:
        """Files need no connection."""
        return nullcontext(self)

    def send(self, message: bytes, sender: str, recipient: str) -> None:  # noqa: ARG002  the message names both
        """Keep a message.

        Raises:
            TemporaryFailure: the folder cannot be written, or the disk is full.
        """
        headers = BytesHeaderParser(policy=default).parsebytes(message)
        name = _file_name(str(headers["Message-ID"] or ""), message)
        try:
            if any(self.folder.glob(f"*/{name}")):
                return
            folder = self.folder / _day(headers["Date"])
            folder.mkdir(parents=True, exist_ok=True)
            _write(folder / name, message)
        except OSError as error:
            raise TemporaryFailure(
                N_("Chưa ghi được thư vào thư mục {folder}: {fault}. Kiểm tra quyền ghi và chỗ trống trên đĩa."),
                folder=self.folder,
                fault=error.strerror or type(error).__name__,
            ) from error


def _file_name(identity: str, message: bytes) -> str:
    """A name that is safe in any folder and that two ids never share."""
    bare = identity.strip().strip("<>")
    digest = hashlib.sha256(bare.encode("utf-8", "surrogateescape") if bare else message).hexdigest()
    safe = _NOT_IN_NAMES.sub("-", bare).strip(".-")
    if safe == bare and 0 < len(safe) <= _NAME_LENGTH:
        return f"{safe}.eml"
    return f"{safe[: _NAME_LENGTH - 17]}-{digest[:16]}.eml".lstrip("-")


def _day(date: object) -> str:
    try:
        instant = parsedate_to_datetime(str(date))
    except ValueError:
        return "undated"
    return str((instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)).astimezone(LOCAL).date())


def _write(path: Path, message: bytes) -> None:
    """Write a file whole or not at all."""
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(message)
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise


def transport_for(smtp_url: str | None, folder: Path, tls: ssl.SSLContext | None = None) -> Transport:
    """Choose how mails leave.

    Args:
        smtp_url: the mail server; None or empty keeps mails as files, which the log says once.
        folder: where to keep them then.
        tls: what to trust instead of the machine's own authorities.

    Raises:
        BadSmtpUrl: the URL cannot be used; the sentence says why and does not show it.
    """
    if smtp_url:
        return SmtpTransport(read_smtp_url(smtp_url), tls=tls)
    _say_that_mails_are_kept(folder)
    return FolderTransport(folder)


@functools.cache
def _say_that_mails_are_kept(folder: Path) -> None:
    structlog.get_logger(__name__).info("mails_kept_as_files", folder=str(folder))
