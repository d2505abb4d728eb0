"""`dondoc doctor`: whether all is well, check by check; it works when nothing runs and when nothing is there."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from documents.language import N_, Language
from shell.context import SHELL_LOCK_PATIENCE, Shell, in_language, run
from shell.output import print_json, print_table

if TYPE_CHECKING:
    from embedded.locate import RunningSystem
    from services.doctor import Check

LOCK_PATIENCE = min(5.0, SHELL_LOCK_PATIENCE)
"""Seconds that a check waits for a locked database."""


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the command of this subject."""
    words = in_language(language)

    @app.command("doctor", help=words(N_("Khám hệ thống: nêu từng việc ổn hay không ổn và cần làm gì.")))
    def doctor(
        ctx: typer.Context,
        json_: Annotated[bool, typer.Option("--json", help=words(N_("In kết quả dạng JSON.")))] = False,
    ) -> None:
        tell(ctx.obj, list(examine(ctx.obj)), as_json=json_)


def tell(shell: Shell, checks: "list[Check]", *, as_json: bool) -> None:
    """Print what was found; exit code 1 when something is not well."""
    said = [(one, one.said.explain(shell.language)) for one in checks]
    if as_json:
        print_json({"checks": [{"name": one.name, "ok": one.ok, "sentence": text} for one, text in said]})
    else:
        well, ill = shell.say(N_("ổn")), shell.say(N_("KHÔNG ỔN"))
        titles = [shell.say(N_("Việc")), shell.say(N_("Kết quả")), shell.say(N_("Chi tiết"))]
        print_table(titles, [(one.name, well if one.ok else ill, text) for one, text in said])
    if not all(one.ok for one in checks):
        raise typer.Exit(1)


def examine(shell: Shell) -> "Iterator[Check]":
    """All checks, in the order in which one would look."""
    import pwd

    from embedded.locate import running_system
    from services.doctor import check
    from services.doctor_machine import (
        accounts_check,
        canary_check,
        disk_checks,
        folder_checks,
        smtp_check,
        worker_clock_checks,
    )
    from services.troubles import disks_of
    from settings import SettingsRefused

    try:
        settings = shell.settings
    except SettingsRefused as refused:
        faults = [shell.say(fault.message, **fault.data) for fault in refused.faults]
        yield check("settings", False, N_("Cài đặt sai: {faults}"), faults=faults)
        return
    yield check("settings", True, N_("Cài đặt đọc được."))
    folder = settings.data_dir
    yield from folder_checks(folder)
    yield from disk_checks(disks_of(folder, _sqlite_file(settings.database_url)))
    running = running_system(folder)
    embedded = settings.temporal_address is None
    yield _system(folder, running, embedded=embedded)
    yield from _stored(shell, running)
    if running is not None or (folder / "run" / "canary").exists():
        yield canary_check(folder / "run" / "canary")
    if running is not None:
        yield from worker_clock_checks(folder / "run" / "canary")
    yield smtp_check(settings.smtp_url, folder / "mail")
    if embedded:
        yield accounts_check(pwd.getpwall(), os.getuid())


def _sqlite_file(database_url: str) -> str | None:
    from sqlalchemy.engine import make_url

    url = make_url(database_url)
    return url.database if url.get_backend_name() == "sqlite" else None


def _system(folder: Path, running: "RunningSystem | None", *, embedded: bool) -> "Check":
    """Whether the parts run, and why the last system gave up."""
    from embedded.locate import last_failure
    from embedded.plan import Part
    from embedded.renewal import rebuild_is_due
    from services.doctor import Phrase, check

    if running is not None:
        if rebuild_is_due(folder / "run"):
            return check(
                "system",
                False,
                N_("Đồng hồ máy đã bị lùi nên Temporal được làm mới; đang khởi tạo lại các nhiệm vụ từ nhật ký."),
            )
        missing = [
            part.value
            for part in Part
            if part not in running.pids and (embedded or part is not Part.TEMPORAL)  # another Temporal is not ours
        ]
        if missing:
            return check("system", False, N_("Đang được khởi động lại: {parts}."), parts=missing)
        return check("system", True, N_("Hệ thống đang chạy, trang web ở {web}."), web=running.web_url)
    failure = last_failure(folder)
    if failure is not None:
        reason = Phrase(failure.message, dict(failure.data))
        return check("system", False, N_("Lần chạy trước đã dừng vì trục trặc: {reason}"), reason=reason)
    if not embedded:
        return check("system", True, N_("Trên máy này không chạy phần nào; Temporal ở máy khác."))
    return check("system", False, N_("Hệ thống chưa chạy ở {folder}. Chạy “dondoc up”."), folder=folder)


def _stored(shell: Shell, running: "RunningSystem | None") -> "Iterator[Check]":
    """The checks of what lies in the database, and of the engine, which is asked about what is late there."""
    from database.engine import open_engine
    from services.doctor import check
    from services.doctor_stored import look_at_stored
    from services.office import Office

    settings = shell.settings
    file = _sqlite_file(settings.database_url)
    if file and not Path(file).is_file():
        yield check("database", False, N_("Chưa có dữ liệu ở {file}. Chạy “dondoc up”."), file=file)
        yield from _asked(shell, ())
        return
    engine = open_engine(settings.database_url, LOCK_PATIENCE)
    stored = look_at_stored(Office(engine), _jump(shell, running))
    yield from stored.checks
    yield from _asked(shell, stored.awaited)
    engine.dispose()


def _jump(shell: Shell, running: "RunningSystem | None") -> float:
    """By how many seconds the clock has jumped in the eyes of the parts that run."""
    from activities.clock_guard import ClockGuard

    file = shell.settings.data_dir / "run" / "clock"
    if running is None or not file.is_file():
        return 0.0
    try:
        guard = ClockGuard.kept_in(file)
        return 0.0 if guard.trusted() else guard.jump()
    except OSError:
        return 0.0


def _asked(shell: Shell, late: "tuple[str, ...]") -> "list[Check]":
    from services.doctor_engine import engine_checks

    async def ask() -> "list[Check]":
        return await engine_checks(await shell.connect(), shell.temporal_address(), late)

    return run(ask())
