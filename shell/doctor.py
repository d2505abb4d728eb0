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
    from services.office import Office
    from settings import Settings

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
    said = [(one, one.explain(shell.language)) for one in checks]
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
    yield from _set(settings)
    if embedded:
        yield accounts_check(pwd.getpwall(), os.getuid())


def _set(settings: "Settings") -> "Iterator[Check]":
    """Whether what is set fits together."""
    from services import doctor_settings as checks
    from services.openid_provider import Provider

    file = _sqlite_file(settings.database_url)
    yield checks.examples_check(settings.texts())
    yield checks.clock_setting_check(settings.clock is not None)
    yield checks.permissions_check(settings.data_dir, Path(file) if file else None)
    yield from checks.address_checks(settings.public_url, settings.web_host, mails_leave=bool(settings.smtp_url))
    yield from checks.mail_checks(settings.smtp_url, settings.mail_from)
    yield checks.webhook_check(settings.webhook_allow)
    yield from checks.scan_check(settings.scan_command)
    provider = None
    if settings.oidc_issuer:
        provider = Provider(settings.oidc_issuer, settings.oidc_client_id, "", settings.oidc_scopes, "")
    yield from checks.single_sign_on_check(provider)
    yield from checks.tracing_check(settings.otlp_endpoint)
    yield from checks.metrics_check(settings.worker_metrics_address)


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
    from services.doctor import check, guarded
    from services.doctor_stored import look_at_stored
    from services.office import Office

    settings = shell.settings
    file = _sqlite_file(settings.database_url)
    if file and not Path(file).is_file():
        yield check("database", False, N_("Chưa có dữ liệu ở {file}. Chạy “dondoc up”."), file=file)
        yield from _asked(shell, ())
        return
    engine = open_engine(settings.database_url, LOCK_PATIENCE)
    office = Office(engine)
    stored = look_at_stored(office, _jump(shell, running))
    yield from stored.checks
    if any(one.name == "schema" and one.ok for one in stored.checks):
        yield from guarded("keys", lambda: _keys(shell, office))
    yield from _asked(shell, stored.awaited)
    engine.dispose()


def _keys(shell: Shell, office: "Office") -> "Iterator[Check]":
    """Whether what Temporal stores is encrypted, where that is asked for or to be expected."""
    from services.doctor import check
    from services.key_guard import require_keys
    from services.payload_encryption import PayloadRefused

    keys = shell.settings.payload_keys
    try:
        require_keys(office, keys)
    except PayloadRefused as refused:
        yield check("keys", False, refused.message, **refused.data)
        return
    if keys:
        yield check("keys", True, N_("Những gì Temporal lưu được mã hóa bằng khóa {key}."), key=keys[0].id)
    elif shell.settings.temporal_address:
        yield check("keys", True, N_("Chưa đặt khóa nào: những gì Temporal lưu không được mã hóa."))


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
        return await engine_checks(await shell.connect(to_look=True), shell.temporal_address(), late)

    return run(ask())
