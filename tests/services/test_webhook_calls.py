"""What a receiver was told is kept, and can be told again with the same id; a real receiver on this machine."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from office_fixture import Desk

from activities import webhook_queue
from activities.webhook_queue import WebhookQueue
from services import webhooks

Heard = list[tuple[str, bytes]]


@pytest.fixture
def receiver() -> Iterator[tuple[str, Heard]]:
    heard: Heard = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append((self.headers["webhook-id"], self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}", heard
        server.shutdown()


def tell(desk: Desk, place: str) -> None:
    queue = WebhookQueue(desk.office.engine, desk.office.references, frozenset({place}), desk.office.now)
    queue.start_due()
    assert queue.wait(20)


def test_every_call_is_kept_and_an_event_is_told_again_with_its_id(desk: Desk, receiver: tuple[str, Heard]) -> None:
    place, heard = receiver
    allow = frozenset({place})
    number, _ = webhooks.add(desk.office, f"http://{place}/", allow, "quantri")
    desk.register("NV-1", "Wed 2026-03-04 09:00", lead_agency=None)
    tell(desk, place)
    (first,) = webhooks.calls(desk.office, number)
    assert (first.directive, first.kind, first.problem) == ("NV-1", "registered", None)

    assert webhooks.call_again(desk.office, number, first.event, allow, "quantri")
    assert webhooks.call_again(desk.office, number, None, allow, "quantri")
    assert not webhooks.call_again(desk.office, number, 999, allow, "quantri")

    assert heard[0] == heard[1]
    assert b'"type": "test"' in heard[2][1]
    assert [one.event for one in webhooks.calls(desk.office, number)] == [None, first.event, first.event]


def test_only_the_newest_calls_are_kept(
    desk: Desk, receiver: tuple[str, Heard], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_queue, "CALLS_KEPT", 2)
    place, heard = receiver
    number, _ = webhooks.add(desk.office, f"http://{place}/", frozenset({place}), "quantri")
    for count in range(4):
        desk.register(f"NV-{count}", "Wed 2026-03-04 09:00", lead_agency=None)
    tell(desk, place)

    assert len(heard) == 4
    assert [one.directive for one in webhooks.calls(desk.office, number)] == ["NV-3", "NV-2"]
