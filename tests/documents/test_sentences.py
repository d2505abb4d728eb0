import datetime as dt
import typing
from collections.abc import Iterator

import pytest

from documents.act_words import COMMANDS, DONE, EVENTS
from documents.language import Language, holes
from documents.moment_words import AUDIENCES
from documents.refusals import REFUSALS
from documents.sentences import (
    command_label,
    event_sentence,
    following_sentence,
    moment_sentence,
    refusal_sentence,
    sent_words,
    step_words,
    why_words,
)
from documents.translation import translated
from models import commands as c
from models import events as e
from models.deadline import Deadline, make_deadline
from models.directive import SourceDocument
from models.directory import Agency, Directory, Person
from models.moments import Moment
from models.notices import MOMENT, ROUTES
from models.refusal import Code, Refused
from models.vocabulary import Audience, Clock, Grade, Opinion, Qualifier, Status, Urgency, Why

DIRECTORY = Directory(
    agencies=(
        Agency(code="SYT", name="Sở Y tế", kind="department"),
        Agency(code="STC", name="Sở Tài chính", kind="department"),
    ),
    people=(
        Person(code="truong.syt", name="Nguyễn Thị Hạnh"),
        Person(code="pho.syt", name="Trần Văn Bình"),
        Person(code="chanhvanphong", name="Lê Quang Dũng"),
    ),
)
AT = dt.datetime(2023, 4, 12, 1, 0, tzinfo=dt.UTC)  # Wednesday, 08:00 local time
LATER = make_deadline(dt.date(2023, 4, 28))
VI, EN = Language.VI, Language.EN

DATA: dict[Code, dict[str, object]] = {
    Code.NOT_ALLOWED: {"directive": "QN-1", "command": "submit"},
    Code.NOT_LEAD_AGENCY: {"directive": "QN-1", "agency": "STC", "lead": "SYT"},
    Code.NOT_CONCERNED: {"directive": "QN-1", "lead": "SYT"},
    Code.NOT_COORDINATING_AGENCY: {"directive": "QN-1", "agency": "SXD"},
    Code.OWN_AGENCY: {"directive": "QN-1", "agency": "SYT"},
    Code.WRONG_STATE: {
        "directive": "QN-1",
        "status": Status.SUBMITTED,
        "command": "report_progress",
        "last": "submitted",
        "actor": "truong.syt",
        "at": AT.isoformat(),
    },
    Code.ALREADY_REGISTERED: {"directive": "QN-1"},
    Code.NOT_FOUND: {"directive": "QN-1"},
    Code.TEXT_REQUIRED: {"field": "result"},
    Code.DEADLINE_IN_PAST: {"due_at": AT.isoformat()},
    Code.DEADLINE_NOT_LATER: {"deadline": dt.date(2023, 4, 12), "current": dt.date(2023, 4, 20)},
    Code.DEADLINE_BEFORE_DOCUMENT: {"deadline": dt.date(2023, 4, 12), "issued_on": dt.date(2023, 4, 20)},
    Code.NO_DEADLINE: {"directive": "QN-1"},
    Code.NO_LEAD_AGENCY: {"directive": "QN-1"},
    Code.SAME_AGENCY: {"directive": "QN-1", "agency": "SYT"},
    Code.EXTENSION_PENDING: {"directive": "QN-1", "since": AT},
    Code.NO_EXTENSION_PENDING: {"directive": "QN-1"},
    Code.EXPLANATION_PENDING: {"directive": "QN-1", "since": AT},
    Code.NO_EXPLANATION_PENDING: {"directive": "QN-1"},
    Code.NOTHING_TO_AMEND: {"directive": "QN-1"},
    Code.LEAD_COORDINATES: {"agency": "SYT"},
    Code.CHANGED_MEANWHILE: {"directive": "QN-1", "actor": "truong.syt", "last": "submitted", "at": AT.isoformat()},
    Code.UNKNOWN_AGENCY: {"agency": "Sở Y tế, Sở Nội vụ", "leads": "Sở Y tế; Sở Nội vụ"},
    Code.UNKNOWN_PERSON: {"person": "ai.do", "closest": "Nguyễn Thị Hạnh"},
    Code.NOT_DEPUTY: {"person": "Trần Văn Bình", "on_behalf_of": "Nguyễn Thị Hạnh"},
    Code.STATE_SECRET: {"marking": "Tối mật"},
    Code.BAD_DATE: {"unclear": "tuần sau"},
    Code.MISSING: {"field": "content"},
    Code.TOO_LONG: {"field": "text", "limit": 10_000},
    Code.DUPLICATE: {"directive": "QN-1"},
    Code.BAD_CODE: {"value": "QN 1"},
    Code.UNKNOWN_FIELD: {"field_of_work": "xã hội"},
    Code.UNKNOWN_URGENCY: {"urgency": "gấp"},
    Code.UNKNOWN_COMMAND: {"value": "dance", "commands": "submit, urge"},
    Code.UNKNOWN_VALUE: {"field": "grade", "value": "tạm", "values": "good, poor"},
    Code.NO_POSSIBLE_DEPUTY: {"person": "truong.stc"},
    Code.TOO_MANY_FILES: {"limit": 5},
    Code.FILE_TOO_LARGE: {"file": "a.pdf", "limit": 20},
    Code.FILE_TYPE: {"file": "a.exe"},
    Code.FILE_INFECTED: {"file": "a.pdf"},
    Code.UNREADABLE: {"field": "document.so", "unknown": "document.so", "names": "number, date"},
}

