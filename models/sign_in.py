"""The rules of signing in: how long guesses are slowed, how long a session lives. Pure; instants come from outside."""

import datetime as dt
from typing import Final

from models.directive import Frozen

FREE_TRIES: Final = 5
"""So many wrong passwords cost nothing but themselves."""

LONGEST_WAIT: Final = dt.timedelta(minutes=15)
FORGOTTEN_AFTER: Final = dt.timedelta(hours=1)
"""After this time without a wrong try, earlier ones no longer count."""

FREE_TRIES_OF_AN_ADDRESS: Final = 30
"""One address may stand for a whole office behind one router, so it is slowed later."""

IDLE: Final = dt.timedelta(hours=4)
"""A session that nobody used for so long is over (a lunch and a meeting fit in)."""

LONGEST_SESSION: Final = dt.timedelta(hours=12)
"""A session is over after this time however much it is used: a working day."""


class Failures(Frozen):
    """Wrong tries of one kind: by account and address together, or by address alone."""

    count: int = 0
    last_at: dt.datetime | None = None

    def after(self, now: dt.datetime) -> "Failures":
        """One wrong try more."""
        return Failures(count=self._live(now) + 1, last_at=now)

    def may_try_at(self, now: dt.datetime, free: int) -> dt.datetime:
        """The first instant, not before `now`, at which the next try is taken: 1 s, 2 s, 4 s … after the last."""
        count = self._live(now)
        if self.last_at is None or count < free:
            return now
        wait = min(dt.timedelta(seconds=2 ** min(count - free, 20)), LONGEST_WAIT)
        return max(now, self.last_at + wait)

    def _live(self, now: dt.datetime) -> int:
        forgotten = self.last_at is None or now - self.last_at >= FORGOTTEN_AFTER
        return 0 if forgotten else self.count


class SessionTimes(Frozen):
    """When a session was begun and last used."""

    created_at: dt.datetime
    seen_at: dt.datetime

    @property
    def ends_at(self) -> dt.datetime:
        """When it is over if nobody uses it again."""
        return min(self.seen_at + IDLE, self.created_at + LONGEST_SESSION)

    def lives(self, now: dt.datetime) -> bool:
        """Whether it still counts."""
        return now < self.ends_at
