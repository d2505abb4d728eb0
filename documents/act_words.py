"""What people see for each command and each kind of event."""

from typing import Final

from documents.language import N_, Language
from documents.translation import translated
from models.notices import MOMENT

COMMANDS: Final[dict[str, str]] = {
    "register": N_("Đăng ký nhiệm vụ"),
    "move_in": N_("Nhập nhiệm vụ đã hoàn thành"),
    "assign": N_("Phân công cơ quan chủ trì"),
    "reassign": N_("Phân công lại"),
    "acknowledge": N_("Tiếp nhận nhiệm vụ"),
    "decline": N_("Từ chối tiếp nhận"),
    "report_progress": N_("Báo cáo tiến độ"),
    "request_extension": N_("Xin gia hạn"),
    "decide_extension": N_("Quyết định gia hạn"),
    "submit": N_("Nộp kết quả"),
    "accept": N_("Chấp nhận kết quả"),
    "return": N_("Trả lại kết quả"),
    "suspend": N_("Tạm dừng nhiệm vụ"),
    "resume": N_("Tiếp tục nhiệm vụ"),
    "amend": N_("Điều chỉnh nhiệm vụ"),
    "urge": N_("Đôn đốc"),
    "demand_explanation": N_("Yêu cầu giải trình"),
    "explain": N_("Gửi giải trình"),
    "contribute": N_("Cho ý kiến phối hợp"),
    "comment": N_("Ghi ý kiến"),
    "cancel": N_("Hủy nhiệm vụ"),
    "reopen": N_("Mở lại nhiệm vụ"),
    "succeed": N_("Chuyển cho cơ quan kế thừa"),
}
"""A verb for each kind of command, as on a button."""

EVENTS: Final[dict[str, str]] = {
    "registered": N_("Nhiệm vụ mới"),
    "moved_in": N_("Nhiệm vụ đã hoàn thành"),
    "assigned": N_("Phân công nhiệm vụ"),
    "acknowledged": N_("Đã tiếp nhận"),
    "declined": N_("Từ chối nhiệm vụ"),
    "progress_reported": N_("Báo cáo mới về tiến độ"),
    "extension_requested": N_("Đề nghị gia hạn"),
    "extension_decided": N_("Kết luận về gia hạn"),
    "submitted": N_("Kết quả chờ thẩm định"),
    "accepted": N_("Kết quả được chấp nhận"),
    "returned": N_("Kết quả bị trả lại"),
    "suspended": N_("Nhiệm vụ tạm dừng"),
    "resumed": N_("Nhiệm vụ tiếp tục"),
    "amended": N_("Nhiệm vụ có điều chỉnh"),
    "urged": N_("Đôn đốc trực tiếp"),
    "explanation_demanded": N_("Phải giải trình"),
    "explained": N_("Có giải trình"),
    "contributed": N_("Ý kiến phối hợp"),
    "commented": N_("Ý kiến mới"),
    "cancelled": N_("Nhiệm vụ đã hủy"),
    "reopened": N_("Nhiệm vụ được mở lại"),
    "succeeded": N_("Đổi cơ quan do sắp xếp tổ chức"),
    "moment_reached": N_("Đến mốc đôn đốc"),
    MOMENT: N_("Nhắc việc"),
}
"""A title for each kind of event, as in the subject of a mail."""

DONE: Final[dict[str, str]] = {
    "registered": N_("đã đăng ký nhiệm vụ"),
    "moved_in": N_("đã nhập nhiệm vụ hoàn thành từ bảng theo dõi cũ"),
    "assigned": N_("đã phân công cơ quan chủ trì"),
    "acknowledged": N_("đã tiếp nhận nhiệm vụ"),
    "declined": N_("đã từ chối tiếp nhận"),
    "progress_reported": N_("đã báo cáo tiến độ"),
    "extension_requested": N_("đã xin gia hạn"),
    "extension_decided": N_("đã quyết định về việc gia hạn"),
    "submitted": N_("đã nộp kết quả"),
    "accepted": N_("đã chấp nhận kết quả"),
    "returned": N_("đã trả lại kết quả"),
    "suspended": N_("đã tạm dừng nhiệm vụ"),
    "resumed": N_("đã cho tiếp tục nhiệm vụ"),
    "amended": N_("đã điều chỉnh nhiệm vụ"),
    "urged": N_("đã đôn đốc"),
    "explanation_demanded": N_("đã yêu cầu giải trình"),
    "explained": N_("đã giải trình"),
    "contributed": N_("đã cho ý kiến phối hợp"),
    "commented": N_("đã ghi ý kiến"),
    "cancelled": N_("đã hủy nhiệm vụ"),
    "reopened": N_("đã mở lại nhiệm vụ"),
    "succeeded": N_("đã chuyển nhiệm vụ cho cơ quan kế thừa"),
    "moment_reached": N_("đã nhắc theo thang đôn đốc"),
}
"""What somebody has done, for each kind of event: "Trần Thị B đã nộp kết quả"."""


def command_label(kind: str, language: Language) -> str:
    """Name a command as on a button: "Nộp kết quả". A kind that nobody knows is its own name."""
    return translated(COMMANDS[kind], language) if kind in COMMANDS else kind


def command_verb(kind: str, language: Language) -> str:
    """Name a command within a sentence: "nộp kết quả"."""
    label = command_label(kind, language)
    return label[:1].lower() + label[1:]


def event_title(kind: str, language: Language) -> str:
    """Name a kind of event as a title: "Kết quả chờ thẩm định"."""
    return translated(EVENTS[kind], language) if kind in EVENTS else kind


def done_words(kind: str, language: Language) -> str:
    """Say what somebody has done: "đã nộp kết quả"."""
    return translated(DONE[kind], language) if kind in DONE else kind
