"""Cuts off what is larger than any form of ours; routes that take files say how much more they take."""

from typing import Final

from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

LARGEST_FORM: Final = 8 * 1024 * 1024
"""Bytes: the directory's file is the largest that an ordinary form brings."""


class BoundedBodies:
    """Bounds every request but those for the API, which bounds its own and says so in its own way."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._bounded = RequestBodyLimitMiddleware(app, LARGEST_FORM)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        of_the_api = scope["type"] != "http" or scope["path"].startswith("/api/")
        await (self.app if of_the_api else self._bounded)(scope, receive, send)
