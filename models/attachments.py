"""Files beside a directive: what they may be called, which kinds are taken, and how the ledger names them."""

import re
import unicodedata
from pathlib import PurePosixPath
from typing import Final

SIZE_LIMIT: Final = 20 * 1024 * 1024
"""Bytes of one file."""

AT_ONCE: Final = 5
"""Files that one act brings."""

NAME_LIMIT: Final = 200
"""Characters of a file's name; with its hash it stays below what a command takes."""

KINDS: Final[dict[str, tuple[str, ...]]] = {
    "application/pdf": (".pdf",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (".xlsx",),
    "application/vnd.oasis.opendocument.text": (".odt",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "text/plain": (".txt",),
}
"""The kinds that are taken, each with the endings that its name may have."""

_REFERENCE: Final = re.compile(r"(?P<sha256>[0-9a-f]{64})/(?P<name>.+)")
_FORBIDDEN: Final = frozenset('<>:"|?*')


def file_name(given: str) -> str:
    """The name under which a file is kept: no path, one Unicode form, nothing unseen and nothing that a system forbids.

    Never empty, never hidden, at most NAME_LIMIT characters; the ending survives the cut.
    """
    last = unicodedata.normalize("NFC", given).replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(" " if letter.isspace() else letter for letter in last if _is_kept(letter))
    name = " ".join(shown.split()).strip(". ")
    ending = PurePosixPath(name).suffix
    if len(name) > NAME_LIMIT:
        name = name[: NAME_LIMIT - len(ending)].rstrip(". ") + ending if len(ending) < NAME_LIMIT else name[:NAME_LIMIT]
    return name or "tep"


def _is_kept(letter: str) -> bool:
    if letter.isspace():
        return True
    return letter not in _FORBIDDEN and unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def fits(name: str, media_type: str) -> bool:
    """Whether a name ends as files of this kind do."""
    return PurePosixPath(name).suffix.lower() in KINDS.get(media_type, ())


def reference_to(sha256: str, name: str) -> str:
    """How a command, and so the ledger, names a kept file: its hash stands in the chain and proves its content."""
    return f"{sha256}/{name}"


def read_reference(text: str) -> tuple[str, str]:
    """The hash and the name of what a command names; no hash where only a name was given."""
    found = _REFERENCE.fullmatch(text)
    return (found["sha256"], found["name"]) if found else ("", text)
