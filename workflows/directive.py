"""The workflow of one directive: it lives as long as the directive is open, reminds, escalates and answers."""

import asyncio
import datetime as dt
from collections.abc import Sequence

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.doorkeeper import Doorkeeper
    from models.directive import Directive
    from models.engine import (
        Answer,
        CommandEnvelope,
        CommitRequest,
        CommitResult,
        DirectiveInput,
        Draft,
        LiveState,
        Outcome,
        pack,
        unpack,
    )
    from models.events import Recorded
    from models.life import decide, fold, require_unchanged
    from models.moments import Moment
    from models.refusal import Refused

AT_ONCE = dt.timedelta(milliseconds=1)
"""The shortest timer: there is always one, so that whether the history has a timer is no matter of the clock."""

LONG_HISTORY = 500
"""History events after which a run hands over to the next. The server suggests it only at about 4,100."""

STATUS = SearchAttributeKey.for_keyword("DondocStatus")
LEAD_AGENCY = SearchAttributeKey.for_keyword("DondocLeadAgency")
DUE_AT = SearchAttributeKey.for_datetime("DondocDueAt")
ESCALATION_LEVEL = SearchAttributeKey.for_int("DondocEscalationLevel")
SEARCH_ATTRIBUTES = (STATUS, LEAD_AGENCY, DUE_AT, ESCALATION_LEVEL)

PATIENCE = RetryPolicy(
    initial_interval=dt.timedelta(milliseconds=500),
    backoff_coefficient=2.0,
    maximum_interval=dt.timedelta(seconds=30),
)
"""The door is tried for ever: a locked or absent database delays a directive and never fails it."""


