"""A notice that is about no directive in words."""

import shlex

from documents.language import N_, Language, sentence
from documents.notice_text import NoticeText, render
from documents.phrases import Names, one_line, plain_lines
from documents.translation import translated
from models.notices import NoticeContent
from models.office_notices import MailUndelivered, OfficeNotice, WebhookStopped


def render_inbox(content: NoticeContent | OfficeNotice, names: Names, language: Language, base_url: str) -> NoticeText:
    """Put whatever lies in an inbox into words; see `render`."""
    match content:
        case WebhookStopped():
            return render_webhook_stopped(content, language)
        case MailUndelivered():
            return render_mail_undelivered(content, names, language)
        case _:
            return render(content, names, language, base_url)


def render_webhook_stopped(content: WebhookStopped, language: Language) -> NoticeText:
    """Say which receiver was switched off, why, and what its owner can do."""
    host, problem = one_line(content.host, 100), plain_lines(content.problem)
    subject = sentence(N_("Webhook số {number} ({host}) đã bị tắt"), language, number=content.number, host=host)
    headline = sentence(
        N_("Webhook số {number} ({host}) đã bị tắt sau {failures} lần liên tiếp không nhận tin."),
        language,
        number=content.number,
        host=host,
        failures=content.failures,
    )
    why = translated(
        N_("Thông báo này gửi tới đồng chí vì đồng chí đã thêm webhook này.")
        if content.owned
        else N_(
            "Thông báo này gửi tới quản trị vì không rõ ai đã thêm webhook này hoặc người đó không còn giữ chức vụ."
        ),
        language,
    )
    following = translated(N_("Hệ thống không gửi gì tới nơi nhận này nữa."), language)
    act = translated(N_("Sửa nơi nhận, gỡ webhook này rồi thêm lại; tin từ lúc tắt xem ở nhật ký."), language)
    reason = sentence(N_("Lý do gần nhất: {problem}"), language, problem=problem)
    commands = (f"dondoc webhook remove {content.number}",)
    return _told(subject, headline, reason, (why, following, act), commands)


def render_mail_undelivered(content: MailUndelivered, names: Names, language: Language) -> NoticeText:
    """Say whom no mail reaches, why, which directives it was about, and what the secretariat can do (RULES 26)."""
    person = one_line(names.person_name(content.person), 120)
    directives = [one_line(code, 64) for code in content.directives]
    subject = sentence(N_("Thư gửi {person} không tới"), language, person=person)
    headline = sentence(
        N_("Thư gửi {person} về các nhiệm vụ sau không tới: {directives}."),
        language,
        person=person,
        directives=directives,
    )
    reason = sentence(N_("Lý do: {problem}"), language, problem=plain_lines(content.problem))
    why = translated(N_("Thông báo này gửi tới đồng chí vì đồng chí theo dõi các nhiệm vụ này."), language)
    following = translated(
        N_("Thư này không được gửi lại. Người nhận vẫn thấy thông báo trong hộp thông báo của mình."), language
    )
    act = translated(N_("Sửa địa chỉ thư trong danh bạ, hoặc báo cho người nhận bằng cách khác."), language)
    commands = tuple(f"dondoc history {shlex.quote(code)}" for code in directives[:3])
    return _told(subject, headline, reason, (why, following, act), commands)


def _told(
    subject: str, headline: str, reason: str, guide: tuple[str, str, str], commands: tuple[str, ...]
) -> NoticeText:
    why, following, act = guide
    return NoticeText(
        subject=subject,
        headline=headline,
        text="\n\n".join((headline, reason, f"{why}\n{following}\n{act}", "\n".join(f"  {one}" for one in commands)))
        + "\n",
        why=why,
        next=following,
        act=act,
        level=0,
        link="",
        standing="",
        title=subject,
        facts=(),
        said="",
        remarks=(reason,),
        commands=commands,
    )
