"""Comparing both stores, naming each difference, and mending it; bringing one back from the other."""

import asyncio
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, delete, select
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from database.engine import reading, writing
from database.ledger import last_row, read_all, read_rows
from database.reference import Reference
from database.snapshots import mark_of, write_snapshot
from models.engine import CommandEnvelope, LiveState
from models.events import Recorded
from models.life import fold
from models.moments import next_moment
from models.tables import DIRECTIVE, LEDGER
from models.vocabulary import Status
from services import commands
from services.office import Office
from services.temporal import handle, start_from_ledger, start_registered, workflow_id
from workflows.directive import DirectiveWorkflow

AT_ONCE = 24
"""Directives compared, started or asked at the same time."""

Progress = Callable[[int, int], None]


def _no_progress(_done: int, _all: int) -> None:
    """Tell nobody."""


class DifferenceKind(StrEnum):
    """How the stores can differ."""

    NOT_STARTED = "not_started"  # registered, and its workflow was never started
    WORKFLOW_MISSING = "workflow_missing"  # open in the ledger, unknown to Temporal
    LEDGER_AHEAD = "ledger_ahead"  # the ledger has rows that the workflow lacks
    LEDGER_BEHIND = "ledger_behind"  # the workflow has rows that the ledger lacks
    DIVERGED = "diverged"  # other rows under the same numbers
    SNAPSHOT_STALE = "snapshot_stale"  # the snapshot is not at the ledger's last row
    WORKFLOW_LEFT_OVER = "workflow_left_over"  # Temporal has a directive that the ledger does not know
    NO_ANSWER = "no_answer"  # the workflow is there and does not answer


@dataclass
class Difference:
    """One difference, and whether it was mended."""

    code: str
    kind: DifferenceKind
    mended: bool = False


@dataclass(frozen=True)
class _Known:
    """What SQL knows of an open directive."""

    code: str
    seq: int
    hash: str
    snapshot_seq: int
    awaiting_start: bool


async def reconcile(
    office: Office, client: Client, *, repair: bool = False, progress: Progress = _no_progress
) -> tuple[int, list[Difference]]:
    """Compare the ledger, the snapshots and the workflows.

    Args:
        repair: mend what is found: the workflow sends again what the ledger lacks, folds in what it lacks itself, and
            is started again where it is missing; a stale snapshot is made anew.

    Returns: how many directives were compared, and the differences.
    """
    known, unknown_snapshots = await asyncio.to_thread(_known, office)
    differences = [Difference(code, DifferenceKind.SNAPSHOT_STALE) for code in unknown_snapshots]
    gate, done = asyncio.Semaphore(AT_ONCE), 0

    async def compare(one: _Known) -> Difference | None:
        nonlocal done
        async with gate:
            kind = await _compare(client, one)
            done += 1
            progress(done, len(known))
            return Difference(one.code, kind) if kind else None

    found = await asyncio.gather(*(compare(one) for one in known.values()))
    differences += [difference for difference in found if difference is not None]
    differences += await _left_over(client, office, known)
    if repair:
        for difference in differences:
            difference.mended = await _mend(office, client, difference)
    return len(known), differences


def _known(office: Office) -> tuple[dict[str, _Known], list[str]]:
    closed = [status.value for status in Status if status.closed]
    with reading(office.engine) as connection:
        last = _last_rows(connection)
        rows = connection.execute(
            select(DIRECTIVE.c.code, DIRECTIVE.c.seq, DIRECTIVE.c.awaiting_start, DIRECTIVE.c.status)
        ).all()
    known = {}
    stale = [code for code in last if code not in {row.code for row in rows}]
    for row in rows:
        seq, row_hash = last.get(row.code, (0, ""))
        if row.seq != seq:
            stale.append(row.code)
        if row.status not in closed or row.seq != seq:
            known[row.code] = _Known(row.code, seq, row_hash, row.seq, row.awaiting_start)
    for code in stale:
        known.setdefault(code, _Known(code, *last.get(code, (0, "")), 0, awaiting_start=False))
    return known, stale


def _last_rows(connection: Connection) -> dict[str, tuple[int, str]]:
    rows = connection.execute(select(LEDGER.c.directive, LEDGER.c.seq, LEDGER.c.hash).order_by(LEDGER.c.seq))
    return {row.directive: (row.seq, row.hash) for row in rows}


async def _compare(client: Client, one: _Known) -> DifferenceKind | None:
    try:
        live = await handle(client, one.code).query(DirectiveWorkflow.state, rpc_timeout=dt.timedelta(seconds=10))
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            return DifferenceKind.NO_ANSWER
        return DifferenceKind.NOT_STARTED if one.seq == 0 else DifferenceKind.WORKFLOW_MISSING
    return _difference(one, live)


def _difference(one: _Known, live: LiveState) -> DifferenceKind | None:
    if live.seq < one.seq:
        return DifferenceKind.LEDGER_AHEAD
    if live.seq > one.seq:
        return DifferenceKind.LEDGER_BEHIND
    return DifferenceKind.DIVERGED if live.hash != one.hash else None


