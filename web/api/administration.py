"""Webhooks and the audit: only for who keeps them."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field, StrictStr

from activities.delivery_failures import DeliveryFailure
from database.engine import reading
from models.refusal import Code, Refused
from models.vocabulary import Role
from services import webhooks
from services.answers import Instant, Said
from services.audit import audited
from services.keepers import find_keeper
from services.office import Office
from services.webhooks import Webhook
from web.api.described import problems
from web.api.door import Administers, Caller
from web.api.parts import (
    Cursor,
    Given,
    IdempotencyKey,
    Limit,
    Searched,
    answer,
    bad_part,
    make_cursor,
    once,
    read_cursor,
)
from web.api.problems import ApiProblem, ProblemCode


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
    """The routes under `/webhooks` and `/audit`."""
    router = APIRouter(tags=["administration"])

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
    def remove(caller: Administers, id: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> None:  # noqa: A002
        """End a receiver."""
        if not webhooks.remove(office, id, caller.person):
            raise ApiProblem(HTTPStatus.NOT_FOUND, ProblemCode.NO_SUCH_ADDRESS)

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
        begin = read_cursor(after)
        if begin and not (begin.isascii() and begin.isdigit() and len(begin) < 16):
            raise bad_part("query.after")
        of = person.replace("\x00", "") or None
        with reading(office.engine) as connection:
            found = audited(connection, person=of, text=text, before=int(begin) if begin else None, limit=limit + 1)
        items = tuple(AuditedSaid(**vars(one)) for one in found[:limit])
        return AuditPage(items=items, next=make_cursor(str(items[-1].id) if len(found) > limit else None))

    return router


def _said(one: Webhook) -> WebhookSaid:
    return WebhookSaid(
        id=one.id, url=one.url, active=one.active, failures=one.failures, problem=one.problem, owner=one.owner
    )


def _add(office: Office, caller: Caller, url: str, allow: frozenset[str]) -> WebhookSaid:
    find_keeper(caller.holder.reference, caller.person, caller.holder.now)  # before an address is looked up for him
    try:
        number, secret = webhooks.add(office, url, allow, caller.person)
    except DeliveryFailure as refused:
        told = refused.explain(caller.language)
        raise ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, ProblemCode.BAD_RECEIVER, detail=told) from None
    return WebhookSaid(id=number, url=url, active=True, failures=0, problem=None, owner=caller.person, secret=secret)


def _without_secret(body: dict[str, Any]) -> dict[str, Any]:
    return body | {"secret": None}