EVENTS_TOLD: dict[str, tuple[e.Event, str]] = {
    "registered": (
        e.Registered(
            content="Kiểm tra việc cấp nước",
            document=SourceDocument(number="1234/UBND-KTTH"),
            field=None,
            urgency=Urgency.NORMAL,
            assigning_leader="",
            supervising_leader=None,
            coordinating_agencies=(),
            deadline=LATER,
            imposed_deadline=make_deadline(dt.date(2023, 5, 15), qualifier=Qualifier.BEFORE),
        ),
        (
            "Nguyễn Thị Hạnh đăng ký nhiệm vụ theo văn bản 1234/UBND-KTTH: Kiểm tra việc cấp nước. "
            "Thời hạn: chậm nhất ngày 28/04/2023. Hạn cấp trên giao: trước ngày 15/05/2023."
        ),
    ),
    "moved_in": (
        e.MovedIn(lead_agency="SYT", reported_at=AT, result_document="77/BC-SYT"),
        (
            "Nguyễn Thị Hạnh nhập từ bảng theo dõi cũ: Sở Y tế đã báo cáo kết quả lúc 08:00 12/04/2023. "
            "Văn bản kết quả: 77/BC-SYT."
        ),
    ),
    "assigned": (
        e.Assigned(agency="SYT", previous="STC", reason="đúng chức năng"),
        "Nguyễn Thị Hạnh phân công Sở Y tế chủ trì, thay Sở Tài chính. Lý do: đúng chức năng.",
    ),
    "acknowledged": (e.Acknowledged(agency="SYT"), "Sở Y tế tiếp nhận nhiệm vụ."),
    "declined": (
        e.Declined(agency="SYT", reason="thuộc Sở Tài chính."),
        "Sở Y tế từ chối tiếp nhận nhiệm vụ. Lý do: thuộc Sở Tài chính.",
    ),
    "progress_reported": (
        e.ProgressReported(agency="SYT", text="đã kiểm tra 3/5 huyện", percent=60, attachments=("bao-cao.pdf",)),
        "Sở Y tế báo cáo tiến độ 60%: đã kiểm tra 3/5 huyện. Kèm theo: bao-cao.pdf.",
    ),
    "extension_requested": (
        e.ExtensionRequested(deadline=LATER, reason="chờ số liệu"),
        "Nguyễn Thị Hạnh xin gia hạn, thời hạn đề nghị: chậm nhất ngày 28/04/2023. Lý do: chờ số liệu.",
    ),
    "extension_decided": (
        e.ExtensionDecided(granted=False, deadline=None, citation="Công văn 9/UBND", reason="đã gia hạn hai lần"),
        (
            "Nguyễn Thị Hạnh không đồng ý gia hạn, thời hạn giữ nguyên. Căn cứ: Công văn 9/UBND. "
            "Lý do: đã gia hạn hai lần."
        ),
    ),
    "submitted": (
        e.Submitted(agency="SYT", result="Đã xong", document_number="77/BC-SYT"),
        "Sở Y tế nộp kết quả. Văn bản kết quả: 77/BC-SYT. Kết quả: Đã xong.",
    ),
    "accepted": (
        e.Accepted(grade=Grade.GOOD, note=""),
        "Nguyễn Thị Hạnh chấp nhận kết quả, xếp loại “Tốt”, nhiệm vụ hoàn thành.",
    ),
    "returned": (
        e.Returned(reason="thiếu số liệu", deadline=LATER),
        "Nguyễn Thị Hạnh trả lại kết quả. Thời hạn mới: chậm nhất ngày 28/04/2023. Lý do: thiếu số liệu.",
    ),
    "suspended": (
        e.Suspended(reason="chờ Trung ương"),
        "Nguyễn Thị Hạnh tạm dừng nhiệm vụ, các mốc đôn đốc dừng lại. Lý do: chờ Trung ương.",
    ),
    "resumed": (
        e.Resumed(deadline=None, reason=""),
        "Nguyễn Thị Hạnh cho tiếp tục nhiệm vụ, thời hạn hiện nay: không thời hạn.",
    ),
    "amended": (
        e.Amended(reason="theo kết luận", coordinating_agencies=("STC", "SYT"), urgency=Urgency.URGENT),
        (
            "Nguyễn Thị Hạnh điều chỉnh nhiệm vụ. Cơ quan phối hợp: Sở Tài chính; Sở Y tế. Độ khẩn: Khẩn. "
            "Lý do: theo kết luận."
        ),
    ),
    "urged": (e.Urged(text="cần xong trong tuần"), "Nguyễn Thị Hạnh đôn đốc: cần xong trong tuần."),
    "explanation_demanded": (
        e.ExplanationDemanded(text="vì sao chậm?", respond_by=LATER),
        "Nguyễn Thị Hạnh yêu cầu giải trình: vì sao chậm? Hạn giải trình: chậm nhất ngày 28/04/2023.",
    ),
    "explained": (e.Explained(agency="SYT", text="thiếu người"), "Sở Y tế giải trình: thiếu người."),
    "contributed": (
        e.Contributed(agency="STC", opinion=Opinion.DISAGREE, text="vượt dự toán"),
        "Sở Tài chính cho ý kiến phối hợp “Không thống nhất”: vượt dự toán.",
    ),
    "commented": (e.Commented(text="đã đọc"), "Nguyễn Thị Hạnh ghi ý kiến: đã đọc."),
    "cancelled": (e.Cancelled(reason="trùng"), "Nguyễn Thị Hạnh hủy nhiệm vụ. Lý do: trùng."),
    "reopened": (
        e.Reopened(deadline=LATER, reason=""),
        "Nguyễn Thị Hạnh mở lại nhiệm vụ, thời hạn mới: chậm nhất ngày 28/04/2023.",
    ),
    "succeeded": (
        e.Succeeded(old_agency="STC", new_agency="SYT", reason=""),
        "Sở Y tế thay Sở Tài chính trong nhiệm vụ này do sắp xếp tổ chức; các mốc giữ nguyên.",
    ),
    "moment_reached": (
        e.MomentReached(
            clock=Clock.DEADLINE,
            run=2,
            step="+3",
            level=2,
            outcome="told",
            audience=(Audience.CHIEF_OF_OFFICE,),
            recipients=(e.Recipient(person="chanhvanphong"),),
        ),
        "Đã báo cáo mốc “quá hạn 3 ngày làm việc” (đôn đốc cấp 2) tới Lê Quang Dũng.",
    ),
}


