"""`dondoc db`: bringing the database to the schema of this release, and saying where it stands."""

from typing import TYPE_CHECKING, Annotated

import typer

from documents.language import N_, Language
from shell.context import Failed, Shell, in_language
from shell.output import print_json, print_lines

if TYPE_CHECKING:
    from services.office import Office


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the commands of this subject."""
    words = in_language(language)
    db = typer.Typer(help=words(N_("Lược đồ cơ sở dữ liệu.")), no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(db, name="db")
    help_json = words(N_("In kết quả dạng JSON."))

    help_grant = words(N_("Cấp cho tài khoản PostgreSQL này quyền làm việc, trừ quyền sửa hay xóa nhật ký."))

    @db.command("upgrade", help=words(N_("Nâng cơ sở dữ liệu lên bản cài này; nạp dữ liệu ban đầu nếu còn trống.")))
    def upgrade(
        ctx: typer.Context,
        grant_to: Annotated[str, typer.Option("--grant-to", metavar="ROLE", help=help_grant)] = "",
    ) -> None:
        upgrade_database(ctx.obj, grant_to)

    @db.command("check", help=words(N_("Xem cơ sở dữ liệu có đúng bản cài này không.")))
    def check(ctx: typer.Context, json_: Annotated[bool, typer.Option("--json", help=help_json)] = False) -> None:
        check_database(ctx.obj, as_json=json_)

    @db.command("history", help=words(N_("Các lần thay đổi lược đồ và lần đang dùng.")))
    def history(ctx: typer.Context, json_: Annotated[bool, typer.Option("--json", help=help_json)] = False) -> None:
        show_history(ctx.obj, as_json=json_)


def upgrade_database(shell: Shell, grant_to: str = "") -> None:
    """Upgrade, and fill an empty database with the shipped policy, calendar and directory; again does nothing.

    Args:
        grant_to: the account by which worker and web will work; it gets the rights for it, not those over the ledger.

    Raises:
        Failed: there is no such account, or nothing could be withheld from it.
    """
    from database.migrate import current_revision, newest_revision
    from services.office import Office
    from shell.running import migrate_and_seed

    office = Office.at(shell.settings.database_url)
    before = current_revision(office.engine)
    migrate_and_seed(shell, office)
    if grant_to:
        _grant(office, grant_to)
    office.engine.dispose()
    if before == newest_revision():
        print_lines(shell.say(N_("Cơ sở dữ liệu đã ở phiên bản {revision}."), revision=before))
    else:
        print_lines(
            shell.say(
                N_("Đã nâng cơ sở dữ liệu từ phiên bản {before} lên {after}."),
                before=before or "0",
                after=newest_revision(),
            )
        )
    if grant_to:
        print_lines(shell.say(N_("Tài khoản {role} làm việc được và không sửa, xóa được nhật ký."), role=grant_to))


def _grant(office: "Office", role: str) -> None:
    from database.engine import writing
    from database.roles import NoSuchRole, RoleOwnsAll, grant_to

    if office.engine.dialect.name != "postgresql":
        raise Failed(N_("--grant-to chỉ dùng với PostgreSQL: SQLite không có tài khoản."))
    try:
        with writing(office.engine) as connection:
            grant_to(connection, role)
    except NoSuchRole:
        raise Failed(N_("PostgreSQL không có tài khoản {role}. Tạo nó trước bằng CREATE ROLE."), role=role) from None
    except RoleOwnsAll:
        raise Failed(
            N_("Tài khoản {role} sở hữu các bảng hoặc là quản trị cơ sở dữ liệu nên không giới hạn quyền được."),
            role=role,
        ) from None


def check_database(shell: Shell, *, as_json: bool) -> None:
    """Say whether revision and tables are those of this release; exit code 1 when they are not.

    Raises:
        Failed: they are not.
    """
    from database.migrate import current_revision, newest_revision, schema_differences
    from services.office import Office

    office = Office.at(shell.settings.database_url)
    found, needed = current_revision(office.engine), newest_revision()
    differences = schema_differences(office.engine) if found == needed else []
    guarded = found == needed and _is_guarded(office)
    office.engine.dispose()
    if as_json:
        print_json({"revision": found, "needed": needed, "differences": differences, "ledger_guarded_from_us": guarded})
    if found != needed:
        raise Failed(
            N_("Cơ sở dữ liệu ở phiên bản {found}, bản cài này cần {needed}. Chạy “dondoc db upgrade” để nâng cấp."),
            found=found or "0",
            needed=needed,
        )
    if differences:
        raise Failed(N_("Các bảng không đúng phiên bản {revision}: {what}"), revision=needed, what=differences[0])
    if not as_json:
        print_lines(shell.say(N_("Cơ sở dữ liệu đúng phiên bản {revision}."), revision=needed))
        if guarded:
            print_lines(shell.say(N_("Tài khoản đang dùng không sửa, xóa được nhật ký.")))


def _is_guarded(office: "Office") -> bool:
    """Whether the database itself keeps this account from changing the ledger."""
    from database.engine import reading
    from database.roles import may_change_ledger

    with reading(office.engine) as connection:
        return not may_change_ledger(connection)


def show_history(shell: Shell, *, as_json: bool) -> None:
    """List the revisions, the newest last, with the one that the database is at."""
    from database.migrate import current_revision, revisions
    from services.office import Office

    office = Office.at(shell.settings.database_url)
    current = current_revision(office.engine)
    office.engine.dispose()
    if as_json:
        print_json([{"revision": one, "says": says, "current": one == current} for one, says in revisions()])
        return
    for one, says in revisions():
        here = shell.say(N_("  ← đang dùng")) if one == current else ""
        print_lines(f"{one}  {says}{here}")
