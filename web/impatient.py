"""Connections that bring no whole request: whoever sends a letter a minute must not hold a place for ever."""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

PATIENCE_SECONDS: Final = 30.0
"""For the first line and the headers; a line that slow is no line."""


class ImpatientProtocol(HttpToolsProtocol):
    """uvicorn's own, which closes what has waited for so long without a request under way."""

    _looking: asyncio.TimerHandle | None = None
    _answered: object = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look."""
        super().connection_made(transport)
        self._look_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()
        super().connection_lost(exc)

    def _look_later(self) -> None:
        self._looking = self.loop.call_later(PATIENCE_SECONDS, self._look)

    def _look(self) -> None:
        cycle: Any = self.cycle
        waits = cycle is None or cycle.response_complete
        if waits and self._answered is cycle:
            self.transport.close()
            return
        self._answered = cycle if waits else None
        self._look_later()
