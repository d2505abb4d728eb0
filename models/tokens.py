"""The rules of access tokens: what one may be used for, how long it counts. Pure; instants come from outside."""

import datetime as dt
from enum import StrEnum
from typing import Final

from models.directive import Frozen

PREFIX: Final = "dondoc_"
"""How every secret begins, so that scanners for leaked secrets find it."""

DEFAULT_DAYS: Final = 365
LONGEST_DAYS: Final = 730
NAME_LIMIT: Final = 100


class TokenScope(StrEnum):
    """What a token may be used for; never for more than its person may do and see."""

    READ = "read"  # asks: directives, documents, board, inbox, directory, calendar, policy, what is one's own
    WRITE = "write"  # registers, imports, gives commands, hands files in, arranges what is one's own
    EVENTS = "events"  # follows what happens
    ADMIN = "admin"  # directory, calendar, policy, accounts, webhooks and the audit, where the person keeps them
    CALENDAR = "calendar"  # the deadlines as iCalendar, by an address that holds the secret; nothing else


class TokenTimes(Frozen):
    """How long a token counts; one without an end counts until it is revoked."""

    expires_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None

    def lives(self, now: dt.datetime) -> bool:
        """Whether it still counts."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
