"""History in sentences: what each event of the ledger says to a person."""

from datetime import timedelta
from typing import Final, assert_never

from documents.dates import short_instant
from documents.language import N_, Language, sentence
from documents.moment_words import audience_words, step_words
from documents.phrases import Names, deadline_words, one_line, person_words, whole
from models import events as e
from models.attachments import read_reference

LATE: Final = timedelta(minutes=5)
"""From so much later than planned on, history says when a moment should have been told."""


class _Story:
    """One ledger row being told: its sentences, one after the other."""

    def __init__(self, row: e.Recorded, names: Names, language: Language) -> None:
        self.row = row
        self.names = names
        self.language = language
        self.sentences: list[str] = []

    def tell(self, msgid: str, **data: object) -> None:
        """Add a sentence; `{actor}` is who acted."""
        actor = person_words(self.row.actor, self.names, self.language, self.row.on_behalf_of)
        self.sentences.append(sentence(msgid, self.language, **{"actor": actor, **data}))

    def agency(self, code: str | None) -> str:
        return self.names.agency_name(code)

    def acting(self, code: str) -> str:
        """The agency that acted, and who did it where he stands in for somebody."""
        if self.row.on_behalf_of is None:
            return self.agency(code)
        return sentence(
            N_("{agency} ({person} thay mặt {principal})"),
            self.language,
            agency=self.agency(code),
            person=self.names.person_name(self.row.actor),
            principal=self.names.person_name(self.row.on_behalf_of),
        )

    def reason(self, text: str) -> None:
        if text.strip():
            self.tell(N_("Lý do: {text}"), text=whole(text))

    def attachments(self, files: tuple[str, ...]) -> None:
        if files:
            self.tell(N_("Kèm theo: {files}."), files=[one_line(read_reference(file)[1]) for file in files])


def event_sentence(row: e.Recorded, names: Names, language: Language) -> str:
    """Tell what happened in one row of the ledger: "Sở Y tế báo cáo tiến độ 60%: …".

    Long texts are cut; the whole text stands in the ledger.
    """
    story = _Story(row, names, language)
    match row.event:
        case e.Registered() | e.MovedIn() | e.Assigned() | e.Acknowledged() | e.Declined() | e.Succeeded() as event:
            _tell_handing_out(story, event)
        case e.ProgressReported() | e.Contributed() | e.Commented() | e.Explained() | e.Submitted() as event:
            _tell_work(story, event)
        case e.ExtensionRequested() | e.ExtensionDecided() | e.Accepted() | e.Returned() as event:
            _tell_decision(story, event)
        case e.MomentReached() as event:
            _tell_moment(story, event)
        case (
            e.Suspended()
            | e.Resumed()
            | e.Amended()
            | e.Urged()
            | e.ExplanationDemanded()
            | e.Cancelled()
            | e.Reopened() as event
        ):
            _tell_direction(story, event)
        case _:
            assert_never(row.event)
    return " ".join(story.sentences)


def _tell_handing_out(
    story: _Story,
    event: e.Registered | e.MovedIn | e.Assigned | e.Acknowledged | e.Declined | e.Succeeded,
) -> None:
    match event:
        case e.Registered():
            _tell_registered(story, event)
        case e.MovedIn():
            story.tell(
                N_("{actor} nhập từ bảng theo dõi cũ: {agency} đã báo cáo kết quả lúc {reported_at}."),
                agency=story.agency(event.lead_agency),
                reported_at=event.reported_at,
            )
            if event.result_document:
                story.tell(N_("Văn bản kết quả: {number}."), number=one_line(event.result_document))
        case e.Assigned():
            msgid = N_("{actor} phân công {agency} chủ trì.")
            if event.previous is not None and event.previous != event.agency:
                msgid = N_("{actor} phân công {agency} chủ trì, thay {previous}.")
            story.tell(msgid, agency=story.agency(event.agency), previous=story.agency(event.previous))
            story.reason(event.reason)
            _tell_lapsed(story, event.lapsed)
        case e.Acknowledged():
            story.tell(N_("{agency} tiếp nhận nhiệm vụ."), agency=story.acting(event.agency))
        case e.Declined():
            story.tell(N_("{agency} từ chối tiếp nhận nhiệm vụ."), agency=story.acting(event.agency))
            story.reason(event.reason)
            _tell_lapsed(story, event.lapsed)
        case e.Succeeded():
            story.tell(
                N_("{new_agency} thay {old_agency} trong nhiệm vụ này do sắp xếp tổ chức; các mốc giữ nguyên."),
                new_agency=story.agency(event.new_agency),
                old_agency=story.agency(event.old_agency),
            )
            story.reason(event.reason)
        case _:
            assert_never(event)


