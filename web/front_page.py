"""The page at `/`: what runs here and how to ask it. The pages to work with come with a later issue."""

from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from documents.language import N_, Language, sentence


def front_page(language: Language) -> str:
    """Write the page: plain HTML, nothing to load, nothing to run."""

    def say(msgid: str) -> str:
        return escape(sentence(msgid, language))

    commands = (
        ("dondoc board", N_("bảng tổng hợp tình hình thực hiện")),
        ("dondoc status", N_("nhiệm vụ đang đứng ở đâu")),
        ("dondoc next", N_("nhắc và báo cáo vượt cấp sắp tới")),
        ("dondoc doctor", N_("hệ thống có chỗ nào cần xử lý")),
    )
    listed = "\n".join(f"<li><code>{escape(command)}</code>: {say(meaning)}</li>" for command, meaning in commands)
    return (
        f'<!DOCTYPE html>\n<html lang="{language.value}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{say(N_('Đôn Đốc'))}</title>\n</head>\n<body>\n<main>\n<h1>{say(N_('Đôn Đốc'))}</h1>\n"
        f"<p>{say(N_('Hệ thống theo dõi, đôn đốc nhiệm vụ do lãnh đạo giao đang chạy trên máy này.'))}</p>\n"
        f"<p>{say(N_('Tra cứu bằng dòng lệnh:'))}</p>\n<ul>\n{listed}\n</ul>\n"
        f'<p><a href="/readyz">{say(N_("Tình trạng các thành phần"))}</a></p>\n</main>\n</body>\n</html>\n'
    )


def front_page_routes() -> APIRouter:
    """The route `/`."""
    router = APIRouter()

    @router.get("/", include_in_schema=False, response_class=HTMLResponse)
    async def front() -> HTMLResponse:
        """Show the page."""
        return HTMLResponse(front_page(Language.VI))

    return router
