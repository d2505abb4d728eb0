"""`dondoc calendar`: the announced days, which alone decide what a working day is."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from documents.language import N_, Language, format_day
from shell.context import Failed, Shell, in_language
from shell.output import print_json, print_lines, print_table

if TYPE_CHECKING:
    from models.calendar import CalendarDay
    from services.office_calendar import CalendarChange


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the commands of this subject."""
    words = in_language(language)
    json_help = words(N_("In kết quả dạng JSON."))
    reason_help = words(N_("Lý do, như “Quốc khánh”."))
    by_help = words(N_("Văn bản thông báo."))
    as_help = words(N_("Người thực hiện (mặc định: quản trị)."))
    day_help = words(N_("Ngày, dd/mm/yyyy."))
    calendar = typer.Typer(
        help=words(N_("Lịch làm việc: ngày nghỉ, ngày làm bù.")), no_args_is_help=True, rich_markup_mode=None
    )
    app.add_typer(calendar, name="calendar")

    @calendar.command("list", help=words(N_("Các ngày đã thông báo của một năm.")))
    def list_(
        ctx: typer.Context,
        year: Annotated[int, typer.Argument(metavar="YEAR", min=1900, max=2100)],
        json_: Annotated[bool, typer.Option("--json", help=json_help)] = False,
    ) -> None:
        show_year(ctx.obj, year, as_json=json_)

    @calendar.command("is", help=words(N_("Một ngày là ngày làm việc hay ngày nghỉ, vì sao.")))
    def is_(
        ctx: typer.Context,
        day: Annotated[str, typer.Argument(metavar="DAY", help=day_help)],
        json_: Annotated[bool, typer.Option("--json", help=json_help)] = False,
    ) -> None:
        from services.office_calendar import read_day

        shell: Shell = ctx.obj
        found = shell.reference().calendar.lookup(read_day(day))
        if json_:
            print_json(_day_json(shell, found))
        else:
            print_lines(_day_words(shell, found))

    @calendar.command("off", help=words(N_("Thêm ngày nghỉ; nhiều ngày liền thì ghi DAY..DAY.")))
    def off(
        ctx: typer.Context,
        days: Annotated[str, typer.Argument(metavar="DAY[..DAY]", help=day_help)],
        reason: Annotated[str, typer.Option(help=reason_help)] = "",
        announced_by: Annotated[str, typer.Option(help=by_help)] = "",
        person: Annotated[str, typer.Option("--as", metavar="PERSON", help=as_help)] = "",
    ) -> None:
        from services.office_calendar import read_period, take_off

        first, last = read_period(days)
        _tell(ctx.obj, take_off(ctx.obj.office, first, last, reason, announced_by or None, person))

    @calendar.command("work", help=words(N_("Thêm ngày làm việc, như thứ Bảy làm bù.")))
    def work(
        ctx: typer.Context,
        day: Annotated[str, typer.Argument(metavar="DAY", help=day_help)],
        reason: Annotated[str, typer.Option(help=reason_help)] = "",
        announced_by: Annotated[str, typer.Option(help=by_help)] = "",
        person: Annotated[str, typer.Option("--as", metavar="PERSON", help=as_help)] = "",
    ) -> None:
        from services.office_calendar import make_working, read_day

        _tell(ctx.obj, make_working(ctx.obj.office, read_day(day), reason, announced_by or None, person))

    @calendar.command("remove", help=words(N_("Bỏ một ngày đã thông báo: lại theo tuần thường.")))
    def remove(
        ctx: typer.Context,
        day: Annotated[str, typer.Argument(metavar="DAY", help=day_help)],
        person: Annotated[str, typer.Option("--as", metavar="PERSON", help=as_help)] = "",
    ) -> None:
        from services.office_calendar import read_day, take_back

        change = take_back(ctx.obj.office, read_day(day), person)
        if change is None:
            raise Failed(N_("Ngày {day} không có trong các ngày đã thông báo."), day=read_day(day))
        _tell(ctx.obj, change)

    @calendar.command("confirm", help=words(N_("Xác nhận đã soát các ngày của một năm.")))
    def confirm(
        ctx: typer.Context,
        year: Annotated[int, typer.Argument(metavar="YEAR", min=1900, max=2100)],
        person: Annotated[str, typer.Option("--as", metavar="PERSON", help=as_help)] = "",
    ) -> None:
        from services.office_calendar import confirm_year

        shell: Shell = ctx.obj
        new = confirm_year(shell.office, year, person)
        message = N_("Đã xác nhận lịch năm {year}.") if new else N_("Lịch năm {year} đã được xác nhận từ trước.")
        print_lines(shell.say(message, year=str(year)))


def _day_json(shell: Shell, day: "CalendarDay") -> dict[str, Any]:
    return {
        "day": day.day.isoformat(),
        "working": day.working,
        "reason": shell.say(day.reason) if day.reason else "",
        "announced_by": day.announced_by,
        "provisional": day.provisional,
    }


def _day_words(shell: Shell, day: "CalendarDay") -> str:
    kind = shell.say(N_("làm việc")) if day.working else shell.say(N_("nghỉ"))
    parts = [f"{format_day(day.day, shell.language)}: {kind}"]
    if day.reason:
        parts.append(shell.say(day.reason))
    if day.announced_by:
        parts.append(day.announced_by)
    if day.provisional:
        parts.append(shell.say(N_("năm chưa xác nhận")))
    return "; ".join(parts)


def show_year(shell: Shell, year: int, *, as_json: bool) -> None:
    """Show a year's announced days, and the proposed ones that decide nothing."""
    from services.office_calendar import announced_days, proposed_days

    calendar = shell.reference().calendar
    days = announced_days(calendar, year)
    if as_json:
        print_json([_day_json(shell, day) for day in days])
        return
    titles = [shell.say(title) for title in (N_("Ngày"), N_("Loại"), N_("Lý do"), N_("Thông báo"))]
    rows = [
        (
            format_day(day.day, shell.language),
            shell.say(N_("làm việc")) if day.working else shell.say(N_("nghỉ")),
            day.reason,
            day.announced_by or "",
        )
        for day in days
    ]
    print_table(titles, rows)
    if year not in calendar.confirmed_years:
        print_lines(shell.say(N_("Năm {year} chưa ai xác nhận: “dondoc calendar confirm {year}”."), year=str(year)))
    for row in proposed_days(calendar, year):
        print_lines(
            shell.say(
                N_("Đề xuất, chưa áp dụng: nghỉ {day} ({reason}). Nhập bằng “dondoc calendar off”."),
                day=row.day,
                reason=row.reason,
            )
        )


def _tell(shell: Shell, change: "CalendarChange") -> None:
    print_lines(
        *(_day_words(shell, day) for day in change.days),
        shell.say(N_("{number} nhiệm vụ đang mở sẽ được tính lại mốc, hệ thống tự làm."), number=change.replanned),
    )
