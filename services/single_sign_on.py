"""Signing in by the office's OpenID Connect provider: who of the directory it is that comes back from there."""

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from sqlalchemy import Connection, delete, insert, select

from database.engine import writing
from database.reference import DIRECTORY, Reference, raise_revision
from models.directory import ROLES, Directory, Person
from models.local_time import local_day
from models.refusal import Code, Refused
from models.tables import IDENTITY, PERSON, POST, SIGN_IN_ATTEMPT
from models.text import fold, fold_key
from models.vocabulary import Position, Role
from services import accounts
from services.accounts import Browser, SignedIn
from services.audit import note
from services.office import Office
from services.openid_provider import NotProven, Provider, ProviderAway

ATTEMPT_LIVES: Final = dt.timedelta(minutes=10)
"""How long somebody may take at the provider."""

ENTERED_BY_CLAIM: Final = frozenset({Role.AGENCY, Role.SECRETARIAT, Role.INSPECTOR})
"""Roles that a claim may give to somebody new; leaders and administrators are entered in the directory by hand."""

_NOT_IN_CODES: Final = re.compile(r"[^a-z0-9._-]+")

log = structlog.get_logger()


@dataclass(frozen=True)
class ClaimNames:
    """Under which names the provider says who somebody is; an empty one is not looked at."""

    person: str = "email"
    agency: str = ""
    role: str = ""

    @property
    def enters(self) -> bool:
        """Whether somebody whom the directory lacks is entered."""
        return bool(self.agency and self.role)


@dataclass(frozen=True)
class SingleSignOn:
    """The provider and how its claims are read."""

    provider: Provider
    claims: ClaimNames


@dataclass(frozen=True)
class Begun:
    """A session that was begun, its secret for the cookie, and where the person wanted to go."""

    secret: str
    signed_in: SignedIn
    wanted: str


def begin(office: Office, sign_on: SingleSignOn, wanted: str) -> tuple[str, str]:
    """Send somebody to the provider.

    Args:
        wanted: the page of ours to which he wants to go afterwards.

    Returns: the address of the provider, and the state, which the browser keeps until it comes back.

    Raises:
        Refused: single_sign_on_away.
    """
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    try:
        address = sign_on.provider.address_to_sign_in(state, nonce, verifier)
    except ProviderAway as away:
        raise _away(away) from away
    now = office.now()
    with writing(office.engine) as connection:
        connection.execute(delete(SIGN_IN_ATTEMPT).where(SIGN_IN_ATTEMPT.c.created_at <= now - ATTEMPT_LIVES))
        connection.execute(
            insert(SIGN_IN_ATTEMPT).values(
                state=_hash(state), nonce=nonce, verifier=verifier, wanted=wanted, created_at=now
            )
        )
    return address, state


def finish(
    office: Office, sign_on: SingleSignOn, brought: Mapping[str, str], kept_state: str, browser: Browser
) -> Begun:
    """Begin the session of somebody who comes back from the provider.

    Args:
        brought: the query of the address at which he comes back.
        kept_state: what his browser kept, so that nobody is signed in by a link that another one began.

    Raises:
        Refused: single_sign_on_failed, single_sign_on_away, single_sign_on_unknown, single_sign_on_agency.
    """
    now = office.now()
    state = brought.get("state", "")
    if not state or not secrets.compare_digest(state.encode(), kept_state.encode()):
        raise _failed("the state is not that of this browser")
    with writing(office.engine) as connection:
        is_this = SIGN_IN_ATTEMPT.c.state == _hash(state)
        attempt = connection.execute(select(SIGN_IN_ATTEMPT).where(is_this)).first()
        connection.execute(delete(SIGN_IN_ATTEMPT).where(is_this))
    if attempt is None or now - attempt.created_at >= ATTEMPT_LIVES:
        raise _failed("no such attempt, or it is over")
    try:
        claims = _claims(sign_on, brought, attempt.nonce, attempt.verifier)
    except ProviderAway as away:
        raise _away(away) from away
    except NotProven as fault:
        raise _failed(str(fault)) from fault
    with writing(office.engine) as connection:
        person = _person(connection, office.reference(connection), sign_on, claims, now)
        secret, signed_in = accounts.begin_known(connection, person, browser, now)
    return Begun(secret, signed_in, attempt.wanted)


def sign_out_address(sign_on: SingleSignOn, back: str) -> str | None:
    """Where somebody ends his session at the provider too; None when there is no such place or it does not answer.

    Args:
        back: the address of ours to which the provider leads back.
    """
    try:
        return sign_on.provider.address_to_sign_out(back)
    except ProviderAway as away:
        log.warning("single_sign_on_away", problem=str(away))
        return None


