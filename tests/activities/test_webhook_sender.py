import contextlib
import datetime as dt
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

from activities import webhook_address
from activities.webhook_address import is_public, read_target
from activities.webhook_sender import PermanentFailure, TemporaryFailure, check_webhook_url, send_webhook

CERTIFICATES = Path(__file__).parent / "certificates"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = json.dumps({"code": "QN-2026-0123", "kind": "submitted", "text": "Đã nộp"}, ensure_ascii=False).encode()
NOTHING: frozenset[str] = frozenset()


@dataclass
class Receiver:
    """A receiver whose answer the test decides; remembers every request that reached it."""

    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def allowed(self) -> frozenset[str]:
        return frozenset({f"127.0.0.1:{self.port}", f"localhost:{self.port}"})

    def url(self, host: str = "127.0.0.1", scheme: str = "http", path: str = "/nhan") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


Conversation = Callable[[socket.socket, Receiver, threading.Event], None]


@contextlib.contextmanager
def receiving(conversation: Conversation, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    receiver, over = Receiver(), threading.Event()
    threads: list[threading.Thread] = []

    def talk(connection: socket.socket) -> None:
        receiver.connections += 1
        with contextlib.suppress(OSError), contextlib.ExitStack() as opened:
            opened.enter_context(connection)
            talking = connection if tls is None else tls.wrap_socket(connection, server_side=True)
            opened.enter_context(talking)
            conversation(talking, receiver, over)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=talk, args=(connection,)))
            threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        receiver.port = int(listener.getsockname()[1])
        acceptor = threading.Thread(target=accept)
        acceptor.start()
        try:
            yield receiver
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            for thread in (acceptor, *threads):
                thread.join(10)


