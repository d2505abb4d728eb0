"""`dondoc directory`: agencies and people, absences, and agencies that take another's place."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from documents.language import N_, Language, label
from shell.context import Failed, Shell, in_language, run
from shell.output import print_json, print_lines, print_table, progress

if TYPE_CHECKING:
    from services.succession import Outcome, Plan


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the commands of this subject."""
    words = in_language(language)
    json_help = words(N_("In kết quả dạng JSON."))
    as_help = words(N_("Người thực hiện (mặc định: quản trị)."))
    text_help = words(N_("Tìm theo mã, tên, địa chỉ; không phân biệt dấu."))
    directory = typer.Typer(
        help=words(N_("Danh bạ: cơ quan, con người, vắng mặt, kế thừa.")), no_args_is_help=True, rich_markup_mode=None
    )
    app.add_typer(directory, name="directory")

    @directory.command("people", help=words(N_("Những người có thể thực hiện, với mã và chức danh.")))
    def people(
        ctx: typer.Context,
        text: Annotated[str, typer.Argument(metavar="[TEXT]", help=text_help)] = "",
        json_: Annotated[bool, typer.Option("--json", help=json_help)] = False,
    ) -> None:
        show_people(ctx.obj, text, as_json=json_)

    @directory.command("agencies", help=words(N_("Các cơ quan hiện có, với mã và tên gọi khác.")))
    def agencies(
        ctx: typer.Context,
        text: Annotated[str, typer.Argument(metavar="[TEXT]", help=text_help)] = "",
        everything: Annotated[bool, typer.Option("--all", help=words(N_("Cả cơ quan đã kết thúc.")))] = False,
        json_: Annotated[bool, typer.Option("--json", help=json_help)] = False,
    ) -> None:
        show_agencies(ctx.obj, text, everything=everything, as_json=json_)

    @directory.command("load", help=words(N_("Thay danh bạ bằng một tệp YAML, sau khi kiểm tra.")))
    def load(
        ctx: typer.Context,
        file: Annotated[Path, typer.Argument(metavar="FILE.yaml")],
        person: Annotated[str, typer.Option("--as", metavar="PERSON", help=as_help)] = "",
    ) -> None:
        from services.directories import load as load_file

        shell: Shell = ctx.obj
        loaded = load_file(shell.office, file, person)
        print_lines(
            shell.say(
                N_("Đã thay danh bạ: {agencies} cơ quan, {people} người."),
                agencies=len(loaded.agencies),
                people=len(loaded.people),
            )
        )

    @directory.command("absent", help=words(N_("Ghi người vắng mặt và người được ủy quyền.")))
    def absent(
        ctx: typer.Context,
        person: Annotated[str, typer.Argument(metavar="PERSON")],
        days: Annotated[str, typer.Argument(metavar="FROM..UNTIL")],
        deputy: Annotated[str, typer.Option(help=words(N_("Người được ủy quyền.")))] = "",
        remove: Annotated[bool, typer.Option("--remove", help=words(N_("Bỏ lần vắng mặt này.")))] = False,
        keeper: Annotated[str, typer.Option("--as", metavar="PERSON", help=as_help)] = "",
    ) -> None:
        enter_absence(ctx.obj, person, days, deputy, keeper, remove=remove)

    @directory.command("succeed", help=words(N_("Chuyển nhiệm vụ đang mở sang cơ quan kế thừa.")))
    def succeed(
        ctx: typer.Context,
        old: Annotated[str, typer.Argument(metavar="OLD")],
        new: Annotated[str, typer.Argument(metavar="NEW")],
        field: Annotated[list[str] | None, typer.Option(help=words(N_("Chỉ lĩnh vực này (dùng nhiều lần).")))] = None,
        reason: Annotated[str, typer.Option(help=words(N_("Lý do.")))] = "",
        dry_run: Annotated[bool, typer.Option("--dry-run", help=words(N_("Chỉ xem trước.")))] = False,
        person: Annotated[str, typer.Option("--as", metavar="PERSON", help=as_help)] = "",
    ) -> None:
        from services.succession import plan

        planned = plan(ctx.obj.office, old, new, tuple(field or ()), person)
        _preview(ctx.obj, planned)
        if not dry_run:
            _tell(ctx.obj, run(_carry_out(ctx.obj, planned, person, reason)))


