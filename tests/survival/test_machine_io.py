"""The disk under the database breaks or fills at its n-th write, and what was told as done is there all the same."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from machine_disk import fill, small_disk
from machine_faulty_io import FaultyDisk
from machine_victim import BATCH
from office_fixture import Desk, desk, run_dondoc
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from workbooks import ROW, TITLES, a_workbook

from documents.language import Language
from models.commands import Comment
from services.doctor_machine import disk_checks, folder_checks
from services.verifying import verify
from shell import intake

__all__ = ["desk"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a library is preloaded with LD_PRELOAD")

HERE = Path(__file__).parent
MOST = 200
AT = "2026-03-04 09:30"


def suffered(tmp_path: Path, seeded_database: Path, modes: str, numbers: Iterable[int]) -> list[dict[str, Any]]:
    """Let an office work under each of the faults, in one process of its own."""
    disk = FaultyDisk(tmp_path)
    places = os.pathsep.join(map(str, (HERE, HERE.parent, HERE.parent.parent)))
    done = subprocess.run(
        [
            sys.executable,
            str(HERE / "machine_victim.py"),
            *(str(tmp_path), str(seeded_database), modes),
            *map(str, numbers),
        ],
        env=os.environ | {"PYTHONPATH": places} | disk.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def wrong(one: dict[str, Any]) -> list[str]:
    """What must not be, after one fault."""
    before, after = one["before"], one["after"]
    faults = [
        f"{what} was told as done and is not there"
        for what in one["done"]
        if what != "import" and before["recorded"][what] == 0
    ]
    if "import" in one["done"] and before["imported"] != BATCH:
        faults.append("an import that was told as done is not there")
    for when, found in (("before", before), ("after", after)):
        if found["whole"] != "ok":
            faults.append(f"{when}: the file is broken: {found['whole']}")
        if found["broken"]:
            faults.append(f"{when}: verify finds {found['broken']}")
        if found["imported"] not in (0, BATCH) or found["imported"] != found["kept"]:
            faults.append(f"{when}: half an import, {found['imported']} directives, {found['kept']} commands")
        faults += [f"{when}: {what} stands there {n} times" for what, n in found["recorded"].items() if n > 2]
        faults += [
            f"{when}: {what} stands there twice"
            for what, n in found["recorded"].items()
            if n > 1 and not what.startswith("register")  # registering with a lead agency is two events
        ]
    if one["failures"] == 0:
        faults.append(f"nothing failed: there were {one['calls']} calls")
    if set(after["recorded"].values()) & {0} or after["imported"] != BATCH:
        faults.append(f"done again, not all is there: {after}")
    return [f"{one['mode']} at {one['n']}: {fault}" for fault in faults]


def judge(found: list[dict[str, Any]], expected: int) -> None:
    assert len(found) == expected
    assert [fault for one in found for fault in wrong(one)] == []
    assert any(one["failed"] for one in found)
    assert any("import" in one["done"] for one in found)


@pytest.mark.slow
def test_a_write_that_fails_loses_nothing_that_was_acknowledged_and_imports_nothing_by_halves(
    tmp_path: Path, seeded_database: Path
) -> None:
    numbers = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144)

    judge(suffered(tmp_path, seeded_database, "broken,full", numbers), 2 * len(numbers))


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_whichever_of_the_first_200_writes_fails_nothing_that_was_acknowledged_is_lost(
    tmp_path: Path, seeded_database: Path
) -> None:
    judge(suffered(tmp_path, seeded_database, "broken,full", range(1, 201)), 400)


def let_it_grow_by(desk: Desk, pages: int) -> None:
    """Let SQLite take so many pages more and then say that the disk is full."""
    desk.office.engine.dispose()

    @event.listens_for(desk.office.engine, "connect")
    def _limit(connection: Any, _record: object) -> None:
        (now,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {now + pages}")


def test_a_database_that_may_not_grow_takes_a_command_whole_or_not_at_all(desk: Desk) -> None:
    desk.register("NV-1", "2026-03-04 09:00")
    seq = desk.directive("NV-1").seq
    let_it_grow_by(desk, 2)

    recorded = comment_until_refused(desk, "NV-1")

    assert desk.directive("NV-1").seq == seq + recorded
    assert recorded < MOST
    assert verify(desk.office).broken == ()


def comment_until_refused(desk: Desk, code: str) -> int:
    """Comment until the database says that it is full; how many comments it took."""
    for number in range(MOST):
        try:
            desk.act(code, Comment(text="x" * 3_000), "chanhvanphong", AT, command_id=str(number))
        except OperationalError as refused:
            if "full" in str(refused.orig):
                return number
            raise
    return MOST


def a_sheet(file: Path, number: int) -> Path:
    rows = []
    for place in range(number):
        row = dict(zip(TITLES, ROW, strict=True)) | {
            "Số ký hiệu văn bản": f"{place}/UBND-TH",
            "Ngày văn bản": "02/03/2026",
            "Thời hạn": "20/03/2026",
            "Nội dung nhiệm vụ": f"Việc {place}: " + "báo cáo " * 100,
        }
        rows.append(tuple(row.values()))
    return a_workbook(file, rows)


def limited_import(monkeypatch: pytest.MonkeyPatch, desk: Desk, file: Path, pages: int) -> tuple[int, str, int]:
    """Import under a limit; exit code, the sentence, and how many directives there are then."""
    from services import office as office_module

    whole = office_module.open_engine

    def limited(*arguments: Any, **options: Any) -> Any:
        engine = whole(*arguments, **options)

        @event.listens_for(engine, "connect")
        def _limit(connection: Any, _record: object) -> None:
            (now,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {now + pages}")

        return engine

    monkeypatch.setattr(office_module, "open_engine", limited)
    told = run_dondoc(intake, desk.data, "import", str(file))
    monkeypatch.undo()
    with desk.office.engine.connect() as connection:
        count = connection.exec_driver_sql("SELECT count(*) FROM directive").scalar_one()
    return told.code, told.err, int(count)


def test_an_import_for_which_there_is_no_room_saves_nothing_and_says_that_the_disk_is_full(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = a_sheet(tmp_path / "nhập.xlsx", 60)

    code, said, count = limited_import(monkeypatch, desk, file, 4)

    assert (code, count) == (1, 0)
    assert "đầy" in said.splitlines()[-1]


def test_an_import_that_meets_a_full_disk_in_its_second_batch_says_how_many_rows_are_saved(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = a_sheet(tmp_path / "nhập.xlsx", 420)

    code, said, count = limited_import(monkeypatch, desk, file, 900)

    assert (code, count) == (1, 200)
    assert "200" in said
    assert "chưa có gì thay đổi" not in said


def test_doctor_says_that_a_disk_is_full_and_leaves_nothing_on_it(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        fill(disk)

        (folder,), (room,) = folder_checks(disk), tuple(disk_checks((disk,)))

        assert (folder.ok, room.ok) == (False, False)
        assert f"{disk} đã đầy" in room.said.explain(Language.VI)
        assert [file.name for file in disk.iterdir()] == ["filler"]
