"""Refuses what another site lets a browser do in a person's name (cross-site request forgery).

Cookies are SameSite=Lax, so this is the second lock. Whoever sends no cookie (a script with a token) is no browser that
could be misused. Source: ASVS 5.0 3.5.1.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from documents.language import N_, Language, sentence

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class SameOriginOnly:
    """Lets what changes something pass only from our own pages."""

    def __init__(self, app: ASGIApp, trusted: Mapping[str, str] | None = None) -> None:
        """Wrap an application.

        Args:
            trusted: by path, one other origin whose pages may send there with our cookies.
        """
        self.app = app
        self._trusted = trusted or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it with 403."""
        if scope["type"] == "http" and scope["method"] not in SAFE and not self._may_pass(scope):
            told = sentence(N_("Yêu cầu này không đến từ trang của hệ thống nên không được thực hiện."), Language.VI)
            await PlainTextResponse(told, 403)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _may_pass(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        trusted = self._trusted.get(scope["path"])
        return comes_from_here(headers) or (trusted is not None and headers.get("origin") == trusted)


def comes_from_here(headers: Headers) -> bool:
    """Whether a request that changes something comes from a page of ours, or from no browser."""
    if "cookie" not in headers:
        return True
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc == headers.get("host", "")
    # Every browser of today sends one of the two with a form; what sends neither is not trusted with a cookie.
    return headers.get("sec-fetch-site") in ("same-origin", "none")