def read_request(connection: socket.socket) -> bytes:
    """Read a request with its body, whose length its header says."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += receive(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length"))
    while len(body) < length:
        body += receive(connection)
    return head + b"\r\n\r\n" + body


def receive(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionResetError
    return data


def answer(status: int, headers: str = "", body: bytes = b"ok") -> Conversation:
    def conversation(connection: socket.socket, receiver: Receiver, over: threading.Event) -> None:
        receiver.requests.append(read_request(connection))
        connection.sendall(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body)

    return conversation


def send(
    receiver: Receiver,
    url: str | None = None,
    *,
    allow: frozenset[str] | None = None,
    seconds: float = 5.0,
    tls: ssl.SSLContext | None = None,
    secret: str = SECRET,
) -> None:
    send_webhook(
        url or receiver.url(),
        secret,
        "QN-2026-0123/7",
        dt.datetime.now(dt.UTC),
        BODY,
        receiver.allowed if allow is None else allow,
        whole_seconds=seconds,
        tls=tls,
    )


def headers_of(request: bytes) -> dict[str, str]:
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def test_the_receiver_can_verify_the_signature_with_the_standard_library_of_webhooks() -> None:
    with receiving(answer(204, body=b"")) as receiver:
        send(receiver)

    request = receiver.requests[0]
    verified = Webhook(SECRET).verify(request.partition(b"\r\n\r\n")[2], headers_of(request))
    assert verified == json.loads(BODY)
    assert request.startswith(b"POST /nhan HTTP/1.1\r\n")
    assert headers_of(request)["webhook-id"] == "QN-2026-0123/7"
    assert headers_of(request)["content-type"] == "application/json"
    assert headers_of(request)["host"] == f"127.0.0.1:{receiver.port}"


def test_the_signed_instant_is_the_same_whatever_zone_it_is_given_in() -> None:
    instant = dt.datetime.now(dt.timezone(dt.timedelta(hours=7)))

    with receiving(answer(200)) as receiver:
        send_webhook(receiver.url(), SECRET, "a", instant, BODY, receiver.allowed)

    request = receiver.requests[0]
    assert headers_of(request)["webhook-timestamp"] == str(int(instant.timestamp()))
    Webhook(SECRET).verify(request.partition(b"\r\n\r\n")[2], headers_of(request))


def test_https_is_verified_and_needs_no_allowance_but_for_the_private_address() -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(CERTIFICATES / "localhost.pem")
    trusting = ssl.create_default_context(cafile=str(CERTIFICATES / "localhost.pem"))

    with receiving(answer(200), tls=server) as receiver:
        for allow in (frozenset({"localhost"}), frozenset({"127.0.0.0/8", "::1/128"})):
            send(receiver, receiver.url("localhost", "https"), allow=allow, tls=trusting)
        with pytest.raises(TemporaryFailure, match="Chứng thư của webhook localhost không đúng"):
            send(receiver, receiver.url("localhost", "https"), allow=frozenset({"localhost"}))

    assert len(receiver.requests) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_its_target_never_called(status: int) -> None:
    with receiving(answer(200)) as target:
        location = f"Location: http://127.0.0.1:{target.port}/bi-mat\r\n"
        with receiving(answer(status, location)) as receiver, pytest.raises(PermanentFailure, match="chuyển hướng"):
            send(receiver, allow=receiver.allowed | target.allowed)

    assert target.connections == 0


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_an_answer_that_is_no_success_is_tried_again(status: int) -> None:
    with receiving(answer(status)) as receiver, pytest.raises(TemporaryFailure, match=f"trả lời {status}"):
        send(receiver)


def test_a_receiver_that_is_gone_for_good_is_not_tried_again() -> None:
    with receiving(answer(410)) as receiver, pytest.raises(PermanentFailure, match="không còn nhận tin"):
        send(receiver)


@pytest.mark.parametrize("status", [200, 500])
def test_an_answer_of_100_megabytes_is_cut_after_64_kilobytes(status: int) -> None:
    sent: list[int] = []

    def conversation(connection: socket.socket, receiver: Receiver, over: threading.Event) -> None:
        read_request(connection)
        connection.sendall(f"HTTP/1.1 {status} X\r\nContent-Length: 100000000\r\n\r\n".encode())
        chunk, total = b"x" * 65536, 0
        try:
            while total < 100_000_000:
                total += connection.send(chunk)
        finally:
            sent.append(total)

    with receiving(conversation) as receiver:
        if status == 200:
            send(receiver)
        else:
            with pytest.raises(TemporaryFailure):
                send(receiver)

    assert 65536 <= sent[0] < 20_000_000  # what the kernel's buffers took, not what we read


def silent(connection: socket.socket, receiver: Receiver, over: threading.Event) -> None:
    over.wait(20)


def dripping_headers(connection: socket.socket, receiver: Receiver, over: threading.Event) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while not over.wait(0.02):
        connection.sendall(b"x")


def endless_continue(connection: socket.socket, receiver: Receiver, over: threading.Event) -> None:
    read_request(connection)
    while not over.wait(0.02):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def hanging_up(connection: socket.socket, receiver: Receiver, over: threading.Event) -> None:
    read_request(connection)


def nonsense(connection: socket.socket, receiver: Receiver, over: threading.Event) -> None:
    read_request(connection)
    connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")


@pytest.mark.parametrize("conversation", [silent, dripping_headers, endless_continue, hanging_up, nonsense])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_receiver_that_hangs_drips_or_talks_nonsense_is_left_in_bounded_time(
    conversation: Conversation, scheme: str
) -> None:
    with receiving(conversation) as receiver:
        started = time.monotonic()
        with pytest.raises(TemporaryFailure):
            send(receiver, receiver.url(scheme=scheme), seconds=0.4)

    assert time.monotonic() - started < 3


def test_a_status_that_came_counts_even_if_the_words_after_it_never_end() -> None:
    def conversation(connection: socket.socket, receiver: Receiver, over: threading.Event) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
        over.wait(20)

    with receiving(conversation) as receiver:
        send(receiver, seconds=0.4)


def test_nobody_there_is_tried_again() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

        with pytest.raises(TemporaryFailure, match="Chưa kết nối được webhook"):
            send(Receiver(port=port))


INSIDE = [
    "127.0.0.1",
    "127.1",
    "[::ffff:127.0.0.1]",
    "[::1]",
    "[::]",
    "0.0.0.0",  # noqa: S104
    "0x7f000001",
    "2130706433",
    "017700000001",
    "localhost",
    "LOCALHOST.",
    "169.254.169.254",
    "[::ffff:a9fe:a9fe]",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "[fe80::1]",
    "[fc00::1]",
    "[ff02::1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
]


@pytest.mark.parametrize("host", INSIDE)
def test_an_address_inside_is_refused_when_saved_and_when_sent_without_a_connection(host: str) -> None:
    with receiving(answer(200)) as receiver:
        url = receiver.url(host, "https")
        with pytest.raises(PermanentFailure, match="mạng nội bộ"):
            check_webhook_url(url, NOTHING)
        with pytest.raises(PermanentFailure, match="mạng nội bộ"):
            send(receiver, url, allow=NOTHING)

    assert receiver.connections == 0


@pytest.mark.parametrize("address", ["8.8.8.8", "203.162.0.181", "2001:4860:4860::8888", "::ffff:8.8.8.8"])
def test_a_public_address_is_public_in_any_form(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_a_name_that_points_inside_as_well_as_outside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolver is replaced, for no name of the real network answers so on every machine."""

    def both(host: str, port: int, seconds: float) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
        return [(socket.AF_INET, ("8.8.8.8", port)), (socket.AF_INET, ("127.0.0.1", port))]

    monkeypatch.setattr(webhook_address, "resolve", both)

    with pytest.raises(PermanentFailure, match="mạng nội bộ"):
        check_webhook_url("https://hai-mat.vn/", NOTHING)


