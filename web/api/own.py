"""What is a person's own: the work that waits, saved views, mails and absences, sessions, tokens, operations."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field, StrictInt

from database.engine import reading, writing
from database.waiting import Waits
from documents.language import sentence
from models.local_time import local_day
from models.refusal import Code, Refused
from models.vocabulary import Timeliness
from services import accounts, operations, tokens
from services.answers import DirectiveSaid, Instant, Said, directive_said
from services.my_work import actors_of, cards_of
from services.office import Office
from services.operations import State
from services.preferences import (
    choose_digest_hour,
    enter_own_absence,
    mail_wish,
    own_absences,
    remove_own_absence,
)
from services.saved_views import MOST, TooManyViews, forget_view, save_view, saved_views
from web.api.described import PREFIX, problems
from web.api.directory import AbsenceSaid
from web.api.door import Caller, Reads, Writes
from web.api.me import TokenSaid
from web.api.parts import AnyDay, Day, Given, IdempotencyKey, Limit, Line, Number, answer, no_such, once_in_thread


class CardSaid(Said):
    """What waits for one kind of act, the first of it; the list with this filter has all.

    `on_behalf_of` is the absent person for whom it is done; `act` a command that needs no words of its own.
    """

    title: str
    waits: Waits | None
    timeliness: Timeliness | None
    act: str | None
    on_behalf_of: str | None
    number: int
    directives: tuple[DirectiveSaid, ...]


class Work(Said):
    """What waits for the person, the most pressing first."""

    items: tuple[CardSaid, ...]


class ViewSaid(Said):
    """A filter of the list under a name of one's own; `query` is that of the page's address."""

    id: int
    name: str
    query: str


class Views(Said):
    """One's saved views, by name."""

    items: tuple[ViewSaid, ...]


class ViewGiven(Given):
    """A view to be kept; one of the same name is replaced."""

    name: Annotated[Line, Field(examples=["Sở Y tế quá hạn"])]
    query: Annotated[Line, Field(examples=["agency=SYT&timeliness=overdue"])] = ""


class PreferencesSaid(Said):
    """When one's digest comes: the hour chosen, or the policy's."""

    digest_hour: int | None
    hours: tuple[int, ...]
    usual: Annotated[str, Field(description="hh:mm, local time.")]


class PreferencesGiven(Given):
    """When one's digest is to come; null for the policy's hour."""

    digest_hour: Annotated[StrictInt, Field(ge=0, le=23)] | None


class Absences(Said):
    """One's absences that are not over, the nearest first."""

    items: tuple[AbsenceSaid, ...]


class AbsenceGiven(Given):
    """Days on which one is away; they replace one's absences of the same days."""

    first: Day
    last: Day
    deputy: Annotated[Line, Field(description="Who stands in: code, address or name; empty for nobody.")] = ""


class SessionSaid(Said):
    """From where one is signed in to the pages."""

    id: str
    created_at: Instant
    seen_at: Instant
    address: str
    agent: str


class Sessions(Said):
    """One's living sessions, the last used first."""

    items: tuple[SessionSaid, ...]


class TokenListed(TokenSaid):
    """One of one's tokens; never its secret."""

    used_at: Instant | None
    revoked_at: Instant | None


class Tokens(Said):
    """One's tokens, the newest first."""

    items: tuple[TokenListed, ...]


class OperationSaid(Said):
    """Something that takes longer than a request, and how far it is."""

    id: str
    kind: str
    title: str
    started_at: Instant
    seen_at: Instant
    state: State
    done: int
    total: int | None
    figures: dict[str, int]


class Operations(Said):
    """One's operations, the newest first."""

    items: tuple[OperationSaid, ...]


def work_routes(office: Office) -> APIRouter:
    """The routes for what waits and what goes on."""
    router = APIRouter(prefix=PREFIX, tags=["own"])

    @router.get("/work", operation_id="listWork", responses=problems())
    def work(caller: Reads) -> Work:
        """What waits for the person, by his role: the first page of the web application."""
        holder = caller.holder
        directory = holder.reference.directory
        with reading(office.engine) as connection:
            actors = actors_of(holder.actor, directory, holder.now)
            cards = cards_of(connection, actors, directory, holder.sight, holder.now)
        return Work(
            items=tuple(
                CardSaid(
                    title=sentence(card.kind.title, caller.language),
                    waits=card.kind.waits,
                    timeliness=card.kind.timeliness,
                    act=card.kind.act,
                    on_behalf_of=card.on_behalf_of or None,
                    number=card.number,
                    directives=tuple(directive_said(one, directory) for one in card.standings),
                )
                for card in cards
            )
        )

    @router.get("/operations", operation_id="listOperations", responses=problems())
    def going_on(caller: Reads, limit: Limit = 20) -> Operations:
        """What the person began and how far it is: imports."""
        with reading(office.engine) as connection:
            now = caller.holder.now
            found = operations.list_operations(connection, now, person=caller.person, limit=limit)
        return Operations(items=tuple(_operation(one) for one in found))

    @router.get("/operations/{id}", operation_id="getOperation", responses=problems(404))
    def operation(caller: Reads, id: Annotated[str, Path(max_length=100)]) -> OperationSaid:  # noqa: A002
        """How far one of them is, and how it ended."""
        with reading(office.engine) as connection:
            return _operation(operations.find(connection, id.replace("\x00", ""), caller.person, caller.holder.now))

    return router


