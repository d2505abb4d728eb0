"""The rules of the second factor: codes that change every half minute (TOTP, RFC 6238), and who has to have one.

Pure; instants come from outside.
"""

import base64
import datetime as dt
import hmac
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from models.vocabulary import Role

DIGITS: Final = 6
STEP_SECONDS: Final = 30
DRIFT: Final = 1
"""Steps by which the clock of a telephone may be off, in either direction."""

SECRET_BYTES: Final = 20
RECOVERY_CODES: Final = 10
"""Codes for who has lost the telephone; each is good once."""

HALF_LIVES: Final = dt.timedelta(minutes=5)
"""How long somebody whose password was right may take to give the code."""

SETUP_LIVES: Final = dt.timedelta(hours=1)
"""How long a secret waits for the first code that proves it was taken into a telephone."""


class SecondFactorFor(StrEnum):
    """Who has to have a second factor before anything else; everybody else may."""

    NONE = "none"
    LEADERS = "leaders"  # and administrators, and whoever stands in for one


ROLES_WITH: Final[dict[SecondFactorFor, frozenset[Role]]] = {
    SecondFactorFor.NONE: frozenset(),
    SecondFactorFor.LEADERS: frozenset({Role.LEADER, Role.ADMINISTRATOR}),
}


def step_of(now: dt.datetime) -> int:
    """The number of the half minute in which an instant lies."""
    return int(now.timestamp()) // STEP_SECONDS


def code_at(secret: str, step: int) -> str:
    """The code of one half minute.

    Args:
        secret: in base32, as telephones take it.
    """
    mac = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def accepted_step(secret: str, code: str, now: dt.datetime, last_step: int) -> int | None:
    """The step whose code this is; None when it is none of those around now, or no later than the last one taken.

    Args:
        last_step: of the code that was taken last; it and those before it are used up.
    """
    here = step_of(now)
    for step in range(max(here - DRIFT, last_step + 1), here + DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            return step
    return None


def telephone_address(secret: str, account: str, issuer: str) -> str:
    """What a telephone reads from the picture: whose secret it is, and of which system."""
    name = f"{quote(issuer, safe='')}:{quote(account, safe='')}"
    return (
        f"otpauth://totp/{name}?secret={secret}&issuer={quote(issuer, safe='')}&digits={DIGITS}&period={STEP_SECONDS}"
    )