def a_row(
    event: e.Event,
    actor: str = "truong.syt",
    on_behalf_of: str | None = None,
    planned_at: dt.datetime | None = None,
) -> e.Recorded:
    return e.Recorded(
        directive="QN-1",
        seq=3,
        at=AT,
        planned_at=planned_at,
        actor=actor,
        on_behalf_of=on_behalf_of,
        event=event,
    )


def union_kinds(union: object) -> set[str]:
    members = typing.get_args(typing.get_args(union)[0])
    return {member.model_fields["kind"].default for member in members}


def refusal(code: Code, **data: object) -> str:
    return refusal_sentence(code, Refused(code, **data).data, VI, DIRECTORY)


def test_every_code_every_command_and_every_event_has_its_words() -> None:
    assert set(REFUSALS) == set(Code)
    assert set(COMMANDS) == union_kinds(c.Command)
    assert set(EVENTS) == union_kinds(e.Event) | {MOMENT} == set(DONE) | {MOMENT}
    assert set(ROUTES) <= set(EVENTS)
    assert set(EVENTS_TOLD) == union_kinds(e.Event)
    assert set(AUDIENCES) == {why.value for why in Why} >= {audience.value for audience in Audience}


@pytest.mark.parametrize("code", Code)
@pytest.mark.parametrize("language", Language)
def test_every_refusal_is_a_whole_sentence_with_all_its_data_and_with_none(code: Code, language: Language) -> None:
    for data in (DATA.get(code, {}), {}):
        told = refusal_sentence(code, Refused(code, **data).data, language, DIRECTORY)

        assert told.endswith(".")
        assert not set("{}?") & set(told.replace("Có phải: ", "").replace("? Ghi", "").replace("? Write", ""))


