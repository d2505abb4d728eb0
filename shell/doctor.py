"""`dondoc doctor`: everything that could be wrong, each in a sentence that says what to do."""

import os
import pwd
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from documents.language import N_, Language
from shell.context import Failed, Shell, in_language, run
from shell.output import print_json, print_table

if TYPE_CHECKING:
    from services.doctor import Check


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the command of this subject."""
    words = in_language(language)

    @app.command("doctor", help=words(N_("Khám toàn hệ thống: chỗ nào không ổn và phải làm gì.")))
    def doctor(
        ctx: typer.Context,
        json_: Annotated[bool, typer.Option("--json", help=words(N_("In kết quả dạng JSON.")))] = False,
    ) -> None:
        tell(ctx.obj, run(examine(ctx.obj)), as_json=json_)


async def examine(shell: Shell) -> "list[Check]":
    """Run every check that can be run now; what cannot be looked at is itself a finding."""
    from services.doctor import check
    from services.doctor_engine import engine_checks
    from services.doctor_machine import accounts_check, canary_check, folder_checks, smtp_check

    settings = shell.settings
    run_dir = settings.data_dir / "run"
    checks = [check("settings", True, N_("Các thiết lập đọc được.")), *folder_checks(settings.data_dir)]
    found, late = _office(shell)
    checks += found
    address = shell.temporal_address()
    client = await shell.connect()
    checks += await engine_checks(client, address, late)
    if settings.temporal_address is None:
        checks.append(canary_check(run_dir / "canary"))
        checks.append(accounts_check(pwd.getpwall(), os.getuid()))
        checks += _gave_up(shell, settings.data_dir)
    checks.append(smtp_check(settings.smtp_url, settings.data_dir / "mail"))
    return checks


def _office(shell: Shell) -> "tuple[list[Check], list[str]]":
    """The checks that need the database, and the directives that are late."""
    from sqlalchemy.exc import SQLAlchemyError

    from database.engine import reading
    from services.doctor import check, database_checks, guarded, late_directives, work_checks
    from services.doctor_machine import clock_check
    from services.doctor_office import office_checks
    from services.office import Office

    url = shell.settings.database_url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).is_file():
        missing = N_("Chưa có dữ liệu trong {folder}. Chạy “dondoc up” để bắt đầu.")
        return [check("database", False, missing, folder=shell.settings.data_dir)], []
    office = Office.at(url, lock_patience=5.0)
    checks = list(database_checks(office.engine))
    if not all(one.ok for one in checks if one.name in ("database", "schema")):
        return checks, []
    try:
        now = office.now()
        with reading(office.engine) as connection:
            reference = office.reference(connection)
            late = late_directives(connection, now)
            checks.append(clock_check(connection, now, *_worker_started(shell)))
            checks += guarded("work", lambda: work_checks(connection, reference, now))
            checks += guarded("office", lambda: office_checks(connection, reference, now))
    except (SQLAlchemyError, ValueError) as problem:
        said = N_("Danh bạ, lịch hoặc thang không đọc được: {problem}.")
        return [*checks, check("reference", False, said, problem=str(problem).split("\n")[0])], []
    return checks, late


def _worker_started(shell: Shell) -> tuple[str, float | None]:
    """What the supervisor noted of the worker's start, and when."""
    file = shell.settings.data_dir / "run" / "worker.started"
    try:
        return file.read_text(encoding="ascii"), file.stat().st_mtime
    except (OSError, ValueError):
        return "", None


def _gave_up(shell: Shell, folder: Path) -> "list[Check]":
    from embedded.locate import last_failure, running_system
    from services.doctor import check

    failure = last_failure(folder)
    if failure is None or running_system(folder) is not None:
        return []
    reason = shell.say(failure.message, **failure.data)
    return [check("last_start", False, N_("Lần chạy trước dừng vì: {reason}"), reason=reason)]


def tell(shell: Shell, checks: "list[Check]", *, as_json: bool) -> None:
    """Tell what was found.

    Raises:
        Failed: something is not as it should be.
    """
    if as_json:
        print_json(
            {
                "checks": [
                    {"name": one.name, "ok": one.ok, "sentence": one.said.explain(shell.language)} for one in checks
                ]
            }
        )
    else:
        good, bad = shell.say(N_("ổn")), shell.say(N_("KHÔNG ỔN"))
        rows = [(good if one.ok else bad, one.name, one.said.explain(shell.language)) for one in checks]
        print_table([shell.say(title) for title in (N_("Kết quả"), N_("Mục"), N_("Chi tiết"))], rows)
    wrong = sum(not one.ok for one in checks)
    if wrong:
        raise Failed(N_("{number} mục không ổn."), number=wrong)
