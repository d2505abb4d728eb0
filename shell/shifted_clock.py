"""The shift of an office's clock, for tests only (DONDOC_CLOCK): set at the first `up`, moved on by a later one."""

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embedded.plan import Plan
    from services.office import Office

SETTING = "clock_shift"
GRAIN_SECONDS = 1.0
"""A clock that would move on by less stays as it is."""


def shift_clock(office: "Office", plan: "Plan", offset: dt.timedelta) -> None:
    """Let an office that does not run have this clock from now on; it never goes back.

    A workflow keeps the shift under which it was started. So a clock that moves on gets a new store for Temporal, and
    every open directive is started again from the ledger under the new shift, as after the loss of that store. A
    Temporal that is not ours cannot be given a new store: there the first shift stays.

    Args:
        offset: how far the clock is ahead of the machine's.

    Raises:
        OSError: the folder cannot be written.
    """
    from database.engine import reading, writing
    from database.reference import read_setting, write_setting
    from embedded.renewal import STORE, Renewal

    with reading(office.engine) as connection:
        known = read_setting(connection, SETTING)
    if known is not None or (plan.data_dir / STORE).exists():
        if plan.temporal_binary is None or offset.total_seconds() < float(known or 0) + GRAIN_SECONDS:
            return
        Renewal(plan).put_store_aside()
    with writing(office.engine) as connection:
        write_setting(connection, SETTING, str(offset.total_seconds()))
