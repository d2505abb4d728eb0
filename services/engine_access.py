"""What the sweep does with what was left lying, by the same clients as people's own commands."""

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowQueryFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.service import RPCError, RPCStatusCode

from activities.catching_up import Behind
from database.engine import reading
from database.ledger import read_rows
from models.engine import CommandEnvelope, LiveState
from models.events import Recorded
from models.refusal import Code, Refused
from services.office import Office
from services.sending import Sender
from services.temporal import begin_anew_if_stuck, handle, start_from_ledger, start_registered

PATIENCE_SECONDS = 10.0
"""How long one sweep tries one command; the next sweep goes on."""

log = structlog.get_logger()


def _nothing(_code: Code) -> None:
    """Tell nobody."""


@dataclass
class EngineAccess:
    """Starts, sends and replans for the sweep.

    Attributes:
        refused: told of each kept command that the engine refuses.
    """

    client: Client
    office: Office
    refused: Callable[[Code], None] = _nothing

    async def start(self, registration: CommandEnvelope) -> None:
        """Start the workflow of a registered directive."""
        await start_registered(self.client, registration, self.office.reference().clock_shift)

    async def send(self, envelope: CommandEnvelope) -> None:
        """Send a kept command again; a refusal ends it. A directive that cannot take it goes on anew."""
        try:
            sent = await Sender(self.client, self.office, patience=PATIENCE_SECONDS, again=True).send(envelope)
            if sent.outcome == "kept":
                await self._begin_anew_if_stuck(envelope.directive)
        except Refused as refused:
            self.refused(refused.code)
            log.info(
                "command_refused",
                kind=envelope.command.kind,
                directive=envelope.directive,
                command=envelope.id,
                code=refused.code.value,
            )

    async def replan(self, code: str, plan: str) -> None:
        """Ask a directive to find its next moment again; one whose workflow is gone is started again."""
        await self._replan(code, f"replan/{plan}")

    async def wake(self, code: str, next_at: dt.datetime) -> None:
        """Ask a directive that overslept its next moment to look at its clocks; one that cannot goes on anew."""
        await self._or_anew(code, self._replan(code, f"overslept/{next_at.isoformat()}"))

    async def catch_up(self, behind: Behind) -> None:
        """Make sure that a directive's workflow knows what the ledger holds; one that lags folds it in and plans."""
        limit = dt.timedelta(seconds=PATIENCE_SECONDS)
        own = handle(self.client, behind.directive)
        try:
            if behind.closed:
                described = await own.describe(rpc_timeout=limit)
                lags = described.status is WorkflowExecutionStatus.RUNNING
            else:
                state: LiveState = await own.query("state", result_type=LiveState, rpc_timeout=limit)
                lags = state.seq < behind.seq
            if lags:
                await own.execute_update("replan", id=f"catch-up/{behind.seq}", rpc_timeout=limit)
        except WorkflowQueryFailedError:  # it cannot be replayed, which a task of its own has to show
            await self._or_anew(behind.directive, self._replan(behind.directive, f"catch-up/{behind.seq}"))
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                if not behind.closed:
                    await self._start_again(behind.directive)
            elif not await self._begin_anew_if_stuck(behind.directive):
                raise

    async def _or_anew(self, code: str, asked: Awaitable[None]) -> None:
        try:
            await asked
        except (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError):
            if not await self._begin_anew_if_stuck(code):
                raise

    async def _begin_anew_if_stuck(self, code: str) -> bool:
        return await begin_anew_if_stuck(self.client, code, self._rows(code), self.office.reference().clock_shift)

    async def _replan(self, code: str, update_id: str) -> None:
        try:
            await handle(self.client, code).execute_update(
                "replan", id=update_id, rpc_timeout=dt.timedelta(seconds=PATIENCE_SECONDS)
            )
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            await self._start_again(code)

    async def _start_again(self, code: str) -> None:
        await start_from_ledger(self.client, code, self._rows(code), self.office.reference().clock_shift)

    def _rows(self, code: str) -> tuple[Recorded, ...]:
        with reading(self.office.engine) as connection:
            return read_rows(connection, code)
