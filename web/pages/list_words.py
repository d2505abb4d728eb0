"""What people read on the list: names of columns, figures and of what a directive waits for."""

from enum import StrEnum
from typing import Final

from database.waiting import Waits
from documents.language import N_
from services.asking import Sort


class ListColumn(StrEnum):
    """A column of the list that a person may choose."""

    CONTENT = "content"
    LEAD = "lead"
    COORDINATING = "coordinating"
    FIELD = "field"
    LEADER = "leader"
    DOCUMENT = "document"
    URGENCY = "urgency"
    DEADLINE = "deadline"
    STATUS = "status"
    TIMELINESS = "timeliness"
    PERCENT = "percent"
    REGISTERED = "registered"
    UPDATED = "updated"


AT_FIRST: Final = (
    ListColumn.CONTENT,
    ListColumn.LEAD,
    ListColumn.DEADLINE,
    ListColumn.STATUS,
    ListColumn.TIMELINESS,
)
"""The columns of one who has chosen none."""

COLUMN_TITLES: Final[dict[ListColumn, str]] = {
    ListColumn.CONTENT: N_("Nội dung"),
    ListColumn.LEAD: N_("Chủ trì"),
    ListColumn.COORDINATING: N_("Phối hợp"),
    ListColumn.FIELD: N_("Lĩnh vực"),
    ListColumn.LEADER: N_("Lãnh đạo phụ trách"),
    ListColumn.DOCUMENT: N_("Văn bản"),
    ListColumn.URGENCY: N_("Độ khẩn"),
    ListColumn.DEADLINE: N_("Thời hạn"),
    ListColumn.STATUS: N_("Trạng thái"),
    ListColumn.TIMELINESS: N_("Tiến độ hạn"),
    ListColumn.PERCENT: N_("Đã làm được"),
    ListColumn.REGISTERED: N_("Ngày đăng ký"),
    ListColumn.UPDATED: N_("Cập nhật"),
}

SORTED_BY: Final[dict[ListColumn, Sort]] = {
    ListColumn.LEAD: Sort.AGENCY,
    ListColumn.DEADLINE: Sort.DEADLINE,
    ListColumn.TIMELINESS: Sort.LEVEL,
    ListColumn.UPDATED: Sort.UPDATED,
}
"""Columns whose title sorts the list."""

FIGURE_TITLES: Final[dict[str, str]] = {
    "total": N_("tất cả, trừ nhiệm vụ đã hủy"),
    "open": N_("chưa xong"),
    "on_time": N_("trong hạn, kể cả không thời hạn"),
    "due_soon": N_("sắp đến hạn"),
    "overdue": N_("quá hạn"),
    "completed": N_("đã xong"),
    "completed_on_time": N_("xong đúng hạn"),
    "completed_late": N_("xong trễ hạn"),
}

WAITING_TITLES: Final[dict[Waits, str]] = {
    Waits.ACKNOWLEDGE: N_("chờ tiếp nhận"),
    Waits.ASSIGN: N_("chờ phân công"),
    Waits.DECLINED: N_("bị từ chối tiếp nhận"),
    Waits.REVIEW: N_("kết quả chờ thẩm định"),
    Waits.EXTENSION: N_("xin gia hạn chờ quyết định"),
    Waits.EXPLANATION: N_("phải giải trình"),
    Waits.CONTRIBUTE: N_("chờ ý kiến phối hợp"),
    Waits.RETURNED: N_("kết quả bị trả lại"),
    Waits.START: N_("chờ khởi tạo"),
    Waits.ESCALATED: N_("đã báo cáo vượt cấp đến tôi"),
}
