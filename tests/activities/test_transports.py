import contextlib
import email.policy
import logging
import socket
import ssl
import stat
import threading
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword, Session
from aiosmtpd.smtp import Envelope as Received
from structlog.testing import capture_logs

from activities.transports import (
    BadSmtpUrl,
    FolderTransport,
    PermanentFailure,
    SmtpTransport,
    TemporaryFailure,
    read_smtp_url,
    transport_for,
)
from documents.language import Language

CERTIFICATES = Path(__file__).parent / "certificates"
SENDER = "dondoc@quangngai.gov.vn"


def a_message(number: int = 1, date: str = "Wed, 12 Apr 2023 23:30:00 +0000") -> bytes:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = SENDER
    message["To"] = "ai@quangngai.gov.vn"
    message["Subject"] = "Nhắc hạn"
    message["Date"] = date
    message["Message-ID"] = f"<notice-{number}@quangngai.gov.vn>"
    message.set_content("Kính gửi đồng chí.\n.một dòng bắt đầu bằng dấu chấm\n")
    return message.as_bytes()


def a_free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


# ruff: noqa: ARG002  aiosmtpd calls its hooks with all it has


class Office:
    """A mail server's behaviour: takes all, but answers some recipients or the data in another way."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        self.senders: list[str] = []
        self.sessions: set[int] = set()
        self.rcpt_answers: dict[str, str] = {}
        self.data_answer = "250 OK"
        self.mail_answer = "250 OK"

    async def handle_MAIL(  # noqa: N802  aiosmtpd's own names
        self, server: SMTP, session: Session, envelope: Received, address: str, options: list[str]
    ) -> str:
        self.sessions.add(id(session))
        self.senders.append(address)
        if self.mail_answer == "250 OK":
            envelope.mail_from = address
        return self.mail_answer

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Received, address: str, options: list[str]
    ) -> str:
        answer = self.rcpt_answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Received) -> str:  # noqa: N802
        if self.data_answer == "250 OK":
            content = envelope.content
            assert isinstance(content, bytes)
            self.received.append((envelope.rcpt_tos[0], content))
        return self.data_answer


@contextlib.contextmanager
def serving(office: Office, **options: Any) -> Iterator[int]:
    """Run a real SMTP server on a free port of this machine."""
    port = a_free_port()
    controller = Controller(office, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def server_tls(name: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{name}.pem")
    return context


def trusting(name: str = "localhost") -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(CERTIFICATES / f"{name}.pem"))


def a_transport(url: str, *, seconds: float = 5.0, tls: ssl.SSLContext | None = None) -> SmtpTransport:
    return SmtpTransport(read_smtp_url(url), tls=tls or trusting(), connect_seconds=seconds, whole_seconds=seconds)


@contextlib.contextmanager
def answering(conversation: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """Run a server whose every byte the test decides; its event is set when the test is over."""
    over = threading.Event()
    threads: list[threading.Thread] = []

    def talk(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            conversation(connection, over)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=talk, args=(connection,)))
            threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        acceptor = threading.Thread(target=accept)
        acceptor.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            for thread in (acceptor, *threads):
                thread.join(10)


def test_a_mail_arrives_letter_for_letter() -> None:
    office = Office()

    with serving(office) as port:
        a_transport(f"smtp://127.0.0.1:{port}").send(a_message(), SENDER, "ai@quangngai.gov.vn")

    assert office.received == [("ai@quangngai.gov.vn", a_message())]
    assert office.senders == [SENDER]


def test_of_many_recipients_only_those_who_were_refused_stay_without_mail() -> None:
    office = Office()
    office.rcpt_answers = {
        "ban@quangngai.gov.vn": "450 4.2.1 mailbox busy",
        "khong-co@quangngai.gov.vn": "550 5.1.1 no such user",
        "day@quangngai.gov.vn": "552 5.2.2 mailbox full",
        "chua-dang-nhap@quangngai.gov.vn": "530 5.7.0 authentication required",
    }
    people = ["a", "ban", "b", "khong-co", "c", "day", "d", "chua-dang-nhap", "e"]
    outcome: dict[str, str] = {}

    with serving(office) as port, a_transport(f"smtp://127.0.0.1:{port}").batch() as batch:
        for person in people:
            try:
                batch.send(a_message(), SENDER, f"{person}@quangngai.gov.vn")
            except (TemporaryFailure, PermanentFailure) as failure:
                outcome[person] = f"{type(failure).__name__}: {failure}"

    assert [address.partition("@")[0] for address, _ in office.received] == ["a", "b", "c", "d", "e"]
    assert {person: told.partition(":")[0] for person, told in outcome.items()} == {
        "ban": "TemporaryFailure",
        "khong-co": "PermanentFailure",
        "day": "TemporaryFailure",
        "chua-dang-nhap": "TemporaryFailure",
    }
    assert outcome["khong-co"] == (
        "PermanentFailure: Máy chủ thư 127.0.0.1 không nhận thư cho khong-co@quangngai.gov.vn: 550 5.1.1 no such user. "
        "Kiểm tra lại địa chỉ thư trong danh bạ."
    )
    assert len(office.sessions) == 1


def test_after_421_the_next_recipient_gets_a_new_connection() -> None:
    office = Office()
    office.rcpt_answers = {"b@quangngai.gov.vn": "421 4.7.0 closing"}

    with serving(office) as port, a_transport(f"smtp://127.0.0.1:{port}").batch() as batch:
        batch.send(a_message(1), SENDER, "a@quangngai.gov.vn")
        with pytest.raises(TemporaryFailure, match="421"):
            batch.send(a_message(2), SENDER, "b@quangngai.gov.vn")
        batch.send(a_message(3), SENDER, "c@quangngai.gov.vn")

    assert [address for address, _ in office.received] == ["a@quangngai.gov.vn", "c@quangngai.gov.vn"]


@pytest.mark.parametrize("answer", ["451 4.3.0 later", "554 5.7.1 looks like spam"])
def test_a_refusal_of_the_content_or_of_us_never_parks_a_recipient(answer: str) -> None:
    office = Office()

    with serving(office) as port:
        transport = a_transport(f"smtp://127.0.0.1:{port}")
        office.data_answer = answer
        with pytest.raises(TemporaryFailure, match=answer[:3]):
            transport.send(a_message(), SENDER, "a@quangngai.gov.vn")
        office.data_answer, office.mail_answer = "250 OK", answer
        with pytest.raises(TemporaryFailure, match=answer[:3]):
            transport.send(a_message(), SENDER, "a@quangngai.gov.vn")

    assert office.received == []


@pytest.mark.parametrize("address", ["khong phai", "a@b\r\nRCPT TO:<c@d>", "", "a@b@c", "Tên <a@b.vn>"])
def test_an_address_that_is_none_is_parked_without_asking_the_server(address: str) -> None:
    office = Office()

    with serving(office) as port, pytest.raises(PermanentFailure, match="không gửi được"):
        a_transport(f"smtp://127.0.0.1:{port}").send(a_message(), SENDER, address)

    assert office.senders == []


def test_a_server_that_is_away_is_asked_once_a_batch_and_named() -> None:
    port = a_free_port()

    with a_transport(f"smtp://127.0.0.1:{port}").batch() as batch:
        with pytest.raises(TemporaryFailure, match=f"127.0.0.1, cổng {port}"):
            batch.send(a_message(), SENDER, "a@quangngai.gov.vn")
        with pytest.raises(TemporaryFailure, match=f"cổng {port}"):
            batch.send(a_message(), SENDER, "b@quangngai.gov.vn")


def test_starttls_is_used_and_the_certificate_verified() -> None:
    office = Office()

    with serving(office, tls_context=server_tls(), require_starttls=True) as port:
        a_transport(f"smtp+starttls://localhost:{port}").send(a_message(), SENDER, "a@quangngai.gov.vn")

    assert len(office.received) == 1


def test_where_starttls_was_withdrawn_nothing_leaves_in_clear_text() -> None:
    office = Office()

    with serving(office) as port:
        transport = a_transport(f"smtp+starttls://ai:bi-mat@localhost:{port}")
        with pytest.raises(TemporaryFailure, match="không còn mã hóa kết nối") as refused:
            transport.send(a_message(), SENDER, "a@quangngai.gov.vn")

    assert office.senders == []
    assert "bi-mat" not in str(refused.value)


def test_a_server_that_promises_starttls_and_then_refuses_it_gets_nothing() -> None:
    heard: list[bytes] = []

    def conversation(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(b"220 hi\r\n")
        for answer in (b"250-hi\r\n250 STARTTLS\r\n", b"454 not now\r\n", b"221 bye\r\n"):
            heard.append(connection.recv(1000))
            connection.sendall(answer)

    with answering(conversation) as port, pytest.raises(TemporaryFailure, match="không còn mã hóa kết nối"):
        a_transport(f"smtp+starttls://ai:bi-mat@localhost:{port}").send(a_message(), SENDER, "a@quangngai.gov.vn")

    assert not any(line.startswith((b"MAIL", b"mail", b"AUTH")) for line in heard)


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
@pytest.mark.parametrize(("served", "trusted"), [("khac.vn", "khac.vn"), ("localhost", "khac.vn")])
def test_a_wrong_or_unknown_certificate_stops_the_mail(scheme: str, served: str, trusted: str) -> None:
    office = Office()
    options: dict[str, object] = (
        {"tls_context": server_tls(served)} if scheme == "smtp+starttls" else {"ssl_context": server_tls(served)}
    )
    with serving(office, **options) as port:
        transport = a_transport(f"{scheme}://localhost:{port}", tls=trusting(trusted))
        with pytest.raises(TemporaryFailure, match="Chứng thư của máy chủ thư localhost không đúng"):
            transport.send(a_message(), SENDER, "a@quangngai.gov.vn")

    assert office.senders == []


def test_tls_from_the_first_byte() -> None:
    office = Office()

    with serving(office, ssl_context=server_tls()) as port:
        a_transport(f"smtps://localhost:{port}").send(a_message(), SENDER, "a@quangngai.gov.vn")

    assert len(office.received) == 1


def check_login(server: SMTP, session: Session, envelope: Received, mechanism: str, data: object) -> AuthResult:
    assert isinstance(data, LoginPassword)
    right = (data.login, data.password) == (b"ai@vn", "mật/khẩu".encode())
    return AuthResult(success=right, handled=False)


def test_the_account_of_the_url_signs_in_and_a_wrong_password_is_named_but_never_shown() -> None:
    office = Office()
    options: dict[str, object] = {
        "tls_context": server_tls(),
        "require_starttls": True,
        "authenticator": check_login,
        "auth_required": True,
    }

    with serving(office, **options) as port:
        right = f"smtp+starttls://ai%40vn:m%E1%BA%ADt%2Fkh%E1%BA%A9u@localhost:{port}"
        a_transport(right).send(a_message(), SENDER, "a@quangngai.gov.vn")
        wrong = a_transport(f"smtp+starttls://ai%40vn:sai-mat-khau@localhost:{port}")
        with pytest.raises(TemporaryFailure, match="không chấp nhận tài khoản") as refused:
            wrong.send(a_message(), SENDER, "a@quangngai.gov.vn")

    assert len(office.received) == 1
    assert "sai-mat-khau" not in f"{refused.value} {refused.value.data} {wrong.server!r}"
    assert refused.value.__suppress_context__


def silent(connection: socket.socket, over: threading.Event) -> None:
    over.wait(20)


def dripping(connection: socket.socket, over: threading.Event) -> None:
    """One byte of an endless banner every few milliseconds: no single read ever takes long."""
    connection.sendall(b"220-")
    while not over.wait(0.02):
        connection.sendall(b"x")


def dripping_after_the_greeting(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"220 hi\r\n")
    connection.recv(1000)
    connection.sendall(b"250 hi\r\n")
    connection.recv(1000)
    dripping(connection, over)


@pytest.mark.parametrize("conversation", [silent, dripping, dripping_after_the_greeting])
@pytest.mark.parametrize("scheme", ["smtp", "smtp+starttls", "smtps"])
def test_a_server_that_hangs_or_drips_is_left_in_bounded_time(
    conversation: Callable[[socket.socket, threading.Event], None], scheme: str
) -> None:
    with answering(conversation) as port:
        transport = a_transport(f"{scheme}://localhost:{port}", seconds=0.3)
        started = time.monotonic()
        with pytest.raises(TemporaryFailure):
            transport.send(a_message(), SENDER, "a@quangngai.gov.vn")

    assert time.monotonic() - started < 3


def test_a_reply_that_echoes_the_password_is_shown_without_it() -> None:
    def conversation(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(b"554 go away, bi-mat\x1b[31m\r\n")

    with answering(conversation) as port, pytest.raises(TemporaryFailure) as refused:
        a_transport(f"smtp://ai:bi-mat@127.0.0.1:{port}").send(a_message(), SENDER, "a@quangngai.gov.vn")

    assert "554 go away, •••[31m" in str(refused.value)
    assert "bi-mat" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "security", "host", "port"),
    [
        ("smtp://localhost", "smtp", "localhost", 25),
        ("smtp://[::1]:2525", "smtp", "::1", 2525),
        ("smtp://127.0.0.9", "smtp", "127.0.0.9", 25),
        ("smtp://mailpit:1025?plain=yes", "smtp", "mailpit", 1025),
        ("smtp+starttls://thu.vn", "smtp+starttls", "thu.vn", 587),
        ("smtps://thu.vn", "smtps", "thu.vn", 465),
    ],
)
def test_the_url_says_server_port_and_protection(url: str, security: str, host: str, port: int) -> None:
    server = read_smtp_url(url)

    assert (server.security, server.host, server.port) == (security, host, port)


@pytest.mark.parametrize(
    "url",
    [
        "smtp://ai:bi-mat@thu.vn",
        "smtp://ai:bi-mat@10.0.0.1:25?plain=no",
        "http://ai:bi-mat@thu.vn",
        "smtp://ai:bi-mat@:25",
        "smtp://ai:bi-mat@[::1",
        "smtps://ai:bi-mat@thu.vn:99999",
        "bi-mat",
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(BadSmtpUrl) as refused:
        read_smtp_url(url)

    assert "bi-mat" not in str(refused.value)
    assert "máy" in str(refused.value)


def test_failures_speak_english_too() -> None:
    with pytest.raises(TemporaryFailure) as refused:
        a_transport("smtp://127.0.0.1:1").send(a_message(), SENDER, "a@quangngai.gov.vn")

    assert refused.value.explain(Language.EN) == (
        "No connection to the mail server 127.0.0.1, port 1. The mail will be tried again."
    )


def test_without_a_server_mails_are_files_by_local_day_and_the_log_says_so_once(tmp_path: Path) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    with capture_logs() as logs:
        first, second = transport_for(None, tmp_path / "mail"), transport_for("", tmp_path / "mail")
    first.send(a_message(1), SENDER, "a@quangngai.gov.vn")
    with second.batch() as batch:
        batch.send(a_message(2), SENDER, "a@quangngai.gov.vn")

    # 23:30 UTC of the 12th is the morning of the 13th in Quảng Ngãi.
    day = tmp_path / "mail" / "2023-04-13"
    assert sorted(path.name for path in day.iterdir()) == [
        "notice-1@quangngai.gov.vn.eml",
        "notice-2@quangngai.gov.vn.eml",
    ]
    assert (day / "notice-1@quangngai.gov.vn.eml").read_bytes() == a_message(1)
    assert stat.S_IMODE((day / "notice-1@quangngai.gov.vn.eml").stat().st_mode) == 0o600
    assert [entry for entry in logs if entry["event"] == "mails_kept_as_files"] == [
        {"event": "mails_kept_as_files", "log_level": "info", "folder": str(tmp_path / "mail")}
    ]


def test_the_same_message_sent_again_on_another_day_is_kept_once(tmp_path: Path) -> None:
    transport = FolderTransport(tmp_path)

    transport.send(a_message(1), SENDER, "a@quangngai.gov.vn")
    transport.send(a_message(1, date="Fri, 14 Apr 2023 01:00:00 +0000"), SENDER, "a@quangngai.gov.vn")

    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.eml")] == [
        "2023-04-13/notice-1@quangngai.gov.vn.eml"
    ]


def test_a_hostile_or_missing_id_neither_leaves_the_folder_nor_takes_another_mails_place(tmp_path: Path) -> None:
    transport = FolderTransport(tmp_path / "mail")
    ids = ["<../../../etc/x@y>", "<..-..-..-etc-x@y>", "<.>", "<" + "a" * 300 + "@y>", "<" + "a" * 300 + "@z>"]

    for identity in ids:
        transport.send(f"Message-ID: {identity}\r\n\r\nx".encode(), SENDER, "a@quangngai.gov.vn")
    transport.send(b"Subject: one\r\n\r\nx", SENDER, "a@quangngai.gov.vn")
    transport.send(b"Subject: two\r\n\r\nx", SENDER, "a@quangngai.gov.vn")

    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(kept) == len(ids) + 2
    assert all(path.parent == tmp_path / "mail" / "undated" for path in kept)
    assert all(not path.name.startswith(".") for path in kept)


def test_a_folder_that_cannot_be_written_is_a_temporary_failure_and_leaves_nothing_half(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file stands where the folder should")

    with pytest.raises(TemporaryFailure, match="Chưa ghi được thư vào thư mục"):
        FolderTransport(tmp_path / "mail").send(a_message(), SENDER, "a@quangngai.gov.vn")
