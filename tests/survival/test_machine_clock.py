"""The machine's clock is set ahead and back: on all parts at once, and on Temporal alone. In order, on one office.

A clock that is set is the same for all parts of one machine; what each alone does is seen where they run on several.
Not tried: a clock that is set while the system is down, except by what is kept of it (tests/embedded).
"""

from collections.abc import Callable, Iterator

import pytest
from dondoc_command import until
from machine_clock import NoSuchClock, ProcessClock
from machine_office import PARTS, MachineOffice, hold, tomorrow, wait_for
from office_on_trial import figure
from trial_policy import RULES

from models.column_types import TEXT_FORMAT

__all__ = ["figure"]

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1200)]

HOURS, DAYS = 3_600, 86_400
LONG, SHORT = 75, 12
"""Seconds for which a clock stays wrong: longer than Temporal's timers may be silent, and shorter."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MachineOffice]:
    office = MachineOffice(tmp_path_factory.mktemp("clock"), RULES)
    with office.open():
        try:
            ProcessClock(office.dondoc.pids()["worker"])
        except NoSuchClock as reason:
            pytest.skip(str(reason))
        office.register(30, tomorrow)
        yield office


def moments(office: MachineOffice) -> int:
    return office.count("ledger WHERE kind = 'moment_reached'")


def doctor_says_so(office: MachineOffice, ahead: int = 0) -> bool:
    """Whether `dondoc doctor` names the clock; it sees the machine's clock as the parts do."""
    return any("Đồng hồ máy sai" in sentence for sentence in office.examined(ahead).values())


@pytest.mark.parametrize(
    ("seconds", "held"),
    [(2 * HOURS, SHORT), (-2 * HOURS, LONG), (3 * DAYS, SHORT), (-3 * DAYS, SHORT)],
    ids=["2 hours ahead", "2 hours back", "3 days ahead", "3 days back"],
)
def test_a_clock_set_and_set_right_tells_nothing_early_or_twice_and_heals_with_no_hand(
    office: MachineOffice, seconds: int, held: int, figure: Callable[..., None]
) -> None:
    before = moments(office)
    with office.clocks.kept(*PARTS) as clocks:
        clocks.set(seconds)
        known = moments(office)
        figure("detected after", wait_for(lambda: doctor_says_so(office, seconds), 60))
        hold(held)
        assert moments(office) - known <= 1  # what was being told when the clock was set
        clocks.set(0)
        figure("healed after", wait_for(lambda: healed(office), 240))
    until(lambda: moments(office) > before, 240)
    office.all_in_order()


def healed(office: MachineOffice) -> bool:
    """Whether all moments that fell due are told and nobody complains of a clock any more."""
    return office.settled() and not doctor_says_so(office)


@pytest.mark.parametrize(("part", "seconds"), [("worker", -3 * DAYS), ("web", 2 * HOURS)])
def test_a_part_alone_whose_clock_is_wrong_tells_nothing_early_or_twice(
    office: MachineOffice, part: str, seconds: int
) -> None:
    with office.clocks.kept(part) as clocks:
        clocks.set(seconds)
        until(lambda: doctor_says_so(office) or "clock" in office.readiness()[1], 60)
        hold(SHORT)
    office.all_in_order()


def test_temporal_alone_ahead_is_noticed_by_its_canary_and_from_then_on_no_moment_is_told_early(
    office: MachineOffice, figure: Callable[..., None]
) -> None:
    """On one machine this cannot be; with Temporal on another, what rings before the canary does is told (M1b)."""
    canary = office.data / "run" / "canary"
    with office.clocks.kept("temporal") as clocks:
        clocks.set(2 * HOURS)
        for _ in range(2):
            beat = canary.read_text()
            until(lambda beat=beat: canary.read_text() not in ("", beat), 30)
        early = told_early(office)
        figure("told before the canary's word", early)
        assert doctor_says_so(office)
        hold(SHORT)
        assert told_early(office) <= early


def told_early(office: MachineOffice) -> int:
    """How many moments are told that are not due yet."""
    return office.count("ledger WHERE planned_at > ?", office.now().strftime(TEXT_FORMAT))
