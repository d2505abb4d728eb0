"""What leaves when: which notices go now by e-mail, which wait and until when, and what makes one mail together.

Everything here is a question of hours, days and people; sending is `activities/`.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Set
from enum import StrEnum
from itertools import groupby

from models.calendar import Calendar, at, local_day
from models.directive import Frozen
from models.directory import Directory
from models.notices import MOMENT
from models.policy import MailHours

GATHERING = dt.timedelta(minutes=15)
"""How long a morning's messages wait for the moments of that morning to be recorded; what is made within this time
after the digest's hour still belongs to that morning."""

QUIET = dt.timedelta(seconds=3)
"""A person's messages that go at once wait until no more came for so long, so that one event that reaches many
directives makes one mail (RULES 24)."""

LONGEST_QUIET = dt.timedelta(minutes=1)
"""No message waits longer than this for others to join it."""


class Waiting(Frozen):
    """A notice whose mail has not left, as far as it matters here.

    Attributes:
        delivery: the number of its row in the outbox.
        notice: the number of its row in the inbox.
        at: when it was made.
        planned_at: for a moment, the instant the policy wanted it.
        moot: its directive was open when it was made and is closed now.
    """

    delivery: int
    notice: int
    directive: str
    seq: int
    recipient: str
    at: dt.datetime
    planned_at: dt.datetime | None = None
    kind: str
    level: int = 0
    at_once: bool = False
    any_hour: bool = False
    moot: bool = False

    @property
    def urgent(self) -> bool:
        """Whether it does not wait for the digest: escalations never do."""
        return self.at_once or self.any_hour or (self.kind == MOMENT and self.level >= 1)

    @property
    def belongs_at(self) -> dt.datetime:
        """The instant that says to which morning it belongs: a moment told late belongs to the one it was meant for."""
        return self.at if self.planned_at is None else min(self.at, self.planned_at)

    @property
    def identity(self) -> str:
        """What it is called for ever, whatever numbers a restored database gives to its rows (RULES 25).

        The instant is part of it: where both stores were lost and an older backup goes on, another event takes the
        number of one whose mail has left, and readers' programs would take its mail for a repetition.
        """
        # A directive's code has no line break, so no two notices are written the same.
        return f"{self.directive}\n{self.seq}\n{self.at.astimezone(dt.UTC).isoformat()}\n{self.recipient}"


class Leaving(Frozen):
    """Notices that leave now as one mail to one person."""

    recipient: str
    digest: bool
    notices: tuple[Waiting, ...]


class Departures(Frozen):
    """What becomes of the notices that were looked at.

    Attributes:
        leaving: one mail each; what goes at once stands first, older ones before newer ones.
        dropped: not said any more, since the directive was closed before they left (RULES 23).
        later: they wait for their hour, and until when. What is in none of the three is looked at again in a moment.
    """

    leaving: tuple[Leaving, ...] = ()
    dropped: tuple[Waiting, ...] = ()
    later: tuple[tuple[Waiting, dt.datetime], ...] = ()


def mail_may_leave(hours: MailHours, calendar: Calendar, now: dt.datetime) -> bool:
    """Whether ordinary e-mail leaves now: within mail hours of a working day (RULES 22); at the closing it does not."""
    return _opening_from(now, hours.opening, hours.closing, calendar) == now


def leaves_at(
    notice: Waiting, hours: MailHours, calendar: Calendar, now: dt.datetime, *, digest_left: bool = False
) -> dt.datetime:
    """Find the first instant, not before `now`, at which a notice may leave; `now` itself means that it may.

    What may leave at any hour does so. What goes at once leaves in mail hours. Everything else leaves with the digest
    of the morning that it belongs to; after an outage that digest still leaves the same day in mail hours, otherwise
    with the next morning's.

    Args:
        now: an aware instant in UTC.
        digest_left: today's digest to this person was made already.
    """
    start = max(now, notice.at)
    if notice.any_hour:
        return start
    if notice.urgent:
        return _opening_from(start, hours.opening, hours.closing, calendar)
    start = max(start, _its_digest(notice.belongs_at, hours, calendar))
    if digest_left:
        start = max(start, at(local_day(now) + dt.timedelta(days=1), dt.time.min))
    return _opening_from(start, hours.digest, hours.closing, calendar)


def hours_of(wanted: int | None, hours: MailHours) -> MailHours:
    """The mail hours of a person who wants his digest at that local hour, if it is one of `hours_to_choose`.

    Only the digest's hour is his to choose: what is urgent leaves as the policy says.
    """
    if wanted not in hours_to_choose(hours):
        return hours
    return hours.model_copy(update={"digest": dt.time(wanted)})


