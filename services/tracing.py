"""Traces of one act, from the click to the mail; nothing at all is done while no place is set where they are sent.

No context travels. The trace of an act and the spans within it have ids that follow from the id of its command, which
form, Update, ledger and outbox know anyway: so a command that the sweep sends again tomorrow, and the mail that leaves
after a restart, stand in the trace of the click. Workflows know nothing of tracing; neither messages nor tables have a
part for it (decision 0016). What the engine does by itself has a trace of its own.

A span says which directive, command, route or mail. It says nothing that people wrote, and names nobody.
"""

import contextlib
import importlib.util
import time
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from activities.doorkeeper import Passed
from activities.mail_queue import causes
from activities.mail_run import Tried
from database.engine import reading
from models.engine import CommandEnvelope, Outcome
from services.trace_places import Place, Told

if TYPE_CHECKING:
    from services.spans import Spans

_PACKAGES: Final = ("opentelemetry", "opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.exporter.otlp")

log = structlog.get_logger()


@dataclass
class Click:
    """A request, and the commands that it brought about: id and directive."""

    commands: dict[str, str] = field(default_factory=dict)


_spans: "Spans | None" = None
_click: ContextVar[Click | None] = ContextVar("click", default=None)


def own_step(directive: str, seq: int) -> str:
    """The cause of what follows from an event that no command brought about, such as a moment."""
    return f"{directive}#{seq}"


def can_trace() -> bool:
    """Whether what sends traces is installed: the extra `telemetry`."""
    return all(importlib.util.find_spec(package) for package in _PACKAGES)


def begin_tracing(endpoint: str, service: str) -> None:
    """Send this process's traces from now on, where an endpoint is given; without the SDK a line of the log says so.

    Args:
        endpoint: `http://host:4318`, or empty.
        service: how this process is named among others.
    """
    global _spans
    if not endpoint:
        return
    if not can_trace():
        log.warning("tracing_not_installed", extra="telemetry")
        return
    from services.spans import Spans

    _spans = Spans(endpoint, service)


def end_tracing() -> None:
    """Send what is left, for a short while, and stop."""
    global _spans
    if _spans is not None:
        _spans.close()
    _spans = None


def is_on() -> bool:
    """Whether this process traces."""
    return _spans is not None


def begin_click() -> Click | None:
    """Note from now on which commands this request brings about; None when nothing is traced."""
    if _spans is None:
        return None
    click = Click()
    _click.set(click)
    return click


def end_click(click: Click, name: str, began: int, told: Told, *, failed: str | None) -> None:
    """Tell of a request that is answered: once in the trace of each of its commands, else in one of its own."""
    if _spans is None:
        return
    ended = time.time_ns()
    for command, directive in click.commands.items():
        known = {**told, "dondoc.command": command, "dondoc.directive": directive}
        _spans.tell(name, began, ended, known, Place(command, "click"), from_outside=True, failed=failed)
    if not click.commands:
        _spans.tell(name, began, ended, told, from_outside=True, failed=failed)


def note(envelope: CommandEnvelope) -> None:
    """Note that the request that is under way brought this command about."""
    click = _click.get()
    if click is not None:
        click.commands[envelope.id] = envelope.directive


@contextlib.contextmanager
def updating(envelope: CommandEnvelope, *, again: bool = False) -> Iterator[None]:
    """Tell of the time in which a command is sent to the engine and answered.

    Args:
        again: somebody sent it before, whose span is the one that others find as their parent.
    """
    note(envelope)
    began, failed = time.time_ns(), None
    try:
        yield
    except Exception as problem:
        failed = type(problem).__name__
        raise
    finally:
        if _spans is not None:
            told = {
                "dondoc.command": envelope.id,
                "dondoc.directive": envelope.directive,
                "dondoc.kind": envelope.command.kind,
            }
            place = Place(envelope.id, None if again else "update", "click")
            _spans.tell("send again" if again else "send", began, time.time_ns(), told, place, failed=failed)


def passed(one: Passed) -> None:
    """Tell of a commit: once in the trace of each command and each own step that it recorded."""
    if _spans is None or one.result is None or one.result.outcome is not Outcome.RECORDED:
        return
    firsts = {row.command_id or own_step(row.directive, row.seq): row for row in reversed(one.result.rows)}
    for cause, row in reversed(firsts.items()):
        told: dict[str, str | int] = {
            "dondoc.directive": row.directive,
            "dondoc.seq": row.seq,
            "dondoc.event": row.event.kind,
        }
        if row.command_id is not None:
            told["dondoc.command"] = row.command_id
        place = Place(cause, "commit", "update" if row.command_id else None)
        _spans.tell("commit", one.began, one.ended, told, place)


@dataclass
class MailTraces:
    """Tells of mails: once in the trace of each act of which they speak."""

    engine: Engine

    def tried(self, one: Tried) -> None:
        """Tell of one that was tried; a database that cannot be asked now loses a span, and no mail."""
        if _spans is None:
            return
        try:
            with reading(self.engine) as connection:
                found = causes(connection, one.mail)
        except SQLAlchemyError as problem:
            log.warning("mail_not_traced", problem=type(problem).__name__)
            return
        acts = {command or own_step(directive, seq): directive for directive, seq, command in found}
        for cause, directive in acts.items():
            told: dict[str, str | int] = {"dondoc.directive": directive, "dondoc.mail": one.mail}
            told |= {"dondoc.attempt": one.attempt, "dondoc.outcome": one.outcome}
            _spans.tell("mail", one.began, one.ended, told, Place(cause, None, "commit"), failed=one.failed)
