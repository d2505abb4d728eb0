"""`dondoc calendar`: which days the office works, entered and confirmed by people."""

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from documents.language import N_, Language, format_day
from shell.context import Failed, Shell, in_language, run
from shell.output import print_json, print_lines, print_table, progress

if TYPE_CHECKING:
    from models.calendar import CalendarDay
    from services.office_calendar import CalendarChange

YEARS = (2000, 2200)
"""The years for which a calendar can be kept."""

LOOK_SECONDS = 0.5
STANDSTILL_SECONDS = 60.0
"""After so long without progress the showing ends: the engine does not run, or is busy with something else."""


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the commands of this subject."""
    words = in_language(language)
    calendar = typer.Typer(
        help=words(N_("Lịch làm việc: ngày nghỉ, ngày làm bù, xác nhận từng năm.")), no_args_is_help=True
    )
    app.add_typer(calendar, name="calendar")
    help_json = words(N_("In kết quả dạng JSON."))
    help_as = words(N_("Người sửa lịch (mặc định: người quản trị)."))
    help_reason = words(N_("Lý do, như “Giỗ Tổ Hùng Vương”."))
    help_announced = words(N_("Văn bản thông báo."))
    help_day = words(N_("Ngày, viết 30/04/2027 hoặc 2027-04-30."))
    low, high = YEARS

    @calendar.command("list", help=words(N_("Các ngày nghỉ và ngày làm bù của một năm.")))
    def list_(
        ctx: typer.Context,
        year: Annotated[int, typer.Argument(metavar="YEAR", min=low, max=high)],
        json_: Annotated[bool, typer.Option("--json", help=help_json)] = False,
    ) -> None:
        show_year(ctx.obj, year, as_json=json_)

    @calendar.command("is", help=words(N_("Một ngày có làm việc không, vì sao.")))
    def is_(
        ctx: typer.Context,
        day: Annotated[str, typer.Argument(metavar="DAY", help=help_day)],
        json_: Annotated[bool, typer.Option("--json", help=help_json)] = False,
    ) -> None:
        show_day(ctx.obj, day, as_json=json_)

    @calendar.command("off", help=words(N_("Cho nghỉ một ngày, hoặc từ ngày đến ngày.")))
    def off(
        ctx: typer.Context,
        days: Annotated[str, typer.Argument(metavar="DAY[..DAY]", help=help_day)],
        reason: Annotated[str, typer.Option(help=help_reason)],
        announced_by: Annotated[str, typer.Option(help=help_announced)] = "",
        person: Annotated[str, typer.Option("--as", metavar="PERSON", help=help_as)] = "",
    ) -> None:
        from services.office_calendar import read_period, take_off

        shell: Shell = ctx.obj
        first, last = read_period(days)
        told(shell, take_off(shell.office, first, last, reason, announced_by or None, person))

    @calendar.command("work", help=words(N_("Cho làm việc một ngày, như thứ Bảy làm bù.")))
    def work(
        ctx: typer.Context,
        day: Annotated[str, typer.Argument(metavar="DAY", help=help_day)],
        reason: Annotated[str, typer.Option(help=help_reason)],
        announced_by: Annotated[str, typer.Option(help=help_announced)] = "",
        person: Annotated[str, typer.Option("--as", metavar="PERSON", help=help_as)] = "",
    ) -> None:
        from services.office_calendar import make_working, read_day

        shell: Shell = ctx.obj
        told(shell, make_working(shell.office, read_day(day), reason, announced_by or None, person))

    @calendar.command("remove", help=words(N_("Bỏ điều đã nhập cho một ngày: lại theo tuần làm việc thường.")))
    def remove(
        ctx: typer.Context,
        day: Annotated[str, typer.Argument(metavar="DAY", help=help_day)],
        person: Annotated[str, typer.Option("--as", metavar="PERSON", help=help_as)] = "",
    ) -> None:
        from services.office_calendar import read_day, take_back

        shell: Shell = ctx.obj
        which = read_day(day)
        change = take_back(shell.office, which, person)
        if change is None:
            raise Failed(N_("Chưa có gì được nhập cho ngày {day}, nên không có gì để bỏ."), day=which)
        told(shell, change)

    @calendar.command("confirm", help=words(N_("Xác nhận lịch của một năm đã đúng; không đổi ngày nào.")))
    def confirm(
        ctx: typer.Context,
        year: Annotated[int, typer.Argument(metavar="YEAR", min=low, max=high)],
        person: Annotated[str, typer.Option("--as", metavar="PERSON", help=help_as)] = "",
    ) -> None:
        from services.office_calendar import confirm_year

        shell: Shell = ctx.obj
        fresh = confirm_year(shell.office, year, person)
        message = (
            N_("Đã xác nhận lịch làm việc năm {year}.")
            if fresh
            else N_("Lịch làm việc năm {year} đã được xác nhận trước đây.")
        )
        print_lines(shell.say(message, year=year))


def show_year(shell: Shell, year: int, *, as_json: bool) -> None:
    """The announced days of a year; a person also sees whether it is confirmed, and what is proposed."""
    from services.answers import day_said
    from services.office_calendar import announced_days, left_to_replan, proposed_days

    calendar = shell.reference().calendar
    days = announced_days(calendar, year)
    if as_json:
        print_json([day_said(day).model_dump(mode="json") for day in days])
        return
    titles = [shell.say(N_("Ngày")), "", shell.say(N_("Lý do")), shell.say(N_("Văn bản"))]
    print_table(
        titles,
        [
            (
                format_day(day.day, shell.language),
                worked(shell, working=day.working),
                day.reason,
                day.announced_by or "",
            )
            for day in days
        ],
    )
    if not days:
        print_lines(shell.say(N_("Chưa nhập ngày nghỉ nào cho năm {year}."), year=year))
    if year not in calendar.confirmed_years:
        print_lines(shell.say(N_("Lịch năm {year} còn tạm tính: chưa ai xác nhận."), year=year))
    left = left_to_replan(shell.office)
    if left:
        print_lines(still_replanning(shell, left))
    for proposed in proposed_days(calendar, year):
        print_lines(
            shell.say(
                N_("Đề xuất, chưa có hiệu lực: {day} nghỉ, {reason}. Nhập bằng “dondoc calendar off” nếu đúng."),
                day=proposed.day,
                reason=proposed.reason,
            )
        )


def show_day(shell: Shell, text: str, *, as_json: bool) -> None:
    """Whether one day is worked, and why."""
    from services.answers import day_said
    from services.office_calendar import read_day

    day = shell.reference().calendar.lookup(read_day(text))
    if as_json:
        print_json(day_said(day).model_dump(mode="json"))
        return
    print_lines(day_sentence(shell, day))


def told(shell: Shell, change: "CalendarChange") -> None:
    """Say what is known of the changed days now, and what follows by itself; who looks sees how it goes on."""
    print_lines(*(day_sentence(shell, day) for day in change.days))
    print_lines(
        shell.say(
            N_("{number} nhiệm vụ chưa xong sẽ tự được tính lại mốc theo lịch mới; không cần làm gì thêm."),
            number=change.replanned,
        )
    )
    if change.replanned and sys.stderr.isatty() and run(_engine_works(shell)):
        watch(shell, change.replanned)


async def _engine_works(shell: Shell) -> bool:
    from services.temporal import worker_is_there

    client = await shell.connect(to_look=True)
    return client is not None and await worker_is_there(client)


def watch(shell: Shell, total: int) -> None:
    """Show how many directives are planned anew, until all are; whoever ends it with Ctrl-C ends only the showing.

    Args:
        total: how many there were to begin with; the engine may be under way already.
    """
    from services.office_calendar import left_to_replan

    left = left_to_replan(shell.office)
    moved_at = time.monotonic()
    with progress() as shown:
        task = shown.add_task(shell.say(N_("Tính lại mốc")), total=total, completed=max(0, total - left))
        while left and time.monotonic() - moved_at < STANDSTILL_SECONDS:
            time.sleep(LOOK_SECONDS)
            before, left = left, left_to_replan(shell.office)
            if left != before:
                moved_at = time.monotonic()
            shown.update(task, completed=max(0, total - left))
    if left:
        print_lines(still_replanning(shell, left))


def still_replanning(shell: Shell, left: int) -> str:
    """Say that not all is planned anew yet."""
    return shell.say(
        N_("Còn {number} nhiệm vụ chưa tính lại mốc theo lịch mới; bộ máy tự làm tiếp khi chạy."), number=left
    )


def day_sentence(shell: Shell, day: "CalendarDay") -> str:
    """One day in words."""
    reason = f" ({day.reason})" if day.reason else ""
    said = f"{format_day(day.day, shell.language)}: {worked(shell, working=day.working)}{reason}."
    return f"{said} {shell.say(N_('Lịch năm này còn tạm tính.'))}" if day.provisional else said


def worked(shell: Shell, *, working: bool) -> str:
    """Whether a day is worked, in a word."""
    return shell.say(N_("làm việc")) if working else shell.say(N_("nghỉ"))
