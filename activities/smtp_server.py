"""Which mail server to use and how, as its URL says it."""

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from documents.language import N_, Language, sentence


class Security(StrEnum):
    """How a connection is protected."""

    PLAIN = "smtp"  # not at all
    STARTTLS = "smtp+starttls"  # TLS before anything is said; without it nothing is sent
    TLS = "smtps"  # TLS from the first byte


_PORTS: Final = {Security.PLAIN: 25, Security.STARTTLS: 587, Security.TLS: 465}


class BadSmtpUrl(ValueError):
    """The mail server's URL cannot be used; the sentence, in Vietnamese, never shows it, as it may hold a password."""


@dataclass(frozen=True)
class SmtpServer:
    """A mail server and how to talk to it."""

    security: Security
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)


def read_smtp_url(url: str) -> SmtpServer:
    """Read `smtp://`, `smtp+starttls://` or `smtps://` with `[USER:PASSWORD@]HOST[:PORT]`.

    Plain `smtp://` is for this machine; for a server elsewhere it must say so itself: `smtp://host:25?plain=yes`.

    Raises:
        BadSmtpUrl: no such URL, or plain text to another machine.
    """
    try:
        parts = urlsplit(url)
        security, port = Security(parts.scheme), parts.port
        host, options = parts.hostname, parse_qs(parts.query)
    except ValueError:
        host = None
    if not host:
        raise BadSmtpUrl(
            sentence(
                N_("Địa chỉ máy chủ thư phải có dạng smtp://máy:cổng, smtp+starttls://máy:cổng hoặc smtps://máy:cổng."),
                Language.VI,
            )
        )
    if security is Security.PLAIN and not _is_this_machine(host) and options.get("plain") != ["yes"]:
        raise BadSmtpUrl(
            sentence(
                N_(
                    "Máy chủ thư {host} ở máy khác nên thư phải đi qua kết nối mã hóa: dùng smtp+starttls:// hoặc "
                    "smtps://. Nếu mạng nội bộ đã được bảo vệ, thêm ?plain=yes vào cuối địa chỉ."
                ),
                Language.VI,
                host=host,
            )
        )
    return SmtpServer(
        security=security,
        host=host,
        port=port or _PORTS[security],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
