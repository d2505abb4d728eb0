"""Do the snapshots and the board say what follows from the ledger?"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from checked_files import Fault, instant
from checked_life import Life
from checked_moments import HAIR


def check_snapshot(life: Life, snapshot: dict[str, Any] | None, next_at: dt.datetime | None) -> Iterator[Fault]:
    """The snapshot stands at the last row, and knows the next moment."""
    if snapshot is None:
        yield Fault("snapshot_missing", life.code)
        return
    stands = (snapshot["seq"], snapshot["status"], snapshot["lead_agency"], instant(snapshot["due_at"]))
    follows = (life.seq, life.status, life.lead, life.due_at)
    if stands != follows:
        yield Fault("snapshot_stale", life.code, f"it says {stands}; the ledger {follows}")
    shown = instant(snapshot["next_at"])
    if (shown is None) != (next_at is None) or (shown and next_at and abs(shown - next_at) > HAIR):
        yield Fault("next_moment_wrong", life.code, f"it says {shown}; by the ledger it is {next_at}")


def figures(lives: Iterable[Life], now: dt.datetime) -> dict[str, int]:
    """The figures of a board, counted one by one."""
    counted: Counter[str] = Counter()
    for life in lives:
        if life.status == "cancelled":
            continue
        late = life.due_at is not None and life.judged_at(now) > life.due_at
        counted["total"] += 1
        if life.status == "completed":
            counted["completed_late" if late else "completed_on_time"] += 1
        else:
            counted["open"] += 1
            counted["overdue" if late else "in_time"] += 1
    return dict(counted)


def _shown(part: dict[str, Any]) -> dict[str, int]:
    """The same figures as a board shows them; those that are nought left out."""
    shown = {name: int(part[name]) for name in ("total", "open", "overdue", "completed_on_time", "completed_late")}
    shown["in_time"] = int(part["on_time"]) + int(part["due_soon"])
    return {name: number for name, number in shown.items() if number}


def check_board(lives: list[Life], board: dict[str, Any]) -> Iterator[Fault]:
    """The board, as `dondoc board --json` gives it, adds up to the fold of the ledger."""
    now = instant(board["as_of"]) or dt.datetime.now(dt.UTC)
    shown = _shown({"total": board["total"], "open": board["open"], **board["by_timeliness"]})
    counted = figures(lives, now)
    if shown != counted:
        yield Fault("board_wrong", "figures", f"it shows {shown}; by the ledger {counted}")
    by_status = Counter(life.status for life in lives if life.status != "cancelled")
    if {name: number for name, number in board["by_status"].items() if number} != dict(by_status):
        yield Fault("board_wrong", "by_status", f"it shows {board['by_status']}; by the ledger {dict(by_status)}")
    cancelled = sum(life.status == "cancelled" for life in lives)
    if board["cancelled"] != cancelled:
        yield Fault("board_wrong", "cancelled", f"it shows {board['cancelled']}; by the ledger {cancelled}")
    agencies = {life.lead for life in lives}
    by_agency = [figures([life for life in lives if life.lead == agency], now) for agency in agencies]
    rows = [_shown(row) for row in board["by_agency"]]
    if sorted(map(_order, rows)) != sorted(_order(row) for row in by_agency if row):
        yield Fault("board_wrong", "by_agency", f"it shows {rows}; by the ledger {by_agency}")


def _order(figures_of_one: dict[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(figures_of_one.items()))