def test_a_name_that_nobody_has_can_be_tried_again() -> None:
    with pytest.raises(TemporaryFailure, match="Không tìm thấy máy khong-co"):
        check_webhook_url("https://khong-co.invalid/", NOTHING)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://vidu.vn/", "phải bắt đầu bằng https://"),
        ("https://ai:bi-mat@vidu.vn/", "không được chứa tên và mật khẩu"),
        ("https://vidu.vn@127.0.0.1/", "không được chứa tên và mật khẩu"),
        ("ftp://vidu.vn/", "không phải là địa chỉ webhook"),
        ("https:///x", "không phải là địa chỉ webhook"),
        ("https://vidu.vn:99999/", "không phải là địa chỉ webhook"),
        ("https://[::1", "không phải là địa chỉ webhook"),
        ("https://vidu.vn/\r\nX: y", "không phải là địa chỉ webhook"),
        ("https://vidu.vn\\@127.0.0.1/", "không phải là địa chỉ webhook"),
        ("https://vi du.vn/", "không phải là địa chỉ webhook"),
        ("https://[fe80::1%25eth0]/", "không phải là địa chỉ webhook"),
        ("https://" + "a" * 3000 + ".vn/", "không phải là địa chỉ webhook"),
        ("", "không phải là địa chỉ webhook"),
    ],
)
def test_what_is_no_webhook_address_is_refused_when_saved(url: str, told: str) -> None:
    with pytest.raises(PermanentFailure, match=told) as refused:
        check_webhook_url(url, NOTHING)

    assert "bi-mat" not in str(refused.value)


def test_only_host_and_port_together_allow_plain_http() -> None:
    assert read_target("http://cong.local:8080/x", frozenset({"cong.local:8080"})).trusted
    for allow in ({"cong.local"}, {"cong.local:80"}, {"10.0.0.0/8"}):
        with pytest.raises(PermanentFailure, match="https"):
            read_target("http://cong.local:8080/x", frozenset(allow))


def test_vietnamese_hosts_and_paths_travel_as_ascii() -> None:
    target = read_target("https://Vănphòng.vn/nhận?mã=1&k=a%2Fb", NOTHING)

    assert target.host.encode("ascii").decode("idna") == "vănphòng.vn"
    assert target.path == "/nh%E1%BA%ADn?m%C3%A3=1&k=a%2Fb"


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_a", "whsec_***"])
def test_a_key_that_cannot_sign_is_named_and_never_shown(secret: str) -> None:
    with receiving(answer(200)) as receiver, pytest.raises(PermanentFailure, match="Khóa ký của webhook") as refused:
        send(receiver, secret=secret)

    assert receiver.connections == 0
    assert "whsec" not in str(refused.value)
