"""How worker and web write their log: one line per act with fixed keys, for people or for machines.

No line holds the content of a directive or a secret; a traceback names places, never the values there.
"""

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import Processor

QUIETER = ("temporalio", "httpx2", "uvicorn.access")
"""Loggers of libraries of which only warnings are of use."""


def configure_logging(log_format: str, stream: TextIO | None = None) -> None:
    """Send our log and that of the libraries to one stream.

    Args:
        log_format: `json` writes one object a line; `console` writes for people.
        stream: where to; standard error when None.
    """
    target = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(log_format, target)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in QUIETER:
        logging.getLogger(name).setLevel(logging.WARNING)


def _renderers(log_format: str, target: TextIO) -> list[Processor]:
    if log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    return [
        structlog.dev.ConsoleRenderer(
            colors=target.isatty(),
            # The default shows the values of local variables, and with them what people wrote and keys.
            exception_formatter=structlog.dev.plain_traceback,
        )
    ]
