"""What keeps the database or its disk from being written, said in one sentence wherever it shows."""

import os
import shutil
from pathlib import Path
from typing import Final

from documents.language import N_, Language, sentence

LEAST_ROOM: Final = 200 * 1_000_000
"""Bytes. Below that a start or a storm of mails may fill the disk."""

_KNOWN: Final = (
    (("locked", "busy"), N_("Cơ sở dữ liệu đang bận vì một tiến trình khác giữ; tra cứu vẫn được, lệnh mới phải chờ.")),
    (("readonly", "read-only"), N_("Cơ sở dữ liệu đang chỉ đọc; tra cứu vẫn được, lệnh mới chưa ghi được.")),
    (("full", "No space left"), N_("Đĩa chứa cơ sở dữ liệu đã đầy; tra cứu vẫn được, lệnh mới chưa ghi được.")),
    (("disk I/O",), N_("Đĩa chứa cơ sở dữ liệu không đọc hay ghi được; kiểm tra ổ đĩa.")),
)


def trouble(problem: str) -> tuple[str, dict[str, object]]:
    """Say why the database cannot be written: a msgid and its data.

    Args:
        problem: what the database's driver says.
    """
    for words, message in _KNOWN:
        if any(word in problem for word in words):
            return message, {}
    return N_("Cơ sở dữ liệu trả lời nhưng không ghi được: {problem}."), {"problem": problem}


def why_away(problem: Exception, language: Language) -> str:
    """The sentence for a database that answers and cannot be written; empty for one that does not answer."""
    said = str(getattr(problem, "orig", None) or "")
    known = any(word in said for words, _ in _KNOWN for word in words)
    return sentence(trouble(said)[0], language) if known else ""


def disks_of(data_folder: Path, database: str | None) -> tuple[Path, ...]:
    """The folders whose disks the system writes to: its own, and that of an SQLite file kept elsewhere.

    Args:
        database: the path of the SQLite file; None with another database.
    """
    folders = [data_folder, *([Path(database).absolute().parent] if database else [])]
    there = [folder for folder in folders if folder.is_dir()]
    return tuple({folder.stat().st_dev: folder for folder in reversed(there)}.values())[::-1]


def disk_trouble(folder: Path) -> tuple[str, dict[str, object]] | None:
    """Why a disk may not take what is written: read-only, full or nearly so. A msgid and its data; None when fine."""
    place: dict[str, object] = {"folder": folder}
    try:
        read_only = bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
        free = shutil.disk_usage(folder).free
    except OSError as problem:
        said = problem.strerror or type(problem).__name__
        return N_("Không hỏi được ổ đĩa chứa {folder}: {problem}."), place | {"problem": said}
    if read_only:
        return N_("Ổ đĩa chứa {folder} đang chỉ đọc."), place
    if free >= LEAST_ROOM:
        return None
    data = place | {"megabytes": free // 1_000_000}
    if free < 1_000_000:
        return N_("Ổ đĩa chứa {folder} đã đầy; giải phóng chỗ để còn ít nhất 200 MB."), data
    return N_("Ổ đĩa chứa {folder} chỉ còn {megabytes} MB; giải phóng chỗ để còn ít nhất 200 MB."), data
