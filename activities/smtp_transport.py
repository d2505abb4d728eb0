"""Mail through a server by SMTP: never in clear text where TLS is asked for, never waiting without end."""

import base64
import contextlib
import smtplib
import socket
import ssl
from collections.abc import Iterator
from typing import Final

from activities.connections import connect, ended_after, resolve
from activities.delivery_failures import DeliveryFailure, PermanentFailure, ServerAway, TemporaryFailure
from activities.smtp_server import Security, SmtpServer
from documents.language import N_
from documents.mail import is_usable
from documents.phrases import one_line

CONNECT_SECONDS: Final = 10.0
WHOLE_SECONDS: Final = 30.0
"""For opening a connection with all its greetings, and again for each message."""

_NOT_ABOUT_THE_RECIPIENT: Final = frozenset({500, 502, 503, 504, 530, 535, 538, 552})
"""Answers to RCPT that speak of our set-up, or of a mailbox that is full for now (RFC 5321, 4.5.3.1.10)."""


class SmtpTransport:
    """Sends through one server; in a batch, several messages share a connection."""

    def __init__(
        self,
        server: SmtpServer,
        *,
        tls: ssl.SSLContext | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        whole_seconds: float = WHOLE_SECONDS,
    ) -> None:
        self.server = server
        self.tls = tls or ssl.create_default_context()
        self.connect_seconds = connect_seconds
        self.whole_seconds = whole_seconds

    def send(self, message: bytes, sender: str, recipient: str) -> None:
        """Send one message over a connection of its own; see `Transport.send`."""
        with self.batch() as batch:
            batch.send(message, sender, recipient)

    @contextlib.contextmanager
    def batch(self) -> Iterator["SmtpBatch"]:
        """Keep one connection for several messages; it is opened with the first."""
        batch = SmtpBatch(self)
        try:
            yield batch
        finally:
            batch.close()


class _NoStartTls(smtplib.SMTPException):
    """The server does not protect the connection, though it must."""


class _Connection(smtplib.SMTP):
    """An SMTP conversation on a socket that we opened ourselves, so that every step of it can be ended."""

    def __init__(self, transport: SmtpTransport) -> None:
        self._transport = transport
        # getfqdn(), the default, asks the resolver and may wait for long.
        super().__init__(local_hostname=_own_name(), timeout=transport.connect_seconds)
        self._host = transport.server.host

    def open(self) -> None:
        """Connect, greet, protect, sign in.

        Raises:
            OSError, smtplib.SMTPException: as smtplib does.
        """
        transport, server = self._transport, self._transport.server
        addresses = resolve(server.host, server.port, transport.connect_seconds)
        raw = connect(addresses, transport.connect_seconds)
        self.sock = raw
        with ended_after(transport.whole_seconds, raw):
            if server.security is Security.TLS:
                self.sock = transport.tls.wrap_socket(raw, server_hostname=server.host)
            code, reply = self.getreply()
            if code != 220:
                raise smtplib.SMTPConnectError(code, reply)
            self.ehlo_or_helo_if_needed()
            if server.security is Security.STARTTLS:
                self._protect(transport.tls)
                self.ehlo_or_helo_if_needed()
            if server.user:
                self._sign_in(server)

    def _protect(self, tls: ssl.SSLContext) -> None:
        if not self.has_extn("starttls"):
            raise _NoStartTls("the server offers no TLS")
        try:
            self.starttls(context=tls)
        except smtplib.SMTPResponseException as error:
            raise _NoStartTls("the server refuses TLS") from error

    def _sign_in(self, server: SmtpServer) -> None:
        if "PLAIN" not in self.esmtp_features.get("auth", "").upper().split():
            self.login(server.user, server.password)
            return
        # smtplib's own takes ASCII only; PLAIN is UTF-8 (RFC 4616).
        credentials = base64.b64encode(f"\0{server.user}\0{server.password}".encode()).decode("ascii")
        code, reply = self.docmd("AUTH", f"PLAIN {credentials}")
        if code != 235:
            raise smtplib.SMTPAuthenticationError(code, reply)

    def deliver(self, message: bytes, sender: str, recipient: str) -> None:
        """Hand over one message.

        Raises:
            DeliveryFailure: the server said no.
            OSError, smtplib.SMTPException: the conversation broke.
        """
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        with ended_after(self._transport.whole_seconds, self.sock):
            self.ehlo_or_helo_if_needed()
            self._expect(self.mail(sender), sender)
            self._expect(self.rcpt(recipient), recipient, recipient=True)
            self._expect(self.data(message), recipient)

    def _expect(self, answer: tuple[int, bytes], address: str, *, recipient: bool = False) -> None:
        code, reply = answer
        if code in (250, 251):
            return
        data = {"host": self._host, "address": address, "code": code, "reply": self._transport_text(reply)}
        if recipient and code >= 500 and code not in _NOT_ABOUT_THE_RECIPIENT:
            raise PermanentFailure(
                N_(
                    "Máy chủ thư {host} không nhận thư cho {address}: {code} {reply}. Kiểm tra lại địa chỉ thư trong "
                    "danh bạ."
                ),
                **data,
            )
        raise TemporaryFailure(
            N_("Máy chủ thư {host} tạm thời chưa nhận thư cho {address}: {code} {reply}. Thư sẽ được gửi lại."), **data
        )

    def _transport_text(self, reply: bytes) -> str:
        return readable_reply(reply, self._transport.server)


