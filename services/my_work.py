"""What waits for a person, by his role, the most pressing first; each part with its number and the act that ends it."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from sqlalchemy import Connection

from database.deliveries import undelivered
from database.waiting import Waits, WorkFilter
from documents.language import N_
from models.commands import Actor
from models.directory import Directory
from models.local_time import local_day
from models.sight import Scope, charge_of
from models.vocabulary import Role, Timeliness
from services.asking import Standing, page_of

SHOWN: Final = 10
"""Directives that one card names; the list behind it has all."""

FAILED_FOR: Final = dt.timedelta(days=30)
MOST_FAILED: Final = 500


@dataclass(frozen=True)
class Kind:
    """One kind of work.

    Attributes:
        title: a msgid.
        act: the command that may be given for several at once; None where each needs its own words.
        mine: only what is this person's own, of all that he sees.
    """

    title: str
    waits: Waits | None = None
    timeliness: Timeliness | None = None
    act: str | None = None
    mine: bool = False

    @property
    def address(self) -> str:
        """The list that holds exactly this."""
        given: Mapping[str, str | None] = {
            "mine": "1" if self.mine else None,
            "waiting": self.waits,
            "timeliness": self.timeliness,
        }
        return "/directives?" + urlencode({name: value for name, value in given.items() if value})


@dataclass(frozen=True)
class Card:
    """What waits for one kind of act, in the name of one person.

    Attributes:
        on_behalf_of: the absent person for whom it is done; empty in one's own posts.
    """

    kind: Kind
    on_behalf_of: str
    number: int
    standings: tuple[Standing, ...]


@dataclass(frozen=True)
class FailedMail:
    """A person whom mails do not reach."""

    person: str
    number: int
    last_at: dt.datetime
    problem: str


_OF_AGENCY: Final = (
    Kind(N_("Chờ tiếp nhận"), Waits.ACKNOWLEDGE, act="acknowledge", mine=True),
    Kind(N_("Quá hạn"), timeliness=Timeliness.OVERDUE, mine=True),
    Kind(N_("Kết quả bị trả lại"), Waits.RETURNED, mine=True),
    Kind(N_("Phải giải trình"), Waits.EXPLANATION, mine=True),
    Kind(N_("Sắp đến hạn"), timeliness=Timeliness.DUE_SOON, mine=True),
    Kind(N_("Được đề nghị phối hợp"), Waits.CONTRIBUTE),
)
_OF_OFFICE: Final = (
    Kind(N_("Chờ phân công"), Waits.ASSIGN),
    Kind(N_("Bị từ chối tiếp nhận"), Waits.DECLINED),
    Kind(N_("Kết quả chờ thẩm định"), Waits.REVIEW, act="accept"),
    Kind(N_("Xin gia hạn chờ quyết định"), Waits.EXTENSION),
    Kind(N_("Chờ khởi tạo"), Waits.START),
    Kind(N_("Quá hạn, cần đôn đốc"), timeliness=Timeliness.OVERDUE, act="urge"),
)
_OF_LEADER: Final = (
    Kind(N_("Đã báo cáo vượt cấp đến lãnh đạo"), Waits.ESCALATED, act="urge"),
    Kind(N_("Chờ quyết định của lãnh đạo"), Waits.EXTENSION),
    Kind(N_("Quá hạn trong lĩnh vực phụ trách"), timeliness=Timeliness.OVERDUE, act="urge", mine=True),
    Kind(N_("Quá hạn, cần đôn đốc"), timeliness=Timeliness.OVERDUE, act="urge"),
)


def cards_of(
    connection: Connection, actors: Iterable[Actor], directory: Directory, scope: Scope, now: dt.datetime
) -> tuple[Card, ...]:
    """What waits for a person in each name in which he acts; cards with nothing on them are left out.

    Args:
        actors: himself first, then each absent person whose deputy he is.
        scope: what he sees.
    """
    cards = []
    for actor in actors:
        for kind in _kinds(actor, directory):
            only = filter_of(kind, actor, directory, scope)
            found, _ = page_of(connection, only, now, SHOWN)
            if found.total:
                cards.append(Card(kind, actor.on_behalf_of or "", found.total, tuple(found.standings)))
    return tuple(cards)


def actors_of(actor: Actor, directory: Directory, now: dt.datetime) -> tuple[Actor, ...]:
    """In whose name a person may act today: his own, and that of each absent person whose deputy he is."""
    today = local_day(now)
    absent = directory.represented(actor.person, today)
    return (actor, *(directory.actor(actor.person, today, principal) for principal in absent))


def filter_of(kind: Kind, actor: Actor, directory: Directory, scope: Scope) -> WorkFilter:
    """The directives of one card, and of the list behind it."""
    principal = actor.on_behalf_of or actor.person
    fields = tuple(field for post in directory.posts if post.person == principal for field in post.fields)
    return WorkFilter(
        timeliness=kind.timeliness,
        open_only=True,
        scope=scope,
        waits=kind.waits,
        agencies=actor.agencies if Role.AGENCY in actor.roles else frozenset(),
        people=frozenset({actor.person, principal}),
        mine=kind.mine,
        in_charge=charge_of(principal, directory, fields),
    )


def failed_mails(connection: Connection, now: dt.datetime) -> tuple[FailedMail, ...]:
    """The people whom mails did not reach lately, whoever was to get the newest one first (RULES 26)."""
    found: dict[str, FailedMail] = {}
    for record in undelivered(connection, MOST_FAILED):
        if record.at < now - FAILED_FOR:
            continue
        known = found.get(record.recipient)
        first = known or FailedMail(record.recipient, 0, record.at, record.problem or "")
        found[record.recipient] = FailedMail(first.person, first.number + 1, first.last_at, first.problem)
    return tuple(found.values())


def _kinds(actor: Actor, directory: Directory) -> Iterator[Kind]:
    if Role.LEADER in actor.roles:
        in_charge = bool(_fields_of(actor.on_behalf_of or actor.person, directory))
        yield from (kind for kind in _OF_LEADER if kind.timeliness is None or kind.mine is in_charge)
    if Role.SECRETARIAT in actor.roles:
        yield from _OF_OFFICE
    if Role.AGENCY in actor.roles:
        yield from _OF_AGENCY


def _fields_of(person: str, directory: Directory) -> frozenset[str]:
    return frozenset(field.code for field in directory.fields if field.vice_chairman == person)
