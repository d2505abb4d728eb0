"""Importing an uploaded workbook in the background, while workflows of the rows before are being started."""

import concurrent.futures
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from documents.language import Language
from models.commands import Actor
from models.engine import CommandEnvelope
from services import operations
from services.import_review import Review, Reviews
from services.intake import BATCH, Verdict
from services.operations import Kind, State
from services.registering import require_secretariat
from services.workbook_import import ImportReport, import_workbook, write_refused_rows

NOTED: Final = 50
"""After so many rows the progress is noted."""

HEARTBEAT: Final = 2.0
"""Seconds after which an operation that waits is noted to go on."""

Start = Callable[[Sequence[CommandEnvelope]], concurrent.futures.Future[int]]
"""Starts workflows in the loop of the web part; the future says how many, and fails for nothing that Temporal does."""

log = structlog.get_logger()


def begin(reviews: Reviews, review: Review, actor: Actor, language: Language, start: Start | None) -> str:
    """Begin to import an upload, once however often it is asked for; returns the id of the operation.

    Args:
        start: None while Temporal is away; the sweep starts what is left.

    Raises:
        Refused: not_allowed.
    """
    require_secretariat(actor)
    total = len(review.rows)
    if operations.start(reviews.office, review.token, Kind.IMPORT, actor.person, review.name, total):
        job = _Job(reviews, review, actor, language, start)
        # A daemon: a web part that stops does not wait, and what is left is shown as interrupted.
        threading.Thread(target=job.run, name=f"import-{review.token[:6]}", daemon=True).start()
    return review.token


@dataclass
class _Job:
    reviews: Reviews
    review: Review
    actor: Actor
    language: Language
    start: Start | None
    done: int = 0
    started: int = 0
    _waiting: list[CommandEnvelope] = field(default_factory=list)
    _running: concurrent.futures.Future[int] | None = None

    def run(self) -> None:
        """Import, start and note how it ended."""
        office, token = self.reviews.office, self.review.token
        try:
            report = import_workbook(
                self.reviews.source(token),
                self.reviews.intake(self.actor),
                self.language,
                self._note,
                corrections=self.review.corrections,
                saved=self._saved,
            )
            operations.note(office, token, self.done)
            self._start_more()
            self._await_running()
            self._give_back(report)
        except Exception as problem:
            log.exception("import_failed", problem=type(problem).__name__)
            operations.finish(office, token, State.FAILED, {"done": self.done})
            return
        figures = {verdict.value: report.count(verdict) for verdict in Verdict}
        figures["waiting"] = len(report.to_start) - self.started
        operations.finish(office, token, State.DONE, figures)
        self.reviews.drop(token)

    def _give_back(self, report: ImportReport) -> None:
        path = self.reviews.refused(self.review.token)
        path.unlink(missing_ok=True)
        if report.refused:
            write_refused_rows(report, path)
            path.chmod(0o600)

    def _note(self, done: int, _announced: int | None) -> None:
        self.done = done
        if done % NOTED == 0:
            operations.note(self.reviews.office, self.review.token, done)

    def _saved(self, envelope: CommandEnvelope) -> None:
        self._waiting.append(envelope)
        if len(self._waiting) >= BATCH:
            self._start_more()

    def _start_more(self) -> None:
        """Let the loop start what waits, once it has started what it was given before."""
        self._await_running()
        if self.start is None or not self._waiting:
            return
        batch, self._waiting = self._waiting, []
        try:
            self._running = self.start(batch)
        except RuntimeError:  # the loop has ended: the web part stops
            self.start = None

    def _await_running(self) -> None:
        if self._running is None:
            return
        while True:
            try:
                self.started += self._running.result(HEARTBEAT)
            except concurrent.futures.TimeoutError:
                operations.note(self.reviews.office, self.review.token, self.done)
            except concurrent.futures.CancelledError:
                self.start = None
                break
            else:
                break
        self._running = None
