"""Passwords: which ones are good enough, and how they are kept (argon2id). Source: ASVS 5.0 6.2, NIST SP 800-63B."""

import threading
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from models.refusal import Code, Refused
from models.text import fold_key

SHORTEST: Final = 8
LONGEST: Final = 256
"""Characters. Longer ones only cost the machine."""

AT_ONCE: Final = 2
"""How many are hashed at the same time in one process: each takes 64 MiB and some 0.15 s of a core."""

COMMON_FILE: Final = Path(__file__).parent / "common_passwords.txt"

_HASHER: Final = PasswordHasher()
_PLACES: Final = threading.BoundedSemaphore(AT_ONCE)


def require_good(password: str, *own_words: str) -> None:
    """Refuse a password that others would guess; nothing is asked of its composition.

    Args:
        own_words: the person's name, code and address, which it must not be.

    Raises:
        Refused: weak_password, with why as `reason`: `short`, `long`, `common` or `own`.
    """
    text = _normal(password)
    if len(text) < SHORTEST:
        raise Refused(Code.WEAK_PASSWORD, reason="short", least=SHORTEST)
    if len(text) > LONGEST:
        raise Refused(Code.WEAK_PASSWORD, reason="long", most=LONGEST)
    plain = fold_key(text).replace(" ", "")
    if plain in _common() or len(set(plain)) <= 2:
        raise Refused(Code.WEAK_PASSWORD, reason="common")
    if plain in {fold_key(word).replace(" ", "") for word in own_words if word}:
        raise Refused(Code.WEAK_PASSWORD, reason="own")


def hashed(password: str) -> str:
    """What is kept of a password."""
    with _PLACES:
        return _HASHER.hash(_normal(password))


def matches(password: str, kept: str | None) -> bool:
    """Whether this is the password; without one that is kept the answer takes as long, and is no."""
    if len(password) > LONGEST:
        return False
    with _PLACES:
        try:
            _HASHER.verify(kept or _nobodys(), _normal(password))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Whether it was made with weaker settings than today's and is to be made anew at the next sign-in."""
    return _HASHER.check_needs_rehash(kept)


def _normal(password: str) -> str:
    # The same letters typed on a Mac and on Windows are different code points; the person means the same.
    return unicodedata.normalize("NFC", password)


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this password")


@cache
def _common() -> frozenset[str]:
    return frozenset(COMMON_FILE.read_text(encoding="utf-8").split())