@pytest.mark.parametrize("code", Code)
def test_the_last_sentence_of_a_refusal_needs_no_data(code: Code) -> None:
    assert holes(REFUSALS[code][-1]) == frozenset()


@pytest.mark.parametrize("code", DATA)
def test_the_fullest_sentence_is_told_when_all_data_are_there(code: Code) -> None:
    fullest = REFUSALS[code][0]
    told = refusal(code, **DATA[code])

    if code is Code.NOT_CONCERNED:  # its fullest sentence is that of a succession, which names the agency
        told = refusal(code, directive="QN-1", agency="SYT")
    for fixed in (part.split("{")[0] for part in fullest.split("}")):
        assert fixed in told


@pytest.mark.parametrize(
    ("code", "data", "told"),
    [
        (
            Code.DEADLINE_IN_PAST,
            {"due_at": "2026-11-01T17:00:00+00:00"},
            "Thời hạn 01/11/2026 đã qua. Chọn một thời hạn về sau.",
        ),
        (
            Code.DEADLINE_IN_PAST,
            {"due_at": "2026-11-01T09:00:00+00:00"},
            "Thời hạn 16:00 01/11/2026 đã qua. Chọn một thời hạn về sau.",
        ),
        (
            Code.BAD_DATE,
            {"field": "deadline", "value": "31/4/2027"},
            "“31/4/2027” không phải là ngày đúng. Ghi ngày/tháng/năm, ví dụ 12/04/2023.",
        ),
        (
            Code.UNKNOWN_AGENCY,
            {"agency": "Sở Y", "closest": "Sở Y tế; Sở Nội vụ"},
            "Không tìm thấy cơ quan “Sở Y”. Có phải: Sở Y tế; Sở Nội vụ? Ghi lại đúng tên hoặc mã cơ quan.",
        ),
        (
            Code.UNKNOWN_AGENCY,
            {"agency": "Sở Y tế, Sở Nội vụ", "unparted": "Sở Y tế; Sở Nội vụ"},
            "Chưa tách được các cơ quan phối hợp: Sở Y tế; Sở Nội vụ. Ghi dấu chấm phẩy “;” giữa các cơ quan.",
        ),
        (
            Code.UNREADABLE,
            {"field": "percent", "expected": "percent"},
            "Phần tỷ lệ hoàn thành ghi không đúng kiểu: cần số từ 0 đến 100. Kiểm tra lại rồi gửi lại.",
        ),
        (
            Code.UNREADABLE,
            {"field": "deadline", "other": "no_deadline"},
            "Phần thời hạn và phần không thời hạn không đi cùng nhau. Bỏ một trong hai rồi gửi lại.",
        ),
        (Code.UNREADABLE, {"field": "opinion"}, "Không đọc được phần ý kiến. Kiểm tra lại rồi gửi lại."),
    ],
)
def test_what_is_wrong_with_a_value_is_said_with_what_can_be_written(
    code: Code, data: dict[str, str], told: str
) -> None:
    assert refusal(code, **data) == told


