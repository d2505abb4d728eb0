"""Acting on a directive: authorise, judge, keep, send."""

import asyncio
import datetime as dt
import uuid
from dataclasses import dataclass

from database import commands
from database.engine import reading
from database.reference import Reference
from database.snapshots import read_snapshot
from models.calendar import local_day
from models.commands import Actor, Command
from models.directory import Directory
from models.engine import Answer, CommandEnvelope
from models.life import decide, require_unchanged
from models.refusal import Code, Refused
from models.text import contains_state_secret_marking
from services.office import Office
from services.sending import Sender, Sent, keep
from services.suggestions import closest_people


@dataclass(frozen=True)
class Wish:
    """What a person wants done.

    Attributes:
        person: his code, e-mail address or name.
        on_behalf_of: the absent person whose deputy he is.
        id: made where he acts; the same id is the same wish, however often it comes.
        seen_seq: the last event he saw, when he wants to be told if somebody else acted meanwhile.
    """

    code: str
    command: Command
    person: str
    on_behalf_of: str | None = None
    id: str | None = None
    seen_seq: int | None = None


async def act(office: Office, sender: Sender | None, wish: Wish) -> Sent:
    """Carry out what a person wants, or keep it until the engine can.

    Args:
        sender: None while Temporal cannot be reached; the command is then kept and the sweep sends it.

    Raises:
        Refused: he may not, or the directive does not allow it now. Nothing is kept.
    """
    envelope, answer = await asyncio.to_thread(_prepare, office, wish)
    if answer is not None:
        return Sent(envelope.id, "recorded", answer)
    if sender is None:
        await asyncio.to_thread(keep, office, envelope)
        return Sent(envelope.id, "kept")
    await sender.keep(envelope)
    return await sender.send(envelope)


def _prepare(office: Office, wish: Wish) -> tuple[CommandEnvelope, Answer | None]:
    """Judge the wish against the snapshot, so that a refusal needs no engine and writes nothing."""
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        actor = find_actor(reference, wish.person, wish.on_behalf_of, now)
        envelope = CommandEnvelope(
            id=wish.id or str(uuid.uuid4()),
            directive=wish.code,
            actor=actor,
            command=wish.command,
            seen_seq=wish.seen_seq,
        )
        answer = commands.answer_from_ledger(connection, envelope.id) if wish.id else None
        if answer is not None:
            return envelope, answer
        refuse_secrets(wish.command)
        found = read_snapshot(connection, wish.code)
        if found is None:
            raise Refused(Code.NOT_FOUND, directive=wish.code)
        require_unchanged(found[1], wish.seen_seq)
        decide(found[1], wish.command, actor, now)
    return envelope, None


def find_actor(reference: Reference, person: str, on_behalf_of: str | None, now: dt.datetime) -> Actor:
    """Find who acts and what he may do today.

    Raises:
        Refused: nobody of that name, with the closest codes; locked; or not the deputy.
    """
    directory = reference.directory
    found = find_person(directory, person)
    represented = find_person(directory, on_behalf_of) if on_behalf_of else None
    return directory.actor(found, local_day(now), represented)


def find_person(directory: Directory, text: str) -> str:
    """Find a person's code by code, e-mail address or name.

    Raises:
        Refused: unknown_person, with the closest codes.
    """
    try:
        return directory.find_person(text).code
    except Refused as refused:
        closest = "; ".join(closest_people(text, directory))
        raise Refused(refused.code, **refused.data, closest=closest) from None


def refuse_secrets(command: Command) -> None:
    """Refuse a command whose texts bear the marking of a state secret.

    Raises:
        Refused: state_secret.
    """
    if contains_state_secret_marking("\n".join(_texts(command.model_dump()))):
        raise Refused(Code.STATE_SECRET)


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texts(part)]
    if isinstance(value, list | tuple):
        return [text for part in value for text in _texts(part)]
    return []
