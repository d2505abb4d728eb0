"""`dondoc status`, `history`, `next`, `board`, `inbox` and `export`: questions, answered from SQL."""

from pathlib import Path
from typing import Annotated

import typer

from documents.language import N_, Language, format_instant, label
from shell.board import show_board
from shell.context import Failed, Shell, in_language
from shell.output import iso, print_json, print_lines, print_table

PAGE = 50
"""Directives of a list that a person sees at once; JSON has all."""

EXPORT_ENDINGS = (".xlsx", ".csv")


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the commands of this subject."""
    words = in_language(language)
    code_help = words(N_("Mã nhiệm vụ."))
    json_help = words(N_("In kết quả dạng JSON."))

    @app.command("status", help=words(N_("Nhiệm vụ đang ở đâu; không nêu mã thì liệt kê, nặng nhất trước.")))
    def status(
        ctx: typer.Context,
        code: Annotated[str, typer.Argument(metavar="[CODE]", help=code_help)] = "",
        timeliness: Annotated[str, typer.Option(help=words(N_("Lọc: overdue, due_soon, on_time, …")))] = "",
        state: Annotated[str, typer.Option("--status", help=words(N_("Lọc theo trạng thái.")))] = "",
        agency: Annotated[str, typer.Option(help=words(N_("Lọc theo cơ quan chủ trì.")))] = "",
        field: Annotated[str, typer.Option(help=words(N_("Lọc theo lĩnh vực.")))] = "",
        leader: Annotated[str, typer.Option(help=words(N_("Lọc theo lãnh đạo phụ trách.")))] = "",
        text: Annotated[str, typer.Option(help=words(N_("Tìm trong nội dung, trích yếu, số văn bản.")))] = "",
        everything: Annotated[bool, typer.Option("--all", help=words(N_("Cả nhiệm vụ đã xong.")))] = False,
        page: Annotated[int, typer.Option(min=1, help=words(N_("Trang.")))] = 1,
        json_: Annotated[bool, typer.Option("--json", help=json_help)] = False,
    ) -> None:
        if code:
            show_status(ctx.obj, code, as_json=json_)
            return
        filters = {
            "timeliness": timeliness,
            "status": state,
            "agency": agency,
            "field": field,
            "leader": leader,
            "text": text,
        }
        show_list(ctx.obj, filters, everything=everything, page=page, as_json=json_)

    @app.command("history", help=words(N_("Nhật ký của một nhiệm vụ: ai làm gì, khi nào.")))
    def history(
        ctx: typer.Context,
        code: Annotated[str, typer.Argument(metavar="CODE", help=code_help)],
        json_: Annotated[bool, typer.Option("--json", help=json_help)] = False,
    ) -> None:
        show_history(ctx.obj, code, as_json=json_)

    @app.command("next", help=words(N_("Các mốc sắp tới nếu không ai làm gì, tới ai, theo thang nào.")))
    def next_(
        ctx: typer.Context,
        code: Annotated[str, typer.Argument(metavar="CODE", help=code_help)],
        json_: Annotated[bool, typer.Option("--json", help=json_help)] = False,
    ) -> None:
        show_next(ctx.obj, code, as_json=json_)

    @app.command("board", help=words(N_("Bảng tổng hợp theo cơ quan, lĩnh vực hoặc lãnh đạo.")))
    def board(
        ctx: typer.Context,
        by: Annotated[str, typer.Option(help=words(N_("Theo: agency, field, leader hoặc successor.")))] = "agency",
        json_: Annotated[bool, typer.Option("--json", help=json_help)] = False,
    ) -> None:
        if by not in ("agency", "field", "leader", "successor"):
            raise typer.BadParameter(words(N_("Chọn agency, field, leader hoặc successor.")), param_hint="--by")
        show_board(ctx.obj, by=by, as_json=json_)

    @app.command("inbox", help=words(N_("Hộp thông báo của một người.")))
    def inbox(
        ctx: typer.Context,
        person: Annotated[str, typer.Argument(metavar="PERSON")],
        unread: Annotated[bool, typer.Option("--unread", help=words(N_("Chỉ thông báo chưa đọc.")))] = False,
        mark: Annotated[bool, typer.Option("--mark-read", help=words(N_("Đánh dấu đã đọc.")))] = False,
        json_: Annotated[bool, typer.Option("--json", help=json_help)] = False,
    ) -> None:
        show_inbox(ctx.obj, person, unread=unread, mark=mark, as_json=json_)

    @app.command("export", help=words(N_("Xuất mọi nhiệm vụ ra bảng tính .xlsx hoặc .csv.")))
    def export(
        ctx: typer.Context,
        file: Annotated[Path, typer.Argument(metavar="FILE.xlsx")],
        opened: Annotated[bool, typer.Option("--open", help=words(N_("Chỉ nhiệm vụ chưa xong.")))] = False,
    ) -> None:
        export_to(ctx.obj, file, open_only=opened)


def export_to(shell: Shell, file: Path, *, open_only: bool) -> None:
    """Write the directives to a file, by its ending as workbook or CSV."""
    from services.exporting import export_directives

    if file.suffix.casefold() not in EXPORT_ENDINGS:
        raise Failed(N_("Chỉ xuất ra tệp .xlsx hoặc .csv, không phải {file}."), file=file.name)
    if not file.parent.is_dir():
        raise Failed(N_("Không có thư mục {folder}."), folder=file.parent)
    number = export_directives(shell.office, file, shell.language, open_only=open_only)
    print_lines(shell.say(N_("Đã xuất {number} nhiệm vụ ra {file}."), number=number, file=file))


def show_status(shell: Shell, code: str, *, as_json: bool) -> None:
    """Tell where one directive stands."""
    from database.deliveries import undelivered
    from database.engine import reading
    from documents.moment_words import moment_sentence
    from documents.phrases import deadline_words
    from documents.standing_words import standing_words
    from services.answers import status_said
    from services.asking import status_of

    now = shell.now()
    with reading(shell.office.engine) as connection:
        standing = status_of(connection, code, now)
        lost = undelivered(connection, code=code)
    reference = shell.reference()
    directory, directive = reference.directory, standing.directive
    if as_json:
        print_json(status_said(standing, directory, lost).model_dump(mode="json"))
        return
    left = standing_words(directive, reference.calendar, now, shell.language)
    judged = label(standing.timeliness, shell.language) if standing.timeliness else ""
    lines: list[tuple[str, str]] = [
        (N_("Mã nhiệm vụ"), directive.code),
        (N_("Nội dung"), directive.content),
        (N_("Văn bản"), directive.document.number),
        (N_("Trạng thái"), label(directive.status, shell.language)),
        (N_("Tiến độ hạn"), judged + (f" ({left})" if left else "")),
        (N_("Chủ trì"), directory.agency_name(directive.lead_agency)),
        (N_("Phối hợp"), "; ".join(directory.agency_name(agency) for agency in directive.coordinating_agencies)),
        (N_("Thời hạn"), deadline_words(directive.deadline, shell.language)),
        (N_("Độ khẩn"), label(directive.urgency, shell.language)),
        (N_("Cấp đôn đốc"), str(directive.escalation_level)),
    ]
    if directive.imposed_deadline is not None:
        lines.append((N_("Hạn cấp trên giao"), deadline_words(directive.imposed_deadline, shell.language)))
    if directive.extension is not None:
        lines.append((N_("Đang xin gia hạn đến"), deadline_words(directive.extension.deadline, shell.language)))
    if directive.explanation is not None:
        lines.append((N_("Đang chờ giải trình"), directive.explanation.text))
    if directive.awaited is not None:
        awaited = "; ".join(directory.agency_name(agency) for agency in directive.awaited.agencies)
        lines.append((N_("Đang chờ ý kiến của"), awaited))
    if standing.following is not None:
        at = format_instant(standing.following.at, shell.language)
        lines.append((N_("Mốc tiếp theo"), f"{at}: {moment_sentence(standing.following, shell.language)}"))
    if standing.awaiting_start:
        lines.append((N_("Lưu ý"), shell.say(N_("chờ khởi tạo"))))
    lines += [(N_("Thư không gửi được"), f"{directory.person_name(one.recipient)}: {one.problem}") for one in lost]
    print_lines(*(f"{shell.say(title)}: {value}" for title, value in lines if value))


def show_list(shell: Shell, filters: dict[str, str], *, everything: bool, page: int, as_json: bool) -> None:
    """List directives, the worst first."""
    from database.engine import reading
    from services.answers import directive_said
    from services.asking import list_directives
    from services.filters import make_filter

    reference, now = shell.reference(), shell.now()
    only = make_filter(filters, reference, now, open_only=not everything)
    limit, offset = (None, 0) if as_json else (PAGE + 1, (page - 1) * PAGE)
    with reading(shell.office.engine) as connection:
        found = list(list_directives(connection, only, now, limit, offset))
    if as_json:
        print_json([directive_said(standing, reference.directory).model_dump(mode="json") for standing in found])
        return
    if not found:
        print_lines(shell.say(N_("Không có nhiệm vụ nào khớp.")))
        return
    titles = [shell.say(title) for title in (N_("Mã"), N_("Trạng thái"), N_("Hạn"), N_("Thời hạn"), N_("Chủ trì"))]
    titles.append(shell.say(N_("Nội dung")))
    rows = [
        (
            standing.directive.code,
            label(standing.directive.status, shell.language),
            label(standing.timeliness, shell.language) if standing.timeliness else "",
            standing.directive.deadline.day.strftime("%d/%m/%Y") if standing.directive.deadline else "",
            reference.directory.agency_name(standing.directive.lead_agency),
            _shortened(standing.directive.content),
        )
        for standing in found[:PAGE]
    ]
    print_table(titles, rows)
    if len(found) > PAGE:
        print_lines(shell.say(N_("Còn nữa: thêm --page {page}."), page=page + 1))


def _shortened(text: str, limit: int = 90) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def show_history(shell: Shell, code: str, *, as_json: bool) -> None:
    """Tell what happened to a directive."""
    from database.deliveries import deliveries_of
    from database.engine import reading
    from documents.sentences import event_sentence, sent_words
    from services.answers import event_said
    from services.asking import history_of

    with reading(shell.office.engine) as connection:
        rows = history_of(connection, code)
        deliveries = deliveries_of(connection, code)
    directory = shell.reference().directory
    if as_json:
        print_json([event_said(row).model_dump(mode="json") for row in rows])
        return
    if not rows:
        print_lines(shell.say(N_("Chưa có gì: nhiệm vụ đang chờ khởi tạo.")))
    for row in rows:
        print_lines(
            f"{row.seq:>3}  {format_instant(row.at, shell.language)}  {event_sentence(row, directory, shell.language)}"
        )
        for sent in deliveries:
            if sent.seq != row.seq:
                continue
            person = directory.person_name(sent.recipient)
            if sent.sent_at is not None:
                how = sent_words(sent.sent_at, shell.language, in_digest=bool(sent.digest))
                print_lines(f"       → {person}: {how}")
            elif sent.problem:
                print_lines(f"       → {person}: {shell.say(N_('không gửi được'))} – {sent.problem}")


def show_next(shell: Shell, code: str, *, as_json: bool) -> None:
    """Tell every coming moment of a directive if nobody acts, to whom, and under which rule."""
    from database.engine import reading
    from documents.moment_words import moment_sentence
    from models.audience import resolve
    from models.calendar import local_day
    from services.answers import coming_said, rule_words
    from services.asking import next_of

    reference, now = shell.reference(), shell.now()
    with reading(shell.office.engine) as connection:
        directive, moments = next_of(connection, code, reference, now)
    policy = reference.timeline.current

    if as_json:
        print_json([coming_said(moment, reference, shell.language).model_dump(mode="json") for moment in moments])
        return
    if not moments:
        print_lines(shell.say(N_("Không còn mốc nào.")))
        return
    rows = []
    for moment in moments:
        hearers = resolve(moment.audience, directive, reference.directory, local_day(moment.at))
        people = "; ".join(reference.directory.person_name(one.person) for one in hearers.recipients)
        rows.append(
            (
                format_instant(moment.at, shell.language),
                moment_sentence(moment, shell.language),
                people,
                moment.level or "",
                rule_words(moment, policy.name, policy.version, shell.language),
            )
        )
    titles = (N_("Lúc"), N_("Việc"), N_("Tới"), N_("Cấp"), N_("Vì sao"))
    print_table([shell.say(title) for title in titles], rows)


def _web_address(shell: Shell) -> str:
    """The address by which people reach the web part: the one that is set, else where it runs now."""
    from embedded.locate import running_system

    settings = shell.settings
    if "public_url" in settings.model_fields_set:
        return settings.public_url
    system = running_system(settings.data_dir)
    return system.web_url if system else settings.public_url


def show_inbox(shell: Shell, person: str, *, unread: bool, mark: bool, as_json: bool) -> None:
    """Show a person's notices, the newest first."""
    from database.engine import reading, writing
    from documents.office_notice_text import render_inbox
    from services.acting import find_person
    from services.inbox import inbox_of, mark_read

    directory = shell.reference().directory
    code = find_person(directory, person)
    with reading(shell.office.engine) as connection:
        found = inbox_of(connection, code, unread_only=unread, limit=None if as_json else PAGE + 1)
    items = found if as_json else found[:PAGE]
    base_url = _web_address(shell)
    rendered = [(item, render_inbox(item.content, directory, shell.language, base_url)) for item in items]
    if as_json:
        print_json(
            [
                {
                    "at": iso(item.at),
                    "code": item.code,
                    "kind": item.kind,
                    "level": item.level,
                    "text": text.text,
                    "why": text.why,
                    "read_at": iso(item.read_at) if item.read_at else None,
                }
                for item, text in rendered
            ]
        )
    elif not items:
        print_lines(shell.say(N_("Hộp thông báo của {person} trống."), person=directory.person_name(code)))
    else:
        for item, text in rendered:
            print_lines(f"{format_instant(item.at, shell.language)}  {text.subject}", f"    {text.headline}")
            print_lines(f"    {text.why}", f"    {text.next}", "")
        if len(found) > len(items):
            print_lines(shell.say(N_("Còn thông báo cũ hơn; xem tất cả bằng --json.")))
    if mark:
        with writing(shell.office.engine) as connection:
            mark_read(connection, code, items, shell.now())
