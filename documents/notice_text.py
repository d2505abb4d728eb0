"""A notice in words: why it came, what happens next if nothing is done, and how to act."""

import datetime as dt
import shlex
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from documents.act_words import done_words, event_title
from documents.dates import days_left_words, short_instant
from documents.language import N_, Language, label, sentence
from documents.moment_words import following_sentence, step_words, why_words
from documents.notice_guidance import guidance
from documents.phrases import Names, deadline_words, one_line, person_words, plain_lines
from documents.translation import translated
from models.calendar import local_day
from models.notices import MOMENT, NoticeContent, ReachedStep
from models.vocabulary import Clock, Status, Urgency, Why

LATE: Final = dt.timedelta(minutes=5)
"""From so much later than planned on, a notice says when it should have come."""

_REMINDERS: Final[dict[Clock, str]] = {
    Clock.HANDOUT: N_("Nhắc phân công"),
    Clock.ACKNOWLEDGEMENT: N_("Nhắc tiếp nhận"),
    Clock.DEADLINE: N_("Nhắc hạn"),
    Clock.IMPOSED_DEADLINE: N_("Nhắc hạn cấp trên giao"),
    Clock.SILENCE: N_("Nhắc báo cáo"),
    Clock.REVIEW: N_("Nhắc thẩm định kết quả"),
    Clock.EXPLANATION: N_("Nhắc giải trình"),
    Clock.EXTENSION: N_("Nhắc quyết định gia hạn"),
}


@dataclass(frozen=True)
class NoticeText:
    """What a person reads, in one language.

    Attributes:
        subject: one line, safe in a header: code, agency, days left, title.
        headline: what happened, one sentence.
        text: everything below as plain text, line by line.
        why: why the reader got it.
        next: what happens next if nothing is done.
        act: how to act.
        level: the level of escalation, 0 for a reminder.
        link: where the directive is shown; opening it changes nothing.
        standing: how the directive stands against its deadline; empty where that says nothing.
        title: what it is about, in few words, as in the subject.
        facts: what is known of the directive, by name.
        said: what somebody wrote in this act.
        remarks: sentences about missed and covered steps, and for whom the reader stands in.
        commands: the commands that do what `act` says.
    """

    subject: str
    headline: str
    text: str
    why: str
    next: str
    act: str
    level: int
    link: str
    standing: str
    title: str
    facts: tuple[tuple[str, str], ...]
    said: str
    remarks: tuple[str, ...]
    commands: tuple[str, ...]


def render(
    content: NoticeContent,
    names: Names,
    language: Language,
    base_url: str,
    *,
    recipient: str = "",
    at: dt.datetime | None = None,
    sent: dt.datetime | None = None,
) -> NoticeText:
    """Put a notice into words.

    Args:
        content: all that it says, as data.
        names: who knows what the codes are called.
        language: what the reader reads.
        base_url: the address of the web part, without a `/` at the end.
        recipient: the reader's code, for the commands that he can run.
        at: when the notice was made; a step planned well before it is said to be late.
        sent: when its mail leaves; how it stands against the deadline is said as of then.
    """
    step = _highest(content)
    title, standing = _title(content, step, language), _standing(content, language, sent or at)
    link = f"{base_url}/directives/{quote(content.code, safe='')}"
    ways = guidance(content, step.clock if step else None)
    who = shlex.quote(one_line(recipient)) if recipient else translated(N_("<mã người dùng>"), language)
    facts = _facts(content, standing, names, language)
    headline, said = _headline(content, step, standing, names, language), plain_lines(content.text)
    why, remarks = _why(content, names, language), _remarks(content, at, names, language)
    following = _next(content, language)
    act = " ".join(translated(msgid, language) for msgid, _ in ways)
    commands = tuple(
        f"dondoc do {shlex.quote(one_line(content.code))} {command} --as {who}"
        for _, kinds in ways
        for command in kinds
    )
    text = _plain(headline, facts, said, remarks, (why, following, act), commands, link, language)
    return NoticeText(
        subject=_subject(content, standing, title, names, language),
        headline=headline,
        text=text,
        why=why,
        next=following,
        act=act,
        level=content.level,
        link=link,
        standing=standing,
        title=title,
        facts=facts,
        said=said,
        remarks=remarks,
        commands=commands,
    )


def _highest(content: NoticeContent) -> ReachedStep | None:
    """The step that the notice is about: the highest level, the latest of those."""
    return max(content.steps, key=lambda step: (step.level, step.planned_at), default=None)


