"""The power is cut again and again under twenty clients, and the disk stays full for long: the whole form."""

import random
from collections.abc import Callable, Iterator

import pytest
from dondoc_command import until
from machine_disk import LoopDisk, fill, make_room, require_root
from machine_office import MachineOffice, cut_power, hold, tomorrow, wait_for
from office_on_trial import figure
from trial_policy import RULES

__all__ = ["figure"]

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1800)]

ROUNDS = 4
DIRECTIVES = 300


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopDisk]:
    require_root("mkfs.ext4", "mount", "umount", "e2fsck")
    folder = tmp_path_factory.mktemp("power")
    disk = LoopDisk(folder / "disk.img", folder / "data")
    disk.make(400)
    disk.mount()
    yield disk
    disk.unmount()


@pytest.fixture(scope="module")
def office(disk: LoopDisk) -> Iterator[MachineOffice]:
    office = MachineOffice(disk.mounted_at.parent, RULES)
    with office.open():
        office.register(DIRECTIVES, tomorrow)
        yield office


def test_the_power_is_cut_again_and_again_under_twenty_clients_and_nothing_acknowledged_is_lost(
    office: MachineOffice, disk: LoopDisk, figure: Callable[..., None]
) -> None:
    dice = random.Random(20261124)
    for number in range(ROUNDS):
        with office.crowd(f"crowd-{number}", number) as crowd:
            until(lambda: sum(line.told == "done" for line in crowd.lines) >= 20, 120)
            hold(dice.uniform(0, 6))
            cut_power(office, disk)
        figure("up again after", wait_for(lambda: office.dondoc.up() is None, 120))
    verdict = office.all_in_order()
    figure("verdict", verdict)
    assert verdict.acknowledged >= ROUNDS * 20


def test_a_disk_that_is_full_until_temporal_falls_silent_ends_no_part_that_answers(
    office: MachineOffice, disk: LoopDisk
) -> None:
    before = office.dondoc.pids()
    fill(disk.mounted_at)
    until(lambda: office.supervisor_said("disk_refuses") > 0 or "canary" in office.examined(), 240)
    hold(40)
    assert office.readiness()[1]["disk"]
    assert len(office.dondoc.json("status")) > 0
    make_room(disk.mounted_at)

    until(lambda: office.readiness()[0] == 200, 120)
    until(office.settled, 240)
    assert {part: office.dondoc.pids()[part] for part in ("web", "supervisor")} == {
        part: before[part] for part in ("web", "supervisor")
    }
    office.all_in_order()