class SmtpBatch:
    """Messages that share a connection; one that fails leaves the others alone."""

    def __init__(self, transport: SmtpTransport) -> None:
        self._transport = transport
        self._connection: _Connection | None = None
        self._unreachable: ServerAway | None = None

    def batch(self) -> contextlib.AbstractContextManager["SmtpBatch"]:
        """Itself: a batch within a batch shares the connection."""
        return contextlib.nullcontext(self)

    def send(self, message: bytes, sender: str, recipient: str) -> None:
        """Send one message; see `Transport.send`.

        Once the server could not be reached, the rest of the batch fails at once for the same reason.
        """
        for address in (sender, recipient):
            if not is_usable(address):
                raise PermanentFailure(
                    N_("Địa chỉ thư “{address}” không gửi được. Kiểm tra lại danh bạ."), address=one_line(address, 80)
                )
        connection = self._open()
        try:
            connection.deliver(message, sender, recipient)
        except DeliveryFailure:
            self._recover()
            raise
        except (OSError, smtplib.SMTPException, ValueError) as error:
            self.close()
            raise _failure(error, self._transport.server) from None

    def _open(self) -> _Connection:
        if self._unreachable is not None:
            raise self._unreachable
        if self._connection is None:
            connection = _Connection(self._transport)
            try:
                connection.open()
            except (OSError, smtplib.SMTPException, ValueError) as error:
                connection.close()
                told = _failure(error, self._transport.server)
                self._unreachable = ServerAway(told.msgid, **told.data)
                raise self._unreachable from None
            self._connection = connection
        return self._connection

    def _recover(self) -> None:
        """After a refusal, begin anew on the same connection, or give it up."""
        if self._connection is None:
            return
        try:
            if self._connection.sock is None:
                raise smtplib.SMTPServerDisconnected("closed by the server")
            with ended_after(self._transport.whole_seconds, self._connection.sock):
                code, _ = self._connection.rset()
            if code != 250:
                self.close()
        except (OSError, smtplib.SMTPException):
            self.close()

    def close(self) -> None:
        """End the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is None or connection.sock is None:
            return
        with (
            contextlib.suppress(OSError, smtplib.SMTPException),
            ended_after(self._transport.connect_seconds, connection.sock),
        ):
            connection.quit()
        connection.close()


def readable_reply(reply: bytes | str, server: SmtpServer) -> str:
    """Make a server's words fit for people: one line, short, and without the password should it be echoed."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    if server.password:
        text = text.replace(server.password, "•••")
    return one_line(text, 200).rstrip(". ")


def _failure(error: Exception, server: SmtpServer) -> TemporaryFailure:
    host = server.host
    match error:
        case ssl.SSLCertVerificationError():
            return TemporaryFailure(
                N_(
                    "Chứng thư của máy chủ thư {host} không đúng: {fault}. Thư chưa gửi và sẽ được gửi lại khi "
                    "chứng thư đúng."
                ),
                host=host,
                fault=readable_reply(error.verify_message, server),
            )
        case _NoStartTls():
            return TemporaryFailure(
                N_(
                    "Máy chủ thư {host} không còn mã hóa kết nối (STARTTLS). Thư chưa gửi, không gửi qua kết nối không "
                    "mã hóa, và sẽ được gửi lại."
                ),
                host=host,
            )
        case smtplib.SMTPAuthenticationError() | smtplib.SMTPNotSupportedError() | UnicodeError():
            return TemporaryFailure(
                N_(
                    "Máy chủ thư {host} không chấp nhận tài khoản gửi thư. Kiểm tra tài khoản trong DONDOC_SMTP_URL; "
                    "thư sẽ được gửi lại."
                ),
                host=host,
            )
        case smtplib.SMTPResponseException():
            return TemporaryFailure(
                N_("Máy chủ thư {host} tạm thời từ chối: {code} {reply}. Thư sẽ được gửi lại."),
                host=host,
                code=error.smtp_code,
                reply=readable_reply(error.smtp_error, server),
            )
        case TimeoutError() | smtplib.SMTPServerDisconnected():
            return TemporaryFailure(
                N_("Máy chủ thư {host} không trả lời kịp hoặc ngắt kết nối. Thư sẽ được gửi lại."), host=host
            )
        case _:
            return TemporaryFailure(
                N_("Chưa kết nối được máy chủ thư {host}, cổng {port}. Thư sẽ được gửi lại."),
                host=host,
                port=server.port,
            )


def _own_name() -> str:
    name = socket.gethostname()
    return name if name.isascii() and name.replace("-", "").replace(".", "").isalnum() else "localhost"
