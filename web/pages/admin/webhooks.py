"""Receivers of events: adding, switching, what they were told, telling them again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from services import webhooks
from services.office import Office
from services.webhooks import Call, Webhook
from web.pages.admin.gate import AdminView, administrator, done_words, led_to, number_of, tried
from web.rendering import Reader, page

Text = Annotated[str, Form()]


@dataclass(frozen=True)
class WebhooksView(AdminView):
    """All receivers; `secret` was made just now for the one that was added, and is shown this once."""

    webhooks: tuple[Webhook, ...]
    secret: str = ""


@dataclass(frozen=True)
class WebhookView(AdminView):
    """One receiver and what it was told."""

    webhook: Webhook
    calls: tuple[Call, ...]


def webhook_routes(office: Office, allow: frozenset[str]) -> APIRouter:
    """The pages `/admin/webhooks`.

    Args:
        allow: private places that webhooks may reach.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/admin/webhooks")
    def shown(request: Request) -> Response:
        reader = administrator(request, office)
        return _list(office, reader, done=done_words(request, reader.language))

    @router.post("/admin/webhooks")
    def add(request: Request, url: Text = "") -> Response:
        reader = administrator(request, office)
        made: list[tuple[int, str]] = []
        faults = tried(reader, lambda: made.append(webhooks.add(office, url.strip(), allow, reader.actor.person)))
        return _list(office, reader, faults=faults, url=url if faults else "", secret=made[0][1] if made else "")

    @router.get("/admin/webhooks/{number}")
    def one(request: Request, number: str) -> Response:
        reader = administrator(request, office)
        return _one(office, reader, number, done=done_words(request, reader.language))

    @router.post("/admin/webhooks/{number}/switch")
    def switch(request: Request, number: str, on: Text = "") -> Response:
        return _act(
            office,
            request,
            number,
            lambda reader, hook: webhooks.switch(office, hook, reader.actor.person, on=on == "1"),
            "switched",
        )

    @router.post("/admin/webhooks/{number}/test")
    def test(request: Request, number: str) -> Response:
        return _act(
            office,
            request,
            number,
            lambda reader, hook: webhooks.call_again(office, hook, None, allow, reader.actor.person),
            "called",
        )

    @router.post("/admin/webhooks/{number}/again")
    def again(request: Request, number: str, event: Text = "") -> Response:
        told = number_of(event)
        return _act(
            office,
            request,
            number,
            lambda reader, hook: (
                told is not None and webhooks.call_again(office, hook, told, allow, reader.actor.person)
            ),
            "called",
        )

    @router.post("/admin/webhooks/{number}/remove")
    def remove(request: Request, number: str) -> Response:
        reader = administrator(request, office)
        removed = webhooks.remove(office, number_of(number) or 0, reader.actor.person)
        return led_to("/admin/webhooks", "removed" if removed else "none")

    return router


def _act(office: Office, request: Request, number: str, act: Callable[[Reader, int], bool], done: str) -> Response:
    reader = administrator(request, office)
    ended: list[bool] = []
    faults = tried(reader, lambda: ended.append(act(reader, number_of(number) or 0)))
    if faults:
        return _one(office, reader, number, faults=faults)
    if not ended[0]:
        return led_to("/admin/webhooks", "none")
    return led_to(f"/admin/webhooks/{number}", done)


def _list(
    office: Office,
    reader: Reader,
    *,
    done: str = "",
    faults: tuple[str, ...] = (),
    url: str = "",
    secret: str = "",
) -> Response:
    view = WebhooksView(tuple(webhooks.listed(office)), secret, done=done, faults=faults, typed={"url": url})
    return page("admin/webhooks.html", reader.language, reader, view, status=view.status)


def _one(office: Office, reader: Reader, number: str, *, done: str = "", faults: tuple[str, ...] = ()) -> Response:
    found = next((one for one in webhooks.listed(office) if one.id == number_of(number)), None)
    if found is None:
        return led_to("/admin/webhooks", "none")
    view = WebhookView(found, webhooks.calls(office, found.id), done=done, faults=faults)
    return page("admin/webhook.html", reader.language, reader, view, status=view.status)
