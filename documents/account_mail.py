"""Letters about a person's own account."""

from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from documents.language import N_, Language, sentence
from documents.mail import Envelope, address_line, fill, greeting_of
from documents.mail_headers import MAIL_POLICY
from documents.mail_html import letter_page
from documents.phrases import Names
from documents.translation import translated
from models.calendar import LOCAL


def compose_reset(envelope: Envelope, link: str, minutes: int, names: Names, language: Language) -> bytes:
    """Compose the letter with the link by which a forgotten password is made anew.

    Args:
        minutes: for how long the link is good.

    Raises:
        UnusableAddress: the sender's or the reader's address.
    """
    subject = translated(N_("Đặt lại mật khẩu Đôn Đốc"), language)
    paragraphs = (
        sentence(
            N_(
                "Có yêu cầu đặt lại mật khẩu của đồng chí trong hệ thống Đôn Đốc. Để đặt mật khẩu mới, mở liên kết sau "
                "trong vòng {minutes} phút:"
            ),
            language,
            minutes=minutes,
        ),
        translated(
            N_(
                "Liên kết chỉ dùng được một lần. Nếu đồng chí không yêu cầu, xin bỏ qua thư này; mật khẩu hiện nay vẫn "
                "giữ nguyên."
            ),
            language,
        ),
    )
    greeting = greeting_of(envelope, names, language)
    message = EmailMessage(policy=MAIL_POLICY)
    message["From"] = address_line(*parseaddr(envelope.sender))
    message["To"] = address_line(names.person_name(envelope.recipient), envelope.address)
    message["Subject"] = subject
    message["Date"] = format_datetime(envelope.date.astimezone(LOCAL))
    message["Message-ID"] = envelope.message_id
    message["Auto-Submitted"] = "auto-generated"
    body = "\n\n".join((greeting, paragraphs[0], link, paragraphs[1])) + "\n"
    fill(message, body, letter_page(subject, greeting, paragraphs, link, language))
    return message.as_bytes(policy=MAIL_POLICY)
