"""Backup and restore: everything that SQL and the data folder hold, in one file that either database can read back.

A backup is a gzipped tar: `manifest.json`, one file of JSON lines a table, and the attachments. It is read in one
transaction while the office works on. Temporal's store is not in it: `dondoc rebuild workflows` makes it anew.
"""

import datetime as dt
import gzip
import hashlib
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

from pydantic import AwareDatetime, BaseModel, ValidationError
from sqlalchemy import Connection, Date, Table, delete, func, insert, select

from database.engine import reading, writing
from database.migrate import current_revision, migrate, newest_revision, revisions
from models.column_types import Instant
from models.tables import DIRECTIVE, LEDGER, METADATA
from services.office import Office

FORMAT: Final = "dondoc-backup-1"
MANIFEST: Final = "manifest.json"
ATTACHMENTS: Final = "attachments"
AT_ONCE: Final = 1_000
"""Rows that one statement writes."""

Progress = Callable[[str, int], None]
"""Told a table's name and how many of its rows are done."""


class BackupRefused(Exception):
    """A backup cannot be written or restored; `reason` is a msgid's key for people, `data` fills it."""

    def __init__(self, reason: str, **data: str) -> None:
        super().__init__(reason, data)
        self.reason, self.data = reason, data


class Entry(BaseModel):
    """One file of a backup: its SHA-256 and, for a table, its rows."""

    sha256: str
    rows: int | None = None


class Manifest(BaseModel):
    """What a backup holds.

    Attributes:
        revision: of the schema that its tables have.
    """

    format: str
    made_at: AwareDatetime
    revision: str
    directives: int
    ledger_rows: int
    files: dict[str, Entry]


