"""Whether the machine is fit: the folder and its disk, clock, canary, mail server, and who else has an account."""

import datetime as dt
import os
import pwd
import shutil
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import Connection, select

from activities.clock_guard import TOLERANCE_SECONDS, running_seconds, wall_seconds
from activities.smtp_server import BadSmtpUrl, read_smtp_url
from documents.language import N_
from models.tables import LEDGER
from services.doctor import Check, check, some
from services.troubles import disk_trouble

FRESH_CANARY_SECONDS = 30.0
FIRST_HUMAN, LAST_HUMAN = 1000, 59_999
"""User ids that machines give to people."""

SMTP_SECONDS = 5.0
NO_SHELL = frozenset({"nologin", "false", "sync", ""})


def folder_checks(folder: Path) -> list[Check]:
    """Whether the data folder can be written; nothing is made where it does not exist."""
    if not folder.is_dir():
        return [check("folder", False, N_("Chưa có thư mục dữ liệu {folder}. Chạy “dondoc up”."), folder=folder)]
    checks = []
    trial = folder / f".doctor.{os.getpid()}"
    try:
        try:
            trial.write_bytes(b"dondoc\n")
        finally:
            trial.unlink(missing_ok=True)  # on a full disk an empty file is there
    except OSError as problem:
        checks.append(
            check(
                "folder",
                False,
                N_("Không ghi được vào thư mục dữ liệu {folder}: {problem}."),
                todo=N_("Giao thư mục cho tài khoản chạy dondoc, hoặc gắn lại ổ đĩa để ghi."),
                folder=folder,
                problem=problem.strerror or str(problem),
            )
        )
    else:
        checks.append(check("folder", True, N_("Ghi được vào thư mục dữ liệu {folder}."), folder=folder))
    return checks


def disk_checks(folders: Iterable[Path]) -> Iterator[Check]:
    """Whether each disk that the system writes to takes what is written and has room."""
    for folder in folders:
        found = disk_trouble(folder)
        if found is not None:
            message, data = found
            yield check("disk", False, message, **data)
            continue
        free = shutil.disk_usage(folder).free // 1_000_000
        yield check("disk", True, N_("Ổ đĩa chứa {folder} còn {megabytes} MB."), folder=folder, megabytes=free)


def canary_check(file: Path) -> Check:
    """Whether Temporal's timers ring: the canary writes the machine's running seconds every five."""
    rang = _rang(file)
    if rang is None:
        return check("canary", False, N_("Đồng hồ hẹn giờ của Temporal chưa điểm lần nào."))
    age = running_seconds() - rang[0]
    if 0 <= age <= FRESH_CANARY_SECONDS:
        return check(
            "canary", True, N_("Đồng hồ hẹn giờ của Temporal điểm cách đây {seconds} giây."), seconds=round(age)
        )
    if age < 0:
        return check("canary", False, N_("Đồng hồ hẹn giờ của Temporal chưa điểm từ khi máy khởi động."))
    return check(
        "canary",
        False,
        N_("Đồng hồ hẹn giờ của Temporal im {seconds} giây; các mốc không được nhắc đúng giờ."),
        seconds=round(age),
    )


def worker_clock_checks(file: Path) -> Iterator[Check]:
    """Whether the worker has the same time as who asks: no check while the canary says nothing of it."""
    rang = _rang(file)
    running, wall = rang or (0.0, None)
    if wall is None:
        return
    apart = (wall - running) - (wall_seconds() - running_seconds())
    if abs(apart) > TOLERANCE_SECONDS:
        message = N_("Đồng hồ máy sai: tiến trình xử lý nhiệm vụ thấy giờ lệch {seconds} giây so với ở đây.")
        yield check("worker_clock", False, message, seconds=f"{apart:+.0f}")
    else:
        yield check("worker_clock", True, N_("Tiến trình xử lý nhiệm vụ thấy cùng một giờ."))


def _rang(file: Path) -> tuple[float, float | None] | None:
    """The canary's last beat: running seconds and the wall clock then, which older ones left out."""
    try:
        running, *wall = (float(text) for text in file.read_text(encoding="ascii").split())
    except (OSError, ValueError):
        return None
    return running, wall[0] if wall else None


def clock_check(connection: Connection | None, now: dt.datetime, jump: float) -> Check:
    """Whether the machine's clock can be trusted: it is not behind the ledger, and has not jumped under the engine.

    Args:
        connection: None while the database cannot be asked.
        jump: seconds by which the wall clock has parted from the running time, as the engine's guard sees it.
    """
    newest = None
    if connection is not None:
        newest = connection.execute(select(LEDGER.c.at).order_by(LEDGER.c.at.desc()).limit(1)).scalar()
    if newest is not None and (newest - now).total_seconds() > TOLERANCE_SECONDS:
        return check(
            "clock",
            False,
            N_("Đồng hồ máy sai: bây giờ là {now}, nhưng nhật ký đã có việc lúc {newest}. Chỉnh lại đồng hồ máy."),
            now=now,
            newest=newest,
        )
    if abs(jump) > TOLERANCE_SECONDS:
        return check(
            "clock",
            False,
            N_("Đồng hồ máy sai: bị chỉnh {seconds} giây nên chưa mốc nào được nhắc. Chỉnh lại đồng hồ máy."),
            seconds=f"{jump:+.0f}",
        )
    return check("clock", True, N_("Đồng hồ máy khớp với nhật ký: {now}."), now=now)


def smtp_check(url: str | None, folder: Path) -> Check:
    """Whether mails can leave: a server is set and takes connections; with none they are kept as files."""
    if not url:
        return check(
            "smtp", True, N_("Chưa đặt máy chủ thư: thư được giữ thành tệp .eml trong {folder}."), folder=folder
        )
    try:
        server = read_smtp_url(url)
    except BadSmtpUrl:
        return check(
            "smtp",
            False,
            N_("Địa chỉ máy chủ thư (DONDOC_SMTP_URL) không đọc được."),
            todo=N_("Dùng smtp+starttls://máy:587 hoặc smtps://máy:465; smtp:// chỉ dành cho máy này."),
        )
    place = f"{server.host}:{server.port}"
    try:
        socket.create_connection((server.host, server.port), SMTP_SECONDS).close()
    except (OSError, UnicodeError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        return check(
            "smtp",
            False,
            N_("Máy chủ thư {place} không nhận kết nối: {problem}."),
            todo=N_("Kiểm tra DONDOC_SMTP_URL, máy chủ thư và tường lửa; thư được giữ lại và gửi sau."),
            place=place,
            problem=reason,
        )
    return check("smtp", True, N_("Máy chủ thư {place} nhận kết nối."), place=place)


def accounts_check(accounts: Iterable[pwd.struct_passwd], own_uid: int) -> Check:
    """Name the other people with an account here: the embedded Temporal listens on this machine for all of them."""
    others = [
        account.pw_name
        for account in accounts
        if FIRST_HUMAN <= account.pw_uid <= LAST_HUMAN
        and account.pw_uid != own_uid
        and Path(account.pw_shell).name not in NO_SHELL
    ]
    if not others:
        return check("accounts", True, N_("Không có tài khoản người dùng nào khác trên máy này."))
    return check(
        "accounts",
        True,
        N_("Lưu ý: tài khoản khác trên máy này cũng với tới được Temporal đi kèm: {people}."),
        people=some(others),
    )
