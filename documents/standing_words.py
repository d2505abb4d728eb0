"""How a directive stands against its deadline, in words: days left, or what was done and waits while no clock runs."""

import datetime as dt
from typing import Final

from documents.dates import days_left_words
from documents.language import N_, Language, sentence
from models.calendar import Calendar
from models.directive import Directive
from models.local_time import local_day
from models.timeliness import days_left

_EARLY: Final = (N_("nộp sớm 1 ngày làm việc"), N_("nộp sớm {days} ngày làm việc"))
_LATE: Final = (N_("nộp trễ 1 ngày làm việc"), N_("nộp trễ {days} ngày làm việc"))


def standing_words(directive: Directive, calendar: Calendar, now: dt.datetime, language: Language) -> str:
    """Say how far the deadline is; of a result handed in by how much it was early or late and since when it waits.

    Nothing is said where no deadline runs and nothing waits: done, cancelled, without a deadline.
    """
    if directive.closed:
        return ""
    if directive.submission is not None:
        since = sentence(N_("chờ thẩm định từ {at}"), language, at=directive.submission.at)
        handed_in = _handed_in(directive, calendar, now, language)
        return f"{handed_in}; {since}" if handed_in else since
    if directive.paused:
        return sentence(N_("tạm dừng từ {at}"), language, at=directive.suspensions[-1].start)
    left = days_left(directive, calendar, now)
    if directive.deadline is None or left is None:
        return ""
    today = directive.deadline.last_day == local_day(now)
    return days_left_words(left, language, overdue=now > directive.deadline.due_at, today=today)


def _handed_in(directive: Directive, calendar: Calendar, now: dt.datetime, language: Language) -> str:
    """By how much the result came before or after its deadline."""
    days = days_left(directive, calendar, now)
    if directive.deadline is None or directive.submission is None or days is None:
        return ""
    late = directive.submission.at > directive.deadline.due_at
    if days == 0:
        return sentence(N_("nộp trễ") if late else N_("nộp đúng hạn"), language)
    one, several = _LATE if late else _EARLY
    return sentence(one if abs(days) == 1 else several, language, days=abs(days))
