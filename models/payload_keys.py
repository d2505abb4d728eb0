"""The keys with which what Temporal stores is encrypted, as people write them: `ID:KEY`, the one that writes first."""

import base64
import binascii
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

KEY_BYTES: Final = 32
"""AES-256."""

_EITHER_ALPHABET: Final = str.maketrans("-_", "+/")
"""`dondoc keys new` writes the one of addresses, `base64` of a shell the other."""

KEY_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class KeyFault(StrEnum):
    """Why keys cannot be used."""

    SHAPE = "shape"  # not ID:KEY
    LENGTH = "length"  # not 32 bytes
    TWICE = "twice"  # one id, two keys


class BadKeys(ValueError):
    """Keys that cannot be used; nothing of the secret is in it.

    Attributes:
        line: which of them, counted from 1.
    """

    def __init__(self, fault: KeyFault, line: int) -> None:
        super().__init__(f"{fault.value} in key {line}")
        self.fault = fault
        self.line = line


@dataclass(frozen=True)
class PayloadKey:
    """One key. Its id stands in clear beside everything that it encrypted."""

    id: str
    secret: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """By which two sides find that they have the same key; tells nothing of a key of 256 random bits."""
        return hashlib.sha256(b"dondoc payload key\0" + self.secret).hexdigest()[:16]

    def written(self) -> str:
        """The line that `read_keys` reads."""
        return f"{self.id}:{base64.urlsafe_b64encode(self.secret).decode()}"


def read_keys(text: str) -> tuple[PayloadKey, ...]:
    """Read keys, one a line or parted by commas; lines that begin with # are remarks.

    Raises:
        BadKeys: one cannot be used, or two have the same id.
    """
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    written = [one.strip() for line in lines for one in line.split(",") if one.strip()]
    found: list[PayloadKey] = []
    for place, one in enumerate(written, 1):
        name, colon, secret = one.partition(":")
        if not colon or not KEY_ID.fullmatch(name):
            raise BadKeys(KeyFault.SHAPE, place)
        try:
            raw = base64.b64decode(secret.strip().translate(_EITHER_ALPHABET), validate=True)
        except (binascii.Error, ValueError):
            raise BadKeys(KeyFault.SHAPE, place) from None
        if len(raw) != KEY_BYTES:
            raise BadKeys(KeyFault.LENGTH, place)
        if name in {key.id for key in found}:
            raise BadKeys(KeyFault.TWICE, place)
        found.append(PayloadKey(name, raw))
    return tuple(found)


def new_key(name: str) -> PayloadKey:
    """Make a key of random bits.

    Raises:
        BadKeys: its id has a letter that no id has.
    """
    if not KEY_ID.fullmatch(name):
        raise BadKeys(KeyFault.SHAPE, 1)
    return PayloadKey(name, secrets.token_bytes(KEY_BYTES))
