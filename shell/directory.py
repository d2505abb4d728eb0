"""`dondoc directory`: agencies and people: loading, finding, absences, and one agency following another."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from documents.language import N_, Language, label
from shell.context import Failed, Shell, in_language, run
from shell.output import print_json, print_lines, print_table, progress

if TYPE_CHECKING:
    from models.directory import Agency, Directory
    from services.directories import KnownPerson
    from services.succession import Outcome, Plan

SHOWN = 20
"""Codes that a sentence names."""


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the commands of this subject."""
    words = in_language(language)
    directory = typer.Typer(
        help=words(N_("Danh bạ cơ quan và người: nạp, tìm, vắng mặt, cơ quan kế thừa.")), no_args_is_help=True
    )
    app.add_typer(directory, name="directory")
    help_json = words(N_("In kết quả dạng JSON."))
    help_as = words(N_("Người thực hiện (mặc định: người quản trị)."))
    help_text = words(N_("Tìm không phân biệt hoa thường, dấu."))

    @directory.command("load", help=words(N_("Thay danh bạ bằng tệp YAML; có lỗi thì không đổi gì.")))
    def load(
        ctx: typer.Context,
        file: Annotated[Path, typer.Argument(metavar="FILE.yaml")],
        person: Annotated[str, typer.Option("--as", metavar="PERSON", help=help_as)] = "",
    ) -> None:
        load_file(ctx.obj, file, person)

    @directory.command("people", help=words(N_("Ai làm được gì: mã, họ tên, chức danh, địa chỉ thư.")))
    def people(
        ctx: typer.Context,
        text: Annotated[str, typer.Argument(metavar="[TEXT]", help=help_text)] = "",
        everybody: Annotated[bool, typer.Option("--all", help=words(N_("Cả người đã thôi hoặc bị khóa.")))] = False,
        json_: Annotated[bool, typer.Option("--json", help=help_json)] = False,
    ) -> None:
        show_people(ctx.obj, text, everybody=everybody, as_json=json_)

    @directory.command("agencies", help=words(N_("Các cơ quan: mã, tên, tên gọi khác.")))
    def agencies(
        ctx: typer.Context,
        text: Annotated[str, typer.Argument(metavar="[TEXT]", help=help_text)] = "",
        everything: Annotated[bool, typer.Option("--all", help=words(N_("Cả cơ quan đã giải thể.")))] = False,
        json_: Annotated[bool, typer.Option("--json", help=help_json)] = False,
    ) -> None:
        show_agencies(ctx.obj, text, everything=everything, as_json=json_)

    @directory.command("absent", help=words(N_("Ghi một người vắng mặt và ai thay.")))
    def absent(
        ctx: typer.Context,
        who: Annotated[str, typer.Argument(metavar="PERSON")],
        days: Annotated[str, typer.Argument(metavar="FROM..UNTIL", help=words(N_("Như 03/05/2027..07/05/2027.")))],
        deputy: Annotated[str, typer.Option(metavar="PERSON", help=words(N_("Người thay.")))] = "",
        remove: Annotated[
            bool, typer.Option("--remove", help=words(N_("Bỏ vắng mặt đã ghi của những ngày này.")))
        ] = False,
        person: Annotated[str, typer.Option("--as", metavar="PERSON", help=help_as)] = "",
    ) -> None:
        note_absence(ctx.obj, who, days, deputy, person, remove=remove)

    @directory.command("erase", help=words(N_("Xóa họ tên, địa chỉ thư và dấu vết của người đã thôi; nhật ký giữ mã.")))
    def erase(
        ctx: typer.Context,
        who: Annotated[str, typer.Argument(metavar="PERSON")],
        yes: Annotated[bool, typer.Option("--yes", help=words(N_("Xóa thật; không có thì chỉ xem trước.")))] = False,
        person: Annotated[str, typer.Option("--as", metavar="PERSON", help=help_as)] = "",
        json_: Annotated[bool, typer.Option("--json", help=help_json)] = False,
    ) -> None:
        erase_person(ctx.obj, who, person, sure=yes, as_json=json_)

    @directory.command("succeed", help=words(N_("Chuyển nhiệm vụ chưa xong từ cơ quan cũ sang cơ quan kế thừa.")))
    def succeed(
        ctx: typer.Context,
        old: Annotated[str, typer.Argument(metavar="OLD")],
        new: Annotated[str, typer.Argument(metavar="NEW")],
        person: Annotated[str, typer.Option("--as", metavar="PERSON", help=words(N_("Người thực hiện.")))],
        field: Annotated[
            list[str] | None, typer.Option("--field", help=words(N_("Chỉ lĩnh vực này (dùng nhiều lần).")))
        ] = None,
        reason: Annotated[str, typer.Option(help=words(N_("Căn cứ, như số nghị quyết.")))] = "",
        dry_run: Annotated[bool, typer.Option("--dry-run", help=words(N_("Chỉ xem, không chuyển gì.")))] = False,
        json_: Annotated[bool, typer.Option("--json", help=help_json)] = False,
    ) -> None:
        from services.succession import plan

        shell: Shell = ctx.obj
        planned = plan(shell.office, old, new, tuple(field or ()), person)
        if dry_run:
            show_plan(shell, planned, as_json=json_)
        else:
            carry_out(shell, planned, person, reason, as_json=json_)