def test_an_agency_that_does_not_lead_is_told_by_name_who_does() -> None:
    assert refusal(Code.NOT_LEAD_AGENCY, directive="QN-1", agency="STC", lead="SYT") == (
        "Sở Tài chính không chủ trì nhiệm vụ QN-1. Cơ quan chủ trì là Sở Y tế. Nếu phân công chưa đúng, đề nghị Văn "
        "phòng phân công lại."
    )
    assert refusal(Code.NOT_LEAD_AGENCY, directive="QN-1", agency="STC", lead=None) == (
        "Nhiệm vụ QN-1 chưa có cơ quan chủ trì. Đề nghị Văn phòng phân công trước."
    )
    assert refusal(Code.NOT_LEAD_AGENCY, directive="QN-1", agency="", lead="SYT").startswith("Nhiệm vụ QN-1 do Sở Y tế")


def test_who_comes_too_late_is_told_what_changed_when_and_by_whom() -> None:
    assert refusal(Code.WRONG_STATE, **DATA[Code.WRONG_STATE]) == (
        "Chưa báo cáo tiến độ được vì nhiệm vụ QN-1 đang ở trạng thái “Chờ thẩm định kết quả”. Gần nhất, Nguyễn Thị "
        "Hạnh đã nộp kết quả lúc 08:00 12/04/2023. Xem lại nhiệm vụ rồi chọn việc phù hợp."
    )


def test_days_and_instants_in_a_refusal_read_as_people_write_them() -> None:
    assert refusal(Code.DEADLINE_NOT_LATER, **DATA[Code.DEADLINE_NOT_LATER]) == (
        "Thời hạn 12/04/2023 không muộn hơn thời hạn hiện nay là 20/04/2023. Chọn một ngày sau ngày 20/04/2023."
    )
    assert "08:00 12/04/2023" in refusal(Code.DEADLINE_IN_PAST, due_at=AT.isoformat())
    assert "08:00 12/04/2023" in refusal(Code.EXTENSION_PENDING, directive="QN-1", since=AT)


def test_text_in_a_refusal_can_neither_open_holes_nor_break_lines() -> None:
    told = refusal(Code.UNKNOWN_PERSON, person="{actor}\r\nX\x1b[31m")

    assert "“{actor} X[31m”" in told


@pytest.mark.parametrize("kind", EVENTS_TOLD)
def test_history_tells_each_kind_of_event(kind: str) -> None:
    event, told = EVENTS_TOLD[kind]

    assert event_sentence(a_row(event), DIRECTORY, VI) == told


@pytest.mark.parametrize("kind", EVENTS_TOLD)
def test_history_in_english_has_no_hole_and_no_vietnamese_sentence(kind: str) -> None:
    event, told = EVENTS_TOLD[kind]
    english = event_sentence(a_row(event), DIRECTORY, EN)

    assert english != told
    assert not set("{}") & set(english)


