"""The one door: ledger, snapshot and outbox in one transaction, by compare and set."""

import datetime as dt
from dataclasses import dataclass, field
from itertools import groupby

from sqlalchemy import Connection, Engine
from temporalio import activity

from activities.clock_guard import ClockGuard
from database.engine import writing
from database.ledger import append, last_row, lock_directive, read_rows
from database.outbox import owe
from database.reference import Reference, ReferenceCache
from database.snapshots import mark_of, read_snapshot, write_snapshot
from models.audience import resolve
from models.calendar import local_day
from models.directive import Directive
from models.engine import CommitRequest, CommitResult, Outcome
from models.events import ENGINE, Event, MomentReached, Recorded
from models.life import evolve, fold
from models.moments import due_moments, next_moment
from models.notices import notices_owed

DISTRUST = dt.timedelta(seconds=60)
"""After how long a workflow asks again when the machine's clock was not to be trusted."""


@dataclass
class Door:
    """Records what happened. Made once in each process that writes; safe to use from many threads."""

    engine: Engine
    references: ReferenceCache = field(default_factory=ReferenceCache)
    clock: ClockGuard = field(default_factory=ClockGuard)

    @activity.defn(name="commit", no_thread_cancel_exception=True)
    def commit(self, request: CommitRequest) -> CommitResult:
        """Record what a workflow decided, tell the moments that are due, and say what comes next.

        Everything or nothing. Before the drafts, the moments that are due at `request.now` are told, so the ledger's
        order is the order in which things fell due (RULES 16). A repeated request finds its rows in the ledger and
        writes nothing.

        Raises:
            sqlalchemy.exc.OperationalError: the database cannot be written now; nothing was, so try again.
            ValueError: the ledger's rows of this directive do not make sense to this release (RULES 18).
        """
        with writing(self.engine) as connection:
            lock_directive(connection, request.directive)
            return self.commit_in(connection, request)

    def commit_in(self, connection: Connection, request: CommitRequest) -> CommitResult:
        """Do the same inside a transaction of the caller's."""
        seq, last_hash = last_row(connection, request.directive)
        reference = self.references.get(connection)
        if seq > request.after_seq:
            missing = read_rows(connection, request.directive, after=request.after_seq)
            if missing[0].previous_hash != request.after_hash:
                return self._diverged(connection, request, reference)
            return self._look(connection, request, reference, Outcome.AHEAD, missing, seq)
        if seq == request.after_seq and last_hash != request.after_hash:
            return self._diverged(connection, request, reference)
        resent: tuple[Recorded, ...] = ()
        if seq < request.after_seq:
            resent = tuple(row for row in request.resent if row.seq > seq)
            if not resent:
                return CommitResult(outcome=Outcome.BEHIND, ledger_seq=seq)
            if resent[0].previous_hash != last_hash or resent[-1].seq != request.after_seq:
                return self._diverged(connection, request, reference)
        return self._record(connection, request, reference, resent)

    def _record(
        self, connection: Connection, request: CommitRequest, reference: Reference, resent: tuple[Recorded, ...]
    ) -> CommitResult:
        directive = self._read(connection, request.directive, request.after_seq - len(resent))
        brought_back: list[tuple[Directive, tuple[Recorded, ...]]] = []
        for _, together in groupby(resent, key=lambda row: row.at):  # what was recorded at once was told at once
            rows_then = tuple(together)
            for row in rows_then:
                directive = evolve(directive, row)
            if directive is not None:
                brought_back.append((directive, rows_then))
        writer = _Writer(request.directive, request.after_seq, request.after_hash, request.now, directive)
        trusted = self.clock.trusted()
        if trusted:
            writer.tell_due(reference)
        for draft in request.drafts:
            writer.add(
                draft.event,
                actor=draft.actor,
                on_behalf_of=draft.on_behalf_of,
                command_id=draft.command_id,
                part=draft.part,
            )
        rows, directive = tuple(writer.rows), writer.directive
        if directive is None:
            raise ValueError(f"{request.directive}: there is nothing to record and nothing is known of it")
        append(connection, (*resent, *rows))
        following = next_moment(directive, reference.timeline.current, reference.calendar, request.now)
        mark = mark_of((*resent, *rows)) if request.after_seq == len(resent) else ""
        write_snapshot(connection, directive, reference, following, mark=mark)
        arguments = (reference.directory, reference.timeline.current, reference.calendar)
        for then, rows_then in brought_back:
            owe(connection, notices_owed(then, rows_then, *arguments, None), reference.directory, restored=True)
        owe(connection, notices_owed(directive, rows, *arguments, following), reference.directory)
        return CommitResult(
            outcome=Outcome.RECORDED,
            rows=rows,
            ledger_seq=directive.seq,
            following=following,
            look_again_at=None if trusted else request.now + DISTRUST,
        )

    def _look(
        self,
        connection: Connection,
        request: CommitRequest,
        reference: Reference,
        outcome: Outcome,
        rows: tuple[Recorded, ...],
        seq: int,
    ) -> CommitResult:
        directive = self._read(connection, request.directive, seq)
        following = None
        if directive is not None:
            following = next_moment(directive, reference.timeline.current, reference.calendar, request.now)
        return CommitResult(outcome=outcome, rows=rows, ledger_seq=seq, following=following)

    def _diverged(self, connection: Connection, request: CommitRequest, reference: Reference) -> CommitResult:
        """What clients were told stands in the ledger, so the workflow takes the ledger's rows for its own."""
        rows = read_rows(connection, request.directive)
        return self._look(connection, request, reference, Outcome.DIVERGED, rows, rows[-1].seq if rows else 0)

    def _read(self, connection: Connection, code: str, seq: int) -> Directive | None:
        """The directive at that row: from the snapshot when it stands there, else from the ledger."""
        if seq == 0:
            return None
        snapshot = read_snapshot(connection, code)
        if snapshot is not None and snapshot[0] == seq:
            return snapshot[1]
        return fold(read_rows(connection, code))


@dataclass
class _Writer:
    """Numbers and chains rows, and keeps the state that they lead to."""

    code: str
    seq: int
    hash: str
    now: dt.datetime
    directive: Directive | None
    rows: list[Recorded] = field(default_factory=list)

    def add(
        self,
        event: Event,
        *,
        actor: str,
        on_behalf_of: str | None = None,
        command_id: str | None = None,
        part: int = 0,
        planned_at: dt.datetime | None = None,
    ) -> None:
        row = Recorded(
            directive=self.code,
            seq=self.seq + 1,
            at=self.now,
            planned_at=planned_at,
            actor=actor,
            on_behalf_of=on_behalf_of,
            command_id=command_id,
            part=part,
            event=event,
        ).sealed(self.hash)
        self.directive = evolve(self.directive, row)
        self.rows.append(row)
        self.seq, self.hash = row.seq, row.hash

    def tell_due(self, reference: Reference) -> None:
        """Tell the moments that are due, merged: the last planned instant is told, earlier ones with it (RULES 10)."""
        if self.directive is None:
            return
        due = due_moments(self.directive, reference.timeline, reference.calendar, self.now)
        for moment in due:
            hearers = resolve(moment.audience, self.directive, reference.directory, local_day(self.now))
            reached = MomentReached(
                clock=moment.clock,
                run=moment.run,
                step=moment.step,
                level=moment.level,
                outcome="told" if moment.at == due[-1].at else "merged",
                audience=moment.audience,
                recipients=hearers.recipients,
                vacant=hearers.vacant,
                at_once=moment.at_once,
                policy_version=moment.policy_version,
            )
            self.add(reached, actor=ENGINE, planned_at=moment.at)
