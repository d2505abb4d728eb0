"""Files that people hand in with a report or a result: checked, kept under their hash, given out to who may see them.

A file is kept before its command is given, so that no command names what is not there. What no command ever took is
deleted a day later, whenever somebody hands in the next one.
"""

import datetime as dt
import hashlib
import os
import secrets
import subprocess
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import structlog
from sqlalchemy import Connection, Row, and_, delete, exists, insert, or_, select

from database.commands import PENDING
from database.engine import reading, writing
from documents.file_types import media_type_of
from models.attachments import AT_ONCE, SIZE_LIMIT, file_name, fits, read_reference, reference_to
from models.commands import Actor
from models.directive import Directive
from models.refusal import Code, Refused
from models.tables import ATTACHMENT, COMMAND, LEDGER
from models.text import contains_state_secret_marking
from services.offers import offers
from services.office import Office

SCAN_SECONDS: Final = 60
ORPHAN_AFTER: Final = dt.timedelta(days=1)
_CHUNK: Final = 256 * 1024

log = structlog.get_logger()


@dataclass(frozen=True)
class Upload:
    """A file as it comes in, with the name that its owner gave it."""

    name: str
    content: IO[bytes]


@dataclass(frozen=True)
class Attachment:
    """A file that stands beside a directive."""

    id: str
    directive: str
    name: str
    media_type: str
    size: int
    sha256: str
    person: str
    created_at: dt.datetime

    @property
    def reference(self) -> str:
        """How a command names it."""
        return reference_to(self.sha256, self.name)


@dataclass(frozen=True)
class FileStore:
    """Where files lie, and what looks at each of them first.

    Attributes:
        folder: made when the first file comes; 0700.
        scan: a program with its arguments, run with the file's path behind them; whatever it does not end with 0 is
            refused. Empty: none.
    """

    folder: Path
    scan: tuple[str, ...] = ()

    def path(self, sha256: str) -> Path:
        """Where the bytes with this hash lie."""
        return self.folder / sha256[:2] / sha256


def keep(office: Office, store: FileStore, directive: str, person: str, uploads: Sequence[Upload]) -> tuple[str, ...]:
    """Keep what a person hands in for a directive; returns how a command names each.

    Raises:
        Refused: too_many_files, file_too_large, file_type, file_infected, state_secret. Nothing is kept.
    """
    if len(uploads) > AT_ONCE:
        raise Refused(Code.TOO_MANY_FILES, limit=AT_ONCE)
    if not uploads:
        return ()
    store.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    now = office.now()
    incoming: list[_Incoming] = []
    try:
        incoming += (_receive(store, upload) for upload in uploads)
        checked = [_check(store, file) for file in incoming]
        for file in incoming:
            file.settle(store.path(file.sha256))
    finally:
        for file in incoming:
            file.path.unlink(missing_ok=True)
    with writing(office.engine) as connection:
        for file, media_type in zip(incoming, checked, strict=True):
            _enter(connection, directive, person, file, media_type, now)
        gone = _forget_orphans(connection, now)
    _delete(office, store, gone)
    return tuple(reference_to(file.sha256, file.name) for file in incoming)


def keep_for_act(
    office: Office, store: FileStore, directive: Directive, actor: Actor, kind: str, uploads: Sequence[Upload]
) -> tuple[str, ...]:
    """Keep the files that come with an act, if this person may do it at all; how the act names each.

    Where he may not, nothing is kept: the act is refused, or is one that was recorded already and is answered again.

    Raises:
        Refused: as `keep`.
    """
    if not uploads:
        return ()
    if kind in offers(directive, actor, office.now()):
        return keep(office, store, directive.code, actor.person, uploads)
    return tuple(_reference_of(upload) for upload in uploads)


def _reference_of(upload: Upload) -> str:
    upload.content.seek(0)
    digest = hashlib.file_digest(upload.content, "sha256").hexdigest()  # type: ignore[arg-type]  # it reads bytes
    return reference_to(digest, file_name(upload.name))


def files_of(connection: Connection, directive: str) -> dict[str, Attachment]:
    """The files kept for a directive, by how a command names them."""
    rows = connection.execute(
        select(ATTACHMENT).where(ATTACHMENT.c.directive == directive).order_by(ATTACHMENT.c.created_at)
    )
    found = [_attachment(row) for row in rows]
    return {one.reference: one for one in found}


def kept_before(connection: Connection, directive: str, person: str, references: Iterable[str]) -> tuple[str, ...]:
    """Of these references those of files that this person handed in for this directive himself."""
    own = {name for name, one in files_of(connection, directive).items() if one.person == person}
    return tuple(dict.fromkeys(name for name in references if name in own))


def find(connection: Connection, store: FileStore, directive: str, number: str) -> tuple[Attachment, Path]:
    """A file of a directive and where it lies; who may see the directive is asked before.

    Raises:
        Refused: not_found.
    """
    row = connection.execute(
        select(ATTACHMENT).where(ATTACHMENT.c.id == number, ATTACHMENT.c.directive == directive)
    ).first()
    path = None if row is None else store.path(row.sha256)
    if row is None or path is None or not path.is_file():
        raise Refused(Code.NO_SUCH_FILE)
    return _attachment(row), path


