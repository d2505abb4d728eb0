"""The one function that sends a command to the engine, and the one that knows what an unknown outcome is."""

import asyncio
import contextlib
import datetime as dt
import random
import time
from dataclasses import dataclass, field
from typing import Literal

import structlog
from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from database import commands
from database.engine import DATABASE_AWAY, reading, writing
from database.ledger import read_rows
from database.snapshots import read_snapshot
from models.commands import Comment, Reopen
from models.directive import Directive
from models.engine import Answer, CommandEnvelope
from models.events import Recorded
from models.life import decide
from models.refusal import Code, Refused
from services import tracing
from services.office import Office
from services.payload_encryption import PayloadRefused
from services.temporal import handle, remembered, start_from_ledger, start_operation, start_registered
from workflows.queue import TASK_QUEUE

PATIENCE_SECONDS = 20.0
"""After this long the person is told that the command is kept and being recorded."""

GATE = 8
"""Commands of one directive that one process has under way at once: more than 64 in all are refused by the server."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0

log = structlog.get_logger()


@dataclass(frozen=True)
class Sent:
    """What became of a command: recorded with its answer, or kept and sent on by the sweep (đã nhận, đang ghi)."""

    command_id: str
    outcome: Literal["recorded", "kept"]
    answer: Answer | None = None


@dataclass
class _Gate:
    """The places of one directive in this process, and how many commands use or want them."""

    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(GATE))
    users: int = 0


@dataclass
class Sender:
    """Sends commands. One in each process; it keeps the gates.

    Attributes:
        again: it sends what somebody has sent before.
    """

    client: Client
    office: Office
    patience: float = PATIENCE_SECONDS
    task_queue: str = TASK_QUEUE
    again: bool = False
    _gates: dict[str, "_Gate"] = field(default_factory=dict)

    async def send(self, envelope: CommandEnvelope, patience: float | None = None) -> Sent:
        """Send a command that is kept in SQL until it is answered, refused or out of patience.

        A refusal is final. Everything else that goes wrong leaves the outcome unknown: the ledger is asked, and where
        it does not know the command, the same command is sent again.

        Args:
            patience: seconds, where they are not those of every command.

        Raises:
            Refused: the engine refuses it.
        """
        if not tracing.is_on():
            return await self._send(envelope, patience)
        with tracing.updating(envelope, again=self.again):
            return await self._send(envelope, patience)

    async def _send(self, envelope: CommandEnvelope, patience: float | None) -> Sent:
        gate = self._gates.setdefault(envelope.directive, _Gate())
        gate.users += 1
        give_up_at = time.monotonic() + (self.patience if patience is None else patience)
        pause = _FIRST_PAUSE
        try:
            while True:
                left = give_up_at - time.monotonic()
                if left <= 0:
                    log.warning("command_kept", directive=envelope.directive, command=envelope.id)
                    return Sent(envelope.id, "kept")
                answer = await self._try(envelope, gate, left)
                if answer is not None:
                    return Sent(envelope.id, "recorded", answer)
                left = give_up_at - time.monotonic()
                await asyncio.sleep(max(0.0, min(left, pause * random.uniform(0.5, 1.0))))  # noqa: S311 - jitter
                pause = min(pause * 2, _LONGEST_PAUSE)
        finally:
            gate.users -= 1
            if gate.users == 0:
                self._gates.pop(envelope.directive, None)

    async def _try(self, envelope: CommandEnvelope, gate: "_Gate", left: float) -> Answer | None:
        """Send once; None when the outcome is unknown."""
        try:
            async with asyncio.timeout(left), gate.places:
                return await self._execute(envelope, left)
        except WorkflowUpdateFailedError as failed:
            refused = _refusal(failed.cause)
            if refused is not None:
                return await asyncio.to_thread(self._settle, envelope.id, refused)
        except Refused as refused:  # no run was there, so the ledger's own state judged
            return await asyncio.to_thread(self._settle, envelope.id, refused)
        except (WorkflowUpdateRPCTimeoutOrCancelledError, TimeoutError, RPCError, PayloadRefused, *DATABASE_AWAY):
            pass
        with contextlib.suppress(*DATABASE_AWAY):  # a database that cannot be asked now leaves it unknown
            return await asyncio.to_thread(self._look_up, envelope.id)
        return None

    async def _execute(self, envelope: CommandEnvelope, left: float) -> Answer:
        limit = dt.timedelta(seconds=left)
        try:
            return await self._update(envelope, limit)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        return await self._wake(envelope, limit)

    async def _wake(self, envelope: CommandEnvelope, limit: dt.timedelta) -> Answer:
        """No run of this directive is there: it is closed, awaits its start, or Temporal has lost it."""
        seen, rows, shift = await asyncio.to_thread(self._read, envelope.directive)
        if seen is None:
            raise Refused(Code.NOT_FOUND, directive=envelope.directive)
        seq, directive = seen
        if seq == 0:
            registration = await asyncio.to_thread(self._registration, envelope.directive)
            if registration is not None:
                await start_registered(self.client, registration, shift, self.task_queue)
        elif not directive.closed:  # as far as the ledger knows
            await start_from_ledger(self.client, envelope.directive, rows, shift, self.task_queue)
        elif isinstance(envelope.command, Comment | Reopen):
            rows = await remembered(self.client, envelope.directive, rows)
            return await self._start_with(envelope, rows, shift, limit)
        else:
            decide(directive, envelope.command, envelope.actor, self.office.now())
            raise Refused(Code.WRONG_STATE, directive=envelope.directive, status=directive.status)
        return await self._update(envelope, limit)

    async def _start_with(
        self, envelope: CommandEnvelope, rows: tuple[Recorded, ...], shift: float, limit: dt.timedelta
    ) -> Answer:
        """Send a command together with the start of a new run for a closed directive."""
        operation = start_operation(envelope.directive, rows, shift, self.task_queue)
        # The SDK tells a failed start by the operation as well; unasked, asyncio would complain on the person's screen.
        started = asyncio.ensure_future(operation.workflow_handle())
        started.add_done_callback(lambda future: future.cancelled() or future.exception())
        try:
            answer: Answer = await self.client.execute_update_with_start_workflow(
                "command",
                envelope,
                id=envelope.id,
                result_type=Answer,
                start_workflow_operation=operation,
                rpc_timeout=limit,
            )
            return answer
        finally:
            started.cancel()

    async def _update(self, envelope: CommandEnvelope, limit: dt.timedelta) -> Answer:
        answer: Answer = await handle(self.client, envelope.directive).execute_update(
            "command", envelope, id=envelope.id, result_type=Answer, rpc_timeout=limit
        )
        return answer

    def _settle(self, command_id: str, refused: Refused) -> Answer:
        """A refusal is final, unless the ledger proves that this very command was recorded before its reply was lost.

        Raises:
            Refused: it was not.
        """
        with contextlib.suppress(*DATABASE_AWAY), writing(self.office.engine) as connection:
            answer = commands.answer_from_ledger(connection, command_id)
            if answer is not None:
                return answer
            commands.close(connection, command_id, commands.REFUSED, refused.code.value)
        raise refused

    def _look_up(self, command_id: str) -> Answer | None:
        with reading(self.office.engine) as connection:
            return commands.answer_from_ledger(connection, command_id)

    def _read(self, code: str) -> tuple[tuple[int, Directive] | None, tuple[Recorded, ...], float]:
        with reading(self.office.engine) as connection:
            shift = self.office.reference(connection).clock_shift
            return read_snapshot(connection, code), read_rows(connection, code), shift

    def _registration(self, code: str) -> CommandEnvelope | None:
        with reading(self.office.engine) as connection:
            return commands.registration_of(connection, code)


def _refusal(cause: BaseException | None) -> Refused | None:
    """The refusal inside a failed Update; None when it failed for another reason, which leaves it unknown."""
    if isinstance(cause, ApplicationError) and cause.type in {code.value for code in Code}:
        data = cause.details[0] if cause.details and isinstance(cause.details[0], dict) else {}
        return Refused(Code(cause.type), **data)
    return None