def hours_to_choose(hours: MailHours) -> tuple[int, ...]:
    """The full hours at which a digest may come: after the policy's, by which the morning's steps are planned.

    Before it, "due today" would be read a day late.
    """
    return tuple(hour for hour in range(24) if hours.digest < dt.time(hour) < hours.closing)


def last_digest(hours: MailHours, calendar: Calendar, now: dt.datetime) -> dt.datetime:
    """The newest instant, not after `now`, at which digests fell due."""
    day = local_day(now)
    if calendar.is_working(day) and at(day, hours.digest) <= now:
        return at(day, hours.digest)
    return at(calendar.add(day, -1), hours.digest)


def departures(
    waiting: Iterable[Waiting],
    hours: MailHours,
    calendar: Calendar,
    now: dt.datetime,
    *,
    digests_left: Set[str] = frozenset(),
    digest_hours: Mapping[str, int] | None = None,
    gathering: bool = False,
    quiet: dt.timedelta = QUIET,
) -> Departures:
    """Decide what leaves now and as which mails.

    Args:
        waiting: in any order.
        digests_left: people to whom today's digest was made already.
        digest_hours: the local hour at which a person wants his digest, where it is not the policy's.
        gathering: moments of the last morning are still being recorded; digests, and what clocks caused, wait for them.
        quiet: as `QUIET`.
    """
    leaving: list[Leaving] = []
    dropped: list[Waiting] = []
    later: list[tuple[Waiting, dt.datetime]] = []
    for recipient, group in groupby(
        sorted(waiting, key=lambda notice: (notice.recipient, notice.at, notice.delivery)),
        key=lambda notice: notice.recipient,
    ):
        at_once: list[Waiting] = []
        digest: list[Waiting] = []
        own = hours_of((digest_hours or {}).get(recipient), hours)
        for notice in group:
            instant = leaves_at(notice, own, calendar, now, digest_left=recipient in digests_left)
            if instant > now:
                later.append((notice, instant))
            elif gathering and not notice.any_hour and (not notice.urgent or notice.kind == MOMENT):
                continue
            elif notice.moot and (not notice.urgent or notice.kind == MOMENT):
                dropped.append(notice)
            else:
                (at_once if notice.urgent else digest).append(notice)
        if at_once and _settled(at_once, now, quiet):
            leaving.append(Leaving(recipient=recipient, digest=False, notices=tuple(at_once)))
        if digest:
            leaving.append(Leaving(recipient=recipient, digest=True, notices=tuple(digest)))
    leaving.sort(key=lambda mail: (mail.digest, min(notice.at for notice in mail.notices), mail.recipient))
    return Departures(leaving=tuple(leaving), dropped=tuple(dropped), later=tuple(later))


class Unreachable(StrEnum):
    """Why a person gets no e-mail (RULES 19)."""

    UNKNOWN = "unknown"  # not in the directory any more
    LOCKED = "locked"
    LEFT = "left"  # holds no post any more
    NO_ADDRESS = "no_address"


def unreachable(person: str, directory: Directory, day: dt.date) -> Unreachable | None:
    """Say why a person gets no e-mail that local day; None when he does."""
    found = directory.person(person)
    if found is None:
        return Unreachable.UNKNOWN
    if found.locked:
        return Unreachable.LOCKED
    if not directory.posts_on(person, day):
        return Unreachable.LEFT
    return None if found.email else Unreachable.NO_ADDRESS


def _its_digest(instant: dt.datetime, hours: MailHours, calendar: Calendar) -> dt.datetime:
    """The digest to which something made at that instant belongs."""
    day = local_day(instant)
    if calendar.is_working(day) and instant <= at(day, hours.digest) + GATHERING:
        return at(day, hours.digest)
    return at(calendar.add(day, 1), hours.digest)


def _opening_from(instant: dt.datetime, opens: dt.time, closes: dt.time, calendar: Calendar) -> dt.datetime:
    """That instant where it lies in these hours of a working day, else the next time that they begin."""
    day = local_day(instant)
    if calendar.is_working(day) and instant < at(day, closes):
        return max(instant, at(day, opens))
    return at(calendar.add(day, 1), opens)


def _settled(notices: list[Waiting], now: dt.datetime, quiet: dt.timedelta) -> bool:
    """Whether it is unlikely that more of the same is just coming."""
    return now - notices[-1].at >= quiet or now - notices[0].at >= LONGEST_QUIET
