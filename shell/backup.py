"""`dondoc backup` and `dondoc restore`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from documents.language import N_, Language
from shell.context import Failed, Shell, in_language
from shell.output import iso, print_json, print_lines, progress

if TYPE_CHECKING:
    from services.backups import Manifest

REASONS = {
    "no_schema": N_("Cơ sở dữ liệu chưa đúng bản cài này. Chạy “dondoc db upgrade” trước."),
    "not_a_backup": N_("{file} không phải bản sao lưu của Đôn Đốc."),
    "newer": N_("{file} do bản mới hơn tạo (lược đồ {revision}). Cài bản đó rồi khôi phục."),
    "damaged": N_("{file} hỏng ở {part}: dùng bản sao lưu khác."),
    "not_empty": N_("Cơ sở dữ liệu đã có dữ liệu. Chỉ khôi phục vào nơi còn trống (--data thư mục mới)."),
}
"""Why, by `services.backups.BackupRefused.reason`."""


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the commands of this subject."""
    words = in_language(language)
    json_help = words(N_("In kết quả dạng JSON."))

    @app.command("backup", help=words(N_("Sao lưu dữ liệu và tệp kèm theo vào một tệp; hệ thống vẫn chạy.")))
    def backup(
        ctx: typer.Context,
        file: Annotated[Path, typer.Argument(metavar="FILE")],
        json_: Annotated[bool, typer.Option("--json", help=json_help)] = False,
    ) -> None:
        back_up(ctx.obj, file, as_json=json_)

    @app.command("restore", help=words(N_("Khôi phục từ bản sao lưu vào nơi còn trống.")))
    def restore(
        ctx: typer.Context,
        file: Annotated[Path, typer.Argument(metavar="FILE")],
        json_: Annotated[bool, typer.Option("--json", help=json_help)] = False,
    ) -> None:
        bring_in(ctx.obj, file, as_json=json_)


def back_up(shell: Shell, file: Path, *, as_json: bool) -> None:
    """Write a backup.

    Raises:
        Failed: it cannot be written.
    """
    from services import backups

    if not file.absolute().parent.is_dir():
        raise Failed(N_("Không có thư mục {folder}."), folder=file.absolute().parent)
    with progress() as bar:
        task = bar.add_task(shell.say(N_("Sao lưu")), total=None)
        try:
            manifest = backups.backup(
                shell.office,
                shell.settings.data_dir,
                file,
                lambda name, rows: bar.update(task, description=f"{name} {rows}"),
            )
        except backups.BackupRefused as refused:
            raise _failed(refused, file) from None
    _tell(shell, manifest, file, as_json=as_json, restored=False)


def bring_in(shell: Shell, file: Path, *, as_json: bool) -> None:
    """Restore a backup, and prove its ledger.

    Raises:
        Failed: it cannot be restored, or its ledger does not hold.
    """
    from embedded.files import prepare_data_folder
    from embedded.locate import running_system
    from services import backups
    from services.office import Office
    from services.verifying import verify

    if not file.is_file():
        raise Failed(N_("Không có tệp {file}."), file=file)
    folder = shell.settings.data_dir
    if running_system(folder) is not None:
        raise Failed(N_("Hệ thống đang chạy ở {folder}. Dừng bằng “dondoc down” trước."), folder=folder)
    prepare_data_folder(folder)
    office = Office.at(shell.settings.database_url)
    with progress() as bar:
        task = bar.add_task(shell.say(N_("Khôi phục")), total=None)
        try:
            manifest = backups.restore(
                office,
                shell.settings.data_dir,
                file,
                lambda name, rows: bar.update(task, description=f"{name} {rows}"),
            )
        except backups.BackupRefused as refused:
            raise _failed(refused, file) from None
    broken = verify(office).broken
    office.engine.dispose()
    _tell(shell, manifest, file, as_json=as_json, restored=True)
    if broken:
        raise Failed(N_("Nhật ký trong bản sao lưu có {number} dòng không đúng: “dondoc verify”."), number=len(broken))


def _failed(refused: "Exception", file: Path) -> Failed:
    from services.backups import BackupRefused

    if not isinstance(refused, BackupRefused):
        raise refused
    data = {"file": str(file), "part": refused.data.get("file", ""), "revision": refused.data.get("revision", "")}
    return Failed(REASONS[refused.reason], **data)


def _tell(shell: Shell, manifest: "Manifest", file: Path, *, as_json: bool, restored: bool) -> None:
    if as_json:
        print_json(
            {
                "file": str(file),
                "made_at": iso(manifest.made_at),
                "revision": manifest.revision,
                "directives": manifest.directives,
                "ledger_rows": manifest.ledger_rows,
            }
        )
        return
    message = (
        N_(
            "Đã khôi phục {directives} nhiệm vụ, {rows} dòng nhật ký từ {file}. Chạy “dondoc up”, rồi “dondoc rebuild "
            "workflows”."
        )
        if restored
        else N_("Đã sao lưu {directives} nhiệm vụ, {rows} dòng nhật ký vào {file}. Cất tệp này ở máy khác.")
    )
    print_lines(shell.say(message, directives=manifest.directives, rows=manifest.ledger_rows, file=file))
