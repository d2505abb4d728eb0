"""`dondoc keys`: the keys with which what Temporal stores is encrypted."""

import datetime as dt
import os
from pathlib import Path
from typing import Annotated

import typer

from documents.language import N_, Language
from shell.context import Failed, Shell, in_language, run
from shell.output import print_json, print_lines, print_table, progress

FILE_MODE = 0o600
SHOWN = 20


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the commands of this subject."""
    words = in_language(language)
    keys = typer.Typer(
        help=words(N_("Khóa mã hóa những gì Temporal lưu giữ.")), no_args_is_help=True, rich_markup_mode=None
    )
    app.add_typer(keys, name="keys")
    help_json = words(N_("In kết quả dạng JSON."))

    @keys.command("new", help=words(N_("Tạo một khóa mới; in ra, hoặc thêm vào cuối một tệp chỉ mình đọc được.")))
    def new(
        ctx: typer.Context,
        name: Annotated[str, typer.Option(help=words(N_("Tên khóa (mặc định: theo ngày).")))] = "",
        to: Annotated[Path | None, typer.Option(metavar="FILE", help=words(N_("Tệp chứa khóa.")))] = None,
    ) -> None:
        make_key(ctx.obj, name, to)

    @keys.command("list", help=words(N_("Các khóa đang đặt ở đây; khóa đầu dùng để ghi. Không in khóa ra.")))
    def list_(ctx: typer.Context, json_: Annotated[bool, typer.Option("--json", help=help_json)] = False) -> None:
        show_keys(ctx.obj, as_json=json_)

    @keys.command("renew", help=words(N_("Ghi lại các nhiệm vụ chưa xong bằng khóa đầu, để bỏ được khóa cũ.")))
    def renew_(ctx: typer.Context, json_: Annotated[bool, typer.Option("--json", help=help_json)] = False) -> None:
        renew_all(ctx.obj, as_json=json_)

    @keys.command("off", help=words(N_("Cho phép ghi vào Temporal không mã hóa trở lại.")))
    def off(
        ctx: typer.Context,
        by: Annotated[
            str, typer.Option("--as", metavar="PERSON", help=words(N_("Người thực hiện (mặc định: quản trị).")))
        ] = "",
    ) -> None:
        from services.key_guard import forget_keys

        shell: Shell = ctx.obj
        message = (
            N_("Từ nay được ghi vào Temporal không mã hóa. Còn khóa thì vẫn đọc được phần đã mã hóa; đừng bỏ khóa vội.")
            if forget_keys(shell.office, by)
            else N_("Văn phòng này chưa mã hóa.")
        )
        print_lines(shell.say(message))


def make_key(shell: Shell, name: str, file: Path | None) -> None:
    """Make a key and show it once, or put it at the end of a file that nobody else may read.

    Raises:
        Failed: its name cannot be used or is taken.
    """
    from models.payload_keys import BadKeys, new_key, read_keys

    try:
        key = new_key(name or f"k{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}")
    except BadKeys:
        raise Failed(N_("Tên khóa chỉ gồm chữ không dấu, số, dấu chấm và gạch nối.")) from None
    if file is None:
        print_lines(key.written())
        return
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    if key.id in {one.id for one in read_keys(before)}:
        raise Failed(N_("Tệp {file} đã có khóa {key}."), file=file, key=key.id)
    apart = "\n" if before and not before.endswith("\n") else ""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, FILE_MODE)
    with os.fdopen(descriptor, "a", encoding="utf-8") as written:
        written.write(f"{apart}{key.written()}\n")
    print_lines(shell.say(N_("Đã thêm khóa {key} vào {file}."), key=key.id, file=file))


def show_keys(shell: Shell, *, as_json: bool) -> None:
    """List the keys that this process would have."""
    keys = shell.settings.payload_keys
    if as_json:
        print_json([{"id": key.id, "fingerprint": key.fingerprint, "writes": key is keys[0]} for key in keys])
        return
    if not keys:
        print_lines(shell.say(N_("Chưa đặt khóa nào: những gì Temporal lưu không được mã hóa.")))
        return
    titles = [shell.say(N_("Khóa")), shell.say(N_("Dấu")), shell.say(N_("Dùng để"))]
    reads, writes = shell.say(N_("đọc")), shell.say(N_("ghi và đọc"))
    print_table(titles, [(key.id, key.fingerprint, writes if key is keys[0] else reads) for key in keys])


def renew_all(shell: Shell, *, as_json: bool) -> None:
    """Write every open directive anew with the first key, or in clear where the office no longer encrypts.

    Raises:
        Failed: some could not be.
        PayloadRefused: the office encrypts, and our keys are not the worker's.
    """
    from services.key_renewal import renew

    keys = shell.settings.payload_keys

    async def work() -> tuple[int, int, list[str]]:
        async with shell.temporal() as client:
            with progress() as shown:
                task = shown.add_task(shell.say(N_("Ghi lại")), total=None)
                return await renew(
                    shell.office,
                    client,
                    keys,
                    lambda done, of: shown.update(task, completed=done, total=of),
                )

    renewed, well, failed = run(work())
    if as_json:
        print_json({"renewed": renewed, "unchanged": well, "failed": failed})
    else:
        message = (
            N_("Đã ghi lại {renewed} nhiệm vụ bằng khóa {key}; {well} nhiệm vụ vốn đã dùng khóa này.")
            if keys
            else N_("Đã ghi lại {renewed} nhiệm vụ không mã hóa; {well} nhiệm vụ vốn đã không mã hóa.")
        )
        print_lines(shell.say(message, renewed=renewed, key=keys[0].id if keys else "", well=well))
    if failed:
        raise Failed(
            N_("{number} nhiệm vụ chưa ghi lại được: {codes}. Chạy lại “dondoc keys renew”."),
            number=len(failed),
            codes=failed[:SHOWN],
        )