def erase_person(shell: Shell, who: str, person: str, *, sure: bool, as_json: bool) -> None:
    """Erase who a person was, or only say what that would do."""
    from services.erasing import erase, preview_erasure

    done = (erase if sure else preview_erasure)(shell.office, who, person)
    if as_json:
        print_json(
            {
                "person": done.code,
                "erased": sure,
                "removed": done.removed,
                "replaced": done.replaced,
                "left": done.left,
                "code_tells": done.code_tells,
            }
        )
        return
    rows = [
        *((place, str(number), shell.say(N_("xóa"))) for place, number in sorted(done.removed.items())),
        *((place, str(number), shell.say(N_("thay tên"))) for place, number in sorted(done.replaced.items())),
        *((place, str(number), shell.say(N_("còn lại"))) for place, number in sorted(done.left.items())),
    ]
    print_table([shell.say(N_("Nơi lưu")), shell.say(N_("Số dòng")), shell.say(N_("Việc"))], rows)
    if done.left:
        print_lines(shell.say(N_("Chỗ còn lại là nội dung người khác đã ghi vào nhật ký, không sửa được.")))
    if done.code_tells:
        print_lines(shell.say(N_("Mã {person} còn trong nhật ký và gợi ra họ tên."), person=done.code))
    print_lines(
        shell.say(N_("Đã xóa thông tin của {person}. Bản sao lưu cũ vẫn còn tên."), person=done.code)
        if sure
        else shell.say(N_("Chưa xóa gì. Thêm --yes để xóa thông tin của {person}."), person=done.code)
    )


def load_file(shell: Shell, file: Path, person: str) -> None:
    """Replace the directory by that of a file."""
    from services.data_files import FileRefused
    from services.directories import load
    from shell.policy import refuse_file

    try:
        loaded = load(shell.office, file, person)
    except FileRefused as refused:
        refuse_file(shell, file, refused)
        return
    print_lines(
        shell.say(
            N_("Đã nạp danh bạ: {agencies} cơ quan, {people} người, {posts} chức danh."),
            agencies=len(loaded.agencies),
            people=len(loaded.people),
            posts=len(loaded.posts),
        )
    )


def show_people(shell: Shell, text: str, *, everybody: bool, as_json: bool) -> None:
    """Who can act."""
    from models.calendar import local_day
    from services.answers import person_said
    from services.directories import find_people

    directory = shell.reference().directory
    found = find_people(directory, text, local_day(shell.now()), everybody=everybody)
    if as_json:
        print_json([person_said(known, directory).model_dump(mode="json") for known in found])
        return
    titles = [shell.say(title) for title in (N_("Mã"), N_("Họ tên"), N_("Chức danh"), N_("Địa chỉ thư"))]
    print_table(
        titles,
        [
            (known.person.code, known.person.name, posts_words(shell, known, directory), known.person.email)
            for known in found
        ],
    )
    if not found:
        print_lines(shell.say(N_("Không tìm thấy ai.")))


def posts_words(shell: Shell, known: "KnownPerson", directory: "Directory") -> str:
    """The posts that a person holds today, in words."""
    if known.person.locked:
        return shell.say(N_("bị khóa"))
    return "; ".join(
        f"{label(post.position, shell.language)}, {directory.agency_name(post.agency)}" for post in known.posts
    )


def show_agencies(shell: Shell, text: str, *, everything: bool, as_json: bool) -> None:
    """Which agencies there are."""
    from documents.dates import short_day
    from models.calendar import local_day
    from services.directories import find_agencies

    found = find_agencies(shell.reference().directory, text, local_day(shell.now()), everything=everything)
    if as_json:
        print_json([agency_json(agency) for agency in found])
        return
    titles = [shell.say(title) for title in (N_("Mã"), N_("Tên"), N_("Tên gọi khác"), N_("Đến hết ngày"))]
    print_table(
        titles,
        [
            (
                agency.code,
                agency.name,
                "; ".join(agency.aliases),
                short_day(agency.valid_until) if agency.valid_until else "",
            )
            for agency in found
        ],
    )
    if not found:
        print_lines(shell.say(N_("Không tìm thấy cơ quan nào.")))


