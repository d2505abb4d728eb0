"""What pages load: one style sheet, scripts and icons. Browsers keep it and ask each time whether it changed."""

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import NotModifiedResponse
from starlette.types import Scope

STATIC: Final = Path(__file__).parent / "static"
STYLE: Final = "style.css"
"""The one style sheet of every page: Pico, and below it what is ours."""

SHEETS: Final = ("pico.min.css", "dondoc.css")


class Assets(StaticFiles):
    """The files below `static/`, and the style sheet, which is made of two of them and leaves compressed."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with a file."""
        return self._style(scope) if path == STYLE else await super().get_response(path, scope)

    def file_response(self, *given: Any, **named: Any) -> Response:  # noqa: ANN401 - as starlette calls it
        """Answer with a file that lies there."""
        response = super().file_response(*given, **named)
        response.headers["Cache-Control"] = "no-cache"
        return response

    def _style(self, scope: Scope) -> Response:
        plain, small, mark = _made(tuple((STATIC / name).stat().st_mtime_ns for name in SHEETS))
        asked = Headers(scope=scope)
        packed = "gzip" in asked.get("accept-encoding", "")
        response = Response(small if packed else plain, media_type="text/css")
        response.headers.update({"Cache-Control": "no-cache", "ETag": mark, "Vary": "Accept-Encoding"})
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        return NotModifiedResponse(response.headers) if self.is_not_modified(response.headers, asked) else response


@lru_cache(maxsize=1)
def _made(_written: tuple[int, ...]) -> tuple[bytes, bytes, str]:
    """The style sheet, the same compressed, and its mark; made again when a part of it was written anew."""
    text = b"\n".join((STATIC / name).read_bytes() for name in SHEETS)
    return text, gzip.compress(text, mtime=0), f'"{hashlib.sha256(text).hexdigest()[:32]}"'
