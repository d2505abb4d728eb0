"""Moments in words: which step, who hears, why he hears."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from documents.dates import format_instant, short_instant
from documents.language import N_, Language, sentence
from documents.phrases import duration_words
from documents.translation import translated
from models.moments import Moment
from models.vocabulary import Audience, Clock, Why

AUDIENCES: Final[dict[str, str]] = {
    "monitoring_officer": N_("chuyên viên theo dõi của Văn phòng"),
    "lead_officers": N_("chuyên viên cơ quan chủ trì"),
    "lead_head": N_("thủ trưởng cơ quan chủ trì"),
    "coordinating_agencies": N_("các cơ quan phối hợp"),
    "chief_of_office": N_("Chánh Văn phòng"),
    "vice_chairman": N_("Phó Chủ tịch phụ trách lĩnh vực"),
    "chairman": N_("Chủ tịch UBND"),
    "decider": N_("người có quyền quyết định gia hạn"),
    "previous_lead_agency": N_("cơ quan chủ trì trước đây"),
    "demanded": N_("người đã yêu cầu giải trình"),
    "asked_to_contribute": N_("cơ quan phối hợp đang được chờ ý kiến"),
    "previous_coordinating_agency": N_("cơ quan phối hợp trước đây"),
}
"""Each audience, and each other reason to hear, within a sentence; keyed by the value both enums share."""

BEFORE: Final[dict[Clock, str]] = {
    Clock.HANDOUT: N_("{duration} trước mốc phân công"),
    Clock.ACKNOWLEDGEMENT: N_("{duration} trước mốc tiếp nhận"),
    Clock.DEADLINE: N_("trước hạn {duration}"),
    Clock.IMPOSED_DEADLINE: N_("trước hạn cấp trên giao {duration}"),
    Clock.SILENCE: N_("{duration} trước mốc báo cáo"),
    Clock.REVIEW: N_("{duration} trước mốc thẩm định"),
    Clock.EXPLANATION: N_("trước hạn giải trình {duration}"),
    Clock.EXTENSION: N_("{duration} trước mốc quyết định gia hạn"),
}
ON_THE_DAY: Final[dict[Clock, str]] = {
    Clock.HANDOUT: N_("ngay trong ngày chưa phân công"),
    Clock.ACKNOWLEDGEMENT: N_("ngay trong ngày chưa tiếp nhận"),
    Clock.DEADLINE: N_("vào ngày đến hạn"),
    Clock.IMPOSED_DEADLINE: N_("vào ngày đến hạn cấp trên giao"),
    Clock.SILENCE: N_("ngay trong ngày chưa có báo cáo"),
    Clock.REVIEW: N_("ngay trong ngày chưa thẩm định kết quả"),
    Clock.EXPLANATION: N_("vào ngày phải giải trình"),
    Clock.EXTENSION: N_("ngay trong ngày chưa quyết định gia hạn"),
}
AT_THE_HOUR: Final[dict[Clock, str]] = {
    Clock.HANDOUT: N_("khi vừa đăng ký, chưa phân công"),
    Clock.ACKNOWLEDGEMENT: N_("khi vừa phân công, chưa tiếp nhận"),
    Clock.DEADLINE: N_("vào giờ đến hạn"),
    Clock.IMPOSED_DEADLINE: N_("vào giờ đến hạn cấp trên giao"),
    Clock.SILENCE: N_("khi chưa có báo cáo"),
    Clock.REVIEW: N_("khi vừa nộp kết quả, chưa thẩm định"),
    Clock.EXPLANATION: N_("vào giờ phải giải trình"),
    Clock.EXTENSION: N_("khi vừa xin gia hạn, chưa quyết định"),
}
AFTER: Final[dict[Clock, str]] = {
    Clock.HANDOUT: N_("sau {duration} chưa phân công"),
    Clock.ACKNOWLEDGEMENT: N_("sau {duration} chưa tiếp nhận"),
    Clock.DEADLINE: N_("quá hạn {duration}"),
    Clock.IMPOSED_DEADLINE: N_("quá hạn cấp trên giao {duration}"),
    Clock.SILENCE: N_("sau {duration} không có báo cáo"),
    Clock.REVIEW: N_("sau {duration} chưa thẩm định kết quả"),
    Clock.EXPLANATION: N_("quá hạn giải trình {duration}"),
    Clock.EXTENSION: N_("sau {duration} chưa quyết định gia hạn"),
}

_STEP: Final = re.compile(r"(?P<offset>[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?P<hours>h?)")


def step_words(clock: Clock, step: str, language: Language) -> str:
    """Say when a step stands on its clock.

    "trước hạn 3 ngày làm việc", "quá hạn 7 ngày làm việc", "sau 2 giờ làm việc chưa tiếp nhận".

    Args:
        clock: the clock that the step belongs to.
        step: its name as `models.policy.Step.name` gives it: `-3`, `0`, `+15`, `+2h`.
        language: what the person reads.

    Raises:
        ValueError: `step` is no such name.
    """
    found = _STEP.fullmatch(step)
    if found is None:
        raise ValueError(f"not a step: {step!r}")
    offset, hours = float(found["offset"]), bool(found["hours"])
    duration = duration_words(abs(offset), language, hours=hours)
    table = (AT_THE_HOUR if hours else ON_THE_DAY) if offset == 0 else BEFORE if offset < 0 else AFTER
    return sentence(table[clock], language, duration=duration)


def audience_words(audiences: Iterable[Audience], language: Language) -> str:
    """Name who hears, within a sentence: "chuyên viên cơ quan chủ trì, thủ trưởng cơ quan chủ trì"."""
    return ", ".join(translated(AUDIENCES[audience.value], language) for audience in dict.fromkeys(audiences))


def why_words(why: Why | Iterable[Why], language: Language) -> str:
    """Name the reader's part, within a sentence: "thủ trưởng cơ quan chủ trì", "người đã yêu cầu giải trình"."""
    reasons = (why,) if isinstance(why, Why) else why
    return ", ".join(translated(AUDIENCES[reason.value], language) for reason in dict.fromkeys(reasons))


def moment_sentence(moment: Moment, language: Language) -> str:
    """Say what a coming moment will do: "Nhắc chuyên viên cơ quan chủ trì, trước hạn 3 ngày làm việc"."""
    msgid = N_("Báo cáo {audience} (đôn đốc cấp {level}), {step}") if moment.level else N_("Nhắc {audience}, {step}")
    return sentence(
        msgid,
        language,
        audience=audience_words(moment.audience, language),
        level=moment.level,
        step=step_words(moment.clock, moment.step, language),
    )


def following_sentence(at: datetime, audiences: Iterable[Audience], level: int, language: Language) -> str:
    """Say what happens next if nobody acts, and when."""
    if level:
        msgid = N_("Nếu không có gì thay đổi, lúc {at} hệ thống sẽ báo cáo {audience} (đôn đốc cấp {level}).")
    else:
        msgid = N_("Nếu không có gì thay đổi, lúc {at} hệ thống sẽ nhắc {audience}.")
    return sentence(
        msgid, language, at=format_instant(at, language), audience=audience_words(audiences, language), level=level
    )


def sent_words(at: datetime, language: Language, *, in_digest: bool) -> str:
    """Say how a notice reached its reader: in a digest or by a mail of its own (RULES 23)."""
    msgid = N_("trong bản tổng hợp {at}") if in_digest else N_("bằng thư riêng lúc {at}")
    return sentence(msgid, language, at=short_instant(at))
