"""Parts of the application that are built with the first request for them, or before a process answers at all."""

from collections.abc import Callable
from functools import cached_property

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send


class Later(BaseRoute):
    """All that lies at and below a path, which reads the path itself.

    To build the API and the administration is four fifths of building the application.
    """

    def __init__(self, path: str, build: Callable[[], ASGIApp]) -> None:
        self.path = path
        self._build = build

    @cached_property
    def original_router(self) -> ASGIApp:
        """What answers; built when it is first asked for. Its name is that of what FastAPI includes."""
        return self._build()

    def build(self) -> None:
        """Build it now."""
        _ = self.original_router

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request is for it; a path may hold a line break, at which the pattern of a mount would end."""
        inside = scope["type"] == "http" and f"{scope['path']}/".startswith(f"{self.path}/")
        return (Match.FULL if inside else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self.original_router(scope, receive, send)