def _title(content: NoticeContent, step: ReachedStep | None, language: Language) -> str:
    if Why.ASKED_TO_CONTRIBUTE in content.why:
        return translated(N_("Đề nghị cho ý kiến phối hợp"), language)
    if step is None:
        return event_title(content.kind, language)
    if content.level:
        return sentence(N_("Đôn đốc cấp {level}"), language, level=content.level)
    return translated(_REMINDERS[step.clock], language)


def _standing(content: NoticeContent, language: Language, at: dt.datetime | None) -> str:
    """How the directive stands against its deadline.

    Nothing where no deadline runs: done, withdrawn, suspended, or under review for a while.
    """
    resting = content.status.closed or content.status is Status.SUSPENDED
    if content.days_left is None or resting or (content.status is Status.SUBMITTED and content.kind == MOMENT):
        return ""
    # Hours are true only in their time: told or sent late, the deadline may have passed meanwhile (RULES 6).
    in_hours = [
        step
        for step in content.steps
        if step.clock is Clock.DEADLINE and step.step.endswith("h") and (at is None or at - step.planned_at < LATE)
    ]
    if in_hours:
        latest = max(in_hours, key=lambda step: step.planned_at)
        return step_words(latest.clock, latest.step, language)
    due = content.deadline
    if at is None or due is None or content.status is Status.SUBMITTED:  # the last stands still
        return days_left_words(content.days_left, language)
    overdue, today = due.due_at < at, due.last_day == local_day(at)
    return days_left_words(content.days_left, language, overdue=overdue, today=today)


def _subject(content: NoticeContent, standing: str, title: str, names: Names, language: Language) -> str:
    agency = _lead(content, names, language)
    about = f"{agency}: {standing}" if standing else agency
    return one_line(f"[{one_line(content.code, 60)}] {about} – {title}", 250)


def _lead(content: NoticeContent, names: Names, language: Language) -> str:
    if content.lead_agency is None:
        return translated(N_("Chưa phân công"), language)
    return one_line(names.agency_name(content.lead_agency), 120)


def _headline(content: NoticeContent, step: ReachedStep | None, standing: str, names: Names, language: Language) -> str:
    if step is not None:
        # The level may be that of a later step that others heard of: then the days say where it stands (RULES 10).
        own = not standing or content.level <= step.level
        words = step_words(step.clock, step.step, language) if own else standing
        msgid = N_("Đôn đốc cấp {level}: {step}.") if content.level else N_("Nhắc việc: {step}.")
        return sentence(msgid, language, level=content.level, step=words)
    agency = _lead(content, names, language)
    if content.kind == "assigned" and content.previous_agency not in (None, content.lead_agency):
        previous = one_line(names.agency_name(content.previous_agency), 120)
        return sentence(
            N_("Nhiệm vụ được chuyển từ {previous} sang {agency} chủ trì."), language, previous=previous, agency=agency
        )
    if Why.ASKED_TO_CONTRIBUTE in content.why:
        asked = [one_line(names.agency_name(code), 120) for code in content.waiting_for]
        return sentence(
            N_("{agency} chủ trì đang chờ ý kiến phối hợp của {agencies}."), language, agency=agency, agencies=asked
        )
    if content.kind == "assigned":
        return sentence(N_("Nhiệm vụ được giao cho {agency} chủ trì."), language, agency=agency)
    actor = one_line(person_words(content.actor, names, language))
    return sentence(N_("{actor} {done}."), language, actor=actor, done=_done(content, language))


def _done(content: NoticeContent, language: Language) -> str:
    if content.granted is not None:
        msgid = N_("đã đồng ý gia hạn") if content.granted else N_("không đồng ý gia hạn")
        return translated(msgid, language)
    return done_words("moment_reached" if content.kind == MOMENT else content.kind, language)


def _facts(content: NoticeContent, standing: str, names: Names, language: Language) -> tuple[tuple[str, str], ...]:
    deadline = deadline_words(content.deadline, language)
    facts = [
        (N_("Mã nhiệm vụ"), one_line(content.code)),
        (N_("Nội dung nhiệm vụ"), plain_lines(content.content)),
        (N_("Văn bản"), one_line(content.document_number)),
        (N_("Cơ quan chủ trì"), _lead(content, names, language)),
        (N_("Thời hạn"), f"{deadline} ({standing})" if standing else deadline),
        (N_("Trạng thái"), label(content.status, language)),
        (N_("Độ khẩn"), "" if content.urgency is Urgency.NORMAL else label(content.urgency, language)),
    ]
    return tuple((translated(name, language), value) for name, value in facts if value)