def show_people(shell: Shell, text: str, *, as_json: bool) -> None:
    """Show who can act today."""
    from models.calendar import local_day
    from services.directories import find_people

    directory = shell.reference().directory
    found = find_people(directory, text, local_day(shell.now()))
    if as_json:
        print_json(
            [
                {
                    "code": one.person.code,
                    "name": one.person.name,
                    "email": one.person.email,
                    "posts": [
                        {"agency": directory.agency_name(post.agency), "position": post.position.value}
                        for post in one.posts
                    ],
                }
                for one in found
            ]
        )
        return
    rows = [
        (
            one.person.code,
            one.person.name,
            "; ".join(
                f"{label(post.position, shell.language)}, {directory.agency_name(post.agency)}" for post in one.posts
            ),
            one.person.email,
        )
        for one in found
    ]
    print_table([shell.say(title) for title in (N_("Mã"), N_("Họ tên"), N_("Chức danh"), N_("Thư"))], rows)


def show_agencies(shell: Shell, text: str, *, everything: bool, as_json: bool) -> None:
    """Show the agencies."""
    from models.calendar import local_day
    from services.directories import find_agencies

    found = find_agencies(shell.reference().directory, text, local_day(shell.now()), everything=everything)
    if as_json:
        print_json([agency.model_dump(mode="json") for agency in found])
        return
    rows = [(agency.code, agency.name, "; ".join(agency.aliases)) for agency in found]
    print_table([shell.say(title) for title in (N_("Mã"), N_("Tên"), N_("Tên gọi khác"))], rows)


def enter_absence(shell: Shell, person: str, days: str, deputy: str, keeper: str, *, remove: bool) -> None:
    """Enter or take back an absence."""
    from services import directories
    from services.acting import find_person
    from services.office_calendar import read_period

    first, last = read_period(days)
    directory = shell.reference().directory
    if remove:
        number = directories.remove_absence(shell.office, person, first, last, keeper)
        print_lines(shell.say(N_("Đã bỏ {number} lần vắng mặt."), number=number))
        return
    entered = directories.enter_absence(shell.office, person, first, last, deputy, keeper)
    name = directory.person_name(find_person(directory, person))
    if entered.stand_in is None:
        print_lines(shell.say(N_("{person} vắng mặt, chưa có ai thay; thông báo chuyển lên cấp trên."), person=name))
    else:
        print_lines(
            shell.say(
                N_("{person} vắng mặt, {deputy} thay mặt."),
                person=name,
                deputy=directory.person_name(entered.stand_in),
            )
        )


def _preview(shell: Shell, planned: "Plan") -> None:
    directory = shell.reference().directory
    print_lines(
        shell.say(
            N_("{number} nhiệm vụ đang mở chuyển từ {old} sang {new}; các mốc giữ nguyên:"),
            number=len(planned.moving),
            old=directory.agency_name(planned.old),
            new=directory.agency_name(planned.new),
        )
    )
    lead, coordinate = shell.say(N_("chủ trì")), shell.say(N_("phối hợp"))
    print_lines(*(f"  {one.code} ({lead if one.leads else coordinate}): {one.content[:80]}" for one in planned.moving))


async def _carry_out(shell: Shell, planned: "Plan", person: str, reason: str) -> "Outcome":
    from services.sending import Sender
    from services.succession import carry_out

    client = await shell.connect()
    sender = Sender(client, shell.office) if client else None
    with progress() as bar:
        task = bar.add_task(shell.say(N_("Chuyển")), total=len(planned.moving))
        return await carry_out(
            shell.office, sender, planned, person, reason, lambda done, _every: bar.update(task, completed=done)
        )


def _tell(shell: Shell, outcome: "Outcome") -> None:
    print_lines(
        shell.say(N_("Đã chuyển {moved} nhiệm vụ, {kept} đang ghi."), moved=len(outcome.moved), kept=len(outcome.kept))
    )
    if outcome.refused:
        raise Failed(
            N_("{number} nhiệm vụ chưa chuyển được: {codes}."),
            number=len(outcome.refused),
            codes=sorted(outcome.refused)[:10],
        )
