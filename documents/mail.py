"""Notices as e-mail: the same words in plain text and HTML, ids derived from the notices, one thread a directive.

A message here is bytes ready for a transport. Ids and dates are the caller's, so that a retry is the same message.
"""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Final

from documents.dates import short_day
from documents.language import N_, Language, sentence
from documents.mail_headers import MAIL_POLICY
from documents.mail_html import DETAILED, digest_page, single_page
from documents.notice_text import NoticeText, render
from documents.phrases import Names, one_line
from documents.translation import translated
from models.calendar import LOCAL
from models.notices import MOMENT, NoticeContent
from models.vocabulary import Status

PREFERENCES: Final = "/preferences/mail"
"""Where a person sets what mails he gets; opening it changes nothing."""

_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_NOT_IN_IDS: Final = re.compile(r"[^A-Za-z0-9-]+")
_ID_LENGTH: Final = 32


class UnusableAddress(ValueError):
    """No mail can be sent to this address or from it; the sentence is for people."""


@dataclass(frozen=True)
class MailNotice:
    """One notice on its way into a mail.

    Attributes:
        at: when it was made.
        at_once: whether it does not wait for the digest; such a mail offers no unsubscribing.
    """

    content: NoticeContent
    at: dt.datetime | None = None
    at_once: bool = False

    @property
    def escalates(self) -> bool:
        """Whether the reader must get it: an escalation, or what goes at once."""
        return self.at_once or (self.content.kind == MOMENT and self.content.level >= 1)


@dataclass(frozen=True)
class Envelope:
    """Who writes to whom, when and under which id.

    Attributes:
        sender: `Name <address>` or an address, as in the settings.
        recipient: the reader's code in the directory.
        address: his e-mail address.
        date: the instant in the Date header.
        message_id: from `message_id`.
        base_url: the address of the web part, without a `/` at the end.
    """

    sender: str
    recipient: str
    address: str
    date: dt.datetime
    message_id: str
    base_url: str


def message_id(notice_ids: Iterable[str], domain: str) -> str:
    """Derive a mail's Message-ID from the ids of the notices in it (RULES 25).

    The same set gives the same id in whatever order; two different sets never share one, whatever their texts.

    Args:
        notice_ids: ids unique among all notices of the office, at least one.
        domain: the right part, usually that of the sender's address.

    Raises:
        ValueError: no ids.
    """
    ids = sorted(set(notice_ids))
    if not ids:
        raise ValueError("a mail without notices has no id")
    return f"<notice-{_digest(json.dumps(ids))}@{domain}>"


def thread_root(code: str, domain: str) -> str:
    """Name the root of the thread in which all mails about one directive stand."""
    readable = _NOT_IN_IDS.sub("-", code).strip("-")[:40]
    return f"<directive-{readable}-{_digest(code)[:12]}@{domain}>"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_ID_LENGTH]


def is_usable(address: str) -> bool:
    """Whether mail can be sent to this address: ASCII, one @, nothing that could end a line."""
    return _ADDRESS.fullmatch(address) is not None and len(address) <= 254 and ".." not in address


def sender_domain(sender: str) -> str:
    """The domain of the sender's address, for the ids of his mails; `localhost` where it has none."""
    domain = parseaddr(sender)[1].rpartition("@")[2]
    return domain if re.fullmatch(r"[A-Za-z0-9.-]+", domain) else "localhost"


def compose(envelope: Envelope, notices: Sequence[MailNotice], names: Names, language: Language) -> bytes:
    """Compose the mail for these notices: one notice's own mail, or one mail of several.

    Raises:
        UnusableAddress: the sender's or the reader's address.
        ValueError: no notices.
    """
    if len(notices) == 1:
        return compose_single(envelope, notices[0], names, language)
    return compose_bundle(envelope, notices, names, language)


def compose_single(envelope: Envelope, notice: MailNotice, names: Names, language: Language) -> bytes:
    """Compose the mail of one notice.

    Raises:
        UnusableAddress: the sender's or the reader's address.
    """
    text = _render(envelope, notice, names, language)
    message = _message(envelope, text.subject, [notice], names)
    body = "\n".join((greeting_of(envelope, names, language), "", text.text, _ending(envelope, [notice], language)))
    fill(
        message,
        body,
        single_page(text, greeting_of(envelope, names, language), _footer(envelope, [notice], language), language),
    )
    return message.as_bytes(policy=MAIL_POLICY)


def compose_bundle(envelope: Envelope, notices: Sequence[MailNotice], names: Names, language: Language) -> bytes:
    """Compose one mail of several notices, the worst first: the morning's digest, or one event that reached many.

    It may be unsubscribed from when all its notices are routine.

    Raises:
        UnusableAddress: the sender's or the reader's address.
        ValueError: no notices.
    """
    if not notices:
        raise ValueError("a mail without notices")
    ordered = sorted(notices, key=_worst_first)
    texts = [_render(envelope, notice, names, language) for notice in ordered]
    # Several urgent notices about one directive stand under its own subject, in its thread: the worst one's.
    one_urgent = len({notice.content.code for notice in notices}) == 1 and any(notice.escalates for notice in notices)
    subject = texts[0].subject if one_urgent else _bundle_subject(envelope, ordered, language)
    message = _message(envelope, subject, ordered, names)
    greeting = greeting_of(envelope, names, language)
    blocks = [
        f"{number}. {text.subject}\n\n{text.text}"
        if number <= DETAILED
        else f"{number}. {text.subject}\n   {text.link}"
        for number, text in enumerate(texts, start=1)
    ]
    body = "\n".join((greeting, "", f"{subject}.", "", *blocks, _ending(envelope, ordered, language)))
    contents = [notice.content for notice in ordered]
    page = digest_page(
        subject,
        greeting,
        list(zip(contents, texts, strict=True)),
        names,
        _footer(envelope, ordered, language),
        language,
    )
    fill(message, body, page)
    return message.as_bytes(policy=MAIL_POLICY)


