"""Webhooks and the audit: only for who keeps them."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field, StrictInt, StrictStr

from database.engine import reading
from models.refusal import Code, Refused
from models.tables import GREATEST_NUMBER
from models.vocabulary import Role
from services import webhooks
from services.answers import Instant, Said
from services.audit import audited
from services.keepers import find_keeper
from services.office import Office
from services.webhooks import Webhook
from web.api.described import PREFIX, problems
from web.api.door import Administers, Caller
from web.api.parts import (
    Cursor,
    Flag,
    Given,
    IdempotencyKey,
    Limit,
    Number,
    Searched,
    answer,
    make_cursor,
    no_such,
    number_after,
    once,
)


class WebhookSaid(Said):
    """A receiver of events. `secret` checks signatures (Standard Webhooks); it is shown when the receiver is added."""

    id: int
    url: str
    active: bool
    failures: int
    problem: str | None
    owner: str | None
    secret: str | None = None


class Webhooks(Said):
    """All receivers."""

    items: tuple[WebhookSaid, ...]


class WebhookGiven(Given):
    """A receiver to be added."""

    url: Annotated[StrictStr, Field(max_length=2_000, examples=["https://doi-tac.example.vn/dondoc"])]


class WebhookSwitched(Given):
    """Whether a receiver is told; switched on again it gets what was recorded meanwhile."""

    active: Flag


class CallSaid(Said):
    """One call of a receiver; `event` is the feed's id of what it was told, null for a test call."""

    id: int
    at: Instant
    event: int | None
    code: str | None
    kind: str | None
    problem: str | None


class Calls(Said):
    """The newest calls of a receiver."""

    items: tuple[CallSaid, ...]


class CallGiven(Given):
    """What a receiver is to be told: an event once more, or a test call."""

    event: Annotated[StrictInt, Field(ge=1, le=GREATEST_NUMBER)] | None = None


class Taken(Said):
    """The receiver took it."""

    taken: bool


class AuditedSaid(Said):
    """An act of administration."""

    id: int
    at: Instant
    person: str
    act: str
    subject: str
    data: dict[str, str]


class AuditPage(Said):
    """A page of the audit, the newest first."""

    items: tuple[AuditedSaid, ...]
    next: str | None


def administration_routes(office: Office, webhook_allow: frozenset[str]) -> APIRouter:
    """The routes under `/webhooks`."""
    router = APIRouter(prefix=PREFIX, tags=["administration"])

    @router.get("/webhooks", operation_id="listWebhooks", responses=problems())
    def listed(caller: Administers) -> Webhooks:
        """All receivers of events."""
        find_keeper(caller.holder.reference, caller.person, caller.holder.now)
        return Webhooks(items=tuple(map(_said, webhooks.listed(office))))

    @router.post(
        "/webhooks",
        operation_id="addWebhook",
        status_code=HTTPStatus.CREATED,
        response_model=WebhookSaid,
        responses=problems(400, 409, 413, 415),
    )
    async def add(caller: Administers, given: WebhookGiven, key: IdempotencyKey = None) -> Response:
        """Add a receiver of what is recorded from now on; the answer shows its secret this once."""

        async def work() -> Response:
            said = await asyncio.to_thread(_add, office, caller, given.url, webhook_allow)
            return answer(said, HTTPStatus.CREATED, {"Location": f"/api/v1/webhooks/{said.id}"})

        return await once(office, caller, key, ("POST", "/webhooks", given.model_dump_json()), work, _without_secret)

    @router.delete(
        "/webhooks/{id}",
        operation_id="removeWebhook",
        status_code=HTTPStatus.NO_CONTENT,
        response_class=Response,
        responses=problems(404),
    )
    def remove(caller: Administers, id: Number) -> None:  # noqa: A002
        """End a receiver."""
        if not webhooks.remove(office, id, caller.person):
            raise no_such()

    @router.get("/webhooks/{id}", operation_id="getWebhook", responses=problems(404))
    def one(caller: Administers, id: Number) -> WebhookSaid:  # noqa: A002
        """One receiver."""
        return _said(_found(office, caller, id))

    @router.put("/webhooks/{id}", operation_id="switchWebhook", responses=problems(400, 404, 413, 415))
    def switch(caller: Administers, id: Number, given: WebhookSwitched) -> WebhookSaid:  # noqa: A002
        """Switch a receiver off, or on again."""
        if not webhooks.switch(office, id, caller.person, on=given.active):
            raise no_such()
        return _said(_found(office, caller, id))

    return router


def webhook_call_routes(office: Office, webhook_allow: frozenset[str]) -> APIRouter:
    """The routes under `/webhooks/{id}/calls`."""
    router = APIRouter(prefix=PREFIX, tags=["administration"])

    @router.get("/webhooks/{id}/calls", operation_id="listWebhookCalls", responses=problems(404))
    def calls(caller: Administers, id: Number) -> Calls:  # noqa: A002
        """What a receiver was told, the newest first."""
        _found(office, caller, id)
        return Calls(
            items=tuple(
                CallSaid(
                    id=call.id,
                    at=call.at,
                    event=call.event,
                    code=call.directive or None,
                    kind=call.kind or None,
                    problem=call.problem,
                )
                for call in webhooks.calls(office, id)
            )
        )

    @router.post("/webhooks/{id}/calls", operation_id="callWebhook", responses=problems(400, 404, 413, 415))
    def call(caller: Administers, id: Number, given: CallGiven) -> Taken:  # noqa: A002
        """Tell a receiver one event once more, or call it for a test; waits for its answer, at most ten seconds."""
        if not webhooks.call_again(office, id, given.event, webhook_allow, caller.person):
            raise no_such()
        return Taken(taken=True)

    return router


def audit_routes(office: Office) -> APIRouter:
    """The route `/audit`."""
    router = APIRouter(prefix=PREFIX, tags=["administration"])

    @router.get("/audit", operation_id="listAudit", responses=problems())
    def audit(
        caller: Administers,
        person: Annotated[str, Query(max_length=100)] = "",
        text: Searched = "",
        after: Cursor = "",
        limit: Limit = 50,
    ) -> AuditPage:
        """What the administration did, and who did it; for administrators."""
        if Role.ADMINISTRATOR not in caller.holder.actor.roles:
            raise Refused(Code.NOT_ALLOWED, actor=caller.person)
        begin = number_after(after)
        of = person.replace("\x00", "") or None
        with reading(office.engine) as connection:
            found = audited(connection, person=of, text=text, before=begin or None, limit=limit + 1)
        items = tuple(AuditedSaid(**vars(one)) for one in found[:limit])
        return AuditPage(items=items, next=make_cursor(str(items[-1].id) if len(found) > limit else None))

    return router


def _found(office: Office, caller: Caller, number: int) -> Webhook:
    find_keeper(caller.holder.reference, caller.person, caller.holder.now)
    found = next((one for one in webhooks.listed(office) if one.id == number), None)
    if found is None:
        raise no_such()
    return found


def _said(one: Webhook) -> WebhookSaid:
    return WebhookSaid(
        id=one.id, url=one.url, active=one.active, failures=one.failures, problem=one.problem, owner=one.owner
    )


def _add(office: Office, caller: Caller, url: str, allow: frozenset[str]) -> WebhookSaid:
    find_keeper(caller.holder.reference, caller.person, caller.holder.now)  # before an address is looked up for him
    number, secret = webhooks.add(office, url, allow, caller.person)
    return WebhookSaid(id=number, url=url, active=True, failures=0, problem=None, owner=caller.person, secret=secret)


def _without_secret(body: dict[str, Any]) -> dict[str, Any]:
    return body | {"secret": None}
