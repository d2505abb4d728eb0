"""What pages load: one style sheet, scripts and icons.

A page names each with a mark of its content, so that a browser keeps it for good and asks for nothing twice; what it
loads without the mark it asks about each time.
"""

import gzip
import hashlib
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Final

from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import NotModifiedResponse
from starlette.types import Scope

STATIC: Final = Path(__file__).parent / "static"
STYLE: Final = "style.css"
"""The one style sheet of every page: Pico, and below it what is ours."""

SHEETS: Final = ("pico.min.css", "dondoc.css")


FOR_GOOD: Final = "public, max-age=31536000, immutable"
EACH_TIME: Final = "no-cache"


def address(name: str) -> str:
    """The address by which a page names a file below `static/`, or the style sheet."""
    return f"/static/{name}?v={_mark(name)}"


class Assets(StaticFiles):
    """The files below `static/`, and the style sheet, which is made of two of them and leaves compressed."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with a file."""
        response = self._style(scope) if path == STYLE else await super().get_response(path, scope)
        named = response.status_code == HTTPStatus.OK and scope["query_string"] == f"v={_mark(path)}".encode()
        response.headers["Cache-Control"] = FOR_GOOD if named else EACH_TIME
        return response

    def _style(self, scope: Scope) -> Response:
        plain, small, mark = _style_sheet()
        asked = Headers(scope=scope)
        packed = "gzip" in asked.get("accept-encoding", "")
        response = Response(small if packed else plain, media_type="text/css")
        response.headers.update({"ETag": f'"{mark}"', "Vary": "Accept-Encoding"})
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        return NotModifiedResponse(response.headers) if self.is_not_modified(response.headers, asked) else response


def _mark(name: str) -> str:
    if name == STYLE:
        return _style_sheet()[2]
    return _mark_of(name, (STATIC / name).stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _mark_of(name: str, _written: int) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:16]


def _style_sheet() -> tuple[bytes, bytes, str]:
    return _made(tuple((STATIC / name).stat().st_mtime_ns for name in SHEETS))


@lru_cache(maxsize=1)
def _made(_written: tuple[int, ...]) -> tuple[bytes, bytes, str]:
    """The style sheet, the same compressed, and its mark; made again when a part of it was written anew."""
    text = b"\n".join((STATIC / name).read_bytes() for name in SHEETS)
    return text, gzip.compress(text, mtime=0), hashlib.sha256(text).hexdigest()[:16]