def _claims(sign_on: SingleSignOn, brought: Mapping[str, str], nonce: str, verifier: str) -> dict[str, Any]:
    provider, names = sign_on.provider, sign_on.claims
    if "error" in brought:
        raise NotProven(f"the provider says {brought['error'][:60]!r}")
    says_who = provider.metadata().authorization_response_iss_parameter_supported
    if brought.get("iss", "" if says_who else provider.issuer) != provider.issuer:
        raise NotProven("the answer is of another issuer")
    wanted = [name for name in (names.person, names.agency, names.role, "name" if names.enters else "") if name]
    return provider.claims(brought.get("code", ""), nonce, verifier, wanted)


def _person(
    connection: Connection, reference: Reference, sign_on: SingleSignOn, claims: dict[str, Any], now: dt.datetime
) -> str:
    """Whom of the directory the claims name; known by the provider's own name for him after the first time."""
    directory = reference.directory
    issuer, subject = sign_on.provider.issuer, str(claims["sub"])
    known = connection.execute(
        select(IDENTITY.c.person).where(IDENTITY.c.issuer == issuer, IDENTITY.c.subject == subject)
    ).scalar()
    account = _text(claims, sign_on.claims.person)
    person = directory.person(known) if known is not None else _named(directory, claims, sign_on.claims.person)
    if person is None and known is None and sign_on.claims.enters and account:
        code = _enter(connection, directory, sign_on.claims, claims, now)
    elif person is None or not accounts.may_sign_in(directory, person, now):
        raise Refused(Code.SINGLE_SIGN_ON_UNKNOWN, account=account)
    else:
        _require_agency(directory, person, _text(claims, sign_on.claims.agency), now)
        code = person.code
    if known is None:
        connection.execute(insert(IDENTITY).values(issuer=issuer, subject=subject, person=code, created_at=now))
        note(connection, code, "identity.linked", code, now, {"issuer": issuer})
    return code


def _named(directory: Directory, claims: Mapping[str, Any], claim: str) -> Person | None:
    """The one person whose address or code the claim holds, in any case; never by a name, which several may have."""
    said = _text(claims, claim)
    if claim == "email" and claims.get("email_verified", True) is not True:
        raise _failed("its address is not verified")
    found = [one for one in directory.people if said and said.casefold() in (one.email.casefold(), one.code.casefold())]
    if len(found) > 1:
        raise Refused(Code.SINGLE_SIGN_ON_UNKNOWN, account=said)
    return found[0] if found else None


def _require_agency(directory: Directory, person: Person, said: str, now: dt.datetime) -> None:
    """Refuse whom the provider counts to another agency than the directory; one that says nothing is not asked."""
    if not said:
        return
    day = local_day(now)
    try:
        agency = directory.find_agency(said, day).code
    except Refused:
        agency = ""
    if agency not in {post.agency for post in directory.posts_on(person.code, day)}:
        raise Refused(Code.SINGLE_SIGN_ON_AGENCY, agency=said)


def _enter(
    connection: Connection, directory: Directory, names: ClaimNames, claims: Mapping[str, Any], now: dt.datetime
) -> str:
    """Enter a person with the agency and the position that the claims name; returns his code."""
    account, said, position = (_text(claims, name) for name in (names.person, names.agency, names.role))
    day = local_day(now)
    try:
        agency = directory.find_agency(said, day)
    except Refused as unknown:
        raise Refused(Code.SINGLE_SIGN_ON_AGENCY, agency=said) from unknown
    if position not in list(Position) or ROLES[Position(position)] not in ENTERED_BY_CLAIM or not agency.holds_on(day):
        raise Refused(Code.SINGLE_SIGN_ON_UNKNOWN, account=account)
    email = account if names.person == "email" else ""
    person = Person(code=_free_code(directory, account), name=(_text(claims, "name") or account)[:200], email=email)
    connection.execute(insert(PERSON).values(**person.model_dump()))
    connection.execute(
        insert(POST).values(person=person.code, agency=agency.code, position=position, fields=[], valid_from=day)
    )
    raise_revision(connection, DIRECTORY)
    data = {"name": person.name, "agency": agency.code, "position": position}
    note(connection, person.code, "person.entered", person.code, now, data)
    return person.code


def _free_code(directory: Directory, account: str) -> str:
    """A code that nobody has in any writing, made of the account: its part before an @."""
    taken = {fold_key(person.code) for person in directory.people}
    wanted = _NOT_IN_CODES.sub("-", fold(account.partition("@")[0])).strip("-.")[:80] or "nguoi"
    number = 1
    code = wanted
    while fold_key(code) in taken:
        number += 1
        code = f"{wanted}-{number}"
    return code


def _text(claims: Mapping[str, Any], name: str) -> str:
    """A claim as text; a list of one counts as its element."""
    value = claims.get(name, "") if name else ""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value.strip()[:254] if isinstance(value, str) else ""


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _away(problem: ProviderAway) -> Refused:
    log.warning("single_sign_on_away", problem=str(problem))
    return Refused(Code.SINGLE_SIGN_ON_AWAY)


def _failed(problem: str) -> Refused:
    log.warning("single_sign_on_failed", problem=problem)
    return Refused(Code.SINGLE_SIGN_ON_FAILED)
