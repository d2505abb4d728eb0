"""The form of each command: what a person fills in, in which order, and what must not be empty."""

from dataclasses import dataclass
from typing import Final

from documents.act_words import COMMANDS
from documents.language import N_, Language
from documents.translation import translated


@dataclass(frozen=True)
class Entry:
    """One entry of a form.

    Attributes:
        name: as `services.command_words.Words` calls it.
        kind: `text` (several lines), `line`, `deadline`, `agency`, `agencies`, `percent`, `grade`, `opinion`,
            `urgency`, `grant`, `tick`, `files` or `waiting` (ticks for the coordinating agencies).
        label: the msgid above it.
    """

    name: str
    kind: str
    label: str
    required: bool = False


_REASON: Final = Entry("reason", "text", N_("Lý do"), required=True)
_WHY: Final = Entry("reason", "text", N_("Lý do"))
_AGENCY: Final = Entry("agency", "agency", N_("Cơ quan chủ trì"), required=True)
_NEW_DEADLINE: Final = Entry("deadline", "deadline", N_("Thời hạn mới"), required=True)

_FILES: Final = Entry("files", "files", N_("Tệp kèm theo"))
_WAITING: Final = Entry("waiting", "waiting", N_("Chưa làm tiếp được vì còn chờ ý kiến của"))

FORMS: Final[dict[str, tuple[Entry, ...]]] = {
    "assign": (_AGENCY, _WHY),
    "reassign": (_AGENCY, _WHY),
    "acknowledge": (),
    "decline": (_REASON,),
    "report_progress": (
        Entry("percent", "percent", N_("Đã làm được bao nhiêu phần trăm")),
        Entry("text", "text", N_("Nội dung báo cáo")),
        _FILES,
        _WAITING,
    ),
    "request_extension": (Entry("deadline", "deadline", N_("Xin lùi đến"), required=True), _REASON),
    "decide_extension": (
        Entry("grant", "grant", N_("Kết luận"), required=True),
        Entry("deadline", "deadline", N_("Thời hạn khác với đề nghị, nếu có")),
        Entry("citation", "line", N_("Căn cứ: ý kiến của lãnh đạo")),
        _WHY,
    ),
    "submit": (
        Entry("text", "text", N_("Kết quả")),
        Entry("document", "line", N_("Số văn bản kết quả")),
        _FILES,
    ),
    "accept": (Entry("grade", "grade", N_("Đánh giá")), Entry("text", "text", N_("Nhận xét"))),
    "return": (_REASON, Entry("deadline", "deadline", N_("Thời hạn mới"))),
    "suspend": (_REASON,),
    "resume": (
        Entry("deadline", "deadline", N_("Thời hạn mới")),
        Entry("no_deadline", "tick", N_("Không thời hạn")),
        _WHY,
    ),
    "amend": (
        Entry("content", "text", N_("Nội dung nhiệm vụ")),
        Entry("deadline", "deadline", N_("Thời hạn mới")),
        Entry("no_deadline", "tick", N_("Không thời hạn")),
        Entry("urgency", "urgency", N_("Độ khẩn")),
        Entry("coordinating", "agencies", N_("Các cơ quan phối hợp từ nay, cách nhau bằng dấu chấm phẩy")),
        _REASON,
    ),
    "urge": (Entry("text", "text", N_("Nội dung đôn đốc"), required=True),),
    "demand_explanation": (
        Entry("text", "text", N_("Nội dung phải giải trình"), required=True),
        Entry("deadline", "deadline", N_("Trả lời trước ngày")),
    ),
    "explain": (Entry("text", "text", N_("Nội dung giải trình"), required=True),),
    "contribute": (Entry("opinion", "opinion", N_("Ý kiến"), required=True), Entry("text", "text", N_("Nội dung"))),
    "comment": (Entry("text", "text", N_("Ý kiến"), required=True),),
    "cancel": (_REASON,),
    "reopen": (_NEW_DEADLINE, _WHY),
}


@dataclass(frozen=True)
class ActForm:
    """A command that is offered, and its form."""

    kind: str
    title: str
    entries: tuple[Entry, ...]

    @property
    def takes_files(self) -> bool:
        """Whether the form is sent with files."""
        return any(entry.kind == "files" for entry in self.entries)


@dataclass(frozen=True)
class ActGroup:
    """What a person may do in his own posts, or for an absent person whose deputy he is.

    Attributes:
        on_behalf_of: the absent person's code; empty in his own posts.
        principal: that person's name.
    """

    on_behalf_of: str
    principal: str
    forms: tuple[ActForm, ...]


def act_forms(kinds: tuple[str, ...], language: Language, *, leads: bool = False) -> tuple[ActForm, ...]:
    """The forms of these commands.

    Args:
        leads: only who leads says for whom he waits.
    """
    return tuple(
        ActForm(
            kind,
            translated(COMMANDS[kind], language),
            tuple(entry for entry in FORMS[kind] if leads or entry.kind != "waiting"),
        )
        for kind in kinds
    )
