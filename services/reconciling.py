"""Comparing both stores, naming each difference, and mending it; bringing one back from the other."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, delete, func, select
from temporalio.client import Client, WorkflowQueryRejectedError
from temporalio.common import QueryRejectCondition
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError, RPCStatusCode

from database import commands
from database.engine import reading, writing
from database.ledger import last_row, lock_directives, read_rows, read_rows_of
from database.snapshots import mark_of, read_directive, write_snapshot
from models.engine import CommandEnvelope, LiveState
from models.events import Recorded
from models.moments import due_moments, next_moment
from models.tables import DIRECTIVE, LEDGER
from models.vocabulary import Status
from services.office import Office
from services.temporal import begin_anew_if_stuck, handle, start_from_ledger, start_registered, workflow_id
from services.verifying import readable_life
from workflows.directive import DirectiveWorkflow
from workflows.queue import TASK_QUEUE

AT_ONCE = 24
"""Directives compared, started or asked at the same time."""

ANSWER_SECONDS = dt.timedelta(seconds=10)
MEND_SECONDS = dt.timedelta(seconds=30)

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
    """What SQL knows of a directive that may have a workflow."""

    code: str
    seq: int
    hash: str


async def reconcile(
    office: Office,
    client: Client,
    *,
    repair: bool = False,
    progress: Progress = _no_progress,
    task_queue: str = TASK_QUEUE,
) -> tuple[int, list[Difference]]:
    """Compare the ledger, the snapshots and the workflows.

    Args:
        repair: mend what is found: the workflow sends again what the ledger lacks, folds in what it lacks itself, and
            is started again where it is missing; a stale snapshot is made anew. What was mended is compared again.
        task_queue: where workflows are started.

    Returns: how many directives were compared, and the differences.
    """
    known, stale = await asyncio.to_thread(_known, office)
    differences = [Difference(code, DifferenceKind.SNAPSHOT_STALE) for code in stale]
    gate, done = asyncio.Semaphore(AT_ONCE), 0

    async def compare(one: _Known) -> Difference | None:
        nonlocal done
        async with gate:
            kind = await _compare(client, one)
            if kind is not None:  # what was recorded between the two questions is no difference
                kind = await _compare(client, await asyncio.to_thread(_fresh, office, one.code))
            done += 1
            progress(done, len(known))
            return Difference(one.code, kind) if kind else None

    async def mend(difference: Difference) -> None:
        async with gate:
            difference.mended = await _mend(office, client, difference, task_queue)
            if not difference.mended:  # a Temporal with much to do may have been too slow this once
                await asyncio.sleep(REBUILD_PAUSE)
                difference.mended = await _mend(office, client, difference, task_queue)

    found = await asyncio.gather(*(compare(one) for one in known.values()))
    differences += [difference for difference in found if difference is not None]
    differences += await _left_over(client, office, known)
    if repair:
        await asyncio.gather(*(mend(difference) for difference in differences))
    return len(known), differences


def _known(office: Office) -> tuple[dict[str, _Known], list[str]]:
    """The directives that are open, and those whose snapshot is not at the ledger's last row."""
    closed = [status.value for status in Status if status.closed]
    with reading(office.engine) as connection:
        last = _last_rows(connection)
        rows = connection.execute(select(DIRECTIVE.c.code, DIRECTIVE.c.seq, DIRECTIVE.c.status)).all()
    known = {}
    stale = [code for code in last if code not in {row.code for row in rows}]
    for row in rows:
        seq, row_hash = last.get(row.code, (0, ""))
        if row.seq != seq:
            stale.append(row.code)
        if row.status not in closed:
            known[row.code] = _Known(row.code, seq, row_hash)
    return known, stale


def _last_rows(connection: Connection) -> dict[str, tuple[int, str]]:
    newest = select(LEDGER.c.directive, func.max(LEDGER.c.seq).label("seq")).group_by(LEDGER.c.directive).subquery()
    rows = connection.execute(
        select(LEDGER.c.directive, LEDGER.c.seq, LEDGER.c.hash).join(
            newest, (LEDGER.c.directive == newest.c.directive) & (LEDGER.c.seq == newest.c.seq)
        )
    )
    return {row.directive: (row.seq, row.hash) for row in rows}


async def _compare(client: Client, one: _Known) -> DifferenceKind | None:
    try:
        live = await handle(client, one.code).query(
            DirectiveWorkflow.state, reject_condition=QueryRejectCondition.NOT_OPEN, rpc_timeout=ANSWER_SECONDS
        )
    except WorkflowQueryRejectedError:  # its last run has ended, by whatever means
        return await _compare_ended(client, one)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            return DifferenceKind.NO_ANSWER
        return DifferenceKind.NOT_STARTED if one.seq == 0 else DifferenceKind.WORKFLOW_MISSING
    except TemporalError:
        return DifferenceKind.NO_ANSWER
    return _difference(one, live)