def test_an_act_of_a_deputy_names_both() -> None:
    row = a_row(e.Acknowledged(agency="SYT"), actor="pho.syt", on_behalf_of="truong.syt")
    urged = a_row(e.Urged(text="gấp"), actor="pho.syt", on_behalf_of="truong.syt")

    assert event_sentence(row, DIRECTORY, VI) == (
        "Sở Y tế (Trần Văn Bình thay mặt Nguyễn Thị Hạnh) tiếp nhận nhiệm vụ."
    )
    assert event_sentence(urged, DIRECTORY, VI) == "Trần Văn Bình (thay mặt Nguyễn Thị Hạnh) đôn đốc: gấp."


def moments_told() -> Iterator[tuple[dict[str, object], dt.datetime | None, str]]:
    to = (e.Recipient(person="truong.syt"), e.Recipient(person="pho.syt", on_behalf_of="chanhvanphong"))
    yield (
        {"recipients": to, "step": "-3"},
        AT,
        "Đã nhắc mốc “trước hạn 3 ngày làm việc” tới Nguyễn Thị Hạnh; Trần Văn Bình (thay mặt Lê Quang Dũng).",
    )
    yield (
        {"recipients": to[:1], "step": "-7", "outcome": "merged"},
        AT - dt.timedelta(days=6),
        (
            "Mốc “trước hạn 7 ngày làm việc” được gộp vào một thông báo cùng mốc khác, gửi tới Nguyễn Thị Hạnh. "
            "Mốc này đáng lẽ được nhắc lúc 08:00 06/04/2023."
        ),
    )
    yield (
        {"recipients": (), "step": "-7", "vacant": (Audience.LEAD_OFFICERS,)},
        None,
        (
            "Đến mốc “trước hạn 7 ngày làm việc” của chuyên viên cơ quan chủ trì, nhưng không có ai giữ chức danh đó "
            "để nhắc. Khuyết hoặc vắng: chuyên viên cơ quan chủ trì; đã chuyển lên cấp kế tiếp."
        ),
    )


@pytest.mark.parametrize(("change", "planned_at", "told"), list(moments_told()))
def test_history_says_of_a_moment_who_heard_and_what_was_late(
    change: dict[str, typing.Any], planned_at: dt.datetime | None, told: str
) -> None:
    event = e.MomentReached(
        clock=Clock.DEADLINE,
        run=2,
        level=0,
        audience=(Audience.LEAD_OFFICERS,),
        **{"outcome": "told", **change},
    )

    assert event_sentence(a_row(event, actor=e.ENGINE, planned_at=planned_at), DIRECTORY, VI) == told


def test_long_and_hostile_text_stays_one_short_line_of_history() -> None:
    row = a_row(e.Commented(text="dòng 1\r\ndòng 2\x00\u202e " + "a" * 5000))

    told = event_sentence(row, DIRECTORY, VI)

    assert told.startswith("Nguyễn Thị Hạnh ghi ý kiến: dòng 1 dòng 2 aaa")
    assert told.endswith("a…")
    assert len(told) < 400
    assert told.isprintable()


@pytest.mark.parametrize(
    ("clock", "step", "told", "english"),
    [
        (Clock.DEADLINE, "-3", "trước hạn 3 ngày làm việc", "3 working days before the deadline"),
        (Clock.DEADLINE, "0", "vào ngày đến hạn", "on the day of the deadline"),
        (Clock.DEADLINE, "+1", "quá hạn 1 ngày làm việc", "1 working day overdue"),
        (Clock.DEADLINE, "+15", "quá hạn 15 ngày làm việc", "15 working days overdue"),
        (Clock.DEADLINE, "0h", "vào giờ đến hạn", "at the hour of the deadline"),
        (Clock.DEADLINE, "-0.5h", "trước hạn 0,5 giờ làm việc", "0.5 working hours before the deadline"),
        (Clock.ACKNOWLEDGEMENT, "+2h", "sau 2 giờ làm việc chưa tiếp nhận", "2 working hours without acknowledgement"),
        (Clock.SILENCE, "+20", "sau 20 ngày làm việc không có báo cáo", "20 working days without a report"),
        (Clock.EXPLANATION, "0", "vào ngày phải giải trình", "on the day the explanation is due"),
    ],
)
def test_a_step_reads_as_people_say_it(clock: Clock, step: str, told: str, english: str) -> None:
    assert step_words(clock, step, VI) == told
    assert step_words(clock, step, EN) == english


