"""Days, instants and days left, in words. Always dd/mm/yyyy and Asia/Ho_Chi_Minh, whatever the machine's locale."""

from datetime import date, datetime
from typing import Final

from documents.translation import N_, Language, translated
from models.calendar import LOCAL

_WEEKDAYS: Final = (
    N_("thứ Hai"),
    N_("thứ Ba"),
    N_("thứ Tư"),
    N_("thứ Năm"),
    N_("thứ Sáu"),
    N_("thứ Bảy"),
    N_("Chủ nhật"),
)


def short_day(day: date) -> str:
    """Write a day as 12/04/2023."""
    return f"{day.day:02d}/{day.month:02d}/{day.year:04d}"


def short_instant(instant: datetime) -> str:
    """Write an instant as 08:00 12/04/2023, local time.

    Raises:
        ValueError: `instant` has no time zone.
    """
    local = _local(instant)
    return f"{local:%H:%M} {short_day(local)}"


def format_day(day: date, language: Language) -> str:
    """Write a day with its weekday: "thứ Tư, 12/04/2023"."""
    return f"{translated(_WEEKDAYS[day.weekday()], language)}, {short_day(day)}"


def format_instant(instant: datetime, language: Language) -> str:
    """Write an instant with its weekday, local time: "08:00 thứ Tư, 12/04/2023".

    Raises:
        ValueError: `instant` has no time zone.
    """
    local = _local(instant)
    return f"{local:%H:%M} {format_day(local, language)}"


def days_left_words(days: int, language: Language, *, overdue: bool = False, today: bool = True) -> str:
    """Say how far a deadline is: "còn 3 ngày làm việc", "đến hạn hôm nay", "quá hạn 2 ngày làm việc".

    Args:
        days: working days to the deadline's day, negative when overdue; 0 on the day, and while only days off lie
            between.
        language: what the person reads.
        overdue: with 0 days: the deadline has passed all the same.
        today: with 0 days: this is the deadline's day.
    """
    if days == 0 and overdue:
        return translated(N_("đã quá hạn"), language)
    if days == 0 and not today:
        return translated(N_("không còn ngày làm việc nào trước hạn"), language)
    if days == 0:
        return translated(N_("đến hạn hôm nay"), language)
    if days == 1:  # English needs the singular; Vietnamese does not care
        return translated(N_("còn 1 ngày làm việc"), language)
    if days == -1:
        return translated(N_("quá hạn 1 ngày làm việc"), language)
    if days > 0:
        return translated(N_("còn {days} ngày làm việc"), language).format(days=days)
    return translated(N_("quá hạn {days} ngày làm việc"), language).format(days=-days)


def _local(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"an instant needs a time zone: {instant.isoformat()}")
    return instant.astimezone(LOCAL)
