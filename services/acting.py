"""Acting on a directive: authorise, judge, keep, send."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection, select

from database import commands
from database.engine import DATABASE_AWAY, reading, writing
from database.ledger import read_rows
from database.reference import Reference
from database.snapshots import read_snapshots
from database.together import Together
from models.calendar import local_day
from models.commands import Actor, Command
from models.directive import Directive
from models.directory import Directory
from models.engine import Answer, CommandEnvelope
from models.life import decide, fold, require_unchanged
from models.refusal import Code, Refused
from models.tables import COMMAND
from models.text import contains_state_secret_marking
from services import tracing
from services.counted import REFUSED
from services.logs import says_much
from services.office import Office
from services.sending import Sender, Sent
from services.suggestions import closest_people

log = structlog.get_logger()


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


@dataclass
class Desk:
    """Where the commands of one process come in: what comes at the same time is judged and kept together.

    Attributes:
        sender: None while Temporal cannot be reached; commands are then kept and the sweep sends them.
    """

    office: Office
    sender: Sender | None
    _coming_in: Together[Wish, tuple[CommandEnvelope, Answer | None]] = field(init=False)

    def __post_init__(self) -> None:
        self._coming_in = Together(self._take_in, key=lambda wish: wish.id or object())

    async def act(self, wish: Wish, patience: float | None = None) -> Sent:
        """Carry out what a person wants, or keep it until the engine can.

        Args:
            patience: seconds that the engine has to answer; None for what it has of every command.

        Raises:
            Refused: he may not, or the directive does not allow it now. Nothing is kept.
            sqlalchemy.exc.OperationalError: the database cannot be asked or written now; nothing was kept.
        """
        kind = wish.command.kind
        try:
            sent = await self._act(wish, patience)
        except Refused as refused:
            REFUSED.labels(refused.code.value).inc()
            log.info("command_refused", kind=kind, directive=wish.code, command=wish.id, code=refused.code.value)
            raise
        if says_much():  # asking the log itself costs more
            log.debug("command_given", kind=kind, directive=wish.code, command=sent.command_id, outcome=sent.outcome)
        return sent

    async def _act(self, wish: Wish, patience: float | None) -> Sent:
        envelope, answer = await self._coming_in.do(wish)
        if answer is not None:
            return Sent(envelope.id, "recorded", answer)
        if self.sender is None:
            tracing.note(envelope)
            return Sent(envelope.id, "kept")
        return await self.sender.send(envelope, patience)

    def _take_in(self, wishes: Sequence[Wish]) -> list[tuple[CommandEnvelope, Answer | None] | Exception]:
        judged: list[tuple[CommandEnvelope, Answer | None] | Exception] = []
        with reading(self.office.engine) as connection:
            reference = self.office.reference(connection)
            now = self.office.now(reference)
            snapshots = read_snapshots(connection, [wish.code for wish in wishes])
            for wish in wishes:
                try:
                    judged.append(_judge(connection, wish, reference, now, snapshots.get(wish.code)))
                except DATABASE_AWAY:  # nothing more can be asked in this transaction, so it is everybody's
                    raise
                except Exception as problem:  # noqa: BLE001 - it is this wish's own answer
                    judged.append(problem)
        fresh = [one[0] for one in judged if not isinstance(one, Exception) and one[1] is None]
        if fresh:
            with writing(self.office.engine) as connection:
                commands.keep_all(connection, fresh, now)
        return judged


async def act(office: Office, sender: Sender | None, wish: Wish) -> Sent:
    """Carry out one wish; see `Desk.act`."""
    return await Desk(office, sender).act(wish)


def _judge(
    connection: Connection, wish: Wish, reference: Reference, now: dt.datetime, snapshot: tuple[int, str] | None
) -> tuple[CommandEnvelope, Answer | None]:
    """Judge a wish against the snapshot, so that a refusal needs no engine and writes nothing."""
    actor = find_actor(reference, wish.person, wish.on_behalf_of, now)
    envelope = CommandEnvelope(
        id=wish.id or str(uuid.uuid4()),
        directive=wish.code,
        actor=actor,
        command=wish.command,
        seen_seq=wish.seen_seq,
    )
    if wish.id:
        known = commands.look_up(connection, wish.id)
        before = known.envelope
        if before is not None and not _same_wish(before, envelope):
            raise Refused(Code.ID_TAKEN, id=wish.id, directive=before.directive)
        answer = commands.answer_from_ledger(connection, wish.id) if known.recorded else None
        if answer is not None:
            return envelope, answer
        if known.waits:  # the engine has it or will have it, and its word is the last
            return envelope, None
    refuse_secrets(wish.command)
    if snapshot is None:
        raise Refused(Code.NOT_FOUND, directive=wish.code)
    directive = _stands(connection, wish.code, snapshot[1])
    require_unchanged(directive, wish.seen_seq)
    decide(directive, wish.command, actor, now)
    return envelope, None


@dataclass(frozen=True)
class KeptCommand:
    """A command that was given, and what became of it until now.

    Attributes:
        answer: of one that is recorded.
        refusal: why the engine refused it; the code alone is kept.
    """

    envelope: CommandEnvelope
    answer: Answer | None = None
    refusal: Code | None = None


def kept_command(connection: Connection, command_id: str) -> KeptCommand | None:
    """What became of a command; None when nobody knows its id."""
    row = connection.execute(select(COMMAND).where(COMMAND.c.id == command_id)).first()
    if row is None:
        return None
    envelope = CommandEnvelope.model_validate_json(row.envelope)
    refused = Code(row.answer) if row.state == commands.REFUSED and row.answer in list(Code) else None
    return KeptCommand(envelope, commands.answer_from_ledger(connection, command_id), refused)


def _stands(connection: Connection, code: str, state: str) -> Directive:
    """The directive as its snapshot says; where that cannot be read, as its ledger says."""
    try:
        return Directive.model_validate_json(state)
    except ValueError:
        directive = fold(read_rows(connection, code))
        if directive is None:
            raise
        return directive


def _same_wish(before: CommandEnvelope, now: CommandEnvelope) -> bool:
    return (before.directive, before.command, before.actor.person) == (now.directive, now.command, now.actor.person)


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
