"""`dondoc token`: programs that act for a person by the API."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from documents.language import N_, Language, format_instant
from models.tokens import DEFAULT_DAYS, LONGEST_DAYS, TokenScope
from shell.context import Failed, Shell, in_language
from shell.output import iso, print_json, print_lines, print_table

if TYPE_CHECKING:
    import datetime as dt

    from services.tokens import Token


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the commands of this subject."""
    words = in_language(language)
    as_help = words(N_("Người thực hiện (mặc định: quản trị)."))
    token = typer.Typer(
        help=words(N_("Mã truy cập: phần mềm khác làm việc thay một người qua API.")),
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    app.add_typer(token, name="token")
    scopes_help = words(N_("Phạm vi (dùng nhiều lần): ")) + ", ".join(TokenScope)

    @token.command("add", help=words(N_("Tạo mã truy cập; in mã một lần.")))
    def add(
        ctx: typer.Context,
        person: Annotated[str, typer.Argument(metavar="PERSON")],
        name: Annotated[str, typer.Option(help=words(N_("Mã này để làm gì, như “Cổng thông tin”.")))],
        scope: Annotated[list[str] | None, typer.Option(help=scopes_help)] = None,
        days: Annotated[
            int, typer.Option(min=1, max=LONGEST_DAYS, help=words(N_("Dùng được bao nhiêu ngày.")))
        ] = DEFAULT_DAYS,
        by: Annotated[str, typer.Option("--as", metavar="PERSON", help=as_help)] = "",
    ) -> None:
        from services import tokens

        shell: Shell = ctx.obj
        made, secret = tokens.create(shell.office, person, name, scope or [TokenScope.READ.value], days, by)
        owner = shell.reference().directory.person_name(made.person)
        print_lines(
            shell.say(N_("Mã truy cập số {number} của {person}: {name}"), number=made.id, person=owner, name=made.name),
            shell.say(N_("Mã (chỉ hiện lần này): {secret}"), secret=secret),
        )

    @token.command("list", help=words(N_("Các mã truy cập: của ai, để làm gì, dùng lần cuối khi nào.")))
    def list_(
        ctx: typer.Context,
        person: Annotated[str, typer.Argument(metavar="[PERSON]")] = "",
        everything: Annotated[bool, typer.Option("--all", help=words(N_("Cả mã đã thu hồi hoặc hết hạn.")))] = False,
        json_: Annotated[bool, typer.Option("--json", help=words(N_("In kết quả dạng JSON.")))] = False,
    ) -> None:
        show_tokens(ctx.obj, person, everything=everything, as_json=json_)

    @token.command("revoke", help=words(N_("Thu hồi một mã truy cập ngay.")))
    def revoke(
        ctx: typer.Context,
        number: Annotated[int, typer.Argument(metavar="ID")],
        by: Annotated[str, typer.Option("--as", metavar="PERSON", help=as_help)] = "",
    ) -> None:
        from services import tokens

        shell: Shell = ctx.obj
        if not tokens.revoke(shell.office, number, by):
            raise Failed(N_("Không có mã truy cập số {number} đang dùng."), number=number)
        print_lines(shell.say(N_("Đã thu hồi mã truy cập số {number}."), number=number))


def show_tokens(shell: Shell, person: str, *, everything: bool, as_json: bool) -> None:
    """List tokens; their secrets are known to nobody."""
    from services import tokens
    from services.acting import find_person

    directory, now = shell.reference().directory, shell.now()
    owner = find_person(directory, person) if person else None
    found = [one for one in tokens.listed(shell.office, owner) if everything or one.lives(now)]
    if as_json:
        print_json([token_json(one) for one in found])
        return
    if not found:
        print_lines(shell.say(N_("Chưa có mã truy cập nào.")))
        return

    def when(instant: "dt.datetime | None") -> str:
        return format_instant(instant, shell.language) if instant else ""

    titles = (
        N_("Số"),
        N_("Tên"),
        N_("Của"),
        N_("Phạm vi"),
        N_("Hết hạn"),
        N_("Dùng lần cuối"),
        N_("Thu hồi"),
    )
    rows = [
        (
            one.id,
            one.name,
            directory.person_name(one.person),
            ", ".join(one.scopes),
            when(one.expires_at),
            when(one.used_at),
            when(one.revoked_at),
        )
        for one in found
    ]
    print_table([shell.say(title) for title in titles], rows)


def token_json(token: "Token") -> dict[str, Any]:
    """The same for machines."""

    def when(instant: "dt.datetime | None") -> str | None:
        return iso(instant) if instant else None

    return {
        "id": token.id,
        "name": token.name,
        "person": token.person,
        "scopes": [scope.value for scope in token.scopes],
        "created_by": token.created_by,
        "created_at": when(token.created_at),
        "expires_at": when(token.expires_at),
        "used_at": when(token.used_at),
        "revoked_at": when(token.revoked_at),
    }
