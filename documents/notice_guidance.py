"""How the reader of a notice can act: what fits the directive's situation and his part in it."""

from enum import Enum
from typing import Final

from documents.language import N_
from models.notices import NoticeContent
from models.vocabulary import Clock, Status, Why


class Situation(Enum):
    """What the directive waits for."""

    HANDOUT = "handout"  # for somebody to lead it
    ACKNOWLEDGEMENT = "acknowledgement"  # for the lead agency to take it
    WORK = "work"  # for progress and a result
    REVIEW = "review"  # for the office to judge the result
    EXPLANATION = "explanation"  # for the explanation that was demanded
    EXTENSION = "extension"  # for a decision on the extension
    SUSPENDED = "suspended"  # for the clocks to run again
    CLOSED = "closed"  # for nothing


class Part(Enum):
    """On which side the reader stands."""

    LEAD = "lead"
    OFFICE = "office"  # the Office and the leaders
    COORDINATING = "coordinating"
    FORMER = "former"
    RELEASED = "released"  # coordinated until now


Guidance = tuple[str, tuple[str, ...]]
"""A sentence, and the commands that do what it says."""

_PARTS: Final[dict[Why, Part]] = {
    Why.LEAD_OFFICERS: Part.LEAD,
    Why.LEAD_HEAD: Part.LEAD,
    Why.COORDINATING_AGENCIES: Part.COORDINATING,
    Why.ASKED_TO_CONTRIBUTE: Part.COORDINATING,
    Why.PREVIOUS_LEAD_AGENCY: Part.FORMER,
    Why.PREVIOUS_COORDINATING_AGENCY: Part.RELEASED,
    Why.MONITORING_OFFICER: Part.OFFICE,
    Why.CHIEF_OF_OFFICE: Part.OFFICE,
    Why.VICE_CHAIRMAN: Part.OFFICE,
    Why.CHAIRMAN: Part.OFFICE,
    Why.DECIDER: Part.OFFICE,
    Why.DEMANDED: Part.OFFICE,
}
_BY_STATUS: Final[dict[Status, Situation]] = {
    Status.REGISTERED: Situation.HANDOUT,
    Status.DECLINED: Situation.HANDOUT,
    Status.ASSIGNED: Situation.ACKNOWLEDGEMENT,
    Status.IN_PROGRESS: Situation.WORK,
    Status.SUBMITTED: Situation.REVIEW,
    Status.SUSPENDED: Situation.SUSPENDED,
    Status.COMPLETED: Situation.CLOSED,
    Status.CANCELLED: Situation.CLOSED,
}
_NOTHING: Final[Guidance] = (N_("Không cần làm gì thêm; có thể xem lại nhiệm vụ."), ())

