"""Commands are made of the words that people give, or refused with what is wrong with which word."""

from typing import Any

import pytest
from builders import EXAMPLES, a_deadline, day, local
from pydantic import BaseModel
from standing_office import StandingOffice

from models import commands as c
from models.refusal import Code, Refused
from models.vocabulary import Grade, Opinion, Urgency
from services.acting import refuse_secrets
from services.command_words import KINDS, Words, make_command, read_deadline


def made(office: StandingOffice, kind: str, **words: Any) -> c.Command:
    return make_command(kind, Words(**words), office.reference(), office.clock)


def refused(office: StandingOffice, kind: str, **words: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        made(office, kind, **words)
    return caught.value


def without_wording(command: BaseModel) -> dict[str, Any]:
    """What a command says; a deadline by its due instant only."""

    def plain(value: Any) -> Any:
        return value["due_at"] if isinstance(value, dict) and "due_at" in value else value

    return {name: plain(value) for name, value in command.model_dump().items()}


TEN_APRIL = a_deadline("2026-04-10", "Friday")


@pytest.mark.parametrize(
    ("kind", "words", "command"),
    [
        ("assign", {"agency": "Sở Xây dựng"}, c.Assign(agency="SXD")),
        ("reassign", {"agency": "sxd", "reason": "Sai chức năng"}, c.Reassign(agency="SXD", reason="Sai chức năng")),
        ("acknowledge", {}, c.Acknowledge()),
        ("decline", {"reason": "Không thuộc chức năng"}, c.Decline(reason="Không thuộc chức năng")),
        (
            "report_progress",
            {"text": "Đang làm", "percent": 40, "attachments": ("bc.pdf",)},
            c.ReportProgress(text="Đang làm", percent=40, attachments=("bc.pdf",)),
        ),
        (
            "request_extension",
            {"deadline": "10/4/2026", "reason": "Thiếu số liệu"},
            c.RequestExtension(deadline=TEN_APRIL, reason="Thiếu số liệu"),
        ),
        (
            "decide_extension",
            {"grant": True, "citation": "Phiếu trình 15"},
            c.DecideExtension(granted=True, citation="Phiếu trình 15"),
        ),
        (
            "decide_extension",
            {"grant": False, "document": "Phiếu trình 15", "reason": "Không cần"},
            c.DecideExtension(granted=False, citation="Phiếu trình 15", reason="Không cần"),
        ),
        ("submit", {"text": "Đã xong", "document": "12/BC"}, c.Submit(result="Đã xong", document_number="12/BC")),
        ("accept", {"grade": "good", "reason": "Tốt"}, c.Accept(grade=Grade.GOOD, note="Tốt")),
        ("accept", {}, c.Accept()),
        ("return", {"reason": "Thiếu phụ lục"}, c.Return(reason="Thiếu phụ lục")),
        ("suspend", {"text": "Chờ ý kiến Bộ"}, c.Suspend(reason="Chờ ý kiến Bộ")),
        ("resume", {"deadline": "10/4/2026"}, c.Resume(deadline=TEN_APRIL)),
        ("resume", {"no_deadline": True}, c.Resume(no_deadline=True)),
        (
            "amend",
            {
                "reason": "Sửa",
                "content": "Mới",
                "urgency": "khẩn",
                "field": "Y tế",
                "leader": "pct.kinhte",
                "coordinating": ("Sở Tài chính", "SNV"),
                "deadline": "10/4/2026",
            },
            c.Amend(
                reason="Sửa",
                content="Mới",
                urgency=Urgency.URGENT,
                field="y-te",
                supervising_leader="pct.kinhte",
                coordinating_agencies=("STC", "SNV"),
                deadline=TEN_APRIL,
            ),
        ),
        ("resume", {"deadline": "không thời hạn"}, c.Resume(no_deadline=True)),
        ("amend", {"reason": "Sửa", "deadline": "Không thời hạn"}, c.Amend(reason="Sửa", no_deadline=True)),
        ("amend", {"reason": "Sửa", "coordinating": ("",)}, c.Amend(reason="Sửa", coordinating_agencies=())),
        (
            "amend",
            {"reason": "Sửa", "coordinating": ("Sở Tài chính; SNV",)},
            c.Amend(reason="Sửa", coordinating_agencies=("STC", "SNV")),
        ),
        ("amend", {"reason": "Sửa", "urgency": "very_urgent"}, c.Amend(reason="Sửa", urgency=Urgency.VERY_URGENT)),
        ("urge", {"text": "Khẩn trương"}, c.Urge(text="Khẩn trương")),
        (
            "demand_explanation",
            {"text": "Vì sao chậm?", "deadline": "10/4/2026"},
            c.DemandExplanation(text="Vì sao chậm?", respond_by=TEN_APRIL),
        ),
        ("explain", {"reason": "Thiếu số liệu"}, c.Explain(text="Thiếu số liệu")),
        (
            "contribute",
            {"opinion": "agree_with_comments", "text": "Bổ sung"},
            c.Contribute(opinion=Opinion.AGREE_WITH_COMMENTS, text="Bổ sung"),
        ),
        ("comment", {"text": "Đã trao đổi"}, c.Comment(text="Đã trao đổi")),
        ("cancel", {"reason": "Thu hồi"}, c.Cancel(reason="Thu hồi")),
        ("reopen", {"deadline": "10/4/2026", "reason": "Chưa đạt"}, c.Reopen(deadline=TEN_APRIL, reason="Chưa đạt")),
        (
            "succeed",
            {"old_agency": "Sở GTVT", "agency": "Sở Xây dựng", "reason": "Sắp xếp"},
            c.Succeed(old_agency="SGTVT", new_agency="SXD", reason="Sắp xếp"),
        ),
    ],
)
def test_words_make_the_command_they_mean(
    office: StandingOffice, kind: str, words: dict[str, Any], command: BaseModel
) -> None:
    assert without_wording(made(office, kind, **words)) == without_wording(command)


def test_what_a_terminal_would_obey_or_a_database_refuse_is_not_taken_into_a_text(office: StandingOffice) -> None:
    command = made(office, "submit", text="Đã\x00 xong\x1b[31m\nđủ\u202e", document="12/BC\n\x07")

    assert command == c.Submit(result="Đã xong[31m\nđủ", document_number="12/BC")


def test_every_command_on_a_known_directive_can_be_given_in_words() -> None:
    assert set(KINDS) == set(EXAMPLES) - {"register", "move_in"}


@pytest.mark.parametrize("kind", ["report_progress", "report-progress", "Report Progress", "REPORT_PROGRESS"])
def test_a_command_is_known_however_its_name_is_written(office: StandingOffice, kind: str) -> None:
    assert made(office, kind, text="x").kind == "report_progress"


@pytest.mark.parametrize("kind", ["", "delete", "register", "move_in"])
def test_a_command_that_nobody_knows_is_refused_with_those_that_there_are(office: StandingOffice, kind: str) -> None:
    problem = refused(office, kind)

    assert problem.code is Code.UNKNOWN_COMMAND
    assert "report_progress" in problem.data["commands"]


@pytest.mark.parametrize(
    ("kind", "words", "code", "names"),
    [
        ("assign", {}, Code.MISSING, {"field": "agency"}),
        ("assign", {"agency": "Sở Y tê tỉnh"}, Code.UNKNOWN_AGENCY, {"agency": "Sở Y tê tỉnh"}),
        ("succeed", {"agency": "SXD"}, Code.MISSING, {"field": "agency"}),
        ("decide_extension", {"citation": "x"}, Code.MISSING, {"field": "granted"}),
        ("contribute", {"text": "x"}, Code.MISSING, {"field": "opinion"}),
        (
            "contribute",
            {"opinion": "hay lắm"},
            Code.UNKNOWN_VALUE,
            {"field": "opinion", "value": "hay lắm", "values": "agree, agree_with_comments, disagree, nothing_to_add"},
        ),
        (
            "accept",
            {"grade": "tuyệt"},
            Code.UNKNOWN_VALUE,
            {"field": "grade", "value": "tuyệt", "values": "excellent, good, satisfactory, poor"},
        ),
        (
            "report_progress",
            {"text": "x", "percent": 101},
            Code.UNREADABLE,
            {"field": "percent", "expected": "percent"},
        ),
        (
            "resume",
            {"deadline": "10/4/2026", "no_deadline": True},
            Code.UNREADABLE,
            {"field": "deadline", "other": "no_deadline"},
        ),
        ("request_extension", {"reason": "x", "deadline": "không thời hạn"}, Code.DEADLINE_REQUIRED, {}),
        ("decide_extension", {"grant": True, "deadline": "không thời hạn"}, Code.DEADLINE_REQUIRED, {}),
        ("reopen", {"deadline": "tuần sau"}, Code.BAD_DATE, {"unclear": "tuần sau"}),
        ("report_progress", {"text": "x" * 10_001}, Code.TOO_LONG, {"field": "text", "limit": "10000"}),
        ("comment", {"text": "x" * 4_001}, Code.TOO_LONG, {"field": "text", "limit": "4000"}),
        ("submit", {"text": "x", "document": "x" * 101}, Code.TOO_LONG, {"field": "document_number", "limit": "100"}),
        ("return", {"reason": "x", "deadline": "31/4/2026"}, Code.BAD_DATE, {"value": "31/4/2026"}),
        ("amend", {"reason": "x", "urgency": "gấp lắm"}, Code.UNKNOWN_URGENCY, {"urgency": "gấp lắm"}),
        ("amend", {"reason": "x", "field": "Vũ trụ"}, Code.UNKNOWN_FIELD, {"field_of_work": "Vũ trụ"}),
        ("amend", {"reason": "x", "leader": "Ai đó"}, Code.UNKNOWN_PERSON, {"person": "Ai đó"}),
        ("amend", {"reason": "x", "coordinating": ("Sở Không",)}, Code.UNKNOWN_AGENCY, {"agency": "Sở Không"}),
    ],
)
def test_a_word_that_does_not_fit_is_refused_and_named(
    office: StandingOffice, kind: str, words: dict[str, Any], code: Code, names: dict[str, str]
) -> None:
    problem = refused(office, kind, **words)

    assert problem.code is code
    assert names.items() <= problem.data.items()


def test_an_unknown_agency_is_refused_with_the_three_closest(office: StandingOffice) -> None:
    closest = refused(office, "assign", agency="Sở Y tê tỉnh").data["closest"].split("; ")

    assert len(closest) == 3
    assert "Sở Y tế" in closest


def test_a_deadline_and_none_at_once_are_refused(office: StandingOffice) -> None:
    assert refused(office, "resume", deadline="10/4/2026", no_deadline=True).code is Code.UNREADABLE


def test_a_period_counts_from_today_local_also_after_midnight(office: StandingOffice) -> None:
    office.clock = local("Thu 2026-03-05 00:30")

    found = read_deadline("5 ngày làm việc", office.reference(), office.clock)

    assert found is not None
    assert found.day == day("2026-03-12", "Thursday")


def test_no_words_are_no_deadline(office: StandingOffice) -> None:
    assert read_deadline("  ", office.reference(), office.clock) is None


@pytest.mark.parametrize(
    "command",
    [
        c.Submit(result="TỐI MẬT: kết quả"),
        c.ReportProgress(text="x", attachments=("Công văn (MẬT).pdf", "ĐỘ MẬT: MẬT")),
        c.Comment(text="Độ mật: Tuyệt mật"),
    ],
)
def test_a_state_secret_is_refused_in_any_text_of_a_command(command: c.Command) -> None:
    with pytest.raises(Refused) as caught:
        refuse_secrets(command)

    assert caught.value.code is Code.STATE_SECRET


def test_ordinary_words_are_no_secret() -> None:
    refuse_secrets(c.Submit(result="Giữ bí mật kinh doanh; bảo mật thông tin", document_number="12/BC"))
    refuse_secrets(c.Amend(reason="x", deadline=a_deadline("2026-04-10"), coordinating_agencies=("STC",)))
