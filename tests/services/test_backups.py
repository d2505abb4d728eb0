"""A backup holds everything, is restored whole or not at all, and goes from either database to the other."""

import hashlib
import json
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from builders import a_deadline
from databases import empty_database
from office_fixture import Desk
from sqlalchemy import select

from database.engine import reading, writing
from database.migrate import migrate
from models import commands as c
from models.tables import LEDGER, METADATA, SETTING
from services.backups import BackupRefused, backup, restore
from services.office import Office
from services.verifying import verify


@pytest.fixture
def lived(desk: Desk) -> Desk:
    """An office with two directives, a told moment, and a file beside one of them."""
    desk.register("NV-1", "Wed 2026-03-04 09:00", deadline=a_deadline("2026-03-17"))
    desk.act("NV-1", c.Acknowledge(), "truong.syt", "Wed 2026-03-04 10:00")
    desk.tell("NV-1", "Wed 2026-03-18 08:00")
    desk.register("NV/2", "Wed 2026-03-04 09:05", lead_agency="STC")
    file = desk.data / "attachments" / "ab" / "abcd"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"%PDF-1.7")
    return desk


def everything(office: Office) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with reading(office.engine) as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in METADATA.sorted_tables
        }


def an_empty_office(tmp_path: Path, kind: str) -> tuple[Office, Path]:
    folder = tmp_path / f"new-{kind}"
    folder.mkdir()
    return Office.at(f"sqlite:///{folder / 'dondoc.db'}" if kind == "sqlite" else empty_database()), folder


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def test_what_is_restored_is_all_that_there_was_on_either_database(lived: Desk, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "dondoc.backup"
    office, folder = an_empty_office(tmp_path, kind)

    written = backup(lived.office, lived.data, file)
    restored = restore(office, folder, file)

    assert everything(office) == everything(lived.office)
    assert (folder / "attachments" / "ab" / "abcd").read_bytes() == b"%PDF-1.7"
    assert restored == written
    assert (written.directives, written.ledger_rows) == (2, len(everything(office)["ledger"]))
    assert verify(office).broken == ()
    assert file.stat().st_mode & 0o077 == 0
    assert list(tmp_path.glob(".dondoc-*")) == []
    office.engine.dispose()


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def test_a_restored_office_goes_on_with_the_next_numbers(lived: Desk, tmp_path: Path, kind: str) -> None:
    backup(lived.office, lived.data, tmp_path / "file")
    office, folder = an_empty_office(tmp_path, kind)
    restore(office, folder, tmp_path / "file")
    again = Desk(folder, office)

    again.act("NV-1", c.Submit(result="Xong"), "truong.syt", "Thu 2026-03-19 09:00")

    with reading(office.engine) as connection:
        ids = [row.id for row in connection.execute(select(LEDGER.c.id).order_by(LEDGER.c.id))]
    assert ids == list(range(1, len(ids) + 1))
    assert verify(office).broken == ()
    office.engine.dispose()


def test_a_backup_is_one_state_although_people_act_meanwhile(lived: Desk, tmp_path: Path) -> None:
    acted = False

    def act_in_the_middle(_name: str, _rows: int) -> None:
        nonlocal acted
        if not acted:
            acted = True
            lived.act("NV/2", c.Acknowledge(), "truong.stc", "Wed 2026-03-04 11:00")

    before = everything(lived.office)["ledger"]
    backup(lived.office, lived.data, tmp_path / "file", act_in_the_middle)
    office, folder = an_empty_office(tmp_path, "sqlite")
    restore(office, folder, tmp_path / "file")

    assert acted
    assert len(everything(lived.office)["ledger"]) == len(before) + 1
    assert everything(office)["ledger"] == before
    assert verify(office).broken == ()
    office.engine.dispose()


def test_a_backup_of_an_older_release_is_brought_to_this_one(tmp_path: Path, lived: Desk) -> None:
    file = tmp_path / "file"
    backup(lived.office, lived.data, file)
    first = {name for name in everything(lived.office) if name not in TABLES_SINCE_THE_FIRST_SCHEMA}
    older = changed(file, tmp_path / "older", lambda files: as_of_the_first_schema(files, first))
    office, folder = an_empty_office(tmp_path, "sqlite")

    restore(office, folder, older)

    assert everything(office)["ledger"] == everything(lived.office)["ledger"]
    assert everything(office)["account"] == []
    assert not migrate(office.engine), "it is at the newest revision"
    office.engine.dispose()


TABLES_SINCE_THE_FIRST_SCHEMA = {
    *("account", "session", "failure", "reset", "identity", "sign_in_attempt", "token", "answered_request"),
    *("saved_view", "preference", "attachment", "audit", "operation", "webhook", "webhook_call"),
    *("second_factor", "recovery_code", "half_session"),
}


COLUMNS_SINCE_THE_FIRST_SCHEMA = {"directive.jsonl": {"silent_agencies"}}


def as_of_the_first_schema(files: dict[str, bytes], first: set[str]) -> None:
    manifest = json.loads(files["manifest.json"])
    manifest["revision"] = "0001"
    for name in [name for name in files if name.endswith(".jsonl") and name.removesuffix(".jsonl") not in first]:
        del files[name]
        del manifest["files"][name]
    for name, columns in COLUMNS_SINCE_THE_FIRST_SCHEMA.items():
        rows = [json.loads(line) for line in files[name].splitlines()]
        lines = [{key: value for key, value in row.items() if key not in columns} for row in rows]
        files[name] = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        manifest["files"][name]["sha256"] = hashlib.sha256(files[name]).hexdigest()
    files["manifest.json"] = json.dumps(manifest).encode()


def changed(file: Path, target: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """Pack a backup anew with other files."""
    with tarfile.open(file) as tar:
        files = {member.name: (tar.extractfile(member) or BytesIO()).read() for member in tar.getmembers()}
    change(files)
    with tarfile.open(target, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, BytesIO(content))
    return target


def add_a_file_outside(files: dict[str, bytes]) -> None:
    manifest = json.loads(files["manifest.json"])
    manifest["files"]["../outside"] = {"sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
    files["manifest.json"] = json.dumps(manifest).encode()
    files["../outside"] = b""


def of_a_later_release(files: dict[str, bytes]) -> None:
    files["manifest.json"] = files["manifest.json"].replace(b'"revision": "00', b'"revision": "99')


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda files: files.update({"ledger.jsonl": files["ledger.jsonl"].replace(b"NV-1", b"NV-9")}), "damaged"),
        (lambda files: files.pop("ledger.jsonl"), "damaged"),
        (lambda files: files.update({"more": b""}), "damaged"),
        (lambda files: files.update({"manifest.json": b"{}"}), "not_a_backup"),
        (lambda files: files.pop("manifest.json"), "not_a_backup"),
        (add_a_file_outside, "damaged"),
        (of_a_later_release, "newer"),
    ],
    ids=["a changed row", "a missing file", "a file too many", "no manifest", "none at all", "a way out", "later"],
)
def test_what_is_no_whole_backup_is_refused_and_nothing_is_made(
    lived: Desk, tmp_path: Path, change: Callable[[dict[str, bytes]], None], reason: str
) -> None:
    backup(lived.office, lived.data, tmp_path / "file")
    broken = changed(tmp_path / "file", tmp_path / "broken", change)
    office, folder = an_empty_office(tmp_path, "sqlite")

    with pytest.raises(BackupRefused) as refused:
        restore(office, folder, broken)

    assert refused.value.reason == reason
    assert [path.name for path in folder.iterdir() if not path.name.startswith("dondoc.db")] == []
    assert not (tmp_path / "outside").exists()
    restore(office, folder, tmp_path / "file")
    office.engine.dispose()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x1f\x8b\x08\x00nothing"])
