"""One office, on a disk of its own, lives through the faults of its machine one after another. The tests go in order.

Every setting that takes a secret holds a canary; the last test looks for them in all that was written meanwhile.
"""

import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from dondoc_command import until
from machine_clock import NoSuchClock, ProcessClock
from machine_disk import LoopDisk, fill, immutable, make_room, require_root
from machine_office import MachineOffice, cut_power, tomorrow, wait_for
from machine_secrets import CANARIES, SETTINGS, SMTP_PASSWORD, found_in, found_in_files
from trial_policy import RULES
from workbooks import ROW, TITLES, a_workbook

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(600)]

TASKS = 12


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopDisk]:
    require_root("mkfs.ext4", "mount", "umount", "e2fsck")
    folder = tmp_path_factory.mktemp("machine")
    disk = LoopDisk(folder / "disk.img", folder / "data")
    disk.make(160)
    disk.mount()
    yield disk
    disk.unmount()


@pytest.fixture(scope="module")
def office(disk: LoopDisk) -> Iterator[MachineOffice]:
    office = MachineOffice(disk.mounted_at.parent, RULES)
    office.dondoc.environment |= SETTINGS
    with office.open():
        office.register(TASKS, tomorrow)
        yield office


def files_of(office: MachineOffice) -> list[Path]:
    return [office.database.with_name(f"dondoc.db{end}") for end in ("", "-wal", "-shm")]


def a_sheet(file: Path, number: int) -> Path:
    """Tasks with long texts: a full disk may still have some room inside the files that are there."""
    rows = []
    for place in range(number):
        row = dict(zip(TITLES, ROW, strict=True)) | {
            "Số ký hiệu văn bản": f"{place}/UBND-TH",
            "Ngày văn bản": "24/11/2026",
            "Thời hạn": "25/12/2026",
            "Nội dung nhiệm vụ": f"Việc {place}: " + "báo cáo kết quả " * 500,
        }
        rows.append(tuple(row.values()))
    return a_workbook(file, rows)


def test_a_database_that_became_read_only_is_named_reads_go_on_and_it_heals_with_no_restart(
    office: MachineOffice, tmp_path: Path
) -> None:
    before = office.dondoc.pids()
    sheet = a_sheet(tmp_path / "chỉ đọc.xlsx", 5)

    with immutable(*files_of(office)):
        assert "chỉ đọc" in office.sentence("do", "NV-1", "comment", "--as", "chanhvanphong", "--text", "Không ghi")
        assert "chỉ đọc" in office.sentence("import", str(sheet))
        assert len(office.dondoc.json("status")) == TASKS
        assert office.dondoc.json("status", "NV-1")["code"] == "NV-1"
        assert "chỉ đọc" in office.examined()["database"]
        status, ill = office.readiness()
        assert status == 200
        assert "writing" in ill

    assert office.comment("NV-1", "Ghi lại được") == 0
    assert (office.comments("Không ghi"), office.comments("Ghi lại được")) == (0, 1)
    assert office.count("directive") == TASKS
    until(lambda: "writing" not in office.readiness()[1], 15)
    assert office.dondoc.pids() == before
    office.all_in_order()


def test_a_full_disk_is_named_imports_nothing_by_halves_and_all_goes_on_once_there_is_room(
    office: MachineOffice, disk: LoopDisk, tmp_path: Path
) -> None:
    before = office.dondoc.pids()
    sheet = a_sheet(tmp_path / "đầy.xlsx", 190)

    fill(disk.mounted_at)
    assert "đầy" in office.sentence("import", str(sheet))
    assert office.count("directive") == TASKS
    assert len(office.dondoc.json("status")) == TASKS
    ill = office.examined()
    assert str(office.data) in ill["disk"]
    assert "đã đầy" in ill["disk"]
    status, ill = office.readiness()
    assert status in (200, 503)  # Temporal itself may be silent now
    assert str(office.data) in ill["disk"]
    make_room(disk.mounted_at)

    until(lambda: office.readiness()[0] == 200, 90)
    until(lambda: office.comment("NV-2", "Có chỗ") == 0)
    assert office.dondoc.pids()["web"] == before["web"]
    assert office.dondoc.pids()["supervisor"] == before["supervisor"]
    office.all_in_order()


