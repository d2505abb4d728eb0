"""One table: which failure becomes which sentence. What is not in it is a bug and shows as one."""

from typing import TYPE_CHECKING

from documents.language import N_, Language, sentence
from shell.context import Failed, Shell

if TYPE_CHECKING:
    from models.directory import Directory


def told(problem: BaseException, shell: Shell) -> str | None:  # noqa: C901 - one arm a kind of failure
    """Say a failure in one sentence; None for one that no person can cause."""
    from pydantic import ValidationError
    from sqlalchemy.exc import DatabaseError, OperationalError

    from documents.sentences import refusal_sentence
    from documents.workbook_safety import UnsafeWorkbook
    from embedded.failures import EmbeddedFailure
    from models.calendar import CalendarRefused
    from models.refusal import Refused
    from services.data_files import FileRefused
    from services.payload_encryption import PayloadRefused
    from settings import SettingsRefused

    language = shell.language
    match problem:
        case Failed():
            return sentence(problem.message, language, **problem.data)
        case Refused():
            return refusal_sentence(problem.code, problem.data, language, _names(shell))
        case UnsafeWorkbook():
            return problem.explain(language)
        case PayloadRefused():
            return sentence(problem.message, language, **problem.data)
        case EmbeddedFailure():
            return sentence(problem.message, language, **problem.data)
        case SettingsRefused():
            return " ".join(sentence(fault.message, language, **fault.data) for fault in problem.faults)
        case FileRefused():
            return "\n".join(fault.explain(language) for fault in problem.faults)
        case CalendarRefused():
            return sentence(problem.msgid, language, **problem.data)
        case ValidationError():
            return None
        case UnicodeEncodeError() if problem.reason == "surrogates not allowed":
            return sentence(N_("Chữ gõ trên dòng lệnh không phải UTF-8. Gõ lại bằng bộ gõ Unicode."), language)
        case OperationalError():
            return _database(str(problem.orig), language)
        case DatabaseError():
            return sentence(N_("Tệp dữ liệu không đọc được: {problem}."), language, problem=str(problem.orig))
        case FileNotFoundError() if problem.filename:
            return sentence(N_("Không có tệp {file}."), language, file=problem.filename)
        case IsADirectoryError() if problem.filename:
            return sentence(N_("{file} là thư mục, không phải tệp."), language, file=problem.filename)
        case PermissionError() if problem.filename:
            return sentence(N_("Tài khoản này không có quyền mở {file}."), language, file=problem.filename)
        case OSError() if problem.filename:
            return sentence(
                N_("Không mở được {file}: {problem}."), language, file=problem.filename, problem=problem.strerror
            )
        case _:
            return None


def _names(shell: Shell) -> "Directory":
    """Who knows what codes are called; nobody while the office cannot be read."""
    from models.directory import Directory

    try:
        return shell.reference().directory
    except Exception:  # noqa: BLE001 - the failure that is being told comes first
        return Directory()


def _database(problem: str, language: Language) -> str:
    if "locked" in problem:
        return sentence(N_("Cơ sở dữ liệu đang bận, chưa có gì thay đổi. Đề nghị thử lại sau ít phút."), language)
    if "readonly" in problem or "read-only" in problem:
        return sentence(N_("Cơ sở dữ liệu đang chỉ đọc, chưa có gì thay đổi."), language)
    if "full" in problem:
        return sentence(N_("Đĩa chứa dữ liệu đã đầy, chưa có gì thay đổi. Giải phóng chỗ rồi thử lại."), language)
    if "disk I/O" in problem:
        return sentence(
            N_("Đĩa chứa dữ liệu không đọc hay ghi được. Chạy “dondoc doctor”, rồi xem việc vừa làm đã được ghi chưa."),
            language,
        )
    return sentence(N_("Không dùng được cơ sở dữ liệu: {problem}."), language, problem=problem)