def _why(content: NoticeContent, names: Names, language: Language) -> str:
    who = why_words(content.why, language)
    if content.steps:
        steps = [step_words(step.clock, step.step, language) for step in content.steps]
        return sentence(N_("Theo thang đôn đốc, {who} được nhắc ở mốc “{steps}”."), language, who=who, steps=steps)
    actor = one_line(person_words(content.actor, names, language))
    return sentence(
        N_("Thông báo này gửi tới {who} vì {actor} {done}."),
        language,
        who=who,
        actor=actor,
        done=_done(content, language),
    )


def _remarks(content: NoticeContent, at: dt.datetime | None, names: Names, language: Language) -> tuple[str, ...]:
    remarks = []
    if content.on_behalf_of is not None:
        principal = one_line(names.person_name(content.on_behalf_of))
        remarks.append(sentence(N_("Đồng chí nhận thông báo này thay mặt {principal}."), language, principal=principal))
    if Why.PREVIOUS_LEAD_AGENCY in content.why:
        remarks.append(translated(N_("Cơ quan chủ trì trước đây không còn nhận nhắc việc về nhiệm vụ này."), language))
    if Why.PREVIOUS_COORDINATING_AGENCY in content.why:
        remarks.append(translated(N_("Cơ quan này không còn phối hợp và không nhận nhắc việc nữa."), language))
    remarks += _waiting_and_lapsed(content, names, language)
    made = at or max((step.planned_at for step in content.steps), default=None)
    missed = [step for step in content.steps if made is not None and made - step.planned_at >= LATE]
    remarks += [
        sentence(
            N_("Mốc “{step}” đáng lẽ được nhắc lúc {planned_at}."),
            language,
            step=step_words(step.clock, step.step, language),
            planned_at=short_instant(step.planned_at),
        )
        for step in sorted(missed, key=lambda step: step.planned_at)
    ]
    if content.covered:
        steps = [step_words(Clock.DEADLINE, step, language) for step in content.covered]
        remarks.append(
            sentence(
                N_("Các mốc đã qua, thông báo này thay cho việc nhắc riêng từng mốc: {steps}."), language, steps=steps
            )
        )
    return tuple(remarks)


def _waiting_and_lapsed(content: NoticeContent, names: Names, language: Language) -> list[str]:
    """For whom the directive waits from now on, and what waits no more."""
    found = []
    if content.waiting_for:
        asked = [one_line(names.agency_name(code), 120) for code in content.waiting_for]
        found.append(
            sentence(
                N_("Cho đến khi {agencies} có ý kiến, số ngày chậm được tính cho cơ quan phối hợp."),
                language,
                agencies=asked,
            )
        )
    if "extension" in content.lapsed:
        found.append(
            translated(N_("Đề nghị gia hạn đang chờ hết hiệu lực vì cơ quan đề nghị không còn chủ trì."), language)
        )
    if "explanation" in content.lapsed:
        found.append(
            translated(
                N_("Yêu cầu giải trình chưa được trả lời và hết hiệu lực vì cơ quan được yêu cầu không còn chủ trì."),
                language,
            )
        )
    return found


def _next(content: NoticeContent, language: Language) -> str:
    if content.status.closed:
        return translated(N_("Nhiệm vụ đã kết thúc, hệ thống không nhắc nữa."), language)
    if content.following is not None:
        step = content.following
        return following_sentence(step.at, step.audience, step.level, language)
    if content.status is Status.SUSPENDED:
        return translated(N_("Nhiệm vụ đang tạm dừng, hệ thống không nhắc cho đến khi tiếp tục."), language)
    return translated(N_("Sau thông báo này không còn mốc đôn đốc nào."), language)


def _plain(
    headline: str,
    facts: tuple[tuple[str, str], ...],
    said: str,
    remarks: tuple[str, ...],
    guide: tuple[str, str, str],
    commands: tuple[str, ...],
    link: str,
    language: Language,
) -> str:
    why, following, act = guide
    blocks = [headline, "\n".join(f"{name}: {_indented(value)}" for name, value in facts)]
    if said:
        blocks.append(f"{translated(N_('Nội dung trao đổi'), language)}:\n  {_indented(said)}")
    if remarks:
        blocks.append("\n".join(remarks))
    blocks.append(
        "\n".join(
            (
                f"{translated(N_('Vì sao có thông báo này'), language)}: {why}",
                f"{translated(N_('Tiếp theo'), language)}: {following}",
                f"{translated(N_('Cách xử lý'), language)}: {act}",
            )
        )
    )
    blocks.append("\n".join((link, *(f"  {command}" for command in commands))))
    return "\n\n".join(blocks) + "\n"


def _indented(text: str) -> str:
    """Set further lines in, so that no line of somebody's text looks like one of ours."""
    return text.replace("\n", "\n  ")