@workflow.defn(name="DirectiveWorkflow")
class DirectiveWorkflow:
    """One directive. Workflow id `directive/<code>`."""

    @workflow.init
    def __init__(self, start: DirectiveInput) -> None:
        self._code = start.code
        self._shift = dt.timedelta(seconds=start.clock_shift)
        self._waits_by_clock = start.waits_by_clock
        self._rung: dt.datetime | None = None
        self._rows: list[Recorded] = list(unpack(start.rows))
        self._directive: Directive | None = fold(self._rows)
        self._following: Moment | None = None
        self._wake_at: dt.datetime | None = None
        self._ready = False
        self._shown: tuple[object, ...] = ()
        self._lock = asyncio.Lock()

    @workflow.run
    async def run(self, start: DirectiveInput) -> None:
        """Live until the directive is closed, or hand over to the next run."""
        async with self._lock:
            if start.registration is not None and self._directive is None:
                await self._take(start.registration)
            else:
                await self._plan()
            self._ready = True
        while True:
            rang = await self._rest()
            if self._waits_by_clock and self._is_due():
                async with self._lock:
                    await self._plan()
            elif rang is not None and not self._waits_by_clock:
                await self._ring(rang)
            if not (self._closed or self._is_long()):
                continue
            await workflow.wait_condition(workflow.all_handlers_finished)
            if self._closed:
                return
            if self._is_long():
                workflow.continue_as_new(
                    DirectiveInput(
                        code=start.code,
                        rows=pack(tuple(self._rows)),
                        clock_shift=start.clock_shift,
                        waits_by_clock=False,
                    )
                )

    @workflow.update(name="command")
    async def command(self, envelope: CommandEnvelope) -> Answer:
        """Carry out a command, once, however often it is sent.

        Raises:
            ApplicationError: it is refused; the type is the code, the detail its data.
        """
        await workflow.wait_condition(lambda: self._ready)
        async with self._lock:
            return await self._take(envelope)

    @command.validator
    def _refuse_before_history(self, envelope: CommandEnvelope) -> None:
        if self._directive is not None and self._answer(envelope.id) is None:
            self._decide(envelope)

    @workflow.update(name="replan")
    async def replan(self) -> Moment | None:
        """Find the next moment again: the calendar or the policy changed, or the ledger is ahead."""
        await workflow.wait_condition(lambda: self._ready)
        async with self._lock:
            await self._plan()
        return self._following

    @workflow.query(name="state")
    def state(self) -> LiveState:
        """Say where it stands, without the database."""
        directive = self._directive
        return LiveState(
            code=self._code,
            seq=self._seq,
            hash=self._hash,
            status=directive.status if directive else None,
            following=self._following,
            escalation_level=directive.escalation_level if directive else 0,
        )

    @workflow.query(name="rows")
    def rows(self) -> str:
        """Its ledger rows, packed: an ended run, too, can give back what an older backup of the ledger lacks."""
        return pack(tuple(self._rows))

    @property
    def _seq(self) -> int:
        return self._rows[-1].seq if self._rows else 0

    @property
    def _hash(self) -> str:
        return self._rows[-1].hash if self._rows else ""

    @property
    def _closed(self) -> bool:
        return self._directive is not None and self._directive.closed

    def _now(self) -> dt.datetime:
        """What time it is; not before the instant whose timer has rung, whatever the clock of this activation shows."""
        now = workflow.now() + self._shift
        return now if self._rung is None else max(now, self._rung)

    def _is_due(self) -> bool:
        return self._wake_at is not None and self._now() >= self._wake_at

    def _is_long(self) -> bool:
        return workflow.info().get_current_history_length() > LONG_HISTORY

    async def _ring(self, rang: dt.datetime) -> None:
        """Tell what a ring was for, judged when nobody else is at work.

        What comes while a task waits for the database is handed over by the SDK as it comes, but together with the
        database's answer when the history is replayed. Behind the lock both are the same.
        """
        async with self._lock:
            self._rung = rang
            if self._wake_at is not None and self._wake_at <= rang:
                await self._plan()

    async def _rest(self) -> dt.datetime | None:
        """Wait for the next moment or a change.

        One timer: it is only set anew for an earlier instant. One that rings too early finds nothing due and is set
        again, which is cheaper than a cancelled timer with each command.

        Whether something is due is said by the timer and never by the clock: a query that meets a worker between a
        ring and the task that follows it lets the SDK hand over the ring with the clock of the task before, and what
        the workflow does then must be what it does when it is replayed with the right clock.

        Returns: the instant whose timer has rung; None when something changed.
        """
        planned = self._wake_at

        def changed() -> bool:
            if self._closed or self._is_long():
                return True
            return self._wake_at is not None and (planned is None or self._wake_at < planned)

        shortest = dt.timedelta() if self._waits_by_clock else AT_ONCE
        timeout = None if planned is None else max(planned - self._now(), shortest)
        try:
            await workflow.wait_condition(changed, timeout=timeout)
        except TimeoutError:
            return planned
        return None

    def _decide(self, envelope: CommandEnvelope) -> tuple[Draft, ...]:
        actor = envelope.actor
        try:
            if self._directive is not None:
                require_unchanged(self._directive, envelope.seen_seq)
            events = decide(self._directive, envelope.command, actor, self._now())
        except Refused as refused:
            raise ApplicationError(
                refused.code.value, refused.data, type=refused.code.value, non_retryable=True
            ) from refused
        return tuple(
            Draft(
                event=event,
                actor=actor.person,
                on_behalf_of=actor.on_behalf_of,
                command_id=envelope.id,
                part=part,
            )
            for part, event in enumerate(events)
        )

    def _answer(self, command_id: str) -> Answer | None:
        """The answer to a command that is recorded already."""
        rows = [row for row in self._rows if row.command_id == command_id]
        if not rows:
            return None
        then = self._directive
        if rows[-1].seq != self._seq:  # an old command, sent again
            then = fold([row for row in self._rows if row.seq <= rows[-1].seq])
        if then is None:
            return None
        return Answer(
            command_id=command_id,
            directive=self._code,
            seq=rows[-1].seq,
            at=rows[-1].at,
            kinds=tuple(row.event.kind for row in rows),
            status=then.status,
        )

    async def _take(self, envelope: CommandEnvelope) -> Answer:
        """Decide and record, again from the start whenever the ledger turns out to know more."""
        while True:
            answer = self._answer(envelope.id)
            if answer is not None:
                return answer
            await self._commit(self._decide(envelope))

    async def _plan(self) -> None:
        """Tell what is due and find what comes next."""
        while not await self._commit(()):
            pass

    async def _commit(self, drafts: Sequence[Draft]) -> bool:
        """Go through the door once; whether the drafts are recorded. Whatever it answers is folded in."""
        request = CommitRequest(
            directive=self._code,
            after_seq=self._seq,
            after_hash=self._hash,
            drafts=tuple(drafts),
            now=self._now(),
        )
        result = await self._ask(request)
        if result.outcome is Outcome.BEHIND:
            own = tuple(row for row in self._rows if row.seq > result.ledger_seq)
            result = await self._ask(request.model_copy(update={"resent": own}))
        match result.outcome:
            case Outcome.RECORDED | Outcome.AHEAD:
                self._rows += result.rows
                self._directive = fold(result.rows, self._directive)
            case Outcome.DIVERGED:
                self._rows = list(result.rows)
                self._directive = fold(result.rows)
            case Outcome.BEHIND:
                return False
        self._following = result.following
        self._wake_at = result.look_again_at or (result.following.at if result.following else None)
        self._show()
        return result.outcome is Outcome.RECORDED

    async def _ask(self, request: CommitRequest) -> CommitResult:
        return await workflow.execute_local_activity_method(
            Doorkeeper.commit,
            request,
            start_to_close_timeout=dt.timedelta(seconds=120),
            retry_policy=PATIENCE,
            local_retry_threshold=dt.timedelta(seconds=10),
        )

    def _show(self) -> None:
        """Keep the search attributes of the Temporal UI true; nothing of ours reads them."""
        directive = self._directive
        if directive is None:
            return
        due_at = directive.deadline.due_at if directive.deadline else None
        shown = (directive.status, directive.lead_agency, due_at, directive.escalation_level)
        if shown == self._shown:
            return
        self._shown = shown
        workflow.upsert_search_attributes(
            [
                STATUS.value_set(directive.status.value),
                LEAD_AGENCY.value_set(directive.lead_agency) if directive.lead_agency else LEAD_AGENCY.value_unset(),
                DUE_AT.value_set(due_at) if due_at else DUE_AT.value_unset(),
                ESCALATION_LEVEL.value_set(directive.escalation_level),
            ]
        )
