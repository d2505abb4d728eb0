"""The one door: ledger, snapshot and outbox in one transaction, by compare and set."""

import contextlib
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from activities.clock_guard import ClockGuard
from database.commands import close_recorded
from database.engine import DATABASE_AWAY, writing
from database.ledger import append, last_rows, lock_directives, read_rows
from database.outbox import owe
from database.reference import Reference, ReferenceCache
from database.snapshots import insert_snapshots, mark_of, read_snapshots, snapshot_columns, update_snapshots
from models.audience import resolve
from models.calendar import local_day
from models.directive import Directive
from models.engine import CommitRequest, CommitResult, Outcome
from models.events import ENGINE, Assigned, Event, MomentReached, Recorded
from models.life import evolve, fold
from models.moments import Moment, due_moments, next_moment, note_covered
from models.notices import NoticeOwed, notices_owed

DISTRUST = dt.timedelta(seconds=60)
"""After how long a workflow asks again when the machine's clock was not to be trusted."""

log = structlog.get_logger()


@dataclass
class Door:
    """Records what happened. Made once in each process that writes; safe to use from many threads."""

    engine: Engine
    references: ReferenceCache = field(default_factory=ReferenceCache)
    clock: ClockGuard = field(default_factory=ClockGuard)

    def commit(self, request: CommitRequest) -> CommitResult:
        """Record what a workflow decided, tell the moments that are due, and say what comes next.

        Everything or nothing. Before the drafts, the moments that are due at `request.now` are told, so the ledger's
        order is the order in which things fell due (RULES 16). A repeated request finds its rows in the ledger and
        writes nothing.

        Raises:
            sqlalchemy.exc.OperationalError: the database cannot be written now; nothing was, so try again.
            ValueError: the ledger's rows of this directive do not make sense to this release (RULES 18).
        """
        return _or_raise(self.commit_together((request,))[0])

    def commit_together(self, requests: Sequence[CommitRequest]) -> list[CommitResult | Exception]:
        """Do the same for several directives in one transaction: each is recorded whole, or fails alone.

        Args:
            requests: at most one for each directive.

        Raises:
            sqlalchemy.exc.OperationalError: the database cannot be written now; nothing was.
        """
        try:
            with writing(self.engine) as connection:
                lock_directives(connection, [request.directive for request in requests])
                results = self._commit(connection, requests)
        except IntegrityError as problem:
            if len(requests) == 1:
                return [problem]
            return [self.commit_together((request,))[0] for request in requests]
        for request, result in zip(requests, results, strict=True):  # now that nobody waits for the database
            if isinstance(result, Exception):
                log.error("commit_failed", directive=request.directive, after_seq=request.after_seq, exc_info=result)
        return results

    def commit_in(self, connection: Connection, requests: Sequence[CommitRequest]) -> list[CommitResult]:
        """Do the same inside a transaction of the caller's, where what fails is for all of it to fail."""
        return [_or_raise(result) for result in self._commit(connection, requests)]

    def _commit(self, connection: Connection, requests: Sequence[CommitRequest]) -> list[CommitResult | Exception]:
        if not requests:
            return []
        codes = [request.directive for request in requests]
        last, snapshots = last_rows(connection, codes), read_snapshots(connection, codes)
        reference, trusted = self.references.get(connection), self.clock.trusted()
        writes = _Writes()
        results: list[CommitResult | Exception] = []
        for request in requests:
            code = request.directive
            look = _Look(connection, request, reference, trusted, *last.get(code, (0, "")), snapshots.get(code))
            try:
                results.append(look.answer(writes))
            except DATABASE_AWAY:  # nothing more can be asked or written in this transaction
                raise
            except Exception as problem:  # noqa: BLE001 - it is this directive's own; the others go on (RULES 18)
                results.append(problem)
        writes.carry_out(connection, reference)
        return results


def _or_raise(result: CommitResult | Exception) -> CommitResult:
    if isinstance(result, Exception):
        raise result
    return result


@dataclass
class _Writes:
    """What a transaction writes, gathered so that each table is written with one statement."""

    rows: list[Recorded] = field(default_factory=list)
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    new_snapshots: list[dict[str, Any]] = field(default_factory=list)
    notices: list[NoticeOwed] = field(default_factory=list)
    restored: list[NoticeOwed] = field(default_factory=list)

    def carry_out(self, connection: Connection, reference: Reference) -> None:
        append(connection, self.rows)
        update_snapshots(connection, self.snapshots)
        insert_snapshots(connection, self.new_snapshots)
        owe(connection, self.restored, reference.directory, restored=True)
        owe(connection, self.notices, reference.directory)
        answered = dict.fromkeys(row.command_id for row in self.rows if row.command_id is not None)
        close_recorded(connection, answered)