def test_parts_whose_clock_jumped_tell_nothing_and_doctor_says_so(office: MachineOffice) -> None:
    """Worker and web see another time than Temporal; what they did not tell meanwhile is told after the next test."""
    try:
        ProcessClock(office.dondoc.pids()["worker"])
    except NoSuchClock as reason:
        pytest.skip(str(reason))
    with office.clocks.kept("worker", "web") as clocks:
        clocks.set(7_200)
        told = office.count("ledger WHERE kind = 'moment_reached'")
        seconds = wait_for(lambda: "Đồng hồ máy sai" in office.examined().get("worker_clock", ""), 60)
        assert seconds <= 60
        assert "Đồng hồ máy sai" in office.readiness()[1]["clock"]
        assert office.count("ledger WHERE kind = 'moment_reached'") <= told + 1  # one was being told just then


def test_the_power_is_cut_and_both_stores_are_whole_and_nothing_acknowledged_is_lost(
    office: MachineOffice, disk: LoopDisk
) -> None:
    enough = 40 + random.Random(20261124).randrange(40)
    with office.crowd("crowd-of-the-cut", 5, people=12) as crowd:
        until(lambda: sum(line.told == "done" for line in crowd.lines) >= enough, 180)
        cut_power(office, disk)
    acknowledged = sum(line.told == "done" for line in crowd.lines)

    office.dondoc.environment["DONDOC_LOG_FORMAT"] = "console"
    office.dondoc.up()

    verdict = office.all_in_order()
    assert acknowledged >= TASKS
    assert verdict.acknowledged >= TASKS


def test_no_secret_of_any_setting_stands_in_anything_that_was_written(office: MachineOffice, tmp_path: Path) -> None:
    """Logs, pid files, Temporal's store, crash output, mails, command lines, and what every command says."""
    told_once = office.dondoc("webhook", "add", "https://127.0.0.1:1/nghe", "--as", "quantri")
    key = next(word for word in told_once.split() if word.startswith("whsec_"))
    assert office.comment("NV-4", "Báo cho nơi nhận") == 0
    until(lambda: office.dondoc.json("webhook", "list")[0]["failures"] > 0, 60)
    for part, number in (("temporal", signal.SIGABRT), ("worker", signal.SIGABRT)):
        pid = office.dondoc.pids()[part]
        os.kill(pid, number)
        until(lambda part=part, pid=pid: office.dondoc.pids().get(part, pid) != pid)
    until(office.ready, 90)
    secrets = (*CANARIES, key)

    said = "".join(
        done.stdout + done.stderr
        for done in (
            office.dondoc.run(*words)
            for words in (
                ("doctor", "--json"),
                ("webhook", "list", "--json"),
                ("history", "NV-4", "--json"),
                ("do", "NV-1", "acknowledge", "--as", "chutich"),
                ("import", "/không có.xlsx"),
            )
        )
    )
    command_lines = b"".join(Path(f"/proc/{pid}/cmdline").read_bytes() for pid in office.dondoc.pids().values())
    written = [
        file for file in office.folder.rglob("*") if not file.name.startswith(("dondoc.db", "disk.img", "evidence"))
    ]

    crash = "".join(log.read_text(errors="replace") for log in (office.data / "log").glob("temporal.log*"))
    assert "goroutine" in crash
    assert {file.name for file in written} >= {"temporal.db", "worker.log", "web.log", "supervisor.log", "worker.pid"}
    assert found_in(said.encode(), secrets) == []
    assert found_in(command_lines, secrets) == []
    assert found_in_files(written, secrets) == []
    assert found_in_files(files_of(office), CANARIES) == []
    trap = office.data / "log" / "trap.log"
    trap.write_text(f"password={SMTP_PASSWORD}", encoding="utf-8")
    assert found_in_files(office.folder.rglob("*.log"), secrets) == [("trap.log", SMTP_PASSWORD)]
