"""`dondoc db`: bringing the database to the schema of this release, and saying where it stands."""

from typing import Annotated

import typer

from documents.language import N_, Language
from shell.context import Failed, Shell, in_language
from shell.output import print_json, print_lines


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the commands of this subject."""
    words = in_language(language)
    db = typer.Typer(help=words(N_("Lược đồ cơ sở dữ liệu.")), no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(db, name="db")
    help_json = words(N_("In kết quả dạng JSON."))

    @db.command("upgrade", help=words(N_("Nâng cơ sở dữ liệu lên bản cài này; nạp dữ liệu ban đầu nếu còn trống.")))
    def upgrade(ctx: typer.Context) -> None:
        upgrade_database(ctx.obj)

    @db.command("check", help=words(N_("Xem cơ sở dữ liệu có đúng bản cài này không.")))
    def check(ctx: typer.Context, json_: Annotated[bool, typer.Option("--json", help=help_json)] = False) -> None:
        check_database(ctx.obj, as_json=json_)

    @db.command("history", help=words(N_("Các lần thay đổi lược đồ và lần đang dùng.")))
    def history(ctx: typer.Context, json_: Annotated[bool, typer.Option("--json", help=help_json)] = False) -> None:
        show_history(ctx.obj, as_json=json_)


def upgrade_database(shell: Shell) -> None:
    """Upgrade, and fill an empty database with the shipped policy, calendar and directory; again does nothing."""
    from database.migrate import current_revision, newest_revision
    from services.office import Office
    from shell.running import migrate_and_seed

    office = Office.at(shell.settings.database_url)
    before = current_revision(office.engine)
    migrate_and_seed(shell, office)
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
    office.engine.dispose()
    if as_json:
        print_json({"revision": found, "needed": needed, "differences": differences})
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