@dataclass
class _Look:
    """One request beside what the ledger and the snapshot say of its directive in this transaction."""

    connection: Connection
    request: CommitRequest
    reference: Reference
    trusted: bool
    seq: int
    hash: str
    snapshot: tuple[int, str] | None

    def answer(self, writes: _Writes) -> CommitResult:
        """Compare, and record where both agree."""
        request = self.request
        if self.seq > request.after_seq:
            missing = read_rows(self.connection, request.directive, after=request.after_seq)
            if missing[0].previous_hash != request.after_hash:
                return self._diverged()
            return self._without_writing(Outcome.AHEAD, missing, self.seq)
        if self.seq == request.after_seq and self.hash != request.after_hash:
            return self._diverged()
        resent: tuple[Recorded, ...] = ()
        if self.seq < request.after_seq:
            resent = tuple(row for row in request.resent if row.seq > self.seq)
            if not resent:
                return CommitResult(outcome=Outcome.BEHIND, ledger_seq=self.seq)
            if resent[0].previous_hash != self.hash or resent[-1].seq != request.after_seq:
                return self._diverged()
        return self._record(writes, resent)

    def _record(self, writes: _Writes, resent: tuple[Recorded, ...]) -> CommitResult:
        request, reference = self.request, self.reference
        directive = self._directive(self.seq)
        brought_back: list[tuple[Directive, tuple[Recorded, ...]]] = []
        for _, together in groupby(resent, key=lambda row: row.at):  # what was recorded at once was told at once
            rows_then = tuple(together)
            for row in rows_then:
                directive = evolve(directive, row)
            if directive is not None:
                brought_back.append((directive, rows_then))
        writer = _Writer(request.directive, request.after_seq, request.after_hash, request.now, directive, reference)
        if self.trusted:
            writer.tell_due()
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
        following = self._following(directive)
        values = snapshot_columns(directive, reference, following)
        arguments = (reference.directory, reference.timeline.current, reference.calendar)
        notices = notices_owed(directive, rows, *arguments, following)
        restored = [
            one for then, rows_then in brought_back for one in notices_owed(then, rows_then, *arguments, following)
        ]
        if self.snapshot is None:
            mark = mark_of((*resent, *rows)) if self.seq == 0 else ""
            writes.new_snapshots.append(values | {"fingerprint": mark})
        else:
            writes.snapshots.append(values)
        writes.rows += (*resent, *rows)
        writes.notices += notices
        writes.restored += restored
        return CommitResult(
            outcome=Outcome.RECORDED,
            rows=rows,
            ledger_seq=directive.seq,
            following=following,
            look_again_at=None if self.trusted else request.now + DISTRUST,
        )

    def _without_writing(self, outcome: Outcome, rows: tuple[Recorded, ...], seq: int) -> CommitResult:
        directive, following = self._directive(seq), None
        if directive is not None:
            following = self._following(directive)
        return CommitResult(outcome=outcome, rows=rows, ledger_seq=seq, following=following)

    def _following(self, directive: Directive) -> Moment | None:
        """What comes next; while the clock is not trusted, what is due and untold is still to come."""
        reference, now = self.reference, self.request.now
        if not self.trusted:
            due = due_moments(directive, reference.timeline, reference.calendar, now)
            if due:
                return due[0]
        return next_moment(directive, reference.timeline.current, reference.calendar, now)

    def _diverged(self) -> CommitResult:
        """What clients were told stands in the ledger, so the workflow takes the ledger's rows for its own."""
        rows = read_rows(self.connection, self.request.directive)
        return self._without_writing(Outcome.DIVERGED, rows, rows[-1].seq if rows else 0)

    def _directive(self, seq: int) -> Directive | None:
        """The directive at the ledger's last row: from the snapshot when it stands there, else from the ledger."""
        if seq == 0:
            return None
        if self.snapshot is not None and self.snapshot[0] == seq:
            with contextlib.suppress(ValueError):  # the ledger holds; the snapshot is written anew
                return Directive.model_validate_json(self.snapshot[1])
        return fold(read_rows(self.connection, self.request.directive))


@dataclass
class _Writer:
    """Numbers and chains rows, and keeps the state that they lead to."""

    code: str
    seq: int
    hash: str
    now: dt.datetime
    directive: Directive | None
    reference: Reference
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
        if isinstance(event, Assigned) and part == 0 and self.directive is not None:
            # A step told just before it, in the same transaction, has escalated the directive after it was decided.
            event = event.model_copy(update={"escalation_level": self.directive.escalation_level})
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
        )
        row = note_covered(self.directive, row, self.reference.timeline.current, self.reference.calendar)
        row = row.sealed(self.hash)
        self.directive = evolve(self.directive, row)
        self.rows.append(row)
        self.seq, self.hash = row.seq, row.hash

    def tell_due(self) -> None:
        """Tell the moments that are due, merged: the last planned instant is told, earlier ones with it (RULES 10)."""
        if self.directive is None:
            return
        reference = self.reference
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
