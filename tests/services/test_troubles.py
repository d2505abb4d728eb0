"""What keeps the database or its disk from being written is said in one sentence; nothing is said while all is well."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from databases import sqlite_only
from immutable_files import immutable
from office_fixture import Desk

from activities.clock_guard import running_seconds, wall_seconds
from documents.language import Language, sentence
from services import troubles
from services.doctor import writing_refused
from services.doctor_machine import disk_checks, worker_clock_checks
from services.troubles import disk_trouble, disks_of, trouble


@pytest.mark.parametrize(
    ("driver_says", "people_read"),
    [
        ("database is locked", "đang bận"),
        ("attempt to write a readonly database", "chỉ đọc"),
        ("cannot execute INSERT in a read-only transaction", "chỉ đọc"),
        ("database or disk is full", "đã đầy"),
        ("disk I/O error", "không đọc hay ghi được"),
        ("something nobody has seen", "something nobody has seen"),
    ],
)
def test_what_the_driver_says_is_told_in_words_of_the_office(driver_says: str, people_read: str) -> None:
    message, data = trouble(driver_says)

    assert people_read in sentence(message, Language.VI, **data)


@pytest.mark.parametrize(("free", "said"), [(250_000_000, None), (150_000_000, "chỉ còn 150 MB"), (500_000, "đã đầy")])
def test_a_disk_is_named_when_it_has_little_room_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, said: str | None
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=free)
    monkeypatch.setattr(troubles.shutil, "disk_usage", lambda _folder: usage)

    found = disk_trouble(tmp_path)

    assert (found is None) is (said is None)
    if found is not None and said is not None:
        text = sentence(found[0], Language.VI, **found[1])
        assert said in text
        assert str(tmp_path) in text
    assert [check.ok for check in disk_checks((tmp_path,))] == [said is None]


def test_a_folder_that_is_gone_is_a_finding_and_no_crash(tmp_path: Path) -> None:
    found = disk_trouble(tmp_path / "nowhere")

    assert found is not None
    assert "nowhere" in sentence(found[0], Language.VI, **found[1])


def test_each_disk_is_named_once_wherever_the_database_lies(tmp_path: Path) -> None:
    data, elsewhere = tmp_path / "data", Path("/proc")
    data.mkdir()

    assert disks_of(data, None) == (data,)
    assert disks_of(data, str(data / "dondoc.db")) == (data,)
    assert disks_of(data, str(elsewhere / "dondoc.db")) == (data, elsewhere)


def test_a_database_that_became_read_only_is_noticed_by_who_had_it_open_before(desk: Desk) -> None:
    desk.register("NV-1", "2026-03-04 09:00")
    assert writing_refused(desk.office.engine) is None

    with immutable(*desk.data.glob("dondoc.db*")):
        assert writing_refused(desk.office.engine) == "readonly"

    assert writing_refused(desk.office.engine) is None


@sqlite_only
def test_a_database_that_another_holds_is_busy(desk: Desk) -> None:
    with sqlite3.connect(desk.data / "dondoc.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "locked" in (writing_refused(desk.office.engine) or "")
        other.execute("ROLLBACK")
    other.close()


@pytest.mark.parametrize(("ahead", "ok"), [(0, True), (30, True), (7_200, False), (-259_200, False)])
def test_a_worker_that_sees_another_time_is_found_by_its_canary(tmp_path: Path, ahead: float, ok: bool) -> None:
    canary = tmp_path / "canary"
    canary.write_text(f"{running_seconds() - 3:.3f} {wall_seconds() - 3 + ahead:.3f}\n", encoding="ascii")

    (check,) = worker_clock_checks(canary)

    assert check.ok is ok
    assert ("Đồng hồ máy sai" in check.said.explain(Language.VI)) is not ok


@pytest.mark.parametrize("text", ["", "17.0", "x y"])
def test_a_canary_that_says_nothing_of_the_clock_is_no_finding(tmp_path: Path, text: str) -> None:
    (tmp_path / "canary").write_text(text, encoding="ascii")

    assert list(worker_clock_checks(tmp_path / "canary")) == []
    assert list(worker_clock_checks(tmp_path / "nowhere")) == []