async def _compare_ended(client: Client, one: _Known) -> DifferenceKind:
    """An ended run that knows more than the ledger: what was recorded since an older backup, up to the end."""
    try:
        live = await handle(client, one.code).query(DirectiveWorkflow.state, rpc_timeout=ANSWER_SECONDS)
    except TemporalError:
        return DifferenceKind.WORKFLOW_MISSING
    return DifferenceKind.LEDGER_BEHIND if live.seq > one.seq else DifferenceKind.WORKFLOW_MISSING


def _difference(one: _Known, live: LiveState) -> DifferenceKind | None:
    if live.seq < one.seq:
        return DifferenceKind.LEDGER_AHEAD
    if live.seq > one.seq:
        return DifferenceKind.LEDGER_BEHIND
    return DifferenceKind.DIVERGED if live.hash != one.hash else None


async def _left_over(client: Client, office: Office, known: dict[str, _Known]) -> list[Difference]:
    """Workflows of directives that SQL does not know as open, with their rows compared.

    Those that run, and those that ended after the ledger's newest row: an older backup knows nothing of their end.
    """
    newest = await asyncio.to_thread(_newest, office)
    query = "WorkflowType = 'DirectiveWorkflow' AND (ExecutionStatus = 'Running'"
    query += f" OR CloseTime > '{newest.isoformat()}')" if newest else ")"
    found: list[Difference] = []
    compared = set(known)
    async for execution in client.list_workflows(query):
        code = execution.id.removeprefix(workflow_id(""))
        if code in compared:
            continue
        compared.add(code)
        one = await asyncio.to_thread(_fresh, office, code)
        kind = await _compare(client, one)
        if kind in (None, DifferenceKind.WORKFLOW_MISSING, DifferenceKind.NOT_STARTED):
            continue  # it ended meanwhile, as the workflow of a closed directive does
        if one.seq == 0 and kind is DifferenceKind.LEDGER_BEHIND:
            kind = DifferenceKind.WORKFLOW_LEFT_OVER
        found.append(Difference(code, kind))
    return found


def _newest(office: Office) -> dt.datetime | None:
    """The instant, on Temporal's clock, of the ledger's newest row."""
    with reading(office.engine) as connection:
        newest = connection.execute(select(LEDGER.c.at).order_by(LEDGER.c.id.desc()).limit(1)).scalar()
        return newest - dt.timedelta(seconds=office.reference(connection).clock_shift) if newest else None


def _fresh(office: Office, code: str) -> _Known:
    with reading(office.engine) as connection:
        return _Known(code, *last_row(connection, code))


async def _mend(office: Office, client: Client, difference: Difference, task_queue: str) -> bool:
    code = difference.code
    try:
        match difference.kind:
            case DifferenceKind.SNAPSHOT_STALE:
                return await asyncio.to_thread(_rebuild_one_snapshot, office, code)
            case DifferenceKind.NOT_STARTED | DifferenceKind.WORKFLOW_MISSING:
                if not await _start(office, client, code, task_queue):
                    return False
            case DifferenceKind.NO_ANSWER:
                await _bring_to_answer(office, client, code, task_queue)
            case _:
                await _replan(office, client, code, task_queue)
    except (TemporalError, ValueError):  # unreachable, or rows that this release cannot read (RULES 18)
        return False
    return await _is_mended(office, client, code)


async def _bring_to_answer(office: Office, client: Client, code: str, task_queue: str) -> None:
    """Let the workflow plan; one that cannot be replayed, which its task for that shows, goes on anew."""
    shift = (await asyncio.to_thread(office.reference)).clock_shift
    rows = await asyncio.to_thread(_rows, office, code)
    if await begin_anew_if_stuck(client, code, rows, shift, task_queue):
        return
    try:
        await _replan(office, client, code, task_queue)
    except TemporalError:
        if not await begin_anew_if_stuck(client, code, rows, shift, task_queue):
            raise


async def _is_mended(office: Office, client: Client, code: str) -> bool:
    one = await asyncio.to_thread(_fresh, office, code)
    kind = await _compare(client, one)
    if kind is DifferenceKind.WORKFLOW_MISSING:  # as it should be where its end was brought back
        with reading(office.engine) as connection:
            directive = read_directive(connection, code)
        return directive is not None and directive.closed
    return kind is None


async def _replan(office: Office, client: Client, code: str, task_queue: str) -> None:
    """Let the workflow go through the door, where both sides find what they lack; an ended one in a new run."""
    try:
        await handle(client, code).execute_update("replan", rpc_timeout=MEND_SECONDS)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        shift = (await asyncio.to_thread(office.reference)).clock_shift
        rows = await asyncio.to_thread(_rows, office, code)
        await start_from_ledger(client, code, rows, shift, task_queue)
        with contextlib.suppress(RPCError):  # it may have ended again, with all its rows in the ledger
            await handle(client, code).execute_update("replan", rpc_timeout=MEND_SECONDS)