def test_another_file_is_no_backup(lived: Desk, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    office, folder = an_empty_office(tmp_path, "sqlite")

    with pytest.raises(BackupRefused, match="not_a_backup"):
        restore(office, folder, tmp_path / "file")
    office.engine.dispose()


def test_an_office_that_holds_something_is_not_overwritten(lived: Desk, tmp_path: Path) -> None:
    backup(lived.office, lived.data, tmp_path / "file")
    before = everything(lived.office)

    with pytest.raises(BackupRefused, match="not_empty"):
        restore(lived.office, lived.data, tmp_path / "file")

    assert everything(lived.office) == before


def test_a_fault_in_the_middle_leaves_nothing_half_restored(lived: Desk, tmp_path: Path) -> None:
    with writing(lived.office.engine) as connection:
        connection.execute(SETTING.insert().values(name="x", value="1"))
    backup(lived.office, lived.data, tmp_path / "file")
    office, folder = an_empty_office(tmp_path, "sqlite")

    def fail(name: str, _rows: int) -> None:
        if name == "setting":
            raise OSError("the disk fails")

    with pytest.raises(OSError, match="the disk fails"):
        restore(office, folder, tmp_path / "file", fail)

    assert all(rows == [] for name, rows in everything(office).items() if name != "revision")
    assert not (folder / "attachments").exists()
    office.engine.dispose()
