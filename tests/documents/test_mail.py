import datetime as dt
import email
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser

import pytest

from documents.language import Language
from documents.mail import (
    Envelope,
    MailNotice,
    UnusableAddress,
    compose,
    compose_bundle,
    compose_single,
    is_usable,
    message_id,
    sender_domain,
    thread_root,
)
from models.deadline import make_deadline
from models.directory import Agency, Directory, Person
from models.notices import MOMENT, NoticeContent, ReachedStep
from models.vocabulary import Clock, Status, Urgency, Why

VI = Language.VI
DOMAIN = "quangngai.gov.vn"
SENDER = f"Đôn Đốc – Văn phòng UBND tỉnh <dondoc@{DOMAIN}>"
BASE = "https://dondoc.quangngai.gov.vn"
MORNING = dt.datetime(2023, 4, 12, 1, tzinfo=dt.UTC)  # Wednesday, 08:00 local time
LONG_NAME = "Nguyễn Thị Phương Thảo Đặng Trần Côn Lê Văn Đệ Nguyễn Thị Minh Khai"
DIRECTORY = Directory(
    agencies=(Agency(code="SYT", name="Sở Y tế", kind="department"),),
    people=(
        Person(code="truong.syt", name=LONG_NAME, email="truong.syt@quangngai.gov.vn"),
        Person(code="xau", name="Ai\r\nBcc: khac@do.vn", email="xau@quangngai.gov.vn"),
        Person(code="the", name='<img src="x">', email="the@quangngai.gov.vn"),
    ),
)


def a_notice(
    code: str = "QN-2026-0123",
    days_left: int | None = 3,
    level: int = 0,
    *,
    content: str = "Báo cáo tình hình dịch",
    text: str = "",
    at_once: bool = False,
    status: Status = Status.IN_PROGRESS,
) -> MailNotice:
    step = ReachedStep(clock=Clock.DEADLINE, step="-3", planned_at=MORNING, level=level)
    return MailNotice(
        content=NoticeContent(
            kind=MOMENT,
            code=code,
            content=content,
            lead_agency="SYT",
            status=status,
            urgency=Urgency.NORMAL,
            deadline=None if days_left is None else make_deadline(dt.date(2023, 4, 17)),
            days_left=days_left,
            level=level,
            why=(Why.LEAD_HEAD,),
            actor="engine",
            text=text,
            steps=(step,),
        ),
        at=MORNING,
        at_once=at_once,
    )


def an_envelope(recipient: str = "truong.syt", address: str = "truong.syt@quangngai.gov.vn") -> Envelope:
    return Envelope(
        sender=SENDER,
        recipient=recipient,
        address=address,
        date=MORNING,
        message_id=message_id(["QN-2026-0123/3/truong.syt"], DOMAIN),
        base_url=BASE,
    )


def read(message: bytes) -> EmailMessage:
    return email.message_from_bytes(message, policy=default)


def shown(message: bytes, header: str) -> str:
    """A header as a mail reader shows it, by the rules of RFC 2047."""
    raw = email.message_from_bytes(message)[header]
    return str(make_header(decode_header(raw)))


def part(message: bytes, kind: str) -> str:
    body = read(message).get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


