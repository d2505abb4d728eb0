"""What people see while the database cannot be asked or written: one sentence, and their form to send again."""

from http import HTTPStatus
from typing import Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from documents.language import N_, sentence
from services.troubles import why_away
from web.api.problems import RETRY_SECONDS, problem_response, unavailable
from web.api.problems import language_of as language_of_programs
from web.door import language_of
from web.pages.message import AwayView
from web.rendering import page

RETRY: Final = {"Retry-After": str(RETRY_SECONDS)}

READING: Final = N_("Cơ sở dữ liệu chưa trả lời, đang kết nối lại. Đợi ít giây rồi tải lại trang.")
ACTING: Final = N_(
    "Cơ sở dữ liệu chưa trả lời, đang kết nối lại. Đợi ít giây rồi gửi lại: "
    "phần đã nhập được giữ nguyên, và việc gửi hai lần chỉ được ghi một lần."
)

FORM_BYTES: Final = 256_000
"""Of a form that is kept for sending again."""

_SECRET: Final = ("password", "secret", "code")
"""In the name of a field that is typed anew."""


async def told_away(request: Request, problem: Exception) -> Response:
    """Answer a page whose database is away, with the form if one was read."""
    return away(request, problem, getattr(request, "_form", None))


def away(request: Request, problem: Exception | None = None, form: FormData | None = None) -> Response:
    """Answer 503, to people with a page and to programs as RFC 9457 has it.

    Args:
        problem: what the database's driver says; None when it says nothing.
        form: what a person had filled in.
    """
    if request.url.path.startswith("/api/"):
        return problem_response(unavailable(), language_of_programs(request.headers))
    language = language_of(request)
    fields = _kept(form) if form is not None else ()
    told = why_away(problem, language) if problem is not None else ""
    view = AwayView(
        told=told or sentence(ACTING if fields else READING, language), address=request.url.path, fields=fields
    )
    return page("away.html", language, None, view, status=HTTPStatus.SERVICE_UNAVAILABLE, headers=RETRY)


def _kept(form: FormData) -> tuple[tuple[str, str], ...]:
    """What can be sent again: no files, and nothing secret."""
    fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    return () if any(word in name for name, _ in fields for word in _SECRET) else tuple(fields)