async def _start(office: Office, client: Client, code: str, task_queue: str) -> bool:
    """Start a directive's workflow from its rows, or from its registration when it has none yet."""
    shift, known = await asyncio.to_thread(_lost, office, [code])
    for one in known:
        await _start_lost(client, one, shift, task_queue)
    return bool(known)


def _rows(office: Office, code: str) -> tuple[Recorded, ...]:
    with reading(office.engine) as connection:
        return read_rows(connection, code)


REBUILD_BATCH = 500
"""Directives whose rows are read at once."""

REBUILD_TRIES = 4
REBUILD_PAUSE = 3.0
"""Seconds between them."""


async def rebuild_workflows(
    office: Office, client: Client, progress: Progress = _no_progress, task_queue: str = TASK_QUEUE
) -> tuple[int, list[str]]:
    """Start every open directive again in a Temporal that has lost it; one that runs is left alone.

    Returns: how many were started or run, and the codes that could not be.
    """
    closed = [status.value for status in Status if status.closed]
    with reading(office.engine) as connection:
        codes = [
            row.code
            for row in connection.execute(
                select(DIRECTIVE.c.code).where(DIRECTIVE.c.status.not_in(closed)).order_by(DIRECTIVE.c.next_at)
            )
        ]
    gate, started = asyncio.Semaphore(AT_ONCE), 0
    lost: list[str] = []

    async def start(one: _Lost, shift: float) -> bool:
        """Whether it is worth another try."""
        nonlocal started
        async with gate:
            try:
                await _start_lost(client, one, shift, task_queue)
            except TemporalError:
                return True
            started += 1
            progress(started, len(codes))
            return False

    wanted = codes
    for _ in range(REBUILD_TRIES):  # a Temporal that has just begun is slow to answer all
        again: list[str] = []
        for place in range(0, len(wanted), REBUILD_BATCH):
            batch = wanted[place : place + REBUILD_BATCH]
            shift, known = await asyncio.to_thread(_lost, office, batch)
            lost += sorted(set(batch) - {one.code for one in known})
            failed = await asyncio.gather(*(start(one, shift) for one in known))
            again += [one.code for one, refused in zip(known, failed, strict=True) if refused]
        wanted = again
        if not wanted:
            break
        await asyncio.sleep(REBUILD_PAUSE)
    lost += wanted
    return len(codes) - len(lost), lost


@dataclass(frozen=True)
class _Lost:
    """All that a workflow needs to go on: its rows, or its registration where it has none yet."""

    code: str
    rows: tuple[Recorded, ...]
    registration: CommandEnvelope | None = None


def _lost(office: Office, codes: list[str]) -> tuple[float, list[_Lost]]:
    """The clock's shift, and those of the directives that can be started: whose rows this release can read."""
    with reading(office.engine) as connection:
        found: list[_Lost] = []
        for code, rows in read_rows_of(connection, codes).items():
            if rows:
                found.append(_Lost(code, rows))
            elif rows is not None and (registration := commands.registration_of(connection, code)) is not None:
                found.append(_Lost(code, (), registration))
        return office.reference(connection).clock_shift, found


async def _start_lost(client: Client, one: _Lost, shift: float, task_queue: str) -> None:
    if one.registration is None:
        await start_from_ledger(client, one.code, one.rows, shift, task_queue)
    else:
        await start_registered(client, one.registration, shift, task_queue)


def rebuild_snapshots(office: Office, progress: Progress = _no_progress) -> tuple[int, list[str]]:
    """Make every snapshot anew from the ledger; those that await their start have no row and are left alone.

    Safe while the engine works: each batch reads its rows in the transaction that writes.

    Returns: how many were made, and the codes whose rows this release cannot read (RULES 18).
    """
    with reading(office.engine) as connection:
        codes = [row[0] for row in connection.execute(select(LEDGER.c.directive).distinct().order_by("directive"))]
    failed: list[str] = []
    for place in range(0, len(codes), AT_ONCE):
        batch = codes[place : place + AT_ONCE]
        with writing(office.engine) as connection:
            failed += [code for code in batch if not _rebuild_snapshot(office, connection, code)]
        progress(place + len(batch), len(codes))
    return len(codes) - len(failed), failed


def _rebuild_one_snapshot(office: Office, code: str) -> bool:
    with writing(office.engine) as connection:
        return _rebuild_snapshot(office, connection, code)


def _rebuild_snapshot(office: Office, connection: Connection, code: str) -> bool:
    lock_directives(connection, (code,))
    life = readable_life(connection, code)
    if life is None:
        return False
    rows, directive = life
    reference, now = office.reference(connection), office.now()
    due = due_moments(directive, reference.timeline, reference.calendar, now)
    following = due[0] if due else next_moment(directive, reference.timeline.current, reference.calendar, now)
    connection.execute(delete(DIRECTIVE).where(DIRECTIVE.c.code == code))
    write_snapshot(connection, directive, reference, following, mark=mark_of(rows))
    return True
