"""`dondoc status`, `history`, `next`, `board`, `inbox` and `export`: questions, answered from SQL."""

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from documents.language import N_, Language, days_left_words, format_instant, label
from shell.board import show_board
from shell.context import Failed, Shell, in_language
from shell.output import iso, print_json, print_lines, print_table

if TYPE_CHECKING:
    from models.directory import Directory
    from models.moments import Moment
    from services.asking import Standing

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


def standing_json(standing: "Standing", directory: "Directory") -> dict[str, Any]:
    """One directive by the contract's keys, and some more; agencies by the names people know."""
    directive, moment = standing.directive, standing.following
    deadline = directive.deadline
    return {
        "code": directive.code,
        "content": directive.content,
        "status": directive.status.value,
        "timeliness": standing.timeliness.value if standing.timeliness else None,
        "lead_agency": directory.agency_name(directive.lead_agency) or None,
        "coordinating_agencies": [directory.agency_name(agency) for agency in directive.coordinating_agencies],
        "deadline": deadline.day.isoformat() if deadline else None,
        "escalation_level": directive.escalation_level,
        "next_moment": None
        if moment is None
        else {
            "at": iso(moment.at),
            "kind": kind_of(moment),
            "audience": [audience.value for audience in moment.audience],
            "clock": moment.clock.value,
            "step": moment.step,
        },
        "seq": standing.seq,
        "updated_at": iso(directive.updated_at),
        "due_at": iso(deadline.due_at) if deadline else None,
        "first_deadline": directive.first_deadline.day.isoformat() if directive.first_deadline else None,
        "imposed_deadline": directive.imposed_deadline.day.isoformat() if directive.imposed_deadline else None,
        "urgency": directive.urgency.value,
        "document": directive.document.model_dump(mode="json"),
        "assigning_leader": directive.assigning_leader,
        "supervising_leader": directive.supervising_leader,
        "field": directive.field,
        "lead_agency_code": directive.lead_agency,
        "percent": directive.percent,
        "extension_pending": directive.extension is not None,
        "explanation_pending": directive.explanation is not None,
        "contributions": {
            directory.agency_name(agency): opinion.value if opinion else None
            for agency, opinion in contributions_of(standing).items()
        },
        "waiting_for": [
            directory.agency_name(agency) for agency in (directive.awaited.agencies if directive.awaited else ())
        ],
        "awaiting_start": standing.awaiting_start,
    }


def contributions_of(standing: "Standing") -> dict[str, Any]:
    """What each coordinating agency contributed; silence is shown as silence."""
    directive = standing.directive
    return {agency: directive.contributions.get(agency) for agency in directive.coordinating_agencies}


def kind_of(moment: "Moment") -> str:
    """What a moment is to people: a reminder, or an escalation that goes above those who work on it."""
    return "escalation" if moment.level > 0 else "reminder"


def _left_words(standing: "Standing", left: int, now: dt.datetime, shell: Shell) -> str:
    from models.calendar import local_day
    from models.timeliness import judged_at
    from models.vocabulary import Timeliness

    directive = standing.directive
    last_day = directive.deadline.last_day if directive.deadline else None
    return days_left_words(
        left,
        shell.language,
        overdue=standing.timeliness is Timeliness.OVERDUE,
        today=last_day == local_day(judged_at(directive, now)),
    )


def show_status(shell: Shell, code: str, *, as_json: bool) -> None:
    """Tell where one directive stands."""
    from database.deliveries import undelivered
    from database.engine import reading
    from documents.moment_words import moment_sentence
    from documents.phrases import deadline_words
    from models.timeliness import days_left
    from services.asking import status_of

    now = shell.now()
    with reading(shell.office.engine) as connection:
        standing = status_of(connection, code, now)
        lost = undelivered(connection, code=code)
    reference = shell.reference()
    directory, directive = reference.directory, standing.directive
    if as_json:
        undelivered_json = [
            {"recipient": one.recipient, "at": iso(one.at), "channel": one.channel, "problem": one.problem}
            for one in lost
        ]
        print_json(standing_json(standing, directory) | {"undelivered": undelivered_json})
        return
    left = days_left(directive, reference.calendar, now) if not directive.closed else None
    judged = label(standing.timeliness, shell.language) if standing.timeliness else ""
    lines: list[tuple[str, str]] = [
        (N_("Mã nhiệm vụ"), directive.code),
        (N_("Nội dung"), directive.content),
        (N_("Văn bản"), directive.document.number),
        (N_("Trạng thái"), label(directive.status, shell.language)),
        (N_("Tiến độ hạn"), judged + (f" ({_left_words(standing, left, now, shell)})" if left is not None else "")),
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
    from services.asking import list_directives
    from services.filters import make_filter

    reference, now = shell.reference(), shell.now()
    only = make_filter(filters, reference, now, open_only=not everything)
    limit, offset = (None, 0) if as_json else (PAGE + 1, (page - 1) * PAGE)
    with reading(shell.office.engine) as connection:
        found = list(list_directives(connection, only, now, limit, offset))
    if as_json:
        print_json([standing_json(standing, reference.directory) for standing in found])
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
    from services.asking import history_of

    with reading(shell.office.engine) as connection:
        rows = history_of(connection, code)
        deliveries = deliveries_of(connection, code)
    directory = shell.reference().directory
    if as_json:
        print_json(
            [
                {
                    "seq": row.seq,
                    "at": iso(row.at),
                    "planned_at": iso(row.planned_at) if row.planned_at else None,
                    "kind": row.event.kind,
                    "actor": row.actor,
                    "on_behalf_of": row.on_behalf_of,
                    "data": json.loads(row.data),
                }
                for row in rows
            ]
        )
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
    from services.asking import next_of

    reference, now = shell.reference(), shell.now()
    with reading(shell.office.engine) as connection:
        directive, moments = next_of(connection, code, reference, now)
    policy = reference.timeline.current

    def why(moment: "Moment") -> str:
        return shell.say(
            N_("{policy}, phiên bản {version}: đồng hồ {clock}, mốc {step}"),
            policy=policy.name,
            version=policy.version,
            clock=label(moment.clock, shell.language),
            step=moment.step,
        )

    if as_json:
        print_json(
            [
                {
                    "at": iso(moment.at),
                    "clock": moment.clock.value,
                    "step": moment.step,
                    "audience": [audience.value for audience in moment.audience],
                    "level": moment.level,
                    "why": why(moment),
                    "then_every": moment.then_every,
                }
                for moment in moments
            ]
        )
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
                why(moment),
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
    from services.asking import inbox_of, mark_read

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