@dataclass
class _Incoming:
    """A file that has come in whole and is not kept yet."""

    name: str
    path: Path
    sha256: str
    size: int

    def settle(self, place: Path) -> None:
        """Put it where its hash says, unless the same bytes lie there."""
        place.parent.mkdir(mode=0o700, exist_ok=True)
        if place.exists():
            os.utime(place)  # young again, so that no sweep takes it from under its new row
        else:
            self.path.replace(place)


def _receive(store: FileStore, upload: Upload) -> _Incoming:
    name = file_name(upload.name)
    path = store.folder / f".incoming-{secrets.token_hex(16)}"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as kept:
            sha256, size = _copy(upload.content, kept, name)
            kept.flush()
            os.fsync(kept.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return _Incoming(name, path, sha256, size)


def _copy(source: IO[bytes], target: IO[bytes], name: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    source.seek(0)
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        if size > SIZE_LIMIT:
            raise Refused(Code.FILE_TOO_LARGE, file=name, limit=SIZE_LIMIT // (1024 * 1024))
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest(), size


def _check(store: FileStore, file: _Incoming) -> str:
    """Its kind.

    Raises:
        Refused: it is of none that is taken, or the scan says no.
    """
    if contains_state_secret_marking(Path(file.name).stem):
        raise Refused(Code.STATE_SECRET)
    with file.path.open("rb") as content:
        media_type = media_type_of(content)
    if media_type is None or not fits(file.name, media_type):
        raise Refused(Code.FILE_TYPE, file=file.name)
    if store.scan and not _is_clean(store.scan, file.path):
        raise Refused(Code.FILE_INFECTED, file=file.name)
    return media_type


def _is_clean(scan: tuple[str, ...], path: Path) -> bool:
    """Ask the scanner; one that cannot be asked says no."""
    try:
        ended = subprocess.run(  # noqa: S603 - the office's own setting
            [*scan, str(path)], stdin=subprocess.DEVNULL, capture_output=True, timeout=SCAN_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        log.error("scan_failed", problem=type(problem).__name__)  # noqa: TRY400 - what went wrong is its name
        return False
    if ended.returncode != 0:
        log.warning("file_refused_by_scan", code=ended.returncode)
    return ended.returncode == 0


def _enter(
    connection: Connection, directive: str, person: str, file: _Incoming, media_type: str, now: dt.datetime
) -> None:
    same = select(ATTACHMENT.c.id).where(
        ATTACHMENT.c.directive == directive,
        ATTACHMENT.c.sha256 == file.sha256,
        ATTACHMENT.c.name == file.name,
        ATTACHMENT.c.person == person,
    )
    if connection.execute(same).first() is None:
        connection.execute(
            insert(ATTACHMENT).values(
                id=uuid.uuid4().hex,
                directive=directive,
                name=file.name,
                media_type=media_type,
                size=file.size,
                sha256=file.sha256,
                person=person,
                created_at=now,
            )
        )


def _forget_orphans(connection: Connection, now: dt.datetime) -> tuple[str, ...]:
    """Take out what no command took within a day; returns the hashes that nobody names any more."""
    named = or_(
        exists().where(LEDGER.c.directive == ATTACHMENT.c.directive, LEDGER.c.data.contains(ATTACHMENT.c.sha256)),
        exists().where(
            and_(
                COMMAND.c.directive == ATTACHMENT.c.directive,
                COMMAND.c.state == PENDING,
                COMMAND.c.envelope.contains(ATTACHMENT.c.sha256),
            )
        ),
    )
    orphans = connection.execute(
        select(ATTACHMENT.c.id, ATTACHMENT.c.sha256).where(ATTACHMENT.c.created_at < now - ORPHAN_AFTER, ~named)
    ).all()
    for number, _ in orphans:
        connection.execute(delete(ATTACHMENT).where(ATTACHMENT.c.id == number))
    return tuple({sha256 for _, sha256 in orphans})


def _delete(office: Office, store: FileStore, hashes: Iterable[str]) -> None:
    """Delete the bytes that no row names; what somebody handed in again meanwhile is young and stays."""
    for sha256 in hashes:
        with reading(office.engine) as connection:
            named = connection.execute(select(ATTACHMENT.c.id).where(ATTACHMENT.c.sha256 == sha256)).first()
        path = store.path(sha256)
        if named is None and path.is_file():
            age = dt.datetime.now(dt.UTC).timestamp() - path.stat().st_mtime
            if age > ORPHAN_AFTER.total_seconds():
                path.unlink(missing_ok=True)


def _attachment(row: Row[tuple[object, ...]]) -> Attachment:
    return Attachment(**row._mapping)  # noqa: SLF001 - SQLAlchemy's name for it


__all__ = [
    "Attachment",
    "FileStore",
    "Upload",
    "files_of",
    "find",
    "keep",
    "keep_for_act",
    "kept_before",
    "read_reference",
]
