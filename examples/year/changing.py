"""Carrying out what changes for the whole office, by the use cases that people have."""

import asyncio
from typing import Final, assert_never

from examples.year.changes import AbsenceEntered, AgencySucceeded, Change, PolicyChange, SwapAnnounced
from examples.year.engine import PATIENCE_SECONDS, OfficeAt, YearEngine
from examples.year.words import YearFailed
from services import directories, office_calendar, policies, succession
from services.sending import Sender

KEEPER: Final = "quantri"
"""Who keeps the calendar, the policy and the directory."""

_LETTER: Final = "Công văn thông báo muộn"


async def carry_out(change: Change, engine: YearEngine) -> int:
    """Change something, at its instant; returns how many commands that took.

    Raises:
        YearFailed: a directive does not follow its agency.
    """
    office = engine.at(change.at)
    match change:
        case PolicyChange():
            await asyncio.to_thread(policies.activate, office, change.text, KEEPER)
        case SwapAnnounced():
            await asyncio.to_thread(_swap, office, change)
        case AgencySucceeded():
            return await _succeed(office, engine, change)
        case AbsenceEntered():
            await asyncio.to_thread(
                directories.enter_absence, office, change.person, change.first, change.last, change.deputy, KEEPER
            )
        case _:
            assert_never(change)
    return 0


def _swap(office: OfficeAt, change: SwapAnnounced) -> None:
    reason = f"Nghỉ hoán đổi với thứ Bảy {change.worked:%d/%m/%Y}"
    office_calendar.take_off(office, change.off, change.off, reason, _LETTER, KEEPER)
    made_up = f"Làm bù cho thứ Sáu {change.off:%d/%m/%Y}"
    office_calendar.make_working(office, change.worked, made_up, _LETTER, KEEPER)


async def _succeed(office: OfficeAt, engine: YearEngine, change: AgencySucceeded) -> int:
    planned = await asyncio.to_thread(succession.plan, office, change.old, change.new, (), KEEPER)
    sender = Sender(engine.skipper.client, office, PATIENCE_SECONDS)
    outcome = await succession.carry_out(office, sender, planned, KEEPER, "Sắp xếp bộ máy")
    left = [*outcome.kept, *outcome.refused]
    if left:
        raise YearFailed("Không chuyển giao được: {codes}.", codes=", ".join(left))
    return len(outcome.moved)