def backup(office: Office, data_dir: Path, target: Path, progress: Progress = lambda _name, _rows: None) -> Manifest:
    """Write everything into one file, readable by its owner alone; the file is there whole or not at all.

    Raises:
        BackupRefused: `no_schema`, when the database is not that of this release.
        OSError: it cannot be written.
    """
    if current_revision(office.engine) != newest_revision():
        raise BackupRefused("no_schema")
    with tempfile.TemporaryDirectory(prefix=".dondoc-backup-", dir=target.absolute().parent) as made:
        folder, attachments = Path(made), data_dir / ATTACHMENTS
        files: dict[str, Entry] = {}
        with reading(office.engine) as connection:
            for table in METADATA.sorted_tables:
                files[f"{table.name}.jsonl"] = _write_table(connection, table, folder, progress)
        found = sorted(path for path in attachments.rglob("*") if path.is_file() and not path.is_symlink())
        kept = {f"{ATTACHMENTS}/{path.relative_to(attachments).as_posix()}": path for path in found}
        files |= {name: Entry(sha256=_hash_of(path)) for name, path in kept.items()}
        manifest = Manifest(
            format=FORMAT,
            made_at=dt.datetime.now(dt.UTC),
            revision=newest_revision(),
            directives=files[f"{DIRECTIVE.name}.jsonl"].rows or 0,
            ledger_rows=files[f"{LEDGER.name}.jsonl"].rows or 0,
            files=files,
        )
        (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
        whole = folder / "whole"
        descriptor = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as tar:
            tar.add(folder / MANIFEST, MANIFEST)
            for name in files:
                tar.add(kept.get(name, folder / name), name)
            tar.close()
            file.flush()
            os.fsync(file.fileno())
        whole.replace(target)
    return manifest


def restore(office: Office, data_dir: Path, source: Path, progress: Progress = lambda _name, _rows: None) -> Manifest:
    """Fill an empty database and data folder from a backup, and bring both to this release.

    The tables are written in one transaction: a fault leaves an empty database. `services.verifying.verify` proves the
    ledger afterwards.

    Raises:
        BackupRefused: `not_a_backup`, `newer` (made by a later release), `damaged` (a file is missing or differs from
            its hash), `not_empty` (the database holds something already).
    """
    with tempfile.TemporaryDirectory(prefix=".dondoc-restore-", dir=data_dir) as made:
        folder = Path(made)
        manifest = _unpack(source, folder)
        if manifest.revision not in {revision for revision, _ in revisions()}:
            raise BackupRefused("newer", revision=manifest.revision)
        if current_revision(office.engine) is not None:
            raise BackupRefused("not_empty")
        migrate(office.engine, manifest.revision)
        with writing(office.engine) as connection:
            for table in METADATA.sorted_tables:
                file = folder / f"{table.name}.jsonl"
                if file.exists():
                    _read_table(connection, table, file, progress)
        migrate(office.engine)
        if (folder / ATTACHMENTS).is_dir():
            shutil.copytree(folder / ATTACHMENTS, data_dir / ATTACHMENTS, dirs_exist_ok=True)
    return manifest


def _write_table(connection: Connection, table: Table, folder: Path, progress: Progress) -> Entry:
    path, rows, seen = folder / f"{table.name}.jsonl", 0, hashlib.sha256()
    statement = select(table).order_by(*table.primary_key).execution_options(yield_per=AT_ONCE)
    with path.open("wb") as file:
        for row in connection.execute(statement):
            line = json.dumps(dict(row._mapping), ensure_ascii=False, default=_plain).encode() + b"\n"  # noqa: SLF001 - SQLAlchemy's name for it
            file.write(line)
            seen.update(line)
            rows += 1
            if rows % AT_ONCE == 0:
                progress(table.name, rows)
    progress(table.name, rows)
    return Entry(sha256=seen.hexdigest(), rows=rows)


def _plain(value: object) -> str:
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a backup")


def _read_table(connection: Connection, table: Table, path: Path, progress: Progress) -> None:
    if table is not LEDGER:  # migrations write rows of their own; nothing may be deleted from the ledger
        connection.execute(delete(table))
    rows: list[dict[str, Any]] = []
    done = 0
    greatest = 0
    number = table.autoincrement_column
    for row in _rows(table, path):
        rows.append(row)
        if number is not None and isinstance(row[number.name], int):
            greatest = max(greatest, row[number.name])
        if len(rows) == AT_ONCE:
            connection.execute(insert(table), rows)
            done += len(rows)
            rows = []
            progress(table.name, done)
    if rows:
        connection.execute(insert(table), rows)
    if number is not None and greatest and connection.dialect.name == "postgresql":
        series = func.pg_get_serial_sequence(table.name, number.name)
        connection.execute(select(func.setval(series, greatest)))
    progress(table.name, done + len(rows))


def _rows(table: Table, path: Path) -> Iterator[dict[str, Any]]:
    read: dict[str, Callable[[str], object]] = {
        column.name: dt.datetime.fromisoformat if isinstance(column.type, Instant) else dt.date.fromisoformat
        for column in table.columns
        if isinstance(column.type, Instant | Date)
    }
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield {
                name: read[name](value) if name in read and value is not None else value
                for name, value in json.loads(line).items()
            }


def _unpack(source: Path, folder: Path) -> Manifest:
    """Unpack what the manifest names, and nothing else, comparing each file with its hash."""
    try:
        with tarfile.open(source, "r:gz") as tar:
            first = tar.next()
            if first is None or first.name != MANIFEST:
                raise BackupRefused("not_a_backup")
            written = tar.extractfile(first)
            manifest = Manifest.model_validate_json(written.read() if written else b"")
            if manifest.format != FORMAT:
                raise BackupRefused("not_a_backup")
            left = dict(manifest.files)
            while (member := tar.next()) is not None:
                entry = left.pop(member.name, None)
                if entry is None or not member.isreg() or not _is_inside(member.name):
                    raise BackupRefused("damaged", file=member.name)
                content = tar.extractfile(member)
                path = folder / member.name
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                with path.open("wb") as file:
                    path.chmod(0o600)
                    if content is not None:
                        shutil.copyfileobj(content, file)
                if _hash_of(path) != entry.sha256:
                    raise BackupRefused("damaged", file=member.name)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, ValidationError, UnicodeDecodeError) as problem:
        raise BackupRefused("not_a_backup") from problem
    if left:
        raise BackupRefused("damaged", file=min(left))
    return manifest


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
