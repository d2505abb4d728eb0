"""Who may open the administration, and how an act there is tried and told."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from activities.delivery_failures import DeliveryFailure
from documents.language import N_, Language, sentence
from documents.sentences import refusal_sentence
from models.calendar import CalendarRefused
from models.refusal import Code, Refused
from models.tables import GREATEST_NUMBER
from models.vocabulary import Role
from services.data_files import FileRefused
from services.keepers import KEEPERS
from services.office import Office
from web.door import reader_of
from web.rendering import Reader, View

DONE: Final[dict[str, str]] = {
    "saved": N_("Đã lưu."),
    "added": N_("Đã thêm."),
    "removed": N_("Đã bỏ."),
    "signed_out": N_("Đã kết thúc mọi phiên đăng nhập của người này."),
    "second_factor": N_("Đã bỏ xác thực hai bước của người này; lần đăng nhập sau chỉ cần mật khẩu."),
    "calendar": N_("Đã ghi lịch. Các nhiệm vụ chưa xong tự được tính lại mốc, không cần làm gì thêm."),
    "confirmed": N_("Đã xác nhận lịch của năm này."),
    "activated": N_("Đã áp dụng phiên bản mới từ bây giờ. Các nhiệm vụ chưa xong tự được tính lại mốc."),
    "same": N_("Nội dung giống hệt thang đang áp dụng; không có gì thay đổi."),
    "loaded": N_("Đã thay danh bạ bằng tệp."),
    "succeeded": N_("Đã ghi nhận cơ quan kế thừa; các nhiệm vụ đang được chuyển, xem tiến độ ở mục Việc chạy nền."),
    "switched": N_("Đã đổi trạng thái nơi nhận."),
    "called": N_("Nơi nhận đã trả lời."),
    "revoked": N_("Đã thu hồi mã truy cập."),
    "none": N_("Không có mục nào như vậy; có thể người khác vừa bỏ."),
}
"""What an act ended with, by the word in the address to which the browser is led."""


@dataclass(frozen=True)
class AdminView(View):
    """What every page of the administration has.

    Attributes:
        done: what the act before ended with, said to people; empty for none.
        faults: why the act that was tried was refused.
        typed: what was typed into the form that was refused.
    """

    done: str = field(default="", kw_only=True)
    faults: tuple[str, ...] = field(default=(), kw_only=True)
    typed: dict[str, str] = field(default_factory=dict, kw_only=True)

    @property
    def status(self) -> int:
        """Of the answer: 422 when an act was refused."""
        return HTTPStatus.UNPROCESSABLE_ENTITY if self.faults else HTTPStatus.OK


def administrator(request: Request, office: Office) -> Reader:
    """Who reads or does what only administrators may.

    Raises:
        Refused: not_allowed.
    """
    return _one_of(request, office, frozenset({Role.ADMINISTRATOR}))


def keeper(request: Request, office: Office) -> Reader:
    """Who reads what the secretariat may see as well: health, calendar, people.

    Raises:
        Refused: not_allowed.
    """
    return _one_of(request, office, KEEPERS)


def _one_of(request: Request, office: Office, roles: frozenset[Role]) -> Reader:
    reader = reader_of(request, office)
    if not reader.actor.roles & roles:
        raise Refused(Code.NOT_ALLOWED)
    return reader


def done_words(request: Request, language: Language) -> str:
    """What the act before ended with."""
    msgid = DONE.get(request.query_params.get("done", ""))
    return sentence(msgid, language) if msgid else ""


def tried(reader: Reader, act: Callable[[], object]) -> tuple[str, ...]:
    """Try an act; returns why it was refused, nothing when it was done."""
    try:
        act()
    except FileRefused as refused:
        return tuple(fault.explain(reader.language) for fault in refused.faults)
    except CalendarRefused as refused:
        return (sentence(refused.msgid, reader.language, **refused.data),)
    except DeliveryFailure as failure:
        return (failure.explain(reader.language),)
    except Refused as refused:
        return (refusal_sentence(refused.code, refused.data, reader.language, reader.directory),)
    return ()


def led_to(address: str, done: str = "", **query: str) -> Response:
    """Lead the browser on after an act, so that a page that is loaded again repeats nothing."""
    asked = urlencode({**query, **({"done": done} if done else {})})
    return RedirectResponse(f"{address}?{asked}" if asked else address, HTTPStatus.SEE_OTHER)


def number_of(text: str) -> int | None:
    """The number of a row as an address has it; None for anything else."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(GREATEST_NUMBER)) else None
    return number if number is None or number <= GREATEST_NUMBER else None


def with_faults(view: "AdminView", faults: tuple[str, ...], typed: Mapping[str, str]) -> "AdminView":
    """The same page, saying why an act was refused and keeping what was typed."""
    return dataclasses.replace(view, faults=faults, typed=dict(typed))