def _tell_lapsed(story: _Story, lapsed: tuple[e.Lapsed, ...]) -> None:
    for one in lapsed:
        who = story.names.person_name(one.actor)
        if one.what == "extension":
            story.tell(N_("Đề nghị gia hạn của {who} hết hiệu lực, chưa được quyết định."), who=who)
        else:
            story.tell(N_("Yêu cầu giải trình của {who} hết hiệu lực, chưa được trả lời."), who=who)


def _tell_registered(story: _Story, event: e.Registered) -> None:
    content, number = whole(event.content), one_line(event.document.number)
    msgid = (
        N_("{actor} đăng ký nhiệm vụ theo văn bản {number}: {content}")
        if number
        else N_("{actor} đăng ký nhiệm vụ: {content}")
    )
    story.tell(msgid, number=number, content=content)
    story.tell(N_("Thời hạn: {deadline}."), deadline=deadline_words(event.deadline, story.language))
    if event.imposed_deadline is not None:
        imposed = deadline_words(event.imposed_deadline, story.language)
        story.tell(N_("Hạn cấp trên giao: {deadline}."), deadline=imposed)


def _tell_work(
    story: _Story, event: e.ProgressReported | e.Contributed | e.Commented | e.Explained | e.Submitted
) -> None:
    match event:
        case e.ProgressReported():
            text = whole(event.text)
            if event.percent is None:
                msgid = N_("{agency} báo cáo tiến độ: {text}") if text else N_("{agency} báo cáo tiến độ.")
            else:
                msgid = (
                    N_("{agency} báo cáo tiến độ {percent}%: {text}")
                    if text
                    else N_("{agency} báo cáo tiến độ {percent}%.")
                )
            story.tell(msgid, agency=story.acting(event.agency), percent=event.percent, text=text)
            story.attachments(event.attachments)
            if event.waiting_for:
                agencies = [story.agency(code) for code in event.waiting_for]
                story.tell(N_("Đang chờ ý kiến phối hợp của {agencies}."), agencies=agencies)
        case e.Contributed():
            msgid = (
                N_("{agency} cho ý kiến phối hợp “{opinion}”: {text}")
                if event.text.strip()
                else N_("{agency} cho ý kiến phối hợp “{opinion}”.")
            )
            story.tell(msgid, agency=story.acting(event.agency), opinion=event.opinion, text=whole(event.text))
        case e.Commented():
            story.tell(N_("{actor} ghi ý kiến: {text}"), text=whole(event.text))
        case e.Explained():
            story.tell(N_("{agency} giải trình: {text}"), agency=story.acting(event.agency), text=whole(event.text))
        case e.Submitted():
            story.tell(N_("{agency} nộp kết quả."), agency=story.acting(event.agency))
            if event.document_number:
                story.tell(N_("Văn bản kết quả: {number}."), number=one_line(event.document_number))
            if event.result.strip():
                story.tell(N_("Kết quả: {text}"), text=whole(event.result))
            story.attachments(event.attachments)
        case _:
            assert_never(event)


def _tell_decision(story: _Story, event: e.ExtensionRequested | e.ExtensionDecided | e.Accepted | e.Returned) -> None:
    match event:
        case e.ExtensionRequested():
            deadline = deadline_words(event.deadline, story.language)
            story.tell(N_("{actor} xin gia hạn, thời hạn đề nghị: {deadline}."), deadline=deadline)
            story.reason(event.reason)
        case e.ExtensionDecided():
            if event.granted:
                deadline = deadline_words(event.deadline, story.language)
                story.tell(N_("{actor} đồng ý gia hạn, thời hạn mới: {deadline}."), deadline=deadline)
            else:
                story.tell(N_("{actor} không đồng ý gia hạn, thời hạn giữ nguyên."))
            if event.citation.strip():
                story.tell(N_("Căn cứ: {text}"), text=whole(event.citation))
            story.reason(event.reason)
        case e.Accepted():
            if event.grade is None:
                story.tell(N_("{actor} chấp nhận kết quả, nhiệm vụ hoàn thành."))
            else:
                story.tell(N_("{actor} chấp nhận kết quả, xếp loại “{grade}”, nhiệm vụ hoàn thành."), grade=event.grade)
            if event.note.strip():
                story.tell(N_("Ghi chú: {text}"), text=whole(event.note))
        case e.Returned():
            story.tell(N_("{actor} trả lại kết quả."))
            if event.deadline is not None:
                story.tell(N_("Thời hạn mới: {deadline}."), deadline=deadline_words(event.deadline, story.language))
            story.reason(event.reason)
        case _:
            assert_never(event)


