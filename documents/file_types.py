"""What a file is, judged by what is in it and never by its name."""

import codecs
import zipfile
from typing import IO, Final

_HEAD: Final = 64 * 1024
_DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ODT: Final = "application/vnd.oasis.opendocument.text"
_MACROS: Final = ("vbaproject.bin", "basic/script-lc.xml")
_SIGNATURES: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)


def media_type_of(file: IO[bytes]) -> str | None:
    """The kind of a file: PDF, DOCX, XLSX, ODT, PNG, JPEG or plain text; None for anything else, also with macros.

    Of a packed file only the list of its parts is read, so what it would unpack to does not matter.
    """
    file.seek(0)
    head = file.read(_HEAD)
    for signature, media_type in _SIGNATURES:
        if head.startswith(signature):
            return media_type
    if head.startswith(b"PK\x03\x04"):
        return _packed(file)
    return "text/plain" if _is_text(head) else None


def _packed(file: IO[bytes]) -> str | None:
    try:
        with zipfile.ZipFile(file) as packed:
            names = {name.lower() for name in packed.namelist()}
            if any(name.endswith(_MACROS) for name in names):
                return None
            if "[content_types].xml" in names and "word/document.xml" in names:
                return _DOCX
            if "[content_types].xml" in names and "xl/workbook.xml" in names:
                return XLSX
            if "mimetype" in names:
                with packed.open("mimetype") as part:
                    return _ODT if part.read(100).decode("ascii", "replace").strip() == _ODT else None
    except (zipfile.BadZipFile, OSError, ValueError, KeyError, NotImplementedError, RuntimeError):
        pass
    return None


def _is_text(head: bytes) -> bool:
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)  # the last letter may be cut
    except UnicodeDecodeError:
        return False
    return bool(text.strip()) and not any(letter < " " and letter not in "\t\n\r\f" for letter in text)
