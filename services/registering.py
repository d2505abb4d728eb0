"""Registering a document with its directives from a form: judged and previewed as written, then saved whole or not."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from activities.commit import Door
from database.engine import reading, writing
from database.reference import Reference
from documents.intake_values import BadDate, plain_text, read_date, split_agencies
from models.commands import Actor, Register
from models.deadline import Deadline
from models.engine import CommandEnvelope
from models.moments import Moment, upcoming
from models.refusal import Code, Refused
from models.tables import ANSWERED_REQUEST
from models.vocabulary import Role
from services.deadline_words import read_deadline
from services.intake import Intake, NotWhole, Taken, Verdict, preview_of
from services.intake_warnings import IntakeWarning, find_warnings
from services.office import Office
from services.registration import RawDirective, Reading, Reason, read_registration

ROWS: Final = 50
"""Directives of one document that one form takes."""

_OF_A_FORM: Final = 0
"""Stands where an answered request of the API names its token."""

_UNWRITTEN: Final = "…"


@dataclass(frozen=True)
class DocumentWords:
    """A document as people wrote it."""

    number: str = ""
    date: str = ""
    type: str = ""
    abstract: str = ""
    signer: str = ""


@dataclass(frozen=True)
class DirectiveWords:
    """One directive of it as people wrote it; `urgency` is a value of the vocabulary."""

    content: str = ""
    lead_agency: str = ""
    coordinating_agencies: str = ""
    deadline: str = ""
    imposed_deadline: str = ""
    urgency: str = ""
    assigning_leader: str = ""
    supervising_leader: str = ""
    field: str = ""


@dataclass(frozen=True)
class Judged:
    """What would become of one directive.

    Attributes:
        registration: as it was understood; None when there are reasons against it.
        known_as: the code under which exactly this is registered already.
        deadline: as it was understood, also where something else is refused.
        moments: the whole ladder if nobody acts, in the order of their instants.
    """

    registration: Register | None
    reasons: tuple[Reason, ...]
    known_as: str | None = None
    deadline: Deadline | None = None
    warnings: tuple[IntakeWarning, ...] = ()
    moments: tuple[Moment, ...] = ()


@dataclass(frozen=True)
class Saved:
    """What was saved.

    Attributes:
        codes: of each directive, in order; those that were known already stand among them.
        to_start: the registrations whose workflows are to be started.
    """

    codes: tuple[str, ...]
    to_start: tuple[CommandEnvelope, ...] = ()


class NotSaved(Exception):
    """Nothing was saved; `judged` says why, a verdict for each directive."""

    def __init__(self, judged: tuple[Judged, ...]) -> None:
        super().__init__("not saved")
        self.judged = judged


def require_secretariat(actor: Actor) -> None:
    """Let only the secretariat take directives in.

    Raises:
        Refused: not_allowed.
    """
    if Role.SECRETARIAT not in actor.roles:
        raise Refused(Code.NOT_ALLOWED, actor=actor.person, command="register")


def judge(
    office: Office,
    actor: Actor,
    document: DocumentWords,
    directives: Sequence[DirectiveWords],
    *,
    unfinished: bool = False,
) -> tuple[Judged, ...]:
    """Say what would become of each directive, and save nothing.

    Args:
        unfinished: somebody is still writing, so that what is empty is no fault yet.

    Raises:
        Refused: not_allowed.
    """
    require_secretariat(actor)
    with reading(office.engine) as connection:
        reference = office.reference(connection)
    now = office.now(reference)
    raws = [_raw(document, one, unfinished=unfinished) for one in directives]
    readings = [_read(raw, reference, now, unfinished=unfinished) for raw in raws]
    taken = _intake(office, actor, dry=True).take(readings)
    return tuple(
        _judged(raw, read, one, actor, reference, now) for raw, read, one in zip(raws, readings, taken, strict=True)
    )


def save(
    office: Office, actor: Actor, form: str, document: DocumentWords, directives: Sequence[DirectiveWords]
) -> Saved:
    """Register all directives of a document, or none.

    Args:
        form: names the form that was sent; sent again, it is answered as before and registers nothing.

    Raises:
        Refused: not_allowed.
        NotSaved: one of them is refused.
    """
    require_secretariat(actor)
    key = f"register/{actor.person}/{form}"
    reference = office.reference()
    now = office.now(reference)
    readings = [_read(_raw(document, one), reference, now) for one in directives]
    try:
        with writing(office.engine) as connection:
            connection.execute(
                insert(ANSWERED_REQUEST).values(token=_OF_A_FORM, key=key, fingerprint="", created_at=now)
            )
            taken = _intake(office, actor).take_whole(connection, readings)
            codes = tuple(one.code or "" for one in taken)
            this = (ANSWERED_REQUEST.c.token == _OF_A_FORM) & (ANSWERED_REQUEST.c.key == key)
            connection.execute(update(ANSWERED_REQUEST).where(this).values(body=json.dumps(codes)))
    except NotWhole as refused:
        judged = zip(directives, readings, refused.taken, strict=True)
        raise NotSaved(
            tuple(_judged(_raw(document, one), read, of, actor, reference, now) for one, read, of in judged)
        ) from None
    except IntegrityError:
        with reading(office.engine) as connection:
            before = _answered(connection, key)
        if before is None:
            raise
        return Saved(before)
    return Saved(codes, tuple(one.envelope for one in taken if one.envelope is not None))


def _answered(connection: Connection, key: str) -> tuple[str, ...] | None:
    """The codes with which a form was answered before."""
    statement = select(ANSWERED_REQUEST.c.body).where(
        ANSWERED_REQUEST.c.token == _OF_A_FORM, ANSWERED_REQUEST.c.key == key
    )
    body = connection.execute(statement).scalar()
    return tuple(json.loads(body)) if body else None


def _intake(office: Office, actor: Actor, *, dry: bool = False) -> Intake:
    return Intake(office=office, door=Door(office.engine, office.references), actor=actor, dry=dry)


def _raw(document: DocumentWords, one: DirectiveWords, *, unfinished: bool = False) -> RawDirective:
    issued_on = read_date(plain_text(document.date))
    return RawDirective(
        document_number=plain_text(document.number),
        document_date=issued_on.value if isinstance(issued_on, BadDate) else issued_on,
        document_type=plain_text(document.type),
        abstract=plain_text(document.abstract, multiline=True),
        signer=plain_text(document.signer),
        assigning_leader=plain_text(one.assigning_leader),
        supervising_leader=plain_text(one.supervising_leader),
        field=plain_text(one.field),
        content=plain_text(one.content, multiline=True) or (_UNWRITTEN if unfinished else ""),
        lead_agency=plain_text(one.lead_agency),
        coordinating_agencies=split_agencies(plain_text(one.coordinating_agencies, multiline=True)),
        deadline=plain_text(one.deadline) or None,
        imposed_deadline=plain_text(one.imposed_deadline) or None,
        urgency=plain_text(one.urgency) or None,
    )


def _read(raw: RawDirective, reference: Reference, now: dt.datetime, *, unfinished: bool = False) -> Reading:
    """Read one directive; a document has a number and a date, but nobody need lead yet."""
    read = read_registration(raw, reference, now, needs_lead=False)
    for name in () if unfinished else ("document_number", "document_date"):
        if not getattr(raw, name):
            read.reasons.append(Reason(field=name, code=Code.MISSING, data={"field": name}))
    return read


def _judged(
    raw: RawDirective, read: Reading, taken: Taken, actor: Actor, reference: Reference, now: dt.datetime
) -> Judged:
    registration = read.registration
    if taken.verdict is Verdict.REFUSED or registration is None:
        return Judged(None, tuple(taken.reasons), deadline=_deadline(raw, reference, now))
    envelope = CommandEnvelope(id="preview", directive="preview", actor=actor, command=registration)
    moments = upcoming(preview_of(envelope, now), reference.timeline.current, reference.calendar, now)
    known_as = taken.code if taken.verdict is Verdict.UNCHANGED else None
    warnings = find_warnings(registration, reference, now)
    return Judged(registration, (), known_as, registration.deadline, warnings, moments)


def _deadline(raw: RawDirective, reference: Reference, now: dt.datetime) -> Deadline | None:
    """The deadline alone, where the whole could not be read."""
    issued_on = raw.document_date if isinstance(raw.document_date, dt.date) else now.date()
    try:
        return read_deadline(str(raw.deadline), issued_on, reference, now) if raw.deadline else None
    except Refused:
        return None
