"""Who may sign in to the pages: accounts, their sessions and second factors, absences of others; for administrators."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from models.directory import Person
from services import accounts, second_factor
from services.accounts import Account
from services.answers import Said
from services.directories import enter_absence, remove_absence
from services.office import Office
from web.api.described import PREFIX, problems
from web.api.directory import AbsenceSaid
from web.api.door import Keeps, code_of
from web.api.own import AbsenceGiven, Absences
from web.api.parts import AnyDay, IdempotencyKey, Name, answer, no_such, once_in_thread

ENDS: Final[dict[str, Any]] = {
    "status_code": HTTPStatus.NO_CONTENT,
    "response_class": Response,
    "responses": problems(404),
}


class AccountSaid(Said):
    """A person who may sign in."""

    person: str
    name: str
    has_password: bool
    must_change: bool
    locked: bool
    sessions: int
    second_factor: bool


class AccountMade(AccountSaid):
    """The same, with the password that was made; shown this once, and to be changed at the first sign-in."""

    password: str | None


class Accounts(Said):
    """All accounts, by name."""

    items: tuple[AccountSaid, ...]


def account_routes(office: Office) -> APIRouter:
    """The routes for accounts."""
    router = APIRouter(prefix=PREFIX, tags=["administration"])

    @router.get("/accounts", operation_id="listAccounts", responses=problems())
    def listed(caller: Keeps) -> Accounts:
        """Who may sign in."""
        del caller
        return Accounts(items=tuple(AccountSaid(**vars(one)) for one in accounts.listed(office)))

    @router.post(
        "/people/{code}/account",
        operation_id="giveAccount",
        response_model=AccountMade,
        responses=problems(400, 404, 409),
    )
    async def give(caller: Keeps, code: Name, key: IdempotencyKey = None) -> Response:
        """Give a person an account, or a new password where he has one; his sessions end."""

        def act() -> Response:
            person = _person(office, code)
            made = accounts.add(office, person.code, None, by=caller.person)
            return answer(AccountMade(**vars(_account(office, person)), password=made))

        return await once_in_thread(office, caller, key, ("POST", "account", code), act, _without_password)

    @router.delete("/people/{code}/account", operation_id="removeAccount", **ENDS)
    def remove(caller: Keeps, code: Name) -> None:
        """Take a person's account away; his sessions end."""
        accounts.remove(office, _person(office, code).code, caller.person)

    @router.delete("/people/{code}/sessions", operation_id="endSessions", **ENDS)
    def sign_out(caller: Keeps, code: Name) -> None:
        """End all sessions of a person."""
        accounts.end_all_sessions(office, _person(office, code).code, caller.person)

    @router.delete("/people/{code}/second-factor", operation_id="takeSecondFactorOff", **ENDS)
    def take_second_factor_off(caller: Keeps, code: Name) -> None:
        """Take the second factor off for who lost the telephone; his sessions end."""
        second_factor.take_off(office, _person(office, code).code, caller.person)

    return router


def absence_routes(office: Office) -> APIRouter:
    """The routes for absences of other people."""
    router = APIRouter(prefix=PREFIX, tags=["directory"])

    @router.post(
        "/people/{code}/absences",
        operation_id="enterAbsenceOf",
        response_model=Absences,
        responses=problems(400, 404, 409, 413, 415),
    )
    async def away(caller: Keeps, code: Name, given: AbsenceGiven, key: IdempotencyKey = None) -> Response:
        """Enter that a person is away and who stands in."""

        def act() -> Response:
            person = _person(office, code)
            enter_absence(office, person.code, given.first, given.last, given.deputy, caller.person)
            return answer(_absences(office, person))

        request = ("POST", "absences", code, given.model_dump_json())
        return await once_in_thread(office, caller, key, request, act)

    @router.delete("/people/{code}/absences", operation_id="removeAbsencesOf", responses=problems(404))
    def back(
        caller: Keeps, code: Name, first: Annotated[AnyDay, Query()], last: Annotated[AnyDay, Query()]
    ) -> Absences:
        """Take back a person's absences that share a day with these."""
        person = _person(office, code)
        remove_absence(office, person.code, first, last, caller.person)
        return _absences(office, person)

    return router


def _person(office: Office, code: str) -> Person:
    found = office.reference().directory.person(code_of(code))
    if found is None:
        raise no_such()
    return found


def _account(office: Office, person: Person) -> Account:
    return next(one for one in accounts.listed(office) if one.person == person.code)


def _absences(office: Office, person: Person) -> Absences:
    return Absences(
        items=tuple(
            AbsenceSaid(first=one.valid_from, last=one.valid_until, deputy=one.deputy)
            for one in office.reference().directory.absences
            if one.person == person.code
        )
    )


def _without_password(body: dict[str, Any]) -> dict[str, Any]:
    return body | {"password": None}