@pytest.mark.parametrize("clock", Clock)
@pytest.mark.parametrize("step", ["-3", "0", "+1", "+15", "-2h", "0h", "+1h"])
def test_every_step_of_every_clock_has_words_in_both_languages(clock: Clock, step: str) -> None:
    told, english = step_words(clock, step, VI), step_words(clock, step, EN)

    assert told
    assert told != english
    assert not set("{}") & set(told + english)


def test_a_step_that_is_none_is_a_mistake_of_the_code() -> None:
    with pytest.raises(ValueError, match="not a step"):
        step_words(Clock.DEADLINE, "soon", VI)


def test_a_coming_moment_says_who_hears_and_when() -> None:
    moment = Moment(
        at=AT, clock=Clock.DEADLINE, run=2, step="-3", level=0, audience=(Audience.LEAD_OFFICERS,), at_once=False
    )
    worse = moment.model_copy(update={"step": "+7", "level": 3, "audience": (Audience.VICE_CHAIRMAN,)})

    assert moment_sentence(moment, VI) == "Nhắc chuyên viên cơ quan chủ trì, trước hạn 3 ngày làm việc"
    assert moment_sentence(worse, VI) == (
        "Báo cáo Phó Chủ tịch phụ trách lĩnh vực (đôn đốc cấp 3), quá hạn 7 ngày làm việc"
    )
    assert following_sentence(AT, (Audience.CHIEF_OF_OFFICE,), 2, VI) == (
        "Nếu không có gì thay đổi, lúc 08:00 thứ Tư, 12/04/2023 hệ thống sẽ báo cáo Chánh Văn phòng (đôn đốc cấp 2)."
    )


def test_history_can_say_how_a_notice_was_sent() -> None:
    assert sent_words(AT, VI, in_digest=True) == "trong bản tổng hợp 08:00 12/04/2023"
    assert sent_words(AT, VI, in_digest=False) == "bằng thư riêng lúc 08:00 12/04/2023"


@pytest.mark.parametrize("why", Why)
def test_every_reason_to_hear_has_words_in_both_languages(why: Why) -> None:
    assert why_words(why, VI)
    assert why_words(why, EN) != why_words(why, VI)


@pytest.mark.parametrize(
    "msgid", [*COMMANDS.values(), *EVENTS.values(), *DONE.values(), *(s for told in REFUSALS.values() for s in told)]
)
def test_every_label_and_refusal_is_translated_with_the_same_holes(msgid: str) -> None:
    english = translated(msgid, EN)

    assert english != msgid
    assert holes(english) == holes(msgid)


def test_a_command_nobody_knows_is_shown_as_it_is() -> None:
    assert command_label("submit", VI) == "Nộp kết quả"
    assert command_label("dance", VI) == "dance"


@pytest.mark.parametrize(
    ("deadline", "told"),
    [
        (make_deadline(dt.date(2023, 4, 12), time=dt.time(17, 0)), "chậm nhất 17:00 ngày 12/04/2023"),
        (
            make_deadline(dt.date(2023, 4, 12), time=dt.time(17, 0), qualifier=Qualifier.BEFORE),
            "trước 17:00 ngày 12/04/2023",
        ),
    ],
)
def test_a_deadline_with_an_hour_names_it(deadline: Deadline, told: str) -> None:
    assert told in event_sentence(a_row(e.Reopened(deadline=deadline, reason="")), DIRECTORY, VI)
