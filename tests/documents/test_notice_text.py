import datetime as dt

import pytest

from documents.language import Language
from documents.notice_text import NoticeText, render
from models.deadline import make_deadline
from models.directory import Agency, Directory, Person
from models.notices import MOMENT, ROUTES, NextStep, NoticeContent, ReachedStep
from models.vocabulary import Audience, Clock, Status, Urgency, Why

VI, EN = Language.VI, Language.EN
BASE = "https://dondoc.quangngai.gov.vn"
DIRECTORY = Directory(
    agencies=(
        Agency(code="SYT", name="Sở Y tế", kind="department"),
        Agency(code="STC", name="Sở Tài chính", kind="department"),
    ),
    people=(
        Person(code="truong.syt", name="Nguyễn Thị Hạnh"),
        Person(code="chanhvanphong", name="Lê Quang Dũng"),
    ),
)


def local(day: int, hour: int = 8, month: int = 4) -> dt.datetime:
    """An instant of 2023 by its local time."""
    return dt.datetime(2023, month, day, hour - 7, tzinfo=dt.UTC)


def a_step(step: str, day: int, level: int = 0, clock: Clock = Clock.DEADLINE) -> ReachedStep:
    return ReachedStep(clock=clock, step=step, planned_at=local(day), level=level)


def a_notice(**changed: object) -> NoticeContent:
    """By default the reminder three working days before Monday, 17 April 2023."""
    values: dict[str, object] = {
        "kind": MOMENT,
        "code": "QN-2026-0123",
        "content": "Báo cáo tình hình dịch sốt xuất huyết trên địa bàn tỉnh",
        "document_number": "1234/UBND-KTTH",
        "lead_agency": "SYT",
        "status": Status.IN_PROGRESS,
        "urgency": Urgency.NORMAL,
        "deadline": make_deadline(dt.date(2023, 4, 17)),
        "days_left": 3,
        "why": (Why.LEAD_OFFICERS,),
        "actor": "engine",
        "steps": (a_step("-3", 12),),
        "following": NextStep(
            at=local(14), clock=Clock.DEADLINE, audience=(Audience.LEAD_OFFICERS, Audience.LEAD_HEAD), level=0
        ),
    }
    return NoticeContent.model_validate({**values, **changed})


def of_an_act(kind: str, **changed: object) -> NoticeContent:
    return a_notice(**{"kind": kind, "steps": (), "actor": "chanhvanphong", **changed})


def told(
    content: NoticeContent, language: Language = VI, *, recipient: str = "", at: dt.datetime | None = None
) -> NoticeText:
    return render(content, DIRECTORY, language, BASE, recipient=recipient, at=at)


def test_a_reminder_says_why_it_came_what_comes_next_and_how_to_act() -> None:
    text = told(a_notice(), recipient="chuyenvien.syt")

    assert text.subject == "[QN-2026-0123] Sở Y tế: còn 3 ngày làm việc – Nhắc hạn"
    assert text.link == "https://dondoc.quangngai.gov.vn/directives/QN-2026-0123"
    assert text.text == (
        "Nhắc việc: trước hạn 3 ngày làm việc.\n"
        "\n"
        "Mã nhiệm vụ: QN-2026-0123\n"
        "Nội dung nhiệm vụ: Báo cáo tình hình dịch sốt xuất huyết trên địa bàn tỉnh\n"
        "Văn bản: 1234/UBND-KTTH\n"
        "Cơ quan chủ trì: Sở Y tế\n"
        "Thời hạn: chậm nhất ngày 17/04/2023 (còn 3 ngày làm việc)\n"
        "Trạng thái: Đang thực hiện\n"
        "\n"
        "Vì sao có thông báo này: Theo thang đôn đốc, chuyên viên cơ quan chủ trì được nhắc ở mốc “trước hạn 3 ngày "
        "làm việc”.\n"
        "Tiếp theo: Nếu không có gì thay đổi, lúc 08:00 thứ Sáu, 14/04/2023 hệ thống sẽ nhắc chuyên viên cơ quan chủ "
        "trì, thủ trưởng cơ quan chủ trì.\n"
        "Cách xử lý: Cơ quan chủ trì: báo cáo tiến độ, nộp kết quả hoặc xin gia hạn.\n"
        "\n"
        "https://dondoc.quangngai.gov.vn/directives/QN-2026-0123\n"
        "  dondoc do QN-2026-0123 report_progress --as chuyenvien.syt\n"
        "  dondoc do QN-2026-0123 submit --as chuyenvien.syt\n"
        "  dondoc do QN-2026-0123 request_extension --as chuyenvien.syt\n"
    )


