"""`dondoc user`: who may sign in to the web part."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from documents.language import N_, Language
from shell.context import Failed, Shell, in_language
from shell.output import print_json, print_lines, print_table

if TYPE_CHECKING:
    from services.accounts import Account


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the commands of this subject."""
    words = in_language(language)
    user = typer.Typer(
        help=words(N_("Tài khoản đăng nhập trang web của người trong danh bạ.")),
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    app.add_typer(user, name="user")
    from_stdin = words(N_("Đọc mật khẩu từ đầu vào chuẩn thay vì để hệ thống tạo."))

    @user.command("add", help=words(N_("Tạo tài khoản, hoặc đặt lại mật khẩu; in mật khẩu một lần.")))
    def add(
        ctx: typer.Context,
        person: Annotated[str, typer.Argument(metavar="PERSON")],
        password_stdin: Annotated[bool, typer.Option("--password-stdin", help=from_stdin)] = False,
    ) -> None:
        add_account(ctx.obj, person, password_stdin=password_stdin)

    @user.command("list", help=words(N_("Ai đăng nhập được, ai đang đăng nhập.")))
    def list_(
        ctx: typer.Context,
        json_: Annotated[bool, typer.Option("--json", help=words(N_("In kết quả dạng JSON.")))] = False,
    ) -> None:
        show_accounts(ctx.obj, as_json=json_)

    @user.command("signout", help=words(N_("Kết thúc mọi phiên đăng nhập của một người.")))
    def sign_out(ctx: typer.Context, person: Annotated[str, typer.Argument(metavar="PERSON")]) -> None:
        from services import accounts

        shell: Shell = ctx.obj
        code = shell.reference().directory.find_person(person).code
        ended = accounts.end_all_sessions(shell.office, code)
        print_lines(shell.say(N_("Đã kết thúc {count} phiên đăng nhập."), count=ended))

    @user.command("remove", help=words(N_("Bỏ tài khoản; người đó không đăng nhập được nữa.")))
    def remove(ctx: typer.Context, person: Annotated[str, typer.Argument(metavar="PERSON")]) -> None:
        from services import accounts

        shell: Shell = ctx.obj
        code = accounts.remove(shell.office, person)
        print_lines(
            shell.say(N_("Đã bỏ tài khoản của {person}."), person=shell.reference().directory.person_name(code))
        )

    @user.command("nocode", help=words(N_("Bỏ xác thực hai bước của người mất điện thoại; mọi phiên kết thúc.")))
    def take_second_factor_off(ctx: typer.Context, person: Annotated[str, typer.Argument(metavar="PERSON")]) -> None:
        from services import second_factor

        shell: Shell = ctx.obj
        code = second_factor.take_off(shell.office, person)
        name = shell.reference().directory.person_name(code)
        print_lines(shell.say(N_("Đã bỏ xác thực hai bước của {person}; lần sau chỉ cần mật khẩu."), person=name))


def add_account(shell: Shell, person: str, *, password_stdin: bool) -> None:
    """Give a person an account; the password that was made is shown once, one that was given never."""
    from services import accounts

    given = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    if given == "":
        raise Failed(N_("Không có mật khẩu nào ở đầu vào chuẩn."))
    made = accounts.add(shell.office, person, given)
    name = shell.reference().directory.find_person(person).name
    if given is None:
        print_lines(shell.say(N_("{person} đăng nhập bằng mật khẩu: {password}"), person=name, password=made))
    print_lines(shell.say(N_("{person} phải đổi mật khẩu ở lần đăng nhập đầu tiên."), person=name))


def show_accounts(shell: Shell, *, as_json: bool) -> None:
    """List who may sign in."""
    from services import accounts

    found = accounts.listed(shell.office)
    if as_json:
        print_json(
            [
                {
                    "person": one.person,
                    "name": one.name,
                    "has_password": one.has_password,
                    "must_change": one.must_change,
                    "locked": one.locked,
                    "sessions": one.sessions,
                    "second_factor": one.second_factor,
                }
                for one in found
            ]
        )
        return
    if not found:
        print_lines(shell.say(N_("Chưa ai có tài khoản. Tạo bằng: dondoc user add PERSON")))
        return
    titles = [shell.say(title) for title in (N_("Mã"), N_("Họ tên"), N_("Phiên đang mở"), N_("Ghi chú"))]
    print_table(titles, [(one.person, one.name, str(one.sessions), _remark(shell, one)) for one in found])


def _remark(shell: Shell, account: "Account") -> str:
    if account.locked:
        return shell.say(N_("đã khóa hoặc không còn giữ chức vụ"))
    if account.must_change:
        return shell.say(N_("phải đổi mật khẩu"))
    if account.second_factor:
        return shell.say(N_("xác thực hai bước"))
    return ""