_GUIDANCE: Final[dict[tuple[Part, Situation], Guidance]] = {
    (Part.LEAD, Situation.HANDOUT): (N_("Cơ quan chủ trì: chờ Văn phòng phân công."), ()),
    (Part.LEAD, Situation.ACKNOWLEDGEMENT): (
        N_("Cơ quan chủ trì: tiếp nhận nhiệm vụ; nếu không đúng chức năng thì từ chối và nêu lý do."),
        ("acknowledge", "decline"),
    ),
    (Part.LEAD, Situation.WORK): (
        N_("Cơ quan chủ trì: báo cáo tiến độ, nộp kết quả hoặc xin gia hạn."),
        ("report_progress", "submit", "request_extension"),
    ),
    (Part.LEAD, Situation.REVIEW): (N_("Cơ quan chủ trì: chờ Văn phòng thẩm định kết quả."), ()),
    (Part.LEAD, Situation.EXPLANATION): (
        N_("Cơ quan chủ trì: gửi giải trình; câu trả lời được lưu trong nhật ký."),
        ("explain",),
    ),
    (Part.LEAD, Situation.EXTENSION): (
        N_("Cơ quan chủ trì: tiếp tục thực hiện; xin gia hạn không làm các mốc dừng lại."),
        ("report_progress", "submit"),
    ),
    (Part.LEAD, Situation.SUSPENDED): (N_("Cơ quan chủ trì: chưa cần làm gì cho đến khi nhiệm vụ tiếp tục."), ()),
    (Part.OFFICE, Situation.HANDOUT): (N_("Văn phòng: phân công cơ quan chủ trì."), ("assign",)),
    (Part.OFFICE, Situation.ACKNOWLEDGEMENT): (
        N_("Văn phòng, lãnh đạo: đôn đốc cơ quan chủ trì tiếp nhận, hoặc phân công lại."),
        ("urge", "reassign"),
    ),
    (Part.OFFICE, Situation.WORK): (
        N_("Văn phòng, lãnh đạo: đôn đốc, yêu cầu giải trình hoặc phân công lại."),
        ("urge", "demand_explanation", "reassign"),
    ),
    (Part.OFFICE, Situation.REVIEW): (
        N_("Văn phòng, lãnh đạo: chấp nhận kết quả, hoặc trả lại và nêu lý do."),
        ("accept", "return"),
    ),
    (Part.OFFICE, Situation.EXPLANATION): (
        N_("Văn phòng, lãnh đạo: đôn đốc cơ quan chủ trì gửi giải trình."),
        ("urge",),
    ),
    (Part.OFFICE, Situation.EXTENSION): (
        N_("Văn phòng, lãnh đạo: quyết định về đề nghị gia hạn; Văn phòng ghi căn cứ là ý kiến của lãnh đạo."),
        ("decide_extension",),
    ),
    (Part.OFFICE, Situation.SUSPENDED): (
        N_("Văn phòng, lãnh đạo: khi hết lý do tạm dừng, cho tiếp tục và nêu thời hạn."),
        ("resume",),
    ),
    (Part.COORDINATING, Situation.HANDOUT): (N_("Cơ quan phối hợp: chờ Văn phòng phân công cơ quan chủ trì."), ()),
    (Part.COORDINATING, Situation.SUSPENDED): (
        N_("Cơ quan phối hợp: chưa cần làm gì cho đến khi nhiệm vụ tiếp tục."),
        (),
    ),
    (Part.FORMER, Situation.CLOSED): _NOTHING,
}
_COORDINATING: Final[Guidance] = (
    N_("Cơ quan phối hợp: cho ý kiến phối hợp hoặc báo cáo phần việc của mình."),
    ("contribute", "report_progress"),
)
_FORMER: Final[Guidance] = (N_("Cơ quan chủ trì trước đây: bàn giao hồ sơ cho cơ quan chủ trì mới."), ())


def guidance(content: NoticeContent, clock: Clock | None) -> tuple[Guidance, ...]:
    """Find how the reader can act; one entry for each side on which he stands, at least one.

    Args:
        content: the notice.
        clock: the clock whose step fell due; None for the notice of an act.
    """
    situation = _situation(content, clock)
    if situation is Situation.CLOSED:
        return (_NOTHING,)
    parts = dict.fromkeys(_PARTS[why] for why in content.why)
    return tuple(_for(part, situation) for part in parts)


def _for(part: Part, situation: Situation) -> Guidance:
    default = {Part.COORDINATING: _COORDINATING, Part.FORMER: _FORMER}.get(part, _NOTHING)
    return _GUIDANCE.get((part, situation), default)


def _situation(content: NoticeContent, clock: Clock | None) -> Situation:
    by_status = _BY_STATUS[content.status]
    if by_status in (Situation.CLOSED, Situation.SUSPENDED):
        return by_status
    if content.kind == "explanation_demanded" or clock is Clock.EXPLANATION:
        return Situation.EXPLANATION
    if content.kind == "extension_requested" or clock is Clock.EXTENSION:
        return Situation.EXTENSION
    return by_status