def test_an_escalation_names_its_level_and_what_its_reader_can_do() -> None:
    text = told(
        a_notice(
            days_left=-3,
            level=2,
            steps=(a_step("+3", 20, level=2),),
            why=(Why.CHIEF_OF_OFFICE,),
            following=NextStep(at=local(26), clock=Clock.DEADLINE, audience=(Audience.VICE_CHAIRMAN,), level=3),
        ),
        recipient="chanhvanphong",
    )

    assert text.subject == "[QN-2026-0123] Sở Y tế: quá hạn 3 ngày làm việc – Đôn đốc cấp 2"
    assert text.headline == "Đôn đốc cấp 2: quá hạn 3 ngày làm việc."
    assert text.level == 2
    assert text.why == "Theo thang đôn đốc, Chánh Văn phòng được nhắc ở mốc “quá hạn 3 ngày làm việc”."
    assert text.next == (
        "Nếu không có gì thay đổi, lúc 08:00 thứ Tư, 26/04/2023 hệ thống sẽ báo cáo Phó Chủ tịch phụ trách lĩnh vực "
        "(đôn đốc cấp 3)."
    )
    assert text.act == "Văn phòng, lãnh đạo: đôn đốc, yêu cầu giải trình hoặc phân công lại."
    assert "dondoc do QN-2026-0123 demand_explanation --as chanhvanphong" in text.commands


def test_after_an_outage_one_message_of_the_highest_step_names_what_was_missed() -> None:
    steps = (a_step("-3", 12), a_step("+1", 18, level=1), a_step("-1", 14))
    text = told(a_notice(days_left=-1, level=1, steps=steps), at=local(18, hour=10))

    assert text.headline == "Đôn đốc cấp 1: quá hạn 1 ngày làm việc."
    assert text.remarks == (
        "Mốc “trước hạn 3 ngày làm việc” đáng lẽ được nhắc lúc 08:00 12/04/2023.",
        "Mốc “trước hạn 1 ngày làm việc” đáng lẽ được nhắc lúc 08:00 14/04/2023.",
        "Mốc “quá hạn 1 ngày làm việc” đáng lẽ được nhắc lúc 08:00 18/04/2023.",
    )


def test_a_reminder_on_time_speaks_of_nothing_missed() -> None:
    assert told(a_notice(), at=local(12) + dt.timedelta(seconds=20)).remarks == ()
    assert told(a_notice()).remarks == ()


def test_an_assignment_says_which_steps_it_covers_and_for_whom_the_deputy_reads() -> None:
    text = told(
        of_an_act(
            "assigned",
            status=Status.ASSIGNED,
            days_left=2,
            covered=("-7", "-3"),
            on_behalf_of="truong.syt",
            why=(Why.LEAD_HEAD,),
            text="Đề nghị làm ngay",
        )
    )

    assert text.subject == "[QN-2026-0123] Sở Y tế: còn 2 ngày làm việc – Phân công nhiệm vụ"
    assert text.headline == "Nhiệm vụ được giao cho Sở Y tế chủ trì."
    assert text.why == (
        "Thông báo này gửi tới thủ trưởng cơ quan chủ trì vì Lê Quang Dũng đã phân công cơ quan chủ trì."
    )
    assert text.remarks == (
        "Đồng chí nhận thông báo này thay mặt Nguyễn Thị Hạnh.",
        (
            "Các mốc đã qua, thông báo này thay cho việc nhắc riêng từng mốc: trước hạn 7 ngày làm việc; trước hạn 3 "
            "ngày làm việc."
        ),
    )
    assert text.act == "Cơ quan chủ trì: tiếp nhận nhiệm vụ; nếu không đúng chức năng thì từ chối và nêu lý do."
    assert "Nội dung trao đổi:\n  Đề nghị làm ngay\n" in text.text
    assert "acknowledge --as '<mã người dùng>'" not in text.text
    assert "acknowledge --as <mã người dùng>" in text.text


def test_the_earlier_lead_agency_hears_who_leads_now_and_that_it_hears_no_more() -> None:
    text = told(of_an_act("assigned", previous_agency="STC", why=(Why.PREVIOUS_LEAD_AGENCY,)))

    assert text.headline == "Nhiệm vụ được chuyển từ Sở Tài chính sang Sở Y tế chủ trì."
    assert text.remarks == ("Cơ quan chủ trì trước đây không còn nhận nhắc việc về nhiệm vụ này.",)
    assert text.act == "Cơ quan chủ trì trước đây: bàn giao hồ sơ cho cơ quan chủ trì mới."
    assert text.commands == ()


def test_a_demand_for_an_explanation_says_how_to_explain() -> None:
    text = told(of_an_act("explanation_demanded", text="Vì sao chậm?", following=None))

    assert text.subject == "[QN-2026-0123] Sở Y tế: còn 3 ngày làm việc – Phải giải trình"
    assert text.headline == "Lê Quang Dũng đã yêu cầu giải trình."
    assert text.next == "Sau thông báo này không còn mốc đôn đốc nào."
    assert text.commands == ("dondoc do QN-2026-0123 explain --as <mã người dùng>",)


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.CANCELLED])
def test_what_is_closed_speaks_neither_of_days_left_nor_of_more_reminders(status: Status) -> None:
    text = told(of_an_act("accepted", status=status))

    assert text.subject == "[QN-2026-0123] Sở Y tế – Kết quả được chấp nhận"
    assert text.next == "Nhiệm vụ đã kết thúc, hệ thống không nhắc nữa."
    assert text.act == "Không cần làm gì thêm; có thể xem lại nhiệm vụ."