def _tell_direction(
    story: _Story,
    event: e.Suspended | e.Resumed | e.Amended | e.Urged | e.ExplanationDemanded | e.Cancelled | e.Reopened,
) -> None:
    match event:
        case e.Suspended():
            story.tell(N_("{actor} tạm dừng nhiệm vụ, các mốc đôn đốc dừng lại."))
            story.reason(event.reason)
        case e.Resumed():
            story.tell(
                N_("{actor} cho tiếp tục nhiệm vụ, thời hạn hiện nay: {deadline}."),
                deadline=deadline_words(event.deadline, story.language),
            )
            story.reason(event.reason)
        case e.Amended():
            story.tell(N_("{actor} điều chỉnh nhiệm vụ."))
            _tell_amended(story, event)
            story.reason(event.reason)
        case e.Urged():
            story.tell(N_("{actor} đôn đốc: {text}"), text=whole(event.text))
        case e.ExplanationDemanded():
            story.tell(N_("{actor} yêu cầu giải trình: {text}"), text=whole(event.text))
            if event.respond_by is not None:
                deadline = deadline_words(event.respond_by, story.language)
                story.tell(N_("Hạn giải trình: {deadline}."), deadline=deadline)
        case e.Cancelled():
            story.tell(N_("{actor} hủy nhiệm vụ."))
            story.reason(event.reason)
        case e.Reopened():
            deadline = deadline_words(event.deadline, story.language)
            story.tell(N_("{actor} mở lại nhiệm vụ, thời hạn mới: {deadline}."), deadline=deadline)
            story.reason(event.reason)
        case _:
            assert_never(event)


def _tell_amended(story: _Story, event: e.Amended) -> None:
    if event.content is not None:
        story.tell(N_("Nội dung mới: {text}"), text=whole(event.content))
    if event.deadline is not None or event.no_deadline:
        story.tell(N_("Thời hạn mới: {deadline}."), deadline=deadline_words(event.deadline, story.language))
    if event.coordinating_agencies is not None:
        agencies = [story.agency(code) for code in event.coordinating_agencies]
        if agencies:
            story.tell(N_("Cơ quan phối hợp: {agencies}."), agencies=agencies)
        else:
            story.tell(N_("Không còn cơ quan phối hợp."))
    if event.released:
        released = [story.agency(code) for code in event.released]
        story.tell(N_("Thôi phối hợp: {agencies}."), agencies=released)
    if event.urgency is not None:
        story.tell(N_("Độ khẩn: {urgency}."), urgency=event.urgency)
    if event.field is not None:
        story.tell(N_("Lĩnh vực: {field}."), field=one_line(event.field))
    if event.supervising_leader is not None:
        leader = story.names.person_name(event.supervising_leader)
        story.tell(N_("Lãnh đạo phụ trách: {leader}."), leader=leader)


def _tell_moment(story: _Story, event: e.MomentReached) -> None:
    row = story.row
    recipients = [
        person_words(recipient.person, story.names, story.language, recipient.on_behalf_of)
        for recipient in event.recipients
    ]
    data = {
        "step": step_words(event.clock, event.step, story.language),
        "people": recipients,
        "level": event.level,
        "audience": audience_words(event.audience, story.language),
    }
    if not recipients:
        story.tell(N_("Đến mốc “{step}” của {audience}, nhưng không có ai giữ chức danh đó để nhắc."), **data)
    elif event.outcome == "merged":
        story.tell(N_("Mốc “{step}” được gộp vào một thông báo cùng mốc khác, gửi tới {people}."), **data)
    elif event.level:
        story.tell(N_("Đã báo cáo mốc “{step}” (đôn đốc cấp {level}) tới {people}."), **data)
    else:
        story.tell(N_("Đã nhắc mốc “{step}” tới {people}."), **data)
    if row.planned_at is not None and row.at - row.planned_at >= LATE:
        story.tell(N_("Mốc này đáng lẽ được nhắc lúc {planned_at}."), planned_at=short_instant(row.planned_at))
    if event.vacant:
        vacant = audience_words(event.vacant, story.language)
        story.tell(N_("Khuyết hoặc vắng: {vacant}; đã chuyển lên cấp kế tiếp."), vacant=vacant)