def _worst_first(notice: MailNotice) -> tuple[int, int, int, str]:
    content = notice.content
    # Without a running deadline it stands behind all that have one.
    days = 10_000 if content.days_left is None or content.status.closed else content.days_left
    return (-content.level, days, not notice.at_once, content.code)


def _render(envelope: Envelope, notice: MailNotice, names: Names, language: Language) -> NoticeText:
    return render(
        notice.content,
        names,
        language,
        envelope.base_url,
        recipient=envelope.recipient,
        at=notice.at,
        sent=envelope.date,
    )


def _is_overdue(content: NoticeContent, envelope: Envelope) -> bool:
    """Also where no working day lies between: the hour has passed, or it is the night to a day off."""
    if content.status is Status.SUBMITTED or content.deadline is None or content.days_left:
        return content.days_left is not None and content.days_left < 0
    return content.deadline.due_at < envelope.date


def _bundle_subject(envelope: Envelope, notices: Sequence[MailNotice], language: Language) -> str:
    directives = {notice.content.code: notice.content for notice in notices}
    overdue = sum(
        not content.status.closed and content.days_left is not None and _is_overdue(content, envelope)
        for content in directives.values()
    )
    routine = not any(notice.escalates for notice in notices)
    if routine:
        msgid = (
            N_("Tổng hợp đôn đốc ngày {day}: {count} nhiệm vụ, {overdue} quá hạn")
            if overdue
            else N_("Tổng hợp đôn đốc ngày {day}: {count} nhiệm vụ")
        )
    else:
        msgid = (
            N_("Đôn đốc ngày {day}: {count} nhiệm vụ cần xử lý ngay, {overdue} quá hạn")
            if overdue
            else N_("Đôn đốc ngày {day}: {count} nhiệm vụ cần xử lý ngay")
        )
    day = short_day(envelope.date.astimezone(LOCAL))
    return sentence(msgid, language, day=day, count=len(directives), overdue=overdue)


def _message(envelope: Envelope, subject: str, notices: Sequence[MailNotice], names: Names) -> EmailMessage:
    domain = sender_domain(envelope.sender)
    message = EmailMessage(policy=MAIL_POLICY)
    name, address = parseaddr(envelope.sender)
    message["From"] = address_line(name, address)
    message["To"] = address_line(names.person_name(envelope.recipient), envelope.address)
    message["Subject"] = one_line(subject)
    message["Date"] = format_datetime(envelope.date.astimezone(LOCAL))
    message["Message-ID"] = envelope.message_id
    codes = {notice.content.code for notice in notices}
    if len(codes) == 1:
        root = thread_root(codes.pop(), domain)
        message["In-Reply-To"] = root
        message["References"] = root
    if not any(notice.escalates for notice in notices):
        message["Auto-Submitted"] = "auto-generated"
        message["List-Id"] = f"<dondoc.{domain}>"
        message["List-Unsubscribe"] = f"<{envelope.base_url}{PREFERENCES}>"
    return message


def address_line(name: str, address: str) -> Address:
    """Write an address with its name.

    Raises:
        UnusableAddress: no mail can be sent to it.
    """
    if not is_usable(address):
        raise UnusableAddress(
            sentence(N_("Địa chỉ thư “{address}” không gửi được."), Language.VI, address=one_line(address, 80))
        )
    try:
        return Address(display_name=one_line(name, 120), addr_spec=address)
    except (HeaderParseError, ValueError) as error:
        raise UnusableAddress(
            sentence(N_("Địa chỉ thư “{address}” không gửi được."), Language.VI, address=one_line(address, 80))
        ) from error


def greeting_of(envelope: Envelope, names: Names, language: Language) -> str:
    """The line with which every mail begins."""
    return sentence(N_("Kính gửi {person},"), language, person=one_line(names.person_name(envelope.recipient), 120))


def _footer(envelope: Envelope, notices: Sequence[MailNotice], language: Language) -> tuple[str, str]:
    """The last sentence and the address it speaks of; the address is empty where there is nothing to choose."""
    if any(notice.escalates for notice in notices):
        return translated(N_("Thư này do hệ thống Đôn Đốc gửi theo thang đôn đốc của Ủy ban."), language), ""
    return (
        translated(N_("Thư này do hệ thống Đôn Đốc gửi. Chọn giờ và loại thư muốn nhận tại:"), language),
        f"{envelope.base_url}{PREFERENCES}",
    )


def _ending(envelope: Envelope, notices: Sequence[MailNotice], language: Language) -> str:
    words, address = _footer(envelope, notices, language)
    return f"--\n{words} {address}".rstrip() + "\n"


def fill(message: EmailMessage, text: str, page: str) -> None:
    """Give a message its two bodies, plain text and HTML."""
    message.set_content(text, charset="utf-8", cte="quoted-printable")
    message.add_alternative(page, subtype="html", charset="utf-8", cte="quoted-printable")
    # Quoted-printable never holds "=_"; derived, not random, so that a retry is the same bytes.
    message.set_boundary(f"=_{_digest(str(message['Message-ID']))}")