def agency_json(agency: "Agency") -> dict[str, Any]:
    """The same for machines."""
    return agency.model_dump(mode="json")


def note_absence(shell: Shell, who: str, days: str, deputy: str, person: str, *, remove: bool) -> None:
    """Enter or take back an absence."""
    from services.directories import enter_absence, remove_absence
    from services.office_calendar import read_period

    first, last = read_period(days)
    if remove:
        number = remove_absence(shell.office, who, first, last, person)
        if not number:
            raise Failed(N_("Không có vắng mặt nào được ghi cho những ngày này."))
        print_lines(shell.say(N_("Đã bỏ {number} lần vắng mặt."), number=number))
        return
    entered = enter_absence(shell.office, who, first, last, deputy, person)
    names = shell.reference().directory
    message = (
        N_("{person} vắng mặt từ {first} đến {last}; {deputy} thay.")
        if entered.deputy
        else N_("{person} vắng mặt từ {first} đến {last}; không ghi người thay.")
    )
    print_lines(
        shell.say(
            message,
            person=names.person_name(entered.person),
            first=entered.first,
            last=entered.last,
            deputy=names.person_name(entered.deputy),
        )
    )
    if entered.stand_in is None:
        print_lines(shell.say(N_("Lưu ý: ngày đầu không ai thay được, thông báo sẽ chuyển lên bậc kế tiếp.")))
    elif entered.stand_in != entered.deputy:
        print_lines(
            shell.say(
                N_("Người thay cũng vắng mặt, nên {person} nhận và làm thay."),
                person=names.person_name(entered.stand_in),
            )
        )


def show_plan(shell: Shell, planned: "Plan", *, as_json: bool) -> None:
    """What would move; nothing does."""
    if as_json:
        print_json(
            {
                **_ends(planned),
                "dry_run": True,
                "directives": [
                    {"code": one.code, "content": one.content, "leads": one.leads} for one in planned.moving
                ],
            }
        )
        return
    titles = [shell.say(N_("Nhiệm vụ")), shell.say(N_("Vai trò")), shell.say(N_("Nội dung"))]
    leads, coordinates = shell.say(N_("chủ trì")), shell.say(N_("phối hợp"))
    print_table(titles, [(one.code, leads if one.leads else coordinates, one.content) for one in planned.moving])
    names = shell.reference().directory
    print_lines(
        shell.say(
            N_("{number} nhiệm vụ chưa xong sẽ chuyển từ {old} sang {new}; chưa chuyển gì."),
            number=len(planned.moving),
            old=names.agency_name(planned.old),
            new=names.agency_name(planned.new),
        )
    )


def _ends(planned: "Plan") -> dict[str, Any]:
    return {"old": planned.old, "new": planned.new, "fields": list(planned.fields)}


def carry_out(shell: Shell, planned: "Plan", person: str, reason: str, *, as_json: bool) -> None:
    """Move everything that is planned; exit code 1 when something was refused."""
    outcome = run(_move(shell, planned, person, reason))
    if as_json:
        refused = {code: refused.code.value for code, refused in outcome.refused.items()}
        print_json(
            {**_ends(planned), "dry_run": False, "moved": outcome.moved, "kept": outcome.kept, "refused": refused}
        )
    else:
        names = shell.reference().directory
        print_lines(
            shell.say(
                N_("Đã chuyển {number} nhiệm vụ từ {old} sang {new}."),
                number=len(outcome.moved),
                old=names.agency_name(planned.old),
                new=names.agency_name(planned.new),
            )
        )
        if outcome.kept:
            print_lines(shell.say(N_("{number} nhiệm vụ đã nhận, đang ghi."), number=len(outcome.kept)))
    if outcome.refused:
        raise Failed(
            N_("{number} nhiệm vụ không chuyển được: {codes}."),
            number=len(outcome.refused),
            codes=list(outcome.refused)[:SHOWN],
        )


async def _move(shell: Shell, planned: "Plan", person: str, reason: str) -> "Outcome":
    """Send the commands; without an engine they are kept, and the sweep sends them."""
    from services.sending import Sender
    from services.succession import carry_out as send_all
    from services.temporal import worker_is_there

    client = await shell.connect()
    sender = Sender(client, shell.office) if client is not None and await worker_is_there(client) else None
    with progress() as shown:
        task = shown.add_task(shell.say(N_("Chuyển")), total=len(planned.moving))
        return await send_all(
            shell.office,
            sender,
            planned,
            person,
            reason,
            lambda done, _everything: shown.update(task, completed=done),
        )
