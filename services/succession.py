"""One agency follows another: its open directives move, previewed and resumable; no clock restarts (RULES 21)."""

import asyncio
import datetime as dt
import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, func, insert, select

from database import commands
from database.engine import reading, writing
from database.figures import Counted, Filter, count_by, figures_of
from database.reference import DIRECTORY, Reference, raise_revision
from database.snapshots import read_snapshot
from models.calendar import local_day
from models.commands import Actor, Succeed
from models.engine import CommandEnvelope
from models.life import decide
from models.refusal import Code, Refused
from models.tables import DIRECTIVE, LEDGER, SUCCESSION
from models.timeliness import Figures
from services.acting import Wish, act
from services.audit import note
from services.keepers import CLOSED, find_keeper
from services.office import Office
from services.sending import Sender
from services.suggestions import closest_agencies

AT_ONCE = 16
"""Directives that move at the same time."""

IDS = uuid.UUID("5f0f3f4e-6c4e-5b7e-9a3c-1f6f0b8f2d11")
"""The name space of the ids of these commands: the same move has the same id, however often it is started."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Moving:
    """One directive that would move.

    Attributes:
        leads: the old agency leads it; otherwise it coordinates.
    """

    code: str
    content: str
    leads: bool


@dataclass(frozen=True)
class Plan:
    """A succession as it would be carried out.

    Attributes:
        old: the code of the agency that ends.
        fields: the codes of the fields that move; empty for everything.
    """

    old: str
    new: str
    fields: tuple[str, ...]
    moving: tuple[Moving, ...]

    @property
    def fingerprint(self) -> str:
        """Differs when anything else would move: what was confirmed is what was shown."""
        text = repr((self.old, self.new, self.fields, [(one.code, one.leads) for one in self.moving]))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Outcome:
    """What became of it, by code of the directive.

    Attributes:
        kept: the command is kept and the sweep sends it on (đã nhận, đang ghi).
    """

    moved: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    refused: dict[str, Refused] = field(default_factory=dict)


def plan(office: Office, old: str, new: str, fields: tuple[str, ...], person: str) -> Plan:
    """Say which open directives would move; nothing changes.

    Args:
        old: code, name or alias; also of an agency that has ended.
        new: of one that exists today.
        fields: codes or names; empty for everything.

    Raises:
        Refused: unknown_agency, same_agency, unknown_field, or he may not.
    """
    now = office.now()
    day = local_day(now)
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        find_keeper(reference, person, now)
        old_code, new_code = _agency(reference, old, day), _agency(reference, new, day)
        follower = reference.directory.agency(new_code)
        if follower is None or not follower.holds_on(day):
            closest = "; ".join(closest_agencies(new, reference.directory, day))
            raise Refused(Code.UNKNOWN_AGENCY, agency=new, closest=closest)
        if old_code == new_code:
            raise Refused(Code.SAME_AGENCY, agency=new_code)
        only = tuple(_field(reference, name) for name in fields)
        return Plan(old_code, new_code, only, tuple(_moving(connection, reference, old_code, only)))


def _agency(reference: Reference, text: str, day: dt.date) -> str:
    try:
        return reference.directory.find_agency(text, day).code
    except Refused as refused:
        closest = "; ".join(closest_agencies(text, reference.directory, day))
        raise Refused(refused.code, **refused.data, closest=closest) from None


def _field(reference: Reference, text: str) -> str:
    found = reference.directory.find_field(text)
    if found is None:
        raise Refused(Code.UNKNOWN_FIELD, field_of_work=text)
    return found.code


def _moving(connection: Connection, reference: Reference, old: str, fields: tuple[str, ...]) -> list[Moving]:
    rows = connection.execute(
        select(
            DIRECTIVE.c.code,
            DIRECTIVE.c.content,
            DIRECTIVE.c.field,
            DIRECTIVE.c.lead_agency,
            DIRECTIVE.c.coordinating_agencies,
        )
        .where(DIRECTIVE.c.status.not_in(CLOSED))
        .order_by(DIRECTIVE.c.code)
    )
    found = []
    for row in rows:
        if old != row.lead_agency and old not in row.coordinating_agencies:
            continue
        of = reference.directory.field_of(row.field, row.lead_agency)
        if not fields or (of is not None and of.code in fields):
            found.append(Moving(row.code, row.content, leads=old == row.lead_agency))
    return found


def figures_by_successor(
    connection: Connection, reference: Reference, now: dt.datetime, only: Filter | None = None
) -> list[tuple[str | None, Figures]]:
    """Figures by the agency that stands today in the place of the one that led, history included (RULES 21).

    The board's own figures name who led; here what an agency did that has ended is its successor's, by field where it
    was divided. The sum is the same. In the order of agency codes, what nobody led first.
    """
    day, directory = local_day(now), reference.directory
    ended = {link.old for link in directory.successions if link.on <= day}
    groups: dict[str | None, list[Counted]] = {}
    for one in count_by(connection, "lead_agency", now, only):
        if one.group not in ended:
            groups.setdefault(one.group, []).append(one)
    for old in sorted(ended):
        of_old = replace(only or Filter(), agency=old)
        if only is not None and only.agency not in (None, old):
            continue
        for one in count_by(connection, "field", now, of_old):
            of = directory.field_of(one.group, old)
            groups.setdefault(directory.successor(old, of.code if of else None, day), []).append(one)
    return [(agency, figures_of(counted)) for agency, counted in sorted(groups.items(), key=lambda one: one[0] or "")]


async def carry_out(
    office: Office,
    sender: Sender | None,
    planned: Plan,
    person: str,
    reason: str,
    progress: Progress = lambda _done, _all: None,
) -> Outcome:
    """Record the succession in the directory and move the directives.

    One act: who follows whom and every command are kept in one transaction before the first is sent. Interrupted after
    that, the sweep sends what is left; started again, it does nothing twice, since what has moved is not in the plan
    any more and what is under way has the same command id.

    Args:
        sender: None while the engine does not run; the commands are then kept, and the sweep sends them.

    Raises:
        Refused: he may not.
    """
    command = Succeed(old_agency=planned.old, new_agency=planned.new, reason=reason)
    actor, ids = await asyncio.to_thread(_record, office, planned, person, command)
    outcome, done = Outcome(), 0
    gate = asyncio.Semaphore(AT_ONCE)

    async def move(one: Moving) -> None:
        nonlocal done
        async with gate:
            try:
                sent = await act(office, sender, Wish(code=one.code, command=command, person=actor, id=ids[one.code]))
            except Refused as refused:
                if refused.code is Code.NOT_CONCERNED:  # it moved while this was under way
                    outcome.moved.append(one.code)
                else:
                    outcome.refused[one.code] = refused
            except ValueError:  # its data break the code: it stays, and delays no other (RULES 18)
                outcome.refused[one.code] = Refused(Code.UNREADABLE, field="content")
            else:
                (outcome.moved if sent.outcome == "recorded" else outcome.kept).append(one.code)
            done += 1
            progress(done, len(planned.moving))

    await asyncio.gather(*(move(one) for one in planned.moving))
    return outcome


def _record(office: Office, planned: Plan, person: str, command: Succeed) -> tuple[str, dict[str, str]]:
    """Note in the directory who follows whom, once, and keep each directive's command; who did, and the ids."""
    now = office.now()
    day = local_day(now)
    ids = {one.code: command_id(office, planned, one.code) for one in planned.moving}
    with writing(office.engine) as connection:
        reference = office.reference(connection)
        actor = find_keeper(reference, person, now)
        known = any(
            link.old == planned.old
            and link.new == planned.new
            and link.on <= day
            and (not link.fields or (planned.fields and set(planned.fields) <= set(link.fields)))
            for link in reference.directory.successions
        )
        if not known:
            values = {"old": planned.old, "new": planned.new, "on": day, "fields": list(planned.fields)}
            connection.execute(insert(SUCCESSION).values(**values))
            raise_revision(connection, DIRECTORY)
        told = {"to": planned.new, "fields": " ".join(planned.fields), "directives": str(len(ids))}
        note(connection, actor.person, "agency.succeed", planned.old, now, {**told, "reason": command.reason or ""})
        for code, number in ids.items():
            if _would_move(connection, code, command, actor, now):
                envelope = CommandEnvelope(id=number, directive=code, actor=actor, command=command)
                commands.keep(connection, envelope, now)
    return actor.person, ids


def _would_move(connection: Connection, code: str, command: Succeed, actor: Actor, now: dt.datetime) -> bool:
    """Whether the directive would take the command as it stands; why not is told when it is sent."""
    try:
        found = read_snapshot(connection, code)
        decide(found[1] if found else None, command, actor, now)
    except (Refused, ValueError):  # a ValueError: its data break the code (RULES 18)
        return False
    return True


def command_id(office: Office, planned: Plan, code: str) -> str:
    """The id of one directive's move: the same for the same move, another one when it went back meanwhile."""
    with reading(office.engine) as connection:
        successions = connection.execute(
            select(func.count()).where(LEDGER.c.directive == code, LEDGER.c.kind == "succeeded")
        ).scalar_one()
    return str(uuid.uuid5(IDS, f"{planned.old}/{planned.new}/{code}/{successions}"))