class Elements(HTMLParser):
    """The elements of a page, in order, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.tags.append(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_one_notice_is_one_mail_in_plain_text_and_html_with_the_same_words() -> None:
    message = compose(an_envelope(), [a_notice()], DIRECTORY, VI)
    plain, page = part(message, "plain"), Elements(part(message, "html"))

    assert read(message).get_content_type() == "multipart/alternative"
    assert [str(piece.get_content_charset()) for piece in read(message).iter_parts()] == ["utf-8", "utf-8"]
    assert shown(message, "Subject") == "[QN-2026-0123] Sở Y tế: còn 3 ngày làm việc – Nhắc hạn"
    assert plain.startswith(f"Kính gửi {LONG_NAME},\n\nNhắc việc: trước hạn 3 ngày làm việc.\n")
    for words in ("Báo cáo tình hình dịch", f"{BASE}/directives/QN-2026-0123", "được nhắc ở mốc", "xin gia hạn"):
        assert words in plain
        assert words in page.words
    assert page.open == []


def test_names_and_long_vietnamese_headers_keep_every_blank() -> None:
    message = compose(an_envelope(), [a_notice(level=4)], DIRECTORY, VI)

    assert shown(message, "To") == f"{LONG_NAME} <truong.syt@quangngai.gov.vn>"
    assert shown(message, "From") == "Đôn Đốc – Văn phòng UBND tỉnh <dondoc@quangngai.gov.vn>"
    assert shown(message, "Subject") == "[QN-2026-0123] Sở Y tế: còn 3 ngày làm việc – Đôn đốc cấp 4"
    assert message.isascii()
    assert max(len(line) for line in message.split(b"\r\n")) <= 100
    assert b"\n" not in message.replace(b"\r\n", b"")


def test_the_date_is_the_callers_and_local() -> None:
    assert read(compose(an_envelope(), [a_notice()], DIRECTORY, VI))["Date"] == "Wed, 12 Apr 2023 08:00:00 +0700"


def test_a_retry_is_the_same_message_byte_for_byte() -> None:
    notices = [a_notice(), a_notice("QN-2026-0200")]

    for these in (notices[:1], notices):
        first = compose(an_envelope(), these, DIRECTORY, VI)
        assert compose(an_envelope(), these, DIRECTORY, VI) == first


def test_an_id_follows_from_the_notices_and_from_nothing_else() -> None:
    assert message_id(["b", "a"], DOMAIN) == message_id(["a", "b", "a"], DOMAIN)
    sets = [["a"], ["b"], ["a", "b"], ["a,b"], ["ab"], ['a", "b'], ["a", "b", "c"]]
    assert len({message_id(ids, DOMAIN) for ids in sets}) == len(sets)
    assert message_id(["a"], DOMAIN).endswith("@quangngai.gov.vn>")
    with pytest.raises(ValueError, match="without notices"):
        message_id([], DOMAIN)


def test_two_notices_with_the_same_words_have_two_ids() -> None:
    first, second = message_id(["QN-1/3/a"], DOMAIN), message_id(["QN-1/4/a"], DOMAIN)

    assert first != second


def test_all_mails_about_one_directive_stand_in_one_thread() -> None:
    reminder = read(compose(an_envelope(), [a_notice()], DIRECTORY, VI))
    escalation = read(compose(an_envelope(), [a_notice(level=2, days_left=-3)], DIRECTORY, VI))
    both = read(compose(an_envelope(), [a_notice(), a_notice(level=1)], DIRECTORY, VI))
    other = read(compose(an_envelope(), [a_notice("QN-2026-0124")], DIRECTORY, VI))
    root = thread_root("QN-2026-0123", DOMAIN)

    assert root.startswith("<directive-QN-2026-0123-")
    for message in (reminder, escalation, both):
        assert message["References"] == message["In-Reply-To"] == root
    assert other["References"] == thread_root("QN-2026-0124", DOMAIN) != root
    assert thread_root("QN/1", DOMAIN) != thread_root("QN-1", DOMAIN)


def test_ids_stay_whole_under_a_long_domain() -> None:
    domain = "thu-dien-tu.van-phong.uy-ban-nhan-dan-tinh.quangngai.gov.vn"
    envelope = Envelope(
        sender=f"dondoc@{domain}",
        recipient="truong.syt",
        address="a@b.vn",
        date=MORNING,
        message_id=message_id(["a"], domain),
        base_url=f"https://{domain}/{'x' * 60}",
    )
    message = compose(envelope, [a_notice()], DIRECTORY, VI)

    assert f"Message-ID: {message_id(['a'], domain)}\r\n".encode() in message
    assert f"References: {thread_root('QN-2026-0123', domain)}\r\n".encode() in message
    assert f"List-Unsubscribe: <{envelope.base_url}/preferences/mail>\r\n".encode() in message


def test_a_digest_of_several_directives_belongs_to_no_thread_and_puts_the_worst_first() -> None:
    notices = [
        a_notice("QN-0", days_left=None),
        a_notice("QN-1", days_left=3),
        a_notice("QN-2", days_left=-2),
        a_notice("QN-3", days_left=0),
    ]
    message = compose(an_envelope(), notices, DIRECTORY, VI)
    plain, page = part(message, "plain"), Elements(part(message, "html"))

    assert shown(message, "Subject") == "Tổng hợp đôn đốc ngày 12/04/2023: 4 nhiệm vụ, 1 quá hạn"
    assert read(message)["References"] is None
    for words in (plain, page.words):
        places = [words.index(code) for code in ("QN-2", "QN-3", "QN-1", "QN-0")]
        assert places == sorted(places)
    assert page.tags.count("table") == 1
    assert page.tags.count("tr") == 5
    assert page.tags.count("section") == 4


def test_an_escalation_stands_above_the_reminders_however_late_they_are() -> None:
    notices = [a_notice("QN-1", days_left=-30), a_notice("QN-2", days_left=-1, level=1)]
    plain = part(compose(an_envelope(), notices, DIRECTORY, VI), "plain")

    assert plain.index("QN-2") < plain.index("QN-1")


def test_one_event_that_reached_many_directives_is_one_mail_that_names_each() -> None:
    notices = [a_notice(f"QN-2026-{number:04d}", at_once=True) for number in range(96)]
    message = compose(an_envelope(), notices, DIRECTORY, VI)
    plain, page = part(message, "plain"), Elements(part(message, "html"))

    assert shown(message, "Subject") == "Đôn đốc ngày 12/04/2023: 96 nhiệm vụ cần xử lý ngay"
    assert all(notice.content.code in plain and notice.content.code in page.words for notice in notices)
    assert page.tags.count("section") == 30
    assert len(message) < 300_000


def test_urgent_notices_about_one_directive_go_under_its_own_subject_the_worst_ones() -> None:
    notices = [a_notice("QN-1", at_once=True, days_left=-3), a_notice("QN-1", level=2, days_left=-3)]
    message = compose(an_envelope(), notices, DIRECTORY, VI)

    assert shown(message, "Subject") == shown(compose(an_envelope(), notices[1:], DIRECTORY, VI), "Subject")
    assert shown(message, "Subject").startswith("[QN-1] ")


def test_routine_mail_can_be_unsubscribed_from_and_escalations_cannot() -> None:
    routine = [[a_notice()], [a_notice(), a_notice("QN-2")]]
    owed = [[a_notice(level=1)], [a_notice(at_once=True)], [a_notice(), a_notice("QN-2", level=1)]]

    for notices in routine:
        message = read(compose(an_envelope(), notices, DIRECTORY, VI))
        assert message["List-Unsubscribe"] == f"<{BASE}/preferences/mail>"
        assert message["List-Id"] == f"<dondoc.{DOMAIN}>"
        assert message["Auto-Submitted"] == "auto-generated"
        assert f"{BASE}/preferences/mail" in part(message.as_bytes(), "plain")
    for notices in owed:
        message = read(compose(an_envelope(), notices, DIRECTORY, VI))
        for header in ("List-Unsubscribe", "List-Id", "Auto-Submitted"):
            assert message[header] is None
        assert "preferences" not in part(message.as_bytes(), "plain")


def test_no_name_code_or_text_can_add_a_header() -> None:
    notice = a_notice("QN-1\r\nBcc: khac@do.vn", text="a\r\nBcc: khac@do.vn\r\n\r\n<b>")
    message = read(compose(an_envelope("xau", "xau@quangngai.gov.vn"), [notice], DIRECTORY, VI))

    assert message["Bcc"] is None
    assert set(message.keys()) == {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "In-Reply-To",
        "References",
        "Auto-Submitted",
        "List-Id",
        "List-Unsubscribe",
        "MIME-Version",
        "Content-Type",
    }
    assert str(message["Subject"]).startswith("[QN-1 Bcc: khac@do.vn] Sở Y tế")
    assert message["To"].addresses[0].addr_spec == "xau@quangngai.gov.vn"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "khong",
        "a@b\r\nBcc: c@d",
        "a b@c.vn",
        "a@b@c",
        "<a@b.vn>",
        "a..b@c.vn",
        "â@c.vn",
        "a@c.vn ",
        "a@-",
        "a,b@c.vn",
    ],
)
def test_an_address_that_no_mail_can_reach_is_named_before_anything_is_sent(address: str) -> None:
    assert not is_usable(address)
    with pytest.raises(UnusableAddress, match="không gửi được"):
        compose(an_envelope(address=address), [a_notice()], DIRECTORY, VI)


def test_markup_in_what_people_wrote_is_shown_as_text() -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\"&'</td></table>"
    notices = [a_notice("QN-<1>", content=evil, text=evil), a_notice('QN-"2"', content=evil)]

    for these in (notices[:1], notices):
        page = Elements(part(compose(an_envelope("the", "the@quangngai.gov.vn"), these, DIRECTORY, VI), "html"))
        assert not {"script", "img"} & set(page.tags)
        assert "<script>alert(1)</script><img src=x onerror=alert(1)>\"&'</td></table>" in page.words
        assert page.open == []


def test_a_page_loads_nothing_and_carries_no_style() -> None:
    page = Elements(part(compose(an_envelope(), [a_notice(), a_notice("QN-2")], DIRECTORY, VI), "html"))

    assert not {"link", "style", "img", "script", "iframe", "form"} & set(page.tags)


def test_a_bundle_of_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="without notices"):
        compose_bundle(an_envelope(), [], DIRECTORY, VI)


def test_english_readers_get_an_english_page() -> None:
    message = compose_single(an_envelope(), a_notice(), DIRECTORY, Language.EN)

    assert shown(message, "Subject") == "[QN-2026-0123] Sở Y tế: 3 working days left – Reminder of the deadline"
    assert '<html lang="en">' in part(message, "html")
    assert part(message, "plain").startswith(f"To {LONG_NAME},\n")


@pytest.mark.parametrize(
    ("sender", "domain"), [(SENDER, DOMAIN), ("dondoc@localhost", "localhost"), ("Đôn Đốc", "localhost")]
)
def test_the_domain_of_ids_is_that_of_the_sender(sender: str, domain: str) -> None:
    assert sender_domain(sender) == domain
