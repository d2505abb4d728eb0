"""What people see for each member of models/vocabulary.py.

Keyed by enum and member name, not by the member: members of two StrEnums with one value are equal and would share a
dictionary's place (Position.CHAIRMAN, Audience.CHAIRMAN).
"""

from enum import StrEnum
from typing import Final

from documents.translation import N_, Language, translated
from models import vocabulary

LABELS: Final[dict[type[StrEnum], dict[str, str]]] = {
    vocabulary.Status: {
        "REGISTERED": N_("Chờ phân công"),
        "ASSIGNED": N_("Chờ tiếp nhận"),
        "IN_PROGRESS": N_("Đang thực hiện"),
        "SUBMITTED": N_("Chờ thẩm định kết quả"),
        "COMPLETED": N_("Đã hoàn thành"),
        "DECLINED": N_("Bị từ chối tiếp nhận"),
        "SUSPENDED": N_("Tạm dừng"),
        "CANCELLED": N_("Đã hủy"),
    },
    vocabulary.Timeliness: {
        "NO_DEADLINE": N_("Không thời hạn"),
        "ON_TIME": N_("Trong hạn"),
        "DUE_SOON": N_("Sắp đến hạn"),
        "OVERDUE": N_("Quá hạn"),
        "COMPLETED_ON_TIME": N_("Hoàn thành đúng hạn"),
        "COMPLETED_LATE": N_("Hoàn thành quá hạn"),
    },
    vocabulary.Urgency: {
        "NORMAL": N_("Thường"),
        "URGENT": N_("Khẩn"),
        "VERY_URGENT": N_("Thượng khẩn"),
        "FLASH": N_("Hỏa tốc"),
    },
    vocabulary.Qualifier: {
        "BEFORE": N_("trước ngày"),
        "BY": N_("chậm nhất ngày"),
        "WITHIN": N_("trong thời gian"),
    },
    vocabulary.Role: {
        "SECRETARIAT": N_("Văn phòng"),
        "LEADER": N_("Lãnh đạo Ủy ban"),
        "AGENCY": N_("Cơ quan thực hiện"),
        "INSPECTOR": N_("Người kiểm tra"),
        "ADMINISTRATOR": N_("Người quản trị"),
    },
    vocabulary.Position: {
        "CHAIRMAN": N_("Chủ tịch"),
        "VICE_CHAIRMAN": N_("Phó Chủ tịch"),
        "CHIEF_OF_OFFICE": N_("Chánh Văn phòng"),
        "DEPUTY_CHIEF_OF_OFFICE": N_("Phó Chánh Văn phòng"),
        "MONITORING_OFFICER": N_("Chuyên viên theo dõi"),
        "CLERK": N_("Văn thư"),
        "HEAD": N_("Thủ trưởng"),
        "DEPUTY_HEAD": N_("Phó Thủ trưởng"),
        "OFFICER": N_("Chuyên viên"),
        "INSPECTOR": N_("Người kiểm tra"),
        "ADMINISTRATOR": N_("Người quản trị"),
    },
    vocabulary.Audience: {
        "MONITORING_OFFICER": N_("Chuyên viên theo dõi"),
        "LEAD_OFFICERS": N_("Chuyên viên cơ quan chủ trì"),
        "LEAD_HEAD": N_("Thủ trưởng cơ quan chủ trì"),
        "COORDINATING_AGENCIES": N_("Các cơ quan phối hợp"),
        "CHIEF_OF_OFFICE": N_("Chánh Văn phòng"),
        "VICE_CHAIRMAN": N_("Phó Chủ tịch phụ trách"),
        "CHAIRMAN": N_("Chủ tịch"),
        "DECIDER": N_("Người quyết định gia hạn"),
    },
    vocabulary.Why: {
        "MONITORING_OFFICER": N_("Chuyên viên theo dõi"),
        "LEAD_OFFICERS": N_("Chuyên viên cơ quan chủ trì"),
        "LEAD_HEAD": N_("Thủ trưởng cơ quan chủ trì"),
        "COORDINATING_AGENCIES": N_("Cơ quan phối hợp"),
        "CHIEF_OF_OFFICE": N_("Chánh Văn phòng"),
        "VICE_CHAIRMAN": N_("Phó Chủ tịch phụ trách"),
        "CHAIRMAN": N_("Chủ tịch"),
        "DECIDER": N_("Người quyết định gia hạn"),
        "PREVIOUS_LEAD_AGENCY": N_("Cơ quan chủ trì trước đây"),
        "DEMANDED": N_("Người yêu cầu giải trình"),
        "ASKED_TO_CONTRIBUTE": N_("Cơ quan phối hợp đang được chờ ý kiến"),
        "PREVIOUS_COORDINATING_AGENCY": N_("Cơ quan phối hợp trước đây"),
    },
    vocabulary.Clock: {
        "HANDOUT": N_("Phân công"),
        "ACKNOWLEDGEMENT": N_("Tiếp nhận"),
        "DEADLINE": N_("Thời hạn"),
        "IMPOSED_DEADLINE": N_("Hạn cấp trên giao"),
        "SILENCE": N_("Không báo cáo"),
        "REVIEW": N_("Thẩm định kết quả"),
        "EXPLANATION": N_("Giải trình"),
        "EXTENSION": N_("Gia hạn"),
    },
    vocabulary.Grade: {
        "EXCELLENT": N_("Xuất sắc"),
        "GOOD": N_("Tốt"),
        "SATISFACTORY": N_("Đạt yêu cầu"),
        "POOR": N_("Chưa đạt yêu cầu"),
    },
    vocabulary.Opinion: {
        "AGREE": N_("Thống nhất"),
        "AGREE_WITH_COMMENTS": N_("Thống nhất, có ý kiến bổ sung"),
        "DISAGREE": N_("Không thống nhất"),
        "NOTHING_TO_ADD": N_("Không có ý kiến"),
    },
}


def label(member: StrEnum, language: Language) -> str:
    """Name a member of the vocabulary as people read it.

    Raises:
        KeyError: the member has no label yet.
    """
    return translated(LABELS[type(member)][member.name], language)
