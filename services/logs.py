"""How worker and web write their log: one line per act with fixed keys, for people or for machines.

No line holds the content of a directive, a person's data or a secret. A traceback names places and kinds of exceptions,
never the values there: what an exception says may be what somebody wrote. Nothing in a line is obeyed by what shows it.
"""

import logging
import re
import sys
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Final, TextIO

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from structlog.typing import EventDict, Processor, WrappedLogger
from temporalio.service import RPCError

OURS: Final = "dondoc"
"""The logger of everything that is ours; only it is made more or less talkative."""

QUIETER: Final = ("temporalio", "httpx2", "uvicorn.access", "opentelemetry", "urllib3", "authlib", "multipart")
"""Loggers of libraries of which only warnings are of use, and whose lesser lines hold what they carry."""

_OBEYED: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""Line breaks, escape sequences of terminals, what turns the direction of writing, and what cannot be written."""

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def configure_logging(log_format: str, stream: TextIO | None = None, *, level: str = "info") -> None:
    """Send our log and that of the libraries to one stream.

    Args:
        log_format: `json` writes one object a line; `console` writes for people.
        stream: where to; standard error when None.
        level: from which our own lines are written: `debug`, `info`, `warning` or `error`.
    """
    target = stream or sys.stderr
    least = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=lambda *_names: logging.getLogger(OURS),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_orders,
                _with_places,
                _renderer(log_format, target),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(least, logging.INFO))
    logging.getLogger(OURS).setLevel(least)
    for name in QUIETER:
        logging.getLogger(name).setLevel(max(least, logging.WARNING))


def says_much() -> bool:
    """Whether lines of the least weight are written."""
    return logging.getLogger(OURS).isEnabledFor(logging.DEBUG)


def _renderer(log_format: str, target: TextIO) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=target.isatty(), pad_event_to=0)


def _without_orders(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Show what a terminal, a viewer or a reader of lines would obey."""
    return {key: value if key == "exc_info" else _shown(value) for key, value in event.items()}


def _shown(value: object) -> object:
    if isinstance(value, str):
        return _OBEYED.sub(_as_escape, value)
    if isinstance(value, Mapping):
        return {_shown(key): _shown(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(one) for one in value]
    return value if value is None or isinstance(value, bool | int | float) else _shown(str(value))


def _as_escape(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def _with_places(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Put a traceback that holds no values under `exception`."""
    given = event.pop("exc_info", None)
    found = sys.exc_info() if given is True else given
    if isinstance(found, BaseException):
        found = (type(found), found, found.__traceback__)
    if isinstance(found, tuple) and found[1] is not None:
        event["exception"] = places_of(found[1])
    event.pop("stack_info", None)
    return event


def places_of(problem: BaseException) -> str:
    """Where an exception and those behind it arose, and of which kinds they are."""
    told: list[str] = []
    one: BaseException | None = problem
    seen: set[int] = set()
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        frames = "".join(traceback.format_list(traceback.extract_tb(one.__traceback__)))
        told.append(f"{frames}{kind_of(one)}")
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return "\n\n".join(reversed(told))


def kind_of(problem: BaseException) -> str:
    """The kind of an exception, with what it says where that is about machines and never about what people wrote."""
    kind = type(problem).__qualname__
    said = ""
    if isinstance(problem, OperationalError | InterfaceError):
        said = str(problem.orig).strip().partition("\n")[0]
    elif isinstance(problem, OSError):
        said = problem.strerror or ""
    elif isinstance(problem, RPCError):
        said = problem.message
    return f"{kind}: {_shown(said)}" if said else kind