def view_routes(office: Office) -> APIRouter:
    """The routes under `/views`."""
    router = APIRouter(prefix=PREFIX, tags=["own"])

    @router.get("/views", operation_id="listViews", responses=problems())
    def views(caller: Reads) -> Views:
        """One's saved filters of the list."""
        return _views(office, caller)

    @router.post("/views", operation_id="saveView", responses=problems(400, 409, 413, 415))
    def save(caller: Writes, given: ViewGiven) -> Views:
        """Keep a filter under a name; saved twice it is kept once."""
        try:
            with writing(office.engine) as connection:
                save_view(connection, caller.person, given.name, given.query, office.now(office.reference(connection)))
        except TooManyViews:
            raise Refused(Code.TOO_LONG, field="views", limit=MOST) from None
        return _views(office, caller)

    @router.delete(
        "/views/{id}",
        operation_id="forgetView",
        status_code=HTTPStatus.NO_CONTENT,
        response_class=Response,
        responses=problems(404),
    )
    def forget(caller: Writes, id: Number) -> None:  # noqa: A002
        """Forget one of one's views."""
        with writing(office.engine) as connection:
            if id not in [view.id for view in saved_views(connection, caller.person)]:
                raise no_such()
            forget_view(connection, caller.person, id)

    return router


def preference_routes(office: Office) -> APIRouter:
    """The routes for mails and absences."""
    router = APIRouter(prefix=PREFIX, tags=["own"])

    @router.get("/preferences", operation_id="getPreferences", responses=problems())
    def preferences(caller: Reads) -> PreferencesSaid:
        """When one's digest comes."""
        return _preferences(office, caller)

    @router.put("/preferences", operation_id="changePreferences", responses=problems(400, 413, 415))
    def change(caller: Writes, given: PreferencesGiven) -> PreferencesSaid:
        """Choose when one's digest comes; what is urgent is never held up by this."""
        choose_digest_hour(office, caller.person, given.digest_hour)
        return _preferences(office, caller)

    @router.get("/absences", operation_id="listAbsences", responses=problems())
    def absences(caller: Reads) -> Absences:
        """One's absences that are not over."""
        return _absences(office, caller)

    @router.post(
        "/absences", operation_id="enterAbsence", response_model=Absences, responses=problems(400, 409, 413, 415)
    )
    async def enter(caller: Writes, given: AbsenceGiven, key: IdempotencyKey = None) -> Response:
        """Say that one will be away and who of one's agency stands in."""

        def act() -> Response:
            enter_own_absence(office, caller.person, given.first, given.last, given.deputy)
            return answer(_absences(office, caller))

        return await once_in_thread(office, caller, key, ("POST", "/absences", given.model_dump_json()), act)

    @router.delete("/absences", operation_id="removeAbsences", responses=problems())
    def remove(caller: Writes, first: Annotated[AnyDay, Query()], last: Annotated[AnyDay, Query()]) -> Absences:
        """Take back one's absences that share a day with these."""
        remove_own_absence(office, caller.person, first, last)
        return _absences(office, caller)

    return router


def sign_in_routes(office: Office) -> APIRouter:
    """The routes for sessions and tokens."""
    router = APIRouter(prefix=PREFIX, tags=["own"])

    @router.get("/sessions", operation_id="listSessions", responses=problems())
    def sessions(caller: Reads) -> Sessions:
        """From where the person is signed in to the pages."""
        found = accounts.sessions_of(office, caller.person)
        return Sessions(
            items=tuple(
                SessionSaid(
                    id=one.id,
                    created_at=one.created_at,
                    seen_at=one.seen_at,
                    address=one.browser.address,
                    agent=one.browser.agent,
                )
                for one in found
            )
        )

    @router.delete(
        "/sessions/{id}",
        operation_id="endSession",
        status_code=HTTPStatus.NO_CONTENT,
        response_class=Response,
        responses=problems(404),
    )
    def end(caller: Writes, id: Annotated[str, Path(max_length=100)]) -> None:  # noqa: A002
        """End one of one's sessions."""
        if not accounts.end_session(office, caller.person, id.replace("\x00", "")):
            raise no_such()

    @router.get("/tokens", operation_id="listTokens", responses=problems())
    def own_tokens(caller: Reads) -> Tokens:
        """The person's tokens; new ones are made on the page or in the shell, where a person sits."""
        found = tokens.listed(office, caller.person)
        return Tokens(
            items=tuple(
                TokenListed(
                    id=one.id,
                    name=one.name,
                    scopes=one.scopes,
                    created_at=one.created_at,
                    expires_at=one.expires_at,
                    used_at=one.used_at,
                    revoked_at=one.revoked_at,
                )
                for one in found
            )
        )

    @router.delete(
        "/tokens/{id}",
        operation_id="revokeToken",
        status_code=HTTPStatus.NO_CONTENT,
        response_class=Response,
        responses=problems(404),
    )
    def revoke(caller: Writes, id: Number) -> None:  # noqa: A002
        """End one of one's tokens at once, also this one."""
        if id not in [one.id for one in tokens.listed(office, caller.person)] or not tokens.revoke(
            office, id, caller.person
        ):
            raise no_such()

    return router


def _views(office: Office, caller: Caller) -> Views:
    with reading(office.engine) as connection:
        return Views(items=tuple(ViewSaid(**vars(view)) for view in saved_views(connection, caller.person)))


def _preferences(office: Office, caller: Caller) -> PreferencesSaid:
    with reading(office.engine) as connection:
        wish = mail_wish(connection, caller.person, office.reference(connection).timeline.current.mail)
    return PreferencesSaid(digest_hour=wish.hour, hours=wish.hours, usual=f"{wish.usual:%H:%M}")


def _absences(office: Office, caller: Caller) -> Absences:
    found = own_absences(office.reference().directory, caller.person, local_day(caller.holder.now))
    return Absences(
        items=tuple(AbsenceSaid(first=one.valid_from, last=one.valid_until, deputy=one.deputy) for one in found)
    )


def _operation(one: operations.Operation) -> OperationSaid:
    return OperationSaid(**{name: value for name, value in vars(one).items() if name != "person"})
