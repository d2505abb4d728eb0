"""What the year says to people: Vietnamese, and the same in English.

Kept here and not in locale/: nothing of the product says any of this, and an office has no use for it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from documents.dates import short_instant
from documents.labels import label
from documents.language import Language

ENGLISH: Final[Mapping[str, str]] = {
    # failures
    "Trong {folder} đã có dữ liệu; hãy chọn thư mục khác.": "{folder} holds data already; choose another folder.",
    "Temporal không khởi động được; xem {log}.": "Temporal does not start; see {log}.",
    "{code}: bộ máy không khởi tạo nhiệm vụ.": "{code}: the engine does not start the directive.",
    "{code}: không nhập được ({reasons}).": "{code}: cannot be registered ({reasons}).",
    "{code}: lệnh {command} lúc {at} bị từ chối ({refusal}) ngoài dự kiến.": (
        "{code}: the command {command} at {at} is refused ({refusal}), which was not expected."
    ),
    "{code}: lệnh {command} lúc {at} lẽ ra phải bị từ chối.": (
        "{code}: the command {command} at {at} should have been refused."
    ),
    "{code}: lệnh {command} không được ghi.": "{code}: the command {command} was not recorded.",
    "{code}: bộ máy không biết nhiệm vụ này.": "{code}: the engine does not know this directive.",
    "Không chuyển giao được: {codes}.": "Could not be handed over: {codes}.",
    "Không tìm thấy {folder}: chỉ kiểm chứng được năm này từ mã nguồn.": (
        "{folder} is not there: a year can only be proved from the source tree."
    ),
    "Chưa có lịch làm việc của năm {year}; có các năm {years}.": (
        "There is no calendar of {year}; there are those of {years}."
    ),
    "Không ghi được {file}: chưa có thư mục đó.": "{file} cannot be written: there is no such folder.",
    "Đã dừng theo yêu cầu.": "Stopped as asked.",
    "Năm này có {number} chỗ sai. Chỗ đầu tiên: {first}": "This year has {number} faults. The first: {first}",
    # faults
    "{moment} được báo {times} lần.": "{moment} was told {times} times.",
    "{moment} báo sớm: kế hoạch {planned}, báo lúc {at}.": "{moment} was told early: planned {planned}, told {at}.",
    "{moment} báo muộn: kế hoạch {planned}, báo lúc {at}.": "{moment} was told late: planned {planned}, told {at}.",
    "{code}: thiếu mốc {clock} {step} lúc {planned}.": "{code}: the moment {clock} {step} of {planned} is missing.",
    "{code}: thừa mốc {clock} {step} lúc {planned}.": "{code}: the moment {clock} {step} of {planned} is too many.",
    "Tổng hợp {day}: cộng theo {axis} không bằng tổng chung.": ("Board of {day}: the sum by {axis} is not the total."),
    "Tổng hợp {day}, {axis} {group}: bảng là {board}, nhật ký là {history}.": (
        "Board of {day}, {axis} {group}: the board says {board}, the history {history}."
    ),
    "{number} thư chưa gửi được.": "{number} mails did not leave.",
    "Đã gửi {sent} thư nhưng có {files} tệp.": "{sent} mails left, but there are {files} files.",
    "{number} lệnh còn ở trạng thái {state}.": "{number} commands are still {state}.",
    "Mọi người nhận trả lời cho {answered} lệnh, sổ lệnh ghi {recorded}.": (
        "People were answered {answered} commands, {recorded} are recorded."
    ),
    "Nhật ký hỏng {number} dòng.": "{number} rows of the ledger are broken.",
    "Đối chiếu: {number} chỗ khác nhau.": "Reconciling: {number} differences.",
    # progress
    "Một năm của cơ quan": "A year of an office",
    "đang mở {open_now}": "{open_now} open",
    "{day}: đang mở {open_now} nhiệm vụ": "{day}: {open_now} directives open",
    # the report
    "Năm {year}: {directives} nhiệm vụ (mã ngẫu nhiên {seed})": (
        "The year {year}: {directives} directives (seed {seed})"
    ),
    "Sự kiện trong nhật ký": "Events in the ledger",
    "Lệnh được ghi / bị từ chối đúng quy tắc": "Commands recorded / rightly refused",
    "Mốc được báo / gộp": "Moments told / merged",
    "Thông báo / thư đã gửi / trong đó bản tổng hợp": "Notices / mails sent / of them digests",
    "Báo muộn: trung vị / lâu nhất": "Told late by: median / longest",
    "Thời gian ảo / thời gian thật": "Virtual time / real time",
    "{days} ngày": "{days} days",
    "{seconds} giây": "{seconds} s",
    "Kiểm chuỗi băm": "Chain of hashes",
    "{rows} dòng, hỏng {broken}": "{rows} rows, {broken} broken",
    "Đối chiếu với Temporal": "Reconciled with Temporal",
    "{checked} nhiệm vụ, khác {differences}": "{checked} directives, {differences} differences",
    "Kiểm chứng từng mốc": "Each moment proved",
    "{expected} mốc phải báo, sai {faults}": "{expected} moments due, {faults} faults",
    "Mốc theo đồng hồ và cấp": "Moments by clock and level",
    "Đồng hồ": "Clock",
    "Nhắc": "Reminders",
    "Cấp {level}": "Level {level}",
    "Gộp": "Merged",
    "Cộng": "Total",
    "Nhận đôn đốc cấp 1-4 nhiều nhất": "Escalated to most",
    "Người": "Person",
    "Lần": "Times",
    "Cơ quan chủ trì đến cuối năm": "Lead agencies at the end of the year",
    "Cơ quan": "Agency",
    "Tổng": "All",
    "Xong đúng hạn": "Done on time",
    "Xong muộn": "Done late",
    "Còn trong hạn": "Open in time",
    "Còn quá hạn": "Open overdue",
    "Đúng hạn": "On time",
    "Cuối mỗi tháng": "At the end of each month",
    "Tháng": "Month",
    "Mốc báo muộn bao lâu": "How late moments were told",
    "Muộn": "Late by",
    "Số mốc": "Moments",
    "do đổi lịch": "calendar changed",
    "Mỗi mốc báo đúng một lần, không sớm, không thiếu; số liệu mỗi tháng khớp nhật ký.": (
        "Each moment was told once, none early, none missing; the figures of each month are those of the history."
    ),
    "Xem tiếp: dondoc board --data {folder}": "Look further: dondoc board --data {folder}",
}


class YearFailed(Exception):
    """The year cannot be lived on; the message is one sentence for people, as `say` takes it, with its holes."""

    def __init__(self, message: str, **data: object) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


def say(message: str, language: Language, **data: object) -> str:
    """Fill a sentence in the reader's language.

    Raises:
        KeyError: it has no English.
    """
    text = message if language is Language.VI else ENGLISH[message]
    return text.format(**{name: _shown(value, language) for name, value in data.items()})


def _shown(value: object, language: Language) -> str:
    if isinstance(value, StrEnum):
        return label(value, language)
    if hasattr(value, "hour"):
        return short_instant(value)  # type: ignore[arg-type]
    return str(value)
