"""How many requests a token may make: a bucket that fills steadily. Pure; the seconds come from outside."""

import math
from typing import Final

from models.directive import Frozen


class Allowance(Frozen):
    """So many requests in so many seconds.

    Attributes:
        name: by which answers speak of it.
        quota: requests; as many may come at once.
        window: seconds.
    """

    name: str
    quota: int
    window: int

    @property
    def pace(self) -> float:
        """Requests a second that it grants in the long run."""
        return self.quota / self.window


READING: Final = Allowance(name="read", quota=600, window=60)
WRITING: Final = Allowance(name="write", quota=120, window=60)


class Bucket(Frozen):
    """How many requests were left at an instant (seconds of a clock that never goes back)."""

    left: float
    at: float


class Taken(Frozen):
    """What became of one request.

    Attributes:
        bucket: to be kept for the next one.
        remaining: whole requests that are left now.
        full_in: seconds until the whole quota is there again.
        wait: seconds until the next request is taken; 0 when this one was.
    """

    bucket: Bucket
    remaining: int
    full_in: int
    wait: int = 0

    @property
    def granted(self) -> bool:
        """Whether this request is taken."""
        return self.wait == 0


def take(bucket: Bucket | None, allowance: Allowance, now: float) -> Taken:
    """Take one request out of a bucket; one that is refused takes nothing."""
    before = bucket or Bucket(left=allowance.quota, at=now)
    left = min(allowance.quota, before.left + max(0.0, now - before.at) * allowance.pace)
    granted = left >= 1
    left -= 1 if granted else 0
    return Taken(
        bucket=Bucket(left=left, at=max(now, before.at)),
        remaining=int(left),
        full_in=math.ceil((allowance.quota - left) / allowance.pace),
        wait=0 if granted else max(1, math.ceil((1 - left) / allowance.pace)),
    )