def test_a_suspended_directive_says_that_its_clocks_stand_still() -> None:
    text = told(of_an_act("suspended", status=Status.SUSPENDED, following=None))

    assert text.subject == "[QN-2026-0123] Sở Y tế – Nhiệm vụ tạm dừng"
    assert text.next == "Nhiệm vụ đang tạm dừng, hệ thống không nhắc cho đến khi tiếp tục."


def test_a_directive_that_nobody_leads_says_so_in_the_place_of_the_agency() -> None:
    handout = a_step("+1", 12, clock=Clock.HANDOUT)
    text = told(a_notice(lead_agency=None, status=Status.REGISTERED, steps=(handout,), why=(Why.MONITORING_OFFICER,)))

    assert text.subject == "[QN-2026-0123] Chưa phân công: còn 3 ngày làm việc – Nhắc phân công"
    assert text.act == "Văn phòng: phân công cơ quan chủ trì."


def test_the_office_under_review_is_not_told_of_days_that_no_longer_run() -> None:
    review = a_step("+2", 20, clock=Clock.REVIEW)
    text = told(a_notice(status=Status.SUBMITTED, steps=(review,), why=(Why.MONITORING_OFFICER,)))

    assert text.subject == "[QN-2026-0123] Sở Y tế – Nhắc thẩm định kết quả"
    assert text.act == "Văn phòng, lãnh đạo: chấp nhận kết quả, hoặc trả lại và nêu lý do."


def test_a_flash_directive_counts_in_hours_also_in_the_subject() -> None:
    text = told(
        a_notice(urgency=Urgency.FLASH, days_left=0, level=1, steps=(a_step("+2h", 12, level=1),)),
    )

    assert text.subject == "[QN-2026-0123] Sở Y tế: quá hạn 2 giờ làm việc – Đôn đốc cấp 1"
    assert "Độ khẩn: Hỏa tốc\n" in text.text


def test_the_subject_is_one_line_whatever_people_wrote() -> None:
    directory = Directory(agencies=(Agency(code="X", name="Sở\r\nBcc: ai@do.vn \u2028 " + "x" * 150, kind="body"),))
    text = render(a_notice(code="QN\r\nBcc: a@b", lead_agency="X"), directory, VI, BASE)

    assert text.subject.isprintable()
    assert text.subject.startswith("[QN Bcc: a@b] Sở Bcc: ai@do.vn xxx")
    assert len(text.subject) <= 250
    assert text.link == f"{BASE}/directives/QN%0D%0ABcc%3A%20a%40b"
    assert "dondoc do 'QN Bcc: a@b' submit" in text.text


def test_what_somebody_wrote_cannot_look_like_our_own_lines() -> None:
    text = told(of_an_act("urged", text="Làm ngay\r\nTiếp theo: không cần làm gì\x00\u202e"))

    assert "Nội dung trao đổi:\n  Làm ngay\n  Tiếp theo: không cần làm gì\n" in text.text
    assert text.said == "Làm ngay\nTiếp theo: không cần làm gì"


@pytest.mark.parametrize("kind", [MOMENT, *ROUTES])
@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("language", Language)
def test_every_notice_in_every_status_has_all_that_its_reader_needs(
    kind: str, status: Status, language: Language
) -> None:
    steps = (a_step("-3", 12),) if kind == MOMENT else ()
    for why in Why:
        text = told(a_notice(kind=kind, status=status, steps=steps, why=(why,)), language)

        assert text.subject
        assert text.headline
        assert text.why
        assert text.next
        assert text.act
        assert text.link in text.text
        assert not set("{}") & set(text.subject + text.text)


def test_a_reader_with_two_parts_is_told_what_each_can_do() -> None:
    text = told(a_notice(why=(Why.LEAD_HEAD, Why.LEAD_OFFICERS, Why.CHIEF_OF_OFFICE)))

    assert text.act == (
        "Cơ quan chủ trì: báo cáo tiến độ, nộp kết quả hoặc xin gia hạn. "
        "Văn phòng, lãnh đạo: đôn đốc, yêu cầu giải trình hoặc phân công lại."
    )


def test_the_same_notice_in_english() -> None:
    text = told(a_notice(), EN)

    assert text.subject == "[QN-2026-0123] Sở Y tế: 3 working days left – Reminder of the deadline"
    assert text.why == (
        "By the reminder ladder, this goes to the lead agency's officers at “3 working days before the deadline”."
    )
