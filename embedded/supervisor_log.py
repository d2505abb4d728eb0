"""The supervisor's own log: one line per act, in `log/supervisor.log`, instants in UTC."""

import contextlib
import logging
import time
from collections.abc import Iterator
from pathlib import Path

from embedded.files import rotate

LOGGER = "dondoc.supervisor"
FILE = "supervisor.log"


class _QuietFileHandler(logging.FileHandler):
    """Drops a line that a full disk refuses: the system must outlive its log."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Say nothing: the base class would print a traceback to people."""


@contextlib.contextmanager
def supervisor_log(log_dir: Path) -> Iterator[logging.Logger]:
    """Write the supervisor's lines to the file while the system runs.

    Raises: OSError if the file cannot be opened.
    """
    path = log_dir / FILE
    rotate(path)
    handler = _QuietFileHandler(path, encoding="utf-8")
    formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logger = logging.getLogger(LOGGER)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield logger
    finally:
        logger.removeHandler(handler)
        handler.close()