async def _left_over(client: Client, office: Office, known: dict[str, _Known]) -> list[Difference]:
    """Running workflows of directives that SQL does not know as open, with their rows compared."""
    query = "WorkflowType = 'DirectiveWorkflow' AND ExecutionStatus = 'Running'"
    found: list[Difference] = []
    async for execution in client.list_workflows(query):
        code = execution.id.removeprefix(workflow_id(""))
        if code in known:
            continue
        seq, row_hash = await asyncio.to_thread(_last, office, code)
        kind = await _compare(client, _Known(code, seq, row_hash, seq, awaiting_start=False))
        if kind is not None and kind is not DifferenceKind.WORKFLOW_MISSING:
            found.append(Difference(code, kind if seq else DifferenceKind.LEDGER_BEHIND))
    return found


def _last(office: Office, code: str) -> tuple[int, str]:
    with reading(office.engine) as connection:
        return last_row(connection, code)


async def _mend(office: Office, client: Client, difference: Difference) -> bool:
    code = difference.code
    try:
        match difference.kind:
            case DifferenceKind.SNAPSHOT_STALE:
                return await asyncio.to_thread(_rebuild_one_snapshot, office, code)
            case DifferenceKind.NOT_STARTED:
                registration = await asyncio.to_thread(_registration, office, code)
                if registration is None:
                    return False
                await start_registered(client, registration, office.reference().clock_shift)
            case DifferenceKind.WORKFLOW_MISSING:
                rows = await asyncio.to_thread(_rows, office, code)
                await start_from_ledger(client, code, rows, office.reference().clock_shift)
            case _:
                await handle(client, code).execute_update("replan", rpc_timeout=dt.timedelta(seconds=30))
    except RPCError:
        return False
    return True


def _registration(office: Office, code: str) -> CommandEnvelope | None:
    with reading(office.engine) as connection:
        return commands.registration_of(connection, code)


def _rows(office: Office, code: str) -> tuple[Recorded, ...]:
    with reading(office.engine) as connection:
        return read_rows(connection, code)


async def rebuild_workflows(office: Office, client: Client, progress: Progress = _no_progress) -> tuple[int, list[str]]:
    """Start every open directive again in a Temporal that has lost it; one that runs is left alone.

    Returns: how many were started, and the codes that could not be.
    """
    closed = [status.value for status in Status if status.closed]
    with reading(office.engine) as connection:
        shift = office.reference(connection).clock_shift
        rows = connection.execute(
            select(DIRECTIVE.c.code, DIRECTIVE.c.awaiting_start).where(DIRECTIVE.c.status.not_in(closed))
        ).all()
    gate, done = asyncio.Semaphore(AT_ONCE), 0

    async def start(code: str, *, awaiting: bool) -> str | None:
        nonlocal done
        async with gate:
            try:
                registration = await asyncio.to_thread(_registration, office, code) if awaiting else None
                if registration is not None:
                    await start_registered(client, registration, shift)
                else:
                    await start_from_ledger(client, code, await asyncio.to_thread(_rows, office, code), shift)
            except RPCError:
                return code
            finally:
                done += 1
                progress(done, len(rows))
            return None

    failed = await asyncio.gather(*(start(row.code, awaiting=row.awaiting_start) for row in rows))
    lost = [code for code in failed if code is not None]
    return len(rows) - len(lost), lost


def rebuild_snapshots(office: Office, progress: Progress = _no_progress) -> int:
    """Make every snapshot anew from the ledger; those that await their start have no row and are left alone.

    Returns: how many were made.
    """
    with reading(office.engine) as connection:
        number = len(_last_rows(connection))
        batch: list[tuple[str, tuple[Recorded, ...]]] = []
        done = 0
        for pair in read_all(connection):
            batch.append(pair)
            if len(batch) == AT_ONCE:
                done = _write_batch(office, batch, done, number, progress)
        return _write_batch(office, batch, done, number, progress)


def _write_batch(
    office: Office, batch: list[tuple[str, tuple[Recorded, ...]]], done: int, number: int, progress: Progress
) -> int:
    with writing(office.engine) as connection:
        reference, now = office.reference(connection), office.now()
        for code, rows in batch:
            _rebuild_snapshot(connection, code, rows, reference, now)
            done += 1
            progress(done, number)
    batch.clear()
    return done


def _rebuild_one_snapshot(office: Office, code: str) -> bool:
    with writing(office.engine) as connection:
        rows = read_rows(connection, code)
        if not rows:
            return False
        _rebuild_snapshot(connection, code, rows, office.reference(connection), office.now())
    return True


def _rebuild_snapshot(
    connection: Connection, code: str, rows: tuple[Recorded, ...], reference: Reference, now: dt.datetime
) -> None:
    directive = fold(rows)
    if directive is None:
        return
    connection.execute(delete(DIRECTIVE).where(DIRECTIVE.c.code == code))
    following = next_moment(directive, reference.timeline.current, reference.calendar, now)
    write_snapshot(connection, directive, reference, following, mark=mark_of(rows))
