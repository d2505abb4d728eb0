"""Why a workbook is refused as a whole: codes, and the sentence that people read for each."""

from enum import StrEnum
from typing import Final

from documents.language import N_, Language, sentence


class WorkbookFault(StrEnum):
    """Every reason for which a file is refused before a single row of it is taken."""

    CANNOT_OPEN = "cannot_open"  # missing, a folder, or not ours to read
    NOT_WORKBOOK = "not_workbook"  # no zip at all
    NOT_SPREADSHEET = "not_spreadsheet"  # a zip, but a letter, a picture book, an ODS
    OLD_XLS = "old_xls"  # Excel 97-2003
    ENCRYPTED = "encrypted"  # opens only with a password
    TOO_BIG = "too_big"  # the file as it lies there
    TOO_BIG_INFLATED = "too_big_inflated"  # what it would unpack to: a zip bomb
    TOO_MANY_PARTS = "too_many_parts"
    TOO_MANY_CELLS = "too_many_cells"
    MACROS = "macros"
    DECLARATIONS = "declarations"  # a document type or entities: no workbook needs them, attacks do
    UNREADABLE = "unreadable"  # damaged, or made to break the reader
    NO_HEADER = "no_header"
    MISSING_COLUMNS = "missing_columns"
    DUPLICATE_COLUMNS = "duplicate_columns"


SENTENCES: Final[dict[WorkbookFault, str]] = {
    WorkbookFault.CANNOT_OPEN: N_("Không mở được tệp {file}. Kiểm tra lại tên tệp và quyền đọc."),
    WorkbookFault.NOT_WORKBOOK: N_("Tệp {file} không phải là bảng tính Excel (.xlsx)."),
    WorkbookFault.NOT_SPREADSHEET: N_(
        "Tệp {file} không phải là bảng tính Excel (.xlsx). Nếu là bảng tính dạng khác, mở ra và lưu lại dạng .xlsx."
    ),
    WorkbookFault.OLD_XLS: N_(
        "Tệp {file} là dạng Excel cũ (.xls). Mở bằng Excel, chọn Lưu thành (Save As) dạng .xlsx rồi nhập lại."
    ),
    WorkbookFault.ENCRYPTED: N_("Tệp {file} có đặt mật khẩu. Bỏ mật khẩu, lưu lại rồi nhập."),
    WorkbookFault.TOO_BIG: N_("Tệp {file} lớn {megabytes} MB, vượt mức {limit} MB. Chia thành nhiều tệp rồi nhập lại."),
    WorkbookFault.TOO_BIG_INFLATED: N_(
        "Tệp {file} phình ra quá lớn khi mở nên không đọc. Chép riêng các dòng nhiệm vụ sang một tệp mới rồi nhập lại."
    ),
    WorkbookFault.TOO_MANY_PARTS: N_(
        "Tệp {file} có quá nhiều trang hoặc thành phần ({count}, tối đa {limit}). "
        "Chép riêng các dòng nhiệm vụ sang một tệp mới rồi nhập lại."
    ),
    WorkbookFault.TOO_MANY_CELLS: N_(
        "Tệp {file} có quá nhiều ô (hơn {limit}). Xóa các cột, dòng thừa hoặc chia thành nhiều tệp rồi nhập lại."
    ),
    WorkbookFault.MACROS: N_("Tệp {file} có macro. Lưu lại dạng .xlsx (không có macro) rồi nhập."),
    WorkbookFault.DECLARATIONS: N_(
        "Tệp {file} có khai báo lạ bên trong, bảng tính bình thường không có, nên không đọc. "
        "Chép các dòng nhiệm vụ sang một tệp mới rồi nhập lại."
    ),
    WorkbookFault.UNREADABLE: N_("Tệp {file} bị hỏng, không đọc được. Mở bằng Excel, lưu lại dạng .xlsx rồi nhập lại."),
    WorkbookFault.NO_HEADER: N_(
        "Tệp {file} không có dòng tiêu đề trong {rows} dòng đầu của trang nào. Các cột cần có: {columns}."
    ),
    WorkbookFault.MISSING_COLUMNS: N_("Trang “{sheet}” của tệp {file} thiếu cột: {columns}."),
    WorkbookFault.DUPLICATE_COLUMNS: N_(
        "Trang “{sheet}” của tệp {file} có hai cột cùng nghĩa: {columns}. Chỉ giữ một cột."
    ),
}


class UnsafeWorkbook(Exception):
    """A file is refused whole; nothing of it was taken unless the reader had already handed rows over.

    Attributes:
        code: why.
        data: what the sentence names, and what machines may want.
    """

    def __init__(self, code: WorkbookFault, **data: object) -> None:
        super().__init__(code.value)
        self.code = code
        self.data = data

    def __str__(self) -> str:
        """The sentence in Vietnamese."""
        return self.explain(Language.VI)

    def explain(self, language: Language) -> str:
        """Say to a person why the file is refused and what to do about it."""
        return sentence(SENTENCES[self.code], language, **self.data)
