"""The disk of PostgreSQL fails while people act by the API and on pages: its power goes, and it is full.

Temporal's file lies on the same disk when the power goes, as on a machine whose one plug is pulled. Part of
`make chaos`; needs root, to mount a file as a disk.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from chaos_rounds import Rounds
from dondoc_command import until
from machine_disk import LoopDisk, fill, make_room, require_root
from office_on_postgresql import OfficeOnPostgresql
from office_on_trial import figure
from own_postgresql import OwnPostgresql
from trial_policy import RULES

from embedded.processes import alive

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.proof, pytest.mark.timeout(1800)]

__all__ = ["figure"]

SEED = int(os.environ.get("SEED", str(random.randrange(10**6))))
ROUNDS = 3
Say = Callable[..., None]


@contextlib.contextmanager
def server_on(disk: LoopDisk, log: Path) -> Iterator[OwnPostgresql]:
    """A PostgreSQL whose cluster lies on that disk; its log does not."""
    folder = disk.mounted_at / "postgresql"
    folder.mkdir()
    server = OwnPostgresql(folder, says="error", log=log)
    try:
        server.make()
        server.sql("CREATE DATABASE dondoc")
        os.sync()  # initdb itself is told not to wait for the disk
        yield server
    finally:
        server.kill()


@pytest.fixture
def disk() -> Iterator[LoopDisk]:
    """A disk in a folder that PostgreSQL's account may enter."""
    require_root("mkfs.ext4", "mount", "umount", "e2fsck")
    folder = Path(tempfile.mkdtemp(prefix="dondoc-disk-", dir="/tmp"))
    folder.chmod(0o755)
    disk = LoopDisk(folder / "disk.img", folder / "disk")
    disk.make(700)
    disk.mount()
    yield disk
    disk.unmount()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def log(disk: LoopDisk) -> Path:
    """Where PostgreSQL's account may write while the disk fails."""
    folder = disk.image.parent / "log"
    folder.mkdir()
    folder.chmod(0o777)
    return folder / "postgresql.log"


def cut_power(office: OfficeOnPostgresql, disk: LoopDisk) -> None:
    """The power goes for both stores at once, no process is left, and the disk as it was is all there is."""
    parts = office.dondoc.pids()
    everyone = [*sorted(parts.values(), key=lambda pid: pid != parts["supervisor"]), *office.server.processes()]
    disk.lose_power()
    for pid in everyone:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in everyone))  # a new machine has no process of theirs
    disk.unmount()
    found = disk.copied(disk.image.with_name("found.img"), disk.mounted_at)
    assert found.repaired() in (0, 1)
    disk.image.unlink()
    found.image.rename(disk.image)
    disk.mount()


def test_the_power_is_cut_again_and_again_on_postgresql_and_nothing_acknowledged_is_lost_or_doubled(
    tmp_path: Path, disk: LoopDisk, log: Path, figure: Say
) -> None:
    def the_power_goes(office: OfficeOnPostgresql, dice: random.Random) -> str:
        time.sleep(dice.uniform(2.0, 10.0))
        cut_power(office, disk)
        time.sleep(dice.uniform(0.0, 3.0))
        office.server.start()
        office.dondoc.up()
        return "for both stores"

    (disk.mounted_at / "data").mkdir()
    (tmp_path / "data").symlink_to(disk.mounted_at / "data")
    with server_on(disk, log) as server, OfficeOnPostgresql(tmp_path, RULES, server=server).open() as office:
        rounds = Rounds(office)
        for number in range(ROUNDS):
            played = rounds.play(SEED + number, faults=[the_power_goes])
            figure("round", played)
            assert played.verdict.acknowledged >= 20 * (number + 1)
        assert log.read_text().count("not properly shut down") == ROUNDS


def test_a_full_disk_of_postgresql_is_named_and_all_goes_on_once_there_is_room(
    tmp_path: Path, disk: LoopDisk, log: Path, figure: Say
) -> None:
    said: set[str] = set()

    def the_disk_is_full(office: OfficeOnPostgresql, _dice: random.Random) -> str:
        fill(disk.mounted_at)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            said.update(sentences(office))
            time.sleep(2)
        make_room(disk.mounted_at)
        if not any(map(alive, office.server.processes())):
            office.server.start()
            return "PostgreSQL ended itself and was started by hand"
        return "PostgreSQL went on by itself"

    with server_on(disk, log) as server, OfficeOnPostgresql(tmp_path, RULES, server=server).open() as office:
        figure("round", Rounds(office).play(SEED, faults=[the_disk_is_full]))
    figure("doctor said", said)
    assert "No space left" in log.read_text()
    assert any("đã đầy" in one for one in said)
    assert "temporal_silent" not in (tmp_path / "data" / "log" / "supervisor.log").read_text(encoding="utf-8")


def sentences(office: OfficeOnPostgresql) -> list[str]:
    """What `doctor` and `readyz` complain of."""
    examined = json.loads(office.dondoc.run("doctor", "--json").stdout)["checks"]
    asked = httpx2.get(f"{office.address}/readyz", timeout=60).json()["checks"]
    return [check["sentence"] for check in (*examined, *asked) if not check["ok"]]
